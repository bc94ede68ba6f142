"""diffusers' schedulers as oracles: the same update, written by others (invariants 31, 32, 34, 35, 38).

Their eta multiplies the standard deviation, ours the variance: eta_ours = eta_theirs^2, with
posterior='preserving'. `python tests/test_diffusers_oracle.py` writes ddim_golden.json, so that a few numbers are
checked without diffusers too."""
import json
import math
from pathlib import Path
import pytest
import torch
from common import F64, close, random_images, randn, rng
from rddm_nb.estimate import Prediction, estimate
from rddm_nb.reverse import posterior_variance, reverse_step
from rddm_nb.forward import q_sample, randn_like
from rddm_nb.sampler import sample
from rddm_nb.schedule import CLEAN, Schedule

GOLDEN = Path(__file__).with_name('ddim_golden.json')
S1000 = Schedule.ddim_linear(1000)


def fake(x, u): return torch.tanh(1.2*x + .5*x.roll(1, -1) - .3) - .4*torch.sin(2*x + u)


def model(x, x_in, abar, bbar, t=None): return Prediction(eps=fake(x, bbar))


def theirs(kind='DDIMScheduler', T=1000, **kw):
    "A scheduler of theirs whose cumulative product is in float64"
    kw = dict(dict(clip_sample=False), **kw)
    if kind == 'DDIMScheduler': kw.setdefault('set_alpha_to_one', True)
    d = getattr(pytest.importorskip('diffusers', exc_type=ImportError), kind)(
        T, beta_start=1e-4, beta_end=2e-2, beta_schedule='linear', **kw
    )
    d.float32 = d.alphas_cumprod
    d.alphas_cumprod = (1 - torch.linspace(1e-4, 2e-2, T, dtype=F64)).cumprod(0)
    d.alphas = d.alphas_cumprod/torch.cat([torch.ones(1, dtype=F64), d.alphas_cumprod[:-1]])
    d.betas, d.one, d.final_alpha_cumprod = 1 - d.alphas, torch.ones((), dtype=F64), torch.ones((), dtype=F64)
    return d


def loop(d, x, steps, noises=None, **kw):
    "All states of a run of theirs"
    d.set_timesteps(steps)
    states = [x]
    for i, t in enumerate(d.timesteps):
        more = {} if noises is None else dict(variance_noise=noises[i])
        bbar = math.sqrt(1 - d.alphas_cumprod[t].item())
        states.append(d.step(fake(states[-1], bbar), t, states[-1], **more, **kw).prev_sample)
    return states


def nodes(d): return [S1000[int(t) + 1] for t in d.timesteps] + [CLEAN]


def test_their_cumulative_product_is_ours():
    d = theirs()
    close(d.float32, (1 - S1000.abar[1:])**2, 1e-6), close(d.alphas_cumprod, (1 - S1000.abar[1:])**2, 1e-15)


@pytest.mark.parametrize('spacing', ['leading', 'trailing'])
@pytest.mark.parametrize('steps', [1, 2, 5, 10, 50])
@pytest.mark.parametrize('eta', [0., .25, .5, .75, 1.])
def test_inv31_ddim_whole_trajectories(spacing, steps, eta):
    x, d = randn(2, 1, 3, 3), theirs(timestep_spacing=spacing)
    g = rng(1)
    want = loop(d, x, steps, [randn_like(x, g) for _ in range(steps)], eta=eta)
    tr = sample(model, path=nodes(d), eta=eta**2, posterior='preserving', clip=None, x_T=x, generator=rng(1),
                trace=True)
    scale = max(v.abs().max().item() for v in want)
    for state, w in zip(tr, want): close(state.x_t, w, 1e-10*scale)
    close(tr.x0, want[-1], 1e-10*scale)
    if spacing == 'trailing': assert nodes(d) == [S1000[t] for t in S1000.grid(steps)]


def test_inv31_ddim_in_a_thousand_steps():
    x, d = randn(1, 1, 2, 2), theirs()
    g = rng(1)
    want = loop(d, x, 1000, [randn_like(x, g) for _ in range(1000)], eta=1.)
    close(sample(model, schedule=S1000, steps=1000, eta=1., posterior='preserving', clip=None, x_T=x,
                 generator=rng(1)), want[-1], 1e-10*want[-1].abs().max().item())


@pytest.mark.parametrize('posterior', ['sum_constrained', 'preserving'])
def test_inv32_without_eta_the_kind_of_variance_does_not_matter(posterior):
    x, d = randn(2, 1, 3, 3), theirs(timestep_spacing='trailing')
    want = loop(d, x, 10)[-1]
    close(sample(model, schedule=S1000, steps=10, eta=0., posterior=posterior, clip=None, x_T=x), want,
          1e-10*want.abs().max().item())


def test_F1_with_eta_it_does():
    x, d = randn(500, 1), theirs(timestep_spacing='trailing')
    g = rng(1)
    want = loop(d, x, 10, [randn_like(x, g) for _ in range(10)], eta=1.)
    tr = sample(model, schedule=S1000, steps=10, eta=1., clip=None, x_T=x, generator=rng(1), trace=True)
    A_s = (1 - tr[0].step.to.abar)**2
    ratio = tr[0].step.sigma2/d._get_variance(999, 899).item()
    close(ratio, A_s, 1e-12)
    assert (tr[0].x_s - want[1]).std() > .1


@pytest.mark.parametrize('t, s', [(999, 899), (500, 400), (500, 499), (100, 0), (20, 10), (99, -1)])
def test_inv38_variances(t, s):
    d = theirs()
    want = d._get_variance(t, s).item()
    for eta in (.25, .5, 1.):
        close(posterior_variance('preserving', S1000[t + 1], S1000[s + 1], eta**2), eta**2*want, 1e-14)
    if s >= 0:
        close(posterior_variance('sum_constrained', S1000[t + 1], S1000[s + 1]), want*d.alphas_cumprod[s].item(), 1e-14)


@pytest.mark.parametrize('T', [2, 10, 60])
def test_ddpm_ancestral_sampling_is_preserving_with_full_eta(T):
    x, d = randn(2, 1, 3, 3), theirs('DDPMScheduler', T)
    s = Schedule.ddim_linear(T)
    want = loop(d, x, T, generator=rng(3))
    tr = sample(model, schedule=s, steps=T, eta=1., posterior='preserving', clip=None, x_T=x, generator=rng(3),
                trace=True)
    for state, w in zip(tr, want): close(state.x_t, w, 1e-10)
    close(tr.x0, want[-1], 1e-10)


@pytest.mark.parametrize('eta', [0., .5, 1.])
def test_inv34_our_clip_is_theirs_with_the_clipped_guess_reused(eta):
    x, d = 1.5*randn(2, 1, 3, 3), theirs(clip_sample=True, timestep_spacing='trailing')
    g = rng(1)
    want = loop(d, x, 10, [randn_like(x, g) for _ in range(10)], eta=eta, use_clipped_model_output=True)
    tr = sample(model, schedule=S1000, steps=10, eta=eta**2, posterior='preserving', x_T=x, generator=rng(1),
                trace=True)
    for state, w in zip(tr, want): close(state.x_t, w, 1e-10)
    close(tr.x0, want[-1], 1e-10)
    assert any((state.x0.abs() == 1).any() for state in tr)


@pytest.mark.parametrize('t, s', [(999, 899), (500, 400), (100, 50)])
def test_inv35_without_reuse_one_step_differs_by_the_clipped_part(t, s):
    x, d = 1.5*randn(2, 1, 3, 3), theirs(clip_sample=True)
    d.set_timesteps(1000//(t - s))
    A, eps = d.alphas_cumprod[t].item(), fake(x, S1000[t + 1].bbar)
    free = (x - math.sqrt(1 - A)*eps)/math.sqrt(A)
    want = d.step(eps, t, x).prev_sample
    ours = reverse_step(x, estimate(Prediction(eps=eps), x, torch.zeros_like(x), *S1000[t + 1], clip='official'),
                        S1000[t + 1], S1000[s + 1])
    close(ours - want, math.sqrt(A)*(free - free.clamp(-1, 1)), 1e-12)
    assert (ours - want).abs().max() > .1


def test_training_noise_is_added_alike():
    d, x0, eps = theirs(), random_images(4, 1, 3, 3), randn(4, 1, 3, 3)
    t = torch.tensor([0, 10, 500, 999])
    close(q_sample(x0, None, eps, *S1000.coeffs(t + 1, x0)), d.add_noise(x0, eps, t), 1e-14)


# ----- solvers of second order -----
def dpm(steps, solver_type='heun'):
    "Their DPM-Solver++(2M), and the places it visits"
    d = pytest.importorskip('diffusers', exc_type=ImportError).DPMSolverMultistepScheduler(
        1000, beta_start=1e-4, beta_end=2e-2, beta_schedule='linear', solver_type=solver_type,
        final_sigmas_type='zero', timestep_spacing='trailing')
    d.set_timesteps(steps)
    return d, nodes(d)


def dpm_states(d, path, x):
    "All states of a run by its two updates, in double precision; `step` itself is in single"
    d.sigmas = torch.tensor([p.bbar/(1 - p.abar) for p in path], dtype=F64)
    states, before = [x], None
    for i, p in enumerate(path[:-1]):
        d._step_index, x0 = i, (states[-1] - p.bbar*fake(states[-1], p.bbar))/(1 - p.abar)
        first = before is None or i == len(path) - 2
        states.append(d.dpm_solver_first_order_update(x0, sample=states[-1]) if first else
                      d.multistep_dpm_solver_second_order_update([before, x0], sample=states[-1]))
        before = x0
    return states


@pytest.mark.parametrize('steps', [1, 2, 5, 20])
def test_multistep_is_dpm_solver_2m_on_the_circle(steps):
    (d, path), x = dpm(steps), randn(2, 1, 3, 3)
    tr = sample(model, path=path, solver='multistep', clip=None, x_T=x, trace=True)
    y = x
    for t, p in zip(d.timesteps, path): y = d.step(fake(y, p.bbar), t, y).prev_sample
    states = dpm_states(d, path, x)
    scale = max(v.abs().max().item() for v in states)
    for got, want in zip(tr, states): close(got.x_t, want, 1e-10*scale)
    close(tr.x0, states[-1], 1e-10*scale)
    close(tr.x0, y, 1e-6*scale)


def test_their_default_is_another_rule_of_the_same_order():
    gaps, x = [], randn(2, 1, 3, 3)
    for steps in (20, 40):
        d, path = dpm(steps, 'midpoint')
        ours = sample(model, path=path, solver='multistep', clip=None, x_T=x)
        gaps.append((dpm_states(d, path, x)[-1] - ours).abs().mean().item())
    assert 0 < gaps[1] < gaps[0]/2


@pytest.mark.parametrize('steps', [2, 5, 20])
def test_heun_is_their_heun_in_the_coordinates_of_edm(steps):
    d, x = theirs('HeunDiscreteScheduler', timestep_spacing='trailing'), 5*randn(2, 1, 3, 3)
    d.set_timesteps(steps)
    seen, y, gentle = [], x, lambda x, s: torch.tanh(.02*x + .01*s)
    for i, t in enumerate(d.timesteps):
        seen.append(d.sigmas[i].item())
        y = d.step(gentle(y, seen[-1]), t, y).prev_sample
    path = [(0., s) for s in sorted({*seen}, reverse=True)] + [(0., 0.)]
    assert len(path) == steps + 1 and len(seen) == 2*steps - 1
    told = lambda x, x_in, a, b, t=None: Prediction(eps=gentle(x, b))
    ours = sample(told, path=path, solver='heun', clip=None, x_T=x)
    close(ours, y, 1e-5*max(1, y.abs().max().item()))


# ----- golden numbers -----
def make_golden():
    import diffusers
    x, runs = randn(6, seed=9), []
    for spacing, steps, eta in [('leading', 5, 0.), ('trailing', 5, 0.), ('trailing', 10, .5), ('leading', 4, 1.)]:
        d, noises = theirs(timestep_spacing=spacing), [randn(6, seed=20 + i) for i in range(steps)]
        states = loop(d, x, steps, noises, eta=eta)
        runs.append(dict(spacing=spacing, eta=eta, timesteps=d.timesteps.tolist(), noises=[z.tolist() for z in noises],
                         states=[v.tolist() for v in states]))
    made = f'diffusers {diffusers.__version__}, DDIMScheduler, linear betas 1e-4..2e-2, T=1000, float64'
    return dict(made_with=made, runs=runs)


@pytest.mark.parametrize('i', range(4))
def test_golden_numbers_need_no_diffusers(i):
    r = json.loads(GOLDEN.read_text(encoding='utf-8'))['runs'][i]
    noises, want = (torch.tensor(r[k], dtype=F64) for k in ('noises', 'states'))
    path = [S1000[t + 1] for t in r['timesteps']] + [CLEAN]
    x = want[0]
    for at, to, z, w in zip(path, path[1:], noises, want[1:]):
        s2 = posterior_variance('preserving', at, to, r['eta']**2)
        x = reverse_step(x, estimate(Prediction(eps=fake(x, at.bbar)), x, torch.zeros_like(x), *at, clip=None), at, to,
                         s2, z)
        close(x, w, 1e-10*want.abs().max().item())
    if r['eta'] == 0: close(sample(model, path=path, clip=None, x_T=want[0]), want[-1], 1e-10*want.abs().max().item())


if __name__ == '__main__': GOLDEN.write_text(json.dumps(make_golden(), indent=1) + '\n')
