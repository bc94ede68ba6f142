"""What a wrong prediction costs: the weights of a step, the loss and its switches, and the floor under it."""
import math
import numpy as np
import pytest
import torch
from common import Net, close, inner_points, moves, random_images, randn, rng, seeds
from hypothesis import given, strategies as st
from torch.distributions import Normal, kl_divergence
from rddm_nb.estimate import Prediction, SingularError, eps_from_res
from rddm_nb.exact import ExactPredictor
from rddm_nb.forward import q_sample
from rddm_nb.objective import error_curve, loss_of, step_weights
from rddm_nb.reverse import posterior_coefs
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet


noisier = moves().filter(lambda m: m[0].bbar > m[1].bbar*1.001)


def divergence(at, to, x_t, right, wrong):
    "Between the true posterior of a step and the predicted one, by torch"
    c_t, c_res, c_0, var = posterior_coefs(at, to)
    means = [c_t*x_t + c_res*r + c_0*(x_t - at[0]*r - at[1]*e) for r, e in (right, wrong)]
    return kl_divergence(*(Normal(m, var**.5) for m in means))


@given(noisier, seeds)
def test_the_weights_of_a_step_are_those_of_the_divergence(move, seed):
    at, to = move
    x_t, r, e, dr, de = randn(5, 6, seed=seed)
    w_res, w_eps = step_weights(at, to)
    want = divergence(at, to, x_t, (r, e), (r + dr, e + de))
    close((.5*(w_res*dr + w_eps*de)**2)/(1 + want), want/(1 + want), 1e-6)
    assert ((.5*(w_res*dr + w_eps*de)**2) <= ((w_res*dr)**2 + (w_eps*de)**2)*(1 + 1e-12)).all()


def test_one_square_is_no_bound_of_two_without_its_factor():
    at, to = (.5, .6), (.4, .5)
    w_res, w_eps = step_weights(at, to)
    assert .5*(w_res*w_eps + w_eps*w_res)**2 > .5*((w_res*w_eps)**2 + (w_eps*w_res)**2)


@given(noisier, seeds)
def test_one_prediction_moves_both_parts_the_same_way(move, seed):
    at, to = move
    x_t, x_in, r, dr = randn(4, 5, seed=seed)
    e, e2 = (eps_from_res(x_t, x_in, v, *at) for v in (r, r + dr))
    k = (1 - at[0])/at[1]
    close((e2 - e)/(1 + k), k*dr/(1 + k), 1e-9)
    w_res, w_eps = step_weights(at, to)
    want = divergence(at, to, x_t, (r, e), (r + dr, e2))
    close(.5*(w_res + w_eps*k)**2*dr**2/(1 + want), want/(1 + want), 1e-6)


@pytest.mark.parametrize('at, to', [((.5, .5), (.2, 0.)), ((.5, .5), (.2, .5)), ((.5, .2), (.2, .5))])
def test_a_step_that_draws_nothing_has_no_weights(at, to):
    with pytest.raises(SingularError, match='draws nothing'): step_weights(at, to)


@given(seeds, st.floats(0, 3), st.floats(0, 3))
def test_the_loss_is_what_it_says(seed, lam_res, lam_eps):
    r, e, p, q = randn(4, 2, 3, seed=seed)
    a, b = (p - r).abs().mean(), (q - e).abs().mean()
    close(loss_of(Prediction(p, q), r, e, 'l1', lam_res, lam_eps), lam_res*a + lam_eps*b, 1e-12)
    close(loss_of(Prediction(p, q), r, e, 'l2', lam_res, lam_eps),
          lam_res*(p - r).square().mean() + lam_eps*(q - e).square().mean(), 1e-12)
    close(loss_of(Prediction(p, None), r, e), a, 1e-12)
    close(loss_of(Prediction(None, q), r, e), b, 1e-12)


def test_a_switch_at_zero_leaves_its_head_alone():
    net, x, y = (
        UNet(8, mults=(1,), predicts='both').double(),
        random_images(2, 3, 4, 4),
        random_images(2, 3, 4, 4, seed=1),
    )
    for lams, alone in (((1., 0.), 1), ((0., 1.), 0)):
        net.zero_grad()
        loss_of(net(x, y, .3, .4), y - x, randn(2, 3, 4, 4), 'l1', *lams).backward()
        heads = net.last[-1].weight.grad.chunk(2)
        assert heads[alone].abs().max() == 0 and heads[1 - alone].abs().max() > 0


def test_predicting_the_image_or_the_residual_costs_the_same():
    x0, x_in, guess = (random_images(2, 3, 4, 4, seed=k) for k in range(3))
    close(loss_of(Prediction(res=x_in - guess), x_in - x0, None), (guess - x0).abs().mean(), 1e-12)


@given(inner_points(), seeds)
def test_no_prediction_has_a_smaller_squared_error_than_the_exact_one(at, seed):
    known = random_images(5, 3, 2, 2, seed=seed)
    best, x_t = ExactPredictor(known), randn(3, 3, 2, 2, seed=seed + 1)
    w, mean, other = best.posterior(x_t, None, *at), -best(x_t, None, *at).res, randn(3, 3, 2, 2, seed=seed + 2)
    cost = lambda guess: (w[:, :, None]*(known.flatten(1)[None] - guess.flatten(1)[:, None])**2).sum(1)
    close(cost(other), cost(mean) + (other - mean).flatten(1)**2, 1e-9)


def test_the_curve_of_a_constant_guess_is_known():
    s, x0, x_in = Schedule.power(T=20), random_images(50, 3, 8, 8), random_images(50, 3, 8, 8, seed=1)
    half = lambda x_t, x_in, abar, bbar, t: Prediction(res=torch.zeros_like(x_t) + .5)
    got = error_curve(half, x0, x_in, s, [1, 7, 20], rng())
    close(got[:, 0], [((x_in - x0) - .5).square().mean()]*3, 1e-6)
    assert got[:, 1].isnan().all() and got.shape == (3, 2)
    nothing = lambda x_t, x_in, abar, bbar, t: Prediction(None, torch.zeros_like(x_t))
    assert abs(error_curve(nothing, x0, x_in, s, [5], rng())[0, 1] - 1) < .05
    assert abs(error_curve(nothing, x0, x_in, s, [5], rng(), 'l1')[0, 1] - math.sqrt(2/math.pi)) < .05


def test_the_curve_asks_at_the_right_places():
    s, x0, seen = Schedule.power(T=20), random_images(4, 3, 2, 2), []
    def spy(x_t, x_in, abar, bbar, t):
        seen.append((x_t, x_in, abar, bbar, t.tolist()))
        return Prediction(res=x_t)
    error_curve(spy, x0, None, s, torch.tensor([3, 20]), rng(5))
    g = rng(5)
    for t, (x_t, x_in, abar, bbar, nodes) in zip((3, 20), seen):
        assert (abar, bbar) == tuple(s[t]) and nodes == [t]*4 and x_in is None
        close(x_t, q_sample(x0, None, torch.randn(x0.shape, generator=g, dtype=x0.dtype), *s[t]), 1e-12)


def test_generation_is_measured_against_minus_the_image():
    x0 = random_images(4, 3, 2, 2)
    perfect = lambda x_t, x_in, abar, bbar, t: Prediction(-x0, (x_t - (1 - abar)*x0)/bbar)
    close(error_curve(perfect, x0, None, Schedule.power(T=20), [3, 19], rng()), torch.zeros(2, 2), 1e-12)


def test_the_floor_is_below_any_guess_on_its_own_set():
    known, s = random_images(6, 3, 2, 2), Schedule.power(T=50)
    x0 = known.repeat(200, 1, 1, 1)
    floor = error_curve(ExactPredictor(known), x0, None, s, [5, 20, 45], rng())
    for scale in (.9, 1.1):
        off = lambda x_t, x_in, abar, bbar, t: Prediction(
            *(scale * v for v in ExactPredictor(known)(x_t, x_in, abar, bbar))
        )
        assert (error_curve(off, x0, None, s, [5, 20, 45], rng()) > floor).all()
    assert (floor[0] < 1e-3).all() and floor[2, 0] > .2


@pytest.mark.parametrize('node', [2.9, 0, 11, -1, 'a'])
def test_a_curve_is_measured_at_nodes_with_noise(node):
    x = random_images(1, 3, 4, 4)
    with pytest.raises(ValueError, match=r'nodes must be whole numbers in 1\.\.10, got '):
        error_curve(lambda *a: Prediction(x, x), x, x, Schedule.power(10), [3, node], rng(0))


@pytest.mark.parametrize('node', [3, 11, 2.5])
def test_one_node_is_a_curve_of_one(node):
    x = random_images(1, 3, 4, 4)
    def curve(nodes): return error_curve(lambda *a: Prediction(x, x), x, x, Schedule.power(10), nodes, rng(0))
    if node == 3: return close(curve(3), curve([3]), 0)
    with pytest.raises(ValueError, match=rf'nodes must be whole numbers in 1\.\.10, got {node}'): curve(node)


def test_a_prediction_of_another_shape_or_none_is_no_loss():
    with pytest.raises(ValueError, match=r'\(4, 1\) was predicted where \(4,\) is true'):
        loss_of(Prediction(res=torch.zeros(4, 1)), torch.arange(4.), None)
    with pytest.raises(ValueError, match='holds neither a residual nor noise'):
        loss_of(Prediction(), torch.zeros(4), torch.zeros(4))


def test_the_curve_is_that_of_the_network_as_it_samples():
    net, x0 = Net(schedule=Schedule.power(7)).train(), random_images(4, 3, 4, 4, dtype=torch.float32)
    a, b = (error_curve(net.train(mode), x0, 0*x0, net.schedule, np.int64(3), rng()) for mode in (True, False))
    assert torch.equal(a.nan_to_num(), b.nan_to_num()) and not any(training for training, _, _ in net.seen)
    assert error_curve(net, x0, 0*x0, net.schedule, torch.tensor(3), rng()).shape == (1, 2)


def test_nodes_may_come_one_after_the_other():
    x0, ask = random_images(2, 3), ExactPredictor(random_images(4, 3))
    want = error_curve(ask, x0, 0*x0, Schedule.line(9), [1, 5], rng())
    assert torch.equal(error_curve(ask, x0, 0*x0, Schedule.line(9), (t for t in (1, 5)), rng()), want)
