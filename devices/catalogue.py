"""The drivers by name: from a device's settings to the driver. A new driver is one file and one line here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog

from config.settings import CameraDevice, ConveyorDevice, CtDevice, ScaleDevice, ScannerDevice
from devices.camera.rtsp_camera import RtspCamera
from devices.conveyor import ModbusConveyor
from devices.ct.arrivals import ReceiverOrder
from devices.ct.dicom_ct import DicomCt
from devices.ct.evidence_store import EvidenceStore
from devices.ct.grouping import Grouping
from devices.ct.profile import load_ct_profile
from devices.errors import DeviceError
from devices.framing.codes import CodeFrame, CodeRules
from devices.framing.cognex import cognex
from devices.framing.keyence import keyence
from devices.framing.lines import lines
from devices.framing.mt_sics import MtSics
from devices.framing.sick import sick
from devices.interfaces import Camera, Conveyor, CtScanner, Scale, Scanner
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


def _store(device: CtDevice, evidence: Path, wall: Clock) -> EvidenceStore:
    return EvidenceStore(evidence, device.disk_budget_mb * _MB, device.least_free_mb * _MB, wall)


def _grouping(device: CtDevice) -> Grouping:
    return Grouping(load_ct_profile(device.profile), device.complete_within_ms / 1000)


def _dicos(device: CtDevice, data: Path, evidence: Path, clock: Clock, wall: Clock) -> CtScanner:
    del data  # nothing of it but the evidence
    order = ReceiverOrder(
        host=device.host,
        port=device.port,
        ae_title=device.ae_title,
        senders=device.senders,
        evidence=str(evidence.absolute()),
        budget_bytes=device.disk_budget_mb * _MB,
        least_free_bytes=device.least_free_mb * _MB,
        time_zone=load_ct_profile(device.profile).time_zone,
    )
    return DicomCt(device.name, order, _store(device, evidence, wall), _grouping(device), clock, wall)


def _folder(device: CtDevice, data: Path, evidence: Path, clock: Clock, wall: Clock) -> CtScanner:
    from devices.ct.folder_ct import FolderCt  # noqa: PLC0415  brings the image formats, 30 MB others need not

    if not device.folder:
        raise DeviceError(f"ct {device.name}: folder: the driver folder expects one")
    return FolderCt(
        device.name,
        data / device.folder,
        _store(device, evidence, wall),
        evidence / "ledger.db",
        _grouping(device),
        clock,
        wall,
        ZoneInfo(load_ct_profile(device.profile).time_zone),
    )


_CTS: dict[str, Callable[[CtDevice, Path, Path, Clock, Clock], CtScanner]] = {
    "dicos": _dicos,
    "folder": _folder,
}
_CAMERAS: dict[str, Callable[[CameraDevice, Path, Clock], Camera]] = {
    "rtsp": RtspCamera,
}

_MB = 1_000_000
CONVEYOR_NAME = "conveyor"  # a line has one; its settings need no name
MET_REAL_HARDWARE: frozenset[str] = frozenset()  # drivers that have run on the machine itself


def known_drivers() -> Mapping[str, tuple[str, ...]]:
    """The names a site file may use, by kind of device."""
    return MappingProxyType(
        {
            "scanner": tuple(_SCANNERS),
            "scale": tuple(_SCALES),
            "conveyor": tuple(_CONVEYORS),
            "ct": tuple(_CTS),
            "camera": tuple(_CAMERAS),
        }
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


def make_ct(device: CtDevice, data: Path, line_folder: Path, clock: Clock, wall: Clock) -> CtScanner:
    """The CT scanner a site file describes; its volumes go to `line_folder`/evidence.

    A relative folder lies in `data`. DeviceError if its driver, profile or folder is unknown.
    """
    make = _find(_CTS, "ct", device.name, device.driver)
    return make(device, data, line_folder / "evidence", clock, wall)


def make_camera(device: CameraDevice, data: Path, clock: Clock) -> Camera:
    """The camera a site file describes: its address says its driver. Recordings pass through `data`/camera.

    `clock` is CLOCK_MONOTONIC (`time.monotonic`), which the camera's own process uses too.
    """
    return _find(_CAMERAS, "camera", device.name, device.url.partition("://")[0])(device, data, clock)


def _find(drivers: Mapping[str, _Driver], kind: str, name: str, driver: str) -> _Driver:
    if driver not in drivers:
        raise DeviceError(f"{kind} {name}: driver {driver} is unknown; there are {', '.join(drivers)}")
    if driver not in MET_REAL_HARDWARE:
        _log.warning("driver_chosen_that_met_no_real_hardware", kind=kind, device=name, driver=driver)
    return drivers[driver]


def _port(port: str, data: Path) -> str:
    return port if "://" in port else str(data / port)
