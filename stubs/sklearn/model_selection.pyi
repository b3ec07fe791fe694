# Why: scikit-learn ships no types.

from typing import Any, TypeVar

from numpy.typing import NDArray

Rows = TypeVar("Rows", bound=NDArray[Any])

def train_test_split(
    array: Rows,
    *,
    test_size: float | None = None,
    stratify: NDArray[Any] | None = None,
    random_state: int | None = None,
) -> list[Rows]: ...
