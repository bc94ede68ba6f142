# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import dis
import hashlib
import inspect
import operator
import os
import signal
import threading
import uuid
import warnings
from contextlib import contextmanager, suppress
from enum import IntEnum
from functools import lru_cache, partial
from pathlib import Path
from types import FunctionType, MethodType

def seed_for(*what) -> int:
    """A seed that is a function of its purpose"""
    ...

def generator_for(device, *what):
    """A generator for one purpose"""
    ...

def check_seed(seed: int, name: str='seed') -> int:
    """Refuse a seed that PyTorch cannot take"""
    ...

def pick_device(name: str='auto') -> str:
    """A GPU if there is one, unless told otherwise"""
    ...
_MANY: int
_in_eval: Any
_modes: Any

def claim_folder(out, names, force: bool=False, room: int=0) -> Path:
    """Make sure that results can be written"""
    ...

@contextmanager
def folder_lock(folder):
    """Keep other processes from working in the same folder"""
    ...

def set_aside(path) -> Path:
    """Rename what cannot be used, so that it is neither lost nor in the way"""
    ...

class ExitCode(IntEnum):
    """What every command returns; one that a signal ended early returns 128 + its number"""
    DONE = 0
    FAILED = 1
    NOT_STARTED = 2

class StopRequest:
    """Whether a signal has asked for an end, and which"""
    signum: Any

    def __init__(self, signum: int | None=None):
        ...

    def __bool__(self):
        ...

    @property
    def exit_code(self) -> int:
        ...

@contextmanager
def stop_on_signals(request: 'StopRequest|None'=None):
    """Turn the first Ctrl-C or SIGTERM into a request, a second one into KeyboardInterrupt; only in the main thread"""
    ...
