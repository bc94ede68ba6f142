"""The small training loop of the demo, piece by piece, with predictors that know the truth."""
import math
import signal
import pytest
import torch
from torch import nn
from common import close, error, random_images, rng, trio
from rddm_nb.demo import (DEMO_TASKS, Budget, _exam, _nearest, score_held_out, diffusion_loss, _make_net, draw_pairs,
                          quick_score,
                          recipe, result_sheet, train_demo, training_steps)
from rddm_nb.estimate import Prediction
from rddm_nb.images import psnr
from rddm_nb.optim import lr_factor
from rddm_nb.runtime import stop_on_signals
from rddm_nb.sampler import SOLVERS, sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet

S = Schedule.power(T=10)


class Fixed(nn.Module):
    "A predictor that always says the same, and remembers what it was asked"
    def __init__(self, res=None, eps=None, schedule=S):
        super().__init__()
        self.w, self.res, self.eps, self.schedule, self.asked = nn.Parameter(torch.zeros(1)), res, eps, schedule, []
    def forward(self, x_t, x_in, abar, bbar, t=None):
        self.asked.append((x_t, x_in, abar, bbar, t))
        return Prediction(*(None if v is None else v + 0*self.w for v in (self.res, self.eps)))


def test_a_budget_of_seconds_follows_the_clock():
    times = iter([5., 5., 20., 65., 200.])
    b = Budget(60., clock=lambda: next(times))
    close([b.used(k) for k in (0, 7, 8, 9)], [0, .25, 1, 1], 1e-12)


def test_a_budget_of_steps_counts_and_can_be_stopped():
    b = Budget(60., 8, clock=lambda: 0.)
    close([b.used(k) for k in (0, 2, 8, 9)], [0, .25, 1, 1], 0)
    with stop_on_signals(b.stop):
        assert b.used(1) == 1/8
        signal.raise_signal(signal.SIGTERM)
        assert b.used(1) == 1 and b.stop.exit_code == 143


@pytest.mark.parametrize('kw, match',
                         [(dict(seconds=0), 'seconds'), (dict(seconds=math.inf), 'seconds'),
                          (dict(seconds=math.nan), 'seconds'), (dict(max_steps=0), 'max_steps'),
                          (dict(max_steps=1.5), 'max_steps')])
def test_budgets_that_make_no_sense(kw, match):
    with pytest.raises(ValueError, match=match): Budget(**kw)


def test_a_look_asks_about_true_states_and_measures_the_mean_error():
    x0, x_in, _ = trio(1)
    off = torch.linspace(-.3, .2, x0.numel(), dtype=x0.dtype).view(x0.shape)
    net = Fixed(res=x_in - x0 + off)
    loss, (guess, t) = diffusion_loss(net, x0, x_in, S, rng(4))
    g = rng(4)
    nodes, eps = torch.randint(1, 11, (len(x0),), generator=g), torch.randn(x0.shape, generator=g, dtype=x0.dtype)
    a, b = S.abar[nodes].view(-1, 1, 1, 1), S.bbar[nodes].view(-1, 1, 1, 1)
    x_t, asked_in, abar, bbar, node = net.asked[0]
    close(x_t, x0 + a*(x_in - x0) + b*eps, 1e-12)
    close(asked_in, x_in, 0)
    close(abar, a, 1e-12)
    close(bbar, b, 1e-12)
    close(node, nodes, 0)
    close(loss.detach(), off.abs().mean(), 1e-12)
    close(guess, (x0 - off).clamp(-1, 1), 1e-12)
    close(t, nodes, 0)


def test_a_look_at_both_halves_adds_their_errors():
    x0, x_in, _ = trio(2)
    eps = (lambda g: (torch.randint(1, 11, (len(x0),), generator=g),
                      torch.randn(x0.shape, generator=g, dtype=x0.dtype))[1])(rng(5))
    close(diffusion_loss(Fixed(x_in - x0 + .1, eps - .25), x0, x_in, S, rng(5))[0].detach(), .35, 1e-12)
    loss, (guess, _) = diffusion_loss(Fixed(eps=eps - .25), x0, x_in, S, rng(5))
    close(loss.detach(), .25, 1e-12)
    assert guess is None


def test_the_second_look_starts_from_the_guess_and_at_lower_nodes():
    x0, x_in, _ = trio(3)
    guess, first = x0*.5, torch.tensor([1, 7])
    net, seen = Fixed(x_in - x0), set()
    for seed in range(60):
        loss, (_, t) = diffusion_loss(net, x0, x_in, S, rng(seed), (guess, first))
        assert (t >= 1).all() and (t <= first).all()
        seen |= {int(t[1])}
        close(loss.detach(), 0, 1e-12)
    assert seen == set(range(1, 8))
    g = rng(seed)
    torch.rand(2, generator=g)
    eps = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
    a, b = S.abar[t].view(-1, 1, 1, 1), S.bbar[t].view(-1, 1, 1, 1)
    close(net.asked[-1][0], guess + a*(x_in - guess) + b*eps, 1e-12)


@pytest.mark.parametrize('twice', [True, False])
def test_training_draws_a_batch_for_every_first_look(twice):
    x0, x_in, _ = trio(4, dtype=torch.float32)
    net, drawn = Fixed(torch.zeros_like(x0)), []
    def draw(g):
        drawn.append(1)
        return x0, x_in
    steps = list(training_steps(net, draw, S, Budget(1, 6, clock=lambda: 0.), rng(), twice=twice))
    assert [s for s, _, _ in steps] == [1, 2, 3, 4, 5, 6] and len(drawn) == (3 if twice else 6)
    close([u for _, u, _ in steps], [k/6 for k in range(1, 7)], 1e-12)


def test_training_moves_against_the_gradient_at_the_rate():
    x0, x_in, _ = trio(5, dtype=torch.float32)
    net = Fixed(x_in - x0 + 1)
    w = []
    for _ in training_steps(net, lambda g: (x0, x_in), S, Budget(1, 3, clock=lambda: 0.), rng(), lr=.5):
        w.append(net.w.item())
    assert w == [0., 0., 0.]  # the loss does not depend on w: nothing moves
    class Learns(Fixed):
        def forward(self, x_t, x_in, abar, bbar, t=None): return Prediction(res=self.res + self.w)
    net, last = Learns(x_in - x0 + 1), 0.
    for step, u, loss in training_steps(net, lambda g: (x0, x_in), S, Budget(1, 200, clock=lambda: 0.), rng(), lr=.5):
        if step <= 2:
            close(net.w.item() - last, -.5*lr_factor(step - 1, (step - 1)/200)*(1 + .01*last),
                  2e-4)  # Adam's first steps have the size of the rate
        last = net.w.item()
    close(last, -1, .05)


def test_training_that_blows_up_says_so():
    x0, x_in, _ = trio(6, dtype=torch.float32)
    with pytest.raises(FloatingPointError, match='nan after 0 steps'):
        next(training_steps(Fixed(torch.full_like(x0, math.nan)), lambda g: (x0, x_in), S, Budget(1, 2), rng()))


@pytest.mark.parametrize('task', DEMO_TASKS)
def test_pairs_are_seeded_images(task):
    x0, x_in = draw_pairs(task, 6, 'train', rng(1))
    again, other = draw_pairs(task, 6, 'train', rng(1)), draw_pairs(task, 6, 'test', rng(1))
    assert x0.shape == x_in.shape == (6, 3, 32, 32) and x0.abs().max() <= 1 and x_in.abs().max() <= 1
    close(x0, again[0], 0)
    close(x_in, again[1], 0)
    assert error(x0, other[0]) > .1
    if task == 'generate': assert x_in.abs().max() == 0
    else: # three of the photographs are black and white and have no colour to lose
        colour = x0.amax(1) - x0.amin(1)
        lost = (x_in - x0).flatten(1).abs().amax(1)[colour.flatten(1).amax(1) > .1 if task == 'grey' else slice(None)]
        assert len(lost) and lost.min() > .02
    with pytest.raises(ValueError, match='rain'): draw_pairs('snow', 1, 'train', rng())


def test_generated_emoji_are_flipped_half_the_time():
    from rddm_nb.sample_images import emoji
    x0, _ = draw_pairs('generate', 60, 'train', rng(3))
    pool = emoji('train', 32)
    as_is = sum(bool((x == pool).flatten(1).all(1).any()) for x in x0)
    flipped = sum(bool((x.flip(2) == pool).flatten(1).all(1).any()) for x in x0)
    assert as_is > 15 and flipped > 15 and as_is + flipped >= 60


def test_recipes_fit_the_tasks():
    for task in DEMO_TASKS:
        r, net = recipe(task), _make_net(task)
        assert r['schedule'].grid(r['steps'])[0] == 1000
        assert net.config['predicts'] == ('both' if task == 'generate' else 'res')
        assert net.config['takes_input'] == (task != 'generate')
    with pytest.raises(ValueError, match='rain'): recipe('snow')
    a, b, c = (torch.cat([p.flatten() for p in _make_net('rain', s).parameters()]) for s in (0, 0, 1))
    close(a.detach(), b.detach(), 0)
    assert error(a.detach(), c.detach()) > .1


def test_training_is_the_same_for_the_same_seed_and_returns_the_average():
    runs = [train_demo('rain', Budget(1, 4, clock=lambda: 0.), seed=s, batch=2, size=8) for s in (0, 0, 1)]
    flat = [torch.cat([p.flatten() for p in net.parameters()]) for net in runs]
    close(flat[0], flat[1], 0)
    assert error(flat[0], flat[2]) > .01 and not runs[0].training and not flat[0].requires_grad
    assert runs[0].schedule == recipe('rain')['schedule']
    seen = []
    train_demo('rain', Budget(1, 4, clock=lambda: 0.), batch=2, size=8, report=lambda *a: seen.append(a))
    assert [s for s, *_ in seen] == [1, 2, 3, 4] and [u for _, u, *_ in seen] == [.25, .5, .75, 1.]


def test_examining_measures_what_a_known_predictor_must_score():
    x0, x_in, _ = _exam(Fixed(schedule=S), 'rain', 16)
    inside = x0.clamp(-.9, .9)  # so that the offset stays in range
    net = Fixed(x_in - inside - .05)
    m, want = score_held_out(net, 'rain', 3,
                             16), lambda a: (10*torch.log10(4/(a - x0).square().flatten(1).mean(1))).mean().item()
    close([m['psnr_input'], m['psnr_1_step'], m['psnr_restored']],
          [want(x_in), want(inside + .05), want(inside + .05)], 1e-3)
    close(m['gain'], want(inside + .05) - want(x_in), 1e-3)
    close(m['gain_of_steps']['mean'], 0, 1e-4)
    assert m['crops'] == 16 and [a[2] for a in net.asked[:2]] == [1., 1.]


def test_a_gain_of_steps_has_the_sign_of_the_better_one():
    x0, x_in, _ = _exam(Fixed(schedule=S), 'rain', 8)
    class Sharpens(Fixed):
        def forward(self, x_t, x_in, abar, bbar, t=None):
            return Prediction(res=x_in - (x0 + .2 if bbar == 1 else x0 + .05).clamp(-1, 1))
    d = score_held_out(Sharpens(), 'rain', 2, 8)['gain_of_steps']
    assert d['mean'] > 3 and 0 < d['standard_error'] < d['mean']


def test_a_generator_is_measured_against_its_training_images():
    pool = torch.eye(3).repeat(2, 1)[:, :, None, None]
    close(_nearest(torch.tensor([[.1, .9, .2]])[:, :, None, None], pool), pool[1:2], 0)
    net = _make_net('generate')
    net.schedule = recipe('generate')['schedule']
    m = score_held_out(net, 'generate', 2, 4)
    assert m['images'] == 4 and m['psnr_to_nearest_training_image'] > 0
    g = _exam(net, 'generate', 4)[2]
    x0, x_in, g = _exam(net, 'generate', 4)
    with torch.no_grad(): close(m['held_out_loss'], diffusion_loss(net, x0, x_in, net.schedule, g)[0], 1e-6)


@pytest.mark.parametrize('solver', SOLVERS)
def test_a_network_is_measured_with_the_solver_that_is_asked_for(solver):
    class Bends(Fixed):
        def forward(self, x_t, x_in, abar, bbar, t=None): return Prediction(res=.3*torch.sin(2*x_t) + .5*abar)
    net, (x0, x_in, g) = Bends(schedule=S), _exam(Fixed(schedule=S), 'rain', 4)
    def mark(g, solver=solver): return psnr(sample(net, x_in, steps=4, solver=solver, generator=g), x0).mean().item()
    m = score_held_out(net, 'rain', 4, 4, solver=solver)
    assert m['psnr_restored'] == mark(rng(20240618)) and m['psnr_1_step'] == score_held_out(net, 'rain', 1, 4)[
        'psnr_restored']
    assert quick_score(net, 'rain', S, 4, 4, solver) == f'PSNR {mark(g):.2f} dB'
    assert solver == 'euler' or abs(m['psnr_restored'] - mark(rng(20240618), 'euler')) > .01


@pytest.mark.parametrize('task', ['rain', 'generate'])
def test_marks_and_sheets(task):
    net = _make_net(task)
    net.schedule = recipe(task)['schedule']
    assert ('dB' if task == 'rain' else 'loss') in quick_score(net, task, net.schedule, 2, 2)
    assert result_sheet(net, task, 2, n=3).data.startswith(b'\x89PNG')


def test_a_device_that_is_none_is_named():
    with pytest.raises(ValueError, match="device 'gpu' cannot be used here"):
        train_demo('rain', Budget(max_steps=1), batch=1, size=8, device='gpu')


@pytest.mark.parametrize('mode', [torch.no_grad, torch.inference_mode])
def test_a_training_learns_wherever_it_is_called(mode):
    def trained(): return train_demo('noise', Budget(max_steps=2), batch=2, size=8).state_dict()
    def fitted(net):
        pairs = draw_pairs('noise', 2, 'train', rng(), 8)
        for _ in training_steps(net, lambda g: pairs, S, Budget(max_steps=2), rng()): pass
        return net.state_dict()
    want, net = [trained(), fitted(_make_net('noise'))], _make_net('noise')
    with mode(): got = [trained(), fitted(net)]
    for a, b in zip(got, want): assert all(torch.equal(a[k], v) for k, v in b.items())


def test_a_look_takes_no_input_as_zeros():
    x0, s, net = random_images(3, 3, 8, 8, dtype=torch.float32), Schedule.power(50), UNet(8, (1,), predicts='both')
    (loss, (guess, t)), want = diffusion_loss(net, x0, None, s, rng()), diffusion_loss(net, x0, 0*x0, s, rng())
    assert loss == want[0] and torch.equal(guess, want[1][0]) and torch.equal(t, want[1][1])


def test_a_network_without_an_estimate_has_no_second_pass():
    x0, x_in, eps = trio(1)
    drawn, net = [], Fixed(eps=eps)
    def draw(g):
        drawn.append(1)
        return x0, x_in
    assert len([*training_steps(net, draw, S, Budget(max_steps=3), rng())]) == len(drawn) == 3
    seen = diffusion_loss(net, x0, x_in, S, rng())[1]
    with pytest.raises(ValueError, match='no estimate of x0, for the network predicts no residual'):
        diffusion_loss(net, x0, x_in, S, rng(), seen)


def test_a_word_that_a_training_does_not_know_is_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'lr'"): train_demo('rain', lr=.1)


def test_a_recipe_gives_way_to_what_is_said(monkeypatch):
    straight, seen = Schedule.power(T=1, bbar_T=0.), []
    steps = lambda net, draw, schedule, *a, twice: seen.append((schedule, twice)) or []
    monkeypatch.setattr('rddm_nb.demo.training_steps', steps)
    for kw in ({}, dict(schedule=straight), dict(twice=False)): train_demo('rain', **kw)
    own = recipe('rain')['schedule']
    assert seen == [(own, True), (straight, True), (own, False)]
    assert train_demo('rain', schedule=straight).schedule is straight


def test_seconds_that_are_used_up_train_nothing_more():
    now, (x0, x_in, _) = [0.], trio(1)
    b = Budget(60., clock=lambda: now[0])
    train = lambda b: next(training_steps(Fixed(x_in - x0), lambda g: (x0, x_in), S, b, rng()), None)
    assert train(b)[1] == 0
    now[0] = 30.
    assert train(b)[1] == .5
    now[0] = 60.
    with pytest.raises(ValueError, match='the budget of 60 s is used up: every training needs a new Budget'): train(b)
    b.stop.signum = signal.SIGINT
    assert train(b) is None
    steps = Budget(max_steps=2)
    for _ in range(2): assert len([*training_steps(Fixed(x_in - x0), lambda g: (x0, x_in), S, steps, rng())]) == 2


@pytest.mark.parametrize('seconds', ['60', None, -1])
def test_seconds_are_a_number(seconds):
    with pytest.raises(ValueError, match=f'seconds must be a positive number, got {seconds!r}'): Budget(seconds)


def test_one_image_has_no_standard_error(recwarn):
    d = score_held_out(UNet(8, (1,)), 'noise', 2, 1, 8)['gain_of_steps']
    assert math.isfinite(d['mean']) and d['standard_error'] is None and not recwarn.list


@pytest.mark.parametrize('task', ['rain', 'generate'])
@pytest.mark.parametrize('generator', [None, 0])
def test_random_numbers_have_a_source(task, generator):
    with pytest.raises(TypeError, match=f'generator must be a torch.Generator, .* got {generator}'):
        draw_pairs(task, 2, 'train', generator)
    x0, x_in, _ = trio(1)
    with pytest.raises(TypeError, match=f'generator must be a torch.Generator, .* got {generator}'):
        diffusion_loss(Fixed(x_in - x0), x0, x_in, S, generator)


@pytest.mark.parametrize('task', ['rain', 'generate'])
def test_pairs_are_one_at_least(task):
    with pytest.raises(ValueError, match='n must be at least 1, got 0'): draw_pairs(task, 0, 'train', rng())
