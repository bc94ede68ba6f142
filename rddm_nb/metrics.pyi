# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
import torch
import torch.nn.functional as F
from fastcore.basics import patch
from torch import Tensor
from .images import check_images
_COLOURS: dict
_REGIONS: tuple

@dataclass(frozen=True)
class Protocol:
    """How a metric is measured"""
    name: str = ''
    colour: str = 'rgb'
    resize: int = 0
    border: int = 0
    rounded: bool = True
    region: str = 'all'

    def __post_init__(self):
        ...

    def __str__(self):
        ...

    def apply(self, x: Tensor) -> Tensor:
        """What a protocol compares"""
        ...

    def metric(self, name: str) -> Metric:
        """A metric by name; what it needs is there, and this protocol suits it"""
        ...

    @classmethod
    def find(cls, protocol: Protocol | str) -> Protocol:
        """A protocol by name"""
        ...
PROTOCOLS: dict

@dataclass(frozen=True)
class MetricResult:
    """A number and how it was measured"""
    value: float
    measure: str
    protocol: Protocol
    each: tuple = ()

    @property
    def _what(self):
        ...

    def _like(self, other):
        ...

    def __lt__(self, other):
        ...

    def __gt__(self, other):
        ...

    def __le__(self, other):
        ...

    def __ge__(self, other):
        ...

    def __sub__(self, other):
        ...

    def __repr__(self):
        ...

def luminance(x: Tensor, full: bool=False) -> Tensor:
    """Luminance, as MATLAB's rgb2ycbcr has it"""
    ...
_LAYERS: tuple
_LPIPS_KEYS: set

@dataclass(frozen=True)
class Metric:
    """A way to compare images with the ground truth, and what it needs"""
    function: Callable
    higher_is_better: bool = True
    needs: Callable | str = ''
    side: int = 1
    region: bool = False
    colour: bool = False
METRICS: dict

def measure(what: str, a: Tensor, b: Tensor, protocol: Protocol | str=..., mask: Tensor | None=None) -> MetricResult:
    """A number with its protocol"""
    ...

def coarse_features(x: Tensor) -> Tensor:
    """Colours on a 4x4 grid, and the amount of detail on a 2x2 grid"""
    ...

def frechet_distance(a: Tensor, b: Tensor) -> float:
    """How far two normal distributions are apart that have the means and covariances of these features"""
    ...

def fid(a: Tensor, b: Tensor) -> float:
    """Frechet distance in the features of Inception v3, from 8-bit images: FID as torch-fidelity has it"""
    ...
