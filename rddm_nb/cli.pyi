# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from fastcore.basics import patch
from .command import CommandFailed, Count, FileName, OneOf, Positive, Typed, explain, parse, run_command
from .files import one_line
from .runtime import StopRequest, check_seed, claim_folder, folder_lock, pick_device, stop_on_signals
_FILES: tuple
_ROOM: Any

class _DemoProgress:
    """Progress while training"""
    ask: Any
    budget: Any
    stream: Any
    step: Any
    seconds: Any
    loss: Any
    mark: Any
    tenths: Any
    curve: Any
    bar: Any

    def __init__(self, task: str, schedule, budget, steps: int=5, n: int=16, stream=None, solver: str='euler'):
        ...

    def __call__(self, step, u, loss, net):
        """Report one step"""
        ...

    def close(self):
        """End the bar"""
        ...

    def tell(self, text):
        """A line about what comes after the training"""
        ...

def run_demo(task: str='rain', seconds: float=60.0, max_steps: int | None=None, out='rddm_demo', seed: int=0, steps: int | None=None, solver: str='euler', batch: int=16, device: str='auto', force: bool=False, stream=None, stop=None, photo: tuple=(), as_is: bool=False) -> dict:
    """Train, restore held-out images, and write model, metrics and a report into a folder"""
    ...
_TASKS: tuple
_SOLVERS: tuple
_Task: Any
_Solver: Any

@dataclass(frozen=True)
class _DemoCommand(Typed):
    """The words of rddm-demo"""
    task: _Task = 'rain'
    seconds: Positive = 60.0
    max_steps: Count | None = None
    out: FileName = 'rddm_demo'
    force: bool = False
    seed: int = 0
    steps: Count | None = None
    solver: _Solver = 'euler'
    batch: Count = 16
    device: str = 'auto'
    threads: Count | None = None
    photo: tuple[FileName, ...] = ()
    as_is: bool = False

    def check(self):
        """Refuse words that contradict each other"""
        ...
_ABOUT: str

def demo(argv: list | None=None) -> int:
    """The command `rddm-demo`"""
    ...
