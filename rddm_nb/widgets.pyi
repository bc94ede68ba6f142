# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import asyncio
import base64
import json
import math
import os
import zlib
from functools import cache
from importlib.resources import files
import anywidget
import numpy as np
import torch
import traitlets as T
from fastcore.basics import patch
from .command import explain
from .estimate import estimate
from .exact import ExactPredictor
from .forward import q_sample
from .images import to_uint8
from .paths import draw_path
from .reverse import POSTERIORS, posterior_variance, reverse_step
from .sampler import ORDERS, SOLVERS, sample, sample_steps, sampling_path
from .schedule import Point, SCHEDULES, Schedule
from .viz import COLORS, RenderedFigure, as_rgb, canvas, plot_plane, show_images
_FILES: Any

@cache
def known_images() -> torch.Tensor:
    """What the figures know: crops of photographs, then faces"""
    ...

class Figure(anywidget.AnyWidget):
    """A living figure: `kind` says which, every other trait is something the reader can set"""

    def __init__(self, **state):
        ...

    @classmethod
    def names(cls):
        ...

    def state(self) -> dict:
        """Everything the reader can set"""
        ...

    def open(self):
        """Tell the front end about the figure, if there may be one"""
        ...

    def _repr_mimebundle_(self, **kw):
        """Views for every home: the widget, the still image, words"""
        ...

class _WithImages(Figure):

    def _generates(self):
        ...

    def parts(self) -> tuple:
        """Clean image, input and noise, as the figure shows them"""
        ...

    def _predictor(self, tau=16.0):
        """The exact predictor that all figures share; faces alone are generated"""
        ...

    def _sample_along(self, path, solver='euler'):
        """The figure's image walked along a path"""
        ...

class StateExplorer(_WithImages):
    """Drag a point of the plane and see the image there"""

    @property
    def point(self) -> Point:
        """Where the reader put it"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...
_WAYS: dict

class _WithSchedule(Figure):
    _own: Any

    def __init__(self, schedule: Schedule | None=None, **state):
        ...

    @property
    def schedule(self) -> Schedule:
        """The curve the reader has chosen, with 400 steps (DDIM's with its 1000), or the one that was given"""
        ...

class ScheduleExplorer(_WithSchedule):
    """All families of schedules: turn their knobs, pin and compare curves"""

    @property
    def pinned(self) -> list:
        """The pinned curves"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class ForwardExplorer(_WithImages, _WithSchedule):
    """Frames along a schedule, with the shares of residual and noise under each"""

    @property
    def places(self) -> list:
        """Where the frames stand"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class PathEditor(_WithImages):
    """Draw a path on the plane and watch particles and an image walk along it"""

    @property
    def path(self) -> list:
        """The drawn path in equal steps"""
        ...

    @property
    def schedule(self) -> Schedule:
        """The drawn path as a schedule, where abar never falls with time"""
        ...

    def restored(self) -> torch.Tensor:
        """The image at the end of the path, by the predictor that the figure uses"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class PosteriorExplorer(_WithImages):
    """The posterior weights of the known images and their mean, at any place of the plane"""

    @property
    def weights(self) -> torch.Tensor:
        """How probable each of `known_images` is"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class VarianceExplorer(_WithSchedule):
    """Three families of fresh noise, and where one step takes one pixel"""

    @property
    def sigmas(self) -> dict:
        """Standard deviation of the fresh noise"""
        ...

    def landing(self) -> dict:
        """Where the step takes the state x"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class MethodExplorer(_WithImages):
    """All relatives as lines on the plane: start on one, change to another midway"""

    @property
    def path(self) -> list:
        """The journey, from the far end of the first line to the clean image"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class OrderExplorer(_WithImages, _WithSchedule):
    """Residual and noise taken away together, or one after the other"""

    def restored(self, order: str) -> torch.Tensor:
        """The image restored in this order"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class TrajectoryExplorer(_WithImages, _WithSchedule):
    """Scrub through a sampling run, fork it at any step, compare the branches"""

    def main(self):
        """The run that is forked, a `Trace`"""
        ...

    def _fork(self, branch):
        ...

    def branch(self, i: int) -> dict:
        """Arguments of the `sample` call that makes a branch"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...

class PhotoExplorer(Figure):
    """A photograph in the rain, restored by a trained network: yours, or one of three"""
    payload: Any

    def __init__(self, **state):
        ...

    def _asked(self, x_in):
        """What the sampler is asked"""
        ...

    def trace(self, x_in: torch.Tensor):
        """The states of the restoration of an image, with the settings and the noise of the figure"""
        ...

    def _messages(self, request, buffers):
        """The answers to a request, (content, buffers): each state as it comes, then that it is done"""
        ...

    def _answer(self, _, request, buffers):
        """Hear what the browser sends: what to restore, or to stop"""
        ...

    def _example(self):
        """The chosen photograph, clean and in the rain, as Python makes it, (1, 3, H, W)"""
        ...

    def still(self) -> RenderedFigure:
        """What it shows without JavaScript"""
        ...
