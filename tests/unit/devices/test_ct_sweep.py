"""What a killed or silent sender left half received is swept, and nothing else."""

import os
from pathlib import Path

from devices.ct.storage_service import sweep


def test_only_what_nobody_writes_to_any_more_goes(tmp_path: Path) -> None:
    for name, written_s in (("abandoned", 1000.0), ("growing", 1090.0)):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (written_s, written_s))
    sweep(tmp_path, 60.0, 1100.0)
    assert [path.name for path in tmp_path.iterdir()] == ["growing"]
    sweep(tmp_path, 0.0, float("inf"))
    assert list(tmp_path.iterdir()) == []
