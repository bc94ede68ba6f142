"""The average, the learning rate and the optimizers that all trainings share."""
import math
import pytest
import torch
from common import close
from torch import nn
from rddm_nb.optim import EMA, OPTIMIZERS, _no_number, lr_factor, make_optimizer, unwrap


def test_the_learning_rate_warms_up_and_comes_down_a_cosine():
    close([lr_factor(0, 0.), lr_factor(24, 0.), lr_factor(49, 0.), lr_factor(99, 0.)], [.02, .5, 1, 1], 1e-12)
    close([lr_factor(99, .5), lr_factor(99, 1.), lr_factor(99, .25)], [.505, .01, .01 + .99*(.5 + math.sqrt(.125))],
          1e-12)
    close(lr_factor(0, 1.), .0002, 1e-12)


def test_warm_up_and_decline_can_be_left_out():
    close([lr_factor(0, .5, 0), lr_factor(0, .5, 0, 'none'), lr_factor(1, .5, 8, 'none')], [.505, 1, .25], 1e-12)


def test_the_average_network_forgets_slowly():
    net = nn.Linear(2, 1)
    ema, want = EMA(net, decay=.3), net.weight.detach().clone()
    for step in range(1, 9):
        net.weight.data += step
        ema.update(net)
        d = min(.3, (1 + step)/(10 + step))
        want = d*want + (1 - d)*net.weight.detach()
    close(ema.net.weight.detach(), want, 1e-5)
    assert not ema.net.weight.requires_grad and not ema.net.training and ema.net is not net and net.training


def test_buffers_are_copied_whatever_their_type():
    net = nn.Sequential(nn.BatchNorm2d(3), nn.BatchNorm2d(3))
    net.register_buffer('mask', torch.tensor([True, False]))
    ema = EMA(net)
    for k in range(3):
        net(torch.randn(4, 3, 8, 8) + 5)
        net.mask.logical_not_()
        ema.update(net)
        for name, b in net.named_buffers(): assert torch.equal(ema.net.get_buffer(name), b), name
    assert ema.net[0].num_batches_tracked == 3 and ema.net[0].running_mean.min() > 1
    assert ema.net[0].running_mean is not net[0].running_mean


def test_tied_parameters_stay_tied_and_are_averaged_once():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    ema, before = EMA(net), net[0].weight.detach().clone()
    with torch.no_grad(): net[0].weight.add_(1.)
    ema.update(net)
    assert ema.net[1].weight is ema.net[0].weight
    close(ema.net[0].weight.detach(), before + 9/11, 1e-5)


@pytest.mark.parametrize('wrap',
                         [nn.DataParallel, torch.compile, lambda n: nn.DataParallel(torch.compile(n)), lambda n: n])
def test_wrappers_are_seen_through(wrap):
    net = nn.Linear(2, 2)
    ema = EMA(wrap(net))
    assert unwrap(wrap(net)) is net and type(ema.net) is nn.Linear
    with torch.no_grad(): net.weight.add_(1.)
    before = ema.net.weight.clone()
    ema.update(wrap(net))
    close(ema.net.weight, before + 9/11, 1e-5)


def test_a_network_is_found_in_wrappers_of_every_kind_and_in_each_other():
    net = nn.Linear(1, 1)
    averaged = torch.optim.swa_utils.AveragedModel(net)
    assert type(unwrap(averaged)) is nn.Linear and unwrap(averaged) is averaged.module
    assert unwrap(nn.DataParallel(averaged)) is averaged.module and unwrap(torch.compile(net)) is net


def test_a_part_that_happens_to_be_called_module_is_no_wrapper():
    class Has(nn.Module):
        def __init__(self):
            super().__init__()
            self.module = nn.Linear(1, 1)
    net = Has()
    assert unwrap(net) is net


@pytest.mark.parametrize('kind', OPTIMIZERS)
def test_optimizers_take_their_settings_and_decouple_weight_decay(kind):
    p = nn.Parameter(torch.ones(2))
    opt = make_optimizer([p], kind, .1, (.5, .75), weight_decay=.5)
    assert opt.defaults['betas'] == (.5, .75) and opt.defaults['lr'] == .1
    p.grad = torch.zeros(2)
    for _ in range(2): opt.step()
    close(p.detach(), torch.full((2,), .95**2), 1e-6)


def test_an_optimizer_that_is_not_registered():
    with pytest.raises(ValueError, match="optimizer must be one of adamw, radam, got 'sgd'"): make_optimizer([], 'sgd')


@pytest.mark.parametrize('odd', [None, 3, lambda x: x])
def test_what_is_no_network_has_nothing_inside(odd):
    with pytest.raises(TypeError, match=f'net must be a torch.nn.Module, got {type(odd).__name__}$'): unwrap(odd)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_the_average_of_coarse_weights_moves(dtype):
    net = nn.Linear(2, 1, bias=False).to(dtype)
    with torch.no_grad(): net.weight.fill_(1.)
    ema = EMA(net, .999)
    ema.step = 10_000
    with torch.no_grad(): net.weight.fill_(1.0625)
    for _ in range(3000): ema.update(net)
    close(ema.net.weight.float().detach(), torch.full((1, 2), 1.0625 - .0625*.999**3000), .004)
    assert ema.net.weight.dtype == dtype and ema._state()['weight'].dtype == torch.float32
    again = EMA(net)
    again._load(ema._state())
    assert torch.equal(again._state()['weight'], ema._state()['weight'])
    again._load({k: v.to(dtype) for k, v in ema._state().items()})
    assert torch.equal(again._state()['weight'], ema.net.weight.float())


@pytest.mark.parametrize('decay', [-1, 7, math.nan, 'text', None, [.5]])
def test_a_decay_that_is_no_share_is_refused(decay):
    with pytest.raises(ValueError, match='decay is a share of the average, 0..1, got'): EMA(nn.Linear(2, 1), decay)


@pytest.mark.parametrize('kw, why', [(dict(decay='linear'), "decay must be 'cosine' or 'none', got 'linear'"),
                                     (dict(decay=None), 'got None'),
                                     (dict(warmup=-3), 'warmup must be a number >= 0, got -3')])
def test_a_rate_that_is_none_is_refused(kw, why):
    with pytest.raises(ValueError, match=why): lr_factor(0, .5, **kw)


def test_an_average_refuses_another_network_and_stays_as_it_was():
    ema = EMA(nn.Linear(2, 1), torch.tensor(.5).numpy()[()])
    before = ema.net.weight.clone()
    wide = nn.Linear(2, 1)
    wide.register_buffer('more', torch.zeros(1))
    for other in (nn.Linear(3, 1), nn.Linear(2, 1, bias=False), wide):
        with pytest.raises(ValueError, match='this Linear has other weights or buffers than the one that the average'):
            ema.update(other)
    assert torch.equal(ema.net.weight, before) and ema.step == 0


def test_the_rate_stays_at_its_end_beyond_it(): assert lr_factor(1000, 1.5) == lr_factor(1000, 1.) < .011


def test_buffers_of_another_shape_are_not_spread():
    def net(n):
        m = nn.Linear(2, 1)
        m.register_buffer('b', torch.arange(n)*1.)
        return m
    ema = EMA(net(3))
    with pytest.raises(ValueError, match='other weights or buffers'): ema.update(net(1))
    assert ema.net.b.tolist() == [0, 1, 2]


@pytest.mark.parametrize('kw', [dict(step=-5), dict(u=math.nan), dict(u=-.1), dict(warmup=math.nan)])
def test_a_place_in_a_training_that_is_none_is_refused(kw):
    with pytest.raises(ValueError, match=f'{[*kw][0]} must be a number >= 0'): lr_factor(**{'step': 0, 'u': .5, **kw})


@pytest.mark.parametrize('given', [lambda n: n.parameters(), lambda n: [dict(params=n.parameters())],
                                   lambda n: n.named_parameters()])
def test_weights_of_inference_are_found_however_they_are_given(given):
    assert len(make_optimizer(given(nn.Linear(2, 1))).param_groups[0]['params']) == 2
    with torch.inference_mode(): net = nn.Linear(2, 1)
    with pytest.raises(ValueError, match='inference_mode'): make_optimizer(given(net))


def test_what_is_to_be_trained_is_weights_with_two_decays():
    net = nn.Linear(2, 1)
    with pytest.raises(TypeError, match=r'give net.parameters\(\)'): make_optimizer(net)
    for odd in ((.9,), (.9, .99, .9), .9, None):
        with pytest.raises(ValueError, match='betas are two decays'): make_optimizer(net.parameters(), betas=odd)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_weights_loaded_into_the_average_are_its_weights(dtype):
    torch.manual_seed(0)
    net = nn.Linear(64, 64).to(dtype)
    ema = EMA(net)
    for _ in range(200): ema.update(net)
    ema.net.load_state_dict({k: torch.zeros_like(v) for k, v in net.state_dict().items()})
    assert not any(v.any() for v in ema._state().values())
    ema.update(net)
    assert .03 < ema.net.weight.abs().mean()/net.weight.abs().mean() < .06 # 1 - 202/211


def test_a_loss_that_is_no_number_names_the_images_before_the_learning_rate():
    x, t = torch.zeros(2, 1), torch.tensor([3, 7])
    odd = torch.tensor([[0.], [math.nan]])
    said = lambda *batch: str(_no_number(5, t, batch, 'take less', ', images a, b'))
    start = 'the loss is not a number at step 5 (nodes t = [3, 7], images a, b): '
    assert said(x, None) == start + 'take less'
    assert said(x, odd, None) == said(odd, x) == start + 'images [1] of the batch hold NaN or infinite values'
