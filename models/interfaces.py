"""What every reviewer is: a volume in, a review out."""

from typing import Protocol

from models.findings import Review
from models.volume import Volume


class Reviewer(Protocol):
    """Looks at one volume. It raises nothing for a bad image: that is an exception in its review."""

    @property
    def name(self) -> str:
        """Name and version, as they stand in each review."""
        ...

    def review(self, volume: Volume) -> Review:
        """What is in the volume."""
        ...
