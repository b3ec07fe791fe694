"""Estimators around a booster (xgboost, lightgbm): the booster in its own format, its wrapper as attributes.

What the two libraries share: parameters are plain values, what was learned beside the trees is small arrays.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from zenflow.artifacts.materializer import BlobReader, BlobWriter
from zenflow.artifacts.materializers.state import Allowed, StateReader, StateWriter, Tagged
from zenflow.errors import LoadError

STATE = "state"
_FACTORIES: dict[str, Callable[[], Any]] = {"dict": dict, "list": list, "OrderedDict": OrderedDict}


class BoosterWriter(StateWriter):
    """`save` writes a booster under a name, and says whether a value is one."""

    def __init__(self, allowed: Allowed, declared: type, kind: type, save: Callable[[Any, BlobWriter], None]) -> None:
        super().__init__(allowed, declared, self._known)
        self._kind, self._save = kind, save
        self._boosters: list[Any] = []

    def write(self, value: object, out: BlobWriter) -> None:
        root = self.encode(value, "model")
        out.write(STATE, self.bytes(root))
        for i, booster in enumerate(self._boosters):
            self._save(booster, out.child(f"booster/{i}"))

    def _known(self, value: Any) -> Tagged | None:
        if isinstance(value, self._kind):
            if not any(value is booster for booster in self._boosters):
                self._boosters.append(value)
            return ["booster", next(i for i, booster in enumerate(self._boosters) if booster is value)]
        if type(value) is np.ndarray and value.dtype.kind == "O" and all(type(part) is str for part in value.flat):
            return ["texts", list(value.shape), value.ravel().tolist()]
        if type(value) is np.ndarray and value.dtype.kind in "biufUSM":
            return ["array", value.dtype.str, list(value.shape), value.tobytes()]
        if isinstance(value, np.generic) and value.dtype.kind in "biufUSM":
            return ["scalar", value.dtype.str, value.tobytes()]
        if type(value) is defaultdict and getattr(value.default_factory, "__name__", "") in _FACTORIES:
            factory: Any = value.default_factory
            return ["default", factory.__name__, self._parts(value, "a defaultdict", 1)]
        return None


class BoosterReader(StateReader):
    """`load` reads a booster from under its name."""

    def __init__(
        self, blobs: BlobReader, allowed: Allowed, declared: type, load: Callable[[BlobReader], object]
    ) -> None:
        super().__init__(blobs.read(STATE), allowed, declared)
        self._blobs, self._load = blobs, load
        self._boosters: dict[int, object] = {}

    def unleaf(self, tag: str, rest: list[Any]) -> Any:
        match tag, rest:
            case "booster", [int(number)]:
                if number not in self._boosters:
                    self._boosters[number] = self._load(self._blobs.child(f"booster/{number}", ""))
                return self._boosters[number]
            case "texts", [list(shape), list(parts)] if all(isinstance(part, str) for part in parts):
                return np.array(parts, dtype=object).reshape(shape)
            case "array", [str(dtype), list(shape), bytes(data)]:
                return np.frombuffer(data, _dtype(dtype)).reshape(shape).copy()
            case "scalar", [str(dtype), bytes(data)]:
                return np.frombuffer(data, _dtype(dtype))[0]
            case "default", [str(name), list(pairs)] if name in _FACTORIES:
                return defaultdict(_FACTORIES[name], ((self.decode(key), self.decode(part)) for key, part in pairs))
        return super().unleaf(tag, rest)


def classes_of(value: Any) -> dict[str, object]:
    """The labels of a fitted classifier, at most 20, for its description."""
    try:
        classes = getattr(value, "classes_", None)
    except (AttributeError, TypeError, ValueError):  # one that is not fitted
        return {}
    return {} if classes is None else {"classes": [str(label)[:80] for label in classes[:20]]}


def _dtype(text: str) -> np.dtype[Any]:
    dtype = np.dtype(text)
    if dtype.hasobject:
        raise LoadError("the stored state of a model holds Python objects in an array")
    return dtype
