"""The forward process (invariants 9-12)."""
import pytest
import torch
from hypothesis import given
from common import F64, close, random_images, power_schedules, randn, seeds, trio, unit
from rddm_nb.forward import one_step, q_sample, randn_like
from rddm_nb.schedule import Schedule


def increments(s): return s.abar.diff().tolist(), s.bbar.square().diff().clamp(min=0).sqrt().tolist()


def test_one_step_adds_residual_and_noise():
    x, res, eps = trio()
    close(one_step(x, res, eps, .3, .2), x + .3*res + .2*eps, 0)
    close(one_step(torch.ones(1), torch.full((1,), 10.), torch.full((1,), 100.), .5, .25), [31.], 0)


@given(s=power_schedules(), seed=seeds)
def test_inv09_steps_without_noise_reach_the_marginal_mean(s, seed):
    x0, x_in, eps = trio(seed)
    x, zero = x0, torch.zeros_like(x0)
    for t, (alpha, beta) in enumerate(zip(*increments(s)), 1):
        x = one_step(x, x_in - x0, zero, alpha, beta)
        close(x, q_sample(x0, x_in, zero, *s[t]), 4e-15)


@given(s=power_schedules())
def test_inv10_variances_of_the_steps_add_up(s):
    # feed step i the i-th unit vector as noise: the state then holds the weight of every noise seen so far
    x, units, zero = torch.zeros(s.T, dtype=F64), torch.eye(s.T, dtype=F64), torch.zeros(s.T, dtype=F64)
    for t, (alpha, beta) in enumerate(zip(*increments(s)), 1):
        x = one_step(x, zero, units[t - 1], alpha, beta)
        close(x.square().sum(), s[t].bbar**2, 4e-15)
        assert (x[t:] == 0).all()


@pytest.mark.parametrize('t', [1, 4, 8])
def test_inv11_monte_carlo_of_the_chain_has_the_marginal_mean_and_variance(t):
    s, n = Schedule.power(8, bbar_T=.7), 40_000
    x0, x_in = torch.full((n,), -.4, dtype=F64), torch.full((n,), .9, dtype=F64)
    x = x0
    for i, (alpha, beta) in enumerate(list(zip(*increments(s)))[:t]):
        x = one_step(x, x_in - x0, randn(n, seed=i), alpha, beta)
    a, b = s[t]
    close(x.mean(), -.4 + 1.3*a, 4*b/n**.5)
    close(x.var()/b**2, 1., 4*(2/n)**.5)


@given(a=unit, b=unit, seed=seeds)
def test_inv12_three_term_mixture(a, b, seed):
    x0, x_in, eps = trio(seed)
    close(q_sample(x0, x_in, eps, a, b), (1 - a)*x0 + a*x_in + b*eps, 1e-15)


@given(a=unit, b=unit, seed=seeds)
def test_generation_is_restoration_from_zeros(a, b, seed):
    x0, _, eps = trio(seed)
    close(q_sample(x0, None, eps, a, b), (1 - a)*x0 + b*eps, 1e-15)
    close(q_sample(x0, None, eps, a, b), q_sample(x0, torch.zeros_like(x0), eps, a, b), 1e-15)


def test_ends_of_the_plane():
    x0, x_in, eps = trio()
    assert torch.equal(q_sample(x0, x_in, eps, 0., 0.), x0)
    close(q_sample(x0, x_in, eps, 1., 0.), x_in, 2e-16)
    close(q_sample(x0, x_in, eps, 1., .5), x_in + .5*eps, 4e-16)


@pytest.mark.parametrize('shape', [(4, 2), (4, 1, 5, 6), (4, 3, 4, 4)])
@pytest.mark.parametrize('dtype', [torch.float32, F64])
def test_a_batch_of_nodes_is_each_image_at_its_own_node(shape, dtype):
    s, t, (x0, x_in, eps) = Schedule.power(10), torch.tensor([0, 3, 7, 10]), trio(1, shape, dtype)
    x = q_sample(x0, x_in, eps, *s.coeffs(t, x0))
    assert x.dtype == dtype and x.shape == shape
    for i in range(4):
        close(x[i:i + 1], q_sample(x0[i:i + 1], x_in[i:i + 1], eps[i:i + 1], *s[int(t[i])]),
              1e-15 if dtype == F64 else 5e-7)


def test_inputs_are_left_alone():
    x0, x_in, eps = trio()
    before = [v.clone() for v in (x0, x_in, eps)]
    q_sample(x0, x_in, eps, .3, .4), one_step(x0, x_in, eps, .3, .4), q_sample(x0, None, eps, .3, .4)
    for v, w in zip((x0, x_in, eps), before): assert torch.equal(v, w)


def test_shapes_must_agree():
    x0, x_in, eps = trio()
    with pytest.raises(ValueError, match=r'x_in has shape \(1, 3, 4, 4\), but x0 has \(2, 3, 4, 4\)'):
        q_sample(x0, x_in[:1], eps, .5, .5)
    with pytest.raises(ValueError, match=r'eps has shape \(2, 1, 4, 4\), but x0 has'):
        q_sample(x0, x_in, eps[:, :1], .5, .5)
    with pytest.raises(ValueError, match='eps has shape'): q_sample(x0, None, random_images(2, 3, 5, 5), .5, .5)


def test_one_number_per_image_is_not_spread_over_their_width():
    x0, x_in, eps = (random_images(4, 3, 4, 4, seed=k) for k in range(3))
    for name in ('abar', 'bbar'):
        with pytest.raises(ValueError, match=rf"{name} has shape \(4,\).* has shape \(4, 1, 1, 1\)"):
            q_sample(x0, x_in, eps, **dict(abar=.1, bbar=.2) | {name: torch.rand(4)})
    each = torch.rand(4, 1, 1, 1, dtype=x0.dtype)
    want = torch.cat([q_sample(x0[i:i + 1], x_in[i:i + 1], eps[i:i + 1], each[i].item(), .5) for i in range(4)])
    close(q_sample(x0, x_in, eps, each, torch.tensor([.5], dtype=x0.dtype)), want, 1e-12)
    assert q_sample(randn(5, 2), randn(5, 2), randn(5, 2), torch.rand(1, 2), 0.).shape == (5, 2)


def test_images_must_be_floats():
    x = torch.full((2, 3, 4, 4), 200, dtype=torch.uint8)
    for kw in (dict(x0=x), dict(x_in=x), dict(eps=x)):
        kw = dict.fromkeys(('x0', 'x_in', 'eps'), x/255) | kw
        with pytest.raises(TypeError, match=f"{[k for k, v in kw.items() if v is x][0]} holds torch.uint8: convert"):
            q_sample(**kw, abar=.5, bbar=.5)


@pytest.mark.parametrize('shape', [(2, 1), (2,)])
def test_numbers_per_image_are_not_spread_over_pixels_of_any_kind(shape):
    x = randn(2, 3, 2, 2) if len(shape) == 2 else randn(2, 2)
    with pytest.raises(ValueError, match=r'pixels it would be spread: one number per image has shape \(2, 1'):
        q_sample(x, x, x, torch.rand(shape), 0.)


def test_many_states_of_one_point_stand_on_an_axis_of_their_own():
    p, a = randn(5, 2), torch.linspace(0, 1, 7, dtype=F64)
    states = q_sample(p, -p, p, a.view(-1, 1, 1), .1)
    close(states, torch.stack([q_sample(p, -p, p, v.item(), .1) for v in a]), 1e-12)
    assert q_sample(p[0, 0], p[0, 1], p[0, 0], a, .1).shape == (7,)


@pytest.mark.parametrize('generator', [None, torch.Generator(), []], ids=['none', 'one', 'one per image'])
def test_noise_for_no_image(generator):
    noise = randn_like(torch.zeros(0, 3, 8, 8, dtype=F64), generator)
    assert noise.shape == (0, 3, 8, 8) and noise.dtype == F64
