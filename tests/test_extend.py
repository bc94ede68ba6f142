"""A new schedule, variance, network, optimizer, metric, protocol, layout, pairing or degradation is one entry in one
place: registered from outside, it is known everywhere."""
import contextlib
import json
import numpy as np
import pytest
import torch
from PIL import Image
from rddm_nb import cli, degrade, metrics, optim, presets, restore, reverse, evaluate
from rddm_nb.data import LAYOUTS, PAIRINGS, match, pairs_from_layout
from rddm_nb.estimate import Prediction
from rddm_nb.schedule import SCHEDULES, Schedule
from rddm_nb.unet import NETWORKS, load_model

SMALL = ['--train.steps', '2', '--train.batch', '2', '--train.warmup', '0', '--data.size', '8', '--device', 'cpu']


class Plain(torch.nn.Module):
    "The smallest network that can be trained and kept"
    def __init__(self, channels=3, dim=8, mults=(1,), predicts='res', embedding='plane', takes_input=True,
                 takes_cond=False):
        super().__init__()
        self.config = dict(channels=channels, dim=dim, mults=list(mults), predicts=predicts, embedding=embedding,
                           takes_input=takes_input, takes_cond=takes_cond)
        self.conv = torch.nn.Conv2d(2*channels, channels, 3, padding=1)
    def forward(self, x_t, x_in, abar, bbar, t=None):
        return Prediction(res=self.conv(torch.cat([x_t, x_in], 1)))


@contextlib.contextmanager
def entry(registry, name, value):
    "Something registered for a while"
    registry[name] = value
    try: yield
    finally: del registry[name]


def steep(T=10): return Schedule.power(T=T, alpha=('1-x', 5), beta2=('1-x', 5))


def images(folder, n=2, side=16):
    folder.mkdir(parents=True)
    for i in range(n):
        x = np.random.default_rng(i).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(x).save(folder/f'{i}.png')
    return folder


def test_a_schedule(tmp_path):
    with entry(SCHEDULES, 'steep', steep):
        words = ['demo', '--out', str(tmp_path/'run'), '--schedule.kind', 'steep', '--schedule.T', '10',
                 '--network.dim', '8']
        assert presets.main([*words, *SMALL]) == 0
        assert load_model(tmp_path/'run/model.safetensors').schedule == steep(10)
        assert restore.main([str(tmp_path/'run/model.safetensors'), str(images(tmp_path/'in')),
                             str(tmp_path/'out')]) == 0
    assert presets.main([*words, *SMALL]) == 2


def test_a_schedule_in_the_explorer_and_in_pipelines():
    pytest.importorskip('anywidget')
    from rddm_nb.widgets import ScheduleExplorer
    with entry(SCHEDULES, 'steep', steep):
        assert ScheduleExplorer(family='steep').schedule == steep(400)
        pytest.importorskip('diffusers')
        from rddm_nb.scheduler import RDDMScheduler
        assert torch.equal(RDDMScheduler(20, beta_schedule='steep').schedule.abar, steep(20).abar)


def test_a_network(tmp_path):
    import sys
    sys.modules['plain_network'] = sys.modules[__name__]
    with entry(NETWORKS, 'plain', 'plain_network:Plain'):
        assert presets.main(['demo', '--out', str(tmp_path/'run'), '--network.kind', 'plain', *SMALL]) == 0
        assert type(load_model(tmp_path/'run/model.safetensors')).__name__ == 'Plain'
        assert restore.main([str(tmp_path/'run/model.safetensors'), str(images(tmp_path/'in')),
                             str(tmp_path/'out')]) == 0
    assert restore.main([str(tmp_path/'run/model.safetensors'), str(tmp_path/'in'), str(tmp_path/'again')]) == 2


def test_a_metric(tmp_path):
    worst = metrics.Metric(lambda a, b, w: (a - b).abs().flatten(1).amax(1), higher_is_better=False)
    a, b = images(tmp_path/'a'), images(tmp_path/'b')
    Image.new('RGB', (16, 16)).save(a/'0.png')
    with entry(metrics.METRICS, 'worst', worst):
        assert evaluate.main([str(a), str(b), '--out', str(tmp_path/'e'), '--measures', 'worst']) == 0
        assert json.loads((tmp_path/'e/evaluation.json').read_text(encoding='utf-8'))['measures']['worst']['mean'] > 0
    assert evaluate.main([str(a), str(b), '--out', str(tmp_path/'f'), '--measures', 'worst']) == 2


def test_a_layout(tmp_path):
    images(tmp_path/'set/train/hazy')
    images(tmp_path/'set/train/clear')
    with entry(LAYOUTS, 'haze', ([('{split}/hazy', '{split}/clear')], '')):
        assert len(pairs_from_layout(tmp_path/'set', 'train')[1]) == 2
        words = ['demo', '--out', str(tmp_path/'run'), '--data.kind', 'pairs', '--data.root', str(tmp_path/'set'),
                 '--network.dim', '8']
        assert presets.main([*words, *SMALL]) == 0
    with pytest.raises(ValueError, match='layout'): pairs_from_layout(tmp_path/'set', 'train')


def test_a_degradation(tmp_path):
    with entry(degrade.TASKS, 'haze', lambda x0, generator: .5*x0 + .5):
        words = ['demo', '--out', str(tmp_path/'run'), '--data.task', 'haze', '--network.dim', '8']
        assert presets.main([*words, *SMALL]) == 0
        words = ['--task', 'haze', '--max-steps', '1', '--batch', '2', '--steps', '1', '--device', 'cpu']
        assert cli.demo([*words, '--out', str(tmp_path/'demo')]) == 0
    assert cli.demo([*words, '--out', str(tmp_path/'again')]) == 2


def test_a_variance():
    from rddm_nb.sampler import sample
    x = torch.ones(1, 3, 4, 4)
    model = lambda x_t, x_in, abar, bbar, t: Prediction(res=.1*x_t)
    with entry(reverse.POSTERIORS, 'tenth', lambda at, to: .1*to.bbar**2):
        assert reverse.posterior_variance('tenth', steep()[10], steep()[5]) == .1*steep()[5].bbar**2
        drawn = lambda name: sample(model, x, schedule=steep(), eta=1., posterior=name,
                                    generator=torch.Generator().manual_seed(0))
        assert not torch.equal(drawn('tenth'), drawn('sum_constrained'))
        pytest.importorskip('diffusers')
        from rddm_nb.scheduler import RDDMScheduler
        assert RDDMScheduler(20, posterior='tenth', eta=1.).config.posterior == 'tenth'
    with pytest.raises(ValueError, match='posterior must be one of'): drawn('tenth')


def test_an_optimizer(tmp_path):
    words = ['demo', '--network.dim', '8', *SMALL, '--train.optimizer', 'sgd', '--out']
    with entry(optim.OPTIMIZERS, 'sgd', lambda params, lr, betas, weight_decay: torch.optim.SGD(params, lr)):
        assert presets.main([*words, str(tmp_path/'run')]) == 0
        assert json.loads((tmp_path/'run/train.json').read_text(encoding='utf-8'))['train']['optimizer'] == 'sgd'
    assert presets.main([*words, str(tmp_path/'again')]) == 2


def test_a_protocol(tmp_path):
    a, b = images(tmp_path/'a'), images(tmp_path/'b')
    words = [str(a), str(b), '--protocol', 'middle', '--out']
    with entry(metrics.PROTOCOLS, 'middle', metrics.Protocol('middle', border=2)):
        assert evaluate.main([*words, str(tmp_path/'e')]) == 0
        assert 'middle' in (tmp_path/'e/evaluation.json').read_text(encoding='utf-8')
    assert evaluate.main([*words, str(tmp_path/'f')]) == 2


def test_a_rule_for_pairs(tmp_path):
    a, b = images(tmp_path/'a', 3), images(tmp_path/'b', 3)
    words = ['demo', '--data.kind', 'pairs', '--data.inputs', str(a), '--data.targets', str(b), '--network.dim', '8',
             '--data.pairing', 'backwards', *SMALL, '--out']
    with entry(PAIRINGS, 'backwards', lambda groups, pattern, seed: list(zip(groups[0], groups[1][::-1]))):
        found = match(a, b, pairing='backwards')
        assert [(p.x_in.stem, p.x0.stem) for p in found] == [('0', '2'), ('1', '1'), ('2', '0')]
        assert presets.main([*words, str(tmp_path/'run')]) == 0
        assert evaluate.main([str(a), str(b), '--pairing', 'backwards', '--out', str(tmp_path/'e')]) == 0
    assert presets.main([*words, str(tmp_path/'again')]) == 2
