# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import json
import tomllib
from contextlib import contextmanager, nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple
import torch
from .aosa import AutoObjective, select_objective
from .command import merge
from .config import Config, DataConfig, NetworkConfig, ScheduleConfig, plain, to_toml
from .data import ImagePairs, PairSource, check_pairs, from_clean, from_pairs, from_table, match, pairs_from_layout, read_file_list, resized
from .demo import draw_pairs
from .files import atomic_write
from .runtime import check_file, check_seed, folder_lock, generator_for
from .schedule import SCHEDULES, Schedule
from .trainer import Batch, Checkpoints, FunctionSource, Trainer, TrainingError, make_accelerator
from .unet import network_class, save_model
from .watch import HeldOutEval

def make_schedule(config: ScheduleConfig) -> Schedule:
    """The schedule that a configuration stands for"""
    ...

def make_network(config: NetworkConfig, seed: int=0):
    """The network that a configuration stands for"""
    ...

def check_config(config: Config):
    """Refuse what only shows when schedule and network are made"""
    ...

def equalized(img: torch.Tensor) -> torch.Tensor:
    """Equalise the histogram of an image, colour by colour"""
    ...

def load_pairs(data: DataConfig, channels: int=3) -> ImagePairs:
    """The images that a configuration names, ready to be cropped"""
    ...

def make_source(data: DataConfig, channels: int=3, device='cpu'):
    """The source of pairs that a configuration stands for"""
    ...

def check_data(config: Config, cache=None) -> str:
    """Look at all images; refuse to start with broken ones"""
    ...

def held_out(config: Config, device='cpu') -> Batch:
    """The pairs to evaluate while training"""
    ...

def resolve_objective(config: Config, source, out: Path, device='cpu', max_steps: int=4000, tell=...) -> Config:
    """Let training choose what the network predicts, or find what it chose"""
    ...
CONFIG_FILE: Any
CHECK_FILE: Any
_OLD_SECTIONS: dict
_OLD_FIELDS: dict

def from_older_config(tables: dict) -> dict:
    """A configuration of the time before sections and fields got their present names"""
    ...

def read_config(out: Path) -> Config | None:
    """The configuration that a run was started with"""
    ...

def check_same(config: Config, run: Config, out: Path):
    """Refuse to go on with another experiment"""
    ...

def save_config(config: Config, out: Path):
    """Keep the configuration with the run"""
    ...

@contextmanager
def run_folder(out: Path):
    """A folder that is locked for one run, and gone again if it was made for nothing"""
    ...

class TrainRun(NamedTuple):
    """What came of a training"""
    model: Path
    step: int
    steps: int
    exit_code: int

    @property
    def done(self) -> bool:
        ...

def train(config: Config, out, device: str='auto', report=None, tell=...) -> TrainRun:
    """Run an experiment, or go on with it"""
    ...
