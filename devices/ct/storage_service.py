"""A DICOM storage service for DICOS CT: who may send, and what is answered to each object.

The data set streams to a file in `receiving` while it comes in. What a killed or silent sender leaves there
is swept. Statuses are those of DICOM PS3.4 table B.2-1.
"""

import socket
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless
from pynetdicom import _config as pynetdicom_config  # pyright: ignore[reportPrivateUsage]  its documented switches
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.events import Event
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import register_uid
from pynetdicom.transport import ThreadedAssociationServer

from config.settings import CtSender
from devices.ct.arrivals import Arrived, TurnedAway
from devices.ct.intake import DICOS_CT, Intake, Refusal, Refused

_VERIFICATION = "1.2.840.10008.1.1"
SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
NOT_ITS_CLASS = 0xA900
NOT_UNDERSTOOD = 0xC000
CLASH = 0xC001
FAILED = 0xC002
_STATUS = {
    Refusal.NO_ROOM: OUT_OF_RESOURCES,
    Refusal.WRONG_CLASS: NOT_ITS_CLASS,
    Refusal.BROKEN: NOT_UNDERSTOOD,
    Refusal.CLASH: CLASH,
}
_COMMENT_LENGTH = 64  # of Error Comment, VR LO
_PDU_BYTES = 1 << 20
_NETWORK_TIMEOUT_S = 300.0  # a machine may keep its association open between items
_REQUEST_TIMEOUT_S = 3.0  # from the connection to the association's request
_REJECTED_FOR_GOOD, _BY_THE_USER, _CALLING_TITLE_UNKNOWN = 0x01, 0x01, 0x03  # PS3.8 table 9-21

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StorageService:
    """A C-STORE and C-ECHO service of one application entity.

    Args:
        ae_title: ours; a caller that calls another is rejected.
        senders: titles and addresses that may call.
        receiving: a folder of its own, on the evidence store's file system; emptied at start.
        intake: where objects go.
        tell: is told what came of each object and each caller, from any thread, before the caller is.
    """

    def __init__(
        self,
        ae_title: str,
        senders: tuple[CtSender, ...],
        receiving: Path,
        intake: Intake,
        tell: Callable[[Arrived | TurnedAway], None],
    ) -> None:
        self._senders = frozenset((sender.ae_title, sender.address) for sender in senders)
        self._intake = intake
        self._tell = tell
        receiving.mkdir(parents=True, exist_ok=True, mode=0o700)
        sweep(receiving, 0.0, float("inf"))
        tempfile.tempdir = str(receiving)  # where pynetdicom streams data sets to
        pynetdicom_config.STORE_RECV_CHUNKED_DATASET = True
        pynetdicom_config.LOG_HANDLER_LEVEL = "none"
        register_uid(DICOS_CT, "DICOSCTImageStorage", StorageServiceClass)
        entity = ApplicationEntity(ae_title)
        entity.require_called_aet = True
        entity.maximum_pdu_size = _PDU_BYTES
        entity.network_timeout = _NETWORK_TIMEOUT_S
        entity.acse_timeout = _REQUEST_TIMEOUT_S
        entity.add_supported_context(DICOS_CT, [ExplicitVRLittleEndian, RLELossless])
        entity.add_supported_context(_VERIFICATION)
        self._entity = entity
        self._server: ThreadedAssociationServer | None = None

    def start(self, host: str, port: int) -> int:
        """Listen, in threads of its own; returns the port. OSError if it cannot."""
        handlers = [
            (evt.EVT_REQUESTED, self._look_at_caller),
            (evt.EVT_REJECTED, self._note_rejection),
            (evt.EVT_C_STORE, self._store),
        ]
        start = cast("Callable[..., ThreadedAssociationServer]", self._entity.start_server)  # it lacks types
        self._server = start((host, port), block=False, evt_handlers=handlers)
        listening = cast(socket.socket, self._server.socket)
        return int(listening.getsockname()[1])

    def stop(self) -> None:
        """Abort what is under way, and listen no more."""
        if self._server is not None:
            self._server.shutdown()

    def _look_at_caller(self, event: Event) -> None:
        """Reject whoever is not on the list; a wrong called title is rejected by pynetdicom itself."""
        caller = event.assoc.requestor
        title = caller.primitive.calling_ae_title.strip() if caller.primitive else ""
        address = caller.address
        if (title, address) in self._senders:
            return
        _log.warning("sender_rejected", ae_title=title, peer=address)
        self._tell(TurnedAway(f"a sender that is not on the list: {_ascii(title)} at {address}"))
        event.assoc.acse.send_reject(_REJECTED_FOR_GOOD, _BY_THE_USER, _CALLING_TITLE_UNKNOWN)
        event.assoc.kill()

    def _note_rejection(self, event: Event) -> None:
        """By pynetdicom: another called title, or too many callers."""
        caller = event.assoc.requestor
        called = caller.primitive.called_ae_title.strip() if caller.primitive else ""
        _log.warning("association_rejected", peer=caller.address, called=called)
        ours = called == self._entity.ae_title
        why = "too many senders at once" if ours else "a sender calls another AE title"
        self._tell(TurnedAway(f"{why}: {caller.address}"))

    def _store(self, event: Event) -> Dataset:
        """Answer success only when the object is durable and written down."""
        sender = event.assoc.requestor.ae_title.strip()
        path = event.dataset_path
        expected = str(getattr(event.request, "AffectedSOPInstanceUID", "") or "")
        try:
            arrived = self._intake.take(path, sender, expected)
        except Refused as refused:
            _log.warning("object_refused", sender=sender, why=str(refused), kind=refused.refusal.name)
            self._tell(TurnedAway(str(refused), no_room=refused.refusal is Refusal.NO_ROOM))
            return _answer(_STATUS[refused.refusal], str(refused))
        except (OSError, sqlite3.OperationalError) as error:
            why = f"the disk failed: {getattr(error, 'strerror', error)}"
            _log.error("object_not_stored", sender=sender, why=why)
            self._tell(TurnedAway(why, no_room=True))
            return _answer(OUT_OF_RESOURCES, why)
        except Exception:  # no object may stop the receiver; pynetdicom would answer without a log of ours
            _log.exception("object_intake_failed", sender=sender)
            self._tell(TurnedAway("an object could not be taken: see the receiver's log"))
            return _answer(FAILED, "internal error")
        self._tell(arrived)
        return _answer(SUCCESS)


def sweep(folder: Path, older_than_s: float, now_s: float) -> None:
    """Remove the files there that nobody has written to for so long, by the wall clock."""
    for leftover in folder.iterdir():
        try:
            if now_s - leftover.stat().st_mtime >= older_than_s:
                leftover.unlink()
        except FileNotFoundError:  # taken meanwhile
            continue


def _answer(status: int, comment: str = "") -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = _ascii(comment)[:_COMMENT_LENGTH]
    return answer


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()
