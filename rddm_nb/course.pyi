# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import json
import os
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
_BADGE: str

def main(argv: list | None=None) -> int:
    """The command `rddm-notebooks`"""
    ...
