# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import json
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
_BADGE: str

def copy_course(folder) -> tuple:
    """Copy the notebooks of the book, never over a file that is there"""
    ...

def main(argv: list | None=None) -> int:
    """The command `rddm-notebooks`"""
    ...
