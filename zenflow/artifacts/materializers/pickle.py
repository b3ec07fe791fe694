"""Pickle, where the project asks for it by name and nowhere else."""

from __future__ import annotations

import pickle

from zenflow.artifacts.materializer import BlobReader, BlobWriter
from zenflow.errors import LoadError, SaveError

FORMAT = "pickle/1"


class Pickle:
    """The marker of a step whose result is pickled: `@step(output=Pickle)`.

    Equal values need not pickle to equal bytes, so early cut-off may miss. Loading runs what the pickle says, so it is
    loaded only where today's code says `output=Pickle` (or the stack `allow_pickle`), and only if the driver that
    recorded it signed it with the key that is used here.
    """


class PickleMaterializer:
    """Chosen by `Pickle` alone.

    Raises:
        SaveError: A value that can not be pickled.
        LoadError: Pickle is not allowed by the loader, or the bytes are none.
    """

    format = FORMAT

    def save(self, value: object, out: BlobWriter) -> None:
        try:
            data = pickle.dumps(value, protocol=5)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            raise SaveError(f"a `{type(value).__qualname__}` can not be pickled: {error}") from error
        out.write("data", data)

    def load(self, blobs: BlobReader, hint: type) -> object:
        if not blobs.allow_pickle:
            raise LoadError(
                "this artifact is a pickle, which can run any code when it is loaded",
                help="say `output=Pickle` on the step that makes it, or `allow_pickle` for the stack "
                "(ZENFLOW_ALLOW_PICKLE=1), if your project wants pickles",
            )
        data = blobs.read("data")
        try:
            return pickle.loads(data)
        except Exception as error:  # unpickling runs the code of the pickled classes, which may raise anything
            raise LoadError(f"the pickle can not be loaded: {type(error).__name__}: {error}") from error


PICKLE = PickleMaterializer()
