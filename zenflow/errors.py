"""Every error ZenFlow raises on purpose.

A message says what is wrong and where; `help` says how to mend it. The layers above add what they know
(a diagnostic's source frame, a run); nothing here imports anything of ours.
"""

from __future__ import annotations

from typing import Any


class ZenFlowError(Exception):
    """The root of all errors of ZenFlow.

    Args:
        message: What is wrong, where and why, in one or a few sentences.
        help: How to mend it.
        code: The rule behind it (`ZF101`), where there is one: `zenflow explain CODE` tells more.
    """

    def __init__(self, message: str, *, help: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code

        self.traces: tuple[object, ...] = ()
        self.sites: tuple[Any, ...] = ()

    def add_trace(self, trace: object) -> None:
        """Remember the pipeline that was being traced, so that a check can report its other mistakes too."""
        self.traces = (*self.traces, trace)

    def __str__(self) -> str:
        head = f"[{self.code}] {self.message}" if self.code else self.message
        return f"{head}\n  help: {self.help}" if self.help else head

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__ | {"traces": (), "sites": ()})


def _rebuild(cls: type[ZenFlowError], args: tuple[object, ...], state: dict[str, object]) -> ZenFlowError:
    error = cls.__new__(cls, *args)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class UsageError(ZenFlowError):
    """The call or command line asks for something that is not there, or in a way we do not take."""


class DefinitionError(ZenFlowError, TypeError):
    """A function that can not be a step or a pipeline."""


class ArtifactMisuse(ZenFlowError, TypeError):
    """A handle on a value was used as if it were the value."""


class NoSuchAttribute(ArtifactMisuse, AttributeError):
    """An attribute of a value was read from the handle on it."""


class ArgumentsError(ZenFlowError, TypeError):
    """The arguments of a call do not fit the signature of the step or pipeline."""


class SecretMissing(ZenFlowError):
    """A secret is not known where a step needs it."""


class SecretExposed(ZenFlowError):
    """What a step returns holds the text of a secret, so it is not stored."""


class ExternalChanged(ZenFlowError):
    """External data is no longer the version that a run was planned with."""


class InputChanged(ZenFlowError):
    """A step changed one of its inputs, in a run that watches for that."""


class NotStored(ZenFlowError):
    """The value of an artifact was asked for before any run produced it."""


class Unencodable(ZenFlowError, TypeError):
    """A value has no canonical encoding, so it can not be part of a cache key."""


class NoMaterializer(ZenFlowError, TypeError):
    """No materializer turns this type into bytes."""


class SaveError(ZenFlowError, TypeError):
    """A value is not of the type it is declared to be, or can not be stored whole as that type."""


class LoadError(ZenFlowError):
    """Stored bytes are not what the type they are loaded as allows."""


class BlobMissing(ZenFlowError):
    """A stored artifact's bytes are gone."""


class BlobDamaged(ZenFlowError):
    """A stored artifact's bytes are not the bytes that were stored."""


class StoreError(ZenFlowError):
    """The artifact store can not be read or written."""


class MetadataError(ZenFlowError):
    """The metadata database can not be used, or does not hold what was asked for."""


class Superseded(MetadataError):
    """A run has another driver now, so what this one would record of it is refused."""


class EngineError(ZenFlowError):
    """The engine can not run this here (no node fits, Ray can not be reached)."""


class ClusterError(EngineError):
    """A cluster's Jobs server could not be asked, or refused.

    `reason` tells the kinds apart: `name` (the host has no address), `connection` (nothing listens there, or the
    network ends), `time` (no answer within the deadline), `encryption` (TLS), `token` (none, or a wrong one), `server`
    (what answers is no Jobs server of Ray), `refused` (the server could not do what it was asked), `version` (another
    Ray, Python or ZenFlow than here).
    """

    def __init__(self, message: str, *, reason: str, help: str | None = None, code: str | None = None) -> None:
        super().__init__(message, help=help, code=code)
        self.reason = reason


class ClusterLost(EngineError):
    """The cluster that a run was on does not answer any more; what had finished is kept."""


class CheckFailed(ZenFlowError):
    """A graph has mistakes, so nothing of it was run. `diagnostics` are the findings, in order of position."""

    def __init__(self, message: str, diagnostics: tuple[object, ...]) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class StepFailed(ZenFlowError):
    """A step of a run failed. `run` is the failed run; `__cause__` is the user's own exception."""

    run: Any = None
