"""RTSP requests read and refused, channels chosen, the stream described."""

from base64 import b64decode

import pytest

from simulators.wires.rtsp_requests import (
    RequestRefusedError,
    description,
    interleaved_channel,
    parse_request,
    response,
)


def test_a_request_is_read() -> None:
    request = parse_request(
        b"PLAY rtsp://127.0.0.1:554/belt/ RTSP/1.0\r\nCSeq: 4\r\nSession:  ab;timeout=60\r\n\r\n"
    )
    assert (request.method, request.path) == ("PLAY", "/belt")
    assert request.headers == {"cseq": "4", "session": "ab;timeout=60"}
    assert request.body_length == 0


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"OPTIONS * RTSP/2.0\r\n\r\n", 505),
        (b"OPTIONS * RTSP/1.0\r\nnonsense\r\n\r\n", 400),
        (b"OPTIONS rtsp://[bad RTSP/1.0\r\n\r\n", 400),
        (b"OPTIONS \xff RTSP/1.0\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        parse_request(head)
    assert refused.value.status == status


def test_a_length_must_be_a_number() -> None:
    request = parse_request(b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n")
    with pytest.raises(RequestRefusedError):
        _ = request.body_length


def test_the_first_tcp_transport_is_taken() -> None:
    assert (
        interleaved_channel("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=6-7") == 6
    )
    assert interleaved_channel("RTP/AVP/TCP;unicast") == 0
    for other in ("", "RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP/TCP;interleaved=300-301"):
        with pytest.raises(RequestRefusedError, match="461"):
            interleaved_channel(other)


def test_a_response_counts_its_body() -> None:
    assert response(200, "3", {"Session": "ab"}, b"v=0") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: ab\r\nContent-Length: 3\r\n\r\nv=0"
    )


def test_the_description_carries_the_parameter_sets() -> None:
    sets = bytes.fromhex("6742c01fda"), bytes.fromhex("68ce0f")
    text = description("127.0.0.1", "belt camera", sets, 12.5).decode()
    assert "profile-level-id=42c01f;" in text
    given = text.split("sprop-parameter-sets=")[1].split("\r\n")[0]
    assert tuple(b64decode(each) for each in given.split(",")) == sets
    assert "a=rtpmap:96 H264/90000\r\n" in text
    assert text.endswith("\r\n")
