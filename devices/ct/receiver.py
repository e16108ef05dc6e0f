"""The DICOM receiver, a process of its own: `python -m devices.ct.receiver ORDER`, a ReceiverOrder in JSON.

It announces what it stored on stdout, hears acknowledgements on stdin, logs on stderr, and ends when stdin
closes.
"""

import contextlib
import ctypes
import resource
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog
from pydicom import config as pydicom_config

from config.logs import configure
from devices.ct.arrivals import (
    FromReceiver,
    Listening,
    decode_acknowledged,
    decode_order,
    encode_line,
)
from devices.ct.evidence_store import EvidenceStore
from devices.ct.intake import Intake
from devices.ct.ledger import Ledger
from devices.ct.storage_service import StorageService, sweep

CANNOT_LISTEN = 3  # exit statuses
BAD_ORDER = 2
_SWEEP_EVERY_S = 10.0
_ABANDONED_S = 120.0  # a file that grows no more
_MOST_MEMORY = 1 << 29  # a caller may announce a PDU of 4 GB: the association fails, not the machine
_PR_SET_PDEATHSIG = 1

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


def main() -> int:
    """Serve until stdin closes; returns the exit status."""
    configure("ct-receiver")
    try:
        order = decode_order(sys.argv[1])
    except (IndexError, msgspec.MsgspecError) as error:
        _log.error("order_not_understood", why=str(error))
        return BAD_ORDER
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; we end with our parent
    _bound_to_the_parent()
    pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE  # its warnings quote values
    pydicom_config.settings.writing_validation_mode = pydicom_config.IGNORE
    root = Path(order.evidence)
    store = EvidenceStore(root, order.budget_bytes, order.least_free_bytes, time.time)
    ledger = Ledger(root / "ledger.db")
    announcer = _Announcer()
    pending = ledger.pending()  # read before anything new can come
    intake = Intake(store, ledger, time.time, ZoneInfo(order.time_zone))
    service = StorageService(order.ae_title, order.senders, root / "receiving", intake, announcer.tell)
    try:
        port = service.start(order.host, order.port)
    except OSError as error:
        _log.error("receiver_cannot_listen", host=order.host, port=order.port, why=error.strerror)
        return CANNOT_LISTEN
    _log.info("receiver_listening", host=order.host, port=port, ae_title=order.ae_title)
    announcer.tell(Listening(port))
    for arrived in pending:
        announcer.tell(arrived)
    ended = threading.Event()
    threading.Thread(target=_keep_tidy, args=(root / "receiving", ended), name="tidy", daemon=True).start()
    _hear(ledger)
    ended.set()
    service.stop()
    ledger.close()
    return 0


class _Announcer:
    """Lines on stdout, from any thread; a parent that is gone hears nothing, and the ledger remembers."""

    def __init__(self) -> None:
        self._guard = threading.Lock()

    def tell(self, message: FromReceiver) -> None:
        with self._guard, contextlib.suppress(BrokenPipeError):
            sys.stdout.buffer.write(encode_line(message) + b"\n")
            sys.stdout.buffer.flush()


def _hear(ledger: Ledger) -> None:
    """Take acknowledgements until stdin closes."""
    for line in sys.stdin.buffer:
        try:
            ledger.acknowledge(decode_acknowledged(line).numbers)
        except msgspec.MsgspecError as error:
            _log.error("line_not_understood", why=str(error))
        except sqlite3.Error as error:  # a full disk: they are announced again, and senders still answered
            _log.error("acknowledgement_not_written", why=str(error))


def _keep_tidy(receiving: Path, ended: threading.Event) -> None:
    while not ended.wait(_SWEEP_EVERY_S):
        sweep(receiving, _ABANDONED_S, time.time())


def _bound_to_the_parent() -> None:
    """Die with it even if stdin stays open in a sibling, and never take more than our share of memory."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
