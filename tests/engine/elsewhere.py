"""A program on a Ray of two nodes, the second of which does not see the first one's files: its processes are in a mount
namespace where another file system lies over the folder, and on a host of another name. Run as `python -m`, it prints
what it saw as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.engine.running import until
from zenflow import each, run, step
from zenflow.stacks.stack import stack_in

FAR = {"far": 0.1}
HIDDEN = """
hostname elsewhere
mount -t tmpfs none "$1"
exec "$2" -m ray.scripts.scripts start --address="$3" --num-cpus=1 --resources='{"far": 1}' --block
"""


@step(cache=False)
def there(path: Path) -> bool:
    return path.exists()


@step(resources=FAR, cache=False)
def sees(path: str) -> bool:
    return Path(path).exists()


@step(resources=FAR)
def text(path: Path) -> tuple[str, str]:
    return path.name, path.read_text()


@step(resources=FAR)
def texts(paths: list[Path], *, named: dict[str, Path]) -> list[str]:
    return [path.read_text() for path in [*paths, *named.values()]]


@step(resources=FAR)
def below(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@step(resources=FAR)
def length(path: Path) -> int:
    return len(path.read_text())


def main(kept: Path, hidden: Path) -> None:
    os.environ["RAY_WORKER_NICENESS"] = "0"
    import ray

    nodes: Any = ray.nodes
    context: Any = ray.init(
        "local", num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=100 << 20
    )
    command = ["unshare", "--mount", "--uts", "sh", "-c", HIDDEN, "sh", str(hidden), sys.executable]
    with subprocess.Popen([*command, context.address_info["gcs_address"]], stdout=subprocess.DEVNULL) as node:
        try:
            until(lambda: len([one for one in nodes() if one["Alive"]]) == 2, "the second node")
            print(json.dumps(seen(kept, hidden)))  # noqa: T201
        finally:
            node.terminate()
            ray.shutdown()


def seen(kept: Path, hidden: Path) -> dict[str, Any]:
    stack = stack_in(kept)
    one, two = hidden / "one.txt", hidden / "two.txt"
    one.write_text("first")
    two.write_text("second one")
    (hidden / "folder" / "deep").mkdir(parents=True)
    (hidden / "folder" / "deep" / "three.txt").write_text("third")

    def output(target: Any) -> Any:
        return run(target, stack=stack, engine="ray").output

    return {
        "sees": output(sees(str(one))),
        "here": output(there(one)),
        "text": output(text(one)),
        "texts": output(texts([one, two], named={"again": one})),
        "below": output(below(hidden / "folder")),
        "lengths": output(length.map(each([one, two]))),
        "cached": run(text(one), stack=stack, engine="ray").steps["text"].status,
    }


if __name__ == "__main__":
    from tests.engine import elsewhere

    elsewhere.main(Path(sys.argv[1]), Path(sys.argv[2]))
