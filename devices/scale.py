"""An in-motion scale that speaks MT-SICS on a serial line: one weight per item, as it leaves the belt."""

from collections.abc import Callable

from devices.framing.mt_sics import MtSics, Weighing
from devices.interfaces import Health, WeightRead
from devices.serial_reader import SerialReader
from devices.transports.serial_line import SerialLine

GREETING = b"I4\r\n"  # who are you; not SIR, which makes a scale repeat the empty belt's weight as well


class SerialScale:
    """A `devices.interfaces.Scale`; its line greets with `GREETING`, `clock` is the line's."""

    def __init__(self, name: str, line: SerialLine, framing: MtSics, clock: Callable[[], float]) -> None:
        self._reader: SerialReader[Weighing] = SerialReader(name, line, framing, clock)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._reader.name

    def health(self) -> Health:
        """Its account of itself."""
        return self._reader.health()

    async def run(self, emit: Callable[[WeightRead], None]) -> None:
        """Emit every weight until cancelled; `at_s` is when its reply began to be sent."""
        await self._reader.run(
            lambda item: emit(WeightRead(self.name, item.begun_s, item.weight_g, item.stable, item.raw))
        )

    async def write(self, command: bytes) -> None:
        """Send a command, for instance `Z` for zero; LinkDown if the line is not open."""
        await self._reader.write(command)
