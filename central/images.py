"""Images out of the media store, a few kept in memory; none that is not what was recorded."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack

from msgspec import Struct

from central.materials import Classes, classified
from central.media_store import MediaStore
from models.formats.volumes import load_volume
from models.tasks import TaskFile
from models.volume import Volume

KEPT_BYTES = 256 << 20


class VolumeFile(Struct, frozen=True):
    """One object of a scan: its hash and its energy ("low", "high" or "both")."""

    sha256: str
    energy: str


class Loaded(Struct, frozen=True):
    """A volume ready to be shown."""

    volume: Volume
    classes: Classes

    @property
    def size(self) -> int:
        """Bytes of memory."""
        low = self.volume.low
        return self.volume.high.nbytes + self.classes.nbytes + (0 if low is None else low.nbytes)


class Images:
    """Loads volumes; for worker threads, since that takes a while.

    Args:
        store: where the files are; it checks their hashes.
        kept_bytes: memory for volumes, of which the last shown one is always kept.
    """

    def __init__(self, store: MediaStore, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._store = store
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[tuple[VolumeFile, ...], Loaded] = OrderedDict()
        self._lock = threading.Lock()  # one at a time: who asks second finds it loaded

    def load(self, files: Sequence[VolumeFile]) -> Loaded:
        """The volume of these objects; MediaError or FormatError: not here, changed or unreadable."""
        key = tuple(files)
        with self._lock:
            found = self._kept.pop(key, None) or self._read(key)
            self._kept[key] = found
            while len(self._kept) > 1 and sum(each.size for each in self._kept.values()) > self._kept_bytes:
                self._kept.popitem(last=False)
            return found

    def _read(self, files: Sequence[VolumeFile]) -> Loaded:
        with ExitStack() as opened:
            tasks = [
                TaskFile(path=str(opened.enter_context(self._store.opened(each.sha256))), energy=each.energy)
                for each in files
            ]
            volume = load_volume(tasks, one_energy=True)  # to be shown: there is what there is
        return Loaded(volume=volume, classes=classified(volume))
