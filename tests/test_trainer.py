"""The trainer learns what it says: against the loop written out, split or whole, and what it does when something goes wrong."""
import math
import os
import pytest
import torch
from common import close, error, rng
from hypothesis import given, strategies as st
from rddm_nb.demo import draw_pairs
from rddm_nb.estimate import Prediction
from rddm_nb.objective import loss_of
from rddm_nb.schedule import Schedule
from rddm_nb.runtime import generator_for, seed_for
from rddm_nb.trainer import Batch, Checkpoints, FunctionSource, Log, TrainConfig, Trainer, draw_states, folder_lock
from rddm_nb.unet import UNet

S = Schedule.power(T=10)
posix = pytest.mark.skipif(os.name != 'posix', reason='locks are POSIX here')


def small(plan, source=None, folder=None, net=None, **kw):
    torch.manual_seed(0)
    return Trainer(net or UNet(8, mults=(1,)).double(), source or FunctionSource(draw), S, plan, folder, device='cpu', **kw)


def draw(n, g):
    x0 = torch.rand(n, 3, 6, 6, generator=g, dtype=torch.float64)*2 - 1
    return x0, (x0*.5 + .2)


def flat(net): return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize('kw', [{}, dict(loss='l2', clip=.01), dict(warmup=3, decay='cosine', weight_decay=.1), dict(ema=.5, ema_every=2), dict(clip=None, betas=(.5, .9))], ids=str)
def test_a_run_is_the_loop_written_out(kw):
    plan = TrainConfig(steps=5, batch=4, lr=3e-3, **kw)
    got = flat(small(plan).fit())
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
        grads = torch.autograd.grad((d.abs() if plan.loss == 'l1' else d**2).mean(), ps)
        norm = torch.stack([g.square().sum() for g in grads]).sum().sqrt()
        grads = [g*min(1, plan.clip/(norm.item() + 1e-6)) for g in grads] if plan.clip else grads
        up = min(1, (k + 1)/plan.warmup) if plan.warmup else 1
        lr = plan.lr*up*((.01 + .99*(1 + math.cos(math.pi*k/5))/2) if plan.decay == 'cosine' else 1)
        b1, b2 = plan.betas
        with torch.no_grad():
            for i, (p, g) in enumerate(zip(ps, grads)):
                p *= 1 - lr*plan.weight_decay
                m[i], v[i] = b1*m[i] + (1 - b1)*g, b2*v[i] + (1 - b2)*g**2
                p -= lr*(m[i]/(1 - b1**(k + 1)))/((v[i]/(1 - b2**(k + 1))).sqrt() + 1e-8)
            if (k + 1) % plan.ema_every == 0:
                n = (k + 1)//plan.ema_every
                decay = min(plan.ema, (1 + n)/(10 + n))
                ema = [decay*e + (1 - decay)*p for e, p in zip(ema, ps)]
    close(got, torch.cat([e.flatten() for e in ema]), 1e-9)


@pytest.mark.parametrize('lams', [(1., 0.), (0., 1.), (.5, 3.)])
def test_the_switches_reach_the_loss(lams):
    plan = TrainConfig(steps=1, batch=4, lr=1e-3, ema=0., clip=None, lam_res=lams[0], lam_eps=lams[1], log_every=1)
    rows, nets = [], [UNet(8, mults=(1,), predicts='both').double() for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    small(plan, net=nets[0], report=rows.append).fit()
    x0, x_in = draw(4, generator_for('cpu', 0, 'pairs', 0))
    x_t, eps, a, b, t = draw_states(Batch(x0, x_in), plan, S, 0, slice(None))
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
    plan = dict(steps=3, batch=4, lr=1e-3, ema=0., clip=.01)
    together, each = (flat(small(TrainConfig(clip_each=c, **plan), net=net()).fit()) for c in (False, True))
    apart = net()
    opts = {k: torch.optim.AdamW(m.parameters(), 1e-3, betas=(.9, .99), weight_decay=0.) for k, m in apart.nets.items()}
    for k in range(3):
        x0, x_in = draw(4, generator_for('cpu', 0, 'pairs', k))
        x_t, eps, a, b, t = draw_states(Batch(x0, x_in), TrainConfig(batch=4), S, k, slice(None))
        p = apart(x_t, x_in, a, b, t)
        apart.zero_grad(); ((p.res - x_in + x0).abs().mean() + (p.eps - eps).abs().mean()).backward()
        for name, m in apart.nets.items(): torch.nn.utils.clip_grad_norm_(m.parameters(), .01); opts[name].step()
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
        opt.zero_grad(); (net(x_t, x_in, a, b, t).res - (x_in - x0)).abs().mean().backward(); opt.step()
    close(got, flat(net), 1e-9)


def test_pieces_add_up_to_the_batch():
    runs = [flat(small(TrainConfig(steps=4, batch=8, lr=1e-3, accumulate=k)).fit()) for k in (1, 2, 8)]
    close(runs[1], runs[0], 1e-9); close(runs[2], runs[0], 1e-9)


def test_seeds_belong_to_their_purpose():
    assert len({seed_for(a, w, b) for a in range(20) for b in range(20) for w in ('noise', 'nodes')}) == 800
    assert seed_for(0, 'noise', 0) == seed_for(0, 'noise', 0) and 0 <= seed_for('x') < 2**63
    assert seed_for(1, 23) != seed_for(12, 3)
    runs = [flat(small(TrainConfig(steps=2, batch=2, seed=s)).fit()) for s in (0, 0, 1)]
    close(runs[0], runs[1], 0)
    assert error(runs[0], runs[2]) > 1e-6


@given(st.integers(0, 99), st.integers(1, 4))
def test_parts_of_a_batch_are_parts_of_the_same_states(step, k):
    plan = TrainConfig(batch=8)
    b = Batch(*draw(8, rng(step)))
    whole = draw_states(b, plan, S, step, slice(0, 8))
    part = slice(2*k - 2, 2*k)
    for w, p in zip(whole, draw_states(Batch(b.x0[part], b.x_in[part]), plan, S, step, part)): close(w[part], p, 0)


def test_the_loss_takes_what_is_predicted():
    r, e = torch.full((2, 3), .5, dtype=torch.float64), torch.full((2, 3), 2., dtype=torch.float64)
    zero = torch.zeros_like(r)
    close([loss_of(Prediction(zero, None), r, e), loss_of(Prediction(None, zero), r, e), loss_of(Prediction(zero, zero), r, e)], [.5, 2, 2.5], 1e-7)
    close([loss_of(Prediction(zero, None), r, e, 'l2'), loss_of(Prediction(zero, zero), r, e, 'l2')], [.25, 4.25], 1e-7)


@pytest.mark.parametrize('kw, match', [
    (dict(steps=0), 'steps must be a whole number >= 1, got 0'), (dict(batch=1.5), 'batch'), (dict(lr=-1.), 'lr must be a positive number, got -1'), (dict(lr=math.nan), 'lr'), (dict(lr='1e-4'), "lr must be a positive number, got '1e-4'"), (dict(clip='1'), 'clip'), (dict(warmup=-1), 'warmup'),
    (dict(decay='linear'), "decay must be one of none, cosine, got 'linear'"), (dict(loss='l3'), 'l1, l2'), (dict(precision='fp16'), 'fp32, bf16'), (dict(betas=(.9,)), 'betas'), (dict(betas=(.9, 1.)), 'betas'),
    (dict(clip=0.), 'clip'), (dict(ema=1.), 'ema'), (dict(accumulate=3), 'batch=16 cannot be split into accumulate=3'), (dict(weight_decay=-1.), 'weight_decay'), (dict(eval_every=-1), 'eval_every'), (dict(lam_res=-1.), 'lam_res'), (dict(lam_res=0., lam_eps=0.), 'both 0')])
def test_plans_that_cannot_work(kw, match):
    with pytest.raises(ValueError, match=match): TrainConfig(**kw)


def test_a_run_goes_on_only_with_its_own_plan_network_and_schedule(tmp_path):
    small(TrainConfig(steps=2, batch=4, decay='cosine'), folder=tmp_path).fit()
    for plan, match in ((TrainConfig(steps=2, batch=4, decay='cosine', lr=1e-3), 'lr was 0.0002, is 0.001'), (TrainConfig(steps=2, batch=4, decay='cosine', betas=(.9, .9)), 'betas'), (TrainConfig(steps=4, batch=4, decay='cosine'), 'steps was 2, is 4')):
        with pytest.raises(ValueError, match=match): small(plan, folder=tmp_path).fit()
    same_plan = TrainConfig(steps=2, batch=4, decay='cosine')
    with pytest.raises(ValueError, match='another network'): small(same_plan, folder=tmp_path, net=UNet(8, mults=(1, 2)).double()).fit()
    with pytest.raises(ValueError, match='another schedule'): Trainer(UNet(8, mults=(1,)).double(), FunctionSource(draw), Schedule.circle(10), same_plan, tmp_path, device='cpu').fit()
    assert small(TrainConfig(steps=2, batch=4, decay='cosine', accumulate=2, keep=5), folder=tmp_path).fit() is not None


def test_a_broken_checkpoint_is_named_and_the_one_before_it_is_used(tmp_path):
    plan = TrainConfig(steps=6, batch=4, save_every=2, keep=3)
    want = flat(small(plan, folder=tmp_path).fit())
    newest, middle = Checkpoints(tmp_path).paths()[-1], Checkpoints(tmp_path).paths()[-2]
    newest.write_bytes(newest.read_bytes()[:-7])
    middle.write_bytes(b'something else')
    with pytest.warns(UserWarning) as said: got = flat(small(plan, folder=tmp_path).fit())
    assert newest.name in str(said[0].message) and middle.name in str(said[1].message)
    close(got, want, 0)


def test_only_the_last_few_are_kept(tmp_path):
    small(TrainConfig(steps=7, batch=2, save_every=1, keep=3), folder=tmp_path).fit()
    assert [p.name for p in Checkpoints(tmp_path).paths()] == [f'step_{k:09d}.safetensors' for k in (5, 6, 7)]


@posix
def test_two_runs_cannot_share_a_folder(tmp_path):
    with folder_lock(tmp_path):
        with pytest.raises(BlockingIOError, match='another process is training in'): small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()
    small(TrainConfig(steps=1, batch=2), folder=tmp_path).fit()


class Poisoned(FunctionSource):
    "Pairs with names, one of which is broken at step 3"
    def batch(self, n, step, seed, part=slice(None)):
        b = super().batch(n, step, seed, part)
        if step == 3: b.x0[-1, 0, 0, 0] = math.nan
        return Batch(b.x0, b.x_in, [f'{step}-{i}.png' for i in range(n)][part])


@pytest.mark.parametrize('log_every', [1, 50])
def test_a_loss_that_is_no_number_is_explained_and_nothing_good_is_lost(tmp_path, log_every):
    with pytest.raises(FloatingPointError) as e: small(TrainConfig(steps=9, batch=4, save_every=2, log_every=log_every), Poisoned(draw), tmp_path).fit()
    t = torch.randint(1, 11, (4,), generator=generator_for('cpu', 0, 'nodes', 3)).tolist()
    assert f'step 3 (nodes t = {t}, pictures 3-0.png, 3-1.png, 3-2.png, 3-3.png): pictures [3] of the batch hold NaN' in str(e.value) and 'step_000000002.safetensors' in str(e.value)
    assert [p.name for p in Checkpoints(tmp_path).paths()] == ['step_000000002.safetensors'] and Checkpoints(tmp_path).newest()[1]['step'] == 2


def test_the_first_bad_step_is_told_even_if_it_is_read_late():
    with pytest.raises(FloatingPointError, match=r'at step 3 \('): small(TrainConfig(steps=9, batch=4, save_every=100), Poisoned(draw)).fit()


def test_a_network_that_blows_up_gets_advice():
    class Huge(UNet):
        def forward(self, *a): return Prediction(res=super().forward(*a).res + math.inf)
    with pytest.raises(FloatingPointError, match='step 0.*a smaller learning rate than 0.0002.*No checkpoint was kept'): small(TrainConfig(steps=1, batch=2), net=Huge(8, mults=(1,)).double()).fit()


def test_running_out_of_memory_says_what_to_turn():
    class Hungry(UNet):
        def forward(self, *a): raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 9 GiB\nmore')
    with pytest.raises(torch.OutOfMemoryError, match=r'Tried to allocate 9 GiB\): raise accumulate \(now 1\), or lower batch \(now 2\)'): small(TrainConfig(steps=1, batch=2), net=Hungry(8, mults=(1,)).double()).fit()


def test_the_log_tells_every_step_once(tmp_path):
    rows = []
    small(TrainConfig(steps=5, batch=4, log_every=2, save_every=100), folder=tmp_path, report=rows.append).fit()
    logged = Log(tmp_path/'log.csv', 5).rows()
    assert [r['step'] for r in logged] == [2, 4, 5] == [r['step'] for r in rows]
    assert all(abs(r['pairs_per_second']*r['seconds']/4 - n) < 1e-3 for r, n in zip(logged, (2, 2, 1))) and logged[0]['lr'] == 2e-4
    one = []
    small(TrainConfig(steps=2, batch=4, log_every=1), report=one.append).fit()
    close(logged[0]['loss'], (one[0]['loss'] + one[1]['loss'])/2, 1e-6)
    with open(tmp_path/'log.csv', 'a') as f: f.write('6,0.1')  # cut off while writing
    before = (tmp_path/'log.csv').read_bytes()
    assert [r['step'] for r in Log(tmp_path/'log.csv').rows()] == [2, 4, 5] and (tmp_path/'log.csv').read_bytes() == before, 'to look at a log must not change it'
    assert [r['step'] for r in Log(tmp_path/'log.csv', 4).rows()] == [2, 4]


def test_a_run_from_before_a_field_existed_goes_on(tmp_path):
    plan = TrainConfig(steps=2, batch=2)
    small(plan, folder=tmp_path).fit()
    c = Checkpoints(tmp_path)
    tensors, about = c.newest()
    for k in ('lam_res', 'lam_eps', 'clip_each', 'eval_every'): del about['plan'][k]
    c.save(about.pop('step'), tensors, about)
    small(TrainConfig(steps=3, batch=2), folder=tmp_path).fit()
    with pytest.raises(ValueError, match='lam_res was 1.0, is 2.0'): small(TrainConfig(steps=3, batch=2, lam_res=2.), folder=tmp_path).fit()


def test_logs_from_before_there_were_looks_are_read(tmp_path):
    (tmp_path/'log.csv').write_text('step,loss,grad_norm,lr,seconds,pairs_per_second\n2,0.5,1,0.1,1,4\n')
    log = Log(tmp_path/'log.csv', 2); log.add(step=3, loss=.25)
    assert [(r['step'], r['loss']) for r in log.rows()] == [(2, .5), (3, .25)] and math.isnan(log.rows()[0]['psnr'])


def test_looks_come_when_they_are_due(tmp_path):
    seen, rows = [], []
    def evaluator(net, step): seen.append((step, net.training)); return 20. + step
    small(TrainConfig(steps=7, batch=2, log_every=2, eval_every=3), folder=tmp_path, evaluator=evaluator, report=rows.append).fit()
    assert seen == [(3, False), (6, False)] and [r['step'] for r in rows] == [2, 3, 4, 6, 7]
    assert [r['psnr'] for r in rows if math.isfinite(r['psnr'])] == [23., 26.]


def test_a_batch_must_split_among_processes_and_pieces():
    with pytest.raises(ValueError, match='cannot be split'): TrainConfig(batch=6, accumulate=4)


def test_the_network_of_the_demo_learns_with_it():
    rows = []
    net = Trainer(UNet(8), FunctionSource(lambda n, g: draw_pairs('rain', n, 'train', g, 16)), Schedule.power(), TrainConfig(steps=60, batch=8, lr=4e-3, warmup=10, decay='cosine', log_every=20), device='cpu', report=rows.append).fit()
    assert rows[-1]['loss'] < .8*rows[0]['loss'] and not net.training and net.schedule == Schedule.power()
