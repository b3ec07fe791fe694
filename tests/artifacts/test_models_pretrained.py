"""Models and tokenizers of transformers come back whole; models of every kind are equal bytes in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tests.artifacts import models_made
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, SaveError

ROOT = Path(__file__).parents[2]


def test_a_model_comes_back(store: Store) -> None:
    model = models_made.bert()
    content = save(model, transformers.PreTrainedModel, store)
    loaded = load(content, transformers.BertForMaskedLM, store)
    ids = torch.arange(8).reshape(2, 4)
    with torch.no_grad():
        assert torch.equal(loaded(ids).logits, model(ids).logits)
    assert {n: w.requires_grad for n, w in loaded.named_parameters()} == {
        n: w.requires_grad for n, w in model.named_parameters()
    }
    assert loaded.cls.predictions.decoder.weight is loaded.bert.embeddings.word_embeddings.weight
    assert not loaded.training
    assert save(loaded, transformers.PreTrainedModel, store).digest == content.digest
    assert content.description["parameters"] == 12496


def test_a_models_dtype_is_kept(store: Store) -> None:
    model = models_made.bert().to(torch.bfloat16)
    loaded = load(save(model, transformers.PreTrainedModel, store), transformers.PreTrainedModel, store)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.bfloat16}


def test_a_tokenizer_comes_back(store: Store) -> None:
    tokenizer: Any = models_made.tokenizer()
    hint = transformers.PreTrainedTokenizerBase
    content = save(tokenizer, hint, store)
    loaded = load(content, hint, store)
    assert loaded("a small unknown model") == tokenizer("a small unknown model")
    assert loaded.get_vocab() == tokenizer.get_vocab()
    assert save(loaded, hint, store).digest == content.digest


def test_another_class_than_the_declared_is_refused(store: Store) -> None:
    model = models_made.bert()
    with pytest.raises(SaveError, match="GPT2Model"):
        save(model, transformers.GPT2Model, store)
    content = save(model, transformers.PreTrainedModel, store)
    with pytest.raises(LoadError, match="GPT2Model"):
        load(content, transformers.GPT2Model, store)


def test_missing_weights_are_an_error_and_not_made_up(store: Store) -> None:
    content = save(models_made.bert(), transformers.PreTrainedModel, store)
    small = dict(content.small)
    from zenflow.artifacts.blobs import Reading
    from zenflow.artifacts.reading import read

    config = next(blob for blob in content.blobs if b"num_hidden_layers" in small.get(blob.digest, b""))
    grown = small[config.digest].replace(b'"num_hidden_layers": 2', b'"num_hidden_layers": 3')
    blobs = tuple(blob for blob in content.blobs if blob is not config)
    with pytest.raises(LoadError, match=r"missing_keys|do not fit"):
        read(transformers.PreTrainedModel, Reading(store, content.format, blobs, small, held={config.name: grown}))


@pytest.mark.timeout(400)
@pytest.mark.filterwarnings("ignore")
def test_models_are_equal_bytes_in_every_process(store: Store) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    program = "from tests.artifacts.models_made import tell_digests; tell_digests()"  # classes of no `__main__`
    command = [sys.executable, "-W", "ignore", "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as other:
        here = models_made.digests(store)
        there = json.loads(other.communicate()[0])
    assert here == there
    assert len(here) == 17
