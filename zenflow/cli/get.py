"""`zenflow get`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack


def get(
    ref: Annotated[
        str,
        typer.Argument(metavar="REF", help="RUN (its only output), RUN/step, RUN/step[result], or name@version."),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write it; `-` is stdout.", show_default=False)
    ],
    stack_name: StackName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at FILE.")] = False,
) -> None:
    """Write a stored value to a file, in its natural form.

    A text or bytes as they are, plain values as JSON (NaN becomes null), arrays as .npy, .csv or .json, tables as
    .parquet, .arrow, .csv or .json by the file's name, images and figures as .png, .jpg, .svg, .html and such, a Path
    as the file or folder it names, a stream as its bytes; anything else as its text in JSON.
    """
    from zenflow.cli.export import export
    from zenflow.cli.terminal import say
    from zenflow.history.references import find_artifact

    stack = chosen_stack(stack_name, ref)
    artifact = find_artifact(stack.database(), stack.store(), ref, allow_pickle=stack.allow_pickle)
    written = export(artifact, out, force=force)
    if str(out) != "-":
        say(f"wrote {out} ({written})")
