# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import inspect
import json
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Literal
from fastcore.basics import patch
from .command import Count, Fraction, Natural, OneOf, Positive, Rule, Typed, convert
_PLACES: tuple
_WAYS: dict
_NAMES_IMAGES: Any

@dataclass(frozen=True)
class DataConfig(Typed):
    """What to learn from"""
    kind: Literal['embedded', 'pairs', 'clean', 'table'] = 'embedded'
    root: str = ''
    split: str = 'train'
    inputs: str = ''
    targets: str = ''
    cond: str = ''
    pairing: Annotated[str, OneOf('rddm_nb.data', 'PAIRINGS')] = 'name'
    pattern: str = ''
    task: Annotated[str, OneOf('rddm_nb.data', '_INPUT_TASKS')] | None = 'rain'
    crop: tuple[Natural, Natural, Count] | None = None
    equalize: bool = False
    resize: Natural = 0
    size: Natural = 32
    flip: bool = True
    held_split: str = 'test'
    held_inputs: str = ''
    held_targets: str = ''
    held_cond: str = ''
    held: Count = 8

    def of_kind(self, kind):
        ...

    def check(self):
        ...

@dataclass(frozen=True)
class NetworkConfig(Typed):
    """Which network"""
    kind: Annotated[str, OneOf('rddm_nb.unet', 'NETWORKS')] = 'small'
    dim: Count = 16
    mults: tuple[Count, ...] = ...
    channels: Literal[1, 3] = 3
    predicts: Literal['res', 'eps', 'both', 'x0', 'auto'] = 'res'
    embedding: Literal['plane', 't', 'own'] = 'plane'
    takes_input: bool = True
    takes_cond: bool = False

    def make(self, seed: int=0):
        """The network that this stands for"""
        ...
_Increments: Any

@dataclass(frozen=True)
class ScheduleConfig(Typed):
    """Where states live; a field that is none takes its value from the constructor, if that has it"""
    kind: Annotated[str, OneOf('rddm_nb.schedule', 'SCHEDULES')] = 'power'
    T: Annotated[int, Rule(lambda v: 1 <= v <= 10 ** 6, 'a whole number from 1 to 1000000')] = 1000
    alpha: _Increments | None = None
    beta2: _Increments | None = None
    bbar_T: Positive | None = None
    grid: Literal['count', 'linspace'] | None = None
    height: Positive | None = None
    beta_1: Positive | None = None
    beta_T: Positive | None = None

    def of_kind(self, kind):
        ...

    def options(self) -> dict:
        """What the constructor is given, beside T"""
        ...

    def make(self):
        """The `Schedule` that this stands for"""
        ...

    def check(self):
        ...

@dataclass(frozen=True)
class SampleConfig(Typed):
    """How held-out images are restored while training"""
    steps: Count = 5
    eta: Fraction = 0.0
    solver: Annotated[str, OneOf('rddm_nb.sampler', 'SOLVERS')] = 'euler'

@dataclass(frozen=True)
class Config:
    """Everything that a training depends on"""
    data: DataConfig = ...
    network: NetworkConfig = ...
    schedule: ScheduleConfig = ...
    train: Any = ...
    sample: SampleConfig = ...

    def to_dict(self) -> dict:
        """As plain data"""
        ...

    def to_toml(self) -> str:
        """As a file that can be fed back"""
        ...
