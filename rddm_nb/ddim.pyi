# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import numpy as np
import torch
from torch import Tensor
from fastcore.basics import patch
from .estimate import Prediction, SingularError
from .schedule import Schedule

def to_ddim(schedule: Schedule) -> Tensor:
    """DDPM's cumulative product of a schedule on the unit circle: (1 - abar)^2 (to DDIM)"""
    ...

def ddim_eta(eta: float) -> float:
    """DDIM's eta as ours: the share of the standard deviation, squared (eta conventions)"""
    ...
SPACINGS: tuple

def ddim_nodes(T: int, steps: int, spacing: str='leading', offset: int=0) -> list:
    """The nodes that the grids of diffusers visit, for `sample(..., steps=nodes)`"""
    ...

def ddim_pairs(T: int, steps: int, spacing: str='leading', offset: int=0) -> list:
    """The moves of diffusers' DDIMScheduler: from every node T//steps back, wherever the next one lies"""
    ...

def rescaled(abar, bbar) -> tuple:
    """The DDPM noise level of any point of the plane, and the scale that leads there (rescaling)"""
    ...
DDPM_PREDICTIONS: tuple

def ddpm_prediction(out: Tensor, kind: str, x_t: Tensor, x_in: Tensor, abar, bbar) -> Prediction:
    """Noise, image or velocity, predicted by a DDPM network at any point of the plane (velocity)"""
    ...

class FromDDPM(torch.nn.Module):
    """A DDPM network as a predictor for `sample`, on its own schedule or on any path of the plane"""
    net: Any
    prediction: Any
    schedule: Any
    _snr: Any

    def __init__(self, net, abar_ddim, prediction: str='epsilon'):
        ...

    def forward(self, x_t, x_in, abar, bbar, t=None):
        ...

    def timestep(self, A) -> Tensor:
        """The timestep with this noise level, between two if need be (log signal-to-noise, linear)"""
        ...

def from_diffusers(model, scheduler=None) -> FromDDPM:
    """An unconditional diffusers model as a predictor"""
    ...
