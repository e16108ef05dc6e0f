"""Tracking without the rest of the core: each bound to the millimetre, and what an item's timeline says."""

from collections.abc import Callable

import pytest

from config.settings import Belt
from devices.interfaces import ItemEvent, ItemEventKind
from edge.messages import CodeEvidence, Moment, Reason
from edge.observations import Code, LabelRead, Meaning, Weighed
from edge.state import Item, State
from edge.tracking import Tracking
from tests.unit.edge.lines import NOON

BELT = Belt(
    speed_mm_s=1000,
    eyes_mm=(0, 1500, 4200),
    decide_eye=2,
    release_cutoff_mm=9000,
    inspect_cutoff_mm=9600,
    end_mm=16000,
    longest_item_mm=700,
    tolerance_mm=150,
)
FIRST, SECOND = Code("first", Meaning.WAYBILL), Code("second", Meaning.IGNORED)


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def tracking(state: State) -> Tracking:
    return Tracking(BELT, state)


def event(item: int, encoder_mm: int, *, point: int = 0, detail: int = 0) -> ItemEvent:
    return ItemEvent(1, ItemEventKind.EYE, item, point, encoder_mm, 0, detail)


def inducted(tracking: Tracking, item: int, at_mm: int, length_mm: int | None = 400) -> Item:
    found = tracking.open(event(item, at_mm), f"p{item}", 7, NOON)
    if length_mm is not None:
        tracking.measured(found, length_mm)
    return found


def label(encoder_mm: int, *codes: Code, scanner: str = "top", scanner_mm: int = 700) -> LabelRead:
    return LabelRead(scanner, scanner_mm, encoder_mm, codes, "sealed")


def weight(encoder_mm: int, weight_g: float | None = 500.4) -> Weighed:
    return Weighed("scale", 2600, encoder_mm, weight_g)


def test_a_new_item_is_what_the_controller_says_of_it(tracking: Tracking, state: State) -> None:
    item = tracking.open(event(4, 1000, detail=2), "p4", 7, NOON)
    assert (item.passage_id, item.epoch, item.tracking_id, item.inducted_at) == ("p4", 7, 4, NOON)
    assert (item.zero_mm, item.trips) == (1000, 2)
    assert item.moments == [Moment(NOON, "inducted", 0)]
    assert state.items == {4: item}


@pytest.mark.parametrize(("at_mm", "unwatched"), [(999, True), (1000, False), (1001, False)])
def test_items_inducted_before_the_agent_looked_again_are_doubtful(
    tracking: Tracking, state: State, at_mm: int, unwatched: bool
) -> None:
    state.unwatched_until_mm = 1000
    item = inducted(tracking, 1, at_mm)
    assert item.doubts == ({Reason.OBSERVATION_GAP} if unwatched else set())
    assert state.unwatched_until_mm == (1000 if unwatched else None)


def test_an_encoder_that_starts_again_later_brings_no_old_gap_back(tracking: Tracking, state: State) -> None:
    """The register's next turn would else make a place that was passed long ago lie ahead again."""
    state.unwatched_until_mm = 1000
    inducted(tracking, 1, 1000)
    assert inducted(tracking, 2, (1 << 32) - 100).doubts == set()


@pytest.mark.parametrize(
    ("off_mm", "doubtful"), [(-151, True), (-150, False), (0, False), (150, False), (151, True)]
)
def test_an_eye_corrects_up_to_the_tolerance_and_doubts_beyond(
    tracking: Tracking, off_mm: int, doubtful: bool
) -> None:
    item = inducted(tracking, 1, 1000)
    tracking.at_eye(item, event(1, 1000 + 1500 + off_mm, point=1))
    assert item.doubts == ({Reason.LOST_IN_TRACK} if doubtful else set())
    assert item.zero_mm == (1000 if doubtful else 1000 + off_mm)


@pytest.mark.parametrize("point", [3, 4])
def test_an_eye_the_site_does_not_have_is_doubt(tracking: Tracking, point: int) -> None:
    item = inducted(tracking, 1, 1000)
    tracking.at_eye(item, event(1, 2500, point=point))
    assert (item.doubts, item.zero_mm) == ({Reason.LOST_IN_TRACK}, 1000)


@pytest.mark.parametrize(("length_mm", "doubts"), [(700, set[Reason]()), (701, {Reason.TOO_CLOSE})])
def test_an_item_may_be_as_long_as_the_sites_longest(
    tracking: Tracking, length_mm: int, doubts: set[Reason]
) -> None:
    item = inducted(tracking, 1, 1000, length_mm)
    assert (item.length_mm, item.doubts) == (length_mm, doubts)


@pytest.mark.parametrize(("front_mm", "joined"), [(549, False), (550, True), (1250, True), (1251, False)])
def test_a_label_belongs_to_the_item_that_covers_the_scanner(
    tracking: Tracking, state: State, front_mm: int, joined: bool
) -> None:
    """400 mm long, 150 mm of tolerance at either end, scanner at 700 mm."""
    item = inducted(tracking, 1, 1000)
    found = tracking.read(label(1000 + front_mm, FIRST), NOON)
    assert found is (item if joined else None)
    assert state.orphans == (0 if joined else 1)


@pytest.mark.parametrize(("front_mm", "joined"), [(1550, True), (1551, False)])
def test_an_item_not_measured_yet_may_be_as_long_as_the_longest(
    tracking: Tracking, front_mm: int, joined: bool
) -> None:
    inducted(tracking, 1, 1000, None)
    assert (tracking.read(label(1000 + front_mm, FIRST), NOON) is not None) is joined


def test_frames_are_kept_as_they_were_read(tracking: Tracking) -> None:
    item = inducted(tracking, 1, 1000)
    tracking.read(label(1900, FIRST, SECOND), NOON)
    tracking.read(label(1910, SECOND, scanner="side"), NOON)
    assert item.frames == [
        CodeEvidence("top", 900, ("first", "second"), "sealed"),
        CodeEvidence("side", 910, ("second",), "sealed"),
    ]
    assert item.codes == [FIRST, SECOND]  # each once
    assert item.moments[1:] == [
        Moment(NOON, "codes_read", 900, "top", "2"),
        Moment(NOON, "codes_read", 910, "side", "1"),
    ]
    assert item.doubts == set()


def test_a_no_read_is_noted_as_one(tracking: Tracking) -> None:
    item = inducted(tracking, 1, 1000)
    assert tracking.read(label(1900), NOON) is item
    assert item.moments[1:] == [Moment(NOON, "no_read", 900, "top", "0")]


def test_of_one_scanner_two_frames_are_kept_the_second_with_a_doubt(tracking: Tracking) -> None:
    item = inducted(tracking, 1, 1000)
    assert tracking.read(label(1900, FIRST), NOON) is item
    assert item.doubts == set()
    assert tracking.read(label(1910, SECOND), NOON) is item
    assert item.doubts == {Reason.AMBIGUOUS_READING}
    assert tracking.read(label(1920, Code("third", Meaning.WAYBILL)), NOON) is None
    assert [frame.position_mm for frame in item.frames] == [900, 910]
    assert item.codes == [FIRST, SECOND]


@pytest.mark.parametrize(("back_mm", "joined"), [(2449, False), (2450, True), (2750, True), (2751, False)])
def test_a_weight_belongs_to_the_item_whose_back_is_at_the_scales_end(
    tracking: Tracking, state: State, back_mm: int, joined: bool
) -> None:
    item = inducted(tracking, 1, 1000)
    found = tracking.weigh(weight(1000 + back_mm + 400), NOON)
    assert found is (item if joined else None)
    assert (item.weighed, item.weight_g) == ((True, 500.4) if joined else (False, None))
    assert state.orphans == (0 if joined else 1)


@pytest.mark.parametrize(
    ("weight_g", "said"), [(500.4, ("weighed", "500 g")), (None, ("no_weight", ""))], ids=str
)
def test_a_weight_stands_in_the_timeline(
    tracking: Tracking, weight_g: float | None, said: tuple[str, str]
) -> None:
    item = inducted(tracking, 1, 1000)
    tracking.weigh(weight(4000, weight_g), NOON)
    assert item.moments[1:] == [Moment(NOON, said[0], 3000, "scale", said[1])]


def test_the_first_weight_stays_and_the_second_is_doubt(tracking: Tracking) -> None:
    """Also where the first was that the scale could not tell."""
    item = inducted(tracking, 1, 1000)
    tracking.weigh(weight(4000, None), NOON)
    assert tracking.weigh(weight(4010, 500.0), NOON) is item
    assert (item.weight_g, item.doubts) == (None, {Reason.AMBIGUOUS_READING})


def test_a_weight_passes_over_items_not_measured_yet(tracking: Tracking) -> None:
    inducted(tracking, 1, 900, None)
    item = inducted(tracking, 2, 1000)
    assert tracking.weigh(weight(4000), NOON) is item


def test_a_weight_that_fits_two_items_makes_both_doubtful(tracking: Tracking, state: State) -> None:
    items = [inducted(tracking, number, at_mm) for number, at_mm in ((1, 1000), (2, 1100))]
    assert tracking.weigh(weight(4050), NOON) is None
    assert [item.doubts for item in items] == [{Reason.AMBIGUOUS_READING}] * 2
    assert not any(item.weighed for item in items)
    assert state.orphans == 0


@pytest.mark.parametrize("device", ["top", "scale"])
def test_readings_that_fit_no_item_are_counted_by_device_and_in_a_row(
    tracking: Tracking, state: State, device: str
) -> None:
    def reads(encoder_mm: int) -> None:
        if device == "top":
            tracking.read(label(encoder_mm), NOON)
        else:
            tracking.weigh(weight(encoder_mm), NOON)

    other: Callable[[], object] = lambda: tracking.read(label(100, scanner="side"), NOON)  # noqa: E731
    reads(100)
    reads(200)
    other()
    assert state.orphans_in_a_row == {device: 2, "side": 1}
    inducted(tracking, 1, 1000)
    reads(1900 if device == "top" else 4000)
    assert state.orphans_in_a_row == {device: 0, "side": 1}
    reads(100)
    assert state.orphans_in_a_row == {device: 1, "side": 1}
    assert state.orphans == 4


@pytest.mark.parametrize(("front_mm", "near"), [(849, False), (850, True), (1550, True), (1551, False)])
def test_near_a_place_is_within_a_tolerance_of_it(tracking: Tracking, front_mm: int, near: bool) -> None:
    item = inducted(tracking, 1, 1000)
    assert tracking.near(1000, 1000 + front_mm) == ([item] if near else [])
