"""One matrix: presets x (recommended, official) x (train, kill, go on, restore, evaluate)."""

import json
import os
import signal
import sys
from dataclasses import replace
from functools import partial
import pytest
import torch
from rddm_nb import experiment
from rddm_nb.aosa import AutoObjective
from rddm_nb.evaluate import main as evaluate
from rddm_nb.experiment import _read_config
from rddm_nb.presets import PRESETS, load_config, main
from rddm_nb.restore import main as restore
from rddm_nb.trainer import Checkpoints, Log
from rddm_nb.unet import load_model
from test_presets import images


def data_words(config, root):
    "Images for a preset, and the words that name them"
    for k, (name, mode) in enumerate((('a', 'RGB'), ('b', 'L'), ('c', 'RGB'))):
        images(root / 'set' / 'train' / f'train_{name.upper()}', mode=mode, seed=10 * k)
    a, b, c = (str(root / 'set' / 'train' / f'train_{x}') for x in 'ABC')
    if config.data.kind == 'embedded':
        return [], a, c, None
    if config.data.kind == 'clean':
        return ['--data.targets', c], a, c, None
    assert config.data.kind == 'pairs', 'a preset of another kind needs images here'
    if config.network.takes_cond:
        return ['--data.root', str(root / 'set')], a, c, b
    return ['--data.inputs', a, '--data.targets', c], a, c, None


def shrunken(config):
    "The same preset with smaller sizes, counts and widths, and nothing else changed"
    d, t = config.data, config.train
    words = {
        'network.dim': 8,
        'train.steps': 4,
        'train.batch': 2 * t.accumulate,
        'train.warmup': min(t.warmup, 1),
        'train.save_every': 1,
        'train.log_every': 1,
        'data.resize': min(d.resize, 16),
        'data.size': min(d.size, 16),
    }
    if d.crop:
        words['data.crop'] = '1,2,24'
    return [w for k, v in words.items() for w in (f'--{k}', str(v))]


def killed(words, step, said):
    "The command in a process of its own, killed by SIGKILL once a step is saved; what it says goes to a file"
    pid = os.fork()
    if pid == 0:
        real = Checkpoints.save

        def save(self, n, *a, **kw):
            real(self, n, *a, **kw)
            if n == step:
                os.kill(os.getpid(), signal.SIGKILL)

        # after a fork PyTorch makes its pool of threads anew at first use, which two threads may not be first at
        torch.set_num_threads(1)
        Checkpoints.save = save
        sys.stdout = sys.stderr = said.open('w', encoding='utf-8')
        try:
            main(words)
        finally:
            sys.stderr.flush()
            os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='kills are POSIX here')
@pytest.mark.parametrize('official', [False, True], ids=['recommended', 'official'])
@pytest.mark.parametrize('name', PRESETS)
def test_every_preset_goes_through_every_command(name, official, tmp_path, capsys, monkeypatch):
    # a choice after a dozen steps, not a hundred
    monkeypatch.setattr(experiment, 'AutoObjective', partial(AutoObjective, margin=.001))
    config, out = load_config(name, official), tmp_path / 'run'
    data, inputs, targets, masks = data_words(config, tmp_path)
    words = [name, *['--official'] * official, '--out', str(out), '--device', 'cpu', *shrunken(config), *data]
    said = tmp_path / 'said.txt'
    assert killed(words, 2, said) == -signal.SIGKILL, said.read_text(encoding='utf-8')
    assert [r['step'] for r in Log(out / 'log.csv').rows()] == [1, 2] and not (out / 'model.safetensors').exists()
    assert main(words) == 0, capsys.readouterr().err
    assert [r['step'] for r in Log(out / 'log.csv').rows()] == [1, 2, 3, 4]
    model = str(out / 'model.safetensors')
    assert load_model(model).meta['config'] == _read_config(out).to_dict()
    fixed = 'precision optimizer loss betas lr decay accumulate compile channels_last ema ema_every clip'.split()
    ran = _read_config(out)
    assert all(getattr(ran.train, k) == getattr(config.train, k) for k in fixed) and ran.schedule == config.schedule
    assert replace(ran.network, dim=config.network.dim) == config.network
    more = ['--steps', '1', '--device', 'cpu', *(['--masks', masks] if masks else [])]
    assert restore([model, inputs, str(tmp_path / 'restored'), *more]) == 0, capsys.readouterr().err
    assert len(list((tmp_path / 'restored').glob('*.png'))) == 4
    assert evaluate(['--model', model, inputs, targets, '--out', str(tmp_path / 'judged'), *more]) == 0, (
        capsys.readouterr().err
    )
    assert json.loads((tmp_path / 'judged/evaluation.json').read_text(encoding='utf-8'))
