"""What the command says about pictures is what they are: by hand, by scikit-image, with broken files and with draws
whose spread is known."""
import csv
import json
import math
import pytest
import torch
from common import close, pictures, rng
from hypothesis import given, strategies as st
from PIL import Image
from rddm_nb.data import match, read_image
from rddm_nb.estimate import Prediction
from rddm_nb.evaluate import Calibration, EvalCase, evaluate, from_folders, from_model, main, measure_case, comparison_sheet, sample_std
from rddm_nb.images import from_uint8, to_uint8
from rddm_nb.metrics import Protocol, measure
from rddm_nb.restore import restore
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet, save_model


def write(path, x):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(to_uint8(x).permute(1, 2, 0).numpy()).save(path)


def case(k=3, name='a', seed=0, off=.2):
    x0 = pictures(3, 20, 24, seed=seed)*.6
    return EvalCase(name, (x0 + off*torch.randn(k, 3, 20, 24, generator=rng(seed + 1), dtype=x0.dtype)).clamp(-1, 1), x0, (x0 + .4).clamp(-1, 1))


def test_numbers_are_means_bests_and_those_of_the_mean():
    c = case()
    each = [measure('PSNR', g[None], c.x0[None]).value for g in c.samples]
    got = measure_case(c, ('PSNR', 'MAE Lab'))
    close(got['PSNR'], sum(each)/3, 1e-9); close(got['PSNR best'], max(each), 1e-9)
    close(got['PSNR of mean'], measure('PSNR', c.samples.mean(0)[None], c.x0[None]).value, 1e-9)
    close(got['PSNR input'], measure('PSNR', c.x_in[None], c.x0[None]).value, 1e-9)
    close(got['MAE Lab best'], min(measure('MAE Lab', g[None], c.x0[None]).value for g in c.samples), 1e-9)


def test_one_seed_and_no_input_say_less():
    c = case(1)
    assert set(measure_case(EvalCase('a', c.samples, c.x0))) == {'PSNR', 'SSIM'}
    assert set(measure_case(c)) == {'PSNR', 'SSIM', 'PSNR input', 'SSIM input'}
    with pytest.raises(ValueError, match='give several seeds'): sample_std(c.samples)


@given(st.integers(0, 1000), st.integers(2, 6))
def test_the_mean_of_guesses_is_never_worse_than_they_are_in_the_mean(seed, k):
    got = measure_case(case(k, seed=seed), ('PSNR',), Protocol(rounded=False))
    assert got['PSNR of mean'] >= got['PSNR'] - 1e-9 and got['PSNR best'] >= got['PSNR']


def test_a_region_counts_where_it_is():
    c = case(1)
    mask = torch.full((1, 20, 24), -1.); mask[:, :8] = 1
    inside = measure_case(EvalCase('a', c.samples, c.x0, None, mask), ('PSNR',), Protocol(region='inside'))['PSNR']
    close(inside, measure('PSNR', c.samples[:, :, :8], c.x0[None, :, :8]).value, 1e-9)


def test_spread_by_hand():
    g = torch.stack([torch.full((3, 2, 2), v) for v in (0., .1, .2)])
    g[2, 1:] = .1
    close(sample_std(g)[0, 0], math.sqrt((.01 + 2*.01/3)/3), 1e-7)


@given(st.integers(0, 1000), st.integers(2, 10), st.floats(.02, .3))
def test_fair_draws_are_calibrated_and_proud_or_shy_ones_are_not(seed, k, scale):
    g, truths = rng(seed), []
    fair, proud, shy = (Calibration() for _ in range(3))
    for _ in range(3):
        middle = torch.randn(3, 40, 40, generator=g).double()*.2
        truth, draws = middle + scale*torch.randn(3, 40, 40, generator=g), middle + scale*torch.randn(k, 3, 40, 40, generator=g)
        for c, share in ((fair, 1.), (proud, .3), (shy, 4.)): c.add(EvalCase('', middle + (draws - middle)*share, truth))
    close(fair.ratio, 1, .1)
    want = lambda s: math.sqrt((1 + s**2/k)/(s**2*(1 + 1/k)))
    close(proud.ratio/want(.3), 1, .1); close(shy.ratio/want(4.), 1, .1)
    assert proud.verdict().startswith('not calibrated') and shy.verdict().startswith('not calibrated') and proud.ratio > 1.5 > 1/1.5 > shy.ratio


def test_calibration_does_not_mistake_a_good_mean_for_calibration():
    "Too sure in one place and too shy in another: the ratio of all is near one, the groups tell"
    c, g = Calibration(), rng(0)
    half = (torch.arange(64) < 32).double()
    truth = torch.randn(3, 64, 64, generator=g, dtype=torch.float64)*.1
    draws = torch.randn(4, 3, 64, 64, generator=g, dtype=torch.float64)*(.4*half + .01)
    c.add(EvalCase('', draws, truth))
    assert c.verdict().startswith('not calibrated') and len(c.groups()) >= 2


def test_guesses_that_never_differ():
    x = pictures(3, 8, 8)
    right, wrong = Calibration(), Calibration()
    right.add(EvalCase('', x.expand(2, 3, 8, 8), x)); wrong.add(EvalCase('', x.expand(2, 3, 8, 8), -x))
    assert right.ratio == 1 and right.verdict().startswith('calibrated') and wrong.ratio == math.inf and wrong.verdict().startswith('not calibrated')
    with pytest.raises(ValueError, match='factor must be above 1'): Calibration(1)


def test_evaluation_takes_what_can_be_read_and_names_the_rest():
    def broken(): raise ValueError('b.png cannot be read')
    seen = []
    ev = evaluate(dict(a=lambda: case(name='a'), b=broken, c=lambda: case(name='c', seed=5)), ('PSNR',), see=lambda c: seen.append(c.name))
    assert ev.names == seen == ['a', 'c'] and ev.failed == [('b', 'b.png cannot be read')]
    s = ev.summary()
    close(s['measures']['PSNR']['mean'], (measure_case(case())['PSNR'] + measure_case(case(seed=5))['PSNR'])/2, 1e-9)
    assert s['failed'] == [dict(name='b', why='b.png cannot be read')] and s['pictures'] == 2 and s['uncertainty']['verdict'] and s['protocol'] == 'RGB'
    json.dumps(s, allow_nan=False)
    with pytest.raises(ValueError, match='none of 1 pictures could be measured: b.png'): evaluate(dict(b=broken))
    with pytest.raises(ValueError, match="measures must be some of .*, got 'FID'"): evaluate(dict(b=broken), ('FID',))
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
        x0 = pictures(3, 24 + i, 30, seed=i)*.5
        write(tmp_path/f'truth/{i}.png', x0); write(tmp_path/f'in/{i}.png', (x0 + .5).clamp(-1, 1)); write(tmp_path/f'out/{i}.png', (x0 + .02*i).clamp(-1, 1))
    return tmp_path


def test_folders_against_scikit_image(folders, capsys):
    from skimage.metrics import peak_signal_noise_ratio
    assert main([str(folders/'out'), str(folders/'truth'), '--inputs', str(folders/'in'), '--out', str(folders/'ev')]) == 0
    rows = list(csv.DictReader((folders/'ev/each.csv').open()))
    assert [r['name'] for r in rows] == ['0', '1', '2'] and rows[0]['PSNR'] == 'inf'
    for i in (1, 2):
        a, b, c = (read_image(folders/f/f'{i}.png').numpy() for f in ('out', 'truth', 'in'))
        close(float(rows[i]['PSNR']), peak_signal_noise_ratio(b, a), 1e-9); close(float(rows[i]['PSNR input']), peak_signal_noise_ratio(b, c), 1e-9)
    assert 'wrote' in capsys.readouterr().out and not list((folders/'ev').glob('*.tmp'))


def test_results_are_not_written_over(folders, capsys):
    words = [str(folders/'out'), str(folders/'truth'), '--out', str(folders/'ev')]
    assert main(words) == 0
    before = (folders/'ev/each.csv').read_bytes()
    write(folders/'out/1.png', pictures(3, 25, 30, seed=9))
    assert main(words) == 2 and (folders/'ev/each.csv').read_bytes() == before and '--force' in capsys.readouterr().err
    assert main([*words, '--force']) == 0 and (folders/'ev/each.csv').read_bytes() != before


def test_broken_and_unequal_pictures_are_listed(folders, capsys):
    (folders/'out/0.png').write_bytes(b'nothing'); write(folders/'out/1.png', pictures(3, 8, 8))
    assert main([str(folders/'out'), str(folders/'truth'), '--out', str(folders/'ev')]) == 1
    err = capsys.readouterr().err
    assert '0.png cannot be read' in err and 'rddm-evaluate: 1: pictures of equal shapes' in err
    assert [f['name'] for f in json.loads((folders/'ev/evaluation.json').read_text())['failed']] == ['0', '1']


def model(tmp_path, bbar=.5):
    torch.manual_seed(0)
    net = UNet(8, (1, 2))
    for p in net.last[-1].parameters(): torch.nn.init.normal_(p, std=.1)
    save_model(tmp_path/'m.safetensors', net, Schedule.power(T=10, bbar_T=bbar))
    return str(tmp_path/'m.safetensors')


def test_a_model_with_several_seeds(folders):
    words = ['--model', model(folders), str(folders/'in'), str(folders/'truth'), '--seeds', '3', '--steps', '2', '--device', 'cpu', '--tile', '16', '--overlap', '4']
    assert main([*words, '--out', str(folders/'ev')]) == 0
    got = json.loads((folders/'ev/evaluation.json').read_text())
    assert got['seeds'] == 3 and {'PSNR', 'PSNR best', 'PSNR of mean', 'PSNR input'} <= set(got['measures'])
    maps = sorted((folders/'ev/spread').iterdir())
    assert [p.name for p in maps] == ['0.png', '1.png', '2.png'] and Image.open(maps[1]).size == (30, 25)
    from rddm_nb.restore import load_any
    x_in = from_uint8(read_image(folders/'in/1.png'))
    samples = torch.stack([restore(load_any(words[1]), x_in, 2, 16, 4, seed=k) for k in range(3)]).clamp(-1, 1)
    grey = read_image(maps[1])[0]
    close(grey, (sample_std(samples)*127.5*4).round().clamp(0, 255), 1)


def test_a_model_on_a_data_set(folders):
    for k, v in (('rain', 'in'), ('norain', 'truth')): (folders/'set/test').mkdir(parents=True, exist_ok=True); (folders/v).rename(folders/'set/test'/k)
    assert main(['--model', model(folders), '--set', str(folders/'set'), '--steps', '1', '--device', 'cpu', '--out', str(folders/'ev')]) == 0
    assert json.loads((folders/'ev/evaluation.json').read_text())['pictures'] == 3


def test_pictures_of_one_name_in_several_folders_stay_apart(folders):
    write(folders/'b/truth/0.png', pictures(3, 24, 30, seed=5)); write(folders/'b/in/0.png', pictures(3, 24, 30, seed=6))
    pairs = [*match(folders/'in', folders/'truth'), *match(folders/'b/in', folders/'b/truth')]
    predictor = lambda x_t, x_in, a, b, t: Prediction(res=0*x_t)
    predictor.schedule = Schedule.power(T=4)
    assert len(evaluate(from_model(predictor, pairs, steps=1), ('PSNR',)).rows) == 4


@pytest.mark.parametrize('words, why', [(['one'], 'two folders are compared, got 1'), (['a', 'b', '--seeds', '2'], '--seeds is for a model'), (['--set', 'x'], 'add --model'), (['a', 'b', '--set', 'x'], 'not both'),
                                        (['nowhere', 'either'], 'there is no folder nowhere'), (['--model', 'nowhere', 'a', 'b'], 'there is no file nowhere'), (['--model', 'm', 'a', 'b', '--inputs', 'c'], 'leave out --inputs')])
def test_what_cannot_start_says_why_and_leaves_nothing(words, why, tmp_path, capsys):
    assert main([*words, '--out', str(tmp_path/'ev')]) == 2
    assert why in capsys.readouterr().err and not (tmp_path/'ev').exists()


def test_seeds_below_one():
    with pytest.raises(ValueError, match='seeds must be at least 1, got 0'): from_model(None, [], 0)
