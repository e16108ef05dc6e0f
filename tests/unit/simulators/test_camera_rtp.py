"""RTP packets of H.264: whole and cut NAL units come together again, numbers run on, reports say the time."""

from struct import unpack

from hypothesis import given
from hypothesis import strategies as st

from simulators.wires.rtsp_packets import Packetiser, nal_units


def joined(packets: list[bytes]) -> list[bytes]:
    """The NAL units in RTP packets, put together as RFC 6184 says."""
    units: list[bytes] = []
    for packet in packets:
        payload = packet[12:]
        if payload[0] & 0x1F != 28:
            units.append(payload)
            continue
        begins, ends = payload[1] & 0x80, payload[1] & 0x40
        assert not (begins and ends), "a unit in a single part must not be an FU-A"
        if begins:
            units.append(bytes(((payload[0] & 0xE0) | (payload[1] & 0x1F),)))
        units[-1] += payload[2:]
    return units


@given(
    st.lists(
        st.tuples(st.sampled_from([0x67, 0x68, 0x65, 0x41]), st.binary(min_size=1, max_size=400)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 0xFFFF),
)
def test_units_come_together_again(parts: list[tuple[int, bytes]], first: int) -> None:
    units = [bytes((kind,)) + body for kind, body in parts]
    packets = Packetiser(7, first, largest_payload=50).packets(units, 123)
    assert joined(packets) == units
    assert all(len(packet) <= 62 for packet in packets)
    assert [packet[1] for packet in packets] == [96] * (len(packets) - 1) + [96 | 0x80]
    numbers = [unpack(">H", packet[2:4])[0] for packet in packets]
    assert numbers == [(first + place) & 0xFFFF for place in range(len(packets))]


def test_a_header_says_version_type_time_and_source() -> None:
    [packet] = Packetiser(0xCAFE, 65535).packets([b"\x65abc"], 2**32 + 5)
    assert packet == bytes.fromhex("80e0ffff000000050000cafe") + b"\x65abc"


def test_a_byte_stream_is_taken_apart_at_its_start_codes() -> None:
    stream = b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65\0\0\3\1d"
    assert nal_units(stream) == [b"\x67ab", b"\x68c", b"\x65\0\0\3\1d"]
    assert nal_units(b"") == []


def test_a_report_tells_the_wall_clock_and_what_was_sent() -> None:
    stream = Packetiser(9, 0)
    stream.packets([b"\x65" + b"x" * 99], 90_000)
    report = stream.sender_report(1_000_000_000.5, 90_000, "belt")
    kind, words, ssrc, seconds, fraction, timestamp, packets, octets = unpack(">xBHIIIIII", report[:28])
    assert (kind, words, ssrc, timestamp, packets, octets) == (200, 6, 9, 90_000, 1, 100)
    assert (seconds - 2_208_988_800, fraction) == (1_000_000_000, 2**31)
    description = report[28:]
    assert unpack(">BBHI", description[:8]) == (0x81, 202, len(description) // 4 - 1, 9)
    assert description[8:] == b"\x01\x04belt\0\0"
