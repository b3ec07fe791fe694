"""`zenflow check` and `zenflow explain`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zenflow.cli.run import ParamsFile
from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.check.session import Facts, Report, Session
    from zenflow.check.settings import Settings
    from zenflow.stacks.nodes import Amounts
    from zenflow.stacks.stack import Stack

FORMATS = "full|concise|json|github|sarif"

Codes = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="CODES", help="Only findings of these codes or families: ZF4, ZF201, mypy."),
]
Ignored = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="CODES", help="No findings of these; the longer of two that fit wins."),
]


def check(
    context: typer.Context,
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATHS | TARGET]",
            help="Files, notebooks and folders (this folder without any), or one target.",
            show_default=False,
        ),
    ] = None,
    select: Codes = None,
    ignore: Ignored = None,
    format: Annotated[str, typer.Option(metavar=FORMATS, help="How findings are printed.")] = "full",
    mypy: Annotated[bool | None, typer.Option("--mypy/--no-mypy", help="Type-check too, as by default.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file changes.")] = False,
    limit: Annotated[
        str | None,
        typer.Option("--import-limit", metavar="SECONDS", help="For the import and trace of one file; 30 without it."),
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Take what is known of files that have not changed.")
    ] = True,
    params: ParamsFile = None,
    stack_name: StackName = None,
) -> None:
    """Find mistakes in pipelines before anything runs. Exit code 0 is clean, 1 findings, 2 could not check.

    Every pipeline is traced with its defaults, or with made-up values of its parameters' types; every step's source is
    read; mypy checks the types, with the project's own settings. A pipeline that needs certain values is checked as a
    target with them: zenflow check flow.py:training --depth 3

    `# zenflow: ignore[ZF201]` on a line silences a finding there. Settings stand in [tool.zenflow.check] of
    pyproject.toml: select, ignore, exclude, per-file-ignores, mypy, import-limit. `zenflow explain CODE` tells more.
    """
    from zenflow.errors import UsageError

    _require_format(format)
    typed = places or ["."]
    where = list(takewhile(lambda word: not word.startswith("-"), typed))
    tokens = typed[len(where) :]
    paths = [Path(place) for place in where]
    if tokens and (not where or len(where) > 1):
        _refuse_option(context, tokens[0])

    stack = chosen_stack(stack_name)

    def session() -> Session:
        return _session(select, ignore, mypy, limit, cache, stack)

    if not tokens and params is None and all(path.exists() for path in paths):
        if watch:
            from zenflow.cli.watch import watched

            watched(session, paths, lambda report: _tell(report, format))
        raise typer.Exit(_tell(session().check(paths), format))
    if watch:
        raise UsageError("only files and folders are watched", help="zenflow check --watch flow.py")
    if len(where) == 1:
        raise typer.Exit(_check_target(context, session(), stack, where[0], params, tokens, format))
    if missing := [path for path in paths if not path.exists()]:
        raise UsageError(f"there is no file or folder `{missing[0]}`", help="check the path")
    raise UsageError("parameters are given to one target", help="zenflow check flow.py:pipeline --x 1")


def _require_format(name: str) -> None:
    from zenflow.check.reports import formats
    from zenflow.errors import UsageError

    if name not in formats.FORMATS:
        raise UsageError(f"findings are not printed as `{name}`", help=f"formats are {', '.join(formats.FORMATS)}")


def _refuse_option(context: typer.Context, word: str) -> None:
    """Say that an option is none of ours, where no target is there that it could be a parameter of.

    Raises:
        UsageError: Always.
    """
    import difflib

    from zenflow.cli.target import our_options
    from zenflow.errors import UsageError

    close = difflib.get_close_matches(word.partition("=")[0], our_options(context), n=1)
    help_ = (
        f"did you mean `{close[0]}`?" if close else "parameters are given to one target: zenflow check flow.py:f --x 1"
    )
    raise UsageError(f"`zenflow check` has no option `{word}`", help=help_)


def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a finding, such as ZF201.")]) -> None:
    """What a finding means, why it matters, a bad and a good example."""
    from zenflow.check.rules.registry import explain as explained
    from zenflow.cli.terminal import data

    data(explained(code))


def _session(
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    mypy: bool | None,
    limit: str | None,
    cache: bool,
    stack: Stack,
) -> Session:
    from zenflow.check.session import Session
    from zenflow.stacks.home import home

    settings = _settings(select, ignore, mypy, limit)
    return Session(settings, home() / "check" if cache else None, _facts(stack), _progress())


def _settings(
    select: Sequence[str] | None, ignore: Sequence[str] | None, mypy: bool | None, limit: str | None
) -> Settings:
    from attrs import evolve

    from zenflow.check.settings import read_settings, seconds
    from zenflow.errors import UsageError

    settings = read_settings(Path.cwd())
    if select:
        settings = evolve(settings, select=_codes(select))
    if ignore:
        settings = evolve(settings, ignore=(*settings.ignore, *_codes(ignore)))
    if mypy is not None:
        settings = evolve(settings, mypy=mypy)
    if limit is not None:
        try:
            settings = evolve(settings, import_limit=seconds(float(limit)))
        except (TypeError, ValueError):
            raise UsageError(f"`--import-limit {limit}` is no time", help="give seconds: --import-limit 60") from None
    return settings


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    """Codes as typed, once or several at once: `--select ZF2,ZF4`.

    Raises:
        UsageError: No finding has such a code.
    """
    from zenflow.check.rules.registry import all_rules
    from zenflow.errors import UsageError

    codes = tuple(code for text in given for code in text.replace(" ", "").split(",") if code)
    known = [rule.code for rule in all_rules()]
    for code in codes:
        if not code.startswith("mypy") and not any(one.startswith(code) for one in known):
            raise UsageError(f"no finding has the code `{code}`", help="codes are mypy, " + ", ".join(known))
    return codes


def _facts(stack: Stack) -> Facts:
    """What is known of the stack; what its nodes have is asked only if it matters."""
    from zenflow.check.session import Facts

    def nodes() -> Sequence[Amounts]:
        if stack.ray is None:
            from zenflow.stacks.nodes import this_machine

            return [this_machine()]
        from zenflow.cli.probing import nodes_of

        return nodes_of(stack)

    return Facts(stack, nodes)


def _progress() -> Callable[[str], None]:
    """Where someone watches, one line on the terminal says what is being done."""
    from zenflow.cli.terminal import is_terminal

    if not is_terminal():
        return lambda _: None

    def show(text: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{text}")
        sys.stderr.flush()

    return show


def _check_target(
    context: typer.Context,
    session: Session,
    stack: Stack,
    target: str,
    params: Path | None,
    tokens: Sequence[str],
    format: str,
) -> int:
    from zenflow.check.project.targets import examine_target
    from zenflow.cli.target import ask
    from zenflow.errors import UsageError

    def asked() -> Callable[[], Any]:
        return ask(context, target, params, stack, tokens).call

    bare = not tokens and params is None
    examined = examine_target(target, session.settings.import_limit, asked, bare=bare)
    if examined.untraced:
        raise UsageError(f"`{target}` {examined.untraced[0]}", help=f"zenflow check {target} --x VALUE ...")
    return _tell(session.check_one(examined), format, target)


def _tell(report: Report, format: str, what: str = "") -> int:
    """Print a report; gives the exit code."""
    from zenflow.check.reports.formats import FORMATS
    from zenflow.check.reports.full import summary
    from zenflow.cli.errors import FINDINGS, USAGE
    from zenflow.cli.terminal import coloured, data, has_colour, is_terminal, say

    if is_terminal():
        sys.stderr.write("\r\x1b[2K")
    text = FORMATS[format](report.diagnostics, colour=has_colour(sys.stdout))
    if text:
        data(text)
    for note in report.untraced:
        say(f"not traced: {note}")
    for problem in report.problems:
        say(f"{coloured('not checked:', 'red', bold=True)} {problem}")
    counts = ((report.files, "file"), (report.pipelines, "pipeline"), (report.steps, "step"))
    listed = ", ".join(f"{n:,} {name}{'' if n == 1 else 's'}" for n, name in counts)
    listed += f" ({len(report.untraced)} not traced)" if report.untraced else ""
    say(f"{what or listed}: {summary(report.diagnostics)}")
    return FINDINGS if report.diagnostics else USAGE if report.problems else 0
