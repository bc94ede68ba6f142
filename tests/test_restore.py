"""Tiles over one canvas give what the whole would, and a folder is worked through once, whatever happens."""
import os
import subprocess
import sys
from pathlib import Path
import pytest
import torch
from common import close, pictures, randn, rng
from hypothesis import given, strategies as st
from PIL import Image
from rddm_nb.data import read_image
from rddm_nb.estimate import Prediction
from rddm_nb.images import from_uint8, to_uint8
from rddm_nb.official import OfficialUNet
from rddm_nb.restore import Tiled, tile_weights, load_any, main, restore, restore_folder, tile_offsets
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.runtime import seed_for
from rddm_nb.unet import UNet, save_model

S = Schedule.power(T=10)
ROOT = Path(__file__).resolve().parents[1]


def pixelwise(x_t, x_in, abar, bbar, t=None): return Prediction(res=torch.tanh(x_t - x_in) + .1*x_in)


@given(st.integers(1, 300), st.integers(1, 80), st.data())
def test_tiles_cover_everything_and_add_up_to_one(n, tile, data):
    overlap = data.draw(st.integers(0, tile - 1))
    at, total = tile_offsets(n, tile, overlap), torch.zeros(n, dtype=torch.float64)
    assert at[0] == 0 and at == sorted(set(at)) and (len(at) == 1 or at[-1] == n - tile)
    assert all(b - a <= tile - overlap for a, b in zip(at, at[1:]))
    for s, w in tile_weights(n, tile, overlap):
        assert s.stop - s.start == min(tile, n) and (w > 0).all()
        total[s] += w
    close(total, torch.ones(n), 1e-12)


def test_a_tile_counts_less_towards_its_end():
    (a, wa), (b, wb) = tile_weights(16, 10, 4)
    assert (a, b) == (slice(0, 10), slice(6, 16))
    close(wa[:6], torch.ones(6), 1e-12)
    assert (wa[6:].diff() < 0).all() and (wb[:4].diff() > 0).all()
    close(wa[6:], wb[:4].flip(0), 1e-12)


@pytest.mark.parametrize('overlap', [-1, 8, 9])
def test_overlaps_that_cannot_be(overlap):
    with pytest.raises(ValueError, match=r'overlap must be in 0\.\.tile - 1 = 7'): Tiled(pixelwise, 8, overlap)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 16), st.data())
def test_a_predictor_of_single_pixels_does_not_see_the_tiles(h, w, tile, data):
    x_t, x_in = randn(2, 3, h, w), pictures(2, 3, h, w, seed=1)
    tiled = Tiled(pixelwise, tile, data.draw(st.integers(0, tile - 1)))
    got = tiled(x_t, x_in, .3, .5)
    assert got.eps is None
    close(got.res, pixelwise(x_t, x_in, .3, .5).res, 1e-12)


def test_both_halves_and_the_place_are_handed_on():
    asked = []
    def model(x_t, x_in, abar, bbar, t): asked.append((abar, bbar, t, x_in)); return Prediction(x_t, 2*x_t)
    x = randn(1, 3, 9, 9)
    got = Tiled(model, 6, 2)(x, None, .25, .5, 7)
    close(got.res, x, 1e-12); close(got.eps, 2*x, 1e-12)
    assert asked == [(.25, .5, 7, None)]*4


def test_one_noise_for_the_picture_whatever_the_tiles():
    x = pictures(3, 30, 21)
    want = restore(pixelwise, x, 3, 64, schedule=S)
    close(want, sample(pixelwise, x[None], schedule=S, steps=3, generator=rng(seed_for(0, 'restore')))[0], 1e-12)
    for tile, overlap in ((8, 0), (8, 7), (13, 5)): close(restore(pixelwise, x, 3, tile, overlap, schedule=S), want, 1e-12)
    assert (restore(pixelwise, x, 3, 64, seed=1, schedule=S) - want).abs().max() > 1e-3
    with pytest.raises(ValueError, match=r'img must be one picture \(3, H, W\), got shape \(1, 3, 30, 21\)'): restore(pixelwise, x[None])


def test_memory_of_the_network_is_that_of_a_tile():
    seen = []
    def model(x_t, *a): seen.append(tuple(x_t.shape)); return Prediction(res=x_t)
    restore(model, pictures(3, 100, 300), 1, 32, 8, schedule=S)
    assert set(seen) == {(1, 3, 32, 32)} and len(seen) == 4*13


@pytest.fixture
def folder(tmp_path):
    (tmp_path/'in').mkdir()
    for i in range(4): Image.fromarray(to_uint8(pictures(3, 6 + i, 9, seed=i)).permute(1, 2, 0).numpy()).save(tmp_path/f'in/{i}.png')
    return tmp_path


class Model:
    "A predictor with a schedule that counts its calls, or fails"
    schedule = S
    def __init__(self, fail=None): self.calls, self.fail = 0, fail
    def __call__(self, *a):
        self.calls += 1
        if self.calls == self.fail: raise KeyboardInterrupt
        return pixelwise(*a)


def test_a_folder_goes_on_where_it_stopped(folder):
    with pytest.raises(KeyboardInterrupt): restore_folder(Model(fail=6), folder/'in', folder/'out', steps=2, progress=False)
    assert sorted(p.name for p in (folder/'out').iterdir()) == ['0.png', '1.png']
    rest = Model()
    done, failed = restore_folder(rest, folder/'in', folder/'out', steps=2, progress=False)
    assert [p.name for p in done] == ['2.png', '3.png'] and failed == [] and rest.calls == 4
    restore_folder(Model(), folder/'in', folder/'again', steps=2, progress=False)
    for i in range(4): assert (folder/f'out/{i}.png').read_bytes() == (folder/f'again/{i}.png').read_bytes()
    x = from_uint8(read_image(folder/'in/3.png'))
    close(from_uint8(read_image(folder/'out/3.png')), restore(Model(), x, 2), .5/127.5 + 1e-6)
    assert restore_folder(Model(), folder/'in', folder/'out', steps=2, progress=False)[0] == []
    assert len(restore_folder(Model(), folder/'in', folder/'out', steps=2, progress=False, force=True)[0]) == 4


def test_broken_files_are_listed_and_the_others_done(folder):
    (folder/'in/1.png').write_bytes(b'x')
    (folder/'in/notes.txt').write_text('x')
    done, failed = restore_folder(Model(), folder/'in', folder/'out', steps=1, progress=False)
    assert [p.name for p in done] == ['0.png', '2.png', '3.png'] and [p.name for p, _ in failed] == ['1.png', 'notes.txt'] and all('cannot be read' in why for _, why in failed)


def test_processes_share_the_work(folder):
    parts = [restore_folder(Model(), folder/'in', folder/'out', (i, 3), steps=1, progress=False)[0] for i in range(3)]
    assert sorted(p.name for part in parts for p in part) == ['0.png', '1.png', '2.png', '3.png']


def test_folders_that_cannot_be_worked_through(folder):
    with pytest.raises(NotADirectoryError, match='there is no folder'): restore_folder(Model(), folder/'none', folder/'out')
    with pytest.raises(ValueError, match='is the folder of the inputs'): restore_folder(Model(), folder/'in', folder/'in')
    (folder/'empty').mkdir()
    with pytest.raises(ValueError, match='holds no files'): restore_folder(Model(), folder/'empty', folder/'out')
    (folder/'in/1.jpg').write_bytes(b'x')
    with pytest.raises(ValueError, match='differ only in their ending'): restore_folder(Model(), folder/'in', folder/'out')


@pytest.mark.parametrize('kind', [UNet, OfficialUNet])
def test_the_command(folder, kind, capsys):
    net = kind('res', dim=8, mults=(1, 2)) if kind is OfficialUNet else kind(8, mults=(1, 2))
    save_model(folder/'m', net, S)
    args = [str(folder/'m'), str(folder/'in'), str(folder/'out'), '--device', 'cpu', '--steps', '2', '--tile', '8', '--overlap', '2']
    assert type(load_any(folder/'m')) is kind
    assert main(args + ['--part', '1/2']) == 0 and 'restored 2 pictures' in capsys.readouterr().out
    (folder/'in/9.png').write_bytes(b'x')
    assert main(args) == 1
    out = capsys.readouterr()
    assert 'restored 2 pictures' in out.out and '1 failed' in out.out and '9.png cannot be read' in out.err
    for more, why in ((['--steps', '11'], 'steps'), (['--part', '3/2'], 'I/N'), (['--overlap', '8'], 'overlap')):
        assert main(args + more + ['--force']) == 2 and why in capsys.readouterr().err
    assert main([str(folder/'none'), *args[1:]]) == 2 and 'there is no file' in capsys.readouterr().err


def test_the_command_is_installed(folder):
    save_model(folder/'m', UNet(8, mults=(1,)), S)
    done = subprocess.run([sys.executable, '-c', 'import sys; from rddm_nb.restore import main; sys.exit(main())', str(folder/'m'), str(folder/'in'), str(folder/'out'), '--device', 'cpu', '--steps', '1'],
                          capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stderr
    assert 'rddm-restore = "rddm_nb.restore:main"' in (ROOT/'pyproject.toml').read_text()
