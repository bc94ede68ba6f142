# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import base64
import html
import io
import math
from numbers import Integral, Real
from typing import NamedTuple
import torch
from torch import Tensor
from .degrade import degrade
from .images import check_images, from_uint8, psnr
from .restore import Tiled, fit_channels, network_option
from .runtime import generator_for
from .sample_images import photos
from .sampler import sample
from .schedule import Schedule
_LONGEST: Any
_SEEDS: Any

class _Restored(NamedTuple):
    """A photograph before and after"""
    name: str
    x_in: Tensor
    x0: Tensor | None
    restored: Tensor
    film: Tensor
    spread: Tensor
    note: str = ''

def restore_whole(net, name: str, photo: Tensor, task: str | None, steps: int=5, seed: int=0, solver: str='euler') -> _Restored:
    """Restore a photograph, several times to see where the results differ"""
    ...

def held_out() -> dict:
    """Whole photographs of the package that are not trained on"""
    ...

def photo_scores(shown: list) -> list:
    """PSNR of whole photographs before and after; none where the truth is not known"""
    ...

def photo_sheet(shown: _Restored, size: float=2.6):
    """A sheet of one photograph: before, after, truth, residual, spread, and the way"""
    ...
_STYLE: str
_SCRIPT: str
_SAFE: str

def report_page(title: str, photos: list, curve: list, what: str, numbers: dict, protocol: str, following: list) -> str:
    """A page in one file: photographs with sliders, training curve, numbers, what to run next"""
    ...
