"""What the bodies of steps may not do, line by line, and what comes close to it and is left alone."""

from __future__ import annotations

import pytest

from tests.check.reading import codes

STEP = """
import datetime, os, random, sqlite3, sys, time, uuid
import numpy as np
import pandas as pd
import polars as pl
import requests
import sklearn.model_selection as ms
import torch
from pathlib import Path
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from utils import seed_everything

TABLE = {{"a": 1}}
HOOKS = []
lock = None

class Net(torch.nn.Module):
    seen = {{}}

    def forward(self, x):
        self.last = x
        return x

@step{options}
def f(
    n: int, text: str, path: Path, items: list[int], table: dict[str, list[int]], frame: pd.DataFrame,
    array: np.ndarray, tensor: torch.Tensor, model: Ridge, net: torch.nn.Module, other, seed: int,
    pair: tuple[list[int], int], paths: list[Path], config: "dict[str, dict[str, int]] | None" = None,
) -> int:
    {line}
    return n
"""

FOUND = {
    "ZF401": """
    items[0] += 1
    items += [1]
    items.extend([1])
    del items[:]
    items[1:] = []
    items.pop()
    table['a'].append(1)
    table |= {}
    for name, values in table.items(): values.sort()
    table.update(a=[])
    config['a']['b'] = 1
    pair[0].append(1)
    first, _ = pair; first.clear()
    other.append(1)
    frame.columns = ['a']
    frame.fillna(0, inplace=True)
    frame.insert(0, 'b', 1)
    frame.iloc[0] = 1
    array[array < 0] = 0
    array.T[0] = 1
    array.sort()
    np.copyto(array, 0)
    random.Random(1).shuffle(items)
    tensor.add_(1)
    tensor[0].zero_()
    tensor *= 2
    torch.nn.init.normal_(tensor)
    torch.add(tensor, 1, out=tensor)
    model.fit(array, array)
    model.alpha = 1
    setattr(other, 'a', 1)
    same = items; same.append(1)
    with lock: items.append(1)
    try: ¶     items.append(1) ¶ finally: ¶     pass
    [items.append(i) for i in range(n)]
    rest = items if n else items; rest.append(1)
    def inner(): ¶     items.append(1) ¶ inner()
    for i, values in enumerate(table.values()): values.append(i)
    (lambda: items.append(1))()
    """,
    "ZF402": """
    HOOKS.append(n)
    TABLE['b'] = n
    global lock; lock = n
    Net.last = n
    del TABLE['a']
    os.environ['A'] = 'b'
    os.environ.update(A='b')
    os.putenv('A', 'b')
    f.calls = 1
    Net.seen['a'] = 1
    Net.seen.update(a=1); Net.names.append(text)
    random.Random.x = TABLE.pop('a')
    """,
    "ZF403": """
    torch.rand(3)
    np.random.seed(); np.random.rand(3)
    rng = np.random.default_rng(seed=None)
    random.seed(1); np.random.rand()
    ms.train_test_split(frame)
    ms.KFold(3, shuffle=True)
    frame.sample(3)
    random.SystemRandom()
    time.time() + 1
    datetime.datetime.now(datetime.UTC)
    pd.Timestamp.now('UTC')
    time.strftime('%Y')
    draw = random.random; draw()
    start = time.time(); n = int(start)
    ms.ShuffleSplit(3, random_state=None)
    uuid.uuid4().hex
    """,
    "ZF404": """
    open('a.txt')
    Path('a') / text; (Path('a') / text).read_text()
    pd.read_parquet(f'data/{n}.parquet')
    open(text)
    pl.scan_csv(text)
    np.load(Path(text) / 'a.npy')
    os.listdir('.')
    sqlite3.connect(text)
    os.environ.get('A')
    'A' in os.environ
    requests.get(text)
    requests.Session()
    os.system('ls')
    Path(__file__).with_suffix('.sql').read_text()
    open(os.path.join('data', text))
    where = 'data'; open(where + '/a.txt')
    Path('a.txt').exists() and open('a.txt')
    """,
    "ZF501": """
    eval(text)
    exec(text, {})
    __import__(text)
    globals()['f']
    sys.modules['a']
    """,
    "ZF503": """
    net.cuda()
    net.to('cuda')
    net.to(device='cuda:1')
    torch.device('cuda')
    torch.zeros(1, device='cuda')
    net.to(f'cuda:{n}')
    device = 'cuda'; net.to(device)
    torch.cuda.set_device(0)
    params = {'device': 'cuda'}
    """,
}
LEFT = """
n += 1
text += 'a'
items = items + [1]; items.append(1)
items = items.copy(); items.append(1)
frame = frame[frame.a > 0]; frame['b'] = 1
frame = frame.assign(b=1)
frame['a'][0]
other.update(n)
array = np.array(array); array[0] = 1
part = array[[0, 1]]; part[0] = 1
part = items[1:]; part.append(1)
tensor = tensor.clone(); tensor.add_(1)
tensor.add(1)
net.eval()
model = Ridge(); model.fit(array, array)
other.pop('a')
other.add(n)
x = other.append(1)
text.strip().upper()
path.write_text(text)
items.copy().sort()
values = sorted(items); values.append(1)
out = np.empty(3); np.add(array, 1, out=out)
x, *rest = items; rest.append(1)
optimizer = torch.optim.Adam(net.parameters()); optimizer.zero_grad(); optimizer.step()
Net().forward(1)
TABLE['a'] + len(HOOKS)
local = {}; local['a'] = 1
HOOKS = []; HOOKS.append(1)
TABLE.get('a')
torch.manual_seed(seed); torch.rand(3)
torch.rand(3, generator=other)
np.random.default_rng(seed).normal()
seed_everything(seed); random.random()
np.random.seed(seed); frame.sample(3)
other.sample(3)
ms.KFold(3)
ms.train_test_split(frame, shuffle=False)
ms.train_test_split(frame, **other)
random.Random(seed).random()
start = time.time(); print(time.time() - start)
time.perf_counter()
time.sleep(1)
time.gmtime(0)
open(path)
open(path / text)
open(os.path.join(path, text))
open('a.txt', 'w')
Path('a.txt').exists()
frame.to_csv('a.csv'); pd.read_csv('a.csv')
os.chdir(path); open('a.txt')
for p in paths: p.read_text()
with open('a.txt', mode='w') as file: file.write(text) ¶ open('a.txt')
Path('a').mkdir(); open('a/b.txt')
sqlite3.connect(':memory:')
pd.read_json(text)
pd.read_csv(other)
open(other)
path.parent.glob('*')
requests.codes.ok
os.cpu_count()
os.path.join('a', text)
requests.exceptions.HTTPError('a')
frame.eval(text)
net.eval()
getattr(other, text)
getattr(torch.optim, text)(net.parameters())
compile(text, '', 'eval')
net.to('cpu')
net.to(text)
net.to(torch.float64)
net.to('cuda' if torch.cuda.is_available() else 'cpu')
if torch.cuda.is_available(): net.cuda()
torch.cuda.is_available()
torch.device('cpu')
text == 'cuda' and net
device = 'cpu' ¶ if torch.cuda.is_available(): device = 'cuda' ¶ net.to(device)
torch.cuda.empty_cache()
"""


def lines(text: str) -> list[str]:
    """The cases of a table, one a line; `¶` stands for a new line."""
    return [line.strip().replace(" ¶ ", "\n    ") for line in text.strip().splitlines()]


def in_step(line: str, options: str = "") -> str:
    """A step with one line that says something."""
    return STEP.format(line=line, options=options)


@pytest.mark.parametrize(("code", "line"), [(code, line) for code, text in FOUND.items() for line in lines(text)])
def test_what_a_step_may_not_is_found(code: str, line: str) -> None:
    assert code in codes(in_step(line))
    assert set(codes(in_step(line))) <= {code, "ZF401"} | ({"ZF403"} if "random" in line else set())


@pytest.mark.parametrize("line", lines(LEFT))
def test_what_a_step_may_is_left_alone(line: str) -> None:
    assert codes(in_step(line)) == []


@pytest.mark.parametrize("code", ["ZF403", "ZF404", "ZF501"])
@pytest.mark.parametrize("options", ["(cache=False)", "(effect=True)", "(**options)"])
def test_a_step_that_is_not_kept_may_take_what_it_likes(code: str, options: str) -> None:
    assert [found for line in lines(FOUND[code]) for found in codes(in_step(line, options)) if found == code] == []


def test_a_step_whose_version_is_given_may_run_what_it_likes() -> None:
    assert [found for line in lines(FOUND["ZF501"]) for found in codes(in_step(line, "(version='1')"))] == []


@pytest.mark.parametrize("options", ["(gpus=1)", "(gpus=0.5)", "(accelerator='H100')", "(gpus=n)"])
def test_a_step_that_asks_for_a_gpu_may_use_it(options: str) -> None:
    assert [found for line in lines(FOUND["ZF503"]) for found in codes(in_step(line, options))] == []


def test_a_step_may_get_its_gpu_later() -> None:
    text = in_step("net.cuda()")
    assert codes(text + "\ng = f.with_options(gpus=1)\n") == []
    assert codes(text + "\ng = h.with_options(gpus=1)\n") == ["ZF503"]
