"""`zenflow export`: a pipeline in a form that other systems run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zenflow.cli.quick import QuickCommand, QuickGroup
from zenflow.cli.run import Help, ParamsFile, TargetText
from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.cli.target import Asked
    from zenflow.stacks.kubernetes.sizing import Group, Replicas

app = typer.Typer(cls=QuickGroup, help="Pipelines for other systems.", no_args_is_help=True, rich_markup_mode=None)
_OWN_HELP = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.callback()
def _export() -> None:
    """Pipelines for other systems."""


@app.command("rayjob", cls=QuickCommand, context_settings=_OWN_HELP, add_help_option=False)
def rayjob(
    context: typer.Context,
    target: TargetText = None,
    params: ParamsFile = None,
    stack_name: StackName = None,
    image: Annotated[
        str | None, typer.Option(help="The image of all pods, with Python, Ray and ZenFlow as here; else the stack's.")
    ] = None,
    working_dir: Annotated[
        str | None,
        typer.Option(metavar="URI", help="A zip of the project (s3://, gs://, https://); else it is in the image."),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(metavar="NAME", help="The Secret that has what the stack refers to by ${env:…}.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name of the RayJob; else that of the target.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Its namespace; else that of kubectl.")] = None,
    queue: Annotated[str | None, typer.Option(metavar="NAME", help="Kueue's LocalQueue that it waits in.")] = None,
    deadline: Annotated[str | None, typer.Option(metavar="TIME", help="End it after this long: 2h, 30m.")] = None,
    ttl: Annotated[str, typer.Option(metavar="TIME", help="Keep its cluster for this long after its end.")] = "10m",
    retries: Annotated[int, typer.Option(min=0, help="Begin again on a new cluster so often after a failure.")] = 0,
    workers: Annotated[int | None, typer.Option(min=0, help="Pods of each group of workers.")] = None,
    min_workers: Annotated[int | None, typer.Option(min=0, help="How few it may shrink to, where it may.")] = None,
    max_workers: Annotated[int | None, typer.Option(min=0, help="How many it may grow to, where it may.")] = None,
    worker_cpus: Annotated[int, typer.Option(min=1, help="CPUs that each worker has at least.")] = 1,
    worker_memory: Annotated[str, typer.Option(metavar="SIZE", help="Memory that each has at least.")] = "4GiB",
    head_cpus: Annotated[int, typer.Option(min=1, help="CPUs of the head, where the driver runs.")] = 2,
    head_memory: Annotated[str, typer.Option(metavar="SIZE", help="Memory of the head.")] = "4GiB",
    nodes: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=LABEL=VALUE", help="The nodes that have a model of accelerator, by their label."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to, instead of stdout.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON instead of YAML.")] = False,
    help: Help = False,
) -> None:
    """A run as a RayJob of KubeRay, to be handed in by kubectl: it makes a Ray cluster with what the steps ask for,
    runs the pipeline there, and takes the cluster down. Parameters are given as for `run`, and checked first.

    Nothing secret is in the manifest: the stack's `${env:NAME}` comes from the key NAME of the Secret that --secret
    names. The code is in the image, or in the archive that --working-dir names; paths are relative to its root.

    zenflow export rayjob flow.py:training --stack cluster --image flows:1.4 --depth 3 | kubectl create -f -
    """
    from zenflow.cli.target import ask, print_help

    if help:
        print_help(context, target)
        return
    from zenflow.graph.options import parse_bytes
    from zenflow.stacks.configuration.shipping import shipped
    from zenflow.stacks.kubernetes.manifest import Job, require_working_dir
    from zenflow.stacks.kubernetes.manifest import rayjob as manifest_of
    from zenflow.stacks.kubernetes.names import label_of, require_job, require_namespace, require_object
    from zenflow.stacks.kubernetes.sizing import replicas
    from zenflow.stacks.kubernetes.variables import StackTexts

    asked = ask(context, target, params, lambda: chosen_stack(stack_name))
    groups = _groups(asked, worker_cpus, parse_bytes(worker_memory, option="worker-memory"))
    stack = StackTexts.of(shipped(stack_name))
    sized: list[tuple[Group, Replicas]] = [
        (group, replicas(group, workers, min_workers, max_workers)) for group in groups
    ]
    document = manifest_of(
        Job(
            name=require_job(name) if name is not None else label_of(asked.target.name),
            command=_command(asked),
            image=_image(image or stack.image),
            stack=stack,
            ray_version=_ray_version(),
            groups=sized,
            secret=None if secret is None else require_object("--secret", secret),
            namespace=None if namespace is None else require_namespace(namespace),
            queue=None if queue is None else require_object("--queue", queue, 63),
            deadline=None if deadline is None else _seconds(deadline, "deadline"),
            ttl=0 if ttl == "0" else _seconds(ttl, "ttl"),
            retries=retries,
            working_dir=None if working_dir is None else require_working_dir(working_dir),
            labels=_labels(nodes or ()),
            head_cpus=head_cpus,
            head_memory=parse_bytes(head_memory, option="head-memory"),
        )
    )
    _print(document, out, json=json)
    _tell(sized, out)


def _groups(asked: Asked, cpus: int, memory: int) -> Sequence[Group]:
    """What the pipeline asks for, after it was traced and checked."""
    from zenflow.check.check import require_clean
    from zenflow.graph.build import graph_of, steps_of
    from zenflow.language.results import form_of, references
    from zenflow.stacks.kubernetes.sizing import groups

    built = asked.build()
    graph = graph_of(references(built), form=form_of(built))
    require_clean(graph)
    return groups(((name, spec.options) for name, spec, _ in steps_of(graph)), cpus=cpus, memory=memory)


def _command(asked: Asked) -> list[str]:
    from zenflow.cli.replay import replayed

    given = replayed(asked)
    return ["python", "-m", "zenflow", "run", _portable(asked.target.text), *(("--", *given) if given else ())]


def _portable(target: str) -> str:
    """A target as it is called in the cluster, where the project's root is the current folder.

    Raises:
        UsageError: Its file is outside of the current folder.
    """
    from zenflow.errors import UsageError

    file, colon, name = target.rpartition(":") if ".py:" in target else (target, "", "")
    path = Path(file)
    if path.suffix != ".py":
        return target
    try:
        inside = path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        raise UsageError(
            f"`{path}` is outside of the current folder, which stands for the project's root in the cluster",
            help="call it from the project's root",
        ) from None
    return f"{inside.as_posix()}{colon}{name}"


def _image(name: str | None) -> str:
    from zenflow.errors import UsageError
    from zenflow.stacks.kubernetes.names import require_image

    if name is None:
        raise UsageError(
            "pods need an image, and neither --image nor the stack names one",
            help="give --image registry/flows:1.4, with the same Python, Ray and ZenFlow as here",
        )
    return require_image(name)


def _ray_version() -> str:
    from importlib.metadata import version

    return version("ray")


def _seconds(text: str, option: str) -> int:
    """A length of time in whole seconds, rounded up.

    Raises:
        UsageError: It is longer than Kubernetes takes.
    """
    from math import ceil

    from zenflow.errors import UsageError
    from zenflow.graph.options import parse_seconds

    found = ceil(parse_seconds(text, option=option))
    if found >= 2**31:
        raise UsageError(f"`--{option} {text}` is longer than Kubernetes takes", help="give less than 68 years")
    return found


def _labels(given: Sequence[str]) -> dict[str, tuple[str, str]]:
    """By model of accelerator, the label of its nodes.

    Raises:
        UsageError: One is not of the form MODEL=LABEL=VALUE.
    """
    from zenflow.errors import UsageError
    from zenflow.stacks.kubernetes.names import require_node_label

    found = {}
    for text in given:
        parts = text.split("=")
        if len(parts) != 3 or not all(parts):
            raise UsageError(
                f"`--nodes {text}` names no nodes", help="--nodes H100=nvidia.com/gpu.product=NVIDIA-H100-PCIe"
            )
        found[parts[0]] = require_node_label(f"--nodes {text}", parts[1], parts[2])
    return found


def _print(document: dict[str, Any], out: Path | None, *, json: bool) -> None:
    from zenflow.cli.documents import to_json
    from zenflow.cli.terminal import data

    text = to_json(document).decode() + "\n" if json else _yaml(document)
    if out is None or str(out) == "-":
        data(text.rstrip("\n"))
    else:
        _write(out, text)


def _write(out: Path, text: str) -> None:
    from zenflow.errors import UsageError

    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} can not be written: {error.strerror}", help="give another file to -o") from None


def _yaml(document: dict[str, Any]) -> str:
    """YAML in the order of the document; a text of several lines as a block."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _tell(sized: Sequence[tuple[Group, Replicas]], out: Path | None) -> None:
    """Say what the cluster will be: a line for each group."""
    from zenflow.cli.terminal import say
    from zenflow.stacks.nodes import amounts_text

    for group, replicas in sized:
        many = f"{replicas.least} to {replicas.most}" if replicas.grows else str(replicas.count)
        say(f"{group.name}: {many} x {amounts_text(group.amounts)}")
    if out is not None and str(out) != "-":
        say(f"kubectl create -f {out}")
