"""A step's file is reformatted: the same code, one more comment. Is the step run again?

python reformatted.py "# one"; python reformatted.py "# another"
"""

import sys
from importlib import import_module
from pathlib import Path

comment = sys.argv[1] if len(sys.argv) > 1 else "# one"
Path(__file__).with_name("formatted.py").write_text(f"""from zenml import step


@step(enable_cache=True)
def answer() -> int:
    {comment}
    return 42
""")

from zenml import pipeline  # noqa: E402

answer = import_module("formatted").answer


@pipeline(enable_cache=True)
def reformatted() -> None:
    answer()


if __name__ == "__main__":
    run = reformatted()
    assert run is not None
    print(f"{comment}: {run.steps['answer'].status.value}")
