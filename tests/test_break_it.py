"The mistakes that the notebook shows are the ones that the mutation suite runs"
import json
import re
import shutil

import mutants
import pytest

NB = mutants.HERE.parent/'nbs/31_break_it.ipynb'
CELLS = [(c['cell_type'], ''.join(c['source'])) for c in json.loads(NB.read_text(encoding='utf-8'))['cells']]


def test_every_mistake_is_a_mutant():
    told = mutants.told()
    assert len(told) == 7 and all(m.what.startswith('break it: ') and m in mutants.MUTANTS for m in told)
    assert len({(m.module, m.old, m.new) for m in mutants.MUTANTS}) == len(mutants.MUTANTS)


@pytest.mark.parametrize('m', mutants.told(), ids=lambda m: m.what)
def test_every_mistake_has_its_section_image_and_check(m):
    name = m.what.removeprefix('break it: ')
    start = next(i for i, (k, s) in enumerate(CELLS) if k == 'markdown' and s.lower().startswith(f'## {name}'))
    section = [s for k, s in CELLS[start:start + 4] if k == 'code']
    assert any(re.search(r'show_images|RenderedFigure', s) for s in section)
    assert any(f"bad['{name}']" in s and 'expect_fail' in s and '(good)' in s for s in section)


def test_a_list_that_cannot_be_read_is_named(tmp_path):
    shutil.copy(NB, tmp_path/'x.ipynb')
    text = json.loads((tmp_path/'x.ipynb').read_text(encoding='utf-8'))
    text['cells'] = [c for c in text['cells'] if not ''.join(c['source']).startswith('MISTAKES')]
    (tmp_path/'x.ipynb').write_text(json.dumps(text), encoding='utf-8')
    with pytest.raises(LookupError, match='no cell that begins with MISTAKES'): mutants.told(tmp_path/'x.ipynb')


def library():
    "What the page says before it breaks anything: MISTAKES and `broken`"
    names = {}
    for start in ('MISTAKES', 'import importlib', 'def broken'):
        exec(next(s for k, s in CELLS if k == 'code' and s.startswith(start)), names)
    return names


def test_a_mistake_that_was_changed_is_the_one_that_is_loaded():
    names = library()
    module, old, _ = names['MISTAKES']['wrong alpha bar']
    ends = []
    for root in ('A', '.5*A'):
        names['MISTAKES']['wrong alpha bar'] = (module, old, f'cls(1 - {root}, (1 - A).sqrt()')
        ends.append(names['broken']('wrong alpha bar')['schedule'].Schedule)
    assert ends[0].ddim_linear().abar[-1] > .99
    with pytest.raises(ValueError, match='node 0 is the clean image'): ends[1].ddim_linear()
