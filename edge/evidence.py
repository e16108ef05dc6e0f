"""What the line keeps about each passage: files in the evidence store, and an index of whose they are.

Stills, clips and reports come here from cameras and reviewer; volumes are stored by the CT driver already.
The index is one SQLite file, `evidence.db`, which is made again from the journal's records (see
`evidence_recovery`). To be used by one thread at a time.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from msgspec import Struct
from sqlite_utils import Database

from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from edge.messages import MediaKind, MediaRecorded
from edge.transaction import transaction

_INSERT = (
    "INSERT OR IGNORE INTO files SELECT ?1, ?2, ?3, ?4,"
    " EXISTS (SELECT 1 FROM flagged WHERE passage_id = ?2), 0"
)


class Waiting(Struct, frozen=True):
    """A file the centre wants and does not have."""

    sha256: str
    path: Path
    size: int


class Evidence:
    """The evidence of one line.

    Args:
        path: the index; made if missing.
        store: where the files lie.
        seal: makes stills and clips unreadable without the site's key: they show labels.
    """

    def __init__(self, path: Path, store: EvidenceStore, seal: Callable[[bytes], bytes]) -> None:
        self.store, self._seal = store, seal
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        database = Database(self._connection)
        self.is_new = not database.table_names()
        _create(database)
        self.waiting = self._count()  # files to be uploaded

    def put(self, kind: MediaKind, content: bytes) -> tuple[str, int]:
        """Store a file's content, sealed if it shows a label; its SHA-256 as kept, and its size."""
        if kind in (MediaKind.STILL, MediaKind.CLIP):
            content = self._seal(content)
        return self.store.put(content, EvidenceClass.CLEAR), len(content)

    def recorded(self, media: MediaRecorded) -> None:
        """Note whose a file is; those of a flagged passage are wanted by the centre."""
        with transaction(self._connection) as write:
            write.execute(_INSERT, _row(media))
        self._keep_flagged("sha256 = ?", media.sha256)

    def flag(self, passage_id: str) -> None:
        """A person will look at this passage: keep what there is of it, and what is still to come."""
        with transaction(self._connection) as write:
            write.execute("INSERT OR IGNORE INTO flagged VALUES (?)", (passage_id,))
            write.execute("UPDATE files SET wanted = 1 WHERE passage_id = ?", (passage_id,))
        self._keep_flagged("passage_id = ?", passage_id)

    def restore(self, known: Iterable[MediaRecorded | str]) -> None:
        """Take in all of this that is new here: files, and the ids of passages a person will look at."""
        with transaction(self._connection) as write:
            for each in known:
                if isinstance(each, MediaRecorded):
                    write.execute(_INSERT, _row(each))
                else:
                    write.execute("INSERT OR IGNORE INTO flagged VALUES (?)", (each,))
            write.execute(
                "UPDATE files SET wanted = 1 WHERE wanted = 0 AND uploaded = 0"
                " AND passage_id IN (SELECT passage_id FROM flagged)"
            )
        self._keep_flagged("wanted = ?", 1)

    def want(self, sha256: str) -> bool:
        """The centre asks for this file; False if the line does not keep it, or no longer."""
        if self.store.find(sha256) is None:
            return False
        with transaction(self._connection) as write:
            asked = "UPDATE files SET wanted = 1, uploaded = 0 WHERE sha256 = ?"
            known = write.execute(asked, (sha256,)).rowcount > 0
        self.waiting = self._count()
        return known

    def next_waiting(self, aside: Collection[str] = ()) -> Waiting | None:
        """The file to be uploaded next: volumes first, of the newest passage first; None: all are there, but
        for those set `aside`."""
        rows = self._connection.execute(
            "SELECT sha256, size FROM files WHERE wanted = 1 AND uploaded = 0"
            " ORDER BY passage_id DESC, kind = 'volume' DESC, kind = 'still' DESC, rowid"
        )
        for sha256, size in rows.fetchall():
            if sha256 in aside:
                continue
            if path := self.store.find(sha256):
                return Waiting(sha256, path, size)
            self._uploaded(sha256)  # rolled before anybody could fetch it: nothing is left to send
        return None

    def uploaded(self, sha256: str) -> None:
        """The centre has the file."""
        self._uploaded(sha256)
        self.store.mark_uploaded(sha256)

    def close(self) -> None:
        """Close the index."""
        self._connection.close()

    def _uploaded(self, sha256: str) -> None:
        with transaction(self._connection) as write:
            write.execute("UPDATE files SET uploaded = 1 WHERE sha256 = ?", (sha256,))
        self.waiting = self._count()

    def _count(self) -> int:
        rows = self._connection.execute("SELECT count(*) FROM files WHERE wanted = 1 AND uploaded = 0")
        return int(rows.fetchone()[0])

    def _keep_flagged(self, which: str, value: str | int) -> None:
        """What the centre does not have yet of flagged passages is not rolled."""
        rows = self._connection.execute(
            f"SELECT sha256 FROM files WHERE {which} AND uploaded = 0"  # noqa: S608  a condition of our own
            " AND passage_id IN (SELECT passage_id FROM flagged)",
            (value,),
        ).fetchall()
        if rows:
            self.waiting = self._count()
        for (sha256,) in rows:
            self.store.classify(sha256, EvidenceClass.FLAGGED)


def _row(media: MediaRecorded) -> tuple[str, str, str, int]:
    return media.sha256, media.passage_id, media.kind.value, media.size


def _create(database: Database) -> None:
    files = {
        "sha256": str,
        "passage_id": str,
        "kind": str,
        "size": int,
        "wanted": int,
        "uploaded": int,
    }
    database.table("files").create(files, pk="sha256", if_not_exists=True)
    database.table("files").create_index(["passage_id"], if_not_exists=True)
    database.table("files").create_index(["wanted", "uploaded"], if_not_exists=True)
    database.table("flagged").create({"passage_id": str}, pk="passage_id", if_not_exists=True)
