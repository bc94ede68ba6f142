# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
import torch
import torch.nn.functional as F
from torch import Tensor
from .estimate import Prediction
from .images import check_images

def rain(x0: Tensor, generator: torch.Generator | None=None, amount: float=0.16, scale: float | None=None) -> Tensor:
    """Bright slanted streaks of three lengths under a slight veil"""
    ...

def mask(x0: Tensor, generator: torch.Generator | None=None, holes: int=3, side: tuple=...) -> Tensor:
    """Rectangular holes, filled with grey"""
    ...

def holes(x0: Tensor, generator: torch.Generator | None=None, share: tuple=..., bends: int=4) -> Tensor:
    """Irregular holes like the strokes of a brush, filled with grey"""
    ...

def blur(x0: Tensor, generator: torch.Generator | None=None, width: tuple=..., across: tuple=...) -> Tensor:
    """Motion and defocus: a Gaussian, long one way and short the other, turned at random"""
    ...

def small(x0: Tensor, generator: torch.Generator | None=None, k: int=4) -> Tensor:
    """Averages of k x k pixels, enlarged again"""
    ...

def dark(x0: Tensor, generator: torch.Generator | None=None, gain: tuple=..., grain: float=0.02) -> Tensor:
    """A short exposure at night: little light, a steeper curve, grain"""
    ...

def noise(x0: Tensor, generator: torch.Generator | None=None, std: tuple=..., shot: float=0.25) -> Tensor:
    """Sensor noise: a constant part and a part that grows with the root of the light"""
    ...

def grey(x0: Tensor, generator: torch.Generator | None=None) -> Tensor:
    """The luminance, repeated over the channels"""
    ...

def shadow(x0: Tensor, generator: torch.Generator | None=None, left: tuple=...) -> Tensor:
    """The soft edge of an ellipse cuts through the picture; inside, there is less light and it is bluer"""
    ...

def drops(x0: Tensor, generator: torch.Generator | None=None, number: int=10, radius: tuple=..., view: float=3.0) -> Tensor:
    """Raindrops on a pane: round lenses that show the scene blurred and upside down"""
    ...
TASKS: dict

def degrade(x0: Tensor, task: str='rain', generator: torch.Generator | None=None) -> Tensor:
    """Degrade a batch of pictures, each in its own way"""
    ...

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
