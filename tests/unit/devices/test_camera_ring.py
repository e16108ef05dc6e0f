"""The packets of the last seconds: what is kept, and where recordings are cut."""

from collections.abc import Sequence

import pytest

from devices.camera.packet_ring import Layout, Packet, PacketRing
from devices.camera.timeline import Timeline

WIDE, NARROW = Layout(1280, 720, b"wide"), Layout(640, 360, b"narrow")
FPS, GOP = 10, 10
NOW = Timeline(1000.0)


def packet(number: int, *, gop: int = GOP, layout: Layout = WIDE, size: int = 100) -> Packet:
    """Frame `number` of a stream that began at 1000 s."""
    return Packet(bytes(size), number % gop == 0, layout, NOW, number / FPS)


def filled(count: int, *, keep_s: float = 10.0, budget: int = 10**9, gop: int = GOP) -> PacketRing:
    ring = PacketRing(keep_s, budget)
    for number in range(count):
        ring.add(packet(number, gop=gop))
    return ring


def span(packets: Sequence[Packet]) -> tuple[float, float]:
    """The moments of the first and the last."""
    return packets[0].at_s, packets[-1].at_s


def test_a_clip_begins_with_the_key_frame_before_and_ends_at_its_end() -> None:
    assert span(filled(100).clip(1003.5, 1006.2)) == (1003.0, 1006.2)


def test_a_clip_that_begins_before_the_memory_begins_with_it() -> None:
    assert span(filled(100).clip(990.0, 1001.0)) == (1000.0, 1001.0)


@pytest.mark.parametrize(("from_s", "to_s"), [(980.0, 990.0), (1050.0, 1060.0)])
def test_nothing_is_cut_from_times_without_frames(from_s: float, to_s: float) -> None:
    assert list(filled(100).clip(from_s, to_s)) == []


def test_the_ring_keeps_its_seconds_from_a_key_frame_on() -> None:
    ring = filled(1000, keep_s=4.0)
    assert ring.newest_s == pytest.approx(1099.9)
    assert span(ring.clip(0.0, 2000.0))[0] == 1095.0
    assert ring.size == 50 * 100


def test_rare_key_frames_are_kept_while_they_are_needed() -> None:
    assert span(filled(290, keep_s=4.0, gop=100).clip(0.0, 2000.0))[0] == 1020.0


def test_the_ring_never_exceeds_its_budget() -> None:
    ring = PacketRing(1000.0, 2_500)
    for number in range(500):
        ring.add(packet(number))
        assert ring.size <= 2_500
    assert span(ring.clip(0.0, 2000.0))[0] >= 1047.0


def test_without_room_for_a_whole_group_of_pictures_it_waits_for_the_next() -> None:
    ring = PacketRing(10.0, 1_000)
    for number in range(50):
        ring.add(packet(number, gop=40))
    assert ring.size <= 1_000
    assert ring.recording
    assert span(ring.clip(0.0, 2000.0)) == (1004.0, 1004.9)
    ring.add(packet(51, gop=40))
    assert not ring.recording
    assert ring.newest_s is None


def test_nothing_is_kept_before_the_first_key_frame_nor_after_a_break() -> None:
    ring = PacketRing(10.0, 10**9)
    ring.add(packet(3))
    assert (ring.newest_s, ring.recording) == (None, False)
    for number in range(10, 14):
        ring.add(packet(number))
    ring.break_off()
    ring.add(packet(16))
    assert ring.newest_s == 1001.3
    ring.add(packet(20))
    assert (ring.newest_s, ring.recording) == (1002.0, True)


def test_a_clip_holds_one_layout_only() -> None:
    ring = filled(20)
    for number in range(20, 40):
        ring.add(packet(number, layout=NARROW))
    assert span(ring.clip(1000.5, 1003.0)) == (1002.0, 1003.0)
    assert span(ring.clip(1000.5, 1001.9)) == (1000.0, 1001.9)


def test_a_picture_comes_with_all_it_is_decoded_from() -> None:
    ring = filled(100)
    assert span(ring.picture(1004.34, 0.5)) == (1004.0, 1004.3)
    assert span(ring.picture(1004.0, 0.5)) == (1004.0, 1004.0)
    assert span(ring.picture(1010.2, 0.5)) == (1009.0, 1009.9)


@pytest.mark.parametrize("at_s", [999.4, 1010.5])
def test_a_picture_of_another_moment_is_none(at_s: float) -> None:
    assert list(filled(100).picture(at_s, 0.5)) == []


def test_what_a_network_delayed_is_found_where_it_belongs() -> None:
    timeline, ring = Timeline(1003.0), PacketRing(10.0, 10**9)
    for number in range(20):
        ring.add(Packet(b"", number % 10 == 0, WIDE, timeline, number / FPS))
    timeline.offset_s = 1000.0
    assert ring.picture(1001.5, 0.5)[-1].stamp_s == 1.5
