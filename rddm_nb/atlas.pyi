# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import inspect
import math
from dataclasses import dataclass, replace
import torch
from torch import Tensor
from .reverse import posterior_variance
from .schedule import Point, Schedule

@dataclass(frozen=True, eq=False)
class Process:
    """A method as a curve on the plane and a kind of noise"""
    name: str
    schedule: Schedule
    posterior: str
    eta: float
    starts_from: str
    source: str
    scale: Tensor | None = None
    note: str = ''
    first: float | None = None

    def __eq__(self, other):
        ...

    def __hash__(self):
        ...

    @property
    def family(self) -> str:
        """The variance that its steps draw, or 'deterministic'"""
        ...

    def how(self) -> dict:
        """How to sample like it: arguments of `sample`"""
        ...

def check_family(schedule: Schedule, posterior: str, eta: float=1.0):
    """Make sure that a family of variances exists along a curve, node by node"""
    ...
_MAKERS: dict
PROCESSES: tuple

def process(name: str, **parameters) -> Process:
    """A relative of RDDM by name"""
    ...

def morph(a: Schedule, b: Schedule, u: float) -> Schedule:
    """A curve between two curves"""
    ...
