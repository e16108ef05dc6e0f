"""The modules that carry the promises, each with the tests that answer for it."""

from tests.mutation.running import Target

_EDGE = "tests/unit/edge"
_CENTRAL = "tests/unit/central"

TARGETS = (
    Target(
        "edge.tracking",
        (f"{_EDGE}/test_tracking_by_hand.py", f"{_EDGE}/test_tracking.py"),
    ),
    Target("edge.belt_clock", (f"{_EDGE}/test_belt_clock.py",)),
    Target("edge.verdict", (f"{_EDGE}/test_verdict_rules.py", f"{_EDGE}/test_verdicts.py")),
    Target(
        "edge.judging",
        (
            f"{_EDGE}/test_judging_by_hand.py",
            f"{_EDGE}/test_releases_kept_in_mind.py",
            f"{_EDGE}/test_second_thoughts.py",
        ),
    ),
    Target("edge.journal", (f"{_EDGE}/test_journal_file.py", f"{_EDGE}/test_journal.py")),
    Target("edge.transaction", (f"{_EDGE}/test_transaction.py",)),
    Target("edge.uplink", (f"{_EDGE}/test_uplink.py", f"{_EDGE}/test_uplink_windows.py")),
    Target("central.ingest", (f"{_CENTRAL}/test_writer_turns.py", f"{_CENTRAL}/test_writer_thread.py")),
    Target("central.store", (f"{_CENTRAL}/test_store_rows.py", f"{_CENTRAL}/test_store_rulings.py")),
    Target("central.incoming", (f"{_CENTRAL}/test_incoming.py",)),
)
