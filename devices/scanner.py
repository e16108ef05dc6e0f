"""A barcode scanner on a serial line; what its bytes mean is its framing's business."""

from collections.abc import Callable

from devices.framing.codes import CodeFrame
from devices.interfaces import CodesRead, Health
from devices.serial_reader import Framing, SerialReader
from devices.transports.serial_line import SerialLine


class SerialScanner:
    """A `devices.interfaces.Scanner`; `clock` is the line's."""

    def __init__(
        self, name: str, line: SerialLine, framing: Framing[CodeFrame], clock: Callable[[], float]
    ) -> None:
        self._reader = SerialReader(name, line, framing, clock)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._reader.name

    def health(self) -> Health:
        """Its account of itself."""
        return self._reader.health()

    async def run(self, emit: Callable[[CodesRead], None]) -> None:
        """Emit every frame until cancelled; `at_s` is when the frame began to be sent."""
        await self._reader.run(
            lambda frame: emit(CodesRead(self.name, frame.begun_s, frame.codes, frame.raw))
        )

    async def write(self, command: bytes) -> None:
        """Send a command, for instance DMCC's `||>TRIGGER ON`; LinkDown if the line is not open."""
        await self._reader.write(command)
