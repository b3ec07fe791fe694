"""Small projects on disk, imported fresh, so that tests can compare two states of the same code."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from zenflow.keys.closure import Closure, closure

ClosureOf = Callable[..., Closure]


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a project: `{"flow.helpers": source}` or `{"data/x.txt": text}`."""
    for name, source in files.items():
        place = folder / name if "/" in name else folder / (name.replace(".", "/") + ".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(source))


@pytest.fixture
def closure_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClosureOf:
    """Write a project to a directory of its own, import `module`, and take the closure of `name` in it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    states = 0

    def take(files: Mapping[str, str], name: str = "f", module: str = "flow", site: str = "") -> Closure:
        nonlocal states
        states += 1
        folder = tmp_path / f"state{states}"
        write(folder, files)
        before = set(sys.modules)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(folder))
            if site:
                patch.syspath_prepend(str(folder / site))
            importlib.invalidate_caches()
            try:
                return closure(getattr(importlib.import_module(module), name))
            finally:
                for loaded in set(sys.modules) - before:
                    if str(folder) in str(getattr(sys.modules[loaded], "__file__", "")):
                        del sys.modules[loaded]

    return take
