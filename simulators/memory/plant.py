"""The plant beside the agent: advances the world by the virtual clock and shares out what it yields."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from simulators.belt import Item, Scanned, Weighed
from simulators.contract import Command, Event, Result
from simulators.controller import Inputs
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.scan_plan import ScanMade
from simulators.truth import Disturbed, TripBegan, Truth
from simulators.world import Outputs, World

RING_SLOTS = 2000
_OVERRUN_LEAVES = 3  # events the ring still holds when it was overrun

Name = tuple[int, int]  # what the controller calls an item: epoch, tracking id


@dataclass
class Listeners:
    """Who is told what the world yields, at the moment it happens; what has no name is on nobody's list."""

    truth: Callable[[Truth], None]
    sight: Callable[[Scanned, Name | None], None] = lambda _sight, _name: None
    weight: Callable[[Weighed, Name | None], None] = lambda _weight, _name: None
    scan: Callable[[ScanMade], None] = lambda _made: None


@dataclass
class Ring:
    """The controller's event ring as the agent reads it."""

    epoch: int
    newest: int = 0
    events: deque[tuple[int, Event]] = field(default_factory=lambda: deque(maxlen=RING_SLOTS))

    def post(self, event: Event) -> None:
        """Write the next slot."""
        self.newest += 1
        self.events.append((self.newest, event))

    def beyond(self, known: int) -> list[tuple[int, Event]]:
        """What it still holds of the events after that one, oldest first."""
        first = len(self.events) - min(len(self.events), self.newest - known)
        return [self.events[place] for place in range(first, len(self.events))]

    def overrun(self) -> None:
        """The slots are written over before anybody read them."""
        while len(self.events) > _OVERRUN_LEAVES:
            self.events.popleft()


class MemoryPlant:
    """One line's plant in memory.

    Args:
        world: the belt and its controller.
        now_s: the virtual clock.
        faults: what goes wrong now.
        listeners: told what happens.
    """

    def __init__(
        self, world: World, now_s: Callable[[], float], faults: FaultBoard, listeners: Listeners
    ) -> None:
        self.world, self._now_s, self._faults, self._listeners = world, now_s, faults, listeners
        self.heartbeat = 0
        self.ring = Ring(world.status.epoch)
        self.status = world.status
        self.results: list[Result] = []
        self._commands: list[Command] = []
        self._names: dict[Item, Name] = {}

    @property
    def names(self) -> dict[Item, Name]:
        """The items on the belt, and what the controller first called them."""
        return self._names

    def command(self, command: Command) -> None:
        """A lane command reaches the controller; it acts with the next scan."""
        self._commands.append(command)

    def advance(self) -> None:
        """Let the world go on to this moment."""
        commands, self._commands = tuple(self._commands), []
        outputs = self.world.update(self._now_s(), Inputs(self.heartbeat, commands))
        if commands and not self._taken(outputs, commands):
            self._commands[:0] = commands  # no scan was due yet
        self._share(outputs)

    def restart_controller(self) -> None:
        """Power-cycle it: a fresh epoch, ids and counts from the beginning."""
        self.advance()
        self.world.restart_controller(self.ring.epoch + 1)
        self.status = self.world.status
        self.ring = Ring(self.status.epoch)
        self.results, self._commands = [], []

    def overrun_ring(self) -> None:
        """Events are lost unread: everything on the belt may be sent to the bench for it."""
        if len(self.ring.events) > _OVERRUN_LEAVES:
            self._faults.count(Fault.RING_OVERRUN)
            self.ring.overrun()
            self.disturb(self._names, Fault.RING_OVERRUN)

    def disturb(self, items: Iterable[Item], fault: Fault) -> None:
        """A fault touched these."""
        touched = [item for item in items if item in self._names]
        self.world.disturb(touched)
        for item in touched:
            epoch, tracking_id = self._names[item]
            self._listeners.truth(Disturbed(epoch, tracking_id, fault, self._now_s()))

    def near(self, item: Item, reach_mm: float = 1500.0) -> Iterator[Item]:
        """The item and what lies within reach of it."""
        for other in self._names:
            if abs(other.front_zero_mm - item.front_zero_mm) <= reach_mm:
                yield other

    def _taken(self, outputs: Outputs, commands: tuple[Command, ...]) -> bool:
        return len(outputs.results) >= len(commands)

    def _share(self, outputs: Outputs) -> None:
        inducted = iter(outputs.inducted)
        for record in outputs.truth:
            if isinstance(record, TripBegan):
                self._names[next(inducted)] = (record.epoch, record.tracking_id)
        for event in outputs.events:
            self.ring.post(event)
        self.results += outputs.results
        self.status = outputs.status
        for record in outputs.truth:
            self._listeners.truth(record)
        for sight in outputs.sights:
            self._listeners.sight(sight, self._names.get(sight.item))
        for weight in outputs.weights:
            self._listeners.weight(weight, self._names.get(weight.item))
        for made in outputs.scans:
            self._listeners.scan(made)
        for item in outputs.ended:
            self._names.pop(item, None)
