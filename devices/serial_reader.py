"""What all devices on a serial line have in common: bytes in, frames out, and an honest account of both."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar, assert_never

from devices.health import HealthRecord
from devices.interfaces import Health
from devices.transports.serial_line import LineEvent, Lost, Opened, Received, SerialLine

_Frame = TypeVar("_Frame")
_Frame_co = TypeVar("_Frame_co", covariant=True)


class Framing(Protocol[_Frame_co]):
    """A vendor's bytes to frames; pure: time comes in with the bytes."""

    @property
    def errors(self) -> int:
        """What was dropped or refused so far."""
        ...

    def feed(self, chunk: bytes, at_s: float) -> Sequence[_Frame_co]:
        """The frames that end in `chunk`, whose last byte came at `at_s`."""
        ...

    def reset(self) -> None:
        """Forget a frame begun: the line was interrupted."""
        ...


class SerialReader(Generic[_Frame]):
    """Reads frames from a line and keeps the device's health.

    Args:
        name: of the device.
        line: where its bytes come from.
        framing: where its frames begin and end.
        clock: monotonic seconds, the line's.
    """

    def __init__(
        self, name: str, line: SerialLine, framing: Framing[_Frame], clock: Callable[[], float]
    ) -> None:
        self.name = name
        self._line = line
        self._framing = framing
        self._health = HealthRecord(name, clock)
        self._errors_counted = 0

    def health(self) -> Health:
        """The device's account of itself: DEGRADED from a bad frame to the next good one."""
        return self._health.now

    async def run(self, take: Callable[[_Frame], None]) -> None:
        """Hand over every frame until cancelled."""

        def hear(event: LineEvent) -> None:
            match event:
                case Opened():
                    self._health.become_online()
                case Lost(reason):
                    self._framing.reset()
                    self._health.become_offline(reason, errors=self._new_errors())
                case Received(chunk, at_s):
                    for frame in self._frames(chunk, at_s):
                        take(frame)
                case _:
                    assert_never(event)

        await self._line.run(hear)

    async def write(self, command: bytes) -> None:
        """Send a command; LinkDown if the line is not open."""
        await self._line.write(command)

    def _frames(self, chunk: bytes, at_s: float) -> Sequence[_Frame]:
        frames = self._framing.feed(chunk, at_s)
        errors = self._new_errors()
        if errors:
            self._health.become_degraded("garbage or a refused command on the line", errors)
        elif frames:
            self._health.become_online()
        self._health.count(len(frames))
        return frames

    def _new_errors(self) -> int:
        new, self._errors_counted = self._framing.errors - self._errors_counted, self._framing.errors
        return new
