"""How other software fared at the same: measured peers.

Theirs is one register of a controller that changes N times a second, to MQTT QoS 1 through mosquitto, on 2
cores. Redpeak's row counts parcels: from the event of an item's lane at the controller to its record, which
is journalled on the way and stands for six events and three readings of that item.
"""

from msgspec import Struct


class Peer(Struct, frozen=True):
    """One row: shares in percent at 5, 20 and 50 a second, latencies in ms at 50 a second."""

    name: str
    missed: tuple[float, float, float]
    p50_ms: float
    p99_ms: float
    cpu_percent: float
    broker_killed_20s: str
    killed_5s: str
    plc_link_dead_20s: str


MEASURED_PEERS = (
    Peer(
        "bare pymodbus + paho loop, no disk",
        (0, 0, 0),
        0.5,
        0.9,
        42,
        "0 lost, back in 1.0 s",
        "25 lost",
        "back in 0.2 s",
    ),
    Peer("Node-RED 4.1", (0, 0, 0), 1.1, 3.3, 18, "101 of 101 lost", "33 lost", "back in 1.0 s, 4 missed"),
    Peer(
        "ThingsBoard gateway 3.8",
        (0, 50, 80),
        116,
        129,
        10.5,
        "0 lost, back after 15 s",
        "28 lost",
        "back in 0.25–1.7 s, 0–8 missed",
    ),
)
