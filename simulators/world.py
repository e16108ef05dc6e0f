"""One line's world: belt and controller stepped together, scan by scan, without any input or output.

The caller owns the clock: `update(now_s, inputs)` runs the scans that are due and returns what they yield.
The same seed and the same inputs at the same times give the same outputs.
"""

from collections.abc import Iterable, Iterator
from random import Random

from msgspec.structs import replace

from config.settings import Line
from simulators.belt import Belt
from simulators.chronicle import Chronicle
from simulators.contract import CtState, Event, EventKind, State, Status
from simulators.controller import Controller, Inputs
from simulators.eyes import Eyes
from simulators.infeed import Infeed
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.mishaps import Mishaps
from simulators.outputs import Outputs, ruled
from simulators.parcels import Parcel
from simulators.signals import EyeMade, Item, LaneEntered, Scanned, Signal, TunnelPassed, Weighed
from simulators.truth import LineCleared, Truth
from simulators.tunnel import Tunnel

SCAN_S = 0.01  # unless another is asked for
SILENCE_MS = 500  # an agent silent for longer has missed something
_NEAR_MM = 250.0  # from an eye that sees a stranger: what may be taken for it


class World:
    """The plant of one line.

    Args:
        line: its settings.
        stream: the parcels to feed, in order.
        seed: for pitch, scale noise and what faults do.
        epoch: the controller's boot epoch, not 0.
        start_s: the caller's clock at boot.
        scan_s: how long a scan of the controller takes; sensors keep their exact places whatever it is.
        energies: of one scan of the line's CT scanner, in the order they are sent.
        faults: what goes wrong on the belt; None: nothing ever.
    """

    def __init__(
        self,
        line: Line,
        stream: Iterator[Parcel],
        *,
        seed: int,
        epoch: int,
        start_s: float = 0.0,
        scan_s: float = SCAN_S,
        energies: tuple[str, ...] = ("low", "high"),
        faults: FaultBoard | None = None,
    ) -> None:
        random = Random(f"{seed} world")  # noqa: S311  a plant, not a secret
        self._line = line
        self._infeed = Infeed(stream, random)
        self._belt = Belt(line, self._infeed, random)
        self._controller = Controller(line, epoch)
        ids = Random(f"{seed} scan ids")  # noqa: S311
        self._tunnel = None if line.ct is None else Tunnel(line, line.ct, energies, ids)
        chance = Random(f"{seed} mishaps")  # noqa: S311
        self._eyes = None if faults is None else Eyes(line, faults, chance)
        self._mishaps = None if faults is None else Mishaps(line, self._belt, faults, chance)
        self._scans = 0
        self._start_s = start_s
        self._scan_s = scan_s
        self._scan_mm = line.belt.speed_mm_s * scan_s
        self._boot_scan = 0
        self._ran = False  # the belt, in the last scan
        self._chronicle = Chronicle(line)
        self._untold: list[Truth] = []  # of what happened between two updates

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
        outputs = Outputs(self._controller)
        outputs.truth, self._untold = self._untold, []
        due = int((now_s - self._start_s) / self._scan_s + 1e-6)
        while self._scans < due:
            self._scans += 1
            self._scan(inputs, outputs)
            if inputs.commands:
                inputs = replace(inputs, commands=())
        return outputs

    def restart_controller(self, epoch: int) -> None:
        """Power-cycle the controller: it forgets every item; the belt stands until the agent is alive, and if
        it was aborted, until a hand has been there."""
        aborted = self._controller.state in (State.ABORTING, State.ABORTED)
        restarted = Fault.CONTROLLER_RESTARTED
        self._chronicle.disturbed(self._belt.items, restarted, self.scanned_at_s, self._untold)
        travel_mm, in_loop = self._belt.travel_mm, self._infeed.in_loop
        self._controller = Controller(self._line, epoch, travel_mm, in_loop, aborted=aborted)
        self._boot_scan, self._ran = self._scans, False

    def disturb(self, items: Iterable[Item]) -> None:
        """A fault on a wire touched these items: what becomes of them is the fault's as well."""
        for item in items:
            item.touched = item.disturbed = True

    def take_away(self, item: Item) -> None:
        """Somebody lifts an item off the belt: a fault for it and for the controller."""
        self._chronicle.disturbed((item,), Fault.ITEM_REMOVED, self.scanned_at_s, self._untold)
        self._take(item, self.scanned_at_s, self._untold)

    def kept(self) -> dict[str, int]:
        """How much it holds of items, by what for: nothing of those whose trips have ended."""
        return {
            "items": len(self._belt.items),
            "names": len(self._chronicle),
            "tracked": len(self._controller.tracked),
            "in the tunnel": 0 if self._tunnel is None else self._tunnel.held,
        }

    def empty_lane(self, lane: int) -> None:
        """Somebody clears a lane."""
        self._belt.empty_lane(lane)

    @property
    def scanned_at_s(self) -> float:
        """When the last scan was."""
        return self._start_s + self._scans * self._scan_s

    def _scan(self, inputs: Inputs, outputs: Outputs) -> None:
        controller, belt, tunnel = self._controller, self._belt, self._tunnel
        now_s = self.scanned_at_s
        if self._mishaps is not None:
            inputs = self._befall(self._mishaps, now_s, inputs, outputs)
        runs = controller.belt_runs
        signals = belt.advance(
            self._scan_mm if runs else 0.0,
            now_s,
            induction_open=controller.induction_open,
            diverters_out=controller.diverters_out,
        )
        seen = signals
        if self._eyes is not None and (signals or self._eyes.waiting):
            seen = self._eyes.see(signals, belt.travel_mm)
        if tunnel is not None and (signals or tunnel.is_due(now_s, belt.travel_mm)):
            self._look_into(tunnel, signals, now_s, outputs)
        time_ms = round((self._scans - self._boot_scan) * self._scan_s * 1000)
        events, results = controller.scan(
            time_ms,
            belt.travel_mm,
            seen,
            inputs,
            self._full_lanes(),
            CtState.READY if tunnel is None else tunnel.state,
        )
        if signals or seen or events or results:
            outputs.events += events
            outputs.results += results
            if inducted := [each.item for each in signals if isinstance(each, EyeMade) and each.eye == 0]:
                epoch = controller.epoch
                self._chronicle.inducted(inducted, events, epoch, now_s, time_ms, outputs)
            for signal in signals:
                self._report(signal, now_s, outputs)
            outputs.truth += ruled(controller.epoch, self._line.belt.decide_eye, events, results)
            if self._eyes is not None:
                self._blame_eyes(self._eyes, events, now_s, outputs)
        if not controller.induction_open or controller.watchdog.silent_ms > SILENCE_MS:
            self.disturb(belt.items)
        if self._ran and not runs and self._mishaps is not None:
            self._chronicle.disturbed(belt.items, self._mishaps.cause, now_s, outputs.truth)
        self._ran = runs

    def _full_lanes(self) -> frozenset[int]:
        full = self._belt.full_lanes
        if self._mishaps is None or not self._mishaps.full:
            return full
        return full | self._mishaps.full

    def _befall(self, mishaps: Mishaps, now_s: float, inputs: Inputs, outputs: Outputs) -> Inputs:
        """What happens on the belt before this scan; the inputs with what hands at the line press."""
        mishaps.look(now_s, self._controller)
        for item in mishaps.laid:
            self._chronicle.laid(item, now_s, outputs.truth)
        for item, fault in mishaps.disturbed:
            self._chronicle.disturbed((item,), fault, now_s, outputs.truth)
        for item in mishaps.taken:
            self._take(item, now_s, outputs.truth)
            outputs.ended.append(item)
        mishaps.laid, mishaps.disturbed, mishaps.taken = [], [], []
        if not (mishaps.stopped or mishaps.emergency or mishaps.started):
            return inputs
        if mishaps.started:
            outputs.truth.append(LineCleared(now_s))
        stopped = inputs.stopped_by_hand or mishaps.stopped
        return Inputs(inputs.heartbeat, inputs.commands, stopped, mishaps.emergency, mishaps.started)

    def _blame_eyes(self, eyes: Eyes, events: list[Event], now_s: float, outputs: Outputs) -> None:
        """Who is doubtful for what the eyes did not see, or saw though nobody expected it."""
        for item, fault in eyes.disturbed:
            self._chronicle.disturbed((item,), fault, now_s, outputs.truth)
            if item.stray and item.gap_ahead_mm is not None:  # missed at the induction: those beside it too
                place = self._belt.items.index(item)
                beside = self._belt.items[max(0, place - 1) : place]
                self._chronicle.disturbed(beside, fault, now_s, outputs.truth)
        eyes.disturbed = []
        eyes_mm = self._line.belt.eyes_mm
        for event in events:
            if event.kind is EventKind.UNEXPECTED and event.point < len(eyes_mm):
                near = [item for item in self._belt.items if self._covers(item, eyes_mm[event.point])]
                self._chronicle.disturbed(near, Fault.EYE_DOUBLED, now_s, outputs.truth)

    def _covers(self, item: Item, place_mm: float) -> bool:
        front_mm = self._belt.travel_mm - item.front_zero_mm
        return front_mm - item.parcel.length_mm - _NEAR_MM <= place_mm <= front_mm + _NEAR_MM

    def _take(self, item: Item, now_s: float, truth: list[Truth]) -> None:
        """Off the belt, to the bench."""
        self._chronicle.taken(item, now_s, truth)
        self._belt.take_away(item)
        if self._tunnel is not None:
            self._tunnel.taken(item)
            self._tunnel.gone(item)

    def _look_into(self, tunnel: Tunnel, signals: list[Signal], now_s: float, outputs: Outputs) -> None:
        """What the CT scanner makes of the items that came by, each at its own moment within this scan."""
        travel_mm, speed_mm_s = self._belt.travel_mm, self._line.belt.speed_mm_s
        passed = [
            (now_s - (travel_mm - signal.at_mm) / speed_mm_s, signal)
            for signal in signals
            if isinstance(signal, TunnelPassed)
        ]
        if not passed and not tunnel.is_due(now_s, travel_mm):
            return
        names: dict[Item, tuple[int, int]] = {}
        if passed:
            names = self._chronicle.names_of(self._controller.epoch)
        outputs.scans += tunnel.step(now_s, travel_mm, passed, names)
        for item in tunnel.touched():
            item.touched = True
        self._chronicle.unscanned(tunnel.unscanned(), outputs.truth)

    def _report(self, signal: Signal, now_s: float, outputs: Outputs) -> None:
        match signal:
            case Scanned():
                outputs.sights.append(signal)
            case Weighed():
                outputs.weights.append(signal)
            case LaneEntered(item=item):
                self._chronicle.entered(signal, now_s, outputs.truth)
                if self._tunnel is not None:
                    self._tunnel.gone(item)
                outputs.ended.append(item)
            case _:
                pass
