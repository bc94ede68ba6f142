# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
from typing import NamedTuple
import torch
from torch import Tensor
from .images import psnr
from .sampler import sample
from .schedule import Schedule

def energy_distance(a: Tensor, b: Tensor, block: int=512) -> float:
    """2 E|a - b| - E|a - a'| - E|b - b'| over all pairs, a point with itself included (energy distance)"""
    ...

def diversity(x: Tensor, block: int=512) -> float:
    """Mean distance between two different members of a set"""
    ...

class Score(NamedTuple):
    """What a few runs along one path are worth"""
    energy: float
    spread: float
    diversity: float
    psnr: float | None
STEPS: tuple

def score(model, truth: Tensor, x_in: Tensor | None=None, n: int=256, seeds: int | list=3, **kwargs) -> Score:
    """Sample a few times and measure"""
    ...

def sweep(model, truth: Tensor, runs: dict, steps: tuple=..., x_in: Tensor | None=None, n: int=256, seeds: int | list=3, **kwargs) -> dict:
    """Score many paths at many numbers of steps, all from the same noise"""
    ...
