"""The controller's watch over the agent: any change of the heartbeat counts, silence closes the induction."""

from dataclasses import dataclass

LIMIT_MS = 1500


@dataclass
class Watchdog:
    """Whether the agent is alive, by its heartbeat register; times are the controller's."""

    silent_ms: int = 0
    ever_alive: bool = False
    _heartbeat: int | None = None
    _changed_ms: int = 0

    @property
    def alive(self) -> bool:
        """Whether the heartbeat changed not longer than LIMIT_MS ago."""
        return self.ever_alive and self.silent_ms <= LIMIT_MS

    def look(self, heartbeat: int, time_ms: int) -> None:
        """Take the register's value at a scan; the first one seen tells nothing yet."""
        if self._heartbeat is not None and heartbeat != self._heartbeat:
            self._changed_ms = time_ms
            self.ever_alive = True
        self._heartbeat = heartbeat
        self.silent_ms = time_ms - self._changed_ms
