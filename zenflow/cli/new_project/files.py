"""The files of a new project: where each comes to lie, the template it is made from, and what it is for.

Templates end in `.template` and lie flat, so that no tool takes them for part of this repository: no `.gitignore`
hides what it matches, and no formatter, type checker or test runner reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from attrs import frozen

from zenflow.cli.new_project.naming import Names


@frozen
class File:
    """One file of the project. `path` is below its folder."""

    path: str
    template: str
    purpose: str


_FILES = (
    File("@package@/flow.py", "flow.py", "a pipeline of five steps"),
    File("@package@/flights.csv", "flights.csv", "its data"),
    File("@package@/__init__.py", "__init__.py", "the package"),
    File("tests/test_flow.py", "test_flow.py", "its tests"),
    File("zenflow.toml", "zenflow.toml", "which pipeline runs, and on which stack"),
    File("pyproject.toml", "pyproject.toml", "what the project is and needs"),
    File("mypy.ini", "mypy.ini", "strict types, with ZenFlow's plugin"),
    File(".github/workflows/pipelines.yml", "pipelines.yml", "the check and the tests, on every push"),
    File(".gitignore", "gitignore", "what is no source"),
    File("README.md", "README.md", "where to begin"),
)


@frozen
class Made:
    """The text of one file, and what it is for."""

    text: str
    purpose: str


def files_of(names: Names) -> Mapping[str, Made]:
    """What a new project consists of, by path.

    >>> from zenflow.cli.new_project.naming import names_of
    >>> files_of(names_of("my-demo"))["my_demo/__init__.py"].text
    '\"\"\"Pipelines of my-demo.\"\"\"\\n'
    """
    templates = files("zenflow.cli.new_project") / "templates"
    made = {}
    for file in _FILES:
        text = (templates / f"{file.template}.template").read_text(encoding="utf-8")
        made[_filled(file.path, names)] = Made(_filled(text, names), file.purpose)
    return made


def _filled(text: str, names: Names) -> str:
    from zenflow import __version__

    values = {"name": names.distribution, "package": names.package, "version": __version__}
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
