"""What one scan of a CT machine is made of and how it names its item, read from a profile file and checked.

A profile is data: `devices/profiles/dicos_*.toml`.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from devices.profile_file import parsed, shipped_text

_LARGEST_NUMBER = 0xFFFFFFFF  # epoch and tracking id have 32 bits in the sorter contract


class Packing(StrEnum):
    """How a scan's energies lie in its objects."""

    SEPARATE = "separate"  # one object an energy


class EnergyTold(StrEnum):
    """How an object says which energy it is."""

    STATED = "stated"
    KVP = "kvp"
    STATED_OR_KVP = "stated_or_kvp"
    ONLY = "only"  # the machine has one


class EnergyName(StrEnum):
    """The energies of a scan."""

    LOW = "low"
    HIGH = "high"


class CtProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """A CT machine's way of sending scans."""

    name: str
    title: str
    met_real_hardware: bool
    objects_per_scan: Annotated[int, Meta(ge=1, le=2)]
    packing: Packing
    energies: tuple[EnergyName, ...]
    energy_told_by: EnergyTold
    ooi_pattern: str
    time_zone: str  # IANA name; of acquisition times that state no offset from UTC
    high_from_kvp: Annotated[float, Meta(gt=0)] | None = None

    def energy(self, stated: str | None, kvp: float | None) -> str | None:
        """Which of the scan's energies an object is; None if it does not say, or is one not expected."""
        match self.energy_told_by:
            case EnergyTold.ONLY:
                return self.energies[0]
            case EnergyTold.STATED:
                energy = stated
            case EnergyTold.KVP:
                energy = self._by_voltage(kvp)
            case EnergyTold.STATED_OR_KVP:
                energy = stated or self._by_voltage(kvp)
        return energy if energy in self.energies else None

    def item(self, ooi_id: str) -> tuple[int | None, int | None]:
        """Epoch and tracking id as the object-of-inspection id says them, None for what it does not."""
        match = re.fullmatch(self.ooi_pattern, ooi_id, re.ASCII)
        if match is None:
            return None, None
        return _number(match.groupdict().get("epoch")), _number(match["tracking"])

    def _by_voltage(self, kvp: float | None) -> str | None:
        if kvp is None or kvp <= 0 or self.high_from_kvp is None:  # some writers put 0 for unknown
            return None
        return EnergyName.HIGH if kvp >= self.high_from_kvp else EnergyName.LOW


def load_ct_profile(name: str) -> CtProfile:
    """The shipped profile of that name; ProfileError names file, key and expectation."""
    return parse_ct_profile(shipped_text(name, ct=True), f"{name}.toml")


def parse_ct_profile(text: str, file: str) -> CtProfile:
    """A profile from its TOML text; `file` is named in errors."""
    return parsed(text, file, CtProfile, _faults)


def _faults(profile: CtProfile) -> Iterable[tuple[str, str]]:
    if len(profile.energies) != profile.objects_per_scan or len(set(profile.energies)) != len(
        profile.energies
    ):
        yield "energies", f"expected {profile.objects_per_scan} different ones, one for each object of a scan"
    if (profile.energy_told_by is EnergyTold.ONLY) != (profile.objects_per_scan == 1):
        yield "energy_told_by", 'expected "only" for one object a scan, and for no other'
    by_voltage = profile.energy_told_by in (EnergyTold.KVP, EnergyTold.STATED_OR_KVP)
    if by_voltage and profile.high_from_kvp is None:
        yield "high_from_kvp", f'expected with energy_told_by = "{profile.energy_told_by}"'
    try:
        ZoneInfo(profile.time_zone)
    except (ValueError, KeyError, OSError):
        yield "time_zone", "expected the IANA name of a time zone, as Asia/Shanghai"
    try:
        pattern = re.compile(profile.ooi_pattern, re.ASCII)
    except re.error as error:
        yield "ooi_pattern", f"expected a regular expression: {error}"
    else:
        if "tracking" not in pattern.groupindex:
            yield "ooi_pattern", "expected a group named tracking"
        if strangers := sorted(set(pattern.groupindex) - {"tracking", "epoch"}):
            yield "ooi_pattern", f"expected the groups tracking and epoch; {strangers[0]} means nothing"


def _number(digits: str | None) -> int | None:
    if digits is None or not (digits.isascii() and digits.isdigit()) or len(digits) > 10:
        return None
    number = int(digits)
    return number if number <= _LARGEST_NUMBER else None
