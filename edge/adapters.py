"""All of a line's agent that touches the world; on wires the drivers, in memory the plant's."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from devices.interfaces import Camera, Conveyor, CtScanner, Scale, Scanner
from edge.imaging import Imaging
from edge.interfaces import Aside, ClearanceSource, MediaCentre, MqttClient, Reviewer, Worker


class Adapters(Struct):
    """What `edge.composition` puts an agent together from.

    `client` is given topic and content of the last will, `reviewer` the imaging it is to tell. `new_id` makes
    32 fresh hexadecimal digits, `salt` 16 random bytes. `state_every_s`: how often the line says how it
    stands; `roll_every_s`: how often its evidence is looked through for what may go.
    """

    conveyor: Conveyor
    scanners: Sequence[Scanner]
    scale: Scale | None
    ct: CtScanner | None
    cameras: Sequence[Camera]
    reviewer: Callable[[Imaging], Reviewer]
    client: Callable[[tuple[str, bytes]], MqttClient]
    clearance: ClearanceSource
    media: MediaCentre
    worker: Callable[[str], Worker]
    aside: Aside
    now_s: Callable[[], float]
    wall: Callable[[], datetime]
    new_id: Callable[[], str]
    salt: Callable[[], bytes]
    state_every_s: float = 0.25
    roll_every_s: float = 10.0
