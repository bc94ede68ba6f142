# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import hashlib
import json
import os
import re
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

def one_line(text, most: int=200) -> str:
    """Foreign text for a message of one line"""
    ...

def atomic_write(path, data: bytes, force: bool=False):
    """Write a whole file or none"""
    ...
_TEMPORARY: Any

def stale_temporaries(folder) -> list:
    """What killed writes left behind: nobody else may be writing into the folder"""
    ...

def to_json(data, what: str, **kw) -> str:
    """Plain data as standard JSON: no NaN, no infinity"""
    ...

def write_tensors(path, tensors: dict, kind: str, about: dict, force: bool=False):
    """Keep tensors and plain data in one file: safetensors with JSON in the header"""
    ...

def describe_names(names) -> str:
    """What a file holds, in words"""
    ...

def check_file(path) -> Path:
    """Refuse what is missing, a folder, a pipe, or not ours to read"""
    ...
_PARTS: dict
_INSTEAD: dict

def read_tensors(path, kind: str) -> tuple:
    """Tensors and plain data of a file, checked"""
    ...
