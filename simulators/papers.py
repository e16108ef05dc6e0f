"""The papers of the simulated parcels, and the JSON and CSV files in which a centre imports them.

JSON: `{"waybills": [...], "declarations": [...]}` with the fields of `Waybill` and `Declaration`; `age_s` is
written as `status_at` (ISO 8601, UTC). CSV: `waybills.csv` and `declarations.csv`, the consignee's fields
flat with the prefix `consignee_`, aliases separated by `|`, goods as JSON text.
"""

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from config.settings import Mode


class Consignee(Struct, frozen=True):
    """Whom a parcel is for; synthetic, but handled as the personal data it stands for."""

    name: str
    phone: str
    address: str
    id_number: str


class Goods(Struct, frozen=True):
    """One declared line; `value` is the line's total in `currency`."""

    name: str
    hs_code: str
    quantity: int
    unit: str
    value: float
    currency: str
    origin: str


class Waybill(Struct, frozen=True):
    """What a courier announces of one parcel."""

    number: str
    mode: Mode
    courier: str
    destination: str
    master_bill: str
    aliases: tuple[str, ...]
    declared_weight_g: int
    consignee: Consignee
    goods: tuple[Goods, ...]


class Declaration(Struct, frozen=True):
    """What customs last said of a waybill, `age_s` seconds before the run begins."""

    number: str
    waybill_number: str
    mode: Mode
    customs_status: int  # CEB returnStatus: 800 released, 500 inspection, 501… detained, 700 returned
    age_s: int
    control_instruction: str = ""
    review: bool = False


class Papers(Struct, frozen=True):
    """Everything the centre may know before the first parcel comes."""

    waybills: tuple[Waybill, ...] = ()
    declarations: tuple[Declaration, ...] = ()


def collected(papers: Iterable[Papers]) -> Papers:
    """The papers of many parcels as one."""
    together = tuple(papers)
    return Papers(
        tuple(waybill for each in together for waybill in each.waybills),
        tuple(declaration for each in together for declaration in each.declarations),
    )


def write_json(papers: Papers, path: Path, now: datetime) -> None:
    """Write the import file; ages count back from `now` (aware)."""
    rows = [_declaration_row(declaration, now) for declaration in papers.declarations]
    content = msgspec.json.encode({"waybills": papers.waybills, "declarations": rows})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(content))


def write_csv(papers: Papers, folder: Path, now: datetime) -> None:
    """Write `waybills.csv` and `declarations.csv`; ages count back from `now` (aware)."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(folder / "waybills.csv", [_waybill_row(waybill) for waybill in papers.waybills])
    _write_table(
        folder / "declarations.csv",
        [_declaration_row(declaration, now) for declaration in papers.declarations],
    )


def _declaration_row(declaration: Declaration, now: datetime) -> dict[str, Any]:
    row = msgspec.to_builtins(declaration)
    spoken = now - timedelta(seconds=row.pop("age_s"))
    return row | {"status_at": spoken.isoformat(timespec="seconds").replace("+00:00", "Z")}


def _waybill_row(waybill: Waybill) -> dict[str, Any]:
    row = msgspec.to_builtins(waybill)
    consignee = row.pop("consignee")
    row |= {f"consignee_{field}": value for field, value in consignee.items()}
    return row | {
        "aliases": "|".join(waybill.aliases),
        "goods": msgspec.json.encode(waybill.goods).decode(),
    }


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if rows:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
