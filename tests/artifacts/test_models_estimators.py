"""Estimators and boosters come back with the same predictions, parameters and labels, and nothing untrusted is made."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest
import sklearn.base
import sklearn.decomposition
import sklearn.linear_model
import sklearn.neighbors
import sklearn.pipeline
import sklearn.preprocessing
import sklearn.svm
import sklearn.tree
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.artifacts import models_made
from tests.artifacts.models_made import FEATURES, LABELS, NAMES, Scale
from zenflow import trust
from zenflow.artifacts.blobs import Reading
from zenflow.artifacts.reading import read
from zenflow.artifacts.registry import has_materializer
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, SaveError

ESTIMATORS: list[Any] = [
    sklearn.tree.DecisionTreeClassifier, sklearn.svm.SVC, sklearn.neighbors.KNeighborsClassifier,
    sklearn.linear_model.SGDClassifier, sklearn.linear_model.Ridge, sklearn.decomposition.PCA,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")
@pytest.mark.parametrize("name", ["pipeline", "forest", "boosted", "texts", "own", "xgboost", "lightgbm"])
def test_an_estimator_comes_back(name: str, store: Store) -> None:
    made = models_made.of_boosting() if name in ("xgboost", "lightgbm") else models_made.of_sklearn()
    hint, value = made[name]
    content = save(value, hint, store)
    loaded = load(content, hint, store)
    assert type(loaded) is type(value)
    ask = "transform" if name in ("texts", "own") else "predict"
    given_ = ["the dog sat"] if name == "texts" else FEATURES
    expected, got = (getattr(model, ask)(given_) for model in (value, loaded))
    if name == "texts":
        expected, got = expected.toarray(), got.toarray()
    np.testing.assert_array_equal(expected, got)
    assert repr(loaded) == repr(value)
    assert save(loaded, hint, store).digest == content.digest


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(ESTIMATORS), st.integers(1, 3), st.integers(0, 2**16), st.booleans())
def test_estimators_of_many_families_come_back(cls: Any, size: int, seed: int, scaled: bool) -> None:
    features = np.random.default_rng(seed).normal(size=(30, 3))
    labels = np.arange(30) % 3
    known = cls._get_param_names()
    options = {"n_neighbors": size, "max_depth": size, "n_components": size, "random_state": seed}
    estimator = cls(**{name: option for name, option in options.items() if name in known})
    if scaled:
        estimator = sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(), estimator)
    estimator.fit(features, labels)
    content = save(estimator, sklearn.base.BaseEstimator, None)
    loaded = load(content, sklearn.base.BaseEstimator, None)
    # Before it is asked: a tree of neighbours counts how often it was.
    assert save(loaded, sklearn.base.BaseEstimator, None).digest == content.digest
    ask = "predict" if hasattr(estimator, "predict") else "transform"
    np.testing.assert_array_equal(getattr(loaded, ask)(features), getattr(estimator, ask)(features))


def test_an_estimator_that_is_not_fitted_comes_back() -> None:
    for value in (sklearn.linear_model.Ridge(0.5), xgboost.XGBRegressor(max_depth=3), lightgbm.LGBMRegressor()):
        assert repr(load(save(value, type(value), None), type(value), None)) == repr(value)


def test_a_transformer_of_ones_own_in_a_pipeline_must_be_trusted_before_anything_is_stored(store: Store) -> None:
    steps = sklearn.pipeline.make_pipeline(Scale(), sklearn.linear_model.LogisticRegression()).fit(FEATURES, LABELS)
    name = "tests.artifacts.models_made.Scale"
    with pytest.raises(SaveError, match=rf'not trusted: {name}\n.*`zenflow\.trust\("{name}"\)`'):
        save(steps, sklearn.pipeline.Pipeline, store)
    content = save(Scale(), Scale, store)
    with pytest.raises(LoadError, match=f"not trusted: {name}"):
        load(content, sklearn.base.BaseEstimator, store)


@trust
class Shift(sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):  # type: ignore[misc]
    """A trusted one."""

    def fit(self, features: Any, labels: Any = None) -> Shift:
        return self

    def transform(self, features: Any) -> Any:
        return features + 1


def test_a_trusted_transformer_is_kept_in_a_pipeline() -> None:
    steps = sklearn.pipeline.make_pipeline(Shift(), sklearn.linear_model.LogisticRegression()).fit(FEATURES, LABELS)
    loaded = load(save(steps, sklearn.pipeline.Pipeline, None), sklearn.pipeline.Pipeline, None)
    np.testing.assert_array_equal(loaded.predict(FEATURES), steps.predict(FEATURES))


def test_code_that_scikit_learn_only_holds_is_not_trusted() -> None:
    for function in (print, eval, np.load, lambda x: x):
        value = sklearn.preprocessing.FunctionTransformer(function)
        with pytest.raises(SaveError, match="not trusted"):
            save(value, sklearn.base.BaseEstimator, None)


@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")
def test_boosters_keep_their_best_iteration_names_and_predictions(store: Store) -> None:
    made = models_made.of_boosting()
    names = ["a", "b", "c", "d"]
    booster = xgboost.train({"max_depth": 2, "nthread": 1}, xgboost.DMatrix(FEATURES, LABELS, feature_names=names), 3)
    loaded = load(save(booster, xgboost.Booster, None), xgboost.Booster, None)
    data = xgboost.DMatrix(FEATURES, feature_names=names)
    np.testing.assert_array_equal(loaded.predict(data), booster.predict(data))
    assert loaded.feature_names == names
    trees, wrapper = (
        made["xgboost"][1],
        load(save(made["xgboost"][1], *made["xgboost"][:1], None), xgboost.XGBModel, None),
    )
    assert (wrapper.best_iteration, wrapper.best_score) == (trees.best_iteration, trees.best_score)
    assert wrapper.evals_result() == trees.evals_result()
    leaves = made["lightgbm"][1]
    again = load(save(leaves, lightgbm.LGBMClassifier, None), lightgbm.LGBMClassifier, None)
    assert set(again.predict(FEATURES)) <= set(NAMES)
    assert list(again.classes_) == list(leaves.classes_)
    assert again.best_score_ == leaves.best_score_
    early = lightgbm.train(
        {"num_leaves": 4, "verbose": -1, "num_threads": 1, "early_stopping_round": 1, "objective": "binary"},
        lightgbm.Dataset(FEATURES, LABELS),
        8,
        valid_sets=[lightgbm.Dataset(FEATURES[:9], 1 - LABELS[:9])],
    )
    back = load(save(early, lightgbm.Booster, None), lightgbm.Booster, None)
    assert back.best_iteration == early.best_iteration >= 1
    np.testing.assert_array_equal(back.predict(FEATURES), early.predict(FEATURES))


@pytest.mark.parametrize("name", ["pipeline", "texts", "own"])
def test_other_bytes_are_an_error_of_ours(name: str) -> None:
    hint, value = models_made.of_sklearn()[name]
    content = save(value, hint, None)
    good = {blob.name: content.small[blob.digest] for blob in content.blobs}
    for blob, data in good.items():
        for bad in (b"", data[: len(data) // 2], data[1:], b"\xff" * len(data)):
            with pytest.raises(LoadError):
                read(hint, Reading(None, content.format, (), {}, held=good | {blob: bad}))


def test_a_check_knows_what_is_kept() -> None:
    kept = [
        sklearn.base.BaseEstimator, sklearn.base.ClassifierMixin, Scale, xgboost.XGBClassifier, xgboost.Booster,
        lightgbm.LGBMRegressor, lightgbm.Booster, dict[str, sklearn.pipeline.Pipeline],
    ]  # fmt: skip
    assert all(map(has_materializer, kept))
    assert not has_materializer(xgboost.DMatrix)


def test_a_lambda_is_refused_without_the_advice_to_trust_it(store: Store) -> None:
    nameless = sklearn.preprocessing.FunctionTransformer(lambda x: x)
    with pytest.raises(SaveError, match="define a function or class at a module's top") as refused:
        save(nameless, type(nameless), store)
    assert "trust(" not in str(refused.value)
