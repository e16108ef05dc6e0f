"""The camera's film: reckoned positions, key pictures, and what each fault makes of the pictures."""

from datetime import UTC, datetime, timedelta

import av
import msgspec
import numpy as np
import pytest

from simulators.camera_encoder import is_key
from simulators.camera_faults import CameraFaults
from simulators.camera_feed import BeltSeen, Disturb, SeenItem, read_line, write_line
from simulators.camera_film import Film, moved
from simulators.camera_label import Grey

NO_FAULTS = CameraFaults()
BELT = BeltSeen(10.0, 500.0, 1000.0, (SeenItem(3050.0, 300.0, 250.0, 1, ("SF1234567890123",)),))


class Viewer:
    """Decodes NAL units as they come."""

    def __init__(self) -> None:
        self._codec = av.VideoCodecContext.create("h264", "r")

    def see(self, units: list[bytes]) -> Grey:
        packet = av.Packet(b"".join(b"\0\0\0\1" + unit for unit in units))
        [frame] = self._codec.decode(packet)  # pyright: ignore[reportUnknownMemberType]
        return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


@pytest.fixture
def film() -> Film:
    made = Film(2900.0, lambda at_s: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=at_s), seed=1)
    made.hear(BELT)
    return made


def test_every_fault_is_off_by_default() -> None:
    assert not any(msgspec.structs.astuple(CameraFaults()))


def test_messages_come_out_as_they_went_in() -> None:
    for message in (BELT, Disturb(CameraFaults(black=True))):
        line = write_line(message)
        assert line.count(b"\n") == 1
        assert read_line(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"nonsense",
        b'{"type":"belt","time_s":1}',
        write_line(BELT).replace(b"300.0", b"-3"),
        write_line(BELT).replace(b"SF", "赤".encode()),
    ],
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_line(line)


def test_the_belt_is_reckoned_on_and_stops_when_nothing_more_is_heard() -> None:
    on = moved(BELT, 10.2)
    assert on.travel_mm == pytest.approx(700)
    assert on.items[0].front_mm == pytest.approx(3250)
    assert moved(BELT, 9.9).travel_mm == pytest.approx(400)
    assert moved(BELT, 60.0).travel_mm == pytest.approx(1000)
    stopped = msgspec.structs.replace(BELT, speed_mm_s=0.0)
    assert moved(stopped, 10.3).items == BELT.items


def test_pictures_are_decodable_from_any_key_picture(film: Film) -> None:
    keys = 0
    for number in range(30):
        units, key = film.picture(10 + number * 0.08, NO_FAULTS, key=number == 5)
        assert key is is_key(units)
        keys += key
        if key:
            assert Viewer().see(units).shape == (720, 1280)
        if number in (0, 5):
            assert key
    assert 3 <= keys <= 4  # the first, the one asked for, and one a second after it


def test_black_is_black(film: Film) -> None:
    viewer = Viewer()
    assert float(viewer.see(film.picture(10.0, NO_FAULTS, key=True)[0]).mean()) > 35
    assert float(viewer.see(film.picture(10.08, CameraFaults(black=True), key=False)[0]).mean()) < 10


def test_a_stuck_picture_stays_the_same(film: Film) -> None:
    viewer = Viewer()
    before = viewer.see(film.picture(10.0, NO_FAULTS, key=True)[0]).astype(int)
    stuck = viewer.see(film.picture(10.4, CameraFaults(stuck=True), key=False)[0]).astype(int)
    moving = viewer.see(film.picture(10.4, NO_FAULTS, key=False)[0]).astype(int)
    assert np.abs(stuck - before).mean() < 1.0
    assert np.abs(moving - before).mean() > 3.0


def test_another_resolution_begins_with_a_key_picture_and_so_does_the_return(film: Film) -> None:
    viewer = Viewer()
    small = CameraFaults(small=True)
    viewer.see(film.picture(10.0, NO_FAULTS, key=True)[0])
    units, key = film.picture(10.08, small, key=False)
    assert key
    assert viewer.see(units).shape == (360, 640)
    assert film.encoder(small).parameter_sets[0] in units
    assert film.picture(10.16, small, key=False)[1] is False
    units, key = film.picture(10.24, NO_FAULTS, key=False)
    assert key
    assert viewer.see(units).shape == (720, 1280)
