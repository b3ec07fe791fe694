"""Every materializer's cases: a new family adds its own here, and keeps the laws of all."""

from __future__ import annotations

from tests.artifacts.families import arrays, files, frames, huggingface, pictures, plain
from tests.artifacts.families.case import Case

CASES: tuple[Case, ...] = (
    *plain.CASES,
    *arrays.CASES,
    *frames.CASES,
    *files.CASES,
    *pictures.CASES,
    *huggingface.CASES,
)
