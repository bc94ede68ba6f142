# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import os
import re
import stat
import struct
import sys
import unicodedata
import warnings
import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from .files import atomic_write
from .images import to_uint8
IMAGE_SUFFIXES: tuple

def same_name(stem: str) -> str:
    """A name in the form in which names are compared: é is one letter, however it was typed"""
    ...

def list_images(folder) -> list:
    """The image files of a folder"""
    ...

class _Pixels(NamedTuple):
    """What a source holds, not yet scaled"""
    values: np.ndarray
    alpha: np.ndarray | None
    mode: str
    notes: tuple
    icc: bytes | None = None
_OTHER: dict
_DEEP: Any
_ALIKE: dict
_GREY_STEPS: dict
_APART: str

class LoadedImage(NamedTuple):
    """An image, and what is needed to write another like it"""
    x: Tensor
    alpha: Tensor | None
    bits: int
    mode: str
    notes: tuple
    icc: bytes | None = None
_LUMINANCE: tuple

def load_image(source, channels: int | None=None) -> LoadedImage:
    """An image with its depth and transparency, in [-1, 1]"""
    ...

def read_noted(source, channels: int | None=3) -> tuple:
    """An image as `read_image` gives it, and what that changes"""
    ...

def read_image(source, channels: int | None=3) -> Tensor:
    """An image as 8-bit colours, to be kept in memory while training"""
    ...

def save_image(path, x: Tensor, like: LoadedImage | None=None, force: bool=False):
    """Write a whole PNG file or none"""
    ...
