"""Exceptions as values, told in the user's frames only.

A worker never raises at its driver: an exception that crosses processes loses its traceback, nests once per hop, or
does not unpickle at all. It becomes an `ErrorRecord`; the exception itself rides along where it pickles.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import traceback
from pathlib import Path

from zenflow.metadata.records import ErrorRecord

_OURS = str(Path(__file__).resolve().parent.parent)
_GLUE = contextlib.__file__
"""Whose frames stand between ours where one of our blocks ends."""

_MAX_PICKLED = 256 * 1024


class StepExit(Exception):
    """A step ended its process's work instead of returning (`sys.exit`)."""


class StepInterrupted(Exception):
    """A step raised KeyboardInterrupt by itself: nobody had asked for its end."""


class StepTimeout(TimeoutError):
    """A step ran longer than its timeout."""


class RunCancelled(KeyboardInterrupt):
    """Another process asked for the end of a run: it ends as if it had been interrupted here."""


class WorkerLost(Exception):
    """The process or machine that ran a step is gone."""


def end_child() -> None:
    """End a process that a step forked and that came back from the step, as it would have ended in a program.

    It is a copy of a worker or driver, and must not go on as one: it would answer in its parent's place.
    """
    error = sys.exc_info()[1]
    code = error.code if isinstance(error, SystemExit) else error
    if error is not None and not isinstance(error, SystemExit):
        traceback.print_exception(seen_by_users(error))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def is_ours(filename: str) -> bool:
    """Whether a frame's file belongs to this package or to Ray's own worker loop."""
    return filename.startswith(_OURS) or filename == _GLUE or f"{'/'}site-packages/ray/" in filename


def seen_by_users(error: BaseException) -> BaseException:
    """The exception with its traceback from the first frame of the user's on."""
    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return error.with_traceback(trace)


def error_record(error: BaseException) -> ErrorRecord:
    """An exception as a value."""
    kind = type(error)
    plain = kind.__module__ == "builtins" or kind.__module__.startswith("zenflow.")
    name = kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"
    return ErrorRecord(name, _message(error), user_text(error), _pickled(error))


def user_text(error: BaseException) -> str:
    """The traceback as Python prints it, without our frames; causes and contexts included.

    Empty where there is nothing of the user's to tell: the message says it all then.
    """
    told = traceback.TracebackException.from_exception(error, compact=True)
    seen: set[int] = set()
    shown: list[traceback.TracebackException] = []
    stack = [told]
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        shown.append(item)
        item.stack = traceback.StackSummary.from_list([frame for frame in item.stack if not is_ours(frame.filename)])
        stack.extend(part for part in (item.__cause__, item.__context__) if part is not None)
        stack.extend(item.exceptions or ())
    if not any(item.stack for item in shown):
        return ""
    return "".join(told.format()).rstrip("\n")


def revived(record: ErrorRecord) -> BaseException:
    """The user's own exception, where it survived; else one that carries its type and message."""
    if record.pickled is not None:
        try:
            error = pickle.loads(record.pickled)
        except Exception:  # whatever unpickling a foreign exception does, the record still tells what happened
            error = None
        if isinstance(error, BaseException):
            return error
    return RemoteError(f"{record.type}: {record.message}")


class RemoteError(Exception):
    """An exception of a step that can not be brought back as itself."""


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # a __str__ is the user's code
        return f"<its message raised {type(broken).__name__}>"


def _pickled(error: BaseException) -> bytes | None:
    for form in (error, _Parts(error)):
        try:
            data = pickle.dumps(form)
            pickle.loads(data)
        except Exception:  # noqa: S112 - an exception that does not pickle is told by its record
            continue
        return data if len(data) <= _MAX_PICKLED else None
    return None


class _Parts:
    """Pickles as an exception that is put together again without its `__init__`, which may take other arguments."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __reduce__(self) -> tuple[object, ...]:
        return _assembled, (type(self._error), self._error.args, dict(self._error.__dict__))


def _assembled(cls: type[BaseException], args: tuple[object, ...], state: dict[str, object]) -> BaseException:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error
