"""The conveyor driver: status, contract, commands and their results, the heartbeat, and its health."""

import pytest

from devices.conveyor import ModbusConveyor
from devices.errors import ContractMismatch, ControllerFrozen, LinkDown
from devices.interfaces import CommandOutcome, CommandResult, Cursor, DeviceState, LaneCommand, PackMlState
from devices.profile import load_profile
from tests.unit.devices.registers import AGENT, COMMANDS, HIGHEST, RESULTS, RING, Registers, sequences

PROFILE = load_profile("redpeak_sorter_v1")


def driver(registers: Registers) -> ModbusConveyor:
    return ModbusConveyor("conveyor", registers, PROFILE, lambda: 3.5)


@pytest.fixture
def registers() -> Registers:
    return Registers()


@pytest.fixture
def conveyor(registers: Registers) -> ModbusConveyor:
    return driver(registers)


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
@pytest.mark.parametrize("cut", [True, False])
async def test_a_write_in_doubt_is_settled_before_the_next(
    registers: Registers, conveyor: ModbusConveyor, arrived: bool, cut: bool
) -> None:
    """Whether or not it arrived, the controller gets it once and the agent hears of it once."""
    await conveyor.poll(Cursor())

    def lose_the_reply(address: int) -> None:
        if arrived:
            registers.put(COMMANDS, 7)
            registers.put(COMMANDS + 2, 1)
            registers.words[COMMANDS + 4] = 1
            registers.put(COMMANDS + 6, 1)
        if cut:
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
    assert (await conveyor.poll(Cursor())).results == (CommandResult(9, CommandOutcome.ACCEPTED),)
    assert conveyor.health().errors == 0


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


async def test_a_program_that_stands_still_behind_a_living_link_is_noticed(registers: Registers) -> None:
    now_s = [10.0]
    conveyor = ModbusConveyor("conveyor", registers, PROFILE, lambda: now_s[0])
    await conveyor.poll(Cursor())
    now_s[0] += 1.0
    await conveyor.poll(Cursor())
    now_s[0] += 0.1
    for _ in range(3):  # and stays so
        with pytest.raises(ControllerFrozen, match="conveyor: answers, but its program stands still"):
            await conveyor.poll(Cursor())
    assert conveyor.health().state is DeviceState.OFFLINE
    registers.words[6] += 1
    await conveyor.poll(Cursor())
    assert conveyor.health().state is DeviceState.ONLINE
