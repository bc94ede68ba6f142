# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
import torch
import torch.nn.functional as F
from torch import Tensor, nn
import functools
import importlib
import inspect
import operator
import re
from fastcore.basics import patch
from .estimate import Prediction
from .files import describe_names, one_line, read_tensors, write_tensors
from .images import check_images
from .optim import unwrap
from .schedule import Schedule

def sinusoidal_embedding(v: Tensor, n: int=8, first: float=1.0, last: float=20.0) -> Tensor:
    """Numbers as sines and cosines of n frequencies"""
    ...
_EMBEDDINGS: tuple
_OFF_SCHEDULE: str

def per_image(v, x: Tensor, name: str) -> Tensor:
    """One number per image; a node that there is none of is refused"""
    ...

class CoefficientEmbedding(nn.Module):
    """The coefficients of a state, or its node, as a vector per image (FiLM input)"""
    embedding: Any
    mlp: Any

    def __init__(self, embedding: str, width: int):
        ...

    def forward(self, x, abar, bbar, t=None):
        ...

class ResBlock(nn.Module):
    """Two convolutions told where they are, and a way around them"""
    conv1: Any
    norm1: Any
    conv2: Any
    norm2: Any
    film: Any
    shortcut: Any

    def __init__(self, c_in: int, c_out: int, emb: int):
        ...

    def forward(self, h, e):
        ...
_WHOLE: Any
_BLOCK: Any
_AROUND: Any

class Attention(nn.Module):
    """Every place asks every other"""
    heads: Any
    norm: Any
    qkv: Any
    out: Any

    def __init__(self, c: int, heads: int=4):
        ...

    def split(self, h):
        """Queries, keys and values, each (B, heads, places, c/heads)"""
        ...

    def forward(self, h):
        """Features of the same shape, each with what it asked for"""
        ...
_PREDICTS: dict

def check_options(config: dict, predicts, embeddings):
    """Refuse a network that cannot be built, naming the option, what it must be and is; numbers become Python's"""
    ...

class UNet(nn.Module):
    """A U-Net that is a predictor: residual, noise or both, from a state of any size"""
    config: Any
    embed: Any
    first: Any
    down: Any
    downsample: Any
    middle: Any
    up: Any
    upsample: Any
    last: Any

    def __init__(self, dim: int=16, mults: tuple=..., channels: int=3, predicts: str='res', embedding: str='plane', takes_input: bool=True, takes_cond: bool=False):
        ...

    def merge(self, h: Tensor, skip: Tensor) -> Tensor:
        """Bring back what was seen on the way down"""
        ...

    def features(self, x: Tensor, e: Tensor) -> Tensor:
        """Down to the bottom, attend, and up again with the skips"""
        ...

    def forward(self, x_t: Tensor, x_in: Tensor | None, abar, bbar, t=None, cond: Tensor | None=None) -> Prediction:
        """Predict from a state and its coefficients"""
        ...

def stack_inputs(config: dict, weight: Tensor, x_t: Tensor, x_in: Tensor | None, cond: Tensor | None, multiple: int) -> Tensor:
    """Everything a network sees as one tensor, its sides padded by repetition"""
    ...
_PRECISIONS: tuple
NETWORKS: dict

def network_class(name: str) -> type:
    """A registered network"""
    ...
_FUSED: str

def save_model(path, net, schedule, force: bool=False, **meta):
    """Keep a network and its schedule in one file"""
    ...
_OLD_OPTIONS: dict
_OLD_PARTS: dict

def from_older(state: dict, config: dict) -> tuple:
    """Files written before parts and options got their present names"""
    ...
_ABOUT: dict
_SCHEDULE: dict

def load_weights(net: nn.Module, state: dict) -> nn.Module:
    """Give a network weights, checked first"""
    ...

def load_model(path, device='cpu'):
    """The network back, bit for bit, ready to sample"""
    ...
