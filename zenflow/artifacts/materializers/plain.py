"""What MessagePack carries: scalars, text, times, enums, containers of them, records."""

from __future__ import annotations

from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.codec import codec_for
from zenflow.artifacts.codec_leaves import Codec
from zenflow.artifacts.description.limits import told
from zenflow.artifacts.description.values import describe_value
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.misfit import Misfit
from zenflow.errors import LoadError, SaveError

FORMAT = "msgpack/1"
DATA = "data"

_SCALARS = frozenset({int, float, bool, type(None)})


@frozen(eq=False)
class Plain:
    """Checked against the hint in full, both ways: the check is a small part of what encoding costs.

    Raises:
        SaveError: A value that is not of the type it is declared to be, with the place in it.
        LoadError: Stored bytes that the hint does not allow.
    """

    hint: object
    codec: Codec
    format: str = FORMAT

    def encode(self, value: object) -> bytes:
        try:
            return wire.encode(self.codec.lower(value))
        except Misfit as error:
            raise does_not_fit(self.codec.text, error) from None
        except (OverflowError, RecursionError, UnicodeEncodeError, TypeError) as error:
            return self._encode_rare(value, error)

    def decode(self, data: bytes | memoryview) -> object:
        try:
            return self.codec.lift(wire.decode(data))
        except Misfit as error:
            raise LoadError(
                f"what is stored can not be loaded as `{self.codec.text}`: at `{error.path}` it should be "
                f"`{error.expected}` and is {_quoted(error.found)}",
                help="load it as the type it was stored as, or run the step that made it again",
            ) from None
        except LoadError:
            raise
        except Exception as error:  # a record is made by its own class, whose code may refuse what is there in any way
            raise LoadError(f"what is stored is no `{self.codec.text}`: {type(error).__name__}: {error}") from error

    def save(self, value: object, out: BlobWriter) -> None:
        out.write(DATA, self.encode(value))

    def load(self, blobs: BlobReader, hint: type) -> object:
        return self.decode(blobs.read(DATA))

    def describe(self, value: object) -> Description:
        return {} if type(value) in _SCALARS else told(describe_value, value)  # most are scalars, told at once

    def _encode_rare(self, value: object, error: Exception) -> bytes:
        """Once more, looking for ints beyond 64 bit; what fails even then can not be encoded."""
        if isinstance(error, OverflowError):
            try:
                return wire.encode(codec_for(self.hint, wide=True).lower(value))
            except (OverflowError, RecursionError, UnicodeEncodeError, TypeError) as again:
                error = again
        deep = isinstance(error, RecursionError)
        reason = "it is nested too deeply, or holds itself" if deep else f"{type(error).__name__}: {error}"
        raise SaveError(f"a value declared as `{self.codec.text}` can not be stored: {reason}") from error


def plain(hint: object) -> Plain:
    """The materializer of a hint that is plain through and through.

    Raises:
        NotPlain: It is not.
    """
    return Plain(hint, codec_for(hint))


def does_not_fit(text: str, error: Misfit) -> SaveError:
    """The error for a value that is not what was declared."""
    where = "" if error.path == "$" else f"at `{error.path}` "
    return SaveError(
        f"the value is not what was declared, `{text}`: {where}it should be `{error.expected}` and is "
        f"{_quoted(error.found)}",
        help=f"return `{error.expected}` there, or declare what is returned",
    )


def _quoted(found: str) -> str:
    return found if " " in found and "[" not in found and "|" not in found else f"`{found}`"
