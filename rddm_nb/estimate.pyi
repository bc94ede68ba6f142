# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
from inspect import signature
from typing import NamedTuple
import torch
from torch import Tensor

def x0_from(x_t: Tensor, res: Tensor, eps: Tensor, abar, bbar) -> Tensor:
    """Take away both: x_t - abar res - bbar eps (estimate of I_0)"""
    ...

class SingularError(ValueError):
    """A formula was asked for at a point of the plane where it divides by zero"""

def eps_from_res(x_t: Tensor, x_in: Tensor, res: Tensor, abar, bbar) -> Tensor:
    """Noise from residual: (x_t - x_in + (1 - abar) res)/bbar (SM-Res)"""
    ...

def res_from_eps(x_t: Tensor, x_in: Tensor, eps: Tensor, abar, bbar) -> Tensor:
    """Residual from noise: (x_in + bbar eps - x_t)/(1 - abar) (SM-N)"""
    ...

class Prediction(NamedTuple):
    """What a predictor returns; a missing half is completed in closed form by `estimate`"""
    res: Tensor | None = None
    eps: Tensor | None = None

class Estimate(NamedTuple):
    """An estimate of all three parts of a state"""
    x0: Tensor
    res: Tensor
    eps: Tensor | None

def predict(model, x_t: Tensor, x_in: Tensor | None, abar, bbar, t=None, cond: Tensor | None=None) -> Prediction:
    """Ask a predictor, with a condition if there is one"""
    ...
CLIPS: tuple

def estimate(pred: Prediction, x_t: Tensor, x_in: Tensor | None, abar, bbar, clip: str | None='x0') -> Estimate:
    """Complete a prediction in closed form and keep the estimate an image"""
    ...
