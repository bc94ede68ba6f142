# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import copy
import math
import re
import torch
import torch.nn.functional as F
from fastcore.basics import patch
from torch import Tensor, nn
from .estimate import Prediction
from .files import check_file, describe_names, one_line
from .optim import unwrap
from .unet import check_options, load_weights, per_image, sinusoidal_embedding, stack_inputs

class StandardConv(nn.Conv2d):
    """A convolution whose filters have mean 0 and variance 1"""

    def standardised(self) -> Tensor:
        """The filters that are used"""
        ...

    def forward(self, h):
        ...

class ChannelNorm(nn.Module):
    """Mean 0 and variance 1 over the channels of every place, times a learned gain"""
    gain: Any

    def __init__(self, c: int):
        ...

    def forward(self, h):
        ...

class OfficialBlock(nn.Module):
    """Two standardised convolutions told the time, and a way around them"""
    film: Any
    conv1: Any
    norm1: Any
    conv2: Any
    norm2: Any
    shortcut: Any

    def __init__(self, c_in: int, c_out: int, emb: int):
        ...

    def forward(self, h, e):
        ...

class OfficialAttention(nn.Module):
    """Every place asks every other: all pairs, or through a summary whose cost is linear in the number of places"""
    linear: Any
    norm: Any
    qkv: Any
    out: Any
    after: Any

    def __init__(self, c: int, linear: bool=True):
        ...

    def forward(self, h):
        ...

class Upsample(nn.Conv2d):
    """Twice the size by repeating pixels, then a 3x3 convolution, as one transposed convolution"""

    def __init__(self, *args, **kw):
        ...

    def kernel(self) -> Tensor:
        """Weights that meet the same pixel, added up: (C, K, 4, 4)"""
        ...

    def forward(self, h):
        ...

class OfficialNet(nn.Module):
    """One official U-Net: images and a time in, one image out"""
    dim: Any
    first: Any
    time: Any
    down: Any
    middle: Any
    up: Any
    last: Any
    out: Any

    def __init__(self, c_in: int=6, dim: int=64, mults: tuple=..., channels: int=3):
        ...

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Down, across and up again"""
        ...
_HEADS: dict
_EMBEDDINGS: tuple

class OfficialUNet(nn.Module):
    """The official network as a predictor"""
    config: Any
    nets: Any

    def __init__(self, predicts: str='both', embedding: str='t', takes_input: bool=True, takes_cond: bool=False, dim: int=64, mults: tuple=..., channels: int=3):
        ...

    def _times(self, x, abar, bbar, t):
        """What each network is told, (B,)"""
        ...

    def forward(self, x_t: Tensor, x_in: Tensor | None, abar, bbar, t=None, cond: Tensor | None=None) -> Prediction:
        """Predict from a state and its coefficients"""
        ...

class _FusedConv(nn.Conv2d):
    """A `StandardConv` whose filters do not change any more"""

    def forward(self, h):
        ...

class _FusedUpsample(nn.Conv2d):
    """`Upsample` with a kernel that does not change any more"""

    def forward(self, h):
        ...
_FUSED: dict

def fuse_weights(net: nn.Module) -> nn.Module:
    """The same function with filters made once"""
    ...
_NAMES: list
_WRAPPERS: set
_KEY: Any
_PARTS: set

def load_official(path, predicts: str='both', embedding: str='t', averaged: bool=True) -> OfficialUNet:
    """A network trained with the official code"""
    ...
