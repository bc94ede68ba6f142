"21 puzzles: each accepts its own answer and no other, in one line, and remembers"
import inspect

import bars
import pytest
from rddm_nb.puzzles import _single_expression, puzzles
from test_exercises import solutions
from wrong_answers import accepted, source

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
    solved = solutions(bars.ROOT/'nbs/30_puzzles.ipynb', monkeypatch)
    assert [e.name for e, _ in solved] == list(BOOK.exercises)


@pytest.mark.parametrize('name', BOOK.exercises)
def test_no_small_change_of_the_answer_is_right(name):
    assert len(BOOK[name].cases) > 1 and source(BOOK[name].spec) and accepted(BOOK[name], BOOK[name].spec) == []


@pytest.mark.parametrize('name, wrong', [
    ('clean again', lambda x_t, x_in, eps, a, b: (x_t - (1-a)*x_in - b*eps)/a),
    ('rescaled', lambda x_t, x_in, a: (x_t - (1-a)*x_in)/a),
    ('clamped', lambda x0, eps, a, b: eps + a/b*(x0 - x0.clamp(-1, 1))),
    ('clamped', lambda x0, eps, a, b: eps + .5/b*(x0 - x0.clamp(-1, 1))),
    ('a step', lambda x_t, res, eps, p, q: x_t - (p[1] - q[1])*res - (p[0] - q[0])*eps),
    ('a step', lambda x_t, res, eps, p, q: x_t - (p[0] - q[0])*(res + eps)),
    ('a step from an estimate', lambda x_t, x0, p, q: p[0]*x0 + q[1]/p[1]*(x_t - q[0]*x0)),
    ('where it was', lambda x_t, x0, bt, bs: x0 + ((bt - bs)/bt)**2*(x_t - x0)),
    ('where it was', lambda x_t, x0, bt, bs: x0 + bs/bt/2*(x_t - x0)),
    ('posterior weights', lambda x, means, a, b: (x @ means.T*(1 - a)/b**2).softmax(1))])
def test_wrong_answers_that_once_passed_are_refused(name, wrong): assert not BOOK[name].check(wrong)


def test_the_hint_of_the_posterior_is_right():
    assert BOOK['the posterior'].check(lambda bt, bs: 1/(1/bs**2 + 1/(bt**2 - bs**2)))


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


def test_an_iterator_is_told_to_become_a_list():
    line = BOOK['pairs'].check(lambda grid: zip(grid, grid[1:])).line
    assert 'zip came back' in line and 'put list() around it' in line
    assert BOOK['pairs'].check(lambda grid: [*zip(grid, grid[1:])])


def test_an_answer_is_as_long_as_it_is_written():
    def tight(a): return a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a
    def wrapped(a, b):
        return (a
                + b)
    assert _single_expression(tight) == '' and '79 columns' in _single_expression(tight, width=78)
    assert _single_expression(wrapped, width=5) == '' and '5 columns' in _single_expression(wrapped, width=4)
    assert '5 columns' in _single_expression(lambda a, b: 'ö'+b, width=4)


def test_only_the_outermost_function_counts():
    def hidden(x0, x_in):
        d = lambda a, b: a - b
        return d(x_in, x0)
    def within(x0, x_in): return (lambda a, b: a - b)(x_in, x0)
    twice = lambda x0, x_in: (lambda a, b: a - b)(x_in, x0)
    def inline(): return _single_expression(lambda x0, x_in: x_in - x0, width=9)
    assert 'one expression' in BOOK['residual'].check(hidden).line and inline() == ''
    for f in (within, twice): assert BOOK['residual'].check(f) and '30 columns' in _single_expression(f, width=29)


def test_comments_and_line_breaks_are_no_columns():
    def told(x_t, x_in, eps, a, b):
        return (x_t - a*x_in # take off the share of the degraded image that is in the state, however long this is
                - b*eps)/(1 - a) # and the noise, then divide
    def broken(x, y):
        return x + \
            y
    assert _single_expression(told, 30) == '' and '30 columns' in _single_expression(told, 29)
    assert _single_expression(broken, 5) == '' and '5 columns' in _single_expression(broken, 4)
    a_lambda = (lambda x, # the state
                y: x + y)
    assert _single_expression(a_lambda, 5) == ''


def test_a_lambda_that_a_lambda_made_is_not_measured_as_its_maker():
    make = lambda k: (lambda x, y: x + k*y if k > 1 else x - k*y)
    assert _single_expression(make(2), 5) == ''
    assert '33 columns' in _single_expression(lambda x, y: x + y*y + 2*x - 3*y + x*x - y + 1, 5)
