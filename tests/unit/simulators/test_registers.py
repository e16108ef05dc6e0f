"""The controller's registers: layout from the profile, writing orders, each command handed out once."""

import pytest

from simulators.contract import Command, Event, EventKind, Outcome, Result, State, Status
from simulators.wires import register_map
from simulators.wires.plc_image import PlcImage

RING = 1000


@pytest.fixture
def image() -> PlcImage:
    made = PlcImage(register_map.load("redpeak_sorter_v1"))
    made.publish(status(), (), ())
    return made


def status(epoch: int = 0x12345678, lane_counts: tuple[int, ...] = (0,) * 16) -> Status:
    return Status(
        epoch=epoch,
        state=State.EXECUTE,
        heartbeat=65_537 & 0xFFFF,
        induction_open=True,
        agent_alive=True,
        time_ms=70_000,
        encoder_mm=140_000,
        speed_mm_s=2000,
        lanes_available=frozenset({1, 3, 5}),
        inducted=3,
        last_tracking_id=3,
        lane_counts=lane_counts,
    )


def event(tracking_id: int, encoder_mm: int = 66_000) -> Event:
    return Event(EventKind.EYE, 70_000, encoder_mm, tracking_id, 2, 0)


def test_the_status_block_stands_where_the_profile_says(image: PlcImage) -> None:
    image.publish(status(lane_counts=(70_000, *[0] * 14, 9)), (), ())
    assert image.registers[:4] == [0x5250, 0x5343, 1, 6]
    assert image.registers[4:6] == [0x1234, 0x5678]
    assert image.registers[7] == 0b11
    assert image.registers[8:12] == [1, 70_000 - 65_536, 2, 140_000 - 131_072]
    assert image.registers[12:14] == [2000, 0b10101]
    assert image.registers[20:22] == [1500, 2000]
    assert image.registers[28:30] == [1, 70_000 - 65_536]
    assert image.registers[58:60] == [0, 9]


def test_an_event_stands_in_its_slot(image: PlcImage) -> None:
    image.publish(status(), [event(1), event(70_001)], ())
    second = image.registers[RING + 12 : RING + 24]
    assert second == [0, 2, 2, 2, 1, 70_001 - 65_536, 1, 66_000 - 65_536, 1, 70_000 - 65_536, 0, 0]
    assert image.registers[18:20] == [0, 2]


def test_the_ring_comes_round(image: PlcImage) -> None:
    image.publish(status(), [event(number) for number in range(1, 2002)], ())
    assert image.registers[RING : RING + 2] == [0, 2001]
    assert image.registers[RING + 12 : RING + 14] == [0, 2]
    assert image.registers[18:20] == [0, 2001]


def test_a_command_is_handed_out_once_and_answered_in_its_slot(image: PlcImage) -> None:
    image.receive(100 + 8 * 3, [0x1234, 0x5678, 0, 42, 2, 0, 1, 5])
    (command,) = image.commands()
    assert command == Command(3, 65_541, 0x12345678, 42, 2)
    assert image.commands() == ()
    image.publish(status(), (), [Result(command, Outcome.TOO_LATE, 70_000)])
    assert image.registers[60 + 4 * 3 : 60 + 4 * 3 + 3] == [1, 5, Outcome.TOO_LATE]
    assert image.commands() == ()
    image.receive(100 + 8 * 3 + 7, [6])
    assert [each.sequence for each in image.commands()] == [65_542]


def test_half_a_command_is_none(image: PlcImage) -> None:
    image.receive(100, [0, 7, 0, 1, 1, 0])
    assert image.commands() == ()


def test_commands_are_taken_in_the_order_of_their_sequence(image: PlcImage) -> None:
    for slot, sequence in ((0, 9), (1, 7), (2, 8)):
        image.receive(100 + 8 * slot, [0, 7, 0, slot, 1, 0, 0, sequence])
    assert [command.sequence for command in image.commands()] == [7, 8, 9]


def test_a_boot_clears_all_but_the_agents_heartbeat(image: PlcImage) -> None:
    image.receive(164, [77, 1])
    image.receive(100, [0, 7, 0, 1, 1, 0, 0, 1])
    image.publish(status(), [event(1)], ())
    image.publish(status(epoch=9), (), ())
    assert image.commands() == ()
    assert image.registers[RING : RING + 12] == [0] * 12
    assert image.registers[18:20] == [0, 0]
    assert image.heartbeat == 77


def test_a_profile_that_is_not_shipped_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nobodys_sorter"):
        register_map.load("nobodys_sorter")
