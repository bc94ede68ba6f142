"""RDDM contains DDPM and DDIM: equality with the schedulers of diffusers, whole runs, every eta, every grid, with
and without clipping (invariants 29-38).

Their eta multiplies the standard deviation, ours the variance. Where diffusers is missing, golden numbers stand in."""
import json
import math
from pathlib import Path
from types import SimpleNamespace
import pytest
import torch
from common import F64, close, error, random_images, randn, rng
from hypothesis import given, strategies as st
from rddm_nb.ddim import (DDPM_PREDICTIONS, SPACINGS, FromDDPM, ddim_eta, ddim_nodes, ddim_pairs, ddpm_prediction,
                          from_diffusers, rescaled, to_ddim)
from rddm_nb.estimate import Prediction, SingularError, estimate
from rddm_nb.forward import q_sample, randn_like
from rddm_nb.reverse import posterior_variance, reverse_step
from rddm_nb.sampler import sample
from rddm_nb.schedule import Point, Schedule

GOLDEN = Path(__file__).with_name('ddim_golden.json')
A1000 = (1 - torch.linspace(1e-4, 2e-2, 1000, dtype=F64)).cumprod(0)
S1000 = Schedule.ddim_linear(1000)
ETAS = [0., .25, .5, .75, 1.]


def net(x, k):
    "A nonlinear function of state and timestep standing in for a network"
    k = torch.as_tensor(k, dtype=x.dtype).reshape(-1, *[1]*(x.ndim - 1))
    return torch.tanh(1.2*x + .5*x.roll(1, -1) - .3) - .4*torch.sin(2*x + k/1000)


def theirs(kind='DDIMScheduler', A=A1000, **kw):
    "A scheduler of theirs whose cumulative product is in float64"
    kw = dict(dict(clip_sample=False), **kw)
    d = getattr(pytest.importorskip('diffusers', exc_type=ImportError), kind)(len(A), **kw)
    one = torch.ones((), dtype=F64)
    d.alphas_cumprod, d.one, d.final_alpha_cumprod = A, one, one if d.config.get('set_alpha_to_one', True) else A[0]
    return d


def their_run(d, x, noises=None, net=net, **kw):
    "All states of a run of theirs, after set_timesteps"
    states = [x]
    for i, k in enumerate(d.timesteps):
        more = {} if noises is None else dict(variance_noise=noises[i])
        states.append(d.step(net(states[-1], k), k, states[-1], **more, **kw).prev_sample)
    return states


def our_run(pairs, x, noises, eta, clip=None, schedule=S1000):
    "All states of a run of ours over explicit moves, joined or not"
    states, zero = [x], torch.zeros_like(x)
    for (t, s), z in zip(pairs, noises):
        x, at, to = states[-1], schedule[t], schedule[s]
        est = estimate(Prediction(eps=net(x, t - 1)), x, zero, *at, clip)
        states.append(reverse_step(x, est, at, to, posterior_variance('preserving', at, to, eta), z))
    return states


def same_states(ours, want, tol=1e-10):
    assert len(ours) == len(want)
    for a, b in zip(ours, want): close(a, b, tol*max(1., b.abs().max().item()))


def states(trace): return [m.x_t for m in trace] + [trace.x0]
def noises_like(x, n, seed=1):
    g = rng(seed)
    return [randn_like(x, g) for _ in range(n)]


# ----- whole runs -----
@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('steps', [1, 4, 7, 10, 50])
@pytest.mark.parametrize('eta', ETAS)
def test_inv31_ddim_runs_on_every_grid(spacing, steps, eta):
    x, d = randn(2, 1, 3, 3), theirs(timestep_spacing=spacing)
    d.set_timesteps(steps)
    noises, pairs = noises_like(x, steps), ddim_pairs(1000, steps, spacing)
    assert [t - 1 for t, _ in pairs] == d.timesteps.tolist()
    same_states(our_run(pairs, x, noises, ddim_eta(eta)), their_run(d, x, noises, eta=eta))


@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('steps', [1, 4, 10, 50])
@pytest.mark.parametrize('eta', ETAS)
def test_inv31_sample_itself_where_their_moves_join(spacing, steps, eta):
    x, d = randn(2, 1, 3, 3), theirs(timestep_spacing=spacing)
    d.set_timesteps(steps)
    nodes = ddim_nodes(1000, steps, spacing)
    joined = all(s == n for (_, s), n in zip(ddim_pairs(1000, steps, spacing), nodes[1:]))
    assert joined == (spacing != 'linspace' or steps == 1)
    want = their_run(d, x, noises_like(x, steps), eta=eta)
    ours = states(sample(FromDDPM(net, A1000), steps=nodes, eta=ddim_eta(eta), posterior='preserving', clip=None,
                         x_T=x, generator=rng(1), trace=True))
    if joined: same_states(ours, want)
    elif steps > 1: assert error(ours[-1], want[-1]) > 1e-4


@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('steps', [1, 3, 7, 10, 100, 1000])
@pytest.mark.parametrize('clip', [False, True])
def test_ddpm_runs_on_every_grid_are_preserving_with_full_eta(spacing, steps, clip):
    x, d = 1.5*randn(2, 1, 3, 3), theirs('DDPMScheduler', timestep_spacing=spacing, clip_sample=clip)
    d.set_timesteps(steps)
    want = their_run(d, x, generator=rng(3))
    ours = states(sample(FromDDPM(net, A1000), steps=ddim_nodes(1000, steps, spacing), eta=1., posterior='preserving',
                         clip='x0' if clip else None, x_T=x, generator=rng(3), trace=True))
    same_states(ours[:-1], want[:-1])
    # theirs adds noise of standard deviation 1e-10 (a variance of 0, kept from 0) to a result that does not come from
    # timestep 0
    same_states(ours[-1:], want[-1:], 1e-9 if d.timesteps[-1] else 1e-10)


@pytest.mark.parametrize('T', [10, 777, 1000])
@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('kind', ['DDIMScheduler', 'DDPMScheduler'])
def test_nodes_are_their_timesteps_for_every_number_of_steps(T, spacing, kind):
    d = theirs(kind, A1000[:T], timestep_spacing=spacing)
    for steps in range(1, T + 1):
        d.set_timesteps(steps)
        k = d.timesteps.tolist()
        if len(k) == steps + 1:
            assert k.pop() == -1  # rounding in their 'trailing' may append a step that does not exist
        nodes = ddim_nodes(T, steps, spacing)
        assert [n - 1 for n in nodes] == k + [-1]
        assert S1000.grid(nodes) == nodes


def test_nodes_with_an_offset():
    d = theirs(timestep_spacing='leading', steps_offset=1)
    d.set_timesteps(50)
    assert [n - 1 for n in ddim_nodes(1000, 50, 'leading', 1)] == d.timesteps.tolist() + [-1]
    assert ddim_nodes(1000, 10) == [901, 801, 701, 601, 501, 401, 301, 201, 101, 1, 0]
    assert ddim_pairs(1000, 10, 'trailing')[-2:] == [(200, 100), (100, 0)]


@pytest.mark.parametrize('i', range(4))
def test_golden_runs_need_no_diffusers(i):
    r = json.loads(GOLDEN.read_text(encoding='utf-8'))['runs'][i]
    noises, want = (torch.tensor(r[k], dtype=F64) for k in ('noises', 'states'))
    golden_net = lambda x, bbar: torch.tanh(1.2*x + .5*x.roll(1, -1) - .3) - .4*torch.sin(2*x + bbar)
    pairs = ddim_pairs(1000, len(noises), r['spacing'])
    assert [t - 1 for t, _ in pairs] == r['timesteps']
    x = want[0]
    for (t, s), z, w in zip(pairs, noises, want[1:]):
        est = estimate(Prediction(eps=golden_net(x, S1000[t].bbar)), x, torch.zeros_like(x), *S1000[t], clip=None)
        x = reverse_step(x, est, S1000[t], S1000[s],
                         posterior_variance('preserving', S1000[t], S1000[s], ddim_eta(r['eta'])), z)
        close(x, w, 1e-10*max(1., w.abs().max().item()))


# ----- clipping -----
@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('eta', ETAS)
def test_inv34_clipping_with_the_noise_derived_anew_is_ours(spacing, eta):
    x, d = 1.5*randn(2, 1, 3, 3), theirs(clip_sample=True, timestep_spacing=spacing)
    d.set_timesteps(10)
    noises = noises_like(x, 10)
    want = their_run(d, x, noises, eta=eta, use_clipped_model_output=True)
    same_states(our_run(ddim_pairs(1000, 10, spacing), x, noises, ddim_eta(eta), clip='x0'), want)
    assert error(want[-1], their_run(d, x, noises, eta=eta)[-1]) > 1e-3


@pytest.mark.parametrize('t, s', [(999, 899), (500, 400), (100, 50), (500, 499)])
@pytest.mark.parametrize('eta', ETAS)
def test_inv35_clipping_with_the_old_noise_differs_by_the_part_cut_off(t, s, eta):
    x, d = 1.5*randn(2, 1, 3, 3), theirs(clip_sample=True)
    d.set_timesteps(1000//(t - s))
    A_t, A_s, eps, z = A1000[t].item(), A1000[s].item(), net(x, t), randn(2, 1, 3, 3, seed=4)
    cut = (x - math.sqrt(1 - A_t)*eps)/math.sqrt(A_t)
    cut = cut - cut.clamp(-1, 1)
    at, to = S1000[t + 1], S1000[s + 1]
    s2 = posterior_variance('preserving', at, to, ddim_eta(eta))
    want = d.step(eps, t, x, eta=eta, variance_noise=z).prev_sample
    ours = {c: reverse_step(x, estimate(Prediction(eps=eps), x, torch.zeros_like(x), *at, clip=c), at, to, s2, z)
            for c in ('official', 'x0')}
    close(ours['official'] - want, math.sqrt(A_t)*cut, 1e-12)
    close(ours['x0'] - want, math.sqrt((1 - A_s - s2)/(1 - A_t)*A_t)*cut, 1e-12)
    assert cut.abs().max() > .1


# ----- coordinates -----
@pytest.mark.parametrize('make', [Schedule.ddim_linear, Schedule.cosine, Schedule.circle])
def test_inv29_inv30_circle_and_round_trip(make):
    s = make(200)
    close((1 - s.abar)**2 + s.bbar**2, torch.ones(201), 1e-15)
    back = Schedule.from_ddim(to_ddim(s))
    close(back.abar, s.abar, 1e-15), close(back.bbar, s.bbar, 1e-12)
    close(to_ddim(Schedule.from_ddim(A1000)), A1000, 1e-15)


def test_to_ddim_off_the_circle_explains_and_offers_rescaled():
    s = Schedule.power(10)
    with pytest.raises(ValueError, match=r'not on DDPM.s circle: at node \d+.*not 1.*`rescaled\(abar, bbar\)`'):
        to_ddim(s)
    worst = int(((1 - s.abar)**2 + s.bbar**2 - 1).abs().argmax())
    with pytest.raises(ValueError, match=f'at node {worst},'): to_ddim(s)


def test_rescaled_numbers():
    A, c = rescaled(.2, .6)
    close(A, .64, 1e-15), close(c, 1., 1e-15)
    A, c = rescaled(torch.tensor([0., .2, 1.], dtype=F64), torch.tensor([0., .6, .5], dtype=F64))
    close(A, [1., .64, 0.], 1e-15), close(c, [1., 1., .5], 1e-15)


@pytest.mark.parametrize('corner', [(1., 0.), (torch.tensor([.5, 1.]), torch.tensor([.5, 0.]))])
def test_the_corner_has_no_noise_level(corner):
    with pytest.raises(SingularError, match='corner'): rescaled(*corner)


@given(a=st.floats(0, .99), b=st.floats(.01, 2))
def test_rescaled_is_the_state_of_ddpm(a, b):
    x0, x_in, eps = random_images(2, 3, seed=1), random_images(2, 3, seed=2), randn(2, 3, seed=3)
    A, c = rescaled(a, b)
    close((q_sample(x0, x_in, eps, a, b) - a*x_in)/c, math.sqrt(A)*x0 + math.sqrt(1 - A)*eps, 1e-12)


PATHS = {'power': [Schedule.power()[t] for t in Schedule.power().grid(8)],
         'line': [Schedule.line(8, .7)[t] for t in range(8, -1, -1)],
         'bent': [(.9, .3), (.9, .9), (.5, 1.4), (.45, .2), (.1, .15), (.05, .02), (0, 0)]}

def ddim_by_hand(x, net, levels, eta=0., noises=None):
    "DDIM as its paper writes it, equations 12 and 16"
    out = [x]
    for i, (A_t, A_s) in enumerate(zip(levels, levels[1:])):
        eps, sigma = net(x, A_t), eta and eta*math.sqrt((1 - A_s)/(1 - A_t)*(1 - A_t/A_s))
        x = math.sqrt(A_s)*(x - math.sqrt(1 - A_t)*eps)/math.sqrt(A_t) + math.sqrt(1 - A_s - sigma**2)*eps
        if sigma: x = x + sigma*noises[i]
        out.append(x)
    return out


@pytest.mark.parametrize('path', ['line', 'bent'])
@pytest.mark.parametrize('known_input', [False, True])
@pytest.mark.parametrize('eta', [0., .5, 1.])
def test_inv36_inv37_any_path_rescaled_is_ddim(path, known_input, eta):
    path = [Point(*p) for p in PATHS[path]]
    path[0] = Point(min(path[0].abar, .97), path[0].bbar)
    levels, scales = zip(*(((1 - a)**2/((1 - a)**2 + b**2), math.sqrt((1 - a)**2 + b**2)) for a, b in path))
    if eta and any(b <= a for a, b in zip(levels, levels[1:])):
        pytest.skip('the noise level rises on the way: no fresh noise there')
    x_T, x_in, n = (
        randn(2, 1, 3, 3),
        random_images(2, 1, 3, 3) if known_input else torch.zeros(2, 1, 3, 3, dtype=F64),
        len(path) - 1,
    )
    by_level = lambda x, A: torch.tanh(1.2*x + .5*x.roll(1, -1)) - .4*torch.sin(2*x + A)
    seen = []
    def model(x_t, x_in, abar, bbar, t):
        A, c = rescaled(abar, bbar)
        seen.append(A)
        return Prediction(eps=by_level((x_t - abar*x_in)/c, A))
    tr = sample(model, x_in, path=path, x_T=scales[0]*x_T + path[0].abar*x_in, clip=None, eta=eta**2,
                posterior='preserving', generator=rng(1), trace=True)
    want = ddim_by_hand(x_T, by_level, levels, eta, noises_like(x_T, n))
    close(seen, levels[:-1], 1e-14)
    for m, p, c, w in zip(states(tr), path, scales, want):
        close((m - p.abar*x_in)/c, w, 1e-10*max(1., w.abs().max().item()))


@pytest.mark.parametrize('eta', [0., .5, 1.])
def test_inv36_the_same_with_their_scheduler_on_the_rescaled_levels(eta):
    path = [Point(min(a, .98), b) for a, b in PATHS['power']]
    A = torch.tensor([(1 - a)**2/((1 - a)**2 + b**2) for a, b in path[:-1]][::-1], dtype=F64)
    d, x = theirs(A=A), randn(2, 1, 3, 3)
    d.set_timesteps(len(A))
    want = their_run(d, x, noises_like(x, len(A)), eta=eta)
    c = math.hypot(1 - path[0].abar, path[0].bbar)
    tr = sample(FromDDPM(net, A), path=path, x_T=c*x, clip=None, eta=ddim_eta(eta), posterior='preserving',
                generator=rng(1), trace=True)
    for m, p, w in zip(states(tr), path, want):
        close(m/math.hypot(1 - p.abar, p.bbar), w, 1e-10*max(1., w.abs().max().item()))


@pytest.mark.parametrize('path', list(PATHS))
def test_preserving_variance_rescales_to_theirs(path):
    for at, to in zip(PATHS[path], PATHS[path][1:-1]):
        (A_t, _), (A_s, c) = rescaled(*at), rescaled(*to)
        if A_s > A_t: close(posterior_variance('preserving', at, to), c**2*(1 - A_s)/(1 - A_t)*(1 - A_t/A_s), 1e-13)


def test_inv33_own_variance_is_theirs_times_the_product_at_the_target():
    for t, s in [(1000, 900), (500, 499), (60, 20)]:
        A_t, A_s = A1000[t - 1].item(), A1000[s - 1].item()
        close(posterior_variance('sum_constrained', S1000[t], S1000[s]), A_s*(1 - A_s)/(1 - A_t)*(1 - A_t/A_s), 1e-15)


def test_eta_conventions():
    assert [ddim_eta(e) for e in (0, .5, 1)] == [0, .25, 1]
    for bad in (-.1, 1.1, math.nan):
        with pytest.raises(ValueError, match='0..1'): ddim_eta(bad)


# ----- networks -----
def as_kind(kind, A=A1000):
    "The same network, predicting something else"
    def wrapped(x, k):
        a = A[k.long()].to(x.dtype).view(-1, *[1]*(x.ndim - 1))
        eps = net(x, k)
        x0 = (x - (1 - a).sqrt()*eps)/a.sqrt()
        return dict(epsilon=eps, sample=x0, v_prediction=a.sqrt()*eps - (1 - a).sqrt()*x0)[kind]
    return wrapped


@pytest.mark.parametrize('kind', DDPM_PREDICTIONS)
@pytest.mark.parametrize('clip', [None, 'x0'])
def test_prediction_types_agree_with_each_other_and_with_theirs(kind, clip):
    x, d = randn(2, 1, 3, 3), theirs(prediction_type=kind, clip_sample=clip is not None)
    d.set_timesteps(10)
    kw = dict(steps=ddim_nodes(1000, 10), clip=clip, x_T=x, trace=True)
    got = states(sample(FromDDPM(as_kind(kind), A1000, kind), **kw))
    same_states(got, states(sample(FromDDPM(net, A1000), **kw)))
    same_states(got, their_run(d, x, net=as_kind(kind), use_clipped_model_output=True))


@pytest.mark.parametrize('kind', DDPM_PREDICTIONS)
@pytest.mark.parametrize('a, b', [(.1, .2), (.7, 1.3), (.97, .4)])
def test_predictions_off_the_circle_with_an_input(kind, a, b):
    x0, x_in, eps = random_images(2, 3, seed=1), random_images(2, 3, seed=2), randn(2, 3, seed=3)
    A, _ = rescaled(a, b)
    x_t = q_sample(x0, x_in, eps, a, b)
    said = dict(epsilon=eps, sample=x0, v_prediction=math.sqrt(A)*eps - math.sqrt(1 - A)*x0)[kind]
    est = estimate(ddpm_prediction(said, kind, x_t, x_in, a, b), x_t, x_in, a, b, clip=None)
    close(est.x0, x0, 1e-12), close(est.eps, eps, 1e-12), close(est.res, x_in - x0, 1e-12)


@pytest.mark.parametrize('kind', ['sample', 'v_prediction'])
def test_images_and_velocities_work_where_nothing_of_the_image_is_left(kind):
    x0, eps = random_images(2, 3, seed=1), randn(2, 3, seed=3)
    est = estimate(ddpm_prediction(x0 if kind == 'sample' else -x0, kind, eps, torch.zeros_like(eps), 1., 1.), eps,
                   torch.zeros_like(eps), 1., 1., clip=None)
    close(est.x0, x0, 1e-15), close(est.eps, eps, 1e-15)


def spy():
    seen = []
    def f(x, k):
        seen.append(k)
        return 0*x
    return seen, f


def test_timesteps_are_whole_on_nodes_and_fractions_between():
    seen, f = spy()
    m, x = FromDDPM(f, A1000), torch.zeros(3, 1, 2, 2)
    for t in (1, 2, 500, 999, 1000): m(x, x, *S1000[t], t)
    assert [k.tolist() for k in seen] == [[t - 1]*3 for t in (1, 2, 500, 999, 1000)]
    assert all(k.dtype == torch.int64 for k in seen)
    m(x, x, .5, .5)
    A = m.timestep(.5)
    assert seen[-1].dtype == torch.float32 and seen[-1].tolist() == [A.float().item()]*3 and A != A.round()
    i = int(A)
    lam = lambda v: math.log(v/(1 - v))
    close(A, [i + (lam(.5) - lam(A1000[i].item()))/(lam(A1000[i + 1].item()) - lam(A1000[i].item()))], 1e-9)


def test_every_node_is_its_own_timestep():
    m = FromDDPM(net, A1000)
    assert m.timestep(A1000).tolist() == list(range(1000))
    assert m.timestep(rescaled(S1000.abar[1:], S1000.bbar[1:])[0]).tolist() == list(range(1000))
    assert m.timestep(torch.tensor([1., 0.])).tolist() == [0, 999]
    k = m.timestep(torch.linspace(.99, .001, 500, dtype=F64))
    assert (k.diff() > 0).all()


def test_the_node_of_another_schedule_does_not_mislead():
    seen, f = spy()
    s = Schedule.power(10)
    m = FromDDPM(f, A1000)
    x = torch.zeros(1, 1, 2, 2)
    m(x, x, *s[5], 5)
    close(seen[-1].double(), m.timestep(rescaled(*s[5])[0]), 1e-4)
    assert seen[-1] > 100


@pytest.mark.parametrize('shape', [(3,), (3, 1, 1, 1)])
def test_one_place_per_image(shape):
    m, x, x_in = FromDDPM(as_kind('v_prediction'), A1000, 'v_prediction'), randn(3, 1, 2, 2), random_images(3, 1, 2, 2)
    nodes = [1, 500, 1000]
    a, b = (v[nodes].view(shape) for v in (S1000.abar, S1000.bbar))
    got = m(x, x_in, a, b)
    for i, t in enumerate(nodes):
        want = m(x[i:i + 1], x_in[i:i + 1], *S1000[t])
        close(got.res[i], want.res[0], 1e-12), close(got.eps[i], want.eps[0], 1e-12)


def test_a_network_with_one_timestep():
    seen, f = spy()
    sample(FromDDPM(f, [.3]), x_T=torch.zeros(1, 1, 2, 2), steps=1)
    assert [k.tolist() for k in seen] == [[0]]


@pytest.mark.parametrize('A', [[.9, .9, .5], [.9, .5, .5]])
def test_levels_that_stand_still_are_refused(A):
    with pytest.raises(ValueError, match='fall at every timestep'): FromDDPM(net, A)


# ----- diffusers objects -----
def pipe(config=None, net_config=None, **kw):
    net_ = lambda x, k: SimpleNamespace(sample=net(x, k))
    net_.config = net_config or {}
    return SimpleNamespace(
        unet=net_,
        scheduler=SimpleNamespace(config=dict(dict(prediction_type='epsilon'), **config or {}), alphas_cumprod=A1000),
        **kw,
    )


def test_from_diffusers_reads_levels_and_kind():
    x, p = randn(2, 1, 3, 3), pipe()
    got = sample(from_diffusers(p), x_T=x, steps=10)
    close(got, sample(FromDDPM(net, A1000), x_T=x, steps=10), 0)
    close(sample(from_diffusers(p.unet, p.scheduler), x_T=x, steps=10), got, 0)
    assert from_diffusers(pipe(dict(prediction_type='v_prediction'))).prediction == 'v_prediction'


@pytest.mark.parametrize('p, says', [
    (pipe(dict(prediction_type='flow_prediction')), "'flow_prediction' .*epsilon, sample, v_prediction"),
    (pipe(dict(variance_type='learned')), "learned variance .*'learned'"),
    (pipe(dict(variance_type='learned_range')), "'learned_range'"),
    (pipe(net_config=dict(in_channels=3, out_channels=6)), 'learned variance .*6 output channels'),
    (pipe(net_config=dict(cross_attention_dim=8)), 'text or a class'),
    (pipe(net_config=dict(num_class_embeds=8)), 'text or a class'),
    (pipe(vae=1), 'latent'), (pipe(vqvae=1), 'latent'),
    (SimpleNamespace(unet=net, scheduler=SimpleNamespace(config=dict(prediction_type='epsilon'))), 'alphas_cumprod'),
    (net, 'pass its scheduler'),
])
def test_unsupported_objects_are_refused_by_name(p, says):
    with pytest.raises(ValueError, match=says): from_diffusers(p)


@pytest.mark.parametrize('call',
                         [lambda: FromDDPM(net, A1000, 'noise'), lambda: ddpm_prediction(0, 'noise', 0, 0, 0, 1)])
def test_unknown_prediction_types_list_the_known_ones(call):
    with pytest.raises(ValueError, match="epsilon, sample, v_prediction, got 'noise'"): call()


@pytest.mark.parametrize('call, says', [
    (lambda: ddim_nodes(1000, 10, 'even'), "leading, trailing, linspace, got 'even'"),
    (lambda: ddim_nodes(1000, 0), '1 to T=1000, got 0'),
    (lambda: ddim_nodes(10, 11), '1 to T=10, got 11'), (lambda: ddim_nodes(10, 2.5), 'got 2.5'),
    (lambda: ddim_nodes(10, 10, 'leading', 1), 'moves the first timestep to 10'),
])
def test_bad_grids(call, says):
    with pytest.raises(ValueError, match=says): call()


def tiny_unet(**kw):
    d = pytest.importorskip('diffusers', exc_type=ImportError)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return d.UNet2DModel(**dict(dict(sample_size=8, in_channels=3, out_channels=3, layers_per_block=1,
                                         block_out_channels=(8, 8), norm_num_groups=4,
                                         down_block_types=('DownBlock2D', 'DownBlock2D'),
                                         up_block_types=('UpBlock2D', 'UpBlock2D')), **kw)).eval()


@pytest.mark.parametrize('kind', DDPM_PREDICTIONS)
def test_a_real_pipeline_gives_the_same_images(kind):
    d = pytest.importorskip('diffusers', exc_type=ImportError)
    p = d.DDIMPipeline(tiny_unet(), d.DDIMScheduler(clip_sample=True, prediction_type=kind))
    p.set_progress_bar_config(disable=True)
    want = p(2, rng(1), eta=.5, num_inference_steps=5, output_type='pt', use_clipped_model_output=True).images
    g = rng(1)
    model = from_diffusers(p)
    got = sample(model, x_T=torch.randn(2, 3, 8, 8, generator=g), steps=ddim_nodes(1000, 5), eta=ddim_eta(.5),
                 posterior='preserving', generator=g)
    close((got/2 + .5).clamp(0, 1), want, 1e-4)
    assert sample(model, shape=(1, 3, 8, 8), path=[(.9, 1.), (.5, .4), (.2, .1), (0, 0)],
                  generator=rng(1)).isfinite().all()


def test_a_scheduler_of_this_library_is_served_on_the_circle_and_refused_elsewhere():
    pytest.importorskip('diffusers', exc_type=ImportError)
    from rddm_nb.scheduler import RDDMScheduler
    kw = dict(prediction_type='epsilon')
    old = from_diffusers(net, RDDMScheduler(beta_schedule='linear', **kw))
    assert old.schedule == Schedule.from_ddim(to_ddim(Schedule.ddim_linear()))
    with pytest.raises(ValueError, match="not on DDPM's circle"):
        from_diffusers(net, RDDMScheduler(beta_schedule='line', **kw))
    with pytest.raises(ValueError, match="'residual' of RDDMScheduler is not supported"):
        from_diffusers(net, RDDMScheduler())


def test_a_real_network_with_a_learned_variance_or_a_class_is_refused():
    d = pytest.importorskip('diffusers', exc_type=ImportError)
    with pytest.raises(ValueError, match='learned variance'):
        from_diffusers(tiny_unet(out_channels=6), d.DDPMScheduler())
    with pytest.raises(ValueError, match='text or a class'):
        from_diffusers(tiny_unet(num_class_embeds=4), d.DDPMScheduler())
    with pytest.raises(ValueError, match='EDMEulerScheduler'): from_diffusers(tiny_unet(), d.EDMEulerScheduler())


@pytest.mark.parametrize('p', [(.3, .9), (.7, .2), (.95, .4)])
def test_a_known_input_is_taken_off_before_the_network_is_asked(p):
    x_in, asked = random_images(2, 1, 4, 4, seed=7), []
    model = FromDDPM(lambda x, k: asked.append(x) or net(x, k), A1000)
    model(randn(2, 1, 4, 4), x_in, *p)
    close(asked[0], (randn(2, 1, 4, 4) - p[0]*x_in)/((1 - p[0])**2 + p[1]**2)**.5, 1e-14)


@pytest.mark.parametrize('offset', [-1, 1.5, '1', None, math.nan])
@pytest.mark.parametrize('spacing', SPACINGS)
def test_an_offset_is_a_whole_number_from_0_on(spacing, offset):
    with pytest.raises(ValueError, match=r'offset \(steps_offset\) must be a whole number >= 0, got'):
        ddim_nodes(50, 5, spacing, offset)


def test_a_ddpm_network_without_an_input_generates_and_is_a_callable():
    d = FromDDPM(net, A1000)
    x = randn(2, 3, 4, 4)
    assert torch.equal(d(x, None, .5, .5).eps, d(x, torch.zeros_like(x), .5, .5).eps)
    with pytest.raises(TypeError, match=r'net must be a callable \(x, timesteps\) -> tensor, got None'):
        FromDDPM(None, A1000)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_a_timestep_keeps_its_digits_whatever_the_states_hold(dtype):
    asked = []
    net = FromDDPM(lambda x, k: (asked.append(k), x)[1], to_ddim(Schedule.ddim_linear()))
    for kind in (dtype, torch.float32): net(torch.zeros(1, 1, 2, 2, dtype=kind), None, .35, .8)
    assert asked[0].item() == asked[1].item() != round(asked[1].item())


def test_whole_numbers_of_any_type_make_nodes():
    for spacing in SPACINGS:
        assert ddim_nodes(1000., 5., spacing) == ddim_nodes(1000, 5, spacing)
        assert ddim_pairs(1000., 5., spacing) == ddim_pairs(1000, 5, spacing)
        assert {type(n) for pair in ddim_pairs(1000., 5., spacing) for n in pair} == {int}
    with pytest.raises(ValueError, match="T must be a whole number >= 1, got 'a'"): ddim_nodes('a', 5)
