"""The network computes what its notebook says: every layer against the same thing written out by hand, in float64."""
import math
import pytest
import torch
import torch.nn.functional as F
from common import awake, close, randn, rng
from hypothesis import given, strategies as st
from rddm_nb.unet import Attention, ResBlock, UNet, CoefficientEmbedding, sinusoidal_embedding


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
    v, a = torch.tensor([0., .3, 1.], dtype=torch.float64), sinusoidal_embedding(torch.tensor([0., .3, 1.], dtype=torch.float64), 3, 2., 18.)
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
    with pytest.raises(ValueError, match="embedding='plane'"): m(x, .3, .8)


@pytest.mark.parametrize('predicts', ['res', 'eps', 'both'])
def test_the_whole_network_by_hand(predicts):
    net, x, y = awake(UNet(8, predicts=predicts)), randn(2, 3, 8, 12), randn(2, 3, 8, 12, seed=1)
    want = whole(net, torch.cat([x, y], 1), net.embed(x, .2, .7, None))
    got = net(x, y, .2, .7)
    if predicts == 'both': return close(torch.cat(got, 1), want, 1e-9)
    close(getattr(got, predicts), want, 1e-9)
    assert getattr(got, dict(res='eps', eps='res')[predicts]) is None


def test_a_network_that_predicts_the_picture_hands_on_its_residual():
    net, x, y = awake(UNet(8, predicts='x0')), randn(2, 3, 8, 12), randn(2, 3, 8, 12, seed=1)
    raw = whole(net, torch.cat([x, y], 1), net.embed(x, .2, .7, None))
    close(net(x, y, .2, .7).res, y - raw, 1e-9)
    close(net(x, None, .2, .7).res, net(x, torch.zeros_like(x), .2, .7).res, 0)
    assert net(x, y, .2, .7).eps is None


@given(st.integers(1, 9), st.integers(1, 9))
def test_any_size_is_padded_by_its_border_and_cut_back(h, w):
    net, x, y = awake(UNet(8)), randn(1, 3, h, w), randn(1, 3, h, w, seed=1)
    pad = lambda v: torch.cat([torch.cat([v, v[..., -1:, :].expand(-1, -1, -h % 4, -1)], 2), torch.cat([v, v[..., -1:, :].expand(-1, -1, -h % 4, -1)], 2)[..., -1:].expand(-1, -1, -1, -w % 4)], 3)
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


def test_one_place_per_picture_in_any_shape():
    net, x = awake(UNet(8)), randn(2, 3, 4, 4)
    a, b = torch.tensor([.2, .9]), torch.tensor([.7, .1])
    want = torch.cat([net(x[i:i + 1], None, float(a[i]), float(b[i])).res for i in range(2)])
    for shape in ((2,), (2, 1, 1, 1)): close(net(x, None, a.reshape(shape).double(), b.reshape(shape).double()).res, want, 1e-6)
    with pytest.raises(ValueError, match='abar holds 3 values for 2 images'): net(x, None, torch.zeros(3), .7)


@pytest.mark.parametrize('options, match', [(dict(dim=12), 'multiple of 8'), (dict(dim=0), 'multiple of 8'), (dict(mults=()), 'mults'), (dict(mults=(1, 0)), 'mults'),
                                            (dict(mults=(1, 1.5)), 'mults'), (dict(predicts='noise'), 'res, eps, both'), (dict(embedding='time'), 'plane, t')])
def test_networks_that_cannot_be_built(options, match):
    with pytest.raises(ValueError, match=match): UNet(**options)


def test_states_that_do_not_fit():
    net, x = UNet(8), torch.zeros(1, 3, 4, 4)
    with pytest.raises(ValueError, match='takes states'): net(x[:, :1], None, .2, .7)
    with pytest.raises(ValueError, match='x_in has shape'): net(x, x[..., :2], .2, .7)
    with pytest.raises(TypeError, match='float64'): net(x.double(), None, .2, .7)


def test_a_condition_is_seen():
    net = UNet(8, (1, 2), takes_cond=True).double()
    for p in net.parameters(): torch.nn.init.normal_(p, std=.2)
    x, y, m = (torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(i), dtype=torch.float64)*2 - 1 for i in range(3))
    with pytest.raises(ValueError, match='takes a condition'): net(x, y, .5, .5)
    with pytest.raises(ValueError, match=r'cond has shape \(2, 3, 4, 4\)'): net(x, y, .5, .5, cond=m[..., :4, :4])
    with pytest.raises(ValueError, match='leave cond out'): UNet(8, (1,)).double()(x, y, .5, .5, cond=m)
    want = net(x, y, .5, .5, cond=m).res
    assert (net(x, y, .5, .5, cond=-m).res - want).abs().max() > 1e-4
    one = m[:, :1]
    assert torch.equal(net(x, y, .5, .5, cond=one).res, net(x, y, .5, .5, cond=one.expand(-1, 3, -1, -1)).res)
