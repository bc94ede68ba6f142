"""One half from the other, and wrappers around any predictor (invariants 14-16 and 25; F5 and F6, which must fail)."""
import math
import pytest
import torch
from hypothesis import given, strategies as st
from common import (F64, Net, close, constant, error, fake_eps, fake_res, inner_points, random_images, power_schedules,
                    randn, rng, seeds, trio)
from rddm_nb.estimate import Prediction, SingularError, estimate
from rddm_nb.exact import ExactPredictor
from rddm_nb.sampler import sample
from rddm_nb.schedule import Point, Schedule
from rddm_nb.variants import VARIANTS, Auto, Both, OnlyEps, OnlyRes, TwoNets, disagreement

PATH = [(.9, 1.), (.7, .8), (.5, .55), (.4, .3), (.1, .2), (0, 0)]


def state(x0, x_in, eps, at): return (1 - at.abar)*x0 + at.abar*x_in + at.bbar*eps


def agreeing(x_t, x_in, abar, bbar, t=None):
    "A nonlinear noise predictor and the residual that follows from it, solved by hand"
    eps = fake_eps(x_t, x_in, abar, bbar)
    return Prediction((bbar*eps - (x_t - x_in))/(1 - abar), eps)


def quarrelling(x_t, x_in, abar, bbar, t=None):
    return Prediction(fake_res(x_t, x_in, abar, bbar), fake_eps(x_t, x_in, abar, bbar))


# one half

@given(inner_points(), seeds)
def test_inv14_noise_follows_from_the_true_residual(at, seed):
    x0, x_in, eps = trio(seed)
    x_t = state(x0, x_in, eps, at)
    pred = OnlyRes(constant(x_in - x0, None))(x_t, x_in, *at)
    assert pred.eps is None
    est = estimate(pred, x_t, x_in, *at, clip=None)
    close(est.eps, eps, 1e-12), close(est.x0, x0, 1e-15)


@given(inner_points(), seeds)
def test_inv15_image_follows_from_the_true_noise(at, seed):
    x0, x_in, eps = trio(seed)
    x_t = state(x0, x_in, eps, at)
    pred = OnlyEps(constant(None, eps))(x_t, x_in, *at)
    assert pred.res is None
    est = estimate(pred, x_t, x_in, *at, clip=None)
    close(est.x0, x0, 2e-11), close(est.res, x_in - x0, 2e-11)


@given(inner_points(), seeds)
def test_inv15_completing_twice_gives_back_what_there_was(at, seed):
    x_t, x_in, given = trio(seed)
    there = estimate(OnlyRes(constant(given, None))(x_t, x_in, *at), x_t, x_in, *at, clip=None)
    back = estimate(OnlyEps(constant(None, there.eps))(x_t, x_in, *at), x_t, x_in, *at, clip=None)
    close(back.res, given, 1e-9)


@given(power_schedules(T_max=200), st.floats(.001, .3), seeds, st.data())
def test_inv16_errors_grow_by_sigma_and_by_its_inverse(schedule, wrong, seed, data):
    "Over the whole family, at every node where both are defined"
    t = data.draw(st.sampled_from([t for t in range(1, schedule.T + 1) if schedule.abar[t] < 1 - 1e-9
                                   and schedule.bbar[t] > 1e-9] or [0]))
    if t == 0: return
    (x0, x_in, eps), at = trio(seed), schedule[t]
    x_t, sigma = state(x0, x_in, eps, at), at.bbar/(1 - at.abar)
    by_res = estimate(OnlyRes(constant(x_in - x0 + wrong, eps))(x_t, x_in, *at), x_t, x_in, *at, clip=None)
    by_eps = estimate(OnlyEps(constant(x_in - x0, eps + wrong))(x_t, x_in, *at), x_t, x_in, *at, clip=None)
    close((by_res.eps - eps)*sigma/wrong, torch.ones_like(x0),
          1e-9*max(1, sigma)), close((by_eps.res - (x_in - x0))/sigma/wrong, torch.ones_like(x0), 1e-9*max(1, 1/sigma))
    close(float(schedule.rho[t]), sigma, 1e-12*sigma)


@given(inner_points(), seeds)
def test_inv16_the_two_losses_are_one_up_to_a_weight(at, seed):
    x0, x_in, eps = trio(seed)
    x_t = state(x0, x_in, eps, at)
    weight = ((1 - at.abar)/at.bbar)**2
    for model in (OnlyRes(quarrelling), OnlyEps(quarrelling)):
        est = estimate(model(x_t, x_in, *at), x_t, x_in, *at, clip=None)
        l_res, l_eps = (est.res - (x_in - x0)).square().mean(), (est.eps - eps).square().mean()
        close(l_eps/(weight*l_res), 1., 1e-8)


def test_one_half_is_handed_on_as_it_is():
    x_t, x_in, _ = trio()
    want, args = quarrelling(x_t, x_in, .4, .5), (x_t, x_in, .4, .5, 7)
    res, eps, both, two = (m(*args) for m in (OnlyRes(quarrelling), OnlyEps(quarrelling), Both(quarrelling),
                                              TwoNets(quarrelling, quarrelling)))
    assert torch.equal(res.res, want.res) and res.eps is None
    assert torch.equal(eps.eps, want.eps) and eps.res is None
    for p in (both, two): assert torch.equal(p.res, want.res) and torch.equal(p.eps, want.eps)


def test_two_models_each_give_their_own_half():
    one, other = torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    pred = TwoNets(constant(one, 5*one), constant(6*one, other))(one, one, .5, .5)
    assert torch.equal(pred.res, one) and torch.equal(pred.eps, other)


@pytest.mark.parametrize('wrap', [OnlyRes, OnlyEps, Both, lambda m: TwoNets(m, m), Auto, lambda m: Auto(m, m)])
def test_models_are_asked_at_the_same_place(wrap):
    seen = []
    def model(*args):
        seen.append(args)
        return Prediction(args[0], args[0])
    x_t, x_in, _ = trio()
    for where in ((.3, .9, 12), (.3, .1, None)): wrap(model)(x_t, x_in, *where)
    assert all(a[0] is x_t and a[1] is x_in for a in seen)
    assert {a[2:] for a in seen} == {(.3, .9, 12), (.3, .1, None)}


def test_coefficients_may_be_tensors_as_in_training():
    x_t, x_in, _ = trio()
    a, b = torch.full((2, 1, 1, 1), .3, dtype=F64), torch.full((2, 1, 1, 1), .6, dtype=F64)
    for m in (OnlyRes, OnlyEps, Both, lambda p: TwoNets(p, p)):
        for got, want in zip(m(quarrelling)(x_t, x_in, a, b), m(quarrelling)(x_t, x_in, .3, .6)):
            assert (got is None) == (want is None)
            if got is not None: close(got, want, 1e-15)


# consistent predictions

@given(seeds, st.sampled_from([0., .5, 1.]))
def test_inv25_consistent_predictions_walk_the_same_way_in_every_variant(seed, eta):
    x_in = random_images(2, 3, 4, 4, seed=seed)
    models = [OnlyRes(agreeing), OnlyEps(agreeing), Both(agreeing), TwoNets(OnlyRes(agreeing), OnlyEps(agreeing)),
              Auto(agreeing), Auto(OnlyRes(agreeing), OnlyEps(agreeing), .3)]
    walks = [sample(m, x_in, path=PATH, eta=eta, clip=None, generator=rng(seed), trace=True) for m in models]
    for w in walks[1:]: close(w.frames(slice(None)), walks[0].frames(slice(None)), 2e-13)


@given(seeds)
def test_inv25_fails_once_the_halves_quarrel(seed):
    x_in = random_images(2, 3, 4, 4, seed=seed)
    outs = [sample(m(quarrelling), x_in, path=PATH, clip=None, generator=rng(seed)) for m in (OnlyRes, OnlyEps, Both)]
    assert min(error(a, b) for a, b in ((outs[0], outs[1]), (outs[0], outs[2]), (outs[1], outs[2]))) > .01


def test_the_exact_predictor_restores_the_same_by_any_half():
    album = random_images(5, 3, 4, 4, seed=3)
    exact, x_in = ExactPredictor(album, tau=1.), (album[:3] + .2).clamp(-1, 1)
    outs = [sample(VARIANTS[n](exact), x_in, path=PATH, generator=rng(1)) for n in ('res', 'eps', 'both', 'auto')]
    for o in outs: close(o, album[:3], 1e-9)


# the corner

@pytest.mark.parametrize('grid', ['count', 'linspace'])
def test_F5_noise_alone_cannot_start_at_abar_1(grid):
    x_in, schedule = random_images(1, 3, 4, 4), Schedule.power(20, grid=grid)
    with pytest.raises(SingularError, match='abar = 1'): sample(OnlyEps(quarrelling), x_in, schedule=schedule)
    for name in ('res', 'both', 'auto'):
        assert sample(VARIANTS[name](quarrelling), x_in, schedule=schedule).isfinite().all()


def test_F5_noise_alone_may_start_where_the_end_is_open():
    x_in = random_images(1, 3, 4, 4)
    assert sample(OnlyEps(quarrelling), x_in, schedule=Schedule.ddim_linear()).isfinite().all()


def test_F5_the_patched_division_saturates():
    "1e-6 in place of 0: true noise gives the input back, almost true noise gives -1 and 1"
    (_, x_in, eps), patched = trio(), (1 - 1e-6, 1.)
    x_t = x_in + eps
    first = lambda noise: estimate(OnlyEps(constant(None, noise))(x_t, x_in, *patched), x_t, x_in, *patched).x0
    close(first(eps), x_in, 1e-9)
    assert (first(eps + .001*randn(*eps.shape, seed=9)).abs() == 1).double().mean() > .95


@given(st.integers(2, 2000))
def test_F6_what_is_left_of_the_image_at_the_last_nodes(T):
    left, back = 1 - Schedule.power(T).abar, torch.arange(min(T, 5) + 1).double()
    close(left.flip(0)[:len(back)], back*(back + 1)/(T*(T + 1)), 1e-13)
    assert left[T] == 0 and left[T - 1] > 0


@given(st.integers(3, 500))
def test_F6_with_both_ends_nothing_is_left_one_node_earlier(T):
    s = Schedule.power(T, grid='linspace')
    close(1 - s.abar[T - 1], 0., 1e-12)
    assert 1 - s.abar[T - 2] > 1e-7 and s.bbar[T - 1] < 1


# auto

@given(inner_points(), st.floats(0, 5))
def test_auto_asks_for_the_residual_above_the_line(at, switch):
    want = 'res' if at.bbar/(1 - at.abar) >= switch else 'eps'
    if abs(at.bbar/(1 - at.abar) - switch) > 1e-9: assert Auto(quarrelling, switch=switch).asks(*at) == want


@given(power_schedules())
def test_auto_never_amplifies(schedule):
    auto = Auto(quarrelling)
    for t in range(1, schedule.T + 1):
        a, b = schedule[t]
        if b == 0: assert auto.asks(a, b) == 'res'
        elif auto.asks(a, b) == 'res': assert (1 - a)/b <= 1
        else: assert b/(1 - a) < 1


def test_auto_at_the_edges():
    auto = Auto(quarrelling)
    assert [auto.asks(*p) for p in ((1., 1.), (1., 0.), (.5, .5), (.5, .4999), (.5, 0.), (0., .9),
                                    (0., 1.))] == ['res', 'res', 'res', 'eps', 'res', 'eps', 'res']
    assert Auto(quarrelling, switch=0).asks(.1, .01) == 'res'
    assert auto.asks(torch.tensor(.2), torch.tensor([[.1]])) == 'eps'


def test_auto_hands_on_the_half_it_asked_for_and_calls_one_model():
    calls = []
    def model(name): return lambda x_t, *a: (calls.append(name), Prediction(x_t + 1, x_t + 2))[1]
    x = torch.zeros(1, 3, 2, 2)
    pair = Auto(model('residual'), model('noise'))
    above, below = pair(x, x, .9, .9), pair(x, x, .1, .1)
    assert calls == ['residual', 'noise']
    assert above.eps is None and torch.equal(above.res, x + 1) and below.res is None and torch.equal(below.eps, x + 2)
    calls.clear()
    alone = Auto(model('both'))
    assert alone(x, x, .9, .9).eps is None and alone(x, x, .1, .1).res is None and calls == ['both', 'both']


def test_auto_restores_along_paths_without_noise():
    "Noise first: the second leg holds none, and the residual is asked for"
    album = random_images(4, 3, 4, 4, seed=3)
    x = sample(Auto(ExactPredictor(album, tau=.2)), album, path=[(.9, 1.), (.9, .5), (.9, 0.), (.4, 0.), (0, 0)],
               generator=rng())
    close(x, album, 1e-9)


@pytest.mark.parametrize('switch', [-1., math.inf, math.nan])
def test_auto_refuses_a_senseless_switch(switch):
    with pytest.raises(ValueError, match='switch must be a finite number >= 0'): Auto(quarrelling, switch=switch)


@pytest.mark.parametrize('name, where', [('abar', ([.1, .2], .3)), ('bbar', (.3, [.1, .2]))])
def test_auto_refuses_coefficients_that_differ(name, where):
    x = torch.zeros(2, 3, 2, 2)
    with pytest.raises(ValueError, match=f'{name} must be one number, got shape .2,'):
        Auto(quarrelling)(x, x, *map(torch.tensor, where))


# disagreement

@given(inner_points(), seeds)
def test_disagreement_is_the_difference_of_the_errors(at, seed):
    x0, x_in, eps = trio(seed)
    x_t, d_res, d_eps = state(x0, x_in, eps, at), randn(*x0.shape, seed=seed + 5), randn(*x0.shape, seed=seed + 6)
    close(disagreement(Prediction(x_in - x0 + d_res, eps + d_eps), x_t, x_in, *at),
          (1 - at.abar)*d_res - at.bbar*d_eps, 1e-13)


@given(inner_points(), seeds)
def test_disagreement_is_the_gap_between_the_two_guesses(at, seed):
    x_t, x_in, _ = trio(seed)
    pred = quarrelling(x_t, x_in, *at)
    by = lambda m: estimate(m(quarrelling)(x_t, x_in, *at), x_t, x_in, *at, clip=None).x0
    close(disagreement(pred, x_t, x_in, *at), (1 - at.abar)*(by(OnlyEps) - by(OnlyRes)), 1e-12)
    close(disagreement(agreeing(x_t, x_in, *at), x_t, x_in, *at), torch.zeros_like(x_t), 1e-13)


@given(inner_points(), seeds)
def test_means_do_not_disagree_however_unsure(at, seed):
    x_t, x_in, _ = trio(seed)
    close(disagreement(ExactPredictor(random_images(6, 3, 4, 4, seed=seed))(x_t, x_in, *at), x_t, x_in, *at),
          torch.zeros_like(x_t), 1e-12)


def test_disagreement_where_one_of_the_two_is_silent():
    x0, x_in, eps = trio()
    at_1 = disagreement(Prediction(99*x0, eps + .1), x_in + eps, x_in, 1., 1.)
    close(at_1, torch.full_like(x0, -.1), 1e-15)
    clear = disagreement(Prediction(x_in - x0 + .1, None), x0 + .3*(x_in - x0), x_in, .3, 0.)
    close(clear, torch.full_like(x0, .07), 1e-15)
    a, b = torch.full((2, 1, 1, 1), .3, dtype=F64), torch.full((2, 1, 1, 1), .6, dtype=F64)
    close(disagreement(Prediction(x0, eps), x_in, x_in, a, b), disagreement(Prediction(x0, eps), x_in, x_in, .3, .6),
          1e-15)


# wrappers of networks

@pytest.mark.parametrize('wrap', [OnlyRes, lambda n: Auto(n, n), lambda n: Auto(n, switch=0)])
def test_a_wrapped_network_samples_in_eval_mode_without_gradients_and_is_handed_back(wrap):
    net = Net(schedule=Schedule.power(7)).double()
    net.train()
    x_in = random_images(2, 3, 4, 4)
    out = (
        sample(wrap(net), x_in, steps=2, generator=rng(), clip=None)
        if wrap is OnlyRes
        else sample(wrap(net), x_in, path=[(1.0, 1.0), (0.9, 0.5), (0, 0)], generator=rng())
    )
    assert out.isfinite().all() and net.training and all(not training and not grad for training, grad, _ in net.seen)


def test_a_wrapper_carries_parameters_and_schedule():
    net, other = (Net(schedule=Schedule.power(7)) for _ in range(2))
    pair = TwoNets(net, other)
    assert pair.schedule == Schedule.power(7) and len(list(pair.parameters())) == 2*len(list(net.parameters()))
    sample(OnlyRes(net), random_images(1, 3, 4, 4, dtype=torch.float32), steps=7)
    assert [t for *_, t in net.seen] == [7, 6, 5, 4, 3, 2, 1]
    assert sample(OnlyRes(net.double()), shape=(2, 3, 4, 4), steps=1).dtype == F64
    assert OnlyRes(quarrelling).schedule is None and TwoNets(quarrelling, net).schedule == net.schedule
    assert Auto(OnlyRes(net)).schedule == net.schedule


def test_two_networks_of_different_schedules_are_refused():
    one, other = Net(schedule=Schedule.power(7)), Net(schedule=Schedule.line(7))
    for wrap in (TwoNets, Auto):
        with pytest.raises(ValueError, match='different schedules.*P\\(1-x,1\\).*line'): wrap(one, other)


# bad input

@pytest.mark.parametrize('model, where, error, words', [
    (OnlyRes(constant(None, torch.zeros(1))), (.5, .5), ValueError, "gave no 'res': it predicts only the other half"),
    (OnlyEps(constant(torch.zeros(1), None)), (.5, .5), ValueError,
     "gave no 'eps': it predicts only the other half, or the state holds no noise"),
    (OnlyEps(constant(torch.zeros(1), None)), (.5, 0.), ValueError, "gave no 'eps'"),
    (Both(constant(torch.zeros(1), None)), (.5, .5), ValueError, "gave no 'eps'"),
    (Both(constant(None, torch.zeros(1))), (.5, .5), ValueError, "gave no 'res'"),
    (TwoNets(constant(torch.zeros(1), None), constant(torch.zeros(1), None)), (.5, .5), ValueError, "gave no 'eps'"),
    (TwoNets(constant(None, torch.zeros(1)), constant(None, torch.zeros(1))), (.5, .5), ValueError, "gave no 'res'"),
    (Auto(constant(None, torch.zeros(1))), (.5, .9), ValueError, "gave no 'res'"),
    (Auto(constant(torch.zeros(1), None)), (.5, .1), ValueError, "gave no 'eps'"),
    *((wrap(lambda *a: torch.zeros(2, 3)), (.5, .5), TypeError, 'returned a bare tensor')
      for wrap in (OnlyRes, OnlyEps, Both, lambda m: TwoNets(m, m), Auto)),
])
def test_a_missing_half_is_named(model, where, error, words):
    with pytest.raises(error, match=words): model(torch.zeros(1), torch.zeros(1), *where)


def test_both_without_noise_in_the_state_is_not_an_error():
    for m in (Both, lambda p: TwoNets(p, p)):
        pred = m(constant(torch.ones(1), None))(torch.zeros(1), torch.zeros(1), .5, 0.)
        assert pred.eps is None and pred.res == 1


@pytest.mark.parametrize('halves, missing', [((None, 0), 'res'), ((0, None), 'eps')])
def test_disagreement_needs_both(halves, missing):
    pred = Prediction(*(None if h is None else torch.zeros(1) for h in halves))
    with pytest.raises(ValueError, match=f"gave no '{missing}'"):
        disagreement(pred, torch.zeros(1), torch.zeros(1), .5, .5)


def test_only_callables_can_be_wrapped():
    for make, name in ((lambda: OnlyRes(3), 'model'), (lambda: TwoNets(quarrelling, 'net'), 'eps'),
                       (lambda: Auto(quarrelling, 5), 'eps_model')):
        with pytest.raises(TypeError, match=f'{name} must be a predictor'): make()


def test_variants_by_name():
    assert {k: type(VARIANTS[k](*[quarrelling]*(1 + (k == 'two_nets'))))
            for k in VARIANTS} == dict(res=OnlyRes, eps=OnlyEps, both=Both, two_nets=TwoNets, auto=Auto)
    assert VARIANTS['auto'](quarrelling, switch=.2).switch == .2


def test_a_class_of_networks_is_no_network():
    with pytest.raises(TypeError, match='eps_model is the class Linear: give a network made of it'):
        Auto(lambda *a: None, torch.nn.Linear)


def test_the_noise_may_be_missing_only_where_no_image_holds_any():
    at = Point(.3, torch.tensor([0., .5], dtype=F64).view(-1, 1, 1, 1))
    x0, x_in, eps = (random_images(2, 3, 4, 4, seed=k) for k in range(3))
    x_t = state(x0, x_in, eps, at)
    with pytest.raises(ValueError, match="gave no 'eps'"): disagreement(Prediction(x_in - x0), x_t, x_in, *at)
    with pytest.raises(ValueError, match="gave no 'eps'"): Both(lambda *a: Prediction(x_in - x0))(x_t, x_in, *at)
    close(disagreement(Prediction(x_in - x0, eps), x_t, x_in, *at), torch.zeros_like(x_t), 1e-12)
    with pytest.raises(ValueError, match=r"bbar has shape \(2,\)"):
        disagreement(Prediction(x_in - x0, eps), x_t, x_in, .3, at.bbar.flatten())


@pytest.mark.parametrize('switch', [-1, math.nan, math.inf, 'a', None])
def test_a_switch_is_a_finite_number(switch):
    with pytest.raises(ValueError, match='switch must be a finite number >= 0, got'): Auto(agreeing, switch=switch)


def test_a_schedule_given_later_is_found_through_a_wrapper():
    net = Net()
    variant = OnlyRes(torch.nn.DataParallel(net))
    assert variant.schedule is None
    net.schedule = Schedule.line(10)
    assert variant.schedule is net.schedule


def test_no_input_stands_for_zeros_in_the_disagreement():
    x, pred = randn(2, 3), Prediction(randn(2, 3, seed=1), randn(2, 3, seed=2))
    assert torch.equal(disagreement(pred, x, None, .3, .4), disagreement(pred, x, 0*x, .3, .4))


def test_a_schedule_may_be_given_to_a_variant_and_stands_above_those_of_its_networks():
    a, b = (Net(schedule=Schedule.line(7)) for _ in range(2))
    pair, x_in = TwoNets(a, lambda *args: Prediction(eps=b(*args).res)), random_images(1, 3, 4, 4, dtype=torch.float32)
    other = TwoNets(a, b)
    b.schedule = Schedule.power(9)
    with pytest.raises(ValueError, match='different schedules'): sample(other, x_in)
    with pytest.raises(ValueError, match="the model gave no 'eps'"): sample(other, x_in, schedule=Schedule.line(7))
    pair.schedule, a.seen = Schedule.line(11), []
    sample(pair, x_in, steps=11)
    assert [t for _, _, t in a.seen] == [*range(11, 0, -1)]


def test_disagreement_takes_a_plain_tuple():
    x = random_images(2, 3)
    close(disagreement((x, 2*x), x, None, .5, .5), disagreement(Prediction(x, 2*x), x, None, .5, .5), 0)
