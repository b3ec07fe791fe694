"""The one place where an exception becomes a message on stderr and an exit code.

A mistake of the user's gets one message that says what and how to fix it, and no traceback of ours. An exception
that we did not raise on purpose is a bug of ours, and says so; `ZENFLOW_DEBUG=1` shows its traceback.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from attrs import define

from zenflow.cli.terminal import coloured, say
from zenflow.errors import CheckFailed, StepFailed, ZenFlowError

FINDINGS, USAGE, INTERRUPTED = 1, 2, 130


@define
class Outcome:
    """How a command ended."""

    code: int = 0


class Refused(Exception):
    """A command has told what is wrong and ends with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def reported() -> Iterator[Outcome]:
    """Turn whatever a command raises into a message and an exit code."""
    outcome = Outcome()
    try:
        yield outcome
    except SystemExit as ended:
        outcome.code = ended.code if isinstance(ended.code, int) else USAGE if ended.code else 0
    except Refused as refused:
        outcome.code = refused.code
    except KeyboardInterrupt:
        say("interrupted")
        outcome.code = INTERRUPTED
    except ZenFlowError as error:
        tell(error)
        outcome.code = FINDINGS if isinstance(error, (CheckFailed, StepFailed)) else USAGE
    except Exception as error:
        _tell_bug(error)
        outcome.code = USAGE


def tell(error: ZenFlowError) -> None:
    """Print a message of ours."""
    if isinstance(error, CheckFailed):
        say(error.message)
    else:
        head = f"error[{error.code}]:" if error.code else "error:"
        say(f"{coloured(head, 'red', bold=True)} {error.message}")
    if error.help:
        say(f"  {coloured('help:', 'cyan')} {error.help}")
    _debug(error)


def _tell_bug(error: Exception) -> None:
    kind = type(error).__name__
    say(f"{coloured('internal error:', 'red', bold=True)} {kind}: {error}")
    say(
        "  This is a bug of ZenFlow's, not a mistake of yours. Please open an issue on its tracker, with the traceback."
    )
    if not _debug(error):
        say("  The same command with ZENFLOW_DEBUG=1 shows the traceback.")


def _debug(error: BaseException) -> bool:
    wanted = os.environ.get("ZENFLOW_DEBUG", "") not in ("", "0")
    if wanted:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    return wanted
