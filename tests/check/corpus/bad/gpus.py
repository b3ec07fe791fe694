"""GPUs used by steps that ask for none."""

from typing import Any

from zenflow import Artifact, pipeline, step

DEVICE = "cuda"


def on_gpu(model: Any) -> Any:
    return model.to("cuda:0")  # E: ZF503


@step
def moved(x: int) -> float:
    import torch

    model = torch.nn.Linear(x, 1).cuda()  # E: ZF503
    data = torch.zeros(x, device="cuda")  # E: ZF503
    return float(model(data))


@step(cpus=1, gpus=0)
def by_name(x: int) -> float:
    import torch

    device = torch.device(f"cuda:{x}")  # E: ZF503
    stream = torch.cuda.Stream()  # E: ZF503
    return float(torch.ones(x).to(device).sum()) + float(stream.priority)


@step
def by_constant(x: int) -> float:
    import torch

    return float(torch.ones(x).to(DEVICE).sum())  # E: ZF503


@step
def boosted(x: int) -> int:
    import xgboost as xgb

    params = {"max_depth": x, "device": "cuda"}  # E: ZF503
    model = xgb.XGBClassifier(device="cuda", tree_method="hist")  # E: ZF503
    return len(params) + int(model.n_classes_)


@step
def arrays(x: int) -> float:
    import cupy as cp
    import jax
    import tensorflow as tf

    with tf.device("/GPU:0"):  # E: ZF503
        return float(cp.zeros(x).sum()) + len(jax.devices("gpu"))  # E: ZF503 ZF503


@step
def by_helper(x: int) -> float:
    import torch

    return float(on_gpu(torch.nn.Linear(x, 1))(torch.ones(x)))


@pipeline
def used() -> Artifact[float]:
    return moved(1)
