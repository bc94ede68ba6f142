# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
import torch
import torch.nn.functional as F
from torch import Tensor
from .estimate import Prediction, predict
from .images import check_images
from inspect import signature
from .schedule import Schedule
TASKS: dict
_LEAST: dict

def degrade(x0: Tensor, task: str='rain', generator: torch.Generator | None=None, **options) -> Tensor:
    """Degrade a batch of images, each in its own way"""
    ...
_HOLE: Any

class KnownPixels(torch.nn.Module):
    """A predictor that puts the true residual and noise at known pixels, so that they never change (keep known pixels)"""
    model: Any

    def __init__(self, model, x0: Tensor | None=None, where: Tensor | None=None):
        ...

    @property
    def schedule(self):
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...
