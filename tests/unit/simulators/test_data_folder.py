"""The data folder of `up`: the site in force, ports, keys, and what may be emptied."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.load import SiteError, load_site, shipped_site
from simulators import data_folder
from simulators.data_folder import FolderRefusedError


def test_the_demonstration_site_comes_with_keys(tmp_path: Path) -> None:
    site, file = data_folder.prepare(tmp_path / "var", "", free_ports=False)
    assert site.id == "demo"
    assert file.read_bytes() == shipped_site("demo")
    assert (tmp_path / "var/keys/command.key").stat().st_mode & 0o777 == 0o600


def test_a_site_in_force_and_its_keys_are_kept(tmp_path: Path) -> None:
    _, file = data_folder.prepare(tmp_path, "", free_ports=False)
    file.write_text(file.read_text().replace('id = "demo"', 'id = "mine"', 1))
    key = (tmp_path / "keys/join.key").read_bytes()
    site, _ = data_folder.prepare(tmp_path, "", free_ports=False)
    assert site.id == "mine"
    assert (tmp_path / "keys/join.key").read_bytes() == key


def test_a_given_site_replaces_it_if_it_is_right(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path / "var", "", free_ports=False)
    mine = tmp_path / "mine.toml"
    mine.write_bytes(shipped_site("demo").replace(b'id = "demo"', b'id = "mine"', 1))
    assert data_folder.prepare(tmp_path / "var", str(mine), free_ports=False)[0].id == "mine"
    mine.write_bytes(shipped_site("demo").replace(b"decide_eye = 3", b"decide_eye = 9"))
    with pytest.raises(SiteError, match=r"mine\.toml: lines\[0\]\.belt\.decide_eye"):
        data_folder.prepare(tmp_path / "var", str(mine), free_ports=False)
    assert load_site(tmp_path / "var/site.toml").id == "mine"


def test_free_ports_are_all_new_and_nothing_else_changes(tmp_path: Path) -> None:
    site, _ = data_folder.prepare(tmp_path, "", free_ports=True)
    line = site.lines[0]
    assert line.ct
    camera = urlsplit(line.cameras[0].url)
    assert camera.port
    ports = {site.centre.port, site.broker.port, line.conveyor.port, line.ct.port, camera.port}
    assert len(ports) == 5
    assert not ports & {8600, 18830, 15020, 11112, 15540}
    assert (camera.scheme, camera.hostname, camera.path) == ("rtsp", "127.0.0.1", "/belt")
    assert site.lines[0].scanners[0].port == "dev/top"
    assert site.lines[0].scanners[1].baud == 57_600


def test_only_an_earlier_run_is_emptied(tmp_path: Path) -> None:
    run = tmp_path / "run-1"
    data_folder.empty(run)
    (run / "central.db").touch()
    data_folder.empty(run)
    assert not (run / "central.db").exists()

    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").touch()
    with pytest.raises(FolderRefusedError, match="expected an empty folder"):
        data_folder.empty(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").exists()


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    with (
        data_folder.held(tmp_path),
        pytest.raises(FolderRefusedError, match="another"),
        data_folder.held(tmp_path),
    ):
        pytest.fail("held twice")
    with data_folder.held(tmp_path):
        pass
