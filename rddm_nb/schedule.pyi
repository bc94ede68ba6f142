# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
from typing import NamedTuple
import torch
from torch import Tensor
from fastcore.basics import patch

class Point(NamedTuple):
    """A place on the plane: I_t = I_0 + abar I_res + bbar eps"""
    abar: float
    bbar: float
CLEAN: Any

def P(side: str, a: float, T: int=1000, grid: str='count') -> Tensor:
    """The paper's P(x, a) and P(1-x, a): increments proportional to a power of time"""
    ...

class Schedule:
    """A curve on the plane: abar and bbar at nodes 0..T, from the clean image (0, 0) to the start of sampling"""
    name: Any
    allow: Any
    abar: Any
    bbar: Any
    _points: Any

    def __init__(self, abar, bbar, name: str='', allow=()):
        ...

    def __repr__(self):
        ...

    def __eq__(self, other):
        ...

    def __hash__(self):
        ...

    def __len__(self):
        ...

    @property
    def T(self) -> int:
        """Number of steps; nodes are 0..T"""
        ...

    def __getitem__(self, t) -> Point:
        """The point at node t, 0 <= t <= T"""
        ...

    def coeffs(self, t: Tensor, like: Tensor) -> tuple:
        """Coefficients for a batch of nodes, shaped to multiply a batch of images"""
        ...

    def at(self, u: float) -> Point:
        """The curve at any fraction of the way"""
        ...

    @classmethod
    def from_increments(cls, alpha, beta2, **kw) -> Schedule:
        """Add up increments: abar = cumsum(alpha), bbar = sqrt(cumsum(beta^2))"""
        ...

    @classmethod
    def power(cls, T: int=1000, alpha: tuple=..., beta2: tuple=..., bbar_T: float=1.0, grid: str='count') -> Schedule:
        """The paper's own family; the default is its best: P(1-x, 1) for the residual, P(x, 1) for the noise"""
        ...

    def grid(self, steps: int | list) -> list:
        """Nodes to visit, as evenly spread as whole numbers allow, or as given"""
        ...

    def pairs(self, steps: int | list) -> list:
        """The (from, to) pairs of nodes of a sampling run"""
        ...

    @classmethod
    def from_fns(cls, abar, bbar, T: int=1000, **kw) -> Schedule:
        """Sample two functions of the fraction of the way at T + 1 evenly spaced nodes"""
        ...

    @classmethod
    def line(cls, T: int=1000, bbar_T: float=1.0) -> Schedule:
        """A straight line on the plane, as in flow matching and InDI: abar = x, bbar = bbar_T x"""
        ...

    @classmethod
    def circle(cls, T: int=1000) -> Schedule:
        """The quarter circle around (1, 0) that DDPM and DDIM follow: (1 - abar)^2 + bbar^2 = 1"""
        ...

    @classmethod
    def bridge(cls, T: int=1000, height: float=0.5) -> Schedule:
        """A bridge: starts from the input itself, without noise (I2SB, BBDM): bbar = 2 height sqrt(abar (1 - abar))"""
        ...

    @classmethod
    def from_ddim(cls, abar_ddim, name: str='ddim') -> Schedule:
        """DDPM's schedule on the plane, for I_in = 0: abar = 1 - sqrt(abar_ddim), bbar = sqrt(1 - abar_ddim); open end"""
        ...

    @classmethod
    def ddim_linear(cls, T: int=1000, beta_1: float=0.0001, beta_T: float=0.02) -> Schedule:
        """DDPM's linear betas, carried over by `from_ddim`"""
        ...

    @classmethod
    def cosine(cls, T: int=1000) -> Schedule:
        """The squared-cosine cumulative product, carried over by `from_ddim`: the quarter `circle` at an even pace"""
        ...

    @property
    def rho(self) -> Tensor:
        """Effective noise level, given the input: rho = bbar/(1 - abar); infinite at abar = 1, NaN at the corner (1, 0)"""
        ...

    def to_dict(self) -> dict:
        """The schedule as plain data"""
        ...

    @classmethod
    def from_dict(cls, d: dict) -> Schedule:
        """The schedule back from plain data, bit for bit, checked again"""
        ...
SCHEDULES: dict
