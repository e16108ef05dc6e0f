"""The event ring: every event once and in order, or named as missed, whatever happens meanwhile."""

import pytest

from devices.conveyor import ModbusConveyor
from devices.interfaces import Cursor, DeviceState, ItemEventKind
from devices.profile import load_profile
from tests.unit.devices.registers import RING, SLOT, STATUS, Registers, sequences

PROFILE = load_profile("redpeak_sorter_v1")


def driver(registers: Registers) -> ModbusConveyor:
    return ModbusConveyor("conveyor", registers, PROFILE, lambda: 3.5)


@pytest.fixture
def registers() -> Registers:
    return Registers()


@pytest.fixture
def conveyor(registers: Registers) -> ModbusConveyor:
    return driver(registers)


async def test_an_event_is_read_field_by_field(registers: Registers, conveyor: ModbusConveyor) -> None:
    registers.happen(
        ItemEventKind.LENGTH, 65_538, point=2, encoder_mm=131_073, time_ms=196_609, detail=70_001
    )
    [event] = (await conveyor.poll(Cursor())).events
    assert (event.sequence, event.kind, event.tracking_id, event.point) == (
        1,
        ItemEventKind.LENGTH,
        65_538,
        2,
    )
    assert (event.encoder_mm, event.time_ms, event.detail) == (131_073, 196_609, 70_001)


async def test_an_idle_poll_is_one_request(registers: Registers, conveyor: ModbusConveyor) -> None:
    registers.happen()
    await conveyor.poll(Cursor())
    registers.requests.clear()
    assert sequences(await conveyor.poll(Cursor(7, 1))) == []
    assert len(registers.requests) == 1


@pytest.mark.parametrize("begin", [0, 1990, 3995, 0xFFF0, 0x1FFFA])
async def test_events_come_in_order_once_over_every_seam(
    registers: Registers, conveyor: ModbusConveyor, begin: int
) -> None:
    """Over the end of the ring and over 16 bits of the sequence."""
    registers.count_on(begin)
    cursor = Cursor(7, begin)
    found: list[int] = []
    for burst in (1, 9, 10, 11, 3):
        for _ in range(burst):
            registers.happen()
        poll = await conveyor.poll(cursor)
        assert poll.missed is None
        found += sequences(poll)
        cursor = Cursor(7, found[-1])
    assert found == list(range(begin + 1, begin + 35))


async def test_a_poll_returns_at_most_300_events(registers: Registers, conveyor: ModbusConveyor) -> None:
    registers.count_on(700)
    cursor, sizes = Cursor(7, 0), list[int]()
    while (poll := await conveyor.poll(cursor)).events:
        sizes.append(len(poll.events))
        cursor = Cursor(7, poll.events[-1].sequence)
    assert sizes == [300, 300, 100]
    assert all(length <= 120 for _, address, length in registers.requests if address >= RING)


async def test_overwritten_events_are_reported_and_reading_goes_on_behind(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5000)
    poll = await conveyor.poll(Cursor(7, 1200))
    assert poll.missed == (1201, 3001)  # 3001 is whole, but 5001 might be overwriting it
    assert sequences(poll) == list(range(3002, 3302))


async def test_a_ring_that_is_just_not_overrun_misses_nothing(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5000)
    poll = await conveyor.poll(Cursor(7, 3001))
    assert poll.missed is None
    assert sequences(poll)[0] == 3002


async def test_slots_overwritten_while_they_are_read_are_not_returned(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5000)
    reads = iter(range(100))

    def controller_goes_on(address: int) -> None:
        if address >= RING and next(reads) == 0:
            for _ in range(40):
                registers.happen()

    registers.before_read = controller_goes_on
    poll = await conveyor.poll(Cursor(7, 3001))
    assert poll.missed == (3002, 3041)
    assert sequences(poll)[0] == 3042
    assert all(b - a == 1 for a, b in zip(sequences(poll), sequences(poll)[1:], strict=False))


async def test_a_slot_overwritten_after_its_sequence_was_read_is_not_returned(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    """The newest number read afterwards tells, even where the slot itself looked whole."""
    registers.count_on(5000)
    looked = False

    def overwrite_before_the_second_look(address: int) -> None:
        nonlocal looked
        if address == STATUS and registers.requests[-2:][0][1] >= RING and not looked:
            looked = True
            for _ in range(15):
                registers.happen()

    registers.before_read = overwrite_before_the_second_look
    poll = await conveyor.poll(Cursor(7, 3001))
    assert looked
    assert poll.missed == (3002, 3016)
    assert sequences(poll)[0] == 3017


async def test_a_whole_batch_overwritten_while_it_is_read_is_read_anew(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5000)
    bursts = iter([1000])

    def controller_races(address: int) -> None:
        if address >= RING:
            for _ in range(next(bursts, 0)):
                registers.happen()

    registers.before_read = controller_races
    poll = await conveyor.poll(Cursor(7, 3001))
    assert poll.missed == (3002, 4001)
    assert sequences(poll)[:1] == [4002]


async def test_a_slot_being_written_stops_the_reading_until_it_is_whole(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5)
    torn = RING + 2 * SLOT  # event 3, as if the request had caught it half way
    registers.put(torn, 0)
    assert sequences(await conveyor.poll(Cursor(7, 0))) == [1, 2]
    assert sequences(await conveyor.poll(Cursor(7, 2))) == []
    registers.put(torn, 3)
    poll = await conveyor.poll(Cursor(7, 2))
    assert (sequences(poll), poll.missed) == ([3, 4, 5], None)


async def test_an_event_begun_and_not_published_is_not_returned(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5)
    registers.begin_event()
    assert sequences(await conveyor.poll(Cursor(7, 0))) == [1, 2, 3, 4, 5]


async def test_another_epoch_is_read_from_its_oldest_event(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(5)
    assert sequences(await conveyor.poll(Cursor(6, 90))) == [1, 2, 3, 4, 5]
    registers.count_on(2500)
    poll = await conveyor.poll(Cursor(6, 90))
    assert poll.missed == (1, 501)
    assert sequences(poll)[0] == 502


async def test_a_reboot_while_the_ring_is_read_yields_no_event(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.count_on(20)

    def reboot(address: int) -> None:
        if address >= RING and registers.number(4) == 7:
            registers.boot(8)
            registers.count_on(20)

    registers.before_read = reboot
    poll = await conveyor.poll(Cursor(7, 10))
    assert (poll.events, poll.missed, poll.status.epoch) == ((), None, 7)
    assert sequences(await conveyor.poll(Cursor(7, 10))) == list(range(1, 21))


@pytest.mark.parametrize("torn", [0x1FFFF, 0])
async def test_a_newest_number_read_in_two_halves_makes_no_gap(
    registers: Registers, conveyor: ModbusConveyor, torn: int
) -> None:
    registers.count_on(0x10002)
    registers.put(STATUS + 18, torn)

    def mend(address: int) -> None:
        if address >= RING:
            registers.put(STATUS + 18, 0x10002)

    registers.before_read = mend
    poll = await conveyor.poll(Cursor(7, 0xFFF0))
    assert (poll.events, poll.missed) == ((), None)
    registers.put(STATUS + 18, 0x10002)
    poll = await conveyor.poll(Cursor(7, 0xFFF0))
    assert (len(poll.events), poll.missed) == (0x12, None)


async def test_nothing_is_returned_if_the_second_look_at_the_newest_number_was_torn(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    """It would have said which of the slots were overwritten while they were read."""
    registers.count_on(0xFFFF)

    def tear(address: int) -> None:
        if address == STATUS and registers.requests[-2:][0][1] >= RING:
            registers.put(STATUS + 18, 0)

    registers.before_read = tear
    poll = await conveyor.poll(Cursor(7, 0xFFF0))
    assert (poll.events, poll.missed) == ((), None)


async def test_events_of_unknown_kind_are_passed_over_and_counted_once(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    for kind in (1, 99, 2, 98, 97):
        registers.happen(kind)
    assert sequences(await conveyor.poll(Cursor(7, 0))) == [1, 3]
    assert (conveyor.health().state, conveyor.health().errors) == (DeviceState.DEGRADED, 3)
    registers.requests.clear()
    assert sequences(await conveyor.poll(Cursor(7, 3))) == []
    assert (conveyor.health().state, conveyor.health().errors) == (DeviceState.DEGRADED, 3)
    assert len(registers.requests) == 1
    registers.happen(2)
    assert sequences(await conveyor.poll(Cursor(7, 3))) == [6]
    assert (conveyor.health().state, conveyor.health().readings) == (DeviceState.ONLINE, 3)


async def test_more_unknown_events_than_a_poll_takes_do_not_stop_the_reading(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    for _ in range(400):
        registers.happen(99)
    registers.happen(2)
    assert sequences(await conveyor.poll(Cursor(7, 0))) == []
    assert sequences(await conveyor.poll(Cursor(7, 0))) == [401]
