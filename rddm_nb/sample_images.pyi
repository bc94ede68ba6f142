# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import json
from functools import cache
from importlib.resources import files
import torch
from torch import Tensor
from .images import from_uint8
from .runtime import check_seed
_ASSETS: Any

def attribution() -> str:
    """Author, licence and source of every image, as markdown"""
    ...

def photos(split: str | None=None) -> dict:
    """The embedded photographs"""
    ...

def crops(n: int, size: int=32, split: str | None='train', seed: int | torch.Generator=0, shrink: int=2) -> Tensor:
    """Random crops, every photograph equally often in the mean, half of them mirrored; calm places are kept"""
    ...

def emoji(split: str | None=None, size: int=32) -> Tensor:
    """Faces, animals and food: small images to generate"""
    ...
