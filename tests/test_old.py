"""Files written before the names of parts and options changed still load, and compute what they did."""
from pathlib import Path
import pytest
import torch
from common import close
from rddm_nb.models import load_network
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import Checkpoints
from rddm_nb.unet import UNet, from_older, load_model

OLD = Path(__file__).with_name('old')
X = torch.linspace(-1, 1, 192).view(1, 3, 8, 8)
ASKED = dict(unet=dict(), official=dict(), unet_mask=dict(t=3, cond=X.flip(2)))
MEANT = dict(unet=dict(embedding='plane', takes_input=True, takes_cond=False, predicts='both'),
             official=dict(embedding='own', takes_input=True, takes_cond=False, predicts='res'),
             unet_mask=dict(embedding='t', takes_input=True, takes_cond=True, predicts='res'))


def expected():
    from safetensors.torch import load_file
    return load_file(OLD/'expected.safetensors')


@pytest.mark.parametrize('name', ASKED)
@pytest.mark.parametrize('load', [lambda f: load_model(f).float(), load_network], ids=['load_model', 'load_network'])
def test_old_models_compute_what_they_did(name, load):
    net = load(OLD/f'{name}.safetensors')
    assert MEANT[name].items() <= net.config.items() and net.schedule.T == 10
    assert net.meta == {'made': 'before the names changed'}
    with torch.no_grad(): got = net(X, X.flip(3), .25, .5, **ASKED[name])
    want = {k.split('.')[1]: v for k, v in expected().items() if k.startswith(name + '.')}
    assert {k for k, v in got._asdict().items() if v is not None} == set(want)
    for k, v in want.items(): close(getattr(got, k), v, 1e-5)


def test_every_expected_output_is_compared():
    assert {k.split('.')[0] for k in expected()} == set(ASKED)


def test_a_checkpoint_of_an_old_run_is_found_and_fits():
    tensors, about = Checkpoints(OLD/'run').newest()
    assert about['step'] == 2 and Schedule.from_dict(about['schedule']).T == 10
    tensors, config = from_older(tensors, about['config'])
    for part in ('net.', 'ema.'):
        UNet(**config).load_state_dict({k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)})
    assert {k.split('.')[0] for k in tensors} == {'net', 'ema', 'opt'}
