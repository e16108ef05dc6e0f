"""The papers as couriers and customs hand them in: typed records, checked with the field named."""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from config.settings import Mode

Number = Annotated[str, Meta(min_length=4, max_length=60)]
Weight = Annotated[float, Meta(gt=0, le=10_000_000)]
Code = Annotated[str, Meta(max_length=40)]
Short = Annotated[str, Meta(max_length=120)]
Long = Annotated[str, Meta(max_length=500)]


class Consignee(Struct, frozen=True, forbid_unknown_fields=True):
    """Who receives the parcel; personal data."""

    name: Short = ""
    phone: Short = ""
    address: Long = ""
    id_number: Short = ""


class Goods(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of declared goods; `value` is the line's, in `currency`."""

    name: Long
    hs_code: Code = ""
    quantity: Annotated[float, Meta(ge=0)] = 1
    unit: Code = ""
    value: Annotated[float, Meta(ge=0)] = 0
    currency: Code = "CNY"
    origin: Code = ""


class Waybill(Struct, frozen=True, forbid_unknown_fields=True):
    """One house waybill (分运单)."""

    number: Number
    mode: Mode
    courier: Code = ""
    destination: Short = ""
    master_bill: Code = ""
    aliases: tuple[Number, ...] = ()  # other codes that stand on the same parcel
    declared_weight_g: Weight | None = None
    consignee: Consignee = Consignee()
    goods: tuple[Goods, ...] = ()


class Declaration(Struct, frozen=True, forbid_unknown_fields=True):
    """One declaration list (清单) with what customs last said of it."""

    number: Number
    waybill_number: Number
    mode: Mode
    customs_status: Annotated[int, Meta(ge=-99_999_999, le=9_999)]  # CEB returnStatus; below 0 an exception
    status_at: Annotated[datetime, Meta(tz=True)]
    control_instruction: Code = ""  # number of a 布控 instruction, "" = none
    review: bool = False  # an officer is to look


class PapersError(ValueError):
    """A file or record that cannot be taken: where, which field and what was expected, never a value.

    `record` is "" for a whole file, `field` "" where no single one is at fault.
    """

    def __init__(self, file: str, expectation: str, *, record: str = "", field: str = "") -> None:
        super().__init__(": ".join(each for each in (file, record, field, expectation) if each))
        self.file = file
        self.record = record
        self.field = field
        self.expectation = expectation


def explained(error: msgspec.DecodeError) -> tuple[str, str]:
    """Field and expectation of a decoding error, without the value msgspec quotes of an unknown member."""
    message, _, path = str(error).partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".")
    named = re.fullmatch(r"Object (missing required|contains unknown) field `(.+)`", message, re.DOTALL)
    if named:
        shown = named[2] if re.fullmatch(r"[A-Za-z_]{1,40}", named[2]) else "…"  # a key may be a number
        field = f"{field}.{shown}" if field else shown
        message = "expected, but missing" if named[1] == "missing required" else "not a field known here"
    elif message.startswith("Invalid enum value"):
        message = f"expected one of {', '.join(Mode)}"
    return field, message[:1].lower() + message[1:]
