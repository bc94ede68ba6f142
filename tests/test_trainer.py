"""The trainer learns what it says, against the loop written out, and keeps it, whatever happens to the run."""
import csv
import functools
import json
import math
import os
import shutil
import signal
import warnings
from dataclasses import replace
from pathlib import Path
import pytest
import torch
from common import Net, close, error, posix, rng
from hypothesis import given, settings, strategies as st
from safetensors.torch import load_file
from rddm_nb import trainer
from rddm_nb.demo import draw_pairs
from rddm_nb.estimate import Prediction
from rddm_nb.files import write_tensors
from rddm_nb.objective import loss_of
from rddm_nb.optim import OPTIMIZERS
from rddm_nb.schedule import Schedule
from rddm_nb.runtime import folder_lock, generator_for
from rddm_nb.trainer import (Batch, Checkpoints, FunctionSource, Log, TrainConfig, Trainer, TrainingError, draw_states,
                             make_accelerator)
from rddm_nb.unet import UNet

S = Schedule.power(T=10)
OLD = Path(__file__).with_name('old')


def small(config, source=None, folder=None, net=None, **kw):
    torch.manual_seed(0)
    net, source = net or UNet(8, mults=(1,)).double(), source or FunctionSource(draw)
    return Trainer(net, source, S, config, folder, make_accelerator('cpu'), **kw)


def draw(n, g):
    x0 = torch.rand(n, 3, 6, 6, generator=g, dtype=torch.float64)*2 - 1
    return x0, (x0*.5 + .2)


def single():
    "A network in single precision, the same every time"
    torch.manual_seed(0)
    return UNet(8, mults=(1,))


def flat(net): return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize('kw', [{}, dict(loss='l2', clip=.01), dict(warmup=3, decay='cosine', weight_decay=.1),
                                dict(ema=.5, ema_every=2), dict(clip=None, betas=(.5, .9))], ids=str)
def test_a_run_is_the_loop_written_out(kw):
    config = TrainConfig(steps=5, batch=4, lr=3e-3, **kw)
    got = flat(small(config).fit())
    torch.manual_seed(0)
    net = UNet(8, mults=(1,)).double()
    ps = list(net.parameters())
    m, v, ema = [torch.zeros_like(p) for p in ps], [torch.zeros_like(p) for p in ps], [p.detach().clone() for p in ps]
    for k in range(5):
        x0, x_in = draw(4, generator_for('cpu', 0, 'pairs', k))
        t = torch.randint(1, 11, (4,), generator=generator_for('cpu', 0, 'nodes', k))
        eps = torch.randn(x0.shape, generator=generator_for('cpu', 0, 'noise', k), dtype=x0.dtype)
        a, b = S.abar[t].view(-1, 1, 1, 1), S.bbar[t].view(-1, 1, 1, 1)
        d = net(x0 + a*(x_in - x0) + b*eps, x_in, a, b, t).res - (x_in - x0)
        grads = torch.autograd.grad((d.abs() if config.loss == 'l1' else d**2).mean(), ps)
        norm = torch.stack([g.square().sum() for g in grads]).sum().sqrt()
        grads = [g*min(1, config.clip/(norm.item() + 1e-6)) for g in grads] if config.clip else grads
        up = min(1, (k + 1)/config.warmup) if config.warmup else 1
        lr = config.lr*up*((.01 + .99*(1 + math.cos(math.pi*k/5))/2) if config.decay == 'cosine' else 1)
        b1, b2 = config.betas
        with torch.no_grad():
            for i, (p, g) in enumerate(zip(ps, grads)):
                p *= 1 - lr*config.weight_decay
                m[i], v[i] = b1*m[i] + (1 - b1)*g, b2*v[i] + (1 - b2)*g**2
                p -= lr*(m[i]/(1 - b1**(k + 1)))/((v[i]/(1 - b2**(k + 1))).sqrt() + 1e-8)
            if (k + 1) % config.ema_every == 0:
                n = (k + 1)//config.ema_every
                decay = min(config.ema, (1 + n)/(10 + n))
                ema = [decay*e + (1 - decay)*p for e, p in zip(ema, ps)]
    close(got, torch.cat([e.flatten() for e in ema]), 1e-9)


@pytest.mark.parametrize('lams', [(1., 0.), (0., 1.), (.5, 3.)])
def test_the_switches_reach_the_loss(lams):
    config = TrainConfig(steps=1, batch=4, lr=1e-3, ema=0., clip=None, lam_res=lams[0], lam_eps=lams[1], log_every=1)
    rows, nets = [], [UNet(8, mults=(1,), predicts='both').double() for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    small(config, net=nets[0], report=rows.append).fit()
    x0, x_in = draw(4, generator_for('cpu', 0, 'pairs', 0))
    x_t, eps, a, b, t = draw_states(Batch(x0, x_in), config, S, 0, slice(None))
    p = nets[1](x_t, x_in, a, b, t)
    close(rows[0]['loss'], lams[0]*(p.res - x_in + x0).abs().mean() + lams[1]*(p.eps - eps).abs().mean(), 1e-6)


def test_clipping_each_network_is_an_optimizer_for_each():
    from rddm_nb.official import OfficialUNet
    kw = dict(dim=8, mults=(1,))
    def net():
        torch.manual_seed(3)
        n = OfficialUNet(**kw).double()
        with torch.no_grad(): n.nets['eps'].out.weight.mul_(30)
        return n
    config = dict(steps=3, batch=4, lr=1e-3, ema=0., clip=.01)
    together, each = (flat(small(TrainConfig(clip_each=c, **config), net=net()).fit()) for c in (False, True))
    apart = net()
    opts = {k: torch.optim.AdamW(m.parameters(), 1e-3, betas=(.9, .99), weight_decay=0.) for k, m in apart.nets.items()}
    for k in range(3):
        x0, x_in = draw(4, generator_for('cpu', 0, 'pairs', k))
        x_t, eps, a, b, t = draw_states(Batch(x0, x_in), TrainConfig(batch=4), S, k, slice(None))
        p = apart(x_t, x_in, a, b, t)
        apart.zero_grad()
        ((p.res - x_in + x0).abs().mean() + (p.eps - eps).abs().mean()).backward()
        for name, m in apart.nets.items():
            torch.nn.utils.clip_grad_norm_(m.parameters(), .01)
            opts[name].step()
    close(each, flat(apart), 1e-8)
    assert error(together, each) > 1e-7


def test_radam_is_torchs_own():
    got = flat(small(TrainConfig(steps=8, batch=4, lr=3e-3, ema=0., optimizer='radam', clip=None)).fit())
    torch.manual_seed(0)
    net = UNet(8, mults=(1,)).double()
    opt = torch.optim.RAdam(net.parameters(), 3e-3, betas=(.9, .99))
    for k in range(8):
        x0, x_in = draw(4, generator_for('cpu', 0, 'pairs', k))
        x_t, eps, a, b, t = draw_states(Batch(x0, x_in), TrainConfig(batch=4), S, k, slice(None))
        opt.zero_grad()
        (net(x_t, x_in, a, b, t).res - (x_in - x0)).abs().mean().backward()
        opt.step()
    close(got, flat(net), 1e-9)


def test_pieces_add_up_to_the_batch():
    runs = [flat(small(TrainConfig(steps=4, batch=8, lr=1e-3, accumulate=k)).fit()) for k in (1, 2, 8)]
    close(runs[1], runs[0], 1e-9)
    close(runs[2], runs[0], 1e-9)


def test_the_seed_decides_what_is_learned():
    runs = [flat(small(TrainConfig(steps=2, batch=2, seed=s)).fit()) for s in (0, 0, 1)]
    close(runs[0], runs[1], 0)
    assert error(runs[0], runs[2]) > 1e-6


@given(st.integers(0, 99), st.integers(1, 4))
def test_parts_of_a_batch_are_parts_of_the_same_states(step, k):
    config = TrainConfig(batch=8)
    b = Batch(*draw(8, rng(step)))
    whole = draw_states(b, config, S, step, slice(0, 8))
    part = slice(2*k - 2, 2*k)
    for w, p in zip(whole, draw_states(Batch(b.x0[part], b.x_in[part]), config, S, step, part)): close(w[part], p, 0)


def test_the_loss_takes_what_is_predicted():
    r, e = torch.full((2, 3), .5, dtype=torch.float64), torch.full((2, 3), 2., dtype=torch.float64)
    zero = torch.zeros_like(r)
    one, other, both = Prediction(zero, None), Prediction(None, zero), Prediction(zero, zero)
    close([loss_of(one, r, e), loss_of(other, r, e), loss_of(both, r, e)], [.5, 2, 2.5], 1e-7)
    close([loss_of(one, r, e, 'l2'), loss_of(both, r, e, 'l2')], [.25, 4.25], 1e-7)


def test_a_batch_must_split_among_processes_and_pieces():
    with pytest.raises(ValueError, match='cannot be split'): TrainConfig(batch=6, accumulate=4)


def test_the_network_of_the_demo_learns_with_it():
    rows = []
    source = FunctionSource(lambda n, g: draw_pairs('rain', n, 'train', g, 16))
    config = TrainConfig(steps=60, batch=8, lr=4e-3, warmup=10, decay='cosine', log_every=20)
    trainer = Trainer(UNet(8), source, Schedule.power(), config, accelerator=make_accelerator('cpu'),
                      report=rows.append)
    net = trainer.fit()
    assert rows[-1]['loss'] < .8*rows[0]['loss'] and not net.training and net.schedule == Schedule.power()


# ---- precision, layout, compilation, wrappers

def test_trainers_of_any_precision_live_side_by_side():
    config = dict(steps=2, batch=4, lr=1e-3)
    source = FunctionSource(lambda n, g: tuple(v.float() for v in draw(n, g)))
    def run(precision): return flat(small(TrainConfig(**config, precision=precision), source, net=single()).fit())
    first, half, again = run('fp32'), run('bf16'), run('fp32')
    close(first, again, 0)
    assert first.dtype == half.dtype == torch.float32 and 1e-6 < error(first, half) < 1e-2


def test_bf16_is_the_networks_arithmetic_only():
    seen = []
    class Sees(UNet):
        def forward(self, *a):
            out = super().forward(*a)
            seen.append((torch.is_autocast_enabled('cpu'), out.res.dtype))
            return out
    source = FunctionSource(lambda n, g: tuple(v.float() for v in draw(n, g)))
    small(TrainConfig(steps=1, batch=2, precision='bf16'), source, net=Sees(8, mults=(1,))).fit()
    assert seen == [(True, torch.bfloat16)] and not torch.is_autocast_enabled('cpu')


@pytest.mark.parametrize('option', ['accumulate', 'channels_last', 'compile'])
def test_what_saves_time_and_memory_works_in_bf16(option, monkeypatch):
    monkeypatch.setattr(torch, 'compile',
                        functools.partial(torch.compile, backend='aot_eager')) # all but the writing of C++
    source = FunctionSource(lambda n, g: tuple(v.float() for v in draw(n, g)))
    def run(**kw): return flat(small(TrainConfig(steps=2, batch=4, lr=1e-3, **kw), source, net=single()).fit())
    fp32, bf16 = run(), run(precision='bf16', **{option: 2 if option == 'accumulate' else True})
    assert bf16.dtype == torch.float32 and 1e-6 < error(fp32, bf16) < 1e-2


def test_an_accelerator_of_someone_else_is_asked_for_processes_and_device_only():
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState
    config, want = TrainConfig(steps=2, batch=4), flat(small(TrainConfig(steps=2, batch=4)).fit())
    AcceleratorState._reset_state(reset_partial_state=True)
    try:
        theirs = Accelerator(mixed_precision='bf16', cpu=True, gradient_accumulation_steps=3)
        torch.manual_seed(0)
        close(flat(Trainer(UNet(8, mults=(1,)).double(), FunctionSource(draw), S, config, accelerator=theirs).fit()),
              want, 0)
        assert make_accelerator('cpu').device.type == 'cpu'
    finally: AcceleratorState._reset_state(reset_partial_state=True)


def test_devices_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="device 'abacus' cannot be used"): make_accelerator('abacus')


def in_two_sittings(make, config, folder, source=None):
    "The weights after all steps at once, and after a stop half way"
    at_once = flat(small(config, source, net=make()).fit())
    half = small(config, source, folder, make())
    half.report = lambda row: setattr(half.stopped, 'signum', 2) if row['step'] == config.steps//2 else None
    assert not half.fit() or not half.done
    return at_once, flat(small(config, source, folder, make()).fit())


class Forgetful(UNet):
    "A network that draws itself"
    drawn = ()
    def forward(self, *args, **kw):
        self.drawn = *self.drawn, torch.rand(()).item()
        pred = super().forward(*args, **kw)
        return pred._replace(res=torch.nn.functional.dropout(pred.res, .5, self.training))


def test_what_the_network_draws_goes_on_too_and_leaves_the_generator_alone(tmp_path):
    def make():
        torch.manual_seed(0)
        return Forgetful(8, mults=(1,)).double()
    config = TrainConfig(steps=6, batch=2, lr=1e-2, log_every=1)
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    t = Trainer(make(), FunctionSource(draw), S, config, accelerator=make_accelerator('cpu'))
    torch.manual_seed(5)
    t.fit()
    assert torch.equal(torch.rand(3), want)
    a, b = in_two_sittings(make, config, tmp_path/'run')
    assert torch.equal(a, b)
    nets = make(), make()
    for seed, net in enumerate(nets): small(replace(config, steps=2, seed=seed), net=net).fit()
    assert len({*nets[0].drawn, *nets[1].drawn}) == 4, 'each step and each seed has its own'


def test_a_source_that_draws_of_itself_goes_on_too(tmp_path):
    source = FunctionSource(lambda n, g: (x := torch.rand(n, 3, 6, 6)*2 - 1, x*.5 + .2))
    config = TrainConfig(steps=6, batch=2, lr=1e-2, log_every=1)
    a, b = in_two_sittings(single, config, tmp_path/'run', source)
    assert torch.equal(a, b)


@pytest.mark.parametrize('kind', ['Adafactor', 'NAdam', 'ASGD'])
def test_an_optimizer_of_one_s_own_goes_on_bit_for_bit(kind, tmp_path, monkeypatch):
    make = getattr(torch.optim, kind)
    monkeypatch.setitem(OPTIMIZERS, 'mine', lambda params, lr, betas, weight_decay: make(params, lr))
    config = TrainConfig(steps=6, batch=2, lr=1e-2, optimizer='mine', log_every=1)
    source = FunctionSource(lambda n, g: tuple(v.float() for v in draw(n, g)))
    a, b = in_two_sittings(single, config, tmp_path/'run', source)
    assert torch.equal(a, b)


def test_inputs_of_another_unit_are_found_before_the_first_step():
    source = FunctionSource(lambda n, g: (x := draw(n, g)[0], (x + 1)*127.5))
    with pytest.raises(TrainingError, match=r'x_in wants floats in .-1, 1.*looks like .0, 255'):
        small(TrainConfig(steps=2, batch=2), source).fit()


def test_pairs_per_second_are_those_of_the_training(monkeypatch):
    now, rows = [0.], []
    monkeypatch.setattr(trainer.time, 'perf_counter', lambda: now[0])
    def tick(seconds): now[0] += seconds
    source = FunctionSource(lambda n, g: (tick(1), draw(n, g))[1])
    config = TrainConfig(steps=6, batch=2, log_every=1, eval_every=2)
    small(config, source, report=rows.append, evaluator=lambda net, step: tick(1000) or 20.).fit()
    assert [r['seconds'] for r in rows] == [1]*6 and {r['pairs_per_second'] for r in rows} == {2}


@pytest.mark.parametrize('kw', [dict(channels_last=True), dict(channels_last=True, optimizer='radam', accumulate=2)],
                         ids=str)
def test_another_memory_layout_resumes_to_the_same_weights(tmp_path, kw):
    def run(steps, folder=None):
        return flat(small(TrainConfig(steps=steps, batch=4, lr=1e-3, **kw), folder=folder).fit())
    want = run(6)
    run(3, tmp_path)
    close(run(6, tmp_path), want, 0)
    close(want, flat(small(TrainConfig(steps=6, batch=4, lr=1e-3, optimizer=kw.get('optimizer', 'adamw'))).fit()), 1e-9)


def test_wrapped_networks_are_unwrapped(tmp_path):
    torch.manual_seed(0)
    net = UNet(8, mults=(1,)).double()
    t = small(TrainConfig(steps=1, batch=2), folder=tmp_path, net=torch.nn.DataParallel(net))
    t.fit()
    assert t.net is net and not any('module' in k for k in Checkpoints(tmp_path).newest()[0])


def test_running_statistics_are_averaged_by_copying_and_kept(tmp_path):
    def net():
        torch.manual_seed(0)
        n = Net().double()
        n.config = dict(test=1)
        return n
    config = dict(batch=4, lr=1e-3, save_every=2)
    t = small(TrainConfig(steps=4, **config), net=net())
    t.net.drop.p = 0.
    t.fit()
    for k in ('norm.running_mean', 'norm.running_var', 'norm.num_batches_tracked'):
        assert torch.equal(t.ema.net.state_dict()[k], t.net.state_dict()[k])
    assert t.net.norm.num_batches_tracked == 4 and t.net.norm.running_mean.abs().max() > 0
    for steps in (2, 4):
        again = small(TrainConfig(steps=steps, **config), folder=tmp_path, net=net())
        again.net.drop.p = 0.
        again.fit()
    a, b = t._state(), again._state()
    assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


# ---- the configuration

@pytest.mark.parametrize('kw, match', [
    (dict(steps=0), 'steps must be a whole number >= 1, got 0'), (dict(batch=1.5), 'batch'),
    (dict(steps=True), 'got True'),
    (dict(lr=-1.), 'lr must be a positive number, got -1'), (dict(lr=math.nan), 'lr'), (dict(lr=math.inf), 'lr'),
    (dict(lr=10**400), 'lr must be a positive'), (dict(lr=True), 'lr must be a positive number, got True'),
    (dict(lr='1e-4'), "lr must be a positive number, got '1e-4'"), (dict(lr=None), 'lr'), (dict(clip='1'), 'clip'),
    (dict(clip=math.inf), 'clip must be a positive number or None'), (dict(clip=math.nan), 'clip'),
    (dict(clip=True), 'clip'),
    (dict(clip=0.), 'clip'), (dict(warmup=-1), 'warmup must be a whole number >= 0'), (dict(warmup=2.), 'warmup'),
    (dict(decay='linear'), "decay must be one of none, cosine, got 'linear'"), (dict(decay=['none']), 'decay'),
    (dict(loss='l3'), 'l1, l2'), (dict(loss='L1'), "loss must be one of l1, l2, got 'L1'"),
    (dict(optimizer='sgd'), 'adamw, radam'),
    (dict(precision='fp16'), 'fp32, bf16'), (dict(betas=(.9,)), 'betas must be two numbers in'),
    (dict(betas=(.9, 1.)), 'betas'),
    (dict(betas=.9), 'betas'), (dict(betas='ab'), 'betas'), (dict(betas=(.9, True)), 'betas'), (dict(ema=1.), 'ema'),
    (dict(ema=False), 'ema'), (dict(weight_decay=-1.), 'weight_decay'), (dict(weight_decay=math.inf), 'weight_decay'),
    (dict(eval_every=-1), 'eval_every'), (dict(eval_every=None), 'eval_every'),
    (dict(seed=.5), 'seed must be a whole number, got 0.5'),
    (dict(seed='0'), 'seed'), (dict(compile='maybe'), "compile must be True or False, got 'maybe'"),
    (dict(clip_each=1), 'clip_each'),
    (dict(channels_last='no'), 'channels_last'), (dict(lam_res=-1.), 'lam_res'), (dict(lam_eps=math.nan), 'lam_eps'),
    (dict(lam_res=0., lam_eps=0.), 'both 0'), (dict(accumulate=3), 'batch=16 cannot be split into accumulate=3')])
def test_configurations_that_cannot_work(kw, match):
    with pytest.raises(ValueError, match=match): TrainConfig(**kw)


def test_every_field_is_checked():
    from dataclasses import fields
    for f in fields(TrainConfig):
        with pytest.raises(ValueError, match=f'^{f.name} must be'): TrainConfig(**{f.name: object()})


def test_betas_of_a_list_are_those_of_a_tuple():
    assert TrainConfig(betas=[.5, .9]) == TrainConfig(betas=(.5, .9)) and hash(TrainConfig(betas=[.5, .9]))


# ---- going on

def test_a_run_goes_on_only_with_its_own_experiment(tmp_path):
    kw = dict(steps=2, batch=4, decay='cosine')
    small(TrainConfig(**kw), folder=tmp_path).fit()
    before = {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
    for changed, match in ((dict(ema=.9), 'ema was 0.995, is 0.9'), (dict(betas=(.9, .9)), 'betas'),
                           (dict(steps=4), 'steps was 2, is 4')):
        with pytest.raises(ValueError, match=match): small(TrainConfig(**kw | changed), folder=tmp_path).fit()
    other = UNet(8, mults=(1, 2)).double()
    with pytest.raises(ValueError, match='another network'): small(TrainConfig(**kw), folder=tmp_path, net=other).fit()
    other.config = UNet(8, mults=(1,)).config
    with pytest.raises(ValueError, match='another network'): small(TrainConfig(**kw), folder=tmp_path, net=other).fit()
    with pytest.raises(ValueError, match='another schedule'):
        Trainer(UNet(8, mults=(1,)).double(), FunctionSource(draw), Schedule.circle(10), TrainConfig(**kw),
                tmp_path).fit()
    curve = S.to_dict()
    changes = [(dict(abar=[a**2 for a in curve['abar']]), r'\), which goes over \(0.18.* and not over \(0.033'),
               (dict(allow=['bridge']), r'\), which allows other steps'), (dict(name='mine'), 'not Schedule.mine')]
    for change, match in changes:
        t = small(TrainConfig(**kw), folder=tmp_path)
        t.schedule = Schedule.from_dict(curve | change)
        with pytest.raises(ValueError, match=match): t.fit()
    assert before == {p: p.read_bytes() for p in before}, 'a refused start changes nothing'
    assert small(TrainConfig(**kw, accumulate=2, keep=5), folder=tmp_path).fit() is not None


def test_a_smaller_learning_rate_is_allowed_and_said(tmp_path):
    kw = dict(batch=4, decay='none')
    small(TrainConfig(steps=2, **kw, lr=1e-3), folder=tmp_path).fit()
    with pytest.warns(UserWarning, match='from step 2: lr was 0.001, is 0.0005'):
        small(TrainConfig(steps=3, **kw, lr=5e-4), folder=tmp_path).fit()
    with pytest.warns(UserWarning, match='from step 3: clip was 1.0, is 0.5'):
        small(TrainConfig(steps=4, **kw, lr=5e-4, clip=.5), folder=tmp_path).fit()
    said = ['from step 2: lr was 0.001, is 0.0005', 'from step 3: clip was 1.0, is 0.5']
    assert json.loads((tmp_path/'train.json').read_text(encoding='utf-8'))['changes'] == said
    assert Checkpoints(tmp_path).newest()[1]['changes'] == said
    assert [r['lr'] for r in Log(tmp_path/'log.csv').rows()] == [1e-3, 1e-3, 5e-4, 5e-4]


def clamped(n, g):
    x0 = torch.rand(n, 3, 8, 8, generator=g)*2 - 1
    return x0, (x0 + .3).clamp(-1, 1)


def test_a_run_from_before_the_names_changed_goes_on(tmp_path):
    shutil.copytree(OLD/'run', tmp_path/'run')
    config = TrainConfig(steps=4, batch=2, save_every=2, log_every=1)
    t = small(config, FunctionSource(clamped), tmp_path/'run', UNet(8, mults=(1,)))
    got, want = t.fit().state_dict(), load_file(OLD/'run_4_steps.safetensors')
    assert max(error(got[k], v) for k, v in want.items()) < 1e-6
    assert [r['step'] for r in Log(tmp_path/'run/log.csv').rows()] == [1, 2, 3, 4]
    with pytest.raises(ValueError, match='lam_res was 1.0, is 2.0'):
        small(TrainConfig(steps=4, batch=2, lam_res=2.), FunctionSource(clamped), tmp_path/'run',
              UNet(8, mults=(1,))).fit()


def test_a_run_from_before_a_field_existed_goes_on(tmp_path):
    small(TrainConfig(steps=2, batch=2), folder=tmp_path).fit()
    c = Checkpoints(tmp_path)
    tensors, about = c.newest()
    for k in ('lam_res', 'lam_eps', 'clip_each', 'eval_every'): del about['train'][k]
    c.save(about.pop('step'), tensors, about)
    small(TrainConfig(steps=3, batch=2), folder=tmp_path).fit()
    with pytest.raises(ValueError, match='lam_res was 1.0, is 2.0'):
        small(TrainConfig(steps=3, batch=2, lam_res=2.), folder=tmp_path).fit()


@posix
def test_two_runs_cannot_share_a_folder(tmp_path):
    small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    before = {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
    with folder_lock(tmp_path):
        with pytest.raises(BlockingIOError, match='another process is at work in'):
            small(TrainConfig(steps=2, batch=2), folder=tmp_path).fit()
        assert before == {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
        assert small(TrainConfig(steps=2, batch=2), folder=tmp_path).fit(locked=True) is not None
    small(TrainConfig(steps=3, batch=2), folder=tmp_path).fit()


def test_what_killed_writers_left_is_removed(tmp_path):
    small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    left = [tmp_path/LEFT, tmp_path/'checkpoints'/LEFT]
    for p in left: p.write_bytes(b'half')
    (tmp_path/'mine.tmp').write_bytes(b'a file of the user')
    small(TrainConfig(steps=2, batch=2), folder=tmp_path).fit()
    assert not any(p.exists() for p in left) and (tmp_path/'mine.tmp').exists()


# ---- damaged checkpoints

def flipped(data, i): return data[:i] + bytes([data[i] ^ 4]) + data[i + 1:]


def in_the_header(word): return lambda p: p.write_bytes(flipped(d := p.read_bytes(), d.index(word)))


def a_folder(p):
    p.unlink()
    p.mkdir()


def nested(p):
    p.unlink()
    from safetensors.torch import save_file
    save_file({'a': torch.zeros(1)}, p, {'rddm_nb': '['*100_000})


def other_step(p): write_tensors(p, {'a': torch.zeros(1)}, 'checkpoint', dict(step=7), force=True)


DAMAGE = dict(cut=lambda p: p.write_bytes(p.read_bytes()[:-7]), empty=lambda p: p.write_bytes(b''), folder=a_folder,
              garbage=lambda p: p.write_bytes(b'something else'),
              last_byte=lambda p: p.write_bytes(flipped(d := p.read_bytes(), len(d) - 1)),
              kind=in_the_header(b'kind'), digest=in_the_header(b'sha256'), about=in_the_header(b'about'),
              form=in_the_header(b'format'),
              deep=nested, step=other_step, no_step=lambda p: write_tensors(p, {}, 'checkpoint', {}, force=True))


@pytest.mark.parametrize('how', DAMAGE)
def test_a_damaged_checkpoint_is_named_set_aside_and_the_one_before_it_taken(tmp_path, how):
    config = TrainConfig(steps=6, batch=4, save_every=2, keep=3)
    want = flat(small(config, folder=tmp_path).fit())
    middle, newest = Checkpoints(tmp_path).paths()[1:]
    for p in (newest, middle): DAMAGE[how](p)
    with pytest.warns(UserWarning) as said: got = flat(small(config, folder=tmp_path).fit())
    assert newest.name in str(said[0].message) and middle.name in str(said[1].message)
    close(got, want, 0)
    aside = {p.name for p in (tmp_path/'checkpoints').glob('*.damaged')}
    assert aside == {newest.name + '.damaged', middle.name + '.damaged'}
    assert [p.name[11:14] for p in Checkpoints(tmp_path).paths()] == ['002', '004', '006']


def test_where_all_are_damaged_nothing_starts_from_zero(tmp_path):
    config = TrainConfig(steps=4, batch=2, save_every=2, log_every=1)
    small(config, folder=tmp_path).fit()
    for p in Checkpoints(tmp_path).paths(): p.write_bytes(b'')
    before = {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
    for _ in range(2):
        with pytest.warns(UserWarning), pytest.raises(ValueError, match='no training starts from zero unasked'):
            small(config, folder=tmp_path).fit()
        assert before == {p: p.read_bytes() for p in before}
    for p in Checkpoints(tmp_path).paths(): p.rename(p.with_name(p.name + '.damaged'))
    with pytest.raises(ValueError, match='put a whole copy of one back'): small(config, folder=tmp_path).fit()


def test_a_start_from_zero_in_a_folder_of_a_run_is_said(tmp_path):
    config = TrainConfig(steps=2, batch=2)
    small(config, folder=tmp_path).fit()
    shutil.rmtree(tmp_path/'checkpoints')
    with pytest.warns(UserWarning, match='has no checkpoint: it starts at step 0'): small(config, folder=tmp_path).fit()


def test_only_the_last_few_are_kept(tmp_path):
    small(TrainConfig(steps=7, batch=2, save_every=1, keep=3), folder=tmp_path).fit()
    assert [p.name for p in Checkpoints(tmp_path).paths()] == [f'step_{k:09d}.safetensors' for k in (5, 6, 7)]


@pytest.mark.parametrize('keep', [1, 2])
def test_a_newer_damaged_one_does_not_count_and_the_one_just_written_stays(tmp_path, keep):
    c = Checkpoints(tmp_path, keep)
    for k in (20, 40, 60): c.save(k, {'w': torch.tensor([k])}, {})
    c.path(60).write_bytes(b'')
    c.path(20).exists() or Checkpoints(tmp_path, 9).save(20, {'w': torch.tensor([20])}, {})
    with pytest.warns(UserWarning):
        again = Checkpoints(tmp_path, keep)
        at = again.newest()[1]['step']
    for k in (at + 1, at + 2):
        again.save(k, {'w': torch.tensor([k])}, {})
        assert Checkpoints(tmp_path).path(k).exists() and again.path(60).exists()


@settings(max_examples=30)
@given(st.data(), st.integers(1, 3))
def test_no_damage_between_kills_costs_a_good_checkpoint(tmp_path_factory, data, keep):
    folder = tmp_path_factory.mktemp('run')
    def good():
        return {s for s, p in Checkpoints(folder).steps().items() if p.is_file() and p.read_bytes() == bytes_of.get(s)}
    bytes_of, step = {}, 0
    for _ in range(data.draw(st.integers(1, 4))):
        c, before = Checkpoints(folder, keep), good()
        files = {p.name for p in c.folder.glob('*')}
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            try: found = c.newest()
            except ValueError: break
        assert found is not None or not files, 'a start from zero unsaid'
        step = found[1]['step'] if found else 0
        assert step == max(before, default=0)
        c.tidy()
        for _ in range(data.draw(st.integers(0, 3))):
            step += 1
            c.save(step, {'w': torch.full((2,), step)}, {})
            bytes_of[step] = c.path(step).read_bytes()
            assert step in good() and min(len(before), keep) <= len(good()) <= max(len(before), keep) + 1
        for p in c.paths():
            if how := data.draw(st.sampled_from([None, None, *DAMAGE])): DAMAGE[how](p)
    else: return
    assert not good() and files, 'refused though a good one was there'
    assert files == {p.name for p in c.folder.glob('*')}


# ---- numbers that are none

class Poisoned(FunctionSource):
    "Pairs with names, one of which is broken at step 3"
    def batch(self, n, step, seed, part=slice(None)):
        b = super().batch(n, step, seed, part)
        if step == 3: b.x0[-1, 0, 0, 0] = math.nan
        return Batch(b.x0, b.x_in, [f'{step}-{i}.png' for i in range(n)][part])


@pytest.mark.parametrize('log_every', [1, 50])
def test_a_loss_that_is_no_number_is_explained_and_nothing_good_is_lost(tmp_path, log_every):
    config = TrainConfig(steps=9, batch=4, save_every=2, log_every=log_every)
    with pytest.raises(FloatingPointError) as e: small(config, Poisoned(draw), tmp_path).fit()
    t = torch.randint(1, 11, (4,), generator=generator_for('cpu', 0, 'nodes', 3)).tolist()
    names = 'images 3-0.png, 3-1.png, 3-2.png, 3-3.png'
    assert f'step 3 (nodes t = {t}, {names}): images [3] of the batch hold NaN' in str(e.value)
    assert str(Checkpoints(tmp_path)) == 'step_000000002.safetensors' and Checkpoints(tmp_path).newest()[1]['step'] == 2


def test_the_first_bad_step_is_told_even_if_it_is_read_late():
    with pytest.raises(FloatingPointError, match=r'at step 3 \('):
        small(TrainConfig(steps=9, batch=4, save_every=100), Poisoned(draw)).fit()


def test_a_network_that_blows_up_gets_advice():
    class Huge(UNet):
        def forward(self, *a): return Prediction(res=super().forward(*a).res + math.inf)
    with pytest.raises(FloatingPointError, match='step 0.*a smaller learning rate than 0.0002.*kept: none'):
        small(TrainConfig(steps=1, batch=2), net=Huge(8, mults=(1,)).double()).fit()


def test_weights_that_are_no_numbers_are_never_saved(tmp_path):
    class Infinite(UNet):
        "Blows up in its weights, not in its loss"
        def forward(self, *a):
            if len(steps) == 2: self.last[-1].bias.data.fill_(math.inf)
            steps.append(1)
            return Prediction(res=super().forward(*a).res.nan_to_num(0, 0, 0))
    steps = []
    with pytest.raises(FloatingPointError, match='after step 3 .* of the state, net.last.2.bias first.*step_000000002'):
        small(TrainConfig(steps=9, batch=2, save_every=1), folder=tmp_path, net=Infinite(8, mults=(1,)).double()).fit()
    assert Checkpoints(tmp_path).newest()[1]['step'] == 2
    steps = []
    with pytest.raises(FloatingPointError):
        small(TrainConfig(steps=3, batch=2), net=Infinite(8, mults=(1,)).double()).fit()


def go_on(folder, lr, steps):
    source = FunctionSource(lambda n, g: tuple(v.float() for v in draw(n, g)))
    config = TrainConfig(steps=steps, lr=lr, batch=4, save_every=1, log_every=1)
    return flat(small(config, source, folder, single()).fit())


def test_after_a_blow_up_a_smaller_learning_rate_goes_on(tmp_path):
    go_on(tmp_path, 1e-3, 2)
    advice = 'a smaller learning rate than 1e.38.*may be changed'
    with pytest.warns(UserWarning), pytest.raises(FloatingPointError, match=advice):
        go_on(tmp_path, 1e38, 9)
    tensors, about = Checkpoints(tmp_path).newest()
    assert about['step'] == 2 and all(v.isfinite().all() for v in tensors.values())
    with pytest.warns(UserWarning, match='lr was 0.001, is 0.0001'): assert go_on(tmp_path, 1e-4, 4).isfinite().all()


def test_a_state_past_mending_is_told_from_a_learning_rate_too_high(tmp_path):
    go_on(tmp_path, 1e-3, 2)
    with pytest.warns(UserWarning), pytest.raises(FloatingPointError): go_on(tmp_path, 1e30, 9)
    last = Checkpoints(tmp_path).paths()[-1]
    assert last.name == 'step_000000003.safetensors'
    with pytest.warns(UserWarning), pytest.raises(FloatingPointError, match=f'past mending: move {last.name} away'):
        go_on(tmp_path, 1e-4, 9)
    last.rename(tmp_path/'elsewhere')
    with pytest.warns(UserWarning, match='lr was 0.001, is 0.0001'): assert go_on(tmp_path, 1e-4, 4).isfinite().all()


def test_the_only_checkpoint_past_mending_is_not_to_be_moved_away(tmp_path):
    with pytest.raises(FloatingPointError): go_on(tmp_path, 1e30, 9)
    assert [p.name for p in Checkpoints(tmp_path).paths()] == ['step_000000001.safetensors']
    with pytest.warns(UserWarning), pytest.raises(FloatingPointError,
                                                  match='no checkpoint is kept before it: start') as e:
        go_on(tmp_path, 1e-4, 9)
    assert 'away' not in str(e.value)


def test_a_rate_that_decays_keeps_its_end(tmp_path):
    def end(steps): return TrainConfig(steps=steps, batch=2, decay='cosine')
    small(end(2), folder=tmp_path).fit()
    told = f'{tmp_path}: steps was 2, is 4, .*: keep steps=2, or train in another folder'
    with pytest.raises(ValueError, match=told): small(end(4), folder=tmp_path).fit()


# ---- failures on the way

class Fails(FunctionSource):
    "Pairs that end at step 3"
    error = FileNotFoundError(2, 'No such file or directory', 'rain_17.png')
    def batch(self, n, step, seed, part=slice(None)):
        if step == 3: raise self.error
        return super().batch(n, step, seed, part)


def test_an_image_that_vanishes_costs_nothing(tmp_path):
    config = TrainConfig(steps=6, batch=4, save_every=100)
    with pytest.raises(TrainingError,
                       match="FileNotFoundError after step 3: .*'rain_17.png'; step 3 is saved: run it again"):
        small(config, Fails(draw), tmp_path).fit()
    assert Checkpoints(tmp_path).newest()[1]['step'] == 3
    close(flat(small(config, folder=tmp_path).fit()), flat(small(config).fit()), 0)


def even(net, step): return 20.


@pytest.mark.parametrize('where', ['report', 'evaluator'])
def test_an_exception_in_a_report_or_an_evaluator_costs_nothing(tmp_path, where):
    def breaks(*a): raise ZeroDivisionError('of the report')
    config, k = TrainConfig(steps=6, batch=4, log_every=2, eval_every=2), dict(report=1, evaluator=2)[where]
    with pytest.raises(TrainingError, match=f'ZeroDivisionError after step {k}: of the report; step {k} is saved'):
        small(config, folder=tmp_path, **dict(evaluator=even) | {where: breaks}).fit()
    close(flat(small(config, folder=tmp_path, evaluator=even).fit()), flat(small(config, evaluator=even).fit()), 0)


@pytest.mark.parametrize('said', [None, 'good', torch.zeros(2)], ids=['none', 'text', 'two'])
def test_an_evaluator_says_a_number(said):
    with pytest.raises(TrainingError, match='TypeError after step 2: the evaluator must return a number, for'):
        small(TrainConfig(steps=6, batch=4, eval_every=2), evaluator=lambda net, step: said).fit()


@pytest.mark.parametrize('every, asked, why', [(0, even, 'would never be asked: say how often'),
                                               (2, None, 'eval_every=2 asks for an evaluator')], ids=['never', 'none'])
def test_an_evaluator_and_when_to_ask_it_belong_together(every, asked, why):
    with pytest.raises(ValueError, match=why): small(TrainConfig(eval_every=every), evaluator=asked)


def test_before_the_first_update_of_the_average_the_network_is_kept_as_it_is(tmp_path):
    seen, slow = [], dict(batch=2, ema_every=6, save_every=1, eval_every=1)
    look = lambda net, step: seen.append(flat(net)) or 20.
    t = small(TrainConfig(steps=5, **slow), folder=tmp_path, evaluator=look)
    kept = t.fit()
    close(flat(kept), flat(t.net), 0)
    assert len({v.sum().item() for v in seen}) == 5 and not any(p.requires_grad for p in kept.parameters())
    assert not kept.training and kept.schedule == S
    longer = TrainConfig(steps=9, **slow)
    once = small(longer, evaluator=look).fit()
    close(flat(small(longer, folder=tmp_path, evaluator=look).fit()), flat(once), 0)
    close(flat(small(replace(longer, eval_every=0)).fit()), flat(once), 0)


@pytest.mark.parametrize('steps, warmup', [(4, 4), (4, 1000), (9, 8)])
def test_a_warm_up_that_is_not_over_at_the_end_is_told(steps, warmup):
    c = TrainConfig(steps=steps, batch=2, warmup=warmup, decay='cosine', lr=.01)
    most = max(c.lr_at(k) for k in range(steps))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        small(c).fit()
    told = [str(w.message) for w in said if 'warm-up' in str(w.message)]
    assert len(told) == (warmup >= steps)
    if told: assert f'of {warmup} steps is not over after {steps}: the learning rate reaches {most:.2g},' in told[0]


def test_a_run_goes_on_only_with_its_data(tmp_path):
    run = lambda steps, data: small(TrainConfig(steps=steps, batch=2), folder=tmp_path, data=data).fit()
    run(2, dict(size=16, crop=(1, 2), flip=True))
    with pytest.raises(ValueError, match=r'other data \(size was 16, is 24; flip was True, is False\): use those'):
        run(4, dict(size=24, crop=[1, 2], flip=False))
    run(4, None) # nothing is said, and nothing forgotten
    with pytest.raises(ValueError, match='size was 16, is 24'): run(6, dict(size=24))
    run(6, dict(size=16, other=3))
    with pytest.raises(TypeError, match='data must be plain data'): run(6, dict(size=math.nan))


def test_a_change_of_the_working_directory_costs_nothing(tmp_path, monkeypatch):
    (tmp_path/'other').mkdir()
    monkeypatch.chdir(tmp_path)
    small(TrainConfig(steps=4, batch=2, log_every=1), folder='run', report=lambda row: os.chdir(tmp_path/'other')).fit()
    assert Checkpoints(tmp_path/'run').newest()[1]['step'] == 4 and not [*(tmp_path/'other').iterdir()]


def test_a_full_log_is_named(tmp_path, monkeypatch):
    def full(self, **row): raise OSError(28, f'{self.path} cannot be written: No space left on device')
    monkeypatch.setattr(Log, 'add', full)
    with pytest.raises(TrainingError, match='log.csv cannot be written: No space left on device; step 1 is saved'):
        small(TrainConfig(steps=3, batch=2, log_every=1), folder=tmp_path).fit()


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='there is no disk that is always full')
def test_a_log_on_a_full_disk_says_its_name(tmp_path):
    (tmp_path/'log.csv').symlink_to('/dev/full')
    log = Log.__new__(Log)
    log.path = tmp_path/'log.csv'
    with pytest.raises(OSError, match='log.csv cannot be written: No space left'): log.add(step=1)


def test_a_full_disk_names_what_is_whole(tmp_path, monkeypatch):
    import rddm_nb.trainer as module
    real = module.write_tensors
    def full(path, *a, **kw):
        if path.name == 'step_000000004.safetensors': raise OSError(28, 'No space left on device')
        return real(path, *a, **kw)
    monkeypatch.setattr(module, 'write_tensors', full)
    told = ('^the disk is full: step 4 could not be saved .kept: step_000000002.safetensors.; '
            'step 2 is saved: run it again to go on$')
    with pytest.raises(TrainingError, match=told):
        small(TrainConfig(steps=6, batch=2, save_every=2), folder=tmp_path).fit()


def test_nothing_is_saved_of_a_step_that_is_half_done(tmp_path):
    t = small(TrainConfig(steps=6, batch=2, save_every=2), folder=tmp_path)
    real = t.opt.step
    def interrupted():
        real()
        if t.step == 3: raise KeyboardInterrupt
    t.opt.step = interrupted
    with pytest.raises(KeyboardInterrupt, match='interrupted: step 2 is saved'): t.fit()
    assert Checkpoints(tmp_path).newest()[1]['step'] == 2


def test_a_failure_before_anything_was_learned_says_so(tmp_path):
    class AtOnce(Fails):
        def batch(self, *a): raise self.error
    with pytest.raises(TrainingError, match='after step 0: .*nothing is saved yet'):
        small(TrainConfig(steps=2, batch=2), AtOnce(draw), tmp_path).fit()
    with pytest.raises(TrainingError, match='it had done 0 steps'):
        small(TrainConfig(steps=2, batch=2), AtOnce(draw)).fit()


def test_running_out_of_memory_says_what_to_turn(tmp_path):
    class Hungry(UNet):
        def forward(self, *a):
            if t.step == 2: raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 9 GiB\nmore')
            return super().forward(*a)
    t = small(TrainConfig(steps=4, batch=2), folder=tmp_path, net=Hungry(8, mults=(1,)).double())
    advice = r'Tried to allocate 9 GiB\): raise accumulate \(now 1\), or lower batch \(now 2\) .*step 2 is saved'
    with pytest.raises(torch.OutOfMemoryError, match=advice): t.fit()
    assert Checkpoints(tmp_path).newest()[1]['step'] == 2


# ---- stopping

def stopping(signum, at=2, times=1):
    "A report that sends a signal to this process at a step"
    def report(row):
        if row['step'] == at:
            for _ in range(times): signal.raise_signal(signum)
    return report


@posix
@pytest.mark.parametrize('signum, code', [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_training_can_be_told_from_one_that_is_done(tmp_path, signum, code):
    config = TrainConfig(steps=4, batch=2, log_every=1)
    t = small(config, folder=tmp_path, report=stopping(signum))
    t.fit()
    assert t.stopped and t.stopped.exit_code == code and not t.done
    assert t.step == 3 == Checkpoints(tmp_path).newest()[1]['step']
    t.report = None
    t.fit()
    assert t.done and not t.stopped and t.stopped.exit_code == 0


@posix
def test_a_second_signal_means_it_and_loses_nothing(tmp_path):
    t = small(TrainConfig(steps=4, batch=2, log_every=1), folder=tmp_path, report=stopping(signal.SIGINT, times=2))
    with pytest.raises(KeyboardInterrupt, match='interrupted: step 2 is saved'): t.fit()
    assert Checkpoints(tmp_path).newest()[1]['step'] == 2


# ---- the log

def test_the_log_tells_every_step_once(tmp_path):
    rows = []
    small(TrainConfig(steps=5, batch=4, log_every=2, save_every=100), folder=tmp_path, report=rows.append).fit()
    logged = Log(tmp_path/'log.csv', 5).rows()
    assert [r['step'] for r in logged] == [1, 2, 4, 5] == [r['step'] for r in rows], 'the first loss is told at once'
    assert [{k: repr(v) for k, v in r.items()} for r in logged] == [{k: repr(v) for k, v in r.items()} for r in rows]
    assert all(abs(r['pairs_per_second']*r['seconds']/4 - n) < 1e-3 for r, n in zip(logged, (1, 1, 2, 1)))
    one = []
    small(TrainConfig(steps=4, batch=4, log_every=1), report=one.append).fit()
    close(logged[2]['loss'], (one[2]['loss'] + one[3]['loss'])/2, 1e-6)
    close(logged[2]['grad_norm'], (one[2]['grad_norm'] + one[3]['grad_norm'])/2, 1e-6)
    assert [r['step'] for r in Log(tmp_path/'log.csv', 4).rows()] == [1, 2, 4]
    with open(tmp_path/'log.csv', newline='', encoding='utf-8') as f:
        assert [r['step'] for r in csv.DictReader(f)] == ['1', '2', '4']


def test_the_logged_learning_rate_is_the_one_that_was_used(tmp_path):
    used, config = [], TrainConfig(steps=6, batch=2, lr=1e-3, warmup=4, decay='cosine', log_every=1)
    t = small(config, folder=tmp_path)
    real = t.opt.step
    def spied():
        used.append(t.opt.param_groups[0]['lr'])
        real()
    t.opt.step = spied
    t.fit()
    assert [r['lr'] for r in Log(tmp_path/'log.csv').rows()] == used
    close(used[:2], [.25e-3, .5e-3*(.01 + .99*(1 + math.cos(math.pi/6))/2)], 1e-12)


def test_a_row_that_was_cut_does_not_count(tmp_path):
    log = Log(tmp_path/'log.csv', 0)
    log.add(step=1, loss=.5, psnr=20.5)
    log.add(step=2, loss=.25, psnr=27.123456)
    whole = log.path.read_bytes()
    for cut in (1, 8, 12):  # psnr cut to '27.123456', '27' and '2...'
        log.path.write_bytes(whole[:-cut])
        assert [r['step'] for r in log.rows()] == [1]
        assert log.path.read_bytes() == whole[:-cut], 'to read a log must not change it'
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            assert [r['step'] for r in Log(log.path, 2).rows()] == [1]
    log.path.write_bytes(b'step,lo')
    assert Log(log.path, 2).rows() == []


HEADER = b'step,loss,grad_norm,lr,seconds,pairs_per_second,psnr\n'
ROW = b'1,.5,1,.1,1,4,nan\n'


@pytest.mark.parametrize('data, kept', [(b'\x00\xff\xfe garbage\n', 0), (HEADER + ROW + b'2,\xff\n', 0),
                                        (ROW + ROW, 0), (HEADER + ROW + b'2,.5\n', 1),
                                        (HEADER + b'one,.5,1,.1,1,4,nan\n' + ROW, 1), (b'no log at all', 0),
                                        (HEADER + b'\n' + ROW, 1),
                                        (HEADER[:-1] + b',note\n' + ROW[:-1] + b',7\n', 1)], ids=repr)
def test_a_log_that_is_none_is_set_aside_and_the_run_goes_on(tmp_path, data, kept):
    small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    (tmp_path/'log.csv').write_bytes(data)
    with pytest.warns(UserWarning, match=r'is no log .*kept as log.csv.damaged'):
        small(TrainConfig(steps=2, batch=2), folder=tmp_path).fit()
    assert (tmp_path/'log.csv.damaged').read_bytes() == data
    assert [r['step'] for r in Log(tmp_path/'log.csv').rows()] == [1]*kept + [2]


def test_a_folder_in_the_place_of_the_log_is_set_aside(tmp_path):
    (tmp_path/'log.csv').mkdir()
    with pytest.warns(UserWarning, match='is no log'): small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    assert (tmp_path/'log.csv.damaged').is_dir()


@pytest.mark.parametrize('data', [b'\xef\xbb\xbf' + HEADER + ROW, (HEADER + ROW).replace(b'\n', b'\r\n'),
                                  b'step,loss,grad_norm,lr,seconds,pairs_per_second\n1,.5,1,.1,1,4\n'],
                                  ids=['bom', 'crlf', 'older'])
def test_logs_that_editors_and_older_versions_wrote_are_read(tmp_path, data):
    (tmp_path/'log.csv').write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        log = Log(tmp_path/'log.csv', 1)
    log.add(step=3, loss=.25)
    assert [(r['step'], r['loss']) for r in log.rows()] == [(1, .5), (3, .25)] and math.isnan(log.rows()[0]['psnr'])


def test_evaluations_come_when_they_are_due(tmp_path):
    seen, rows = [], []
    def evaluator(net, step):
        seen.append((step, net.training, net is t.ema.net))
        return 20. + step
    config = TrainConfig(steps=7, batch=2, log_every=2, eval_every=3)
    t = small(config, folder=tmp_path, evaluator=evaluator, report=rows.append)
    t.fit()
    assert seen == [(3, False, True), (6, False, True)] and [r['step'] for r in rows] == [1, 2, 3, 4, 6, 7]
    assert [r['psnr'] for r in rows if math.isfinite(r['psnr'])] == [23., 26.]


class One(torch.nn.Module):
    "One convolution as a network"
    def __init__(self):
        super().__init__()
        self.conv, self.config = torch.nn.Conv2d(6, 3, 3, padding=1), {}
    def forward(self, x_t, x_in, abar, bbar, t=None, cond=None):
        return Prediction(res=self.conv(torch.cat([x_t, x_in], 1)))


def unet(): return UNet(8, mults=(1,))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which('g++') is None, reason='torch.compile needs a compiler')
@pytest.mark.parametrize('make, backend', [
    pytest.param(unet, 'aot_eager', id='a U-Net up to machine code'),
    pytest.param(One, 'inductor', id='a convolution to the end'),
    pytest.param(unet, 'inductor', id='a U-Net to the end', marks=pytest.mark.skipif(
        os.environ.get('RDDM_COMPILE') != 'all', reason='RDDM_COMPILE=all compiles a whole U-Net (a minute)'))])
def test_a_compiled_network_learns_the_same_and_is_saved_bare(tmp_path, monkeypatch, make, backend):
    monkeypatch.setattr(torch, 'compile', functools.partial(torch.compile, backend=backend))
    kw = dict(steps=2, batch=4, lr=1e-3)
    def trainer(folder=None, **more):
        torch.manual_seed(0)
        return small(TrainConfig(**kw | more), folder=folder, net=make().double())
    close(flat(trainer(tmp_path, compile=True, accumulate=2).fit()), flat(trainer().fit()), 1e-8)
    keys = {k[4:] for k in Checkpoints(tmp_path).newest()[0] if k.startswith('net.')}
    assert keys == {*make().state_dict()}
    assert trainer(tmp_path, steps=3).fit() is not None


@pytest.mark.parametrize(('pairs', 'said'), [
    (lambda x: (255*x, 255*x), 'x0 must lie in'), (lambda x: (x.byte(), x), 'x0 has dtype torch.uint8'),
    (lambda x: (x, x.numpy()), 'x_in must be a tensor'), (lambda x: (x/0, x), 'of the batch hold NaN')])
def test_what_are_no_images_is_not_learned_from(pairs, said):
    source = FunctionSource(lambda n, g: pairs(torch.rand(n, 3, 8, 8, generator=g)))
    with pytest.raises((TrainingError, FloatingPointError), match=said) as e:
        Trainer(UNet(8, (1, 2)), source, Schedule.power(T=10), TrainConfig(steps=2, batch=2)).fit()
    assert 'step 1' not in str(e.value)


def test_inputs_may_lie_outside_as_under_noise():
    source = FunctionSource(lambda n, g: (torch.zeros(n, 3, 8, 8), 2*torch.randn(n, 3, 8, 8, generator=g)))
    assert Trainer(UNet(8, (1, 2)), source, Schedule.power(T=10), TrainConfig(steps=2, batch=2)).fit() is not None


@pytest.mark.parametrize('without', [torch.no_grad, torch.inference_mode])
def test_a_training_has_gradients_wherever_it_is_called(without):
    source = FunctionSource(lambda n, g: (torch.zeros(n, 3, 8, 8), torch.ones(n, 3, 8, 8)))
    net = UNet(8, (1, 2))
    before = [p.clone() for p in net.parameters()]
    t = Trainer(net, source, Schedule.power(T=10), TrainConfig(steps=2, batch=2))
    with without(): t.fit()
    assert any(not torch.equal(a, b) for a, b in zip(before, net.parameters()))


@pytest.mark.parametrize('text', ['precious', '{}', '[1]'])
def test_a_file_of_ones_own_is_not_taken_for_a_run(tmp_path, text):
    (tmp_path/'train.json').write_text(text, encoding='utf-8')
    source = FunctionSource(lambda n, g: (torch.zeros(n, 3, 8, 8), torch.ones(n, 3, 8, 8)))
    t = Trainer(UNet(8, (1, 2)), source, Schedule.power(T=10), TrainConfig(steps=1, batch=2), tmp_path)
    with pytest.raises(FileExistsError, match='train.json was not written by a training'): t.fit()
    assert (tmp_path/'train.json').read_text(encoding='utf-8') == text


def parts(**kw):
    "A training that could begin, with parts of another kind"
    good = dict(net=UNet(8, (1, 2)), source=FunctionSource(draw), schedule=S, config=TrainConfig(steps=1, batch=2))
    return Trainer(**(good | kw))


@pytest.mark.parametrize('part, value, kind', [
    ('net', None, 'a Module, got NoneType'), ('net', 'rain', 'a Module, got str'),
    ('schedule', 'power', 'a Schedule, got str'), ('config', dict(steps=1), 'a TrainConfig, got dict'),
    ('accelerator', 'cpu', 'make_accelerator, got str'),
    ('source', [1, 2], r'such as FunctionSource\(draw\), got list'), ('source', draw, 'FunctionSource')])
def test_parts_of_another_kind_are_named(part, value, kind):
    with pytest.raises(TypeError, match=f'^{part} must .*{kind}'): parts(**{part: value})


def test_a_frozen_network_is_not_trained():
    net = UNet(8, (1, 2)).requires_grad_(False)
    with pytest.raises(ValueError, match='every weight of the network is frozen'): parts(net=net)
    net.last[-1].requires_grad_(True)
    assert parts(net=net).step == 0


class Own(torch.nn.Module):
    "A network of the user, which returns what it is told to"
    def __init__(self, answer):
        super().__init__()
        self.conv, self.answer = torch.nn.Conv2d(3, 3, 1), answer
    def forward(self, x_t, x_in, abar, bbar, t): return self.answer(self.conv(x_t.float()).to(x_t.dtype))


@pytest.mark.parametrize('answer, said', [
    (lambda h: h, r'the model returned a bare tensor; a predictor returns Prediction\(res=\.\.\.\)'),
    (lambda h: Prediction(h[:1]), r"the model's res is .* of shape \(1, 3, 6, 6\), but the state is .* \(2, 3, 6, 6\)"),
    (lambda h: Prediction(None, h[:, :1]), r"the model's eps is .* of shape \(2, 1, 6, 6\)"),
    (lambda h: Prediction(3.), "the model's res must be a tensor, got float"),
    (lambda h: Prediction(), 'nothing would be learned: the network predicts nothing')])
def test_what_is_no_prediction_is_not_trained(answer, said):
    with pytest.raises(TrainingError, match=said): parts(net=Own(answer)).fit()


@pytest.mark.parametrize('lams, pred', [
    (dict(lam_res=0.), lambda h: Prediction(h)), (dict(lam_eps=0.), lambda h: Prediction(None, h))])
def test_a_prediction_that_does_not_count_is_not_trained(lams, pred):
    config = TrainConfig(steps=1, batch=2, **lams)
    with pytest.raises(TrainingError, match=f'nothing would be learned.*{[*lams][0]} is 0'):
        parts(net=Own(pred), config=config).fit()
    parts(net=Own(lambda h: Prediction(h, h)), config=config).fit()


def test_a_run_in_a_folder_needs_what_its_network_is_made_from(tmp_path):
    net = Own(lambda h: Prediction(h))
    with pytest.raises(TypeError, match='give Own a `config`'): parts(net=net, folder=tmp_path/'a')
    for odd in (torch.nn.ReLU, math.nan):
        net.config = dict(act=odd)
        with pytest.raises(TypeError, match='the config of Own must be plain data'): parts(net=net, folder=tmp_path/'a')
    with pytest.raises(ValueError, match='folder is empty: name one'): parts(folder='')
    assert not (tmp_path/'a').exists()
    net.config = dict(kind='own')
    parts(net=net, folder=tmp_path/'b').fit()
    assert (tmp_path/'b/train.json').exists()


def test_a_condition_may_be_none():
    b = FunctionSource(lambda n, g: (*draw(n, g)[:2], None)).batch(2, 0, 0)
    assert b.cond is None and len(b.x0) == 2
    with pytest.raises(TypeError, match='draw must return batches of images, got int among them'):
        FunctionSource(lambda n, g: (torch.zeros(n, 3, 8, 8), 3)).batch(2, 0, 0)


@pytest.mark.parametrize('drawn, said', [
    (lambda n: torch.zeros(n, 3, 8, 8), r'draw must return \(x0, x_in\) or .*, got Tensor'),
    (lambda n: (torch.zeros(n, 3, 8, 8),)*4, 'draw must return'), (lambda n: None, 'got NoneType'),
    (lambda n: (torch.zeros(1, 3, 8, 8),)*2, r'draw must return 4 pairs, got \[1, 1\]'),
    (lambda n: (torch.zeros(n, 3, 8, 8), torch.zeros(n + 1, 3, 8, 8)), r'got \[4, 5\]')])
def test_what_a_function_draws_are_pairs(drawn, said):
    with pytest.raises((TypeError, ValueError), match=said): FunctionSource(lambda n, g: drawn(n)).batch(4, 0, 0)


def test_a_choice_may_be_of_any_kind():
    with pytest.raises(ValueError, match='optimizer must be one of'): TrainConfig(optimizer=['adamw'])


LEFT = '.rddm-' + '0'*32 + '.tmp'


def test_a_run_removes_what_its_own_killed_writers_left_and_nothing_else(tmp_path):
    theirs, ours = ['.cache.tmp/x', '.mine.tmp', 'notes/.mine.tmp', f'notes/{LEFT}'], [LEFT, f'checkpoints/{LEFT}']
    for name in theirs + ours:
        (tmp_path/name).parent.mkdir(exist_ok=True)
        (tmp_path/name).write_text('half')
    small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    assert all((tmp_path/name).exists() for name in theirs) and not any((tmp_path/name).exists() for name in ours)


def test_a_log_that_no_run_wrote_is_not_erased(tmp_path):
    (tmp_path/'log.csv').write_bytes(HEADER + ROW)
    with pytest.raises(FileExistsError, match='log.csv was not written by a training and is not overwritten'):
        small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.name != '.lock'} == {'log.csv': HEADER + ROW}


def test_a_log_is_made_by_its_first_row_and_not_by_its_reader(tmp_path):
    log = Log(tmp_path/'typo.csv')
    with pytest.raises(FileNotFoundError, match='there is no file .*typo.csv'): log.rows()
    assert not log.path.exists()
    for step in (1, 2): log.add(step=step, loss=.5)
    assert log.path.read_bytes().startswith(HEADER) and [r['step'] for r in Log(log.path).rows()] == [1, 2]


@pytest.mark.parametrize('saved, said', [(2, 'step 2 was saved in it: give it its name back'),
                                         (99, 'nothing is saved yet')])
def test_a_folder_that_is_gone_is_not_made_anew(tmp_path, saved, said):
    def moving(row):
        if row['step'] == 3: (tmp_path/'run').rename(tmp_path/'moved')
    config = TrainConfig(steps=9, batch=2, log_every=1, save_every=saved, eval_every=1)
    evaluator = lambda net, step: (tmp_path/'run/held_out').mkdir(parents=True, exist_ok=True) or 20.
    with pytest.raises(TrainingError, match=f'run is gone: it was moved or removed .*; {said}') as e:
        small(config, folder=tmp_path/'run', report=moving, evaluator=evaluator).fit()
    assert not (tmp_path/'run').exists() and (tmp_path/'moved').is_dir() and 'could not be saved' not in str(e.value)


@pytest.mark.parametrize('mode', [torch.no_grad, torch.inference_mode])
def test_a_trainer_made_and_fitted_where_no_gradients_are_kept(mode):
    config, net = TrainConfig(steps=2, batch=2), single().double()
    with mode(): got = flat(small(config, net=net).fit())
    assert torch.equal(got, flat(small(config, net=single().double()).fit()))
    with torch.inference_mode(): made_inside = single()
    with pytest.raises(ValueError, match=r'weights that were made inside torch.inference_mode\(\) cannot be trained'):
        small(config, net=made_inside)


def test_the_average_of_a_coarse_network_goes_on_as_fine_as_it_was(tmp_path):
    source = FunctionSource(lambda n, g: tuple(v.bfloat16() for v in draw(n, g)))
    fit = lambda steps, out: flat(small(TrainConfig(steps=steps, batch=2, lr=1e-2), source, tmp_path/out,
                                        single().bfloat16()).fit())
    whole = fit(4, 'whole')
    fit(2, 'parts')
    tensors, about = (c := Checkpoints(tmp_path/'parts')).newest()
    assert {v.dtype for k, v in tensors.items() if k.startswith('ema.')} == {torch.float32}
    shutil.copytree(tmp_path/'parts', tmp_path/'old')
    assert torch.equal(fit(4, 'parts'), whole)
    old = {k: v.bfloat16() if k.startswith('ema.') else v for k, v in tensors.items()}
    Checkpoints(tmp_path/'old').save(about['step'], old, {k: v for k, v in about.items() if k != 'step'})
    close(fit(4, 'old').float(), whole.float(), .01)
