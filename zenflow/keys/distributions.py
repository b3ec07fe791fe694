"""Which release of which distribution an installed module belongs to.

`importlib.metadata.packages_distributions` reads every installed file list (a tenth of a second and more), and a
distribution of the module's name need not be the one that owns it (`sklearn` on PyPI is not scikit-learn). So the
distribution whose name fits is asked first, and believed only if its `RECORD` lists the module's file; then all others.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from zenflow.keys.first_party import Origin, absolute, origin_of_file

_SITE = re.compile(r"^(.*[/\\](?:site|dist)-packages)[/\\](.+)$")


@lru_cache(maxsize=4096)
def distribution_of(file: str) -> tuple[str, str] | None:
    """Name and version of the distribution that installed a file, None if no record of it is left.

    >>> import attrs
    >>> distribution_of(attrs.__file__)[0]
    'attrs'
    """
    place = _SITE.match(absolute(file) + (os.sep if file.endswith(os.sep) else ""))
    if place is None or origin_of_file(file) is not Origin.PACKAGE:
        return None
    site, inside = Path(place[1]), place[2].replace(os.sep, "/")
    return _owner(site, inside, inside.partition("/")[0].partition(".")[0])


@lru_cache(maxsize=4096)
def _owner(site: Path, inside: str, top: str) -> tuple[str, str] | None:
    fitting = sorted(_records(site), key=lambda record: _canonical(record[0]) != _canonical(top))
    for name, version, folder in fitting:
        if _lists(folder, inside):
            return _canonical(name), version
    for name, version, folder in fitting:
        if top in _top_levels(folder):
            return _canonical(name), version
    return None


@lru_cache(maxsize=64)
def _listing(site: Path, changed: int) -> tuple[tuple[str, str, Path], ...]:
    found = []
    for folder in sorted(site.iterdir()):
        stem, _, kind = folder.name.rpartition(".")
        name, _, version = stem.partition("-")
        if kind in ("dist-info", "egg-info") and version:
            found.append((name, version.partition("-py")[0], folder))
    return tuple(found)


def _records(site: Path) -> tuple[tuple[str, str, Path], ...]:
    return _listing(site, site.stat().st_mtime_ns)


def _lists(folder: Path, inside: str) -> bool:
    listed = _read(folder / "RECORD")
    needle = inside.encode() if inside.endswith("/") else inside.encode() + b","
    return listed.startswith(needle) or b"\n" + needle in listed


def _top_levels(folder: Path) -> list[str]:
    return _read(folder / "top_level.txt").decode("utf-8", "replace").split()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
