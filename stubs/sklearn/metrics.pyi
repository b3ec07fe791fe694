# Why: scikit-learn ships no types.

from typing import Any

from numpy.typing import NDArray

def confusion_matrix(y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]: ...
