"""Steps that take the GPU that is there, or need none."""

from typing import Any

from zenflow import Artifact, pipeline, step


@step
def what_is_there(x: int) -> float:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = torch.ones(x).to(device)  # ok: ZF503
    if torch.cuda.is_available():
        data = data.cuda()  # ok: ZF503
        torch.cuda.synchronize()
    return float(data.sum())


@step
def by_argument(x: int, device: str = "cpu") -> float:
    import torch

    return float(torch.ones(x).to(device).to(dtype=torch.float64).sum())  # ok: ZF503


@step
def trained(data: list[list[float]], labels: list[float], *, seed: int, epochs: int = 2) -> dict[str, Any]:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(len(data[0]), 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(torch.tensor(data), torch.tensor(labels)), batch_size=8, shuffle=True)
    history = []
    for _ in range(epochs):
        model.train()
        for batch, target in loader:
            optimizer.zero_grad()  # ok: ZF401
            loss = torch.nn.functional.mse_loss(model(batch).squeeze(), target)
            loss.backward()
            optimizer.step()
            history.append(loss.item())  # ok: ZF401
    model.eval()  # ok: ZF501
    with torch.no_grad():
        noise = torch.randn(3)  # ok: ZF403
    state: dict[str, Any] = model.state_dict()
    state.update(noise=noise, history=history)
    return state


@pipeline
def used() -> Artifact[float]:
    return by_argument(1)
