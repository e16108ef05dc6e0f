"""Cameras in the catalogue: an address names its driver, and the agent carries no video library for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import CameraDevice
from devices.catalogue import known_drivers, make_camera
from devices.errors import DeviceError
from devices.interfaces import DeviceState


def camera(url: str) -> CameraDevice:
    return CameraDevice(name="belt", url=url, position_mm=0)


def test_every_known_driver_can_be_made() -> None:
    assert known_drivers()["camera"] == ("rtsp",)
    made = make_camera(camera("rtsp://127.0.0.1/belt"), Path("/nowhere"), lambda: 12.5)
    assert (made.name, made.health().state, made.health().since_s) == ("belt", DeviceState.CONNECTING, 12.5)


def test_an_unknown_driver_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(DeviceError, match=r"camera belt: driver http is unknown; there are rtsp"):
        make_camera(camera("http://127.0.0.1/belt"), Path("/nowhere"), lambda: 0.0)


def test_the_driver_leaves_decoding_to_its_recorder() -> None:
    said = "import sys, devices.camera.rtsp_camera; print(sorted({'av', 'cv2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
