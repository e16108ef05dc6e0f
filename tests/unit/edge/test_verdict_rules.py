"""The verdict alone: evidence in, lane and reasons out, each rule with the one before it satisfied."""

import pytest
from msgspec.structs import replace

from config.settings import LaneRole, Line, SortRule
from edge.messages import ClearanceState, Decision, Mode, Reason, ScanDoubt, ScanEvidence
from edge.observations import Code, Meaning, Paper
from edge.verdict import Gathered, Verdict, release_lane, verdict, weight_agrees
from models.findings import Category, ImageException, Outcome, Review
from tests.unit.edge.ct_lines import alarm, clear, ct_line, unjudged
from tests.unit.edge.lines import demo_line, entry

NUMBER = "RB123456785CN"
LINE, CT_LINE = demo_line(), ct_line()
R1, R2, WAIT, ROUND, INSPECT = range(1, 6)  # lanes of the sorting line


def paper(state: ClearanceState = ClearanceState.RELEASE, **changes: object) -> Paper:
    return Paper(entry(NUMBER, state, **changes), 3660.0, 1)


def gathered(known: Paper | None = None, **changes: object) -> Gathered:
    """Of an item with one code, for which there is a paper that lets it go, unless told otherwise."""
    known = known or paper()
    key = known.entry.waybill_key
    found = Gathered((Code(key, Meaning.WAYBILL),), {key: known}, weight_g=500.0)
    return replace(found, **changes)


def scanned(review: Review | None, *doubts: ScanDoubt) -> ScanEvidence:
    return ScanEvidence("scan", ("a", "b"), review, doubts)


def inspected(
    *reasons: Reason, known: Paper | None = None, line: Line = LINE, awaiting: bool = False
) -> Verdict:
    return Verdict(LaneRole.INSPECT, line.inspect_lane.number, reasons, awaiting, known)


def test_nothing_gathered_is_a_no_read_without_trips_answer_or_fault() -> None:
    nothing = Gathered()
    assert (nothing.trips, nothing.released_by_other, nothing.unscanned) == (0, False, False)
    assert verdict(nothing, LINE) == Verdict(LaneRole.RECIRCULATE, ROUND, (Reason.NO_READ,))


def test_a_clean_item_goes_into_its_release_lane() -> None:
    known = paper(courier="SF")
    assert verdict(gathered(known), LINE) == Verdict(LaneRole.RELEASE, R2, (Reason.CLEARED,), False, known)


def test_a_doubt_about_tracking_comes_before_all_else_and_keeps_the_paper() -> None:
    known = paper()
    doubts = frozenset({Reason.TOO_CLOSE, Reason.LOST_IN_TRACK, Reason.EYE_MISSED})
    expected = inspected(Reason.EYE_MISSED, Reason.LOST_IN_TRACK, Reason.TOO_CLOSE, known=known)
    assert verdict(gathered(known, doubts=doubts), LINE) == expected


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Category.ANOMALY, Reason.IMAGE_ALARM),
        (Category.EXPLOSIVE, Reason.IMAGE_PROHIBITED),
    ],
)
def test_an_alarm_without_a_label_is_not_sent_round_the_hall(found: Category, reason: Reason) -> None:
    nameless = gathered(codes=(), scan=scanned(alarm(found)))
    assert verdict(nameless, CT_LINE) == inspected(Reason.NO_READ, reason, line=CT_LINE)


def test_two_waybills_on_one_item_are_inspected_as_nobodys() -> None:
    other = Code("other", Meaning.WAYBILL)
    two = gathered()
    assert verdict(replace(two, codes=(*two.codes, other)), LINE) == inspected(Reason.CODE_CONFLICT)


def test_a_waybill_nobody_knows_is_inspected() -> None:
    assert verdict(gathered(papers={}), LINE) == inspected(Reason.UNKNOWN_WAYBILL)


@pytest.mark.parametrize(
    ("known", "changes", "reasons"),
    [
        (paper(ClearanceState.INSPECT), {}, (Reason.CUSTOMS_HOLD,)),
        (
            paper(ClearanceState.INSPECT, reasons=(Reason.CONTROL_INSTRUCTION, Reason.REVOKED)),
            {},
            (Reason.CONTROL_INSTRUCTION, Reason.REVOKED),
        ),
        (paper(), {"answer": Decision.STOP}, (Reason.OFFICER_STOPPED,)),
        (paper(ClearanceState.RELEASED), {}, (Reason.ALREADY_RELEASED,)),
        (replace(paper(), released_by="another"), {}, (Reason.ALREADY_RELEASED,)),
        (paper(), {"released_by_other": True}, (Reason.ALREADY_RELEASED,)),
        (paper(), {"weight_g": None}, (Reason.NO_WEIGHT,)),
        (paper(), {"weight_g": 551.0}, (Reason.WEIGHT_MISMATCH,)),
        (
            paper(ClearanceState.INSPECT),
            {"answer": Decision.STOP, "released_by_other": True, "weight_g": 551.0},
            (Reason.CUSTOMS_HOLD, Reason.OFFICER_STOPPED, Reason.ALREADY_RELEASED, Reason.WEIGHT_MISMATCH),
        ),
    ],
)
def test_what_forbids_release_is_named_most_weighty_first(
    known: Paper, changes: dict[str, object], reasons: tuple[Reason, ...]
) -> None:
    assert verdict(gathered(known, **changes), LINE) == inspected(*reasons, known=known)


def test_a_line_without_a_scale_asks_for_no_weight() -> None:
    assert verdict(gathered(weight_g=None), replace(LINE, scale=None)).role is LaneRole.RELEASE


@pytest.mark.parametrize(
    ("scan", "unscanned", "reason"),
    [
        (None, True, Reason.CT_NOT_READY),
        (scanned(clear()), True, Reason.CT_NOT_READY),
        (scanned(clear(), ScanDoubt.DOUBLE), False, Reason.SCAN_DOUBTFUL),
        (None, False, Reason.IMAGE_PENDING),
        (scanned(None), False, Reason.IMAGE_PENDING),
        (scanned(unjudged(ImageException.EMPTY)), False, Reason.IMAGE_EXCEPTION),
        (scanned(alarm(Category.EXPLOSIVE)), False, Reason.IMAGE_PROHIBITED),
    ],
)
def test_without_an_image_that_speaks_for_it_an_item_is_inspected_and_nobody_is_asked(
    scan: ScanEvidence | None, unscanned: bool, reason: Reason
) -> None:
    known = paper()
    found = verdict(gathered(known, scan=scan, unscanned=unscanned), CT_LINE)
    assert found == inspected(reason, known=known, line=CT_LINE)


def test_with_a_clear_image_an_item_is_released_unasked() -> None:
    found = verdict(gathered(scan=scanned(clear())), CT_LINE)
    assert (found.role, found.reasons) == (LaneRole.RELEASE, (Reason.CLEARED,))


@pytest.mark.parametrize(
    ("review", "reason"),
    [
        (alarm(), Reason.IMAGE_ALARM),
        (Review(Outcome.ALARM, "test 1"), Reason.IMAGE_ALARM),  # it does not say what it found
        (replace(alarm(), outcome=Outcome.CLEAR), Reason.IMAGE_ALARM),  # clear, with a finding all the same
        (
            replace(alarm(), findings=(*alarm().findings, *alarm(Category.CONTRABAND).findings)),
            Reason.IMAGE_PROHIBITED,
        ),
    ],
)
def test_one_finding_that_nobody_may_clear_is_enough(review: Review, reason: Reason) -> None:
    known = paper()
    found = verdict(gathered(known, scan=scanned(review)), CT_LINE)
    asked = reason is Reason.IMAGE_ALARM
    assert found == inspected(reason, known=known, line=CT_LINE, awaiting=asked)


def test_an_alarm_and_a_review_state_are_asked_in_one_and_answered_in_one() -> None:
    known, scan = paper(ClearanceState.REVIEW), scanned(alarm())
    asked = (Reason.IMAGE_ALARM, Reason.OFFICER_REVIEW)
    waiting = verdict(gathered(known, scan=scan), CT_LINE)
    assert waiting == inspected(*asked, known=known, line=CT_LINE, awaiting=True)
    for answered in (asked[:1], asked[1:]):
        half = gathered(known, scan=scan, answer=Decision.RELEASE, answered=frozenset(answered))
        assert verdict(half, CT_LINE) == waiting
    both = gathered(known, scan=scan, answer=Decision.RELEASE, answered=frozenset(asked))
    found = verdict(both, CT_LINE)
    assert (found.role, found.reasons) == (LaneRole.RELEASE, (Reason.OFFICER_RELEASED,))


def test_what_was_asked_counts_only_with_a_release() -> None:
    known = paper(ClearanceState.REVIEW)
    unanswered = gathered(known, answered=frozenset({Reason.OFFICER_REVIEW}))
    assert verdict(unanswered, LINE) == inspected(Reason.OFFICER_REVIEW, known=known, awaiting=True)


@pytest.mark.parametrize(
    ("known", "missing"),
    [
        (paper(ClearanceState.WAIT), (Reason.PAPERS_MISSING,)),
        (paper(ClearanceState.WAIT, reasons=(Reason.CLEARANCE_STALE,)), (Reason.CLEARANCE_STALE,)),
        (paper(declared_weight_g=None), (Reason.PAPERS_MISSING,)),
        (replace(paper(), age_s=None), (Reason.CLEARANCE_STALE,)),
        (replace(paper(), age_s=172_800.5), (Reason.CLEARANCE_STALE,)),
    ],
)
def test_an_item_that_lacks_nothing_but_papers_waits(known: Paper, missing: tuple[Reason, ...]) -> None:
    found = gathered(known)
    assert verdict(found, LINE) == Verdict(LaneRole.WAIT, WAIT, missing, False, known)
    no_place = inspected(*missing, Reason.LANE_UNAVAILABLE, known=known)
    assert verdict(found, LINE, frozenset({WAIT})) == no_place
    assert verdict(found, LINE, frozenset({INSPECT})).role is LaneRole.WAIT
    lanes = tuple(lane for lane in LINE.lanes if lane.role is not LaneRole.WAIT)
    assert verdict(found, replace(LINE, lanes=lanes)) == no_place


@pytest.mark.parametrize(
    ("mode", "limit_s"), [(Mode.DIRECT_PURCHASE, 172_800.0), (Mode.EXPRESS_A, 7200.0)], ids=str
)
def test_a_clearance_is_stale_by_its_modes_age_or_the_sites_default(mode: Mode, limit_s: float) -> None:
    line = replace(LINE, policy=replace(LINE.policy, clearance_age_default_s=7200))
    known = replace(paper(mode=mode), age_s=limit_s)
    assert verdict(gathered(known), line).role is LaneRole.RELEASE
    assert verdict(gathered(replace(known, age_s=limit_s + 0.1)), line).role is LaneRole.WAIT


def test_an_alarm_does_not_wait_for_papers_until_an_officer_cleared_it() -> None:
    known, scan = paper(ClearanceState.WAIT), scanned(alarm())
    flagged = inspected(Reason.IMAGE_ALARM, Reason.PAPERS_MISSING, known=known, line=CT_LINE)
    assert verdict(gathered(known, scan=scan), CT_LINE) == flagged
    answered = frozenset({Reason.IMAGE_ALARM})
    cleared = gathered(known, scan=scan, answer=Decision.RELEASE, answered=answered)
    assert verdict(cleared, CT_LINE).role is LaneRole.WAIT
    stopped = gathered(known, scan=scan, answered=answered)
    assert verdict(stopped, CT_LINE) == flagged


@pytest.mark.parametrize("known", [paper(), None], ids=["release lane full", "no label"])
@pytest.mark.parametrize(
    ("trips", "limit", "closed", "expected"),
    [
        (0, 1, frozenset[int](), LaneRole.RECIRCULATE),
        (1, 2, frozenset[int](), LaneRole.RECIRCULATE),
        (1, 1, frozenset[int](), Reason.RECIRCULATION_LIMIT),
        (255, 900, frozenset[int](), Reason.RECIRCULATION_LIMIT),  # the controller cannot tell
        (254, 255, frozenset[int](), LaneRole.RECIRCULATE),
        (0, 0, frozenset[int](), None),  # this site sends nothing round: no limit to name
        (0, 1, frozenset({ROUND}), Reason.LANE_UNAVAILABLE),
        (0, 1, None, Reason.LANE_UNAVAILABLE),  # the site has no such lane
    ],
)
def test_what_cannot_be_sorted_goes_round_while_it_may(
    known: Paper | None,
    trips: int,
    limit: int,
    closed: frozenset[int] | None,
    expected: LaneRole | Reason | None,
) -> None:
    lanes = tuple(lane for lane in LINE.lanes if closed is not None or lane.role is not LaneRole.RECIRCULATE)
    line = replace(LINE, lanes=lanes, policy=replace(LINE.policy, recirculations=limit))
    found = gathered(known, trips=trips) if known else Gathered(trips=trips)
    first = Reason.LANE_UNAVAILABLE if known else Reason.NO_READ
    given = verdict(found, line, (closed or frozenset()) | {R1})
    if expected is LaneRole.RECIRCULATE:
        assert given == Verdict(LaneRole.RECIRCULATE, ROUND, (first,), False, known)
    else:
        second = (expected,) if isinstance(expected, Reason) and expected is not first else ()
        assert given == inspected(first, *second, known=known)


@pytest.mark.parametrize(
    ("courier", "destination", "lane"),
    [("SF", "Beijing", 1), ("SF", "Tianjin", 2), ("EMS", "Tianjin", 3), ("EMS", "Beijing", 5)],
)
def test_the_first_rule_whose_named_fields_match_gives_the_lane(
    courier: str, destination: str, lane: int
) -> None:
    plan = (
        SortRule(lane=1, courier="SF", destination="Beijing"),
        SortRule(lane=2, courier="SF"),
        SortRule(lane=3, destination="Tianjin"),
    )
    line = replace(LINE, sort_plan=plan)
    assert release_lane(line, courier, destination) == lane
    if lane != INSPECT:
        known = paper(courier=courier, destination=destination)
        assert verdict(gathered(known), line).lane == lane


@pytest.mark.parametrize(
    ("declared_g", "off_g", "agrees"),
    [(100.0, 50.0, True), (100.0, 50.5, False), (2000.0, 200.0, True), (2000.0, 200.5, False)],
)
def test_the_larger_of_both_tolerances_holds_in_both_directions(
    declared_g: float, off_g: float, agrees: bool
) -> None:
    """50 g, or a tenth of what is declared."""
    assert weight_agrees(declared_g + off_g, declared_g, LINE.policy) is agrees
    assert weight_agrees(declared_g - off_g, declared_g, LINE.policy) is agrees
