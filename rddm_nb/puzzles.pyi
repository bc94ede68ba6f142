# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import ast
import inspect
import io
import textwrap
import tokenize
from functools import partial
import torch
from torch import Tensor, cdist
from .exercises import Book, draw
from .sample_images import emoji
from .viz import RenderedFigure, canvas, plot_plane
_NO_COLUMNS: tuple

def puzzles(folder=None) -> Book:
    """A book of 21 one-liners in three levels: the plane, the step, the path"""
    ...
