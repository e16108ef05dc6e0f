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
    """Every record of the file, or the error in its place; PapersError is raised if there are none to read.

    JSON: `{"waybills": [...], "declarations": [...]}`. CSV: waybills or declarations, told apart by
    their header; consignee columns are prefixed `consignee_`, aliases separated by `|`, goods a JSON list.
    """
    readers = {".json": _json_records, ".csv": _csv_records}
    records = readers.get(path.suffix.lower())
    if records is None:
        raise PapersError(path.name, "expected a file that ends in .json or .csv")
    empty = True
    try:
        for record in records(path):
            empty = False
            yield record
    except OSError as error:
        raise PapersError(path.name, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PapersError(path.name, f"expected UTF-8 text (byte {error.start} is not)") from error
    if empty:
        raise PapersError(path.name, "expected at least one record, found none")


def _json_records(path: Path) -> Iterator[Read]:
    text = path.read_bytes()
    if not text.strip():
        raise PapersError(path.name, "is empty")
    try:
        content = msgspec.json.decode(text, type=_JsonFile)
    except msgspec.DecodeError as error:
        field, expectation = explained(error)
        shape = f'expected {{"waybills": [...], "declarations": [...]}} ({expectation})'
        raise PapersError(path.name, shape, field=field) from error
    for number, raw in enumerate(content.waybills, start=1):
        yield _decoded(raw, Waybill, path.name, f"waybills record {number}")
    for number, raw in enumerate(content.declarations, start=1):
        yield _decoded(raw, Declaration, path.name, f"declarations record {number}")


def _decoded(raw: Raw, kind: type[Paper], file: str, record: str) -> Paper | PapersError:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        field, expectation = explained(error)
        return PapersError(file, expectation, record=record, field=field)


def _csv_records(path: Path) -> Iterator[Read]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        number = 0
        try:
            columns = reader.fieldnames or ()
            if not columns:
                raise PapersError(path.name, "is empty")
            if "number" not in columns:
                raise PapersError(path.name, "expected a header line with the column number")
            kind: type[Waybill | Declaration] = Declaration if _DECLARATION_COLUMN in columns else Waybill
            for number, row in enumerate(reader, start=1):
                yield _converted(row, kind, path.name, f"record {number}")
        except csv.Error as error:
            yield PapersError(path.name, f"not CSV from here on ({error})", record=f"record {number + 1}")


def _converted(row: dict[Any, Any], kind: type[Waybill | Declaration], file: str, record: str) -> Read:
    if None in row or None in row.values():
        return PapersError(file, "expected as many fields as the header has", record=record)
    try:
        nested = _nested(row)
    except msgspec.DecodeError:
        return PapersError(file, "expected a JSON list", record=record, field="goods")
    try:
        return msgspec.convert(nested, kind, strict=False)
    except msgspec.DecodeError as error:
        field, expectation = explained(error)
        return PapersError(file, expectation, record=record, field=field)


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
