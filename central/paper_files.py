"""Reads files of papers, JSON or CSV, record by record; what is wrong with one does not stop the rest."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from central.papers import Declaration, PapersError, Waybill, explained

_DECLARATION_COLUMN = "customs_status"
_CONSIGNEE = "consignee_"
_CODE_SEPARATOR = "|"

Paper = TypeVar("Paper", Waybill, Declaration)
Read = Waybill | Declaration | PapersError


class _JsonFile(Struct, forbid_unknown_fields=True):
    waybills: list[Raw] = []
    declarations: list[Raw] = []


def read(path: Path) -> Iterator[Read]:
    """Every record of the file, or the error in its place; PapersError is raised if the file is unreadable.

    JSON: `{"waybills": [...], "declarations": [...]}`. CSV: waybills or declarations, told apart by
    their header; consignee columns are prefixed `consignee_`, aliases separated by `|`, goods a JSON list.
    """
    try:
        if path.suffix.lower() == ".csv":
            yield from _csv_records(path)
        else:
            yield from _json_records(path)
    except OSError as error:
        raise PapersError(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PapersError(f"{path.name}: expected UTF-8 text (byte {error.start} is not)") from error


def _json_records(path: Path) -> Iterator[Read]:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_JsonFile)
    except msgspec.DecodeError as error:
        raise PapersError(
            f'{path.name}: expected {{"waybills": [...], "declarations": [...]}}: {explained(error)}'
        ) from error
    for number, raw in enumerate(content.waybills, start=1):
        yield _decoded(raw, Waybill, f"{path.name}: waybills record {number}")
    for number, raw in enumerate(content.declarations, start=1):
        yield _decoded(raw, Declaration, f"{path.name}: declarations record {number}")


def _decoded(raw: Raw, kind: type[Paper], where: str) -> Paper | PapersError:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        return PapersError(f"{where}: {explained(error)}")


def _csv_records(path: Path) -> Iterator[Read]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        columns = reader.fieldnames or ()
        kind: type[Waybill | Declaration] = Declaration if _DECLARATION_COLUMN in columns else Waybill
        if "number" not in columns:
            raise PapersError(f"{path.name}: expected a header line with the column number")
        number = 0
        try:
            for number, row in enumerate(reader, start=1):
                yield _converted(row, kind, f"{path.name}: record {number}")
        except csv.Error as error:
            yield PapersError(f"{path.name}: record {number + 1}: not CSV from here on ({error})")


def _converted(row: dict[Any, Any], kind: type[Waybill | Declaration], where: str) -> Read:
    if None in row or None in row.values():
        return PapersError(f"{where}: expected as many fields as the header has")
    try:
        return msgspec.convert(_nested(row), kind, strict=False)
    except msgspec.DecodeError as error:
        return PapersError(f"{where}: {explained(error)}")


def _nested(row: dict[str, str]) -> dict[str, Any]:
    """A flat CSV row as the JSON form has it; an empty field is an absent one."""
    record: dict[str, Any] = {}
    for column, text in row.items():
        value = text.strip()
        if not value:
            continue
        if column.startswith(_CONSIGNEE):
            record.setdefault("consignee", {})[column.removeprefix(_CONSIGNEE)] = value
        elif column == "aliases":
            record[column] = [code.strip() for code in value.split(_CODE_SEPARATOR) if code.strip()]
        elif column == "goods":
            record[column] = msgspec.json.decode(value)
        elif column == "status_at" and re.fullmatch(r"\S+", value) is None:
            record[column] = value.replace(" ", "T", 1)
        else:
            record[column] = value
    return record
