"The lessons clear the bars, and every bar can be missed"
import json

import bars
import pytest


@pytest.mark.parametrize('nb', bars.notebooks(), ids=lambda p: p.stem)
def test_notebook_clears_its_bars(nb):
    assert bars.failures(nb) == []


def exercise(n=1, hint='<details><summary>Hint</summary></details>', yours='y = ...\nx.check(y)',
             solution='#| code-fold: true\nx.test(1)'):
    said = md('## Exercises | code | ## What would go wrong ## What you can now call **Next:**')
    return [said] + [cell('#| code-fold: true\nx = b.exercise(1)'), md(hint), cell(yours), md(), cell(solution)]*n


@pytest.mark.parametrize('cells, why', [
    (lambda: exercise(3), '3 exercises, not 4..6'), (lambda: exercise(7), '7 exercises'),
    (lambda: exercise(4, hint='Hint'), '0 folded hints'), (lambda: exercise(4, yours='y = ...'), '0 cells to fill in'),
    (lambda: exercise(4, solution='x.test(1)'), '0 folded solutions'),
    (lambda: exercise(4, solution='#| code-fold: true\nx.check(1)'), '0 folded solutions'),
    (lambda: exercise(4)[1:], "no '## Exercises'")])
def test_the_bar_of_exercises_can_be_missed(cells, why):
    assert list(bars.bar_exercises(exercise(4))) == list(bars.bar_exercises(exercise(6))) == []
    assert any(why in f for f in bars.bar_exercises(cells()))


PNG = [{'output_type': 'execute_result', 'data': {'image/png': 'x'}}]

def cell(src, kind='code', outputs=()): return bars.Cell(0, kind, src, list(outputs))
def md(src='Some prose.'): return cell(src, 'markdown')


def notebook(folder, *cells):
    "A notebook file of (kind, source) pairs"
    path = folder/'00_x.ipynb'
    path.write_text(json.dumps(dict(cells=[dict(cell_type=k, source=s.splitlines(True), outputs=PNG)
                                           for k, s in cells])))
    return path


def test_length_counts_code_not_comments_or_signatures():
    assert bars.loc("#| export\n# why\n\nx = 1\ndef f(\n    a, # first\n    b=2, # second\n):\n    'doc'\n    return "
                    "a\n") == 4


@pytest.mark.parametrize('bar, good, bad, why', [
    (bars.bar_length, [cell('x = 1')], [cell('x = 1\n'*6)], 'median length 6'),
    (bars.bar_longest, [cell('x = 1\n'*25)], [cell('x = 1')]*20 + [cell('x = 1\n'*26)], 'has 26 lines'),
    (bars.bar_length, [cell('x = 1')]*9, [cell('x = 1')]*7 + [cell('x = 1\n'*13)]*3, '90 % length 13'),
    (bars.bar_prose, [md(), cell('x')]*3, [md(), cell('x'), cell('y')]*3, 'only 50% of code cells follow'),
    (bars.bar_prose, [md(), cell('x')]*3, [md(), md(), cell('x')]*3, 'is 6:3 = 2.00'),
    (bars.bar_prose, [md(), cell('x')]*9 + [md(), md(), cell('x'), cell('x'), cell('x')],
     [md(), cell('x')]*20 + [cell('x')]*3, '4th code cell in a row'),
    (bars.bar_figures, [md(), cell('x', outputs=PNG)]*2, [md(), cell('x')]*2, 'only 0% of code cells show'),
    (bars.bar_figures, [md(), cell('x', outputs=PNG)]*2, [md(' word'*151), cell('x', outputs=PNG)], '151 words'),
    (bars.bar_figures, [md(), cell('x', outputs=PNG)]*2, [md(), cell('x = 1\n'*16, outputs=PNG)], 'after 16 lines'),
    (bars.bar_figures, [md(), cell('x', outputs=PNG)]*2, [cell('x')]*3 + [cell('x', outputs=PNG)]*3, 'at code cell 4'),
    (bars.bar_checks, [cell('test_eq(1, 1)'), cell('x')], [cell('test_eq(1, 1)'), cell('x'), cell('x')],
     '1 checks in 3'),
    (bars.bar_checks, [cell('with expect_fail(ValueError): f()')], [cell('print(test_eq)')], '0 checks in 1'),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-a')],
     [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-b')], 'no check names eq-a'),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-a')],
     [md('$$a=b$$'), cell('test_eq(a, b)  # eq-a')], 'has no label'),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('test_close(\n    a, b)  # eq-a')],
     [md('$$a=b$$ {#eq-a}'), cell('a + b  # eq-a')], 'no check names eq-a'),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('for i in a: test_eq(i, b)  # eq-a')],
     [md('$$a=b$$ {#eq-a}'), cell("test_eq(a, b)\n# eq-a")], 'no check names eq-a'),
    (bars.bar_outputs, [cell('x', outputs=PNG)], [cell('x')], 'no outputs: execute'),
    (bars.bar_outputs, [cell('x', outputs=PNG)], [cell('x', outputs=[{'output_type': 'error', 'ename': 'E'}])],
     'failed: E'),
    (bars.bar_outputs, [cell('x', outputs=PNG)], [cell('x', outputs=[{'data': {'image/png': 'x'*200_000}}])],
     'output of 195 KiB'),
    (lambda c: bars.bar_used(c, ['f']), [cell('#| export\ndef f(): pass'), cell('f()')],
     [cell('#| export\ndef f(): pass'), cell('g()')], 'f is exported'),
    (lambda c: bars.bar_used(c, ['f']), [cell('x = map(f, y)')], [cell('from m import f  # f()'), cell('"f"')],
     'f is exported'),
    (bars.bar_globals, 'import x\ndef f(a): return x.y(a, len)', 'def f(a): return a + notebook_variable',
     "reads 'notebook_variable'"),
    (bars.bar_globals, 'def f(a): return [b for b in a]', 'def f(a): return [b for b in a]\ndef g(): return b',
     "g in the module reads 'b'"),
    (bars.bar_globals, 'class C:\n    n = 1\n    def f(self): return self.n',
     'class C:\n    n = 1\n    def f(self): return n', "f in the module reads 'n'"),
])
def test_every_bar_can_be_missed(bar, good, bad, why):
    assert list(bar(good)) == []
    assert any(why in f for f in bar(bad)), list(bar(bad))


@pytest.mark.parametrize('src, n', [('test_eq(1, 1)', 1), ('test_eq(1, 1); test_close(1, 1)', 2),
                                    ('for a in b: test_close(a, b)', 1), ('with expect_fail(ValueError): f()', 1),
                                    ('assert x', 1), ('check(f)', 1), ('test_set = f()', 0),
                                    ('x = "test_eq(1, 1)"', 0), ('# assert x', 0), ('! pip install x\nassert x', 1)])
def test_what_counts_as_a_check(src, n): assert len(bars.checks(src)) == n


def test_a_lesson_that_is_too_big_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(bars, 'lessons', lambda: [])
    nb = notebook(tmp_path, ('code', 'x'))
    assert bars.failures(nb) == []
    nb.write_text(nb.read_text(encoding='utf-8') + ' '*2**21)
    assert bars.failures(nb) == ['2.00 MiB > 1.5 MiB']


def test_failures_name_the_cell():
    bad, = bars.bar_longest([bars.Cell(7, 'code', '#| export\nfirst = 1\n' + 'x = 1\n'*30, [])])
    assert bad == "cell 7 ('first = 1') has 31 lines > 25"


def test_hidden_cells_do_not_count(tmp_path):
    nb = notebook(tmp_path, ('code', '#| hide\nx'), ('code', '#| default_exp m'), ('code', 'y'))
    assert [c.src for c in bars.read(nb)] == ['y']
