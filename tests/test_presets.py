"""Presets are what was published or recommended; a start that is refused changes nothing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
import pytest
import torch
from common import posix, random_images
from PIL import Image
from places import ROOT
from rddm_nb import experiment
from rddm_nb.aosa import AutoObjective, ObjectiveChoice
from rddm_nb.command import merge
from rddm_nb.config import Config, DataConfig
from rddm_nb.data import _DataReport
from rddm_nb.experiment import (
    _check_same,
    _check_sizes,
    _embedded,
    _equalized,
    _from_older_config,
    _held_out,
    _load_pairs,
    _make_source,
    _read_config,
    _resolve_objective,
    _run_folder,
    _save_config,
    _spelled,
    check_config,
    train,
)
from rddm_nb.images import to_uint8
from rddm_nb.official import OfficialUNet
from rddm_nb.presets import PRESETS, load_config, main
from rddm_nb.restore import main as restore
from rddm_nb.runtime import folder_lock, generator_for
from rddm_nb.schedule import SCHEDULES, Schedule
from rddm_nb.trainer import FunctionSource, Log, TrainingError
from rddm_nb.unet import load_model, save_model


# what the published experiments ran: networks, batch (accumulated), rate, steps, loss, betas, noise at the start
# (None: DDIM's schedule), sampling steps, how the networks are told where they are
ADAM, RADAM = (0.9, 0.99), (0.9, 0.999)
OFFICIAL = {
    'raindrop': (2, 2, 8e-5, 120_000, 'l1', ADAM, 1.0, 5, 't'),
    'lol': (1, 2, 8e-5, 80_000, 'l1', ADAM, 1.0, 2, 't'),
    'sid': (1, 2, 8e-5, 80_000, 'l1', ADAM, 1.0, 2, 't'),
    'gopro': (2, 2, 8e-5, 80_000, 'l1', ADAM, 1.0, 2, 't'),
    'istd': (2, 2, 8e-5, 80_000, 'l1', ADAM, 0.1, 5, 't'),
    'inpaint': (2, 128, 2e-4, 100_000, 'l2', RADAM, 1.0, 10, 'own'),
    'translate': (2, 128, 2e-4, 100_000, 'l2', RADAM, None, 10, 'own'),
    'celeba': (2, 256, 2e-4, 100_000, 'l2', RADAM, 1.0, 10, 't'),
    'path-independent': (2, 256, 2e-4, 100_000, 'l2', RADAM, None, 10, 'own'),
    'ddim-readjust': (1, 256, 2e-4, 100_000, 'l2', RADAM, None, 100, 't'),
    'aosa': (1, 2, 8e-5, 80_000, 'l1', ADAM, None, 2, 't'),
}


@pytest.mark.parametrize('name', OFFICIAL)
def test_official_presets_are_what_was_published(name):
    nets, batch, lr, steps, loss, betas, bbar_T, sampling, embedding = OFFICIAL[name]
    c = load_config(name, official=True)
    t = c.train
    assert (t.batch, t.accumulate, t.lr, t.steps, t.loss, t.betas) == (batch, 2, lr, steps, loss, betas)
    assert (t.decay, t.warmup, t.ema, t.ema_every, t.clip, t.precision) == ('none', 0, 0.995, 10, 1.0, 'fp32')
    assert (c.sample.steps, c.network.embedding, c.network.dim, c.network.mults) == (
        sampling,
        embedding,
        64,
        (1, 2, 4, 8),
    )
    s = c.schedule.make()
    assert s == Schedule.ddim_linear() if bbar_T is None else (s.T, round(float(s.bbar[-1]), 12)) == (1000, bbar_T)
    with torch.device('meta'):
        net = (merge(c, dict(network=dict(predicts='res'))) if name == 'aosa' else c).network.make()
    of_channels = {3: 36_251_779, 6: 36_261_187, 9: 36_270_595}[3 * (1 + c.network.takes_input + c.network.takes_cond)]
    assert len(net.nets) == nets and sum(q.numel() for q in net.parameters()) == nets * of_channels


def test_the_images_of_the_published_experiments():
    c = {name: load_config(name, official=True).data for name in PRESETS}
    assert c['celeba'].crop == (25, 57, 128) and [n for n in c if c[n].crop] == ['celeba']
    assert [n for n in c if c[n].equalize] == ['aosa'] and c['aosa'].resize == 256
    assert c['translate'].pairing == 'position' and load_config('translate').data.pairing == 'unpaired'
    assert {c[n].pairing for n in c if n != 'translate'} == {'name'}
    assert (c['inpaint'].task, c['celeba'].task, c['lol'].task) == ('hole', 'generate', None)


def test_every_preset_but_the_demo_has_its_published_numbers_here():
    assert {*OFFICIAL, 'demo'} == {*PRESETS}


@pytest.mark.parametrize('name', PRESETS)
@pytest.mark.parametrize('official', [True, False])
def test_every_preset_can_be_written_down_and_read_back(name, official, tmp_path, capsys):
    c = load_config(name, official)
    (tmp_path / 'a.toml').write_text(c.to_toml(), encoding='utf-8')
    assert load_config(str(tmp_path / 'a.toml')) == c and merge(Config(), c.to_dict()) == c
    assert main([name, '--show'] + ['--official'] * official) == 0
    assert capsys.readouterr().out == c.to_toml()


def test_files_may_have_a_byte_order_mark(capsys, tmp_path):
    (tmp_path / 'é.toml').write_bytes('\ufeffpreset = "istd"\n[data]\nroot = "é"\n'.encode())
    assert main([str(tmp_path / 'é.toml'), '--official', '--show']) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert shown['data']['root'] == 'é' and shown['schedule']['bbar_T'] == 0.1


def images(folder, n=4, size=40, mode='RGB', seed=0):
    folder.mkdir(parents=True)
    for i in range(n):
        x = to_uint8(random_images(3, size, size, seed=seed + i)).permute(1, 2, 0).numpy()
        Image.fromarray(x).convert(mode).save(folder / f'{i}.png')


# ---- one run: what is kept, what is refused, what goes on


@pytest.fixture
def folder(tmp_path):
    for name, seed in (('in', 0), ('gt', 9), ('mask', 20)):
        (tmp_path / name).mkdir()
        for i in range(5):
            x = to_uint8(random_images(3, 12, 16, seed=i + seed)).permute(1, 2, 0).numpy()
            Image.fromarray(x).save(tmp_path / name / f'{i}.png')
    return tmp_path


def small(folder, *more, out='run'):
    return [
        'lol',
        '--out',
        str(folder / out),
        '--device',
        'cpu',
        '--data.inputs',
        str(folder / 'in'),
        '--data.targets',
        str(folder / 'gt'),
        '--data.size',
        '8',
        '--network.dim',
        '8',
        '--network.mults',
        '1',
        '2',
        '--train.batch',
        '2',
        '--train.steps',
        '3',
        '--train.warmup',
        '0',
        '--train.save_every',
        '2',
        *map(str, more),
    ]


def everything(path):
    return {p.relative_to(path): p.read_bytes() for p in sorted(path.rglob('*')) if p.is_file()}


def test_the_command_trains_keeps_its_configuration_and_goes_on(folder, capsys):
    assert main(small(folder)) == 0
    said = capsys.readouterr()
    assert '5 pairs: 5 of 16x12' in said.err and 'step 3, loss' in said.err and 'wrote' in said.out
    names = {p.name for p in (folder / 'run').iterdir()} - {'.lock'}
    assert names == {'config.toml', 'train.json', 'log.csv', 'model.safetensors', 'checkpoints', 'data_check.json'}
    net = load_model(folder / 'run/model.safetensors')
    assert isinstance(net, OfficialUNet) and net.config['dim'] == 8 and net.meta['step'] == 3
    assert (
        main([str(folder / 'run/config.toml'), '--out', str(folder / 'run'), '--device', 'cpu']) == 0
    )  # nothing left to do


@pytest.mark.parametrize(
    'words, why',
    [
        (['--data.flip', 'false'], 'data.flip was True, is False'),
        (['--network.dim', '16'], 'network.dim was 8, is 16'),
        (['--schedule.kind', 'circle'], "schedule.kind was 'power', is 'circle'"),
        (['--train.loss', 'l2'], 'loss was l1, is l2'),
        (['--train.steps', '5'], 'steps was 3, is 5'),
        (['--device', 'nonsense'], "device 'nonsense'"),
    ],
)
def test_a_refused_start_changes_nothing(folder, capsys, words, why):
    assert main(small(folder)) == 0
    before = everything(folder / 'run')
    capsys.readouterr()
    assert main(small(folder, *words)) == 2
    err = capsys.readouterr().err.splitlines()
    assert why in err[-1] and everything(folder / 'run') == before


def test_a_folder_in_use_is_left_alone(folder, capsys):
    assert main(small(folder)) == 0
    before = everything(folder / 'run')
    with folder_lock(folder / 'run'):
        assert main(small(folder, '--data.flip', 'false')) == 2
    assert 'another process' in capsys.readouterr().err and everything(folder / 'run') == before


@pytest.mark.parametrize(
    'name, content',
    [
        ('config.toml', b''),
        ('config.toml', b'[data]\n'),
        ('config.toml', b'\xff'),
        ('tables.json', b'{}'),
        ('tables.json', b'[1]'),
        ('tables.json', b'\x00'),
        ('tables.json', b'[' * 9999),
        ('tables.json', b'{"network": 3}'),
    ],
)
def test_a_configuration_that_cannot_be_read_is_one_line(folder, capsys, name, content):
    (folder / 'run').mkdir()
    (folder / 'run' / name).write_bytes(content)
    assert main(small(folder)) == 2
    err = capsys.readouterr().err
    assert f'{name} is not the configuration of a run' in err and len(err.splitlines()) == 1
    assert {p.name: p.read_bytes() for p in (folder / 'run').iterdir()} == {'.lock': b'', name: content}


OLD = dict(
    data=dict(
        kind='pairs',
        root='',
        split='train',
        inputs='in',
        targets='gt',
        extra='',
        task='',
        resize=0,
        size=8,
        flip=True,
        held_split='test',
        held_inputs='',
        held_targets='',
        held_extra='',
        held=8,
    ),
    network=dict(kind='official', dim=8, mults=[1, 2], predicts='both', cond='t', sees_input=True, sees_extra=False),
    schedule=dict(kind='ddim_linear', T=1000, alpha=['1-x', 1], beta2=['x', 1], bbar_T=1.0, grid='count'),
    plan=dict(steps=3, look_every=2),
    sampling=dict(steps=2, eta=0.0),
)


def test_a_run_of_before_goes_on_with_the_present_names(tmp_path):
    c = merge(Config(), _from_older_config(OLD))
    assert (c.network.embedding, c.network.takes_input, c.network.takes_cond, c.data.task, c.data.cond) == (
        't',
        True,
        False,
        None,
        '',
    )
    assert (c.train.steps, c.train.eval_every, c.sample.steps) == (3, 2, 2)
    assert c.schedule.make() == Schedule.ddim_linear()
    (tmp_path / 'tables.json').write_text(json.dumps(OLD), encoding='utf-8')
    assert _read_config(tmp_path) == c
    between = dict(OLD, network={**c.network.__dict__}, data={**OLD['data'], 'cond': 'm'})
    del between['data']['extra'], between['network']['channels']
    assert merge(Config(), _from_older_config(between)).network == c.network
    with pytest.raises(ValueError, match='data.cond was .., is .m.'):
        _check_same(merge(Config(), _from_older_config(between)), c, tmp_path)


@posix
@pytest.mark.parametrize('signum', [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_how_far_it_came_and_goes_on(folder, capsys, signum):
    c = load_config('demo')
    c = merge(
        c, dict(network=dict(dim=8, mults=[1]), data=dict(size=8), train=dict(batch=2, warmup=0, steps=50, log_every=1))
    )
    (folder / 'a.toml').write_text(c.to_toml(), encoding='utf-8')
    seen = []

    def stop(self, row):
        seen.append(row['step'])
        if row['step'] == 2:
            os.kill(os.getpid(), signum)

    from rddm_nb import watch

    with pytest.MonkeyPatch.context() as m:
        m.setattr(watch.ConsoleReport, '__call__', stop)
        assert main([str(folder / 'a.toml'), '--out', str(folder / 'run'), '--device', 'cpu']) == 128 + signum
    said = capsys.readouterr().out
    assert f'stopped at step {seen[-1]} of 50; run it again to go on' in said and 'unfinished' in said
    assert load_model(folder / 'run/model_unfinished.safetensors').meta['step'] == seen[-1] < 50
    assert not (folder / 'run/model.safetensors').exists()
    assert main([str(folder / 'a.toml'), '--out', str(folder / 'run'), '--device', 'cpu']) == 0
    assert (folder / 'run/model.safetensors').exists() and not (folder / 'run/model_unfinished.safetensors').exists()


def test_a_failure_after_the_start_is_exit_code_1_and_saved(folder, capsys, monkeypatch):
    def fail(self, row):
        raise OSError(28, 'No space left')

    from rddm_nb import watch

    monkeypatch.setattr(watch.ConsoleReport, '__call__', fail)
    assert main(small(folder, '--train.log_every', 2)) == 1
    err = capsys.readouterr().err.splitlines()
    assert 'step 1 is saved' in err[-1] and (folder / 'run/config.toml').exists()


def test_a_second_start_reads_only_what_it_needs(folder, monkeypatch):
    assert main(small(folder)) == 0
    from rddm_nb import data

    real, read = data.read_noted, []
    monkeypatch.setattr(data, 'read_noted', lambda f, *a: read.append(f) or real(f, *a))
    assert main(small(folder)) == 0 and len(read) < 10  # the first batch, not the ten images
    (folder / 'in/4.png').write_bytes((folder / 'in/3.png').read_bytes())
    read.clear()
    assert main(small(folder)) == 0 and folder / 'in/4.png' in read
    read.clear()
    assert (
        main(['lol', '--show', '--data.inputs', str(folder / 'in'), '--data.targets', str(folder / 'gt')]) == 0
        and read == []
    )


def test_a_run_that_goes_on_with_other_images_says_so(folder, capsys):
    assert main(small(folder)) == 0 and main(small(folder)) == 0
    assert 'this run has seen' not in capsys.readouterr().err
    for f in ('in', 'gt'): (folder/f/'1.png').unlink()
    assert main(small(folder)) == 0 and '1 of the pairs that this run has seen are gone' in capsys.readouterr().err
    (folder/'in/4.png').write_bytes((folder/'in/3.png').read_bytes())
    assert main(small(folder)) == 0
    said = '1 of the pairs that this run has seen are gone or have changed, 1 are new: it goes on with what is there'
    assert said in capsys.readouterr().err
    assert main(small(folder)) == 0 and 'this run has seen' not in capsys.readouterr().err
    (folder/'run/data_check.json').write_text('{"rddm_nb": "checked images", cut', encoding='utf-8')
    assert main(small(folder)) == 0 and 'this run has seen' not in capsys.readouterr().err


def test_a_table_that_cannot_be_read_is_one_line(tmp_path, capsys):
    datasets = pytest.importorskip('datasets')
    datasets.Dataset.from_dict(dict(input=[], target=[])).to_parquet(tmp_path/'empty.parquet')
    (tmp_path/'junk.parquet').write_bytes(b'PAR1junk')
    for name in ('empty', 'junk'):
        file, out = str(tmp_path/f'{name}.parquet'), str(tmp_path/'x')
        assert main(['demo', '--data.kind', 'table', '--data.root', file, '--out', out]) == 2 and not Path(out).exists()
        assert f"{name}.parquet' is no table that can be read: " in capsys.readouterr().err.splitlines()[-1]


def test_nothing_starts_with_broken_images(folder, capsys):
    (folder / 'in/3.png').write_bytes(b'x')
    assert main(small(folder, out='a/run')) == 2
    err = capsys.readouterr().err
    assert 'cannot be used as they are' in err and '3.png' in err and not (folder / 'a').exists()


def test_a_folder_made_for_nothing_is_gone_and_one_with_something_is_not(tmp_path):
    for name in ('a/b/c', 'd'):
        with _run_folder(tmp_path / name):
            pass
    assert list(tmp_path.iterdir()) == []
    with _run_folder(tmp_path / 'd'):
        (tmp_path / 'd/x').write_text('', encoding='utf-8')
    with _run_folder(tmp_path / 'd'):
        pass
    assert sorted(p.name for p in (tmp_path / 'd').iterdir()) == ['.lock', 'x']


# ---- the images, the choice, the evaluation while training


def test_masks_and_made_inputs(folder):
    assert main(small(folder, '--data.cond', folder / 'mask', '--network.takes_cond', 'true', out='masks')) == 0
    for task in ('hole', 'generate', 'rain'):
        assert main(small(folder, '--data.kind', 'clean', '--data.inputs', '', '--data.task', task, out=task)) == 0


@pytest.mark.parametrize(
    'words, why',
    [
        (['--data.cond', 'mask'], 'network.takes_cond must be true'),
        (['--network.takes_cond', 'true'], 'data.cond given'),
        (['--data.crop', '0', '0', '99'], 'data.crop=[0, 0, 99]'),
        (['--data.pattern', '_x'], "data.pairing='name'"),
        (['--data.pairing', 'pattern', '--data.pattern', '('], "data.pattern '(' is no regular expression"),
        (['--train.eval_every', '2'], 'data.held_inputs'),
        (['--data.size', '64'], '5 of 5 pairs are too small for crops of 64'),
        (
            ['--data.root', 'in', '--data.inputs', '', '--data.targets', ''],
            'name the folders of inputs and of targets instead',
        ),
        (['--tensorboard', '--device', 'nonsense'], "device 'nonsense'"),
        (['--train.seed', '9' * 23], 'train.seed must fit 64 bits'),
    ],
)
def test_images_that_do_not_fit_are_refused_before_the_start(folder, words, why, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(small(folder, *words)) == 2
    assert why in capsys.readouterr().err and not (folder / 'run').exists()


@pytest.mark.parametrize(
    'words, why',
    [
        (['--data.size', '11'], '1 of 5 pairs are too small for crops of 11, such as '),
        (['--data.size', '0'], 'whole images (data.size=0) of 2 sizes cannot form batches'),
    ],
)
def test_one_image_of_another_size_is_found_before_the_start(folder, words, why, capsys):
    for name in ('in', 'gt'):
        Image.open(folder / name / '4.png').crop((0, 0, 12, 10)).save(folder / name / '4.png')
    assert main(small(folder, *words)) == 2
    err = capsys.readouterr().err
    assert why in err and not (folder / 'run').exists()
    assert main(small(folder, '--data.size', '10')) == 0
    assert main(small(folder, '--data.size', '0', '--train.batch', '1', '--train.accumulate', '1', out='one')) == 0


def test_checkpoints_without_their_configuration_do_not_go_on(folder, capsys):
    assert main(small(folder)) == 0
    (folder / 'run/config.toml').unlink()
    before = everything(folder / 'run')
    assert main(small(folder, '--data.flip', 'false')) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert 'holds checkpoints (step_000000003.safetensors) without their config.toml: put it back' in err
    assert everything(folder / 'run') == before


def test_what_reading_loses_is_said(folder, capsys):
    for i in range(3):
        Image.open(folder / f'in/{i}.png').convert('RGBA').save(folder / f'in/{i}.png')
    assert main(small(folder, '--network.channels', '1', '--data.equalize', 'true', '--data.resize', '16')) == 0
    err = capsys.readouterr().err.splitlines()
    assert '3 images: transparency dropped' in err and '10 images: colour converted to grey' in err


def test_warnings_are_lines_of_the_command(folder, capsys):
    assert main(small(folder)) == 0
    capsys.readouterr()
    assert main(small(folder, '--train.lr', '1e-5')) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if 'lr was' in line]
    assert len(said) == 1 and said[0].startswith('rddm-train: ') and 'Warning' not in said[0]


@pytest.mark.parametrize('kind', ['file', 'below a file', 'folder.toml', 'pipe.toml', 'list'])
def test_names_that_cannot_be_used_are_one_line(tmp_path, capsys, kind):
    (tmp_path / 'file').write_text('', encoding='utf-8')
    (tmp_path / 'folder.toml').mkdir()
    (tmp_path / 'list.toml').write_text('preset = ["demo"]', encoding='utf-8')
    if kind == 'pipe.toml':
        if not hasattr(os, 'mkfifo'):
            pytest.skip('no named pipes here')
        os.mkfifo(tmp_path / 'pipe.toml')
    words, why = {
        'file': (['demo', '--out', tmp_path / 'file'], 'file is a file, not a folder'),
        'below a file': (['demo', '--out', tmp_path / 'file/x'], 'file is a file, not a folder'),
        'folder.toml': ([tmp_path / 'folder.toml', '--show'], 'folder.toml is a folder, not a file'),
        'pipe.toml': ([tmp_path / 'pipe.toml', '--show'], 'pipe.toml is a pipe or a device'),
        'list': ([tmp_path / 'list.toml', '--show'], "list.toml: preset must be one of demo"),
    }[kind]
    assert main(list(map(str, words))) == 2
    err = capsys.readouterr().err
    assert why in err and len(err.splitlines()) == 1 and 'Errno' not in err


def test_a_full_disk_at_the_start_names_the_file(folder, capsys, monkeypatch):
    from rddm_nb import files

    def full(tmp, path):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(files.os, 'replace', full)
    assert main(small(folder)) == 2
    assert 'data_check.json: No space left on device' in capsys.readouterr().err and not (folder / 'run').exists()


@pytest.mark.parametrize('form', ['file.parquet', 'table', 'tables'])
def test_tables_on_disk_are_read_where_they_are(tmp_path, form):
    datasets = pytest.importorskip('datasets')
    rows = [Image.new('RGB', (8, 8), (i, i, i)) for i in (10, 20)]
    table = datasets.Dataset.from_dict(
        dict(input=rows, target=rows), datasets.Features(dict(input=datasets.Image(), target=datasets.Image()))
    )
    if form == 'file.parquet':
        table.to_parquet(tmp_path / form)
    else:
        (table if form == 'table' else datasets.DatasetDict(train=table)).save_to_disk(tmp_path / form)
    data = DataConfig('table', root=str(tmp_path / form), size=8)
    pairs = _load_pairs(data)
    assert len(pairs) == 2 and pairs[1][0].unique().tolist() == [20]
    with pytest.raises(ValueError, match="has no split 'test': it has train"):
        _load_pairs(replace(data, split='test'))


def test_grey_images_end_to_end(folder):
    grey = small(folder, '--network.channels', '1', out='grey')
    assert main(grey) == 0 and load_model(folder / 'grey/model.safetensors').config['channels'] == 1
    images(folder / 'shades', mode='L')
    words = [
        str(folder / 'grey/model.safetensors'),
        str(folder / 'shades'),
        str(folder / 'out'),
        '--steps',
        '1',
        '--device',
        'cpu',
    ]
    assert restore(words) == 0 and Image.open(folder / 'out/0.png').mode == 'L'
    assert _make_source(DataConfig(size=8), 1).batch(2, 0, 0).x0.shape == (2, 1, 8, 8)
    with pytest.raises(ValueError, match="size must be at least 1 for kind='embedded'"):
        DataConfig(size=0)
    assert _held_out(merge(Config(), dict(network=dict(channels=1)))).x0.shape == (8, 1, 32, 32)


def test_images_are_cut_equalised_and_squeezed_in_this_order(folder):
    data = DataConfig('pairs', inputs=str(folder / 'in'), targets=str(folder / 'gt'))
    x_in, x0, _ = _load_pairs(data)[0]
    cut = _load_pairs(replace(data, crop=(2, 3, 8)))[0]
    assert torch.equal(cut[0], x_in[:, 3:11, 2:10]) and torch.equal(cut[1], x0[:, 3:11, 2:10])
    even = _load_pairs(replace(data, crop=(2, 3, 8), equalize=True))[0]
    assert torch.equal(even[0], _equalized(cut[0])) and torch.equal(even[1], cut[1])
    squeezed = _load_pairs(replace(data, crop=(2, 3, 8), equalize=True, resize=4))[0]
    want = (
        torch.nn.functional.interpolate(even[0][None].float(), (4, 4), mode='bicubic', antialias=True)[0]
        .round()
        .clamp(0, 255)
    )
    assert torch.equal(squeezed[0].float(), want) and squeezed[1].shape == (3, 4, 4)
    versions = {
        _load_pairs(d).version(_load_pairs(d).items[0])
        for d in (data, replace(data, crop=(2, 3, 8)), replace(data, equalize=True))
    }
    assert len(versions) == 3
    assert _load_pairs(replace(data, crop=(8, 4, 8)))[0][0].shape == (3, 8, 8)  # up to both edges of 12x16
    for beyond in ((9, 4, 8), (8, 5, 8)):
        with pytest.raises(ValueError, match='is not within an image of 16x12'):
            _load_pairs(replace(data, crop=beyond))[0]


def test_an_equalised_image_has_every_level_equally_often():
    ramp = torch.arange(256).view(1, 16, 16).byte()
    assert torch.equal(_equalized(ramp), ramp)
    dark = torch.tensor([[[0, 0, 1, 1], [2, 2, 3, 3]]]).byte()
    assert _equalized(dark).unique().tolist() == [0, 85, 170, 255] and torch.equal(
        _equalized(dark).argsort(stable=True), dark.argsort(stable=True)
    )
    assert _equalized(torch.full((3, 2, 2), 9).byte()).unique().tolist() == [9]


def test_data_of_other_kinds(folder):
    datasets = pytest.importorskip('datasets')
    rows = {k: [str(folder / f'{d}/{i}.png') for i in range(5)] for k, d in (('input', 'in'), ('target', 'gt'))}
    t = datasets.Dataset.from_dict(rows).cast_column('input', datasets.Image()).cast_column('target', datasets.Image())
    (folder / 'table').mkdir()
    t.to_parquet(folder / 'table/train.parquet')
    assert len(_load_pairs(DataConfig('table', root=str(folder / 'table')))) == 5
    (folder / 'l.flist').write_text('gt/1.png\ngt/2.png\n', encoding='utf-8')
    assert len(_load_pairs(DataConfig('clean', targets=str(folder / 'l.flist')))) == 2
    unpaired = DataConfig('pairs', inputs=str(folder / 'in'), targets=str(folder / 'l.flist'), pairing='unpaired')
    assert len(_load_pairs(unpaired)) == 5
    with pytest.raises(ValueError, match='one length'):
        _load_pairs(replace(unpaired, pairing='position'))


def test_evaluations_while_training(folder, capsys):
    held = ['--data.held_inputs', folder / 'in', '--data.held_targets', folder / 'gt', '--data.held', '2']
    assert main(small(folder, '--train.eval_every', '2', *held)) == 0
    assert [p.name for p in (folder / 'run/held_out').iterdir()] == [
        'step_000000002.png'
    ] and 'PSNR' in capsys.readouterr().err
    c = merge(
        Config(),
        dict(data=dict(kind='clean', targets=str(folder / 'gt'), held_targets=str(folder / 'in'), size=8, held=3)),
    )
    a, b = _held_out(c), _held_out(c)
    assert a.x0.shape == (3, 3, 8, 8) and torch.equal(a.x_in, b.x_in) and not torch.equal(a.x_in, a.x0)


def test_the_device_is_handed_over(folder, capsys):
    with pytest.raises(ValueError, match="device 'abacus' cannot be used"):
        train(load_config('demo'), folder / 'run', 'abacus')
    words = small(folder)
    words[words.index('cpu')] = 'abacus'
    assert main(words) == 2 and "device 'abacus' cannot be used" in capsys.readouterr().err


def test_one_process_of_several_writes_event_files(monkeypatch):
    from rddm_nb import presets, watch
    made = []
    monkeypatch.setattr(watch, 'TensorBoardReport', lambda folder: made.append(folder) or (lambda row: None))
    args = presets._TrainCommand('demo', out='run', tensorboard=True)
    row = dict.fromkeys(('step', 'loss', 'grad_norm', 'lr', 'seconds', 'pairs_per_second', 'psnr'), 1.0)
    for main_one, asked, want in ((False, True, []), (True, False, []), (True, True, [Path('run/tensorboard')])):
        presets._reports(load_config('demo'), replace(args, tensorboard=asked), main_one)(row)
        assert made == want


def test_event_files_on_request(folder):
    pytest.importorskip('tensorboard')
    assert main(small(folder, '--tensorboard')) == 0 and list((folder / 'run/tensorboard').iterdir())


AUTO = dict(
    network=dict(dim=8, mults=[1], predicts='auto'),
    schedule=dict(kind='ddim_linear'),
    data=dict(size=8),
    train=dict(batch=2, seed=3, lr=4e-3, steps=2),
)


@pytest.fixture
def soon(monkeypatch):
    "A choice after a dozen steps, not a hundred"
    monkeypatch.setattr(experiment, 'AutoObjective', partial(AutoObjective, margin=.001))


def test_training_chooses_once_and_goes_on_with_its_choice(tmp_path, soon):
    c, out, told = merge(Config(), AUTO), tmp_path / 'auto', []
    assert train(c, out, 'cpu', tell=told.append).done and any('choosing' in t for t in told)
    choice = json.loads((out / 'choice.json').read_text(encoding='utf-8'))
    net = load_model(out / 'model.safetensors')
    assert choice['predicts'] in ('res', 'eps') and net.config['predicts'] == choice['predicts']
    assert abs(choice['lam'][-1] - 0.5) > 0.001 >= max(abs(v - 0.5) for v in choice['lam'][:-1])
    assert choice['steps'] >= 10
    assert _read_config(out) == c and len(choice['lam']) == choice['steps'] == len(choice['errors'])
    (tmp_path / 'again').mkdir()
    again = _resolve_objective(c, _make_source(c.data), tmp_path / 'again')
    assert again == merge(c, dict(network=dict(predicts=choice['predicts'])))
    assert json.loads((tmp_path / 'again/choice.json').read_text(encoding='utf-8')) == choice
    other = dict(res='eps', eps='res')[choice['predicts']]
    (out / 'choice.json').write_text(json.dumps(dict(predicts=other)), encoding='utf-8')
    with pytest.raises(ValueError, match='another network'):
        train(c, out, 'cpu')
    for damaged in ('{}', '[', '{"predicts": "x0"}', '3'):
        (out / 'choice.json').write_text(damaged, encoding='utf-8')
        with pytest.raises(ValueError, match='choice.json does not say'):
            train(c, out, 'cpu')


def test_choosing_sees_what_training_would_see(tmp_path, soon):
    seen = []

    class Spy:
        def batch(self, n, step, seed):
            seen.append((n, step, seed))
            return FunctionSource(lambda n, g: (torch.rand(n, 3, 8, 8, generator=g) * 2 - 1,) * 2).batch(n, step, seed)

    told = []
    _resolve_objective(merge(merge(Config(), AUTO), dict(train=dict(log_every=2))), Spy(), tmp_path, tell=told.append)
    choice = json.loads((tmp_path / 'choice.json').read_text(encoding='utf-8'))
    steps, lam = choice['steps'], choice['lam']
    assert seen == [(2, k, 3) for k in range(steps)]
    line = r'choosing between residual and noise, step (\d+): loss ([\d.e+-]+), lam (0\.\d{4})'
    assert re.match(rf"network.predicts='{choice['predicts']}' chosen after {steps} steps", told.pop())
    said = {int(m[1]): m.groups()[1:] for m in (re.fullmatch(line, t) for t in told)}
    assert [*said] == [1, *range(2, steps + 1, 2)] and all(float(loss) > 0 for loss, _ in said.values())
    assert all(share == f'{lam[step - 1]:.4f}' for step, (_, share) in said.items())
    assert steps > 2  # so that a step is told besides the first


def test_the_first_loss_is_told_before_the_first_step(tmp_path):
    small = dict(network=dict(dim=8), train=dict(steps=1, batch=3, seed=4, warmup=0, lam_res=.7))
    config, told = merge(Config(), small), []
    train(config, tmp_path / 'run', 'cpu', tell=told.append)
    x0, x_in = (v[:2] for v in _make_source(config.data, 3, 'cpu').batch(3, 0, 4)[:2])
    g, schedule = {k: generator_for('cpu', 4, k, 0) for k in ('nodes', 'noise')}, config.schedule.make()
    t = torch.randint(1, schedule.T + 1, (3,), generator=g['nodes'])[:2]
    eps = torch.randn((3, *x0.shape[1:]), generator=g['noise'])[:2]
    abar, bbar = schedule.coeffs(t, x0)
    pred = config.network.make(4)(x0 + abar * (x_in - x0) + bbar * eps, x_in, abar, bbar, t)
    parts = zip(pred, (x_in - x0, eps), (0.7, 1))
    want = sum(lam * (p - v).abs().mean() for p, v, lam in parts if p is not None).item()
    assert [t for t in told if 'first step' in t] == [f'before the first step: loss {want:.4g}']
    again = []
    train(merge(config, dict(train=dict(steps=2))), tmp_path / 'run', 'cpu', tell=again.append)
    assert not [t for t in again if 'first step' in t]


@pytest.mark.parametrize('kind', SCHEDULES)
def test_schedules_of_every_kind(kind):
    assert merge(Config(), dict(schedule=dict(kind=kind, T=50))).schedule.make() == SCHEDULES[kind](T=50)


# ---- processes


def module(*words, launch=()):
    return subprocess.run(
        [sys.executable, *launch, '-m', 'rddm_nb.presets', *words],
        capture_output=True,
        text=True,
        encoding='utf-8',
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT)},
        timeout=300,
    )


def test_two_processes_are_one_run(folder):
    pytest.importorskip('tensorboard')
    words = small(folder, '--tensorboard', '--train.batch', '4', '--train.log_every', '1')
    port = str(20000 + (os.getpid() + 7) % 20000)
    done = module(*words, launch=['-m', 'torch.distributed.run', '--nproc-per-node', '2', '--master-port', port])
    assert done.returncode == 0, done.stderr[-3000:]
    assert (
        done.stdout.count('wrote') == 1
        and done.stderr.count('5 pairs:') == 1
        and len(list((folder / 'run/tensorboard').iterdir())) == 1
    )
    assert main(small(folder, '--train.batch', '4', '--train.log_every', '1', out='alone')) == 0
    two, one = (Log(folder / k / 'log.csv').rows() for k in ('run', 'alone'))
    assert [r['step'] for r in two] == [1, 2, 3]
    assert all(abs(a[k] - b[k]) < 1e-2 * abs(b[k]) for a, b in zip(two, one) for k in ('loss', 'grad_norm', 'lr'))


def test_the_command_is_a_script():
    assert 'rddm-train = "rddm_nb.presets:main"' in (ROOT / 'pyproject.toml').read_text(encoding='utf-8')
    done = module('demo', '--show')
    assert done.returncode == 0 and done.stdout == load_config('demo').to_toml()


@pytest.mark.parametrize('predicts', ['eps', 'auto'])
@pytest.mark.parametrize('kind', ['power', 'bridge', 'ddim_linear', 'cosine'])
def test_noise_alone_needs_a_schedule_that_ends_before_the_input(kind, predicts):
    c = merge(Config(), dict(network=dict(predicts=predicts), schedule=dict(kind=kind)))
    if kind == 'ddim_linear':
        return check_config(c)
    with pytest.raises(ValueError, match=f"predicts='{predicts}' cannot be sampled from on schedule.kind='{kind}'"):
        check_config(c)
    check_config(merge(c, dict(network=dict(predicts='both'))))


@pytest.mark.parametrize('predicts', ['res', 'eps', 'both'])
def test_a_schedule_that_ends_far_from_the_input_is_refused_before_the_training(predicts):
    c = merge(Config(), dict(network=dict(predicts=predicts), schedule=dict(kind='ddim_linear', T=50)))
    with pytest.raises(ValueError, match="schedule.kind='ddim_linear' with schedule.T=50 ends at abar = 0.224"):
        check_config(c)
    check_config(merge(c, dict(schedule=dict(T=400, beta_T=.05))))


@pytest.mark.parametrize('predicts, lams', [('res', ('lam_res',)), ('eps', ('lam_eps',))])
def test_a_weight_of_zero_on_all_that_is_predicted_is_refused_before_the_first_step(folder, capsys, predicts, lams):
    words = [*small(folder), '--network.predicts', predicts, '--schedule.kind', 'ddim_linear']
    words += [w for k in lams for w in (f'--train.{k}', '0')]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f'nothing would be learned: the network predicts {"eps" if predicts == "eps" else "res"}' in said
    assert f'{lams[0]} is 0' in said and 'step 1' not in said


def test_a_folder_may_be_spelled_in_several_ways(folder, monkeypatch):
    assert main(small(folder)) == 0
    monkeypatch.chdir(folder)
    for inputs in ('in/', './in', 'gt/../in'):
        words = small(folder)
        words[words.index(str(folder / 'in'))] = inputs
        assert main(words) == 0
    words[words.index('gt/../in')] = 'gt'
    assert main(words) == 2


def test_what_is_wrong_with_held_out_images_says_that_it_is_they(folder):
    data = dict(kind='pairs', inputs=str(folder / 'in'), targets=str(folder / 'gt'), size=0)
    alone = merge(Config(), dict(data=dict(data, held_inputs=str(folder / 'in'))))
    with pytest.raises(ValueError, match='data.held_inputs and data.held_targets must be given together'):
        _held_out(alone)
    images(folder / 'wide', 2)
    Image.open(folder / 'wide/0.png').resize((30, 20)).save(folder / 'wide/0.png')
    held = dict(held_inputs=str(folder / 'wide'), held_targets=str(folder / 'wide'))
    with pytest.raises(ValueError, match=r'the held-out images \(data.held=8\): whole images of several sizes'):
        _held_out(merge(Config(), dict(data=dict(data, **held))))


def test_fewer_steps_than_are_done_are_told(folder, capsys):
    assert main(small(folder, '--train.decay', 'none')) == 0
    capsys.readouterr()
    assert main(small(folder, '--train.decay', 'none', '--train.steps', '1')) == 0
    assert '(of step 3: the run had gone on beyond the 1 asked for)' in capsys.readouterr().out


@pytest.mark.parametrize('words', ['--train.lr 1e-3', '--train.lr 1e-3 --train.steps 1', '--train.save_every 1'])
def test_a_run_that_is_done_stays_what_it_is(folder, capsys, words):
    assert main(small(folder, '--train.decay', 'none')) == 0
    before = everything(folder / 'run')
    stamp = os.stat(folder / 'run/model.safetensors').st_mtime_ns
    capsys.readouterr()
    assert main(small(folder, '--train.decay', 'none', *words.split())) == 0
    said = capsys.readouterr()
    assert said.out.startswith('nothing left to do, nothing changed: ') and 'wrote' not in said.out
    assert ('all 3 steps are done, so what is new is left out (lr was 0.0002, is 0.001)' in said.err) == (
        'lr' in words)
    assert everything(folder / 'run') == before
    assert os.stat(folder / 'run/model.safetensors').st_mtime_ns == stamp


def test_a_run_that_is_done_takes_how_to_sample_and_tells_what_it_leaves_out(folder, capsys):
    words = ['--train.decay', 'none']
    assert main(small(folder, *words)) == 0
    before = load_model(folder / 'run/model.safetensors')
    capsys.readouterr()
    assert main(small(folder, *words, '--sample.steps', '3', '--data.held', '5')) == 0
    said = capsys.readouterr()
    assert 'wrote' in said.out and 'all steps are done, so what is new is left out (data.held was ' in said.err
    after = load_model(folder / 'run/model.safetensors')
    assert after.meta['config']['sample']['steps'] == 3 != before.meta['config']['sample']['steps']
    assert after.meta['config']['data'] == before.meta['config']['data']
    assert all(torch.equal(v, after.state_dict()[k]) for k, v in before.state_dict().items())


@pytest.mark.parametrize('lost', ['gone', 'of another step', 'cut short'])
def test_a_run_that_is_done_writes_the_model_that_it_lacks(folder, capsys, lost):
    assert main(small(folder, '--train.decay', 'none')) == 0
    file, before = folder / 'run/model.safetensors', everything(folder / 'run')
    if lost == 'cut short':
        file.write_bytes(file.read_bytes()[:-9])
    elif lost == 'gone':
        file.unlink()
    else:
        net = load_model(file)
        save_model(file, net, net.schedule, force=True, step=2)
    assert main(small(folder, '--train.decay', 'none', '--train.lr', '1e-3')) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith('wrote ') and everything(folder / 'run') == before


def test_fewer_steps_finish_a_run_with_what_its_steps_used(folder):
    stop = ['--train.decay', 'none', '--train.steps']
    assert main(small(folder, *stop, 2)) == 0
    assert main(small(folder, *stop, 4, '--train.lr', '1e-3')) == 0
    (folder / 'run/model.safetensors').unlink()
    (folder / 'run/checkpoints/step_000000004.safetensors').unlink()
    assert main(small(folder, *stop, 2, '--train.lr', '1e-2')) == 0
    kept = tomllib.loads((folder / 'run/config.toml').read_text(encoding='utf-8'))['train']
    assert (kept['steps'], kept['lr']) == (2, 2e-4)
    assert load_model(folder / 'run/model.safetensors').meta['config']['train']['lr'] == 2e-4


def test_held_out_pairs_come_from_their_place(folder):
    data = dict(kind='pairs', task='none', size=8, held=3, inputs=str(folder / 'in'), targets=str(folder / 'gt'))
    apart = dict(data, held_inputs=str(folder / 'mask'), held_targets=str(folder / 'gt'))
    assert {Path(n).parent.name for n in _held_out(merge(Config(), dict(data=apart))).names} == {'mask'}
    for split in ('train', 'test'):
        for name, to in (('in', 'input'), ('gt', 'target')):
            shutil.copytree(folder / name, folder / 'set' / split / to)
    root = dict(kind='pairs', task='none', size=8, held=3, root=str(folder / 'set'))
    assert {Path(n).parts[-3] for n in _held_out(merge(Config(), dict(data=root))).names} == {'test'}


def test_files_without_partner_name_the_field(folder, capsys):
    (folder / 'in/1.png').rename(folder / 'in/1_x.png')
    assert main(small(folder)) == 2
    said = capsys.readouterr().err
    assert "use data.pairing='pattern'" in said and " data.pairing='position'" in said and '--pairing' not in said


def test_sizes_must_fit_crops_or_one_batch():
    first = {(8, 8): 'a', (8, 9): 'b'}
    one, two = _DataReport(3, Counter({(8, 9): 3}), first=first), _DataReport(3, Counter({(8, 8): 2, (8, 9): 1}),
                                                                            first=first)
    for report, size, batch in ((one, 0, 4), (one, 8, 4), (two, 8, 4), (two, 0, 1)):
        _check_sizes(report, size, batch)
    with pytest.raises(ValueError, match='of 2 sizes cannot form batches'):
        _check_sizes(two, 0, 2)
    with pytest.raises(ValueError, match=r'3 of 3 pairs are too small for crops of 9, such as a \(8x8\)'):
        _check_sizes(two, 9, 1)
    with pytest.raises(ValueError, match=r'crops of 9, such as b \(9x8\)'):
        _check_sizes(one, 9, 1)


def test_a_file_is_official_only_if_it_begins_with_a_preset(tmp_path):
    (tmp_path / 'a.toml').write_text("preset = 'lol'\n[train]\nsteps = 7\n", encoding='utf-8')
    (tmp_path / 'b.toml').write_text('[train]\nsteps = 7\n', encoding='utf-8')
    seven = dict(train=dict(steps=7))
    assert load_config(str(tmp_path / 'a.toml'), True) == merge(load_config('lol', True), seven)
    assert load_config(str(tmp_path / 'a.toml')) == merge(load_config('lol'), seven)
    assert load_config(str(tmp_path / 'b.toml')) == merge(Config(), seven)
    with pytest.raises(ValueError, match='--official needs a preset: begin .*b.toml with preset ='):
        load_config(str(tmp_path / 'b.toml'), True)


def test_a_late_report_is_made_once():
    from rddm_nb import presets
    made, rows = [], []
    late = presets._LateReport(lambda: made.append(1) or rows.append)
    assert made == []
    late(1)
    late(2)
    assert (made, rows) == ([1], [1, 2])


@pytest.mark.parametrize('name', ['model.safetensors', 'model_unfinished.safetensors', 'log.csv'])
def test_files_in_a_folder_without_a_run_are_not_written_over(folder, name, capsys):
    (folder/'run').mkdir()
    (folder/'run'/name).write_text('precious', encoding='utf-8')
    assert main(small(folder)) == 2
    assert f'holds {name}, but no run: it is not overwritten' in capsys.readouterr().err
    assert (folder/'run'/name).read_text(encoding='utf-8') == 'precious'


@pytest.mark.parametrize('name', ['model.safetensors', 'train.json', 'log.csv'])
def test_a_folder_where_a_file_goes_is_seen_before_the_first_step(folder, name, capsys):
    (folder/'run'/name).mkdir(parents=True)
    assert main(small(folder)) == 2
    assert f'{name} is a folder, but a run writes a file of that name: move it away' in capsys.readouterr().err


def test_a_file_where_checkpoints_go_is_seen_before_the_first_step(folder, capsys):
    (folder/'run').mkdir()
    (folder/'run/checkpoints').write_text('', encoding='utf-8')
    assert main(small(folder)) == 2
    assert 'checkpoints is a file, but a run keeps its checkpoints in a folder' in capsys.readouterr().err


def test_a_run_goes_on_from_another_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert '--data.inputs in --data.targets gt' in ' '.join(small(Path()))
    for _ in range(2): assert main(small(Path())) == 0
    assert load_model(folder/'run/model.safetensors').meta['config']['data']['inputs'] == 'in'
    monkeypatch.chdir(folder/'run')
    assert main(small(folder)) == 0 and main(['config.toml', '--out', '.', '--device', 'cpu']) == 0


def test_home_is_where_the_images_are(folder, monkeypatch):
    monkeypatch.setenv('HOME', str(folder))
    monkeypatch.setenv('USERPROFILE', str(folder))
    words = [f'~/{w}' if w in ('in', 'gt') else w for w in small(Path())]
    monkeypatch.chdir(folder/'gt')
    assert main([*words, '--out', str(folder/'run')]) == 0
    assert _read_config(folder/'run').data.inputs == str(folder/'in')
    assert main([*small(folder), '--out', str(folder/'run')]) == 0


def test_images_that_have_moved_are_found_where_the_configuration_says(folder, capsys):
    assert main(small(folder, '--train.decay', 'none')) == 0
    (folder/'in').rename(folder/'out')
    words = small(folder, '--train.decay', 'none', '--train.steps', 4)
    words[words.index(str(folder/'in'))] = str(folder/'out')
    assert main(words) == 2
    assert 'If the images have only moved, write where they are now into ' in capsys.readouterr().err
    file = folder/'run/config.toml'
    text = file.read_text(encoding='utf-8')
    moved = (json.dumps(str(folder/k)) for k in ('in', 'out'))
    file.write_text(text.replace(*moved), encoding='utf-8')
    assert main(words) == 0
    assert main([*words, '--data.flip', 'false']) == 2
    assert 'only moved' not in capsys.readouterr().err


@pytest.mark.parametrize('kind, root, same', [('table', 'rows.parquet', True), ('table', 'org/name', False),
                                              ('pairs', 'set', True), ('clean', 'set', True)])
def test_places_are_kept_such_that_they_hold_from_any_folder(kind, root, same, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('rows.parquet').write_text('')
    c = merge(Config(), dict(data=dict(kind=kind, root=root)))
    _save_config(c, tmp_path)
    assert (_read_config(tmp_path).data.root == str(tmp_path/root)) == same
    _check_same(_read_config(tmp_path), c, tmp_path)


def test_a_run_of_before_goes_on_though_it_holds_fields_that_were_ignored(tmp_path):
    c = merge(Config(), dict(data=dict(kind='clean', targets='set')))
    _save_config(c, tmp_path)
    file = tmp_path/'config.toml'
    text = file.read_text(encoding='utf-8')
    assert 'pairing = "name"' in text
    file.write_text(text.replace('pairing = "name"', 'pairing = "unpaired"').replace('cond = ""', 'cond = "m"', 1),
                    encoding='utf-8')
    assert _read_config(tmp_path) == replace(c, data=_spelled(c.data, Path.absolute))


def test_held_out_folders_beside_a_data_set_of_several_splits(folder):
    for k, name in (('input', 'in'), ('target', 'gt')): shutil.copytree(folder/name, folder/'set/all'/k)
    data = dict(kind='pairs', root=str(folder/'set'), split='all', held_split='val', size=0, held=2,
                held_inputs=str(folder/'in'), held_targets=str(folder/'gt'))
    assert len(_held_out(merge(Config(), dict(data=data))).x0) == 2


def test_a_run_removes_what_was_left_of_its_sheets(tmp_path):
    left, mine = tmp_path/'held_out'/('.rddm-' + '0'*32 + '.tmp'), tmp_path/'held_out/.mine.tmp'
    left.parent.mkdir()
    for f in (left, mine): f.write_text('half')
    with _run_folder(tmp_path): assert not left.exists() and mine.exists()


# ---- what is refused before anything is chosen


@pytest.fixture
def choices(monkeypatch):
    "Choosing takes no time, and says how often it was done"
    made = []
    def choose(net, *args):
        made.append(net.config['dim'])
        return ObjectiveChoice('eps' if len(made) == 1 else 'res', 3, [.4], [(1., 1.)])
    monkeypatch.setattr(experiment, 'select_objective', choose)
    return made


def test_nothing_is_chosen_for_a_run_that_is_refused(folder, choices):
    c = merge(merge(Config(), AUTO), dict(data=dict(kind='clean', targets=str(folder/'gt'))))
    for more, why in ((dict(eval_every=1), 'data.held_inputs and data.held_targets must be given'),
                      (dict(lam_eps=0), 'train.lam_eps must be above 0'), (dict(lam_res=0), 'train.lam_res must be')):
        with pytest.raises(ValueError, match=why): train(merge(c, dict(train=more)), folder/'run', 'cpu')
        assert not choices and not (folder/'run').exists()
    (folder/'run').mkdir()
    (folder/'run/train.json').write_text('{"mine": 1}', encoding='utf-8')
    with pytest.raises(FileExistsError, match='train.json was not written by a training'): train(c, folder/'run', 'cpu')
    assert not choices


def test_a_choice_belongs_to_its_run(tmp_path, choices, monkeypatch):
    c, out = merge(Config(), AUTO), tmp_path/'run'
    def stop(*args): raise KeyboardInterrupt
    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(experiment, 'Trainer', stop)
        train(c, out, 'cpu')
    assert (out/'choice.json').exists() and _read_config(out) == c
    with pytest.raises(ValueError, match='holds a run with another configuration'):
        train(merge(c, dict(data=dict(task='noise'))), out, 'cpu')
    assert train(c, out, 'cpu').done and choices == [8]
    (out/'config.toml').unlink()
    for name in ('checkpoints', 'model.safetensors', 'log.csv'):
        shutil.rmtree(out/name) if (out/name).is_dir() else (out/name).unlink()
    with pytest.raises(FileExistsError, match='holds choice.json, but no run'): train(c, out, 'cpu')


@pytest.mark.parametrize('predicts', ['res', 'x0', 'both'])
def test_a_bridge_that_no_command_could_sample_is_refused(predicts):
    c = merge(Config(), dict(network=dict(predicts=predicts), schedule=dict(kind='bridge')))
    if predicts == 'both': return check_config(c)
    with pytest.raises(ValueError, match="schedule.kind='bridge' starts from the input, without noise, and "
                                         f"network.predicts='{predicts}' .*posterior='bridge', eta=1"):
        check_config(c)


def test_held_out_conditions_are_looked_for_before_the_start(folder, capsys):
    held = ['--data.held_inputs', folder/'in', '--data.held_targets', folder/'gt', '--train.eval_every', 2]
    takes = ['--data.cond', folder/'mask', '--network.takes_cond', 'true']
    for words, why in ((takes, 'data.held_cond given: the held-out data has no condition'),
                       (['--data.held_cond', folder/'mask'], 'or data.held_cond left out: the held-out data has a')):
        assert main(small(folder, *held, *words)) == 2
        assert why in capsys.readouterr().err and not (folder/'run').exists()
    assert main(small(folder, *held, *takes, '--data.held_cond', folder/'mask')) == 0


def test_of_whole_images_none_is_held_out_twice(folder):
    config = load_config('lol')
    def held(size): return _held_out(replace(config, data=replace(config.data, held_inputs=str(folder/'in'),
        held_targets=str(folder/'gt'), size=size, held=8))).names
    assert len(held(0)) == len(set(held(0))) == 5 and len(held(8)) == 8


def test_what_images_are_held_out_is_said_when_they_do_not_match(folder, capsys):
    (folder/'in/4.png').rename(folder/'mask/9.png')
    words = ['--data.inputs', folder/'gt', '--data.targets', folder/'gt', '--train.eval_every', 2]
    assert main(small(folder, *words, '--data.held_inputs', folder/'in', '--data.held_targets', folder/'gt')) == 2
    assert 'the held-out images (data.held=8): 1 images have no partner' in capsys.readouterr().err


def test_a_condition_of_the_layout_cannot_be_left_out(tmp_path, capsys):
    for k in 'ABC': images(tmp_path/f'set/train/train_{k}', seed=ord(k))
    assert main(['demo', '--data.kind', 'pairs', '--data.root', str(tmp_path/'set'), '--out', str(tmp_path/'run')]) == 2
    assert 'network.takes_cond must be true: the data has a condition' in capsys.readouterr().err


def test_grey_images_of_the_package_have_the_grey_of_all_others():
    config = merge(load_config('demo'), dict(data=dict(task='grey')))
    x0, x_in = _embedded(config.data, 1, 2, 'train', generator_for('cpu', 0))
    assert x0.shape == (2, 1, 32, 32) and (x_in - x0).abs().max() < 1e-6
    with pytest.raises(ValueError, match="network.channels must be 3 for data.task='grey'"):
        check_config(merge(config, dict(network=dict(channels=1))))


def test_a_crop_that_is_too_large_names_the_field(tmp_path, capsys):
    assert main(['demo', '--out', str(tmp_path/'o'), '--data.size', '500', '--train.steps', '2']) == 2
    assert 'data.size must be 1..300, got 500' in capsys.readouterr().err


def test_every_field_is_shown(capsys):
    assert main(['demo', '--show']) == 0
    tables = tomllib.loads(capsys.readouterr().out)
    for s in (s for s in fields(Config) if s.name != 'schedule'): # which has those of its kind
        assert {f.name for f in fields(getattr(Config(), s.name))} == set(tables[s.name])


def test_a_configuration_is_found_by_a_path(tmp_path):
    (tmp_path/'a.toml').write_text(load_config('demo').to_toml(), encoding='utf-8')
    assert load_config(tmp_path/'a.toml') == load_config('demo')


@pytest.mark.parametrize('line, other', [('size = 8', 'size = 4'), ('flip = true', 'flip = false'),
                                         ('equalize = false', 'equalize = true')], ids=['size', 'flip', 'equalize'])
def test_the_data_of_a_run_are_not_changed_in_its_file(folder, capsys, line, other):
    assert main(small(folder, '--train.decay', 'none', '--train.steps', '2')) == 0
    file = folder/'run/config.toml'
    text = file.read_text(encoding='utf-8')
    assert f'\n{line}' in text
    file.write_text(text.replace(f'\n{line}', f'\n{other}').replace('steps = 2', 'steps = 4'), encoding='utf-8')
    before = (folder/'run/model.safetensors').read_bytes()
    assert main([str(file), '--out', str(folder/'run'), '--device', 'cpu']) == 2
    name, was = line.split(' = ')
    assert f'holds a run on other data ({name} was {was.capitalize()}, is ' in capsys.readouterr().err
    assert (folder/'run/model.safetensors').read_bytes() == before


def test_places_in_the_file_of_a_run_become_absolute_before_anything_is_learned(folder, capsys, monkeypatch):
    words = [w for w in small(folder, '--train.decay', 'none')]
    where = {str(folder/k): k for k in ('in', 'gt')}
    monkeypatch.chdir(folder)
    (folder/'run').mkdir()
    assert main([*(where.get(w, w) for w in words), '--show']) == 0
    (folder/'run/config.toml').write_text(capsys.readouterr().out, encoding='utf-8')
    (folder/'elsewhere').mkdir()
    shutil.copytree(folder/'in', folder/'elsewhere/in')
    shutil.copytree(folder/'mask', folder/'elsewhere/gt')
    def refuse(*a, **kw): raise ValueError('nothing is learned')
    with monkeypatch.context() as m:
        m.setattr(experiment, '_fit', refuse)
        assert main(['run/config.toml', '--out', 'run', '--device', 'cpu']) == 2
    assert _read_config(folder/'run').data.inputs == str(folder/'in')
    assert main(['run/config.toml', '--out', 'run', '--device', 'cpu']) == 0
    monkeypatch.chdir(folder/'elsewhere')
    assert main([str(folder/'run/config.toml'), '--out', '../run', '--device', 'cpu', '--train.steps', '9']) == 0
    assert 'gone' not in capsys.readouterr().err and _read_config(folder/'run').data.targets == str(folder/'gt')


@pytest.mark.parametrize('ran, do', [(False, 'a run keeps its own under that name, so call this file something else'),
                                     (True, 'put it back, or take another folder')], ids=['fresh', 'run'])
def test_a_file_in_the_place_of_a_configuration(folder, capsys, ran, do):
    if ran: assert main(small(folder)) == 0
    (folder/'run').mkdir(exist_ok=True)
    (folder/'run/config.toml').write_text('preset = "demo"\n[train]\nsteps = 3\n', encoding='utf-8')
    assert main([str(folder/'run/config.toml'), '--out', str(folder/'run'), '--device', 'cpu']) == 2
    assert f'(ValueError: it has no section data): {do}' in capsys.readouterr().err


def test_training_from_python_takes_a_configuration_and_a_folder(folder, monkeypatch):
    config = merge(load_config('demo'), dict(network=dict(dim=8, mults=[1]),
                                             train=dict(steps=3, log_every=1, batch=2, warmup=0)))
    monkeypatch.chdir(folder)
    for odd in ('demo', {}):
        with pytest.raises(TypeError, match='config must be a Config, got'): train(odd, folder/'run')
    with pytest.raises(ValueError, match='out is empty: name a folder'): train(config, '', 'cpu')
    run = train(config, 'own', 'cpu', report=lambda row: os.chdir(folder/'gt'))
    assert run.model == Path('own/model.safetensors') and (folder/run.model).exists() and not (folder/'gt/own').exists()
    found = {p.name for p in (folder/'own').glob('[!.]*.*')}
    assert found == {'config.toml', 'log.csv', 'model.safetensors', 'train.json'}


@pytest.mark.parametrize(('words', 'meant'), [
    ('--lr 1e-4', '--train.lr'), ('--batch 4', '--train.batch'), ('--predicts res', '--network.predicts'),
    ('--steps 4', '--train.steps or --sample.steps'), ('--kind x', '--data.kind or --network.kind or --schedule.kind'),
    ('--seed=3', '--train.seed'), ('--train-lr 1', '--train.lr'), ('--bacth 4', '--train.batch'),
    ('--num_steps 4', '--train.steps or --sample.steps'), ('--shows', '--show'), ('-lr 3', '--train.lr'),
    ('--no-train.compile', '--train.compile false'), ('--no-flip', '--data.flip false'),
    ('--train.lrr', 'train.lr'), ('--train.dim 8', 'network.dim'), ('--trian.lr 8', 'train'),
    ('--epochs 3', None), ('--no-tensorboard', None), ('--resume', None),
    ('--ouy x', '--out')], ids=range(20))
def test_a_word_without_its_section_is_told_in_full(capsys, words, meant):
    assert main(['demo', *words.split(), '--show']) == 2
    err = capsys.readouterr().err
    assert 'there is no ' in err and len(err.splitlines()) == 1
    assert (f': did you mean {meant}? (there are ' in err) if meant else 'did you mean' not in err, err


@pytest.mark.parametrize(('text', 'said'), [
    ('lr = 3', "no section 'lr': did you mean train.lr?"), ('steps = 3', 'did you mean train.steps or sample.steps?'),
    ('[train]\ndim = 3', "no field 'train.dim': did you mean network.dim?"),
    ('[trian]\nlr = 3', 'did you mean train?')], ids=range(4))
def test_a_field_of_another_section_is_named(tmp_path, text, said):
    (tmp_path/'a.toml').write_text(text, encoding='utf-8')
    with pytest.raises(ValueError, match=re.escape(said)): load_config(tmp_path/'a.toml')


def test_the_columns_of_a_table_are_no_places_that_may_be_moved(folder, capsys):
    datasets = pytest.importorskip('datasets')
    cast = dict(a=datasets.Image(), b=datasets.Image(), c=datasets.Image())
    rows = {k: [str(folder/f'{d}/{i}.png') for i in range(5)] for k, d in (('a', 'in'), ('b', 'gt'), ('c', 'mask'))}
    datasets.Dataset.from_dict(rows, features=datasets.Features(cast)).to_parquet(folder/'t.parquet')
    words = ['demo', '--network.dim', '8', '--network.mults', '1', '--data.kind', 'table', '--data.root',
             str(folder/'t.parquet'), '--data.inputs', 'a', '--data.targets', 'b', '--data.size', '8', '--train.batch',
             '2', '--train.warmup', '0', '--train.decay', 'none', '--device', 'cpu', '--out', str(folder/'run')]
    assert main([*words, '--train.steps', '2']) == 0
    file = folder/'run/config.toml'
    text = file.read_text(encoding='utf-8').replace('inputs = "a"', 'inputs = "c"').replace('steps = 2', 'steps = 4')
    file.write_text(text, encoding='utf-8')
    assert main([str(file), '--out', str(folder/'run'), '--device', 'cpu']) == 2
    assert "holds a run on other data (inputs was 'a', is 'c')" in capsys.readouterr().err
    assert main([*words, '--train.steps', '4', '--data.inputs', 'c']) == 2
    assert 'have only moved' not in capsys.readouterr().err


@pytest.mark.parametrize('lr, rate, steady', [(4e-3, 8e-5, 125), (8e-5, 8e-5, 125), (1e-5, 1e-5, 1000)],
                         ids=['fast', 'paper', 'slow'])
@pytest.mark.parametrize('chosen, other', [('res', 'eps'), ('eps', 'res')], ids=['res', 'eps'])
def test_an_early_choice_is_told_to_be_early(monkeypatch, tmp_path, lr, rate, steady, chosen, other):
    seen = []
    def choose(net, draw, schedule, generator, auto, lr, lam_lr, max_steps, report):
        seen.append((lr, lam_lr, auto.margin, auto.most))
        return ObjectiveChoice(chosen, steps, [.4], [(1., 1.)])
    monkeypatch.setattr(experiment, 'select_objective', choose)
    for steps in (steady, 2*steady - 1, 2*steady):
        told, out = [], tmp_path/str(steps)
        out.mkdir()
        _resolve_objective(merge(merge(Config(), AUTO), dict(train=dict(lr=lr))), None, out, tell=told.append)
        early = (f', which is early (less than twice the {steady} of a steady gradient), before the network had '
                 f"learned much: to be sure, train with network.predicts='{other}' too, and compare")
        assert told == [f"network.predicts='{chosen}' chosen after {steps} steps{early*(steps < 2*steady)}"]
    assert seen == [(lr, rate, .01, 1000.)]*3


def test_the_share_has_the_rate_of_the_network_in_the_published_experiment():
    assert load_config('aosa', official=True).train.lr == experiment._LAM_LR


def test_a_choice_that_blows_up_is_none(tmp_path, capsys):
    words = ['demo', '--network.predicts', 'auto', '--network.dim', '8', '--network.mults', '1', '--data.size', '8',
             '--schedule.kind', 'ddim_linear', '--train.batch', '2', '--device', 'cpu', '--out', str(tmp_path/'run')]
    assert main([*words, '--train.lr', '1e30']) == 1
    assert re.search(r'the loss is not a number at step \d+ .*: a smaller learning rate', capsys.readouterr().err)
    assert not (tmp_path/'run/choice.json').exists()


def test_an_undecided_choice_says_what_may_be_said_instead(tmp_path):
    with pytest.raises(TrainingError, match=r"undecided after 2 steps: .*\(network.predicts='res' or 'eps'\)$"):
        c = merge(Config(), AUTO)
        _resolve_objective(c, _make_source(c.data), tmp_path, max_steps=2)
