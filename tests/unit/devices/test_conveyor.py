"""The conveyor driver against registers that behave as the sorter contract says, and as it must survive.

The model has the contract's addresses as bare numbers: a mistake in the profile's reading shows here.
"""

from collections.abc import Callable, Sequence

import pytest

from devices.conveyor import ModbusConveyor
from devices.errors import ContractMismatch, LinkDown
from devices.interfaces import (
    CommandOutcome,
    CommandResult,
    Cursor,
    DeviceState,
    ItemEventKind,
    LaneCommand,
    PackMlState,
    Poll,
)
from devices.profile import load_profile

PROFILE = load_profile("redpeak_sorter_v1")
RING, SLOTS, SLOT = 1000, 2000, 12
STATUS, RESULTS, COMMANDS, AGENT = 0, 60, 100, 164
HIGHEST = 0xFFFFFFFF


class Registers:
    """A controller's registers behind a link."""

    def __init__(self, epoch: int = 7) -> None:
        self.words = [0] * 0x10000
        self.connected = False
        self.connections = 0
        self.reachable = True
        self.requests: list[tuple[str, int, int]] = []
        self.before_read: Callable[[int], None] = lambda address: None
        self.before_write: Callable[[int], None] = lambda address: None
        self.boot(epoch)

    def boot(self, epoch: int) -> None:
        """A fresh controller: the agent's areas and the ring are empty."""
        self.words[:] = [0] * len(self.words)
        self.put(STATUS, 0x52505343)
        self.words[STATUS + 2 : STATUS + 4] = [1, PackMlState.EXECUTE]
        self.put(STATUS + 4, epoch)
        self.words[STATUS + 7] = 0b01
        self.words[STATUS + 12 : STATUS + 14] = [2000, 0b1_0000_0000_0001_1111]
        self.words[STATUS + 20 : STATUS + 22] = [1500, SLOTS]

    def put(self, address: int, value: int) -> None:
        self.words[address : address + 2] = [value >> 16, value & 0xFFFF]

    def number(self, address: int) -> int:
        return self.words[address] << 16 | self.words[address + 1]

    @property
    def newest(self) -> int:
        return self.number(STATUS + 18)

    def begin_event(self) -> int:
        """The slot of the next event, marked as being written."""
        address = RING + self.newest % SLOTS * SLOT
        self.put(address, 0)
        return address

    def happen(self, kind: int = ItemEventKind.EYE, tracking_id: int = 1, **values: int) -> None:
        sequence, address = self.newest + 1, self.begin_event()
        self.words[address + 2 : address + 4] = [kind, values.get("point", 0)]
        self.put(address + 4, tracking_id)
        self.put(address + 6, values.get("encoder_mm", 0))
        self.put(address + 8, values.get("time_ms", 0))
        self.put(address + 10, values.get("detail", 0))
        self.put(address, sequence)
        self.put(STATUS + 18, sequence)

    def count_on(self, newest: int) -> None:
        """As if that many events had happened before: they lie in the ring as far as it goes."""
        self.put(STATUS + 18, max(0, newest - SLOTS))
        while self.newest < newest:
            self.happen()

    def answer(self, outcome: int = CommandOutcome.ACCEPTED) -> list[tuple[int, int, int, int]]:
        """Act on every command not yet acted on: (epoch, tracking id, lane, sequence) of each."""
        acted: list[tuple[int, int, int, int]] = []
        for slot in range(8):
            command, result = COMMANDS + 8 * slot, RESULTS + 4 * slot
            sequence = self.number(command + 6)
            if sequence != self.number(result):
                fields = self.number(command), self.number(command + 2), self.words[command + 4], sequence
                acted.append(fields)
                self.words[result + 2] = outcome
                self.put(result, sequence)
        return acted

    def cut(self) -> None:
        self.connected = False

    async def read(self, address: int, count: int) -> Sequence[int]:
        self._reach()
        self.requests.append(("read", address, count))
        assert count <= 125
        self.before_read(address)
        return tuple(self.words[address : address + count])

    async def write(self, address: int, words: Sequence[int]) -> None:
        self._reach()
        self.requests.append(("write", address, len(words)))
        self.before_write(address)
        assert all(0 <= word <= 0xFFFF for word in words)
        self.words[address : address + len(words)] = words

    async def close(self) -> None:
        self.cut()

    def _reach(self) -> None:
        if not self.reachable:
            self.connected = False
            raise LinkDown("conveyor: away")
        if not self.connected:
            self.connected = True
            self.connections += 1


@pytest.fixture
def registers() -> Registers:
    return Registers()


def driver(registers: Registers) -> ModbusConveyor:
    return ModbusConveyor("conveyor", registers, PROFILE, lambda: 3.5)


@pytest.fixture
def conveyor(registers: Registers) -> ModbusConveyor:
    return driver(registers)


def sequences(poll: Poll) -> list[int]:
    return [event.sequence for event in poll.events]


def command(command_id: int, tracking_id: int | None = None, lane: int = 1) -> LaneCommand:
    return LaneCommand(command_id, 7, tracking_id or command_id, lane)


async def test_the_status_block_is_read_field_by_field(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    registers.words[6] = 41
    registers.put(8, 70_000)
    registers.put(10, 140_000)
    registers.put(14, 66_000)
    registers.put(16, 66_001)
    registers.put(28 + 2 * 4, 65_537)
    poll = await conveyor.poll(Cursor())
    status = poll.status
    assert poll.at_s == 3.5
    assert (status.epoch, status.contract_version, status.controller_heartbeat) == (7, 1, 41)
    assert (status.state, status.induction_open, status.agent_alive) == (PackMlState.EXECUTE, True, False)
    assert (status.time_ms, status.encoder_mm, status.speed_mm_s) == (70_000, 140_000, 2000)
    assert status.lanes_available == {1, 2, 3, 4, 5}
    assert (len(status.lane_counts), status.lane_counts[4]) == (16, 65_537)
    assert (status.inducted, status.last_tracking_id, status.newest_sequence) == (66_000, 66_001, 0)
    assert registers.requests[0] == ("read", 0, 92)
    assert conveyor.health().state is DeviceState.ONLINE


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


@pytest.mark.parametrize(
    ("address", "value", "key"),
    [
        (1, 0, "magic"),
        (2, 2, "contract_version"),
        (3, 14, "state"),
        (5, 0, "epoch"),
        (21, 64, "ring_capacity"),
    ],
)
async def test_another_machine_is_not_commanded(
    registers: Registers, conveyor: ModbusConveyor, address: int, value: int, key: str
) -> None:
    good, registers.words[address] = registers.words[address], value
    for _ in range(2):
        with pytest.raises(ContractMismatch, match=key):
            await conveyor.poll(Cursor())
    with pytest.raises(ContractMismatch, match=key):
        await conveyor.send([command(1)])
    with pytest.raises(ContractMismatch, match=key):
        await conveyor.beat(1)
    assert all(kind == "read" for kind, _, _ in registers.requests)
    health = conveyor.health()
    assert (health.state, health.errors) == (DeviceState.DEGRADED, 1)
    assert key in health.detail
    registers.words[address] = good
    await conveyor.poll(Cursor())
    assert conveyor.health().state is DeviceState.ONLINE


async def test_a_command_is_written_in_one_request_and_its_result_comes_once(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    asked = LaneCommand(command_id=500, epoch=7, tracking_id=70_000, lane=3)
    assert list(await conveyor.send([asked])) == [asked]
    assert [request for request in registers.requests if request[0] == "write"] == [("write", 100, 8)]
    assert (await conveyor.poll(Cursor())).results == ()
    assert registers.answer(CommandOutcome.TOO_LATE) == [(7, 70_000, 3, 1)]
    assert (await conveyor.poll(Cursor())).results == (CommandResult(500, CommandOutcome.TOO_LATE),)
    assert (await conveyor.poll(Cursor())).results == ()


async def test_eight_commands_fit_and_the_ninth_waits(registers: Registers, conveyor: ModbusConveyor) -> None:
    commands = [command(number) for number in range(1, 11)]
    assert list(await conveyor.send(commands)) == commands[:8]
    assert list(await conveyor.send(commands[8:])) == []
    assert len({sequence for *_, sequence in registers.answer()}) == 8
    assert list(await conveyor.send(commands[8:])) == commands[8:]
    assert len((await conveyor.poll(Cursor())).results) == 8
    registers.answer()
    assert [result.command_id for result in (await conveyor.poll(Cursor())).results] == [9, 10]


async def test_a_command_sent_again_is_not_placed_again(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    assert list(await conveyor.send([command(1)])) == [command(1)]
    assert list(await conveyor.send([command(1)])) == [command(1)]
    assert len(registers.answer()) == 1


async def test_two_commands_for_one_item_are_never_in_the_mailbox_together(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    first, second, other = command(1, 40, lane=1), command(2, 40, lane=5), command(3, 41)
    assert list(await conveyor.send([first, second, other])) == [first, other]
    assert list(await conveyor.send([second])) == []
    registers.answer()
    await conveyor.poll(Cursor())
    assert list(await conveyor.send([second])) == [second]


async def test_a_restarted_agent_repeats_no_sequence_and_takes_no_result_of_the_former(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    await conveyor.send([command(1), command(2)])
    registers.answer()
    await conveyor.send([command(3), command(4)])  # still unanswered when the agent dies
    restarted = driver(registers)
    assert list(await restarted.send([command(number) for number in range(1, 9)])) == [
        command(number) for number in range(1, 7)
    ]
    acted = registers.answer()
    assert sorted(sequence for *_, sequence in acted) == [3, 4, 5, 6, 7, 8, 9, 10]
    results = (await restarted.poll(Cursor())).results
    assert sorted(result.command_id for result in results) == [1, 2, 3, 4, 5, 6]


async def test_sequences_go_on_above_the_highest_word(registers: Registers, conveyor: ModbusConveyor) -> None:
    registers.put(COMMANDS + 6, 0xFFFF)
    registers.put(RESULTS, 0xFFFF)
    await conveyor.send([command(1)])
    assert [sequence for *_, sequence in registers.answer()] == [0x10000]
    await conveyor.poll(Cursor())
    registers.cut()
    registers.put(COMMANDS + 8 + 6, HIGHEST)
    registers.put(RESULTS + 4, HIGHEST)
    await conveyor.send([command(2)])
    assert [sequence for *_, sequence in registers.answer()] == [1]  # 0 is an empty slot's


async def test_a_result_is_picked_up_after_the_link_was_away(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    await conveyor.send([command(1)])
    registers.reachable = False
    with pytest.raises(LinkDown):
        await conveyor.poll(Cursor())
    assert conveyor.health().state is DeviceState.OFFLINE
    registers.answer()
    registers.reachable = True
    assert (await conveyor.poll(Cursor())).results == (CommandResult(1, CommandOutcome.ACCEPTED),)
    assert conveyor.health().state is DeviceState.ONLINE


async def test_results_survive_a_link_that_breaks_while_the_ring_is_read(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    await conveyor.send([command(1)])
    registers.answer()
    registers.count_on(3)

    def break_in_the_ring(address: int) -> None:
        if address >= RING:
            raise LinkDown("conveyor: away")

    registers.before_read = break_in_the_ring
    with pytest.raises(LinkDown):
        await conveyor.poll(Cursor())
    registers.before_read = lambda address: None
    poll = await conveyor.poll(Cursor())
    assert poll.results == (CommandResult(1, CommandOutcome.ACCEPTED),)
    assert sequences(poll) == [1, 2, 3]


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_write_in_doubt_is_settled_at_the_next_connection(
    registers: Registers, conveyor: ModbusConveyor, arrived: bool
) -> None:
    """Whether or not it arrived, the controller gets it once and the agent hears of it once."""
    await conveyor.poll(Cursor())

    def lose_the_reply(address: int) -> None:
        if arrived:
            registers.put(COMMANDS, 7)
            registers.put(COMMANDS + 2, 1)
            registers.words[COMMANDS + 4] = 1
            registers.put(COMMANDS + 6, 1)
        registers.cut()
        raise LinkDown("conveyor: away")

    registers.before_write = lose_the_reply
    with pytest.raises(LinkDown):
        await conveyor.send([command(1)])
    registers.before_write = lambda address: None
    assert list(await conveyor.send([command(1)])) == [command(1)]
    assert len(registers.answer()) == 1
    results = (await conveyor.poll(Cursor())).results + (await conveyor.poll(Cursor())).results
    assert results == (CommandResult(1, CommandOutcome.ACCEPTED),)
    assert registers.answer() == []


async def test_what_was_placed_before_the_link_broke_is_returned(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    def break_at_the_third(address: int) -> None:
        if address == COMMANDS + 16:
            registers.cut()
            raise LinkDown("conveyor: away")

    registers.before_write = break_at_the_third
    commands = [command(number) for number in range(1, 5)]
    assert list(await conveyor.send(commands)) == commands[:2]


async def test_a_rebooted_controller_gets_new_commands(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    for number in range(1, 9):
        await conveyor.send([command(number)])
    registers.cut()
    registers.boot(8)
    assert list(await conveyor.send([command(9)])) == [command(9)]
    assert [sequence for *_, sequence in registers.answer()] == [9]


async def test_slots_emptied_behind_our_back_are_found_when_all_seem_taken(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    await conveyor.send([command(number) for number in range(1, 9)])
    registers.boot(8)  # the connection stood, for instance through a gateway
    assert list(await conveyor.send([command(9)])) == [command(9)]


async def test_an_outcome_the_contract_does_not_have_frees_the_slot_and_shows(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    await conveyor.send([command(number) for number in range(1, 9)])
    registers.answer(9)
    assert (await conveyor.poll(Cursor())).results == ()
    assert (conveyor.health().state, conveyor.health().errors) == (DeviceState.DEGRADED, 8)
    assert list(await conveyor.send([command(9)])) == [command(9)]


async def test_a_beat_says_that_we_live_and_which_contract_we_speak(
    registers: Registers, conveyor: ModbusConveyor
) -> None:
    await conveyor.beat(0x1_0005)
    assert registers.words[AGENT : AGENT + 2] == [5, 1]


async def test_an_outage_counts_as_one_error(registers: Registers, conveyor: ModbusConveyor) -> None:
    registers.reachable = False
    assert conveyor.health().state is DeviceState.CONNECTING
    for _ in range(5):
        with pytest.raises(LinkDown):
            await conveyor.poll(Cursor())
    assert (conveyor.health().state, conveyor.health().errors) == (DeviceState.OFFLINE, 1)
