# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import html
import inspect
import json
import os
from pathlib import Path
import torch
from fastcore.basics import patch
from fastcore.meta import delegates
from .files import atomic_write
from .viz import COLORS, RenderedFigure, canvas, show_images

def draw(got, want, signed: bool=False):
    """Yours and the spec side by side"""
    ...

class _Verdict:
    """What came of a check: true if solved; in a notebook it shows yours beside the spec"""
    ok: Any
    line: Any
    body: Any

    def __init__(self, ok: bool, line: str, body=...):
        ...

    def __bool__(self):
        ...

    def __repr__(self):
        ...

    def _repr_html_(self):
        ...

class Exercise:
    """A puzzle: what is wanted, the cases to try an answer on, and known wrong answers with the sentence that helps"""
    name: Any
    spec: Any
    cases: Any
    slips: Any
    through: Any
    draw: Any
    tol: Any
    rule: Any
    book: Any
    shown: Any
    want: Any
    words: Any

    def __init__(self, name: str, spec, cases=..., slips=(), through=None, draw=..., tol: float=1e-06, rule=None, book=None):
        ...

    def _outcome(self, answer, case):
        """What an answer gives on copies of a case's arguments"""
        ...

    def __repr__(self):
        ...

    def check(self, answer) -> _Verdict:
        """Try an answer; if it is right, the book remembers"""
        ...

    def _repr_html_(self):
        ...

    def test(self, answer) -> _Verdict:
        """Assert that the solution is right and every known slip is refused with its own sentence"""
        ...

class Book:
    """The exercises of a lesson, and which of them you have solved"""
    name: Any
    exercises: Any
    _solved: Any
    file: Any

    def __init__(self, name: str, folder=None):
        ...

    def _read(self):
        """All books in the file"""
        ...

    @property
    def solved(self) -> list:
        """Names of the exercises you have solved, in the book's order"""
        ...

    def exercise(self, name: str, spec, **kwargs) -> Exercise:
        """A new exercise in this book"""
        ...

    def __getitem__(self, name) -> Exercise:
        """The exercise of this name"""
        ...

    def record(self, name: str):
        """Remember that an exercise is solved"""
        ...

    def __repr__(self):
        ...

    def _repr_html_(self):
        ...
