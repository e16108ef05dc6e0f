"""The image routes: where an image is, NIfTI and pictures of it, and never a volume that is not its own."""

from typing import Any

import pytest

from central.media_store import NotHereError
from edge.messages import Fetch, MediaKind
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.journeys import closed, incoming, line_state
from tests.unit.central.scanned_line import ALARM, recorded, run_line, scanned, sha256_of
from tests.unit.central.small_scan import HIGH, LOW

NAMES = (sha256_of(LOW), sha256_of(HIGH))
IMAGE = "/api/passages/p1/image"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def line(office: Office) -> Office:
    """A passage whose scan lies at the edge."""
    run_line(office, one=scanned("p1", ALARM, volumes=NAMES))
    office.receive(
        incoming(recorded("p1", LOW, part="low"), "m1"), incoming(recorded("p1", HIGH, part="high"), "m2")
    )
    return office


@pytest.fixture
def uploaded(line: Office) -> Office:
    for content in (LOW, HIGH):
        line.centre.media.keep(content)
    return line


def test_an_image_is_fetched_from_its_line(line: Office) -> None:
    with line.signed_in("officer") as client:

        def states() -> list[str]:
            shown = client.get(IMAGE).json()
            return [shown["state"], *(each["state"] for each in shown["volumes"])]

        assert states() == ["at_edge", "at_edge", "at_edge"]
        refused = client.get(f"{IMAGE}/high.nii.gz")
        assert (refused.status_code, refused.json()["why"]) == (409, "not_here")
        assert client.post(f"{IMAGE}/fetch", headers=HEADERS).status_code == 202
        assert states() == ["fetching", "fetching", "fetching"]
        client.post(f"{IMAGE}/fetch", headers=HEADERS)
        [fetch] = line.sent()  # asked once
        assert isinstance(fetch, Fetch)
        assert (fetch.session, set(fetch.sha256s)) == ("s1", set(NAMES))
        line.centre.media.keep(LOW)
        assert set(states()) == {"here", "fetching"}
        line.clock.pass_time(seconds=60)
        assert states()[0] == "at_edge"  # it may be asked for again
        client.post(f"{IMAGE}/fetch", headers=HEADERS)
        again = line.sent()[-1]
        assert isinstance(again, Fetch)
        assert again.sha256s == (NAMES[1],)
        line.centre.media.keep(HIGH)
        assert states() == ["here", "here", "here"]


def test_a_line_that_is_away_cannot_be_asked(line: Office) -> None:
    line.receive(incoming(line_state(online=False), "s2", channel="state"))
    with line.signed_in("officer") as client:
        refused = client.post(f"{IMAGE}/fetch", headers=HEADERS)
        assert (refused.status_code, refused.json()["why"]) == (503, "line_away")
        assert client.get(IMAGE).json()["state"] == "at_edge"
    assert line.sent() == []


def test_a_passage_without_a_scan_has_no_image(line: Office) -> None:
    line.receive(incoming(closed("p2", tracking_id=2), "c"))
    with line.signed_in("officer") as client:
        shown = client.get("/api/passages/p2/image").json()
        assert (shown["state"], shown["volumes"], shown["review"]) == ("none", [], None)
        assert client.get("/api/passages/p9/image").status_code == 404


def test_an_image_says_what_it_measures(uploaded: Office) -> None:
    with uploaded.signed_in("officer") as client:
        shown = client.get(IMAGE).json()
    assert shown["shape"] == [24, 12, 16]
    assert shown["spacing_mm"] == [4.0, 2.0, 3.0]
    assert (shown["has_low"], shown["problem"]) == (True, "")
    assert shown["review"]["outcome"] == "alarm"
    assert [(each["sha256"], each["part"]) for each in shown["volumes"]] == sorted(
        zip(NAMES, ("low", "high"), strict=True)
    )


def test_files_and_pictures_are_served(uploaded: Office) -> None:
    with uploaded.signed_in("officer") as client:
        for name in ("high", "zeff"):
            response = client.get(f"{IMAGE}/{name}.nii.gz")
            assert response.status_code == 200
            assert response.content[:2] == b"\x1f\x8b"
            assert "content-encoding" not in response.headers  # a file, not a coding of one
            known = {"If-None-Match": response.headers["etag"]}
            assert client.get(f"{IMAGE}/{name}.nii.gz", headers=known).status_code == 304
        seen: set[bytes] = set()
        for query in (
            "slice.png",
            "slice.png?plane=axial&index=0",
            "slice.png?plane=sagittal&colour=grey&inverse=true",
            "slice.png?plane=coronal&strip=organic&strip=mixed&boxes=false",
            "projection.png?plane=axial&low=100&high=400",
        ):
            response = client.get(f"{IMAGE}/{query}")
            assert (response.status_code, response.headers["content-type"]) == (200, "image/png"), query
            assert response.content.startswith(PNG)
            seen.add(response.content)
        assert len(seen) == 5
        for wrong in (
            "slice.png?index=24",
            "slice.png?index=-1",
            "slice.png?plane=x",
            "slice.png?low=9&high=9",
        ):
            assert client.get(f"{IMAGE}/{wrong}").status_code == 400, wrong


def test_a_volume_that_changed_on_the_disk_is_not_shown(uploaded: Office) -> None:
    path = uploaded.data / "media" / NAMES[1][:2] / NAMES[1]
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(bytes(content))
    with uploaded.signed_in("officer") as client:
        assert client.get(f"{IMAGE}/slice.png").json()["why"] == "not_here"
        shown = client.get(IMAGE).json()
        assert (shown["state"], shown["shape"]) == ("at_edge", None)  # to be fetched again
    with pytest.raises(NotHereError), uploaded.centre.media.opened(NAMES[1]):
        pass


def test_half_a_scan_is_not_shown_as_one(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM, volumes=NAMES))
    office.receive(incoming(recorded("p1", HIGH, part="high"), "m2"))
    office.centre.media.keep(HIGH)
    with office.signed_in("officer") as client:
        assert client.get(IMAGE).json()["state"] == "at_edge"
        assert client.get(f"{IMAGE}/slice.png").json()["why"] == "not_here"


def test_a_volume_nobody_can_read_is_told_so(line: Office) -> None:
    nonsense = b"no image at all" * 40
    run_line(line, two=scanned("p2", ALARM, volumes=[sha256_of(nonsense)], tracking_id=2))
    line.receive(incoming(recorded("p2", nonsense, part="high"), "m3"))
    line.centre.media.keep(nonsense)
    with line.signed_in("officer") as client:
        shown = client.get("/api/passages/p2/image").json()
        assert (shown["state"], shown["shape"]) == ("here", None)
        assert shown["problem"]
        refused = client.get("/api/passages/p2/image/slice.png")
        assert (refused.status_code, refused.json()["why"]) == (409, "unreadable")


def test_only_the_scan_the_verdict_rested_on_is_the_image(uploaded: Office) -> None:
    """A second scan of the item is kept, but not shown as the first."""
    other = HIGH[:-4] + b"\0\0\0\1"
    uploaded.receive(incoming(recorded("p1", other, part="high"), "m9"))
    with uploaded.signed_in("officer") as client:
        assert {each["sha256"] for each in client.get(IMAGE).json()["volumes"]} == set(NAMES)
        listed = client.get("/api/passages/p1/media").json()
    assert len(listed) == 3
    assert {each["kind"] for each in listed} == {MediaKind.VOLUME.value}


def test_few_volumes_stay_in_memory(uploaded: Office) -> None:
    centre = uploaded.centre
    loads: list[str] = []
    opened = centre.media.opened

    def counted(sha256: str) -> Any:
        loads.append(sha256)
        return opened(sha256)

    centre.media.opened = counted  # pyright: ignore[reportAttributeAccessIssue]
    with uploaded.signed_in("officer") as client:
        for _ in range(3):
            assert client.get(f"{IMAGE}/slice.png").status_code == 200
    assert len(loads) == 2
