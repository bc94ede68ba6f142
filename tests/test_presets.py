"""Every experiment is five tables; what they do not know is refused, and the command does the whole job."""
import json
import os
import subprocess
import sys
from pathlib import Path
import pytest
import torch
from common import pictures
from hypothesis import given, strategies as st
from PIL import Image
from rddm_nb.images import to_uint8
from rddm_nb.official import OfficialUNet
from rddm_nb.presets import (DEFAULTS, PRESETS, check_data, choose_objective, load_pairs, held_out, check_or_save_config, load_tables, main, make_network, make_schedule, make_source, overrides, preset, resolve)
from rddm_nb.restore import load_any
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, Log, TrainConfig

# what the published experiments ran: networks, batch (accumulated), rate, steps, loss, noise at the start, sampling steps, how the networks are told the time
OFFICIAL = dict(
    raindrop=(2, 2, 8e-5, 80_000, 'l1', 1., 5, 't'), lol=(1, 2, 8e-5, 80_000, 'l1', 1., 2, 't'), istd=(2, 2, 8e-5, 80_000, 'l1', .1, 5, 't'), inpaint=(2, 128, 2e-4, 100_000, 'l2', 1., 10, 't'),
    translate=(2, 128, 2e-4, 100_000, 'l2', None, 10, 'own'), celeba=(2, 256, 2e-4, 100_000, 'l2', 1., 10, 't'), **{'path-independent': (2, 256, 2e-4, 100_000, 'l2', None, 10, 'own')})


@pytest.mark.parametrize('name', OFFICIAL)
def test_official_presets_are_what_was_published(name):
    nets, batch, lr, steps, loss, bbar_T, sampling, embedding = OFFICIAL[name]
    t = preset(name, official=True)
    p = TrainConfig(**{**t['plan'], 'betas': tuple(t['plan']['betas'])})
    assert (p.batch, p.accumulate, p.lr, p.steps, p.loss, p.decay, p.ema, p.ema_every, p.clip, p.betas) == (batch, 2, lr, steps, loss, 'none', .995, 10, 1., (.9, .99))
    assert (t['sampling']['steps'], t['network']['embedding'], t['network']['dim'], t['network']['mults']) == (sampling, embedding, 64, [1, 2, 4, 8])
    s = make_schedule(t['schedule'])
    assert s == Schedule.ddim_linear() if bbar_T is None else (s.T == 1000 and abs(s.bbar[-1] - bbar_T) < 1e-12 and abs(s[500].abar - (s.abar[500])) == 0)
    with torch.device('meta'): net = make_network(t['network'])
    assert len(net.nets) == nets and sum(q.numel() for q in net.parameters()) == nets*{3: 36_251_779, 6: 36_261_187, 9: 36_270_595}[3*(1 + t['network']['takes_input'] + t['network']['takes_cond'])]


@pytest.mark.parametrize('name', PRESETS)
@pytest.mark.parametrize('official', [True, False])
def test_every_preset_is_complete(name, official):
    t = preset(name, official)
    assert t.keys() == DEFAULTS.keys() and all(t[k].keys() == DEFAULTS[k].keys() for k in t)
    assert resolve(json.loads(json.dumps(t))) == t
    make_schedule(t['schedule']).grid(t['sampling']['steps'])
    with torch.device('meta'): make_network(dict(t['network'], predicts='res') if name == 'aosa' else t['network'])


def test_presets_do_not_change_the_defaults():
    before = json.dumps(DEFAULTS)
    t = preset('istd'); t['plan']['lr'] = 9; t['network']['mults'].append(7)
    assert json.dumps(DEFAULTS) == before and preset('istd')['plan']['lr'] != 9


@pytest.mark.parametrize('tables, match', [
    (dict(plam={}), "no section 'plam': data, network, schedule, plan, sampling are"), (dict(plan=dict(rate=1)), "plan has no field 'rate': steps, batch"), (dict(plan=dict(lr=-1)), 'lr must be a positive number'),
    (dict(network=dict(predicts='both', kind='big')), 'network.kind must be one of small, official'), (dict(schedule=dict(kind='x')), 'schedule.kind must be one of power')])
def test_tables_that_cannot_be(tables, match):
    with pytest.raises(ValueError, match=match): resolve(tables)


def test_schedules_of_every_kind():
    for kind in ('ddim_linear', 'cosine', 'circle'): assert make_schedule(dict(DEFAULTS['schedule'], kind=kind, T=50)) == getattr(Schedule, kind)(50)
    assert make_schedule(dict(DEFAULTS['schedule'], kind='line', T=50, bbar_T=.5)) == Schedule.line(50, .5)
    assert make_schedule(dict(DEFAULTS['schedule'], T=50, alpha=['x', 2], grid='linspace')) == Schedule.power(50, ('x', 2), grid='linspace')


def test_networks_belong_to_their_seed():
    flat = lambda seed: torch.cat([p.detach().flatten() for p in make_network(dict(DEFAULTS['network'], dim=8), seed).parameters()])
    assert torch.equal(flat(0), flat(0)) and not torch.equal(flat(0), flat(1))
    assert make_network(dict(DEFAULTS['network'], dim=8, takes_cond=True)).first.in_channels == 9


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.lists(st.integers()), st.sampled_from(['cosine', 'a b', '1-x'])))
def test_values_come_through_the_command_line(value):
    text = str(value)
    for words in (['--plan.x', text], [f'--plan.x={text}']):
        if text.startswith('-') and len(words) == 2: continue
        assert overrides(words) == dict(plan=dict(x=value))


@pytest.mark.parametrize('words', [['--lr', '1'], ['plan.lr', '1'], ['--plan.lr'], ['--plan.'], ['--plan.lr', '1', 'x']])
def test_words_that_are_no_fields(words):
    with pytest.raises(ValueError, match=r'--section\.field value'): overrides(words)


def test_files_of_tables(tmp_path):
    f = tmp_path/'a.toml'
    f.write_text('preset = "istd"\n[plan]\nlr = 1e-3\n[network]\npredicts = "res"\n')
    want = preset('istd'); want['plan']['lr'], want['network']['predicts'] = 1e-3, 'res'
    assert load_tables(str(f)) == want and load_tables(str(f), True)['plan']['steps'] == 80_000
    for text, match in (('lr = 1\n', "'lr' stands outside of a section"), ('[plan\n', 'is not TOML'), ('preset = "x"\n', 'preset must be one of demo'), ('[plan]\nlr = "fast"\n', 'lr|not supported')):
        f.write_text(text)
        with pytest.raises((ValueError, TypeError), match=match): load_tables(str(f))
    with pytest.raises(FileNotFoundError, match='there is no file'): load_tables(str(tmp_path/'b.toml'))
    with pytest.raises(ValueError, match='neither a preset'): load_tables('rainy')


@pytest.fixture
def folder(tmp_path):
    for name, k in (('in', 0), ('gt', 9), ('mask', 20)):
        (tmp_path/name).mkdir()
        for i in range(5): Image.fromarray(to_uint8(pictures(3, 12, 16, seed=i + k)).permute(1, 2, 0).numpy()).save(tmp_path/name/f'{i}.png')
    return tmp_path


def small(folder, *more, out="run", cond=False):
    words = ['lol', '--out', str(folder/out), '--device', 'cpu', '--data.inputs', str(folder/'in'), '--data.targets', str(folder/'gt'), '--data.size', '8', '--network.dim', '8', '--network.mults', '[1, 2]',
             '--plan.batch', '2', '--plan.steps', '3', '--plan.warmup', '0', '--plan.precision', 'fp32', '--plan.save_every', '2', *map(str, more)]
    return words + (['--data.cond', str(folder/'mask'), '--network.takes_cond', 'true'] if cond else [])


def test_the_command_trains_keeps_its_tables_and_goes_on(folder, capsys):
    assert main(small(folder)) == 0
    said = capsys.readouterr()
    assert '5 pairs: 5 of 12x16' in said.err and 'step 3, loss' in said.err and 'model.safetensors' in said.out
    assert {p.name for p in (folder/'run').iterdir()} - {'.lock'} == {'tables.json', 'plan.json', 'log.csv', 'model.safetensors', 'checkpoints'}
    tables = json.loads((folder/'run/tables.json').read_text())
    assert tables['data']['size'] == 8 and tables['network']['dim'] == 8 and tables['network']['kind'] == 'official'
    net = load_any(folder/'run/model.safetensors')
    assert isinstance(net, OfficialUNet) and net.config['dim'] == 8 and net.meta['step'] == 3 if hasattr(net, 'meta') else True
    assert main(small(folder, '--plan.decay', 'none', '--plan.steps', 5)) == 2 and 'decay was' in capsys.readouterr().err
    assert main(small(folder, '--data.flip', 'false')) == 2 and 'data.flip was True, is False' in capsys.readouterr().err
    assert main(small(folder)) == 0  # nothing left to do


def test_masks_and_made_inputs(folder):
    assert main(small(folder, cond=True, out='masks')) == 0
    for task in ('hole', 'generate', 'rain'): assert main(small(folder, '--data.kind', 'clean', '--data.inputs', '', '--data.task', task, out=task)) == 0


def test_training_chooses_once_and_goes_on_with_its_choice(folder, capsys):
    words = ['demo', '--out', str(folder/'auto'), '--device', 'cpu', '--network.predicts', 'auto', '--network.dim', '8', '--network.mults', '[1]', '--data.size', '8', '--plan.batch', '2', '--plan.warmup', '0', '--plan.steps', '2', '--plan.decay', 'none']
    assert main(words) == 0
    choice = json.loads((folder/'auto/choice.json').read_text())
    net = load_any(folder/'auto/model.safetensors')
    assert choice['predicts'] in ('res', 'eps') and net.config['predicts'] == choice['predicts'] and len(choice['lam']) == choice['steps'] == len(choice['errors'])
    assert abs(choice['lam'][-1] - .5) > .01 >= max(abs(v - .5) for v in choice['lam'][:-1])
    other = dict(res='eps', eps='res')[choice['predicts']]
    assert json.loads((folder/'auto/tables.json').read_text())['network']['predicts'] == 'auto'
    first = choose_objective(resolve(load_tables('demo'), overrides(words[5:])), make_source(dict(DEFAULTS['data'], size=8)))
    assert first.lam == choice['lam'] and first.choice == choice['predicts']
    (folder/'auto/choice.json').write_text(json.dumps(dict(choice, predicts=other)))
    capsys.readouterr()
    assert main(words) == 2 and 'another network' in capsys.readouterr().err


def test_choosing_sees_what_training_would_see():
    seen = []
    class Spy:
        def batch(self, n, step, seed):
            seen.append((n, step, seed))
            return FunctionSource(lambda n, g: (torch.rand(n, 3, 8, 8, generator=g)*2 - 1,)*2).batch(n, step, seed)
    s = choose_objective(resolve(dict(network=dict(dim=8, mults=[1], predicts='auto'), plan=dict(batch=2, seed=3, lr=1e-3))), Spy())
    assert seen == [(2, k, 3) for k in range(s.steps)]


def test_pictures_to_look_at(folder, capsys):
    assert main(small(folder, '--plan.eval_every', '2', out='blind')) == 2 and 'data.held_inputs' in capsys.readouterr().err
    assert main(small(folder, '--plan.eval_every', '2', '--data.held_inputs', folder/'in', '--data.held_targets', folder/'gt', '--data.held', '2')) == 0
    assert [p.name for p in (folder/'run/looks').iterdir()] == ['step_000000002.png'] and 'PSNR' in capsys.readouterr().err
    t = resolve(dict(data=dict(kind='clean', targets=str(folder/'gt'), held_targets=str(folder/'in'), task='rain', size=8, held=3)))
    a, b = held_out(t), held_out(t)
    assert a.x0.shape == (3, 3, 8, 8) and torch.equal(a.x_in, b.x_in) and not torch.equal(a.x_in, a.x0)
    embedded = held_out(DEFAULTS)
    assert torch.equal(embedded.x0, held_out(DEFAULTS).x0) and embedded.x0.shape == (8, 3, 32, 32)


def test_event_files_on_request(folder):
    pytest.importorskip('tensorboard')
    assert main(small(folder, '--tensorboard')) == 0 and list((folder/'run/tensorboard').iterdir())


def test_nothing_starts_with_broken_pictures(folder, capsys):
    (folder/'in/3.png').write_bytes(b'x')
    assert main(small(folder)) == 2
    assert 'cannot be used as they are' in (err := capsys.readouterr().err) and '3.png' in err and not (folder/'run').exists()


@pytest.mark.parametrize('words, why', [(['demo'], '--out'), (['rainy'], 'neither a preset'), (['demo', '--out', 'x', '--plan.rate', '1'], "no field 'rate'"), (['raindrop', '--out', 'x'], 'data.root'),
                                        (['celeba', '--out', 'x'], 'data.targets'), (['demo', '--out', 'x', '--plan.lr', 'fast'], 'lr')])
def test_commands_that_cannot_start(words, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2 and why in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_showing_is_not_running(capsys):
    assert main(['istd', '--official', '--show', '--plan.lr', '1e-3']) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown['plan']['lr'] == 1e-3 and shown['schedule']['bbar_T'] == .1


def test_the_command_as_a_module(tmp_path):
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, '-m', 'rddm_nb.presets', 'demo', '--out', str(tmp_path/'run'), '--device', 'cpu', '--plan.steps', '2', '--plan.batch', '2', '--network.dim', '8', '--data.size', '16', '--plan.warmup', '0'],
                          capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(root)})
    assert done.returncode == 0, done.stderr
    assert 'rddm-train = "rddm_nb.presets:main"' in (root/'pyproject.toml').read_text()


def test_two_processes_are_one_run(folder):
    root = Path(__file__).resolve().parents[1]
    words = small(folder, '--tensorboard', '--plan.batch', '4', '--plan.log_every', '1')
    done = subprocess.run([sys.executable, '-m', 'torch.distributed.run', '--nproc-per-node', '2', '--master-port', str(20000 + (os.getpid() + 7) % 20000), '-m', 'rddm_nb.presets', *words],
                          capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(root)})
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count('wrote') == 1 and done.stderr.count('5 pairs:') == 1 and len(list((folder/'run/tensorboard').iterdir())) == 1
    assert main(small(folder, '--plan.batch', '4', '--plan.log_every', '1', out='alone')) == 0
    two, one = (Log(folder/k/'log.csv').rows() for k in ('run', 'alone'))
    assert [r['step'] for r in two] == [1, 2, 3] and all(abs(a[k] - b[k]) < 1e-5 for a, b in zip(two, one) for k in ('loss', 'grad_norm', 'lr'))


def test_data_of_other_kinds(folder):
    datasets = pytest.importorskip('datasets')
    rows = {k: [str(folder/f'{d}/{i}.png') for i in range(5)] for k, d in (('input', 'in'), ('target', 'gt'))}
    t = datasets.Dataset.from_dict(rows).cast_column('input', datasets.Image()).cast_column('target', datasets.Image())
    (folder/'table').mkdir(); t.to_parquet(folder/'table/train.parquet')
    data = dict(DEFAULTS['data'], kind='table', root=str(folder/'table'))
    assert len(load_pairs(data)) == 5 and check_data(data).startswith('5 pairs: 5 of 12x16')
    squeezed = dict(DEFAULTS['data'], kind='pairs', inputs=str(folder/'in'), targets=str(folder/'gt'), resize=8, size=0)
    assert make_source(squeezed).batch(2, 0).x0.shape == (2, 3, 8, 8)
    (folder/'l.flist').write_text('gt/1.png\ngt/2.png\n')
    assert len(load_pairs(dict(DEFAULTS['data'], kind='clean', targets=str(folder/'l.flist')))) == 2
