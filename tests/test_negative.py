"""Identities that look true and are not (F1-F12): each must fail, and by as much as the theory says."""
import math
import numpy as np
import pytest
import torch
from hypothesis import assume, given, strategies as st
from common import F64, close, ellipse, inner_points, random_images, randn, rng, seeds, trio
from rddm_nb.estimate import Estimate, Prediction, SingularError, estimate
from rddm_nb.exact import ExactPredictor
from rddm_nb.forward import q_sample
from rddm_nb.reverse import posterior_variance, reverse_step
from rddm_nb.sampler import sample
from rddm_nb.schedule import Point, Schedule

products = st.tuples(st.floats(.02, .9), st.floats(.02, .9)).map(sorted).filter(lambda p: p[1] - p[0] > .02)


def ddpm_variance(A_t, A_s): return (1 - A_s)/(1 - A_t)*(1 - A_t/A_s)


def test_F1_full_eta_of_the_chain_is_not_ddpm():
    s = Schedule.ddim_linear(1000)
    for t, n in s.pairs(10)[:-1]:
        A_t, A_s = ((1 - s[k].abar)**2 for k in (t, n))
        ratio = posterior_variance('sum_constrained', s[t], s[n])/ddpm_variance(A_t, A_s)
        close(ratio, A_s, 1e-12)
        assert ratio < .9 and (n < 500 or ratio < .1)


def test_F1_at_the_worked_numbers():
    s = Schedule.from_ddim([.6, .5])
    close([posterior_variance('sum_constrained', s[2], s[1]), posterior_variance('preserving', s[2], s[1])],
          [.08, .4/3], 1e-15)


@given(products, st.floats(.05, .95))
def test_F2_a_share_of_the_variance_is_not_a_share_of_the_deviation(p, eta):
    s = Schedule.from_ddim(p[::-1])
    full = posterior_variance('preserving', s[2], s[1])
    ours, theirs = posterior_variance('preserving', s[2], s[1], eta), eta**2*full
    close(ours/theirs, 1/eta, 1e-9)
    close(posterior_variance('preserving', s[2], s[1], eta**2), theirs, 1e-15)


@given(products, seeds)
def test_F3_inv35_clipping_without_reusing_the_clip_differs_by_the_clipped_part(p, seed):
    # diffusion from noise: DDIM rebuilds from the clipped guess and the old noise, the official residual step moves
    # on from the state
    (A_t, A_s), s, x_t = p, Schedule.from_ddim(p[::-1]), 1.5*randn(2, 1, 3, 3, seed=seed)
    eps, zero = randn(2, 1, 3, 3, seed=seed + 1), torch.zeros(2, 1, 3, 3, dtype=F64)
    free = (x_t - math.sqrt(1 - A_t)*eps)/math.sqrt(A_t)
    cut = free.clamp(-1, 1)
    assume((free - cut).abs().max() > .1)
    rebuilt = math.sqrt(A_s)*cut + math.sqrt(1 - A_s)*eps
    moved = reverse_step(x_t, estimate(Prediction(eps=eps), x_t, zero, *s[2], clip='official'), s[2], s[1])
    close(moved - rebuilt, math.sqrt(A_t)*(free - cut), 4e-15/math.sqrt(A_t))
    assert (moved - rebuilt).abs().max() > .99*math.sqrt(A_t)*.1
    # inv34: our own rule moves residual and noise with the clip and agrees with a rebuild from both
    again = (x_t - math.sqrt(A_t)*cut)/math.sqrt(1 - A_t)
    ours = reverse_step(x_t, estimate(Prediction(eps=eps), x_t, zero, *s[2]), s[2], s[1])
    close(ours, math.sqrt(A_s)*cut + math.sqrt(1 - A_s)*again, 1e-13)


@given(inner_points(.9, .1), seeds)
def test_F4_with_the_official_clip_start_form_and_noise_form_part(p, seed):
    at, to = p, Point(.4*p.abar, .5*p.bbar)
    x_t, x_in, r = (
        randn(2, 1, 3, 3, seed=seed),
        random_images(2, 1, 3, 3, seed=seed),
        2 * randn(2, 1, 3, 3, seed=seed + 1),
    )
    k = to.bbar/at.bbar
    def gap(est): return reverse_step(x_t, est, at, to) - (k*x_t + (1 - k)*est.x0 + (to.abar - at.abar*k)*est.res)
    free, official, ours = (estimate(Prediction(res=r), x_t, x_in, *at, c) for c in (None, 'official', 'x0'))
    close(gap(free), torch.zeros_like(x_t), 4e-14/at.bbar), close(gap(ours), torch.zeros_like(x_t), 4e-14/at.bbar)
    # the noise form keeps what the second clip took from the guess
    lost = (x_in - official.res) - official.x0
    close(gap(official), (1 - k)*lost, 4e-14/at.bbar)
    if lost.abs().max() > .1: assert gap(official).abs().max() > .04


@pytest.mark.parametrize('grid', ['count', 'linspace'])
def test_F5_noise_alone_says_nothing_at_the_start(grid):
    s, (x0, x_in, eps) = Schedule.power(100, grid=grid), trio()
    x_T = q_sample(x0, x_in, eps, *s[100])
    close(x_T, q_sample(-x0, x_in, eps, *s[100]), 0)  # the clean image has left no trace
    with pytest.raises(SingularError, match='abar = 1'): estimate(Prediction(eps=eps), x_T, x_in, *s[100])
    # one node later it is defined, and multiplies any error of the noise by bbar/(1 - abar), thousands
    if grid == 'count':
        a, b = s[99]
        close(1 - a, 2/(100*101), 1e-14)
        off = estimate(Prediction(eps=eps + .01), q_sample(x0, x_in, eps, a, b), x_in, a, b, clip=None).x0 - x0
        close(off, torch.full_like(x0, -.01*b/(1 - a)), 1e-9)
        assert off.abs().min() > 45


def test_F6_the_linspace_grid_is_singular_at_both_ends():
    s, (x0, x_in, eps) = Schedule.power(100, grid='linspace'), trio()
    assert s[1].bbar == 0 and abs(1 - s[99].abar) < 1e-14 and s[2].bbar > 0 and s[98].abar < 1
    x_1 = q_sample(x0, x_in, eps, *s[1])
    close(x_1, q_sample(x0, x_in, -eps, *s[1]), 0)
    assert estimate(Prediction(res=x_in - x0), x_1, x_in, *s[1]).eps is None
    good = Schedule.power(100)
    assert good[1].bbar > .009 and 1 - good[99].abar > 1e-4
    # and the sampler still arrives, for it never divides by the last bbar
    close(sample(lambda x, y, a, b, t: Prediction(res=x_in - x0), x_in, schedule=s, steps=100, generator=rng()), x0,
          4e-15)


def test_F7_padding_the_shifted_cumulative_sum_with_one_loses_the_first_increment():
    s = Schedule.ddim_linear(1000)
    for v, first in ((s.abar, s[1].abar), (s.bbar**2, s[1].bbar**2)):
        padded = torch.cat([torch.ones(1, dtype=F64), v[1:-1]])
        wrong = (v[1:] - padded)
        wrong[0] = 0
        close(v[-1] - wrong.sum(), first, 2e-15)
        close(v.diff().sum(), v[-1], 2e-15)
    assert s[1].abar > 4.9e-5 and s[1].bbar**2 > 9e-5


GMM = ExactPredictor(torch.tensor([[-.7], [.2], [.8]], dtype=F64), .12, torch.tensor([.3, .3, .4], dtype=F64))


def blind(sees, T=800):
    """The exact predictor as a network would be that was trained on the quarter circle and is told only part of the
    place"""
    on_circle = Schedule.circle(T)
    def model(x, y, a, b, t):
        if sees == 'the time': return GMM(x, y, *on_circle[t])
        with_a, with_b = math.sqrt(max(1 - (1 - a)**2, 1e-16)), 1 - math.sqrt(max(1 - b*b, 0.))
        return Prediction(GMM(x, y, a, with_a).res, GMM(x, y, with_b, b).eps)
    return model


def run(model, schedule, order='together', steps=800):
    x_T = torch.linspace(-2.2, 2.2, 45, dtype=F64)[:, None]
    return sample(model, torch.zeros_like(x_T) + .3, schedule=schedule, steps=steps, order=order, clip=None, x_T=x_T)


@pytest.mark.slow
def test_F8_inv52_a_predictor_told_only_part_of_the_place_depends_on_the_path():
    circle, line, power = (f(800) for f in (Schedule.circle, Schedule.line, Schedule.power))
    truth = run(GMM, circle)
    off = lambda x: (x - truth).abs().mean().item()
    for sees in ('its own', 'the time'): assert off(run(blind(sees), circle)) < 1e-12
    for s in (line, power):
        assert off(run(GMM, s)) < 5e-3
        for sees in ('its own', 'the time'): assert off(run(blind(sees), s)) > .04, (sees, s)
    assert off(run(GMM, circle, 'residual_first')) < 5e-3


def test_F8_the_corner_breaks_even_the_best_predictor():
    circle = Schedule.circle(800)
    truth, cornered = run(GMM, circle), run(GMM, circle, 'noise_first')
    assert cornered.std() < 1e-12 and (cornered - truth).abs().mean() > .4


def test_F9_counting_one_increment_in_both_deviations_leaves_the_ellipse():
    beta = torch.linspace(.01, .05, 20, dtype=F64)
    fwd, bwd, Sigma = beta.cumsum(0), beta.flip(0).cumsum(0).flip(0), beta.sum()
    a, var = fwd/(fwd + bwd), fwd*bwd/(fwd + bwd)
    on = ellipse(20, Sigma.item())
    arch = on.bbar.max()**2*4*a*(1 - a)
    close(var/arch, (Sigma + beta)/Sigma, 1e-14)
    assert (var/arch - 1).min() > .01
    # counted once, it is the ellipse
    once = bwd - beta
    close(fwd*once/(fwd + once), Sigma*(fwd/(fwd + once))*(1 - fwd/(fwd + once)), 1e-15)


@given(st.tuples(st.floats(.1, .9), st.floats(.1, .9)).map(sorted).filter(lambda p: p[1] - p[0] > .05),
       st.floats(.0, .95), st.floats(.2, 1))
def test_F10_scaling_only_the_injected_noise_of_a_bridge_shrinks_the_variance(p, eta, h):
    at, to = (Point(m, 2*h*math.sqrt(m*(1 - m))) for m in p[::-1])
    full = posterior_variance('bridge', at, to)
    k = math.sqrt(to.bbar**2 - full)/at.bbar
    theirs = (k*at.bbar)**2 + eta**2*full
    close(to.bbar**2 - theirs, (1 - eta**2)*full, 1e-14)
    s2 = posterior_variance('bridge', at, to, eta**2)
    x0, res, eps, z = torch.eye(4, dtype=F64)
    w = reverse_step(x0 + at.abar*res + at.bbar*eps, Estimate(x0, res, eps), at, to, s2, z)
    close(w[2]**2 + w[3]**2, to.bbar**2, 1e-14), close(w[3]**2, eta**2*full, 1e-14)
    assert (to.bbar**2 - theirs)/to.bbar**2 > (1 - eta**2)*(1 - p[0]/p[1])*.9


def test_F11_the_bridge_variance_is_negative_on_the_papers_schedule():
    s = Schedule.power(1000)
    for t, n in s.pairs(10)[:-1]:
        v = s[n].bbar**2 - (s[n].abar/s[t].abar)**2*s[t].bbar**2
        assert v < 0
        with pytest.raises(ValueError, match=r"'bridge' has the negative variance .*does not exist on this path"):
            posterior_variance('bridge', s[t], s[n])
        assert posterior_variance('bridge', s[t], s[n], 0.) == 0
    b = ellipse(10)
    with pytest.raises(ValueError, match=r"'sum_constrained' has the negative variance -0\.44"):
        posterior_variance('sum_constrained', b.at(.9), b.at(.5))


def test_F12_float32_time_grids_miss_nodes():
    # linspace(-1, T - 1, S + 1) in float32, filled from both ends, truncated toward zero: 84 of the 1000 grids are
    # off, by one node
    def float32_grid(S):
        step, half = np.float32(1000)/np.float32(S), (S + 1)//2
        v = [np.float32(-1) + step*np.float32(i) if i < half else np.float32(999) - step*np.float32(S - i)
             for i in range(S + 1)]
        return [int(np.trunc(x)) + 1 for x in reversed(v)]
    s = Schedule.power(1000)
    wrong = [S for S in range(1, 1001) if float32_grid(S) != s.grid(S)]
    assert len(wrong) == 84 and wrong[0] == 26
    assert float32_grid(26)[13] == 499 and s.grid(26)[13] == 500
    assert {max(abs(a - b) for a, b in zip(float32_grid(S), s.grid(S))) for S in wrong} == {1}
