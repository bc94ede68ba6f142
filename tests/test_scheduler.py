"""RDDMScheduler: the library's sampler step for step, diffusers' schedulers and pipelines, configurations, refusals
(invariants 31, 34, 38)."""
import copy
import json
import math
import pickle
import re
import sys
from types import SimpleNamespace
import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from common import F64, close, ellipse, fake_eps, fake_res, random_images, power_schedules, randn, rng, seeds, unit
from rddm_nb.estimate import Prediction, SingularError
from rddm_nb.reverse import POSTERIORS
from rddm_nb.forward import randn_like
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule

diffusers = pytest.importorskip('diffusers', exc_type=ImportError)
from rddm_nb.ddim import SPACINGS, ddim_nodes
from rddm_nb.scheduler import _PREDICTION_TYPES, _BETA_SCHEDULES, RDDMScheduler, RDDMSchedulerOutput, WithInput

SHAPE = (2, 3, 4, 4)
OPEN = dict(beta_schedule='linear', beta_start=1e-3,
            beta_end=.2)  # ends below abar = 1, so that every prediction type can start


def net(x_t, x_in, abar, bbar, n):
    "n channels of a nonlinear function that stands in for a network"
    a, b = fake_res(x_t, x_in, abar, bbar), fake_eps(x_t, x_in, abar, bbar)
    return a if n == 1 else torch.cat([a, b], 1)


def says(kind, x_t, x_in, abar, bbar): return net(x_t, x_in, abar, bbar, 1 + (kind == 'residual_epsilon'))


def predictor(kind):
    "The same network as `sample` takes it, its output read by the formulas as they stand in the papers"
    def model(x_t, x_in, abar, bbar, t=None):
        out = says(kind, x_t, x_in, abar, bbar)
        if kind == 'residual': return Prediction(res=out)
        if kind == 'epsilon': return Prediction(eps=out)
        if kind == 'residual_epsilon': return Prediction(res=out[:, :3], eps=out[:, 3:])
        if kind == 'sample': return Prediction(res=x_in - out)
        A = (1 - abar)**2/((1 - abar)**2 + bbar**2)  # DDPM's cumulative product of the rescaled state
        z = (x_t - abar*x_in)/math.sqrt((1 - abar)**2 + bbar**2)
        return Prediction(res=x_in - (math.sqrt(A)*z - math.sqrt(1 - A)*out), eps=math.sqrt(1 - A)*z + math.sqrt(A)*out)
    return model


def nodes(s): return [int(t) + 1 for t in s.timesteps] + [0]


def loop(s, x, x_in, give=True, **kw):
    "All samples of a run written as users of diffusers write it"
    zeros, kind, states = torch.zeros_like(x), s.config.prediction_type, [x]
    for t in s.timesteps:
        at = s.schedule[int(t) + 1]
        seen = s.scale_model_input(states[-1], t)
        out = says(kind, seen, zeros if x_in is None else x_in, *at)
        states.append(s.step(out, t, states[-1], **(dict(x_in=x_in) if give else {}), **kw).prev_sample)
    return states


# ----- the library's own sampler -----
@given(seeds, st.sampled_from(_PREDICTION_TYPES), unit, st.sampled_from(['sum_constrained', 'preserving']),
       st.integers(1, 30), st.sampled_from(SPACINGS), st.booleans(), st.booleans())
def test_a_run_is_the_sampler_s(seed, kind, eta, posterior, steps, spacing, clip, restore):
    x_in = random_images(*SHAPE, seed=seed) if restore else None
    s = RDDMScheduler(30, prediction_type=kind, eta=eta, posterior=posterior, clip_sample=clip,
                      timestep_spacing=spacing, **OPEN)
    s.set_timesteps(steps)
    assert s.init_noise_sigma == s.schedule[nodes(s)[0]].bbar
    g = rng(seed)
    x = s.init_noise_sigma*randn_like(torch.zeros(SHAPE, dtype=F64), g) + (x_in if restore else 0)
    want = sample(predictor(kind), x_in, shape=SHAPE if not restore else None, schedule=s.schedule, steps=nodes(s),
                  eta=eta, posterior=posterior, clip='x0' if clip else None,
                  x_T=x, generator=g, trace=True)
    g = rng(seed)
    randn_like(x, g)
    scale = max(1., max(w.x_s.abs().max().item() for w in want))
    for state, w in zip(loop(s, x, x_in, generator=g)[1:], want): close(state, w.x_s, 1e-12*scale)


@given(power_schedules(), seeds, st.sampled_from(['residual', 'sample', 'residual_epsilon', 'v_prediction']), unit)
def test_a_run_on_any_curve_of_the_paper_starts_and_ends_like_the_sampler(schedule, seed, kind, eta):
    x_in = random_images(*SHAPE, seed=seed)
    s = RDDMScheduler.from_schedule(schedule, prediction_type=kind, eta=eta)
    s.set_timesteps(max(1, schedule.T//3))
    g = rng(seed)
    got = loop(s, x_in + s.init_noise_sigma*randn_like(x_in, g), x_in, generator=g)[-1]
    want = sample(predictor(kind), x_in, schedule=schedule, steps=nodes(s), eta=eta, generator=rng(seed))
    close(got, want, 1e-12*max(1, want.abs().max().item()))


@pytest.mark.parametrize('steps', [1, 2, 4, 5, 10, 1000])
def test_trailing_visits_the_nodes_of_the_sampler(steps):
    s = RDDMScheduler()
    s.set_timesteps(steps)
    assert nodes(s) == s.schedule.grid(steps) and s.num_inference_steps == steps == len(s.timesteps)


def test_seven_of_a_thousand_trailing_steps_are_rounded_as_in_diffusers():
    s, d, x_in = RDDMScheduler(), diffusers.DDIMScheduler(timestep_spacing='trailing'), random_images(*SHAPE)
    s.set_timesteps(7), d.set_timesteps(7)
    assert torch.equal(s.timesteps, d.timesteps)
    same = ddim_nodes(1000, 7, 'trailing')
    assert nodes(s) == same == [1000, 857, 714, 571, 429, 286, 143, 0]
    assert s.schedule.grid(7) == [1000, 857, 714, 571, 428, 285, 142, 0]
    x = x_in + randn(*SHAPE)
    close(loop(s, x, x_in)[-1], sample(predictor('residual'), x_in, schedule=s.schedule, steps=same, x_T=x), 1e-12)


@given(st.integers(1, 60), st.integers(1, 60))
def test_trailing_is_never_more_than_a_node_away_from_the_sampler(T, steps):
    s = RDDMScheduler(max(T, steps), beta_schedule='line')
    s.set_timesteps(steps)
    assert all(abs(a - b) <= 1 for a, b in zip(nodes(s), s.schedule.grid(steps), strict=True))


@given(seeds, st.sampled_from(['residual', 'sample', 'residual_epsilon', 'v_prediction']), unit,
       st.sampled_from([.1, 1., 2.]), st.integers(1, 12))
def test_pipelines_samples_are_the_same_run_in_other_coordinates(seed, kind, eta, bbar_T, steps):
    x_in, z = random_images(*SHAPE, seed=seed), randn(*SHAPE, seed=seed + 1)
    s = RDDMScheduler(12, prediction_type=kind, eta=eta, bbar_T=bbar_T)
    s.set_timesteps(steps)
    want = loop(s, x_in + bbar_T*z, x_in, generator=rng(seed))
    close(s.init_noise_sigma, bbar_T, 1e-15)
    s.set_input(x_in)
    assert s.init_noise_sigma == 1
    got = loop(s, z, x_in, give=False, generator=rng(seed))
    for (t, a), b, w in zip([(n, s.schedule[n]) for n in nodes(s)], got, want, strict=True):
        close((w - a.abar*x_in)/math.sqrt((1 - a.abar)**2 + a.bbar**2), b, 1e-11)
        if t: close(s.scale_model_input(b, t - 1), w, 1e-11)
    s.set_input(x_in, unit=False)
    close(s.init_noise_sigma, bbar_T, 1e-15)
    for a, b in zip(loop(s, want[0], x_in, give=False, generator=rng(seed)), want): assert torch.equal(a, b)
    s.set_input(None)
    assert s.scale_model_input(z) is z


def test_a_bridge_restores_from_whatever_noise_the_pipeline_drew():
    x_in, z = random_images(*SHAPE), randn(*SHAPE)
    s = RDDMScheduler(20, beta_schedule='bridge', posterior='bridge', eta=1.)
    s.set_timesteps(5)
    want = sample(predictor('residual'), x_in, schedule=Schedule.bridge(20), steps=nodes(s), posterior='bridge',
                  eta=1., x_T=x_in, generator=rng(1))
    s.set_input(x_in)
    close(s.scale_model_input(z, 19), x_in, 0)
    for start in (z, 3*z): close(loop(s, start, x_in, give=False, generator=rng(1))[-1], want, 1e-12)


def test_an_x_in_given_to_step_goes_before_the_one_set():
    x_in, other, x = random_images(*SHAPE), random_images(*SHAPE, seed=5), randn(*SHAPE)
    s = RDDMScheduler(10)
    s.set_timesteps(2)
    want = s.step(.3*x, 9, x, x_in=x_in)
    s.set_input(other)
    assert torch.equal(s.step(.3*x, 9, x, x_in=x_in).prev_sample, want.prev_sample)
    assert (s.step(.3*x, 9, x).prev_sample - want.prev_sample).abs().max() > .1


def test_half_precision_is_computed_in_single():
    s, x = RDDMScheduler(10, beta_schedule='line', prediction_type='residual_epsilon',
                         eta=.5), randn(*SHAPE, dtype=torch.float32)
    s.set_timesteps(5)
    for dtype in (torch.bfloat16, torch.float16):
        v, out, z = (
            x.to(dtype),
            torch.cat([0.3 * x, 0.2 * x], 1).to(dtype),
            randn(*SHAPE, seed=1, dtype=torch.float32).to(dtype),
        )
        got = s.step(out, 9, v, variance_noise=z).prev_sample
        assert got.dtype == dtype
        assert torch.equal(got, s.step(out.float(), 9, v.float(), variance_noise=z.float()).prev_sample.to(dtype))
    assert torch.equal(s.step(out, 9, x, variance_noise=z).prev_sample,
                       s.step(out.float(), 9, x, variance_noise=z.float()).prev_sample)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('T, t', [(1000, 999), (1000, 990), (1000, 500)])
def test_training_and_pipelines_in_half_precision_lose_no_digits(dtype, T, t):
    s, t = RDDMScheduler(T, bbar_T=.01), torch.tensor([t]*2)
    x0, x_in = (random_images(*SHAPE, seed=i).to(dtype) for i in range(2))
    z = randn(*SHAPE).to(dtype)
    s.set_input(x_in)
    for f in (lambda x, z: s.add_noise(x, z, t), lambda x, z: s.get_velocity(x, z, t),
              lambda x, z: s.add_noise(x, z, t, x_in=x_in), lambda x, z: s.scale_model_input(z, t[0])):
        assert torch.equal(f(x0, z), f(x0.float(), z.float()).to(dtype))
        close(f(x0, z), f(x0.double(), z.double()), 5*torch.finfo(dtype).eps)
    assert s.add_noise(x0, z.float(), t).dtype == s.get_velocity(x0, z.float(), t).dtype == dtype


def test_a_training_sample_after_set_input_does_not_depend_on_the_input():
    s, x0, z, t = RDDMScheduler(bbar_T=1e-3), random_images(*SHAPE), randn(*SHAPE), torch.tensor([997, 999])
    s.set_input(random_images(*SHAPE, seed=1).float())
    single = s.add_noise(x0.float(), z.float(), t)
    s.set_input(random_images(*SHAPE, seed=2).float())
    assert torch.equal(s.add_noise(x0.float(), z.float(), t), single)


def test_each_image_may_have_its_own_generator():
    s, x = RDDMScheduler(10, eta=1.), randn(*SHAPE)
    s.set_timesteps(5)
    both = s.step(.1*x, 9, x, generator=[rng(1), rng(2)]).prev_sample
    for i in range(2): close(both[i:i + 1], s.step(.1*x[i:i + 1], 9, x[i:i + 1], generator=rng(1 + i)).prev_sample, 0)


# ----- solvers -----
MULTI = dict(solver='multistep', clip_sample=False)


@given(seeds, st.sampled_from(['residual', 'sample', 'residual_epsilon', 'v_prediction']), st.integers(1, 12),
       st.booleans(), st.booleans())
def test_the_multistep_solver_is_the_sampler_s(seed, kind, steps, clip, restore):
    x_in, z = random_images(*SHAPE, seed=seed), randn(*SHAPE, seed=seed + 1)
    s = RDDMScheduler(30, prediction_type=kind, solver='multistep', clip_sample=clip, **OPEN)
    s.set_timesteps(steps)
    x = s.init_noise_sigma*z + (x_in if restore else 0)
    want = sample(predictor(kind), x_in if restore else None, schedule=s.schedule, steps=nodes(s), solver='multistep',
                  clip='x0' if clip else None, x_T=x, trace=True)
    scale = max(1., max(w.x_s.abs().max().item() for w in want))
    for state, w in zip(loop(s, x, x_in if restore else None)[1:], want): close(state, w.x_s, 1e-12*scale)
    if steps > 2 and not clip: assert (want.x0 - sample(predictor(kind), x_in if restore else None, schedule=s.schedule,
                                                        steps=nodes(s), clip=None, x_T=x)).abs().max() > 1e-6


def test_a_step_that_does_not_go_on_starts_anew():
    s, x = RDDMScheduler(20, **MULTI, **OPEN), randn(*SHAPE)
    first = RDDMScheduler(20, clip_sample=False, **OPEN)
    s.set_timesteps(5), first.set_timesteps(5)
    a, b, c = s.timesteps[:3]
    want = [first.step(.3*x, t, x).prev_sample for t in (a, b, c)]
    once = loop(s, x, None)
    y = s.step(.3*x, a, x).prev_sample
    left_out = first.step(.2*x, c, y).prev_sample
    assert torch.equal(s.step(.2*x, c, y).prev_sample, left_out)  # a place was left out
    s.step(.3*x, a, x)
    assert torch.equal(s.step(.3*x, c, x).prev_sample, want[2])  # and the samples are others
    s.step(.3*x, a, x)
    y = s.step(.3*x, a, x).prev_sample
    assert torch.equal(y, want[0])  # the same place again
    anew = first.step(.2*x, b, y).prev_sample
    assert not torch.equal(s.step(.2*x, b, y).prev_sample, anew)  # this one goes on
    s.step(.3*x, a, x)
    assert torch.equal(s.step(.2*x[:1], b, y[:1]).prev_sample, anew[:1])  # fewer images
    s.step(.3*x, a, x)
    assert torch.equal(s.step(.3*x, b, x).prev_sample, want[1])  # other images
    s.step(.3*x, a, x)
    s.set_timesteps(5)
    assert torch.equal(s.step(.2*x, b, y).prev_sample, anew)  # a new run
    for got, w in zip(loop(s, x, None), once, strict=True): assert torch.equal(got, w)


def speak(x): return torch.tanh(x.roll(1, -1))


def multi(x, solver='multistep', again=1, hand=lambda x: x, after=lambda out: None):
    "A run that asks every step several times over, and hands its samples on in some way"
    s = RDDMScheduler(30, solver=solver, clip_sample=False, **OPEN)
    s.set_timesteps(6)
    for t in s.timesteps:
        for _ in range(again): out = s.step(speak(x), t, x)
        x = hand(out.prev_sample)
        after(out)
    return x


def test_two_runs_that_take_turns_do_not_mix():
    s, states = RDDMScheduler(30, solver='multistep', clip_sample=False, **OPEN), [randn(*SHAPE), randn(*SHAPE, seed=1)]
    s.set_timesteps(6)
    for t in s.timesteps: states = [s.step(speak(x), t, x).prev_sample for x in states]
    for i in range(2): assert torch.equal(states[i], multi(randn(*SHAPE, seed=i), 'euler'))


@pytest.mark.parametrize('again', [1, 2, 3])
@pytest.mark.parametrize('hand', ['itself', 'clone', 'single'])
def test_a_step_goes_on_from_the_samples_that_the_last_one_returned(again, hand):
    x, kind = randn(*SHAPE), torch.float32 if hand == 'single' else F64
    hands = dict(itself=lambda x: x, clone=torch.clone, single=lambda x: x.to(kind))
    want = multi(x.to(kind))
    assert not torch.equal(want, multi(x.to(kind), 'euler'))
    close(multi(x, again=again, hand=hands[hand]), want, 1e-5 if hand == 'single' else 0)


def test_what_is_remembered_cannot_be_written_over():
    x, both = randn(*SHAPE), lambda out: (out.prev_sample.zero_(), out.pred_original_sample.zero_())
    assert torch.equal(multi(x, hand=torch.clone, after=both), multi(x))


def test_what_solvers_cannot_do_in_a_scheduler():
    with pytest.raises(ValueError, match="solver='heun' asks the network twice in a step.*take 'multistep'"):
        RDDMScheduler(solver='heun')
    with pytest.raises(ValueError, match="solver must be one of euler, heun, multistep, got 'unipc'"):
        RDDMScheduler(solver='unipc')
    with pytest.raises(ValueError, match='follows the ODE'): RDDMScheduler(20, eta=.5, **MULTI).set_timesteps(5)
    s, x = RDDMScheduler(20, **MULTI), randn(*SHAPE)
    s.set_timesteps(5)
    with pytest.raises(ValueError, match='follows the ODE, which draws no fresh noise'):
        s.step(.3*x, 19, x, eta=.3, generator=rng(0))
    assert RDDMScheduler.from_config(s.config).config.solver == 'multistep'


# ----- diffusers' own schedulers -----
def theirs(kind='DDIMScheduler', T=1000, **kw):
    "A scheduler of theirs whose cumulative product is in float64"
    kw = dict(dict(clip_sample=False), **kw)
    d = getattr(diffusers, kind)(T, **kw)
    b = dict(linear=lambda: torch.linspace(d.config.beta_start, d.config.beta_end, T, dtype=F64),
             scaled_linear=lambda: torch.linspace(d.config.beta_start**.5, d.config.beta_end**.5, T, dtype=F64)**2)
    d.float32 = d.alphas_cumprod
    if d.config.beta_schedule in b:
        d.alphas_cumprod = (1 - b[d.config.beta_schedule]()).cumprod(0)
        close(d.float32, d.alphas_cumprod, 1e-5)
    d.one, d.final_alpha_cumprod = torch.ones((), dtype=F64), torch.ones((), dtype=F64)
    return d


def ours(d, **kw): return RDDMScheduler.from_config(d.config, posterior='preserving', **kw)


def follow(d, s, x, steps, eta=None, clipped=None, noises=None):
    "Their run and ours from the same start, with the same network and noise"
    a, b = [x], [x]
    for i, t in enumerate(d.timesteps):
        z = None if noises is None else noises[i]
        level = d.alphas_cumprod[t].item()
        theirs = {} if eta is None else dict(eta=eta, variance_noise=z)
        if clipped: theirs['use_clipped_model_output'] = True
        a.append(d.step(fake_eps(a[-1], a[-1], 1 - level**.5, (1 - level)**.5), t, a[-1], **theirs).prev_sample)
        b.append(s.step(fake_eps(b[-1], b[-1], 1 - level**.5, (1 - level)**.5), t, b[-1], eta=None if eta is None
                        else eta**2, variance_noise=z, use_clipped_model_output=clipped).prev_sample)
    scale = max(1, max(v.abs().max().item() for v in a))
    for v, w in zip(a, b, strict=True): close(v, w, 1e-10*scale)
    return a, b


@pytest.mark.parametrize('spacing, offset', [('leading', 0), ('leading', 1), ('trailing', 0)])
@pytest.mark.parametrize('steps', [1, 5, 10, 50])
@pytest.mark.parametrize('eta', [0., .5, 1.])
def test_inv31_ddim_runs(spacing, offset, steps, eta):
    d = theirs(timestep_spacing=spacing, steps_offset=offset)
    s = ours(d)
    d.set_timesteps(steps), s.set_timesteps(steps)
    assert torch.equal(s.timesteps, d.timesteps)
    follow(d, s, randn(2, 1, 3, 3), steps, eta, noises=[randn(2, 1, 3, 3, seed=i) for i in range(steps)])


@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('steps', [3, 7, 10, 50])
def test_inv31_ddim_with_its_own_guess_of_where_to_go(spacing, steps):
    d = theirs(timestep_spacing=spacing)
    s = ours(d)
    d.set_timesteps(steps)
    s.set_timesteps(pairs=[(int(t), max(int(t) - 1000//steps, -1)) for t in d.timesteps])
    assert torch.equal(s.timesteps, d.timesteps)
    follow(d, s, randn(2, 1, 3, 3), steps, .5, noises=[randn(2, 1, 3, 3, seed=i) for i in range(steps)])


def test_where_that_guess_is_wrong_and_ours_is_not():
    d = theirs(timestep_spacing='linspace')
    s, x = ours(d), randn(2, 1, 3, 3)
    d.set_timesteps(10), s.set_timesteps(10)
    assert torch.equal(s.timesteps, d.timesteps) and s.pairs[0] == (999, 888)
    eps = fake_eps(x, x, 1, 1)
    a, b = d.step(eps, 999, x), s.step(eps, 999, x)
    assert (a.prev_sample - b.prev_sample).abs().max() > 1e-3
    close(a.pred_original_sample, b.pred_original_sample, 1e-10*a.pred_original_sample.abs().max().item())


@pytest.mark.parametrize('kind', ['epsilon', 'sample', 'v_prediction'])
@pytest.mark.parametrize('beta_schedule', ['linear', 'scaled_linear'])
def test_inv31_ddim_prediction_types(kind, beta_schedule):
    d = theirs(prediction_type=kind, beta_schedule=beta_schedule, timestep_spacing='trailing')
    s = ours(d)
    assert s.config.prediction_type == kind and s.config.beta_schedule == beta_schedule
    d.set_timesteps(10), s.set_timesteps(10)
    follow(d, s, randn(2, 1, 3, 3), 10, .7, noises=[randn(2, 1, 3, 3, seed=i) for i in range(10)])


@pytest.mark.parametrize('kind', ['epsilon', 'sample', 'v_prediction'])
@pytest.mark.parametrize('eta', [0., .6])
def test_inv34_ddim_clipped(kind, eta):
    d = theirs(prediction_type=kind, clip_sample=True, timestep_spacing='trailing')
    s = ours(d)
    assert s.config.clip_sample
    d.set_timesteps(10), s.set_timesteps(10)
    follow(d, s, 1.5*randn(2, 1, 3, 3), 10, eta, clipped=True, noises=[randn(2, 1, 3, 3, seed=i) for i in range(10)])


@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('clip', [False, True])
@pytest.mark.parametrize('steps', [3, 10, 40])
def test_inv38_ddpm_ancestral_runs(spacing, clip, steps):
    d = theirs('DDPMScheduler', 40, timestep_spacing=spacing, clip_sample=clip, **OPEN)
    s = ours(d, eta=1.)
    d.set_timesteps(steps), s.set_timesteps(steps)
    assert torch.equal(s.timesteps, d.timesteps)
    x, g, h = 1.2*randn(2, 1, 3, 3), rng(3), rng(3)
    a = b = x
    for t in d.timesteps:
        bbar = (1 - d.alphas_cumprod[t].item())**.5
        a = d.step(fake_eps(a, a, .3, bbar), t, a, generator=g).prev_sample
        b = s.step(fake_eps(b, b, .3, bbar), t, b, generator=h).prev_sample
        close(
            a, b, 1e-10 * max(1, a.abs().max().item()) + (5e-10 if s.previous_timestep(t) < 0 < t else 0)
        )  # their last variance is 1e-20, not 0


@pytest.mark.parametrize('spacing', SPACINGS)
@pytest.mark.parametrize('T, offset', [(1000, 0), (1000, 1), (30, 0), (7, 0)])
def test_timesteps_are_theirs(spacing, T, offset):
    d = diffusers.DDIMScheduler(T, timestep_spacing=spacing, steps_offset=offset)
    s = RDDMScheduler.from_config(d.config)
    for steps in {*range(1, min(T, 60)), T//2, T//3 + 1, *([T] if not offset else [])}:
        d.set_timesteps(steps), s.set_timesteps(steps)
        n = len(s.timesteps)
        assert n == steps and s.timesteps.dtype == d.timesteps.dtype
        if len(d.timesteps) == steps: assert torch.equal(s.timesteps, d.timesteps), (spacing, T, steps)
        assert s.pairs[-1][1] == -1 and [t for _, t in s.pairs[:-1]] == s.timesteps[1:].tolist()


def test_betas_are_theirs():
    for kind in ('linear', 'scaled_linear', 'squaredcos_cap_v2'):
        d, s = diffusers.DDIMScheduler(200, beta_schedule=kind), RDDMScheduler(200, beta_schedule=kind)
        (
            close((1 - s.schedule.abar[1:]) ** 2, d.alphas_cumprod, 2e-6),
            close(s.schedule.bbar[1:] ** 2, 1 - d.alphas_cumprod, 2e-6),
        )
    b = diffusers.DDIMScheduler(200).betas.numpy()
    s = RDDMScheduler(200, trained_betas=b)
    close((1 - s.schedule.abar[1:])**2, (1 - torch.from_numpy(b).double()).cumprod(0), 1e-14)
    assert isinstance(json.loads(s.to_json_string())['trained_betas'], list)


@pytest.mark.parametrize('kind', ['linear', 'squaredcos_cap_v2'])
def test_training_targets_are_theirs(kind):
    d, s = diffusers.DDIMScheduler(beta_schedule=kind), RDDMScheduler(beta_schedule=kind)
    x0, eps = random_images(4, 1, 3, 3), randn(4, 1, 3, 3)
    t = torch.tensor([0, 10, 500, 999])
    (
        close(s.add_noise(x0, eps, t), d.add_noise(x0, eps, t), 1e-5),
        close(s.get_velocity(x0, eps, t), d.get_velocity(x0, eps, t), 1e-5),
    )


@pytest.mark.parametrize('n', [1, 2, 50, 1000])
def test_betas_of_any_number_make_a_schedule_of_as_many_nodes(n, tmp_path):
    b = torch.linspace(1e-4, .02, n).numpy()
    s, d = RDDMScheduler(trained_betas=b), diffusers.DDIMScheduler(trained_betas=b)
    assert len(s) == len(s.timesteps) == s.schedule.T == n
    close(s.betas, d.betas, 1e-6), close(s.alphas_cumprod, d.alphas_cumprod, 1e-6)
    s.save_pretrained(tmp_path)
    assert RDDMScheduler.from_pretrained(tmp_path).betas.tolist() == s.betas.tolist()
    assert RDDMScheduler.from_config(d.config).schedule == s.schedule


@given(power_schedules())
def test_the_signal_to_noise_ratio_is_that_of_the_state(schedule):
    A = RDDMScheduler.from_schedule(schedule).alphas_cumprod.double()
    a, b = schedule.abar[1:], schedule.bbar[1:]
    close(A*b**2, (1 - A)*(1 - a)**2, 1e-6*(b**2 + (1 - a)**2).max().item())
    assert A.shape == (schedule.T,)


@pytest.mark.parametrize('kw', [dict(beta_schedule='bridge'), dict(beta_schedule='bridge', height=0.)], ids=str)
def test_at_the_corner_the_state_tells_nothing_of_the_clean_image(kw):
    s = RDDMScheduler(20, **kw)
    A = s.alphas_cumprod
    assert A[-1] == 0 and (A[:-1] > 0).all() and A.isfinite().all() and hasattr(s, 'betas')
    assert s.betas[-1] == 1 and s.betas.isfinite().all()


def test_where_only_noise_is_added_levels_are_finite():
    s = RDDMScheduler.from_schedule(Schedule([0, .5, 1, 1], [0, .2, .5, 1]))
    assert s.alphas_cumprod[1:].tolist() == [0, 0] and s.betas[1:].tolist() == [1, 1]


# ----- training -----
@given(seeds, power_schedules())
def test_add_noise_is_the_closed_form(seed, schedule):
    x0, x_in, eps = (
        random_images(4, 1, 2, 2, seed=seed),
        random_images(4, 1, 2, 2, seed=seed + 1),
        randn(4, 1, 2, 2, seed=seed),
    )
    s = RDDMScheduler.from_schedule(schedule)
    t = torch.randint(0, schedule.T, (4,), generator=rng(seed))
    for i in range(4):
        a, b = schedule[int(t[i]) + 1]
        for shown in (x_in, None):
            want = x0[i] + a*((0 if shown is None else shown[i]) - x0[i]) + b*eps[i]
            close(s.add_noise(x0, eps, t, x_in=shown)[i], want, 1e-14)
        s.set_input(x_in)
        c = math.sqrt((1 - a)**2 + b**2)
        close(s.add_noise(x0, eps, t)[i], ((1 - a)*x0[i] + b*eps[i])/c, 1e-11)  # x_in drops out of a pipeline's sample
        close(s.scale_model_input(s.add_noise(x0, eps, t), t[i])[i], s.add_noise(x0, eps, t, x_in=x_in)[i], 1e-11)
        s.set_input(None)
        close(s.get_velocity(x0, eps, t)[i], ((1 - a)*eps[i] - b*x0[i])/c, 1e-12)


@given(seeds, st.sampled_from(_PREDICTION_TYPES), st.booleans())
def test_the_right_answer_leads_back_to_the_clean_image(seed, kind, via_set_input):
    x0, x_in, eps = random_images(*SHAPE, seed=seed), random_images(*SHAPE, seed=seed + 1), randn(*SHAPE, seed=seed + 2)
    s = RDDMScheduler(20, prediction_type=kind, **OPEN)
    s.set_timesteps(7)
    t = s.timesteps[2].repeat(2)
    say = dict(residual=x_in - x0, epsilon=eps, sample=x0, v_prediction=s.get_velocity(x0, eps, t),
               residual_epsilon=torch.cat([x_in - x0, eps], 1))[kind]
    if via_set_input: s.set_input(x_in)
    more = {} if via_set_input else dict(x_in=x_in)
    out = s.step(say, t[0], s.add_noise(x0, eps, t, **more), **more)
    close(out.pred_original_sample, x0, 1e-12)
    close(out.prev_sample, s.add_noise(x0, eps, s.timesteps[3].repeat(2), **more), 1e-12)


# ----- configurations -----
CONFIGS = [{}, dict(alpha=('x', 2), beta2=('1-x', .5), bbar_T=.1, grid='linspace'),
           dict(beta_schedule='line', bbar_T=2.), dict(beta_schedule='circle'), dict(beta_schedule='bridge', height=.3),
           dict(beta_schedule='linear', beta_start=1e-3, beta_end=.1, prediction_type='v_prediction'),
           dict(beta_schedule='scaled_linear'), dict(beta_schedule='squaredcos_cap_v2'),
           dict(trained_betas=torch.linspace(.1, .2, 30)),
           dict(prediction_type='residual_epsilon', eta=.3, posterior='preserving', clip_sample=False,
                timestep_spacing='leading', steps_offset=1)]


@pytest.mark.parametrize('config', CONFIGS, ids=str)
def test_a_saved_scheduler_comes_back(config, tmp_path):
    s = RDDMScheduler(30, **config)
    s.save_pretrained(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['scheduler_config.json']
    for other in (RDDMScheduler.from_pretrained(tmp_path), RDDMScheduler.from_config(s.config),
                  pickle.loads(pickle.dumps(s)), RDDMScheduler.from_config(json.loads(s.to_json_string()))):
        public = [{k: v for k, v in o.config.items() if not k.startswith('_')} for o in (s, other)]
        assert other.schedule == s.schedule and public[0] == public[1]


def test_a_configuration_is_the_schedule_it_names():
    for config, want in [({}, Schedule.power(30)),
                         (CONFIGS[1], Schedule.power(30, ('x', 2), ('1-x', .5), .1, 'linspace')),
                         (CONFIGS[2], Schedule.line(30, 2.)), (CONFIGS[3], Schedule.circle(30)),
                         (CONFIGS[4], Schedule.bridge(30, .3)),
                         (dict(beta_schedule='linear'), Schedule.ddim_linear(30))]:
        assert RDDMScheduler(30, **config).schedule == want
    assert {c.get('beta_schedule', 'power') for c in CONFIGS} | {'nodes'} == set(_BETA_SCHEDULES)


@given(power_schedules())
def test_any_schedule_survives_json_bit_for_bit(schedule):
    s = RDDMScheduler.from_schedule(schedule, eta=.5)
    back = RDDMScheduler.from_config(json.loads(s.to_json_string()))
    assert back.schedule == schedule and back.config.eta == .5
    assert RDDMScheduler.from_schedule(ellipse()).schedule.allow == ('bridge',)
    s = RDDMScheduler.from_schedule(Schedule.ddim_linear(10))
    assert RDDMScheduler.from_config(s.config).schedule.allow == ('open_end',)


def test_from_config_may_change_something():
    s = RDDMScheduler.from_config(RDDMScheduler(20).config, eta=.5, bbar_T=2.)
    assert (s.config.eta, s.config.bbar_T, s.config.num_train_timesteps) == (.5, 2., 20)


@pytest.mark.parametrize('kind', ['DDIMScheduler', 'DDPMScheduler'])
def test_their_defaults_are_kept_when_their_configuration_is_taken_over(kind, tmp_path):
    d = getattr(diffusers, kind)(50)
    d.save_pretrained(tmp_path)
    for s in (RDDMScheduler.from_config(d.config), RDDMScheduler.from_pretrained(tmp_path)):
        assert s.schedule == Schedule.ddim_linear(50) and s.config.prediction_type == 'epsilon'
        assert s.config.timestep_spacing == 'leading'
        back = getattr(diffusers, kind).from_config(s.config)
        assert {k: v for k, v in back.config.items()
                if not k.startswith('_')}.items() >= {k: v for k, v in d.config.items()
                                                      if not k.startswith('_')}.items()
    assert {c.__name__ for c in s.compatibles} == {'DDIMScheduler', 'DDPMScheduler'}


def test_a_curve_that_is_not_theirs_cannot_become_theirs_in_silence():
    for s in (RDDMScheduler(), RDDMScheduler.from_schedule(Schedule.line(20))):
        with pytest.raises(NotImplementedError, match=s.config.beta_schedule):
            diffusers.DDIMScheduler.from_config(s.config)


@pytest.mark.parametrize('kind, config, why', [
    ('DDIMScheduler', dict(thresholding=True), 'thresholding=True is not supported: pass thresholding=False'),
    ('DDIMScheduler', dict(rescale_betas_zero_snr=True), 'rescale_betas_zero_snr'),
    ('DDIMScheduler', dict(clip_sample_range=2.), 'clip_sample_range=2.0'),
    ('DDIMScheduler', dict(set_alpha_to_one=False), 'set_alpha_to_one'),
    ('DDPMScheduler', dict(variance_type='learned_range'), "variance_type='learned_range'"),
    ('DDPMScheduler', dict(variance_type='fixed_large'), "'fixed_large' .*: pass variance_type='fixed_small'"),
    ('DDPMScheduler', dict(beta_schedule='sigmoid'), 'beta_schedule must be one of .*linear.*sigmoid'),
    ('DDIMScheduler', dict(prediction_type='flow'), "residual_epsilon, epsilon.*got 'flow'"),
    ('FlowMatchEulerDiscreteScheduler', {}, 'not one with shift=1.0')])
def test_what_cannot_be_taken_over_is_refused_by_name(kind, config, why):
    with pytest.raises(ValueError, match=why): RDDMScheduler.from_config(getattr(diffusers, kind)(**config).config)


OTHERS = [('DDIMInverseScheduler', {}), ('RePaintScheduler', {}), ('LCMScheduler', {}), ('TCDScheduler', {}),
          ('PNDMScheduler', dict(set_alpha_to_one=True)), ('UniPCMultistepScheduler', {}),
          ('EulerDiscreteScheduler', dict(use_karras_sigmas=True)),
          ('DPMSolverMultistepScheduler', dict(use_karras_sigmas=True))]


@pytest.mark.parametrize('kind, kw', OTHERS, ids=[k for k, _ in OTHERS])
def test_schedulers_of_other_kinds_are_not_taken_over(kind, kw, tmp_path):
    d = getattr(diffusers, kind)(**kw)
    only = 'only configurations of RDDMScheduler, DDIMScheduler, DDPMScheduler can be taken over, not'
    with pytest.raises(ValueError, match=f'^{only} one with.* '): RDDMScheduler.from_config(d.config)
    d.save_pretrained(tmp_path)
    for take in (lambda: RDDMScheduler.from_pretrained(tmp_path),
                 lambda: RDDMScheduler.from_config(json.loads(d.to_json_string()))):
        with pytest.raises(ValueError, match=f"^{only} {kind}'s"): take()


@pytest.mark.parametrize('kind', ['DDIMParallelScheduler', 'DDPMParallelScheduler'])
def test_those_for_many_devices_are_of_the_same_kind(kind):
    d = getattr(diffusers, kind)(30)
    for config in (d.config, json.loads(d.to_json_string())):
        assert RDDMScheduler.from_config(config).schedule == Schedule.ddim_linear(30)


def test_options_that_no_kind_has_are_refused():
    plain = dict(beta_schedule='linear', num_train_timesteps=20)
    assert len(RDDMScheduler.from_config(plain)) == len(RDDMScheduler.from_config(dict(plain, use_karras=False))) == 20
    with pytest.raises(ValueError, match='not one with use_karras=True: name the options'):
        RDDMScheduler.from_config(dict(plain, use_karras=True))
    with pytest.raises(ValueError, match='no option is called etta: there are .*eta'):
        RDDMScheduler.from_config(plain, etta=.5)
    with pytest.raises(ValueError, match='has no beta_schedule'): RDDMScheduler.from_config(dict(eta=.5))
    assert RDDMScheduler.from_config(plain, return_unused_kwargs=True, etta=.5)[1] == dict(etta=.5)


def test_what_a_configuration_lacks_is_named():
    with pytest.raises(ValueError, match='not one without thresholding, dynamic_thresholding_ratio, sample_max_value:'):
        RDDMScheduler.from_config(diffusers.DDIMInverseScheduler().config)


def test_a_kind_derived_from_ours_takes_over_what_ours_does():
    class Mine(RDDMScheduler): pass
    config = json.loads(RDDMScheduler(20, eta=.5).to_json_string())
    assert Mine.from_config(config).config.eta == .5


@pytest.mark.parametrize('kw, why', [
    (dict(abar=[0, 1], bbar=[0, .2]), r"abar=\[0, 1\] is of nodes, and 'power' would not heed it"),
    (dict(beta_schedule='circle', bbar_T=.5), "bbar_T=0.5 is of power, line, and 'circle'"),
    (dict(beta_schedule='ddim_linear', beta_end=.5), "beta_end=0.5 is of linear.* or beta_end=0.02, the default"),
    (dict(beta_schedule='line', height=.2), 'height=0.2'), (dict(trained_betas=[.1, .2], bbar_T=2.), "'trained_betas'"),
    (dict(allow='bridge'), 'allow='), (dict(beta_schedule='linear', alpha=('x', 2)), 'alpha=')], ids=range(7))
def test_options_of_another_curve_are_refused(kw, why):
    with pytest.raises(ValueError, match=why): RDDMScheduler(1, **kw)


def test_what_theirs_pass_over_ours_passes_over_too():
    d = diffusers.DDIMScheduler(20, beta_schedule='squaredcos_cap_v2', beta_start=.00085)
    want = RDDMScheduler(20, beta_schedule='squaredcos_cap_v2').schedule
    assert RDDMScheduler.from_config(d.config).schedule == want


NUMBERS = [dict(eta=np.float32(.5)), dict(eta=torch.tensor([.5])), dict(alpha=('1-x', np.float32(2))),
           dict(bbar_T=torch.tensor(.5)), dict(clip_sample=np.bool_(False)), dict(num_train_timesteps=np.int64(7)),
           dict(beta_schedule='linear', beta_start=np.float64(1e-3)),
           dict(trained_betas=[torch.tensor(.25), np.float32(.5)]),
           dict(beta_schedule='nodes', num_train_timesteps=1, abar=[np.float32(0), 1], bbar=torch.tensor([0, .5]))]


@pytest.mark.parametrize('kw', NUMBERS, ids=range(len(NUMBERS)))
def test_numbers_of_any_type_are_stored_as_plain_ones(kw, tmp_path):
    s = RDDMScheduler(**kw)
    s.save_pretrained(tmp_path)
    back = RDDMScheduler.from_pretrained(tmp_path)
    assert back.schedule == s.schedule and back.config.eta == s.config.eta and len(back) == len(s)
    back.set_timesteps(1)


DDPM_OWN = dict(beta_schedule='linear', prediction_type='epsilon')


@pytest.mark.parametrize('config, any_', [
    ({}, False), (dict(DDPM_OWN, prediction_type='residual'), False), (dict(DDPM_OWN, beta_schedule='circle'), False),
    (DDPM_OWN, True), (dict(DDPM_OWN, beta_schedule='squaredcos_cap_v2', prediction_type='sample'), True),
    (dict(trained_betas=[.1, .2], prediction_type='v_prediction'), True)])
def test_compatibles_can_be_made_and_lead_back(config, any_):
    s = RDDMScheduler(**config)
    assert bool(s.compatibles) == any_
    for other in s.compatibles:
        assert RDDMScheduler.from_config(other.from_config(s.config).config).schedule == s.schedule


def test_what_was_left_at_its_default_is_noted_nowhere_in_what_was_loaded(tmp_path):
    s = RDDMScheduler(20)
    assert s.config['_use_default_values'] == []
    s.save_pretrained(tmp_path)
    back = RDDMScheduler.from_pretrained(tmp_path)
    assert '_use_default_values' not in back.config
    assert {k: v for k, v in s.config.items() if k != '_use_default_values'} == dict(back.config)


def test_what_was_given_up_stays_given_up():
    s = RDDMScheduler.from_config(diffusers.DDIMScheduler(20, set_alpha_to_one=False).config, set_alpha_to_one=True)
    assert RDDMScheduler.from_config(s.config).config.set_alpha_to_one is True


# ----- diffusers' contract and pipelines -----
def test_contract():
    s, x = RDDMScheduler(20), randn(*SHAPE)
    assert isinstance(s, diffusers.SchedulerMixin) and s.order == 1 and len(s) == 20
    assert s.timesteps.tolist() == list(range(19, -1, -1))
    assert s.init_noise_sigma == 1 and s.scale_model_input(x, 3) is x
    s.set_timesteps(5, device='cpu')
    out = s.step(x, s.timesteps[0], x)
    assert isinstance(out, RDDMSchedulerOutput) and out.prev_sample.shape == x.shape
    pair = s.step(x, int(s.timesteps[0]), x, return_dict=False)
    assert isinstance(pair, tuple)
    assert all(torch.equal(a, b) for a, b in zip(pair, (out.prev_sample, out.pred_original_sample), strict=True))
    assert torch.equal(out[0], out.prev_sample) and torch.equal(out['pred_original_sample'], out.pred_original_sample)
    s.set_timesteps(timesteps=[19, 7, 2])
    assert s.pairs == [(19, 7), (7, 2), (2, -1)] and s.previous_timestep(7) == 2 and s.num_inference_steps == 3
    assert [s.step(x, 7, x).prev_sample.equal(s.step(x, torch.tensor(t), x).prev_sample)
            for t in (7, [7])] == [True, True]
    for t in (torch.tensor([19, 7, 2]), [19, 7, 2]):
        s.set_timesteps(timesteps=t)
        assert s.pairs[1] == (7, 2)


@pytest.mark.parametrize('n', [torch.tensor(5), torch.tensor([5]), 5.])
def test_a_number_of_steps_may_be_a_tensor(n):
    s = ready(steps=n)
    assert s.timesteps.tolist() == ready(steps=5).timesteps.tolist() and s.num_inference_steps == 5


def test_the_next_timestep_is_a_tensor_as_theirs():
    s, d = ready(steps=5), diffusers.DDPMScheduler(20, timestep_spacing='trailing')
    d.set_timesteps(5)
    for t in s.timesteps:
        got = s.previous_timestep(t)
        assert torch.is_tensor(got) and got.shape == () and got == d.previous_timestep(t)


def test_steps_need_not_come_in_order():
    s, x = RDDMScheduler(20, eta=1.), randn(*SHAPE)
    s.set_timesteps(5)
    a = s.step(x, 7, x, generator=rng(1)).prev_sample
    s.step(x, 19, x, eta=0.), s.step(x, 3, x)
    assert torch.equal(s.step(x, 7, x, generator=rng(1)).prev_sample, a)


def test_no_noise_is_drawn_where_none_is_used():
    s, g = ready(eta=1.), rng(1)
    s.step(X, 3, X, generator=g), s.step(X, 19, X, eta=0., generator=g)
    assert torch.equal(g.get_state(), rng(1).get_state())
    s.step(X, 19, X, generator=g)
    assert not torch.equal(g.get_state(), rng(1).get_state())


def test_eta_of_a_step_goes_before_the_configured_one():
    s, x, z = RDDMScheduler(20, eta=1.), randn(*SHAPE), randn(*SHAPE, seed=1)
    s.set_timesteps(5)
    runs = [s.step(x, 19, x, eta=e, variance_noise=z).prev_sample for e in (None, 1., 0., .25)]
    at, to = s.schedule[20], s.schedule[16]
    assert torch.equal(runs[0], runs[1]) and (runs[0] - runs[2]).abs().max() > .1
    s2 = .25*to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2
    eps = x  # for x_in = 0 and abar = 1: eps = x_t/bbar_T, which is 1
    close(runs[3], x + (to.abar - at.abar)*(-(-x).clamp(-1, 1)) + (math.sqrt(to.bbar**2 - s2) - at.bbar)*eps
          + math.sqrt(s2)*z, 1e-12)


def unet(inp=3, out=3):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return diffusers.UNet2DModel(sample_size=8, in_channels=inp, out_channels=out, layers_per_block=1,
                                     block_out_channels=(8, 8), norm_num_groups=4,
                                     down_block_types=('DownBlock2D',)*2, up_block_types=('UpBlock2D',)*2).eval()


def quiet(pipe):
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(pipe, seed=0, **kw):
    "The images of a pipeline; as arrays, which older pipelines give whatever they are asked for"
    images = quiet(pipe)(batch_size=2, generator=rng(seed), output_type='np', **kw).images
    return torch.as_tensor(images).permute(0, 3, 1, 2)


def as_predictor(u, kind='epsilon', concat=False):
    def model(x_t, x_in, abar, bbar, t):
        out = u(torch.cat([x_t, x_in], 1) if concat else x_t, t - 1).sample
        return Prediction(eps=out) if kind == 'epsilon' else Prediction(res=out)
    return model


def test_ddpm_pipeline_generates_as_with_its_own_scheduler():
    u, d = unet(), diffusers.DDPMScheduler(num_train_timesteps=20)
    s = RDDMScheduler.from_config(d.config, eta=1., posterior='preserving')
    pipe = diffusers.DDPMPipeline(u, s)
    assert pipe.scheduler is s
    close(run(pipe, num_inference_steps=20), run(diffusers.DDPMPipeline(u, d), num_inference_steps=20), 2e-5)


def test_ddim_pipeline_generates_as_with_its_own_scheduler():
    u, d = unet(), diffusers.DDIMScheduler(num_train_timesteps=20, timestep_spacing='trailing')
    pipe = diffusers.DDIMPipeline(u, d)
    want = run(pipe, num_inference_steps=5, use_clipped_model_output=True)
    # the pipeline converts what it is given
    assert type(diffusers.DDIMPipeline(u, RDDMScheduler.from_config(d.config)).scheduler) is diffusers.DDIMScheduler
    pipe.scheduler = RDDMScheduler.from_config(d.config)
    close(run(pipe, num_inference_steps=5), want, 2e-5)


@pytest.mark.parametrize('kind', ['residual', 'residual_epsilon'])
def test_pipelines_generate_with_residual_networks(kind):
    u, s = unet(3, 3*(1 + (kind == 'residual_epsilon'))).double(), RDDMScheduler(20, prediction_type=kind, eta=.5)
    def model(x_t, x_in, abar, bbar, t):
        out = u(x_t, t - 1).sample
        return Prediction(*out.chunk(2, 1)) if kind == 'residual_epsilon' else Prediction(res=out)
    want = sample(model, shape=(2, 3, 8, 8), schedule=s.schedule, steps=5, eta=.5,
                  x_T=torch.randn(2, 3, 8, 8, generator=(g := rng()), dtype=F64), generator=g)
    close(run(diffusers.DDPMPipeline(u, s), num_inference_steps=5), (want/2 + .5).clamp(0, 1), 1e-12)


@pytest.mark.parametrize('concat', [True, False])
@pytest.mark.parametrize('bbar_T', [1., .1])
@pytest.mark.parametrize('name', ['DDPMPipeline', 'DDIMPipeline'])
def test_pipelines_that_know_no_input_restore(name, concat, bbar_T):
    u, x_in = unet(6 if concat else 3).double(), random_images(2, 3, 8, 8)
    s = RDDMScheduler(20, bbar_T=bbar_T)
    shown = WithInput(u, s, concat=concat)
    if name == 'DDPMPipeline': pipe = diffusers.DDPMPipeline(shown, s)
    else: pipe = diffusers.DDIMPipeline(shown, diffusers.DDIMScheduler(20))
    pipe.scheduler = s
    s.set_input(x_in)
    want = sample(as_predictor(u, 'residual', concat), x_in, schedule=s.schedule, steps=5,
                  x_T=x_in + bbar_T*torch.randn(2, 3, 8, 8, generator=rng(), dtype=F64))
    close(run(pipe, num_inference_steps=5), (want/2 + .5).clamp(0, 1), 1e-11)
    assert (want - x_in).abs().max() > .05 and quiet(pipe)(batch_size=2, num_inference_steps=2).images[0].size == (8, 8)


def test_a_saved_pipeline_comes_back(tmp_path):
    u, s = unet(), RDDMScheduler(20, eta=.5)
    quiet(diffusers.DDPMPipeline(u, s)).save_pretrained(tmp_path)
    assert json.loads((tmp_path / 'model_index.json').read_text(encoding='utf-8'))['scheduler'] == [
        'rddm_nb.scheduler',
        'RDDMScheduler',
    ]
    back = diffusers.DDPMPipeline.from_pretrained(tmp_path)
    assert type(back.scheduler) is RDDMScheduler and back.scheduler.config.eta == .5
    close(run(back, num_inference_steps=3), run(diffusers.DDPMPipeline(u, s), num_inference_steps=3), 1e-6)


@pytest.mark.parametrize('safe', [True, False])
def test_a_pipeline_around_an_input_is_not_saved_without_its_network(tmp_path, safe):
    s = RDDMScheduler(20)
    pipe = quiet(diffusers.DDPMPipeline(WithInput(unet(6), s), s))
    with pytest.raises(ValueError, match='Save DDPMPipeline.pipe.unet.net, pipe.scheduler.'):
        pipe.save_pretrained(tmp_path, safe_serialization=safe)
    assert not (tmp_path/'model_index.json').exists()
    quiet(diffusers.DDPMPipeline(pipe.unet.net, pipe.scheduler)).save_pretrained(tmp_path)
    assert type(diffusers.DDPMPipeline.from_pretrained(tmp_path).unet) is diffusers.UNet2DModel


def test_with_input_shows_state_and_input():
    seen, x_in, z = [], random_images(*SHAPE), randn(*SHAPE)
    def forward(x, t, **kw):
        seen.append((x, t, kw))
        return SimpleNamespace(sample=x[:, :3])
    class Net(torch.nn.Module):
        config, dtype, device = SimpleNamespace(in_channels=6, sample_size=4), F64, torch.device('cpu')
    n = Net()
    n.forward = forward
    n.config = Config(in_channels=6, sample_size=4)
    s = RDDMScheduler(10)
    w = WithInput(n, s)
    assert (w.config.in_channels, w.config.sample_size, w.dtype, w.device) == (3, 4, F64, torch.device('cpu'))
    w(z, 4, return_dict=True)
    s.set_input(x_in), w(z, 4)
    a = s.schedule[5]
    close(seen[0][0], torch.cat([z, 0*z], 1),
          0), close(seen[1][0], torch.cat([math.sqrt((1 - a.abar)**2 + a.bbar**2)*z + a.abar*x_in, x_in], 1), 1e-14)
    assert seen[0][1:] == (4, dict(return_dict=True))
    n.config = Config(in_channels=3, sample_size=4)
    assert WithInput(n, s, concat=False).config.in_channels == 3
    with pytest.raises(ValueError, match='3 channels.*concat=False'): WithInput(n, s)


# ----- habits of those who use diffusers' schedulers -----
@pytest.mark.parametrize('config', [dict(), dict(eta=.5), dict(solver='multistep', clip_sample=False)], ids=str)
def test_a_scheduler_that_comes_back_takes_the_same_steps(config, tmp_path):
    s = RDDMScheduler(30, **OPEN, **config)
    s.save_pretrained(tmp_path)
    runs = []
    for one in (s, RDDMScheduler.from_pretrained(tmp_path), RDDMScheduler.from_config(s.config)):
        one.set_timesteps(6)
        runs.append(loop(one, randn(*SHAPE), None, generator=rng(3)))
    for other in runs[1:]:
        for a, b in zip(runs[0], other, strict=True): assert torch.equal(a, b)
    assert not torch.equal(runs[0][-1], runs[0][0])


@pytest.mark.parametrize('config', [dict(), dict(eta=.5), dict(solver='multistep', clip_sample=False)], ids=str)
def test_a_run_may_be_repeated_without_setting_its_timesteps_again(config):
    s = RDDMScheduler(30, **OPEN, **config)
    s.set_timesteps(6)
    first, again = (loop(s, randn(*SHAPE), None, generator=rng(3)) for _ in range(2))
    for a, b in zip(first, again, strict=True): assert torch.equal(a, b)
    s.set_timesteps(3)
    s.set_timesteps(6)
    assert torch.equal(loop(s, randn(*SHAPE), None, generator=rng(3))[-1], first[-1])


@pytest.mark.parametrize('solver', ['euler', 'multistep'])
def test_a_copy_in_the_middle_of_a_run_goes_on(solver):
    s, x = RDDMScheduler(30, solver=solver, clip_sample=False, **OPEN), randn(*SHAPE)
    s.set_timesteps(6)
    whole = loop(s, x, None)
    for t, state in zip(s.timesteps[:3], whole): s.step(says('residual', state, 0*x, *s.schedule[int(t) + 1]), t, state)
    other = copy.deepcopy(s)
    t, state = s.timesteps[3], whole[3]
    out = says('residual', state, 0*x, *s.schedule[int(t) + 1])
    assert torch.equal(other.step(out, t, state).prev_sample, whole[4])
    assert torch.equal(s.step(out, t, state).prev_sample, whole[4])


@pytest.mark.parametrize('solver', ['euler', 'multistep'])
def test_a_run_may_start_in_the_middle_from_a_noised_image(solver):
    s, x0, eps = RDDMScheduler(30, solver=solver, clip_sample=False, **OPEN), random_images(*SHAPE), randn(*SHAPE)
    s.set_timesteps(6)
    late = s.timesteps[2:]
    x = s.add_noise(x0, eps, late[:1].expand(len(x0)))
    path = [s.schedule[n] for n in nodes(s)[2:]]
    want = sample(predictor('residual'), path=path, x_T=x, solver=solver, clip=None)
    for t in late: x = s.step(says('residual', x, 0*x, *s.schedule[int(t) + 1]), t, x).prev_sample
    close(x, want, 1e-12)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_sample_keeps_its_dtype_and_its_place_in_the_batch(dtype):
    s, x, out = RDDMScheduler(30, **OPEN), randn(*SHAPE).to(dtype), randn(*SHAPE, seed=1).to(dtype)
    s.set_timesteps(6)
    t = s.timesteps[1]
    step = s.step(out, t, x)
    assert {v.dtype for v in (*step.to_tuple(), s.add_noise(x, out, t.expand(2)), s.scale_model_input(x, t))} == {dtype}
    for i in range(2):
        assert torch.equal(s.step(out[i:i + 1], t, x[i:i + 1]).prev_sample, step.prev_sample[i:i + 1])
        assert torch.equal(s.add_noise(x, out, s.timesteps[:2])[i],
                           s.add_noise(x[i:i + 1], out[i:i + 1], s.timesteps[i:i + 1])[0])


class Config(dict):
    __getattr__ = dict.__getitem__


# ----- refusals -----
def ready(T=20, steps=5, **kw):
    s = RDDMScheduler(T, **kw)
    s.set_timesteps(steps)
    return s


X = randn(*SHAPE)
BAD = [
    (lambda: RDDMScheduler(20).step(X, 19, X), ValueError,
     'num_inference_steps is None: call set_timesteps before step'),
    (lambda: ready().step(X, 18, X), ValueError, 'timestep 18 is not one of those set: 19, 15, 11, 7, 3$'),
    (lambda: ready(50, 50).step(X, 50, X), ValueError, 'whole number 0..49, got 50'),
    (lambda: ready(50, 25).step(X, 0, X), ValueError, r'\.\.\.$'),
    (lambda: ready().step(X, torch.tensor([19, 19]), X), ValueError, r'one timestep, got \(2,\)'),
    (lambda: ready().step(X, 18.5, X), ValueError, '18.5'), (lambda: ready().step(X, None, X), ValueError, 'None'),
    (lambda: ready().step(X[:1], 19, X), ValueError,
     r"model_output of prediction_type='residual' has shape \(1, 3, 4, 4\), expected \(2, 3, 4, 4\)"),
    (lambda: ready().step(torch.cat([X, X], 1), 19, X), ValueError, r'\(2, 6, 4, 4\), expected \(2, 3'),
    (lambda: ready(prediction_type='residual_epsilon').step(X, 19, X), ValueError, r'expected \(2, 6'),
    (lambda: ready().step(X, 19, X, x_in=X[:, :1].clamp(-1, 1)), ValueError,
     r'x_in has shape \(2, 1, 4, 4\), but the sample has \(2, 3'),
    (lambda: ready(eta=1.).step(X, 19, X, variance_noise=X[:1]), ValueError, 'variance_noise has shape'),
    (lambda: ready().step(X, 19, X, generator=rng(), variance_noise=X), ValueError, 'not both'),
    (lambda: ready(eta=1.).step(X, 19, X, generator=[rng()]), ValueError, '1 generators for 2 images'),
    (lambda: ready().step(X, 19, X, eta=1.5), ValueError, '^eta is a share of the variance.*1.5.*square it'),
    (lambda: RDDMScheduler(eta=-.1), ValueError, '-0.1'),
    (lambda: ready().step(X, 19, X, use_clipped_model_output=False), ValueError, 'clip_sample=False'),
    (lambda: RDDMScheduler(prediction_type='noise'), ValueError,
     "residual, residual_epsilon, epsilon, sample, v_prediction, got 'noise'"),
    (lambda: RDDMScheduler(beta_schedule='sigmoid'), ValueError, "power, line, circle.*got 'sigmoid'"),
    (lambda: RDDMScheduler(posterior='ddpm'), ValueError, "sum_constrained, preserving, bridge, got 'ddpm'"),
    (lambda: RDDMScheduler(timestep_spacing='even'), ValueError, "leading, trailing, linspace, got 'even'"),
    (lambda: RDDMScheduler(20, beta_schedule='nodes'), ValueError, 'from_schedule'),
    (lambda: RDDMScheduler(3, beta_schedule='nodes', abar=[0, .5, 1], bbar=[0, .5, 1]), ValueError,
     'num_train_timesteps is 3, but the lists given are for 2'),
    (lambda: ready(steps=21), ValueError, 'from 1 to num_train_timesteps=20, got 21'),
    (lambda: ready(steps=0), ValueError, 'got 0'), (lambda: ready(steps=2.5), ValueError, '2.5'),
    (lambda: ready(steps=10, timestep_spacing='leading', steps_offset=3), ValueError,
     'offset 3 moves the first timestep to 21'),
    (lambda: ready(steps=10, timestep_spacing='leading', steps_offset=2), ValueError,
     'offset 2 moves the first timestep to 20'),
    (lambda: RDDMScheduler(20).set_timesteps(), ValueError, 'one of'),
    (lambda: RDDMScheduler(20).set_timesteps(5, timesteps=[3]), ValueError, 'one of'),
    *[(lambda t=t: RDDMScheduler(20).set_timesteps(timesteps=t), ValueError, 'fall from at most 19')
      for t in ([], [3, 7], [7, 7], [20, 3], [3, -1], [7.5, 3])],
    *[(lambda p=p: RDDMScheduler(20).set_timesteps(pairs=p), ValueError, 'each move must go down')
      for p in ([(19, 20)], [(19, -2)], [], [(20, 3)], [(5, 4), (7, -1)], [(5, 4), (5, -1)], [(5, 5), (3, -1)],
                [(5, 2.5), (2, -1)])],
    (lambda: ready(prediction_type='epsilon'), SingularError, "timestep 19 is at abar = 1.*'linear'"),
    (lambda: ready(beta_schedule='bridge', prediction_type='v_prediction'), SingularError,
     'timestep 19 is at the corner'),
    (lambda: ready(beta_schedule='bridge', posterior='bridge', eta=1.).step(X, 19, X), ValueError,
     'without noise: pass x_in, or tell it with `set_input`'),
    (lambda: ready(beta_schedule='bridge', eta=1.), SingularError, 'from timestep 19 to 15: .*divides by zero'),
    (lambda: ready(posterior='bridge', eta=1.), ValueError, r'from timestep 19 to 15: .*negative variance'),
    (lambda: ready(posterior='bridge').step(X, 19, X, eta=.5), ValueError,
     r'from timestep 19 to 15: .*negative variance'),
    (lambda: RDDMScheduler.from_schedule(ellipse(), eta=1.).set_timesteps(5), ValueError, 'on the move from timestep'),
    (lambda: RDDMScheduler().set_input(X), ValueError, r'x_in must lie in \[-1, 1\]'),
    (lambda: ready().step(X, 19, X, x_in=255*X), ValueError, r'x_in must lie in \[-1, 1\]'),
    (lambda: RDDMScheduler(20).add_noise(X, X, torch.tensor([1, 2]), x_in=255*X), ValueError, 'x_in must lie in'),
    (lambda: ready().step(X, 19, X, x_in=3), TypeError, 'x_in must be a tensor'),
    (lambda: RDDMScheduler(20).add_noise(X, X, torch.tensor([0, 20])), ValueError, r'0\.\.19, got \[0, 20\]'),
    (lambda: RDDMScheduler(20).add_noise(X, X, torch.tensor([-1, 2])), ValueError, r'got \[-1, 2\]'),
    (lambda: RDDMScheduler(20).get_velocity(X, X, torch.tensor([.5])), ValueError, '0.5'),
    (lambda: RDDMScheduler(20, beta_schedule='bridge').get_velocity(X, X, torch.tensor([19])), SingularError,
     'corner'), (lambda: RDDMScheduler(20).add_noise(X, X[:1], torch.tensor([1])), ValueError,
     r'noise has shape \(1, 3, 4, 4\), expected \(2, 3'),
    *[(lambda t=t: ready().step(X, t, X), ValueError, f'whole number 0..19, got {re.escape(repr(t))}')
      for t in ('19', 'abc', math.nan, math.inf, (19, 3))],
    (lambda: ready().step(X, 19, X, eta=[1]), ValueError, r'^eta is a share of the variance, 0..1, got \[1\]'),
    *[(lambda t=t: RDDMScheduler(20).add_noise(X, X, t), ValueError, r'whole numbers 0\.\.19, got')
      for t in (None, 'a', [True, False], [1j, 2])],
    (lambda: RDDMScheduler(20).add_noise(X, X, torch.tensor([1, 2, 3])), ValueError, '3 timesteps for 2 images'),
    (lambda: ready().step(X, 19, X.byte()), TypeError, 'sample must be images in floats, .*, got torch.uint8'),
    *[(lambda n=n, f=f: getattr(RDDMScheduler(20), f)(X, n, torch.tensor([3])), kind, why)
      for f in ('add_noise', 'get_velocity') for n, kind, why in (
          (X[:1], ValueError, 'noise has shape'), (torch.zeros(4), ValueError, 'noise has shape'),
          (None, TypeError, 'noise must be a tensor, got NoneType'))],
    (lambda: ready().step(None, 19, X), TypeError, 'model_output of .* must be a tensor, got NoneType'),
    (lambda: ready().step(SimpleNamespace(sample=X), 19, X), TypeError, 'a tensor, got Simple.*; give its .sample$'),
    (lambda: ready(eta=1.).step(X, 19, X, variance_noise=1.), TypeError, 'variance_noise must be a tensor, got float'),
    (lambda: RDDMScheduler(trained_betas=.1), ValueError, 'trained_betas must be a list of numbers, got 0.1'),
    *[(lambda b=b: RDDMScheduler(20, beta_schedule=b, beta_end='a'), ValueError, "beta_end is a share .*, got 'a'")
      for b in ('linear', 'scaled_linear')],
    (lambda: RDDMScheduler(20, clip_sample='no'), ValueError, "clip_sample is True or False, got 'no'"),
    (lambda: RDDMScheduler(trained_betas=[.1, 2.]), ValueError,
     r'trained_betas must be variances in \[0, 1\], they go from 0.1 to 2'),
]


@pytest.mark.parametrize('i', range(len(BAD)))
def test_refused(i):
    call, kind, why = BAD[i]
    with pytest.raises(kind, match=why): call()


def test_a_refused_run_leaves_the_one_before():
    s = ready(posterior='bridge')
    before = s.pairs, s.timesteps.tolist()
    with pytest.raises(ValueError): s.set_timesteps(timesteps=[3, 7])
    assert (s.pairs, s.timesteps.tolist()) == before


def test_a_variance_that_does_not_exist_is_refused_before_any_step_at_the_first_place():
    s = RDDMScheduler(20, posterior='bridge', eta=1.)
    with pytest.raises(ValueError) as e: s.set_timesteps(20)
    def exists(t):
        try: POSTERIORS[s.config.posterior](s.schedule[t + 1], s.schedule[t])
        except ZeroDivisionError: return False
        return t == 0 or POSTERIORS[s.config.posterior](s.schedule[t + 1], s.schedule[t]) >= 0
    first = next(t for t in range(19, -1, -1) if not exists(t))
    assert f'timestep {first} to {first - 1}:' in str(e.value)


def test_without_diffusers_the_module_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'diffusers', None)
    monkeypatch.delitem(sys.modules, 'rddm_nb.scheduler')
    with pytest.raises(ImportError, match=r"pip install 'rddm_nb\[diffusers\]'"): import rddm_nb.scheduler  # noqa


@pytest.mark.parametrize('kind', ['power', 'line', 'linear', 'squaredcos_cap_v2', 'cosine'])
def test_the_number_of_timesteps_is_a_whole_number(kind):
    s = RDDMScheduler(10., beta_schedule=kind)
    assert len(s) == 10 and type(s.config.num_train_timesteps) is int
    for T in (0, 2.5, '5'):
        with pytest.raises(ValueError, match='num_train_timesteps must be a whole number >= 1'):
            RDDMScheduler(T, beta_schedule=kind)


@pytest.mark.parametrize('kw', [dict(timesteps=[math.nan]), dict(timesteps=5), dict(timesteps=['40', '20']),
                                dict(pairs=[(40, 20, 1)]), dict(pairs=7), dict(pairs=[(math.inf, -1)])], ids=range(6))
def test_moves_that_are_none_are_refused_in_words(kw):
    name, value = *kw, *kw.values()
    with pytest.raises(ValueError, match=f'timesteps must be whole numbers that fall .*; got {name}=') as e:
        RDDMScheduler(50).set_timesteps(**kw)
    assert str(value) in str(e.value)
    with pytest.raises(ValueError, match='steps_offset'): RDDMScheduler(50, steps_offset='1').set_timesteps(5)


@pytest.mark.parametrize('kind', ['residual', 'sample', 'residual_epsilon', 'v_prediction'])
def test_a_bridge_without_noise_to_start_with_is_refused_before_a_network_is_called(kind):
    make = lambda **kw: RDDMScheduler(20, beta_schedule='bridge', prediction_type=kind, **kw)
    if kind in ('residual', 'sample'):
        for kw in ({}, dict(posterior='bridge', eta=.5)):
            with pytest.raises(SingularError, match='on the move from timestep 19 to .*holds no noise to carry over'):
                make(**kw).set_timesteps(4)
    elif kind == 'residual_epsilon': make().set_timesteps(4)
    if kind == 'v_prediction': return
    s = make(posterior='bridge', eta=1.)
    s.set_timesteps(4)
    if kind == 'residual_epsilon': return
    with pytest.raises(SingularError, match='holds no noise to carry over'):
        s.step(torch.zeros(1, 3, 2, 2), 19, torch.zeros(1, 3, 2, 2), eta=0., x_in=torch.zeros(1, 3, 2, 2))
    s.set_timesteps(1)


@pytest.mark.parametrize('dtype', [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64])
def test_timesteps_may_be_whole_numbers_of_any_size(dtype):
    s, last = RDDMScheduler(), torch.tensor(torch.iinfo(dtype).max).clamp(max=999).item()
    t, x, z = torch.tensor([last], dtype=dtype), random_images(1, 3, 2, 2), randn(1, 3, 2, 2)
    a, b = s.schedule[last + 1]
    close(s.add_noise(x, z, t), (1 - a)*x + b*z, 1e-14)
    s.set_timesteps(timesteps=[last])
    assert s.previous_timestep(t[0]) == -1 == s.previous_timestep(t)


def test_one_image_at_many_levels_as_in_diffusers():
    s, d, t = RDDMScheduler(beta_schedule='linear'), diffusers.DDIMScheduler(), torch.tensor([1, 500, 999])
    x, z = random_images(1, 3, 2, 2), randn(1, 3, 2, 2)
    close(s.add_noise(x, z, t), d.add_noise(x, z, t), 1e-5)


def test_in_ddim_s_pipeline_the_pipeline_s_eta_holds():
    u = unet().double()
    def images(configured, **kw):
        pipe = diffusers.DDIMPipeline(u, diffusers.DDIMScheduler(20))
        pipe.scheduler = RDDMScheduler(20, beta_schedule='linear', prediction_type='epsilon', eta=configured)
        return run(pipe, num_inference_steps=4, **kw)
    assert torch.equal(images(.5), images(0.)) and torch.equal(images(0., eta=.5), images(.5, eta=.5))
    assert not torch.equal(images(.5), images(.5, eta=.5))


def test_noise_is_not_added_to_whole_numbers():
    with pytest.raises(TypeError, match='in floats, as from_uint8 makes them, got torch.uint8'):
        RDDMScheduler(50).add_noise(torch.zeros(1, 3, 2, 2).byte(), torch.zeros(1, 3, 2, 2), torch.tensor([9]))


def test_a_device_that_is_not_there_leaves_the_run_before():
    s = ready()
    before = {k: str(v) for k, v in vars(s).items()}
    with pytest.raises(RuntimeError): s.set_timesteps(2, device='none such')
    assert {k: str(v) for k, v in vars(s).items()} == before


def test_a_curve_keeps_its_name(tmp_path):
    s = RDDMScheduler.from_schedule(Schedule.line(7))
    s.save_pretrained(tmp_path)
    assert s.schedule.name == RDDMScheduler.from_pretrained(tmp_path).schedule.name == 'line'
    assert RDDMScheduler.from_config(s.config).schedule.name == 'line'


@pytest.mark.parametrize('schedule', [5, None, 'line'])
def test_a_schedule_is_one(schedule):
    with pytest.raises(TypeError, match=f'^schedule must be a Schedule, got {schedule!r}$'):
        RDDMScheduler.from_schedule(schedule)


@pytest.mark.parametrize('name', ['alpha', 'beta2'])
def test_increments_are_shown_as_given(name):
    with pytest.raises(ValueError, match=rf"^{name} must be a side and an exponent of P.*, got '1-x'$"):
        RDDMScheduler(**{name: '1-x'})
    assert RDDMScheduler(20, **{name: ('1-x', 2)}).schedule == Schedule.power(20, **{name: ('1-x', 2)})
