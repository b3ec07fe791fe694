"""What is known of one file once it was looked at. Plain records: they come from another process, and are kept."""

from __future__ import annotations

from attrs import frozen

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.facts import Demand, OpenEdge
from zenflow.check.suppression import Suppression


@frozen
class Examined:
    """One file, looked at.

    Attributes:
        file: The absolute path.
        found: All findings but those of a type checker, also those that a comment silences.
        comments: What comments of the file silence.
        pipelines, steps: How many the file defines.
        untraced: Pipelines that need values nobody gave, with what they need.
        edges: What is left to a type checker.
        demands: What its steps ask of a node, where that is more than a CPU.
        root: The folder that the file's module is imported from.
        relied_on: First-party files that were imported on the way, itself included.
        read: Other files and folders of the user's that code read on the way.
        paths: Paths that were looked for while the pipelines were traced, and whether they were there.
        imported: Whether the file was imported without a mistake; what is said of it holds until it changes.
    """

    file: str
    found: tuple[Diagnostic, ...] = ()
    comments: tuple[Suppression, ...] = ()
    pipelines: int = 0
    steps: int = 0
    untraced: tuple[str, ...] = ()
    edges: tuple[OpenEdge, ...] = ()
    demands: tuple[Demand, ...] = ()
    root: str = ""
    relied_on: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    paths: tuple[tuple[str, bool], ...] = ()
    imported: bool = False
