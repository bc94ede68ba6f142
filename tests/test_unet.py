"""The network computes what its notebook says: every layer against the same thing written out by hand, in float64."""
import json
import math
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from common import awake, close, randn, rng
from hypothesis import given, strategies as st
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import (Attention, CoefficientEmbedding, ResBlock, UNet, _check_weights, from_older, _lay_out,
                          load_model, network_class,
                          per_image, _precision_of, save_model, sinusoidal_embedding, unwrap)


def conv(m, x): return F.conv2d(x, m.weight, m.bias, m.stride, m.padding)


def normed(m, x):
    "Group normalisation from its definition"
    b, c = x.shape[:2]
    y = x.reshape(b, m.num_groups, -1)
    y = (y - y.mean(2, keepdim=True))/(y.var(2, correction=0, keepdim=True) + m.eps).sqrt()
    return y.reshape(x.shape)*m.weight[:, None, None] + m.bias[:, None, None]


def silu(x): return x/(1 + (-x).exp())


def block(m, h, e):
    k = e @ m.film.weight.T + m.film.bias
    c = k.shape[1]//2
    y = silu(normed(m.norm1, conv(m.conv1, h))*(1 + k[:, :c, None, None]) + k[:, c:, None, None])
    return (conv(m.shortcut, h) if h.shape[1] != c else h) + silu(normed(m.norm2, conv(m.conv2, y)))


def attention(m, h):
    b, c, height, width = h.shape
    q, k, v = conv(m.qkv, normed(m.norm, h)).reshape(b, 3, m.heads, c//m.heads, height*width).unbind(1)
    weights = (torch.einsum('bhci,bhcj->bhij', q, k)/math.sqrt(c//m.heads)).softmax(3)
    return h + conv(m.out, torch.einsum('bhij,bhcj->bhci', weights, v).reshape(h.shape))


def whole(net, x, e):
    "The way down and up for three sizes, step by step"
    d0 = block(net.down[0], conv(net.first, x), e)
    d1 = block(net.down[1], conv(net.downsample[0], d0), e)
    d2 = block(net.down[2], conv(net.downsample[1], d1), e)
    h = block(net.middle[2], attention(net.middle[1], block(net.middle[0], d2, e)), e)
    twice = lambda v: v.repeat_interleave(2, 2).repeat_interleave(2, 3)
    h = conv(net.upsample[0], twice(block(net.up[0], torch.cat([h, d2], 1), e)))
    h = conv(net.upsample[1], twice(block(net.up[1], torch.cat([h, d1], 1), e)))
    h = block(net.up[2], torch.cat([h, d0], 1), e)
    return conv(net.last[2], silu(normed(net.last[0], h)))


def test_waves_from_slow_to_fast():
    v, a = (
        torch.tensor([0.0, 0.3, 1.0], dtype=torch.float64),
        sinusoidal_embedding(torch.tensor([0.0, 0.3, 1.0], dtype=torch.float64), 3, 2.0, 18.0),
    )
    want = torch.stack([f(v*k) for f in (torch.sin, torch.cos) for k in (2., 6., 18.)], 1)
    close(a, want, 1e-12)
    assert sinusoidal_embedding(v).shape == (3, 16)


@pytest.mark.parametrize('c_in, c_out', [(8, 8), (8, 16)])
def test_a_block_by_hand(c_in, c_out):
    m, h, e = awake(ResBlock(c_in, c_out, 5)), randn(2, c_in, 4, 6), randn(2, 5)
    close(m(h, e), block(m, h, e), 1e-10)


def test_attention_by_hand():
    m, h = awake(Attention(16)), randn(2, 16, 3, 5)
    close(m(h), attention(m, h), 1e-10)


@pytest.mark.parametrize('h, w', [(33, 33), (40, 17), (1, 70), (64, 50)])
def test_on_a_large_map_squares_ask_the_squares_around_them(h, w):
    m, x = awake(Attention(16)), randn(2, 16, h, w)
    q, k, v = m.split(x)
    def seen(n):
        start = (torch.arange(n)//16*16 - 4).clamp(0, max(n - 24, 0))[:, None]
        return (torch.arange(n) >= start) & (torch.arange(n) < start + 24)
    mask = (seen(h)[:, None, :, None] & seen(w)[None, :, None]).reshape(h*w, h*w)
    weights = (q @ k.mT/2).masked_fill(~mask, -math.inf).softmax(-1)
    close(m(x), x + conv(m.out, (weights @ v).mT.reshape(x.shape)), 1e-10)


def test_on_a_small_map_all_ask_all():
    m, x = awake(Attention(16)), randn(1, 16, 32, 32)
    close(m(x), attention(m, x), 1e-10)


@pytest.mark.parametrize('shape, grad, last',
                         [((2, 6, 8, 8), False, True), ((2, 6, 8, 8), True, False), ((1, 6, 64, 64), True, True)])
def test_channels_lie_last_where_that_is_faster(shape, grad, last):
    x = torch.zeros(shape)
    with torch.set_grad_enabled(grad): assert _lay_out(x).is_contiguous(memory_format=torch.channels_last) == last
    assert _lay_out(x.double()).is_contiguous()


@pytest.mark.parametrize('predicts', ['res', 'both', 'x0'])
def test_the_layout_changes_nothing_but_speed(predicts):
    net, x, y = awake(UNet(8, predicts=predicts)).float(), randn(2, 3, 13, 20).float(), randn(2, 3, 13, 20,
                                                                                              seed=1).float()
    want, seen = net(x, y, .2, .7), []
    last = lambda m, args, out: seen.append(out.is_contiguous(memory_format=torch.channels_last))
    net.down[0].register_forward_hook(last)
    with torch.no_grad(): got = net(x, y, .2, .7)
    assert seen == [True]
    for a, b in zip(got, want):
        if b is not None:
            close(a, b, 1e-5)
            assert a[0].is_contiguous()


def test_where_tells_the_two_coefficients_apart():
    m, x = awake(CoefficientEmbedding('plane', 4)), randn(2, 3, 4, 4)
    wave = lambda v: torch.cat([f(v*torch.logspace(0, 1, 8, base=20., dtype=x.dtype)) for f in (torch.sin, torch.cos)])
    want = silu(torch.cat([wave(.3), wave(.8)]) @ m.mlp[0].weight.T + m.mlp[0].bias)
    close(m(x, .3, .8), silu(want @ m.mlp[2].weight.T + m.mlp[2].bias).expand(2, -1), 1e-10)


def test_where_by_node():
    m, x = awake(CoefficientEmbedding('t', 4)), randn(2, 3, 4, 4)
    v = torch.tensor([3., 900.], dtype=x.dtype)[:, None]*torch.logspace(-4, 0, 16, dtype=x.dtype)
    want = silu(torch.cat([v.sin(), v.cos()], 1) @ m.mlp[0].weight.T + m.mlp[0].bias)
    close(m(x, .3, .8, torch.tensor([3, 900])), silu(want @ m.mlp[2].weight.T + m.mlp[2].bias), 1e-10)
    with pytest.raises(ValueError, match="another embedding"): m(x, .3, .8)


@pytest.mark.parametrize('predicts', ['res', 'eps', 'both'])
def test_the_whole_network_by_hand(predicts):
    net, x, y = awake(UNet(8, predicts=predicts)), randn(2, 3, 8, 12), randn(2, 3, 8, 12, seed=1)
    want = whole(net, torch.cat([x, y], 1), net.embed(x, .2, .7, None))
    got = net(x, y, .2, .7)
    if predicts == 'both': return close(torch.cat(got, 1), want, 1e-9)
    close(getattr(got, predicts), want, 1e-9)
    assert getattr(got, dict(res='eps', eps='res')[predicts]) is None


def test_a_network_that_predicts_the_image_hands_on_its_residual():
    net, x, y = awake(UNet(8, predicts='x0')), randn(2, 3, 8, 12), randn(2, 3, 8, 12, seed=1)
    raw = whole(net, torch.cat([x, y], 1), net.embed(x, .2, .7, None))
    close(net(x, y, .2, .7).res, y - raw, 1e-9)
    close(net(x, None, .2, .7).res, net(x, torch.zeros_like(x), .2, .7).res, 0)
    assert net(x, y, .2, .7).eps is None


@given(st.integers(1, 9), st.integers(1, 9))
def test_any_size_is_padded_by_its_border_and_cut_back(h, w):
    net, x, y = awake(UNet(8)), randn(1, 3, h, w), randn(1, 3, h, w, seed=1)
    pad = lambda v: torch.cat([torch.cat([v, v[..., -1:, :].expand(-1, -1, -h % 4, -1)], 2),
                               torch.cat([v, v[..., -1:, :].expand(-1, -1, -h % 4, -1)],
                                         2)[..., -1:].expand(-1, -1, -1, -w % 4)], 3)
    close(net(x, y, .2, .7).res, net(pad(x), pad(y), .2, .7).res[..., :h, :w], 1e-12)


def test_what_the_network_sees():
    x, y, zero = randn(2, 3, 4, 4), randn(2, 3, 4, 4, seed=1), torch.zeros(2, 3, 4, 4, dtype=torch.float64)
    sees, blind = awake(UNet(8)), awake(UNet(8, takes_input=False))
    close(sees(x, None, .2, .7).res, sees(x, zero, .2, .7).res, 0)
    assert (sees(x, y, .2, .7).res - sees(x, zero, .2, .7).res).abs().max() > 1e-3
    close(blind(x, y, .2, .7).res, blind(x, None, .2, .7).res, 0)
    assert (blind(x, y, .2, .7).res - blind(x, y, .7, .2).res).abs().max() > 1e-3


def test_an_untrained_network_predicts_zero_and_its_last_layer_learns_first():
    net, x = UNet(8), torch.randn(2, 3, 4, 4, generator=rng())
    out = net(x, None, .2, .7).res
    assert out.abs().max() == 0
    (out - x).square().mean().backward()
    assert net.last[2].weight.grad.abs().max() > 0 and net.first.weight.grad.abs().max() == 0


def test_one_place_per_image_in_any_shape():
    net, x = awake(UNet(8)), randn(2, 3, 4, 4)
    a, b = torch.tensor([.2, .9]), torch.tensor([.7, .1])
    want = torch.cat([net(x[i:i + 1], None, float(a[i]), float(b[i])).res for i in range(2)])
    for shape in ((2,), (2, 1, 1, 1)):
        close(net(x, None, a.reshape(shape).double(), b.reshape(shape).double()).res, want, 1e-6)
    with pytest.raises(ValueError, match='abar holds 3 values for 2 images'): net(x, None, torch.zeros(3), .7)


WRONG = dict(dim=[12, 0, -8, '64', True, 8., None, float('nan')],
             mults=[(), [], (1, 0), (1, 1.5), (1, True), 'abc', None, 2],
             channels=[0, -3, '3', True, 3., None], predicts=['noise', 1, None, []], embedding=['time', 'own', 0, {}],
             takes_input=[1, 0, 'yes', None], takes_cond=[1, 0, 'no', None])


@pytest.mark.parametrize('option, value', [(k, v) for k, vs in WRONG.items() for v in vs])
def test_networks_that_cannot_be_built(option, value):
    with pytest.raises(ValueError, match=f'^{option} must be .*, got '): UNet(**{option: value})


def test_choices_are_named():
    with pytest.raises(ValueError, match='predicts must be one of res, eps, both, x0'): UNet(predicts='noise')
    with pytest.raises(ValueError, match='embedding must be one of plane, t,'): UNet(embedding='own')


def test_states_that_do_not_fit():
    net, x = UNet(8), torch.zeros(1, 3, 4, 4)
    with pytest.raises(ValueError, match='takes states'): net(x[:, :1], None, .2, .7)
    with pytest.raises(ValueError, match='x_in has shape'): net(x, x[..., :2], .2, .7)
    with pytest.raises(TypeError, match='float64'): net(x.double(), None, .2, .7)


def test_a_condition_is_seen():
    net = UNet(8, (1, 2), takes_cond=True).double()
    for p in net.parameters(): torch.nn.init.normal_(p, std=.2)
    x, y, m = (torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(i), dtype=torch.float64)*2 - 1
               for i in range(3))
    with pytest.raises(ValueError, match='takes a condition'): net(x, y, .5, .5)
    with pytest.raises(ValueError, match=r'cond has shape \(2, 3, 4, 4\)'): net(x, y, .5, .5, cond=m[..., :4, :4])
    with pytest.raises(ValueError, match='leave cond out'): UNet(8, (1,)).double()(x, y, .5, .5, cond=m)
    want = net(x, y, .5, .5, cond=m).res
    assert (net(x, y, .5, .5, cond=-m).res - want).abs().max() > 1e-4
    one = m[:, :1]
    assert torch.equal(net(x, y, .5, .5, cond=one).res, net(x, y, .5, .5, cond=one.expand(-1, 3, -1, -1)).res)


def grown(seed=0, **kw):
    "A network whose last layer is not zero"
    torch.manual_seed(seed)
    net = UNet(8, (1, 2), **kw)
    for p in net.last[-1].parameters(): torch.nn.init.normal_(p, std=.1)
    return net


S = Schedule.power(T=1000)
WRAPPED = dict(compiled=torch.compile, parallel=torch.nn.DataParallel, averaged=torch.optim.swa_utils.AveragedModel,
               both=lambda net: torch.compile(torch.nn.DataParallel(net)))


@pytest.mark.parametrize('wrap', WRAPPED)
def test_wrappers_are_taken_off(tmp_path, wrap):
    net = grown()
    assert unwrap(WRAPPED[wrap](net)).config == net.config and unwrap(net) is net
    save_model(tmp_path/'m', WRAPPED[wrap](net), S)
    for a, b in zip(load_model(tmp_path/'m').parameters(), net.parameters(), strict=True):
        close(a.detach(), b.detach(), 0)


def test_a_compiled_part_is_taken_out(tmp_path):
    net = grown()
    net.first = torch.compile(net.first)
    save_model(tmp_path/'m', net, S)
    close(load_model(tmp_path/'m').first.weight.detach(), net.first.weight.detach(), 0)


def test_a_network_of_your_own_may_have_a_part_called_module():
    class Mine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.config, self.module = {}, torch.nn.Linear(1, 1)
    net = Mine()
    assert unwrap(net) is net and unwrap(torch.nn.DataParallel(net)) is net


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_model_comes_back_bit_for_bit_in_its_precision(tmp_path, dtype):
    net = grown().to(dtype)
    save_model(tmp_path/'m', net, Schedule.power(T=5), task='rain')
    back = load_model(tmp_path/'m')
    assert back.config == net.config and back.meta == {'task': 'rain'} and back.schedule.T == 5 and not back.training
    for (k, a), (l, b) in zip(net.state_dict().items(), back.state_dict().items(), strict=True):
        assert k == l and a.dtype == b.dtype == dtype and torch.equal(a, b)


def test_the_widest_precision_counts():
    half, brain, whole = torch.ones(1).half(), torch.ones(1).bfloat16(), torch.ones(1, dtype=torch.long)
    assert _precision_of({}) == _precision_of({'n': whole}) == _precision_of({'a': half, 'b': brain}) == torch.float32
    assert _precision_of({'n': whole, 'a': half}) == torch.float16
    assert _precision_of({'a': half, 'b': half.double()}) == torch.float64


class Odd(UNet): pass


@pytest.mark.parametrize('net, said', [(lambda: Odd(8), "'Odd' is not registered"),
                                       (lambda: torch.nn.Linear(1, 1), 'Linear does not keep its options'),
                                       (lambda: burnt(), 'down.0.conv1.bias holds NaN or infinite'),
                                       (lambda: cut(), 'missing: 2 tensors .first.weight, first.bias'),
                                       (lambda: fused(), 'its filters are fused for sampling')])
def test_what_could_not_be_loaded_is_not_saved(tmp_path, net, said):
    with pytest.raises(ValueError, match=f'this network cannot be kept, for it could not be loaded: .*{said}'):
        save_model(tmp_path/'m', net(), S)
    assert not list(tmp_path.iterdir())


def fused():
    net = grown()
    net.down[0].filters = torch.nn.Parameter(torch.ones(1))
    return net


def burnt():
    net = grown()
    net.down[0].conv1.bias.data[3] = float('inf')
    return net


def cut():
    net = grown()
    del net.first
    return net


def test_weights_are_checked_against_a_network_without_memory():
    net = grown()
    with torch.device('meta'): blank = UNet(8, (1, 2))
    _check_weights(net.state_dict(), blank)
    _check_weights(net.half().state_dict(), blank)
    with pytest.raises(ValueError, match='foreign: 1 tensor .extra'):
        _check_weights({**net.state_dict(), 'extra': torch.ones(1)}, blank)
    for v, said in ((torch.ones(2), 'has shape'),
                    (torch.ones(8, dtype=torch.long), 'holds torch.int64, the network needs torch.float32'),
                    (torch.full((8,), float('nan')), 'NaN')):
        with pytest.raises(ValueError, match=f'first.bias .*{said}|first.bias {said}'):
            _check_weights({**net.state_dict(), 'first.bias': v}, blank)


def test_loading_leaves_other_peoples_files_alone(tmp_path):
    save_model(tmp_path/'m', grown(), S)
    before = (tmp_path/'m').read_bytes()
    with pytest.raises(FileExistsError): save_model(tmp_path/'m', grown(1), S)
    assert (tmp_path/'m').read_bytes() == before
    save_model(tmp_path/'m', grown(1), S, force=True)
    assert (tmp_path/'m').read_bytes() != before


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('embedding', ['plane', 't'])
def test_half_precision_samples_close_to_single(dtype, embedding):
    net, x = grown(embedding=embedding), randn(2, 3, 8, 8, dtype=torch.float32).clamp(-1, 1)
    kw = dict(schedule=S, steps=5, eta=0.)
    single = sample(net, x, generator=rng(), **kw)
    half = sample(net.to(dtype), x.to(dtype), generator=rng(), **kw)
    assert half.dtype == dtype and half.isfinite().all() and (half.float() - single).abs().mean() < .1


def test_nodes_are_told_apart_in_half_precision():
    net, x = grown(embedding='t').half(), torch.zeros(2, 3, 8, 8).half()
    e = net.embed(x, 0., 0., torch.tensor([999, 1000]))
    assert e.isfinite().all() and not torch.equal(e[0], e[1])
    close(sinusoidal_embedding(torch.tensor([1000.]).half()), sinusoidal_embedding(torch.tensor([1000.])), 0)


def test_autocast_on_a_processor():
    net, x = grown(embedding='t'), randn(2, 3, 8, 8, dtype=torch.float32)
    plain = net(x, x, .5, .5, 999).res
    with torch.autocast('cpu', torch.bfloat16): got = net(x, x, .5, .5, 999).res
    assert got.isfinite().all() and 0 < (got.float() - plain).abs().max() < .1


def test_one_number_per_image():
    x = torch.zeros(3, 1, 2, 2).half()
    assert per_image(.25, x, 'abar').tolist() == [.25]*3
    assert per_image(torch.tensor([[1], [2], [3]]), x, 't').tolist() == [1, 2, 3]
    assert per_image(1, x, 'abar').dtype == torch.float32 and per_image(1, x.double(), 'abar').dtype == torch.float64


def test_grey_images():
    net, x, m = (
        grown(channels=1, takes_cond=True, predicts='both'),
        randn(2, 1, 5, 7, dtype=torch.float32),
        torch.ones(2, 1, 5, 7),
    )
    assert [tuple(v.shape) for v in net(x, x, .5, .5, cond=m)] == [(2, 1, 5, 7)]*2
    with pytest.raises(ValueError, match=r'takes states \(B, 1, H, W\), got \(2, 3, 5, 7\)'):
        net(x.expand(-1, 3, -1, -1), x, .5, .5, cond=m)


def test_networks_are_found_by_kind_and_by_class():
    assert network_class('small') is network_class('UNet') is UNet
    with pytest.raises(ValueError, match="'VNet' is not registered: small, official are"): network_class('VNet')


def test_only_older_files_are_renamed_and_only_whole_words():
    state, config = {'where.x': torch.ones(1)}, UNet(8).config
    assert from_older(state, config) == (state, config)
    old = dict(dim=8, cond='t', sees_input=True, sees_extra=False)
    parts, options = from_older({'net.where.mlp.0.bias': 1, 'ema.halve.0.weight': 2, 'nowhere.x': 3, 'around.y': 4},
                                old)
    assert parts == {'net.embed.mlp.0.bias': 1, 'ema.downsample.0.weight': 2, 'nowhere.x': 3, 'shortcut.y': 4}
    assert options == dict(dim=8, embedding='t', takes_input=True, takes_cond=False)


@pytest.mark.parametrize('spoil, said', [
    (lambda s, k: s[k][:1], r'has shape \(1, 32\), the network needs \(32, 32\)'),
    (lambda s, k: torch.full_like(s[k], torch.nan), 'holds NaN or infinite values'),
    (lambda s, k: None, 'of the 110 that UNet needs 1 are missing'),
])
def test_weights_are_checked_before_a_network_gets_them(spoil, said):
    from rddm_nb.unet import load_weights
    net, k = UNet(8), 'embed.mlp.0.weight'
    state, before = net.state_dict(), net.embed.mlp[0].weight.clone()
    bad = {n: v for n, v in (state | {k: spoil(state, k)}).items() if v is not None}
    with pytest.raises(ValueError, match=said): load_weights(net, bad)
    assert torch.equal(net.embed.mlp[0].weight, before)


@pytest.mark.parametrize('schedule', [None, dict(abar=[0, 1])])
def test_a_network_is_kept_with_its_schedule(tmp_path, schedule):
    with pytest.raises(TypeError, match='schedule must be the Schedule that the network was trained on, got '):
        save_model(tmp_path/'m', grown(), schedule)
    assert not (tmp_path/'m').exists()


@pytest.mark.parametrize('shape', [(3, 8, 8), (1, 8), (2, 3, 8, 8)])
def test_a_condition_has_the_axes_of_the_images(shape):
    net, x = UNet(8, (1,), takes_cond=True), torch.zeros(3, 3, 8, 8)
    with pytest.raises(ValueError, match='cond has shape .* they must be equal, or cond has one channel'):
        net(x, x, .5, .5, cond=torch.zeros(shape))


def test_an_input_of_whole_numbers_is_refused():
    x = torch.zeros(1, 3, 8, 8)
    with pytest.raises(TypeError, match='x_in has dtype torch.uint8'): UNet(8, (1,))(x, x.byte(), .5, .5)


@pytest.mark.parametrize('side', [8, 33])
def test_no_images_give_none(side):
    net, x = UNet(8, (1,), predicts='both'), torch.zeros(0, 3, side, side)
    for x_in in (None, x):
        res, eps = net(x, x_in, .3, .5)
        assert res.shape == eps.shape == x.shape
    (res.sum() + eps.sum()).backward()


@pytest.mark.parametrize('whole', [np.int64, np.uint8, torch.tensor])
def test_options_are_whole_numbers_of_any_type_and_kept_as_plain_ones(tmp_path, whole):
    net = UNet(whole(64), (whole(1), whole(2)), whole(1))
    assert json.loads(json.dumps(net.config)) == UNet(64, (1, 2), 1).config
    save_model(tmp_path/'m', net, Schedule.line(2))
    assert load_model(tmp_path/'m').config == net.config
    with pytest.raises(ValueError, match='dim must be .* a multiple of 8'): UNet(whole(9))


def test_an_embedding_is_one_of_those_there_are():
    with pytest.raises(ValueError, match="embedding must be 'plane' or 't', got 'Plane'"):
        CoefficientEmbedding('Plane', 64)


@pytest.mark.parametrize('c, heads', [(8, 3), (12, 4), (8, 0)])
def test_heads_share_the_channels(c, heads):
    with pytest.raises(ValueError, match=f'c must be a multiple of 8 and of heads, got c={c} with heads={heads}'):
        Attention(c, heads)
    assert Attention(24, 3)(torch.zeros(1, 24, 2, 2)).shape == (1, 24, 2, 2)


def test_what_is_worth_remembering_comes_back_as_json_keeps_it(tmp_path):
    save_model(tmp_path/'m', UNet(8, (1,)), Schedule.line(2), d={1: 2}, t=(1, 2))
    assert load_model(tmp_path/'m').meta == dict(d={'1': 2}, t=[1, 2])
