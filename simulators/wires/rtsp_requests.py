"""RTSP/1.0 messages (RFC 2326): requests read, responses and the stream's description written; pure."""

from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from simulators.wires.rtsp_packets import CLOCK_HZ, PAYLOAD_TYPE

METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN")

OK = 200
_REASONS = {
    OK: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    505: "RTSP Version Not Supported",
}


class RequestRefusedError(Exception):
    """A request that is not served; `status` says why in RTSP's numbers."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status} {_REASONS[status]}")
        self.status = status


class Request(Struct, frozen=True):
    """One request, without its body; names of headers are in small letters."""

    method: str
    path: str  # of the URL, without a slash at its end
    headers: Mapping[str, str]

    @property
    def body_length(self) -> int:
        """Bytes of body that follow the head; RequestRefusedError if that is no number."""
        text = self.headers.get("content-length", "0")
        if not text.isascii() or not text.isdecimal():
            raise RequestRefusedError(400)
        return int(text)


def parse_request(head: bytes) -> Request:
    """Read a request's head, up to and with its empty line; RequestRefusedError if it is none."""
    try:
        first, *lines = head.decode("ascii").rstrip("\r\n").split("\r\n")
        method, url, version = first.split(" ")
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        raise RequestRefusedError(400) from None
    if not version.startswith("RTSP/"):
        raise RequestRefusedError(400)
    if version != "RTSP/1.0":
        raise RequestRefusedError(505)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise RequestRefusedError(400)
        headers[name.strip().lower()] = value.strip()
    return Request(method, path, headers)


def response(status: int, cseq: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A response's bytes; the body's length is added to the headers."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {cseq}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def interleaved_channel(transport: str) -> int:
    """The channel a client wants its RTP on (RTCP goes on the next), of all transports it offers.

    Raises RequestRefusedError if it does not offer RTP interleaved over TCP, the only one there is.
    """
    for offer in transport.split(","):
        profile, *options = (part.strip() for part in offer.split(";"))
        if profile.upper() != "RTP/AVP/TCP" or "multicast" in options:
            continue
        channels = next(
            (o.removeprefix("interleaved=") for o in options if o.startswith("interleaved=")), "0"
        )
        first = channels.partition("-")[0]
        if first.isascii() and first.isdecimal() and int(first) <= 254:
            return int(first)
    raise RequestRefusedError(461)


def description(host: str, name: str, parameter_sets: tuple[bytes, bytes], pictures_a_second: float) -> bytes:
    """The session description (SDP, RFC 4566) of one H.264 stream; `parameter_sets`: its SPS and its PPS."""
    sequence_set, picture_set = parameter_sets
    sets = ",".join(b64encode(each).decode("ascii") for each in (sequence_set, picture_set))
    lines = (
        "v=0",
        f"o=- 1 1 IN IP4 {host}",
        f"s={name}",
        f"c=IN IP4 {host}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={sequence_set[1:4].hex()};"
        f"sprop-parameter-sets={sets}",
        f"a=framerate:{pictures_a_second:g}",
        "a=control:video",
    )
    return "\r\n".join([*lines, ""]).encode("ascii")
