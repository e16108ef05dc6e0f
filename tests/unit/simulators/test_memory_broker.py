"""The broker in memory does what a real one does, and goes wrong as told and only then."""

from collections.abc import Iterator
from random import Random

import pytest

from simulators.memory.broker import MemoryBroker, fits
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.mqtt_client import MemoryClient
from simulators.memory.steps import Killed, Process
from simulators.memory.virtual_time import VirtualLoop


class Peer:
    """A client and what it heard."""

    def __init__(self, bench: "Bench", name: str, *, clean: bool, topics: list[str]) -> None:
        self.heard: list[tuple[float, str, bytes]] = []
        self.connections = 0
        self.topics = topics
        self.killed_by = b""
        self._bench = bench
        self.client = MemoryClient(bench.broker, name, (f"{name}/state", b"gone"), self._died, clean=clean)
        self.client.start(self._connected, self._received)

    @property
    def contents(self) -> list[bytes]:
        return [content for _, _, content in self.heard]

    def say(self, topic: str, content: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.client.publish(topic, content, qos=qos, retain=retain)

    def _connected(self) -> None:
        self.connections += 1
        self.client.subscribe(self.topics)

    def _received(self, topic: str, content: bytes) -> None:
        if content == self.killed_by:
            raise Killed(Process.AGENT)
        self.heard.append((self._bench.loop.time(), topic, content))

    def _died(self, killed: Killed) -> None:
        assert killed.process is Process.AGENT
        self.client.vanish()


class Bench:
    """A broker with a centre, whose session lasts, and a line, whose does not."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = VirtualLoop()
        self.faults = FaultBoard(lambda: "test")
        self.log: list[tuple[str, str, bytes]] = []
        self.broker = MemoryBroker(self.loop, self.faults, Random(seed), self._note)
        self.centre = self.join("centre", clean=False, topics=["s/+/events", "s/+/state"])
        self.line = self.join("line", clean=True, topics=["s/line/commands", "s/line/receipts", "s/state"])
        self.pass_time(0.1)

    def join(self, name: str, *, clean: bool, topics: list[str]) -> Peer:
        return Peer(self, name, clean=clean, topics=topics)

    def _note(self, kind: str, topic: str, content: bytes) -> None:
        self.log.append((kind, topic, content))

    def pass_time(self, seconds: float) -> None:
        future = self.loop.create_future()
        self.loop.call_later(seconds, future.set_result, None)
        self.loop.run_until_complete(future)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.broker.close()
    bench.loop.close()


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [str(number).encode() for number in range(first, first + count)]


def test_a_filter_fits_level_by_level() -> None:
    assert fits("s/+/events", "s/L1/events")
    assert not fits("s/+/events", "s/L1/state")
    assert not fits("s/+", "s/L1/state")


def test_messages_arrive_once_in_order_and_within_a_moment(bench: Bench) -> None:
    for content in numbered(100):
        bench.line.say("s/line/events", content)
    bench.pass_time(0.05)
    assert bench.centre.contents == numbered(100)
    assert bench.line.heard == []
    assert not bench.faults.seen


def test_what_is_retained_is_told_to_who_comes_later(bench: Bench) -> None:
    bench.centre.say("s/state", b"ready", retain=True)
    bench.line.say("s/line/state", b"runs", qos=0, retain=True)
    bench.pass_time(0.1)
    late = bench.join("late", clean=True, topics=["s/state", "s/+/state"])
    bench.pass_time(0.1)
    assert sorted(late.contents) == [b"ready", b"runs"]


def test_the_broker_queues_for_a_lasting_session_and_for_no_other(bench: Bench) -> None:
    bench.centre.client.stop()
    bench.line.client.stop()
    bench.pass_time(0.1)
    other = bench.join("other", clean=True, topics=[])
    bench.pass_time(0.1)
    for content in numbered(5):
        other.say("s/line/events", content)
        other.say("s/line/receipts", content)
    other.say("s/line/events", b"not kept", qos=0)
    bench.pass_time(0.1)
    centre = bench.join("centre", clean=False, topics=bench.centre.topics)
    line = bench.join("line", clean=True, topics=bench.line.topics)
    bench.pass_time(0.1)
    assert centre.contents == numbered(5)
    assert line.contents == []


def test_who_vanishes_leaves_its_will_and_who_leaves_does_not(bench: Bench) -> None:
    watcher = bench.join("watcher", clean=True, topics=["line/state", "centre/state"])
    bench.pass_time(0.1)
    bench.centre.client.stop()
    bench.line.say("s/line/events", b"last word")
    bench.pass_time(0.01)
    bench.line.client.vanish()
    bench.pass_time(0.1)
    assert watcher.contents == [b"gone"]
    bench.pass_time(20)
    assert bench.line.connections == 1  # it does not come back
    late = bench.join("late", clean=True, topics=["line/state"])
    bench.pass_time(0.1)
    assert late.contents == [b"gone"]


def test_one_killed_while_it_takes_a_message_in_hears_nothing_more(bench: Bench) -> None:
    bench.line.killed_by = b"2"
    for content in numbered(5):
        bench.centre.say("s/line/receipts", content)
    bench.pass_time(0.1)
    assert bench.line.contents == numbered(2)
    assert not bench.line.client.is_connected


def test_a_second_client_of_the_same_name_puts_the_first_one_out(bench: Bench) -> None:
    watcher = bench.join("watcher", clean=True, topics=["line/state"])
    bench.pass_time(0.1)
    again = bench.join("line", clean=True, topics=bench.line.topics)
    bench.pass_time(0.1)
    assert again.client.is_connected
    assert not bench.line.client.is_connected
    assert watcher.contents == [b"gone"]


def test_while_it_is_off_clients_queue_and_come_back(bench: Bench) -> None:
    bench.faults.begin(Fault.BROKER_OFF)
    bench.pass_time(0.5)
    assert not bench.line.client.is_connected
    for content in numbered(1_100):
        bench.line.say("s/line/events", content)
    bench.line.say("s/line/events", b"live", qos=0)
    bench.pass_time(30)
    assert bench.centre.heard == []
    bench.faults.end(Fault.BROKER_OFF)
    bench.pass_time(9)
    assert bench.centre.contents == numbered(1_000)  # beyond that it takes no more
    assert (bench.line.connections, bench.centre.connections) == (2, 2)


def test_what_was_on_its_way_when_it_went_off_comes_at_least_once(bench: Bench) -> None:
    for content in numbered(2_000):
        bench.line.say("s/line/events", content)
        bench.pass_time(0.001)
        if content == b"1000":
            bench.faults.begin(Fault.BROKER_OFF)
        if content == b"1500":
            bench.faults.end(Fault.BROKER_OFF)
    bench.pass_time(10)
    assert set(bench.centre.contents) == set(numbered(2_000))
    assert len(bench.centre.heard) < 2_000 + 40


def test_restarted_empty_it_knows_nobody_and_retains_nothing(bench: Bench) -> None:
    bench.centre.say("s/state", b"ready", retain=True)
    bench.pass_time(0.1)
    bench.centre.client.stop()
    bench.line.say("s/line/events", b"queued")
    bench.pass_time(0.1)
    bench.faults.arm(Fault.BROKER_EMPTY)
    bench.pass_time(10)
    assert bench.line.connections == 2
    assert bench.line.contents == [b"ready"]  # from before
    centre = bench.join("centre", clean=False, topics=bench.centre.topics)
    bench.pass_time(0.1)
    assert centre.contents == []


def test_half_open_for_a_moment_only_delays(bench: Bench) -> None:
    bench.faults.begin(Fault.BROKER_HALF_OPEN)
    bench.pass_time(0.5)
    for content in numbered(10):
        bench.line.say("s/line/events", content)
    bench.pass_time(5)
    assert bench.line.client.is_connected
    assert bench.centre.heard == []
    bench.faults.end(Fault.BROKER_HALF_OPEN)
    bench.pass_time(1)
    assert bench.centre.contents == numbered(10)
    assert bench.line.connections == 1


def test_half_open_for_long_is_given_up_and_what_was_sent_into_it_is_sent_again(bench: Bench) -> None:
    watcher = bench.join("watcher", clean=False, topics=["line/state"])
    bench.pass_time(0.1)
    bench.faults.begin(Fault.BROKER_HALF_OPEN)
    bench.pass_time(0.5)
    for content in numbered(10):
        bench.line.say("s/line/events", content)
    bench.pass_time(9)
    assert bench.line.client.is_connected
    bench.pass_time(15)
    assert not bench.line.client.is_connected
    assert bench.centre.heard == []
    bench.faults.end(Fault.BROKER_HALF_OPEN)
    bench.pass_time(10)
    assert bench.centre.contents == numbered(10)
    assert set(watcher.contents) == {b"gone"}


def test_a_message_is_lost_only_with_all_connections(bench: Bench) -> None:
    bench.faults.arm(Fault.MESSAGE_LOST)
    bench.line.say("s/line/events", b"live", qos=0)
    bench.line.say("s/line/events", b"lost")
    bench.pass_time(0.1)
    assert not bench.line.client.is_connected
    assert not bench.centre.client.is_connected
    bench.pass_time(15)
    assert bench.line.client.is_connected
    assert bench.centre.contents == [b"live"]  # acknowledged: nobody sends the other again
    bench.line.say("s/line/events", b"next")
    bench.pass_time(0.1)
    assert bench.centre.contents == [b"live", b"next"]


def test_what_was_retained_and_subscribed_outlives_a_crash(bench: Bench) -> None:
    bench.centre.say("s/state", b"ready", retain=True)
    bench.pass_time(0.1)
    bench.faults.arm(Fault.MESSAGE_LOST)
    bench.line.say("s/line/events", b"lost")
    bench.pass_time(15)
    assert bench.line.contents == [b"ready", b"ready"]


def test_a_message_comes_twice_when_told(bench: Bench) -> None:
    bench.faults.arm(Fault.MESSAGE_DOUBLED, 3)
    for content in numbered(5):
        bench.line.say("s/line/events", content)
    bench.pass_time(5)
    assert sorted(bench.centre.contents) == sorted(numbered(5) + numbered(3))


def test_a_delayed_message_is_overtaken(bench: Bench) -> None:
    bench.faults.arm(Fault.MESSAGE_DELAYED)
    for content in numbered(5):
        bench.line.say("s/line/events", content)
    bench.pass_time(0.1)
    assert bench.centre.contents == numbered(4, first=1)
    bench.pass_time(25)
    assert bench.centre.contents == [*numbered(4, first=1), b"0"]


def test_messages_change_their_order_within_half_a_second(bench: Bench) -> None:
    bench.faults.arm(Fault.MESSAGES_REORDERED)
    for content in numbered(5):
        bench.line.say("s/line/events", content)
    bench.pass_time(0.5)
    assert bench.centre.contents == [*numbered(4, first=1), b"0"]


def test_only_a_command_is_delivered_twice_as_an_answer(bench: Bench) -> None:
    bench.faults.arm(Fault.ANSWER_TWICE)
    bench.centre.say("s/line/receipts", b"receipt")
    bench.centre.say("s/line/commands", b"answer")
    bench.pass_time(5)
    assert bench.line.contents == [b"receipt", b"answer", b"answer"]


def test_a_delayed_message_to_a_clean_session_dies_with_it(bench: Bench) -> None:
    bench.faults.arm(Fault.MESSAGE_DELAYED)
    bench.centre.say("s/line/receipts", b"receipt")
    bench.pass_time(0.1)
    bench.faults.begin(Fault.BROKER_OFF)
    bench.pass_time(0.5)
    bench.faults.end(Fault.BROKER_OFF)
    bench.pass_time(40)
    assert bench.line.contents == []


def test_the_same_seed_gives_the_same_log() -> None:
    def run(seed: int) -> list[tuple[str, str, bytes]]:
        bench = Bench(seed)
        for fault in (Fault.MESSAGE_DELAYED, Fault.MESSAGE_DOUBLED, Fault.MESSAGES_REORDERED):
            bench.faults.arm(fault, 10)
        for content in numbered(200):
            bench.line.say("s/line/events", content)
            bench.pass_time(0.01)
        bench.faults.arm(Fault.MESSAGE_LOST)
        bench.pass_time(30)
        bench.broker.close()
        bench.loop.close()
        return bench.log

    assert run(1) == run(1)
    assert run(1) != run(2)
