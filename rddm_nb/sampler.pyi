# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
from collections import deque
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
import torch
from torch import Tensor
from fastcore.basics import patch
from fastcore.meta import delegates
from .estimate import CLIPS, Estimate, Prediction, estimate, predict
from .forward import randn_like
from .images import check_images
from .reverse import posterior_variance, reverse_step
from .schedule import CLEAN, Point, Schedule
ORDERS: tuple

def sampling_path(schedule: Schedule, steps: int | list=5, order: str='together') -> list:
    """The stops of a sampling run; in the two-legged orders each leg gets half the steps"""
    ...

@dataclass
class Step:
    """One move of a sampling run"""
    t: int | None
    s: int | None
    at: Point
    to: Point
    sigma2: float = 0.0

@dataclass
class State:
    """What a sampling run knows at one step"""
    step: Step
    x_t: Tensor
    x0: Tensor
    res: Tensor
    eps: Tensor | None
    x_s: Tensor
SOLVERS: dict

def sample_steps(model, x_in: Tensor | None=None, *, cond: Tensor | None=None, shape: tuple | None=None, schedule: Schedule | None=None, steps: int | list | None=None, eta: float | list=0.0, posterior: str='sum_constrained', order: str | None=None, path=None, solver: str='euler', clip: str | None='x0', x_T: Tensor | None=None, generator=None, noise_map: Tensor | None=None, progress: bool=False):
    """Restore or generate, one step at a time"""
    ...

class Trace(list):
    """All the states of a sampling run; shows itself as a film strip"""

    def __repr__(self):
        ...

    @property
    def x0(self) -> Tensor:
        """The result"""
        ...

    def frames(self, i: int | slice=0) -> Tensor:
        """The states of image i, from start to result"""
        ...

    def estimates(self, i: int | slice=0) -> Tensor:
        """The estimates of the clean image i, one per step"""
        ...

    def means(self, i: int | slice=0) -> Tensor:
        """What the states of image i hold besides their noise, x0 + abar res, from start to result"""
        ...

    def film(self, i: int=0):
        """The film strip of image i: states above, estimates below, and how much residual and noise each state holds"""
        ...

    def _repr_html_(self):
        ...

    def save(self, path, i: int=0, seconds: float=0.5, scale: int=1, force: bool=False):
        """A film of the states of image i, from start to result"""
        ...

def sample(model, x_in: Tensor | None=None, *, trace: bool=False, cond: Tensor | None=None, shape: tuple | None=None, schedule: Schedule | None=None, steps: int | list | None=None, eta: float | list=0.0, posterior: str='sum_constrained', order: str | None=None, path=None, solver: str='euler', clip: str | None='x0', x_T: Tensor | None=None, generator=None, noise_map: Tensor | None=None, progress: bool=False) -> Tensor:
    """Restore x_in, or generate from nothing"""
    ...
