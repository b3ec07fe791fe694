"""Tensors as one safetensors blob and an index beside it that says what safetensors has no word for.

Of a tensor alone in its memory the elements are kept, in order, whatever its strides. Tensors that share memory (tied
weights, views of one another) are kept as that memory, once, with the window each has on it, and share it again when
they come back. As `torch.save` does, `requires_grad` is kept, and neither the gradient nor how it was computed.

A large blob is mapped privately: only what is looked at is read, and to write to a tensor copies a page and can not
reach the store. Format: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
from typing import Any

import torch
from attrs import frozen
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_bytes

from zenflow.artifacts import wire
from zenflow.artifacts.content import SMALL
from zenflow.artifacts.materializer import BlobReader, BlobWriter
from zenflow.errors import LoadError, SaveError

DATA = "tensors"
INDEX = "index"

_NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint64: "U64", torch.uint32: "U32", torch.uint16: "U16", torch.uint8: "U8",
    torch.bool: "BOOL", torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2",
}  # fmt: skip
_COMPLEX = {torch.complex64: torch.float32, torch.complex128: torch.float64}
_DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in (*_NAMES, *_COMPLEX)}
MALFORMED = (SafetensorError, RuntimeError, ValueError, TypeError, KeyError, OSError, OverflowError)


@frozen
class Entry:
    """Where a tensor is: on array number `memory`, all of it or a window (strides and offset)."""

    memory: int
    dtype: str
    shape: tuple[int, ...]
    window: tuple[tuple[int, ...], int] | None
    requires_grad: bool
    parameter: bool


class TensorWriter:
    """Collects tensors by identity, and writes them together.

    Raises:
        SaveError: A tensor that is sparse, quantized, on no device, of a subclass, or of a dtype that is not kept.
    """

    def __init__(self) -> None:
        self._tensors: list[torch.Tensor] = []
        self._numbers: dict[int, int] = {}

    def add(self, tensor: torch.Tensor, place: str) -> int:
        """The number of a tensor, the same for the same one."""
        number = self._numbers.get(id(tensor))
        if number is None:
            check_kept(tensor, place)
            number = self._numbers[id(tensor)] = len(self._tensors)
            self._tensors.append(tensor)
        return number

    def write(self, out: BlobWriter) -> None:
        entries: list[Entry] = []
        memories: list[torch.Tensor] = []
        groups = {id(tensor): group for group in _shared(self._tensors) for tensor in group}
        spans: dict[int, tuple[int, int]] = {}
        for tensor in self._tensors:
            group = groups.get(id(tensor))
            window = None
            if group is None:
                memory = len(memories)
                memories.append(tensor.detach())
            else:
                if id(group) not in spans:
                    start, end = _span(group)
                    spans[id(group)] = len(memories), start
                    memories.append(torch.as_strided(group[0].detach(), (end - start,), (1,), start))
                memory, start = spans[id(group)]
                window = tuple(tensor.stride()), int(tensor.storage_offset()) - start
            dtype = str(tensor.dtype).removeprefix("torch.")
            is_parameter = isinstance(tensor, torch.nn.Parameter)
            entries.append(Entry(memory, dtype, tuple(tensor.shape), window, tensor.requires_grad, is_parameter))
        out.write(INDEX, wire.encode([_row(entry) for entry in entries]))
        _write(memories, out)


def check_kept(tensor: torch.Tensor, place: str) -> None:
    """Refuse what would not come back as it is."""
    kind, fix = "", ""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        kind, fix = f"of the class `{type(tensor).__name__}`", "return `tensor.as_subclass(torch.Tensor)`"
    elif tensor.layout is not torch.strided:
        kind, fix = f"sparse ({tensor.layout})", "return `tensor.to_dense()`, or its indices and values"
    elif tensor.is_quantized:
        kind, fix = "quantized", "return `tensor.dequantize()`, or `int_repr()` with scale and zero point"
    elif tensor.is_meta:
        kind, fix = "on the device `meta`, without any elements", "give it a device (`to_empty`) and elements"
    elif tensor.dtype not in _NAMES and tensor.dtype not in _COMPLEX:
        kind, fix = f"of dtype {tensor.dtype}, which safetensors has not", "convert it (`tensor.to(...)`)"
    if kind:
        raise SaveError(f"`{place}` can not be stored: the tensor is {kind}", help=fix)


def read_tensors(blobs: BlobReader) -> list[torch.Tensor]:
    """All tensors, by number. Each is the caller's own, and may be written to.

    Raises:
        LoadError: Bytes that are none, or an index that does not fit them.
    """
    rows = wire.decode(blobs.read(INDEX))
    if not isinstance(rows, list):
        raise LoadError("the index of stored tensors is none")
    try:
        memories = _memories(blobs)
        tensors = [_tensor(Entry(*row), memories) for row in rows]
    except MALFORMED as error:
        raise LoadError(f"the stored bytes are no tensors: {error}") from error
    return tensors


def _memories(blobs: BlobReader) -> dict[str, torch.Tensor]:
    if blobs.size(DATA) <= SMALL:
        return dict(load_bytes(bytes(blobs.read(DATA))))
    with safe_open(str(blobs.path(DATA)), framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict


def _tensor(entry: Entry, memories: dict[str, torch.Tensor]) -> torch.Tensor:
    dtype = _DTYPES[entry.dtype]
    memory = memories[str(entry.memory)]
    if dtype in _COMPLEX:
        memory = torch.view_as_complex(memory)
    if memory.dtype is not dtype:
        raise LoadError(f"a stored tensor is of {memory.dtype}, and its index says {entry.dtype}")
    if entry.window is not None:
        strides, offset = entry.window
        furthest = offset + sum((size - 1) * stride for size, stride in zip(entry.shape, strides, strict=True))
        if offset < 0 or furthest >= memory.numel():
            raise LoadError("a stored tensor reaches beyond its memory")
        memory = torch.as_strided(memory, tuple(entry.shape), tuple(strides), memory.storage_offset() + offset)
    elif tuple(memory.shape) != tuple(entry.shape):
        raise LoadError(f"a stored tensor has the shape {tuple(memory.shape)}, and its index says {entry.shape}")
    if entry.parameter is True:
        return torch.nn.Parameter(memory, requires_grad=bool(entry.requires_grad))
    return memory.requires_grad_(True) if entry.requires_grad is True else memory


def _row(entry: Entry) -> list[Any]:
    return [entry.memory, entry.dtype, entry.shape, entry.window, entry.requires_grad, entry.parameter]


def _shared(tensors: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    """The groups of tensors that overlap in memory. (To be of one storage is not enough: a loaded file is one.)"""
    groups: list[list[torch.Tensor]] = []
    end = 0
    for tensor in sorted((tensor for tensor in tensors if tensor.numel()), key=torch.Tensor.data_ptr):
        if groups and tensor.data_ptr() < end and tensor.device == groups[-1][0].device:
            groups[-1].append(tensor)
        else:
            groups.append([tensor])
            end = 0
        first, behind = _span([tensor])
        end = max(end, tensor.data_ptr() + (behind - first) * tensor.element_size())
    shared = [group for group in groups if len(group) > 1]
    for group in shared:
        if len({(tensor.dtype, tensor.is_conj(), tensor.is_neg()) for tensor in group}) > 1:
            raise SaveError(
                "two tensors share their memory and have different dtypes, which can not be stored",
                help="return a copy of one (`tensor.clone()`)",
            )
    return shared


def _span(group: list[torch.Tensor]) -> tuple[int, int]:
    """From the first to behind the last element that any of them shows, in elements of their memory."""
    ends = [
        tensor.storage_offset()
        + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
        for tensor in group
    ]
    return min(int(tensor.storage_offset()) for tensor in group), int(max(ends)) + 1


def _write(memories: list[torch.Tensor], out: BlobWriter) -> None:
    """Header and elements, the widest dtype first, so that every array is aligned."""
    order = sorted(range(len(memories)), key=lambda i: -memories[i].element_size())
    header: dict[str, Any] = {}
    end = 0
    for i in order:
        memory = memories[i]
        real = memory.dtype not in _COMPLEX
        shape = [*memory.shape] if real else [*memory.shape, 2]
        size = memory.numel() * memory.element_size()
        dtype = memory.dtype if real else _COMPLEX[memory.dtype]
        header[str(i)] = {"dtype": _NAMES[dtype], "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with out.open(DATA) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for i in order:
            if memories[i].numel():
                whole = memories[i].cpu().resolve_conj().resolve_neg().contiguous()
                # A single element may have any stride and still count as contiguous.
                flat: Any = torch.as_strided(whole, (whole.numel(),), (1,)).view(torch.uint8).numpy()
                file.write(memoryview(flat))
