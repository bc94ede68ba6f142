"How the networks in the box are trained"
import pytest
import torch
from bench import pretrained
from rddm_nb.models import load_network
from rddm_nb.sample_images import crops


def run(task, folder, *more, steps=2, name=None):
    name = name or task
    return pretrained.main([task, '--steps', str(steps), '--folder', str(folder/name), '--exam', '2',
                            '--out', str(folder/f'{name}.safetensors'), *more])


@pytest.fixture
def small(monkeypatch, tmp_path):
    "One small photograph is held out, and there are no other sets"
    monkeypatch.setenv('RDDM_DATA', str(tmp_path/'nothing'))
    monkeypatch.setattr(pretrained, 'photos', lambda split: {'one': ((crops(1, 32, split, 0)[0] + 1)*127.5).byte()})
    return tmp_path


@pytest.mark.parametrize('task', pretrained.ABOUT)
def test_a_network_for_the_box_is_trained_measured_and_written(small, task):
    run(task, small)
    net = load_network(small/f'{task}.safetensors')
    meta = net.meta
    assert meta['name'] == task and meta['train_steps'] == 2 and meta['train_seconds'] >= 0
    assert {'1', '2', '5', '10'} & {*meta['steps']} and meta['limits'] and meta['protocol']
    assert (f'whole photographs without {task}' in meta) == (task in pretrained.SPOIL)
    assert net.config['takes_input'] == (task in pretrained.SPOIL)
    assert ('noise of 25 grey levels' in ' '.join(meta)) == (task == 'noise')


def test_a_training_can_start_from_a_network(small):
    untrained = pretrained.network(0, dim=16, mults=(1, 2, 3), predicts='res')
    begun = pretrained.begin('rain', untrained).state_dict()
    assert all(map(torch.equal, begun.values(), load_network('rain').state_dict().values()))
    run('rain', small, '--start', 'rain', '--lr', '1e-9', name='again')
    again = load_network(small/'again.safetensors')
    assert again.meta['started_from'].startswith('rain, sha256 ') and again.meta['lr'] == 1e-9
    assert all(torch.allclose(p, q, atol=1e-3) for p, q in zip(again.parameters(), begun.values()))


def test_a_network_can_be_measured_again_and_stays_what_it_is(small):
    run('rain', small, '--measure')
    box, net = load_network('rain'), load_network(small/'rain.safetensors')
    assert all(map(torch.equal, net.state_dict().values(), box.state_dict().values())) and net.schedule == box.schedule
    assert all(net.meta[k] == box.meta[k] for k in pretrained.TRAINED) and not (small/'rain').exists()
    seen = {k: v for k, v in net.meta.items() if k.startswith('whole photographs in')}
    assert len(seen) == 2 and all('in 1 step' in v for v in seen.values()) and net.meta['steps'] != box.meta['steps']


def test_seconds_of_a_run_add_up_over_its_sittings(tmp_path):
    first = pretrained.Clock(tmp_path)
    first.start -= 5 # processor seconds ago
    first(dict(step=1, loss=0.))
    second = pretrained.Clock(tmp_path)
    second.start -= 2
    second(dict(step=2, loss=0.))
    assert first.before == 0 and 5 <= second.before and 7 <= second.seconds() < 12


def test_what_the_networks_learn_from_is_what_they_are_asked():
    for task in pretrained.ABOUT:
        options, schedule, _, draw = pretrained.plan(task)
        x0, x_in = draw(2, torch.Generator().manual_seed(0))
        assert x0.shape == x_in.shape and (schedule.T, x0.ndim) == (1000, 4)
        assert (x_in.abs().max() == 0) == (options.get('takes_input') is False)
