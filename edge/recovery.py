"""A line's core as its journal leaves it: the last checkpoint, and what was observed since."""

import hashlib

import msgspec
import structlog

from config.settings import Line
from edge.core import Core
from edge.journal import Journal
from edge.state import State

_state = msgspec.json.Decoder(State)
_log = structlog.get_logger(__name__)


def recovered(line: Line, journal: Journal) -> Core:
    """The core to go on with; JournalError where the chain does not hold."""
    found = journal.checkpoint()
    after, state = 0, State()
    if found is not None:
        try:
            after, state = found[0], _state.decode(found[1])
        except msgspec.MsgspecError as error:  # another version's: the whole journal gives it
            _log.warning("checkpoint_not_read", problem=str(error))
    core = Core(line, policy_hash(line), state)
    for at, observation in journal.replay(after):
        core.step(observation, at)
    _log.info("journal_replayed", after=after, open_passages=len(core.items), epoch=state.epoch)
    return core


def policy_hash(line: Line) -> str:
    """SHA-256 of the line's settings: what a verdict was made by."""
    return hashlib.sha256(msgspec.json.encode(line, order="deterministic")).hexdigest()
