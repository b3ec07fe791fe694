"""Training on several workers at once: PyTorch's DistributedDataParallel, as one step.

    zenflow run examples/ddp.py
    zenflow run examples/ddp.py --workers 2 --epochs 50
    python examples/ddp.py

The ranks of the step train one model on parts of the data and average their gradients after every batch. With parts of
equal size that is the gradient of the whole batch, so the result is that of a single process, to the last few bits.
Communication is by gloo, on CPUs; with `@step(workers=4, gpus=1)` and the backend "nccl" the same code runs on GPUs.

Needs `pip install zenflow[torch]`.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.distributed
from numpy.typing import NDArray
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from zenflow import Artifact, Gang, pipeline, report, run, step

Floats = NDArray[np.float32]


@step
def points(count: int, seed: int) -> Floats:
    """Points in a plane, and what a wavy surface is above each: three columns."""
    place = np.random.default_rng(seed).uniform(-2, 2, (count, 2))
    height = np.sin(place[:, :1]) * np.cos(place[:, 1:])
    return np.hstack([place, height]).astype(np.float32)


@step(workers=2)
def train(data: Floats, *, epochs: int, gang: Gang = Gang()) -> dict[str, Floats]:
    """The weights of a small network that was fitted to the points."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
    torch.distributed.init_process_group("gloo", init_method=gang.init_method, rank=gang.rank, world_size=gang.size)
    try:
        fit(DistributedDataParallel(model), torch.from_numpy(data[gang.rank :: gang.size].copy()), epochs)
    finally:
        torch.distributed.destroy_process_group()
    return {name: weights.numpy() for name, weights in model.state_dict().items()}


def fit(model: nn.Module, rows: torch.Tensor, epochs: int) -> None:
    """Gradient descent on the mean squared error, all rows at a time."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(rows[:, :2]), rows[:, 2:])
        loss.backward()
        optimizer.step()
        report(loss=loss.item())


@step
def error(weights: dict[str, Floats], data: Floats) -> float:
    """The root of the mean squared error of fitted weights."""
    hidden = np.tanh(data[:, :2] @ weights["0.weight"].T + weights["0.bias"])
    fitted = hidden @ weights["2.weight"].T + weights["2.bias"]
    return float(np.sqrt(np.mean((fitted - data[:, 2:]) ** 2)))


@pipeline
def training(workers: int = 2, epochs: int = 200) -> tuple[Artifact[dict[str, Floats]], Artifact[float]]:
    data = points(1_000, seed=1)
    weights = train.with_options(workers=workers)(data, epochs=epochs)
    return weights, error(weights, points(1_000, seed=2))


if __name__ == "__main__":
    for workers in (1, 2):
        weights, rmse = run(training(workers)).output
        print(f"{workers} worker(s): test error {rmse:.4f}, first bias {weights['0.bias'][0]:.6f}")
