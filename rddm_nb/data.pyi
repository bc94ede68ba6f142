# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import hashlib
import json
import os
import re
import sys
import threading
import time
import unicodedata
from collections import ChainMap, Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, NamedTuple
import numpy as np
import torch
from fastcore.basics import patch
from torch import Tensor
from tqdm.auto import tqdm
from .degrade import TASKS, degrade
from .files import atomic_write, check_file
from .imagefile import list_images, read_noted, same_name
from .images import from_uint8
from .runtime import generator_for
from .trainer import Batch
_SAME: str
_BEGINS: str
PAIRINGS: dict

class Pair(NamedTuple):
    """Files that belong together"""
    x_in: Path
    x0: Path
    cond: Path | None = None

def match(inputs, targets, cond=None, pairing: str='name', pattern: str='', seed: int=0) -> list:
    """Pairs of files by a rule; what has no partner is an error that lists it"""
    ...
_WORD: str
LAYOUTS: dict
_LOL: dict

def pairs_from_layout(root, split: str='train', name: str | None=None) -> tuple:
    """Pairs of a data set in its usual layout"""
    ...

@dataclass
class ImagePairs:
    """Pairs of images, read when asked for"""
    items: list
    read: Callable
    name: Callable = ...
    version: Callable = ...
    partners: bool = True

    def __len__(self):
        ...

    def __getitem__(self, i):
        ...

    @classmethod
    def from_pairs(cls, pairs: list, channels: int=3) -> ImagePairs:
        """Images from files"""
        ...

    @classmethod
    def from_clean(cls, files, channels: int=3) -> ImagePairs:
        """Clean images without partners"""
        ...

    @classmethod
    def from_table(cls, table, x_in: str='input', x0: str='target', cond: str | None=None, channels: int=3) -> ImagePairs:
        """Images from a table of the datasets library"""
        ...

    def resized(self, side: int) -> ImagePairs:
        """Images squeezed into a square (bicubic, antialiased)"""
        ...

    def check(self, cache=None, threads: int=4) -> _DataReport:
        """Read every image once"""
        ...

@dataclass
class _DataReport:
    """What a look at all pairs found"""
    pairs: int
    sizes: Counter
    unreadable: list = ...
    unequal: list = ...
    same: int = 0
    notes: Counter = ...
    new: int = ...
    gone: int = ...
    first: dict = ...

    @property
    def fine(self):
        ...

    def __str__(self):
        ...
_MARK: str
_ONE_SIZE: str

class PairSource:
    """Batches of crops for the `Trainer`, a function of seed and step"""
    pairs: Any
    size: Any
    task: Any
    flip: Any
    device: Any
    memory: Any
    pool: Any
    lock: Any
    kept: Any
    bytes: Any
    ahead: Any
    order: Any

    def __init__(self, pairs: ImagePairs, size: int | None=None, task: str | None=None, flip: bool=True, memory: float=4.0, device='cpu', threads: int=4):
        ...

    def indices(self, n: int, step: int, seed: int=0) -> list:
        """The pairs that a step sees"""
        ...

    def _check(self, i, x_in, x0, cond):
        """Refuse a pair whose sizes do not fit"""
        ...

    def _read(self, i):
        """One pair, kept if there is room"""
        ...

    def _pairs(self, wanted, following):
        """The wanted pairs, and a head start for those that follow"""
        ...

    def _cut(self, pair, where):
        """One crop of a pair, from three numbers in 0..1"""
        ...

    def batch(self, n: int, step: int, seed: int=0, part: slice=...) -> Batch:
        """The pairs of a step"""
        ...
_INPUT_TASKS: Any
