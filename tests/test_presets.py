"""Every preset, as it is, through every command; a start that is refused changes nothing."""
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
import pytest
import torch
from common import pictures
from PIL import Image
from rddm_nb.config import Config, DataConfig, merge, plain, to_toml
from rddm_nb.evaluate import main as evaluate
from rddm_nb.experiment import (check_same, equalized, from_older_config, held_out, load_pairs, make_network, make_schedule,
                                make_source, read_config, resolve_objective, run_folder, train)
from rddm_nb.images import to_uint8
from rddm_nb.official import OfficialUNet
from rddm_nb.presets import PRESETS, load_config, main, preset
from rddm_nb.restore import main as restore
from rddm_nb.runtime import folder_lock
from rddm_nb.schedule import SCHEDULES, Schedule
from rddm_nb.trainer import Checkpoints, FunctionSource, Log
from rddm_nb.unet import load_model

ROOT = Path(__file__).resolve().parents[1]

# what the published experiments ran: networks, batch (accumulated), rate, steps, loss, betas, noise at the start (None: DDIM's
# schedule), sampling steps, how the networks are told where they are
ADAM, RADAM = (.9, .99), (.9, .999)
OFFICIAL = {
    'raindrop': (2, 2, 8e-5, 120_000, 'l1', ADAM, 1., 5, 't'),
    'lol': (1, 2, 8e-5, 80_000, 'l1', ADAM, 1., 2, 't'),
    'sid': (1, 2, 8e-5, 80_000, 'l1', ADAM, 1., 2, 't'),
    'gopro': (2, 2, 8e-5, 80_000, 'l1', ADAM, 1., 2, 't'),
    'istd': (2, 2, 8e-5, 80_000, 'l1', ADAM, .1, 5, 't'),
    'inpaint': (2, 128, 2e-4, 100_000, 'l2', RADAM, 1., 10, 'own'),
    'translate': (2, 128, 2e-4, 100_000, 'l2', RADAM, None, 10, 'own'),
    'celeba': (2, 256, 2e-4, 100_000, 'l2', RADAM, 1., 10, 't'),
    'path-independent': (2, 256, 2e-4, 100_000, 'l2', RADAM, None, 10, 'own'),
    'ddim-readjust': (1, 256, 2e-4, 100_000, 'l2', RADAM, None, 100, 't'),
    'aosa': (1, 2, 8e-5, 80_000, 'l1', ADAM, None, 2, 't')}


@pytest.mark.parametrize('name', OFFICIAL)
def test_official_presets_are_what_was_published(name):
    nets, batch, lr, steps, loss, betas, bbar_T, sampling, embedding = OFFICIAL[name]
    c = preset(name, official=True)
    t = c.train
    assert (t.batch, t.accumulate, t.lr, t.steps, t.loss, t.betas) == (batch, 2, lr, steps, loss, betas)
    assert (t.decay, t.warmup, t.ema, t.ema_every, t.clip, t.precision) == ('none', 0, .995, 10, 1., 'fp32')
    assert (c.sample.steps, c.network.embedding, c.network.dim, c.network.mults) == (sampling, embedding, 64, (1, 2, 4, 8))
    s = make_schedule(c.schedule)
    assert s == Schedule.ddim_linear() if bbar_T is None else (s.T, round(float(s.bbar[-1]), 12)) == (1000, bbar_T)
    with torch.device('meta'): net = make_network(merge(c, dict(network=dict(predicts='res'))).network
                                                  if name == 'aosa' else c.network)
    of_channels = {3: 36_251_779, 6: 36_261_187, 9: 36_270_595}[3*(1 + c.network.takes_input + c.network.takes_cond)]
    assert len(net.nets) == nets and sum(q.numel() for q in net.parameters()) == nets*of_channels


def test_the_images_of_the_published_experiments():
    c = {name: preset(name, official=True).data for name in PRESETS}
    assert c['celeba'].crop == (25, 57, 128) and [n for n in c if c[n].crop] == ['celeba']
    assert [n for n in c if c[n].equalize] == ['aosa'] and c['aosa'].resize == 256
    assert c['translate'].pairing == 'position' and preset('translate').data.pairing == 'unpaired'
    assert {c[n].pairing for n in c if n != 'translate'} == {'name'}
    assert (c['inpaint'].task, c['celeba'].task, c['lol'].task) == ('hole', 'generate', None)


def test_every_preset_but_the_demo_has_its_published_numbers_here(): assert {*OFFICIAL, 'demo'} == {*PRESETS}


@pytest.mark.parametrize('name', PRESETS)
@pytest.mark.parametrize('official', [True, False])
def test_every_preset_can_be_written_down_and_read_back(name, official, tmp_path, capsys):
    c = preset(name, official)
    (tmp_path/'a.toml').write_text(to_toml(c), encoding='utf-8')
    assert load_config(str(tmp_path/'a.toml')) == c and merge(Config(), plain(c)) == c
    assert main([name, '--show'] + ['--official']*official) == 0
    assert capsys.readouterr().out == to_toml(c)


# ---- one matrix: presets x (recommended, official) x (train, kill, go on, restore, evaluate)

def images(folder, n=4, size=40, mode='RGB', seed=0):
    folder.mkdir(parents=True)
    for i in range(n):
        x = to_uint8(pictures(3, size, size, seed=seed + i)).permute(1, 2, 0).numpy()
        Image.fromarray(x).convert(mode).save(folder/f'{i}.png')


def data_words(config, root):
    "Images for a preset, and the words that name them"
    for k, (name, mode) in enumerate((('a', 'RGB'), ('b', 'L'), ('c', 'RGB'))):
        images(root/'set'/'train'/f'train_{name.upper()}', mode=mode, seed=10*k)
    a, b, c = (str(root/'set'/'train'/f'train_{x}') for x in 'ABC')
    if config.data.kind == 'embedded': return [], a, c, None
    if config.data.kind == 'clean': return ['--data.targets', c], a, c, None
    assert config.data.kind == 'pairs', 'a preset of another kind needs images here'
    if config.network.takes_cond: return ['--data.root', str(root/'set')], a, c, b
    return ['--data.inputs', a, '--data.targets', c], a, c, None


def shrunken(config):
    "The same preset with smaller sizes, counts and widths, and nothing else changed"
    d, t = config.data, config.train
    words = {'network.dim': 8, 'train.steps': 4, 'train.batch': 2*t.accumulate, 'train.warmup': min(t.warmup, 1),
             'train.save_every': 1, 'train.log_every': 1, 'data.resize': min(d.resize, 16), 'data.size': min(d.size, 16)}
    if d.crop: words['data.crop'] = '1,2,24'
    return [w for k, v in words.items() for w in (f'--{k}', str(v))]


def killed(words, step):
    "The command in a process of its own, killed by SIGKILL once a step is saved"
    pid = os.fork()
    if pid == 0:
        real = Checkpoints.save
        def save(self, n, *a, **kw):
            real(self, n, *a, **kw)
            if n == step: os.kill(os.getpid(), signal.SIGKILL)
        Checkpoints.save = save
        try: main(words)
        finally: os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='kills are POSIX here')
@pytest.mark.parametrize('official', [False, True], ids=['recommended', 'official'])
@pytest.mark.parametrize('name', PRESETS)
def test_every_preset_goes_through_every_command(name, official, tmp_path, capsys):
    config, out = preset(name, official), tmp_path/'run'
    data, inputs, targets, masks = data_words(config, tmp_path)
    words = [name, *['--official']*official, '--out', str(out), '--device', 'cpu', *shrunken(config), *data]
    assert killed(words, 2) == -signal.SIGKILL
    assert [r['step'] for r in Log(out/'log.csv').rows()] == [1, 2] and not (out/'model.safetensors').exists()
    assert main(words) == 0, capsys.readouterr().err
    assert [r['step'] for r in Log(out/'log.csv').rows()] == [1, 2, 3, 4]
    model = str(out/'model.safetensors')
    assert load_model(model).meta['config'] == plain(read_config(out))
    fixed = 'precision optimizer loss betas lr decay accumulate compile channels_last ema ema_every clip'.split()
    ran = read_config(out)
    assert all(getattr(ran.train, k) == getattr(config.train, k) for k in fixed) and ran.schedule == config.schedule
    assert replace(ran.network, dim=config.network.dim) == config.network
    more = ['--steps', '1', '--device', 'cpu', *(['--masks', masks] if masks else [])]
    assert restore([model, inputs, str(tmp_path/'restored'), *more]) == 0, capsys.readouterr().err
    assert len(list((tmp_path/'restored').glob('*.png'))) == 4
    assert evaluate(['--model', model, inputs, targets, '--out', str(tmp_path/'judged'), *more]) == 0, capsys.readouterr().err
    assert json.loads((tmp_path/'judged/evaluation.json').read_text(encoding='utf-8'))
