"""A device's account of itself, as its driver keeps it: the state, since when, and the counts."""

from collections.abc import Callable

from msgspec.structs import replace

from devices.interfaces import DeviceState, Health


class HealthRecord:
    """Starts as CONNECTING; `since_s` moves only when the state does.

    Args:
        device: its name in the site file.
        clock: monotonic seconds.
    """

    def __init__(self, device: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._health = Health(device=device, state=DeviceState.CONNECTING, since_s=clock())

    @property
    def now(self) -> Health:
        """The account as it stands."""
        return self._health

    def count(self, readings: int) -> None:
        """Readings that were understood."""
        if readings:
            self._health = replace(self._health, readings=self._health.readings + readings)

    def become_online(self, detail: str = "") -> None:
        """It answers as it should."""
        self._become(DeviceState.ONLINE, detail, errors=0)

    def become_degraded(self, detail: str, errors: int = 1) -> None:
        """It answers, but `errors` times not as it should; `detail` never holds what it read."""
        self._become(DeviceState.DEGRADED, detail, errors)

    def become_offline(self, detail: str, errors: int = 0) -> None:
        """It was tried or reached, and does not answer; an outage counts as one error more."""
        outage = self._health.state is not DeviceState.OFFLINE
        self._become(DeviceState.OFFLINE, detail, errors + int(outage))

    def _become(self, state: DeviceState, detail: str, errors: int) -> None:
        if errors == 0 and (state, detail) == (self._health.state, self._health.detail):
            return
        since_s = self._health.since_s if state is self._health.state else self._clock()
        self._health = replace(
            self._health, state=state, since_s=since_s, detail=detail, errors=self._health.errors + errors
        )
