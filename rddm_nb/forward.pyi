# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import torch
from torch import Tensor

def one_step(x_t: Tensor, res: Tensor, eps: Tensor, alpha: float, beta: float) -> Tensor:
    """One step of the chain: x + alpha res + beta eps (one-step kernel)"""
    ...

def randn_like(x: Tensor, generator=None) -> Tensor:
    """Standard normal noise like x"""
    ...

def q_sample(x0: Tensor, x_in: Tensor | None, eps: Tensor, abar, bbar) -> Tensor:
    """Jump to any point of the plane at once: x0 + abar (x_in - x0) + bbar eps (closed-form marginal)"""
    ...
