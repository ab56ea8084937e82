"""Output: whole or not at all, never over anybody's own files, never outside the folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from specloom.emit.output import MANIFEST, OutputError, compare, write


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_and_a_sorted_manifest_are_written(tmp_path: Path) -> None:
    """The manifest lists every file with its SHA-256, sorted."""
    changes = write({"b/c.py": b"2", "a.py": b"1"}, tmp_path / "out")
    assert changes.missing == (MANIFEST, "a.py", "b/c.py")
    found = tree(tmp_path / "out")
    assert found["b/c.py"] == b"2"
    listed = json.loads(found[MANIFEST])["files"]
    assert list(listed) == ["a.py", "b/c.py"]
    assert listed["a.py"] == hashlib.sha256(b"1").hexdigest()


def test_nothing_is_left_beside_the_folder(tmp_path: Path) -> None:
    """The staging folder is gone afterwards."""
    write({"a.py": b"1"}, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """The same files written again are no change."""
    write({"a.py": b"1"}, tmp_path)
    stamp = (tmp_path / "a.py").stat().st_mtime_ns
    assert not write({"a.py": b"1"}, tmp_path)
    assert (tmp_path / "a.py").stat().st_mtime_ns == stamp


def test_stale_files_are_removed_with_their_empty_folders(tmp_path: Path) -> None:
    """What is not generated any more goes; a user's file keeps its folder."""
    write({"a.py": b"1", "old/b.py": b"2", "kept/c.py": b"3"}, tmp_path)
    (tmp_path / "kept" / "mine.py").write_bytes(b"mine")
    changes = write({"a.py": b"1"}, tmp_path)
    assert changes.stale == ("kept/c.py", "old/b.py")
    assert set(tree(tmp_path)) == {MANIFEST, "a.py", "kept/mine.py"}
    assert not (tmp_path / "old").exists()


def test_a_users_file_is_never_overwritten(tmp_path: Path) -> None:
    """A clash is an error that names the file, and nothing at all is written."""
    (tmp_path / "b.py").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"in the way of its output: b\.py"):
        write({"a.py": b"1", "b.py": b"2"}, tmp_path)
    assert tree(tmp_path) == {"b.py": b"mine"}


def test_a_users_file_with_the_same_content_is_taken_over(tmp_path: Path) -> None:
    """A file that already holds what would be written is no clash."""
    (tmp_path / "a.py").write_bytes(b"1")
    write({"a.py": b"1"}, tmp_path)
    assert set(tree(tmp_path)) == {MANIFEST, "a.py"}


def test_a_changed_generated_file_is_restored(tmp_path: Path) -> None:
    """An edit in a generated file is drift, and is undone."""
    write({"a.py": b"1"}, tmp_path)
    (tmp_path / "a.py").write_bytes(b"edited")
    assert compare({"a.py": b"1"}, tmp_path).changed == ("a.py",)
    write({"a.py": b"1"}, tmp_path)
    assert (tmp_path / "a.py").read_bytes() == b"1"


@pytest.mark.parametrize("where", ["folder", "file"])
def test_a_folder_or_file_of_the_users_in_the_way_is_named(tmp_path: Path, where: str) -> None:
    """A folder where a file is to be, or a file where a folder is, is a clash."""
    if where == "folder":
        (tmp_path / "a.py").mkdir()
        files = {"a.py": b"1"}
    else:
        (tmp_path / "a").write_bytes(b"mine")
        files = {"a/b.py": b"1"}
    with pytest.raises(OutputError, match="in the way"):
        write(files, tmp_path)


def test_check_tells_drift_without_writing(tmp_path: Path) -> None:
    """Missing, changed and stale files are told apart; the folder stays as it is."""
    write({"same.py": b"0", "changed.py": b"1", "stale.py": b"2"}, tmp_path)
    before = tree(tmp_path)
    changes = compare({"same.py": b"0", "changed.py": b"x", "new.py": b"3"}, tmp_path)
    assert changes.lines() == [
        "missing: new.py",
        f"changed: {MANIFEST}",
        "changed: changed.py",
        "stale: stale.py",
    ]
    assert tree(tmp_path) == before


def test_a_folder_that_is_not_there_is_all_missing(tmp_path: Path) -> None:
    """Checking an empty place reports every file and makes nothing."""
    assert compare({"a.py": b"1"}, tmp_path / "none").missing == (MANIFEST, "a.py")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/x", "", "a\\b", "a\0b", "..", "./../x"]
)
def test_paths_outside_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    """No generated file leaves the output folder."""
    with pytest.raises(OutputError, match="no path inside"):
        write({path: b"x"}, tmp_path / "out")


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    """A link inside the folder cannot lead the output elsewhere."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "link").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="symbolic link"):
        write({"link/x.py": b"x"}, out)
    assert not list(elsewhere.iterdir())


def test_a_manifest_cannot_make_it_remove_files_elsewhere(tmp_path: Path) -> None:
    """A forged manifest is confined like everything else."""
    (tmp_path / "victim").write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).write_text(json.dumps({"format": 1, "files": {"../victim": "0"}}))
    with pytest.raises(OutputError, match="no path inside"):
        write({"a.py": b"1"}, out)
    assert (tmp_path / "victim").read_bytes() == b"mine"


def test_a_broken_manifest_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """A manifest that cannot be read says what to do."""
    (tmp_path / MANIFEST).write_bytes(b"{")
    with pytest.raises(OutputError, match="restore it"):
        write({"a.py": b"1"}, tmp_path)


def test_files_written_once_belong_to_the_user(tmp_path: Path) -> None:
    """A first run writes them; later runs neither change, list nor remove them."""
    write({"a.py": b"1"}, tmp_path, once={"README.md": b"start"})
    (tmp_path / "README.md").write_bytes(b"mine")
    write({"a.py": b"2"}, tmp_path, once={"README.md": b"start"})
    assert (tmp_path / "README.md").read_bytes() == b"mine"
    assert "README.md" not in json.loads((tmp_path / MANIFEST).read_bytes())["files"]
    assert not compare({"a.py": b"2"}, tmp_path)


def test_new_folders_stand_beside_a_users_own(tmp_path: Path) -> None:
    """At every depth, in a folder that is there, that is empty, and that is not there."""
    files = {"a.py": b"1", "src/b.py": b"2", "src/deep/er/c.py": b"3", "other/d.py": b"4"}
    there, empty, none = (tmp_path / name for name in ("there", "empty", "none"))
    (there / "src" / "mine").mkdir(parents=True)
    (there / "src" / "mine" / "x.py").write_bytes(b"mine")
    empty.mkdir()
    for out in (there, empty, none):
        write(files, out)
        found = {path: data for path, data in tree(out).items() if path != MANIFEST}
        assert found == ({**files, "src/mine/x.py": b"mine"} if out is there else files)
        assert not write(files, out)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert (none / "src").stat().st_mode == empty.stat().st_mode == none.stat().st_mode
