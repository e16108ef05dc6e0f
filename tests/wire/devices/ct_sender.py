"""A CT machine that sends with pynetdicom."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from pynetdicom import AE
from pynetdicom import _config as pynetdicom_config  # pyright: ignore[reportPrivateUsage]
from pynetdicom.association import Association

from tests.wire.devices.ct_objects import DICOS_CT

EXPLICIT = "1.2.840.10008.1.2.1"


def c_store(
    port: int,
    *files: Path,
    monkeypatch: pytest.MonkeyPatch,
    title: str = "STORESCU",
    source: str = "127.0.0.1",
) -> list[tuple[int, str]]:
    """Send files as they are with pynetdicom; status and comment of each."""
    monkeypatch.setattr(pynetdicom_config, "STORE_SEND_CHUNKED_DATASET", True)
    entity = AE(title)
    entity.add_requested_context(DICOS_CT, [EXPLICIT])
    associate = cast(Callable[..., Association], entity.associate)  # it lacks types
    association = associate("127.0.0.1", port, ae_title="REDPEAK", bind_address=(source, 0))
    if not association.is_established:
        return []
    answers = [association.send_c_store(file) for file in files]
    association.release()
    return [(int(answer.Status), str(answer.get("ErrorComment", ""))) for answer in answers]
