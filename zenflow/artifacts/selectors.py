"""Materializers that choose another by the value on the way in, and by the stored format on the way out."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from zenflow.artifacts.hints import class_of
from zenflow.artifacts.materializer import AnyMaterializer, BlobReader, BlobWriter, Description, describe, formats
from zenflow.artifacts.materializers.plain import DATA, FORMAT, Plain, does_not_fit
from zenflow.artifacts.misfit import NotPlain, misfit
from zenflow.errors import LoadError


@frozen(eq=False)
class OneOf:
    """A union: every arm with its materializer. The stored format is that of the arm the value took."""

    arms: tuple[tuple[object, AnyMaterializer], ...]
    text: str

    @property
    def format(self) -> str:
        return "|".join(arm.format for _, arm in self.arms)

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(known for _, arm in self.arms for known in formats(arm))

    def choose(self, value: object) -> AnyMaterializer:
        """The arm this value takes: that of its own class, else of a base, else the one that may hold anything."""
        classes = [(class_of(hint), arm) for hint, arm in self.arms]
        exact = (arm for cls, arm in classes if type(value) is cls)
        based = (arm for cls, arm in classes if cls is not None and isinstance(value, cls))
        rest = (arm for cls, arm in classes if cls is None)
        for arm in (*exact, *based, *rest):
            return arm
        raise does_not_fit(self.text, misfit(self.text, value))

    def save(self, value: object, out: BlobWriter) -> None:
        _save(self.choose(value), value, out)

    def load(self, blobs: BlobReader, hint: type) -> object:
        problem: LoadError | None = None
        for of, arm in self.arms:
            if blobs.format in formats(arm):
                try:
                    return arm.load(blobs, of)  # type: ignore[arg-type]
                except LoadError as error:
                    problem = error
        raise problem or LoadError(f"what is stored is of format `{blobs.format}`, which is none of `{self.text}`")

    def describe(self, value: object) -> Description:
        return describe(self.choose(value), value)


@frozen(eq=False)
class ByValue:
    """For a type some part of which is undeclared: MessagePack where the value allows it, else `other(value)`."""

    plain: Plain
    other: Callable[[object], AnyMaterializer]
    format: str = FORMAT

    def choose(self, value: object) -> AnyMaterializer:
        try:
            self.plain.encode(value)
        except NotPlain:
            return self.other(value)
        return self.plain

    def save(self, value: object, out: BlobWriter) -> None:
        try:
            data = self.plain.encode(value)
        except NotPlain:
            _save(self.other(value), value, out)
        else:
            out.format = FORMAT
            out.write(DATA, data)

    def load(self, blobs: BlobReader, hint: type) -> object:
        return self.plain.load(blobs, hint)

    def describe(self, value: object) -> Description:
        return self.plain.describe(value)


def _save(chosen: AnyMaterializer, value: object, out: BlobWriter) -> None:
    out.format = chosen.format
    chosen.save(value, out)
