"""How evaluation touches the artifact store: lifting plain values, splitting and joining lists, loading predicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from zenflow.artifacts.content import Content
from zenflow.artifacts.hints import type_name
from zenflow.artifacts.lists import elements, join
from zenflow.artifacts.pickles import holds_pickle
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import open_store
from zenflow.engine.evaluation.evaluation import Codec

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store


def codec(store: Store, made: Callable[[Content, bool], None]) -> Codec:
    """The codec over a store; `made` is told of every content that the driver itself makes, and whether a pickle in it
    may be opened."""

    def lift(value: object, hint: Any) -> Content:
        content = save(value, hint, store)
        made(content, False)
        return content

    def split(content: Content, hint: Any, allow_pickle: bool) -> Sequence[Content]:
        parts = elements(content, store, type_name(hint))
        for part in parts:
            made(part, allow_pickle)
        return parts

    def combine(contents: Sequence[Content], hint: Any, allow_pickle: bool) -> Content:
        content = join(contents, store, type_name(GenericAlias(list, (hint,))))
        made(content, allow_pickle)
        return content

    def decide(content: Content) -> object:
        return load(content, bool, store)

    def adopt(content: Content, url: str, allow_pickle: bool) -> None:
        if url != store.url:
            made(content, allow_pickle)
            large = [blob for blob in content.blobs if blob.digest not in content.small]
            gone = store.missing(large)
            with store.batch():
                for digest in gone:
                    store.put(open_store(url).get(digest), digest)

    def pickles(contents: Sequence[Content]) -> bool:
        return any(holds_pickle(content, store) for content in contents)

    return Codec(lift=lift, elements=split, join=combine, decide=decide, adopt=adopt, pickles=pickles)
