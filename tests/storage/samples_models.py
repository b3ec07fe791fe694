"""Good values of the formats of models and pictures, to be made hostile, and what it is to use one.

A model that was forged may be one that raises as it is asked: its shapes do not fit, a parameter is none. That is said
to whoever asks it, in Python, so what it raises is let pass here. What it must not do is to end the process.

Not here are xgboost and lightgbm, whose own readers end the process on damaged bytes; and trees, neighbours and support
vectors of scikit-learn are loaded and not asked, since its compiled code believes the numbers in them. What that means
for whom to trust is told in `docs/security.md`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

Sample = tuple[object, Any]


def _learned_from() -> tuple[Any, Any]:
    import numpy as np

    features = np.random.default_rng(0).normal(size=(60, 4))
    return features, (features[:, 0] + features[:, 1] > 0).astype(int)


def sklearn() -> Iterable[Sample]:
    from sklearn import ensemble, linear_model, neighbors, pipeline, preprocessing, svm, tree

    features, labels = _learned_from()
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
    forest = ensemble.RandomForestClassifier(2, max_depth=2, random_state=0)
    boosted = ensemble.HistGradientBoostingRegressor(max_iter=2, max_depth=2, random_state=0)
    yield tree.DecisionTreeClassifier(max_depth=3, random_state=0).fit(features, labels), tree.DecisionTreeClassifier
    yield steps.fit(features, labels), pipeline.Pipeline
    yield forest.fit(features, labels), ensemble.RandomForestClassifier
    yield boosted.fit(features, labels), ensemble.HistGradientBoostingRegressor
    yield svm.SVC().fit(features, labels), svm.SVC
    yield neighbors.KNeighborsClassifier(3, algorithm="kd_tree").fit(features, labels), neighbors.KNeighborsClassifier


def torch() -> Iterable[Sample]:
    import torch as library

    library.manual_seed(0)
    net = library.nn.Sequential(library.nn.Linear(4, 3), library.nn.ReLU(), library.nn.BatchNorm1d(3)).eval()
    tied = library.nn.Linear(4, 4)
    yield library.arange(12, dtype=library.bfloat16).reshape(3, 4).T, library.Tensor
    yield library.tensor([1 + 2j, 3 - 1j]), library.Tensor
    yield library.arange(5_000.0), library.Tensor  # in a file, which is mapped
    yield net.state_dict(), OrderedDict[str, library.Tensor]
    yield {"all": tied.weight.detach(), "row": tied.weight.detach()[1]}, dict[str, library.Tensor]
    yield net, library.nn.Module
    yield library.nn.LSTM(4, 3).eval(), library.nn.LSTM
    yield library.nn.Embedding(4, 3), library.nn.Embedding


def transformers() -> Iterable[Sample]:
    import tokenizers
    import transformers as library

    model: Any = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    fast: Any = library.PreTrainedTokenizerFast
    config = library.BertConfig(
        vocab_size=8, hidden_size=4, num_hidden_layers=1, num_attention_heads=1, intermediate_size=4
    )
    yield config, library.BertConfig
    yield fast(tokenizer_object=model, unk_token="[UNK]"), library.PreTrainedTokenizerFast


def pillow() -> Iterable[Sample]:
    from PIL import Image

    grey = Image.linear_gradient("L").resize((9, 7))
    colours = Image.merge("RGB", (grey, grey.rotate(90), grey.rotate(180)))
    transparent = colours.convert("RGBA").quantize(8)
    for mode in ("1", "L", "LA", "RGB", "RGBA", "CMYK", "I", "F", "I;16"):
        yield colours.convert("L" if mode == "I;16" else mode).convert(mode), Image.Image
    yield colours.quantize(8), Image.Image
    yield transparent, Image.Image
    yield transparent.convert("PA"), Image.Image
    yield Image.new("RGB", (0, 5)), Image.Image


def plotly() -> Iterable[Sample]:
    import numpy as np
    from plotly import graph_objects as go

    yield go.Figure(go.Bar(x=["a", "b"], y=np.arange(2), name="n"), layout={"title": "t"}), go.Figure
    yield go.Figure(go.Heatmap(z=np.arange(6.0).reshape(2, 3))), go.Figure


def matplotlib() -> Iterable[Sample]:
    from matplotlib.figure import Figure

    yield Figure(figsize=(0.3, 0.2), dpi=50), Figure


def datasets() -> Iterable[Sample]:
    from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

    kinds = {"n": Value("int32"), "t": Value("string"), "c": ClassLabel(names=["a", "b"]), "l": List(Value("int8"))}
    data = Dataset.from_dict({"n": [1, 2], "t": ["x", "y"], "c": [0, 1], "l": [[1], []]}, features=Features(kinds))
    yield data, Dataset
    yield data.with_format("numpy", columns=["n"]), Dataset
    yield DatasetDict({"train": data, "test": data}), DatasetDict


def streams() -> Iterable[Sample]:
    yield iter([b"one", b"two"]), Iterator[bytes]
    yield iter([bytes(40_000)]), Iterator[bytes]


FAMILIES: dict[str, Callable[[], Iterable[Sample]]] = {
    "sklearn/1": sklearn,
    "torch-*": torch,
    "transformers-*": transformers,
    "image/1": pillow,
    "plotly-figure/1": plotly,
    "matplotlib-figure/1": matplotlib,
    "datasets-*": datasets,
    "bytes-stream/1": streams,
}
"""The lines of the table of `samples` that are made here."""


def _use_estimator(value: Any) -> None:
    from sklearn.pipeline import Pipeline

    value.get_params()
    if isinstance(value, Pipeline):
        with suppress(Exception):
            value.predict([[0.1, -1.0, 0.5, 2.0]])


def _use_torch(value: Any) -> None:
    import torch as library

    if isinstance(value, library.Tensor):
        value.detach().reshape(-1)[:100].clone().tolist()
        return
    for tensor in value.state_dict().values():
        _use_torch(tensor)
    for given in (library.ones(2, 4), library.tensor([0, 3])):
        with suppress(Exception), library.no_grad():
            value(given)


def _use_transformers(value: Any) -> None:
    with suppress(Exception):
        repr(value)
    if hasattr(value, "tokenize"):
        with suppress(Exception):
            value("a b a")


def _use_image(value: Any) -> None:
    value.copy().tobytes()
    with suppress(ValueError):  # a mode that has no such conversion
        value.convert("RGBA").resize((3, 3))


def _use_plotly(value: Any) -> None:
    value.to_plotly_json()


def _use_drawing(value: Any) -> None:
    assert value.get_size_inches().shape == (2,)


def _use_datasets(value: Any) -> None:
    for data in value.values() if isinstance(value, dict) else [value]:
        with suppress(Exception):
            list(data)


USES: dict[str, Callable[[Any], None]] = {
    "sklearn": _use_estimator,
    "torch": _use_torch,
    "transformers": _use_transformers,
    "PIL": _use_image,
    "plotly": _use_plotly,
    "zenflow": _use_drawing,
    "datasets": _use_datasets,
}
"""By the package of a value's type."""
