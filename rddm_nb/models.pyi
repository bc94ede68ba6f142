# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import os
import re
from importlib.resources import files
from inspect import Parameter, signature
from pathlib import Path
from .files import one_line
from .official import fuse_weights
from .runtime import pick_device
from .schedule import Schedule
from .unet import load_model
PRETRAINED: tuple
MODEL_FILE: str

def find_model(name, **kw) -> Path:
    """Where a network lies"""
    ...

def load_network(name, device='cpu'):
    """A network ready to sample"""
    ...
