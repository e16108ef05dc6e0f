"""What came in is put in the order of the belt, and what cannot be placed surely is not placed."""

from devices.interfaces import CodesRead, ItemEvent, ItemEventKind, LineStatus, PackMlState, Poll
from edge.belt_clock import BeltClock, travelled_mm
from edge.intake import Intake
from edge.observations import ControllerSaw, LabelRead
from tests.unit.edge.lines import EPOCH, KEYS, NOON, demo_line

TURN_MM = 1 << 32


def status(encoder_mm: int, epoch: int = EPOCH) -> LineStatus:
    return LineStatus(
        epoch, 1, 0, PackMlState.EXECUTE, True, True, 0, encoder_mm, 2000, frozenset(), (), 0, 0, 0
    )


def event(sequence: int, encoder_mm: int) -> ItemEvent:
    return ItemEvent(sequence, ItemEventKind.EYE, 1, 1, encoder_mm % TURN_MM, 0, 0)


def test_events_keep_their_own_order_whatever_their_places_are() -> None:
    """A controller may note an eye's exact place after a state change of the same scan."""
    intake = Intake(demo_line(), KEYS, "s")
    seen = intake.observed(Poll(1.0, status(1000), (event(1, 905), event(2, 903), event(3, 950)), ()))
    assert [each.event.sequence for each in seen if isinstance(each, ControllerSaw)] == [1, 2, 3]


def test_readings_lie_between_the_events_also_where_the_encoder_starts_again() -> None:
    intake = Intake(demo_line(), KEYS, "s")
    intake.observed(Poll(1.0, status(TURN_MM - 200), (), ()))
    intake.reading(CodesRead("top", 1.15, (), b""))
    seen = intake.observed(Poll(1.2, status(200), (event(1, -10), event(2, 150)), ()))
    assert [type(each) for each in seen] == [ControllerSaw, LabelRead, ControllerSaw]


def test_a_reading_while_the_belt_perhaps_stood_still_is_not_given_to_an_item() -> None:
    """The controller was away for 4 s, and the belt moved for 2 of them: nobody knows which."""
    clock = BeltClock(2000)
    clock.saw(1.0, status(1000))
    clock.saw(5.0, status(5000))
    assert clock.surely(3.0, 150) is None
    clock.saw(7.0, status(9000))
    assert clock.surely(6.0, 150) == 7000  # full speed all the time: no doubt


def test_a_new_epoch_starts_the_clock_afresh() -> None:
    clock = BeltClock(2000)
    clock.saw(1.0, status(4_000_000_000))
    clock.saw(2.0, status(10, EPOCH + 1))
    assert clock.encoder_mm(2.0) == 10
    assert clock.surely(1.5, 150) is None


def test_travel_is_signed_across_the_registers_end() -> None:
    assert travelled_mm(TURN_MM - 5, 5) == 10
    assert travelled_mm(5, TURN_MM - 5) == -10


def test_readings_of_a_day_without_a_controller_do_not_fill_the_memory() -> None:
    intake = Intake(demo_line(), KEYS, "s")
    for number in range(5000):
        intake.reading(CodesRead("top", number / 100, (), b""))
    assert len(intake.observed(Poll(50.0, status(1000), (), ()))) <= 1000


def test_the_same_alarm_again_and_again_is_one_alarm() -> None:
    intake = Intake(demo_line(), KEYS, "s")
    for _ in range(100):
        intake.alarm("command_forged", "x", NOON)
    assert len(list(intake.alarms())) == 1
