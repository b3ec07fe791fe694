"""From what was typed to something that can be run: a target, its parameters, the artifacts they build."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from attrs import frozen

from zenflow.cli.arguments import Datum, Given, Text, read_file, read_tokens, values
from zenflow.cli.errors import FINDINGS, Refused
from zenflow.cli.parameters import Parameter, call, parameters_of, usage
from zenflow.cli.terminal import coloured, data, say, table
from zenflow.errors import CheckFailed, UsageError, ZenFlowError
from zenflow.graph.printing import value_text
from zenflow.stacks.stack import Stack

if TYPE_CHECKING:
    from zenflow.check.project.loading import Target


@frozen(eq=False)
class Asked:
    """A target with the values of its parameters; `params` are those as text, `given` those that were, as they were."""

    target: Target
    values: dict[str, Any]
    params: dict[str, str]
    given: dict[str, Given]

    def build(self) -> Any:
        """What the target builds: artifacts in its own form.

        Raises:
            CheckFailed: The composition has mistakes; the report has all that could be found.
        """
        from zenflow.check.check import failed
        from zenflow.check.project.tracing import check_target
        from zenflow.check.suppression import ignored
        from zenflow.engine.failures import is_ours, user_text

        try:
            return call(self.target.pipeline, self.values)
        except CheckFailed:
            raise
        except ZenFlowError as error:
            if error.code is None:
                raise
            again: Any = self.call
            raise failed(tuple(d for d in check_target(again, {}).found if not ignored(d))) from error
        except Exception as error:
            if is_ours(traceback.extract_tb(error.__traceback__)[-1].filename):
                raise
            what = f"`{self.target.name}` raised {type(error).__name__} while it was traced"
            say(f"{coloured('error:', 'red', bold=True)} {what}")
            say(user_text(error))
            raise Refused(FINDINGS) from error

    def call(self) -> Any:
        """The same, with whatever the pipeline's own code raises."""
        return call(self.target.pipeline, self.values)


def ask(
    context: typer.Context,
    target_text: str | None,
    params: Path | None,
    stack: Stack | Callable[[], Stack],
    tokens: Sequence[str] | None = None,
) -> Asked:
    """Load a target and read what was typed after it and what a file gives; what was typed goes first.

    Args:
        context: The command.
        target_text: Which target; the project's where none was typed.
        params: The file of parameters.
        stack: Where stored values are, or what gives it when there is one to be found.
        tokens: What was typed after the target, where that is not all that the command left over.

    Raises:
        UsageError: The target is not there, or a parameter is wrong.
        CheckFailed: The target's file can not be imported.
    """
    typed = list(context.args if tokens is None else tokens)
    if target_text is not None and target_text.startswith("-"):  # the first option that is no option of ours
        typed, target_text = [target_text, *typed], None
    target = _loaded(target_text) or _project_target()
    if target is None:
        raise _nothing_to_run(context, typed)
    parameters = parameters_of(target.pipeline)
    given: dict[str, Given] = read_file(params, parameters, target.name) if params else {}
    given |= read_tokens(typed, parameters, target.name, ours=sorted(our_options(context)))
    found = values(given, parameters, target.name, _Finder(stack))
    return Asked(target, found, _printed(parameters, given, found), given)


def _loaded(target_text: str | None) -> Target | None:
    from zenflow.check.project.loading import load_target

    return None if target_text is None else load_target(target_text)


def _project_target() -> Target | None:
    """The target that the project's configuration names, by a path or a module's name from the folder of its file."""
    from zenflow.check.project.loading import load_target
    from zenflow.stacks.configuration.layers import configuration

    written = configuration().target()
    if written is None:
        return None
    folder = written.origin.folder
    place, colon, name = written.text.partition(".py:") if ".py:" in written.text else (written.text, "", "")
    text = f"{os.path.relpath(folder / place)}{colon}{name}" if colon or place.endswith(".py") else written.text
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return load_target(text)
    except UsageError as error:
        raise UsageError(f"{written.origin.where}: {error.message}", help=error.help) from None


def _nothing_to_run(context: typer.Context, typed: Sequence[str]) -> UsageError:
    command = f"zenflow {context.info_name}"
    once = 'write `target = "flow.py:pipeline"` into zenflow.toml'
    if typed:
        return UsageError(
            f"`{typed[0]}` stands where the target is expected",
            help=f"the target goes first: {command} flow.py:pipeline {typed[0]} …; or, to name it once, {once}",
        )
    return UsageError(f"`{command}` needs a target", help=f"{command} flow.py:pipeline; or, to name it once, {once}")


class _Finder:
    """Stored values by reference; the database is opened for the first one."""

    def __init__(self, stack: Stack | Callable[[], Stack]) -> None:
        self._stack = stack

    def __call__(self, ref: str) -> Any:
        from zenflow.history.references import find_artifact

        stack = self._stack if isinstance(self._stack, Stack) else self._stack()
        return find_artifact(stack.database(), stack.store(), ref, allow_pickle=stack.allow_pickle)


def _printed(parameters: Sequence[Parameter], given: dict[str, Given], found: dict[str, Any]) -> dict[str, str]:
    printed = {}
    for parameter in parameters:
        typed = given.get(parameter.name)
        plain = typed.text if isinstance(typed, Text) else typed.value if isinstance(typed, Datum) else None
        if isinstance(plain, str) and parameter.data and plain.startswith("@") and not plain.startswith("@@"):
            printed[parameter.name] = plain
        else:
            printed[parameter.name] = value_text(found.get(parameter.name, parameter.default))
    return printed


def our_options(context: typer.Context) -> frozenset[str]:
    """The flags of the command itself."""
    return frozenset(flag for parameter in context.command.params for flag in parameter.opts if flag.startswith("-"))


def print_help(context: typer.Context, target_text: str | None) -> None:
    """The command's help and, with a target, its parameters."""
    data(context.get_help())
    named = None if target_text is not None and target_text.startswith("-") else target_text
    target = _loaded(named) or _project_target()
    if target is None:
        return
    lines = usage(parameters_of(target.pipeline), our_options(context))
    data(f"\n{coloured(f'Parameters of {target.name}:', bold=True)}")
    data(table(("", ""), lines, indent="  ") or "  none")
