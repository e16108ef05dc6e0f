"""What the centre measures of itself, for Prometheus; no label ever names a parcel or a person."""

import collections
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from central.store import Stored


class Metrics:
    """One registry per service, so that two can run in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = Counter(
            "redpeak_central_messages_total",
            "Messages of the lines, by what became of them.",
            ["line", "outcome"],
            registry=self.registry,
        )
        self._batch = Histogram(
            "redpeak_central_batch_messages",
            "Messages a commit.",
            buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500),
            registry=self.registry,
        )

    def stored(self, stored: Stored) -> None:
        """Count a committed batch."""
        receipted = sum(len(ids) for ids in stored.receipts.values())
        self._batch.observe(receipted)
        for line, count in collections.Counter(accepted.line for accepted in stored.accepted).items():
            self._messages.labels(line, "stored").inc(count)
        if stored.duplicates:
            self._messages.labels("all", "duplicate").inc(stored.duplicates)
        if stored.quarantined:
            self._messages.labels("all", "quarantined").inc(stored.quarantined)
        if stored.contradictions:
            self._messages.labels("all", "contradicted").inc(stored.contradictions)

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """A gauge read when it is asked for."""
        Gauge(name, help_text, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
