"""A task's file is reformatted: the same code, another comment. Is the task run again?

python reformatted.py "# one"; python reformatted.py "# another"
"""

import sys
from importlib import import_module
from pathlib import Path

comment = sys.argv[1] if len(sys.argv) > 1 else "# one"
Path(__file__).with_name("formatted.py").write_text(f"""from prefect import task
from prefect.cache_policies import INPUTS, TASK_SOURCE


@task(cache_policy=INPUTS + TASK_SOURCE, persist_result=True)
def answer() -> int:
    {comment}
    return 42
""")

from prefect import flow  # noqa: E402

answer = import_module("formatted").answer


@flow
def reformatted() -> None:
    print(f"{comment}: {answer(return_state=True).name}")


if __name__ == "__main__":
    reformatted()
