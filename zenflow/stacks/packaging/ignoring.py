"""What git ignores, by git's own rules: https://git-scm.com/docs/gitignore.

A path is judged by itself, never by the folders that it lies in: whoever walks a tree does not enter an ignored folder,
as git does not. The last pattern that matches decides, in the nearest `.gitignore` that has one; those of the folders
above come after it, then `.git/info/exclude`, then the user's own file.

A pattern's meaning is pathspec's work. Its expressions match what lies below a folder too, and mark that with a group,
by which such matches are told from those of the path itself. A trailing `/` is taken off before: pathspec would let
`build/**` match `build/`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

_BELOW = "ps_d"
"""The group by which pathspec marks a match of a folder above."""

_GIT_SECONDS = 10.0
_UTF8_MARK = b"\xef\xbb\xbf"


@frozen
class Rule:
    """One line of a `.gitignore`."""

    pattern: re.Pattern[str]
    ignores: bool
    folders_only: bool

    def matches(self, path: str, *, folder: bool) -> bool:
        """Whether it speaks of a path, given relative to the folder of its file."""
        if self.folders_only and not folder:
            return False
        found = self.pattern.search(path)
        return found is not None and found.groupdict().get(_BELOW) is None


@frozen
class Level:
    """The rules of one file, for the paths that begin with `prefix`: the last line first."""

    prefix: str
    rules: tuple[Rule, ...]


def ignored(levels: Sequence[Level], path: str, *, folder: bool) -> bool:
    """Whether a path is ignored; the levels are those of the folders it lies in, the outermost first."""
    for level in reversed(levels):
        inside = path[len(level.prefix) :]
        for rule in level.rules:
            if rule.matches(inside, folder=folder):
                return rule.ignores
    return False


def read_level(file: Path, prefix: str) -> Level | None:
    """The rules of a file; None where there is no such file, or none in it. A link is not followed, as git does not."""
    try:
        data = b"" if file.is_symlink() else file.read_bytes()
    except OSError:
        return None
    rules = tuple(_rules(data.removeprefix(_UTF8_MARK).decode(errors="surrogateescape")))
    return Level(prefix, rules[::-1]) if rules else None


def _rules(text: str) -> Iterator[Rule]:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    for line in text.split("\n"):
        written = _without_trailing_spaces(line.removesuffix("\r"))
        folders_only = written.endswith("/")
        try:
            pattern = GitIgnoreSpecPattern(written.removesuffix("/"))
        except ValueError:  # a pattern that git takes, and that matches nothing
            continue
        if pattern.regex is not None and pattern.include is not None:
            yield Rule(pattern.regex, pattern.include, folders_only)


def _without_trailing_spaces(line: str) -> str:
    bare = line.rstrip(" ")
    return bare + " " if bare.endswith("\\") and bare != line else bare


def work_tree(root: Path) -> Path | None:
    """The top folder of the git repository that a folder lies in."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


def outer_levels(root: Path, top: Path | None) -> list[Level]:
    """The rules for a folder that come from outside of it: from the folders above it, and from the user of git.

    They do not hold where they ignore the folder itself: somebody asked for it by name.
    """
    if top is None:
        return []
    levels = [level for file in _users_files(top) if (level := read_level(file, "")) is not None]
    inside = root.relative_to(top).parts
    for depth in range(len(inside)):
        above = "".join(f"{part}/" for part in inside[:depth])
        level = read_level(top / above / ".gitignore", above)
        levels += [level] if level is not None else []
        if ignored(levels, above + inside[depth], folder=True):
            return []
    return levels


def tracked_though_ignored(root: Path, top: Path | None) -> list[str]:
    """The files of a folder that git keeps although a rule ignores them (`git add --force`)."""
    listed = _git(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard") if top is not None else None
    return [name for name in (listed or "").split("\0") if name]


def _users_files(top: Path) -> list[Path]:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "git" / "ignore"
    named = (_git(top, "config", "--type=path", "--get", "core.excludesFile") or "").strip()
    exclude = (_git(top, "rev-parse", "--git-path", "info/exclude") or "").strip()
    return [Path(named) if named else home, *([top / exclude] if exclude else [])]


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says of a folder; None where there is no git, or it says nothing."""
    elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    environment = {name: value for name, value in os.environ.items() if name not in elsewhere}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            timeout=_GIT_SECONDS,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None
