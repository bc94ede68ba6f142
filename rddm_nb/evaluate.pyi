# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import csv
import io
import math
import re
import shutil
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
import torch
import torch.nn.functional as F
from torch import Tensor
from fastcore.basics import patch
from . import __version__
from .command import CommandFailed, Count, FileName, OneOf, explain, parse, run_command, warn
from .data import ImagePairs, Pair, match, pairs_from_layout
from .files import one_line, to_json
from .imagefile import load_image, read_image, save_image
from .images import from_uint8
from .metrics import METRICS, MetricResult, Protocol, measure
from .restore import Progress, SamplingCommand, Stoppable, check_restorer, fit_channels, network_option, restore_loaded, sampling_model
from .runtime import ExitCode, StopRequest, check_seed, claim_folder, folder_lock, stop_on_signals

@dataclass(frozen=True)
class EvalCase:
    """A restored image and its ground truth"""
    name: str
    samples: Tensor
    x0: Tensor
    x_in: Tensor | None = None
    mask: Tensor | None = None
    notes: tuple = ()

    def metrics(self, measures: tuple=..., protocol: Protocol=...) -> dict:
        """How good the restorations of an image are"""
        ...

    def std(self) -> Tensor:
        """Sample standard deviation, all channels together"""
        ...

    @classmethod
    def from_folders(cls, results, targets, inputs=None, masks=None, **rule) -> dict:
        """What somebody restored"""
        ...

    @classmethod
    def from_model(cls, model, pairs: list, seeds: int=1, seed: int=0, report=None, **kw) -> dict:
        """What a model restores, with several seeds; masks are its condition if it takes one"""
        ...
_EDGES: tuple
_ROUNDING: float

class Calibration:
    """Does the sample standard deviation predict the error?"""
    factor: Any
    sums: Any

    def __init__(self, factor: float=1.5):
        ...

    def add(self, case: EvalCase, counts: Tensor | None=None):
        """Take in an image"""
        ...

    def _common(self):
        """Sums of the groups with at least 1 % of the pixels"""
        ...

    def groups(self) -> list:
        """Pixels of similar spread, from little to much; groups with less than 1 % of the pixels are left out"""
        ...

    def _judged(self):
        """Expected and measured squared errors, a row for each group that the verdict is about"""
        ...

    @property
    def ratio(self) -> float:
        """Error over expected error, of all that the verdict is about; infinite where samples are equal and wrong"""
        ...

    def verdict(self) -> str:
        """In words"""
        ...

    def __repr__(self):
        ...

@dataclass
class _Evaluation:
    """Metrics of a set of images"""
    protocol: Protocol
    names: list
    rows: list
    calibration: Calibration | None
    failed: list
    notes: Counter

    def columns(self) -> dict:
        """Metrics by name"""
        ...

    def _beside(self, column):
        """The columns that are compared with one, itself too: those of its metric that are finite in any image"""
        ...

    def _averaged(self, column):
        """The numbers of a column in the images where those beside it are finite too"""
        ...

    def means(self) -> dict:
        """Means over the images where all columns of the metric are finite"""
        ...

    def summary(self) -> dict:
        """Everything in short"""
        ...

    def _left_out(self, column):
        """How many images a mean leaves out, and why, in words; nothing of a column that is infinite everywhere"""
        ...

    def lines(self) -> list:
        """The means in words"""
        ...

    def table(self) -> str:
        """One line of CSV per image"""
        ...

    def best_median_worst(self) -> list:
        """The images where the first metric is best, in the middle, and worst"""
        ...

def evaluate(cases: dict, measures: tuple=..., protocol: Protocol | str=..., see=None, progress: bool | Progress=False, warn=None, stop=None) -> _Evaluation:
    """Measure every image"""
    ...

def comparison_sheet(cases: list):
    """Input, restoration, ground truth and error; and the sample standard deviation, where there are several seeds"""
    ...
_SAMPLING: tuple

@dataclass(frozen=True)
class _EvaluateCommand(SamplingCommand):
    """The words of rddm-evaluate"""
    folders: tuple[FileName, ...]
    model: FileName | None = None
    set: FileName | None = None
    split: str = 'test'
    inputs: FileName | None = None
    pairing: Annotated[str, OneOf('rddm_nb.data', 'PAIRINGS', ('unpaired',))] = 'name'
    pattern: str = ''
    measures: tuple[Annotated[str, OneOf('rddm_nb.metrics', 'METRICS')], ...] = ...
    protocol: Annotated[str, OneOf('rddm_nb.metrics', 'PROTOCOLS')] | None = None
    region: Literal['all', 'inside', 'outside'] = 'all'
    out: FileName = 'rddm_evaluation'
    force: bool = False
    seeds: Count = 1

    def check(self):
        """Refuse words that contradict each other, or that nothing would obey"""
        ...
_FILES: tuple
_RESULTS: tuple

class _Kept:
    """What is left of every image while the others are measured, in a folder: its spread, and its column of the sheet"""
    folder: Any
    files: Any

    def __init__(self, folder):
        ...

    def __call__(self, case):
        ...

    def column(self, name):
        """Squares by the name of their row"""
        ...

def main(argv: list | None=None) -> int:
    """The command `rddm-evaluate`"""
    ...
