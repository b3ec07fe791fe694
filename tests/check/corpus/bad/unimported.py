"""A file whose import fails."""

import pandsa  # E: ZF001

from zenflow import step


@step
def rows(data: pandsa.DataFrame) -> int:
    return len(data)
