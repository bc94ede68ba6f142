# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from .command import CommandFailed, FileName, Typed, merge, parse, run_command, split_fields
from .config import Config
from .files import check_file, one_line
from .runtime import ExitCode
_OFFICIAL: dict
_RESTORE: dict
_RADAM: dict
_GENERATE: dict
_LOW_LIGHT: Any
_DDIM: dict
_OWN: dict
_LINSPACE: dict
_LONGER: dict
_BETTER: dict
_CROPS: Any
_ONE: dict

class Preset(NamedTuple):
    """An experiment: what it is, and what differs from the defaults of `Config`"""
    about: str
    official: dict
    recommended: dict
PRESETS: dict

def load_config(name: str, official: bool=False) -> Config:
    """The configuration of a preset or a file"""
    ...

@dataclass(frozen=True)
class _TrainCommand(Typed):
    """The words of rddm-train, beside the fields of the configuration"""
    name: FileName
    out: FileName = ''
    official: bool = False
    device: str = 'auto'
    tensorboard: bool = False
    show: bool = False
_ABOUT: str
_EPILOG: Any

class _LateReport:
    """A report that is made when the first reading comes: a refused start writes nothing"""
    make: Any
    report: Any

    def __init__(self, make):
        ...

    def __call__(self, row):
        ...

def main(argv: list | None=None) -> int:
    """The command `rddm-train`"""
    ...
