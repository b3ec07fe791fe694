"""A step's file is reformatted: the same code, another comment. Is the step run again?

python reformatted.py "# one"; python reformatted.py "# another"
"""

import sys
from importlib import import_module
from pathlib import Path

comment = sys.argv[1] if len(sys.argv) > 1 else "# one"
Path(__file__).with_name("formatted.py").write_text(f"""from zenflow import step


@step
def answer() -> int:
    {comment}
    return 42
""")

from zenflow import run  # noqa: E402

answer = import_module("formatted").answer


if __name__ == "__main__":
    print(f"{comment}: {run(answer(), engine='inline').steps['answer'].status}")
