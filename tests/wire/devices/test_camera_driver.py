"""The camera driver and its recorder on a stream that shows when each frame was drawn, and misbehaves."""

# pyright: reportUnknownMemberType=false

import asyncio
import os
import signal
import stat
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from config.settings import CameraDevice
from devices.camera.recorder_process import Patience
from devices.camera.rtsp_camera import RtspCamera
from devices.interfaces import DeviceState, Footage
from tests.wire.devices.camera_rig import QUICK, Rig, rig
from tests.wire.devices.video_peer import FPS, VideoPeer, apart_ms, shown_ms, video_peer

FRAME_MS = 1000 // FPS
LATENCY_MS = 150
LATE_MS = 250  # how far a still may be from its moment on a busy machine


@pytest.fixture
async def peer() -> AsyncGenerator[VideoPeer]:
    async with video_peer() as started:
        yield started


def device(url: str, **settings: str) -> CameraDevice:
    return CameraDevice(
        name="belt", url=url, position_mm=0, latency_ms=LATENCY_MS, before_ms=1000, after_ms=800, **settings
    )


def still_of(footage: Footage) -> np.ndarray:
    assert footage.still is not None, footage
    picture = cv2.imread(footage.still.path)
    assert picture is not None
    return picture.astype(np.uint8)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


async def warm(running: Rig) -> None:
    """Until the recorder has seen enough for a whole clip."""
    await running.until_state(DeviceState.ONLINE)
    await asyncio.sleep(1.2)  # the seconds before the first moment asked for must have been filmed


async def test_a_passage_gets_its_still_and_a_clip_that_plays(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        asked_s = time.monotonic()
        footage = await running.film("p1")
        assert (footage.device, footage.passage_id, footage.problem) == ("belt", "p1", "")
        assert abs(apart_ms(shown_ms(still_of(footage)), asked_s)) < LATE_MS
        assert footage.still and footage.still.media_type == "image/jpeg"
        assert footage.clip and footage.clip.media_type == "video/mp4"
        content = content_of(Path(footage.clip.path))
        assert 0 < content.index(b"moov") < content.index(b"mdat")  # plays while it loads
        with av.open(footage.clip.path) as clip:
            stream = clip.streams.video[0]
            assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 480, 272)
            pictures = [frame.to_ndarray(format="gray8") for frame in clip.decode(stream)]
            assert clip.duration is not None
            length_s = clip.duration / 1_000_000
        assert 1.8 - 1 / FPS <= length_s <= 1.8 + peer.gop / FPS + 2 / FPS
        begun_ms, ended_ms = (apart_ms(shown_ms(pictures[end].astype(np.uint8)), asked_s) for end in (0, -1))
        assert begun_ms <= -1000 + LATE_MS
        assert ended_ms >= 800 - LATE_MS
        reader = cv2.VideoCapture(footage.clip.path)
        assert reader.read()[0]
        reader.release()
        assert running.camera.health().readings == 1
        folder = Path(footage.still.path).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert sorted(path.suffix for path in folder.iterdir()) == [".jpg", ".mp4"]


async def test_passages_that_overlap_are_each_answered_once(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        now_s = time.monotonic()
        moments = {f"p{number}": now_s + 0.25 * number for number in range(-2, 6)}
        for passage_id, at_s in moments.items():
            running.camera.film(passage_id, at_s)
        await running.until(lambda: len(running.emitted) >= len(moments), "all answers")
        assert sorted(footage.passage_id for footage in running.emitted) == sorted(moments)
        for footage in running.emitted:
            apart = apart_ms(shown_ms(still_of(footage)), moments[footage.passage_id])
            assert abs(apart) < LATE_MS
        shown = [shown_ms(still_of(footage)) for footage in running.emitted]
        assert len(set(shown)) == len(moments)


async def test_a_camera_that_hangs_up_is_called_again(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        recorder = running.camera.recorder_pid
        peer.refusing = True
        peer.cut()
        await running.until_state(DeviceState.OFFLINE, "reconnecting")
        assert (await running.film("p1")).still is None
        peer.refusing = False
        await warm(running)
        footage = await running.film("p2")
        assert (footage.problem, running.camera.recorder_pid) == ("", recorder)


async def test_a_silent_camera_is_noticed_and_its_passages_answered(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        peer.silent = True
        silent_s = time.monotonic()
        running.camera.film("p1", silent_s - 0.5)  # of which the end is missing
        running.camera.film("p2", silent_s + 2.0)
        await running.until_state(DeviceState.OFFLINE, "no frames")
        first, second = await running.footage("p1"), await running.footage("p2")
        assert abs(apart_ms(shown_ms(still_of(first)), silent_s - 0.5)) < LATE_MS
        assert "ends" in first.problem
        assert (second.still, second.clip) == (None, None)
        assert "no frame of that moment" in second.problem
        connections = peer.connections
        peer.silent = False
        await running.until(
            lambda: peer.connections > connections or running.camera.health().state is DeviceState.ONLINE,
            "frames again",
        )


async def test_time_stamps_that_jump_harm_nothing(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        for number, jump_s in enumerate([40.0, 7.0, 5000.0]):
            peer.jump_s = jump_s
            asked_s = time.monotonic()
            footage = await running.film(f"p{number}")
            assert abs(apart_ms(shown_ms(still_of(footage)), asked_s)) < LATE_MS
            assert footage.clip is not None
            with av.open(footage.clip.path) as clip:
                assert clip.duration is not None
                assert 0.5 < clip.duration / 1_000_000 < 1.8 + 2 * peer.gop / FPS


async def test_another_resolution_is_recorded_as_it_is(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        peer.width, peer.height = 960, 544
        peer.cut()
        await running.until_state(DeviceState.ONLINE, "960×544")
        await asyncio.sleep(1.2)
        footage = await running.film("p1")
        assert still_of(footage).shape[:2] == (544, 960)
        assert footage.problem == ""


async def test_a_black_picture_and_a_frozen_one_are_told(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await running.until_state(DeviceState.ONLINE)
        peer.black = True
        await running.until_state(DeviceState.DEGRADED, "black picture")
        peer.black, peer.frozen = False, True
        await running.until_state(DeviceState.DEGRADED, "frozen picture")
        peer.frozen = False
        await running.until_state(DeviceState.ONLINE, "12 frames/s")


async def test_a_killed_recorder_is_replaced_and_every_passage_answered(
    peer: VideoPeer, tmp_path: Path
) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        recorder = running.camera.recorder_pid
        assert recorder is not None
        running.camera.film("p1", time.monotonic() + 0.5)
        await asyncio.sleep(0.5)
        os.kill(recorder, signal.SIGKILL)
        assert "the recorder ended" in (await running.footage("p1")).problem
        await running.another_recorder(recorder)
        await warm(running)
        assert (await running.film("p2")).problem == ""
        assert len(running.emitted) == 2


async def test_a_recorder_that_hangs_is_killed(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await running.until_state(DeviceState.ONLINE)
        recorder = running.camera.recorder_pid
        assert recorder is not None
        os.kill(recorder, signal.SIGSTOP)
        running.camera.film("p1", time.monotonic())
        await running.another_recorder(recorder)
        assert "said nothing for 4 s" in (await running.footage("p1")).problem
        await running.until_state(DeviceState.ONLINE)


async def test_without_frames_the_recorder_is_started_again(peer: VideoPeer, tmp_path: Path) -> None:
    peer.refusing = True
    impatient = Patience(no_frames_s=5.0, shortest_pause_s=0.05, longest_pause_s=0.1)
    async with rig(device(peer.url), tmp_path, patience=impatient) as running:
        await running.until(lambda: running.camera.recorder_pid, "a recorder")
        await running.another_recorder(running.camera.recorder_pid)
        await running.until_state(DeviceState.OFFLINE)
        peer.refusing = False
        await running.until_state(DeviceState.ONLINE)


async def test_without_a_camera_passages_are_answered_and_no_password_is_told(
    tmp_path: Path, free_port: object, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "password").write_text("correct-horse\n")
    assert callable(free_port)
    nowhere = device(f"rtsp://127.0.0.1:{free_port()}/belt", username="viewer", password_file="password")
    async with rig(nowhere, tmp_path) as running:
        await running.until_state(DeviceState.OFFLINE, "Connection refused")
        command = content_of(Path(f"/proc/{running.camera.recorder_pid}/cmdline"))
        footage = await running.film("p1")
        assert (footage.still, footage.clip) == (None, None)
    said = f"{capfd.readouterr()}{running.camera.health()}{footage}{command!r}"
    assert "camera_lost" in said
    assert "correct-horse" not in said


async def test_a_missing_password_file_is_named(tmp_path: Path) -> None:
    wrong = device("rtsp://127.0.0.1:9/belt", username="viewer", password_file="keys/belt")
    async with rig(wrong, tmp_path, answer_s=0.2) as running:
        await running.until_state(DeviceState.OFFLINE, "keys/belt")
        assert (await running.film("p1")).problem == "the recorder did not answer in time"


async def test_more_requests_than_it_can_hold_are_answered_empty(tmp_path: Path) -> None:
    camera = RtspCamera(device("rtsp://127.0.0.1:9/b"), tmp_path, time.monotonic, QUICK, 0.2)
    emitted: list[Footage] = []
    for number in range(300):
        camera.film(f"p{number}", time.monotonic())
    task = asyncio.create_task(camera.run(emitted.append))
    try:
        async with asyncio.timeout(20):
            while len(emitted) < 300:  # noqa: ASYNC110  the driver has no event to wait for
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert sorted(each.passage_id for each in emitted) == sorted(f"p{number}" for number in range(300))
    assert sum(each.problem == "too many requests wait for this camera" for each in emitted) == 300 - 256


async def test_what_an_earlier_run_left_is_removed(peer: VideoPeer, tmp_path: Path) -> None:
    async with rig(device(peer.url), tmp_path) as running:
        await warm(running)
        footage = await running.film("p1")
        assert footage.still
        left = Path(footage.still.path)
    assert content_of(left)
    async with rig(device(peer.url), tmp_path) as running:
        await running.until(lambda: running.camera.recorder_pid, "a recorder")
        assert list(left.parent.iterdir()) == []
