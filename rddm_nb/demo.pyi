# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
import time
from collections import ChainMap
from functools import cache
import torch
from fastcore.basics import patch
from torch import Tensor
from .degrade import TASKS, degrade
from .estimate import predict
from .forward import q_sample, randn_like
from .images import psnr
from .objective import loss_of
from .optim import EMA, lr_factor, make_optimizer
from .runtime import StopRequest, pick_device
from .sample_images import crops, emoji
from .sampler import sample
from .schedule import Schedule
from .unet import UNet
DEMO_TASKS: Any

def draw_pairs(task: str, n: int, split: str, generator: torch.Generator, size: int=32) -> tuple:
    """Clean images and what became of them"""
    ...

def recipe(task: str) -> dict:
    """How to train for a task and how to sample"""
    ...

def diffusion_loss(net, x0: Tensor, x_in: Tensor | None, schedule: Schedule, generator: torch.Generator, first: tuple | None=None, kind: str='l1', cond: Tensor | None=None) -> tuple:
    """Loss of one forward pass at random nodes, and the estimate of x0 that a second pass may start from"""
    ...

class Budget:
    """How much training there is: seconds, or a number of steps"""
    seconds: Any
    max_steps: Any
    clock: Any
    start: Any
    stop: Any

    def __init__(self, seconds: float=60.0, max_steps: int | None=None, clock=...):
        ...

    def elapsed(self) -> float:
        """Seconds since the first question"""
        ...

    def used(self, step: int) -> float:
        """Share of the budget that is used after `step` steps; 1 ends the training"""
        ...

def training_steps(net, draw, schedule: Schedule, budget: Budget, generator: torch.Generator, lr: float=0.004, twice: bool=True, kind: str='l1'):
    """Fit a network; stop iterating whenever you like"""
    ...

def train_demo(task: str='rain', budget: Budget | None=None, seed: int=0, batch: int=16, size: int=32, device: str='cpu', report=None, schedule: Schedule | None=None, twice: bool | None=None) -> UNet:
    """Train a network for a task"""
    ...
_EXAM: int

def score_held_out(net, task: str, steps: int, n: int=128, size: int=32, solver: str='euler') -> dict:
    """Measure a network on held-out images, always the same ones"""
    ...

def quick_score(net, task: str, schedule: Schedule, steps: int=5, n: int=16, solver: str='euler') -> str:
    """How good is it by now?"""
    ...

def result_sheet(net, task: str, steps: int, n: int=8, size: int=32, seed: int=1, solver: str='euler'):
    """A sheet of images: inputs, results, ground truth, residuals, and one trajectory"""
    ...
