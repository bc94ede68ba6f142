"""The exact predictor against Bayes' rule written out (invariant 49)."""
import math
import pytest
import torch
from hypothesis import given, strategies as st
from common import F64, close, gmm_points, inner_points, random_images, randn, rng, seeds
from rddm_nb.estimate import Prediction, estimate
from rddm_nb.exact import ExactPredictor
from rddm_nb.forward import q_sample
from rddm_nb.schedule import Point, Schedule


def bayes_weights(x_t, x_in, means, a, b, std=0., weights=None, tau=None):
    "Posterior weights, image by image and pixel by pixel: p(k) N(x_in; mu_k, std^2 + tau^2) N(x_t; .. | k, x_in)"
    rows = []
    for x, y in zip(x_t.flatten(1), x_in.flatten(1)):
        logs = []
        for k, mu in enumerate(means.flatten(1)):
            m, v = mu, torch.full_like(mu, std**2)
            l = 0. if weights is None else math.log(weights[k])
            if tau is not None:
                l += torch.distributions.Normal(mu, math.sqrt(std**2 + tau**2)).log_prob(y).sum().item()
                v = torch.full_like(mu, 0. if std == 0 else 1/(1/std**2 + 1/tau**2))
                m = mu if std == 0 else v*(mu/std**2 + y/tau**2)
            logs.append(l + torch.distributions.Normal((1 - a)*m + a*y,
                                                       ((1 - a)**2*v + b*b).sqrt()).log_prob(x).sum().item())
        rows.append(torch.tensor(logs, dtype=F64).softmax(0))
    return torch.stack(rows)


@given(p=inner_points(b_min=.1), seed=seeds, std=st.sampled_from([0., .3]), tau=st.sampled_from([None, .5]),
       weighted=st.booleans())
def test_weights_are_bayes_rule(p, seed, std, tau, weighted):
    means, x_in, eps = (
        random_images(4, 1, 2, 2, seed=seed),
        random_images(3, 1, 2, 2, seed=seed + 1),
        randn(3, 1, 2, 2, seed=seed + 2),
    )
    w = [.1, .2, .3, .4] if weighted else None
    x_t = q_sample(means[:3], x_in, eps, *p)
    got = ExactPredictor(means, std, w and torch.tensor(w, dtype=F64), tau).posterior(x_t, x_in, *p)
    close(got, bayes_weights(x_t, x_in, means, *p, std, w, tau), 1e-11/p.bbar**2)
    close(got.sum(1), torch.ones(3, dtype=F64), 1e-15*4)


@pytest.mark.parametrize('std', [0., .25])
@pytest.mark.parametrize('tau', [None, .4])
@pytest.mark.parametrize('p', [Point(0., .3), Point(.4, .5), Point(.9, .8), Point(1., 1.), Point(1., .05)], ids=str)
def test_predictions_are_the_conditional_means_by_integration(p, std, tau):
    # one dimension: integrate x0 over a fine line
    mu, w, y, (a, b) = [-.7, .1, .6], [.2, .5, .3], .35, p
    s = std or .004
    x0 = torch.linspace(-4, 4, 200_001, dtype=F64)
    x_t = torch.tensor([[-.9], [.2], [.8]], dtype=F64)
    prior = sum(wk*torch.exp(-(x0 - m)**2/(2*s*s)) for wk, m in zip(w, mu))
    if tau: prior = prior*torch.exp(-(y - x0)**2/(2*tau*tau))
    like = prior*torch.exp(-(x_t - (1 - a)*x0 - a*y)**2/(2*b*b))
    mean = (like*x0).sum(1)/like.sum(1)
    model = ExactPredictor(torch.tensor(mu, dtype=F64)[:, None], s, torch.tensor(w, dtype=F64), tau)
    pred = model(x_t, torch.full_like(x_t, y), a, b)
    close(pred.res[:, 0], y - mean, 1e-9)
    close(pred.eps[:, 0], (x_t[:, 0] - a*y - (1 - a)*mean)/b, 1e-8)
    if not std:
        close(ExactPredictor(model.means, 0., torch.tensor(w, dtype=F64), tau)(x_t, torch.full_like(x_t, y), a, b).res,
              pred.res, .03)


@given(p=inner_points(), seed=seeds, std=st.sampled_from([0., .2]))
def test_its_two_halves_describe_the_same_state(p, seed, std):
    model, x_t, x_in = ExactPredictor(random_images(5, 3, 2, 2, seed=seed),
                                      std), randn(2, 3, 2, 2, seed=seed), random_images(2, 3, 2, 2, seed=seed + 1)
    pred = model(x_t, x_in, *p)
    close((x_in - pred.res) + p.abar*pred.res + p.bbar*pred.eps, x_t, 2e-14)
    close(estimate(Prediction(res=pred.res), x_t, x_in, *p, None).eps, pred.eps, 2e-14/p.bbar)


def test_a_single_image_is_known_at_once():
    x0, x_in = random_images(1, 3, 4, 4), random_images(2, 3, 4, 4, seed=1)
    x_t = q_sample(x0.expand_as(x_in), x_in, randn(2, 3, 4, 4), .3, .7)
    p = ExactPredictor(x0)(x_t, x_in, .3, .7)
    close(p.res, x_in - x0, 1e-15), close(p.eps, randn(2, 3, 4, 4), 4e-15)


def test_no_other_guess_has_a_smaller_error():
    model, n, p = ExactPredictor(gmm_points(), .1), 20_000, Point(.4, .6)
    x0 = model.draw(n, rng(1))
    x_in = torch.full_like(x0, .2)
    x_t = q_sample(x0, x_in, randn(n, 2), *p)
    res = model(x_t, x_in, *p).res
    mse = lambda r: (r - (x_in - x0)).square().mean().item()
    for other in (res + .05, .9*res, 1.1*res, res.roll(1, 1), res + .1*torch.sin(5*x_t)):
        assert mse(other) > mse(res) + 1e-3
    close((res - (x_in - x0)).mean(0), [0, 0], 4*.6/n**.5)


def test_inv49_the_two_vector_fields_commute():
    # X_a = d_a + R d_I and X_b = d_b + E d_I with R = E[res], E = E[eps]: X_a E = X_b R, by central differences
    model, y, h = ExactPredictor(torch.tensor([[-.8], [.3], [.9]], dtype=F64), .3, torch.tensor([.3, .5, .2])), .4, 1e-4
    x, worst, naive = torch.linspace(-1.5, 1.5, 31, dtype=F64)[:, None], 0., 0.
    f = lambda x, a, b: model(x, torch.full_like(x, y), a, b)
    def diff(g):  # fourth-order central difference at 0
        return (8*(g(h) - g(-h)) - (g(2*h) - g(-2*h)))/(12*h)
    for a in (.1, .5, .8):
        for b in (.3, .6, 1.):
            R, E = f(x, a, b)
            XaE = diff(lambda d: f(x, a + d, b).eps) + R*diff(lambda d: f(x + d, a, b).eps)
            XbR = diff(lambda d: f(x, a, b + d).res) + E*diff(lambda d: f(x + d, a, b).res)
            worst, naive = max(worst, (XaE - XbR).abs().max().item()), max(naive, XbR.abs().max().item())
    assert worst < 1e-9 and naive > .3


def test_each_image_may_stand_at_its_own_point():
    s, t = Schedule.power(10), torch.tensor([2, 5, 10])
    model, x_t, x_in = (
        ExactPredictor(random_images(4, 1, 3, 3), 0.2),
        randn(3, 1, 3, 3),
        random_images(3, 1, 3, 3, seed=2),
    )
    pred = model(x_t, x_in, *s.coeffs(t, x_t), t)
    for i in range(3):
        one = model(x_t[i:i + 1], x_in[i:i + 1], *s[int(t[i])])
        close(pred.res[i:i + 1], one.res, 1e-14), close(pred.eps[i:i + 1], one.eps, 1e-14)


def test_without_noise_the_nearest_image_is_the_answer():
    means = random_images(5, 1, 3, 3)
    x_in = random_images(5, 1, 3, 3, seed=1)
    x_t = q_sample(means, x_in, torch.zeros_like(means), .6, 0.)
    pred = ExactPredictor(means)(x_t, x_in, .6, 0.)
    close(x_in - pred.res, means, 1e-15)
    assert pred.eps is None
    close(ExactPredictor(means).posterior(x_t, x_in, .6, 0.), torch.eye(5, dtype=F64), 0)


def test_at_the_corner_only_the_prior_is_left():
    means, w = random_images(3, 1, 2, 2), torch.tensor([.5, .25, .25], dtype=F64)
    x_in = random_images(2, 1, 2, 2, seed=1)
    pred = ExactPredictor(means, 0., w)(x_in, x_in, 1., 0.)
    close(x_in - pred.res, (w.view(3, 1, 1, 1)*means).sum(0).expand(2, 1, 2, 2), 1e-15)


def test_far_states_neither_overflow_nor_vanish():
    model = ExactPredictor(random_images(4, 3, 8, 8))
    for b in (1e-4, 1e-2, 1.):
        pred = model(50*randn(2, 3, 8, 8), None, .5, b)
        assert pred.res.isfinite().all() and pred.eps.isfinite().all()


def test_zeros_stand_for_no_input():
    model, x = ExactPredictor(random_images(4, 1, 2, 2)), randn(3, 1, 2, 2)
    for v, w in zip(model(x, None, .3, .6), model(x, torch.zeros_like(x), .3, .6)): close(v, w, 0)


def test_a_vanishing_weight_excludes_a_image():
    means = gmm_points()
    w = ExactPredictor(means, 0., torch.tensor([0., 1., 1.])).posterior(means, None, 0., .5)
    close(w[:, 0], [0, 0, 0], 0), close(w.sum(1), [1, 1, 1], 4e-16)


def test_an_excluded_image_is_not_the_nearest():
    means = gmm_points()
    w = ExactPredictor(means, 0., torch.tensor([0., 1., 1.])).posterior(means[:1], None, 0., 0.)
    nearest = 1 + (means[1:] - means[0]).square().sum(1).argmin()
    assert w[0, nearest] == 1 and w.sum() == 1


@pytest.mark.parametrize('shape', [(2,), (1, 3, 3), (3, 4, 4)])
@pytest.mark.parametrize('dtype', [torch.float32, F64])
def test_any_shape_and_dtype(shape, dtype):
    model, x = ExactPredictor(random_images(4, *shape, dtype=dtype), .1), randn(3, *shape, dtype=dtype)
    pred = model(x, random_images(3, *shape, seed=4, dtype=dtype), .4, .5)
    assert all(v.dtype == dtype and v.shape == x.shape for v in pred)


def test_draws_follow_the_mixture():
    n, w = 30_000, torch.tensor([.2, .3, .5], dtype=F64)
    model = ExactPredictor(gmm_points(), .05, w)
    x = model.draw(n, rng(3))
    k = torch.cdist(x, gmm_points()).argmin(1)
    for i in range(3):
        close((k == i).double().mean(), w[i], 4*(w[i].item()*(1 - w[i].item())/n)**.5)
        close(x[k == i].mean(0), gmm_points()[i], 4*.05/(w[i].item()*n)**.5)
        close(x[k == i].std(0), [.05, .05], 4*.05/(2*w[i].item()*n)**.5)
    assert torch.equal(x, model.draw(n, rng(3)))
    points = ExactPredictor(gmm_points()).draw(100, rng(4))
    assert (torch.cdist(points, gmm_points()).amin(1) == 0).all()


@pytest.mark.parametrize('kw, match', [
    (dict(means=torch.zeros(3)), r'means must be \(N, \.\.\.\).*shape \(3,\)'),
    (dict(means=torch.zeros(0, 2)), r'N >= 1'),
    (dict(std=-1.), r'std must be >= 0, got -1'), (dict(std=float('nan')), r'std must be >= 0, got nan'),
    (dict(tau=0.), r'tau must be > 0 \(or None\), got 0'), (dict(tau='x'), r"tau must be > 0 \(or None\), got 'x'"),
    (dict(weights=torch.ones(2)), r'weights must be 3 numbers >= 0'),
    (dict(std=math.inf), r'std must be >= 0, got inf: give a finite'),
    (dict(means=torch.zeros(3, 2).long()), 'means must be floats, got torch.int64'),
    (dict(means=torch.full((3, 2), math.nan)), 'means hold NaN'),
    (dict(weights=torch.tensor([1., math.inf, 1])), 'weights must be 3.*sum inf'),
    (dict(weights=torch.tensor([1., math.nan, 1])), 'weights must be 3'),
    (dict(weights=torch.tensor([1., -1, 1])), r'weights must be 3'),
    (dict(weights=torch.zeros(3)), r'weights must be 3.*do not all vanish'),
])
def test_bad_settings_are_refused(kw, match):
    with pytest.raises(ValueError, match=match): ExactPredictor(**{'means': gmm_points(), **kw})


def test_states_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r'x_in has shape \(1, 2\), but x_t has \(2, 2\)'):
        ExactPredictor(gmm_points())(randn(2, 2), randn(1, 2), .5, .5)
    with pytest.raises(ValueError, match=r"of the known images' shape, \(B, 2\), got \(2, 3\)"):
        ExactPredictor(gmm_points())(randn(2, 3), None, .5, .5)


@pytest.mark.parametrize('n', [0, 2.5, 'a'])
def test_a_whole_number_of_images_is_drawn(n):
    with pytest.raises((ValueError, TypeError), match='n must be (a whole number|at least 1)'):
        ExactPredictor(randn(3, 2)).draw(n)


def test_a_tau_whose_square_vanishes_is_none():
    with pytest.raises(ValueError, match='tau must be > 0'): ExactPredictor(randn(3, 2), tau=1e-200)


def test_later_changes_of_the_images_do_not_reach_it():
    for dtype in (torch.float32, torch.float64):
        known = random_images(4, 3, 2, 2, dtype=dtype).requires_grad_()
        e = ExactPredictor(known)
        before = e.draw(3, rng())
        with torch.no_grad(): known.mul_(2)
        assert torch.equal(e.draw(3, rng()), before) and not before.requires_grad
        assert torch.equal(e.means.double().flatten(1), e._mu)


def test_as_many_coefficients_as_images():
    e = ExactPredictor(random_images(4, 3, 2, 2))
    for n in (2, 4):
        for ask in (e, e.posterior):
            with pytest.raises(ValueError, match=f'abar holds {n} values for 3 images'):
                ask(randn(3, 3, 2, 2), None, torch.rand(n), .5)


def test_nothing_it_says_carries_a_gradient():
    w, x = torch.ones(4, requires_grad=True), randn(3, 3, 2, 2).requires_grad_()
    e = ExactPredictor(random_images(4, 3, 2, 2), weights=w)
    assert not any(v.requires_grad for v in (*e(x, x, .3, .5), e.posterior(x, x, .3, .5)))


@pytest.mark.parametrize('dtype', [torch.int64, torch.bool, torch.uint8])
def test_a_state_of_whole_numbers_is_refused(dtype):
    e, x = ExactPredictor(torch.tensor([[-1.], [0.], [.5], [1.]])), torch.ones(1, 1)
    for call in (e, e.posterior):
        with pytest.raises(TypeError, match='x_t holds .*from_uint8'): call(x.to(dtype), None, .2, .5)
        with pytest.raises(TypeError, match='x_in holds .*from_uint8'): call(x, x.to(dtype), .2, .5)


def test_draws_take_one_generator():
    with pytest.raises(TypeError, match='generator must be a torch.Generator or None'):
        ExactPredictor(torch.zeros(2, 1)).draw(2, [torch.Generator()]*2)
