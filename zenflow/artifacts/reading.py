"""From stored blobs to a value of the declared type: the stored format says how, the hint says what must come of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from zenflow.artifacts.hints import arms, closed, is_open, type_name
from zenflow.artifacts.materializer import AnyMaterializer, BlobReader, formats
from zenflow.artifacts.materializers import container, pickle, plain, stream
from zenflow.artifacts.selectors import ByValue, OneOf
from zenflow.errors import LoadError

_OPEN: dict[str, tuple[str, str, str]] = {
    "npy/1": ("numpy", "numpy", "ndarray"),
    "numpy-scalar/1": ("numpy", "numpy", "generic"),
    "arrow-table/1": ("arrow", "pyarrow", "Table"),
    "arrow-batch/1": ("arrow", "pyarrow", "RecordBatch"),
    "arrow-array/1": ("arrow", "pyarrow", "Array"),
    "arrow-chunked/1": ("arrow", "pyarrow", "ChunkedArray"),
    "arrow-schema/1": ("arrow", "pyarrow", "Schema"),
    "pandas-frame/1": ("pandas", "pandas", "DataFrame"),
    "pandas-series/1": ("pandas", "pandas", "Series"),
    "pandas-index/1": ("pandas", "pandas", "Index"),
    "pandas-frame/2": ("pandas", "pandas", "DataFrame"),
    "pandas-series/2": ("pandas", "pandas", "Series"),
    "pandas-index/2": ("pandas", "pandas", "Index"),
    "polars-frame/1": ("polars", "polars", "DataFrame"),
    "polars-series/1": ("polars", "polars", "Series"),
    "torch-tensor/1": ("torch", "torch", "Tensor"),
    "torch-module/1": ("torch", "torch.nn", "Module"),
    "sklearn/1": ("sklearn", "sklearn.base", "BaseEstimator"),
    "xgboost-booster/1": ("xgboost", "xgboost", "Booster"),
    "xgboost-model/1": ("xgboost", "xgboost", "XGBModel"),
    "lightgbm-booster/1": ("lightgbm", "lightgbm", "Booster"),
    "lightgbm-model/1": ("lightgbm", "lightgbm", "LGBMModel"),
    "transformers-model/1": ("transformers", "transformers", "PreTrainedModel"),
    "transformers-tokenizer/1": ("transformers", "transformers", "PreTrainedTokenizerBase"),
    "transformers-config/1": ("transformers", "transformers", "PretrainedConfig"),
    "path/1": ("path", "pathlib", "Path"),
    "bytes-stream/1": ("stream", stream.__name__, "BYTES"),
    "image/1": ("pillow", "PIL.Image", "Image"),
    "matplotlib-figure/1": ("matplotlib", "matplotlib.figure", "Figure"),
    "plotly-figure/1": ("plotly", "plotly.graph_objects", "Figure"),
    "datasets/1": ("datasets", "datasets", "Dataset"),
    "datasets-dict/1": ("datasets", "datasets", "DatasetDict"),
    "ray-dataset/1": ("ray", "ray.data", "Dataset"),
}
"""What a format is loaded as when the hint leaves it open."""


def read(hint: object, blobs: BlobReader) -> object:
    """The value of these blobs as the hint has it.

    Raises:
        LoadError: The format is none of the hint's, the bytes are not what the hint allows, or pickle is not allowed.
        NoMaterializer: Nothing loads the hint.
    """
    stored = blobs.format
    if stored == pickle.FORMAT:
        return pickle.PICKLE.load(blobs, object)
    hint = closed(hint)
    if is_open(hint) or any(map(is_open, arms(hint) or ())):
        hint = _open_hint(blobs)
    if stored == container.FORMAT:
        return _container(hint, blobs)
    return _checked(_registry()(hint), hint, blobs)


def _checked(chosen: AnyMaterializer, hint: object, blobs: BlobReader) -> object:
    takes_any = isinstance(chosen, OneOf | ByValue)
    takes_any = takes_any or (isinstance(chosen, container.Container) and blobs.format == plain.FORMAT)
    if not takes_any and blobs.format not in formats(chosen):
        raise LoadError(
            f"what is stored is of format `{blobs.format}`, and a `{type_name(hint)}` is loaded from `{chosen.format}`",
            help="load it as the type it was stored as",
        )
    return chosen.load(blobs, hint)  # type: ignore[arg-type]


def _container(hint: object, blobs: BlobReader) -> object:
    """By the hint's shape alone, so that pickled parts load where the hint has no materializer."""
    problem: LoadError | None = None
    for arm in arms(hint) or (hint,):
        shape = container.shape_of(arm)
        if shape is not None:
            try:
                return container.Container(arm, shape, _registry(), read).load(blobs, object)
            except LoadError as error:
                problem = error
    raise problem or LoadError(f"a stored container can not be loaded as `{type_name(hint)}`")


def _open_hint(blobs: BlobReader) -> object:
    if blobs.format == plain.FORMAT:
        return object
    if blobs.format == container.FORMAT:
        kind = container.skeleton_of(blobs.read(container.SKELETON)).kind
        shapes = {"list": list[Any], "tuple": tuple[Any, ...], "dict": dict[Any, Any]}
        if kind in shapes:
            return shapes[kind]
        raise LoadError("a stored record can not be loaded without its type", help="declare the type it was stored as")
    known = _OPEN.get(blobs.format)
    module = sys.modules.get(known[1]) if known else None
    if known is None or module is None:
        wants = f" needs {known[1]}, which is not imported here" if known else ""
        raise LoadError(
            f"what is stored is of format `{blobs.format}`, which{wants or ' says nothing without its declared type'}",
            help="declare the type it was stored as",
        )
    return getattr(module, known[2])


def _registry() -> Callable[[object], AnyMaterializer]:
    from zenflow.artifacts.registry import materializer_for

    return materializer_for
