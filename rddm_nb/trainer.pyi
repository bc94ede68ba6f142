# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import copy
import errno
import json
import math
import re
import sys
import time
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple
import torch
from fastcore.basics import patch
from torch import Tensor
from .estimate import predict
from .files import atomic_write, check_file, read_tensors, write_tensors
from .forward import q_sample, randn_like
from .images import check_images
from .objective import loss_of
from .optim import EMA, OPTIMIZERS, lr_factor, make_optimizer, unwrap
from .runtime import StopRequest, folder_lock, generator_for, pick_device, seed_for, set_aside, stop_on_signals
from .schedule import Schedule
from .unet import from_older

class Batch(NamedTuple):
    """Pairs to learn from"""
    x0: Tensor
    x_in: Tensor
    names: list | None = None
    cond: Tensor | None = None

class FunctionSource:
    """A source that draws its pairs"""
    draw: Any

    def __init__(self, draw):
        ...

    def batch(self, n, step, seed, part=...):
        """The pairs of a step"""
        ...

@dataclass(frozen=True)
class TrainConfig:
    """How to train"""
    steps: int = 100000
    batch: int = 16
    lr: float = 0.0002
    warmup: int = 0
    decay: str = 'none'
    optimizer: str = 'adamw'
    betas: tuple[float, float] = ...
    weight_decay: float = 0.0
    clip: float | None = 1.0
    clip_each: bool = False
    ema: float = 0.995
    ema_every: int = 1
    loss: str = 'l1'
    lam_res: float = 1.0
    lam_eps: float = 1.0
    seed: int = 0
    accumulate: int = 1
    precision: str = 'fp32'
    compile: bool = False
    channels_last: bool = False
    save_every: int = 1000
    keep: int = 2
    log_every: int = 50
    eval_every: int = 0

    def __post_init__(self):
        ...

    def check(self):
        """Refuse what cannot work"""
        ...

    def lr_at(self, step: int) -> float:
        """Warm-up, then constant or a cosine down to 1 %"""
        ...
_FREE: tuple
_FREE_IF_SAID: tuple
_LEAST: dict
_CHOICES: dict

def draw_states(batch: Batch, config: TrainConfig, schedule: Schedule, step: int, part: slice) -> tuple:
    """The states of a step"""
    ...

class Checkpoints:
    """The checkpoints of a run"""
    run: Any
    folder: Any
    keep: Any
    whole: Any
    damaged: Any

    def __init__(self, folder, keep: int=2):
        ...

    def path(self, step):
        """Where the checkpoint of a step is"""
        ...

    def steps(self) -> dict:
        """All there are, oldest first: step -> path"""
        ...

    def paths(self) -> list:
        """All there are, oldest first"""
        ...

    def __str__(self):
        ...

    def _check_there(self):
        """Refuse to make the folder of a run anew"""
        ...

    def save(self, step: int, tensors: dict, about: dict):
        """Write a checkpoint, then let those go that `keep` newer ones make superfluous"""
        ...

    def newest(self) -> tuple | None:
        """(tensors, about) of the newest that is whole"""
        ...

    def tidy(self):
        """Set aside what could not be read, and remove temporary files of writers that were killed; only under the lock"""
        ...
_FULL: tuple
_COLUMNS: tuple
_HEADER: Any

class Log:
    """Rows of numbers, in a CSV file"""
    path: Any

    def __init__(self, path, step: int | None=None):
        ...

    def _line(self, row):
        ...

    def _read(self):
        ...

    def rows(self) -> list:
        """All rows as dicts of numbers; those that cannot be read are left out"""
        ...

    def add(self, **row):
        """Append a row"""
        ...

def make_accelerator(device: str='auto'):
    """Make what knows the processes of a run and their device"""
    ...

class TrainingError(RuntimeError):
    """Training had begun and failed; the message says why, and which step is saved"""

class Trainer:
    """Fit a network to a source of pairs"""
    accelerator: Any
    device: Any
    net: Any
    source: Any
    schedule: Any
    config: Any
    report: Any
    evaluator: Any
    data: Any
    folder: Any
    checkpoints: Any
    step: Any
    saved: Any
    whole: Any
    changes: Any
    stopped: Any
    first: Any
    part: Any
    opt: Any
    ema: Any
    model: Any

    def __init__(self, net, source, schedule: Schedule, config: TrainConfig=..., folder=None, accelerator=None, report=None, evaluator=None, data: dict | None=None):
        ...

    def _check_evaluator(self):
        """Refuse an evaluator that would never be asked, or none where one is due; only the main process needs one"""
        ...

    def _part(self):
        """Which pairs of a batch belong to this process"""
        ...

    def _wrapped(self):
        """The network as it is called in training: compiled if wanted, its gradients shared by all processes"""
        ...

    def _pieces(self, step):
        """The states of a step, piece by piece: (cond, x_t, x_in, res, eps, abar, bbar, t)"""
        ...

    def _backward(self, cond, x_t, x_in, res, eps, abar, bbar, t, last):
        """Forward and backward pass of one piece; returns its share of the loss"""
        ...

    def _clip(self):
        """Shorten the gradient, of all networks together or of each; returns the norm it had"""
        ...

    def _learn(self):
        """One step of the optimizer; the loss and the gradient's norm stay on the device"""
        ...

    def _advice(self, first):
        """What to do about a training that has blown up at a step, the `first` since it was started or a later one"""
        ...

    def _blown_up(self, step):
        """What the step saw at which the loss stopped being a number"""
        ...

    def _state(self):
        """Everything that the next step depends on, as named tensors"""
        ...

    def _finite_state(self):
        """The state, if it holds numbers only"""
        ...

    def _check_same(self, train, network, schedule, data):
        """Refuse to go on with another experiment; returns the changes that are allowed but have to be said"""
        ...

    def _note(self, train, before, changed):
        """Keep and say what has changed; what no step will use stays as it was"""
        ...

    def _restore(self, tensors, about):
        """Be where the checkpoint was"""
        ...

    def save(self):
        """Write a checkpoint, if the weights are numbers"""
        ...

    def _save_on_the_way_out(self, failure=None):
        """Save what is not saved yet; returns what to tell beside the failure"""
        ...

    @contextmanager
    def _saving_on_failure(self):
        """Save on the way out of any failure, and say so"""
        ...

    def _averaged(self):
        """The average of the weights; before its first update, every `ema_every` steps, the network as it is"""
        ...

    def _due(self, *every):
        """Is this step a multiple of one of them?"""
        ...

    def _evaluated(self):
        """What the evaluation of the averaged network says, if one is due"""
        ...

    def _read(self, readings, log):
        """Read the loss, stop if it is no number, and tell"""
        ...

    def _agreed(self, due):
        """Is it time to stop, for everyone?"""
        ...

    def _steps(self, log):
        """Learn until all steps are done or someone says stop"""
        ...

    def _say_if_too_short(self):
        """Warn of a learning rate that never gets where it was meant to"""
        ...

    @property
    def done(self) -> bool:
        """Are all steps done?"""
        ...

    def _begin(self):
        """Find the run in the folder, or start one; returns the log"""
        ...

    def fit(self, locked: bool=False):
        """Train to the last step, from where the folder's run stands"""
        ...

class _Readings:
    """Sums that stay on the device until they are read"""
    device: Any

    def __init__(self, device):
        ...

    def clear(self):
        ...

    def add(self, step, loss, norm):
        ...

    def read(self, accelerator):
        """Mean loss, mean norm, first bad step (-1: none), seconds and steps since `clear`; over all processes"""
        ...
