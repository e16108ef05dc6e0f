"""One line's world: belt and controller stepped together in scans of 10 ms, without any input or output.

The caller owns the clock: `update(now_s, inputs)` runs the scans that are due and returns what they yield.
The same seed and the same inputs at the same times give the same outputs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from config.settings import Line
from simulators.belt import Belt, EyeMade, Item, LaneEntered, Scanned, Signal, TunnelPassed, Weighed
from simulators.contract import CtState, Event, EventKind, Outcome, Result, Status
from simulators.controller import Controller, Inputs
from simulators.infeed import Infeed
from simulators.parcels import Parcel
from simulators.scan_plan import ScanMade
from simulators.truth import (
    CutoffPassed,
    DecisionDue,
    LaneAccepted,
    ParcelMade,
    TripBegan,
    TripEnded,
    Truth,
    Unscanned,
)
from simulators.tunnel import Tunnel

SCAN_S = 0.01
SILENCE_MS = 500  # an agent silent for longer has missed something


@dataclass
class Outputs:
    """What one update yields, in order; `status` is that of its last scan."""

    status: Status
    events: list[Event] = field(default_factory=list[Event])
    results: list[Result] = field(default_factory=list[Result])
    sights: list[Scanned] = field(default_factory=list[Scanned])
    weights: list[Weighed] = field(default_factory=list[Weighed])
    inducted: list[Item] = field(default_factory=list[Item])  # its contents can be known from now on
    scans: list[ScanMade] = field(default_factory=list[ScanMade])
    ended: list[Item] = field(default_factory=list[Item])  # their trips
    truth: list[Truth] = field(default_factory=list[Truth])


class World:
    """The plant of one line.

    Args:
        line: its settings.
        stream: the parcels to feed, in order.
        seed: for pitch and scale noise.
        epoch: the controller's boot epoch, not 0.
        start_s: the caller's clock at boot.
        energies: of one scan of the line's CT scanner, in the order they are sent.
    """

    def __init__(
        self,
        line: Line,
        stream: Iterator[Parcel],
        *,
        seed: int,
        epoch: int,
        start_s: float = 0.0,
        energies: tuple[str, ...] = ("low", "high"),
    ) -> None:
        random = Random(f"{seed} world")  # noqa: S311  a plant, not a secret
        self._line = line
        self._infeed = Infeed(stream, random)
        self._belt = Belt(line, self._infeed, random)
        self._controller = Controller(line, epoch)
        ids = Random(f"{seed} scan ids")  # noqa: S311
        self._tunnel = None if line.ct is None else Tunnel(line, line.ct, energies, ids)
        self._scans = 0
        self._start_s = start_s
        self._boot_scan = 0
        self._ids: dict[Item, tuple[int, int]] = {}  # what the controller calls each item: epoch, tracking id
        self._touched: set[Item] = set()

    @property
    def empty(self) -> bool:
        """Whether every parcel of the stream lies in a lane for good."""
        return self._infeed.exhausted and not self._belt.items

    @property
    def items(self) -> tuple[Item, ...]:
        """What is on the belt, first inducted first."""
        return tuple(self._belt.items)

    @property
    def travel_mm(self) -> float:
        """How far the belt has travelled since the world began."""
        return self._belt.travel_mm

    @property
    def status(self) -> Status:
        """The controller's status as of its last scan."""
        return self._controller.status()

    def update(self, now_s: float, inputs: Inputs) -> Outputs:
        """Run every scan due until `now_s`; commands act in the first of them."""
        outputs = Outputs(self._controller.status())
        due = int((now_s - self._start_s) / SCAN_S + 1e-6)
        while self._scans < due:
            self._scans += 1
            self._scan(inputs, outputs)
            if inputs.commands:
                inputs = Inputs(inputs.heartbeat, (), inputs.stopped_by_hand)
        outputs.status = self._controller.status()
        return outputs

    def restart_controller(self, epoch: int) -> None:
        """Power-cycle the controller: it forgets every item; the belt stands until the agent is alive."""
        self._touched.update(self._belt.items)
        self._controller = Controller(self._line, epoch, self._belt.travel_mm, self._infeed.in_loop)
        self._boot_scan = self._scans

    def disturb(self, items: Iterable[Item]) -> None:
        """A fault on a wire touched these items: what becomes of them is the fault's as well."""
        self._touched.update(items)

    def take_away(self, item: Item) -> None:
        """Somebody lifts an item off the belt: a fault for it and for the controller."""
        self._belt.take_away(item)

    def empty_lane(self, lane: int) -> None:
        """Somebody clears a lane."""
        self._belt.empty_lane(lane)

    def _scan(self, inputs: Inputs, outputs: Outputs) -> None:
        controller = self._controller
        now_s = self._start_s + self._scans * SCAN_S
        signals = self._belt.advance(
            self._line.belt.speed_mm_s * SCAN_S if controller.belt_runs else 0.0,
            now_s,
            induction_open=controller.induction_open,
            diverters_out=controller.diverters_out,
        )
        outputs.scans += self._scan_images(signals, now_s)
        if self._tunnel is not None:
            named = [self._ids[item] for item in self._tunnel.unscanned() if item in self._ids]
            outputs.truth += [Unscanned(*name) for name in named]
        time_ms = round((self._scans - self._boot_scan) * SCAN_S * 1000)
        events, results = controller.scan(
            time_ms,
            self._belt.travel_mm,
            signals,
            inputs,
            self._belt.full_lanes(),
            CtState.READY if self._tunnel is None else self._tunnel.state,
        )
        outputs.events += events
        outputs.results += results
        self._name_inducted(signals, events, now_s, time_ms, outputs)
        for signal in signals:
            self._report(signal, now_s, outputs)
        outputs.truth += self._rulings(events, results)
        if not controller.induction_open or controller.watchdog.silent_ms > SILENCE_MS:
            self._touched.update(self._belt.items)

    def _scan_images(self, signals: list[Signal], now_s: float) -> Iterator[ScanMade]:
        """What the CT scanner makes of the items that came by, each at its own moment within this scan."""
        if self._tunnel is None:
            return
        travel_mm, speed_mm_s = self._belt.travel_mm, self._line.belt.speed_mm_s
        passed = [
            (now_s - (travel_mm - signal.at_mm) / speed_mm_s, signal)
            for signal in signals
            if isinstance(signal, TunnelPassed)
        ]
        names: dict[Item, tuple[int, int]] = {}
        if passed:
            epoch = self._controller.epoch
            names = {item: name for item, name in self._ids.items() if name[0] == epoch}
        yield from self._tunnel.step(now_s, passed, names)
        self._touched.update(self._tunnel.touched())

    def _name_inducted(
        self, signals: list[Signal], events: list[Event], now_s: float, time_ms: int, outputs: Outputs
    ) -> None:
        """Note which tracking id each newly inducted item got; sensor and event order are the same."""
        made = [signal.item for signal in signals if isinstance(signal, EyeMade) and signal.eye == 0]
        if not made:
            return
        epoch = self._controller.epoch
        ids = [event.tracking_id for event in events if event.kind is EventKind.INDUCTED]
        for item, tracking_id in zip(made, ids, strict=True):
            parcel = item.parcel
            self._ids[item] = (epoch, tracking_id)
            outputs.inducted.append(item)
            if item.trip == 0:
                outputs.truth.append(
                    ParcelMade(
                        parcel.number,
                        parcel.category,
                        parcel.right,
                        parcel.courier,
                        parcel.destination,
                        parcel.weight_g,
                        parcel.length_mm,
                        parcel.copy_of,
                    )
                )
            outputs.truth.append(
                TripBegan(parcel.number, item.trip, epoch, tracking_id, item.gap_ahead_mm, now_s, time_ms)
            )

    def _report(self, signal: Signal, now_s: float, outputs: Outputs) -> None:
        match signal:
            case Scanned():
                outputs.sights.append(signal)
            case Weighed():
                outputs.weights.append(signal)
            case LaneEntered(item=item, lane=lane):
                epoch, tracking_id = self._ids.pop(item)
                touched = item in self._touched
                self._touched.discard(item)
                role = self._line.lane(lane).role
                outputs.ended.append(item)
                outputs.truth.append(
                    TripEnded(item.parcel.number, item.trip, epoch, tracking_id, lane, role, touched, now_s)
                )
            case _:
                pass

    def _rulings(self, events: list[Event], results: list[Result]) -> Iterator[Truth]:
        epoch = self._controller.epoch
        for event in events:
            if event.kind is EventKind.EYE and event.point == self._line.belt.decide_eye:
                yield DecisionDue(epoch, event.tracking_id, event.time_ms)
            elif event.kind is EventKind.DECIDED:
                yield CutoffPassed(epoch, event.tracking_id, event.time_ms)
        for result in results:
            if result.outcome is Outcome.ACCEPTED:
                yield LaneAccepted(
                    result.command.epoch, result.command.tracking_id, result.command.lane, result.time_ms
                )
