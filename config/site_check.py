"""What must hold between a site's keys: each rule has a sentence, and names the key that breaks it.

Pure: a typed `Site` in, problems out. Types and ranges of single keys are checked before, by `config.load`.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from config.image_rules import IMAGE_RULES
from config.rules import Problem, Rule, deciding_eye_mm, keyed_lines
from config.settings import LaneRole, Site

SHORTEST_DECISION_MS = 300  # for journal, Modbus write and acknowledgement between decision and cut-off
CONVEYOR_NAME = "conveyor"  # the controller's name beside those of the other devices


def problems(site: Site) -> tuple[Problem, ...]:
    """Everything that is wrong with `site`, in the order of the rules; empty when it can run."""
    return tuple(problem for rule in RULES for problem in rule.check(site))


def _repeated(pairs: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """The (key, earlier key) pairs that hold the same value."""
    seen: dict[object, str] = {}
    for key, value in pairs:
        if value in seen:
            yield key, seen[value]
        else:
            seen[value] = key


def _names(site: Site) -> Iterator[Problem]:
    if not site.lines:
        yield Problem("lines", "expected at least one line")
    ids = ((f"{at}.id", line.id) for at, line in keyed_lines(site))
    for key, earlier in _repeated(ids):
        yield Problem(key, f"expected an id of its own; {earlier} has the same")
    for at, line in keyed_lines(site):
        names = [(f"{at}.conveyor", CONVEYOR_NAME)]
        names += [(f"{at}.scanners[{i}].name", scanner.name) for i, scanner in enumerate(line.scanners)]
        names += [(f"{at}.scale.name", line.scale.name)] if line.scale else []
        names += [(f"{at}.ct.name", line.ct.name)] if line.ct else []
        names += [(f"{at}.cameras[{i}].name", camera.name) for i, camera in enumerate(line.cameras)]
        for key, earlier in _repeated(names):
            yield Problem(key, f"expected a name of its own; {earlier} has the same")


def _addresses(site: Site) -> Iterator[Problem]:
    sockets: list[tuple[str, object]] = [("centre.port", (site.centre.host, site.centre.port))]
    if site.broker.embedded:
        sockets.append(("broker.port", (site.broker.host, site.broker.port)))
    serial: list[tuple[str, object]] = []
    cameras: list[tuple[str, object]] = []
    for at, line in keyed_lines(site):
        sockets.append((f"{at}.conveyor.port", (line.conveyor.host, line.conveyor.port)))
        if line.ct and line.ct.driver == "dicos":
            sockets.append((f"{at}.ct.port", (line.ct.host, line.ct.port)))
        cameras += [(f"{at}.cameras[{i}].url", camera.url) for i, camera in enumerate(line.cameras)]
        serial += [(f"{at}.scanners[{i}].port", scanner.port) for i, scanner in enumerate(line.scanners)]
        serial += [(f"{at}.scale.port", line.scale.port)] if line.scale else []
    for key, earlier in (*_repeated(sockets), *_repeated(serial)):
        yield Problem(key, f"expected a port of its own; {earlier} is the same")
    for key, earlier in _repeated(cameras):
        yield Problem(key, f"expected a camera of its own; {earlier} is the same")


def _embedded_broker(site: Site) -> Iterator[Problem]:
    # The controllers may be elsewhere: they speak Modbus, not MQTT.
    if site.broker.embedded:
        for key, host in (("broker.host", site.broker.host), ("centre.host", site.centre.host)):
            if not _is_loopback(host):
                yield Problem(
                    key,
                    "expected a loopback address, since the embedded broker serves one machine only; "
                    "for more, set broker.embedded = false and give the address of a mosquitto broker",
                )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _time_zone(site: Site) -> Iterator[Problem]:
    try:
        ZoneInfo(site.timezone)
    except (KeyError, ValueError, OSError):
        yield Problem("timezone", "expected the name of a time zone, such as Asia/Shanghai")


def _lanes(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        for field in ("number", "name", "diverter_mm"):
            values = ((f"{at}.lanes[{i}].{field}", getattr(lane, field)) for i, lane in enumerate(line.lanes))
            for key, earlier in _repeated(values):
                yield Problem(key, f"expected a value of its own; {earlier} is the same")
        roles = [lane.role for lane in line.lanes]
        if (count := roles.count(LaneRole.INSPECT)) != 1:
            yield Problem(f"{at}.lanes", f"expected exactly one lane with role inspect, found {count}")
        if LaneRole.RELEASE not in roles:
            yield Problem(f"{at}.lanes", "expected at least one lane with role release")


def _recirculation(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        if line.policy.recirculations and line.lane_of_role(LaneRole.RECIRCULATE) is None:
            yield Problem(
                f"{at}.policy.recirculations", "expected 0, since the line has no lane with role recirculate"
            )


def _sort_plan(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        lanes = {lane.number: lane for lane in line.lanes}
        catch_all = False
        for index, rule in enumerate(line.sort_plan):
            key = f"{at}.sort_plan[{index}]"
            if catch_all:
                yield Problem(key, "is never reached: a rule before it matches everything")
            if (lane := lanes.get(rule.lane)) is None:
                yield Problem(f"{key}.lane", f"expected a lane of this line, found {rule.lane}")
            elif lane.role is not LaneRole.RELEASE:
                yield Problem(
                    f"{key}.lane", f"expected a lane with role release; {lane.name} has {lane.role}"
                )
            catch_all = catch_all or not (rule.courier or rule.destination)
        if not catch_all:
            yield Problem(
                f"{at}.sort_plan", "expected a last rule without courier and destination, for the rest"
            )


def _eyes(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        eyes = line.belt.eyes_mm
        if not eyes or eyes[0] != 0:
            yield Problem(f"{at}.belt.eyes_mm", "expected the induction eye first, at 0")
        if list(eyes) != sorted(set(eyes)):
            yield Problem(f"{at}.belt.eyes_mm", "expected positions that rise from eye to eye")
        if line.belt.decide_eye >= len(eyes):
            yield Problem(
                f"{at}.belt.decide_eye", f"expected the index of one of the {len(eyes)} eyes, counted from 0"
            )


def _observation(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        if (decide_mm := deciding_eye_mm(line)) is None:
            continue
        ends = [(f"{at}.scanners[{i}].position_mm", each.position_mm) for i, each in enumerate(line.scanners)]
        if line.scale:
            ends.append((f"{at}.scale", line.scale.position_mm + line.scale.length_mm))
        latest_mm = decide_mm - line.belt.longest_item_mm
        for key, end_mm in ends:
            if end_mm > latest_mm:
                yield Problem(
                    key,
                    f"expected to end at or before {latest_mm} mm, so that the longest item has passed it "
                    f"when its front reaches the deciding eye at {decide_mm} mm; ends at {end_mm} mm",
                )


def _cut_offs(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        belt = line.belt
        if belt.inspect_cutoff_mm < belt.release_cutoff_mm:
            yield Problem(
                f"{at}.belt.inspect_cutoff_mm",
                f"expected at least release_cutoff_mm ({belt.release_cutoff_mm})",
            )
        if (decide_mm := deciding_eye_mm(line)) is None:
            continue
        left_mm = belt.release_cutoff_mm - decide_mm
        if left_mm <= 0:
            yield Problem(
                f"{at}.belt.release_cutoff_mm", f"expected to lie after the deciding eye at {decide_mm} mm"
            )
        elif (left_ms := left_mm * 1000 // belt.speed_mm_s) < SHORTEST_DECISION_MS:
            yield Problem(
                f"{at}.belt.release_cutoff_mm",
                f"expected at least {SHORTEST_DECISION_MS} ms after the deciding eye, found {left_ms} ms",
            )


def _diverters(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        belt = line.belt
        inspect = line.lane_of_role(LaneRole.INSPECT)
        for index, lane in enumerate(line.lanes):
            key = f"{at}.lanes[{index}].diverter_mm"
            cut_off_mm = max(belt.inspect_cutoff_mm, belt.release_cutoff_mm)
            if lane.diverter_mm <= cut_off_mm:
                yield Problem(key, f"expected to lie after both cut-offs, past {cut_off_mm} mm")
            if lane.diverter_mm > belt.end_mm:
                yield Problem(key, f"expected to lie on the belt, which ends at {belt.end_mm} mm")
            if inspect is not None and lane.diverter_mm > inspect.diverter_mm:
                yield Problem(
                    key,
                    f"expected before lane {inspect.name}: what no diverter takes must end in role inspect",
                )


def _readers(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        if not line.scanners:
            yield Problem(f"{at}.scanners", "expected at least one scanner")
        for index, scanner in enumerate(line.scanners):
            if any(not text for text in scanner.no_read):
                yield Problem(f"{at}.scanners[{index}].no_read", "expected texts that are not empty")


def _code_rules(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        for index, rule in enumerate(line.policy.code_rules):
            try:
                re.compile(rule.pattern)
            except re.error as error:
                key = f"{at}.policy.code_rules[{index}].pattern"
                yield Problem(key, f"expected a regular expression: {error}")


RULES = (
    Rule("Lines and devices have names of their own", _names),
    Rule("No two of them use the same port", _addresses),
    Rule("The embedded broker serves one machine only", _embedded_broker),
    Rule("The time zone exists", _time_zone),
    Rule("Each line has one inspection lane, a release lane, and lanes that differ", _lanes),
    Rule("Recirculation has a lane to go to", _recirculation),
    Rule("The sort plan names release lanes and covers every parcel", _sort_plan),
    Rule("Eyes rise from the induction eye, and the deciding eye is one of them", _eyes),
    Rule("Every item has been read and weighed when it is decided", _observation),
    Rule("The cut-offs leave time to decide", _cut_offs),
    Rule("Diverters lie after the cut-offs, inspection last", _diverters),
    Rule("There is something to read labels with", _readers),
    Rule("Code rules are regular expressions", _code_rules),
    *IMAGE_RULES,
)
