"""Roads: when they may differ, what predictors do that do not know the place, and drawn paths (invariants 48-52,
57)."""
import math
import pytest
import torch
from common import close, error, fake_eps, fake_res, random_images, randn, rng, seeds
from hypothesis import given, strategies as st
from rddm_nb.estimate import Prediction
from rddm_nb.exact import ExactPredictor
from rddm_nb.objective import error_curve
from rddm_nb.paths import CoefficientConditioned, TimeConditioned, commutator, draw_path
from rddm_nb.sampler import sample
from rddm_nb.schedule import CLEAN, Point, Schedule

F64 = torch.float64


def world(seed=0): return ExactPredictor(randn(4, 3, seed=seed), std=.3)


@given(st.floats(.05, .9), st.floats(.2, 1.5), seeds)
def test_inv49_the_best_predictor_commutes_everywhere(a, b, seed):
    x = randn(20, 3, seed=seed)
    close(commutator(world(seed % 7), x, randn(20, 3, seed=seed + 1), a, b), torch.zeros(20, 3), 2e-6)


@given(st.floats(.05, .9), st.floats(.2, 1.5), seeds)
def test_the_commutator_of_known_fields(a, b, seed):
    p, q, r, s = randn(4, seed=seed).tolist()
    x = randn(5, 2, seed=seed)
    def model(x, x_in, a, b, t): return Prediction(p*x + q*b**2, r*x + s*a**2)
    # E = r x + s a^2, R = p x + q b^2: dE/da + r R - dR/db - p E
    close(commutator(model, x, x, a, b), 2*s*a + r*(p*x + q*b**2) - 2*q*b - p*(r*x + s*a**2), 1e-6)


@pytest.mark.slow
def test_F8_inv52_off_the_training_road_only_the_place_will_do():
    T, x_in = 400, random_images(200, 2)
    model = ExactPredictor(torch.tensor([[-1., -.3], [.2, 1.], [.9, -.6]], dtype=F64), std=.15)
    start, train = x_in + randn(200, 2, seed=1), Schedule.circle(T)
    arrive = lambda m, s: sample(m, x_in, schedule=s, steps=T, x_T=start, clip=None)
    want = sample(model, x_in, schedule=Schedule.circle(2000), steps=2000, x_T=start, clip=None)
    for m in (model, CoefficientConditioned(model, train), TimeConditioned(model, train)):
        assert (arrive(m, train) - want).abs().mean() < .005
    for s in (Schedule.line(T), Schedule.power(T)):
        assert (arrive(model, s) - want).abs().mean() < .005
        for m in (CoefficientConditioned(model, train), TimeConditioned(model, train)):
            assert (arrive(m, s) - want).abs().mean() > .05


@given(st.floats(.05, .95), st.floats(.05, .95))
def test_each_half_is_asked_where_its_coefficient_was_in_training(abar, bbar):
    asked = []
    def model(x_t, x_in, a, b, t):
        asked.append((a, b))
        return Prediction(res=x_t*a, eps=x_t*b)
    x = randn(2, 3)
    got = CoefficientConditioned(model, Schedule.circle(2000))(x, x, abar, bbar)
    close(asked[0], [abar, math.sqrt(1 - (1 - abar)**2)], 1e-5)
    close(asked[1], [1 - math.sqrt(1 - bbar**2), bbar], 1e-5)
    close(got.res, abar*x, 1e-12)
    close(got.eps, bbar*x, 1e-12)


def test_who_knows_the_time_answers_for_the_training_road():
    asked = []
    def model(x_t, x_in, a, b, t):
        asked.append((a, b, t))
        return Prediction(res=x_t)
    s = Schedule.circle(10)
    TimeConditioned(model, s)(randn(1, 2), None, .9, .1, 4)
    assert asked == [(*s[4], 4)]
    with pytest.raises(ValueError, match='knows only steps'): TimeConditioned(model, s)(randn(1, 2), None, .9, .1)
    with pytest.raises(ValueError, match='both coefficients must rise'):
        CoefficientConditioned(model, Schedule.bridge(10))
    with pytest.raises(ValueError, match='both coefficients must rise'):
        CoefficientConditioned(model, Schedule.line(10, 0.))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2)), min_size=1, max_size=5), st.integers(1, 60))
def test_a_drawn_path_runs_evenly_through_its_points(points, steps):
    if sum(a + b for a, b in points) < .1 or tuple(points[0]) == (0, 0): return
    path = draw_path(points, steps)
    assert len(path) == steps + 1 and path[-1] == CLEAN and all(isinstance(p, Point) for p in path)
    close(list(path[0]), points[0], 1e-12)
    corners = [*points, (0., 0.)]
    length = sum(math.dist(a, b) for a, b in zip(corners, corners[1:]))
    assert all(math.dist(a, b) <= length/steps + 1e-9 for a, b in zip(path, path[1:]))


def test_a_straight_path_is_cut_into_equal_steps():
    close(torch.tensor(draw_path([(1., .5)], 4)), [[1, .5], [.75, .375], [.5, .25], [.25, .125], [0, 0]], 1e-15)
    close(torch.tensor(draw_path([(1., 0.), (0., 0.)], 2)), [[1, 0], [.5, 0], [0, 0]], 1e-15)
    path = draw_path([(1., 1.), (1., .5)], 300)
    assert any(abs(p.abar - 1) < 1e-12 and abs(p.bbar - .5) < .01 for p in path)
    for args, match in (([[(1., 1.)], 0], 'steps must be a whole number >= 1, got 0'),
                        ([[(1., 1.)], '3'], "steps must be a whole number >= 1, got '3'"),
                        ([[(1., 1.)], 2.5], 'got 2.5'), ([[(0., 0.)], 3], 'a start other than'),
                        *(([p, 3], 'drawn through points .*, one at least, of finite numbers, got')
                          for p in ([], None, 'ab', [(1.,)], [(1., 2., 3.)], [1., 2.], [(math.nan, 1.)], [('x', 1.)]))):
        with pytest.raises(ValueError, match=match): draw_path(*args)


@given(st.integers(2, 30), seeds)
def test_inv48_constant_predictions_end_at_one_place_on_any_drawn_path(steps, seed):
    x0, x_in, eps = (randn(2, 1, 3, 3, seed=seed + i) for i in range(3))
    x_in = x_in.clamp(-1, 1)
    g = rng(seed)
    points = [(1., 1.), *torch.rand(3, 2, generator=g).tolist()]
    out = sample(lambda *a: Prediction(x_in - x0, eps), x_in, path=draw_path(points, steps), x_T=x_in + eps, clip=None)
    close(out, x0, 1e-12)


def two_pass(x, res, eps, schedule, steps):
    for moves in ('abar', 'bbar'):
        for t, s in schedule.pairs(steps):
            at, to = schedule[t], schedule[s]
            if s == 0: x = x - at.abar*res - at.bbar*eps
            else: x = x - ((at.abar - to.abar)*res if moves == 'abar' else (at.bbar - to.bbar)*eps)
    return x


@given(st.integers(2, 20), seeds)
def test_inv57_the_official_two_passes_take_the_last_part_twice_and_ours_do_not(steps, seed):
    s = Schedule.ddim_linear(100)
    x0, x_in, eps = (
        random_images(1, 1, 3, 3, seed=seed),
        random_images(1, 1, 3, 3, seed=seed + 1),
        randn(1, 1, 3, 3, seed=seed + 2),
    )
    res, last = x_in - x0, s[s.grid(steps)[-2]]
    start = x0 + s[100].abar*res + s[100].bbar*eps
    close(two_pass(start, res, eps, s, steps), x0 - last.abar*res - last.bbar*eps, 1e-12)
    for order in ('residual_first', 'noise_first'):
        close(sample(lambda *a: Prediction(res, eps), x_in, schedule=s, steps=steps, order=order, x_T=start,
                     clip=None), x0, 1e-12)
    assert error(two_pass(start, res, eps, s, steps), x0) > 1e-3


def test_a_number_of_steps_may_be_a_whole_float():
    assert draw_path([(1, 1)], 4.) == draw_path([(1, 1)], 4)


@pytest.mark.parametrize('missing', ['res', 'eps'])
def test_moves_commute_only_of_a_predictor_of_both(missing):
    x = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=f"must predict residual and noise, but gives no {missing}: .*predicts='both'"):
        commutator(lambda *a: Prediction(x, x)._replace(**{missing: None}), x, x, .5, .5)


def fake_both(*args): return Prediction(fake_res(*args), fake_eps(*args))


def test_single_precision_is_enough_to_see_that_orders_agree():
    e = ExactPredictor(random_images(5, 3), std=.3)
    x, y = random_images(4, 3, seed=1), random_images(4, 3, seed=2)
    assert commutator(e, x.float(), y.float(), .5, .5).abs().max() < 2e-3
    close(commutator(fake_both, x.float(), y.float(), .5, .5), commutator(fake_both, x, y, .5, .5), 2e-3)
    assert commutator(fake_both, x, y, .5, .5).abs().max() > .1


@pytest.mark.parametrize('told', [TimeConditioned, CoefficientConditioned])
def test_a_predictor_told_less_samples_on_the_schedule_it_knows_and_has_an_error_curve(told):
    e, s, x0 = ExactPredictor(random_images(5, 3), std=.3), Schedule.line(10, .5), random_images(4, 3, seed=1)
    alone = sample(e, x0, schedule=s, generator=rng())
    close(sample(told(e, s), x0, generator=rng()), alone, 1e-6)
    curve = error_curve(told(e, s), x0, 0*x0, s, [3, 7], rng())
    close(curve, error_curve(e, x0, 0*x0, s, [3, 7], rng()), 1e-6)


def test_every_image_of_a_batch_may_be_at_a_place_of_its_own():
    e, s, x = ExactPredictor(random_images(5, 3), std=.3), Schedule.line(10, .5), random_images(2, 3, seed=1)
    told, a, b = CoefficientConditioned(e, s), torch.tensor([[.3], [.62]]).double(), torch.tensor([[.1], [.4]]).double()
    batch = told(x, 0*x, a, b)
    for i in range(2):
        alone = told(x[i:i + 1], 0*x[:1], a[i].item(), b[i].item())
        for one, each in zip(alone, batch): close(one, each[i:i + 1], 1e-12)


@pytest.mark.parametrize('schedule', [Schedule.power(1000), Schedule.circle(1000)])
def test_on_its_road_a_predictor_told_one_coefficient_is_the_one_told_both(schedule):
    model, x, x_in = ExactPredictor(randn(9, 6), std=.3, tau=.5), randn(5, 6, seed=1), randn(5, 6, seed=2)
    told = CoefficientConditioned(model, schedule)
    for t in (1, 500, 999):
        at = schedule[t]
        for got, want in zip(told(x, x_in, *at, t), model(x, x_in, *at, t)): close(got, want, 1e-10)


def test_moves_commute_where_there_is_noise_only():
    e, x = ExactPredictor(random_images(5, 3), std=.3), random_images(2, 3)
    with pytest.raises(ValueError, match='at bbar = 0 the state holds no noise'): commutator(e, x, x, .5, 0.)
    with pytest.raises(TypeError, match='x_t holds torch.int64'): commutator(fake_both, x.long(), x, .5, .5)
