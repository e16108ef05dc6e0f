"""The upload routes: HEAD and PATCH as the edges use them."""

from typing import Any

import pytest

from central.media_folder import MediaFolder
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.scanned_line import sha256_of

CONTENT = bytes(range(256)) * 4_000
NAME = sha256_of(CONTENT)
URL = f"/api/lines/L1/media/{NAME}"


@pytest.fixture
def bearer(office: Office) -> dict[str, str]:
    return {"Authorization": f"Bearer {(office.data / 'keys' / 'edge-token').read_text()}"}


def piece(client: Any, bearer: dict[str, str], offset: int, content: bytes, url: str = URL) -> Any:
    told = {"Upload-Offset": str(offset), "Upload-Length": str(len(CONTENT)), **bearer}
    return client.patch(url, content=content, headers=told)


def told(response: Any) -> tuple[int, str | None, str | None]:
    headers = response.headers
    return response.status_code, headers.get("upload-offset"), headers.get("upload-complete")


def test_a_file_is_sent_in_pieces(office: Office, bearer: dict[str, str]) -> None:
    with office.client() as client:
        assert told(client.head(URL, headers=bearer)) == (200, "0", "?0")
        assert told(piece(client, bearer, 0, CONTENT[:300_000])) == (204, "300000", "?0")
        assert told(client.head(URL, headers=bearer)) == (200, "300000", "?0")
        assert told(piece(client, bearer, 0, CONTENT[:10])) == (409, "300000", "?0")
        assert told(piece(client, bearer, 300_000, CONTENT[300_000:])) == (204, "1024000", "?1")
        assert told(client.head(URL, headers=bearer)) == (200, "1024000", "?1")
        assert told(piece(client, bearer, 0, CONTENT)) == (409, "1024000", "?1")
    with office.centre.media.opened(NAME) as path:
        assert path.read_bytes() == CONTENT


def test_what_is_not_the_file_is_dropped_at_its_end(office: Office, bearer: dict[str, str]) -> None:
    with office.client() as client:
        assert told(piece(client, bearer, 0, CONTENT[:-1] + b"!")) == (422, "0", "?0")
        assert told(client.head(URL, headers=bearer)) == (200, "0", "?0")


def test_a_file_being_sent_is_not_sent_by_a_second_one(office: Office, bearer: dict[str, str]) -> None:
    first = office.centre.media.receive(NAME, 0, len(CONTENT))
    first.write(CONTENT[:7])
    with office.client() as client:
        assert told(piece(client, bearer, 7, CONTENT[7:])) == (409, "7", "?0")
        first.close()
        assert told(piece(client, bearer, 7, CONTENT[7:])) == (204, "1024000", "?1")


def test_a_full_disk_and_too_large_a_file(office: Office, bearer: dict[str, str]) -> None:
    office.centre.media = MediaFolder(office.data / "full", least_free=1 << 60)
    with office.client() as client:
        assert told(piece(client, bearer, 0, CONTENT)) == (507, "0", "?0")
        office.centre.media = MediaFolder(office.data / "small", largest=1_000)
        assert told(piece(client, bearer, 0, CONTENT)) == (413, "0", "?0")
        assert piece(client, bearer, 0, bytes(4 << 20) + b"!").status_code == 413


def test_only_an_edge_of_this_site_may_send(office: Office, bearer: dict[str, str]) -> None:
    with office.client() as client:
        assert piece(client, {}, 0, CONTENT).status_code == 403  # no token, and no header of ours
        assert piece(client, HEADERS, 0, CONTENT).status_code == 401
        assert piece(client, {**HEADERS, "Authorization": "Bearer no"}, 0, CONTENT).status_code == 401
        assert client.head(URL).status_code == 401
        assert piece(client, bearer, 0, CONTENT, URL.replace("L1", "L9")).status_code == 404
        for wrong in (NAME.upper(), NAME[:-1], "..%2f..%2fkeys"):
            url = f"/api/lines/L1/media/{wrong}"
            assert piece(client, bearer, 0, CONTENT, url).status_code in (400, 404)
        for wrong in ({}, {"Upload-Offset": "-1", "Upload-Length": "9"}, {"Upload-Offset": "x"}):
            assert client.patch(URL, content=b"1", headers={**bearer, **wrong}).status_code == 400
    with office.signed_in("officer") as client:
        assert piece(client, HEADERS, 0, CONTENT).status_code == 403
        assert client.head(URL).status_code == 403
    assert not office.centre.media.has(NAME)


def test_a_token_does_not_open_the_routes_of_people(office: Office, bearer: dict[str, str]) -> None:
    with office.client() as client:
        assert client.post("/api/passages/p1/answers", json={}, headers=bearer).status_code == 403
        assert client.get("/api/passages/p1/image", headers=bearer).status_code == 403
