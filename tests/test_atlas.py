"""Every entry of the map: its published one-step mean and variance, in its own symbols, equal ours (invariants
39-47), and so do its marginals."""
import math
from dataclasses import replace
import pytest
import torch
from common import close, error, random_images, randn, seeds, trio
from hypothesis import given, strategies as st
from rddm_nb.atlas import PROCESSES, Process, check_family, morph, process
from rddm_nb.estimate import Estimate, Prediction
from rddm_nb.exact import ExactPredictor
from rddm_nb.reverse import posterior_variance, reverse_step
from rddm_nb.sampler import sample
from rddm_nb.schedule import Point, Schedule

T = 24
sqrt, exp = math.sqrt, math.exp


def gauss(mean, var, z): return mean + sqrt(var)*z


# Each function: (t, s as fractions k/T of the way, x_t, x0, x_in, z) -> the published next state, from the method's
# own formula.
def ddpm_A(u): return float((1 - torch.linspace(1e-4, 2e-2, T, dtype=torch.float64)).cumprod(0)[round(u*T) - 1])


def ddpm(t, s, x, x0, y, z):
    A, B = ddpm_A(t), ddpm_A(s)
    return gauss(sqrt(B)*(1 - A/B)/(1 - A)*x0 + sqrt(A/B)*(1 - B)/(1 - A)*x, (1 - B)/(1 - A)*(1 - A/B), z)


def ddim(t, s, x, x0, y, z):
    A, B = ddpm_A(t), ddpm_A(s)
    return sqrt(B)*x0 + sqrt(1 - B)*(x - sqrt(A)*x0)/sqrt(1 - A)


def ve(t, s, x, x0, y, z):
    a, b = 5*t, 5*s
    return gauss(x + (a*a - b*b)*(x0 - x)/(a*a), b*b*(a*a - b*b)/(a*a),
                 z)  # ancestral step: score (x0 - x)/sigma^2 times the variance gone


def edm(t, s, x, x0, y, z):
    a, b = 5*t**7, 5*s**7
    return x + (b - a)*(x - x0)/a  # Euler step along d = (x - D)/sigma


def flow(t, s, x, x0, y, z): return x + (s - t)*((x - (1 - t)*x0)/t - x0)
def rectified(t, s, x, x0, y, z): return x + (s - t)*(y - x0)
def cold(t, s, x, x0, y, z): return x - ((1 - t)*x0 + t*y) + ((1 - s)*x0 + s*y)
def indi(t, s, x, x0, y, z): return s/t*x + (1 - s/t)*x0


def indi_brownian(t, s, x, x0, y, z):
    e = lambda u: .3/sqrt(u)
    return s/t*x + (1 - s/t)*x0 + s*sqrt(e(s)**2 - e(t)**2)*z


def resshift_eta(u, kappa=2.):
    first = min(.04/kappa, .04)
    return exp(math.log(first) + (math.log(.99) - math.log(first))*((u*T - 1)/(T - 1))**.3)**2


def resshift(t, s, x, x0, y, z, kappa=2.):
    e, f = resshift_eta(t, kappa), resshift_eta(s, kappa)
    return gauss(f/e*x + (e - f)/e*x0, kappa**2*f/e*(e - f), z)


def ir_sde(t, s, x, x0, y, z, lam=.4):
    a, b = -math.log(.01)*t, -math.log(.01)*s
    E = lambda th: 1 - exp(-2*th)
    mean = y + E(b)*exp(-(a - b))/E(a)*(x - y) + E(a - b)*exp(-b)/E(a)*(x0 - y)
    return gauss(mean, lam**2*E(b)*E(a - b)/E(a), z)


def bbdm(t, s, x, x0, y, z):
    m = lambda u: .001 + .998*(u*T - 1)/(T - 1)
    a, b = m(t), m(s)
    d, e = 2*(a - a*a), 2*(b - b*b)
    gone = d - e*(1 - a)**2/(1 - b)**2
    cx, cy, ce = e/d*(1 - a)/(1 - b) + gone/d*(1 - b), b - a*(1 - a)/(1 - b)*e/d, (1 - b)*gone/d
    return gauss(cx*x + cy*y - ce*(x - x0), gone*e/d, z)


def i2sb(t, s, x, x0, y, z):
    delta, fwd = t - s, s  # Sigma = 1: variances of the walk from the clean end
    return gauss(delta/(delta + fwd)*x0 + fwd/(delta + fwd)*x, fwd*delta/(fwd + delta), z)


def ddbm_ve(t, s, x, x0, y, z): return gauss(x0 + s*s/(t*t)*(x - x0), s*s*(t*t - s*s)/(t*t), z)


def ddbm_vp(t, s, x, x0, y, z):
    alpha = lambda u: exp(-.25*2*u*u - .5*.1*u)
    a, b = alpha(t), alpha(s)
    kernel = (1 - a*a) - (a/b)**2*(1 - b*b)
    return gauss(a/b*(1 - b*b)/(1 - a*a)*x + b*kernel/(1 - a*a)*x0, kernel*(1 - b*b)/(1 - a*a),
                 z)  # a Markov process: its far end does not matter once x_t is known


def resfusion(t, s, x, x0, y, z):
    q, r = 1 - t/2, 1 - s/2  # square roots of A
    R, alpha = y - x0, (q/r)**2
    m = lambda v: v*x0 + (1 - v)*R
    return gauss(m(r) + sqrt(alpha)*(1 - r*r)/(1 - q*q)*(x - m(q)), (1 - r*r)*(1 - alpha)/(1 - q*q), z)


def rddm(t, s, x, x0, y, z):
    # alpha_t, beta_t^2 of P(1-x, 1), P(x, 1) summed over the nodes between, deterministic
    n, k = round(t*T), round(s*T)
    ab = lambda i: i*(2*T + 1 - i)/(T*(T + 1))
    bb = lambda i: sqrt(i*(i + 1)/(T*(T + 1)))
    eps = (x - x0 - ab(n)*(y - x0))/bb(n)
    return x - (ab(n) - ab(k))*(y - x0) - (bb(n) - bb(k))*eps


def ou_bridge(u, lam, pull):
    "GOUB's shares m of the clean image and n of the input, and its variance"
    var = lambda d: lam**2*(1 - exp(-2*d))
    gone, left, whole = var(pull*u), var(pull*(1 - u)), var(pull)
    return exp(-pull*u)*left/whole, ((1 - exp(-pull*u))*left + exp(-2*pull*(1 - u))*gone)/whole, gone*left/whole


def goub(t, s, x, x0, y, z, lam=60/255, pull=-math.log(.005)):
    (m, n, v), (m_s, n_s, v_s) = ou_bridge(t, lam, pull), ou_bridge(s, lam, pull)
    f_m, f_n = m/m_s, n - n_s*m/m_s  # one step forward, and Bayes' rule back
    f_v = v - v_s*f_m**2
    return gauss((v_s*f_m*(x - f_n*y) + f_v*(m_s*x0 + n_s*y))/v, f_v*v_s/v, z)


def rdbm(t, s, x, x0, y, z):
    (m, n, v), (m_s, n_s, v_s) = ou_bridge(t, .01, 7.88), ou_bridge(s, .01, 7.88)
    return m_s*x0 + n_s*y + sqrt(v_s)*(x - m*x0 - n*y)/sqrt(v)


def dbim(a, b, c):
    "DBIM's step from the shares of input and image and the noise, each a function of time"
    def step(t, s, x, x0, y, z): return a(s)*y + b(s)*x0 + c(s)*(x - a(t)*y - b(t)*x0)/c(t)
    return step


def vp_shares():
    alpha = lambda u: exp(-.5*u*u - .05*u)
    snr = lambda u: alpha(u)**2/(1 - alpha(u)**2)
    gone = lambda u: snr(1)/snr(u)
    return (lambda u: alpha(u)/alpha(1)*gone(u), lambda u: alpha(u)*(1 - gone(u)),
            lambda u: sqrt((1 - alpha(u)**2)*(1 - gone(u))))


def sinsr(t, s, x, x0, y, z):
    e, f = resshift_eta(t), resshift_eta(s)
    m, j = sqrt(f/e), f - sqrt(f*e)
    return m*x + (1 - f + sqrt(f*e) - m)*x0 + j*y


def pmrf(t, s, x, x0, y, z): return x + (t - s)*(x0 - x)/t  # Euler along the mean velocity, clean image minus state
def ir_flow(t, s, x, x0, y, z): return x - (x - x0)*(t - s)/t  # s = t - 1/N: the i-th part of the way is left


PUBLISHED = {'RDDM': rddm, 'DDPM': ddpm, 'DDIM': ddim, 'VE': ve, 'EDM': edm, 'flow matching': flow,
             'rectified flow': rectified, 'Cold Diffusion': cold, 'InDI': indi, 'InDI, Brownian': indi_brownian,
             'ResShift': resshift, 'IR-SDE': ir_sde, 'BBDM': bbdm, 'I2SB': i2sb, 'DDBM VE': ddbm_ve,
             'DDBM VP': ddbm_vp, 'Resfusion': resfusion, 'GOUB': goub, 'UniDB': goub, 'RDBM': rdbm,
             'DBIM VE': dbim(lambda u: u*u, lambda u: 1 - u*u, lambda u: u*sqrt(1 - u*u)),
             'DBIM VP': dbim(*vp_shares()), 'SinSR teacher': sinsr, 'PMRF': pmrf, 'IR-Flow': ir_flow, 'UPSR': resshift}
APART = {'UniDB': 1e-4}  # at its gamma of 1e7 the walk misses the input by so little


def ours(r, n, k, x_t, x0, x_in, z):
    "Our step of a relative, on its published states"
    scale = torch.ones(T + 1) if r.scale is None else r.scale
    x_t, at, to = x_t/scale[n], r.schedule[n], r.schedule[k]
    res = x_in - x0
    eps = None if at.bbar == 0 else (x_t - x0 - at.abar*res)/at.bbar
    return scale[k]*reverse_step(x_t, Estimate(x0, res, eps), at, to, posterior_variance(r.posterior, at, to, r.eta), z)


def test_every_entry_is_tested(): assert set(PUBLISHED) == set(PROCESSES)


@pytest.mark.parametrize('name', PROCESSES)
@given(st.integers(2, T), st.data(), seeds)
def test_inv39_to_47_the_published_step_is_ours(name, n, data, seed):
    r = process(name, T=T)
    k = data.draw(st.integers(1, n - 1))
    if r.schedule.bbar[n] == 0 and r.schedule.bbar.max() > 0: return  # the first step of a bridge: tested below
    x0, x_in, z = trio(seed)
    if r.starts_from == 'nothing': x_in = torch.zeros_like(x0)
    x_t = randn(*x0.shape, seed=seed + 7)
    if r.schedule.bbar.max() == 0: x_t = x0 + n/T*(x_in - x0)  # without noise there are no other states
    want = PUBLISHED[name](n/T, k/T, x_t, x0, x_in, z)
    close(ours(r, n, k, x_t, x0, x_in, z), want, APART.get(name, 1e-10)*(1 + want.abs().max().item()))


def test_inv47_resfusion_is_rddms_own_chain_once_it_is_scaled():
    r = process('Resfusion', T=T)
    q = r.scale
    close(r.schedule.abar, (1 - q)/q, 1e-15)
    close(r.schedule.bbar, (1 - q**2).sqrt()/q, 1e-15)
    close(list(r.schedule[T]), [1, sqrt(3)], 1e-15)
    assert r.posterior == 'sum_constrained'


@pytest.mark.parametrize('name', PROCESSES)
def test_curves_start_clean_and_families_exist(name):
    r = process(name, T=T)
    assert r.name == name and r.schedule[0] == (0, 0) and r.schedule.T == T and r.source
    eta = r.eta if r.first is None else [r.first, r.eta]
    assert r.how() == dict(schedule=r.schedule, posterior=r.posterior, eta=eta)
    check_family(r.schedule, r.posterior, r.eta)


def test_marginals_of_the_scaled_ones():
    x0, x_in, eps = trio(1)
    r, t = process('DDBM VP', T=T), .5
    alpha = lambda u: exp(-.5*u*u - .05*u)
    snr = lambda u: alpha(u)**2/(1 - alpha(u)**2)
    a, b, c = alpha(t)/alpha(1)*snr(1)/snr(t), alpha(t)*(1 - snr(1)/snr(t)), sqrt((1 - alpha(t)**2)*(1 - snr(1)/snr(t)))
    p = r.schedule[T//2]
    close((a*x_in + b*x0 + c*eps)/(a + b), x0 + p.abar*(x_in - x0) + p.bbar*eps, 1e-12)
    close(r.scale[T//2], a + b, 1e-12)


@pytest.mark.parametrize('name, kw, key',
                         [('ResShift', dict(kappa=1.), lambda s: (s.bbar/s.abar.sqrt())[1:]),
                          ('IR-SDE', dict(lam=1.), lambda s: ((s.bbar**2)/(1 - (1 - s.abar)**2)).sqrt()[1:]),
                          ('I2SB', dict(height=.5), lambda s: (s.bbar**2/(s.abar*(1 - s.abar)))[1:-1]),
                                           ('BBDM', dict(s=.5), lambda s: (s.bbar**2/(s.abar*(1 - s.abar)))[1:])])
def test_parameters_are_what_they_say(name, kw, key):
    v = key(process(name, **kw).schedule)
    close(v, torch.ones_like(v), 1e-9)


def test_resshift_with_a_small_kappa_does_not_start_late():
    for kappa, first in ((.5, .04), (1., .04), (2., .02)):
        close(process('ResShift', kappa=kappa).schedule.abar[1].item(), first**2, 1e-15)


def test_marginals_of_goub_and_what_unidb_leaves_of_the_way():
    for u in (.25, .5, .75):
        m, n, v = ou_bridge(u, 60/255, -math.log(.005))
        p = process('GOUB', T=T).schedule[round(u*T)]
        close([p.abar, p.bbar**2], [n, v], 1e-14), close(1 - p.abar, m, 1e-14)
    soft, pinned = (process('UniDB', T=T, gamma=g).schedule for g in (1e3, 1e7))
    var = lambda d: (60/255)**2*(1 - exp(2*math.log(.005)*d))
    for u in (.5, 1.):
        want = .005**u*(1 + 1e3*var(1 - u))/(1 + 1e3*var(1))
        close(1 - soft.abar[round(u*T)].item(), want, 1e-14)
    goub = process('GOUB', T=T).schedule
    assert pinned[T].abar == 1 and pinned[T].bbar < 3.2e-4 and 1e-5 < 1 - soft.abar[T]
    assert error(pinned.abar, goub.abar) < 2e-5 < 5e-5 < error(soft.abar, goub.abar)


def moments(gamma, ends, lam=60/255, pull=-math.log(.005), n=2000):
    """The controlled equation of UniDB, dx = (1 + g) (x_T - x) dTheta + sqrt(2) lam dw, in steps of Runge and Kutta:
    the share of the clean image and the variance at each of the ends, shares of the way"""
    gone = lambda a: lam**2*(1 - exp(-2*a))
    def rates(th, m, v):
        k = 1 + 2*lam**2*gamma*exp(-2*(pull - th))/(1 + gamma*gone(pull - th))
        return -k*m, -2*k*v + 2*lam**2
    m, v, h, found = 1., 0., pull/n, {}
    for i in range(n + 1):
        if i/n in ends: found[i/n] = m, v
        a = rates(i*h, m, v)
        b = rates((i + .5)*h, m + h/2*a[0], v + h/2*a[1])
        c = rates((i + .5)*h, m + h/2*b[0], v + h/2*b[1])
        d = rates((i + 1)*h, m + h*c[0], v + h*c[1])
        m, v = (z + h/6*(p + 2*q + 2*r + w) for z, p, q, r, w in zip((m, v), a, b, c, d))
    return [found[u] for u in ends]


@pytest.mark.parametrize('gamma', [1e-3, 1., 30., 1e3])
def test_unidbs_states_are_those_of_its_controlled_walk(gamma):
    s, ends = process('UniDB', T=T, gamma=gamma).schedule, (.25, .5, .75, 1.)
    got = [(1 - p.abar, p.bbar**2) for p in (s[round(u*T)] for u in ends)]
    close(torch.tensor(got, dtype=torch.float64), torch.tensor(moments(gamma, ends), dtype=torch.float64), 1e-8)


@pytest.mark.parametrize('eta', [0., 1.])
@pytest.mark.parametrize('gamma', [1., 1e3, 8e4, 1e7])
def test_unidb_samples_at_every_gamma(gamma, eta):
    r, g = process('UniDB', T=200, gamma=gamma), torch.Generator().manual_seed(0)
    x_in = torch.full((4000, 1), -.6, dtype=torch.float64)
    model = ExactPredictor(torch.tensor([[.3]], dtype=torch.float64), std=.2)
    x = sample(model, x_in, steps=200, clip=None, generator=g, **dict(r.how(), eta=eta))
    assert abs(x.mean() - .3) < .02 and abs(x.std() - .2) < .03
    far = process('UniDB', rest=.5, gamma=.1)
    with pytest.raises(ValueError, match='of the clean image is in the state'): sample(model, x_in, **far.how())


def unidb_step(t, s, gamma, noise, lam=60/255, pull=-math.log(.005), n=2000):
    """UniDB's backward walk in its own symbols, with the clean image as the guess: how much of the state, of the clean
    image and of the input is in the result, and its variance. theta (x_T - x) and the penalty's pull make the drift;
    the score is that of states with the noise that belongs to a gamma, which may be another."""
    gone = lambda a, b: lam**2*(1 - exp(-2*pull*(b - a)))
    var = lambda u: gone(0, u)*(1/noise + gone(u, 1))/(1/noise + gone(0, 1))
    share = lambda u: exp(-pull*u)*(1 + gamma*gone(u, 1))/(1 + gamma*gone(0, 1))
    g2 = 2*lam**2*pull
    def rates(u, k, j, v):  # of d = x - x_T: on the state, on x0 - x_T, and the variance
        c = pull + g2*gamma*exp(-2*pull*(1 - u))/(1 + gamma*gone(u, 1))
        a = g2/var(u) - c
        return a*k, a*j - g2*share(u)/var(u), 2*a*v - g2
    k, j, v, h = 1., 0., 0., (s - t)/n
    for i in range(n):
        u = t + i*h
        one = rates(u, k, j, v)
        two = rates(u + h/2, *(z + h/2*d for z, d in zip((k, j, v), one)))
        k, j, v = (z + h*d for z, d in zip((k, j, v), two))
    return k, j, 1 - k - j, v


def plane_step(r, t, s):
    "The same four numbers of our step"
    at, to = (r.schedule[round(u*r.schedule.T)] for u in (t, s))
    v = posterior_variance(r.posterior, at, to, r.eta)
    k = sqrt(to.bbar**2 - v)/at.bbar
    return k, 1 - to.abar - k*(1 - at.abar), to.abar - k*at.abar, v


@pytest.mark.parametrize('t, s', [(.75, .5), (.5, .25), (.875, .125)])
def test_unidbs_own_walk_is_the_plane_s_step_at_every_gamma(t, s):
    exactly = lambda numbers: torch.tensor(numbers, dtype=torch.float64)
    apart = lambda g, noise: error(exactly(unidb_step(t, s, g, noise)),
                                   exactly(plane_step(process('UniDB', T=T, gamma=g), t, s)))
    for g in (1., 1e3, 1e7): assert apart(g, g) < 5e-7
    assert apart(1e7, math.inf) < 2e-7 and 2e-5 < apart(1e3, math.inf) < 1e-3 # with GOUB's noise
    close(exactly(unidb_step(t, s, 1e12, 1e12)), exactly(plane_step(process('GOUB', T=T), t, s)), 5e-7)


@pytest.mark.parametrize('t, s, shipped, soft', [(.875, .75, 3e-7, .003), (.99, .98, 8e-6, .07)])
def test_with_goubs_noise_unidbs_steps_part_near_the_input(t, s, shipped, soft):
    for gamma, apart in ((1e7, shipped), (1e3, soft)):
        plane = plane_step(process('UniDB', T=1000, gamma=gamma), t, s)
        off = max(abs(a - b) for a, b in zip(unidb_step(t, s, gamma, math.inf), plane))
        assert .8*apart < off < 1.1*apart


# DGSolver: alpha of the residual, delta of the input, beta of the noise, each a sum up to the node
DG = dict(t=(.8, .3, .9), u=(.5, .2, .6), s=(.3, .1, .4))
def dg_point(a, d, b): return Point((a - d)/(1 - d), b/(1 - d))


def dg_move(x, y, res, eps, at, to):
    "One of its moves: what it takes off of residual, input and noise"
    (a, d, b), (a_s, d_s, b_s) = at, to
    return x - (a - a_s)*res + (d - d_s)*y - (b - b_s)*eps


def test_dgsolvers_first_order_is_the_plane_s_step_once_it_is_scaled():
    x0, y, eps = trio(5)
    (a, d, b), (_, d_s, _) = DG['t'], DG['s']
    x = x0 + a*(y - x0) - d*y + b*eps
    got = reverse_step(x/(1 - d), Estimate(x0, y - x0, eps), dg_point(*DG['t']), dg_point(*DG['s']))
    close((1 - d_s)*got, dg_move(x, y, y - x0, eps, DG['t'], DG['s']), 1e-14)


@pytest.mark.parametrize('still', [True, False])
def test_dgsolvers_second_order_is_a_midpoint_rule_on_the_plane_where_delta_stands_still(still):
    x, y = randn(2, 3, 4, 4, seed=1), random_images(2, 3, 4, 4)
    t, u, s = ((a, 0. if still else d, b) for a, d, b in (DG['t'], DG['u'], DG['s']))
    def guess(x, at):  # of residual and noise, fitting the state
        res = .4*torch.tanh(x - at[0])
        return res, (x - (y - res) - at[0]*res + at[1]*y)/at[2]
    half = guess(dg_move(x, y, *guess(x, t), t, u), u)
    theirs = dg_move(x, y, *half, t, s)
    ours = (1 - s[1])*reverse_step(x/(1 - t[1]), Estimate(y - half[0], *half), dg_point(*t), dg_point(*s))
    miss = x - (y - half[0] + t[0]*half[0] - t[1]*y + t[2]*half[1])  # what the half-way guess does not explain of x
    close(theirs - ours, (1 - (1 - s[1])/(1 - t[1]))*miss, 1e-13)
    assert still == (error(theirs, ours) < 1e-13)


def test_two_families_of_goub_do_not_meet_and_its_own_sampler_adds_too_much():
    s = process('GOUB').schedule
    with pytest.raises(ValueError, match='negative'): posterior_variance('sum_constrained', s[99], s[97])
    right, euler = posterior_variance('preserving', s[5], s[4]), 2*(60/255)**2*-math.log(.005)/100
    assert posterior_variance('bridge', s[5], s[4]) < right < euler/1.2


@given(st.floats(.2, .95), st.floats(.1, .9), st.floats(0, 1))
def test_dbims_fresh_noise_is_a_share_of_the_preserving_variance(t, share, eta):
    s = t*share
    at, to = (Point(u*u, u*sqrt(1 - u*u)) for u in (t, s))
    omega = eta*s*sqrt(1 - s*s/(t*t))
    close(posterior_variance('preserving', at, to, eta**2), omega**2, 1e-14)


def test_upsr_is_resshift_with_a_map_of_noise():
    x0, x_in, z = trio(3)
    x, u, r = randn(*x0.shape, seed=9), torch.rand(x0.shape, dtype=torch.float64), process('UPSR', T=T)
    e, f, kappa = resshift_eta(.75), resshift_eta(.5), 2.
    want = f/e*x + (e - f)/e*x0 + kappa*u*sqrt(f/e*(e - f))*z
    close(ours(r, 18, 12, x, x0, x_in, u*z), want, 1e-12)
    walk = sample(lambda x_t, y, a, b, t: Prediction(res=y - x0), x_in, schedule=r.schedule, steps=[18, 12, 0], eta=1.,
                  noise_map=u, x_T=x, generator=torch.Generator().manual_seed(0), clip=None, trace=True)
    z = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    close(walk[0].x_s, f/e*x + (e - f)/e*x0 + kappa*u*sqrt(f/e*(e - f))*z, 1e-12)


def test_lbm_adds_more_noise_than_its_bridge_has_room_for():
    at, to = Point(.6, .5*sqrt(.24)), Point(.4, .5*sqrt(.24))
    close([to.bbar**2, posterior_variance('bridge', at, to)], [.06, 1/30], 1e-15)


def test_which_curves_coincide():
    for a, b in (('SinSR teacher', 'ResShift'), ('UPSR', 'ResShift'), ('DBIM VE', 'DDBM VE'), ('DBIM VP', 'DDBM VP'),
                 ('IR-Flow', 'rectified flow'), ('DDIM', 'DDPM')):
        assert process(a, T=T).schedule == process(b, T=T).schedule


def test_i2sb_bbdm_and_ddbm_are_one_arch():
    a, b = process('I2SB', T=16, height=.5).schedule, process('DDBM VE', T=16).schedule
    for k in range(17): close(b.bbar[k]**2, b.abar[k]*(1 - b.abar[k]), 1e-15)
    close(a.bbar**2, a.abar*(1 - a.abar), 1e-15)


@given(st.floats(0, 1))
def test_diffuir_keeps_its_noise_in_none_of_the_three_proportions(u):
    d = .45 + .4*u
    a, b, c = Point(.9, .95), Point(.6, .8), .3
    at, to = Point((a.abar - d)/(1 - d), a.bbar/(1 - d)), Point((b.abar - c)/(1 - c), b.bbar/(1 - c))
    kept = (b.bbar/a.bbar)**2*(1 - d)/(1 - c)
    theirs = to.bbar**2 - kept**2*at.bbar**2
    assert all(abs(posterior_variance(f, at, to) - theirs) > 1e-3 for f in ('sum_constrained', 'preserving'))


def test_F1_the_wrong_family_on_the_right_curve():
    for name, factor in (('DDPM', lambda p: (1 - p.abar)**2), ('IR-SDE', lambda p: (1 - p.abar)**2)):
        s = process(name, T=T).schedule
        v, w = posterior_variance('sum_constrained', s[15], s[9]), posterior_variance('preserving', s[15], s[9])
        close(v/w, factor(s[9]), 1e-12)
        assert v < .99*w


def test_F11_a_bridge_does_not_exist_on_rddms_curve_and_the_time_is_told():
    with pytest.raises(ValueError, match=r"has no 'bridge' variance at t=24, s=23: .*negative"):
        check_family(process('RDDM', T=T).schedule, 'bridge')
    check_family(process('RDDM', T=T).schedule, 'sum_constrained')
    check_family(process('RDDM', T=T).schedule, 'bridge', eta=0.)


def test_unknown_names_and_morphs():
    with pytest.raises(ValueError, match='relative must be one of RDDM, DDPM, .*Resfusion, .*UPSR, got .Palette.'):
        process('Palette')
    a, b = process('DDIM', T=T).schedule, process('I2SB', T=T).schedule
    assert morph(a, b, 0) == a and morph(a, b, 1) == b
    m = morph(a, b, .25)
    close(m.abar, .75*a.abar + .25*b.abar, 1e-15)
    close(m.bbar, .75*a.bbar + .25*b.bbar, 1e-15)
    with pytest.raises(ValueError, match='have 24 and 10 steps'): morph(a, Schedule.line(10), .5)
    for u in (-.1, 1.1, math.nan):
        with pytest.raises(ValueError, match='u is a share'): morph(a, b, u)


@given(st.sampled_from(PROCESSES), st.sampled_from(PROCESSES), st.floats(0, 1))
def test_every_morph_is_a_schedule(a, b, u): assert morph(process(a, T=T).schedule, process(b, T=T).schedule, u).T == T


@pytest.mark.parametrize('name', PROCESSES)
def test_all_of_them_restore_with_the_exact_predictor(name):
    r = process(name, T=50)
    album = random_images(5, 1, 3, 3)
    x_in = (album[:2] + .1*randn(2, 1, 3, 3)).clamp(-1, 1)
    model = ExactPredictor(album, tau=.1)
    if r.starts_from == 'input':
        out = sample(model, x_in, steps=20, generator=torch.Generator().manual_seed(0), **r.how())
        close(out, album[:2], 1e-6)
    else:
        out = sample(ExactPredictor(album), x_T=r.schedule.bbar[-1]*randn(4, 1, 3, 3), steps=30,
                     generator=torch.Generator().manual_seed(0), **r.how())
        assert (out[:, None] - album).abs().amax((2, 3, 4)).amin(1).max() < 1e-3


def test_points_on_one_ray_are_one_process():
    album, line = random_images(5, 1, 3, 3), Schedule.line(32)
    x_in = random_images(2, 1, 3, 3, seed=4)
    bent = [Point(1 - (1 - a)*(1 - .4*a), b*(1 - .4*a)) for a, b in zip(line.abar.tolist(), line.bbar.tolist())][1:-1]
    model, start = ExactPredictor(album, std=.4, tau=1.), x_in + randn(2, 1, 3, 3)
    a, b = (sample(model, x_in, path=[Point(1., 1.), *mid, Point(0., 0.)], x_T=start, clip=None)
            for mid in ([line[k] for k in range(31, 0, -1)], bent[::-1]))
    close(a, b, 1e-9)
    other = [Point(p.abar, .8*p.bbar) for p in bent]
    assert error(sample(model, x_in, path=[Point(1., 1.), *other[::-1], Point(0., 0.)], x_T=start, clip=None), a) > 1e-4


def test_a_family_is_what_the_steps_draw():
    assert {n: process(n, T=T).family for n in ('RDDM', 'DDPM', 'I2SB', 'ResShift', 'DBIM VE')} == {
        'RDDM': 'deterministic', 'DDPM': 'preserving', 'I2SB': 'bridge', 'ResShift': 'sum_constrained',
        'DBIM VE': 'deterministic'}


def test_every_name_makes_a_process():
    assert {type(process(name)) for name in PROCESSES} == {Process}


ENDS = {'flow matching': (1, 1), 'rectified flow': (1, 0), 'Cold Diffusion': (1, 0), 'InDI': (1, .1), 'RDDM': (1, 1),
        'VE': (0, 5), 'EDM': (0, 5), 'I2SB': (1, 0), 'DDBM VE': (1, 0), 'DDBM VP': (1, 0), 'GOUB': (1, 0),
        'RDBM': (1, 0), 'UniDB': (1, sqrt(1/(1e7 + 1/((60/255)**2*(1 - .005**2))))), 'DBIM VE': (1, 0),
        'DBIM VP': (1, 0), 'PMRF': (1, .025), 'IR-Flow': (1, 0)}


@pytest.mark.parametrize('name', ENDS)
def test_curves_end_where_they_should(name): close(list(process(name, T=T).schedule[T]), ENDS[name], 1e-12)


def ecsi(t, s, height, x, x0, y, z):
    "ECSI's step of Euler in its own symbols, with all of its noise: alpha, beta, gamma, slopes with a prime, epsilon"
    alpha, beta, gamma = 1 - t, t, 2*height*sqrt(t*(1 - t))
    alpha_, beta_, gamma_ = -1., 1., height*(1 - 2*t)/sqrt(t*(1 - t))
    epsilon, dt = gamma*gamma_ - alpha_/alpha*gamma**2, s - t
    noise = (x - alpha*x0 - beta*y)/gamma
    return x + (alpha_*x0 + beta_*y + (gamma_ + epsilon/gamma)*noise)*dt + sqrt(2*epsilon*abs(dt))*z


@given(st.floats(.1, .9), st.floats(.1, .9), st.floats(.1, 2), seeds)
def test_ecsi_has_the_bridge_s_curve_and_leaves_too_much_variance(t, share, height, seed):
    s, (x0, y, _) = t*share, trio(seed)
    walk = lambda x, z: ecsi(t, s, height, x, x0, y, z)
    bbar = lambda u: 2*height*sqrt(u*(1 - u))
    at, zero, one = x0 + t*(y - x0), torch.zeros_like(x0), torch.ones_like(x0)
    close(bbar(.3), Schedule.bridge(10, height)[3].bbar, 1e-14)
    close(walk(at, zero), x0 + s*(y - x0), 1e-12)  # its mean is the curve's
    kept, fresh = walk(at + bbar(t)*one, zero) - walk(at, zero), walk(at, one) - walk(at, zero)
    excess = (kept**2 + fresh**2 - bbar(s)**2)/(2*height)**2
    close(excess, (t - s)**2/t*one, 1e-9)


def test_rdbms_code_leaves_out_the_noise_of_its_first_step():
    r, (x0, y, z) = process('RDBM', T=T), trio(2)
    at, to = r.schedule[T], r.schedule[T - 1]
    theirs = x0 + to.abar*(y - x0)  # their step with a noise of zero
    first = posterior_variance(r.posterior, at, to, r.first)
    close(reverse_step(y, Estimate(x0, y - x0, None), at, to, first, z) - theirs, to.bbar*z, 1e-15)
    assert r.how()['eta'] == [1., 0.] and to.bbar > .005


@pytest.mark.parametrize('name, kw, said', [
    ('ResShift', dict(kappa='x'), "kappa must be a number >= 0, got 'x'"), ('GOUB', dict(lam=-1), 'lam must .*got -1'),
    ('IR-SDE', dict(lam=None), 'lam must be a number >= 0, got None'), ('I2SB', dict(height=math.nan), 'height .*nan'),
    ('DDPM', dict(T='9'), "T must be a whole number >= 1, got '9'"), ('Resfusion', dict(T=2.5), 'T must be a whole'),
    ('ResShift', dict(kappa=0), "there is no ResShift with {'kappa': 0}: kappa must be > 0"),
    ('IR-SDE', dict(rest=0), "there is no IR-SDE with {'rest': 0}"),
    ('VE', dict(sigma_max=math.inf), 'there is no VE with .*: bbar.* is nan: every node must be finite')])
def test_parameters_that_cannot_be_are_refused_by_name(name, kw, said):
    with pytest.raises(ValueError, match=said): process(name, **kw)


def test_a_parameter_that_a_relative_does_not_have_is_named_with_those_it_has():
    with pytest.raises(TypeError, match="ResShift has no parameter 'lam': it has T, kappa, power, least"):
        process('ResShift', lam=1.)
    assert process('UniDB', gamma=math.inf).schedule == process('GOUB').schedule
    assert process('InDI', noise=0).schedule.bbar.max() == 0


@pytest.mark.parametrize('name', ['Resfusion', 'DDBM VP', 'DDPM'])
def test_processes_compare_by_what_they_hold(name):
    a, b = process(name, T=9), process(name, T=9)
    assert a == b and hash(a) == hash(b) and len({a, b}) == 1
    assert a != process(name, T=8) and a != replace(a, eta=.25) and a != name
    if a.scale is not None: assert a != replace(a, scale=2*a.scale)


@pytest.mark.parametrize('posterior, eta, said', [('nope', 1., 'posterior must be one of'), ('bridge', 2, 'eta is a')])
def test_a_family_that_is_none_is_refused_on_a_curve_of_one_step_too(posterior, eta, said):
    for T in (1, 5):
        with pytest.raises(ValueError, match=said): check_family(process('RDDM', T=T).schedule, posterior, eta)


@pytest.mark.parametrize('name', ['ResShift', 'SinSR teacher', 'UPSR', 'BBDM'])
def test_a_curve_whose_first_node_is_not_its_last_needs_two(name):
    with pytest.raises(ValueError, match=f"there is no {name} with {{'T': 1}}: .*T must be at least 2"):
        process(name, T=1)
    assert process(name, T=2).schedule.abar[-1] > .97


def test_a_morph_goes_between_schedules():
    s = Schedule.line(5)
    for a, b in ((s, None), (None, s), (s, process('RDDM', T=5))):
        with pytest.raises(TypeError, match='morph goes from one schedule to another, got'): morph(a, b, .5)


def test_only_a_schedule_has_a_family():
    with pytest.raises(TypeError, match="schedule must be a Schedule, got 'power'"): check_family('power', 'bridge')


@pytest.mark.parametrize('name, parameters, why', [
    ('UniDB', dict(gamma=0), 'gamma must be > 0'),
    ('IR-SDE', dict(rest=0), 'rest must be > 0'), ('RDBM', dict(pull=0), 'pull must be > 0'),
    ('IR-SDE', dict(rest=1), 'the clean image'), ('VE', dict(sigma_max=0), 'the clean image'),
    ('ResShift', dict(T=1), 'at least 2')], ids=['gamma', 'rest', 'pull', 'still', 'none', 'short'])
def test_a_relative_that_cannot_be_says_why(name, parameters, why):
    with pytest.raises(ValueError, match=f'there is no {name} with .*{why}'): process(name, **parameters)


def test_a_relative_may_hold_no_noise():
    assert process('InDI', noise=0).schedule == Schedule.line(1000, 0.) and process('DDBM VP', beta_min=0)
