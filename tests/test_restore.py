"""Tiles over one canvas give what the whole would, and a folder is worked through once, whatever happens."""
import hashlib
import io
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import unicodedata
from functools import partial
from pathlib import Path
import numpy as np
import pytest
from places import ROOT
import rddm_nb.restore as module
import torch
from common import SLASH, awake, close, named, posix, random_images, randn, rng
from hypothesis import given, strategies as st
from rddm_nb.degrade import KnownPixels
from rddm_nb.estimate import Prediction
from rddm_nb.exact import ExactPredictor
from rddm_nb.files import write_tensors
from rddm_nb.hub import HubModel
from rddm_nb.imagefile import LoadedImage, load_image, save_image
from rddm_nb.images import _equalized, from_uint8, to_uint8
from rddm_nb.official import OfficialUNet
from rddm_nb.restore import (_UNTOLD, Progress, Tiled, _describe_settings, _digest, _plain, main, plan_tiles,
                             restore, restore_folder, restore_loaded, _result_names, _tile_offsets, _tile_weights)
from rddm_nb.runtime import StopRequest, seed_for
from rddm_nb.models import _best_steps, load_network
from rddm_nb.sampler import SOLVERS, sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet, save_model
from rddm_nb.variants import Auto, Both, OnlyRes

S = Schedule.power(T=10)


def pixelwise(x_t, x_in, abar, bbar, t=None): return Prediction(res=torch.tanh(x_t - x_in) + .1*x_in)


@given(st.integers(1, 300), st.integers(1, 80), st.data())
def test_tiles_cover_everything_and_add_up_to_one(n, tile, data):
    overlap = data.draw(st.integers(0, tile - 1))
    at, total = _tile_offsets(n, tile, overlap), torch.zeros(n, dtype=torch.float64)
    assert at[0] == 0 and at == sorted(set(at)) and (len(at) == 1 or at[-1] == n - tile)
    assert all(b - a <= tile - overlap for a, b in zip(at, at[1:]))
    for s, w in _tile_weights(n, tile, overlap):
        assert s.stop - s.start == min(tile, n) and (w > 0).all()
        total[s] += w
    close(total, torch.ones(n), 1e-12)


def test_a_tile_counts_less_towards_its_end():
    (a, wa), (b, wb) = _tile_weights(16, 10, 4)
    assert (a, b) == (slice(0, 10), slice(6, 16))
    close(wa[:6], torch.ones(6), 1e-12)
    assert (wa[6:].diff() < 0).all() and (wb[:4].diff() > 0).all()
    close(wa[6:], wb[:4].flip(0), 1e-12)


@pytest.mark.parametrize('overlap', [-1, 8, 9])
def test_overlaps_that_cannot_be(overlap):
    with pytest.raises(ValueError, match=r'overlap must be in 0\.\.tile - 1 = 7'): Tiled(pixelwise, 8, overlap)


@pytest.mark.parametrize('tile', [None, 12])
@pytest.mark.parametrize('overlap', ['4', 2.5])
def test_an_overlap_is_a_whole_number(tile, overlap):
    with pytest.raises(TypeError, match=f'overlap must be a whole number, got {overlap!r}'):
        restore(pixelwise, random_images(3, 8, 8), tile=tile, overlap=overlap)
    assert Tiled(pixelwise, 12, np.int64(3)).overlap == 3


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 16), st.data())
def test_a_predictor_of_single_pixels_does_not_see_the_tiles(h, w, tile, data):
    x_t, x_in = randn(2, 3, h, w), random_images(2, 3, h, w, seed=1)
    tiled = Tiled(pixelwise, tile, data.draw(st.integers(0, tile - 1)))
    got = tiled(x_t, x_in, .3, .5)
    assert got.eps is None
    close(got.res, pixelwise(x_t, x_in, .3, .5).res, 1e-12)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_a_constant_stays_constant_in_every_precision(dtype):
    x = torch.full((1, 3, 100, 60), .7, dtype=dtype)
    got = Tiled(lambda x_t, *a: Prediction(res=x_t), 16, 8)(x, x, .5, .5).res
    assert got.dtype == dtype and torch.equal(got, x)


@pytest.mark.parametrize('hold', ['x0', 'where'])
def test_a_predictor_that_holds_the_whole_image_is_not_cut(hold):
    x = random_images(1, 3, 20, 30)
    model = KnownPixels(pixelwise, **{hold: x if hold == 'x0' else x[:, :1] > 0})
    with pytest.raises(ValueError, match='KnownPixels holds an image of 30x20, .* 8x8: take .* tile=30'):
        restore(model, x[0], 2, 8, schedule=S)
    assert restore(model, x[0], 2, 30, schedule=S).shape == (3, 20, 30)
    assert restore(KnownPixels(pixelwise), x[0], 2, 8, schedule=S).shape == (3, 20, 30)


def test_both_halves_and_the_place_are_handed_on():
    asked = []
    def model(x_t, x_in, abar, bbar, t):
        asked.append((abar, bbar, t, x_in))
        return Prediction(x_t, 2*x_t)
    x = randn(1, 3, 9, 9)
    got = Tiled(model, 6, 2)(x, None, .25, .5, 7)
    close(got.res, x, 1e-12)
    close(got.eps, 2*x, 1e-12)
    assert asked == [(.25, .5, 7, None)]*4


def test_one_noise_for_the_image_whatever_the_tiles():
    x = random_images(3, 30, 21)
    want = restore(pixelwise, x, 3, 64, schedule=S)
    close(want, sample(pixelwise, x[None], schedule=S, steps=3, generator=rng(seed_for(0, 'restore')))[0], 1e-12)
    for tile, overlap in ((8, 0), (8, 7), (13, 5)):
        close(restore(pixelwise, x, 3, tile, overlap, schedule=S), want, 1e-12)
    assert (restore(pixelwise, x, 3, 64, seed=1, schedule=S) - want).abs().max() > 1e-3
    with pytest.raises(ValueError, match=r'img must be one image \(C, H, W\), got shape \(1, 3, 30, 21\)'):
        restore(pixelwise, x[None])


def test_memory_of_the_network_is_that_of_a_tile():
    seen = []
    def model(x_t, *a):
        seen.append(tuple(x_t.shape))
        return Prediction(res=x_t)
    restore(model, random_images(3, 100, 300), 1, 32, 8, schedule=S)
    assert set(seen) == {(1, 3, 32, 32)} and len(seen) == 4*13

@pytest.fixture
def folder(tmp_path):
    for i in range(4): save_image(make(tmp_path/f'in/{i}.png'), random_images(3, 6 + i, 9, seed=i))
    return tmp_path


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


class Model:
    "A predictor with a schedule that counts its calls, or fails; whatever it has counted, it says that it is the same"
    schedule, sha256 = S, 'pixelwise'
    def __init__(self, fail=None, error=KeyboardInterrupt): self.calls, self.fail, self.error = 0, fail, error
    def __call__(self, *a):
        self.calls += 1
        if self.calls == self.fail: raise self.error
        return pixelwise(*a)


def quiet(model, root, **kw): return restore_folder(model, root/'in', root/'out', progress=False, **kw)


def names(files): return [p.name for p in files]


def test_a_folder_goes_on_where_it_stopped(folder):
    with pytest.raises(KeyboardInterrupt): quiet(Model(fail=6), folder, steps=2)
    assert sorted(names((folder/'out').iterdir())) == ['0.png', '1.png', 'restore.json']
    rest = Model()
    report = quiet(rest, folder, steps=2)
    assert names(report.done) == ['2.png', '3.png'] and report.failed == [] and report.there == 2 and rest.calls == 4
    restore_folder(Model(), folder/'in', folder/'again', steps=2, progress=False)
    for i in range(4): assert (folder/f'out/{i}.png').read_bytes() == (folder/f'again/{i}.png').read_bytes()
    x = load_image(folder/'in/3.png').x
    close(load_image(folder/'out/3.png').x, restore(Model(), x, 2), .5/127.5 + 1e-6)
    again = quiet(Model(), folder, steps=2)
    assert (again.done, again.there) == ([], 4)
    assert len(quiet(Model(), folder, steps=2, force=True).done) == 4


def test_a_stop_drops_the_image_at_the_next_call(folder):
    stop, model = StopRequest(), Model()
    def asked(*a):
        if model.calls == 2: stop.signum = 15
        return model(*a)
    asked.schedule = S
    with pytest.raises(KeyboardInterrupt): quiet(asked, folder, steps=2, stop=stop)
    assert model.calls == 3 and sorted(names((folder/'out').glob('*.png'))) == ['0.png']


@pytest.mark.parametrize('error, why',
                         [(MemoryError(), 'not enough memory'),
                          (RuntimeError('DefaultCPUAllocator: can\'t allocate memory: you tried'), 'not enough memory'),
                                        (OSError(28, 'No space left on device'), 'No space left'),
                                        (FloatingPointError('not finite'), 'not finite'),
                                        (KeyError('odd'), 'KeyError'), (RecursionError(), 'RecursionError')])
def test_whatever_one_file_does_the_others_are_done(folder, error, why):
    said = []
    report = quiet(Model(fail=2, error=error), folder, steps=1, warn=said.append)
    assert names(report.done) == ['0.png', '2.png', '3.png'] and names(p for p, _ in report.failed) == ['1.png']
    assert said == [report.failed[0][1]] and why in said[0] and '1.png' in said[0] and '\n' not in said[0]


def test_a_disk_that_is_full_for_one_result(folder, monkeypatch):
    real = module.save_image
    def full(path, *a, **kw):
        if path.name == '1.png': raise OSError(28, 'No space left on device', str(path))
        real(path, *a, **kw)
    monkeypatch.setattr(module, 'save_image', full)
    report = quiet(Model(), folder, steps=1)
    assert names(report.done) == ['0.png', '2.png', '3.png']
    for words in (f'in{SLASH}1.png: cannot write', rf'out{SLASH}1.png \(No space left on device\)'):
        assert re.search(words, report.failed[0][1])
    monkeypatch.undo()
    assert names(quiet(Model(), folder, steps=1).done) == ['1.png']


def test_files_that_are_no_images(folder):
    for name in ('.hidden.png', '._0.png', 'Thumbs.db', '.DS_Store', 'notes.txt'):
        (folder/f'in/{name}').write_bytes(b'x')
    (folder/'in/1.png').write_bytes(b'x')
    (folder/'in/folder.png').mkdir()
    report = quiet(Model(), folder, steps=1)
    assert names(report.done) == ['0.png', '2.png', '3.png'] and names(p for p, _ in report.failed) == ['1.png']


def test_processes_share_the_work(folder):
    parts = [quiet(Model(), folder, part=(i, 3), steps=1).done for i in range(3)]
    assert [len(p) for p in parts] == [2, 1, 1]
    assert sorted(p.name for part in parts for p in part) == ['0.png', '1.png', '2.png', '3.png']


def test_one_file_and_names_that_would_meet(folder):
    report = restore_folder(Model(), folder/'in/2.png', folder/'one', steps=1, progress=False)
    assert names(report.done) == ['2.png']
    (folder/'in/2.png').rename(folder/'in/2.webp')
    (folder/'in/2.png').write_bytes((folder/'in/3.png').read_bytes())
    assert names(quiet(Model(), folder, steps=1).done) == ['0.png', '1.png', '2.png.png', '2.webp.png', '3.png']


@given(st.lists(st.tuples(st.sampled_from(['a', 'a.jpg', 'a.jpg.png', 'b']),
                          st.sampled_from(['.jpg', '.png', '.tif'])), unique=True))
def test_every_result_has_a_name_of_its_own(parts):
    got = _result_names([Path(a + b) for a, b in parts])
    assert len(set(got.values())) == len(parts)
    for p, name in got.items(): assert name in (f'{p.stem}.png', f'{p.name}.png')


@pytest.mark.parametrize('files, want', [(['a.jpg', 'A.png'], ['a.jpg.png', 'A.png.png']),
                                         (['a.png', 'A.png'], ['a.png.png', 'A.png.png'])])
def test_results_differ_by_more_than_upper_and_lower_case(files, want):
    "On many systems a.png and A.png are one file"
    assert list(_result_names(list(map(Path, files))).values()) == want


def test_tiles_are_planned_for_each_image_unless_their_side_is_given():
    assert Tiled(pixelwise).layout(40, 3000) == (plan_tiles(40, 3000), 16)
    assert Tiled(pixelwise, overlap=24).layout(900, 900) == (plan_tiles(900, 900, 24), 24)
    assert Tiled(pixelwise, 40).layout(900, 900) == ((40, 40), 5)
    assert Tiled(pixelwise, (40, 24), 3).layout(900, 900) == ((40, 24), 3)
    with pytest.raises(ValueError, match='overlap by 400'): Tiled(pixelwise, overlap=400)


def test_a_name_too_long_for_its_result_is_one_failure(folder):
    for suffix in ('.jpg', '.png'): (folder/f'in/{"b"*250}{suffix}').write_bytes((folder/'in/0.png').read_bytes())
    save_image(folder/f'in/{"c"*200}.png', random_images(3, 4, 4))
    report = quiet(Model(), folder, steps=1)
    assert len(report.done) == 5 and len(report.failed) == 2 and all('name too long' in why for _, why in report.failed)


def test_folders_that_cannot_be_worked_through(folder):
    with pytest.raises(FileNotFoundError, match='there is no folder'):
        restore_folder(Model(), folder/'none', folder/'out')
    for out in (folder/'in', folder/'in/../in'):
        with pytest.raises(ValueError, match='is the folder of the inputs'): restore_folder(Model(), folder/'in', out)
    with pytest.raises(ValueError, match='is the folder of the inputs'):
        restore_folder(Model(), folder/'in/0.png', folder/'in')
    with pytest.raises(ValueError, match='called like an image'):
        restore_folder(Model(), folder/'in/0.png', folder/'b.png')
    shutil.copytree(folder/'in', folder/'masks')
    before = {p: p.read_bytes() for p in (folder/'masks').iterdir()}
    for masks in (folder/'masks', folder/'masks/0.png'):
        with pytest.raises(ValueError, match='masks is the folder of the masks: choose another one'):
            restore_folder(Model(), folder/'in', folder/'masks', masks=masks, force=True)
    assert {p: p.read_bytes() for p in (folder/'masks').iterdir()} == before
    with pytest.raises(NotADirectoryError):
        restore_folder(Model(), folder/'in', make(folder/'file')) if (folder/'file').write_text('x') else 0
    (folder/'empty').mkdir()
    with pytest.raises(ValueError, match='holds no images'): restore_folder(Model(), folder/'empty', folder/'out')
    assert not (folder/'out').exists() and not (folder/'b.png').exists()


# ---- what made the results

@pytest.mark.parametrize('other', [dict(steps=3), dict(eta=.5), dict(solver='heun'), dict(seed=1), dict(tile=8),
                                   dict(tile=9, overlap=2),
                                   dict(colour=True)])
def test_other_settings_are_refused_and_nothing_changes(folder, other):
    quiet(Model(), folder, steps=2)
    before = {p.name: p.read_bytes() for p in (folder/'out').iterdir()}
    with pytest.raises(FileExistsError,
                       match=f'made with other settings .*{next(iter(other))} .* there, .* now.*--force'):
        quiet(Model(), folder, **{'steps': 2, **other})
    assert {p.name: p.read_bytes() for p in (folder/'out').iterdir()} == before
    with pytest.raises(KeyboardInterrupt): quiet(Model(fail=5), folder, force=True, **{'steps': 2, **other})
    assert 0 < len(list((folder/'out').glob('*.png'))) < 4, 'results of other settings must not stay beside new ones'
    assert len(quiet(Model(), folder, **{'steps': 2, **other}).done) > 0


def test_another_model_or_another_folder_of_inputs_is_refused(folder):
    a, b = (awake(UNet(8, (1, 2)), seed=s).float() for s in (0, 1))
    for net in (a, b): net.schedule = S
    quiet(a, folder, steps=1)
    with pytest.raises(FileExistsError, match='model'): quiet(b, folder, steps=1)
    shutil.copytree(folder/'in', folder/'in2')
    with pytest.raises(FileExistsError, match='inputs'):
        restore_folder(a, folder/'in2', folder/'out', steps=1, progress=False)
    assert quiet(a, folder, steps=1).there == 4


def small(seed=0, schedule=S, **kw):
    n = awake(UNet(8, (1, 2), **kw), seed=seed).float().eval()
    n.schedule = schedule
    return n


HALF = torch.arange(9) > 4
OTHER = {
    'schedule': (small, lambda: small(schedule=Schedule.line(10))),
    'bridges': (lambda: small(schedule=Schedule.bridge(20, .5)), lambda: small(schedule=Schedule.bridge(20, .1))),
    'predicts': (small, lambda: small(predicts='eps')),
    'variant': (lambda: OnlyRes(small()), lambda: Both(small())),
    'attribute': (lambda: Auto(small(), switch=.1), lambda: Auto(small(), switch=5.)),
    'wrapped': (lambda: OnlyRes(small()), lambda: OnlyRes(small(1))),
    'buffer': (lambda: KnownPixels(small(), where=HALF), lambda: KnownPixels(small(), where=~HALF)),
    'hub': (lambda: HubModel(small()), lambda: HubModel(small(1))),
    'object': (lambda: ExactPredictor(torch.zeros(2, 3)), lambda: ExactPredictor(torch.ones(2, 3))),
    'partial': (lambda: partial(_plain, 1), lambda: partial(_plain, 2)),
    'method': (lambda: Auto(small(), switch=.1).asks, lambda: Auto(small(), switch=5.).asks),
    'function': (lambda: sample, lambda: restore), 'array': (lambda: np.arange(3), lambda: np.arange(3)[::-1]),
    'set': (lambda: {'a', 'b'}, lambda: {'a', 'c'}), 'dict': (lambda: {'a': 1}, lambda: {'a': 2}),
    'module': (lambda: module, lambda: math), 'type': (lambda: UNet, lambda: OfficialUNet),
    'list': (lambda: [small()], lambda: [small(), small()])}


@pytest.mark.parametrize('kind', OTHER)
def test_whatever_takes_part_is_told_from_another_and_known_again(kind):
    one, other = OTHER[kind]
    assert _digest(one()) == _digest(one()) != _digest(other()) != _UNTOLD != _digest(one())


def test_what_holds_itself_has_a_checksum():
    a = small()
    a.again = [a]
    assert _digest(a) == _digest(a) != _UNTOLD


def test_what_a_version_of_pytorch_keeps_for_itself_does_not_count():
    a, b = small(), small()
    for m in b.modules(): del m.__dict__['_backward_pre_hooks']
    assert _digest(a) == _digest(b)
    a.register_forward_hook(lambda *x: None)
    assert _digest(a) == _UNTOLD


@pytest.mark.parametrize('make', [UNet, OfficialUNet])
def test_a_network_read_twice_is_the_same(tmp_path, make):
    save_model(tmp_path/'m', make(dim=8, mults=(1, 2)), S)
    one, two = (load_network(tmp_path/'m') for _ in range(2))
    shutil.copy(tmp_path/'m', tmp_path/'n')
    assert _digest(one) == _digest(two) == _digest(load_network(tmp_path/'n')) == _digest(torch.nn.DataParallel(one))
    two.schedule = Schedule.line(10)
    assert _digest(one) != _digest(two)


@pytest.mark.parametrize('make', [lambda: lambda *a: pixelwise(*a), lambda: OnlyRes(lambda *a: pixelwise(*a)), object])
def test_what_cannot_be_told_from_another_is_never_taken_for_it(folder, make):
    model = make()
    assert _digest(model) == _UNTOLD
    if not callable(model): return
    quiet(model, folder, steps=1, schedule=S)
    with pytest.raises(FileExistsError, match='model cannot be told from another, unless its attribute sha256 names'):
        quiet(model, folder, steps=1, schedule=S)
    assert len(quiet(model, folder, steps=1, schedule=S, force=True).done) == 4
    model.sha256 = 'mine'
    assert _digest(model) == 'mine'


T1 = torch.zeros(1, 1, 1, 9)
T2 = T1.clone()
T2[..., 5] = 1.


@pytest.mark.parametrize('one, other', [
    (dict(schedule=Schedule.power(20)), dict(schedule=Schedule.power(20, grid='linspace'))),
    (dict(noise_map=T1), dict(noise_map=T2)), (dict(eta=[1., 0.]), dict(eta=[1., .5]))], ids='grid map eta'.split())
def test_options_are_told_apart_by_all_that_they_hold(folder, one, other):
    quiet(Model(), folder, steps=2, **one)
    assert quiet(Model(), folder, steps=2, **one).there == 4
    with pytest.raises(FileExistsError, match=f'made with other settings .{next(iter(one))} '):
        quiet(Model(), folder, steps=2, **other)


def test_an_option_is_its_value_whatever_its_type(folder):
    quiet(Model(), folder, steps=np.int64(2), eta=torch.tensor(0.), seed=np.int64(1))
    assert quiet(Model(), folder, steps=2, eta=0., seed=1).there == 4
    with pytest.raises(FileExistsError, match='clip cannot be told'): quiet(Model(), folder, steps=2, clip=lambda: 0)


def test_versions_may_differ_and_the_old_ones_are_told(folder):
    quiet(Model(), folder, steps=1)
    path = folder/'out/restore.json'
    about = json.loads(path.read_text(encoding='utf-8'))
    assert about['versions']['torch'] == torch.__version__
    made = dict(steps=1, eta=0., solver='euler', seed=0, tile=None, overlap=None, masks=None)
    assert {k: about[k] for k in made} == made
    path.write_text(json.dumps(about | dict(versions=dict(torch='1.0'))), encoding='utf-8')
    said = _describe_settings(quiet(Model(), folder, steps=1).about)
    assert said == 'model pixelwis, steps 1, eta 0.0, solver euler, seed 0, torch 1.0'


def test_results_of_before_solvers_could_be_chosen_are_eulers(folder):
    with pytest.raises(KeyboardInterrupt): quiet(Model(fail=3), folder, steps=1)
    path = folder/'out/restore.json'
    about = json.loads(path.read_text(encoding='utf-8'))
    del about['solver']
    path.write_text(json.dumps(about), encoding='utf-8')
    with pytest.raises(FileExistsError, match="solver 'euler' there, 'multistep' now"):
        quiet(Model(), folder, steps=1, solver='multistep')
    assert quiet(Model(), folder, steps=1).there == 2


def test_results_that_nobody_knows_are_not_touched(folder):
    make(folder/'out/2.png').write_bytes(b'mine')
    with pytest.raises(FileExistsError, match='2.png, but no restore.json that says what made it'):
        quiet(Model(), folder, steps=1)
    assert names((folder/'out').iterdir()) == ['2.png'] and (folder/'out/2.png').read_bytes() == b'mine'
    make(folder/'out2/else.png').write_bytes(b'mine')
    assert len(restore_folder(Model(), folder/'in', folder/'out2', steps=1, progress=False, force=True).done) == 4
    assert (folder/'out2/else.png').read_bytes() == b'mine'


@pytest.mark.parametrize('text', [b'', b'{', b'[1]', b'null', b'\xff', b'['*100_000, b'7'])
def test_a_damaged_restore_json_is_named(folder, text):
    quiet(Model(), folder, steps=1)
    (folder/'out/restore.json').write_bytes(text)
    with pytest.raises(ValueError, match='restore.json does not say what made the results'):
        quiet(Model(), folder, steps=1)
    assert len(quiet(Model(), folder, steps=1, force=True).done) == 4


# ---- what has changed

@posix
def test_who_begins_in_a_folder_is_alone(folder, monkeypatch):
    import fcntl
    real, seen = module._read_settings, []
    def busy():
        f = os.open(folder/'out', os.O_RDONLY)
        try: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError: return True
        finally: os.close(f)
    def read(*a):
        seen.append(busy())
        return real(*a)
    monkeypatch.setattr(module, '_read_settings', read)
    quiet(Model(), folder, steps=1)
    assert seen == [True] and not busy()


def test_results_that_another_process_has_just_taken_away(folder, monkeypatch):
    quiet(Model(), folder, steps=1)
    def gone(*a):
        for p in (folder/'out').glob('*.png'): p.unlink()
    monkeypatch.setattr(module, '_check_left', gone)
    assert len(quiet(Model(), folder, steps=2, part=(0, 2), force=True).done) == 2


def equalised(folder, **data):
    "The file of a network that was trained on equalised inputs"
    save_model(folder/'eq', small(), S, force=True, config=dict(data=data or dict(equalize=True)))
    return load_network(folder/'eq')


def test_a_network_of_equalised_inputs_gets_such_inputs(folder, capsys):
    n, image = equalised(folder), load_image(folder/'in/1.png')
    want = restore(n, from_uint8(_equalized(to_uint8(image.x))), 2)
    assert (want - restore(n, image.x, 2)).abs().max() > .05
    for model in (n, OnlyRes(n)): close(restore_loaded(model, image, steps=2), want, 1e-6)
    words = [str(folder/'eq'), str(folder/'in'), str(folder/'out'), '--device', 'cpu', '--steps', '2']
    assert main(words) == 0 and '4 images: histogram equalised, as in training\n' in capsys.readouterr().out
    close(load_image(folder/'out/1.png').x, want.clamp(-1, 1), .51/127.5)
    assert json.loads((folder/'out/restore.json').read_text(encoding='utf-8'))['equalize'] is True
    plain = equalised(folder, kind='pairs')
    close(restore_loaded(plain, image, steps=2), restore(plain, image.x, 2), 1e-6)


def test_results_of_before_inputs_were_equalised(folder):
    quiet(Model(), folder, steps=1)
    path = folder/'out/restore.json'
    about = json.loads(path.read_text(encoding='utf-8'))
    assert about.pop('equalize') is False
    path.write_text(json.dumps(about), encoding='utf-8')
    assert quiet(Model(), folder, steps=1).there == 4
    n = equalised(folder)
    n.sha256 = Model.sha256
    with pytest.raises(FileExistsError, match=r'other settings \(equalize False there, True now\)'):
        quiet(n, folder, steps=1)


def test_parts_with_force_leave_each_other_alone(folder):
    for i in range(2): assert len(quiet(Model(), folder, steps=1, part=(i, 2), force=True).done) == 2
    assert len(list((folder/'out').glob('*.png'))) == 4
    before = (folder/'out/0.png').stat().st_mtime_ns
    assert len(quiet(Model(), folder, steps=1, part=(1, 2), force=True).done) == 2
    assert (folder/'out/0.png').stat().st_mtime_ns == before
    quiet(Model(), folder, steps=2, part=(0, 2), force=True)
    assert sorted(names((folder / 'out').glob('*.png'))) == ['0.png', '2.png'], (
        'results of other settings go, whosever they are'
    )


@pytest.mark.parametrize('noted', ['of', 'files'])
@pytest.mark.parametrize('one, stay', [(True, '1.png, 2.png, 3.png'), (False, '0.png')])
def test_force_leaves_no_results_of_other_settings(folder, one, stay, noted):
    quiet(Model(), folder, steps=1)
    path = folder/'out/restore.json'
    about = json.loads(path.read_text(encoding='utf-8'))
    if noted == 'files': path.write_text(json.dumps({k: v for k, v in about.items() if k != 'of'}), encoding='utf-8')
    before = {p: p.read_bytes() for p in (folder/'out').iterdir()}
    if not one: (folder/'in/0.png').unlink()
    again = lambda steps: restore_folder(Model(), folder/'in/0.png' if one else folder/'in', folder/'out', steps=steps,
                                         force=True, progress=False)
    said = (rf'out holds results that this run would not do again \({stay}\), and they were made with other settings '
            r'\(steps 1 there, 2 now\): choose another folder.* whole folder of inputs, or move away the results whose')
    with pytest.raises(FileExistsError, match=said): again(2)
    assert {p: p.read_bytes() for p in (folder/'out').iterdir()} == before
    assert len(again(1).done) == (1 if one else 3) and len(list((folder/'out').glob('*.png'))) == 4
    for name in stay.split(', '): (folder/'out'/name).unlink()
    assert len(again(2).done) == (1 if one else 3) and json.loads(path.read_text(encoding='utf-8'))['steps'] == 2


def test_a_long_list_of_results_that_would_stay_is_cut(folder):
    for i in range(4, 8): save_image(folder/f'in/{i}.png', random_images(3, 4, 4))
    quiet(Model(), folder, steps=1)
    with pytest.raises(FileExistsError, match=r'again \(1.png, 2.png, 3.png, 4.png, 5.png, ...\), and'):
        restore_folder(Model(), folder/'in/0.png', folder/'out', steps=2, force=True, progress=False)


def touched(path):
    "The same bytes, one second later"
    t = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(t, t))


def test_an_input_that_has_changed_is_done_again(folder):
    quiet(Model(), folder, steps=1)
    save_image(folder/'in/1.png', random_images(3, 5, 5, seed=7), force=True)
    touched(folder/'in/3.png')
    report = quiet(Model(), folder, steps=1, part=(1, 2))
    assert names(report.done) == ['1.png', '3.png'] and report.there == 0
    assert report.notes == {'changed since it was restored, done again': 2}
    assert load_image(folder/'out/1.png').x.shape[1:] == (5, 5) and quiet(Model(), folder, steps=1).there == 4
    touched(folder/'in/0.png')
    quiet(Model(), folder, steps=1, part=(1, 2))
    assert names(quiet(Model(), folder, steps=1,
                       part=(0, 2)).done) == ['0.png'], 'another part has seen the change first'


def test_inputs_that_nobody_noted_are_not_taken_for_changed(folder):
    quiet(Model(), folder, steps=1)
    path = folder/'out/restore.json'
    about = json.loads(path.read_text(encoding='utf-8'))
    del about['files']
    path.write_text(json.dumps(about), encoding='utf-8')
    assert quiet(Model(), folder, steps=1).there == 4
    assert set(json.loads(path.read_text(encoding='utf-8'))['files']) == {f'{i}.png' for i in range(4)}
    save_image(folder/'in/new.png', random_images(3, 5, 5))
    make(folder/'out/new.png').write_bytes(b'mine')
    with pytest.raises(FileExistsError, match='new.png is not the result of new.png, but of something else'):
        quiet(Model(), folder, steps=1)
    assert (folder/'out/new.png').read_bytes() == b'mine'


@pytest.mark.parametrize('known', [True, False])
def test_records_of_before_owners_were_noted_go_on(folder, known):
    quiet(Model(), folder, steps=1)
    path = folder/'out/restore.json'
    about = json.loads(path.read_text(encoding='utf-8'))
    path.write_text(json.dumps({k: v for k, v in about.items() if k != 'of' and (known or k != 'files')}), 'utf-8')
    assert quiet(Model(), folder, steps=1).there == 4
    assert json.loads(path.read_text(encoding='utf-8'))['of'] == {f'{i}.png': f'{i}.png' for i in range(4)}


def test_a_result_of_another_image_with_the_same_stem_is_not_taken(folder):
    (folder/'in/0.png').rename(folder/'in/0.webp')
    quiet(Model(), folder, steps=1)
    (folder/'in/0.webp').unlink()
    save_image(folder/'in/0.png', random_images(3, 6, 5))
    before = (folder/'out/0.png').read_bytes()
    with pytest.raises(FileExistsError, match='0.png is not the result of 0.png, but of 0.webp: choose another folder'):
        quiet(Model(), folder, steps=1)
    assert (folder/'out/0.png').read_bytes() == before
    assert len(quiet(Model(), folder, steps=1, force=True).done) == 4
    assert load_image(folder/'out/0.png').x.shape == (3, 6, 5) and quiet(Model(), folder, steps=1).there == 4


@pytest.mark.parametrize(('seed', 'same'), [(np.int64(1), True), (torch.tensor(1), True), (True, True), (2, False)])
def test_a_seed_is_its_number_whatever_its_type(seed, same):
    x = random_images(3, 8, 8)
    assert torch.equal(restore(Model(), x, steps=2, seed=seed), restore(Model(), x, steps=2, seed=1)) == same


@pytest.mark.parametrize(('kw', 'error', 'said'), [
    (dict(seed='1'), TypeError, "seed must be a whole number, got '1'"),
    (dict(seed=1.), TypeError, 'seed must be a whole number, got 1.0'),
    (dict(trace=True), TypeError, 'restore takes no trace'),
    (dict(tile=0), ValueError, 'tile must be at least 1, got 0'),
    (dict(tile=8.), TypeError, 'tile must be a whole number, got 8.0'),
    (dict(device='meta'), ValueError, "device 'meta' cannot be used here")])
def test_restore_refuses_by_name(kw, error, said):
    with pytest.raises(error, match=re.escape(said)): restore(Model(), random_images(3, 8, 8), **kw)
    with pytest.raises(TypeError, match='img must be a tensor'): restore(Model(), np.zeros((3, 8, 8)))


@pytest.mark.parametrize('part', [(0, 0), (2, 1), (-1, 2), '1/2', None, (0., 2), (0, 1, 2), 3])
def test_a_part_that_is_none_is_refused(folder, part):
    said = f'part must be (i, n), whole numbers with 0 <= i < n, such as (0, 2) for the first of two, got {part!r}'
    with pytest.raises(ValueError, match=re.escape(said)): quiet(Model(), folder, part=part)
    assert not (folder/'out').exists()


def test_a_part_is_its_numbers_whatever_their_type(folder):
    assert names(quiet(Model(), folder, steps=1, part=[np.int64(1), torch.tensor(2)]).done) == ['1.png', '3.png']


@pytest.mark.parametrize('config', ['my.yaml', 3, {'data': 3}])
def test_whatever_a_file_remembers_it_restores(folder, tmp_path, config):
    net = UNet(8, (1, 2))
    save_model(tmp_path/'m.safetensors', net, Schedule.power(T=8), config=config)
    words = [str(tmp_path/'m.safetensors'), str(folder/'in'), str(tmp_path/'o'), '--device', 'cpu', '--steps', '1']
    assert main(words) == 0


@pytest.mark.parametrize('words', [['rain', 'in', ''], ['rain', '', 'out'], ['', 'in', 'out'],
                                   ['rain', 'in', 'out', '--masks', '']])
def test_an_empty_name_is_no_folder(folder, words, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert 'must be the name of a file' in said and "got ''" in said


def test_single_files_into_one_folder_keep_what_is_known_of_each(folder):
    one = lambda i: restore_folder(Model(), folder/f'in/{i}.png', folder/'out', steps=1, progress=False)
    one(0), one(1), touched(folder/'in/0.png')
    assert (one(1).there, len(one(0).done)) == (1, 1)


def test_a_folder_in_the_place_of_a_result_is_named(folder):
    make(folder/'out/2.png/mine.txt').write_text('mine', encoding='utf-8')
    for force in (False, True):
        with pytest.raises(IsADirectoryError,
                           match='2.png is a folder, and a result would have its name: move it away'):
            quiet(Model(), folder, steps=1, force=force)
    assert names((folder/'out').iterdir()) == ['2.png'] and (folder/'out/2.png/mine.txt').exists()


@posix
def test_what_is_called_like_an_image_and_is_no_file_is_said(folder, capsys):
    (folder/'in/f.png').mkdir(), os.mkfifo(folder/'in/p.jpg'), (folder/'in/.h.png').mkdir()
    with pytest.warns(UserWarning, match='skipped 1 folder and 1 special file named like an image: f.png, p.jpg'):
        assert len(quiet(Model(), folder, steps=1).done) == 4


# ---- images as they come, grey and in colour, with masks

def net(**kw):
    n = awake(UNet(8, (1, 2), **kw)).float()
    for p in n.parameters(): p.data *= .3
    n.schedule = S
    return n


def test_depth_transparency_and_channels_come_back(folder):
    (folder/'in').rename(folder/'old')
    a = torch.rand(1, 12, 14, generator=rng(3))
    like = {f'{m}{b}': LoadedImage(random_images(3 if 'RGB' in m else 1, 12, 14), a if 'A' in m else None, b, m, ())
            for m in ('L', 'LA', 'RGB', 'RGBA') for b in (8, 16)}
    for name, v in like.items(): save_image(make(folder/f'in/{name}.png'), v.x, v)
    report = quiet(net(), folder, steps=1)
    assert len(report.done) == 8 and report.notes['transparency kept apart'] == 4
    for name, v in like.items():
        got = load_image(folder/f'out/{name}.png')
        assert got.bits == v.bits and len(got.x) == len(v.x) and (got.alpha is None) is (v.alpha is None)
        if v.alpha is not None: close(got.alpha, v.alpha, .6/255)


def test_grey_files_and_networks_of_colours():
    x = random_images(1, 12, 14).float()
    grey, rgb = (LoadedImage(v, None, 8, '', ()) for v in (x, x.expand(3, -1, -1)))
    full = restore_loaded(net(), rgb, steps=2)
    assert full.std(0).max() > .01
    close(restore_loaded(net(), grey, steps=2), full.mean(0, keepdim=True), 1e-6)
    close(restore_loaded(net(), grey, steps=2, colour=True), full, 1e-6)


def test_coloured_files_and_networks_of_grey():
    x = random_images(1, 12, 14).float()
    grey, rgb = (LoadedImage(v, None, 8, '', ()) for v in (x, x.expand(3, -1, -1)))
    want = restore_loaded(net(channels=1), grey, steps=2)
    close(want, restore(net(channels=1), x, 2), 1e-6)
    close(restore_loaded(net(channels=1), rgb, steps=2), want.expand(3, -1, -1), 1e-6)
    coloured = LoadedImage(random_images(3, 12, 14).float(), None, 8, '', ())
    with pytest.raises(ValueError, match='x.png has colours, but the network restores images of 1 channel: convert'):
        restore_loaded(net(channels=1), coloured, name='x.png')


@pytest.fixture
def masked(folder):
    "A network with masks, and one for every image"
    for i in range(4): save_image(make(folder/f'masks/{i}.png'), (random_images(1, 6 + i, 9, seed=9 + i) > 0)*2. - 1)
    return folder, net(takes_cond=True)


def test_masks_reach_the_network_by_name_also_in_tiles(masked):
    root, n = masked
    report = quiet(n, root, steps=2, masks=root/'masks', tile=6, overlap=2)
    assert len(report.done) == 4
    x, mask = (load_image(root/f'{f}/1.png').x for f in ('in', 'masks'))
    close(load_image(root/'out/1.png').x, restore(n, x, 2, 6, 2, cond=mask).clamp(-1, 1), .51/127.5)
    assert (restore(n, x, 2, 6, 2, cond=mask) - restore(n, x, 2, 6, 2, cond=-mask)).abs().max() > .01
    close(restore(n, x, 2, cond=mask),
          sample(n, x[None], cond=mask[None], steps=2, generator=rng(seed_for(0, 'restore')))[0], 1e-6)


def test_masks_that_are_missing_many_or_of_another_size_are_listed(masked):
    root, n = masked
    (root/'masks/0.png').unlink()
    save_image(root/'masks/1.png', random_images(1, 5, 5), force=True)
    (root/'masks/2.tif').write_bytes((root/'masks/2.png').read_bytes())
    report = quiet(n, root, steps=1, masks=root/'masks')
    assert names(report.done) == ['3.png']
    for (p, why), word in zip(report.failed,
                              ('0.png has not one mask in',
                               '1.png: its mask is 5x5, but the image is 9x7: masks are not resized',
                               '2.png has not one mask but 2 (2.png, 2.tif)')):
        assert word in why


def test_masks_by_unicode_form_and_one_mask_for_one_image(masked):
    root, n = masked
    for f, form in (('in', 'NFC'), ('masks', 'NFD')):
        (root/f'{f}/0.png').rename(root/f/unicodedata.normalize(form, 'é.png'))
    assert len(quiet(n, root, steps=1, masks=root/'masks').done) == 4
    assert len(restore_folder(n, root/'in/1.png', root/'one', masks=root/'masks/1.png', steps=1,
                              progress=False).done) == 1


def test_masks_and_networks_that_do_not_fit(masked):
    root, n = masked
    with pytest.raises(ValueError, match='takes a condition, such as a mask: give cond, or its folder with --masks'):
        quiet(n, root)
    with pytest.raises(ValueError, match='takes no condition: leave out cond, or --masks'):
        quiet(net(), root, masks=root/'masks')
    assert not (root/'out').exists()


def test_a_mask_that_has_changed_counts_as_its_image(masked):
    root, n = masked
    quiet(n, root, steps=1, masks=root/'masks'), touched(root/'masks/2.png')
    assert names(quiet(n, root, steps=1, masks=root/'masks').done) == ['2.png']


def test_a_network_that_generates_says_so(folder, capsys):
    assert main(['emoji', str(folder/'in'), str(folder/'out'), '--device', 'cpu', '--steps', '1']) == 0
    assert 'trained to generate: its results do not follow' in capsys.readouterr().err
    save_model(folder/'m', net(takes_input=False), S)
    assert main([str(folder/'m'), str(folder/'in'), str(folder/'other'), '--device', 'cpu', '--steps', '1']) == 0
    assert 'generate' not in capsys.readouterr().err


def test_a_network_that_sees_the_input_in_the_state_alone_restores(folder):
    x = random_images(2, 3, 8, 8).float()
    a, b = (restore(net(takes_input=False), v, 1) for v in x)
    assert (a - b).abs().max() > .01


@pytest.mark.parametrize('size', [(1, 1), (1, 40), (40, 1), (3, 3), (7, 200)])
@pytest.mark.parametrize('kind', [UNet, OfficialUNet])
def test_images_of_odd_sizes(size, kind):
    n = net() if kind is UNet else OfficialUNet('res', dim=16, mults=(1, 2))
    n.schedule = S
    assert restore(n.eval(), random_images(3, *size, dtype=torch.float32), 1, 16, 4).shape == (3, *size)


# ---- memory

def evaluated(h, w, tile, overlap=16, multiple=4):
    "Pixels that a network looks at in all tiles, with the padding of those that reach over the edge"
    along = lambda n, side: len(_tile_offsets(n, side, overlap))*side
    assert tile[0] % multiple == tile[1] % multiple == 0
    return along(h, tile[0])*along(w, tile[1])


@given(st.integers(200, 3000), st.integers(200, 4000), st.sampled_from([1, 2, 4, 8]))
def test_planned_tiles_cover_an_image_and_compute_little_twice(h, w, multiple):
    for size in ((h, w), (w, h)):
        tile = plan_tiles(*size, multiple=multiple)
        assert h*w <= evaluated(*size, tile, multiple=multiple) <= 1.15*h*w and tile[0]*tile[1] <= 320**2
        for n, side in zip(size, tile):
            pieces = [s for s, _ in _tile_weights(n, side, 16)]
            assert {s.stop - s.start for s in pieces} == {min(n, side)} and all(a.stop - b.start >= 16
                                                                                for a, b in zip(pieces, pieces[1:]))


@given(st.integers(1, 12000), st.integers(1, 400), st.integers(0, 100))
def test_tiles_of_odd_images_stay_small(h, w, overlap):
    for size in ((h, w), (w, h)):
        tile = plan_tiles(*size, overlap)
        assert tile[0]*tile[1] <= 320**2 and Tiled(pixelwise, tile, overlap)


def test_an_overlap_for_which_no_tile_is_small_enough(folder):
    with pytest.raises(ValueError, match='overlap by 400 would be larger than 320 x 320: give their side too'):
        plan_tiles(4000, 4000, 400)
    with pytest.raises(ValueError, match='overlap by 400'): quiet(Model(), folder, overlap=400)
    assert not (folder/'out').exists()


@pytest.mark.parametrize('mults', [(1,), (1, 2), (1, 2, 4, 8)])
def test_an_image_is_restored_in_planned_tiles(mults):
    n, seen = UNet(8, mults), []
    n.schedule, n.middle[1].forward = S, lambda h: seen.append(tuple(h.shape[-2:])) or h
    restore(n, random_images(3, 40, 3000, dtype=torch.float32), 1)
    side = plan_tiles(40, 3000, multiple=2**(len(mults) - 1))
    assert set(seen) == {tuple(k//2**(len(mults) - 1) for k in side)} and len(seen) == 2


# ---- what is said

class Stream(io.StringIO):
    encoding = 'ascii'


def test_progress_without_a_terminal_is_a_line_now_and_then():
    out, now = Stream(), iter(range(0, 1000, 20))
    assert list(Progress('restore', stream=out, every=50, clock=lambda: next(now)).of('abcdef')) == list('abcdef')
    assert out.getvalue().splitlines() == ['restore: 2 of 6 images, 2.0 min left',
                                           'restore: 5 of 6 images, 0.4 min left']
    assert list(Progress('restore', False, stream=out, clock=lambda: next(now)).of('ab')) == ['a', 'b']
    assert out.getvalue().count('\n') == 2


def test_progress_within_an_image_is_told_too():
    out, now = Stream(), iter(range(0, 1000, 20))
    live = Progress('restore', stream=out, every=30, clock=lambda: next(now))
    for _ in live.of('ab'):
        for share in (.25, .75): live.share(share)
    assert out.getvalue().splitlines() == ['restore: 0.25 of 2 images, 4.7 min left',
                                           'restore: 1 of 2 images, 1.3 min left',
                                           'restore: 1.75 of 2 images, 0.3 min left']


def test_on_a_terminal_a_bar_shows_parts_of_images_and_ends_full():
    out = Stream()
    out.isatty = lambda: True
    live = Progress('restore', stream=out)
    for _ in live.of('ab'):
        live.bar.mininterval = 0
        live.share(.5)
    said = out.getvalue().split('\r')
    assert any(' 0.50 of 2 images' in line for line in said) and '100%' in said[-1] and '2.00 of 2 images' in said[-1]


@pytest.mark.parametrize('kw, evaluations', [
    (dict(steps=2), 2), (dict(steps=2, solver='heun'), 3),
    (dict(path=[(1., .5), (.5, 0.), (.2, 0.), (0., 0.)], solver='heun'), 4),
    (dict(path=[(1., .5), (.5, .2), (.2, .1), (0., 0.)]), 3)])
def test_restoring_reports_every_tile_of_every_evaluation(kw, evaluations):
    n, shares = UNet(8, (1, 2)), []
    n.schedule = S
    restore(n, random_images(3, 20, 30, dtype=torch.float32), tile=16, overlap=4, report=shares.append, **kw)
    tiles = 2*3
    assert shares == pytest.approx([k/tiles/evaluations for k in range(1, tiles*evaluations + 1)])
    restore(n, random_images(3, 8, 8, dtype=torch.float32), 1, report=shares.append)
    assert shares[-1] == 1


def test_a_folder_is_restored_along_a_path_of_its_own(folder):
    n, path = UNet(8, (1, 2)), [(1., .5), (.4, .2), (0., 0.)]
    n.schedule = S
    report = restore_folder(n, folder/'in', folder/'out', progress=False, path=path)
    assert report.done and not report.failed and report.about['steps'] is None
    image, result = (load_image(p) for p in (folder/'in'/report.about['of'][report.done[0].name], report.done[0]))
    assert (result.x - restore_loaded(n, image, path=path).clamp(-1, 1)).abs().max() < 1/127
    with pytest.raises(ValueError, match='leave out schedule, steps and order'): restore(n, image.x, 3, path=path)


# ---- the command

@pytest.mark.parametrize('kind', [UNet, OfficialUNet])
def test_the_command(folder, kind, capsys):
    n = kind('res', dim=8, mults=(1, 2)) if kind is OfficialUNet else kind(8, mults=(1, 2))
    save_model(folder/'m', n, S)
    args = [str(folder/'m'), str(folder/'in'), str(folder/'out'), '--device', 'cpu', '--steps', '2', '--tile', '8',
            '--overlap', '2']
    assert main(args + ['--part', '1/2']) == 0 and 'restored 2 images' in capsys.readouterr().out
    (folder/'in/9.png').write_bytes(b'x')
    assert main(args) == 1
    out = capsys.readouterr()
    assert re.search(r'restored 2 images into .*, 2 were there already, 1 failed; made with model [0-9a-f]{8}, steps '
                     r'2, eta 0.0, solver euler, seed 0, tile 8, overlap 2', out.out)
    assert len(out.err.splitlines()) == 1 and '9.png cannot be read' in out.err
    about = json.loads((folder/'out/restore.json').read_text(encoding='utf-8'))
    assert about['model'] == hashlib.sha256((folder/'m').read_bytes()).hexdigest()


@pytest.mark.parametrize('solver', SOLVERS)
def test_the_solver_that_is_asked_for_takes_the_steps(folder, capsys, solver):
    save_model(folder/'m', awake(net()).float(), S)
    words = [str(folder/'m'), str(folder/'in/0.png'), str(folder/'out'), '--steps', '4', '--device', 'cpu']
    assert main([*words, '--solver', solver]) == 0, capsys.readouterr().err
    assert f'eta 0.0, solver {solver}, seed 0' in capsys.readouterr().out
    image = load_image(folder/'in/0.png')
    made = {k: restore(load_network(folder/'m'), image.x, 4, solver=k) for k in SOLVERS}
    save_image(folder/'want.png', made[solver], image)
    assert (folder/'out/0.png').read_bytes() == (folder/'want.png').read_bytes()
    for k in {*SOLVERS} - {solver}: assert (made[k] - made[solver]).abs().max() > .02
    assert json.loads((folder/'out/restore.json').read_text(encoding='utf-8'))['solver'] == solver


def test_a_curve_without_noise_is_not_for_the_multistep_solver(tiny, capsys):
    save_model(tiny/'plain', UNet(8, (1, 1, 1)), Schedule.line(10, 0.), force=True)
    words = [str(tiny/'plain'), str(tiny/'in'), str(tiny/'out'), '--solver', 'multistep']
    assert "holds no noise" in one_line_and_2(words, tiny/'out', capsys)


def test_a_model_in_half_precision_and_one_that_blew_up(folder, capsys):
    save_model(folder/'half', net().half(), S)
    words = lambda m: [str(folder/m), str(folder/'in'), str(folder/f'out_{m}'), '--steps', '1', '--device', 'cpu',
                       '--tile', '16']
    assert main(words('half')) == 0
    bad = net()
    state = {k: v*math.nan for k, v in bad.state_dict().items()}
    write_tensors(folder/'nan', state, 'model', dict(network='UNet', config=bad.config, schedule=S.to_dict(), meta={}))
    capsys.readouterr()
    assert main(words('nan')) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and 'NaN or infinite' in err and not (folder/'out_nan').exists()


WRONG = [[f'--{name}', word] for name, words in dict(
    steps=('0', '-1', 'x', '1.5', 'nan', '', 'true', '11', '1e3', '99999999999999999999'),
    eta=('-1', '1.1', 'nan', 'inf', 'x', '-inf', ''),
    solver=('rk4', 'Heun', '', 'none', '2', 'euler,heun'),
    tile=('0', '-8', 'x', '2.5', '', 'inf', '256px'), overlap=('-1', 'x', '300', '256', '1.5', ''),
    seed=('x', '1.5', '-1', 'nan', '', str(2**64), '1' + '0'*30),
    device=('nonsense', 'cuda:99', '', 'cpu:x', '7', 'CPU '),
    part=('3/2', '0/1', 'x', '1', '1/', '/1', '-1/2', '1/2/3', '1.0/2', '1/0', ''),
    masks=('nowhere', ''), nonsense=('1',), step=('3',), forc=('1',)).items() for word in words]
WRONG += [['--steps'], ['--tile'], ['--nonsense'], ['--colour=yes'], ['--force=1'], ['extra'], ['-x'],
          ['--tile', '8', '--overlap', '8'], ['--model', 'm'], ['--part'], ['--eta'],
          ['--solver'], ['--solver', 'heun', '--eta', '.5'], ['--solver', 'multistep', '--eta', '1']]


@pytest.fixture(scope='module')
def tiny(tmp_path_factory):
    "A model and a folder of one image"
    root = tmp_path_factory.mktemp('tiny')
    save_model(root/'m', UNet(8, (1, 1, 1)), S)
    save_image(make(root/'in/a.png'), random_images(3, 8, 8))
    return root


def one_line_and_2(words, out, capsys):
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == '' and len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith('rddm-restore: ') and len(said.err) < 500, said.err
    assert not out.exists()
    return said.err


@pytest.mark.parametrize('words', WRONG, ids=' '.join)
def test_wrong_words_are_one_line_and_2(words, tiny, capsys):
    said = one_line_and_2([str(tiny/'m'), str(tiny/'in'), str(tiny/'out'), *words], tiny/'out', capsys)
    if words[0] in ('--steps', '--eta', '--solver', '--seed', '--part') and words[1:] and words[1][:1] != '-':
        assert words[0][2:] in said and repr(words[1])[1:-1] in said


PLACES = {'no model': ('none', 'in', 'out'), 'a folder as model': ('in', 'in', 'out'),
          'an image as model': ('in/a.png', 'in', 'out'), 'no inputs': ('m', 'none', 'out'),
          'no image': ('m', 'm', 'out'), 'inputs as outputs': ('m', 'in', 'in'),
          'a model as outputs': ('m', 'in', 'm'), 'below a file': ('m', 'in', 'm/out'),
          'an empty model': ('empty', 'in', 'out'), 'a long name': ('m', 'in', 'x'*300),
          'a pipe': ('m', 'pipe', 'out'), 'an image as output': ('m', 'in', 'out.png'), 'no words': (),
          'one word': ('m',)}


@posix
@pytest.mark.parametrize('what', PLACES)
def test_wrong_places_are_one_line_and_2(what, tiny, tmp_path, capsys):
    (tiny/'empty').write_bytes(b'')
    if not (tiny/'pipe').exists(): os.mkfifo(tiny/'pipe')
    words = [str(tiny/w) for w in PLACES[what]]
    if what == 'no image':
        assert main(words) == 1 and 'cannot be read as an image' in capsys.readouterr().err
        shutil.rmtree(tiny/'out')
    else: one_line_and_2(words, tiny/'out', capsys)
    assert names((tiny/'in').iterdir()) == ['a.png']


@pytest.mark.parametrize('call', [main, lambda: main(None)])
def test_a_notebook_does_not_parse_the_words_of_its_kernel(call, tiny, capsys, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['ipykernel_launcher.py', str(tiny/'m'), str(tiny/'in'), str(tiny/'kernel')])
    assert call() == 2 and 'required: model, inputs, outputs' in capsys.readouterr().err
    assert not (tiny/'kernel').exists()
    monkeypatch.setattr(sys, 'argv', ['/usr/bin/rddm-restore', *sys.argv[1:], '--steps', '1'])
    assert call() == 0 and (tiny/'kernel/a.png').exists()
    shutil.rmtree(tiny/'kernel')


def test_names_that_are_no_text(tiny, capsys):
    folder, out, masks = (os.fsdecode(os.fsencode(tiny/w) + b'\xff') for w in ('in', 'out', 'none'))
    os.remove(named(tiny, b'in\xff'))
    shutil.copytree(tiny/'in', folder)
    words = [str(tiny/'m'), folder, out, '--steps', '1', '--device', 'cpu']
    assert main(words) == 0 and 'out\\udcff' in capsys.readouterr().out and names(Path(out).glob('*.png')) == ['a.png']
    assert main([*words, '--masks', masks]) == 2 and 'none\\udcff' in capsys.readouterr().err
    for p in (folder, out): shutil.rmtree(p)


def test_a_network_in_the_box_by_its_name(folder, capsys):
    assert main(['rain', str(folder/'in'), str(folder/'out'), '--steps', '1', '--device', 'cpu']) == 0
    assert main(['snow', str(folder/'in'), str(folder/'out2'), '--steps', '1', '--device', 'cpu']) == 2
    assert 'rain, noise, emoji' in capsys.readouterr().err and not (folder/'out2').exists()


def test_a_name_with_two_meanings_is_said(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    save_model(make(folder/'rain/model.safetensors'), net(), S)
    words = [str(folder/'in'), str(folder/'out'), '--steps', '1', '--device', 'cpu']
    assert main(['rain', *words]) == 0
    assert capsys.readouterr().err == ('rddm-restore: rain is the network in the box; for the one in this folder '
                                       'write ./rain\n')
    assert main(['./rain', *words, '--force']) == 0 and capsys.readouterr().err == ''
    (folder/'rain/model.safetensors').unlink()
    assert main(['rain', *words,
                 '--force']) == 0 and capsys.readouterr().err == '', 'a folder of that name holds no network'


@pytest.mark.parametrize('name', ['restore', 'evaluate'])
def test_as_a_module(name, capsys, monkeypatch):
    import runpy
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', '--nonsense'])
    monkeypatch.delitem(sys.modules, f'rddm_nb.{name}', raising=False)
    with pytest.raises(SystemExit) as e: runpy.run_module(f'rddm_nb.{name}', run_name='__main__')
    assert e.value.code == 2 and "no option '--nonsense'" in capsys.readouterr().err


def test_did_you_mean_comes_before_what_is_missing(capsys):
    assert main(['--step', '1']) == 2
    assert "there is no option '--step': did you mean --steps?" in capsys.readouterr().err


def test_what_killed_writes_left_is_removed(folder):
    quiet(Model(), folder, steps=1)
    left, mine = folder/'out'/('.rddm-' + '0'*32 + '.tmp'), folder/'out/.letter.2024.tmp'
    for p in (left, mine): p.write_bytes(b'x')
    quiet(Model(), folder, steps=1, part=(0, 2))
    assert left.exists()
    quiet(Model(), folder, steps=1)
    assert sorted(names((folder/'out').iterdir())) == [mine.name, '0.png', '1.png', '2.png', '3.png', 'restore.json']


def test_the_command_is_in_the_project():
    assert 'rddm-restore = "rddm_nb.restore:main"' in (ROOT/'pyproject.toml').read_text(encoding='utf-8')


def test_restoring_does_not_import_training():
    code = "import sys, rddm_nb.restore; print(*[m for m in sys.modules if m.startswith('rddm_nb.')])"
    seen = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True,
                          cwd=ROOT).stdout.split()
    assert 'rddm_nb.restore' in seen
    assert not {f'rddm_nb.{m}' for m in ('trainer', 'demo', 'data', 'presets', 'watch', 'viz')} & set(seen)


# ---- as real processes

COMMAND = "import sys; from rddm_nb.restore import main; sys.exit(main(sys.argv[1:]))"
SLOW = """import sys, time
import rddm_nb.restore as r
real = r.restore
def slow(model, *a, **kw):
    print('image', flush=True)
    for _ in range(600):
        if model.stop: break
        time.sleep(.05)
    return real(model, *a, **kw)
r.restore = slow if len(list(r.Path(sys.argv[3]).glob('*.png'))) >= 2 else real
inner = r._restore_file
def one(*a):
    r.restore = slow if len(list(r.Path(sys.argv[3]).glob('*.png'))) >= 2 else real
    return inner(*a)
r._restore_file = one
sys.exit(r.main(sys.argv[1:]))"""


def process(code, root, *words, **env):
    args = [sys.executable, '-c', code, str(root/'m'), str(root/'in'), str(root/'out'), '--device', 'cpu', '--steps',
            '1', *words]
    return subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, 'OMP_NUM_THREADS': '1', **env}, cwd=ROOT)


@posix
@pytest.mark.parametrize('signum, code', [('SIGKILL', -9), ('SIGTERM', 143), ('SIGINT', 130)])
def test_a_process_that_is_stopped_goes_on(folder, signum, code):
    save_model(folder/'m', UNet(8, (1, 1, 1)), S)
    p = process(SLOW, folder)
    assert p.stdout.readline() == 'image\n', p.stderr.read()
    p.send_signal(getattr(signal, signum))
    _, err = p.communicate()
    assert p.returncode == code
    if code > 0: assert err.splitlines() == ['rddm-restore: stopped; run it again to go on']
    assert sorted(names((folder/'out').glob('*.png'))) == ['0.png', '1.png']
    p = process(COMMAND, folder)
    out, err = p.communicate()
    assert p.returncode == 0 and 'restored 2 images' in out and '2 were there already' in out and err == ''


@pytest.mark.parametrize('env', [dict(PYTHONIOENCODING='ascii'),
                                 dict(PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', LC_ALL='C')])
def test_a_narrow_console(folder, env):
    save_model(folder/'m', UNet(8, (1, 1, 1)), S)
    for name in ('é→.png', 'line\nbreak.png'): (folder/f'in/{name}').write_bytes(b'x')
    p = process(COMMAND, folder, **env)
    out, err = p.communicate()
    assert p.returncode == 1 and 'restored 4 images' in out, err
    assert len(err.splitlines()) == 2 and 'Traceback' not in err, err


def test_no_text_without_an_encoding(folder):
    save_model(folder/'m', UNet(8, (1, 1, 1)), S)
    strict = "import warnings, torch; warnings.filterwarnings('error', category=EncodingWarning, module='rddm_nb'); "
    args = [sys.executable, '-X', 'warn_default_encoding', '-c', strict + COMMAND,
            *(str(folder/w) for w in ('m', 'in', 'out')), '--device', 'cpu', '--steps', '1']
    for _ in range(2):
        done = subprocess.run(args, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('said, want', [((), 2), (('--steps', '3'), 3)])
def test_the_steps_are_those_the_file_recommends(folder, said, want):
    net = load_network('noise')
    words = ['noise', str(folder/'in'), str(folder/'out'), '--device', 'cpu', *said]
    assert _best_steps(net) == 2 and main(words) == 0
    assert json.loads((folder/'out/restore.json').read_text(encoding='utf-8'))['steps'] == want
    x = random_images(1, 3, 20, 20)[0].float()
    of = lambda *steps: restore(net, x, *steps)
    assert torch.equal(of(), of(2)) and not torch.equal(of(), of(3))


@pytest.mark.parametrize('about, sees_input, warned', [
    (dict(task='generate'), True, True), (dict(config=dict(data=dict(kind='clean', task='generate'))), True, True),
    (dict(config=dict(data=dict(kind='embedded', task='generate'))), True, True),
    (dict(config=dict(data=dict(kind='pairs', task='generate'))), True, False), (dict(task='rain'), False, False),
    (dict(config=dict(data=dict(kind='clean', task='rain'))), False, False), (dict(shape=[3, 8, 8]), True, False),
    (dict(shape=[3, 8, 8]), False, True)])
def test_whoever_was_trained_to_generate_says_so(tmp_path, about, sees_input, warned):
    save_model(tmp_path/'m', net(takes_input=sees_input), S, **about)
    said = []
    module.sampling_model(str(tmp_path/'m'), module.SamplingCommand(device='cpu'), said.append)
    assert said == ['this network was trained to generate: its results do not follow the inputs']*warned


def test_a_tile_has_two_sides_at_most():
    for tile in ((8, 8, 99), (8,)):
        with pytest.raises(ValueError, match=r'tile must be a side or \(height, width\), got \(8,'):
            restore(net(), random_images(3, 8, 8, dtype=torch.float32), tile=tile)


@pytest.mark.parametrize('option, said', [
    (dict(step=1), r"there is no option 'step': did you mean steps\? \(there are tile, overlap, seed, device, "),
    (dict(limit=3), "there is no option 'limit'"), (dict(trace=True), 'restore takes no trace: call sample'),
    (dict(cond=None), 'restore takes no cond'), (dict(report=print), "there is no option 'report'")],
    ids=['step', 'limit', 'trace', 'cond', 'report'])
def test_an_option_that_does_not_exist_is_refused_before_anything_is_written(folder, option, said):
    with pytest.raises(TypeError, match=said): quiet(Model(), folder, **option)
    assert not (folder/'out').exists()


@pytest.mark.parametrize('option, said', [
    (dict(step=1), r"there is no option 'step': did you mean steps\?"), (dict(shape=(1, 3, 8, 8)), 'takes no shape')],
    ids=['step', 'shape'])
def test_an_option_that_restore_does_not_have_is_refused(option, said):
    with pytest.raises(TypeError, match=said): module.restore(Model(), random_images(3, 8, 8), **option)


def test_a_function_that_gives_its_network_a_mask_needs_none():
    masked, x_in = UNet(8, (1,), takes_cond=True), random_images(3, 4, 4, dtype=torch.float32)
    def fill(x_t, x_in, abar, bbar, t): return masked(x_t, x_in, abar, bbar, cond=torch.zeros(1, 3, 4, 4))
    assert restore(fill, x_in, steps=1).shape == (3, 4, 4)
    with pytest.raises(ValueError, match='cond'): restore(masked, x_in, steps=1)
