# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import itertools
import json
import tomllib
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple
import torch
from .aosa import AutoObjective, select_objective
from .command import explain, merge
from .config import _PLACES, Config, DataConfig, ScheduleConfig
from .data import ImagePairs, PairSource, match, pairs_from_layout
from .degrade import degrade
from .demo import draw_pairs
from .estimate import predict
from .files import atomic_write, check_file, one_line, read_tensors
from .objective import loss_of
from .runtime import check_seed, folder_lock, generator_for
from .trainer import Batch, Checkpoints, FunctionSource, Trainer, TrainingError, draw_states, make_accelerator
from .unet import save_model
from .watch import HeldOutEval

def check_config(config: Config):
    """Refuse what only shows when schedule and network are made"""
    ...
_LAM_LR: float
_CONFIG_FILE: Any
_CHECK_FILE: Any
_MODELS: tuple
_OLD_SECTIONS: dict
_OLD_FIELDS: dict

class _TrainRun(NamedTuple):
    """What came of a training"""
    model: Path
    step: int
    steps: int
    exit_code: int
    kept: bool = False

    @property
    def done(self) -> bool:
        ...

def train(config: Config, out, device: str='auto', report=None, tell=...) -> _TrainRun:
    """Run an experiment, or go on with it"""
    ...
