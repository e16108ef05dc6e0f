"""The drivers by name: from a device's settings to the driver. A new driver is one file and one line here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import structlog

from config.settings import ConveyorDevice, ScaleDevice, ScannerDevice
from devices.conveyor import ModbusConveyor
from devices.errors import DeviceError
from devices.framing.codes import CodeFrame, CodeRules
from devices.framing.cognex import cognex
from devices.framing.keyence import keyence
from devices.framing.lines import lines
from devices.framing.mt_sics import MtSics
from devices.framing.sick import sick
from devices.interfaces import Conveyor, Scale, Scanner
from devices.profile import load_profile
from devices.scale import GREETING, SerialScale
from devices.scanner import SerialScanner
from devices.serial_reader import Framing
from devices.transports.modbus_link import ModbusLink
from devices.transports.serial_line import SerialLine

Clock = Callable[[], float]
_Driver = TypeVar("_Driver")
_log: structlog.stdlib.BoundLogger = structlog.get_logger()

_SCANNERS: dict[str, Callable[[CodeRules], Framing[CodeFrame]]] = {
    "cognex": cognex,
    "keyence": keyence,
    "lines": lines,
    "sick": sick,
}


def _mt_sics(device: ScaleDevice, port: str, clock: Clock) -> Scale:
    line = SerialLine(port, device.baud, clock, greeting=GREETING)
    return SerialScale(device.name, line, MtSics(device.baud), clock)


_SCALES: dict[str, Callable[[ScaleDevice, str, Clock], Scale]] = {
    "mt_sics": _mt_sics,
}


def _modbus(device: ConveyorDevice, clock: Clock) -> Conveyor:
    profile = load_profile(device.profile)
    link = ModbusLink(
        CONVEYOR_NAME,
        host=device.host,
        port=device.port,
        unit=device.unit,
        timeout_s=device.timeout_ms / 1000,
        clock=clock,
    )
    return ModbusConveyor(CONVEYOR_NAME, link, profile, clock)


_CONVEYORS: dict[str, Callable[[ConveyorDevice, Clock], Conveyor]] = {
    "modbus": _modbus,
}

CONVEYOR_NAME = "conveyor"  # a line has one; its settings need no name
MET_REAL_HARDWARE: frozenset[str] = frozenset()  # drivers that have run on the machine itself


def known_drivers() -> Mapping[str, tuple[str, ...]]:
    """The names a site file may use, by kind of device."""
    return MappingProxyType(
        {"scanner": tuple(_SCANNERS), "scale": tuple(_SCALES), "conveyor": tuple(_CONVEYORS)}
    )


def make_scanner(device: ScannerDevice, data: Path, clock: Clock) -> Scanner:
    """The scanner a site file describes; relative ports lie in `data`.

    DeviceError names the drivers there are if its own is unknown.
    """
    framing = _find(_SCANNERS, "scanner", device.name, device.driver)
    rules = CodeRules(
        baud=device.baud,
        no_read=frozenset(device.no_read),
        longest=device.longest_frame,
        separator=device.separator,
    )
    line = SerialLine(_port(device.port, data), device.baud, clock)
    return SerialScanner(device.name, line, framing(rules), clock)


def make_scale(device: ScaleDevice, data: Path, clock: Clock) -> Scale:
    """The scale a site file describes; relative ports lie in `data`. DeviceError as above."""
    return _find(_SCALES, "scale", device.name, device.driver)(device, _port(device.port, data), clock)


def make_conveyor(device: ConveyorDevice, clock: Clock) -> Conveyor:
    """The controller a site file describes; DeviceError if its driver or profile is unknown."""
    return _find(_CONVEYORS, "conveyor", CONVEYOR_NAME, device.driver)(device, clock)


def _find(drivers: Mapping[str, _Driver], kind: str, name: str, driver: str) -> _Driver:
    if driver not in drivers:
        raise DeviceError(f"{kind} {name}: driver {driver} is unknown; there are {', '.join(drivers)}")
    if driver not in MET_REAL_HARDWARE:
        _log.warning("driver_chosen_that_met_no_real_hardware", kind=kind, device=name, driver=driver)
    return drivers[driver]


def _port(port: str, data: Path) -> str:
    return port if "://" in port else str(data / port)
