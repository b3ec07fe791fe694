"""What is lost with bytes that can not be read, in the words of whoever needs them: names, makers, a way back."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime

from zenflow.artifacts.content import Content
from zenflow.errors import BlobMissing, MetadataError, ZenFlowError
from zenflow.metadata import queries
from zenflow.metadata.copying import NEVER_HERE
from zenflow.metadata.database import Database
from zenflow.metadata.reach import let_go_at, named
from zenflow.metadata.records import Execution


def teller(database: Database, content: Content) -> Callable[[ZenFlowError], ZenFlowError]:
    """What makes the error of a store one that tells what the lost blob was."""
    return lambda error: told(database, content, error)


def told(database: Database, content: Content, error: ZenFlowError) -> ZenFlowError:
    """The error with the artifact's names, the run and step that made it, when, and the command that would again."""
    names = named(database).get(content.digest, [])
    what = f"`{'`, `'.join(names)}`" if names else f"artifact {content.digest[:16]}"
    what = f"{what} ({content.type}, {content.size} bytes)"
    time = let_go_at(database, content.digest)
    if time == NEVER_HERE and isinstance(error, BlobMissing):
        problem = f"the bytes of {what} are not in this stack, to which it was copied as a record alone"
    elif time is not None and isinstance(error, BlobMissing):
        problem = f"the bytes of {what} were let go by `zenflow store gc` on {_moment(time)}"
    else:
        problem = f"the bytes of {what} can not be read: {error.message}"
    maker = next(iter(queries.producers(database, content.digest)), None)
    made, help_ = _origin(database, maker)
    return type(error)(f"{problem}{made}", help=help_)


def _origin(database: Database, maker: Execution | None) -> tuple[str, str]:
    if maker is None:
        return "; no run is recorded that computed it", "give the value again"
    made = f"; `{maker.step}` of run {maker.run} made it on {_moment(maker.finished or maker.started or 0.0)}"
    again = "run the same call: it is computed anew, and this is mended where it comes to the same value"
    try:
        command = queries.run(database, maker.run).environment.command
    except MetadataError:
        command = ()
    return made, f"{again} (that run was `{shlex.join(command)}`)" if command else again


def _moment(time: float) -> str:
    return f"{datetime.fromtimestamp(time):%Y-%m-%d %H:%M:%S}"
