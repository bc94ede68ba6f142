"21 puzzles: each accepts its own answer and no other, in one line, and remembers"
import inspect

import bars
import pytest
from rddm_nb.puzzles import _single_expression, puzzles
from test_exercises import solutions

BOOK = puzzles()


def test_there_are_21_of_them(): assert len(BOOK.exercises) == 21 and BOOK.solved == []


@pytest.mark.parametrize('name', BOOK.exercises)
def test_wrong_answers_get_their_sentence_and_the_spec_passes(name):
    ex = BOOK[name]
    assert ex.test(ex.spec) and len(ex.slips) > 1
    for _, says in ex.slips: assert 10 < len(says) < 140 and not says.endswith('.')
    n = len(inspect.signature(ex.spec).parameters)
    for wrong in (lambda *a: None, lambda *a: float('nan'), lambda *a: a[99]):
        v = ex.check(wrong)
        assert not v and '\n' not in v.line and v._repr_html_()
    assert n == len(ex.cases[0])


@pytest.mark.parametrize('name', BOOK.exercises)
def test_no_other_answer_will_do(name):
    takes = lambda f: len(inspect.signature(f).parameters)
    for other, ex in BOOK.exercises.items():
        if other != name and takes(ex.spec) == takes(BOOK[name].spec): assert not puzzles()[name].check(ex.spec), other


def test_committed_solutions_pass(monkeypatch):
    assert [e.name for e in solutions(bars.ROOT/'nbs/30_puzzles.ipynb', monkeypatch)] == list(BOOK.exercises)


def test_progress_is_kept(tmp_path):
    book = puzzles(tmp_path)
    assert book['residual'].check(lambda x0, x_in: x_in - x0) and puzzles(tmp_path).solved == ['residual']


def test_the_rule():
    def good(x0, x_in): return x_in - x0
    def told(x0, x_in):
        "The residual"
        return x_in - x0
    def loop(x0, x_in):
        for _ in range(1): x0 = x_in - x0
        return x0
    def long(x0, x_in):
        return x_in - x0 + x_in - x_in + x_in - x_in + x_in - x_in + x_in - x_in + x_in - x_in + x_in - x_in
    for f in (good, told, len, lambda x0, x_in: x_in - x0): assert _single_expression(f) == ''
    assert 'one expression' in _single_expression(loop) and '93 columns' in _single_expression(long)
    book = puzzles()
    assert 'one expression' in book['residual'].check(loop).line and not book['residual'].check(long)
    assert book.solved == []
    assert book['residual'].check(good) and _single_expression(long, width=93) == ''
