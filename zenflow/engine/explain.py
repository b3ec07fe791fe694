"""What the passes make of a plan, in words: which calls go together, why others do not, and where it all would run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import field, frozen

from zenflow.engine.cache.costs import Costs
from zenflow.engine.driving.dispatch import CHUNK, MOST
from zenflow.engine.driving.job import LARGE
from zenflow.engine.driving.lanes import BACKLOG, SHORT
from zenflow.engine.passes import optimised, passes
from zenflow.engine.passes.fuse import consumers, obstacle
from zenflow.graph.build import Graph, specs_of
from zenflow.graph.expression import Call, Map, StepSpec


@frozen
class PlannedSegment:
    """Calls that would run in one task, in order. `reason` says why these and no more; `seconds` is what one pass
    through it takes by history, None where nothing is known."""

    nodes: tuple[str, ...]
    reason: str
    seconds: float | None = None


@frozen
class Explanation:
    """How what is not cached would run: `engine` is `ray`, `inline` or `none` (nothing to run), and `reason` why."""

    engine: str
    reason: str
    segments: tuple[PlannedSegment, ...] = field(default=())


def explained(graph: Graph, open_nodes: Sequence[str], costs: Costs) -> Explanation:
    """How the nodes of a graph that are not cached would run with the engine left to choose."""
    scheduled = optimised(graph, passes(costs))
    segments = tuple(_segments(scheduled, frozenset(open_nodes), costs))
    specs = [spec for name in open_nodes for spec in specs_of(graph, name)]
    if not specs:
        return Explanation("none", "everything is cached", segments)
    return Explanation(*_engine(specs, costs), segments)


def _engine(specs: Sequence[StepSpec], costs: Costs) -> tuple[str, str]:
    for spec in specs:
        cost = costs.of(spec)
        if spec.options.demanding:
            return "ray", f"`{spec.name}` asks for resources, workers, an environment or a time limit"
        if cost is None:
            return "ray", f"nothing is known of `{spec.name}` yet"
        if cost.seconds > SHORT:
            return "ray", f"`{spec.name}` takes {_seconds(cost.seconds)} by history"
    total = sum(costs.seconds(spec, 0.0) for spec in specs)
    return "inline", f"all is short by history ({_seconds(total)}, maps counted once; Ray joins above {BACKLOG:g} s)"


def _segments(graph: Graph, wanted: frozenset[str], costs: Costs, prefix: str = "") -> Iterator[PlannedSegment]:
    uses = consumers(graph)
    following = graph.schedule.following
    inside = set(following.values())
    for name, node in graph.nodes.items():
        if name not in wanted:
            continue
        if isinstance(node, Call) and not (name in inside and _before(following, name) in wanted):
            yield _chain(graph, uses, name, wanted, costs, prefix)
        elif isinstance(node, Map) and isinstance(node.body, StepSpec):
            shared = name in graph.schedule.shared
            yield PlannedSegment((prefix + name,), _sharing(node.body, costs, shared=shared), _known(node.body, costs))
        for body in graph.bodies.get(name, ())[:1]:
            yield from _segments(body, frozenset(body.nodes), costs, f"{prefix}{name}[…]/")


def _before(following: Mapping[str, str], name: str) -> str:
    return next(source for source, target in following.items() if target == name)


def _chain(
    graph: Graph, uses: Mapping[str, Sequence[str]], name: str, wanted: frozenset[str], costs: Costs, prefix: str
) -> PlannedSegment:
    nodes = [name]
    while (after := graph.schedule.following.get(nodes[-1])) in wanted and after is not None:
        nodes.append(after)
    together = "each feeds only the next and asks for the same" if len(nodes) > 1 else ""
    ends = [why for after in sorted(uses[nodes[-1]]) if (why := obstacle(graph, uses, nodes[-1], after)) is not None]
    reason = "; ".join(part for part in (together, f"ends here: {ends[0]}" if ends else "") if part)
    known = [_known(spec, costs) for one in nodes for spec in specs_of(graph, one)]
    total = None if None in known else sum(seconds for seconds in known if seconds is not None)
    return PlannedSegment(tuple(prefix + one for one in nodes), reason or "a task of its own", total)


def _sharing(spec: StepSpec, costs: Costs, *, shared: bool) -> str:
    if not shared:
        return "each element alone: the step acts on the world, has a time limit or its own processes"
    cost = costs.of(spec)
    if cost is None:
        return "elements one at a time until their cost is known, then as many as fill a task"
    if cost.bytes_out > LARGE:
        return "each element alone: its results are large"
    together = max(1, min(MOST, int(CHUNK / max(cost.seconds, 1e-6))))
    sharing = "one element fills" if together == 1 else f"about {together} elements share"
    return f"{sharing} a task, at {_seconds(cost.seconds)} each"


def _known(spec: StepSpec, costs: Costs) -> float | None:
    cost = costs.of(spec)
    return None if cost is None else cost.seconds


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
