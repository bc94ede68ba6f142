# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import hashlib
import json
import math
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from pathlib import Path, PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Annotated, NamedTuple
import torch
from fastcore.basics import patch
from torch import Tensor
from . import __version__
from .command import Count, FileName, Fraction, Natural, OneOf, Rule, Typed, explain, parse, run_command, warn
from .estimate import Prediction, predict
from .files import atomic_write, one_line, to_json
from .imagefile import IMAGE_SUFFIXES, LoadedImage, list_images, load_image, same_name, save_image
from .images import from_uint8, to_uint8
from .models import MODEL_FILE, PRETRAINED, find_model, load_network
from .optim import unwrap
from .runtime import ExitCode, StopRequest, check_seed, claim_folder, generator_for, pick_device, stop_on_signals
from .sampler import sample, sample_steps
from .schedule import Schedule

class Tiled:
    """A predictor that asks another one tile by tile"""
    overlap: Any
    model: Any
    tile: Any
    report: Any
    _given: Any

    def __init__(self, model, tile: int | tuple | None=None, overlap: int | None=None, report=...):
        ...

    @property
    def schedule(self):
        ...

    @schedule.setter
    def schedule(self, schedule):
        ...

    def layout(self, h, w) -> tuple:
        """How an image of h x w is cut"""
        ...

    def __call__(self, x_t, x_in, abar, bbar, t=None, cond=None):
        ...

def network_option(model, name):
    """An option that a network, or the one that a predictor wraps, was built with; None if it does not say"""
    ...

def check_restorer(model, masked: bool):
    """Refuse a network whose condition is missing or that takes none"""
    ...
_SIDE: Any
_OVERLAP: Any

def plan_tiles(height: int, width: int, overlap: int=..., multiple: int=4) -> tuple:
    """Equal tiles that cover an image, small enough for memory, with the fewest pixels in all"""
    ...
_FIXED: set

def restore(model, img: Tensor, steps: int | None=None, tile: int | None=None, overlap: int | None=None, seed: int=0, device='cpu', cond: Tensor | None=None, report=None, **kw) -> Tensor:
    """Restore one image of any size"""
    ...

def fit_channels(x: Tensor, channels: int | None, name) -> Tensor:
    """An image with as many channels as a network has; colours are never dropped"""
    ...

def restore_loaded(model, image: LoadedImage, mask: LoadedImage | None=None, colour: bool=False, name='the image', **kw) -> Tensor:
    """Restore an image from a file, grey or in colour, whatever the network"""
    ...

class _Masks:
    """Masks by the name of the image they belong to"""
    place: Any
    files: Any

    def __init__(self, place):
        ...

    def files_for(self, path) -> list:
        """What might be the mask of an image"""
        ...

    def __call__(self, path) -> LoadedImage:
        """The mask of an image"""
        ...
_ABOUT: Any
_UNTOLD: Any
_PLAIN: tuple
_FREE: tuple
_BEFORE: dict

class _Claim(NamedTuple):
    """What a folder of results holds before work begins"""
    there: list
    changed: list
    about: dict
_BAR: str

class Progress:
    """Images with a progress bar, or, where that cannot be drawn, a line with the time left now and then"""
    drawn: Any
    print: Any
    what: Any
    stream: Any
    every: Any
    clock: Any

    def __init__(self, what: str, show: bool=True, stream=None, every: float=30.0, clock=...):
        ...

    def of(self, items):
        """Go through items, and say how far it is before each"""
        ...

    def share(self, share: float):
        """Say how far it is"""
        ...

class Stoppable:
    """A predictor that raises KeyboardInterrupt once a stop is asked for"""
    model: Any
    stop: Any

    def __init__(self, model, stop: StopRequest):
        ...

    def __call__(self, *args, **kw):
        ...

class _FolderReport(NamedTuple):
    """What became of a folder"""
    done: list
    failed: list
    there: int
    about: dict
    notes: Counter
_CHANGED: str

def restore_folder(model, inputs, outputs, part: tuple=..., force: bool=False, progress: bool=True, masks=None, colour: bool=False, warn=None, stop=None, **kw) -> _FolderReport:
    """Restore every image of a folder that has no result yet"""
    ...

@dataclass(frozen=True, kw_only=True)
class SamplingCommand(Typed):
    """How a model samples"""
    steps: Count | None = None
    eta: Fraction = 0.0
    solver: Annotated[str, OneOf('rddm_nb.sampler', 'SOLVERS')] = 'euler'
    tile: Count | None = None
    overlap: Natural | None = None
    seed: Natural = 0
    device: str = 'auto'
    masks: FileName | None = None

@dataclass(frozen=True)
class _RestoreCommand(SamplingCommand):
    """The words of rddm-restore"""
    model: FileName
    inputs: FileName
    outputs: FileName
    part: Annotated[str, Rule(_part, 'I/N with 1 <= I <= N')] = '1/1'
    force: bool = False
    colour: bool = False

def sampling_model(name, args: SamplingCommand, warn):
    """The model and the options that the words of a command ask for"""
    ...

def main(argv: list | None=None) -> int:
    """The command `rddm-restore`"""
    ...
