"""Tensors, state dicts and modules come back whole: elements, sharing, flags, and the tree of a module's parts."""

from __future__ import annotations

import collections
from collections import OrderedDict
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.artifacts import models_made
from zenflow import trust
from zenflow.artifacts.blobs import Reading
from zenflow.artifacts.content import Content
from zenflow.artifacts.reading import read
from zenflow.artifacts.registry import has_materializer
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, SaveError

REAL = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool, torch.float8_e4m3fn, torch.float8_e5m2,
]  # fmt: skip


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    """Of every dtype, with any bits, of any shape and strides."""
    dtype = draw(st.sampled_from([*REAL, torch.complex64, torch.complex128]))
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    size = torch.Size(shape).numel() * dtype.itemsize
    data = bytearray(draw(st.binary(min_size=size, max_size=size))) or bytearray(1)
    if dtype is torch.bool:
        data = bytearray(byte & 1 for byte in data)
    flat = torch.frombuffer(data, dtype=torch.uint8)[:size]
    tensor = flat.clone().view(dtype).reshape(shape)
    turned, thinned, conjugated = (draw(st.integers(0, 1)) for _ in range(3))
    if shape and turned:
        tensor = tensor.transpose(0, -1)
    if shape and thinned:
        tensor = tensor[::2]
    if tensor.is_complex() and conjugated:
        tensor = tensor.conj()
    return tensor


def bits(tensor: torch.Tensor) -> bytes:
    flat = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format).flatten()
    return b"" if flat.numel() == 0 else torch.as_strided(flat, flat.shape, (1,)).view(torch.uint8).numpy().tobytes()


@given(tensors())
def test_a_tensor_comes_back(tensor: torch.Tensor) -> None:
    content = save(tensor, torch.Tensor, None)
    loaded = load(content, torch.Tensor, None)
    assert (loaded.dtype, loaded.shape, bits(loaded)) == (tensor.dtype, tensor.shape, bits(tensor))
    assert save(loaded, torch.Tensor, None).digest == content.digest


@given(st.dictionaries(st.text(max_size=5), tensors(), max_size=5))
def test_a_state_dict_comes_back_in_its_order(state: dict[str, torch.Tensor]) -> None:
    loaded = load(save(state, dict[str, torch.Tensor], None), dict[str, torch.Tensor], None)
    assert list(loaded) == list(state)
    assert [bits(tensor) for tensor in loaded.values()] == [bits(tensor) for tensor in state.values()]


def test_equal_tensors_are_equal_bytes_whatever_their_strides() -> None:
    tensor = torch.arange(12.0).reshape(3, 4)
    views = [tensor, tensor.T.contiguous().T, torch.arange(24.0).reshape(6, 4)[:3] * 1]
    assert len({save(view, torch.Tensor, None).digest for view in views}) == 1


def test_tensors_that_share_memory_still_share_it(store: Store) -> None:
    base = torch.arange(40_000.0)
    state = {"whole": base, "again": base, "part": base[10:20:3], "square": base[:100].reshape(10, 10).T}
    loaded = load(save(state, dict[str, torch.Tensor], store), dict[str, torch.Tensor], store)
    assert all(torch.equal(loaded[name], state[name]) for name in state)
    assert loaded["whole"] is loaded["again"]
    loaded["whole"][13] = -1
    assert (loaded["part"][1], loaded["square"][3, 1]) == (-1, -1)


def test_writing_to_a_loaded_tensor_reaches_neither_the_store_nor_another(store: Store) -> None:
    tensor = torch.zeros(100_000)
    content = save(tensor, torch.Tensor, store)
    load(content, torch.Tensor, store).fill_(7)
    assert torch.equal(load(content, torch.Tensor, store), tensor)


def test_a_loaded_state_that_is_saved_again_shares_nothing_new(store: Store) -> None:
    state = {"a": torch.zeros(10_000), "b": torch.ones(10_000, dtype=torch.float64)}
    content = save(state, dict[str, torch.Tensor], store)
    again = save(load(content, dict[str, torch.Tensor], store), dict[str, torch.Tensor], store)
    assert again.digest == content.digest


class Marked(torch.Tensor):
    """A subclass, which says more than its elements."""


def test_flags_are_kept_and_the_graph_is_not() -> None:
    leaf = torch.ones(2, requires_grad=True)
    parameter = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    assert load(save(leaf, torch.Tensor, None), torch.Tensor, None).requires_grad
    loaded = load(save(parameter, torch.nn.Parameter, None), torch.nn.Parameter, None)
    assert type(loaded) is torch.nn.Parameter
    assert not loaded.requires_grad
    made = load(save(leaf * 2, torch.Tensor, None), torch.Tensor, None)
    assert (made.requires_grad, made.grad_fn) == (True, None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.eye(2).to_sparse(), "to_dense"),
        (torch.empty(2, device="meta"), "to_empty"),
        (torch.ones(2).as_subclass(Marked), "as_subclass"),
        ([1.0], "`list`"),
    ],
)
def test_a_tensor_that_would_not_come_back_is_refused(value: object, message: str) -> None:
    with pytest.raises(SaveError, match=message):
        save(value, torch.Tensor, None)


@pytest.mark.parametrize("name", ["net", "lstm", "encoder"])
def test_a_module_comes_back_as_it_was(name: str, store: Store) -> None:
    hint, model = models_made.of_torch()[name]
    content = save(model, hint, store)
    loaded = load(content, hint, store)
    assert [type(part) for part in loaded.modules()] == [type(part) for part in model.modules()]
    assert [part.training for part in loaded.modules()] == [part.training for part in model.modules()]
    assert [(n, w.requires_grad) for n, w in loaded.named_parameters()] == [
        (n, w.requires_grad) for n, w in model.named_parameters()
    ]
    x = torch.rand(4, 6, {"lstm": 3, "encoder": 8}.get(name, 4))
    x = x[0] if name == "net" else x
    expected, got = model(x), loaded(x)
    assert torch.equal(*(out[0] if isinstance(out, tuple) else out for out in (expected, got)))
    assert save(loaded, hint, store).digest == content.digest


def test_what_no_state_dict_has_comes_back() -> None:
    loaded = load(save(models_made.net(), models_made.Net, None), models_made.Net, None)
    assert loaded.second.weight is loaded.first.weight
    assert loaded.sizes == {"width": 8, "all": (4, 8)}
    assert "scale" not in loaded.state_dict()
    loaded.train()
    loaded(torch.rand(4, 4)).sum().backward()
    assert loaded.layers[0].bias.grad is None
    assert loaded.first.weight.grad is not None


def test_a_module_with_a_hook_or_a_lambda_is_refused_with_the_place() -> None:
    hooked: Any = torch.nn.Linear(1, 1)
    hooked.register_forward_hook(lambda *_: None)
    with pytest.raises(SaveError, match=r"model\._forward_hooks"):
        save(hooked, torch.nn.Linear, None)
    odd: Any = models_made.net()
    odd.rule = lambda x: x
    with pytest.raises(SaveError, match=r"(?s)model\.rule.*state_dict"):
        save(odd, models_made.Net, None)
    with pytest.raises(SaveError, match=r"Parametrized"):
        save(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)), torch.nn.Module, None)


def test_a_class_that_was_not_declared_must_be_trusted() -> None:
    model = torch.nn.Sequential(models_made.net())
    with pytest.raises(SaveError, match=r'zenflow\.trust\("tests\.artifacts\.models_made\.Net"\)'):
        save(model, torch.nn.Sequential, None)
    content = save(models_made.net(), models_made.Net, None)
    with pytest.raises(LoadError, match="not trusted"):
        load(content, torch.nn.Module, None)


@trust
class Doubled(torch.nn.Module):
    """A trusted one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


def test_a_trusted_class_needs_no_declaration() -> None:
    model = torch.nn.Sequential(Doubled(), torch.nn.Identity())
    loaded = load(save(model, torch.nn.Module, None), torch.nn.Module, None)
    assert torch.equal(loaded(torch.ones(2)), torch.full((2,), 2.0))


def test_a_described_module_tells_its_size() -> None:
    described = save(models_made.net(), models_made.Net, None).description
    assert (described["parameters"], described["trainable"], described["layers"]) == (136, 128, 5)
    assert described["layers_by_type"] == {"Linear": 3, "ReLU": 1, "BatchNorm1d": 1}


@cache
def kept() -> Content:
    return save(models_made.net(), models_made.Net, None)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_other_bytes_are_an_error_of_ours(data: st.DataObject) -> None:
    content = kept()
    blob = data.draw(st.sampled_from(content.blobs))
    good = content.small[blob.digest]
    cut = data.draw(st.integers(0, len(good) - 1))
    bad = good[:cut] + data.draw(st.binary(max_size=8)) + (good[cut + 8 :] if data.draw(st.booleans()) else b"")
    names = {other.name: content.small[other.digest] for other in content.blobs} | {blob.name: bad}
    try:
        loaded = read(models_made.Net, Reading(None, content.format, (), {}, held=names))
    except LoadError:
        return
    assert isinstance(loaded, models_made.Net)


def test_a_check_knows_what_is_kept() -> None:
    hints = [torch.Tensor, dict[str, torch.Tensor], OrderedDict[str, torch.Tensor], torch.nn.Linear, models_made.Net]
    assert all(map(has_materializer, hints))
    assert has_materializer(dict[str, list[torch.Tensor]])
    assert has_materializer(dict[int, torch.Tensor])
    assert not has_materializer(torch.optim.SGD)
    assert not has_materializer(collections.Counter[object] | torch.Generator)
