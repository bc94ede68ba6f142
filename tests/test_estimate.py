"""Completing a prediction in closed form, and keeping the estimate an image (invariants 12-16, 34)."""
import pytest
import torch
from hypothesis import given, strategies as st
from common import F64, close, inner_points, random_images, randn, seeds, trio
from rddm_nb.estimate import (CLIPS, Estimate, Prediction, SingularError, eps_from_res, estimate, predict,
                              res_from_eps, x0_from)
from rddm_nb.forward import q_sample
from rddm_nb.reverse import posterior_coefs, posterior_variance, reverse_step
from rddm_nb.schedule import Point, Schedule

points = inner_points()


@given(p=points, seed=seeds)
def test_inv13_both_parts_give_the_clean_image_back(p, seed):
    x0, x_in, eps = trio(seed)
    close(x0_from(q_sample(x0, x_in, eps, *p), x_in - x0, eps, *p), x0, 2e-15)


@given(p=points, seed=seeds)
def test_inv14_residual_gives_the_noise(p, seed):
    x0, x_in, eps = trio(seed)
    close(eps_from_res(q_sample(x0, x_in, eps, *p), x_in, x_in - x0, *p), eps, 3e-15/p.bbar)


@given(p=points, seed=seeds)
def test_inv15_noise_gives_the_residual_below_abar_one(p, seed):
    x0, x_in, eps = trio(seed)
    close(res_from_eps(q_sample(x0, x_in, eps, *p), x_in, eps, *p), x_in - x0, 8e-15/(1 - p.abar))


@given(p=points, seed=seeds)
def test_inv16_errors_transfer_with_the_ratio_of_the_formulas(p, seed):
    x0, x_in, eps = trio(seed)
    x_t, d, f = q_sample(x0, x_in, eps, *p), .1*randn(*x0.shape, seed=seed + 7), (1 - p.abar)/p.bbar
    close(eps_from_res(x_t, x_in, x_in - x0 + d, *p) - eps, f*d, 4e-15*(1 + 1/p.bbar))
    close(res_from_eps(x_t, x_in, eps + d, *p) - (x_in - x0), d/f, 1e-14/(1 - p.abar))


@given(p=points, seed=seeds, clip=st.sampled_from(['x0', None]), known=st.sampled_from(['res', 'eps', 'both']))
def test_true_predictions_are_completed_to_the_truth(p, seed, clip, known):
    x0, x_in, eps = trio(seed)
    res = x_in - x0
    e = estimate(Prediction(None if known == 'eps' else res, None if known == 'res' else eps),
                 q_sample(x0, x_in, eps, *p), x_in, *p, clip)
    f = (1 - p.abar)/p.bbar
    for got, want in zip(e, (x0, res, eps)): close(got, want, 1e-14*(1 + f + 1/f))


@given(p=points, seed=seeds, known=st.sampled_from(['res', 'eps', 'both']), clip=st.sampled_from(['x0', None]))
def test_the_three_parts_always_add_up_to_the_state(p, seed, known, clip):
    # for predictions of any size: what `estimate` returns is another way to write the same state
    x_t, x_in, r, e = (randn(2, 3, 4, 4, seed=seed + i) for i in range(4))
    guess = estimate(Prediction(None if known == 'eps' else r, None if known == 'res' else e), x_t, x_in, *p, clip)
    scale = 1 + 1/(1 - p.abar) + 1/p.bbar
    close(guess.x0 + p.abar*guess.res + p.bbar*guess.eps, x_t, 1e-14*scale)
    if known != 'both': close(guess.x0 + guess.res, x_in, 1e-14*scale)


@given(p=points, seed=seeds, known=st.sampled_from(['res', 'eps', 'both']))
def test_clip_x0_is_the_clamp_of_the_free_guess(p, seed, known):
    x_t, x_in, r, e = (randn(2, 3, 4, 4, seed=seed + i) for i in range(4))
    pred = Prediction(None if known == 'eps' else r, None if known == 'res' else e)
    free, held = estimate(pred, x_t, x_in, *p, None), estimate(pred, x_t, x_in, *p, 'x0')
    close(held.x0, free.x0.clamp(-1, 1), 0)
    d = held.x0 - free.x0
    scale = 1 + 1/(1 - p.abar) + 1/p.bbar
    close(held.res, free.res - d, 1e-14*scale)
    close(held.eps, free.eps - d*(1 - p.abar)/p.bbar, 1e-14*scale**2)
    assert torch.equal(estimate(pred, x_t, x_in, *p).x0, held.x0)
    assert torch.equal(estimate(pred, x_t, x_in, *p).res, held.res)


def test_free_guesses_are_the_formulas():
    x_t, x_in, r, e = (randn(2, 1, 3, 3, seed=i) for i in range(4))
    p = Point(.3, .6)
    a = estimate(Prediction(res=r), x_t, x_in, *p, None)
    close(a.x0, x_in - r, 0), close(a.eps, (x_t - x_in + .7*r)/.6, 2e-15)
    b = estimate(Prediction(eps=e), x_t, x_in, *p, None)
    close(b.x0, (x_t - .3*x_in - .6*e)/.7, 2e-15), close(b.res, x_in - b.x0, 2e-15), close(b.eps, e, 0)
    c = estimate(Prediction(r, e), x_t, x_in, *p, None)
    close(c.x0, x_t - .3*r - .6*e, 2e-15), close(c.res, r, 0), close(c.eps, e, 0)


def test_residuals_larger_than_one_are_kept_by_default_and_cut_by_the_official_rule():
    x0, x_in, eps = torch.full((1, 1, 2, 2), -1., dtype=F64), torch.full((1, 1, 2, 2), 1., dtype=F64), randn(1, 1, 2, 2)
    p = Point(.5, .5)
    x_t = q_sample(x0, x_in, eps, *p)
    good, cut = (estimate(Prediction(res=x_in - x0), x_t, x_in, *p, clip) for clip in ('x0', 'official'))
    close(good.x0, x0, 0), close(good.res, 2*torch.ones_like(x0), 0), close(good.eps, eps, 1e-15)
    close(cut.res, torch.ones_like(x0), 0), close(cut.x0, torch.zeros_like(x0), 0)


@given(p=points, seed=seeds)
def test_official_clip_is_the_official_order_of_operations(p, seed):
    x_t, x_in, r, e = (randn(2, 1, 3, 3, seed=seed + i) for i in range(4))
    a, b = p
    one = lambda v: v.clamp(-1, 1)
    tol = 1e-14*(1 + 1/(1 - a) + 1/b)
    g = estimate(Prediction(res=r), x_t, x_in, a, b, 'official')
    close(g.res, one(r), 0), close(g.x0, one(x_in - one(r)), 0), close(g.eps, (x_t - x_in + (1 - a)*one(r))/b, tol)
    g = estimate(Prediction(r, e), x_t, x_in, a, b, 'official')
    close(g.res, one(r), 0), close(g.x0, one(x_t - a*one(r) - b*e), tol), close(g.eps, e, 0)
    g = estimate(Prediction(eps=e), x_t, x_in.clamp(-1, 1), a, b, 'official')
    x0 = one((x_t - a*x_in.clamp(-1, 1) - b*e)/(1 - a))
    close(g.x0, x0, tol), close(g.res, one(x_in.clamp(-1, 1) - x0), tol), close(g.eps, e, 0)


def test_the_official_samplers_differ_by_where_the_noise_comes_from():
    at, to, one = Point(.9, .9), Point(.5, .7), torch.ones(1, dtype=F64)
    pred = Prediction(res=.5*one, eps=-.5*one)
    sigma2 = posterior_variance('sum_constrained', at, to)
    for clip, want in (('official_posterior', 1.5827160493827162), ('official', 1.9777777777777779)):
        e = estimate(pred, 2*one, 0*one, *at, clip)
        close(reverse_step(2*one, e, at, to, sigma2, 0*one), want*one, 1e-14)


@given(p=points, seed=seeds, known=st.sampled_from(['res', 'eps', 'both']))
def test_the_official_posterior_mean_is_made_of_state_residual_and_estimate(p, seed, known):
    x_t, x_in, r, e = (randn(2, 1, 3, 3, seed=seed + i) for i in range(4))
    pred = Prediction(None if known == 'eps' else r, None if known == 'res' else e)
    to = Point(.5*p.abar, .5*p.bbar)
    official, loop = (estimate(pred, x_t, x_in, *p, clip) for clip in ('official', 'official_posterior'))
    close(loop.x0, official.x0, 0), close(loop.res, official.res, 0)
    c1, c2, c3, sigma2 = posterior_coefs(p, to)
    got = reverse_step(x_t, loop, p, to, sigma2, 0*x_t)
    close(got, c1*x_t + c2*official.res + c3*official.x0, 1e-12*(1 + 1/p.bbar))


@pytest.mark.parametrize('clip', CLIPS)
def test_a_state_without_noise_has_no_noise_to_guess(clip):
    x0, x_in, _ = trio()
    x_t = q_sample(x0, x_in, torch.zeros_like(x0), .4, 0.)
    e = estimate(Prediction(res=.5*(x_in - x0)), x_t, x_in, .4, 0., clip)
    assert e.eps is None
    close(e.x0, (x_in - .5*(x_in - x0)).clamp(-1, 1), 1e-15)
    e = estimate(Prediction(eps=torch.ones_like(x0)), x_t, x_in, .4, 0., clip)
    close(e.x0, x0, 2e-15)


@pytest.mark.parametrize('shape', [(3, 2), (3, 1, 4, 5), (3, 3, 4, 4)])
@pytest.mark.parametrize('dtype', [torch.float32, F64])
def test_coefficients_may_differ_along_the_batch(shape, dtype):
    s, t = Schedule.power(10), torch.tensor([2, 5, 8])
    x_t, x_in, r, e = (randn(*shape, seed=i, dtype=dtype) for i in range(4))
    a, b = s.coeffs(t, x_t)
    for pred in (Prediction(res=r), Prediction(eps=e), Prediction(r, e)):
        for clip in CLIPS:
            whole = estimate(pred, x_t, x_in, a, b, clip)
            for i in range(3):
                one = estimate(Prediction(*(v if v is None else v[i:i + 1] for v in pred)), x_t[i:i + 1],
                               x_in[i:i + 1], *s[int(t[i])], clip)
                for v, w in zip(whole, one): close(v[i:i + 1], w, 1e-13 if dtype == F64 else 3e-5)
            assert all(v.dtype == dtype for v in whole)


@given(seed=seeds, known=st.sampled_from(['res', 'eps', 'both']), clip=st.sampled_from(CLIPS))
def test_nothing_is_changed_in_place(seed, known, clip):
    x_t, x_in, r, e = (randn(2, 1, 2, 2, seed=seed + i) for i in range(4))
    before = [v.clone() for v in (x_t, x_in, r, e)]
    estimate(Prediction(None if known == 'eps' else r, None if known == 'res' else e), x_t, x_in, .4, .5, clip)
    for v, w in zip((x_t, x_in, r, e), before): assert torch.equal(v, w)


def test_gradients_flow_through_the_closed_forms():
    x_t, x_in, r = (randn(1, 1, 2, 2, seed=i) for i in range(3))
    r.requires_grad_()
    estimate(Prediction(res=r), x_t, x_in, .4, .5, None).eps.sum().backward()
    close(r.grad, torch.full_like(r, .6/.5), 1e-15)


def test_singular_points_are_refused_with_a_way_out():
    x = randn(2, 1, 2, 2)
    with pytest.raises(SingularError, match=r'bbar = 0: there is no noise in this state'): eps_from_res(x, x, x, .5, 0.)
    with pytest.raises(SingularError, match=r"abar = 1.*start from an abar below 1.*Schedule.ddim_linear"):
        res_from_eps(x, x, x, 1., .5)
    a = torch.tensor([.5, 1.], dtype=F64).view(2, 1, 1, 1)
    with pytest.raises(SingularError, match='abar = 1'): estimate(Prediction(eps=x), x, x, a, 1 - a/2)
    with pytest.raises(SingularError, match='bbar = 0'): eps_from_res(x, x, x, a, 1 - a)
    assert issubclass(SingularError, ValueError) and isinstance(estimate(Prediction(x, x), x, x, 1., .5), Estimate)


def test_bad_predictions_and_clips_are_refused():
    x = randn(1, 1, 2, 2)
    with pytest.raises(ValueError, match='neither a residual nor noise'): estimate(Prediction(), x, x, .5, .5)
    with pytest.raises(ValueError,
                       match=r"clip must be one of \('x0', 'official', 'official_posterior', None\), got 'x1'"):
        estimate(Prediction(res=x), x, x, .5, .5, 'x1')


@pytest.mark.parametrize(('out', 'said'), [((1, 2, 3), r'returned 3 values \(tuple\); a predictor returns'),
                                           (Estimate(1, 2, 3), r'returned 3 values \(Estimate\); a predictor returns')])
def test_more_than_residual_and_noise_is_no_prediction(out, said):
    with pytest.raises(TypeError, match=said): predict(lambda *a: out, randn(1, 1, 2, 2), None, 1., 1.)


@pytest.mark.parametrize(('model', 'said'), [(dict, 'model is the class dict: give a network made of it'),
                                             (3, 'model must be a predictor, a callable .* got 3')])
def test_what_is_no_predictor_is_named(model, said):
    with pytest.raises(TypeError, match=said): predict(model, randn(1, 1, 2, 2), None, 1., 1.)


def named(x_t, x_in, abar, bbar, t, cond): return Prediction(res=cond)


class Callable:
    def __call__(self, x_t, x_in, abar, bbar, t, **kw): return Prediction(res=kw['cond'])


class Module(torch.nn.Module):
    def forward(self, x_t, x_in, abar, bbar, t, *, cond=None): return Prediction(res=cond)


@pytest.mark.parametrize('model', [named, Callable(), Module()], ids=['named', 'any', 'module'])
def test_a_condition_is_handed_to_what_takes_one(model):
    cond = randn(1, 1, 2, 2)
    assert predict(model, 0*cond, None, 1., 1., None, cond).res is cond
    with pytest.raises(TypeError, match='this function takes no condition: leave cond out'):
        predict(lambda x_t, x_in, abar, bbar, t: Prediction(res=x_t), 0*cond, None, 1., 1., None, cond)


def test_no_input_is_one_of_zeros():
    x_t, res, eps = randn(4, 3, 4, 4), randn(4, 3, 4, 4, seed=1), randn(4, 3, 4, 4, seed=2)
    for pred in (Prediction(res), Prediction(None, eps), Prediction(res, eps)):
        for clip in CLIPS:
            none, zeros = (estimate(pred, x_t, x, .4, .5, clip) for x in (None, torch.zeros_like(x_t)))
            assert all(torch.equal(a, b) for a, b in zip(none, zeros))


def test_one_number_per_image_is_not_spread_over_pixels():
    x, y = random_images(4, 3, 4, 4), random_images(4, 3, 4, 4, seed=1)
    for kw in (dict(abar=torch.rand(4)), dict(bbar=torch.rand(4)), dict(abar=torch.rand(4, 1))):
        with pytest.raises(ValueError, match=r'must be numbers, or of shape \(4, 1, 1, 1\), one per image'):
            estimate(Prediction(res=y), x, y, **dict(abar=.5, bbar=.5) | kw)


def test_an_image_without_noise_leaves_the_others_of_its_batch_as_they_are():
    x0, eps = random_images(2, 1, 2, 2), randn(2, 1, 2, 2)
    a, b = torch.tensor([.2, .5], dtype=F64).view(2, 1, 1, 1), torch.tensor([0., .5], dtype=F64).view(2, 1, 1, 1)
    x_t = q_sample(x0, -x0, eps, a, b)
    e = estimate(Prediction(3 - 2*x0, eps), x_t, -x0, a, b)
    close(e.x0 + a*e.res + b*e.eps, x_t, 1e-14)
    alone = estimate(Prediction(3 - 2*x0[1:], eps[1:]), x_t[1:], -x0[1:], .5, .5)
    for v, w in zip(e, alone): close(v[1:], w, 1e-14)
