# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import torch
from torch import Tensor
from .estimate import SingularError, predict
from .forward import q_sample, randn_like
from .schedule import Point, Schedule

def step_weights(at: Point, to: Point) -> tuple:
    """What errors of a prediction do, in standard deviations of the step: alpha/sigma, beta^2/(bbar_t sigma) (mean)"""
    ...

def loss_of(pred, res: Tensor, eps: Tensor, kind: str='l1', lam_res: float=1.0, lam_eps: float=1.0) -> Tensor:
    """Mean error of whatever is predicted (loss)"""
    ...

def error_curve(model, x0: Tensor, x_in: Tensor | None, schedule: Schedule, nodes, generator: torch.Generator, kind: str='l2', cond: Tensor | None=None) -> Tensor:
    """How far off a predictor is, place by place"""
    ...
