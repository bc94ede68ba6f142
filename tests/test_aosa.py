"""Automatic objective selection: both readings, the loss, the gradient of the share, and a selection that is known."""
import math
import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from common import close, constant, inner_points, randn, random_images, rng, seeds, trio
from hypothesis import given, strategies as st
from rddm_nb.aosa import AutoObjective, ObjectiveChoice, readings, select_objective
from rddm_nb.degrade import TASKS, degrade
from rddm_nb.demo import diffusion_loss, draw_pairs
from rddm_nb.estimate import Prediction
from rddm_nb.exact import ExactPredictor
from rddm_nb.forward import q_sample
from rddm_nb.sample_images import crops
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet


def setting(seed, p):
    "States with their truths, and coefficients as a batch has them"
    x0, x_in, eps = trio(seed)
    return x_in - x0, eps, x_in, q_sample(x0, x_in, eps, *p), *(torch.full((2, 1, 1, 1), v, dtype=x0.dtype) for v in p)


CLIPPED = {None: lambda v: v, 'x0': lambda v: v.clamp(-1, 1)}


@given(inner_points(), st.floats(0, 1), seeds, st.sampled_from(list(CLIPPED)))
def test_readings_by_hand(p, lam, seed, clip):
    res, eps, x_in, x_t, a, b = setting(seed, p)
    m = randn(*x_t.shape, seed=seed + 5)
    r, e = readings(m, lam, x_t, x_in, a, b, clip)
    tol = 1e-13*(1 + p.bbar/(1 - p.abar) + 1/p.bbar)*10
    close(r, lam*m + (1 - lam)*(x_in - CLIPPED[clip]((x_t - p.abar*x_in - p.bbar*m)/(1 - p.abar))), tol)
    close(e, lam*(x_t - x_in + (1 - p.abar)*m)/p.bbar + (1 - lam)*m, tol)


def test_both_readings_of_an_output_that_asks_for_an_image_out_of_range():
    one = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    for kw, want in (({}, -.5), (dict(clip='x0'), -.5), (dict(clip=None), -5.)):
        r, e = readings(0*one, .5, one, 0*one, .9, 1., **kw)
        close(r, want*one, 1e-14), close(e, .5*one, 1e-14)
    with pytest.raises(ValueError, match="clip must be one of .*got 'hard'"):
        readings(one, .5, one, one, .9, 1., 'hard')


def test_the_clamp_is_the_objective_s():
    at = [torch.full((2, 1, 1, 1), v, dtype=torch.float64) for v in (.9, 1.)]
    res, eps, x_in, x_t, *_ = setting(2, (.9, 1.))
    m = 0*x_t
    for clip in (None, 'x0'):
        loss, err, _ = AutoObjective(most=20., clip=clip).double().loss(m, x_t, x_in, res, eps, *at)
        close(err.detach(), (readings(m, .5, x_t, x_in, *at, clip)[0] - res).abs().mean(), 1e-14)
    assert AutoObjective().clip == 'x0'


@given(inner_points(), seeds)
def test_the_truth_reads_as_the_truth(p, seed):
    res, eps, x_in, x_t, a, b = setting(seed, p)
    tol = 1e-12*(1 + p.bbar/(1 - p.abar) + 1/p.bbar)
    for m, lam in ((res, 1.), (eps, 0.)):
        r, e = readings(m, lam, x_t, x_in, a, b)
        close(r, res, tol)
        close(e, eps, tol)


@given(st.floats(.1, .9), st.floats(.1, .9), st.floats(.491, .509), seeds)
def test_loss_and_its_gradient_by_the_share(abar, bbar, lam, seed):
    res, eps, x_in, x_t, a, b = setting(seed, (abar, bbar))
    m, auto = randn(*x_t.shape, seed=seed + 5), AutoObjective(lam).double()
    loss, er, ee = auto.loss(m, x_t, x_in, res, eps, a, b)
    lam = auto.lam.item()
    r, e = readings(m, lam, x_t, x_in, a, b)
    close(er.detach(), (r - res).abs().mean(), 1e-12)
    close(ee.detach(), (e - eps).abs().mean(), 1e-12)
    close(loss.detach(), lam*(r - res).abs().mean() + (1 - lam)*(e - eps).abs().mean(), 1e-12)
    loss.backward()
    h = 1e-6
    at = lambda v: (lambda r, e: v * (r - res).abs().mean() + (1 - v) * (e - eps).abs().mean())(
        *readings(m, v, x_t, x_in, a, b)
    ).item()
    close(auto.lam.grad, (at(lam + h) - at(lam - h))/(2*h), 1e-4*(1 + abs(at(lam))))


def test_only_states_that_can_be_trusted_count():
    a, b = torch.tensor([0., .5, .9, .99, 1.]), torch.tensor([.05, .5, .9, 1., 1.])
    assert AutoObjective(most=10.).well_conditioned(a, b).tolist() == [False, True, True, False, False]
    assert AutoObjective(most=1e9).well_conditioned(a, b).tolist() == [True, True, True, True, False]
    assert AutoObjective(most=4.).well_conditioned(torch.tensor([.9]), torch.tensor([.5])).item() is False
    assert AutoObjective(most=3.9).well_conditioned(torch.tensor([.9]), torch.tensor([.025])).item() is False
    res, eps, x_in, x_t, _, _ = setting(1, (.5, .5))
    m, auto = randn(*x_t.shape), AutoObjective().double()
    col = lambda *v: torch.tensor(v, dtype=torch.float64).view(-1, 1, 1, 1)
    loss, er, _ = auto.loss(m, x_t, x_in, res, eps, col(.5, .999), col(.5, 1.))
    one, er1, _ = auto.loss(m[:1], x_t[:1], x_in[:1], res[:1], eps[:1], col(.5), col(.5))
    close(loss.detach(), one.detach(), 1e-14)
    close(er.detach(), er1.detach(), 1e-14)
    with pytest.raises(ValueError,
                       match=r'no state of this batch counts: none has bbar/\(1 - abar\) between 0.1 and 10'):
        auto.loss(m, x_t, x_in, res, eps, col(.999, 0.), col(1., .01))


@pytest.mark.parametrize('lam, choice', [(.5, None), (.5099, None), (.4901, None), (.511, 'res'), (.489, 'eps'),
                                         (0., 'eps'), (1., 'res'), (math.nan, None)])
def test_the_choice_is_a_word(lam, choice):
    auto = AutoObjective()
    with torch.no_grad(): auto.lam.fill_(lam)
    assert auto.choice == choice


@pytest.mark.parametrize('kw, match', [(dict(start=.6), 'margin'), (dict(margin=.5), 'margin'),
                                       (dict(margin=0.), 'margin'), (dict(most=1.), 'most must be above 1'),
                                       (dict(clip='hard'), "clip must be one of .*got 'hard'"),
                                       (dict(most=math.nan), 'most must be above 1, got nan')])
def test_settings_that_cannot_select(kw, match):
    with pytest.raises(ValueError, match=match): AutoObjective(**kw)


class Oracle(nn.Module):
    "A network that always says the true residual, or the true noise of the state it sees"
    def __init__(self, kind, x0):
        super().__init__()
        self.kind, self.x0, self.w = kind, x0, nn.Parameter(torch.zeros(()))
    def forward(self, x_t, x_in, abar, bbar, t):
        res = x_in - self.x0
        m = res if self.kind == 'res' else (x_t - self.x0 - abar*res)/bbar
        return Prediction(res=m + 0*self.w)


@pytest.mark.parametrize('kind', ['res', 'eps'])
def test_an_output_that_is_one_of_them_is_found_out(kind):
    x0, x_in, _ = trio(3)
    s = select_objective(Oracle(kind, x0), lambda g: (x0, x_in), Schedule.power(T=50), rng(), lam_lr=1e-3)
    assert isinstance(s, ObjectiveChoice) and s.choice == kind and s.steps == len(s.lam) == len(s.errors) >= 10
    assert abs(s.lam[-1] - .5) > .01 >= max(abs(v - .5) for v in s.lam[:-1])
    again = select_objective(Oracle(kind, x0), lambda g: (x0, x_in), Schedule.power(T=50), rng(), lam_lr=1e-3)
    assert again == s


def test_undecided_runs_say_so():
    x0, x_in, _ = trio(3)
    with pytest.raises(RuntimeError, match=r'undecided after 3 steps: lam is 0\.5\d+, still within 0.01'):
        select_objective(Oracle('res', x0), lambda g: (x0, x_in), Schedule.power(T=50), rng(), max_steps=3)


def steps_to_a_choice(gradient, lr, margin):
    auto, n = AutoObjective(margin=margin), 0
    opt = torch.optim.Adam(auto.parameters(), lr=lr, betas=(.9, .99))
    while auto.choice is None:
        auto.lam.grad, n = -torch.tensor(gradient(n)), n + 1
        opt.step()
    return n


@pytest.mark.parametrize('lr, margin, growing, jumping', [(3e-4, .05, 140, 150), (8e-5, .01, 110, 111)])
def test_a_steady_gradient_takes_the_margin_over_the_rate_and_one_that_grows_takes_less(lr, margin, growing, jumping):
    assert steps_to_a_choice(lambda n: 1., lr, margin) == math.floor(margin/lr + 1e-9) + 1
    assert abs(steps_to_a_choice(lambda n: 1.01**n, lr, margin) - growing) <= 1
    assert abs(steps_to_a_choice(lambda n: 1. if n < 30 else 3., lr, margin) - jumping) <= 1


class Draws(TorchFunctionMode):
    "Numbers that a generator gives are drawn on its device, as one of a GPU demands"
    def __init__(self, generator):
        super().__init__()
        self.generator, self.seen = generator, 0
    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in (torch.rand, torch.randn, torch.randint) and kwargs.get('generator') is self.generator:
            assert kwargs.get('device') == self.generator.device, func
            self.seen += 1
        return func(*args, **kwargs)


def choose(g):
    x0, x_in, _ = trio(3)
    return select_objective(Oracle('res', x0), lambda g: (x0, x_in), Schedule.power(T=50), g, lam_lr=.1)


def learn_twice(g):
    x0, x_in = draw_pairs('noise', 2, 'train', g, 8)
    seen = diffusion_loss(Oracle('res', x0), x0, x_in, Schedule.power(T=5), g)[1]
    diffusion_loss(Oracle('res', x0), x0, x_in, Schedule.power(T=5), g, seen)


DRAWS = dict(choose=choose, learn_twice=learn_twice,
             exact=lambda g: ExactPredictor(random_images(3, 1, 2, 2), .1).draw(2, g),
             crops=lambda g: crops(2, 8, 'train', g),
             generate=lambda g: draw_pairs('generate', 2, 'train', g, 8),
             sample=lambda g: sample(Oracle('res', 0*trio(3)[0]), trio(3)[0], generator=g, eta=1.),
             **{task: lambda g, task=task: degrade(random_images(2, 3, 9, 9), task, g)
                for task in TASKS if task not in ('grey', 'small')})


@pytest.mark.parametrize('what', DRAWS)
def test_numbers_are_drawn_where_their_generator_is(what):
    with Draws(rng()) as draws: DRAWS[what](draws.generator)
    assert draws.seen


@pytest.mark.parametrize('mode', [torch.no_grad, torch.inference_mode])
def test_a_selection_learns_wherever_it_is_called(mode):
    want = choose(rng())
    with mode(): assert choose_of(Oracle('res', trio(3)[0]) if mode is torch.no_grad else MADE) == want
    with torch.inference_mode(): made_inside = Oracle('res', trio(3)[0])
    with pytest.raises(ValueError, match=r'weights that were made inside torch.inference_mode\(\) cannot be trained'):
        choose_of(made_inside)


MADE = Oracle('res', trio(3)[0])


def choose_of(net):
    x0, x_in, _ = trio(3)
    return select_objective(net, lambda g: (x0, x_in), Schedule.power(T=50), rng(), lam_lr=.1)


@pytest.mark.parametrize('kw, net, schedule, why', [
    (dict(max_steps=0), MADE, Schedule.power(T=50), 'max_steps must be a whole number >= 1, got 0'),
    ({}, constant(None, 0*trio(3)[0]), Schedule.power(T=50), 'net must have one output, .*but it predicts eps$'),
    ({}, MADE, Schedule.line(20, .001), r'no node of Schedule\(line, .*counts: none has bbar'),
    ({}, MADE, Schedule.line(20, 0.), r'no node of Schedule\(line, .*counts: none has bbar'),
    ({}, constant(0*trio(3)[0], 0*trio(3)[0]), Schedule.power(T=50), 'one output, .*but it predicts res and eps$'),
    ({}, constant(None, None), Schedule.power(T=50), 'net must have one output, .*but it predicts nothing$')],
    ids=['steps', 'noise', 'nodes', 'corner', 'both', 'nothing'])
def test_what_cannot_be_selected_of_is_refused_in_words(kw, net, schedule, why):
    x0, x_in, _ = trio(3)
    if net is not MADE:
        predict, net = net, nn.Linear(1, 1)
        net.forward = predict
    with pytest.raises(ValueError, match=why): select_objective(net, lambda g: (x0, x_in), schedule, rng(), **kw)


def test_the_corner_of_a_bridge_does_not_count():
    ends = torch.tensor([1., 0.]), torch.tensor([0., 0.])
    for most in (10., 1e9, math.inf): assert not AutoObjective(most=most).well_conditioned(*ends).any()
    x0, x_in, _ = trio(3)
    s = select_objective(Oracle('res', x0), lambda g: (x0, x_in), Schedule.bridge(2), rng(), lam_lr=1e-3)
    assert s.choice == 'res' and s.steps >= 10


def test_a_selection_that_blows_up_says_so():
    x0, x_in, _ = trio(3)
    bad = x0.clone()
    bad[1, 0, 0, 0] = math.nan
    for draw in ((bad, x_in), (x0, bad), [x0, bad, None]):
        with pytest.raises(FloatingPointError, match=r'the loss is not a number at step 1 \(nodes t = \[\d+, \d+\]\): '
                                                     r'images \[1\] of the batch hold NaN or infinite values$'):
            select_objective(Oracle('res', x0), lambda g: draw, Schedule.power(T=50), rng(), max_steps=3)
    with pytest.raises(FloatingPointError, match=r'number at step [2-9] .*: a smaller learning rate than 1e\+30 '):
        select_objective(UNet(8), draw_small, Schedule.ddim_linear(), rng(), lr=1e30, max_steps=9)


def draw_small(g): return draw_pairs('noise', 2, 'train', g, 8)


def test_no_input_stands_for_zeros():
    x0 = trio(3)[0]
    res, eps, x_in, x_t, a, b = setting(2, (.4, .6))
    m, auto = randn(*x_t.shape, seed=5), AutoObjective()
    for got, want in ((readings(m, .3, x_t, None, a, b), readings(m, .3, x_t, 0*x_t, a, b)),
                      (auto.loss(m, x_t, None, res, eps, a, b), auto.loss(m, x_t, 0*x_t, res, eps, a, b))):
        for v, w in zip(got, want): close(v.detach(), w.detach(), 0)
    def chosen(x_in):
        torch.manual_seed(0)
        return select_objective(UNet(8).double(), lambda g: (x0, x_in), Schedule.power(T=50), rng(), lam_lr=4e-3)
    assert chosen(None) == chosen(0*x0)


@pytest.mark.parametrize('net, got', [(constant(None, None), 'function'), (UNet, 'type')], ids=['function', 'class'])
def test_a_selection_trains_a_module(net, got):
    with pytest.raises(TypeError, match=f'net must be a torch.nn.Module, got {got}'): choose_of(net)


def test_a_batch_may_come_from_a_generator():
    x0, x_in = trio(3)[:2]
    with pytest.raises(RuntimeError, match='undecided after 3 steps'):
        select_objective(Oracle('res', x0), lambda g: (v for v in (x0, x_in)), Schedule.power(T=50), rng(), max_steps=3)
