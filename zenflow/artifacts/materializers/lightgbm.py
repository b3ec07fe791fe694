"""lightgbm: boosters as its own model text, and the estimators around them with their parameters.

The text keeps trees, features' names and categories; beside it stand the best iteration and scores, which it has not.
https://lightgbm.readthedocs.io/en/stable/pythonapi/lightgbm.Booster.html
"""

from __future__ import annotations

from typing import Any

import lightgbm
from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.boosting import BoosterReader, BoosterWriter, classes_of
from zenflow.artifacts.trust import found
from zenflow.errors import LoadError, SaveError

BOOSTER = "lightgbm-booster/1"
MODEL = "lightgbm-model/1"
TREES = "model.txt"
BEST = "best"


def materializer(hint: object) -> LightGBM | None:
    """The materializer of `lightgbm.Booster`, or of an estimator (`LGBMClassifier`)."""
    cls = class_of(hint)
    if cls is lightgbm.Booster:
        return LightGBM(cls, BOOSTER)
    if cls is not None and issubclass(cls, lightgbm.LGBMModel):
        return LightGBM(cls, MODEL)
    return None


@frozen
class LightGBM:
    """A booster, or an estimator of the declared class or a subclass.

    Raises:
        SaveError: Another class; an attribute that has no plain form (an objective that is no function of a trusted
            module).
        LoadError: Bytes that are none, or name a class that is not trusted.
    """

    cls: Any
    format: str

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, self.cls):
            raise SaveError(
                f"a `{type_name(self.cls)}` was declared, and what was returned is `{type_name(type(value))}`",
                help="declare what is returned, or return what is declared",
            )
        if self.format == BOOSTER:
            _save(value, out)
        else:
            BoosterWriter(_allowed, self.cls, lightgbm.Booster, _save).write(value, out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        value = _load(blobs) if self.format == BOOSTER else BoosterReader(blobs, _allowed, self.cls, _load).value()
        if not isinstance(value, self.cls):
            raise LoadError(f"what is stored is a `{type_name(type(value))}`, not a `{type_name(self.cls)}`")
        return value

    def describe(self, value: Any) -> Description:
        told: dict[str, object] = {"class": type_name(type(value))}
        booster = value if self.format == BOOSTER else vars(value).get("_Booster")
        if booster is not None:
            told |= {"features": booster.num_feature(), "trees": booster.num_trees()}
            told["best_iteration"] = booster.best_iteration
        return told if self.format == BOOSTER else told | classes_of(value)


def _save(booster: Any, out: BlobWriter) -> None:
    scores = [
        [str(data), [[str(metric), float(score)] for metric, score in metrics.items()]]
        for data, metrics in booster.best_score.items()
    ]
    out.write(TREES, booster.model_to_string(num_iteration=-1).encode())
    out.write(BEST, wire.encode([int(booster.best_iteration), scores]))


def _load(blobs: BlobReader) -> Any:
    match wire.decode(blobs.read(BEST)):
        case [int(best), list(scores)]:
            pass
        case _:
            raise LoadError("the best iteration of a stored booster is damaged")
    try:
        booster: Any = lightgbm.Booster(model_str=bytes(blobs.read(TREES)).decode())
        booster.best_iteration = best
        booster.best_score = {data: dict(metrics) for data, metrics in scores}
    except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
        raise LoadError(f"the stored bytes are no lightgbm model: {error}") from error
    return booster


def _allowed(module: str, qualname: str) -> bool:
    """Estimators of lightgbm itself, and the encoder of labels that its classifiers hold."""
    if (module, qualname) == ("sklearn.preprocessing._label", "LabelEncoder"):
        return True
    cls = found(module, qualname) if module.startswith("lightgbm.") else None
    return isinstance(cls, type) and issubclass(cls, lightgbm.LGBMModel)
