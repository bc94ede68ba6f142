"The lessons clear the bars, and every bar can be missed"
import json

import bars
import pytest


@pytest.mark.parametrize('nb', bars.lessons(), ids=lambda p: p.stem)
def test_lesson_clears_every_bar(nb):
    assert bars.failures(nb) == []


PNG = [{'output_type': 'execute_result', 'data': {'image/png': 'x'}}]

def cell(src, kind='code', outputs=()): return bars.Cell(0, kind, src, list(outputs))
def md(src='Some prose.'): return cell(src, 'markdown')


def test_length_counts_code_not_comments_or_signatures():
    assert bars.loc("#| export\n# why\n\nx = 1\ndef f(\n    a, # first\n    b=2, # second\n):\n    'doc'\n    return a\n") == 4


@pytest.mark.parametrize('bar, good, bad', [
    (bars.bar_length, [cell('x = 1')], [cell('x = 1\n'*6)]),
    (bars.bar_length, [cell('x = 1')]*9, [cell('x = 1')]*20 + [cell('x = 1\n'*26)]),
    (bars.bar_length, [cell('x = 1')]*9, [cell('x = 1')]*7 + [cell('x = 1\n'*13)]*3),
    (bars.bar_prose, [md(), cell('x')]*3, [md(), cell('x'), cell('y')]*3),
    (bars.bar_prose, [md(), cell('x')]*3, [md(), md(), cell('x')]*3),
    (bars.bar_prose, [md(), cell('x')]*9 + [md(), md(), cell('x'), cell('x'), cell('x')], [md(), cell('x')]*20 + [cell('x')]*3),
    (bars.bar_pictures, [md(), cell('x', outputs=PNG)]*2, [md(), cell('x')]*2),
    (bars.bar_pictures, [md(), cell('x', outputs=PNG)]*2, [md(' word'*151), cell('x', outputs=PNG)]),
    (bars.bar_pictures, [md(), cell('x', outputs=PNG)]*2, [md(), cell('x = 1\n'*16, outputs=PNG)]),
    (bars.bar_pictures, [md(), cell('x', outputs=PNG)]*2, [cell('x')]*3 + [cell('x', outputs=PNG)]*3),
    (bars.bar_checks, [cell('test_eq(1, 1)'), cell('x')], [cell('test_eq(1, 1)'), cell('x'), cell('x')]),
    (bars.bar_checks, [cell('with expect_fail(ValueError): f()')], [cell('print(test_eq)')]),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-a')], [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-b')]),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-a')], [md('$$a=b$$'), cell('test_eq(a, b)  # eq-a')]),
    (bars.bar_equations, [md('$$a=b$$ {#eq-a}'), cell('test_eq(a, b)  # eq-a')], [md('$$a=b$$ {#eq-a}'), cell('a + b  # eq-a')]),
    (bars.bar_outputs, [cell('x', outputs=PNG)], [cell('x')]),
    (bars.bar_outputs, [cell('x', outputs=PNG)], [cell('x', outputs=[{'output_type': 'error', 'ename': 'E'}])]),
    (bars.bar_outputs, [cell('x', outputs=PNG)], [cell('x', outputs=[{'data': {'image/png': 'x'*200_000}}])]),
    (lambda c: bars.bar_used(c, ['f']), [cell('#| export\ndef f(): pass'), cell('f()')], [cell('#| export\ndef f(): pass'), cell('g()')]),
    (bars.bar_globals, 'import x\ndef f(a): return x.y(a, len)', 'def f(a): return a + notebook_variable'),
])
def test_every_bar_can_be_missed(bar, good, bad):
    assert list(bar(good)) == []
    assert len(list(bar(bad))) >= 1


def test_hidden_cells_do_not_count(tmp_path):
    nb = tmp_path/'00_x.ipynb'
    nb.write_text(json.dumps(dict(cells=[dict(cell_type='code', source=['#| hide\n', 'x']), dict(cell_type='code', source=['y'])])))
    assert [c.src for c in bars.read(nb)] == ['y']
