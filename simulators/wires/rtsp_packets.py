"""Puts H.264 pictures into RTP packets (RFC 3550, RFC 6184) and writes RTCP sender reports; pure.

RTP header, 12 bytes, big endian:

     0                   1                   2                   3
    |V=2|P|X|  CC   |M|  payload type |        sequence number        |
    |                    timestamp, 90,000 a second                   |
    |                             SSRC                                |

A NAL unit that fits goes as it is. A larger one is cut into FU-A parts: the unit's first byte is left out and
stands in two bytes before each part instead, `F NRI 28` and `start end 0 type`.
"""

from collections.abc import Iterable, Iterator
from struct import pack

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96  # the first of the dynamic ones; the description says what it is
LARGEST_PAYLOAD = 1400  # bytes; would pass an Ethernet frame

_FU_A = 28
_FU_START, _FU_END = 0x80, 0x40
_REFERENCE_BITS = 0xE0  # F and NRI of a NAL unit's first byte
_TYPE_BITS = 0x1F
_NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_SENDER_REPORT, _SOURCE_DESCRIPTION, _CNAME = 200, 202, 1


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream (H.264 annex B), without their start codes."""
    # A start code is 00 00 01, with a further 00 before it at will; no NAL unit ends with 00.
    return [part.rstrip(b"\0") for part in stream.split(b"\0\0\1")[1:]]


class Packetiser:
    """One RTP stream: numbers its packets and counts what it sent.

    Args:
        ssrc: names the stream, 32 bits.
        first_sequence: of its first packet, 16 bits.
        largest_payload: bytes.
    """

    def __init__(self, ssrc: int, first_sequence: int, largest_payload: int = LARGEST_PAYLOAD) -> None:
        self._ssrc = ssrc
        self._largest = largest_payload
        self._packets = 0
        self._bytes = 0
        self.next_sequence = first_sequence

    def packets(self, units: Iterable[bytes], timestamp: int) -> list[bytes]:
        """The RTP packets of one picture, the last of them marked; `timestamp` is taken modulo 2^32."""
        payloads = [payload for unit in units for payload in self._payloads(unit)]
        return [
            self._packet(payload, timestamp, marked=place == len(payloads))
            for place, payload in enumerate(payloads, start=1)
        ]

    def sender_report(self, wall_s: float, timestamp: int, name: str) -> bytes:
        """An RTCP sender report saying which wall-clock time (Unix) `timestamp` is, and the source's name."""
        seconds, fraction = divmod(wall_s + _NTP_EPOCH_S, 1)
        report = pack(
            ">BBHIIIIII",
            0x80,
            _SENDER_REPORT,
            6,  # length in words, less one
            self._ssrc,
            int(seconds) & 0xFFFFFFFF,
            int(fraction * 2**32),
            timestamp & 0xFFFFFFFF,
            self._packets & 0xFFFFFFFF,
            self._bytes & 0xFFFFFFFF,
        )
        item = bytes((_CNAME, len(name))) + name.encode("ascii")
        item += b"\0" * (4 - len(item) % 4)  # at least one: it ends the list
        return report + pack(">BBHI", 0x81, _SOURCE_DESCRIPTION, 1 + len(item) // 4, self._ssrc) + item

    def _payloads(self, unit: bytes) -> Iterator[bytes]:
        if len(unit) <= self._largest:
            yield unit
            return
        indicator = unit[0] & _REFERENCE_BITS | _FU_A
        step = self._largest - 2
        for begin in range(1, len(unit), step):
            part = unit[begin : begin + step]
            header = unit[0] & _TYPE_BITS
            header |= _FU_START if begin == 1 else 0
            header |= _FU_END if begin + step >= len(unit) else 0
            yield bytes((indicator, header)) + part

    def _packet(self, payload: bytes, timestamp: int, *, marked: bool) -> bytes:
        header = pack(
            ">BBHII",
            0x80,
            PAYLOAD_TYPE | (0x80 if marked else 0),
            self.next_sequence,
            timestamp & 0xFFFFFFFF,
            self._ssrc,
        )
        self.next_sequence = (self.next_sequence + 1) & 0xFFFF
        self._packets += 1
        self._bytes += len(payload)
        return header + payload
