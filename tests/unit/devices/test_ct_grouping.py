"""Objects become scans: complete sets, late and missing ones, doubles, and what a profile makes of them."""

from msgspec.structs import replace

from devices.ct.arrivals import Arrived
from devices.ct.grouping import Grouping, Scan
from devices.ct.profile import load_ct_profile

WITHIN_S = 3.0
DOUBLE = "double: objects of this scan came before"


def grouping(profile: str = "dicos_dual") -> Grouping:
    return Grouping(load_ct_profile(profile), WITHIN_S)


_numbers = iter(range(1, 10_000))


def an_object(energy: str | None = "low", study: str = "1.2", **changes: object) -> Arrived:
    number = next(_numbers)
    arrived = Arrived(
        number=number,
        sha256=f"{number:064x}",
        size=1000,
        sender="CT",
        arrived_wall_s=100.0,
        double=False,
        study_uid=study,
        sop_uid=f"{study}.{number}",
        ooi_id="7-42",
        acquired_wall_s=90.0,
        duration_ms=1000.0,
        energy=energy,
        kvp=None,
    )
    return replace(arrived, **changes)


def energies(scan: Scan) -> list[str]:
    return [energy for energy, _ in scan.objects]


def test_a_scan_is_complete_with_both_energies_in_either_order() -> None:
    for order in (("low", "high"), ("high", "low")):
        group = grouping()
        assert not group.add(an_object(order[0]), 0.0)
        (scan,) = group.add(an_object(order[1]), 2.9)
        assert energies(scan) == list(order)
        assert (scan.complete, scan.problem) == (True, "")
        assert (scan.epoch, scan.tracking_id) == (7, 42)
        assert group.due_s is None


def test_studies_that_interleave_are_kept_apart() -> None:
    group = grouping()
    assert not group.add(an_object("low", "1.1"), 0.0)
    assert not group.add(an_object("low", "1.2"), 0.5)
    assert [scan.study_uid for scan in group.add(an_object("high", "1.2"), 1.0)] == ["1.2"]
    assert [scan.study_uid for scan in group.add(an_object("high", "1.1"), 1.0)] == ["1.1"]


def test_a_missing_object_makes_an_incomplete_scan_when_its_time_is_over() -> None:
    group = grouping()
    group.add(an_object("low"), 10.0)
    assert group.due_s == 13.0
    assert not group.give_up(12.999)
    (scan,) = group.give_up(13.0)
    assert (scan.complete, scan.problem) == (False, "the high-energy object did not come")
    assert group.due_s is None


def test_an_object_that_comes_too_late_is_a_scan_of_its_own_and_not_to_be_used() -> None:
    group = grouping()
    group.add(an_object("low"), 0.0)
    group.give_up(3.0)
    assert not group.add(an_object("high"), 3.1)
    (late,) = group.give_up(6.1)
    assert energies(late) == ["high"]
    assert (late.complete, late.problem) == (False, DOUBLE)


def test_a_third_object_of_a_study_makes_a_second_scan() -> None:
    group = grouping()
    group.add(an_object("low"), 0.0)
    assert group.add(an_object("high"), 0.1)[0].problem == ""
    assert not group.add(an_object("high"), 0.2)
    (second,) = group.give_up(3.2)
    assert (second.complete, second.problem) == (False, DOUBLE)


def test_a_second_complete_set_of_a_study_is_a_double() -> None:
    group = grouping()
    for energy in ("low", "high"):
        group.add(an_object(energy), 0.0)
    group.add(an_object("low"), 1.0)
    (second,) = group.add(an_object("high"), 1.0)
    assert (second.complete, second.problem) == (True, DOUBLE)


def test_an_object_the_receiver_knows_is_a_double_even_if_the_study_is_forgotten() -> None:
    group = grouping()
    group.add(an_object("low", double=True), 0.0)
    (scan,) = group.add(an_object("high", double=True), 0.0)
    assert scan.problem == DOUBLE


def test_two_different_objects_of_one_energy_are_two_scans() -> None:
    group = grouping()
    group.add(an_object("low"), 0.0)
    (first,) = group.add(an_object("low"), 0.1)
    assert (energies(first), first.complete) == (["low"], False)
    (second,) = group.add(an_object("high"), 0.2)
    assert (second.complete, second.problem) == (True, DOUBLE)


def test_a_second_try_of_an_object_while_its_scan_is_open_changes_nothing() -> None:
    group = grouping()
    low = an_object("low")
    group.add(low, 0.0)
    again = replace(low, number=9999, double=True)
    assert not group.add(again, 0.1)
    assert group.holds(low.number)
    assert not group.holds(9999)
    (scan,) = group.add(an_object("high"), 0.2)
    assert (scan.complete, scan.problem) == (True, "")


def test_objects_that_name_different_items_name_none() -> None:
    group = grouping()
    group.add(an_object("low", ooi_id="7-42"), 0.0)
    (scan,) = group.add(an_object("high", ooi_id="7-43"), 0.0)
    assert (scan.epoch, scan.tracking_id) == (None, None)
    assert scan.problem == "objects of one scan name different items"


def test_without_an_energy_a_scan_is_not_to_be_used() -> None:
    group = grouping()
    group.add(an_object(None), 0.0)
    (scan,) = group.add(an_object(None), 0.0)
    assert energies(scan) == ["", ""]
    assert (scan.complete, scan.problem) == (False, "an object does not say which energy it is")


def test_the_tube_voltage_tells_the_energy_where_the_file_does_not() -> None:
    group = grouping()
    group.add(an_object(None, kvp=90.0), 0.0)
    (scan,) = group.add(an_object(None, kvp=150.0), 0.0)
    assert (energies(scan), scan.complete) == (["low", "high"], True)


def test_a_tube_voltage_of_nought_tells_nothing() -> None:
    profile = load_ct_profile("dicos_dual")
    assert (profile.energy(None, 0.0), profile.energy("high", 0.0)) == (None, "high")


def test_the_middle_of_a_scan_lies_between_first_beginning_and_last_end() -> None:
    group = grouping()
    group.add(an_object("low", acquired_wall_s=90.0, duration_ms=1000.0), 0.0)
    (scan,) = group.add(an_object("high", acquired_wall_s=90.5, duration_ms=1500.0), 0.0)
    assert scan.middle_wall_s == 91.0
    (timeless,) = grouping("dicos_single").add(an_object(None, acquired_wall_s=None), 0.0)
    assert timeless.middle_wall_s is None


def test_a_machine_with_one_energy_needs_one_object() -> None:
    (scan,) = grouping("dicos_single").add(an_object(None), 0.0)
    assert (energies(scan), scan.complete, scan.problem) == (["high"], True, "")
