"""From coded pictures to files, on a stream coded here: frame n is a flat grey of 8 + 4n, ten a second."""

# pyright: reportUnknownMemberType=false

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import pytest
from av.video.stream import VideoStream

from devices.camera.footage_writer import FootageWriter
from devices.camera.recent import Coded, Recent
from devices.camera.requests import Ask, CameraState, Recorded, Setup

FPS, GOP, FRAMES = 10, 10, 60
BEGUN_S = 500.0


@cache
def stream(b_frames: int = 0) -> tuple[Coded, ...]:
    """The coded stream, in the order of decoding."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = 160, 96, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, FPS), Fraction(FPS)
    codec.options = {"g": str(GOP), "bf": str(b_frames), "x264-params": "b-adapt=0:scenecut=0:threads=1"}
    packets: list[av.Packet[VideoStream]] = []
    for number in range(FRAMES):
        grey = np.full((96, 160), 8 + 4 * number, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")
        frame.pts = number
        packets += cast("list[av.Packet[VideoStream]]", codec.encode(frame))
    packets += cast("list[av.Packet[VideoStream]]", codec.encode(None))
    return tuple(
        Coded(bytes(each), each.is_keyframe, (each.dts or 0) / FPS, (each.pts or 0) / FPS) for each in packets
    )


class Camera:
    """A recorder's memory and writer, with a clock set by hand."""

    def __init__(self, folder: Path) -> None:
        self.now_s = BEGUN_S
        self.recent = Recent(10.0, 10**8, lambda: self.now_s)
        setup = Setup("belt", "rtsp://x/", str(folder), latency_s=0.2, before_s=1.0, after_s=0.5)
        self.writer = FootageWriter(setup, self.recent, lambda: self.now_s)

    def connect(self) -> None:
        self.recent.connect(b"")

    def show(self, coded: tuple[Coded, ...]) -> None:
        """Frames come in time."""
        for number, packet in enumerate(coded):
            self.now_s = BEGUN_S + number / FPS
            self.recent.take(packet)

    def record(self, at_s: float) -> Recorded:
        return self.writer.record(Ask(7, at_s))


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    made = Camera(tmp_path)
    made.connect()
    return made


def frame_shown(path: str) -> int:
    """Which frame a still shows."""
    picture = cv2.imread(path)
    assert picture is not None
    return round((float(picture.mean()) - 8) / 4)


@pytest.mark.parametrize("at_s", [502.0, 502.34, 504.9])
def test_a_still_shows_the_frame_that_came_when_it_should(camera: Camera, at_s: float) -> None:
    camera.show(stream())
    recorded = camera.record(at_s)
    assert recorded.problem == ""
    assert frame_shown(recorded.still) == pytest.approx((at_s + 0.2 - BEGUN_S) * FPS, abs=0.6)


def test_frames_that_are_decoded_out_of_order_are_told_apart(camera: Camera) -> None:
    coded = stream(b_frames=2)
    assert any(packet.lead_s > 0.25 for packet in coded)
    camera.show(coded)
    delay_s = -(coded[0].decoded_s or 0.0)  # the first is decoded so much before it is shown
    for tenth in range(20, 40):
        recorded = camera.record(BEGUN_S + delay_s + tenth / FPS - 0.2)
        assert frame_shown(recorded.still) == tenth
        with av.open(recorded.clip) as clip:
            stamps = [frame.pts or 0 for frame in clip.decode(video=0)]
        assert stamps == sorted(stamps)


def test_a_recording_is_due_when_its_last_frame_is_there_or_does_not_come(camera: Camera) -> None:
    camera.show(stream()[:41])  # up to 504.0
    assert camera.writer.is_due(Ask(1, 503.2))
    assert not camera.writer.is_due(Ask(1, 503.4))
    camera.now_s = 503.4 + 0.7 + 2.1
    assert camera.writer.is_due(Ask(1, 503.4))


def test_what_is_missing_is_said(camera: Camera) -> None:
    camera.show(stream())
    late, early, never = camera.record(500.2), camera.record(505.6), camera.record(700.0)
    assert (bool(late.still), bool(late.clip), late.problem) == (True, True, "the clip begins 0.6 s late")
    assert (bool(early.still), bool(early.clip)) == (True, True)
    assert (never.still, never.clip) == ("", "")
    assert never.problem == "no frame of that moment; no frames for a clip"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    camera = Camera(tmp_path / "missing")
    camera.connect()
    camera.show(stream())
    recorded = camera.record(503.0)
    assert (recorded.still, recorded.clip) == ("", "")
    assert recorded.problem.split("; ") == [
        "cannot write: No such file or directory",
        "the clip cannot be written: No such file or directory",
    ]


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    camera = Camera(tmp_path)
    camera.connect()
    camera.show(stream())
    (tmp_path / "7.mp4").mkdir()  # in the way
    (tmp_path / "7.mp4" / "file").touch()
    recorded = camera.record(503.0)
    assert recorded.problem == "cannot write: Is a directory"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["7.jpg", "7.mp4"]


def test_garbage_is_no_picture_and_ends_with_the_next_key_frame(camera: Camera) -> None:
    garbage = tuple(Coded(b"\x00\x00\x01\x65" + bytes(each.content[9:40]), True, n / FPS, n / FPS)
                    for n, each in enumerate(stream()))  # fmt: skip
    camera.show(garbage)
    assert camera.record(503.0).still == ""
    camera.now_s = BEGUN_S + 10.5
    camera.recent.take(garbage[-1])
    assert camera.recent.account().state is CameraState.NO_KEY_FRAME
    camera.show(stream())
    assert camera.recent.account().state is CameraState.LIVE
    assert camera.record(503.0).problem == ""


def test_the_account_tells_how_the_camera_does(tmp_path: Path) -> None:
    camera = Camera(tmp_path)
    assert camera.recent.account().state is CameraState.CONNECTING
    camera.connect()
    camera.show(stream())
    account = camera.recent.account()
    assert (account.state, account.width, account.height) == (CameraState.LIVE, 160, 96)
    assert account.fps == pytest.approx(FPS, abs=1)
    camera.now_s += 2.5
    assert camera.recent.account().state is CameraState.NO_FRAMES
    camera.recent.lose("Connection refused")
    account = camera.recent.account()
    assert (account.state, account.detail) == (CameraState.LOST, "Connection refused")
