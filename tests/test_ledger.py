"""The ledger of equations is complete, is what the notebooks hold, and a gap in it is found."""
import json
import re
import shutil
import pytest
import bars
import generated

import ledger


@pytest.fixture(scope='module')
def found(): return ledger.ledger()


def test_no_gap(found):
    assert list(ledger.gaps(found)) == []


def test_the_page_is_what_the_notebooks_hold(found):
    assert ledger.fresh(found), 'run `python tools/ledger.py` and commit nbs/ledger.ipynb'


@pytest.mark.parametrize('page', ['api', 'ledger', 'runtime'])
def test_nbdev_clean_changes_nothing(page, tmp_path):
    nbdev_clean = pytest.importorskip('nbdev.clean').nbdev_clean
    here, nb = tmp_path/f'{page}.ipynb', generated.ROOT/'nbs'/f'{page}.ipynb'
    if page == 'runtime': shutil.copy(nb, here)
    else: generated.write(here, generated.notebook([('markdown', '# A'), ('code', '1 + 1')], page, 2))
    before = here.read_text(encoding='utf-8')
    nbdev_clean(str(here))
    assert here.read_text(encoding='utf-8') == before


def test_every_displayed_equation_is_in_it(found):
    shown = {(p.name, m[3:]) for p in bars.notebooks() for c in bars.read(p) if c.kind == 'markdown'
             for m in re.findall(r'\$\$\s*\{#(eq-[\w-]+)\}', c.src)}
    assert shown == {(n, r.label) for n, rs in found.items() for r in rs} and len(shown) > 100


def test_what_is_named_exists(found):
    known = ledger.library()
    rows = [r for n, rs in found.items() if n != 'symbols.ipynb'
            for r in rs]  # there letters are compared, not what the library computes
    assert all(set(r.code) <= set(known) for r in rows)
    assert sum(not r.code for r in rows) <= .1*len(rows), 'most checks run the library'


def dangling(paths):
    "References to equations that their page does not hold: (page, label)"
    texts = {p.name: ' '.join(c.src for c in bars.read(p) if c.kind == 'markdown') for p in paths}
    return [(n, ref) for n, text in texts.items() for ref in re.findall(r'@(eq-[\w-]+)', text)
            if f'{{#{ref}}}' not in text]


def test_every_reference_to_an_equation_leads_somewhere(tmp_path):
    assert dangling(bars.notebooks()) == []
    page = notebook(tmp_path, ('markdown', 'By @eq-a and @eq-b:'), ('markdown', '$$a = b$$ {#eq-a}'))
    assert dangling([page]) == [('99_x.ipynb', 'eq-b')]


def notebook(folder, *cells):
    path = folder/'99_x.ipynb'
    path.write_text(json.dumps(dict(cells=[dict(cell_type=k, source=s.splitlines(True),
                                                outputs=[{'data': {'image/png': 'x'}}]) for k, s in cells])))
    return path


def row(folder, check, *more):
    return ledger.rows(notebook(folder, ('markdown', '$$a = b$$ {#eq-a}'), ('code', check), *more),
                       {'forward': 'm', 'sample': 'm'})[0]


def test_a_check_is_found_with_the_code_behind_it(tmp_path):
    r = row(tmp_path, "c = forward(1)\ndef d(): return c\ntest_eq(d(), 2)  # eq-a\nshow_images(c, alt='two faces')")
    assert r.code == ('forward',) and r.checks == ('test_eq(d(), 2)',) and r.figure == 'two faces'
    assert r.latex == 'a = b'


def test_the_figure_is_one_of_the_same_section(tmp_path):
    draws, equation = "show_images(x, alt='{}')", ('markdown', '$$a = b$$ {#eq-a}')
    check, one, two = ('code', 'test_eq(1, 1)  # eq-a'), ('code', draws.format('one')), ('code', draws.format('two'))
    here, there = ('markdown', '## Here'), ('markdown', 'Next.\n\n## There')
    shown = lambda *cells: ledger.rows(notebook(tmp_path, *cells), {})[0].figure
    assert shown(here, one, equation, check, there, two) == 'one'
    assert shown(here, one, equation, check, two) == 'two'
    assert shown(one, here, equation, check, there, two) == ''


def test_bars_of_an_equation_are_no_columns():
    said = ledger.line('99_x.ipynb', ledger.Row('a', r'D(q \| p) = |c|', (), (), ''))
    assert r'$D(q \Vert  p) = \vert c\vert$' in said


def test_the_nearest_code_counts(tmp_path):
    assert row(tmp_path, 'c = forward(1)\ntest_eq(sample(c), 2)  # eq-a').code == ('sample',)
    assert row(tmp_path, 'c = 1\ntest_eq(c, 1)  # eq-a').code == ()


def test_gaps_are_found(tmp_path):
    gaps = lambda *rs: list(ledger.gaps({f'{i}.ipynb': [r] for i, r in enumerate(rs)}))
    good = row(tmp_path, 'test_eq(1, 1)  # eq-a')
    assert gaps(good) == []
    for bad in ('test_eq(1, 1)  # eq-ab', 'test_eq(1, 1)', '1 + 1  # eq-a'):
        assert gaps(row(tmp_path, bad)) == ['0.ipynb: no check names eq-a']
    assert gaps(good, good) == ['eq-a is the label of an equation in 0.ipynb and in 1.ipynb']


def test_a_stale_page_is_found(found, tmp_path):
    assert not ledger.fresh(found, tmp_path/'none.ipynb')
    (tmp_path/'old.ipynb').write_text(json.dumps(ledger.notebook({k: v[:-1] for k, v in found.items()})))
    assert not ledger.fresh(found, tmp_path/'old.ipynb')
