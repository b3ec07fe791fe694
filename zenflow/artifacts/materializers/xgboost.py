"""xgboost: boosters as UBJSON, its own format, and the estimators around them with their parameters.

The format keeps trees, attributes (the best iteration) and the features' names and types.
https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
"""

from __future__ import annotations

from typing import Any

import xgboost
from attrs import frozen

from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.boosting import BoosterReader, BoosterWriter, classes_of
from zenflow.artifacts.trust import found
from zenflow.errors import LoadError, SaveError

BOOSTER = "xgboost-booster/1"
MODEL = "xgboost-model/1"
TREES = "model.ubj"


def materializer(hint: object) -> XGBoost | None:
    """The materializer of `xgboost.Booster`, or of an estimator (`XGBClassifier`)."""
    cls = class_of(hint)
    if cls is xgboost.Booster:
        return XGBoost(cls, BOOSTER)
    if cls is not None and issubclass(cls, xgboost.XGBModel):
        return XGBoost(cls, MODEL)
    return None


@frozen
class XGBoost:
    """A booster, or an estimator of the declared class or a subclass.

    Raises:
        SaveError: Another class; an attribute that has no plain form (a callback, an objective that is no function of
            a trusted module).
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
            BoosterWriter(_allowed, self.cls, xgboost.Booster, _save).write(value, out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        value = _load(blobs) if self.format == BOOSTER else BoosterReader(blobs, _allowed, self.cls, _load).value()
        if not isinstance(value, self.cls):
            raise LoadError(f"what is stored is a `{type_name(type(value))}`, not a `{type_name(self.cls)}`")
        return value

    def describe(self, value: Any) -> Description:
        told: dict[str, object] = {"class": type_name(type(value))}
        booster = value if self.format == BOOSTER else vars(value).get("_Booster")
        if booster is not None:
            told |= {"features": booster.num_features(), "rounds": booster.num_boosted_rounds()}
            best = booster.attr("best_iteration")
            if best is not None:
                told["best_iteration"] = int(best)
        return told if self.format == BOOSTER else told | classes_of(value)


def _save(booster: Any, out: BlobWriter) -> None:
    try:
        out.write(TREES, booster.save_raw("ubj"))
    except xgboost.core.XGBoostError as error:
        raise SaveError(f"the booster can not be stored: {error}") from error


def _load(blobs: BlobReader) -> Any:
    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(blobs.read(TREES)))
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        raise LoadError(f"the stored bytes are no xgboost model: {error}") from error
    return booster


def _allowed(module: str, qualname: str) -> bool:
    """Estimators of xgboost itself."""
    cls = found(module, qualname) if module.startswith("xgboost.") else None
    return isinstance(cls, type) and issubclass(cls, xgboost.XGBModel)
