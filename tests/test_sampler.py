"""The sampler: exactness, orders and paths, randomness, behaviour and refusals (invariants 23-28, 36, 37, 48, 50,
51, 57)."""
import math
from functools import partial
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings, strategies as st
from common import (F64, Net, close, constant, fake_eps, fake_res, gmm_points, oracle, random_images, power_schedules,
                    randn, rng, seeds, trio)
from rddm_nb.degrade import KnownPixels
from rddm_nb.estimate import Prediction, SingularError
from rddm_nb.exact import ExactPredictor
from rddm_nb.forward import q_sample, randn_like
from rddm_nb.official import OfficialUNet
from rddm_nb.sampler import ORDERS, SOLVERS, Trace, sample, sample_steps, sampling_path
from rddm_nb.schedule import CLEAN, Point, Schedule
from rddm_nb.unet import UNet
from rddm_nb.variants import OnlyRes, TwoNets

posteriors = st.sampled_from(['sum_constrained', 'preserving'])
noise_model = lambda x, y, a, b, t: Prediction(eps=fake_eps(x, y, a, b))
res_model = lambda x, y, a, b, t: Prediction(res=fake_res(x, y, a, b))
both_model = lambda x, y, a, b, t: Prediction(fake_res(x, y, a, b), fake_eps(x, y, a, b))


# ----- oracles -----
@pytest.mark.parametrize('steps', [1, 2, 5, 10, 137])
@pytest.mark.parametrize('clip', ['x0', None])
def test_inv23_constant_true_predictions_return_the_clean_image(steps, clip):
    x0, x_in, eps = trio(steps)
    s = Schedule.power(137)
    out = sample(constant(x_in - x0, eps), x_in, schedule=s, steps=steps, clip=clip, x_T=x_in + s[137].bbar*eps)
    close(out, x0, 4e-15)


@given(s=power_schedules(), seed=seeds, data=st.data())
def test_inv23_for_any_schedule_and_number_of_steps(s, seed, data):
    x0, x_in, eps = trio(seed)
    out = sample(constant(x_in - x0, eps), x_in, schedule=s, steps=data.draw(st.integers(1, s.T)), clip=None,
                 x_T=x_in + s[s.T].bbar*eps)
    close(out, x0, 8e-15)


@given(s=power_schedules(12), seed=seeds, eta=st.sampled_from([0., .25, 1.]), posterior=posteriors, data=st.data())
def test_inv24_oracle_returns_the_clean_image_whatever_the_noise(s, seed, eta, posterior, data):
    assume(posterior != 'preserving' or s.T == 1
           or s[s.T - 1].abar < 1)  # a step along abar = 1 pins nothing, and is refused
    x0, x_in, _ = trio(seed)
    out = sample(oracle(x0, x_in), x_in, schedule=s, steps=data.draw(st.integers(1, s.T)), eta=eta,
                 posterior=posterior, generator=rng(seed))
    close(out, x0, 4e-15)


@pytest.mark.parametrize('eta, posterior', [(0., 'sum_constrained'), (.5, 'sum_constrained'), (1., 'preserving')])
def test_inv25_three_ways_to_predict_take_the_same_trajectory(eta, posterior):
    # below abar = 1 a noise network, the residual it implies, and both together describe one state
    s, x_in = Schedule.ddim_linear(100), random_images(2, 3, 4, 4)
    def imply(x, y, a, b):
        e = fake_eps(x, y, a, b)
        return (y + b*e - x)/(1 - a), e
    ways = (lambda x, y, a, b, t: Prediction(eps=imply(x, y, a, b)[1]),
            lambda x, y, a, b, t: Prediction(res=imply(x, y, a, b)[0]),
            lambda x, y, a, b, t: Prediction(*imply(x, y, a, b)))
    runs = [sample(w, x_in, schedule=s, steps=20, eta=eta, posterior=posterior, clip=None, generator=rng(3),
                   x_T=randn(2, 3, 4, 4), trace=True) for w in ways]
    scale = runs[0].frames().abs().max().item()
    for r in runs[1:]:
        for i in range(2): close(r.frames(i), runs[0].frames(i), 2e-12*scale)


@given(s=power_schedules(), seed=seeds)
def test_inv26_one_step_is_the_guess_at_the_start(s, seed):
    x_in, x_T = random_images(2, 3, 4, 4, seed=seed), randn(2, 3, 4, 4, seed=seed)
    a, b = s[s.T]
    close(sample(res_model, x_in, schedule=s, steps=1, x_T=x_T), (x_in - fake_res(x_T, x_in, a, b)).clamp(-1, 1), 0)


def test_inv26_start_is_the_input_plus_bbar_T_noise():
    x_in = random_images(2, 3, 4, 4)
    for b in (0., .1, 1., 1.7):
        state = next(sample_steps(res_model, x_in, schedule=Schedule.power(10, bbar_T=b), generator=rng(5)))
        close(state.x_t, x_in + b*randn_like(x_in, rng(5)), 0)
    state = next(sample_steps(res_model, x_in, path=[(.95, .3), (0, 0)], generator=rng(5)))
    close(state.x_t, x_in + .3*randn_like(x_in, rng(5)), 0)


def test_inv27_the_network_is_called_at_the_nodes_of_the_grid():
    s, seen = Schedule.power(1000), []
    def spy(x, y, a, b, t):
        seen.append(t)
        assert (a, b) == s[t] and type(a) is type(b) is float
        return Prediction(res=0*x)
    for S, want in {1: [1000], 2: [1000, 500], 3: [1000, 666, 333], 5: [1000, 800, 600, 400, 200],
                    7: [1000*(7 - i)//7 for i in range(7)]}.items():
        seen.clear()
        sample(spy, random_images(1, 1, 2, 2), schedule=s, steps=S)
        assert seen == want
    seen.clear()
    sample(spy, random_images(1, 1, 2, 2))
    assert len(seen) == 5


@given(seed=seeds, eta=st.sampled_from([0., .3, 1.]), posterior=posteriors)
@settings(max_examples=10)
def test_inv28_same_seed_same_result_and_another_seed_another(seed, eta, posterior):
    x_in = random_images(2, 1, 3, 3)
    run = lambda g: sample(res_model, x_in, eta=eta, posterior=posterior, generator=rng(g))
    assert torch.equal(run(seed), run(seed)) and not torch.equal(run(seed), run(seed + 1))


@pytest.mark.parametrize('posterior', ['sum_constrained', 'preserving'])
def test_inv28_the_last_step_draws_no_noise(posterior):
    # with a true guess at the last step only, any noise there would stay in the result
    x0, x_in, _ = trio()
    model = lambda x, y, a, b, t: Prediction(res=x_in - x0) if t == 2 else res_model(x, y, a, b, t)
    out = sample(model, x_in, schedule=Schedule.power(10), steps=5, eta=1., posterior=posterior, generator=rng(1))
    close(out, x0, 2e-16)
    g, h = rng(1), rng(1)
    sample(model, x_in, schedule=Schedule.power(10), steps=5, eta=1., posterior=posterior, generator=g)
    for _ in range(5): randn_like(x_in, h)  # the start and four of five steps
    assert torch.equal(g.get_state(), h.get_state())


@given(steps=st.integers(1, 12), eta=st.sampled_from([0., .4, 1.]), posterior=posteriors)
def test_every_step_follows_the_written_out_update(steps, eta, posterior):
    s, x_in, g, h = Schedule.power(12, bbar_T=.8), random_images(2, 1, 3, 3), rng(steps), rng(steps)
    x = x_in + .8*randn_like(x_in, h)
    for m, (t, n) in zip(sample_steps(both_model, x_in, schedule=s, steps=steps, eta=eta, posterior=posterior,
                                      clip=None, generator=g), s.pairs(steps)):
        (a, b), (a_s, b_s) = s[t], s[n]
        res, eps = fake_res(x, x_in, a, b), fake_eps(x, x_in, a, b)
        close(m.x_t, x, 2e-15*10)
        pull = (1 - a)/(1 - a_s) if posterior == 'preserving' else 1.
        v = eta*b_s**2*(1 - pull**2*b_s**2/b**2)
        x = x - (a - a_s)*res - (b - math.sqrt(b_s**2 - v))*eps + (math.sqrt(v)*randn_like(x, h) if v > 0 else 0)
        if n == 0: x = x_in*0 + m.x0
        assert (m.step.t, m.step.s, m.step.at, m.step.to) == (t, n, s[t], s[n])
        close(m.step.sigma2, v, 4e-16), close(m.x_s, x, 2e-14), close(m.res, res, 1e-13), close(m.eps, eps, 1e-13)


# ----- diffusion models as the same sampler -----
def rescaled(path, x_in, J_T, net):
    "DDIM (eta = 0) on J/c with the equivalent cumulative product, J = I - abar x_in, c = sqrt((1 - abar)^2 + bbar^2)"
    c = [math.hypot(1 - a, b) for a, b in path]
    x, out = J_T/c[0], [J_T/c[0]]
    for i in range(len(path) - 1):
        A, B = ((1 - path[k][0])**2/c[k]**2 for k in (i, i + 1))
        e = net(x, A)
        x = math.sqrt(B)*(x - math.sqrt(1 - A)*e)/math.sqrt(A) + math.sqrt(1 - B)*e
        out.append(x)
    return out


def net(x, A): return torch.tanh(1.2*x + .3*x.roll(1, -1)) - .2*A*torch.sin(2*x)


@given(seed=seeds, known=st.booleans(), data=st.data())
def test_inv36_37_any_path_rescaled_is_ddim(seed, known, data):
    up = sorted(data.draw(st.lists(st.floats(.05, .95), min_size=4, max_size=4)), reverse=True)
    path = [*((a, data.draw(st.floats(.05, 1.5))) for a in up), (0., 0.)]
    x_in = random_images(2, 1, 3, 3, seed=seed) if known else torch.zeros(2, 1, 3, 3, dtype=F64)
    def model(x, y, a, b, t):
        c = math.hypot(1 - a, b)
        return Prediction(eps=net((x - a*y)/c, (1 - a)**2/c**2))
    x_T = path[0][0]*x_in + randn(2, 1, 3, 3, seed=seed)
    tr = sample(model, x_in, path=path, clip=None, x_T=x_T, trace=True)
    want = rescaled(path, x_in, x_T - path[0][0]*x_in, net)
    scale = max(v.abs().max().item() for v in want)
    for state, w in zip(tr, want):
        close((state.x_t - state.step.at.abar*x_in)/math.hypot(1 - state.step.at.abar, state.step.at.bbar), w,
              2e-12*scale)
    close(tr.x0, want[-1], 2e-12*scale)


# ----- paths and orders -----
@given(seed=seeds, data=st.data())
def test_inv48_constant_predictions_end_at_one_place_on_any_path(seed, data):
    x_in, res, eps, x_T = (
        random_images(1, 2, 3, 3, seed=seed),
        randn(1, 2, 3, 3, seed=seed + 1),
        randn(1, 2, 3, 3, seed=seed + 2),
        randn(1, 2, 3, 3, seed=seed + 3),
    )
    inner = data.draw(st.lists(st.tuples(st.floats(0, 1), st.floats(.01, 2)), max_size=6))
    path = [(.9, .7), *inner, (.1, .1), (0, 0)]
    close(sample(constant(res, eps), x_in, path=path, clip=None, x_T=x_T), x_T - .9*res - .7*eps, 2e-14)


@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.parametrize('steps', [2, 3, 5, 10])
def test_inv48_and_in_any_order(order, steps):
    x_in, res, eps, x_T = (
        random_images(1, 2, 3, 3),
        randn(1, 2, 3, 3, seed=1),
        randn(1, 2, 3, 3, seed=2),
        randn(1, 2, 3, 3, seed=3),
    )
    s = Schedule.power(50, bbar_T=.7)
    close(sample(constant(res, eps), x_in, schedule=s, steps=steps, order=order, clip=None, x_T=x_T),
          x_T - res - .7*eps, 8e-15)


GMM = ExactPredictor(torch.tensor([[-.7], [.2], [.8]], dtype=F64), .12, torch.tensor([.3, .3, .4], dtype=F64))


def ends(path_or_order, steps, schedule=None, x_T=None, model=GMM, x_in=None):
    kw = (
        dict(path=path_or_order)
        if isinstance(path_or_order, list)
        else dict(schedule=schedule or Schedule.circle(4000), steps=steps, order=path_or_order)
    )
    x_T = torch.linspace(-2.2, 2.2, 45, dtype=F64)[:, None] if x_T is None else x_T
    return sample(model, torch.zeros_like(x_T) + .3 if x_in is None else x_in, clip=None, x_T=x_T, **kw)


@pytest.mark.slow
def test_inv50_endpoint_error_falls_like_one_over_n_on_every_path_off_the_corner():
    reference = ends('together', 4000)
    power, diagonal, parabola = (
        Schedule.power(4000),
        Schedule.line(4000),
        Schedule.from_fns(lambda x: x**2, lambda x: x, 4000),
    )
    for name, run in dict(circle=lambda n: ends('together', n), diagonal=lambda n: ends('together', n, diagonal),
                          power=lambda n: ends('together', n, power),
                          parabola=lambda n: ends('together', n, parabola),
                          residual_first=lambda n: ends('residual_first', n)).items():
        e = [(run(n) - reference).abs().mean().item() for n in (20, 80, 320)]
        assert e[2] < .015, (name, e)
        assert 2.5 < e[0]/e[1] < 6.5 and 3. < e[1]/e[2] < 5.2, (name, e)


@pytest.mark.parametrize('steps', [10, 200])
def test_inv51_noise_first_collapses_at_the_corner_to_the_prior_mean(steps):
    mean = (GMM.means[:, 0]*GMM._prior.exp()).sum()
    out = ends('noise_first', steps)
    assert out.std() < 1e-12
    close(out, mean.expand(45, 1), 1e-12)
    spread = ends('residual_first', steps)
    assert spread.std() > .4


@pytest.mark.slow
def test_inv51_a_path_that_stops_short_of_the_corner_recovers():
    reference = ends('together', 4000)
    def cut(n): return [(1., 1 - .9*i/n) for i in range(n)] + [(1 - i/n, .1*(1 - i/n)) for i in range(n)] + [(0., 0.)]
    e = [(ends(cut(k), None) - reference).abs().mean().item() for k in (100, 200, 400)]
    assert e[2] < .02 and 1.6 < e[0]/e[1] < 2.6 and 1.6 < e[1]/e[2] < 2.4, e


def test_inv57_two_legs_remove_everything_once():
    x0, x_in, eps = trio()
    s, res = Schedule.ddim_linear(1000), x_in - x0
    a1, b1 = s[100]
    close([a1, b1], [.05289, .32091], 5e-6)
    x_T = x0 + s[1000].abar*res + s[1000].bbar*eps
    for order in ORDERS:
        close(sample(constant(res, eps), x_in, schedule=s, steps=10, order=order, clip=None, x_T=x_T), x0, 4e-15)
    # two passes that both end with the guess take the last segment away twice
    x = x_T
    for moved in ('residual', 'noise'):
        for t, n in s.pairs(10):
            if n == 0: x = x - s[t].abar*res - s[t].bbar*eps
            else: x = x - ((s[t].abar - s[n].abar)*res if moved == 'residual' else (s[t].bbar - s[n].bbar)*eps)
    close(x, x0 - a1*res - b1*eps, 4e-15)


@pytest.mark.parametrize('T', [2, 3, 7, 10])
def test_plans_visit_the_right_legs(T):
    s = Schedule.power(T, bbar_T=.6)
    for steps in range(2, T + 1):
        r, n = sampling_path(s, steps, 'residual_first'), sampling_path(s, steps, 'noise_first')
        one, two = s.grid(steps - steps//2), s.grid(steps//2)
        assert [p for _, p in r] == [Point(s[t].abar, s[T].bbar) for t in one[:-1]] + [
            Point(0.0, s[t].bbar) for t in two
        ]
        assert [p for _, p in n] == [Point(1., s[t].bbar) for t in one[:-1]] + [Point(s[t].abar, 0.) for t in two]
        for stops in (r, n):
            assert (
                len(stops) == steps + 1
                and stops[0] == (T, s[T])
                and stops[-1] == (0, CLEAN)
                and all(t is None for t, _ in stops[1:-1])
            )
        assert sampling_path(s, steps) == sampling_path(s, steps, 'together') == [(t, s[t]) for t in s.grid(steps)]


def test_a_path_of_the_nodes_is_the_schedule():
    s, x_in = Schedule.power(20, bbar_T=.5), random_images(2, 1, 3, 3)
    a = sample(res_model, x_in, schedule=s, steps=4, eta=.5, generator=rng(2))
    b = sample(res_model, x_in, path=[s[t] for t in s.grid(4)], eta=.5, generator=rng(2))
    assert torch.equal(a, b)
    seen = []
    sample(lambda x, y, a, b, t: seen.append(t) or Prediction(res=0*x), x_in, path=[s[20], s[7], CLEAN])
    assert seen == [None, None]


# ----- batches, dtypes, generators -----
@pytest.mark.parametrize('shape', [(3, 2), (2, 1, 4, 6), (2, 3, 5, 5)])
@pytest.mark.parametrize('dtype', [torch.float32, F64])
@pytest.mark.parametrize('order', ORDERS)
def test_any_shape_and_dtype(shape, dtype, order):
    x_in = random_images(*shape, dtype=dtype)
    for eta in (0., 1.):
        model = lambda x, y, a, b, t: Prediction(fake_res(x, y, a, b), None if b == 0 else fake_eps(x, y, a, b))
        if order == 'noise_first' and eta: continue
        out = sample(model, x_in, order=order, eta=eta, generator=rng())
        assert out.dtype == dtype and out.shape == shape and out.abs().max() <= 1
    out = sample(res_model, shape=shape)
    assert out.dtype == torch.float32 and out.shape == shape
    assert sample(res_model, x_T=randn(*shape, dtype=dtype)).dtype == dtype


def test_float32_follows_float64():
    x_in = random_images(2, 3, 8, 8)
    x_T = x_in + randn(2, 3, 8, 8)
    a, b = sample(res_model, x_in, x_T=x_T, steps=20), sample(res_model, x_in.float(), x_T=x_T.float(), steps=20)
    close(a, b, 2e-5)


def test_image_i_does_not_depend_on_the_batch_around_it():
    x_in, gens = random_images(4, 1, 3, 3), lambda ids: [rng(100 + i) for i in ids]
    whole = sample(res_model, x_in, eta=1., generator=gens(range(4)))
    assert torch.equal(whole[[3, 1]], sample(res_model, x_in[[3, 1]], eta=1., generator=gens([3, 1])))
    for i in range(4): close(whole[i:i + 1], sample(res_model, x_in[i:i + 1], eta=1., generator=gens([i])), 0)
    noise = randn_like(x_in, gens([5, 5, 6, 6]))
    assert torch.equal(noise[0], noise[1]) and torch.equal(noise[2], noise[3]) and not torch.equal(noise[0], noise[2])


def test_one_generator_gives_every_image_its_own_noise():
    z = randn_like(torch.zeros(2000, 3, dtype=F64), rng(1))
    close(z.mean(), 0, 4/6000**.5), close(z.std(), 1, 4/12000**.5)
    assert not torch.equal(z[0], z[1]) and z.dtype == F64 and randn_like(torch.zeros(1), rng()).dtype == torch.float32


def test_zeros_are_generated_from_when_there_is_no_input():
    seen = []
    model = lambda x, y, a, b, t: seen.append(y) or res_model(x, y, a, b, t)
    a = sample(model, shape=(2, 1, 3, 3), generator=rng(1))
    b = sample(model, torch.zeros(2, 1, 3, 3), generator=rng(1))
    assert torch.equal(a, b) and all((y == 0).all() for y in seen)


# ----- contracts -----
@given(T=st.integers(1, 8), eta=st.sampled_from([0., 1.]))
def test_every_number_of_steps_of_a_small_schedule_works(T, eta):
    x_in = random_images(1, 1, 2, 2)
    for steps in range(1, T + 1):
        tr = sample(res_model, x_in, schedule=Schedule.power(T), steps=steps, eta=eta, generator=rng(), trace=True)
        assert len(tr) == steps and tr.x0.isfinite().all()


@pytest.mark.parametrize('kw', [{}, dict(eta=.7), dict(order='residual_first', steps=6),
                                dict(path=[(1, .5), (.4, .3), (0, 0)], eta=.5), dict(clip='official', steps=9)],
                                ids=str)
def test_walk_and_trace_and_sample_agree(kw):
    x_in = random_images(2, 3, 4, 4)
    states = list(sample_steps(res_model, x_in, generator=rng(4), **kw))
    tr = sample(res_model, x_in, generator=rng(4), trace=True, **kw)
    out = sample(res_model, x_in, generator=rng(4), **kw)
    assert torch.equal(states[-1].x_s, out) and torch.equal(tr.x0, out) and isinstance(tr, Trace)
    assert len(tr) == len(states)
    for a, b in zip(states, tr):
        assert all(torch.equal(v, w) for v, w in zip((a.x_t, a.x0, a.res, a.x_s), (b.x_t, b.x0, b.res, b.x_s)))
        assert a.step == b.step
    for a, b in zip(states, states[1:]): assert torch.equal(a.x_s, b.x_t) and a.step.to == b.step.at
    assert torch.equal(tr.frames(1), torch.stack([s.x_t[1] for s in states] + [out[1]]))
    assert torch.equal(tr.estimates(1), torch.stack([s.x0[1] for s in states]))
    assert torch.equal(tr.means(1), torch.stack([s.x0[1] + s.step.at.abar*s.res[1] for s in states] + [out[1]]))


@pytest.mark.parametrize('eta', [0., .7])
def test_the_means_of_a_run_are_its_states_without_their_noise(eta):
    tr = sample(res_model, random_images(2, 3, 4, 4), steps=4, eta=eta, generator=rng(4), trace=True)
    assert torch.equal(tr.means(1)[-1], tr.x0[1]) and len(tr.means()) == 5
    for mean, s in zip(tr.means(1), tr): close(s.x_t[1] - mean, s.step.at.bbar*s.eps[1], 1e-12)


@pytest.mark.parametrize('eta', [0., 1.])
@pytest.mark.parametrize('clip', ['x0', None, 'official'])
def test_nothing_given_is_changed_in_place(eta, clip):
    x_in, x_T = random_images(2, 3, 4, 4), randn(2, 3, 4, 4)
    keep = x_in.clone(), x_T.clone()
    sample(both_model, x_in, x_T=x_T, eta=eta, clip=clip, generator=rng())
    assert torch.equal(x_in, keep[0]) and torch.equal(x_T, keep[1])
    # predictions and recorded states stay what they were
    fixed = constant(randn(2, 3, 4, 4, seed=5), randn(2, 3, 4, 4, seed=6))
    before = [v.clone() for v in fixed(*[None]*5)]
    tr = sample(fixed, x_in, x_T=x_T, eta=eta, clip=clip, generator=rng(), trace=True)
    for v, w in zip(fixed(*[None]*5), before): assert torch.equal(v, w)
    assert torch.equal(tr[0].x_t, keep[1])


@pytest.mark.parametrize('training', [True, False])
def test_a_module_runs_in_eval_mode_without_gradients_and_is_handed_back(training):
    net, x_in = Net().train(training), random_images(2, 3, 6, 6, dtype=torch.float32).requires_grad_()
    out = sample(net, x_in, generator=rng())
    assert net.training is training and net.drop.training is training and net.norm.training is training
    assert all(not was_training and not grad for was_training, grad, _ in net.seen) and not out.requires_grad
    assert net.norm.num_batches_tracked == 0 and net.conv.weight.grad is None and torch.is_grad_enabled()
    assert torch.equal(out, sample(net, x_in, generator=rng()))


class Wrapper:
    "A predictor that is no module, and wraps one"
    def __init__(self, model): self.model = model
    def __call__(self, *args, **kw): return self.model(*args, **kw)


@pytest.mark.parametrize('wrap', [Wrapper, lambda net: Wrapper(Wrapper(net)), lambda net: OnlyRes(Wrapper(net))])
def test_a_network_in_a_wrapper_samples_in_eval_mode_too(wrap):
    net, x_in = Net().train(), random_images(1, 3, 4, 4, dtype=torch.float32)
    a, b = (sample(wrap(net), x_in, generator=rng()) for _ in range(2))
    assert torch.equal(a, b) and net.training and net.drop.training and net.norm.num_batches_tracked == 0


@pytest.mark.parametrize('cond, error, said', [
    (torch.ones(1, 1, 4, 4, dtype=torch.bool), TypeError, r'cond has dtype torch.bool; use 2\*cond.float\(\) - 1'),
    (torch.ones(1, 1, 4, 4, dtype=torch.long), TypeError, 'cond has dtype torch.int64; give real floats'),
    (torch.full((1, 1, 4, 4), 255.), ValueError, r'cond must lie in \[-1, 1\], got .* it looks like \[0, 255\]'),
    (torch.full((1, 1, 4, 4), torch.nan), ValueError, 'cond holds NaN or infinite values'),
    (np.ones((1, 1, 4, 4)), TypeError, 'cond must be a tensor, such as .*, got ndarray'),
    (torch.ones(1, dtype=torch.bool), TypeError, 'cond has dtype torch.bool')],
    ids=['bool', 'long', '255', 'nan', 'array', 'flat'])
def test_a_condition_is_checked_like_an_image(cond, error, said):
    net = UNet(8, (1,), takes_cond=True)
    x_in = random_images(1, 3, 4, 4, dtype=torch.float32)
    with pytest.raises(error, match=said): sample(net, x_in, cond=cond, steps=1)


@pytest.mark.parametrize('model', [res_model, Net(), ExactPredictor(torch.zeros(1, 3, 4, 4))], ids=type)
def test_a_condition_for_what_takes_none_is_refused(model):
    with pytest.raises(TypeError, match='this (function|Net|ExactPredictor) takes no condition: leave cond out'):
        sample(model, random_images(1, 3, 4, 4, dtype=torch.float32), cond=torch.zeros(1, 1, 4, 4))


def test_frozen_parts_of_a_training_module_stay_frozen():
    net = Net().train()
    net.norm.eval()
    sample(net, random_images(1, 3, 4, 4, dtype=torch.float32))
    assert net.training and net.drop.training and not net.norm.training
    net.eval()
    net.drop.train()
    a, b = (sample(net, random_images(1, 3, 4, 4, dtype=torch.float32), generator=rng()) for _ in range(2))
    assert torch.equal(a, b) and net.drop.training and not net.training


def test_a_module_is_handed_back_even_after_an_error():
    class Broken(Net):
        def forward(self, *a): raise RuntimeError('broken')
    net = Broken().train()
    with pytest.raises(RuntimeError, match='broken'): sample(net, random_images(1, 3, 4, 4))
    assert net.training


def test_stopping_a_walk_early_leaves_gradients_on():
    for state in sample_steps(res_model, random_images(1, 1, 2, 2)):
        assert torch.is_grad_enabled()
        break
    assert torch.is_grad_enabled() and not state.x0.requires_grad


def test_a_model_may_bring_its_schedule_and_its_dtype():
    s = Schedule.power(7, bbar_T=.3)
    net = Net(schedule=s).double()
    out = sample(net, shape=(1, 3, 4, 4), steps=7)
    assert out.dtype == F64 and [t for _, _, t in net.seen] == [7, 6, 5, 4, 3, 2, 1]
    net.seen.clear()
    sample(net, shape=(1, 3, 4, 4), steps=3, schedule=Schedule.line(30))
    assert [t for _, _, t in net.seen] == [30, 20, 10]


@pytest.mark.parametrize('model', [Net(), ExactPredictor(random_images(4, 3, 4, 4, dtype=torch.float32)), res_model,
                                   lambda x, y, a, b, t: (0*x, None)], ids=['module', 'exact', 'function', 'pair'])
def test_every_kind_of_predictor(model):
    out = sample(model, random_images(2, 3, 4, 4, dtype=torch.float32), eta=.5, generator=rng())
    assert out.shape == (2, 3, 4, 4) and out.isfinite().all()


@pytest.mark.parametrize('channels', [1, 3])
def test_a_trace_shows_itself_as_images(channels):
    pytest.importorskip('matplotlib')
    tr = sample(res_model, random_images(2, channels, 4, 4), trace=True)
    html = tr._repr_html_()
    assert html.count('<img') == 2 and 'data:image/png;base64,' in html and 'film strip of 5 steps' in html
    assert 'Point' not in html
    assert sample(res_model, random_images(2, 2), trace=True)._repr_html_().startswith('<p>5 steps of (2, 2)')


def test_the_progress_bar_counts_the_steps(capsys):
    sample(res_model, random_images(1, 1, 2, 2), steps=4, progress=True)
    assert '4/4' in capsys.readouterr().err
    sample(res_model, random_images(1, 1, 2, 2), path=[(1, 1), (.5, .5), (0, 0)], progress=True)
    assert '2/2' in capsys.readouterr().err
    sample(res_model, random_images(1, 1, 2, 2))
    assert capsys.readouterr().err == ''
    assert len([*sample_steps(res_model, random_images(1, 1, 2, 2), steps=3, progress=True)]) == 3
    assert '3/3' in capsys.readouterr().err


@pytest.mark.parametrize(('kw', 'n'), [
    (lambda: {}, 5), (lambda: dict(steps=torch.tensor(3)), 3), (lambda: dict(steps=torch.tensor(3).numpy()[()]), 3),
    (lambda: dict(steps=torch.tensor([9, 4, 2, 0])), 3), (lambda: dict(steps=range(4, -1, -1)), 4),
    (lambda: dict(steps=3., order='residual_first'), 3), (lambda: dict(path=iter([(1, 1), (.5, .5), (0, 0)])), 2),
    (lambda: dict(path=torch.tensor([[1., 1.], [0., 0.]])), 1)])
def test_the_progress_bar_takes_what_the_sampler_takes(kw, n, capsys):
    x_in = random_images(1, 1, 2, 2)
    quiet = sample(res_model, x_in, x_T=x_in, **kw())
    assert torch.equal(sample(res_model, x_in, x_T=x_in, progress=True, **kw()), quiet)
    assert f'{n}/{n}' in capsys.readouterr().err


@pytest.mark.skipif(not torch.cuda.is_available(), reason='this machine has no CUDA device')
def test_the_device_of_the_input_is_kept():
    x_in = random_images(2, 3, 4, 4, dtype=torch.float32)
    for eta in (0., 1.):
        out = sample(res_model, x_in.cuda(), eta=eta, generator=rng(1))
        assert out.is_cuda
        close(out.cpu(), sample(res_model, x_in, eta=eta, generator=rng(1)), 1e-4)
    assert sample(Net().cuda(), shape=(1, 3, 4, 4)).is_cuda and sample(ExactPredictor(x_in.cuda()), x_in.cuda()).is_cuda


# ----- refusals -----
X = torch.zeros(2, 3, 4, 4)
@pytest.mark.parametrize('kw, kind, match', [
    (dict(steps=0), ValueError, r'steps must be a whole number from 1 to T=1000, or falling nodes, got 0'),
    (dict(steps=1001), ValueError, r'from 1 to T=1000, .*got 1001'),
    (dict(steps=1, order='residual_first'), ValueError, r'two legs: it needs at least 2 steps, got 1'),
    (dict(steps='x', order='noise_first'), ValueError, r"two legs: it needs at least 2 steps, got 'x'"),
    (dict(path=5), TypeError, r'path must hold points \(abar, bbar\), got 5'),
    *[(dict(path=[(1, 1), p, (0, 0)]), ValueError, r'path\[1\] must be a point \(abar, bbar\), two numbers, got')
      for p in (('x', 1), 5, (1, 2, 3), None, (1,))],
    (dict(x_T=3), TypeError, 'x_T must be a tensor, got 3'),
    (dict(x_T=torch.zeros(1).long()), ValueError, r'x_T must hold floats, got torch\.int64'),
    (dict(order='backwards'), ValueError,
     r"order must be one of together, residual_first, noise_first, got 'backwards'"),
    (dict(eta=1.5), ValueError, r'eta is a share of the variance, 0\.\.1, got 1\.5'),
    (dict(eta=-.1), ValueError, r'eta is a share'),
    (dict(eta='1'), ValueError, r"eta is a share of the variance, 0\.\.1, got '1'"),
    (dict(eta=None), ValueError, 'eta is a share'),
    (dict(eta=[1, '0']), ValueError, r"eta is a share of the variance, 0\.\.1, got '0'"),
    (dict(steps='3'), ValueError, r"steps must be a whole number from 1 to T=1000, or falling nodes, got '3'"),
    (dict(steps={3}), ValueError, r'steps must be .*got \{3\}'),
    (dict(steps=range(1000, 0, -100)), ValueError, r'nodes must be whole numbers that fall .* to 0'),
    (dict(posterior=[]), ValueError, r'posterior must be one of .*got \[\]'),
    (dict(solver=['heun']), ValueError, r"solver must be one of .*got \['heun'\]"),
    (dict(posterior='ddpm'), ValueError, r"posterior must be one of .*got 'ddpm'"),
    (dict(eta=1., posterior='bridge'), ValueError, r"'bridge' has the negative variance.*take another one or eta=0"),
    (dict(clip='hard'), ValueError, r"clip must be one of .*got 'hard'"),
    (dict(path=[(1, 1), (0, 0)], steps=2), ValueError, r'a path says where to go.*leave out schedule, steps and order'),
    (dict(path=[(1, 1), (0, 0)], schedule=Schedule.line(5)), ValueError, r'leave out schedule, steps and order'),
    (dict(path=[(1, 1)]), ValueError, r'at least 2 points and ends at the clean image \(0, 0\)'),
    (dict(path=[(1, 1), (.1, .1)]), ValueError, r'ends at the clean image'),
    (dict(path=[(1.2, 1), (0, 0)]), ValueError, r'path\[0\] = \(1\.2, 1\.0\) is off the plane'),
    (dict(path=[(1, 1), (.5, -.1), (0, 0)]), ValueError, r'path\[1\].*off the plane'),
    (dict(path=[(1, float('nan')), (0, 0)]), ValueError, r'path\[0\].*off the plane'),
    (dict(path=[(1, float('inf')), (0, 0)]), ValueError, r'path\[0\].*off the plane'),
    (dict(generator=[torch.Generator()]), ValueError, r'1 generators for 2 images: give one for each'),
    (dict(x_T=X[:1]), ValueError, r'x_T has shape \(1, 3, 4, 4\), but x_in has \(2, 3, 4, 4\)'),
    (dict(x_T=X.double()), ValueError, r'x_T is torch\.float64, but x_in is torch\.float32: they must be equal'),
    (dict(shape=(1, 3, 4, 4)), ValueError, r'x_in has shape \(2, 3, 4, 4\), but shape=\(1, 3, 4, 4\).*leave shape out'),
], ids=lambda v: str(v).split(' at 0x')[0])
def test_bad_requests_are_refused(kw, kind, match):
    calls = []
    with pytest.raises(kind, match=match): sample(lambda *a: calls.append(a), X, **kw)
    assert not calls


def test_nodes_may_come_as_a_range():
    from_nodes = lambda nodes: sample(res_model, X, steps=nodes, generator=rng(0))
    assert torch.equal(from_nodes([1000, 500, 0]), from_nodes(range(1000, -1, -500)))


@pytest.mark.parametrize('res', [0., X.numpy()], ids=['number', 'array'])
def test_what_is_predicted_are_tensors(res):
    with pytest.raises(TypeError, match=f"the model's res must be a tensor, got {type(res).__name__}"):
        sample(lambda *a: Prediction(res=res), X)


def test_whole_number_steps_given_as_float():
    for order in ORDERS[:2]: assert len(sample(res_model, X, steps=5., order=order, trace=True)) == 5
    for steps in (2.5, float('nan'), float('inf')):
        with pytest.raises(ValueError, match='steps must be a whole number'): sample(res_model, X, steps=steps)


@pytest.mark.parametrize('x, kind, match', [
    ((X + 1).to(torch.uint8), TypeError,
     r'x_in has dtype torch\.uint8; convert with rddm_nb\.images\.from_uint8\(x_in\)'),
    (X + 200., ValueError, r'x_in must lie in \[-1, 1\].*looks like \[0, 255\]: use x_in/127\.5 - 1'),
    (X + float('nan'), ValueError, r'x_in holds NaN'),
    (X + 1.5, ValueError, r'x_in must lie in \[-1, 1\], got \[1\.5, 1\.5\]'),
    (X[:0], ValueError, r'x_in is empty'),
    (torch.zeros(2, 2, dtype=torch.int64), TypeError, r'x_in has dtype torch\.int64'),
    ([[0.]], TypeError, r'x_in must be a tensor, such as .*, got list'),
    (None, ValueError, r'without x_in \(generation\) give shape=\(B, C, H, W\)'),
], ids=['uint8', '0-255', 'nan', 'outside', 'empty', 'integers', 'list', 'nothing'])
def test_bad_inputs_are_refused(x, kind, match):
    with pytest.raises(kind, match=match): sample(res_model, x)


@pytest.mark.parametrize('model, kind, match', [
    (lambda x, *a: x, TypeError, r'returned a bare tensor; a predictor returns Prediction\(res=\.\.\.\)'),
    (lambda x, *a: Prediction(res=x[:, :1]), ValueError,
     r"the model's res is torch\.float32 of shape \(2, 1, 4, 4\), but the state is torch\.float32 of shape \(2, 3, "
     r"4, 4\)"),
    (lambda x, *a: Prediction(x, x.double()), ValueError, r"the model's eps is torch\.float64, .*they must match"),
    (lambda x, *a: Prediction(), ValueError, r'neither a residual nor noise'),
    (lambda x, *a: Prediction(eps=x), SingularError, r'abar = 1.*Predict the residual, or start from an abar below 1'),
    (lambda x, *a: Prediction(res=x*float('nan')), FloatingPointError,
     r"NaN or infinite values: the model's predictions are not finite"),
], ids=['tensor', 'shape', 'dtype', 'nothing', 'singular', 'nan'])
def test_bad_models_are_refused(model, kind, match):
    with pytest.raises(kind, match=match): sample(model, X)


def test_a_noise_model_runs_where_its_start_is_not_singular():
    for s in (Schedule.ddim_linear(1000), Schedule([0, .5, .9], [0, .6, 1.], allow='open_end')):
        assert sample(noise_model, X, schedule=s, steps=2).isfinite().all()
    assert sample(noise_model, X, path=[(.95, 1), (.5, .5), (0, 0)]).isfinite().all()


def test_a_bridge_needs_fresh_noise_and_says_so():
    s = Schedule.bridge(10)
    with pytest.raises(SingularError, match=r"start the bridge with fresh noise \(posterior='bridge', eta=1\)"):
        sample(res_model, X, schedule=s)
    with pytest.raises(SingularError, match=r"from the input itself, 'bridge' and 'preserving' start"):
        sample(res_model, X, schedule=s, eta=1.)
    assert sample(res_model, X, schedule=s, eta=1., posterior='bridge').isfinite().all()


# ----- samples follow the distribution -----
def modes(x, means=gmm_points()):
    return torch.bincount(torch.cdist(x, means).argmin(1), minlength=len(means)).double()/len(x)


@pytest.mark.parametrize('name, schedule, kw', [
    ('deterministic', Schedule.power(1000), dict(eta=0.)), ('chain', Schedule.power(1000), dict(eta=1.)),
    ('preserving', Schedule.power(1000), dict(eta=1., posterior='preserving')),
    ('half', Schedule.line(1000), dict(eta=.5)),
    ('residual first', Schedule.power(1000), dict(eta=0., order='residual_first')),
    ('wide', Schedule.power(1000, bbar_T=2.), dict(eta=1.))])
def test_exact_generation_follows_the_distribution(name, schedule, kw):
    n, w, std = 6000, torch.tensor([.5, .3, .2], dtype=F64), .06
    model = ExactPredictor(gmm_points(), std, w)
    x = sample(model, x_in=torch.zeros(n, 2, dtype=F64), schedule=schedule, steps=400 if name == 'wide' else 150,
               clip=None, generator=rng(7), **kw)
    close(modes(x), w, .035)
    k = torch.cdist(x, gmm_points()).argmin(1)
    for i in range(3):
        close(x[k == i].mean(0), gmm_points()[i], .008)
        close(x[k == i].std(0)/std, [1., 1.], .12)
    truth, other = model.draw(n, rng(8)), model.draw(n, rng(9))
    def energy(x, y):
        d = lambda a, b: torch.cdist(a[:2500], b[:2500]).mean()
        return (2*d(x, y) - d(x, x) - d(y, y)).item()
    assert energy(x, truth) < energy(truth, other) + .004 < energy(x.mean(0) + torch.zeros_like(x), truth)


def test_exact_bridge_keeps_the_diversity_that_a_single_guess_loses():
    n, w = 6000, torch.tensor([.5, .3, .2], dtype=F64)
    model = ExactPredictor(gmm_points(), .06, w)
    x_in = torch.zeros(n, 2, dtype=F64)
    x = sample(model, x_in, schedule=Schedule.bridge(200, .5), steps=200, eta=1., posterior='bridge', clip=None,
               generator=rng(1))
    close(modes(x), w, .035)
    one = sample(model, x_in, schedule=Schedule.bridge(200, .5), steps=1, clip=None)
    assert one.std(0).max() < 1e-12
    close(one[0], (w[:, None]*gmm_points()).sum(0), 1e-12)


def test_the_input_as_evidence_changes_the_mode_weights():
    n, tau = 4000, .6
    model = ExactPredictor(gmm_points(), 0., tau=tau)
    x_in = gmm_points()[:1].expand(n, 2) + .2
    x = sample(model, x_in, schedule=Schedule.power(1000), steps=100, eta=1., generator=rng(2))
    want = (-(gmm_points() - x_in[0]).square().sum(1)/(2*tau**2)).softmax(0)
    close(modes(x), want, .035)
    assert (want.max() - 1/3) > .3


def test_a_condition_reaches_the_model_and_only_where_there_is_one():
    x_in, cond = random_images(2, 3, 4, 4), random_images(2, 1, 4, 4, seed=1)
    def model(x_t, x_in, abar, bbar, t, cond=0.): return Prediction(res=x_in - cond*torch.ones_like(x_in))
    close(sample(model, x_in, cond=cond, steps=3), cond.expand(-1, 3, -1, -1), 1e-9)
    plain = lambda x_t, x_in, abar, bbar, t: Prediction(res=x_in)
    close(sample(plain, x_in, steps=2), torch.zeros_like(x_in), 1e-9)
    with pytest.raises(TypeError, match='cond'): sample(plain, x_in, cond=cond, steps=2)


# ----- solvers -----
SECOND = ('heun', 'multistep')


def even_levels(n, shape=lambda u: u, lo=-1., hi=1.2):
    "n even steps of lambda along a curve abar(u) between two noise levels, then to the clean image"
    u, lam = torch.linspace(1, 0, n + 1, dtype=F64), torch.linspace(lo, hi, n + 1, dtype=F64)
    return [(a, (1 - a)*math.exp(-v)) for a, v in zip(shape(u).tolist(), lam.tolist())] + [(0., 0.)]


def counted(model=GMM):
    "A predictor that notes where it is asked"
    seen = []
    def asked(x, y, a, b, t=None):
        seen.append((a, b))
        return model(x, y, a, b, t)
    return asked, seen


def halving(solver, counts, shape):
    "Errors of the state before the last step, with an exact predictor, for some numbers of steps"
    x = torch.linspace(-1.5, 1.5, 31, dtype=F64)[:, None]
    def end(n, solver): return sample(GMM, x_T=x, path=even_levels(n, shape), solver=solver, clip=None,
                                      trace=True)[-1].x_t
    truth = end(4*counts[-1], 'heun')
    return [(end(n, solver) - truth).abs().mean().item() for n in counts]


@pytest.mark.parametrize('shape', [lambda u: 0*u, lambda u: .8*u, lambda u: .9*u**2], ids=['axis', 'line', 'bent'])
@pytest.mark.parametrize('solver, order', [('euler', 1), ('heun', 2), ('multistep', 2)])
def test_the_order_of_a_solver_is_the_slope_of_its_error(solver, order, shape):
    e = halving(solver, (40, 80, 160), shape)
    close(math.log2(e[-2]/e[-1]), order, .1)


@pytest.mark.parametrize('solver, least', [('euler', .9), ('heun', 1.9), ('multistep', 1.)])
def test_the_order_through_the_singular_ends(solver, least):
    s, x = Schedule.line(6400), torch.linspace(-2, 2, 21, dtype=F64)[:, None]
    truth = sample(GMM, x_T=x, schedule=s, steps=640, solver='heun', clip=None)
    e = [(sample(GMM, x_T=x, schedule=s, steps=n, solver=solver, clip=None) - truth).abs().mean() for n in (40, 160)]
    assert math.log2(e[0]/e[1])/2 > least


@given(seeds, st.integers(1, 12), st.sampled_from(ORDERS))
def test_solvers_of_second_order_return_what_constant_true_predictions_say(seed, steps, order):
    x0, x_in, eps = trio(seed)
    for solver in SECOND:
        out = sample(constant(x_in - x0, eps), x_in, steps=steps + 1, order=order, solver=solver, clip=None,
                     x_T=x_in + eps)
        close(out, x0, 1e-13)


def test_a_heun_step_is_the_published_one_where_there_are_such():
    x, x_in = randn(5, 1), randn(5, 1, seed=1)
    D = lambda x, s: -GMM(x, 0*x, 0., s).res  # EDM's denoiser
    for s, t in ((1.5, .7), (.7, .2)):
        d = (x - D(x, s))/s
        ahead = x + (t - s)*d
        want = x + (t - s)*(d + (ahead - D(ahead, t))/t)/2
        run = sample(GMM, x_T=x, path=[(0, s), (0, t), (0, 0)], solver='heun', clip=None, trace=True)
        close(run[0].x_s, want, 1e-13)
    v = lambda x, u: sum(GMM(x, x_in, u, u))  # flow matching's velocity on the line
    for u, w in ((.9, .5), (.5, .2)):
        ahead = x + (w - u)*v(x, u)
        want = x + (w - u)*(v(x, u) + v(ahead, w))/2
        run = sample(GMM, x_in, x_T=x, path=[(u, u), (w, w), (0, 0)], solver='heun', clip=None, trace=True)
        close(run[0].x_s, want, 1e-13)


def test_a_multistep_step_is_dbims_formula():
    x, x_in = randn(5, 1), randn(5, 1, seed=1)
    path = [Point(.9, .5), Point(.6, .45), Point(.2, .3)]
    run = sample(GMM, x_in, x_T=x, path=[*path, CLEAN], solver='multistep', clip=None, trace=True)
    lam = [math.log((1 - p.abar)/p.bbar) for p in path]
    h, h2 = lam[2] - lam[1], lam[1] - lam[0]
    (a_t, b_t), (a_s, b_s) = path[1:]
    want = (b_s/b_t*run[1].x_t + (a_s - a_t*b_s/b_t)*x_in + (1 - a_s)*(
        (1 - math.exp(-h))*run[1].x0 + (math.exp(-h) + h - 1)*(run[1].x0 - run[0].x0)/h2))
    close(run[1].x_s, want, 1e-12)
    close(run[0].x_s, sample(GMM, x_in, x_T=x, path=[*path, CLEAN], clip=None, trace=True)[0].x_s, 0)


@pytest.mark.parametrize('steps', [1, 2, 7])
def test_how_often_the_network_is_asked(steps):
    x = randn(3, 1)
    for solver, want in (('euler', steps), ('heun', 2*steps - 1), ('multistep', steps)):
        model, seen = counted()
        sample(model, x_T=x, steps=steps, solver=solver, clip=None)
        assert len(seen) == want
        assert len(sample(GMM, x_T=x, steps=steps, solver=solver, clip=None, trace=True)) == steps


def test_heun_does_not_ask_at_the_clean_image_where_there_is_no_noise_either():
    model, seen = counted(res_model)
    sample(model, random_images(1, 3, 4, 4), path=[(1, 0), (.5, 0), (0, 0)], solver='heun')
    assert seen == [(1, 0), (.5, 0), (.5, 0)]


def test_heun_asks_at_the_next_place_and_its_node():
    seen = []
    def model(x, y, a, b, t): return seen.append((t, a, b)) or GMM(x, y, a, b)
    s = Schedule.line(4)
    sample(model, x_T=randn(3, 1), schedule=s, steps=2, solver='heun', clip=None)
    assert seen == [(t, *s[t]) for t in (4, 2, 2)]


@given(seeds, st.integers(2, 9), st.sampled_from(SECOND))
def test_one_evaluation_left_is_the_same_for_all_solvers(seed, steps, solver):
    x = randn(3, 1, seed=seed)
    one = [sample(GMM, x_T=x, steps=1, solver=k, clip=None) for k in SOLVERS]
    assert torch.equal(one[0], one[1]) and torch.equal(one[0], one[2])
    run = sample(GMM, x_T=x, steps=steps, solver=solver, clip=None, trace=True)
    assert torch.equal(run.x0, run[-1].x0)  # the last step takes the estimate as it is


@pytest.mark.parametrize('path', [[(1, 0), (0, 0)], [(.5, 0), (0, 0)], [(1, .3), (0, 0)], [(0, .3), (0, 0)]])
def test_one_step_is_one_step_for_any_solver_wherever_it_starts(path):
    x = randn(3, 1)
    ends = [sample(GMM, x, x_T=x, path=path, solver=k, clip=None) for k in SOLVERS]
    assert all(torch.equal(e, ends[0]) for e in ends)


def test_a_point_visited_twice_is_where_heun_and_euler_stay():
    x, path = randn(3, 1), [(.9, .9), (.5, .5), (.2, .2), (0, 0)]
    for k in ('euler', 'heun'):
        twice = sample(GMM, x, x_T=x, path=[path[0], path[1], *path[1:]], solver=k, clip=None)
        close(twice, sample(GMM, x, x_T=x, path=path, solver=k, clip=None), 1e-13)


@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.parametrize('solver', SECOND)
def test_solvers_on_singular_legs_end_nearer_to_the_truth_than_euler(solver, order):
    x = torch.linspace(-2, 2, 21, dtype=F64)[:, None]
    def end(n, solver): return sample(GMM, x_T=x, schedule=Schedule.circle(1000), steps=n, solver=solver, order=order,
                                      clip=None)
    truth = end(500, 'heun')
    euler, other = ((end(80, k) - truth).abs().mean().item() for k in ('euler', solver))
    assert other < .7*euler + 1e-12


@pytest.mark.parametrize('clip', ['x0', None])
def test_restoring_without_noise_heun_is_the_trapezoid_rule(clip):
    x_in, f = random_images(2, 3, 4, 4), lambda x, y, a, b, t=None: Prediction(res=.3*torch.tanh(x - a))
    got = sample(f, x_in, path=[(1, 0), (.4, 0), (0, 0)], solver='heun', clip=clip, trace=True)[0]
    r = f(x_in, x_in, 1., 0.).res
    if clip: r = x_in - (x_in - r).clamp(-1, 1)
    ahead = f(x_in - .6*r, x_in, .4, 0.).res
    if clip: ahead = x_in - (x_in - ahead).clamp(-1, 1)
    close(got.x_s, x_in - .6*(r + ahead)/2, 1e-14)


@pytest.mark.parametrize('solver', SECOND)
@pytest.mark.parametrize('kw, match', [
    (dict(eta=.5), r"follows the ODE, which draws no fresh noise: take eta=0 .*or solver='euler'"),
    (dict(eta=[0, .5]), r'follows the ODE'),
    (dict(clip='official'), r"clip='official' clamps residual and image each for itself.*clip='x0' or None"),
    (dict(clip='official_posterior'), r"clip='official_posterior' clamps"),
    (dict(schedule=Schedule.bridge(10), posterior='bridge', eta=1.), r'a bridge: eta=\[1, 0\], noise at its first'),
    (dict(path=[(1, 1), (1.5, .5), (0, 0)]), r'path\[1\].*off the plane'),
])
def test_what_a_second_order_solver_cannot_do_is_refused(solver, kw, match):
    model, seen = counted()
    with pytest.raises(ValueError, match=match): sample(model, X[:, :1, 0, 0], solver=solver, **kw)
    assert not seen


def test_what_the_multistep_solver_cannot_do_is_refused():
    model, seen = counted()
    for path, match in (([(.9, .9), (.5, .5), (.5, .5), (0, 0)], r'from \(0\.5, 0\.5\) to .* stays at one noise level'),
                        ([(.9, .9), (.5, .25), (.6, .2), (0, 0)], r'leave one of the two points out'),
                        ([(1, 0), (.5, 0), (0, 0)], r"holds no noise.*take 'heun' or 'euler'")):
        with pytest.raises(ValueError, match=match): sample(model, x_T=randn(3, 1), path=path, solver='multistep')
        if path[0] != (1, 0): sample(GMM, x_T=randn(3, 1), path=path, solver='heun', clip=None)
    with pytest.raises(ValueError, match="solver must be one of euler, heun, multistep, got 'rk4'"):
        sample(model, x_T=randn(3, 1), solver='rk4')
    assert not seen


@pytest.mark.parametrize('solver', SOLVERS)
@pytest.mark.parametrize('posterior', ['bridge', 'preserving'])
def test_a_bridge_draws_at_its_first_step_and_is_deterministic_from_there(solver, posterior):
    s, x_in = Schedule.bridge(100, .5), randn(4000, 1, seed=3)
    run = sample(GMM, x_in, schedule=s, steps=10, posterior=posterior, eta=[1, 0], solver=solver, clip=None,
                 generator=rng(1), trace=True)
    assert [m.step.sigma2 for m in run] == [run[0].step.to.bbar**2] + [0]*9
    g = rng(1)
    _, z = (torch.randn(4000, 1, generator=g, dtype=F64) for _ in range(2))  # the first is drawn for the start
    (a, b), x0 = run[0].step.to, run[0].x0
    close(run[0].x_s, (1 - a)*x0 + a*x_in + b*z, 1e-13)
    tail = sample(GMM, x_in, path=[m.step.to for m in run], x_T=run[0].x_s, solver=solver, clip=None)
    close(run.x0, tail, 1e-12)


def test_eta_may_be_one_share_per_step_and_the_last_holds_for_the_rest():
    x, s = randn(3, 1), Schedule.power(100)
    def sigmas(eta, steps=4): return [m.step.sigma2 for m in sample(GMM, x_T=x, schedule=s, steps=steps, eta=eta,
                                                                    clip=None, generator=rng(), trace=True)]
    full = sigmas(1.)
    assert sigmas([1, .5, 0, 0]) == [full[0], .5*full[1], 0, 0] == sigmas((1, .5, 0))
    assert sigmas([.25]) == sigmas(.25) and sigmas([1, 0], steps=1) == [0]
    with pytest.raises(ValueError, match='eta is an empty list: give a share per step'): sigmas([])
    with pytest.raises(ValueError, match='eta is a share of the variance'): sigmas([0, 1.5])
    with pytest.raises(ValueError, match='eta lists 6 shares, but the run has 4 steps'): sigmas([1, .5, 0, 0, 0, 0])


@pytest.mark.parametrize('nodes', [[100, 50, 0], (100, 50, 0), range(100, -1, -50)], ids=['list', 'tuple', 'range'])
def test_two_legs_take_no_nodes(nodes):
    assert [t for t, _ in sampling_path(Schedule.power(100), nodes)] == [100, 50, 0]
    with pytest.raises(ValueError, match='has two legs of its own: give the number of steps, not nodes'):
        sampling_path(Schedule.power(100), nodes, 'residual_first')


@pytest.mark.parametrize('shape', [(1, 1, 4, 4), (2, 3, 4, 4)])
def test_a_noise_map_says_where_the_noise_is_strong(shape):
    x_in, u = random_images(2, 3, 4, 4), torch.rand(shape, generator=rng(8), dtype=F64)*2
    kw = dict(schedule=Schedule.power(10), steps=3, eta=.5, clip=None, trace=True)
    run = sample(res_model, x_in, noise_map=u, generator=rng(2), **kw)
    g, first = rng(2), run[0]
    z = [torch.randn(2, 3, 4, 4, generator=g, dtype=F64) for _ in range(2)]
    close(first.x_t, x_in + first.step.at.bbar*u*z[0], 1e-14)
    (a, b), v = first.step.to, first.step.sigma2
    close(first.x_s, first.x0 + a*first.res + math.sqrt(b*b - v)*first.eps + math.sqrt(v)*u*z[1], 1e-13)
    plain = sample(res_model, x_in, generator=rng(2), **kw)
    ones = sample(res_model, x_in, noise_map=torch.ones(1, 1, 1, 1), generator=rng(2), **kw)
    assert torch.equal(plain.x0, ones.x0) and not torch.equal(plain.x0, run.x0)
    for bad, match in ((torch.ones(2, 3, 4, 5), r'noise_map has shape \(2, 3, 4, 5\), but the images have'),
                       (torch.ones(4, 4), 'noise_map has shape'), (-torch.ones(1, 1, 1, 1), 'finite and >= 0'),
                       (torch.full((1, 1, 1, 1), math.nan), 'finite and >= 0')):
        with pytest.raises(ValueError, match=match): sample(res_model, x_in, noise_map=bad)


# ----- films -----
def film_of(path):
    import numpy as np
    from PIL import Image, ImageSequence
    with Image.open(path) as f:
        frames = [(torch.from_numpy(np.array(x.convert('RGB'))).long(), x.info['duration'])
                  for x in ImageSequence.Iterator(f)]
        return [x for x, _ in frames], [t for _, t in frames]


@pytest.mark.parametrize('channels', [1, 3])
def test_a_film_shows_the_states_pixel_by_pixel(tmp_path, channels):
    from rddm_nb.images import to_uint8
    run = sample(res_model, random_images(2, channels, 6, 9), steps=3, trace=True, generator=rng(0))
    run.save(tmp_path/'f.webp', i=1, seconds=.1, scale=2)
    got, times = film_of(tmp_path/'f.webp')
    want = [to_uint8(x).expand(3, -1, -1).permute(1, 2, 0).repeat_interleave(2, 0).repeat_interleave(2, 1)
            for x in run.frames(1)]
    assert len(got) == 4 and all(torch.equal(a, b.long()) for a, b in zip(got, want)) and times[:1] == [100]


def test_a_film_as_gif_has_all_frames_and_nearly_their_colours(tmp_path):
    from rddm_nb.images import to_uint8
    run = sample(res_model, random_images(1, 3, 8, 8), steps=2, trace=True, generator=rng(0))
    run.save(str(tmp_path/'f.gif'))
    got, times = film_of(tmp_path/'f.gif')
    assert len(got) == 3 and times == [500, 500, 2000]
    for a, x in zip(got, run.frames(0)): assert (a - to_uint8(x).permute(1, 2, 0).long()).abs().float().mean() < 4


def test_films_that_cannot_be(tmp_path):
    run = sample(res_model, random_images(1, 3, 4, 4), steps=1, trace=True)
    with pytest.raises(ValueError, match='a .gif or a .webp file, got .*f.mov'): run.save(tmp_path/'f.mov')
    run.save(tmp_path/'f.gif')
    with pytest.raises(FileExistsError, match='force=True'): run.save(tmp_path/'f.gif')
    run.save(tmp_path/'f.gif', force=True)
    with pytest.raises(ValueError, match='1 or 3 channels'):
        sample(res_model, random_images(1, 2, 4, 4), steps=1, trace=True).save(tmp_path/'g.gif')
    for scale in (0, -1, 1.5, None):
        with pytest.raises(ValueError, match=f'scale must be a whole number >= 1, got {scale}'):
            run.save(tmp_path/'g.gif', scale=scale)
    for seconds in (-1, 0, 101, math.nan, math.inf, None):
        with pytest.raises(ValueError, match=f'seconds must be a number from .01 to 100, got {seconds}'):
            run.save(tmp_path/'g.gif', seconds=seconds)
    still = lambda x_t, x_in, abar, bbar, t: Prediction(0*x_t, 0*x_t)
    long = sample(still, x := random_images(1, 3, 4, 4), steps=6, x_T=x, trace=True)
    with pytest.raises(ValueError, match='a film lasts at most 655 seconds, not 1000'):
        long.save(tmp_path/'g.gif', seconds=100)
    assert not (tmp_path/'g.gif').exists()
    run.save(tmp_path/'g.gif', scale=2., seconds=.01)
    run.save(tmp_path/'g.gif', seconds=100, force=True)


@pytest.mark.parametrize(('kw', 'error', 'said'), [
    (dict(schedule='power'), TypeError, "schedule must be a Schedule, such as Schedule.power"),
    (dict(generator=3), TypeError, 'generator must be a torch.Generator, or one per image, got 3'),
    (dict(noise_map=1.), TypeError, 'noise_map must be a tensor, got float'),
    (dict(x_T=torch.full((1, 3, 4, 4), math.nan, dtype=F64)), ValueError, 'x_T holds NaN')])
def test_what_cannot_be_an_argument_is_named(kw, error, said):
    with pytest.raises(error, match=said): sample(res_model, random_images(1, 3, 4, 4), **kw)


@pytest.mark.parametrize('schedule', [None, 'line', 0])
def test_a_path_is_that_of_a_schedule(schedule):
    with pytest.raises(TypeError, match=f'schedule must be a Schedule, such as Schedule.power.., got {schedule!r}'):
        sampling_path(schedule)
    with pytest.raises(TypeError, match='schedule must be a Schedule'):
        sample(res_model, random_images(1, 3, 4, 4), schedule='' if schedule is None else schedule)


def test_what_cannot_be_sampled_is_named():
    with pytest.raises(TypeError, match="model must be a predictor, a callable .* got 'rain'; load_network"):
        sample('rain', random_images(1, 3, 4, 4))
    for shape in ((0, 3, 4, 4), 'x', 4, (1.5, 2), ()):
        for x_in in (None, random_images(1, 3, 4, 4)):
            with pytest.raises(ValueError, match='shape must hold whole numbers from 1 on'):
                sample(res_model, x_in, shape=shape)
    assert sample(lambda x, *a: Prediction(x, x), shape=(1., 3, 4, 4), steps=1).shape == (1, 3, 4, 4)


def test_nodes_and_shares_may_be_arrays():
    x, kw = random_images(1, 3, 4, 4), dict(schedule=Schedule.power(T=10))
    a, b = (sample(res_model, x, steps=s, eta=e, generator=rng(), **kw)
            for s, e in (([10, 5, 0], [1., 0.]), (torch.tensor([10, 5, 0]).numpy(), torch.tensor([1., 0.]).numpy())))
    assert torch.equal(a, b)


@pytest.mark.parametrize('name', ['x_in', 'x_T'])
def test_a_shape_that_contradicts_the_images_and_images_without_pixels_are_refused(name):
    x = random_images(2, 3, 4, 4)
    with pytest.raises(ValueError, match=fr'{name} has shape \(2, 3, 4, 4\), but shape=\(8, 3, 4, 4\) was asked for'):
        sample(res_model, shape=(8, 3, 4, 4), **{name: x})
    assert sample(res_model, shape=(2, 3, 4, 4), steps=1, **{name: x}).shape == x.shape
    with pytest.raises(ValueError, match=fr'{name} is empty: its shape is \(0, 3'):
        sample(res_model, **{name: x[:0, :, 0]})


def test_a_class_of_networks_is_no_network():
    with pytest.raises(TypeError, match=r'model is the class Linear: give a network made of it, Linear\(\.\.\.\)'):
        sample(torch.nn.Linear, random_images(1, 3, 4, 4))


class Among:
    "A predictor that keeps its networks in a list or a dict"
    def __init__(self, nets): self.nets = nets
    def __call__(self, *args): return self.nets[0](*args)


def asked(net, *args): return net(*args)


def asked_by_name(*args, net): return net(*args)


WRAPS = dict(parallel=torch.nn.DataParallel, wrapper=Wrapper, variant=lambda n: OnlyRes(torch.nn.DataParallel(n)),
             method=lambda n: n.forward, partial=lambda n: partial(n.forward), known=KnownPixels,
             argument=lambda n: partial(asked, n), keyword=lambda n: partial(asked_by_name, net=n),
             listed=lambda n: Among([n]), named=lambda n: Among({0: n}), closed=lambda n: lambda *args: n(*args))


@pytest.mark.parametrize('wrap', WRAPS.values(), ids=WRAPS)
def test_a_wrapped_network_samples_on_its_own_schedule_in_eval_mode(wrap):
    net, x_in = Net(schedule=Schedule.power(7, bbar_T=.1)).train(), random_images(1, 3, 4, 4, dtype=torch.float32)
    want, net.seen = sample(wrap(net.eval()), x_in, generator=rng()), []
    assert torch.equal(sample(wrap(net.train()), x_in, generator=rng()), want)
    assert [t for _, _, t in net.seen] == net.schedule.grid(5)[:-1]
    net.seen = []
    states = [*sample_steps(wrap(net), x_in, generator=rng())]
    assert torch.equal(states[-1].x_s, want) and not any(training for training, _, _ in net.seen) and net.training


@pytest.mark.parametrize('make', [lambda: UNet(8, (1,), embedding='t'),
                                  lambda: OfficialUNet('res', dim=8, mults=(1, 2), embedding='t')])
def test_a_network_told_nodes_alone_knows_its_own_schedule_only(make):
    net, x_in = make(), random_images(1, 3, 8, 8, dtype=torch.float32)
    assert sample(net, x_in, schedule=Schedule.line(10)).isfinite().all() # it carries none: nobody knows
    net.schedule = Schedule.power(10)
    for schedule in (None, Schedule.power(10)):
        sample(net, x_in, schedule=schedule)
    for wrapped in (Wrapper(net), TwoNets(UNet(8, (1,)), net), TwoNets(net, UNet(8, (1,)))):
        with pytest.raises(ValueError, match="embedding='t' and knows only the nodes of its own .*, not of .*line"):
            sample(wrapped, x_in, schedule=Schedule.line(10))


def test_a_run_that_begins_with_clean_image_in_the_state_needs_that_state():
    s, x0 = Schedule.power(), random_images(1, 3, 4, 4)
    runs = [dict(path=[(.5, .5), (0, 0)]), dict(path=[(.81, 1.5), (0, 0)]), dict(schedule=s, steps=[400, 0]),
            dict(schedule=Schedule.ddim_linear(50))]
    for kw in runs:
        for start in (dict(x_in=X), dict(shape=(1, 3, 2, 2))):
            with pytest.raises(ValueError, match='of the clean image is in the state, which the input does not hold'):
                sample(res_model, **start, **kw)
        assert sample(res_model, X, x_T=X, **kw).isfinite().all()
    for at in ((.901, 1), (.9936, 1), (1, .1), (0, 80)): # the last as in EDM
        assert sample(res_model, X, path=[at, (0, 0)], clip=None).isfinite().all()
    clean = oracle(x0, 0*x0)
    close(sample(clean, 0*x0, path=[(.5, .5), (0, 0)], x_T=q_sample(x0, 0*x0, randn(1, 3, 4, 4), .5, .5)), x0, 1e-12)


def test_a_trace_records_no_gradient():
    x_in = random_images(2, 3, 4, 4).requires_grad_()
    for kw in ({}, dict(x_T=x_in)): sample(res_model, x_in, trace=True, **kw).frames().numpy()


def test_a_network_samples_under_autocast():
    net, x_in = UNet(8, (1,)), random_images(1, 3, 8, 8, dtype=torch.float32)
    torch.nn.init.normal_(net.last[-1].weight, std=.02)
    want = sample(net, x_in, generator=rng())
    with torch.autocast('cpu', torch.bfloat16): got = sample(net, x_in, generator=rng())
    assert got.dtype == torch.float32 and 0 < (got - want).abs().max() < .1


def test_points_without_a_number_are_named_not_the_model():
    with pytest.raises(ValueError, match='x_in holds NaN'): sample(res_model, torch.full((2, 3), torch.nan))


def test_a_function_that_tells_its_network_the_node_may_run_on_another_schedule():
    told, x_in = UNet(8, (1,), embedding='t'), random_images(1, 3, 4, 4, dtype=torch.float32)
    told.schedule = Schedule.line(50)
    def translate(x_t, x_in, abar, bbar, t): return told(x_t, x_in, abar, bbar, torch.tensor([max(1, round(abar*50))]))
    assert sample(translate, x_in, schedule=Schedule.power(10)).shape == x_in.shape
    with pytest.raises(ValueError, match="embedding='t' and knows only the nodes of its own .*line"):
        sample(partial(told), x_in, schedule=Schedule.power(10))
