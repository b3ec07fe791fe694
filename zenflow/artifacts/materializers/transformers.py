"""transformers: models, tokenizers, configurations and processors, as the folder that they save themselves.

The folder is kept as paths are, a blob a file, with the class beside it. Where it was saved from is taken out of it,
since that is a place and no part of the model. Nothing is fetched, and no code that a folder names is run: the class
comes from transformers, the declared type or what is trusted, and weights are safetensors.
https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.save_pretrained
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import transformers
from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.path import Files
from zenflow.artifacts.trust import found, full_name, how_to_trust, is_trusted
from zenflow.errors import LoadError, SaveError, ZenFlowError

CLASS = "class"
_PLACES = ("_name_or_path", "name_or_path", "is_local", "local_files_only")


def materializer(hint: object) -> Pretrained | None:
    """The materializer of what has `save_pretrained`: a model, tokenizer, configuration, processor."""
    cls = class_of(hint)
    if cls is None:
        return None
    kinds: dict[str, Any] = {
        "transformers-model/1": transformers.PreTrainedModel,
        "transformers-tokenizer/1": transformers.PreTrainedTokenizerBase,
        "transformers-config/1": transformers.PretrainedConfig,
        "transformers-features/1": transformers.FeatureExtractionMixin,
        "transformers-processor/1": transformers.ProcessorMixin,
    }
    return next((Pretrained(cls, name) for name, kind in kinds.items() if issubclass(cls, kind)), None)


@frozen
class Pretrained:
    """An object of the declared class or a subclass.

    Raises:
        SaveError: Another class, one that is not trusted, or one that transformers can not save.
        LoadError: Files that are no such object, lack weights, or name a class that is not trusted.
    """

    cls: Any
    format: str

    @property
    def _is_model(self) -> bool:
        return issubclass(self.cls, transformers.PreTrainedModel)

    def save(self, value: Any, out: BlobWriter) -> None:
        cls = type(value)
        if not isinstance(value, self.cls):
            raise SaveError(
                f"a `{type_name(self.cls)}` was declared, and what was returned is `{type_name(cls)}`",
                help="declare what is returned, or return what is declared",
            )
        if not self._takes(cls.__module__, cls.__qualname__):
            name = full_name(cls)
            raise SaveError(f"`{name}` is not trusted, so it could not be loaded", help=how_to_trust([name]))
        frozen_weights: list[str] = []
        if self._is_model:
            frozen_weights = sorted(name for name, weight in value.named_parameters() if not weight.requires_grad)
        with tempfile.TemporaryDirectory() as scratch, _quiet():
            try:
                value.save_pretrained(scratch)
            except (OSError, ValueError, TypeError, RuntimeError, AttributeError, NotImplementedError) as error:
                raise SaveError(f"transformers can not save the `{type_name(cls)}`: {error}") from error
            _without_places(Path(scratch))
            Files().save(Path(scratch), out)
        training = bool(self._is_model and value.training)
        out.write(CLASS, wire.encode([cls.__module__, cls.__qualname__, training, frozen_weights]))

    def load(self, blobs: BlobReader, hint: type) -> Any:
        match wire.decode(blobs.read(CLASS)):
            case [str(module), str(qualname), bool(training), list(frozen_weights)]:
                cls = self._class(module, qualname)
            case _:
                raise LoadError("the class of a stored model is damaged")
        folder = Files().load(blobs, Path)
        try:
            with _quiet():
                value = _model(cls, folder) if self._is_model else cls.from_pretrained(folder, local_files_only=True)
            if self._is_model:
                value.train(training)
                for name, weight in value.named_parameters():
                    weight.requires_grad_(name not in frozen_weights)
        except ZenFlowError:
            raise
        except Exception as error:  # each class reads its files in its own way, and may raise anything
            raise LoadError(f"the stored files are no `{type_name(cls)}`: {type(error).__name__}: {error}") from error
        return value

    def describe(self, value: Any) -> Description:
        told: dict[str, object] = {"class": type_name(type(value))}
        if self._is_model:
            weights = list(value.parameters())
            told |= {
                "parameters": sum(weight.numel() for weight in weights),
                "trainable": sum(weight.numel() for weight in weights if weight.requires_grad),
                "size": sum(weight.numel() * weight.element_size() for weight in weights),
                "dtype": str(value.dtype).removeprefix("torch."),
                "layers": getattr(value.config, "num_hidden_layers", None),
            }
        elif isinstance(value, transformers.PreTrainedTokenizerBase):
            told["vocabulary"] = len(value)
        elif isinstance(value, transformers.PretrainedConfig):
            told["model_type"] = value.model_type
        return told

    def _takes(self, module: str, qualname: str) -> bool:
        return module.startswith("transformers.") or is_trusted(module, qualname, self.cls)

    def _class(self, module: str, qualname: str) -> Any:
        name = f"{module}.{qualname}"
        if not self._takes(module, qualname):
            raise LoadError(f"the stored `{name}` is not trusted", help=how_to_trust([name]))
        cls = found(module, qualname, self.cls)
        if not isinstance(cls, type) or not issubclass(cls, self.cls):
            raise LoadError(f"what is stored is a `{name}`, not a `{type_name(self.cls)}`")
        return cls


def _model(cls: Any, folder: Path) -> Any:
    """A model with the dtype it was saved in, whole: transformers would make up weights that are missing."""
    value, told = cls.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        dtype="auto",
        output_loading_info=True,
    )
    for kind in ("missing_keys", "mismatched_keys", "unexpected_keys"):
        if told.get(kind):
            raise LoadError(f"the stored weights do not fit the model: {kind} {sorted(map(str, told[kind]))[:5]}")
    return value


def _without_places(folder: Path) -> None:
    for file in sorted(folder.glob("*config.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        kept = {key: part for key, part in told.items() if key not in _PLACES}
        file.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False), encoding="utf-8")


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars of progress among the lines of a step."""
    logging: Any = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
