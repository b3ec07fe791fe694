"""PyTorch: tensors, state dicts, and modules as the tree of their classes and attributes.

A module is not built again by its constructor, whose arguments nobody kept: it is made empty, and gets the attributes
it had (`zenflow.artifacts.materializers.state`) with its tensors from safetensors. So buffers that are not persistent,
the training flags, frozen and tied weights come back without a word from its author. What has no plain form (a hook, a
lambda, a compiled or scripted module) is refused as it is saved.
"""

from __future__ import annotations

import typing
from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Any

import torch
from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.hints import MAPPINGS, class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.safetensors import TensorWriter, read_tensors
from zenflow.artifacts.materializers.state import StateReader, StateWriter, Tagged
from zenflow.artifacts.trust import found
from zenflow.errors import LoadError, SaveError

TENSOR = "torch-tensor/1"
STATE_DICT = "torch-state/1"
MODULE = "torch-module/1"
STATE = "state"
NAMES = "names"


def materializer(hint: object) -> TensorMaterializer | StateDictMaterializer | ModuleMaterializer | None:
    """The materializer of `torch.Tensor`, `nn.Parameter`, `nn.Module`, or a dict of tensors by name."""
    cls = class_of(hint)
    if cls in (*MAPPINGS, OrderedDict):
        key, value = typing.get_args(hint) or (None, None)
        return StateDictMaterializer(cls is OrderedDict) if key is str and value is torch.Tensor else None
    if cls in (torch.Tensor, torch.nn.Parameter):
        return TensorMaterializer(cls)
    if cls is not None and issubclass(cls, torch.nn.Module):
        return ModuleMaterializer(cls)
    return None


@frozen
class TensorMaterializer:
    """One tensor. A CUDA tensor is saved from, and comes back on, the CPU.

    Raises:
        SaveError: Another class, or a tensor that safetensors can not keep.
        LoadError: Bytes that are no tensor.
    """

    cls: Any
    format: str = TENSOR

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, self.cls):
            raise _another(self.cls, value)
        writer = TensorWriter()
        writer.add(value, "the value")
        writer.write(out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        tensors = read_tensors(blobs)
        if len(tensors) != 1 or not isinstance(tensors[0], self.cls):
            raise LoadError(f"what is stored is not one `{type_name(self.cls)}`")
        return tensors[0]

    def describe(self, value: Any) -> Description:
        return {
            "shape": list(value.shape),
            "dtype": str(value.dtype).removeprefix("torch."),
            "size": value.numel() * value.element_size(),
        }


@frozen
class StateDictMaterializer:
    """Tensors by name, in their order; those that share memory still do when they come back.

    Raises:
        SaveError: No dict of tensors by name, or a tensor that safetensors can not keep.
        LoadError: Bytes that are none.
    """

    ordered: bool
    format: str = STATE_DICT

    def save(self, value: Any, out: BlobWriter) -> None:
        if type(value) not in (dict, OrderedDict):
            raise _another(dict, value)
        writer = TensorWriter()
        names = []
        for name, tensor in value.items():
            if type(name) is not str or not isinstance(tensor, torch.Tensor):
                raise SaveError(
                    f"a dict of tensors by name was declared, and at {name!r} is a `{type(tensor).__name__}`",
                    help="leave it out, or declare a record that has a field for it",
                )
            names.append([name, writer.add(tensor, name)])
        out.write(NAMES, wire.encode(names))
        writer.write(out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        tensors = read_tensors(blobs)
        try:
            named: Any = wire.decode(blobs.read(NAMES))
            pairs = [(str(name), tensors[number]) for name, number in named]
        except (TypeError, ValueError, IndexError) as error:
            raise LoadError(f"the names of stored tensors are damaged: {error}") from error
        return OrderedDict(pairs) if self.ordered else dict(pairs)

    def describe(self, value: Any) -> Description:
        return {"tensors": len(value), **_amounts(value.values())}


@frozen
class ModuleMaterializer:
    """A module of the declared class or a subclass.

    Raises:
        SaveError: Another class, a class that is not trusted, an attribute that has no plain form.
        LoadError: Bytes that are no module, or name a class that is not trusted.
    """

    cls: Any
    format: str = MODULE

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, self.cls):
            raise _another(self.cls, value)
        if isinstance(value, torch.jit.ScriptModule) or type(value).__module__.startswith("torch._dynamo"):
            raise SaveError(
                f"a `{type_name(type(value))}` is compiled code, which can not be stored",
                help="return the module that was compiled (`model._orig_mod`), or its `state_dict()`",
            )
        tensors = TensorWriter()
        writer = _ModuleWriter(self.cls, tensors)
        out.write(STATE, writer.bytes(writer.encode(value, "model")))
        tensors.write(out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        module = _ModuleReader(blobs.read(STATE), self.cls, read_tensors(blobs)).value()
        if not isinstance(module, self.cls):
            raise LoadError(f"what is stored is a `{type_name(type(module))}`, not a `{type_name(self.cls)}`")
        return module

    def describe(self, value: Any) -> Description:
        parameters = list(value.parameters())
        leaves = Counter(type(module).__name__ for module in value.modules() if not any(module.children()))
        return {
            "class": type_name(type(value)),
            **_amounts([*parameters, *value.buffers()]),
            "parameters": sum(parameter.numel() for parameter in parameters),
            "trainable": sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
            "layers": sum(leaves.values()),
            "layers_by_type": dict(leaves.most_common(10)),
        }


class _ModuleWriter(StateWriter):
    def __init__(self, declared: type, tensors: TensorWriter) -> None:
        super().__init__(_allowed, declared, self._torch)
        self._tensors = tensors

    def encode(self, value: Any, place: str, depth: int = 0) -> Tagged:
        if isinstance(value, torch.Tensor):
            return ["tensor", self._tensors.add(value, place)]
        return super().encode(value, place, depth)

    def _torch(self, value: object) -> Tagged | None:
        if isinstance(value, torch.dtype):
            return ["dtype", str(value).removeprefix("torch.")]
        if isinstance(value, torch.device):
            return ["device", str(value)]
        if isinstance(value, torch.Size):
            return ["size", list(value)]
        name = getattr(value, "__name__", None)
        if callable(value) and isinstance(name, str) and _function(name) is value:
            return ["function", name]
        return None

    def _attributes(self, value: object, state: dict[str, Any]) -> list[tuple[str, Any]]:
        # What every module has, and this one has not changed, is left to the version of torch that loads it.
        usual = torch.nn.Module().__dict__ if isinstance(value, torch.nn.Module) else {}
        return [
            (key, part)
            for key, part in state.items()
            if key not in usual or not (type(part) is type(usual[key]) and part == usual[key])
        ]


class _ModuleReader(StateReader):
    def __init__(self, data: memoryview, declared: type, tensors: list[torch.Tensor]) -> None:
        super().__init__(data, _allowed, declared)
        self._tensors = tensors

    def empty(self, cls: Any) -> Any:
        made = super().empty(cls)
        if isinstance(made, torch.nn.Module):
            made.__dict__.update(torch.nn.Module().__dict__)
        return made

    def unleaf(self, tag: str, rest: list[Any]) -> Any:
        match tag, rest:
            case "tensor", [int(number)] if 0 <= number < len(self._tensors):
                return self._tensors[number]
            case "dtype", [str(name)] if isinstance(dtype := getattr(torch, name, None), torch.dtype):
                return dtype
            case "device", [str(name)]:
                return torch.device(name)
            case "size", [list(sizes)]:
                return torch.Size(sizes)
            case "function", [str(name)] if (function := _function(name)) is not None:
                return function
        return super().unleaf(tag, rest)


def _allowed(module: str, qualname: str) -> bool:
    """Modules of torch.nn itself."""
    if not module.startswith("torch.nn.modules."):
        return False
    cls = found(module, qualname)
    return isinstance(cls, type) and issubclass(cls, torch.nn.Module) and cls.__module__ == module


def _function(name: str) -> object | None:
    """An activation or the like by its name: a function of torch.nn.functional, or one of torch that is built in."""
    function = getattr(torch.nn.functional, name, None)
    if not name.startswith("_") and callable(function) and not isinstance(function, type):
        return typing.cast(object, function)
    function = getattr(torch, name, None)
    return function if not name.startswith("_") and type(function) is type(torch.relu) else None


def _amounts(tensors: Iterable[torch.Tensor]) -> dict[str, object]:
    alone = {id(tensor): tensor for tensor in tensors}.values()
    return {
        "dtypes": sorted({str(tensor.dtype).removeprefix("torch.") for tensor in alone})[:10],
        "size": sum(tensor.numel() * tensor.element_size() for tensor in alone),
    }


def _another(declared: type, value: object) -> SaveError:
    return SaveError(
        f"a `{type_name(declared)}` was declared, and what was returned is `{type_name(type(value))}`",
        help="declare what is returned, or return what is declared",
    )
