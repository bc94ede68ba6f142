"""What the command says about images is what they are: by hand, by scikit-image, with broken files and with draws
whose spread is known."""
import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
import pytest
from places import DATA, ROOT
import rddm_nb.evaluate as module
import torch
from common import awake, close, named, needs_data, posix, random_images, rng
from hypothesis import given, strategies as st
from PIL import Image
from rddm_nb.data import match
from rddm_nb.estimate import Prediction
from rddm_nb.viz import RenderedFigure
from rddm_nb.evaluate import Calibration, EvalCase, _check_out, _publish, evaluate, main, comparison_sheet
from rddm_nb.imagefile import load_image, read_image, save_image
from rddm_nb.images import _equalized, from_uint8, to_uint8
from rddm_nb.metrics import METRICS, Metric, Protocol, measure
from rddm_nb.models import load_network
from rddm_nb.restore import restore
from rddm_nb.runtime import StopRequest
from rddm_nb.sampler import SOLVERS
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet, save_model


def write(path, x):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_image(path, x, force=True)


def case(k=3, name='a', seed=0, off=.2):
    x0 = random_images(3, 20, 24, seed=seed)*.6
    return EvalCase(name, (x0 + off*torch.randn(k, 3, 20, 24, generator=rng(seed + 1), dtype=x0.dtype)).clamp(-1, 1),
                    x0, (x0 + .4).clamp(-1, 1))


def test_numbers_are_means_bests_and_those_of_the_mean():
    c = case()
    each = [measure('PSNR', g[None], c.x0[None]).value for g in c.samples]
    got = c.metrics(('PSNR', 'MAE Lab'))
    close(got['PSNR'], sum(each)/3, 1e-9)
    close(got['PSNR best'], max(each), 1e-9)
    close(got['PSNR of mean'], measure('PSNR', c.samples.mean(0)[None], c.x0[None]).value, 1e-9)
    close(got['PSNR input'], measure('PSNR', c.x_in[None], c.x0[None]).value, 1e-9)
    close(got['MAE Lab best'], min(measure('MAE Lab', g[None], c.x0[None]).value for g in c.samples), 1e-9)


def test_one_seed_and_no_input_say_less():
    c = case(1)
    assert set(EvalCase('a', c.samples, c.x0).metrics()) == {'PSNR', 'SSIM'}
    assert set(c.metrics()) == {'PSNR', 'SSIM', 'PSNR input', 'SSIM input'}
    with pytest.raises(ValueError, match='one sample has no standard deviation: give several seeds'): c.std()


@given(st.integers(0, 1000), st.integers(2, 6))
def test_the_mean_of_guesses_is_never_worse_than_they_are_in_the_mean(seed, k):
    got = case(k, seed=seed).metrics(('PSNR',), Protocol(rounded=False))
    assert got['PSNR of mean'] >= got['PSNR'] - 1e-9 and got['PSNR best'] >= got['PSNR']


def test_a_region_counts_where_it_is():
    c = case(1)
    mask = torch.full((1, 20, 24), -1.)
    mask[:, :8] = 1
    inside = EvalCase('a', c.samples, c.x0, None, mask).metrics(('PSNR',), Protocol(region='inside'))['PSNR']
    close(inside, measure('PSNR', c.samples[:, :, :8], c.x0[None, :, :8]).value, 1e-9)


def test_spread_by_hand():
    g = torch.stack([torch.full((3, 2, 2), v) for v in (0., .1, .2)])
    g[2, 1:] = .1
    close(EvalCase('g', g, g[0]).std()[0, 0], math.sqrt((.01 + 2*.01/3)/3), 1e-7)


@given(st.integers(0, 1000), st.integers(2, 10), st.floats(.02, .3))
def test_fair_draws_are_calibrated_and_proud_or_shy_ones_are_not(seed, k, scale):
    g, truths = rng(seed), []
    fair, proud, shy = (Calibration() for _ in range(3))
    for _ in range(3):
        middle = torch.randn(3, 40, 40, generator=g).double()*.2
        truth, draws = (
            middle + scale * torch.randn(3, 40, 40, generator=g),
            middle + scale * torch.randn(k, 3, 40, 40, generator=g),
        )
        for c, share in ((fair, 1.), (proud, .3), (shy, 4.)):
            c.add(EvalCase('', middle + (draws - middle)*share, truth))
    close(fair.ratio, 1, .1)
    want = lambda s: math.sqrt((1 + s**2/k)/(s**2*(1 + 1/k)))
    close(proud.ratio/want(.3), 1, .1)
    close(shy.ratio/want(4.), 1, .1)
    assert proud.verdict().startswith('not calibrated') and shy.verdict().startswith('not calibrated')
    assert proud.ratio > 1.5 > 1/1.5 > shy.ratio


def test_calibration_does_not_mistake_a_good_mean_for_calibration():
    "Too sure in one place and too shy in another: the ratio of all is near one, the groups tell"
    c, g = Calibration(), rng(0)
    half = (torch.arange(64) < 32).double()
    truth = torch.randn(3, 64, 64, generator=g, dtype=torch.float64)*.1
    draws = torch.randn(4, 3, 64, 64, generator=g, dtype=torch.float64)*(.4*half + .01)
    c.add(EvalCase('', draws, truth))
    assert c.verdict().startswith('not calibrated') and len(c.groups()) >= 2


def test_guesses_that_never_differ():
    x = random_images(3, 8, 8)
    right, wrong = Calibration(), Calibration()
    right.add(EvalCase('', x.expand(2, 3, 8, 8), x))
    wrong.add(EvalCase('', x.expand(2, 3, 8, 8), -x))
    assert right.ratio == 1 and right.verdict().startswith('calibrated') and wrong.ratio == math.inf
    assert wrong.verdict().startswith('not calibrated')
    with pytest.raises(ValueError, match='factor must be above 1'): Calibration(1)


def test_evaluation_takes_what_can_be_read_and_names_the_rest():
    def broken(): raise ValueError('b.png cannot be read')
    seen = []
    ev = evaluate(dict(a=lambda: case(name='a'), b=broken, c=lambda: case(name='c', seed=5)), ('PSNR',),
                  see=lambda c: seen.append(c.name))
    assert ev.names == seen == ['a', 'c'] and ev.failed == [('b', 'b: b.png cannot be read')]
    s = ev.summary()
    close(s['measures']['PSNR']['mean'], (case().metrics()['PSNR'] + case(seed=5).metrics()['PSNR'])/2, 1e-9)
    assert s['failed'] == [dict(name='b', why='b: b.png cannot be read')] and s['images'] == 2
    assert s['uncertainty']['verdict'] and s['protocol'] == 'RGB'
    json.dumps(s, allow_nan=False)
    with pytest.raises(ValueError, match='none of 1 images could be measured: b: b.png'): evaluate(dict(b=broken))
    with pytest.raises(ValueError, match="a metric must be one of .*, got 'FID'"): evaluate(dict(b=broken), ('FID',))
    with pytest.raises(ValueError, match='protocol must be one of'): evaluate(dict(b=broken), protocol='SIDD')


@pytest.mark.parametrize('first, want', [('PSNR', ['0', '1', '2']), ('MAE Lab', ['0', '1', '2'])])
def test_best_middle_and_worst(first, want):
    cases = {str(i): (lambda i=i: case(1, str(i), 7, .05 + .05*i)) for i in range(3)}
    ev = evaluate(cases, (first,))
    assert ev.best_median_worst() == want
    assert comparison_sheet([cases[n]() for n in ev.best_median_worst()]).data[:4] == b'\x89PNG'


@pytest.fixture
def folders(tmp_path):
    for i in range(3):
        x0 = random_images(3, 24 + i, 30, seed=i)*.5
        write(tmp_path/f'truth/{i}.png', x0)
        write(tmp_path/f'in/{i}.png', (x0 + .5).clamp(-1, 1))
        write(tmp_path/f'out/{i}.png', (x0 + .02*i).clamp(-1, 1))
    return tmp_path


def test_folders_against_scikit_image(folders, capsys):
    from skimage.metrics import peak_signal_noise_ratio
    assert main([str(folders/'out'), str(folders/'truth'), '--inputs', str(folders/'in'), '--out',
                 str(folders/'ev')]) == 0
    rows = list(csv.DictReader((folders/'ev/each.csv').open(encoding='utf-8')))
    assert [r['name'] for r in rows] == ['0', '1', '2'] and rows[0]['PSNR'] == 'inf'
    for i in (1, 2):
        a, b, c = (read_image(folders/f/f'{i}.png').numpy() for f in ('out', 'truth', 'in'))
        close(float(rows[i]['PSNR']), peak_signal_noise_ratio(b, a), 1e-9)
        close(float(rows[i]['PSNR input']), peak_signal_noise_ratio(b, c), 1e-9)
    assert 'wrote' in capsys.readouterr().out and not list((folders/'ev').glob('*.tmp'))


def test_results_are_not_written_over(folders, capsys):
    words = [str(folders/'out'), str(folders/'truth'), '--out', str(folders/'ev')]
    assert main(words) == 0
    before = (folders/'ev/each.csv').read_bytes()
    write(folders/'out/1.png', random_images(3, 25, 30, seed=9))
    assert main(words) == 2 and (folders/'ev/each.csv').read_bytes() == before and '--force' in capsys.readouterr().err
    assert main([*words, '--force']) == 0 and (folders/'ev/each.csv').read_bytes() != before


def test_broken_and_unequal_images_are_listed(folders, capsys):
    (folders/'out/0.png').write_bytes(b'nothing')
    write(folders/'out/1.png', random_images(3, 8, 8))
    assert main([str(folders/'out'), str(folders/'truth'), '--out', str(folders/'ev')]) == 1
    err = capsys.readouterr().err
    assert '0.png cannot be read' in err
    assert 'rddm-evaluate: 1: images of equal shapes are compared, got (1, 3, 8, 8) and (1, 3, 25, 30)' in err
    assert [f['name']
            for f in json.loads((folders/'ev/evaluation.json').read_text(encoding='utf-8'))['failed']] == ['0', '1']


def model(tmp_path, bbar=.5):
    torch.manual_seed(0)
    net = UNet(8, (1, 2))
    for p in net.last[-1].parameters(): torch.nn.init.normal_(p, std=.1)
    save_model(tmp_path/'m.safetensors', net, Schedule.power(T=10, bbar_T=bbar))
    return str(tmp_path/'m.safetensors')


def test_a_model_with_several_seeds(folders):
    words = ['--model', model(folders), str(folders/'in'), str(folders/'truth'), '--seeds', '3', '--steps', '2',
             '--device', 'cpu', '--tile', '16', '--overlap', '4']
    assert main([*words, '--out', str(folders/'ev')]) == 0
    got = json.loads((folders/'ev/evaluation.json').read_text(encoding='utf-8'))
    assert got['seeds'] == 3 and {'PSNR', 'PSNR best', 'PSNR of mean', 'PSNR input'} <= set(got['measures'])
    maps = sorted((folders/'ev/spread').iterdir())
    assert [p.name for p in maps] == ['0.png', '1.png', '2.png'] and Image.open(maps[1]).size == (30, 25)
    x_in = load_image(folders/'in/1.png').x
    samples = torch.stack([restore(load_network(words[1]), x_in, 2, 16, 4, seed=k) for k in range(3)]).clamp(-1, 1)
    grey = read_image(maps[1])[0]
    close(grey, (EvalCase('s', samples, samples[0]).std()*127.5*4).round().clamp(0, 255), 1)


@pytest.mark.parametrize('solver', SOLVERS)
def test_the_solver_of_a_model_is_obeyed_and_recorded(folders, solver):
    words = ['--model', model(folders), str(folders/'in'), str(folders/'truth'), '--steps', '3', '--device', 'cpu']
    assert main([*words, '--solver', solver, '--out', str(folders/'ev')]) == 0
    got = json.loads((folders/'ev/evaluation.json').read_text(encoding='utf-8'))
    pairs = match(folders/'in', folders/'truth')
    cases = EvalCase.from_model(load_network(words[1]), pairs, steps=3, solver=solver)
    assert got['solver'] == solver
    assert got['measures']['PSNR']['mean'] == pytest.approx(evaluate(cases).means()['PSNR'].value, rel=1e-6)


def test_a_model_on_a_data_set(folders):
    for k, v in (('rain', 'in'), ('norain', 'truth')):
        (folders/'set/test').mkdir(parents=True, exist_ok=True)
        (folders/v).rename(folders/'set/test'/k)
    assert main(['--model', model(folders), '--set', str(folders/'set'), '--steps', '1', '--device', 'cpu', '--out',
                 str(folders/'ev')]) == 0
    assert json.loads((folders/'ev/evaluation.json').read_text(encoding='utf-8'))['images'] == 3


def test_what_was_compared_is_written_down(folders, monkeypatch):
    monkeypatch.chdir(folders)
    for i in range(3): write(folders/f'masks/{i}.png', torch.ones(1, 24 + i, 30))
    shutil.copytree('in', 'set/test/rain'), shutil.copytree('truth', 'set/test/norain')
    rule, sampled = ['--pairing', 'pattern', '--pattern', 'x'], ['--model', model(folders), '--steps', '1']
    said = dict(pairing='pattern', pattern='x', masks=None)
    for i in range(3):
        for f in ('in', 'out', 'truth'): (folders/f'{f}/{i}.png').rename(folders/f"{f}/{i}{'x'*(f != 'truth')}.png")
    for words, want in ((['out', 'truth', '--inputs', './in', *rule], dict(said, restored='out', inputs='./in')),
                        (['in', 'truth', *sampled, *rule, '--masks', 'masks', '--region', 'inside',
                          '--measures', 'PSNR'],
                         dict(said, inputs='in', masks='masks')),
                        (['--set', 'set', *sampled], dict(set='set', split='test', inputs=None, masks=None))):
        assert evaluated(folders, *words, '--force') == 0
        got, want = result(folders/'ev'), want | ({} if 'set' in want else dict(targets='truth'))
        keys = 'restored', 'targets', 'inputs', 'masks', 'set', 'split', 'pairing', 'pattern'
        assert {k: got[k] for k in keys if k in got} == want and ('sha256' in got) is ('--model' in words)


def test_images_of_one_name_in_several_folders_stay_apart(folders):
    write(folders/'b/truth/0.png', random_images(3, 24, 30, seed=5))
    write(folders/'b/in/0.png', random_images(3, 24, 30, seed=6))
    pairs = [*match(folders/'in', folders/'truth'), *match(folders/'b/in', folders/'b/truth')]
    predictor = lambda x_t, x_in, a, b, t: Prediction(res=0*x_t)
    predictor.schedule = Schedule.power(T=4)
    assert len(evaluate(EvalCase.from_model(predictor, pairs, steps=1), ('PSNR',)).rows) == 4


@pytest.mark.parametrize('words, why', [(['one'], 'two folders are compared, got 1'),
                                        (['a', 'b', '--seeds', '2'], '--seeds: for a model only'),
                                        (['a', 'b', '--device', 'nonsense', '--tile', '3', '--steps', '6'],
                                         '--steps, --tile, --device: for a model only'),
                                         (['a', 'b', '--split', 'x'], '--split is for --set'),
                                         (['--set', 'x'], 'add --model'), (['a', 'b', '--set', 'x'], 'not both'),
                                        (['nowhere', 'either'], 'there is no folder nowhere'),
                                        (['--model', 'nowhere', 'a', 'b'], 'there is no file or folder nowhere'),
                                        (['--model', 'm', 'a', 'b', '--inputs', 'c'], 'leave out --inputs'),
                                        pytest.param(['a', 'b', '--masks', 'm'], 'add --region inside or outside',
                                                     id='masks')])
def test_what_cannot_start_says_why_and_leaves_nothing(words, why, tmp_path, capsys):
    assert main([*words, '--out', str(tmp_path/'ev')]) == 2
    assert why in capsys.readouterr().err and not (tmp_path/'ev').exists()


def test_seeds_below_one_and_beyond_64_bits():
    with pytest.raises(ValueError, match='seeds must be at least 1, got 0'): EvalCase.from_model(None, [], 0)
    assert EvalCase.from_model(None, [], 3, 2**64 - 3) == {}
    with pytest.raises(ValueError, match=f'the last seed must fit 64 bits, got {2**64}'):
        EvalCase.from_model(None, [], 3, 2**64 - 2)


@pytest.mark.parametrize('out', ['a', 'b', 'inputs', 'masks', 'link', 'a/../b'])
def test_results_do_not_go_among_the_images_that_are_compared(out, tmp_path, capsys):
    for folder in ('a', 'b', 'inputs', 'masks'):
        (tmp_path/folder).mkdir()
        save_image(tmp_path/folder/'1.png', random_images(3, 16, 16))
    (tmp_path/'link').symlink_to(tmp_path/'a')
    words = [tmp_path/'a', tmp_path/'b', '--inputs', tmp_path/'inputs', '--masks', tmp_path/'masks',
             '--region', 'inside', '--measures', 'PSNR']
    assert main([*map(str, words), '--out', str(tmp_path/out)]) == 2
    assert f'{tmp_path/out} holds images that are compared: choose another folder' in capsys.readouterr().err
    assert not [p for p in tmp_path.rglob('*') if p.is_file() and p.name != '1.png']
    assert main([*map(str, words[:2]), '--out', str(tmp_path/'a'/'below')]) == 0


# ---- metrics and means

@pytest.mark.parametrize('higher', [True, False])
def test_best_and_worst_follow_the_registry(higher, monkeypatch):
    monkeypatch.setitem(METRICS, 'PSNR', Metric(lambda a, b, w: (a - b).square().mean((1, 2, 3)), higher))
    cs = {n: case(2, n, off=o) for n, o in (('low', .05), ('middle', .2), ('high', .5))}
    ev = evaluate({n: (lambda c=c: c) for n, c in cs.items()}, ('PSNR',))
    assert ev.best_median_worst() == (['high', 'middle', 'low'] if higher else ['low', 'middle', 'high'])
    each = [measure('PSNR', g[None], cs['low'].x0[None]).value for g in cs['low'].samples]
    close(ev.rows[0]['PSNR best'], (max if higher else min)(each), 1e-9)


def test_infinite_numbers_are_counted_and_left_out_of_means():
    x = random_images(3, 20, 24)
    cs = dict(a=case(1), same=EvalCase('', x[None], x, x), b=case(1, seed=5), c=case(1, seed=7, off=.4))
    ev = evaluate({n: (lambda c=c: c) for n, c in cs.items()}, ('PSNR',))
    numbers = [cs[n].metrics(('PSNR',))['PSNR'] for n in 'abc']
    s = json.loads(json.dumps(ev.summary(), allow_nan=False))['measures']['PSNR']
    mean = sum(numbers)/3
    close(ev.means()['PSNR'].value, mean, 1e-9)
    close(s['mean'], mean, 1e-9)
    close([s['lowest'], s['highest'], s['infinite']], [min(numbers), max(numbers), 1], 1e-9)
    close(s['standard_error'], math.sqrt(sum((v - mean)**2 for v in numbers)/2/3), 1e-9)
    said = f'PSNR: {mean:.4g} (1 of 4 images left out, without a finite PSNR or PSNR input)'
    assert ev.lines()[:2] == ['4 images, RGB', said]
    alone = evaluate(dict(same=lambda: cs['same']), ('PSNR',))
    assert alone.summary()['measures']['PSNR'] == dict(images=0, mean=None, standard_error=None, lowest=None,
                                                       highest=None, infinite=1)
    assert alone.means()['PSNR'].value == math.inf


def test_images_with_fewer_columns_leave_the_others_theirs():
    two, one = case(2), EvalCase('b', case(1, seed=3).samples, case(1, seed=3).x0)
    ev = evaluate(dict(a=lambda: two, b=lambda: one), ('PSNR',))
    close(ev.means()['PSNR best'].value, two.metrics(('PSNR',))['PSNR best'], 1e-9)
    rows = list(csv.DictReader(ev.table().splitlines()))
    assert rows[1]['PSNR input'] == '' and float(rows[1]['PSNR']) == ev.rows[1]['PSNR']


def clean_input(seed):
    "A case whose input is already the truth"
    c = case(1, seed=seed)
    return replace(c, x_in=c.x0)


def test_means_beside_each_other_are_over_the_same_images():
    cs = dict(a=case(1), clean=clean_input(5), c=case(1, seed=7, off=.4))
    ev = evaluate({n: (lambda c=c: c) for n, c in cs.items()}, ('PSNR', 'MAE Lab'))
    both = [ev.rows[i] for i in (0, 2)]
    for k in ('PSNR', 'PSNR input'):
        mean, s = (both[0][k] + both[1][k])/2, ev.summary()['measures'][k]
        close(ev.means()[k].value, mean, 1e-9)
        close([s['mean'], s['lowest'], s['highest']], [mean, *sorted(r[k] for r in both)], 1e-9)
        assert s['images'] == 2 and s['infinite'] == (k == 'PSNR input')
        assert f'{k}: {mean:.4g} (1 of 3 images left out, without a finite PSNR input)' in ev.lines()
    close(ev.means()['MAE Lab'].value, sum(r['MAE Lab'] for r in ev.rows)/3, 1e-9)
    assert ev.summary()['measures']['MAE Lab input']['images'] == 3 and len(ev.means()['PSNR'].each) == 3


def test_inputs_that_are_all_clean_leave_nothing_out():
    ev = evaluate(dict(a=lambda: clean_input(1), b=lambda: clean_input(2)), ('PSNR',))
    mean = sum(r['PSNR'] for r in ev.rows)/2
    assert ev.lines()[1:] == [f'PSNR: {mean:.4g}', 'PSNR input: inf']
    assert ev.summary()['measures']['PSNR']['images'] == 2


def test_where_no_image_is_finite_in_both_there_is_no_mean():
    x = random_images(3, 20, 24)
    perfect = EvalCase('', x[None], x, (x*.5).clamp(-1, 1))
    ev = evaluate(dict(a=lambda: clean_input(1), b=lambda: perfect), ('PSNR',))
    assert math.isnan(ev.means()['PSNR'].value) and ev.summary()['measures']['PSNR']['mean'] is None
    assert ev.lines()[1] == 'PSNR: nan (2 of 2 images left out, without a finite PSNR or PSNR input)'


@pytest.mark.parametrize('name, drawn', [('雨.png', '?.png'), ('Löwe α', 'Löwe α')], ids=['lacking', 'there'])
def test_names_on_the_sheet_are_what_its_font_can_draw(name, drawn):
    assert module._drawable(name) == drawn
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        comparison_sheet([replace(case(1), name=name)]*3)


def test_an_infinite_ratio_is_null():
    x = random_images(3, 20, 24)
    ev = evaluate(dict(a=lambda: EvalCase('', -x.expand(2, 3, 20, 24), x)), ('PSNR',))
    assert ev.summary()['uncertainty']['ratio'] is None and json.dumps(ev.summary(), allow_nan=False)


@pytest.mark.parametrize('measures, protocol, why', [(('FID',), Protocol(), 'a metric must be one of'),
                                                     (('SSIM',), Protocol(region='inside'), 'SSIM compares windows'),
                                                     (('MAE Lab',), 'LOL', 'needs colours'),
                                                     (('PSNR',), 'SIDD', 'protocol must be one of')])
def test_what_cannot_be_measured_is_refused_before_anything_is_restored(measures, protocol, why):
    def never(): raise AssertionError('restored')
    with pytest.raises(ValueError, match=why): evaluate(dict(a=never), measures, protocol)


@pytest.mark.parametrize('error', [MemoryError(), RuntimeError('can\'t allocate memory'), KeyError('x'),
                                   OSError(5, 'Input/output error')])
def test_whatever_one_image_does_the_others_are_measured(error):
    def bad(): raise error
    said = []
    ev = evaluate(dict(a=lambda: case(), b=bad, c=lambda: case(seed=3)), ('PSNR',), warn=said.append)
    assert ev.names == ['a', 'c'] and len(said) == 1 and said[0].startswith('b: ') and '\n' not in said[0]


def test_what_cannot_be_kept_is_not_the_fault_of_an_image():
    seen, said = [], []
    def full(c):
        seen.append(c.name)
        raise OSError(28, 'No space left on device')
    with pytest.raises(OSError, match='No space left on device'):
        evaluate(dict(a=lambda: case(), b=lambda: case()), ('PSNR',), see=full, warn=said.append)
    assert seen == ['a'] and said == []


def test_a_stop_ends_before_the_next_image():
    stop, seen = StopRequest(), []
    def see(c):
        seen.append(c.name)
        stop.signum = 2
    with pytest.raises(KeyboardInterrupt):
        evaluate(dict(a=lambda: case(), b=lambda: case()), ('PSNR',), see=see, stop=stop)
    assert seen == ['a']


# ---- grey images, masks, pairing

def strict(text):
    def refuse(word): raise AssertionError(f'{word} is no JSON')
    return json.loads(text, parse_constant=refuse)


def result(out): return strict((out/'evaluation.json').read_text(encoding='utf-8'))


def test_grey_and_coloured_images_side_by_side(tmp_path):
    x, y = random_images(1, 20, 24), random_images(1, 20, 24, seed=1)
    three = lambda v: v.expand(3, -1, -1)
    for i, (a, b) in enumerate(((x, y), (three(x), y), (x, three(y)), (three(x), three(y)))):
        write(tmp_path/f'a/{i}.png', a)
        write(tmp_path/f'b/{i}.png', b)
    rows = evaluate(EvalCase.from_folders(tmp_path/'a', tmp_path/'b')).rows
    for r in rows[1:]: close([r['PSNR'], r['SSIM']], [rows[0]['PSNR'], rows[0]['SSIM']], 1e-6)


def network(tmp_path, name='net', **kw):
    net = awake(UNet(8, (1, 2, 1), **kw)).float()
    for p in net.parameters(): p.data *= .3
    save_model(tmp_path/name, net, Schedule.power(T=10, bbar_T=.5))
    return str(tmp_path/name)


def evaluated(tmp_path, *words, out='ev'):
    how = ['--device', 'cpu', '--steps', '1'] if '--model' in words else []
    return main([*map(str, words), *how, '--out', str(tmp_path/out)])


def test_a_grey_network(folders):
    for f in ('in', 'truth'):
        for p in (folders/f).iterdir(): save_image(p, load_image(p, 1).x, force=True)
    assert evaluated(folders, '--model', network(folders, channels=1), folders/'in', folders/'truth') == 0
    assert result(folders/'ev')['images'] == 3


def test_masks_condition_the_network_and_cut_out_the_region(folders, capsys):
    for i in range(3):
        write(folders/f'masks/{i}.png', torch.where(torch.arange(30) < 12, 1., -1.).expand(1, 24 + i, 30))
    net = network(folders, takes_cond=True)
    words = ['--model', net, folders/'in', folders/'truth', '--measures', 'PSNR']
    assert evaluated(folders, *words, '--masks', folders/'masks', '--region', 'inside') == 0
    x_in, mask, x0 = (load_image(folders/f'{f}/1.png').x for f in ('in', 'masks', 'truth'))
    want = restore(load_network(net), x_in, 1, cond=mask)
    rows = list(csv.DictReader((folders/'ev/each.csv').open(encoding='utf-8')))
    close(float(rows[1]['PSNR']), measure('PSNR', want[None, :, :, :12], x0[None, :, :, :12]).value, 1e-6)
    capsys.readouterr()
    assert evaluated(folders, *words, out='ev2') == 2
    assert 'takes a condition, such as a mask: give cond, or its folder' in capsys.readouterr().err
    plain = ['--model', network(folders, 'plain'), folders/'in', folders/'truth', '--measures', 'PSNR', '--masks',
             folders/'masks']
    assert evaluated(folders, *plain, '--region', 'outside', out='ev3') == 0
    assert result(folders/'ev3')['protocol'] == 'RGB, outside the mask'


@pytest.mark.parametrize('rename, words',
                         [(lambda f, i: f'{f}_{i}', ['--pairing', 'position']),
                          (lambda f, i: f'{i}_{f}', ['--pairing', 'pattern', '--pattern', '_(in|out|truth)']),
                                           (lambda f, i: f'{i}' if f == 'truth' else f'{i}_a',
                                            ['--pairing', 'prefix'])])
def test_pairing_rules_are_passed_through(folders, rename, words):
    assert evaluated(folders, folders/'out', folders/'truth', '--inputs', folders/'in') == 0
    for f in ('in', 'out', 'truth'):
        for i in range(3): (folders/f'{f}/{i}.png').rename(folders/f'{f}/{rename(f, i)}.png')
    assert evaluated(folders, folders/'out', folders/'truth', '--inputs', folders/'in', *words, out='ev2') == 0
    assert result(folders/'ev2')['measures'] == result(folders/'ev')['measures']


def test_files_without_partner_name_the_option(folders, capsys):
    (folders/'out/1.png').rename(folders/'out/1_x.png')
    assert evaluated(folders, folders/'out', folders/'truth') == 2
    said = capsys.readouterr().err
    assert "use --pairing='pattern'" in said and "--pairing='position'" in said and 'data.pairing' not in said


def test_many_results_for_one_target_have_names_of_their_own(folders):
    for i in range(3): shutil.copy(folders/f'out/{i}.png', folders/f'out/{i}_b.png')
    assert sorted(EvalCase.from_folders(folders / 'out', folders / 'truth', pairing='prefix')) == [
        '0',
        '0_b',
        '1',
        '1_b',
        '2',
        '2_b',
    ]


def test_the_same_pair_twice_is_refused(folders):
    pairs = match(folders/'in', folders/'truth')
    with pytest.raises(ValueError, match='same pair of images is there twice'):
        EvalCase.from_model(lambda *a: None, pairs + pairs[:1])


# ---- the files that are written

def test_a_perfect_image_leaves_strict_json(folders, capsys):
    assert evaluated(folders, folders/'out', folders/'truth') == 0
    s = result(folders/'ev')['measures']['PSNR']
    assert s['infinite'] == 1 and s['mean'] < 100 and '(1 of 3 images left out' in capsys.readouterr().out


def test_every_image_is_restored_once_and_told_within(folders, monkeypatch):
    restored, told = [], []
    real = module.restore_loaded
    count = lambda *a, **kw: restored.append((kw['name'].stem, kw['seed'])) or real(*a, **kw)
    monkeypatch.setattr(module, 'restore_loaded', count)
    monkeypatch.setattr(module.Progress, 'share', lambda self, share: told.append(self.done + share))
    words = ['--model', network(folders), folders/'in', folders/'truth', '--seeds', '2']
    assert evaluated(folders, *words) == 0
    assert sorted(restored) == [(str(i), k) for i in range(3) for k in range(2)]
    assert sorted(told) == told == [0, .5, 1, 1, 1.5, 2, 2, 2.5, 3]


def test_the_sheet_of_the_command_is_the_one_of_the_cases(folders, monkeypatch):
    drawn = []
    real = module._sheet
    monkeypatch.setattr(module, '_sheet', lambda columns, names: drawn.append((columns, names)) or real(columns, names))
    assert evaluated(folders, folders/'out', folders/'truth', '--inputs', folders/'in') == 0
    cases = EvalCase.from_folders(folders/'out', folders/'truth', folders/'in')
    comparison_sheet([replace(cases[n](), name=n) for n in drawn[0][1]])
    assert len({*drawn[0][1]}) == 3 and drawn[0][1] == drawn[1][1]
    for kept, made in zip(drawn[0][0], drawn[1][0]):
        assert [*kept] == [*made] == ['input', 'restored', 'truth', 'error, x4']
        for k in kept: close(kept[k], made[k].expand(3, 160, 160), 1/254)


@pytest.mark.parametrize('broken', ['_sheet', 'save', '_keep_spread'])
def test_all_files_are_written_or_none(folders, broken, monkeypatch, capsys):
    def full(*a, **kw): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(RenderedFigure if broken == 'save' else module, broken, full)
    words = ['--model', network(folders), folders/'in', folders/'truth', '--seeds', '2']
    assert evaluated(folders, *words) == 1
    assert (capsys.readouterr().err.splitlines()[-1] ==
            f"rddm-evaluate: {folders/'ev'}: No space left on device; nothing was written")
    assert not (folders/'ev').exists()
    monkeypatch.undo()
    assert evaluated(folders, *words) == 0
    assert sorted(p.name for p in (folders / 'ev').glob('[!.]*')) == [
        'each.csv',
        'evaluation.json',
        'sheet.png',
        'spread',
    ]


def test_a_failed_evaluation_leaves_the_one_before(folders, monkeypatch):
    words = ['--model', network(folders), folders/'in', folders/'truth', '--seeds', '2', '--force']
    assert evaluated(folders, *words) == 0
    before = {p: p.read_bytes() for p in (folders/'ev').rglob('*') if p.is_file()}
    (folders/'in/0.png').unlink()
    (folders/'truth/0.png').unlink()
    with monkeypatch.context() as m:
        m.setattr(RenderedFigure, 'save', lambda self, path: 1/0)
        assert evaluated(folders, *words) == 1
    assert {p: p.read_bytes() for p in (folders/'ev').rglob('*') if p.is_file()} == before
    assert evaluated(folders, *words) == 0
    assert sorted(p.name for p in (folders/'ev/spread').iterdir()) == ['1.png', '2.png']


def test_two_in_one_folder_are_kept_apart(folders, monkeypatch, capsys):
    real, codes = module._evaluated, []
    def meet(*a):
        if not codes: codes.append(evaluated(folders, folders/'out', folders/'truth'))
        return real(*a)
    monkeypatch.setattr(module, '_evaluated', meet)
    assert evaluated(folders, folders/'out', folders/'truth') == 0 and codes == [2]
    assert 'another process is at work in' in capsys.readouterr().err and result(folders/'ev')['images'] == 3
    assert evaluated(folders, folders/'out', folders/'truth') == 2
    assert 'already holds results' in capsys.readouterr().err


def test_what_is_left_out_of_files_is_counted(folders, capsys):
    for f, n in (('out', 2), ('truth', 3)):
        for i in range(n):
            image = load_image(folders/f'{f}/{i}.png')
            save_image(folders/f'{f}/{i}.png', image.x, image._replace(alpha=torch.ones(1, *image.x.shape[1:])),
                       force=True)
    assert evaluated(folders, folders/'out', folders/'truth') == 0
    assert '3 images: transparency left out' in capsys.readouterr().out
    assert result(folders/'ev')['notes'] == {'transparency left out': 3}
    assert evaluated(folders, '--model', network(folders), folders/'in', folders/'truth', '--seeds', '2',
                     out='ev2') == 0
    assert result(folders/'ev2')['notes'] == {'transparency left out': 3}


def test_a_network_that_generates_says_so(folders, capsys):
    assert evaluated(folders, '--model', 'emoji', folders/'in', folders/'truth') == 0
    assert 'trained to generate: its results do not follow' in capsys.readouterr().err


def test_maps_of_one_name_stay_apart(tmp_path):
    for name in ('a/b', 'a_b', 'x'*300): module._keep_spread(tmp_path/'s', case(2, name))
    assert sorted(p.stem for p in (tmp_path/'s').iterdir()) == ['a_b', 'a_b_', 'x'*60]


def test_the_sheet_shows_every_pixel_of_an_image_that_is_larger():
    x = torch.full((3, 640, 320), -1.)
    x[..., ::4] = 1
    out = module._square(x)
    assert out.shape == (3, 160, 160) and (out[..., :40] == 1).all() and (out[..., 120:] == 1).all()
    close(out[..., 45:115], torch.full((3, 160, 70), -.5), .05)


def test_what_a_model_leaves_beyond_the_range_counts_as_white_or_black():
    x0 = load_image(torch.zeros(3, 4, 4))
    close(module._case('a', [torch.full((3, 4, 4), v) for v in (3., -3.)], x0, None, None).samples.mean((1, 2, 3)),
          [1, -1], 0)


def test_odd_names_in_results(folders):
    for f in ('out', 'truth'): shutil.copy(folders/f'{f}/1.png', folders/f'{f}/$x_{{1$ 雨→.png')
    for f in ('out', 'truth'): shutil.copy(folders/f'{f}/1.png', named(folders/f, b'\xff.png'))
    assert evaluated(folders, folders/'out', folders/'truth') == 0 and result(folders/'ev')['images'] == 5


def test_all_bad_is_a_failure_not_a_refusal(folders, capsys):
    for p in (folders/'out').iterdir(): p.write_bytes(b'x')
    assert evaluated(folders, folders/'out', folders/'truth') == 1
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 4 and 'none of 3 images could be measured' in err[-1] and not (folders/'ev').exists()


# ---- wrong words

@pytest.fixture(scope='module')
def two(tmp_path_factory):
    root = tmp_path_factory.mktemp('two')
    for f in ('a', 'b'): write(root/f'{f}/0.png', random_images(3, 16, 16))
    (root/'empty').mkdir()
    network(root)
    return root


WRONG = {**{f'{flag} {word}': ['a', 'b', flag, word] for flag, words in {
    '--measures': ('FID', 'psnr', '', '7'), '--protocol': ('SIDD', 'lol', '', 'Set5'), '--region': ('left', '', 'ALL'),
    '--pairing': ('unpaired', 'names', '', '1'),
    '--pattern': ('(', 'x', '['), '--seeds': ('0', '-1', 'x', '1.5', 'nan', ''), '--steps': ('0', 'x', '1.5', ''),
    '--eta': ('2', 'nan', 'x', 'inf'), '--solver': ('rk4', 'Heun', ''), '--tile': ('0', 'x', '-1'),
    '--overlap': ('x', '-1'), '--seed': ('x', '-1'), '--inputs': ('nowhere', '', 'empty', 'm'),
    '--masks': ('nowhere', '', 'empty')}.items() for word in words},
    'nothing': [], 'one folder': ['a'], 'three folders': ['a', 'b', 'a'], 'no results': ['none', 'b'],
    'no targets': ['a', 'none'], 'empty': ['empty', 'b'], 'a file': ['net', 'b'],
    'set alone': ['--set', 'a'], 'set and folders': ['a', 'b', '--set', 'a', '--model', 'net'],
    'unknown layout': ['--set', 'a', '--model', 'net'], 'no set': ['--set', 'none', '--model', 'net'],
    'set and masks': ['--set', 'a', '--model', 'net', '--masks', 'b'],
    'set and pairing': ['--set', 'a', '--model', 'net', '--pairing', 'position'],
    'odd split': ['--set', 'a', '--model', 'net', '--split', 'x'],
    'no model': ['a', 'b', '--model', 'none'], 'an image as model': ['a', 'b', '--model', 'a/0.png'],
    'inputs and model': ['a', 'b', '--model', 'net', '--inputs', 'a'],
    'seeds without model': ['a', 'b', '--seeds', '2'], 'solver without model': ['a', 'b', '--solver', 'heun'],
    'solver and noise': ['a', 'b', '--model', 'net', '--solver', 'multistep', '--eta', '1'],
    'too many steps': ['a', 'b', '--model', 'net', '--steps', '11'],
    'a wide overlap': ['a', 'b', '--model', 'net', '--tile', '8', '--overlap', '8'],
    'no device': ['a', 'b', '--model', 'net', '--device', 'nonsense'],
    'cuda:99': ['a', 'b', '--model', 'net', '--device', 'cuda:99'],
    'region without masks': ['a', 'b', '--region', 'inside', '--measures', 'PSNR'],
    'region of windows': ['a', 'b', '--region', 'inside', '--masks', 'a'],
    'colours of luminance': ['a', 'b', '--measures', 'MAE Lab', '--protocol', 'LOL'],
    'shortened': ['a', 'b', '--meas', 'PSNR'],
    'unknown': ['a', 'b', '--nonsense'], 'pattern alone': ['a', 'b', '--pairing', 'pattern'],
    'force with a value': ['a', 'b', '--force=1'], 'LPIPS without weights': ['a', 'b', '--measures', 'LPIPS'],
    'position of two lengths': ['a', 'more', '--pairing', 'position'],
    **{f'{word} masks of a region': ['a', 'b', '--masks', word, '--region', 'inside', '--measures', 'PSNR']
       for word in ('nowhere', 'empty')}}


@pytest.mark.parametrize('what', WRONG)
def test_wrong_words_are_one_line_and_2(what, two, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(two)
    monkeypatch.delenv('RDDM_LPIPS', raising=False)
    for i in range(2): write(two/f'more/{i}.png', random_images(3, 16, 16))
    assert main([*WRONG[what], '--out', str(tmp_path/'ev')]) == 2
    said = capsys.readouterr()
    assert said.out == '' and len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith('rddm-evaluate: ') and len(said.err) < 700, said.err
    assert not (tmp_path/'ev').exists() and sorted(p.name for p in two.iterdir()) == ['a', 'b', 'empty', 'more', 'net']


@pytest.mark.parametrize('out', ['net', 'net/below', 'x'*300])
def test_places_that_cannot_be_written(out, two, capsys):
    assert main([str(two/'a'), str(two/'b'), '--out', str(two/out)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_notebook_does_not_parse_the_words_of_its_kernel(two, capsys, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['ipykernel_launcher.py', str(two/'a'), str(two/'b')])
    monkeypatch.chdir(two)
    assert main() == 2 and 'two folders are compared, got 0' in capsys.readouterr().err
    assert not (two/'rddm_evaluation').exists()


# ---- as real processes

COMMAND = "import sys; from rddm_nb.evaluate import main; sys.exit(main(sys.argv[1:]))"


def process(code, root, **env):
    args = [sys.executable, '-c', code, str(root/'out'), str(root/'truth'), '--out', str(root/'ev')]
    return subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, 'OMP_NUM_THREADS': '1', **env}, cwd=ROOT)


@pytest.mark.parametrize('env', [dict(PYTHONIOENCODING='ascii'),
                                 dict(PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', LC_ALL='C')])
def test_a_narrow_console(folders, env):
    write(folders/'truth/é→.png', random_images(3, 16, 16))
    (folders/'out/é→.png').write_bytes(b'x')
    p = process(COMMAND, folders, **env)
    out, err = p.communicate()
    assert p.returncode == 1 and '3 images, RGB' in out and len(err.splitlines()) == 1 and 'Traceback' not in err, err


SLOW = """import sys, time, rddm_nb.evaluate as e
real = e.EvalCase.metrics
def slow(case, *a):
    if case.name == '1':
        print('measuring', flush=True)
        time.sleep(1)
    return real(case, *a)
e.EvalCase.metrics = slow
sys.exit(e.main(sys.argv[1:]))"""


@posix
@pytest.mark.parametrize('signum, code', [('SIGTERM', 143), ('SIGINT', 130), ('SIGKILL', -9)])
def test_a_process_that_is_stopped_leaves_no_results_and_can_be_repeated(folders, signum, code):
    p = process(SLOW, folders)
    assert p.stdout.readline() == 'measuring\n', p.stderr.read()
    p.send_signal(getattr(signal, signum))
    _, err = p.communicate()
    assert p.returncode == code and not (folders/'ev/evaluation.json').exists()
    if code > 0:
        assert err.splitlines() == ['rddm-evaluate: stopped; nothing was written'] and not (folders/'ev').exists()
    assert evaluated(folders, folders/'out', folders/'truth') == 0
    assert sorted(p.name for p in (folders/'ev').glob('[!.]*')) == ['each.csv', 'evaluation.json', 'sheet.png']


def test_nothing_to_measure_and_nothing_measured_are_named(folders, tmp_path, capsys):
    for word in ('[]', ','):
        assert evaluated(tmp_path, folders/'in', folders/'truth', '--measures', word) == 2
        assert 'measures must name at least one of PSNR' in capsys.readouterr().err
    x = random_images(3, 16, 16)
    with pytest.raises(ValueError, match='samples holds no restoration'): EvalCase('a', x[None][:0], x).metrics()
    with pytest.raises(ValueError, match=r'the ground truth must lie in \[-1, 1\]'):
        measure('PSNR', x[None], 100*x[None])


@pytest.mark.parametrize('words', [('', 'truth'), ('in', ''), ('in', 'truth', '--out', '')])
def test_an_empty_name_is_no_folder(folders, words, capsys, monkeypatch):
    monkeypatch.chdir(folders)
    before = sorted(folders.rglob('*'))
    assert main(list(words)) == 2 and "got ''" in capsys.readouterr().err and sorted(folders.rglob('*')) == before


def test_a_folder_never_mixes_two_evaluations(folders, monkeypatch):
    assert evaluated(folders, '--model', model(folders), str(folders/'in'), str(folders/'truth'), '--seeds', '2') == 0
    old = {p.relative_to(folders): p.read_bytes() for p in (folders/'ev').rglob('*') if p.is_file()}
    seen = []
    class Killed(BaseException): pass
    real = Path.replace
    def killed(self, to):
        left = {p.relative_to(folders) for p in (folders/'ev').rglob('*') if p.is_file() and '.' != p.parent.name[:1]}
        seen.append({k.name for k in left if old.get(k) == (folders/k).read_bytes()} - {'.lock'})
        real(self, to)
        if to.name == 'each.csv': raise Killed
    monkeypatch.setattr(Path, 'replace', killed)
    with pytest.raises(Killed): evaluated(folders, str(folders/'out'), str(folders/'truth'), '--force')
    assert seen == [set()] and {p.name for p in (folders/'ev').iterdir()} - {'.lock'} == {'each.csv'}


def test_what_says_what_was_compared_goes_first_and_comes_last(folders, monkeypatch):
    words = [str(folders/'out'), str(folders/'truth')]
    assert evaluated(folders, *words) == 0
    done, unlink, move = [], Path.unlink, Path.replace
    monkeypatch.setattr(Path, 'unlink', lambda p, **kw: (done.append(f'-{p.name}'), unlink(p, **kw)))
    monkeypatch.setattr(Path, 'replace', lambda p, to: (done.append(to.name), move(p, to)))
    assert evaluated(folders, *words, '--force') == 0
    done = [d for d in done if d.removeprefix('-') in module._FILES]
    assert done[0] == '-evaluation.json' and done[-1] == 'evaluation.json' and len(done) == 6


def test_a_model_of_equalised_inputs_gets_such_inputs(folders, capsys):
    net = load_network(model(folders))
    save_model(folders/'eq', net, net.schedule, config=dict(data=dict(equalize=True)))
    words = ['--model', str(folders/'eq'), str(folders/'in'), str(folders/'truth')]
    assert evaluated(folders, *words) == 0
    assert '3 images: histogram equalised, as in training' in capsys.readouterr().out.splitlines()
    got, image = result(folders/'ev'), load_image(folders/'in/1.png')
    assert got['equalize'] is True and got['notes'] == {'histogram equalised, as in training': 3}
    case = EvalCase.from_model(load_network(folders/'eq'), match(folders/'in', folders/'truth'), steps=1)['1']()
    even = from_uint8(_equalized(to_uint8(image.x)))
    close(case.samples[0], restore(net, even, 1).clamp(-1, 1), 1e-6)
    close(case.x_in, image.x, 1e-9)


@pytest.mark.parametrize('kw, said', [
    (dict(seeds='3'), "seeds must be a whole number, got '3'"),
    (dict(seeds=2.), 'seeds must be a whole number, got 2.0'),
    (dict(seed=1.5), 'seed must be a whole number, got 1.5'),
    (dict(pairs=['a']), r'pairs must hold tuples \(x_in, x0\)')], ids=['text', 'float', 'seed', 'pairs'])
def test_what_a_model_cannot_restore_is_named(kw, said):
    with pytest.raises(TypeError, match=said): EvalCase.from_model(None, **{'pairs': [], **kw})


def test_pairs_may_be_tuples_of_names(folders):
    net = load_network(model(folders))
    pairs = [(str(folders/'in/1.png'), str(folders/'truth/1.png'))]
    case = EvalCase.from_model(net, pairs, steps=1)['1']()
    close(case.samples[0], restore(net, load_image(folders/'in/1.png').x, 1).clamp(-1, 1), 1e-6)


def test_nothing_is_taken_away_that_is_no_result(folders, capsys):
    out, words = folders/'ev', [folders/'out', folders/'truth', '--out', folders/'ev', '--measures', 'PSNR']
    (out/'.unfinished').mkdir(parents=True)
    (out/'.unfinished/mine.txt').write_text('mine', encoding='utf-8')
    assert main([str(w) for w in words]) == 0 and (out/'.unfinished/mine.txt').exists()
    (out/'spread').mkdir()
    (out/'spread/mine.txt').write_text('mine', encoding='utf-8')
    assert main([str(w) for w in [*words, '--force']]) == 2 and (out/'spread/mine.txt').exists()
    assert 'spread holds mine.txt, which is no result' in capsys.readouterr().err


def test_masks_that_nothing_would_use_are_refused(folders, capsys):
    words = ['--model', network(folders), folders/'in', folders/'truth', '--masks', folders/'in']
    assert evaluated(folders, *words) == 2 and not (folders/'ev').exists()
    assert 'the network takes no masks, and all pixels count: leave out --masks' in capsys.readouterr().err


def doubtful(right):
    "A case of 32 x 40 pixels: fair draws where it is right, samples that are equal and wrong elsewhere"
    x0 = random_images(3, 32, 40)*.2
    fair = .1*torch.randn(9, 3, 32, 40, generator=rng(1), dtype=x0.dtype)
    return EvalCase('', torch.where(right, x0 + fair[:8], x0 + .3), x0 + torch.where(right, fair[8], 0.))


@pytest.mark.parametrize('protocol, right', [(Protocol(region='inside'), lambda y, x: y < 10),
                                             (Protocol(region='outside'), lambda y, x: y >= 10),
                                             (Protocol(border=3), lambda y, x: (y - 15.5).abs() + 3 < 16)],
                         ids=['inside', 'outside', 'border'])
def test_the_verdict_is_about_the_pixels_that_count(protocol, right):
    y, x = torch.meshgrid(torch.arange(32), torch.arange(40), indexing='ij')
    counts = right(y, x) & ((x >= protocol.border) & (x < 40 - protocol.border))
    c = replace(doubtful(right(y, x)), mask=(y < 10)[None]*2. - 1)
    some, everything = (evaluate(dict(a=lambda: c), ('PSNR',), p).calibration for p in (protocol, Protocol()))
    assert some.sums[:, 0].sum() == counts.sum() and everything.sums[:, 0].sum() == 32*40
    close(some.ratio, 1, .1)
    assert everything.ratio > 1.5 and everything.verdict().startswith('not calibrated')


def test_where_images_are_resized_first_the_verdict_is_about_the_pixels_of_the_region():
    y = torch.arange(32)[:, None].expand(32, 40)
    c = replace(doubtful(y < 10), mask=(y < 10)[None]*2. - 1)
    mask = torch.nn.functional.interpolate(c.mask[None], scale_factor=2)[0]
    for m in (c.mask, mask):
        ev = evaluate(dict(a=lambda: replace(c, mask=m)), ('PSNR',), Protocol(resize=24, border=3, region='inside'))
        assert ev.calibration.sums[:, 0].sum() == 180  # rows 4 to 9, columns 5 to 34: inside the border as well


def test_rounding_does_not_decide_the_verdict():
    y = torch.arange(32)[:, None].expand(32, 40)
    c = doubtful(y < 40)
    fair, almost, known = Calibration(), Calibration(), Calibration()
    fair.add(c)
    almost.add(replace(c, samples=torch.where(y < 16, c.samples, c.x0 + 6e-8)))
    known.add(replace(c, samples=(c.x0 + 6e-8).expand(8, 3, 32, 40)))
    assert fair.verdict() == almost.verdict() == known.verdict() and known.ratio == 1
    known.add(replace(c, samples=(c.x0 + 1/127.5).expand(8, 3, 32, 40)))
    assert known.verdict().startswith('not calibrated') and known.ratio == math.inf


def test_an_input_of_another_size_is_named(folders, capsys):
    write(folders/'in/1.png', random_images(3, 12, 15))
    words = [folders/'out', folders/'truth', '--inputs', folders/'in', '--measures', 'PSNR']
    assert evaluated(folders, *words) == 1
    said = '1: the input is 15x12, the ground truth 30x25, but both must have one size: resize the inputs first'
    assert said in capsys.readouterr().err


def test_a_folder_called_spread_without_an_evaluation_is_yours(folders, capsys):
    write(folders/'ev/spread/mine.png', random_images(3, 8, 8))
    assert evaluated(folders, folders/'out', folders/'truth', '--force') == 2
    assert (folders/'ev/spread/mine.png').exists() and 'holds mine.png, which is no result' in capsys.readouterr().err


@pytest.mark.parametrize('ask, said', [
    (lambda c: evaluate(dict(a=lambda: c), 'PSNR'), 'measures must be a tuple of names'),
    (lambda c: c.metrics('PSNR'), 'measures must be a tuple of names'),
    (lambda c: evaluate([c]), 'cases must be a dict, name -> function .*, got list')],
    ids=['evaluate', 'metrics', 'list'])
def test_what_no_image_can_be_measured_with_is_named(ask, said):
    with pytest.raises(TypeError, match=said): ask(case())


@pytest.mark.parametrize('words', [(), ('--pairing', 'position')], ids=['name', 'position'])
def test_nobody_who_measures_is_told_how_to_train(folders, words, capsys):
    (folders/'out/1.png').unlink()
    assert evaluated(folders, folders/'out', folders/'truth', *words) == 2
    said = capsys.readouterr().err
    assert 'position' in said and 'unpaired' not in said and 'train' not in said


@needs_data
def test_a_published_protocol_gives_the_published_number(tmp_path):
    inputs, targets = (str(DATA/'rain100l_full/test'/k) for k in ('rain', 'norain'))
    main([inputs, targets, '--protocol', 'Rain100L', '--measures', 'PSNR', '--out', str(tmp_path/'ev')])
    with open(tmp_path/'ev/each.csv', newline='', encoding='utf-8') as f: rows = [*csv.DictReader(f)]
    found = [float(r['PSNR']) for r in rows]
    assert len(found) == 100
    close(sum(found)/100, 26.90, .005)


def test_the_ratio_is_about_what_the_verdict_is_about():
    "Two of 400 pixels are wrong and sure of it: too few for a group of theirs"
    x0 = random_images(3, 20, 20)*.2
    fair = .1*torch.randn(9, 3, 20, 20, generator=rng(1), dtype=x0.dtype)
    fair[..., 0, :2] = 0
    c, draws = Calibration(), x0 + fair[:8]
    draws[..., 0, :2] += 1
    c.add(EvalCase('', draws, x0 + fair[8]))
    assert c.verdict().startswith('calibrated')
    close(c.ratio, 1, .1)


def test_pixels_that_count_may_be_said_by_a_mask():
    y = torch.arange(32)[:, None].expand(32, 40)
    c = doubtful(y < 10)
    some = []
    for counts in (y < 10, (y < 10)[None], (y < 10)*2. - 1, ((y < 10)*2. - 1)[None]):
        some.append(Calibration())
        some[-1].add(c, counts)
    assert all(torch.equal(k.sums, some[0].sums) for k in some) and some[0].sums[:, 0].sum() == 400
    none = Calibration()
    none.add(c, y < 0)
    assert none.verdict() == Calibration().verdict() == 'no pixels to judge by' and none.ratio == 1
    assert none.groups() == Calibration().groups() == []


def test_measures_may_be_read_once():
    names = ('PSNR', 'SSIM')
    assert case().metrics(iter(names)) == case().metrics(names)
    ev = evaluate(dict(a=case, b=case), iter(names))
    assert ev.rows == evaluate(dict(a=case, b=case), names).rows and 'SSIM' in ev.rows[1]
    with pytest.raises(TypeError, match='measures must be a tuple of names'): evaluate(dict(a=case), None)


@pytest.mark.parametrize('moves', range(9))
def test_an_evaluation_that_failed_while_it_was_published_can_be_repeated(moves, tmp_path, monkeypatch):
    work, out = tmp_path/'work', tmp_path/'out'
    for folder in (work, out):
        (folder/'spread').mkdir(parents=True)
        for name in ('each.csv', 'sheet.png', 'evaluation.json', 'spread/1.png'): (folder/name).write_bytes(b'1')
    left = iter(range(moves))
    def limited(do):
        def done(*a, **kw):
            if next(left, None) is None: raise OSError('the disk is gone')
            return do(*a, **kw)
        return done
    with monkeypatch.context() as m:
        for name in ('unlink', 'replace'): m.setattr(Path, name, limited(getattr(Path, name)))
        m.setattr(shutil, 'rmtree', limited(shutil.rmtree))
        with suppress(OSError): _publish(work, out)
    assert not (out/'spread').exists() or (out/'each.csv').exists()
    _check_out(SimpleNamespace(out=str(out), folders=(), inputs=None, masks=None))
    assert (moves == 8) == ((out/'evaluation.json').exists() and not (work/'evaluation.json').exists())
