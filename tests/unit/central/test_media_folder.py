"""The media store in a folder: by hash, resumable, whole or not there."""

import os
from pathlib import Path

import pytest

from central.media_folder import MediaFolder
from central.media_store import (
    BusyError,
    DamagedError,
    DiskShortError,
    HashDiffersError,
    NotHereError,
    Progress,
    TooLargeError,
    WrongOffsetError,
)
from tests.unit.central.scanned_line import sha256_of

CONTENT = os.urandom(100_000)
NAME = sha256_of(CONTENT)
WRONG = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])


@pytest.fixture
def folder(tmp_path: Path) -> MediaFolder:
    return MediaFolder(tmp_path / "media", largest=1_000_000, least_free=0)


def send(folder: MediaFolder, content: bytes, offset: int, length: int, name: str = NAME) -> Progress:
    receiving = folder.receive(name, offset, length)
    try:
        receiving.write(content)
        return receiving.finish()
    finally:
        receiving.close()


def test_a_file_comes_in_pieces_and_is_there_only_when_it_is_whole(folder: MediaFolder) -> None:
    assert folder.progress(NAME) == Progress(0, False)
    assert send(folder, CONTENT[:40_000], 0, len(CONTENT)) == Progress(40_000, False)
    assert folder.progress(NAME) == Progress(40_000, False)
    assert not folder.has(NAME)
    with pytest.raises(NotHereError), folder.opened(NAME):
        pass
    assert send(folder, CONTENT[40_000:], 40_000, len(CONTENT)) == Progress(100_000, True)
    assert folder.progress(NAME) == Progress(100_000, True)
    with folder.opened(NAME) as path:
        assert path.read_bytes() == CONTENT


def test_bytes_go_only_where_the_last_ones_ended(folder: MediaFolder) -> None:
    send(folder, CONTENT[:10], 0, len(CONTENT))
    for wrong in (0, 9, 11):
        with pytest.raises(WrongOffsetError) as refused:
            folder.receive(NAME, wrong, len(CONTENT))
        assert refused.value.offset == 10
    send(folder, CONTENT[10:], 10, len(CONTENT))
    with pytest.raises(WrongOffsetError) as refused:
        folder.receive(NAME, 0, len(CONTENT))
    assert refused.value.offset == len(CONTENT)


def test_one_request_at_a_time_writes_a_file(folder: MediaFolder) -> None:
    first = folder.receive(NAME, 0, len(CONTENT))
    first.write(CONTENT[:5])
    with pytest.raises(BusyError):
        folder.receive(NAME, 5, len(CONTENT))
    assert folder.progress(NAME) == Progress(5, False)
    first.write(CONTENT[5:])
    assert first.finish().complete
    first.close()
    first.close()
    assert folder.has(NAME)


def test_bytes_that_are_not_the_file_are_dropped(folder: MediaFolder) -> None:
    with pytest.raises(HashDiffersError):
        send(folder, WRONG, 0, len(CONTENT))
    assert folder.progress(NAME) == Progress(0, False)
    assert send(folder, CONTENT, 0, len(CONTENT)).complete


def test_too_long_too_short_of_room(folder: MediaFolder, tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        folder.receive(NAME, 0, 1_000_001)
    with pytest.raises(TooLargeError):
        folder.receive(NAME, 0, 0)
    with pytest.raises(TooLargeError):
        send(folder, CONTENT, 0, len(CONTENT) - 1)
    full = MediaFolder(tmp_path / "full", least_free=1 << 60)
    with pytest.raises(DiskShortError):
        full.receive(NAME, 0, len(CONTENT))
    assert full.progress(NAME) == Progress(0, False)


def test_a_part_that_was_whole_when_the_centre_died_is_finished(folder: MediaFolder, tmp_path: Path) -> None:
    receiving = folder.receive(NAME, 0, len(CONTENT))
    receiving.write(CONTENT)
    receiving.close()  # never finished
    again = MediaFolder(tmp_path / "media")
    assert not again.has(NAME)
    assert again.progress(NAME) == Progress(len(CONTENT), True)


def test_a_file_that_changed_on_the_disk_is_never_given(folder: MediaFolder, tmp_path: Path) -> None:
    assert folder.keep(CONTENT) == NAME
    assert folder.keep(CONTENT) == NAME
    [path] = (tmp_path / "media" / NAME[:2]).iterdir()
    path.write_bytes(WRONG)
    with pytest.raises(DamagedError), folder.opened(NAME):
        pass
    assert not folder.has(NAME)
    assert (tmp_path / "media" / "damaged" / NAME).exists()
    assert send(folder, CONTENT, 0, len(CONTENT)).complete


def test_files_are_for_the_centre_alone(folder: MediaFolder, tmp_path: Path) -> None:
    folder.keep(CONTENT)
    [path] = (tmp_path / "media" / NAME[:2]).iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "media").stat().st_mode & 0o077 == 0
