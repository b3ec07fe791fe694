"""Models of every kind that is kept, made small and the same in every process: `made()` gives (hint, value) by name.

`tell_digests()` prints the digest of each, for tests that compare processes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import sklearn.base
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing
import tokenizers
import torch
import transformers
import xgboost

from zenflow.artifacts.saving import save
from zenflow.artifacts.store import Store, open_store

FEATURES = np.random.default_rng(0).normal(size=(80, 4))
LABELS = (FEATURES[:, 0] + FEATURES[:, 1] > 0).astype(int)
NAMES = np.array(["no", "yes"])[LABELS]


class Scale(sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):  # type: ignore[misc]
    """A transformer of the project's own."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def fit(self, features: Any, labels: Any = None) -> Scale:
        self.n_features_in_ = features.shape[1]
        return self

    def transform(self, features: Any) -> Any:
        return features * self.factor


class Net(torch.nn.Module):
    """Layers that share weights, one that is frozen, and a buffer that no state dict has."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.ReLU(), torch.nn.BatchNorm1d(width))
        self.first = torch.nn.Linear(width, width)
        self.second = torch.nn.Linear(width, width)
        self.second.weight = self.first.weight
        self.activation = torch.nn.functional.gelu
        self.register_buffer("scale", torch.full((width,), 2.0), persistent=False)
        self.sizes = {"width": width, "all": (4, width)}
        self.layers[0].bias.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.second(self.activation(self.first(self.layers(x)))) * self.scale
        return hidden


def net() -> Net:
    """A net after two steps of training."""
    torch.manual_seed(0)
    model = Net(8)
    for _ in range(2):
        loss: Any = model(torch.from_numpy(FEATURES).float()).square().mean()
        loss.backward()
        for weight in model.parameters():
            if weight.grad is not None:
                weight.data -= 0.1 * weight.grad
                weight.grad = None
    return model.eval()


def bert() -> Any:
    """A BERT of two tiny layers, one weight of which is frozen."""
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    model: Any = transformers.BertForMaskedLM(config)
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return model.eval()


def tokenizer() -> Any:
    """A fast tokenizer of five words."""
    words = {"[PAD]": 0, "[UNK]": 1, "a": 2, "small": 3, "model": 4}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    fast: Any = transformers.PreTrainedTokenizerFast
    return fast(tokenizer_object=model, unk_token="[UNK]", pad_token="[PAD]")


def of_sklearn() -> dict[str, tuple[Any, Any]]:
    """Estimators of several families."""
    texts = sklearn.feature_extraction.text.TfidfVectorizer(stop_words=["the", "a"]).fit(["the cat", "a dog sat"])
    steps = sklearn.pipeline.make_pipeline(
        sklearn.preprocessing.StandardScaler(), sklearn.linear_model.LogisticRegression()
    )
    forest = sklearn.ensemble.RandomForestClassifier(3, random_state=0)
    boosted = sklearn.ensemble.HistGradientBoostingRegressor(max_iter=3, random_state=0)
    return {
        "pipeline": (sklearn.pipeline.Pipeline, steps.fit(FEATURES, NAMES)),
        "forest": (sklearn.base.ClassifierMixin, forest.fit(FEATURES, LABELS)),
        "boosted": (sklearn.base.BaseEstimator, boosted.fit(FEATURES, LABELS)),
        "texts": (type(texts), texts),
        "own": (Scale, Scale(3.0).fit(FEATURES)),
    }


def of_torch() -> dict[str, tuple[Any, Any]]:
    """Modules, a state dict, tensors."""
    torch.manual_seed(1)
    return {
        "net": (Net, net()),
        "lstm": (torch.nn.Module, torch.nn.LSTM(3, 5, num_layers=2, bidirectional=True).eval()),
        "encoder": (torch.nn.TransformerEncoder, _encoder()),
        "state": (OrderedDict[str, torch.Tensor], net().state_dict()),
        "tensor": (torch.Tensor, torch.arange(12, dtype=torch.bfloat16).reshape(3, 4).T),
    }


def _encoder() -> torch.nn.Module:
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True)
    return torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()


def of_boosting() -> dict[str, tuple[Any, Any]]:
    """Boosters, and estimators around them."""
    halves = [(FEATURES[:40], LABELS[:40])]
    trees = xgboost.XGBClassifier(n_estimators=6, max_depth=2, n_jobs=1, early_stopping_rounds=2)
    trees.fit(FEATURES, LABELS, eval_set=halves, verbose=False)
    leaves = lightgbm.LGBMClassifier(n_estimators=6, num_leaves=4, n_jobs=1, verbose=-1, deterministic=True)
    leaves.fit(FEATURES, NAMES, eval_set=[(FEATURES[:40], NAMES[:40])])
    return {
        "xgboost": (xgboost.XGBClassifier, trees),
        "xgboost-booster": (xgboost.Booster, trees.get_booster()),
        "lightgbm": (lightgbm.LGBMClassifier, leaves),
        "lightgbm-booster": (lightgbm.Booster, leaves.booster_),
    }


def of_transformers() -> dict[str, tuple[Any, Any]]:
    """A model, a tokenizer, a configuration."""
    model = bert()
    return {
        "bert": (transformers.BertForMaskedLM, model),
        "tokenizer": (transformers.PreTrainedTokenizerBase, tokenizer()),
        "config": (transformers.BertConfig, model.config),
    }


def made() -> dict[str, tuple[Any, Any]]:
    """All of them."""
    return of_sklearn() | of_torch() | of_boosting() | of_transformers()


def digests(store: Store) -> dict[str, str]:
    """The digest of each, saved."""
    return {name: save(value, hint, store).digest for name, (hint, value) in made().items()}


def tell_digests() -> None:
    """What another process compares itself by."""
    with tempfile.TemporaryDirectory() as folder:
        json.dump(digests(open_store(Path(folder) / "store")), sys.stdout)
