"""How evaluation touches the artifact store: lifting plain values, splitting and joining lists, loading predicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from zenflow.artifacts.content import Content
from zenflow.artifacts.hints import type_name
from zenflow.artifacts.lists import elements, join
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import open_store
from zenflow.engine.evaluation.evaluation import Codec

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store


def codec(store: Store, made: Callable[[Content], None]) -> Codec:
    """The codec over a store; `made` is told of every content that the driver itself makes."""

    def lift(value: object, hint: Any) -> Content:
        content = save(value, hint, store)
        made(content)
        return content

    def split(content: Content, hint: Any) -> Sequence[Content]:
        parts = elements(content, store, type_name(hint))
        for part in parts:
            made(part)
        return parts

    def combine(contents: Sequence[Content], hint: Any) -> Content:
        content = join(contents, store, type_name(GenericAlias(list, (hint,))))
        made(content)
        return content

    def decide(content: Content) -> object:
        return load(content, bool, store)

    def adopt(content: Content, url: str) -> None:
        if url != store.url:
            made(content)
            large = [blob for blob in content.blobs if blob.digest not in content.small]
            gone = store.missing(large)
            with store.batch():
                for digest in gone:
                    store.put(open_store(url).get(digest), digest)

    return Codec(lift=lift, elements=split, join=combine, decide=decide, adopt=adopt)
