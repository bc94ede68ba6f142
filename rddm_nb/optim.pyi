# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import copy
import math
from functools import partial
from numbers import Real
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel
from fastcore.basics import patch

def unwrap(net: nn.Module) -> nn.Module:
    """The network inside of its wrappers"""
    ...
OPTIMIZERS: dict

def make_optimizer(params, kind: str='adamw', lr: float=0.0002, betas: tuple=..., weight_decay: float=0.0) -> torch.optim.Optimizer:
    """An optimizer by its name"""
    ...

def lr_factor(step: int, u: float, warmup: int=50, decay: str='cosine') -> float:
    """Warm up, then a cosine down to 1 % or a constant"""
    ...

class EMA:
    """A network whose weights are the exponential moving average of another's"""
    net: Any
    decay: Any
    step: Any
    _wide: Any

    def __init__(self, net: nn.Module, decay: float=0.995):
        ...

    def update(self, net: nn.Module):
        """Take in the network's weights of now"""
        ...

    def _round(self):
        """Give `net` the average, in its own digits"""
        ...

    def _reread(self):
        """Take what has been loaded into `net` for the average"""
        ...

    def _state(self):
        """The average in all its digits, to be kept"""
        ...

    def _load(self, state):
        """The average as it was kept"""
        ...
