# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import argparse
import difflib
import functools
import importlib
import itertools
import math
import os
import re
import signal
import sys
import warnings
from contextlib import contextmanager, suppress
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Annotated, Callable, Literal, NamedTuple, NewType, Union, get_args, get_origin
from .files import one_line
from .runtime import ExitCode, StopRequest

class Rule(NamedTuple):
    """What a value must fulfil, and the words for it"""
    fits: Callable
    says: str

class OneOf(NamedTuple):
    """A value must be a key of a registry"""
    module: str
    name: str
    but: tuple = ()
    usual: tuple = ()

    @property
    def keys(self) -> list:
        ...

    @property
    def says(self) -> str:
        ...

    def fits(self, value):
        ...
FileName: Any
Count: Any
Natural: Any
Positive: Any
Fraction: Any
_SAYS: dict

def convert(value, kind, name: str, word: bool=False):
    """A value as the type of its field, or a ValueError that says what the field expects"""
    ...

class Typed:
    """A frozen dataclass whose fields are converted to their types, or refused"""

    def __post_init__(self):
        ...

    def check(self):
        ...

def merge(base, table: dict, name: str='', word: bool=False):
    """A configuration with some fields replaced, each converted or refused with its full name"""
    ...

class _Parser(argparse.ArgumentParser):

    def error(self, message):
        ...

def parse(command, argv: list, prog: str, about: str, epilog: str='', make=None):
    """The words of a command line as a typed dataclass; ValueError for what is not understood"""
    ...

def split_fields(argv: list, make) -> tuple:
    """Take --section.field out of the words of a command line"""
    ...
_KNOWN: tuple
_NO_MEMORY: str

def explain(e: Exception, name='') -> str:
    """Why something could not be done"""
    ...

def warn(prog: str, line):
    """Say something on standard error, in one line"""
    ...

class CommandFailed(Exception):
    """A command failed after it had started"""

class _Stream:
    """A standard stream whose writing never fails: what cannot be written is dropped, and the reason kept"""
    stream: Any
    lost: Any

    def __init__(self, stream):
        ...

    def __getattr__(self, name):
        ...

    def _try(self, do, *args):
        ...

    def write(self, text):
        ...

    def flush(self):
        ...

def run_command(prog: str, work, argv: list | None=None, stop: StopRequest | None=None, stopped: str='interrupted') -> int:
    """Do the work of a command; what goes wrong is one line and an exit code"""
    ...
