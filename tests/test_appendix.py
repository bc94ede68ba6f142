"""The appendix keeps its word: what the dictionary names exists, every term has its translation, every link leads
somewhere."""
import builtins
import importlib
import inspect
import typing
import re
import pytest
from places import NBS, ROOT
import bars



def markdown(name): return '\n\n'.join(c.src for c in bars.read(NBS/f'{name}.ipynb') if c.kind == 'markdown')


def tables(md):
    "Rows of all tables, without their heads"
    rows = [[v.strip() for v in re.split(r'(?<!\\)\|', l)[1:-1]] for l in md.splitlines() if l.startswith('|')]
    heads = {i for i, r in enumerate(rows) if i + 1 < len(rows) and set(rows[i + 1][0]) == {'-'}}
    return [r for i, r in enumerate(rows) if i not in heads and set(r[0]) != {'-'}]


def library():
    "Public names of the package, and those of their parameters, fields and methods"
    known = {}
    for p in (ROOT/'rddm_nb').glob('[a-z]*.py'):
        m = importlib.import_module(f'rddm_nb.{p.stem}')
        known |= {n: getattr(m, n) for n in getattr(m, '__all__', ())}
    return known


def parameters(o):
    try: return set(inspect.signature(o).parameters)
    except (TypeError, ValueError): return set()


def unknown(code, known):
    "What of a snippet in the dictionary the library does not have"
    every = set().union(*(parameters(o) for o in known.values())) | {
        p
        for o in known.values()
        if inspect.isclass(o)
        for n, f in vars(o).items()
        if callable(f) or isinstance(f, (classmethod, property))
        for p in {n} | parameters(getattr(o, n))
    }
    for keyword in re.findall(r'(\w+)=', code):
        if keyword not in every: yield f'{keyword}='
    for name, method in re.findall(r'(?<![\w.\'-])([A-Za-z_]\w*)(?:\.(\w+))?(?!\w*=)', re.sub(r"'[^']*'", '', code)):
        if name in every or name in ('x_in', 'res', 'k', 'nothing') or hasattr(builtins, name) or f'{name}=' in code:
            continue
        if name == 'schedule': name = 'Schedule'
        if name not in known: yield name
        elif method and method not in ('abar', 'bbar') and not hasattr(known[name], method): yield f'{name}.{method}'


def test_the_dictionary_names_what_exists():
    known, rows = library(), tables(markdown('dictionary'))
    assert len(rows) > 50
    missing = [f'{r[0]}: {u}' for r in rows for code in re.findall(r'`([^`]+)`', r[1]) for u in unknown(code, known)]
    assert missing == []


@pytest.mark.parametrize('code, bad',
                         [('TrainConfig(pace=3)', 'pace='), ('Schedule.powr()', 'Schedule.powr'), ('smaple', 'smaple'),
                          ('sample(..., steps=5)', None), ('1 - schedule.abar', None)])
def test_a_wrong_name_is_found(code, bad): assert list(unknown(code, library())) == ([bad] if bad else [])


@pytest.mark.parametrize('flag',
                         ['sum_scale', 'ddim_sampling_eta', 'objective=', 'test_res_or_noise', 'num_unet',
                          'share_encoder', 'convert_to_ddim', 'input_condition', 'condition=', 'timesteps', 'loss_type',
                                  'gradient_accumulate_every', 'ema_decay', 'train_lr', 'crop_patch',
                                  'sampling_timesteps', 'posterior_mean_coef1', 'alphas_cumsum', 'betas_cumsum',
                                  'gen_coefficients', 'generation', 'equalizeHist', 'num_samples',
                                  'pred_res_add_noise', 'pred_x0_add_noise', "objective='pred_x0'",
                                  'alpha_res_to_0_or_1', 'squaredcos_cap_v2'])
def test_official_flags_are_in_the_dictionary(flag):
    assert any(flag in r[0] for r in tables(markdown('dictionary')))


def test_every_term_is_in_both_languages_and_has_a_page():
    rows = tables(markdown('glossary'))
    assert len(rows) >= 70
    for english, chinese, plain, page in rows:
        assert (
            re.search(r'[a-z]', english)
            and re.search(r'[\u4e00-\u9fff]', chinese)
            and not re.search(r'[\u4e00-\u9fff]', english + plain)
            and len(plain.split()) >= 2
        ), english
    for column in (0, 1): assert len({r[column] for r in rows}) == len(rows)


def test_every_symbol_is_explained_once():
    rows = tables(markdown('notation'))
    assert len({r[0] for r in rows}) == len(rows) >= 15 and all(len(r) == 3 and all(r) for r in rows)


def test_every_question_has_an_answer():
    parts = re.split(r'^## ', markdown('questions'), flags=re.M)[1:]
    assert len(parts) >= 15 and all(len(re.findall(r'\w+', p.split('\n', 1)[1])) >= 10 for p in parts)


@pytest.mark.parametrize('path', bars.notebooks(), ids=lambda p: p.stem)
def test_links_between_notebooks_lead_somewhere(path):
    found = re.findall(r'\]\(([\w./-]+\.ipynb)', '\n'.join(c.src for c in bars.read(path) if c.kind == 'markdown'))
    assert [f for f in found if not (path.parent/f).exists()] == []


def test_the_index_of_the_library_is_fresh_and_complete():
    import sys
    sys.path.insert(0, str(ROOT/'tools'))
    import api
    assert api.fresh(), 'run `python tools/api.py` and commit nbs/api.ipynb'
    listed = {r[0].strip('`') for r in tables(markdown('api'))}
    assert listed == {n for n, o in library().items() if callable(o)
                      and not (typing.get_origin(o) or isinstance(o, typing.NewType))}
    assert len(listed) > 150
