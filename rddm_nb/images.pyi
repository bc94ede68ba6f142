# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import torch
from torch import Tensor

def from_uint8(img: Tensor, dtype: torch.dtype=...) -> Tensor:
    """Pixel values 0..255 to [-1, 1]"""
    ...

def to_uint8(x: Tensor) -> Tensor:
    """[-1, 1] to pixel values 0..255, rounded"""
    ...

def check_images(x: Tensor, name: str='x_in') -> Tensor:
    """Refuse what is not a batch of images in [-1, 1], and say how to convert it"""
    ...

def psnr(a: Tensor, b: Tensor) -> Tensor:
    """Peak signal-to-noise ratio per image, all channels together, for values in [-1, 1]"""
    ...
