# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import torch
from torch import Tensor
from .estimate import Estimate, SingularError
from .schedule import Point

def reverse_step(x_t: Tensor, est: Estimate, at: Point, to: Point, sigma2: float=0.0, noise: Tensor | None=None) -> Tensor:
    """x_t - (abar_t - abar_s) res - (bbar_t - sqrt(bbar_s^2 - sigma^2)) eps + sigma z (reverse step)"""
    ...

def posterior_coefs(at: Point, to: Point) -> tuple:
    """RDDM's own posterior: mean c_t x_t + c_res res + c_0 x0, and its variance (posterior by completing the square)"""
    ...
POSTERIORS: dict

def posterior_variance(posterior: str, at: Point, to: Point, eta: float=1.0) -> float:
    """Variance of the fresh noise: eta times one of three natural choices (three sigmas)"""
    ...
