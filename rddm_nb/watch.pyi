# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
import sys
from pathlib import Path
import torch
from .files import atomic_write
from .images import check_images, psnr
from .sampler import sample
from .runtime import generator_for
from .trainer import Batch
from .viz import COLORS, RenderedFigure, canvas, show_images

def plot_log(rows: list) -> RenderedFigure:
    """The loss of a run, and the PSNR of its held-out images where there is one"""
    ...

class LivePlot:
    """A report that draws the loss as it falls, in a notebook"""
    rows: Any
    handle: Any

    def __init__(self):
        ...

    def __call__(self, row: dict):
        ...
_SAID: dict

class ConsoleReport:
    """A report for the terminal: a bar, or lines where the words go to a file"""
    steps: Any
    stream: Any
    bar: Any

    def __init__(self, steps: int, stream=None):
        ...

    def __call__(self, row: dict):
        ...

class TensorBoardReport:
    """A report that writes event files for TensorBoard"""
    writer: Any

    def __init__(self, folder):
        ...

    def __call__(self, row: dict):
        ...

    def close(self):
        """End the thread that writes"""
        ...

def combine_reports(*reports):
    """Reports one after the other"""
    ...

class HeldOutEval:
    """Restore pairs that were held out, the same way every time"""
    held: Any
    schedule: Any
    seed: Any
    show: Any
    folder: Any
    how: Any
    restores: Any

    def __init__(self, held: Batch, schedule, folder=None, steps: int=5, eta: float=0.0, solver: str='euler', seed: int=0, show: int=8):
        ...

    def restore(self, net):
        """What the network makes of the pairs"""
        ...

    def sheet(self, out) -> RenderedFigure:
        """Input, result and ground truth; results alone where there is no input"""
        ...

    def __call__(self, net, step: int) -> float:
        ...
