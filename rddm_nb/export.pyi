# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import copy
import io
import os
import sys
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
import torch
from torch import nn
from .command import FileName, Typed, parse, run_command
from .estimate import Prediction, predict
from .files import atomic_write, one_line, to_json
from .models import load_network
from .official import fuse_weights
from .optim import unwrap
from .runtime import ExitCode
from .schedule import Schedule
from . import unet
from .unet import Attention

class _AnySize(nn.Module):
    """An `Attention` whose recorded graph fits maps of any size"""
    attention: Any

    def __init__(self, attention: Attention):
        ...

    def forward(self, h):
        ...

class _PlainTensors(nn.Module):
    """A network whose inputs and outputs are plain tensors, as it samples"""
    net: Any
    outputs: Any

    def __init__(self, net: nn.Module):
        ...

    def forward(self, x_t, x_in, abar, bbar, t, cond=None):
        ...
_OPSET: int
_AXES: dict
_SIZES: tuple
_TOLERANCE: float
_LEAST: float
_RANDOM: str
_DECIDES: str

def to_onnx(net: nn.Module, file, force: bool=False):
    """A network as an ONNX file for images of any size, compared with the network before it is kept"""
    ...

@dataclass(frozen=True)
class _ExportCommand(Typed):
    """The words of rddm-export"""
    model: FileName
    file: FileName
    force: bool = False

def main(argv: list | None=None) -> int:
    """The command `rddm-export`"""
    ...
