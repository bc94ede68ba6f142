# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import numpy as np
import torch
from .estimate import Prediction
from .schedule import Point, Schedule

def commutator(model, x_t, x_in, abar: float, bbar: float, h: float | None=None) -> torch.Tensor:
    """How much the order of two small moves matters, taking residual and taking noise (commutator)"""
    ...

class TimeConditioned:
    """A predictor told the step alone, as if on the path it was trained on"""
    model: Any
    schedule: Any

    def __init__(self, model, trained_on: Schedule):
        ...

    def __call__(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...

class CoefficientConditioned:
    """Two predictors, the residual's told abar and the noise's bbar, as if on the path they were trained on"""
    model: Any
    schedule: Any

    def __init__(self, model, trained_on: Schedule):
        ...

    def __call__(self, x_t, x_in, abar, bbar, t=None, **cond):
        ...

def draw_path(points, steps: int=50) -> list:
    """Straight lines through the points and on to the clean image, cut into equal steps"""
    ...
