"""Registers that behave as the sorter contract says, behind a link that breaks when told to.

The addresses stand here as bare numbers: a mistake in how the profile is read shows.
"""

from collections.abc import Callable, Sequence

from devices.errors import LinkDown
from devices.interfaces import CommandOutcome, ItemEventKind, PackMlState, Poll

RING, SLOTS, SLOT = 1000, 2000, 12
STATUS, RESULTS, COMMANDS, AGENT = 0, 60, 100, 164
HIGHEST = 0xFFFFFFFF


class Registers:
    """A controller's registers behind a link."""

    def __init__(self, epoch: int = 7) -> None:
        self.words = [0] * 0x10000
        self.connected = False
        self.connections = 0
        self.reachable = True
        self.requests: list[tuple[str, int, int]] = []
        self.before_read: Callable[[int], None] = lambda address: None
        self.before_write: Callable[[int], None] = lambda address: None
        self.boot(epoch)

    def boot(self, epoch: int) -> None:
        """A fresh controller: the agent's areas and the ring are empty."""
        self.words[:] = [0] * len(self.words)
        self.put(STATUS, 0x52505343)
        self.words[STATUS + 2 : STATUS + 4] = [1, PackMlState.EXECUTE]
        self.put(STATUS + 4, epoch)
        self.words[STATUS + 7] = 0b01
        self.words[STATUS + 12 : STATUS + 14] = [2000, 0b1_0000_0000_0001_1111]
        self.words[STATUS + 20 : STATUS + 22] = [1500, SLOTS]

    def put(self, address: int, value: int) -> None:
        self.words[address : address + 2] = [value >> 16, value & 0xFFFF]

    def number(self, address: int) -> int:
        return self.words[address] << 16 | self.words[address + 1]

    @property
    def newest(self) -> int:
        return self.number(STATUS + 18)

    def begin_event(self) -> int:
        """The slot of the next event, marked as being written."""
        address = RING + self.newest % SLOTS * SLOT
        self.put(address, 0)
        return address

    def happen(self, kind: int = ItemEventKind.EYE, tracking_id: int = 1, **values: int) -> None:
        sequence, address = self.newest + 1, self.begin_event()
        self.words[address + 2 : address + 4] = [kind, values.get("point", 0)]
        self.put(address + 4, tracking_id)
        self.put(address + 6, values.get("encoder_mm", 0))
        self.put(address + 8, values.get("time_ms", 0))
        self.put(address + 10, values.get("detail", 0))
        self.put(address, sequence)
        self.put(STATUS + 18, sequence)

    def count_on(self, newest: int) -> None:
        """As if that many events had happened before: they lie in the ring as far as it goes."""
        self.put(STATUS + 18, max(0, newest - SLOTS))
        while self.newest < newest:
            self.happen()

    def answer(self, outcome: int = CommandOutcome.ACCEPTED) -> list[tuple[int, int, int, int]]:
        """Act on every command not yet acted on: (epoch, tracking id, lane, sequence) of each."""
        acted: list[tuple[int, int, int, int]] = []
        for slot in range(8):
            command, result = COMMANDS + 8 * slot, RESULTS + 4 * slot
            sequence = self.number(command + 6)
            if sequence != self.number(result):
                fields = self.number(command), self.number(command + 2), self.words[command + 4], sequence
                acted.append(fields)
                self.words[result + 2] = outcome
                self.put(result, sequence)
        return acted

    def cut(self) -> None:
        self.connected = False

    async def read(self, address: int, count: int) -> Sequence[int]:
        self._reach()
        self.requests.append(("read", address, count))
        assert count <= 125
        assert address + count <= RING + SLOTS * SLOT
        self.before_read(address)
        return tuple(self.words[address : address + count])

    async def write(self, address: int, words: Sequence[int]) -> None:
        self._reach()
        self.requests.append(("write", address, len(words)))
        self.before_write(address)
        assert all(0 <= word <= 0xFFFF for word in words)
        self.words[address : address + len(words)] = words

    async def close(self) -> None:
        self.cut()

    def _reach(self) -> None:
        if not self.reachable:
            self.connected = False
            raise LinkDown("conveyor: away")
        if not self.connected:
            self.connected = True
            self.connections += 1


def sequences(poll: Poll) -> list[int]:
    """The numbers of the events a poll brought."""
    return [event.sequence for event in poll.events]
