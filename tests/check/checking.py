"""Checks in this process and without mypy: what most tests need, and much quicker. The whole is in test_session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from zenflow.check.project.asking import Asked, Request, Told
from zenflow.check.project.files import asked_files
from zenflow.check.project.memo import Memo
from zenflow.check.project.worker import work
from zenflow.check.session import Facts, Report, Session
from zenflow.check.settings import Settings, read_settings

NODE = {"CPU": 8.0, "memory": 64.0 * 2**30}
"""What a node has, whatever machine the tests run on."""


def check_paths(paths: Sequence[Path], settings: Settings | None = None) -> Report:
    """Every finding in files and folders but those of mypy."""
    settings = evolve(settings or read_settings(Path.cwd()), mypy=False)
    session = Session(settings, facts=Facts(nodes=lambda: [NODE]))
    asked = asked_files(paths, settings)
    told: list[Told] = []
    files = [Asked(bytes(file.absolute()), file == place) for file, place in asked.items()]
    work(Request(files, settings.import_limit), told.append)
    memo = Memo(None)
    return session.report([memo.add(one.examined, named=True) for one in told if one.examined is not None])
