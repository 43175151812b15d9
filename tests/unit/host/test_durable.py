"""A file is replaced as a whole or not at all, and what keeps it from that names the file that was asked for."""

import stat
from pathlib import Path

import pytest
from support.raising import raised

from ledger.host.files.durable import opened_folder, opened_lock, replace, replacing


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_it_takes_the_place_of_what_was_there(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    replace(path, b"after", mode)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"after", mode)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "file").symlink_to(tmp_path / "other")
    replace(tmp_path / "file", b"after")
    assert ((tmp_path / "other").read_text(), (tmp_path / "file").is_symlink()) == ("mine", False)


def test_no_lock_and_no_folder_of_one_s_own_is_a_link(tmp_path: Path) -> None:
    """Root gives them to the home's account, which could have put the link there."""
    (tmp_path / "file").write_text("of root")
    (tmp_path / "lock").symlink_to(tmp_path / "file")
    (tmp_path / "folder").symlink_to(tmp_path)
    raised(OSError, opened_lock, tmp_path / "lock")
    raised(OSError, opened_folder(tmp_path / "folder", follow=False).__enter__)
    with opened_folder(tmp_path / "folder"):
        pass


def test_what_was_there_stays_where_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")

    def cut_off() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    raised(KeyboardInterrupt, cut_off)
    assert (path.read_text(), list(tmp_path.iterdir())) == ("before", [path])


def test_the_error_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "no folder" / "file"
    assert raised(FileNotFoundError, replace, path, b"").filename == str(path)
