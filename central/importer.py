"""Takes papers into the database, in chunks so short that receipts never starve; twice changes nothing.

Works beside a running service: the service sees new clearance numbers by itself. Numbers and consignees are
sealed before they reach the database.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Select, Table, select
from sqlalchemy import Row as SqlRow

from central import clearance_log, schema
from central.bulk import LISTED, as_list, execute_rows, listed
from central.database import insert, writing
from central.papers import Declaration, PapersError, Waybill
from config.keyring import Keyring, normalised

Row = dict[str, Any]

_CHUNK_S = 0.02  # aimed at, so that hardly one exceeds the 0.05 promised
_SMALLEST, _LARGEST = 10, 400


class Imported(Struct):
    """What an import came to."""

    waybills: int = 0
    declarations: int = 0
    unchanged: int = 0  # there already, word for word, or older than what is there
    clearance_changes: int = 0
    refused: list[PapersError] = []
    longest_chunk_s: float = 0.0


class Importer:
    """Writes papers of one site.

    Args:
        pause: called between chunks with the seconds the last one took, so that others get the lock.
        now_s: monotonic seconds, by which chunks are sized.
    """

    def __init__(
        self,
        engine: Engine,
        site: str,
        keyring: Keyring,
        *,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine = engine
        self._site = site
        self._keyring = keyring
        self._clock = clock
        self._pause = pause
        self._now_s = now_s
        self._chunk = 50

    def run(
        self,
        records: Iterable[Waybill | Declaration | PapersError],
        advance: Callable[[int], None] = lambda _count: None,
    ) -> Imported:
        """Take everything in; refused records are named in the result and left out."""
        result = Imported()
        owners = self._owners()
        waybills: list[Row] = []
        declarations: list[Row] = []
        for record in records:
            match record:
                case PapersError():
                    result.refused.append(record)
                    advance(1)
                case Waybill():
                    waybills.append(self._waybill_row(record, owners))
                case Declaration():
                    declarations.append(self._declaration_row(record))
            if len(waybills) >= self._chunk:
                self._take(schema.waybills, waybills, result, advance)
            if len(declarations) >= self._chunk:
                self._take(schema.declarations, declarations, result, advance)
        self._take(schema.waybills, waybills, result, advance)
        self._take(schema.declarations, declarations, result, advance)
        return result

    def _take(self, table: Table, rows: list[Row], result: Imported, advance: Callable[[int], None]) -> None:
        """Write one chunk, size the next one by how long it took, and leave the lock to others."""
        if not rows:
            return
        key = "waybill_key" if table is schema.waybills else "declaration_key"
        if table is schema.declarations:
            rows.sort(key=lambda row: row["status_at"])
        chunk = list({row[key]: row for row in rows}.values())  # of a record given twice the last holds
        with writing(self._engine) as connection:
            began_s = self._now_s()
            written = self._write(connection, table, key, chunk, result)
        took_s = self._now_s() - began_s
        if table is schema.waybills:
            result.waybills += written
        else:
            result.declarations += written
        result.unchanged += len(rows) - written
        result.longest_chunk_s = max(result.longest_chunk_s, took_s)
        scale = min(_CHUNK_S / max(took_s, 0.001), 1.5)
        self._chunk = max(_SMALLEST, min(_LARGEST, int(self._chunk * scale)))
        advance(len(rows))
        rows.clear()
        self._pause(took_s)

    def _write(
        self, connection: Connection, table: Table, key: str, rows: Sequence[Row], result: Imported
    ) -> int:
        dialect = connection.dialect.name
        found = connection.execute(
            _known_statement(dialect, table, key), {LISTED: as_list(row[key] for row in rows)}
        )
        known = {each[0]: each for each in found.all()}
        changed = [row for row in rows if row[key] not in known or _supersedes(row, known[row[key]])]
        if not changed:
            return 0
        execute_rows(connection, table, _taken_statement(dialect, table, key), changed)
        touched = {row["waybill_key"] for row in changed}
        touched |= {known[row[key]].waybill_key for row in changed if row[key] in known}
        result.clearance_changes += clearance_log.refresh(connection, self._site, touched, self._clock())
        return len(changed)

    def _owners(self) -> dict[str, str]:
        """Courier code → the express company whose parcels these are."""
        organisations = schema.organisations
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(organisations.c.courier, organisations.c.id).where(
                    organisations.c.site == self._site, organisations.c.courier != ""
                )
            )
            return {row.courier: row.id for row in rows}

    def _waybill_row(self, waybill: Waybill, owners: dict[str, str]) -> Row:
        seal, key = self._keyring.seal, self._keyring.waybill_key
        return {
            "waybill_key": key(waybill.number),
            "site": self._site,
            "organisation": owners.get(waybill.courier),
            "last4": normalised(waybill.number)[-4:],
            "sealed_number": seal(waybill.number.encode(), "waybills.number"),
            "sealed_master_bill": seal(waybill.master_bill.encode(), "waybills.master_bill"),
            "sealed_consignee": seal(msgspec.json.encode(waybill.consignee), "waybills.consignee"),
            "mode": waybill.mode.value,
            "courier": waybill.courier,
            "destination": waybill.destination,
            "aliases": [key(alias) for alias in waybill.aliases],
            "declared_weight_g": waybill.declared_weight_g,
            "goods": waybill.goods,
            "digest": self._digest(waybill, owners.get(waybill.courier)),
            "imported_at": self._clock(),
        }

    def _declaration_row(self, declaration: Declaration) -> Row:
        key = self._keyring.waybill_key
        return {
            "declaration_key": key(declaration.number),
            "site": self._site,
            "organisation": None,
            "waybill_key": key(declaration.waybill_number),
            "last4": normalised(declaration.number)[-4:],
            "sealed_number": self._keyring.seal(declaration.number.encode(), "declarations.number"),
            "mode": declaration.mode.value,
            "customs_status": declaration.customs_status,
            "status_at": declaration.status_at,
            "control_instruction": declaration.control_instruction,
            "review": declaration.review,
            "digest": self._digest(declaration, None),
            "imported_at": self._clock(),
        }

    def _digest(self, record: Struct, owner: str | None) -> str:
        """Keyed, since names and numbers could be guessed from a plain hash."""
        content = msgspec.json.encode((owner, record))
        return self._keyring.waybill_key(hashlib.sha256(content).hexdigest())


@cache
def _known_statement(dialect: str, table: Table, key: str) -> Select[*tuple[Any, ...]]:
    """What is to be known of the listed records to tell whether another one supersedes them."""
    columns = [table.c[name] for name in (key, "waybill_key", "digest", "status_at") if name in table.c]
    return select(*dict.fromkeys(columns)).where(table.c[key].in_(listed(dialect)))


@cache
def _taken_statement(dialect: str, table: Table, key: str) -> Any:
    """Insert a record, or put it in the place of an older one."""
    statement = insert(dialect, table)
    kept = {key, "site", "clearance_number"}
    changing = {c.name: statement.excluded[c.name] for c in table.c if c.name not in kept}
    return statement.on_conflict_do_update(index_elements=[key], set_=changing)


def _supersedes(row: Row, known: SqlRow[*tuple[Any, ...]]) -> bool:
    """Whether a record says something else than is known, and (receipts come out of order) nothing older."""
    if "status_at" in row and row["status_at"] < known.status_at:
        return False
    return row["digest"] != known.digest
