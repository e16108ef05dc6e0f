"""The CT's state on the controller: the register, numbers the contract does not have, and the event."""

import pytest
from structlog.testing import capture_logs

from devices.conveyor import ModbusConveyor
from devices.interfaces import CtState, Cursor, DeviceState, ItemEventKind
from devices.profile import load_profile
from tests.unit.devices.registers import Registers

PROFILE = load_profile("redpeak_sorter_v1")
CT_STATE = PROFILE.status.base + PROFILE.status.fields.ct_state.offset
START = Cursor(7, 0)


@pytest.fixture
def registers() -> Registers:
    return Registers()


@pytest.fixture
def conveyor(registers: Registers) -> ModbusConveyor:
    return ModbusConveyor("conveyor", registers, PROFILE, lambda: 3.5)


def set_state(registers: Registers, number: int) -> None:
    registers.words[CT_STATE] = number


async def test_a_controller_without_a_ct_says_none(conveyor: ModbusConveyor) -> None:
    assert (await conveyor.poll(START)).status.ct_state is CtState.NONE


@pytest.mark.parametrize("state", list(CtState))
async def test_each_state_is_read(conveyor: ModbusConveyor, registers: Registers, state: CtState) -> None:
    set_state(registers, state)
    assert (await conveyor.poll(START)).status.ct_state is state


async def test_an_unknown_state_is_a_fault_and_said_once(
    conveyor: ModbusConveyor, registers: Registers
) -> None:
    set_state(registers, 9)
    with capture_logs() as logs:
        for _ in range(3):
            assert (await conveyor.poll(START)).status.ct_state is CtState.FAULT
    assert [(log["event"], log["number"], log["taken_for"]) for log in logs] == [
        ("unknown_ct_state_read", 9, "FAULT")
    ]


async def test_a_change_of_state_is_an_event(conveyor: ModbusConveyor, registers: Registers) -> None:
    registers.happen(ItemEventKind.CT_STATE, 0, detail=CtState.BYPASS)
    (event,) = (await conveyor.poll(START)).events
    assert (event.kind, event.tracking_id, event.detail) == (ItemEventKind.CT_STATE, 0, CtState.BYPASS)
    assert conveyor.health().state is DeviceState.ONLINE


async def test_an_event_of_a_later_contract_stops_nothing(
    conveyor: ModbusConveyor, registers: Registers
) -> None:
    registers.happen(14, 0)
    registers.happen(ItemEventKind.EYE, 3)
    (event,) = (await conveyor.poll(START)).events
    assert (event.sequence, event.tracking_id) == (2, 3)
    assert conveyor.health().state is DeviceState.DEGRADED
