# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import base64
import html
import io
from pathlib import Path
import torch
from torch import Tensor
from .files import atomic_write
from .images import to_uint8

def as_rgb(x: Tensor, signed: bool=False):
    """An image as an array (H, W, 3) of uint8"""
    ...
COLORS: dict
_GREY: Any
_GROUND: Any
_FONT: Any
_DPI: Any
_GAP: Any
_COLUMN: float
_LINES: list
_STYLE: dict

def canvas(nrows: int=1, ncols: int=1, width: float=7.0, height: float=2.6, **kw) -> tuple:
    """A figure without global state, on its own white ground"""
    ...
_CELL: int

class RenderedFigure:
    """A drawn figure: shown in a notebook as a PNG, saved with `save`"""
    data: Any
    alt: Any
    width: Any

    def __init__(self, fig, alt: str='', dpi: int=...):
        ...

    def _repr_png_(self):
        ...

    def html(self) -> str:
        """The image as an HTML element that needs no other file"""
        ...

    def save(self, path, force: bool=False):
        """Write the PNG to `path`"""
        ...

def show_images(rows, titles=None, signed=..., size: float=0.9, shares=None, alt: str='') -> RenderedFigure:
    """A grid of images, one row per name"""
    ...

def plot_plane(ax, curves, mark: bool=True, **kw):
    """Curves on the plane: residual share across, noise level up"""
    ...
