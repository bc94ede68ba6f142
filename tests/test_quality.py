"""Energy distance, diversity, scores and sweeps, each against the formula written out; what a schedule does to an
exact predictor."""
import math
import pytest
import torch
from hypothesis import assume, given, strategies as st
from common import F64, close, gmm_points, random_images, power_schedules, randn, rng, seeds
from rddm_nb.estimate import Prediction
from rddm_nb.exact import ExactPredictor
from rddm_nb.quality import STEPS, Score, _distances, diversity, energy_distance, score, sweep
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule

sizes = st.integers(1, 9)


def dist(u, v): return math.sqrt(sum((float(x) - float(y))**2 for x, y in zip(u.flatten(), v.flatten())))


def naive_energy(a, b):
    cross = [dist(x, y) for x in a for y in b]
    own_a, own_b = [dist(x, y) for x in a for y in a], [dist(x, y) for x in b for y in b]
    return 2*sum(cross)/len(cross) - sum(own_a)/len(own_a) - sum(own_b)/len(own_b)


def naive_diversity(a):
    d = [dist(a[i], a[j]) for i in range(len(a)) for j in range(len(a)) if i != j]
    return sum(d)/len(d)


@given(sizes, sizes, seeds, st.integers(1, 12), st.sampled_from([1, 8, 16]))
def test_energy_distance_is_the_loop_over_all_pairs(n, m, seed, block, channels):
    a, b = randn(n, channels, 2, 2, seed=seed), .5 + 2*randn(m, channels, 2, 2, seed=seed + 1)
    close(energy_distance(a, b, block=block), naive_energy(a, b), 1e-12)


@pytest.mark.parametrize('apart', [0., 1e-9, 1e-6, 1e-3, 1.])
@pytest.mark.parametrize('offset', [0., 1e4])
def test_near_points_of_many_coordinates_are_as_exact_as_others(apart, offset):
    a = offset + randn(7, 64, seed=1)
    b = torch.cat([a[:3] + apart*randn(3, 64, seed=2), offset + randn(4, 64, seed=3)])
    want = torch.tensor([[dist(u, v) for v in b] for u in a], dtype=F64)
    close(_distances(a, b), want, 1e-14*offset + 1e-11), close(_distances(a, a).diagonal(), 0*a[:, 0], 0)


def test_many_equal_points_of_many_coordinates_have_distance_zero():
    a = randn(1, 64, seed=1).expand(20, 64)
    assert _distances(a, a).abs().max() == 0 and diversity(a) == 0
    close(_distances(torch.cat([a, a + 3]), a), torch.cat([0*a @ a.T, 24. + 0*a @ a.T]), 1e-13)


@given(sizes, sizes, seeds)
def test_energy_distance_on_a_line_is_twice_the_area_between_the_squared_steps(n, m, seed):
    a, b = randn(n, 1, seed=seed), 1 + randn(m, 1, seed=seed + 1)
    ends = sorted([*a.flatten().tolist(), *b.flatten().tolist()])
    share = lambda s, x: sum(v <= x for v in s.flatten().tolist())/len(s)
    area = sum((share(a, x) - share(b, x))**2*(y - x) for x, y in zip(ends, ends[1:]))
    close(energy_distance(a, b), 2*area, 1e-13)


@given(sizes, sizes, seeds, st.floats(.1, 10))
def test_energy_distance_behaves_as_a_distance(n, m, seed, scale):
    a, b, shift = randn(n, 3, seed=seed), randn(m, 3, seed=seed + 1) + .3, randn(1, 3, seed=seed + 2)
    turn = torch.linalg.qr(randn(3, 3, seed=seed + 3))[0]
    e = energy_distance(a, b)
    assert e >= -1e-14
    close(energy_distance(b, a), e, 1e-14)
    close(energy_distance(a[torch.randperm(n, generator=rng(seed))], b.flip(0)), e, 1e-13)
    close(energy_distance(a + shift, b + shift), e, 1e-13), close(energy_distance(a@turn, b@turn), e, 1e-13)
    close(energy_distance(scale*a, scale*b), scale*e, 1e-12)
    close(energy_distance(torch.cat([a, a]), b), e, 1e-13)


@given(sizes, seeds)
def test_equal_sets_have_energy_distance_zero_and_others_not(n, seed):
    a = randn(n, 2, seed=seed)
    assert energy_distance(a, a) == 0
    close(energy_distance(a, torch.cat([a, a]).flip(0)), 0, 1e-14)
    assert energy_distance(a, a + .1) > 1e-4


@given(st.floats(-3, 3), seeds)
def test_shift_of_one_point_and_of_normal_samples(d, seed):
    close(energy_distance(torch.zeros(1, 1, dtype=F64), torch.full((1, 1), d, dtype=F64)), 2*abs(d), 1e-15)


def test_shifted_normals_match_the_folded_normal():
    # E|N(d, 2)| - E|N(0, 2)|, twice, on quantiles instead of samples
    q = torch.special.ndtri((torch.arange(2000, dtype=F64) + .5)/2000)[:, None]
    for d in (.3, 1., 2.5):
        folded = 2/math.sqrt(math.pi)*math.exp(-d*d/4) + d*math.erf(d/2)
        close(energy_distance(q, q + d), 2*(folded - 2/math.sqrt(math.pi)), 1e-3)


@given(st.integers(2, 9), seeds, st.integers(1, 12))
def test_diversity_is_the_mean_over_pairs_of_different_members(n, seed, block):
    a = randn(n, 2, 3, seed=seed)
    close(diversity(a, block=block), naive_diversity(a), 1e-13)
    assert diversity(a[:1].expand(n, -1, -1)) == 0


def test_floor_of_true_samples():
    mixture = ExactPredictor(gmm_points(), std=.1)
    truth = mixture.draw(1000, rng(1))
    got = [energy_distance(mixture.draw(40, rng(2*i + 5)), mixture.draw(60, rng(2*i + 6))) for i in range(400)]
    close(sum(got)/400, (1/40 + 1/60)*diversity(truth), 4*torch.tensor(got).std().item()/20)


def test_float32_and_images_are_measured_in_float64():
    a, b = random_images(5, 3, 4, 4, seed=1), random_images(6, 3, 4, 4, seed=2)
    close(energy_distance(a.float(), b.float()), energy_distance(a, b), 1e-6)
    far = 1e6 + randn(50, 2, seed=3)
    close(energy_distance(far, far + 1e-3), energy_distance(far - 1e6, far - 1e6 + 1e-3), 1e-8)


@pytest.mark.parametrize('f', [lambda x: energy_distance(x, x), diversity], ids=['energy_distance', 'diversity'])
def test_sets_that_are_none_are_refused(f):
    for bad, why in [(torch.zeros(3, 2, dtype=torch.uint8), TypeError), ([[0., 1.]], TypeError),
                     (torch.zeros(3), ValueError), (torch.zeros(0, 2), ValueError),
                     (torch.tensor([[0., math.nan], [1, 1]]), ValueError),
                     (torch.tensor([[0., math.inf], [1, 1]]), ValueError)]:
        with pytest.raises(why): f(bad)


def test_sets_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r'shape \(2,\), b of \(3,\)'):
        energy_distance(torch.zeros(3, 2), torch.zeros(3, 3))
    with pytest.raises(ValueError, match=r'shape \(4,\), b of \(2, 2\)'):
        energy_distance(torch.zeros(3, 4), torch.zeros(3, 2, 2))
    with pytest.raises(ValueError, match='at least 2, got 1'): diversity(torch.zeros(1, 2))


def model(): return ExactPredictor(gmm_points(), std=.1)
def zeros(n): return torch.zeros(n, 2, dtype=F64)


@given(power_schedules(T_max=12), st.integers(1, 3), seeds)
def test_score_of_generation_is_made_of_its_runs(s, k, seed):
    truth, steps = model().draw(12, rng(seed)), min(k, s.T)
    got = score(model(), truth, n=7, seeds=3, schedule=s, steps=steps, clip=None)
    runs = [sample(model(), zeros(7), schedule=s, steps=steps, clip=None, generator=rng(i)) for i in range(3)]
    e = [naive_energy(r, truth) for r in runs]
    mean = sum(e)/3
    close(got.energy, mean, 1e-12), close(got.spread, math.sqrt(sum((v - mean)**2 for v in e)/2), 1e-12)
    close(got.diversity, sum(map(naive_diversity, runs))/3, 1e-12)
    assert got.psnr is None


@given(seeds)
def test_score_of_restoration_is_made_of_its_runs(seed):
    truth = model().draw(6, rng(seed))
    x_in, m = truth + .8*randn(6, 2, seed=seed), ExactPredictor(gmm_points(), std=.1, tau=.8)
    got = score(m, truth, x_in, seeds=3, steps=4, clip=None)
    runs = [sample(m, x_in, steps=4, clip=None, generator=rng(i)) for i in range(3)]
    error = sum((float(v) - float(w))**2 for r in runs for v, w in zip(r.flatten(), truth.flatten()))/(3*12)
    close(got.psnr, 10*math.log10(4/error), 1e-10)
    close(got.diversity, sum(naive_diversity(torch.stack([r[i] for r in runs])) for i in range(6))/6, 1e-12)
    close(got.energy, sum(naive_energy(r, truth) for r in runs)/3, 1e-12)


def test_one_seed_has_no_spread_and_seeds_may_be_named():
    truth = model().draw(9, rng(0))
    one = score(model(), truth, n=5, seeds=1, clip=None)
    assert math.isnan(one.spread) and one.diversity > 0
    assert score(model(), truth, n=5, seeds=[0], clip=None)[:1] == one[:1]
    three = [score(model(), truth, n=5, seeds=[s], clip=None).energy for s in (7, 8, 9)]
    close(score(model(), truth, n=5, seeds=[7, 8, 9], clip=None).energy, sum(three)/3, 1e-14)
    assert len(set(three)) == 3
    assert math.isnan(score(model(), truth, truth, seeds=1, clip=None).diversity)


def test_n_is_the_size_of_a_run():
    seen = []
    def spy(x_t, x_in, abar, bbar, t):
        seen.append(tuple(x_t.shape))
        return Prediction(res=x_in - x_t)
    score(spy, randn(4, 2), n=11, seeds=2, steps=1, clip=None)
    assert seen == [(11, 2)]*2
    seen.clear(), score(spy, randn(4, 2), steps=1, clip=None)
    assert seen == [(256, 2)]*3


def test_sweep_is_score_for_every_schedule_and_number_of_steps():
    truth = model().draw(20, rng(3))
    runs = dict(line=Schedule.line(20), bridge=dict(schedule=Schedule.bridge(20), eta=1., posterior='bridge'))
    got = sweep(model(), truth, runs, (1, 4), n=6, seeds=2, clip=None)
    assert list(got) == ['line', 'bridge'] and STEPS == (1, 2, 3, 5, 10, 20, 50)
    for i, k in enumerate((1, 4)):
        assert got['line'][i] == score(model(), truth, n=6, seeds=2, clip=None, schedule=runs['line'], steps=k)
        assert got['bridge'][i] == score(model(), truth, n=6, seeds=2, clip=None, steps=k, **runs['bridge'])
    assert [len(v) for v in sweep(model(), truth, dict(a=Schedule.line(50)), n=2, seeds=1, clip=None).values()] == [7]
    paired = sweep(ExactPredictor(gmm_points(), tau=1.), truth, dict(a=Schedule.line(20)), (2,), x_in=truth + .1,
                   seeds=2, clip=None)
    assert paired['a'][0] == score(ExactPredictor(gmm_points(), tau=1.), truth, truth + .1, seeds=2, clip=None,
                                   schedule=Schedule.line(20), steps=2)
    assert isinstance(paired['a'][0], Score)


def test_entries_of_a_sweep_win_over_what_is_for_all_and_are_left_as_they_were():
    truth, entry = model().draw(20, rng(3)), dict(schedule=Schedule.line(20), eta=1.)
    got = sweep(model(), truth, dict(a=entry), (3,), n=6, seeds=2, eta=0., clip=None)['a'][0]
    assert got == score(model(), truth, n=6, seeds=2, clip=None, steps=3, **entry)
    assert got != score(model(), truth, n=6, seeds=2, clip=None, steps=3, schedule=entry['schedule'])
    assert sorted(entry) == ['eta', 'schedule']


@pytest.mark.parametrize('f', [lambda *a, **kw: score(model(), *a, **kw),
                               lambda *a, x_in=None, **kw: sweep(model(), *a, dict(a=Schedule.line(5)), (1,),
                                                                 x_in=x_in, **kw)], ids=['score', 'sweep'])
def test_what_cannot_be_scored_is_refused(f):
    truth = model().draw(4, rng(0))
    with pytest.raises(ValueError, match='each input needs its true image'): f(truth, x_in=truth[:3])
    with pytest.raises(ValueError, match='at least 2, got 1'): f(truth, n=1)
    with pytest.raises(ValueError, match="at least 2, got 'x'"): f(truth, n='x')
    for none in (0, [], 2.5, 'x', None):
        with pytest.raises(ValueError, match='number of runs'): f(truth, n=4, seeds=none)
    with pytest.raises(TypeError): f(truth.long(), n=4)
    with pytest.raises(ValueError, match='NaN'): f(truth*math.nan, n=4)


# what a schedule does, with an exact predictor and a known input

def rescaled(levels): return [(1., 1.)] + [(r/(1 + r), r/(1 + r)) for r in levels] + [(0., 0.)]


@given(power_schedules(T_max=12), st.integers(2, 6), seeds)
def test_a_run_depends_on_its_noise_levels_only(s, k, seed):
    nodes = s.grid(min(k, s.T))[1:-1]
    assume(all(s[t].abar < 1 - 1e-4 for t in nodes))
    levels = [s[t].bbar/(1 - s[t].abar) for t in nodes]
    x_in, start = randn(5, 2, seed=seed), s[s.T].bbar
    eps = randn(5, 2, seed=seed + 1)
    for tau in (None, .7):
        m = ExactPredictor(gmm_points(), std=.1, tau=tau)
        a = sample(m, x_in, schedule=s, steps=min(k, s.T), x_T=x_in + start*eps, clip=None)
        b = sample(m, x_in, path=rescaled(levels), x_T=x_in + eps, clip=None)
        close(a, b, 1e-8)


@given(power_schedules(T_max=12), st.floats(.2, 4), seeds)
def test_data_and_noise_scale_together(s, c, seed):
    big = Schedule(s.abar, c*s.bbar)
    a = sample(ExactPredictor(gmm_points(), std=.1), zeros(5), schedule=s, steps=min(4, s.T), generator=rng(seed),
               clip=None)
    b = sample(ExactPredictor(c*gmm_points(), std=.1*c), zeros(5), schedule=big, steps=min(4, s.T),
               generator=rng(seed), clip=None)
    close(b, c*a, 1e-9)
    truth = model().draw(8, rng(seed))
    close(energy_distance(b, c*truth), c*energy_distance(a, truth), 1e-9)


def ring(radius=1., std=.05):
    angle = torch.arange(8, dtype=F64)*math.pi/4
    return ExactPredictor(radius*torch.stack([angle.cos(), angle.sin()], 1), std=std)


def test_the_papers_choice_is_not_best_on_the_ring():
    truth = ring().draw(800, rng(5))
    e = {a: score(ring(), truth, steps=4, clip=None, schedule=Schedule.power(alpha=a)).energy
         for a in (('1-x', 1), ('x', 0), ('x', 1))}
    assert e['1-x', 1] > 1.5*e['x', 0] > 1.5*1.3*e['x', 1]
    fall = score(ring(), truth, steps=4, clip=None, schedule=Schedule.power(beta2=('1-x', 1))).energy
    assert fall > 2*e['1-x', 1]


def test_ring_of_radius_two_gives_the_known_figures():
    truth = ring(2., .1).draw(2000, rng(5))
    e = [score(ring(2., .1), truth, n=500, steps=k, clip=None, schedule=s).energy
         for s in (Schedule.line(), Schedule.power()) for k in (2, 8)]
    close(e[0], .167, .02), close(e[2], .401, .03)
    assert e[1] < .012 and e[3] < .014


def test_generation_starts_from_noise_around_nothing():
    seen = []
    def model(x_t, x_in, abar, bbar, t):
        seen.append((x_t, x_in))
        return Prediction(res=-x_t)
    score(model, torch.zeros(3, 2, dtype=torch.float64), n=4, seeds=[5], schedule=Schedule.line(4, .5), steps=1)
    x_t, x_in = seen[0]
    close(x_in, torch.zeros(4, 2), 0)
    close(x_t, .5*torch.randn(4, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64), 1e-15)


def test_runs_of_a_sweep_have_names():
    with pytest.raises(TypeError, match=r'runs must be a dict of schedules or arguments, got \[1\]'):
        sweep(model(), model().draw(4, rng(0)), [1], n=2)


def test_one_result_is_no_set():
    with pytest.raises(ValueError, match='at least 2, got 1'): score(lambda *a: None, torch.zeros(3, 2), n=1)


def test_arguments_for_all_reach_every_run():
    model = lambda x_t, *a: Prediction(res=-x_t)
    for runs in ({'a': Schedule.line(4)}, {'a': dict(schedule=Schedule.line(4))}):
        with pytest.raises(ValueError, match='clip must be one of'):
            sweep(model, torch.zeros(3, 2), runs, steps=(1,), n=2, clip='loud')


def test_steps_of_a_sweep_are_a_list():
    truth, model = random_images(4, 2), lambda x_t, x_in, *a: Prediction(res=x_in, eps=0*x_t)
    runs = dict(a=Schedule.line(9), b=Schedule.circle(9))
    with pytest.raises(TypeError, match=r'steps must be a list of numbers, such as \(1, 5\), got 5'):
        sweep(model, truth, runs, steps=5)
    got = sweep(model, truth, runs, steps=iter((1, 2)), n=3, seeds=1)
    assert {k: len(v) for k, v in got.items()} == dict(a=2, b=2)


def test_a_sweep_sets_the_steps_itself():
    e, truth = ExactPredictor(randn(4, 2)), randn(6, 2)
    for run in (dict(steps=5), dict(path=[(1, 1), (0, 0)])):
        with pytest.raises(ValueError, match=f"run 'a' says its {[*run][0]}, but sweep tries numbers of steps"):
            sweep(e, truth, dict(a=run), (1,), n=4)


def test_whole_numbers_of_any_type_count():
    e, truth = ExactPredictor(randn(4, 2)), randn(6, 2)
    assert score(e, truth, n=4., seeds=torch.tensor(2).numpy()[()], steps=1) == score(e, truth, n=4, seeds=2, steps=1)
    with pytest.raises(ValueError, match='block must be a whole number >= 1, got 0'): energy_distance(truth, truth, 0)


@pytest.mark.parametrize('kw', [dict(generator=torch.Generator()), dict(trace=True), dict(trace=False)])
def test_what_is_settled_by_the_measure_cannot_be_said(kw):
    e, truth = ExactPredictor(randn(4, 2)), randn(6, 2)
    for f in (lambda: score(e, truth, n=4, steps=1, **kw), lambda: sweep(e, truth, dict(a=kw), (1,), n=4),
              lambda: sweep(e, truth, dict(a=Schedule.line(9)), (1,), n=4, **kw)):
        with pytest.raises(ValueError, match=f'{[*kw][0]} cannot be said here'): f()


@pytest.mark.parametrize('run', [5, None, 'line', [1]])
def test_a_run_that_is_none_is_named(run):
    with pytest.raises(TypeError, match="run 'a' must be a `Schedule` or a dict of arguments"):
        sweep(lambda *a: None, randn(6, 2), dict(a=run), (1,), n=4)


@pytest.mark.parametrize('seeds', [['a'], [1.5], [-1], [None]])
def test_seeds_are_whole_numbers(seeds):
    with pytest.raises(ValueError, match='a list of seeds, whole numbers'):
        score(lambda *a: None, randn(6, 2), n=4, seeds=seeds)
