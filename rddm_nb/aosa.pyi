# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
from typing import NamedTuple
import torch
from fastcore.basics import patch
from torch import Tensor, nn
from .estimate import CLIPS, Prediction, eps_from_res, estimate, predict
from .forward import q_sample, randn_like
from .optim import unwrap
from .schedule import Schedule

def readings(m: Tensor, lam, x_t: Tensor, x_in: Tensor | None, abar, bbar, clip: str | None='x0') -> tuple:
    """One output read as residual and as noise, mixed (readings)"""
    ...

class AutoObjective(nn.Module):
    """A learned share between residual and noise, and the loss that goes with it"""
    lam: Any
    margin: Any
    most: Any
    clip: Any

    def __init__(self, start: float=0.5, margin: float=0.01, most: float=10.0, clip: str | None='x0'):
        ...

    @property
    def choice(self) -> str | None:
        """What has been decided: 'res', 'eps' or nothing yet"""
        ...

    def well_conditioned(self, abar: Tensor, bbar: Tensor) -> Tensor:
        """Where neither reading enlarges an error by more than `most`"""
        ...

    def loss(self, m: Tensor, x_t: Tensor, x_in: Tensor | None, res: Tensor, eps: Tensor, abar: Tensor, bbar: Tensor) -> tuple:
        """lam times the residual's mean error plus 1 - lam times the noise's, over the states that count (auto loss)"""
        ...

class ObjectiveChoice(NamedTuple):
    """What a training has chosen to predict, and its history"""
    choice: str
    steps: int
    lam: list
    errors: list

def select_objective(net, draw, schedule: Schedule, generator: torch.Generator, auto: AutoObjective | None=None, lr: float=0.002, lam_lr: float=0.0002, max_steps: int=1000, report=None) -> ObjectiveChoice:
    """Train until the network has become a predictor of residual or noise (automatic objective selection)"""
    ...
