"Puzzles answer every wrong answer in one helpful line, remember what is solved, and the committed solutions pass"
import functools
import importlib
import json
import linecache
import re
import symtable

import bars
import pytest
import torch
from hypothesis import given, strategies as st
from rddm_nb.exercises import Book, Exercise, _short, _Verdict, draw
from rddm_nb.schedule import Schedule
from wrong_answers import accepted

EXERCISED = [p for p in bars.notebooks() if p.stem in bars.EXERCISED]


# ---------------------------------------------------------------- feedback

def square(x): return x*x
two = lambda **kw: Exercise('squares', square, cases=[(torch.tensor([1., 2., -3.]),), (torch.tensor([.5, 0.]),)], **kw)


def line(ex, answer):
    v = ex.check(answer)
    assert isinstance(v, _Verdict) and not v and '\n' not in v.line and v.line.startswith('Not yet: ')
    return v.line


@pytest.mark.parametrize('answer, says', [
    (..., 'in the place of the dots'), (None, 'in the place of the dots'), (4, 'a function is wanted, and 4 came'),
    (lambda x: None, 'nothing came back'), (lambda x: ..., 'nothing came back'),
    (lambda x: 'four', 'str came back, where numbers'), (lambda x: {}, 'dict came back'),
    (lambda x: x[:1], 'shape (1,) came back, where shape (3,)'), (lambda x: x.sum(), 'one number came back'),
    (lambda x: x.sqrt(), 'nan came back at [2]'), (lambda x: x/0, 'inf came back at [0]'),
    (lambda x: x.nothing, 'AttributeError'), (lambda: 1, 'TypeError'),
    (lambda x: 1/0, 'ZeroDivisionError: division by zero'),
    (lambda x: -x*x, 'The sign is turned'), (lambda x: 3*x*x, 'It is 3 times the spec everywhere'),
    (lambda x: x*x - .25, 'too large by -0.25 everywhere'), (lambda x: x, 'off by 12 at [2]: yours -3, spec 9'),
    (lambda x: [1., 4.], 'shape (2,)'),
    (lambda x: [[1.], 2], 'list of shape (1,) and one number came back, where shape (3,)'),
    (lambda x: (x, {}), 'tuple of shape (3,) and dict came back'), (lambda x: [{}]*9, 'list came back, where numbers'),
    (lambda x: x*x + 0j, 'complex numbers came back, where real numbers are wanted'),
    (lambda x: (x*x + 1j).numpy(), 'complex numbers came back, where real'), (lambda x: 1j, 'complex numbers came'),
    (lambda x: (x, x + 1j), 'tuple of shape (3,) and complex numbers came back, where shape (3,) is wanted'),
])
def test_every_wrong_answer_gets_one_helpful_line(answer, says): assert says in line(two(), answer)


def test_the_case_that_fails_is_named():
    assert '(case 2 of 2: x = 0.5, 0)' in line(two(), lambda x: x*x if len(x) == 3 else x)
    assert 'case' not in line(Exercise('one', square, cases=[(3.,)]), lambda x: x)


@pytest.mark.parametrize('answer', [square, lambda x: x**2, lambda x: (x**2).tolist(), lambda x: tuple(x**2),
                                    lambda x: (x**2).float(), lambda x: x.clone().mul_(x)])
def test_any_form_of_the_right_answer_will_do(answer): assert two().check(answer)


def test_an_answer_cannot_spoil_the_arguments_for_the_next():
    ex = two()
    assert not ex.check(lambda x: x.zero_()) and ex.check(square)
    assert ex.cases[0][0].tolist() == [1., 2., -3.]


def test_slips_get_their_own_sentence_only_where_they_agree_on_all_cases():
    ex = two(slips=[(lambda x: x.abs(), 'that is the distance'), (lambda x: x/0, 'never'),
                    (lambda x: x.nothing, 'never')])
    assert 'that is the distance' in line(ex, torch.abs)
    assert 'that is' not in line(ex, lambda x: x.abs() if len(x) == 3 else x + 1)


def test_rules_are_asked_last():
    ex = two(rule=lambda f: 'no lambda' if f.__name__ == '<lambda>' else '')
    assert 'no lambda' in line(ex, lambda x: x*x) and 'off by' in line(ex, lambda x: x) and ex.check(square)


def test_values_are_hidden_where_they_have_to_be_guessed():
    ex = Exercise('guess', .75, tol=.01)
    assert line(ex, .1) == 'Not yet: 0.1 is too small.' and line(ex, 3.) == 'Not yet: 3 is too large.'
    assert ex.check(.751)
    assert '75' not in ex.check(.1)._repr_html_() + ex._repr_html_() + line(ex, lambda: .75) + line(ex, [.1, .2])
    assert Exercise('word', 'fog').check(' Fog ') and 'is not the answer' in line(Exercise('word', 'fog'), 'rain')


def test_a_value_may_be_judged_by_what_it_does():
    ex = Exercise('large enough', 2., through=lambda b: b > 1.5)
    assert ex.check(7.) and 'does not hold' in line(ex, 1.) and 'TypeError' in line(ex, 'x')
    assert Exercise('root', 3., through=lambda x: x*x).check(-3.)


def test_what_an_answer_does_may_be_judged_in_words():
    def steep(betas): return '' if max(betas) <= .3 else f'its largest step is {max(betas)}'
    ex = Exercise('gentle', [.3], through=steep, slips=[([0.], 'that is no fog at all'), ([.9], 'far too steep')])
    assert ex.check([.1, .2]) and line(ex, [.5, .1]) == 'Not yet: its largest step is 0.5.'
    assert line(ex, [.9]) == 'Not yet: far too steep.' and '<table' not in ex.check([.5])._repr_html_()
    with pytest.raises(ValueError, match="'gentle' is refused by its own `through`: its largest step is 0.4"):
        Exercise('gentle', [.4], through=steep)


@pytest.mark.parametrize('answer, says', [
    ('res', "'res' came back, where 'noise' or 'residual' is wanted"), (True, "True came back, where 'noise' or"),
    ('residual', "'residual' is not the answer"), (' Residual', "' Residual' is not the answer")],
                         ids=['none', 'truth', 'other', 'capital'])
def test_a_word_that_cannot_be_the_answer_is_told_those_that_can(answer, says):
    ex = Exercise('which', lambda b: 'noise' if b < 1 else 'residual', cases=[(.1,), (2.,)])
    assert says in line(ex, lambda b: answer)


@pytest.mark.parametrize('answer', [lambda n: reversed(range(n)), lambda n: (k for k in range(n))],
                         ids=['reversed', 'generator'])
def test_an_iterator_is_told_to_become_a_list(answer):
    ex = Exercise('numbers', lambda n: [*range(n)], cases=[(5,)])
    assert 'put list() around it' in line(ex, answer)
    assert ex.check(lambda n: [*range(n)])


def test_words_of_wrong_answers_are_words_too():
    ex = Exercise('which', 'noise', slips=[('residual', 'not that one')])
    assert "'res' came back, where 'noise' or 'residual' is wanted" in line(ex, 'res')
    assert 'not that one' in line(ex, 'residual')


@pytest.mark.parametrize('answer', [lambda x: 0*x, lambda x: -0.*x], ids=['zero', 'minus'])
def test_nothing_at_all_is_not_zero_times_the_spec(answer):
    says = line(Exercise('half', lambda x: x/2, cases=[(torch.tensor([.3, 1.]),)]), answer)
    assert 'times' not in says and 'yours 0, spec' in says
    assert '-0' not in Exercise('half', lambda x: x/2, cases=[(3.,)]).check(lambda x: -0.)._repr_html_()


def test_an_exercise_without_cases_is_refused():
    with pytest.raises(ValueError, match='has no cases'): Exercise('none', square, cases=[])
    with pytest.raises(ValueError, match='gives NaN'): Exercise('root', torch.sqrt, cases=[(torch.tensor([1., -1.]),)])
    with pytest.raises(TypeError, match='take their real part'): Exercise('root', 1j)


def test_slips_of_a_value_are_told_apart_even_if_they_do_the_same():
    ex = Exercise('large', 2., through=lambda b: b > 1.5, slips=[(1., 'one is too small'), (0., 'nought is nothing')])
    assert [line(ex, v)[9:18] for v in (1., 0., .5)] == ['one is to', 'nought is', 'what is a']


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), st.integers(0, 4), st.floats(.01, 3))
def test_any_change_of_one_value_is_noticed(values, i, by):
    x = torch.tensor(values, dtype=torch.float64)
    ex, bad = Exercise('same', lambda x: x, cases=[(x,)], draw=lambda got, want: None), x.clone()
    bad[i % len(bad)] += by
    assert ex.check(lambda _: x) and not ex.check(lambda _: bad)


def test_one_wrong_value_among_many_is_noticed():
    x, ex = torch.zeros(10_000), Exercise('many', lambda x: x, cases=[(torch.zeros(10_000),)], tol=1e-3)
    x[77] = .1
    assert 'off by 0.1 at [77]' in line(ex, lambda _: x)


# ---------------------------------------------------------------- images

@pytest.mark.parametrize('want', [[1., 2., 3.], torch.eye(3), torch.rand(1, 5, 5)*2 - 1, torch.rand(2, 3, 8, 8)*2 - 1])
def test_drawn_alone_and_beside_an_answer(want):
    alone, both = draw(None, want), draw(want, want)
    assert alone.data[1:4] == both.data[1:4] == b'PNG' and alone.data != both.data and alone.alt and both.alt
    for odd in (3., 'x', torch.full((2,), float('nan'))): assert draw(odd, want).data == alone.data


def test_an_answer_that_cannot_be_drawn_is_left_out():
    def picky(got, want): return draw(None if got is None else got.reshape(3), want)
    ex = Exercise('thirds', lambda x: x, cases=[(torch.arange(3.),)], draw=picky)
    for odd in ('x', torch.zeros(2), [1, 2, 3]):
        assert not ex.check(lambda x: odd) and '<img' in ex.check(lambda x: odd)._repr_html_()


def test_what_is_shown_is_escaped():
    ex = Exercise('<b>', lambda x: x, cases=[(1.,)])
    v = ex.check(lambda x: (_ for _ in ()).throw(ValueError('<script>')))
    assert '<script>' in v.line and '<script>' not in v._repr_html_() and '<b>' not in ex._repr_html_()


# ---------------------------------------------------------------- progress

def book(folder=None):
    b = Book('lesson', folder)
    return b, b.exercise('one', 1), b.exercise('two', 2)


def test_progress_stays_in_memory_unless_a_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('RDDM_PROGRESS', raising=False)
    b, one, two = book()
    one.check(2)
    assert b.solved == []
    one.check(1)
    assert b.solved == ['one'] and '1 of 2' in repr(b) and not list(tmp_path.iterdir())
    assert book()[0].solved == []


@pytest.mark.parametrize('by', ['argument', 'variable'])
def test_progress_is_kept_in_the_named_folder(tmp_path, monkeypatch, by):
    folder = tmp_path/'new'/'deeper'
    if by == 'variable': monkeypatch.setenv('RDDM_PROGRESS', str(folder))
    else: monkeypatch.delenv('RDDM_PROGRESS', raising=False)
    open_ = lambda: book(folder if by == 'argument' else None)
    b, one, two = open_()
    one.check(1)
    b, one, two = open_()
    assert b.solved == ['one']
    two.check(2)
    assert open_()[0].solved == ['one', 'two']
    assert [p.name for p in folder.iterdir()] == ['rddm_progress.json']


def test_books_share_a_file_and_old_names_are_kept(tmp_path):
    other = Book('other', tmp_path)
    other.exercise('gone', 1).check(1)
    b, one, _ = book(tmp_path)
    one.check(1)
    assert json.loads((tmp_path / 'rddm_progress.json').read_text(encoding='utf-8')) == {
        'other': ['gone'],
        'lesson': ['one'],
    }
    assert Book('other', tmp_path).solved == []


@pytest.mark.parametrize('broken', ['', '[1]', '{"a": 1}', 'no json'])
def test_a_broken_record_is_named(tmp_path, broken):
    (tmp_path/'rddm_progress.json').write_text(broken)
    with pytest.raises(ValueError, match='no record of progress: move it away'): book(tmp_path)[1].check(1)
    assert (tmp_path/'rddm_progress.json').read_text(encoding='utf-8') == broken


def test_running_a_solution_is_not_progress():
    b = Book('lesson')
    ex = b.exercise('one', 1, slips=[(2, 'a'), (3, 'b')])
    assert ex.test(1) and b.solved == []


def test_a_solution_needs_to_be_right_and_two_slips_that_are_refused():
    with pytest.raises(AssertionError, match='one: the solution fails. Not yet: 2 is too large'):
        Exercise('one', 1., slips=[(3., 'a'), (4., 'b')]).test(2.)
    for slips in ([], [(2., 'a')]):
        with pytest.raises(AssertionError, match='fewer than 2'): Exercise('one', 1., slips=slips).test(1.)
    with pytest.raises(AssertionError, match="the slip 'b' gets 'Solved: one.'"):
        Exercise('one', 1., slips=[(2., 'a'), (1., 'b')]).test(1.)
    with pytest.raises(AssertionError, match="the slip 'b' gets 'Not yet: a.'"):
        Exercise('one', 1., slips=[(2., 'a'), (2., 'b')]).test(1.)


# ---------------------------------------------------------------- the lessons

def names(src):
    "Names that a cell reads but does not make in a function of its own, and names that it binds"
    top = symtable.symtable(re.sub(r'^\s*[!%].*', 'pass', src, flags=re.M), 'cell', 'exec')
    reads = {s.get_name() for t in bars.scopes(top)
             for s in t.get_symbols() if s.is_referenced() and (t is top or s.is_global())}
    return reads, {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}


def needed(cells, first):
    "Of the cells before `first`, those that bind what it and the later ones read, and what those read"
    want, keep = set().union(*(names(s)[0] for s in cells[first:])), []
    for s in reversed(cells[:first]):
        reads, binds = names(s)
        if binds & want or 'import *' in s:
            keep.append(s)
            want |= reads
    return keep[::-1]


def solutions(nb, monkeypatch):
    """Run the exercises of a notebook, with just as much of the lesson as they need: pairs of an exercise and the
    solution that was run"""
    cells = [''.join(c['source'])
             for c in json.loads(nb.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code']
    module = next((m[1] for s in cells for m in [re.match(r'#\| default_exp (\w+)', s)] if m), None)
    cells = [s for s in cells if not re.search(r'^#\|\s*(export|eval: false|default_exp)', s, re.M)]
    first, solved = next(i for i, s in enumerate(cells) if re.search('rddm_nb.(exercises|puzzles) import', s)), []
    cells = cells[:first] + [
        s for s in cells[first:] if not re.search(r'^#\|\s*hide', s, re.M)
    ] # tests of the lesson come last
    run = dict(vars(importlib.import_module(f'rddm_nb.{module}'))) if module else {}
    test = Exercise.test
    def watched(ex, answer):
        solved.append((ex, answer))
        return test(ex, answer)
    monkeypatch.setattr(Exercise, 'test', watched)
    for i, s in enumerate(needed(cells, first) + cells[first:]):
        src, file = re.sub(r'^\s*[!%].*', 'pass', s, flags=re.M), f'{nb.name} {i}'
        linecache.cache[file] = len(src), None, src.splitlines(True), file # so that `inspect.getsource` finds it
        exec(compile(src, file, 'exec'), run)
    return solved


@functools.cache
def once(nb):
    with pytest.MonkeyPatch.context() as m: return solutions(nb, m)


def exercise_of(lesson, name): return next(e for e, _ in once(bars.ROOT/f'nbs/{lesson}.ipynb') if e.name == name)


@pytest.mark.parametrize('nb', EXERCISED, ids=lambda p: p.stem)
def test_committed_solutions_pass_and_wrong_answers_are_refused(nb):
    solved = once(nb)
    book = solved[0][0].book
    assert [e.name for e, _ in solved] == list(book.exercises) and book.solved == []
    for ex, answer in solved:
        for _, says in ex.slips:
            assert 10 < len(says) < 140 and '\n' not in says and not says.endswith('.'), (ex.name, says)
        if callable(ex.spec): assert accepted(ex, answer) + accepted(ex, ex.spec) == []


def test_the_list_names_lessons():
    assert bars.EXERCISED <= {p.stem for p in bars.lessons()}


@pytest.mark.parametrize('value, words', [
    (.123456789, '0.12346'), ((.123456789, torch.tensor(-.7)), '(0.12346, -0.7)'),
    ([(.7, .2), (.1, .1)], '[(0.7, 0.2), (0.1, 0.1)]'), (torch.ones(2), '1, 1'),
    (torch.ones(2, 3), 'tensor (2, 3)'), (None, ''), ('a', 'a'), (3, '3')])
def test_values_are_told_in_a_few_characters(value, words): assert _short(value) == words


def test_what_is_infinite_agrees_with_itself_alone():
    one = Exercise('inverse', lambda x: 1/x, cases=[(torch.tensor([0., 1., 2.]),)])
    assert one.check(lambda x: 1/x)
    assert 'off by' in line(one, lambda x: x + 5) and 'off by 1' in line(one, lambda x: 1/x + (x > 1))
    assert 'off by inf at [0]' in line(one, lambda x: -1/x)
    assert 'nan came back at [0]' in line(one, lambda x: 0/x + 1/x.clamp(min=1))


@pytest.mark.parametrize('answer', ['not', '', 2, [True, True], torch.tensor([1, 0]), {}, 1j])
def test_yes_or_no_is_a_truth_value(answer):
    assert 'came back, where yes or no (True or False) is wanted' in line(Exercise('is it so', True), answer)
    assert Exercise('is it so', True).check(torch.tensor(True)) and Exercise('is it so', False).check(0)
    assert 'no came back, where yes is wanted' in line(Exercise('is it so', True), False)
    assert 'yes came back, where no is wanted' in line(Exercise('is it so', False), 1)


@pytest.mark.parametrize('word, said', [('yes', True), (' Yes ', True), ('True', True), ('no', False), ('NO', False),
                                        ('false', False)])
def test_yes_or_no_may_be_said_in_a_word(word, said):
    assert Exercise('is it so', said).check(word) and not Exercise('is it so', not said).check(word)


@pytest.mark.parametrize('want, guess, says', [
    ((.38, .5, .71), (.5, .4, .7), '(0.5, 0.4, 0.7) is too large at [0] and too small at [1]'),
    ((0., 0.), (.3, -.4), '(0.3, -0.4) is too large at [0] and too small at [1]'),
    ((0., 0.), (-.3, -.4), '(-0.3, -0.4) is too small at [0], [1]'),
    ([[1., 2.]], [[1., 3.]], '[[1, 3]] is too large at [0, 1]')], ids=['three', 'both ways', 'one way', 'table'])
def test_of_several_values_each_is_called_too_large_or_too_small(want, guess, says):
    assert line(Exercise('guess', want, tol=.02), guess) == f'Not yet: {says}.'


def test_a_number_in_a_tuple_counts_for_every_place():
    ex = Exercise('pair', lambda d, x: (d + 0*x, d*x), cases=[(.1, torch.tensor([1., 2.]))])
    assert ex.check(lambda d, x: (d, d*x)) and ex.check(lambda d, x: (torch.tensor(d), d*x))
    assert 'off by' in line(ex, lambda d, x: (2*d, d*x)) and 'came back, where shape' in line(ex, lambda d, x: (d, d))
    assert 'tuple of shape (1,) and shape (2,) came back, where shape (2, 2)' in line(ex, lambda d, x: (x[:1], d*x))


# ---------------------------------------------------------------- answers that were refused, or accepted, by mistake

@pytest.mark.parametrize('lesson, name, answer', [
    ('02_schedules', 'even steps', lambda T, steps: [T - T*i//steps for i in range(steps + 1)]),
    ('02_schedules', 'even steps', lambda T, steps: [round(T*(steps - i)/steps) for i in range(steps + 1)]),
    ('02_schedules', 'even steps', lambda T, steps: [(2*T*(steps - i) + steps)//(2*steps) for i in range(steps + 1)]),
    ('02_schedules', 'even steps', lambda T, steps: torch.linspace(T, 0, steps + 1, dtype=torch.float64).round()),
    *[('02_schedules', 'even steps', lambda T, steps, whole=whole: whole(torch.linspace(T, 0, steps + 1)))
      for whole in (torch.Tensor.int, torch.Tensor.round, torch.Tensor.ceil)],
    ('13_sampler', 'design a path', [(1 - i/6)**1.3*torch.ones(2) for i in range(7)]),
    ('17_aosa', 'read it as noise', lambda d, a, b: (d, d*b/(1 - a)))])
def test_other_right_answers_pass(lesson, name, answer): assert exercise_of(lesson, name).check(answer)


@pytest.mark.parametrize('lesson, name, answer, says', [
    ('02_schedules', 'even steps', lambda T, steps: [T*(steps - i)/steps for i in range(steps + 1)], 'off by'),
    ('02_schedules', 'even steps', lambda T, steps: [1000*(steps - i)//steps for i in range(steps + 1)], 'off by'),
    ('02_schedules', 'even steps', lambda T, steps: [T, *([0]*steps)], 'off by'),
    ('02_schedules', 'even steps', lambda T, steps: [T], 'shape (1,) came back'),
    ('03_estimate', 'the better witness', lambda a, b: 'residual' if a + b >= .95 else 'noise', 'is not the answer'),
    ('03_estimate', 'the better witness', lambda a, b: 'residual' if a*b > .21 else 'noise', 'is not the answer'),
    ('13_sampler', 'design a path', [(.99*(1 - i/6)**1.5,)*2 for i in range(7)],
     'this one goes from (0.99, 0.99) to (0.0, 0.0)'),
    ('13_sampler', 'design a path', [((1 - i/6)**2,)*2 for i in range(7)],
     'its energy distance is 0.00408, and has to be below 0.00376'),
    ('13_sampler', 'design a path', [((1 - i/7)**1.5,)*2 for i in range(8)], 'this path has 7'),
    ('02_schedules', 'even steps', lambda T, steps: torch.linspace(T, 0, steps + 1), 'off by'),
    ('02_schedules', 'even steps', lambda T, steps: torch.linspace(0, T, steps + 1).int(), 'wrong way round'),
    ('17_aosa', 'read it as noise', lambda d, a, b: (d + 0*a, d*a/(1 - a)), 'off by'),
    ('17_aosa', 'read it as noise', lambda d, a, b: (d + 0*a, d*b/(1 - b)), 'off by'),
    ('03_estimate', 'both at once', lambda a, b, delta: (delta*a)**2 + (delta*b)**2, 'take the root'),
    ('03_estimate', 'the better witness', lambda a, b: a + b > 1, "where 'noise' or 'residual' is wanted"),
    ('05_objective', 'seen from the other side', lambda d, a, b: d*b/(1 - a), 'upside down'),
    ('05_objective', 'seen from the other side', lambda d, a, b: d*b/(1 - a).clamp(min=1e-9), 'upside down'),
    ('14_quality', 'one stop', 5., 'its energy distance is 0.569, and has to be below 0.127'),
    ('18_map', 'starts clear', 'DDPM', 'DDPM starts from nothing, not from the input'),
    ('18_map', 'a curve of your own', Schedule.from_fns(lambda u: u, lambda u: .4*u**.5, 20), 'it ends at (1, 0.4)'),
    ('18_map', 'a curve of your own', Schedule.from_fns(lambda u: u, lambda u: .5*u**.5, 5), 'it has 5 steps'),
    ('18_map', 'starts clear', 'fog', "'InDI', 'InDI, Brownian', 'ResShift'"),
    ('21_unet', 'who is asked', lambda q, k, v: (q @ k.T/len(q)**.5).softmax(1) @ v, 'off by'),
    ('21_unet', 'who is asked', lambda q, k, v: (q @ k.T/3**.5).softmax(1) @ v, 'off by')])
def test_wrong_answers_that_once_passed_are_refused(lesson, name, answer, says):
    assert says in line(exercise_of(lesson, name), answer)
