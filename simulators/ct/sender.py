"""The scanner's ways to hand its objects over: C-STORE to a receiver, or files that appear in a folder."""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import _config as pynetdicom_config
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

from simulators.ct.dicos import CT_IMAGE_STORAGE

AE_TITLE = "CTSIM"
GIVEN_UP_AFTER_S = 3.0  # of trying, as a scanner with the next parcel in its tunnel would
_AGAIN_AFTER_S = 0.3
_TIMEOUT_S = 5.0
_SUCCESS = 0x0000


class Handed(Struct, frozen=True):
    """What became of one object; `sent_s` is CLOCK_MONOTONIC, of its last byte."""

    delivered: bool
    sent_s: float
    why: str = ""


class Sender(Protocol):
    """Hands the files of one sending over, in order; yields one result a file."""

    def hand_over(self, files: Sequence[Path]) -> Iterator[Handed]: ...  # noqa: D102


class StoreSender:
    """Sends files by C-STORE, each sending in an association of its own.

    Args:
        host, port: of the receiver.
        called_title: its AE title.
    """

    def __init__(self, host: str, port: int, called_title: str) -> None:
        # Files go out as they lie on disk: one that breaks off must not be mended on its way.
        pynetdicom_config.STORE_SEND_CHUNKED_DATASET = True
        self._address = (host, port)
        self._called_title = called_title
        self._entity = ApplicationEntity(AE_TITLE)
        self._entity.add_requested_context(CT_IMAGE_STORAGE, ExplicitVRLittleEndian)
        for name in ("acse_timeout", "dimse_timeout", "network_timeout", "connection_timeout"):
            setattr(self._entity, name, _TIMEOUT_S)
        self._last_byte_s = 0.0

    def hand_over(self, files: Sequence[Path]) -> Iterator[Handed]:
        """Send files; what is refused or not taken in time is given up."""
        association, why = self._associated()
        if association is None:
            now_s = time.monotonic()
            yield from (Handed(False, now_s, why) for _ in files)
            return
        for file in files:
            yield self._store(association, file)
        if association.is_established:
            association.release()

    def _associated(self) -> tuple[Association | None, str]:
        give_up_s = time.monotonic() + GIVEN_UP_AFTER_S
        while True:
            association = self._entity.associate(  # pyright: ignore[reportUnknownMemberType]
                *self._address,
                ae_title=self._called_title,
                max_pdu=0,
                evt_handlers=[(evt.EVT_DATA_SENT, self._note_sent)],
            )
            if association.is_established:
                return association, ""
            if time.monotonic() >= give_up_s:
                return None, "refused" if association.is_rejected else "nobody answers"
            time.sleep(_AGAIN_AFTER_S)

    def _store(self, association: Association, file: Path) -> Handed:
        if not association.is_established:
            return Handed(False, time.monotonic(), "the association ended")
        try:
            status = association.send_c_store(file)
        except (RuntimeError, ValueError, OSError) as error:
            return Handed(False, time.monotonic(), type(error).__name__)
        code = status.get("Status")
        delivered = code == _SUCCESS
        why = "" if delivered else "no answer" if code is None else f"status {code:04X}"
        return Handed(delivered, self._last_byte_s, why)

    def _note_sent(self, _event: evt.Event) -> None:
        self._last_byte_s = time.monotonic()


class FolderSender:
    """Lets files appear in a folder, each whole at once.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def hand_over(self, files: Sequence[Path]) -> Iterator[Handed]:
        """Copy each file under a hidden name, then rename it."""
        for file in files:
            fresh = self._folder / f".{file.name}.part"
            try:
                shutil.copyfile(file, fresh)
                fresh.replace(self._folder / file.name)
            except OSError as error:
                yield Handed(False, time.monotonic(), type(error).__name__)
            else:
                yield Handed(True, time.monotonic())
