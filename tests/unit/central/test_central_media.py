"""Stills, clips and reports: listed, fetched, masked by default, in the open for a reason."""

import asyncio
import json
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from central import schema
from central.roles import Principal, Role
from central.stills import BLOCKS, masked
from edge.messages import Fetch, MediaKind
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.journeys import decided, incoming, line_state
from tests.unit.central.scanned_line import recorded, sha256_of

CLIP = b"....ftypisom a clip"
REPORT = b"a report by the machine"


def label() -> bytes:
    """A picture of print, as on a label."""
    picture = np.full((480, 640, 3), 255, np.uint8)
    for row in range(40, 480, 40):
        cv2.putText(
            picture, "WANG XIAOMING 13812345612", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2
        )
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.fixture
def kept(office: Office) -> dict[str, str]:
    """A passage with a still, a clip and a report, which lie at the edge."""
    keyring = office.keyring
    still, clip = keyring.seal(label(), "media"), keyring.seal(CLIP, "media")
    office.receive(
        incoming(line_state(), "s", channel="state"),
        incoming(decided("p1", keyring=keyring), "e1"),
        incoming(recorded("p1", still, MediaKind.STILL, media_type="image/jpeg", after_s=1), "m1"),
        incoming(recorded("p1", clip, MediaKind.CLIP, media_type="video/mp4", after_s=2), "m2"),
        incoming(recorded("p1", REPORT, MediaKind.REPORT, after_s=3), "m3"),
    )
    (office.data / "still").write_bytes(still)
    (office.data / "clip").write_bytes(clip)
    return {"still": sha256_of(still), "clip": sha256_of(clip), "report": sha256_of(REPORT)}


def upload(office: Office, *names: str) -> None:
    for name in names:
        content = REPORT if name == "report" else (office.data / name).read_bytes()
        office.centre.media.keep(content)


def reveal(client: Any, sha256: str, **body: str) -> Any:
    return client.post(f"/api/passages/p1/media/{sha256}/reveal", json=body, headers=HEADERS)


def test_files_are_listed_and_fetched(office: Office, kept: dict[str, str]) -> None:
    with office.signed_in("officer") as client:
        listed = client.get("/api/passages/p1/media").json()
        assert [(each["kind"], each["state"]) for each in listed] == [
            ("still", "at_edge"),
            ("clip", "at_edge"),
            ("report", "at_edge"),
        ]
        assert listed[0]["device"] == "belt"
        assert client.get("/api/passages/p1").json()["media"] == listed
        body = {"sha256s": [kept["still"], kept["clip"]]}
        asked = client.post("/api/passages/p1/media/fetch", json=body, headers=HEADERS)
        assert asked.status_code == 202
        assert [each["state"] for each in asked.json()] == ["fetching", "fetching", "at_edge"]
        [fetch] = office.sent()
        assert isinstance(fetch, Fetch)
        assert fetch.sha256s == (kept["still"], kept["clip"])
        for wrong in (["f" * 64], []):
            body = {"sha256s": wrong}
            response = client.post("/api/passages/p1/media/fetch", json=body, headers=HEADERS)
            assert response.status_code in (400, 404)


def test_a_still_is_shown_too_coarse_to_read(office: Office, kept: dict[str, str]) -> None:
    url = f"/api/passages/p1/media/{kept['still']}/masked"
    with office.signed_in("officer") as client:
        assert client.get(url).json()["why"] == "not_here"
        upload(office, "still", "clip")
        response = client.get(url)
        assert (response.status_code, response.headers["content-type"]) == (200, "image/jpeg")
        shown: Any = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert client.get(f"/api/passages/p1/media/{kept['clip']}/masked").status_code == 404
    block = shown.shape[1] // BLOCKS
    inside = shown[: block * (shown.shape[0] // block)].reshape(-1, block, BLOCKS, block)[:, 4:-4, :, 4:-4]
    spread = inside.astype(int).max(axis=(1, 3)) - inside.astype(int).min(axis=(1, 3))
    assert spread.max() <= 12  # nothing within a block but what JPEG adds


def test_nothing_but_the_picture_is_in_a_masked_still() -> None:
    with_thumbnail = label()
    with_comment = with_thumbnail[:2] + b"\xff\xfe\x00\x13SF1234567890123xx"[:21] + with_thumbnail[2:]
    assert b"SF123" in with_comment
    assert b"SF123" not in masked(with_comment)


def test_a_look_is_recorded_before_it_is_given(office: Office, kept: dict[str, str]) -> None:
    with office.signed_in("officer") as client:
        assert reveal(client, kept["still"], reason="核对").json()["why"] == "not_here"
        upload(office, "still", "clip")
        assert reveal(client, kept["still"], reason=" ").status_code == 400
        assert reveal(client, kept["report"], reason="核对").status_code == 404
        still = reveal(client, kept["still"], reason="核对面单")
        assert (still.content, still.headers["content-type"]) == (label(), "image/jpeg")
        assert still.headers["cache-control"] == "no-store"
        clip = reveal(client, kept["clip"], reason="核对面单")
        assert (clip.content, clip.headers["content-type"]) == (CLIP, "video/mp4")
    audit = schema.audit
    with office.centre.engine.connect() as connection:
        query = select(audit).where(audit.c.subject == "p1").order_by(audit.c.id)
        rows = connection.execute(query).all()
    assert [row.action for row in rows] == ["still_revealed", "clip_revealed"]
    assert office.keyring.unseal(rows[0].sealed_reason, "audit.reason").decode() == "核对面单"
    with office.signed_in("operator") as client:
        assert reveal(client, kept["still"], reason="x").status_code == 403


def test_what_does_not_open_with_this_sites_key_is_told_so(office: Office, kept: dict[str, str]) -> None:
    foreign = b"sealed elsewhere, surely"
    office.receive(incoming(recorded("p1", foreign, MediaKind.STILL, media_type="image/jpeg"), "m9"))
    office.centre.media.keep(foreign)
    with office.signed_in("officer") as client:
        assert reveal(client, sha256_of(foreign), reason="x").json()["why"] == "unreadable"
        url = f"/api/passages/p1/media/{sha256_of(foreign)}/masked"
        assert client.get(url).json()["why"] == "unreadable"


def test_a_file_is_shown_with_its_own_passage_only(office: Office, kept: dict[str, str]) -> None:
    upload(office, "still")
    office.receive(incoming(decided("p2", tracking_id=2, keyring=office.keyring), "e2"))
    with office.signed_in("officer") as client:
        assert client.get(f"/api/passages/p2/media/{kept['still']}/masked").status_code == 404
        assert client.get("/api/passages/p2/media").json() == []


def test_the_machines_report(office: Office, kept: dict[str, str]) -> None:
    with office.signed_in("officer") as client:
        assert client.get("/api/passages/p1/reports/machine").json()["why"] == "not_here"
        upload(office, "report")
        response = client.get("/api/passages/p1/reports/machine")
        assert (response.content, response.headers["content-type"]) == (REPORT, "application/dicom")
        assert client.get("/api/passages/p1/reports/officer").status_code == 404
        assert client.get("/api/passages/p1/reports/nobody").status_code in (400, 404)


async def test_screens_hear_of_files(office: Office, kept: dict[str, str]) -> None:
    hub = office.centre.hub
    officer = Principal("u1", "officer", "o", "customs", "customs", (Role.CUSTOMS_OFFICER,))
    operator = Principal("u2", "operator", "p", "operator", "operator", (Role.OPERATOR,))
    await hub.start()
    try:
        seeing, other = hub.subscribe(officer), hub.subscribe(operator)
        hub.uploaded(kept["still"])
        hub.uploaded("f" * 64)  # of no passage yet
        async with asyncio.timeout(10):
            event = await seeing.queue.get()
        assert event is not None
        assert (event.name, json.loads(event.data)) == ("media", {"passage_id": "p1"})
        assert (seeing.queue.qsize(), other.queue.qsize()) == (0, 0)
    finally:
        await hub.stop()
