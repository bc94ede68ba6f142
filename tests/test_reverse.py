"""The reverse step and its variances against published closed forms (invariants 17-22, 33, 38-46)."""
import math
import pytest
import torch
from hypothesis import assume, given, strategies as st
from common import F64, close, moves, randn, seeds, trio, unit
from rddm_nb.estimate import Estimate, SingularError
from rddm_nb.forward import one_step, q_sample
from rddm_nb.reverse import POSTERIORS, posterior_coefs, posterior_variance, reverse_step
from rddm_nb.schedule import CLEAN, Point, Schedule

BASIS = torch.eye(4, dtype=F64)  # a state written as its weights of x0, res, eps and fresh noise


def weights(at, to, sigma2):
    "Weights of (x0, res, eps, z) in the state after a step taken with true guesses"
    x0, res, eps, z = BASIS
    return reverse_step(x0 + at.abar*res + at.bbar*eps, Estimate(x0, res, eps), at, to, sigma2, z)


def covariance_variance(at, to, cov): return to.bbar**2 - cov**2/at.bbar**2


@given(moves(), seeds)
def test_inv17_three_coefficient_mean_is_the_step_that_removes_both(m, seed):
    (at, to), (x0, x_in, eps) = m, trio(seed)
    x_t, (ct, cr, c0, _) = q_sample(x0, x_in, eps, *at), posterior_coefs(at, to)
    beta2 = at.bbar**2 - to.bbar**2
    close(ct*x_t + cr*(x_in - x0) + c0*x0, x_t - (at.abar - to.abar)*(x_in - x0) - beta2/at.bbar*eps, 4e-15)


@given(moves(), seeds)
def test_inv18_posterior_is_bayes_rule(m, seed):
    (at, to), (x0, x_in, eps) = m, trio(seed)
    beta2, alpha, res = at.bbar**2 - to.bbar**2, at.abar - to.abar, x_in - x0
    assume(beta2 > 1e-3)
    x_t = q_sample(x0, x_in, eps, *at)
    precision = 1/to.bbar**2 + 1/beta2
    mean = ((x0 + to.abar*res)/to.bbar**2 + (x_t - alpha*res)/beta2)/precision
    ct, cr, c0, var = posterior_coefs(at, to)
    close(ct*x_t + cr*res + c0*x0, mean, 2e-14), close(var, 1/precision, 1e-14)


@given(moves())
def test_inv19_variance_of_the_chain(m):
    at, to = m
    want = (at.bbar**2 - to.bbar**2)*to.bbar**2/at.bbar**2
    close(posterior_coefs(at, to)[3], want, 4e-16), close(posterior_variance('sum_constrained', at, to), want, 4e-16)


@given(moves(), unit)
def test_inv20_marginal_is_preserved_for_every_variance(m, share):
    at, to = m
    s2 = share*to.bbar**2
    x0, res, eps, z = weights(at, to, s2)
    close([x0, res], [1., to.abar], 2e-16*4), close(z**2, s2, 1e-15), close(eps**2 + z**2, to.bbar**2, 4e-15)
    assert eps >= 0


@given(moves(), unit, st.sampled_from(['sum_constrained', 'preserving']))
def test_inv20_holds_for_the_named_variances(m, eta, posterior):
    at, to = m
    s2 = posterior_variance(posterior, at, to, eta)
    assert 0 <= s2 <= to.bbar**2
    x0, res, eps, z = weights(at, to, s2)
    close(torch.stack([x0, res, eps**2 + z**2]), [1., to.abar, to.bbar**2], 4e-15)


@given(moves(), seeds)
def test_inv21_the_two_ends_of_eta(m, seed):
    (at, to), (x0, x_in, eps) = m, trio(seed)
    res, z, x_t = x_in - x0, randn(*x0.shape, seed=seed + 9), q_sample(x0, x_in, eps, *at)
    est, d = Estimate(x0, res, eps), at.abar - to.abar
    close(reverse_step(x_t, est, at, to), x_t - d*res - (at.bbar - to.bbar)*eps, 4e-15)
    beta2 = at.bbar**2 - to.bbar**2
    got = reverse_step(x_t, est, at, to, posterior_variance('sum_constrained', at, to, 1.), z)
    close(got, x_t - d*res - beta2/at.bbar*eps + math.sqrt(beta2)*to.bbar/at.bbar*z, 2e-14)


@given(moves(), seeds, unit)
def test_inv22_start_form_equals_noise_form(m, seed, share):
    (at, to), (x0, x_in, eps) = m, trio(seed)
    res, z, s2 = x_in - x0, randn(*x0.shape, seed=seed + 9), share*to.bbar**2
    x_t, k = q_sample(x0, x_in, eps, *at), math.sqrt(to.bbar**2 - s2)/at.bbar
    close(reverse_step(x_t, Estimate(x0, res, eps), at, to, s2, z),
          k*x_t + (1 - k)*x0 + (to.abar - at.abar*k)*res + math.sqrt(s2)*z, 2e-14)


@given(moves(), unit)
def test_eta_is_a_share_of_the_variance(m, eta):
    at, to = m
    for name in ('sum_constrained', 'preserving'):
        close(posterior_variance(name, at, to, eta), eta*posterior_variance(name, at, to), 1e-15)
    assert posterior_variance('sum_constrained', at, to) == posterior_variance('sum_constrained', at, to, 1.)


@given(moves())
def test_each_variance_is_that_of_its_forward_kernel(m):
    # Var(I_s | I_t) = bbar_s^2 - Cov^2/bbar_t^2, and the three kernels differ only in the covariance
    at, to = m
    close(posterior_variance('sum_constrained', at, to), covariance_variance(at, to, to.bbar**2), 2e-15)
    pull = (1 - at.abar)/(1 - to.abar)
    close(posterior_variance('preserving', at, to), covariance_variance(at, to, pull*to.bbar**2), 2e-15)
    want = covariance_variance(at, to, to.abar/at.abar*at.bbar**2)
    if want >= 0: close(posterior_variance('bridge', at, to), want, 2e-15)


@given(st.integers(2, 30), st.data())
def test_chain_variance_is_that_of_the_simulated_chain(T, data):
    # the joint law of (I_s, I_t) from the chain itself, noise by noise
    s, units, zero = Schedule.power(T), torch.eye(T, dtype=F64), torch.zeros(T, dtype=F64)
    states = [zero]
    for i, (alpha, beta2) in enumerate(zip(s.abar.diff(), s.bbar.square().diff())):
        states.append(one_step(states[-1], zero, units[i], alpha.item(), beta2.item()**.5))
    t = data.draw(st.integers(2, T))
    r = data.draw(st.integers(1, t - 1))
    cov = states[r] @ states[t]
    close(posterior_variance('sum_constrained', s[t], s[r]), states[r] @ states[r] - cov**2/(states[t] @ states[t]),
          4e-15)


@given(st.floats(.001, .99), st.floats(.001, .99))
def test_inv33_chain_variance_is_the_target_product_times_ddpms(u, v):
    A_t, A_s = sorted((u, v))
    assume(A_s - A_t > 1e-4)
    s = Schedule.from_ddim([A_s, A_t])
    ddpm = (1 - A_s)/(1 - A_t)*(1 - A_t/A_s)
    close(posterior_variance('sum_constrained', s[2], s[1]), A_s*ddpm, 1e-15)


@given(st.floats(.001, .99), st.floats(.001, .99))
def test_inv38_preserving_variance_on_the_circle_is_ddpms(u, v):
    A_t, A_s = sorted((u, v))
    assume(A_s - A_t > 1e-4)
    s = Schedule.from_ddim([A_s, A_t])
    close(posterior_variance('preserving', s[2], s[1]), (1 - A_s)/(1 - A_t)*(1 - A_t/A_s), 4e-15)
    close(posterior_variance('preserving', s[2], s[1], .25), .25*(1 - A_s)/(1 - A_t)*(1 - A_t/A_s), 4e-15)


# ----- relatives: each published sampler is this step on another curve -----
pair = st.tuples(st.floats(.02, .98), st.floats(.02, .98)).map(sorted).filter(lambda p: p[1] - p[0] > 1e-3)


def guess(seed):
    "A guessed clean image, the input, fresh noise and an arbitrary state"
    x0, x_in, z = trio(seed)
    return x0, x_in, z, randn(*x0.shape, seed=seed + 11)


def take(x_t, x0, x_in, at, to, sigma2, z):
    "Our step from a guess of the clean image alone"
    res = x_in - x0
    return reverse_step(x_t, Estimate(x0, res, (x_t - x0 - at.abar*res)/at.bbar), at, to, sigma2, z)


@given(pair, st.floats(.1, 3), seeds)
def test_inv39_resshift_posterior(etas, kappa, seed):
    (eta_s, eta_t), (x0, x_in, z, x_t) = etas, guess(seed)
    s = Schedule([0, eta_s, eta_t, 1], [0, kappa*eta_s**.5, kappa*eta_t**.5, kappa])
    mean, var = eta_s/eta_t*x_t + (eta_t - eta_s)/eta_t*x0, kappa**2*eta_s/eta_t*(eta_t - eta_s)
    for posterior in ('sum_constrained', 'bridge'):
        s2 = posterior_variance(posterior, s[2], s[1])
        close(s2, var, 4e-15*kappa**2)
        close(take(x_t, x0, x_in, s[2], s[1], s2, z), mean + var**.5*z, 4e-14*(1 + kappa**2))
    ct, cr, c0, v = posterior_coefs(s[2], s[1])
    close([ct, cr, c0, v], [eta_s/eta_t, 0, (eta_t - eta_s)/eta_t, var], 4e-15*(1 + kappa**2))


@given(pair, st.floats(.01, 1), seeds)
def test_inv40_indi_constant_noise(times, c, seed):
    (s, t), (x0, x_in, z, x_t) = times, guess(seed)
    sch = Schedule.line(1, c)
    at, to = sch.at(t), sch.at(s)
    close(take(x_t, x0, x_in, at, to, 0., z), s/t*x_t + (1 - s/t)*x0, 4e-14)
    assert abs(posterior_variance('bridge', at, to)) < 1e-15


@given(pair, st.floats(.01, 1), seeds)
def test_inv40_indi_brownian_noise(times, c, seed):
    (s, t), (x0, x_in, z, x_t) = times, guess(seed)
    at, to = Point(t, c*t**.5), Point(s, c*s**.5)
    noise = s*math.sqrt(c*c/s - c*c/t)  # (t - d) sqrt(e_{t-d}^2 - e_t^2) with e_t = c/sqrt(t)
    want = (1 - s/t)*x0 + s/t*x_t + noise*z
    close(take(x_t, x0, x_in, at, to, posterior_variance('sum_constrained', at, to), z), want, 4e-14)


@given(pair, st.floats(.1, 4), seeds)
def test_inv41_i2sb_posterior_on_the_ellipse(p, Sigma, seed):
    (a_s, a_t), (x0, x_in, z, x_t) = p, guess(seed)
    # variances added since the clean, still to be added up to the input
    fwd_s, fwd_t, bwd_s, bwd_t = Sigma*a_s, Sigma*a_t, Sigma*(1 - a_s), Sigma*(1 - a_t)
    at, to = (Point(f/(f + b), math.sqrt(f*b/(f + b))) for f, b in ((fwd_t, bwd_t), (fwd_s, bwd_s)))
    close([at.abar, at.bbar**2], [a_t, Sigma*a_t*(1 - a_t)], 2e-15*(1 + Sigma))
    delta = fwd_t - fwd_s
    mean, var = delta/(delta + fwd_s)*x0 + fwd_s/(delta + fwd_s)*x_t, fwd_s*delta/(fwd_s + delta)
    for posterior in ('preserving', 'bridge'):
        s2 = posterior_variance(posterior, at, to)
        close(s2, var, 1e-14*(1 + Sigma))
        close(take(x_t, x0, x_in, at, to, s2, z), mean + math.sqrt(var)*z, 1e-12*(1 + Sigma))


@given(pair, st.floats(.1, 2), seeds)
def test_inv42_bbdm_step(ms, scale, seed):
    (m_s, m_t), (x0, x_in, z, x_t) = ms, guess(seed)
    d_t, d_s = 2*scale*(m_t - m_t**2), 2*scale*(m_s - m_s**2)
    at, to = Point(m_t, d_t**.5), Point(m_s, d_s**.5)
    d_ts = d_t - d_s*(1 - m_t)**2/(1 - m_s)**2
    c_x = d_s/d_t*(1 - m_t)/(1 - m_s) + d_ts/d_t*(1 - m_s)
    c_y = m_s - m_t*(1 - m_t)/(1 - m_s)*d_s/d_t
    c_e = (1 - m_s)*d_ts/d_t
    want = c_x*x_t + c_y*x_in - c_e*(x_t - x0) + math.sqrt(d_ts*d_s/d_t)*z
    for posterior in ('preserving', 'bridge'):
        s2 = posterior_variance(posterior, at, to)
        close(s2, 2*scale*m_s*(m_t - m_s)/m_t, 1e-14*(1 + scale))
        close(take(x_t, x0, x_in, at, to, s2, z), want, 2e-12)


@given(pair, st.floats(.1, 2))
def test_inv43_residual_and_input_drop_out_on_bridges(p, height):
    (a_s, a_t) = p
    at, to = (Point(a, 2*height*math.sqrt(a*(1 - a))) for a in (a_t, a_s))
    s2 = posterior_variance('bridge', at, to)
    k = math.sqrt(to.bbar**2 - s2)/at.bbar
    close(k, a_s/a_t, 1e-13), close(to.abar - at.abar*k, 0, 1e-13)
    x0, res, eps, z = weights(at, to, s2)
    close(eps, a_s/a_t*at.bbar, 1e-13)


def test_inv43_bridge_schedule_takes_its_first_step_with_all_noise_fresh():
    s = Schedule.bridge(10, .5)
    s2 = posterior_variance('bridge', s[10], s[9])
    assert s2 == s[9].bbar**2
    x = randn(2, 1, 2, 2)
    got = reverse_step(x, Estimate(.2*x, .8*x, None), s[10], s[9], s2, x)
    close(got, x - .1*.8*x + s[9].bbar*x, 1e-15)
    for t in range(9, 1, -1):
        close(posterior_variance('bridge', s[t], s[t - 1]), posterior_variance('preserving', s[t], s[t - 1]), 1e-15)


@given(pair, st.floats(.5, 4), st.floats(.1, 2), seeds)
def test_inv44_ir_sde_posterior(p, Theta, lam, seed):
    (u, v), (x0, x_in, z, x_t) = p, guess(seed)
    th_s, th_t = Theta*u, Theta*v
    at, to = (Point(1 - math.exp(-th), lam*math.sqrt(1 - math.exp(-2*th))) for th in (th_t, th_s))
    for q in (at, to): close((1 - q.abar)**2 + (q.bbar/lam)**2, 1., 1e-15)
    d, E = th_t - th_s, lambda th: 1 - math.exp(-2*th)
    mean = E(th_s)*math.exp(-d)/E(th_t)*(x_t - x_in) + E(d)*math.exp(-th_s)/E(th_t)*(x0 - x_in) + x_in
    var = lam**2*E(th_s)*E(d)/E(th_t)
    s2 = posterior_variance('preserving', at, to)
    close(s2, var, 4e-14*lam**2)
    close(take(x_t, x0, x_in, at, to, s2, z), mean + math.sqrt(var)*z, 4e-12)
    close(posterior_variance('sum_constrained', at, to), (1 - to.abar)**2*s2, 6e-14*lam**2)


@given(st.floats(0, .99), st.floats(.01, 2), unit)
def test_preserving_from_the_input_itself_draws_all_noise_and_is_the_limit_of_bridges(a, b, eta):
    to = Point(a, b)
    assert posterior_variance('preserving', (1., 0.), to, eta) == eta*b**2 == posterior_variance('bridge', (1., 0.),
                                                                                                 to, eta)
    for r in (1e4, 1e6): close(posterior_variance('preserving', (1 - 1/r**2, b/r), to), b**2, 1e4*(b/r)**2)


@given(st.floats(.5, 80))
def test_inv45_ddbm_ve_runs_on_the_ellipse(t_max):
    s = Schedule.from_fns(lambda u: u**2, lambda u: t_max*u*(1 - u**2).sqrt(), 16, allow='bridge')
    arch = Schedule.bridge(256, t_max/2)  # the same ellipse, at equal steps of abar
    close(torch.stack([s.abar, s.bbar/t_max]), torch.stack([arch.abar, arch.bbar/t_max])[:, [i*i for i in range(17)]],
          4e-15)


@given(pair, seeds)
def test_inv45_ddbm_ve_posterior_is_the_bridge(p, seed):
    (u, v), (x0, x_in, z, x_t) = p, guess(seed)
    t_max = 1.7
    t, s = v*t_max, u*t_max
    at, to = (Point(q**2/t_max**2, q*math.sqrt(1 - q**2/t_max**2)) for q in (t, s))
    # Brownian motion in the variance s^2, pinned at x0
    mean, var = s*s/(t*t)*x_t + (1 - s*s/(t*t))*x0, s*s*(t*t - s*s)/(t*t)
    close(take(x_t, x0, x_in, at, to, posterior_variance('bridge', at, to), z), mean + math.sqrt(var)*z, 1e-12)


@given(pair, seeds)
def test_inv46_rectified_flow_euler_step(times, seed):
    (s, t), (x0, x1, _, x_t) = times, guess(seed)
    velocity = x1 - x0
    close(reverse_step(x_t, Estimate(x0, velocity, None), Point(t, 0.), Point(s, 0.)), x_t + (s - t)*velocity, 2e-15)


@given(pair, seeds)
def test_inv46_velocity_on_the_diagonal_is_residual_plus_noise(times, seed):
    (s, t), (x0, _, eps, x_t) = times, guess(seed)
    got = reverse_step(x_t, Estimate(x0, -x0, eps), Point(t, t), Point(s, s))
    close(got, x_t + (s - t)*(eps - x0), 4e-15)


@given(pair, seeds)
def test_inv46_cold_diffusion_improved_sampling(times, seed):
    (s, t), (x0, x_in, _, x_t) = times, guess(seed)
    D = lambda x, a: x + a*(x_in - x)
    close(reverse_step(x_t, Estimate(x0, x_in - x0, None), Point(t, 0.), Point(s, 0.)), x_t - D(x0, t) + D(x0, s),
          4e-15)


# ----- behaviour and refusals -----
def test_the_clean_image_is_the_guess_itself():
    x0, x_in, eps = trio()
    est = Estimate(x0, x_in, eps)
    assert torch.equal(reverse_step(eps, est, Point(.4, .5), CLEAN), x0)


@pytest.mark.parametrize('dtype', [torch.float32, F64])
@pytest.mark.parametrize('shape', [(3, 2), (3, 1, 4, 5), (3, 3, 4, 4)])
def test_step_keeps_dtype_and_inputs(dtype, shape):
    x0, x_in, eps = trio(1, shape, dtype)
    x_t, before = q_sample(x0, x_in, eps, .7, .6), [v.clone() for v in (x0, x_in, eps)]
    est = Estimate(x0, x_in - x0, eps)
    res, keep = est.res.clone(), x_t.clone()
    for s2 in (0., .04, .09): out = reverse_step(x_t, est, Point(.7, .6), Point(.4, .3), s2, eps)
    assert out.dtype == dtype and out.shape == shape and torch.equal(x_t, keep) and torch.equal(est.res, res)
    for v, w in zip((x0, x_in, eps), before): assert torch.equal(v, w)


def test_step_standing_still_and_steps_along_one_axis():
    x0, x_in, eps = trio()
    p, est = Point(.6, .5), Estimate(x0, x_in - x0, eps)
    x_t = q_sample(x0, x_in, eps, *p)
    for to in (p, Point(.2, .5), Point(.6, .1), Point(.6, 0.), Point(0., .5)):
        close(reverse_step(x_t, est, p, to), q_sample(x0, x_in, eps, *to), 1e-15)


def test_variance_is_zero_without_eta_or_target_noise():
    for name in POSTERIORS:
        assert posterior_variance(name, (1., 1.), (.5, .5), 0.) == 0
        assert posterior_variance(name, (1., 1.), (0., 0.), 1.) == 0


def test_bad_variances_are_refused():
    x0, x_in, eps = trio()
    est, at, to = Estimate(x0, x_in, eps), Point(.7, .6), Point(.4, .3)
    with pytest.raises(ValueError,
                       match=r'sigma2 must be in 0\.\.bbar_s\^2 = 0\.09, got 0\.1: fresh noise cannot exceed the '
                             r'noise at the target'):
        reverse_step(x0, est, at, to, .1, eps)
    with pytest.raises(ValueError, match=r'sigma2 must be.*got -0\.01'): reverse_step(x0, est, at, to, -.01, eps)
    with pytest.raises(ValueError, match='sigma2 must be.*got nan'): reverse_step(x0, est, at, to, float('nan'), eps)
    with pytest.raises(ValueError, match='sigma2 > 0 needs `noise`'): reverse_step(x0, est, at, to, .05)
    with pytest.raises(SingularError, match=r"no noise to carry over.*posterior='bridge', eta=1"):
        reverse_step(x0, Estimate(x0, x_in, None), Point(1., 0.), to)


@pytest.mark.parametrize('eta', [-.1, 1.1, float('nan')])
def test_eta_outside_the_unit_interval_is_refused(eta):
    with pytest.raises(ValueError, match=rf'eta is a share of the variance, 0\.\.1, got {eta}'):
        posterior_variance('bridge', (1., 1.), (.5, .5), eta)


def test_another_family_is_named_only_where_it_starts():
    with pytest.raises(SingularError, match='take another posterior or eta=0$'):
        posterior_variance('preserving', Point(.9, 0.), Point(.5, .1))
    assert posterior_variance('preserving', Point(1., 0.), Point(.5, .1)) > 0


def test_unknown_and_undefined_posteriors_are_refused():
    with pytest.raises(ValueError, match=r"posterior must be one of sum_constrained, preserving, bridge, got 'ddpm'"):
        posterior_variance('ddpm', (1., 1.), (.5, .5))
    with pytest.raises(SingularError, match=r"'preserving' is not defined.*divides by zero.*eta=0"):
        posterior_variance('preserving', (1., 1.), (1., .5))
    with pytest.raises(SingularError, match=r"'sum_constrained'.*from the input itself, 'bridge' and 'preserving' st"):
        posterior_variance('sum_constrained', (1., 0.), (.5, .5))
    with pytest.raises(SingularError, match="'bridge' is not defined"): posterior_variance('bridge', (0., 1.), (0., .5))
    with pytest.raises(ValueError, match=r"'sum_constrained' has the negative variance .*does not exist on this path"):
        posterior_variance('sum_constrained', (.9, .3), (.5, .5))


def test_posterior_coefs_refuse_what_the_chain_cannot_do():
    with pytest.raises(SingularError, match='needs noise in the state: bbar_t = 0'): posterior_coefs((1., 0.), (.5, .5))
    with pytest.raises(ValueError, match=r'only adds noise, but bbar rises from 0\.3 to 0\.5.*bridge'):
        posterior_coefs((.9, .3), (.5, .5))
    close(posterior_coefs((.5, .5), (0., 0.)), [0., 0., 1., 0.], 0)


@pytest.mark.parametrize('p', ['x', None, 3, (1.,), (1., 2., 3.), ('x', 1.)], ids=str)
def test_places_are_two_numbers(p):
    for f in (lambda *a: posterior_variance('bridge', *a), posterior_coefs):
        with pytest.raises(ValueError, match=r'at must be a point \(abar, bbar\), two numbers, got'): f(p, (.5, .5))
        with pytest.raises(ValueError, match=r'to must be a point \(abar, bbar\), two numbers, got'): f((.5, .5), p)
    assert posterior_variance('bridge', torch.tensor([1., 0.]), (.5, .5)) == .25


def test_fresh_noise_is_of_every_image_and_of_the_target():
    x = randn(4, 3, 2, 2)
    est = Estimate(x, x, x)
    with pytest.raises(ValueError, match=r"noise has shape \(1, 3, 2, 2\), but the state has \(4, 3, 2, 2\)"):
        reverse_step(x, est, Point(.8, .9), Point(.4, .5), .1, x[:1])
    with pytest.raises(ValueError, match='sigma2 must be in 0..bbar_s'):
        reverse_step(x, est, Point(.8, .9), CLEAN, .5, x)


@pytest.mark.parametrize('name', ['x0', 'res', 'eps'])
def test_an_estimate_of_another_shape_is_refused(name):
    x = randn(2, 3)
    est = Estimate(x, x, x)._replace(**{name: x[:1]})
    for to in ((.2, .2), (0, 0)):
        with pytest.raises(ValueError, match=rf'{name} has shape \(1, 3\), but the state has \(2, 3\)'):
            reverse_step(x, est, (.5, .5), to)


def test_noise_that_is_not_used_is_not_looked_at():
    x = randn(2, 3)
    assert torch.equal(reverse_step(x, Estimate(x, x, x), (.5, .5), (.2, .2), noise=0.),
                       reverse_step(x, Estimate(x, x, x), (.5, .5), (.2, .2)))
