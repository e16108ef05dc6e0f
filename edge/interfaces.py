"""What the agent needs of the world besides devices; a run in memory replaces these and the drivers."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from devices.interfaces import Health
from edge.messages import ClearanceSnapshot
from models.tasks import Task

_T = TypeVar("_T")


class MqttClient(Protocol):
    """One connection to the broker that keeps itself up; the callbacks run in the agent's loop."""

    def start(self, connected: Callable[[], None], received: Callable[[str, bytes], None]) -> None: ...
    def subscribe(self, topics: list[str]) -> None: ...
    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None: ...
    @property
    def is_connected(self) -> bool: ...
    def stop(self) -> None: ...


class ClearanceSource(Protocol):
    """Where a whole clearance list comes from; raises FetchError."""

    async def fetch(self) -> ClearanceSnapshot: ...


class FetchError(Exception):
    """The centre did not give the list, or not whole; the message says why."""


class MediaCentre(Protocol):
    """Where files are uploaded to; both raise `edge.uploads.UploadError`."""

    def offset(self, sha256: str) -> tuple[int, bool]: ...  # bytes it has, and whether that is all
    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int: ...  # the new offset


class Reviewer(Protocol):
    """Reviews one scan after the other; each task gets one Done and then one Reported, told to whoever made
    it."""

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    def ask(self, task: Task) -> None: ...
    async def run(self) -> None: ...


class Worker(Protocol):
    """Does jobs that may wait for the disk, in order, beside the decision loop."""

    def do(self, job: Callable[[], object]) -> None: ...  # if it fails, the log says so
    async def ask(self, job: Callable[[], _T]) -> _T: ...


class Aside(Protocol):
    """Makes one blocking call beside the loop; the name is for the log."""

    def __call__(self, name: str, call: Callable[[], _T]) -> Awaitable[_T]: ...
