# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
from collections.abc import Callable
import torch
from torch import Tensor, nn
from .estimate import Prediction, predict
from .schedule import Schedule
_WHY: dict

class _Variant(nn.Module):
    """Wrapped predictors: networks among them become submodules, and their schedule is passed on"""
    _names: Any
    _given: Any

    def __init__(self, **models):
        ...

    @property
    def schedule(self) -> Schedule | None:
        ...

    @schedule.setter
    def schedule(self, schedule):
        ...

class OnlyRes(_Variant):
    """Residual only (the paper's SM-Res): the noise is completed in closed form"""

    def __init__(self, model: Callable):
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...

class OnlyEps(_Variant):
    """Noise only (the paper's SM-N): the residual is completed in closed form, which is impossible at abar = 1"""

    def __init__(self, model: Callable):
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...

class Both(_Variant):
    """Residual and noise from one model (SM-Res-N with one network)"""

    def __init__(self, model: Callable):
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...

class TwoNets(_Variant):
    """Residual from one model, noise from another (SM-Res-N with two networks)"""

    def __init__(self, res: Callable, eps: Callable):
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...

class Auto(_Variant):
    """Each half where its error shrinks: the residual while bbar >= switch (1 - abar), then the noise (not the paper's)"""
    switch: Any

    def __init__(self, model: Callable, eps_model: Callable | None=None, switch: float=1.0):
        ...

    def asks(self, abar: float, bbar: float) -> str:
        """Which half is asked for at a point; where there is no noise, the residual"""
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...
VARIANTS: dict

def disagreement(pred: Prediction, x_t: Tensor, x_in: Tensor | None, abar, bbar) -> Tensor:
    """What two predictions leave over of the state: x_t - x_in + (1 - abar) res - bbar eps (disagreement)"""
    ...
