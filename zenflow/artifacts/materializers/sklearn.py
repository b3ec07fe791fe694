"""scikit-learn estimators and pipelines, by skops: classes by name and attributes, nothing that is run.

skops keeps a zip of a schema and arrays, with dates and with addresses of this process for names. Here each member is
a blob of its own, numbered in the order of the schema, so that equal models are equal bytes, and equal arrays are kept
once. skops says which types it does not know to be harmless. Of these, classes of scikit-learn itself are taken, and
what is declared or trusted (`zenflow.artifacts.trust`); the others are refused as the model is saved.
https://skops.readthedocs.io/en/stable/persistence.html
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import sklearn.base
from attrs import frozen
from skops import io as skops

from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.numpy import read_npy
from zenflow.artifacts.trust import found, how_to_trust, is_trusted
from zenflow.errors import LoadError, SaveError

FORMAT = "sklearn/1"
SCHEMA = "schema.json"

_CHILDREN = (("left_child", "right_child"), ("left", "right"))
"""Fields of a node with the numbers of its children: of a decision tree, of a histogram-boosted one."""

_LEAF = -1
"""In the place of a leaf's left child: `sklearn.tree._tree.TREE_LEAF`."""


def materializer(hint: object) -> Estimator | None:
    """The materializer of an estimator's class, or of a mixin's (`ClassifierMixin`)."""
    cls = class_of(hint)
    kept = cls is not None and (
        issubclass(cls, sklearn.base.BaseEstimator) or (cls.__module__, cls.__name__[-5:]) == ("sklearn.base", "Mixin")
    )
    return Estimator(cls) if kept else None


@frozen
class Estimator:
    """An estimator of the declared class or a subclass, with whatever estimators it holds.

    Raises:
        SaveError: Another class, or types in it that are not trusted.
        LoadError: Bytes that are no estimator, or name types that are not trusted.
    """

    cls: Any
    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, self.cls) or not isinstance(value, sklearn.base.BaseEstimator):
            raise SaveError(
                f"a `{type_name(self.cls)}` was declared, and what was returned is `{type_name(type(value))}`",
                help="declare what is returned, or return what is declared",
            )
        try:
            archive = skops.dumps(value)
        except Exception as error:  # skops asks the objects for their state, and they may raise anything
            raise SaveError(
                f"a `{type_name(type(value))}` can not be stored: {type(error).__name__}: {error}",
                help="let its attributes be plain values, arrays, estimators, or functions defined at a module's top",
            ) from error
        untrusted = self._untrusted(archive)
        if untrusted:
            raise SaveError(
                f"a `{type_name(type(value))}` is made of what is not trusted: {', '.join(untrusted[:10])}",
                help=how_to_trust(untrusted),
            )
        with zipfile.ZipFile(io.BytesIO(archive)) as members:
            schema, names = _numbered(json.loads(members.read(SCHEMA)))
            out.write(SCHEMA, json.dumps(schema, separators=(",", ":")).encode())
            for was, name in names.items():
                out.write(name, _defined(members.read(was)))

    def load(self, blobs: BlobReader, hint: type) -> Any:
        packed = io.BytesIO()
        value: Any = None
        try:
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as members:
                for name in blobs.names():
                    member = blobs.read(name)
                    _check_nodes(member)
                    members.writestr(name, member)
            archive = packed.getvalue()
            untrusted = self._untrusted(archive)
            if not untrusted:
                value = skops.loads(archive, trusted=skops.get_untrusted_types(data=archive))
        except Exception as error:  # the objects take their state as they like, and may raise anything
            raise LoadError(f"the stored bytes are no estimator: {type(error).__name__}: {error}") from error
        if untrusted:
            raise LoadError(
                f"the stored estimator is made of what is not trusted: {', '.join(untrusted[:10])}",
                help=how_to_trust(untrusted),
            )
        if not isinstance(value, self.cls):
            raise LoadError(f"what is stored is a `{type_name(type(value))}`, not a `{type_name(self.cls)}`")
        return value

    def describe(self, value: Any) -> Description:
        told: dict[str, object] = {"class": type_name(type(value))}
        told["parameters"] = {
            name: part if isinstance(part, bool | int | float | str | None) else type(part).__name__
            for name, part in list(value.get_params(deep=False).items())[:40]
        }
        steps = getattr(value, "steps", None)
        if isinstance(steps, list):
            told["steps"] = [f"{name}: {type(part).__name__}" for name, part in steps[:20]]
        for name in ("n_features_in_", "n_iter_"):
            number = vars(value).get(name)
            if number is not None and getattr(number, "ndim", 0) == 0:
                told[name] = int(number)
        classes = vars(value).get("classes_")
        if getattr(classes, "ndim", 0) == 1:
            told["classes"] = [str(label)[:80] for label in classes[:20]]
        trees = vars(value).get("estimators_")
        if trees is not None:
            told["estimators"] = int(getattr(trees, "size", len(trees)))
        if hasattr(vars(value).get("tree_"), "max_depth"):
            told["depth"] = int(value.tree_.max_depth)
        return told

    def _untrusted(self, archive: bytes) -> list[str]:
        return [name for name in skops.get_untrusted_types(data=archive) if not self._takes(name)]

    def _takes(self, name: str) -> bool:
        module, _, qualname = name.rpartition(".")
        if is_trusted(module, qualname, self.cls):
            return not self.cls.__module__.startswith("sklearn.") or isinstance(found(module, qualname), type)
        cls = found(module, qualname) if module.startswith("sklearn.") else None
        return isinstance(cls, type) and cls.__module__ == module


def _check_nodes(member: memoryview) -> None:
    """That the nodes of a tree, if these are some, lead on to nodes: scikit-learn follows them unchecked.

    Each child stands behind its parent in the array, as scikit-learn writes them; so every way down ends, too.
    https://scikit-learn.org/stable/auto_examples/tree/plot_unveil_tree_structure.html

    Raises:
        ValueError: A node leads to none, or back.
        LoadError: No array.
    """
    if not _has_fields(member):
        return
    nodes = read_npy(member).reshape(-1)
    for left, right in _CHILDREN:
        if nodes.dtype.names is None or left not in nodes.dtype.names or right not in nodes.dtype.names:
            continue
        ends = nodes["is_leaf"] != 0 if "is_leaf" in nodes.dtype.names else nodes[left] == _LEAF
        number = np.arange(nodes.size)[~ends]
        for side in (left, right):
            child = nodes[side][~ends].astype(np.int64)
            if not ((child > number) & (child < nodes.size)).all():
                raise ValueError("a node of a tree leads to no node behind it")


def _has_fields(member: bytes | memoryview) -> bool:
    return member[:6] == b"\x93NUMPY" and b"'descr': [" in bytes(member[:64])


def _defined(member: bytes) -> bytes:
    """An array of records (the nodes of a tree) without the undefined bytes between its fields; else what it was."""
    if not _has_fields(member):
        return member
    array = read_npy(memoryview(member))
    clean = np.zeros(array.shape, array.dtype)
    clean[...] = array
    file = io.BytesIO()
    np.save(file, clean, allow_pickle=False)
    return file.getvalue()


def _numbered(schema: Any) -> tuple[Any, dict[str, str]]:
    """The schema with identities and names of members counted in their order, and the new names by the old."""
    numbers: dict[object, int] = {}
    names: dict[str, str] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(part) for part in node]
        if not isinstance(node, dict):
            return node
        if node.get("__loader__") == "SetNode" and isinstance(node.get("content"), list):
            node = node | {"content": sorted(node["content"], key=_bare)}
        # Whether two equal numbers or texts are one object is the interpreter's affair.
        unshared = node.get("__loader__") == "JsonNode"
        counted: dict[str, Any] = {}
        for key, part in node.items():
            if key == "__id__" and isinstance(part, int):
                if not unshared:
                    counted[key] = numbers.setdefault(part, len(numbers) + 1)
            elif key == "file" and isinstance(part, str):
                suffix = part.rpartition(".")[2]
                counted[key] = names.setdefault(part, f"{len(names)}.{suffix}")
            else:
                # Vectorizers remember the address of the stop words they looked at: a cache that holds nowhere else.
                forgotten = key == "_stop_words_id" and isinstance(part, dict)
                counted[key] = walk(part | {"content": "null"} if forgotten else part)
        return counted

    return walk(schema), names


def _bare(node: Any) -> str:
    """A node's text without identities, to sort by."""
    return json.dumps({key: part for key, part in node.items() if key != "__id__"} if isinstance(node, dict) else node)
