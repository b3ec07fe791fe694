"""What a package has: the files that git would commit, equal for equal trees, no larger than a cluster takes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zenflow.errors import UsageError
from zenflow.stacks.home import project_root
from zenflow.stacks.packaging.package import LIMIT, Package, package

NAMES = st.sampled_from(["a", "b", "ab", "build", "a.py", "b.log", "x y", "#c", "!d"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATTERNS = st.one_of(
    st.sampled_from(
        [
            *("*", "/*", "*/", "**", "**/", "**/a", "a/**", "a/**/b", "*.log", "!*.py", "!*/", "/", "", "#c", "\\#c"),
            *("!build/", "!", "\\!d", "x\\ y", "x y", "x y  ", "a ", "a\\ ", "[ab]", "[!a]", "[a-b]*", "?", "a?"),
            *("build/", "a/", "//a", "a//b"),
            *("a/*", "!a/b", "*/a", "/a/b/", "**/b/*", "a\r", "\ta", "[", "a[", "[]a]", "a**b"),
        ]
    ),
    st.tuples(st.sampled_from(["", "!", "/", "!/"]), PATHS, st.sampled_from(["", "/", "/*", "/**"])).map("".join),
)  # fmt: skip
IGNORES = st.dictionaries(
    st.lists(st.sampled_from(["a", "b", "ab", "build"]), max_size=2).map(
        lambda parts: "/".join([*parts, ".gitignore"])
    ),
    st.lists(PATTERNS, min_size=1, max_size=6),
    max_size=3,
)


def git(folder: Path, *arguments: str) -> str:
    environment = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    command = ["git", "-C", str(folder), "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def by_git(folder: Path) -> set[str]:
    return set(git(folder, "ls-files", "-coz", "--exclude-standard").split("\0")) - {""}


def grow(root: Path, files: Mapping[str, str]) -> None:
    """Files with these texts; one whose path is another's folder is left out."""
    for path, text in files.items():
        place = root / path
        if any(above.is_file() for above in place.parents) or place.is_dir():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, newline="")


def names(made: Package) -> set[str]:
    return set(made.files)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(paths=st.sets(PATHS, max_size=14), ignores=IGNORES, outer=st.lists(PATTERNS, max_size=3), below=st.booleans())
@example(paths={"a/x y"}, ignores={".gitignore": ["*", "!a/", "!*.py"]}, outer=[], below=False)
def test_the_files_are_those_that_git_would_commit(
    paths: set[str], ignores: dict[str, list[str]], outer: list[str], below: bool
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        git(root, "init", "--quiet")
        (root / ".git" / "info" / "exclude").write_text("\n".join(outer))
        grow(root, {path: "\n".join(lines) + "\n" for path, lines in ignores.items()} | dict.fromkeys(paths, ""))
        part = "a" if below and (root / "a").is_dir() and by_git(root / "a") else ""
        assert names(package(root / part)) == by_git(root / part)


def test_what_git_keeps_although_it_is_ignored_is_in(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    grow(tmp_path, {".gitignore": "*.bin\n", "a/kept.bin": "1", "a/other.bin": "2", "a/gone.bin": "3"})
    git(tmp_path, "add", "--force", "a/kept.bin", "a/gone.bin")
    (tmp_path / "a" / "gone.bin").unlink()
    assert names(package(tmp_path)) == {".gitignore", "a/kept.bin"}


@pytest.mark.parametrize("mark", [None, "pyproject.toml"])
def test_rules_that_ignore_the_project_itself_do_not_empty_it(tmp_path: Path, mark: str | None) -> None:
    git(tmp_path, "init", "--quiet")
    grow(tmp_path, {".gitignore": "scratch/**\n", "scratch/one/flow.py": ""})
    grow(tmp_path, {f"scratch/one/{mark}": ""} if mark else {})
    assert names(package(tmp_path / "scratch" / "one")) == {"flow.py", *([mark] if mark else [])}


def test_environments_and_caches_are_out_with_no_rule_that_says_so(tmp_path: Path) -> None:
    grow(
        tmp_path,
        {"flow.py": "", "env/pyvenv.cfg": "", "env/bin/python": "", ".venv/lib/x.py": "", "a/venv/mine.py": ""},
    )
    grow(
        tmp_path,
        {"a/__pycache__/flow.pyc": "", "demo.egg-info/PKG-INFO": "", ".zenflow/zenflow.db": "", ".git/HEAD": ""},
    )
    grow(tmp_path, {".cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# mypy", ".cache/x.json": ""})
    assert names(package(tmp_path)) == {"flow.py", "a/venv/mine.py"}


TREES = st.dictionaries(PATHS, st.text(max_size=20), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=TREES, two=TREES)
def test_packages_are_equal_exactly_where_the_trees_are(one: dict[str, str], two: dict[str, str]) -> None:
    with TemporaryDirectory() as here, TemporaryDirectory() as there, TemporaryDirectory() as again:
        grow(Path(here), one)
        grow(Path(there), two)
        first, second = package(Path(here)), package(Path(there))
        assert (first.digest == second.digest) == (texts(Path(here)) == texts(Path(there)))
        grow(Path(again), dict(reversed(texts(Path(here)).items())))
        third = package(Path(again))
        assert third.digest == first.digest
        assert third.data() == first.data()


def texts(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in files}


def test_times_and_rights_of_others_make_no_difference_and_the_right_to_run_does(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("echo")
    script.chmod(0o600)
    first = package(tmp_path)
    os.utime(script, (1, 1))
    script.chmod(0o644)
    assert package(tmp_path).digest == first.digest
    script.chmod(0o755)
    second = package(tmp_path)
    assert second.digest != first.digest
    with ZipFile(second.write(tmp_path)) as archive:
        assert archive.infolist()[0].external_attr >> 16 == 0o100755


def test_a_file_is_replaced_in_the_package_alone(tmp_path: Path) -> None:
    grow(tmp_path, {"zenflow.toml": "mine", "flow.py": "pass"})
    made = package(tmp_path, replaced={"zenflow.toml": b"theirs", "more.txt": b"new"})
    with ZipFile(made.write(tmp_path)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "flow.py": b"pass",
            "more.txt": b"new",
            "zenflow.toml": b"theirs",
        }
    assert (tmp_path / "zenflow.toml").read_text() == "mine"
    assert made.digest != package(tmp_path).digest


def test_links_in_the_project_are_what_they_point_to_and_others_are_told(tmp_path: Path) -> None:
    root = tmp_path / "project"
    grow(root, {"code/one.py": "1", "code/deep/two.py": "2", ".gitignore": "big\n", "big/data": "3"})
    grow(tmp_path, {"outside/secret": "4"})
    (root / "one.py").symlink_to("code/one.py")
    (root / "also").symlink_to("code")
    (root / "code" / "up").symlink_to("..")
    (root / "round").symlink_to("round")
    (root / "data").symlink_to("big")
    (root / "secret").symlink_to(tmp_path / "outside" / "secret")
    made = package(root)
    assert names(made) == {".gitignore", "code/one.py", "code/deep/two.py", "one.py", "also/one.py", "also/deep/two.py"}
    assert set(made.left_out) == {"code/up", "round", "data", "secret"}
    assert made.left_out["data"] == "it is a link to big, which is not shipped"


def test_pipes_and_names_that_are_no_text_are_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).touch()
    made = package(tmp_path)
    assert names(made) == set()
    assert made.left_out == {"pipe": "it is neither a file nor a folder", r"'\udcff.txt'": "its name is no UTF-8"}


def test_too_large_a_project_is_refused_before_a_file_is_read(tmp_path: Path) -> None:
    grow(tmp_path, {"pyproject.toml": "", "pkg/flow.py": "", "pkg/small.csv": "1"})
    for path, size in {"data/deep/a.csv": LIMIT, "pkg/model.bin": 2 << 20, "notes.txt": 1000}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        with (tmp_path / path).open("wb") as sparse:
            sparse.truncate(size)
    with pytest.raises(UsageError) as refused:
        package(tmp_path)
    told = str(refused.value)
    assert (
        f"the project in {tmp_path} is too large to ship: 92.0 MiB in 6 files, where a cluster takes 90.0 MiB" in told
    )
    assert "the largest: data/ 90.0 MiB" in told
    assert told.endswith(f"lines in {tmp_path / '.gitignore'}:\n    /data/")
    (tmp_path / ".gitignore").write_text("/data/\n")
    assert "pkg/model.bin" in names(package(tmp_path))


def test_a_folder_that_is_no_project_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(bytes(20))
    with pytest.raises(
        UsageError, match=r"\(it has no zenflow.toml, pyproject.toml or .git, nor has a folder above it\)"
    ):
        package(tmp_path, limit=10)


def test_a_file_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    grow(tmp_path, {"flow.py": "one"})
    made = package(tmp_path)
    (tmp_path / "flow.py").write_text("two")
    with pytest.raises(UsageError, match="was changed while it was packaged"):
        made.data()
    (tmp_path / "flow.py").unlink()
    with pytest.raises(UsageError, match="can not be read, so the project can not be packaged: No such file"):
        made.data()


@contextmanager
def somebody() -> Iterator[None]:
    """Without the rights of root, who may read everything."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


@pytest.mark.parametrize(("path", "closed"), [("flow.py", "flow.py"), ("a/b/flow.py", "a/b")])
def test_what_can_not_be_read_is_told(path: str, closed: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        grow(Path(folder), {".gitignore": "*.log", path: ""})
        package(Path(folder))
        (Path(folder) / closed).chmod(0)
        with somebody(), pytest.raises(UsageError) as refused:
            package(Path(folder))
        assert f"`{folder}/{closed}` can not be read, so the project can not be packaged" in str(refused.value)
        (Path(folder) / closed).chmod(0o755)


@pytest.mark.parametrize("mark", ["zenflow.toml", "pyproject.toml", ".git"])
def test_the_root_is_the_nearest_folder_that_says_so(mark: str, tmp_path: Path) -> None:
    grow(tmp_path, {"pyproject.toml": "", f"a/{mark}": "", "a/b/c/flow.py": ""})
    assert project_root(tmp_path / "a" / "b" / "c") == tmp_path / "a"


def test_a_repository_of_this_size_is_packaged_as_git_has_it(tmp_path: Path) -> None:
    root = project_root(Path(__file__).parent)
    made = package(root)
    listed = {
        name
        for name in subprocess.run(
            ["git", "-C", str(root), "ls-files", "-coz", "--exclude-standard"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        if name and (root / name).is_file()
    }
    assert names(made) == listed
