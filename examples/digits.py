"""Reading handwritten digits: train several classifiers, pick one on validation data, evaluate it on test data.

    zenflow run examples/digits.py
    zenflow run examples/digits.py --seed 7
    python examples/digits.py

The data are the 1,797 scanned digits (8 x 8 pixels) that come with scikit-learn. The classifier is kernel ridge
regression on one-hot labels with a Gaussian kernel (Hastie, Tibshirani, Friedman, "The Elements of Statistical
Learning", section 5.8): a few lines of numpy, and a fitted model is plain arrays, so nothing here needs pickle.

Needs `pip install zenflow[examples]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split

from zenflow import Artifact, each, pipeline, report, run, step

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Digits:
    """Images, one row of 64 brightnesses each, and the digit that each shows."""

    images: Floats
    labels: Ints


class Split(NamedTuple):
    train: Digits
    validation: Digits
    test: Digits


@dataclass(frozen=True)
class Scaling:
    """What makes every pixel have mean 0 and variance 1 over the training images."""

    mean: Floats
    deviation: Floats


@dataclass(frozen=True)
class Setting:
    """How wide the kernel is (`exp(-gamma * squared distance)`) and how smooth the fit (`ridge`)."""

    gamma: float
    ridge: float


@dataclass(frozen=True)
class Classifier:
    """A fitted model: the training images and, for each of them, its weight for each digit."""

    setting: Setting
    images: Floats
    weights: Floats

    def predict(self, images: Floats) -> Ints:
        """The digit each image shows."""
        scores = _kernel(images, self.images, self.setting.gamma) @ self.weights
        return np.asarray(scores.argmax(axis=1), dtype=np.int64)


class Evaluation(NamedTuple):
    accuracy: float
    confusion: Ints


class Result(NamedTuple):
    test_accuracy: Artifact[float]
    setting: Artifact[Setting]
    confusion: Artifact[Ints]


SETTINGS = [Setting(gamma, ridge) for gamma in (0.001, 0.01, 0.1) for ridge in (0.01, 1.0)]


def _kernel(left: Floats, right: Floats, gamma: float) -> Floats:
    distances = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :] - 2 * left @ right.T
    return np.asarray(np.exp(-gamma * np.maximum(distances, 0)), dtype=np.float64)


def _accuracy(model: Classifier, data: Digits) -> float:
    return float((model.predict(data.images) == data.labels).mean())


@step
def load() -> Digits:
    """The 1,797 digits."""
    images, labels = load_digits(return_X_y=True)
    return Digits(images.astype(np.float64), labels.astype(np.int64))


@step
def split(digits: Digits, *, seed: int) -> Split:
    """60 % to train on, 20 % to choose by, 20 % to test on, each with the same share of every digit."""
    rows = np.arange(len(digits.labels))
    train, rest = train_test_split(rows, test_size=0.4, stratify=digits.labels, random_state=seed)
    validation, test = train_test_split(rest, test_size=0.5, stratify=digits.labels[rest], random_state=seed)
    return Split(*(Digits(digits.images[part], digits.labels[part]) for part in (train, validation, test)))


@step
def measure(train: Digits) -> Scaling:
    """The scaling that the training images ask for; pixels that never change are left as they are."""
    deviation = train.images.std(axis=0)
    return Scaling(train.images.mean(axis=0), np.where(deviation > 0, deviation, 1.0))


@step
def scale(digits: Digits, scaling: Scaling) -> Digits:
    return Digits((digits.images - scaling.mean) / scaling.deviation, digits.labels)


@step
def fit(train: Digits, setting: Setting) -> Classifier:
    """Solve `(K + ridge * I) weights = one-hot labels`."""
    kernel = _kernel(train.images, train.images, setting.gamma)
    kernel[np.diag_indices_from(kernel)] += setting.ridge
    weights = np.linalg.solve(kernel, np.eye(10)[train.labels])
    model = Classifier(setting, train.images, weights.astype(np.float64))
    report(train_accuracy=_accuracy(model, train))
    return model


@step
def best(models: list[Classifier], validation: Digits) -> Classifier:
    """The model that reads most of the validation digits correctly."""
    accuracies = [_accuracy(model, validation) for model in models]
    report(validation_accuracy=max(accuracies))
    return models[int(np.argmax(accuracies))]


@step
def setting_of(model: Classifier) -> Setting:
    return model.setting


@step
def evaluate(model: Classifier, test: Digits) -> Evaluation:
    """How often the model is right, and which digits (rows) it takes for which (columns)."""
    accuracy = _accuracy(model, test)
    report(test_accuracy=accuracy)
    return Evaluation(accuracy, np.asarray(confusion_matrix(test.labels, model.predict(test.images)), dtype=np.int64))


@pipeline
def digits(*, seed: int = 0) -> Result:
    """Train six classifiers of handwritten digits, pick one on validation data, evaluate it on test data.

    Args:
        seed: What the random split depends on.
    """
    parts = split(load(), seed=seed)
    scaling = measure(parts.train)
    models = fit.map(scale(parts.train, scaling), each(SETTINGS))
    model = best(models, scale(parts.validation, scaling)).named("digits-classifier")
    evaluation = evaluate(model, scale(parts.test, scaling))
    return Result(evaluation.accuracy, setting_of(model), evaluation.confusion)


if __name__ == "__main__":
    accuracy, setting, confusion = run(digits()).output
    print(f"test accuracy {accuracy:.4f} with {setting}")
    print(confusion)
