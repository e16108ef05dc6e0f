"""The catalogue: every name makes its driver, and an unknown one is answered with the names there are."""

from pathlib import Path

import pytest

from config.settings import ConveyorDevice, CtDevice, ScaleDevice, ScannerDevice
from devices.catalogue import known_drivers, make_conveyor, make_ct, make_scale, make_scanner
from devices.errors import DeviceError, ProfileError
from devices.interfaces import Conveyor, CtScanner, DeviceState, Scale, Scanner

DATA = Path("/nowhere")


def clock() -> float:
    return 12.5


def scanner(driver: str) -> Scanner:
    device = ScannerDevice(name="top", driver=driver, port="dev/top", position_mm=0)
    return make_scanner(device, DATA, clock)


def scale(driver: str) -> Scale:
    device = ScaleDevice(name="scale", port="dev/scale", position_mm=0, length_mm=1, driver=driver)
    return make_scale(device, DATA, clock)


def ct(driver: str, line_folder: Path, *, folder: str = "", profile: str = "dicos_dual") -> CtScanner:
    device = CtDevice(name="ct", position_mm=0, length_mm=1, driver=driver, folder=folder, profile=profile)
    return make_ct(device, DATA, line_folder, clock, clock)


async def test_every_known_driver_can_be_made(tmp_path: Path) -> None:
    known = known_drivers()
    assert set(known) >= {"scanner", "scale", "conveyor", "ct"}
    devices: list[Scanner | Scale | Conveyor | CtScanner] = [scanner(driver) for driver in known["scanner"]]
    devices += [scale(driver) for driver in known["scale"]]
    devices += [make_conveyor(ConveyorDevice("127.0.0.1", driver=name), clock) for name in known["conveyor"]]
    devices += [ct(driver, tmp_path, folder="volumes") for driver in known["ct"]]
    assert {device.name for device in devices} == {"top", "scale", "conveyor", "ct"}
    assert {(d.health().state, d.health().since_s) for d in devices} == {(DeviceState.CONNECTING, 12.5)}


def test_an_unknown_driver_is_answered_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"scanner top: driver zebra is unknown; .*cognex.*sick"):
        scanner("zebra")
    with pytest.raises(DeviceError, match=r"scale scale: driver toledo is unknown; there are mt_sics"):
        scale("toledo")
    with pytest.raises(DeviceError, match=r"conveyor conveyor: driver opc is unknown; there are modbus"):
        make_conveyor(ConveyorDevice("127.0.0.1", driver="opc"), clock)
    with pytest.raises(DeviceError, match=r"ct ct: driver http is unknown; there are dicos, folder"):
        ct("http", tmp_path)
    with pytest.raises(DeviceError, match=r"ct ct: folder: "):
        ct("folder", tmp_path)


def test_an_unknown_profile_is_answered_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"no profile other; there are redpeak_sorter_v1$"):
        make_conveyor(ConveyorDevice("127.0.0.1", profile="other"), clock)
    with pytest.raises(ProfileError, match=r"no CT profile other; there are dicos_dual, dicos_single"):
        ct("dicos", tmp_path, profile="other")
