"""What the user's own code raised, in words."""

from __future__ import annotations

from zenflow.errors import ZenFlowError


def words_of(error: BaseException) -> str:
    """The message of an exception, also of one that can not tell it; how to mend one of ours is told elsewhere."""
    if isinstance(error, ZenFlowError):
        return error.message
    try:
        return str(error)
    except Exception:  # code of the user's too
        return "<exception str() failed>"


def named(error: BaseException) -> str:
    """An exception with its message.

    >>> named(ValueError("no such depth")), named(KeyboardInterrupt())
    ('ValueError: no such depth', 'KeyboardInterrupt')
    """
    words = words_of(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
