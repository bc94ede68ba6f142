"""The official network: its size, every layer against the same thing written out by hand, and the way in for its
weights."""
import math
import pickle
import pytest
import torch
import torch.nn.functional as F
from common import awake, close, randn, rng
from rddm_nb.official import (ChannelNorm, OfficialAttention, OfficialBlock, OfficialNet, OfficialUNet, StandardConv,
                              Upsample,
                              fuse_weights, load_official, _translate_key)
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import load_model, save_model, sinusoidal_embedding


def plain(m, x): return F.conv2d(x, m.weight, m.bias, m.stride, m.padding)


def standard(m, x):
    w = m.weight
    mean = w.mean((1, 2, 3), keepdim=True)
    return F.conv2d(x, (w - mean)/(((w - mean)**2).mean((1, 2, 3), keepdim=True) + 1e-5).sqrt(), m.bias, m.stride,
                    m.padding)


def channel_norm(m, x):
    d = x - x.mean(1, keepdim=True)
    return d/((d**2).mean(1, keepdim=True) + 1e-5).sqrt()*m.gain


def group_norm(m, x):
    y = x.reshape(len(x), m.num_groups, -1)
    d = y - y.mean(2, keepdim=True)
    return (d / ((d**2).mean(2, keepdim=True) + m.eps).sqrt()).reshape(x.shape) * m.weight[:, None, None] + m.bias[
        :, None, None
    ]


def silu(x): return x/(1 + (-x).exp())
def gelu(x): return x*.5*(1 + torch.erf(x/math.sqrt(2)))


def block(m, h, e):
    k = silu(e) @ m.film.weight.T + m.film.bias
    c = k.shape[1]//2
    y = silu(group_norm(m.norm1, standard(m.conv1, h))*(1 + k[:, :c, None, None]) + k[:, c:, None, None])
    return (plain(m.shortcut, h) if h.shape[1] != c else h) + silu(group_norm(m.norm2, standard(m.conv2, y)))


def attention(m, h, linear):
    b, _, height, width = h.shape
    n = height*width
    q, k, v = plain(m.qkv, channel_norm(m.norm, h)).reshape(b, 3, 4, 32, n).unbind(1)  # (b, head, d, place)
    if linear:
        q, k = q.exp()/q.exp().sum(2, keepdim=True), k.exp()/k.exp().sum(3, keepdim=True)
        a = torch.einsum('bhdi,bhei,bhdj->bhej', k, v/n, q/math.sqrt(32))
        return h + channel_norm(m.after, plain(m.out, a.reshape(b, 128, height, width)))
    a = torch.einsum('bhij,bhdj->bhdi', (torch.einsum('bhdi,bhdj->bhij', q, k)/math.sqrt(32)).softmax(3), v)
    return h + plain(m.out, a.reshape(b, 128, height, width))


def told(net, t):
    wave = torch.cat([f(t[:, None]*10_000**(-torch.arange(net.dim//2, dtype=t.dtype)/(net.dim//2 - 1)))
                      for f in (torch.sin, torch.cos)], 1)
    return gelu(wave @ net.time[0].weight.T + net.time[0].bias) @ net.time[2].weight.T + net.time[2].bias


def whole(net, x, t):
    "Three sizes, step by step"
    e, twice = told(net, t), lambda v: v.repeat_interleave(2, 2).repeat_interleave(2, 3)
    first = plain(net.first, x)
    def level(m, h):
        a = block(m[0], h, e)
        return a, attention(m[2], block(m[1], a, e), True)
    a0, b0 = level(net.down[0], first)
    a1, b1 = level(net.down[1], plain(net.down[0][3], b0))
    a2, b2 = level(net.down[2], plain(net.down[1][3], b1))
    h = plain(net.down[2][3], b2)
    h = block(net.middle[2], attention(net.middle[1], block(net.middle[0], h, e), False), e)
    def rise(m, h, b, a):
        return attention(m[2], block(m[1], torch.cat([block(m[0], torch.cat([h, b], 1), e), a], 1), e), True)
    h = plain(net.up[0][3], twice(rise(net.up[0], h, b2, a2)))
    h = plain(net.up[1][3], twice(rise(net.up[1], h, b1, a1)))
    h = plain(net.up[2][3], rise(net.up[2], h, b0, a0))
    return plain(net.out, block(net.last, torch.cat([h, first], 1), e))


def conv_size(c_in, c_out, k, bias=True): return c_in*c_out*k*k + bias*c_out
def linear_size(c_in, c_out): return c_in*c_out + c_out


def counted(channels_in):
    """Parameters of one official U-Net, layer by layer: (those a counter without a rule for custom layers sees,
    those it misses)"""
    seen, missed, emb = [], [], 256
    def block(i, o):
        seen.extend([linear_size(emb, 2*o), 4*o, conv_size(i, o, 1) if i != o else 0])
        missed.extend([conv_size(i, o, 3), conv_size(o, o, 3)])
    def attention(c, kind):
        seen.extend([conv_size(c, 3*128, 1, bias=False), conv_size(128, c, 1)])
        missed.append(c*(2 if kind == 'linear' else 1))
    widths = [64, 64, 128, 256, 512]
    levels = list(zip(widths, widths[1:]))
    seen.extend([conv_size(channels_in, 64, 7), linear_size(64, emb), linear_size(emb, emb)])
    for i, o in levels:
        block(i, i), block(i, i), attention(i, 'linear')
        seen.append(conv_size(i, o, 4 if o != 512 else 3))
    block(512, 512), attention(512, 'full'), block(512, 512)
    for i, o in reversed(levels):
        block(o + i, o), block(o + i, o), attention(o, 'linear')
        seen.append(conv_size(o, i, 3))
    block(128, 64)
    seen.append(conv_size(64, 3, 1))
    return sum(seen), sum(missed)


@pytest.mark.parametrize('channels_in, all_of_them, published',
                         [(3, 36_251_779, 7_744_387), (6, 36_261_187, 7_753_795), (9, 36_270_595, 7_763_203)])
def test_inv53_the_published_size_leaves_out_the_custom_layers(channels_in, all_of_them, published):
    net = OfficialNet(channels_in)
    seen, missed = counted(channels_in)
    assert (seen, seen + missed) == (published, all_of_them) and sum(p.numel() for p in net.parameters()) == all_of_them
    custom = [p for m in net.modules() if isinstance(m, (StandardConv, ChannelNorm))
              for p in m.parameters(recurse=False)]
    assert sum(p.numel() for p in custom) == missed


@pytest.mark.parametrize('c_in, c_out', [(8, 8), (8, 16)])
def test_a_block_by_hand(c_in, c_out):
    m, h, e = awake(OfficialBlock(c_in, c_out, 5)), randn(2, c_in, 4, 6), randn(2, 5)
    close(m(h, e), block(m, h, e), 1e-9)


@pytest.mark.parametrize('linear', [True, False])
def test_attention_by_hand(linear):
    m, h = awake(OfficialAttention(16, linear)), randn(2, 16, 3, 5)
    close(m(h), attention(m, h, linear), 1e-9)


def test_the_whole_network_by_hand():
    net, x, t = awake(OfficialNet(6, 8, (1, 2, 4))), randn(2, 6, 8, 12), torch.tensor([3., 871.], dtype=torch.float64)
    close(net(x, t), whole(net, x, t), 1e-7)


def test_folding_keeps_the_function_and_leaves_the_network_alone():
    net, x, t = awake(OfficialNet(3, 8, (1, 2))), randn(2, 3, 6, 6), torch.tensor([3., 871.], dtype=torch.float64)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    with torch.no_grad(): close(fuse_weights(net)(x, t), net(x, t), 1e-10)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert not any(isinstance(m, StandardConv) for m in fuse_weights(net).modules())


def test_each_network_is_told_its_own_coefficient():
    net, x, y = awake(OfficialUNet(embedding='own', dim=8, mults=(1, 2))), randn(2, 3, 4, 4), randn(2, 3, 4, 4, seed=1)
    pred, z = net(x, y, .25, .5), torch.cat([x, y], 1)
    each = lambda v: torch.full((2,), v, dtype=x.dtype)
    close(pred.res, net.nets['res'](z, each(250.)), 1e-12)
    close(pred.eps, net.nets['eps'](z, each(500.)), 1e-12)


def test_by_index_the_first_node_is_zero():
    net, x = awake(OfficialUNet('eps', takes_input=False, dim=8, mults=(1, 2))), randn(2, 3, 4, 4)
    pred = net(x, None, .25, .5, torch.tensor([1, 1000]))
    assert pred.res is None
    close(pred.eps, net.nets['eps'](x, torch.tensor([0., 999.], dtype=x.dtype)), 1e-12)
    with pytest.raises(ValueError, match="official network 'own'"): net(x, None, .25, .5)


def test_it_looks_at_what_it_was_built_for():
    x, y, m = randn(2, 3, 5, 7), randn(2, 3, 5, 7, seed=1), randn(2, 1, 5, 7, seed=2)
    net = awake(OfficialUNet('res', takes_cond=True, dim=8, mults=(1, 2)))
    with pytest.raises(ValueError, match='takes a condition'): net(x, y, .25, .5, 3)
    got, z = net(x, y, .25, .5, 3, m).res, torch.cat([x, y, m.expand(-1, 3, -1, -1)], 1)
    z = torch.cat([z, z[..., -1:]], 3)
    z = torch.cat([z, z[..., -1:, :]], 2)
    close(got, net.nets['res'](z, torch.full((2,), 2., dtype=x.dtype))[..., :5, :7], 1e-10)


@pytest.mark.parametrize('h, w', [(5, 6), (6, 5), (6, 4)])
def test_a_side_that_halves_evenly_is_left_alone(h, w):
    net, x = awake(OfficialUNet('res', takes_input=False, dim=8, mults=(1, 2))), randn(2, 3, h, w)
    z = torch.cat([x, x[..., -1:]], 3) if w % 2 else torch.cat([x, x[..., -1:, :]], 2) if h % 2 else x
    close(net(x, None, .25, .5, 3).res, net.nets['res'](z, torch.full((2,), 2., dtype=x.dtype))[..., :h, :w], 1e-10)


@pytest.mark.parametrize('kw, match', [(dict(predicts='x0'), 'res, eps, both'), (dict(embedding='plane'), 't, own'),
                                       (dict(dim='64'), 'dim must be'), (dict(mults=[1.5]), 'mults must be'),
                                       (dict(channels=0), 'channels must be'),
                                       (dict(takes_cond=1), 'takes_cond must be')])
def test_networks_that_do_not_exist(kw, match):
    with pytest.raises(ValueError, match=match): OfficialUNet(**kw)


def test_states_of_another_precision_or_number():
    net, x = OfficialUNet('res', dim=8, mults=(1, 2)), torch.zeros(2, 3, 4, 4)
    with pytest.raises(TypeError, match='the state is torch.float64 but the network is torch.float32'):
        net(x.double(), None, .2, .7, 3)
    with pytest.raises(ValueError, match='t holds 3 values for 2 images'): net(x, None, .2, .7, torch.ones(3))


@pytest.mark.parametrize('embedding', ['t', 'own'])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_samples_close_to_single(dtype, embedding):
    torch.manual_seed(0)
    net, x = OfficialUNet('res', embedding, dim=8, mults=(1, 2)), randn(2, 3, 8, 8, dtype=torch.float32).clamp(-1, 1)
    kw = dict(schedule=Schedule.power(T=1000), steps=5, eta=0.)
    single = sample(net, x, generator=rng(), **kw)
    half = sample(net.to(dtype), x.to(dtype), generator=rng(), **kw)
    assert half.dtype == dtype and half.isfinite().all() and (half.float() - single).abs().mean() < .1


def test_autocast_on_a_processor():
    torch.manual_seed(0)
    net, x = OfficialUNet('res', dim=8, mults=(1, 2)), randn(2, 3, 8, 8, dtype=torch.float32)
    plain = net(x, x, .5, .5, 1000).res
    with torch.autocast('cpu', torch.bfloat16): got = net(x, x, .5, .5, 1000).res
    assert got.isfinite().all() and 0 < (got.float() - plain).abs().max() < .2


def test_grey_images():
    net, x = awake(OfficialUNet(channels=1, takes_cond=True, dim=8, mults=(1, 2))), randn(2, 1, 5, 7)
    assert [tuple(v.shape) for v in net(x, x, .5, .5, 3, x.sign())] == [(2, 1, 5, 7)]*2


def test_it_is_kept_like_any_model(tmp_path):
    net = awake(OfficialUNet(dim=8, mults=(1, 2)))
    save_model(tmp_path/'m', net, Schedule.power(T=10))
    x = randn(1, 3, 4, 4)
    close(load_model(tmp_path/'m')(x, x, .1, .2, 3).eps, net(x, x, .1, .2, 3).eps, 0)


def official_names(n):
    "Every parameter name of an official U-Net with n sizes, in their words"
    rows = [f'{r}.{i}' for r in ('downs', 'ups') for i in range(n)]
    blocks = [f'{r}.{j}' for r in rows for j in (0, 1)] + ['mid_block1', 'mid_block2', 'final_res_block']
    layers = [f'{b}.{p}' for b in blocks
              for p in ('mlp.1', 'block1.proj', 'block1.norm', 'block2.proj', 'block2.norm', 'res_conv')]
    layers += [f'{r}.2.fn.fn.{p}' for r in rows for p in ('to_qkv', 'to_out.0')] + [
        'mid_attn.fn.fn.to_qkv',
        'mid_attn.fn.fn.to_out',
        'init_conv',
        'time_mlp.1',
        'time_mlp.3',
        'final_conv',
        f'ups.{n - 1}.3',
    ]
    layers += [f'downs.{i}.3' for i in range(n)] + [f'ups.{i}.3.1' for i in range(n - 1)]
    return (
        [f'{l}.{w}' for l in layers for w in ('weight', 'bias')]
        + [f'{r}.2.fn.{g}' for r in rows for g in ('norm.g', 'fn.to_out.1.g')]
        + ['mid_attn.fn.norm.g']
    )


def checkpoint(path, net, nets=('unet0.', 'unet1.'), n=2, drop=None, prefix='', change=lambda k, v: v):
    "A file as the official trainer writes it"
    theirs = {_translate_key(o): o for o in official_names(n)}
    state = {f'{prefix}model.{u}{theirs[k]}': change(k, v) for u, m in zip(nets, net.nets.values())
             for k, v in m.state_dict().items() if k != drop}
    torch.save({'step': 7, 'model': {**state, 'betas': torch.zeros(3)}, 'opt0': {'state': {}},
                'ema': {'initted': torch.tensor(True), 'step': torch.tensor(7),
                        **{f'ema_model.{k}': v + 1 for k, v in state.items()}}}, path)


def test_every_parameter_has_an_official_name():
    assert set(OfficialNet(6, 8).state_dict()) <= {_translate_key(o) for o in official_names(4)}


@pytest.mark.parametrize('embedding, takes_cond', [('t', False), ('own', True)])
def test_official_weights_come_in(tmp_path, embedding, takes_cond):
    net = awake(OfficialUNet(embedding=embedding, takes_cond=takes_cond, dim=8, mults=(1, 2)))
    checkpoint(tmp_path/'model-7.pt', net)
    last, mean = load_official(tmp_path/'model-7.pt', embedding=embedding,
                               averaged=False), load_official(tmp_path/'model-7.pt', embedding=embedding)
    assert last.config == mean.config == net.config
    for k, v in net.state_dict().items(): close(last.state_dict()[k], v, 0), close(mean.state_dict()[k], v + 1, 0)


@pytest.mark.parametrize('names', [('unet0.',), ('',)])
def test_a_single_official_network(tmp_path, names):
    net = OfficialUNet('res', takes_input=False, dim=8, mults=(1, 2))
    checkpoint(tmp_path/'m.pt', net, names)
    assert load_official(tmp_path/'m.pt', 'res').config == net.config
    with pytest.raises(ValueError,
                       match=r"holds 1 network\(s\), but predicts='both' needs 2: pass predicts='res' or 'eps', and "
                             r"embedding='t'"):
        load_official(tmp_path/'m.pt')


class Evil:
    "An object that runs code when it is unpickled"
    def __reduce__(self): return exec, ('raise SystemExit("it ran")',)


@pytest.mark.filterwarnings('ignore:Detected pickle protocol')
def test_files_that_are_not_official_weights(tmp_path):
    net = OfficialUNet('res', dim=8, mults=(1, 2))
    checkpoint(tmp_path/'short.pt', net, ('unet0.',), drop='first.bias')
    with pytest.raises(ValueError,
                       match=r'short.pt cannot be taken over: .* 1 are missing: 1 tensor \(nets.res.first.bias\)'):
        load_official(tmp_path/'short.pt', 'res')
    torch.save({'model': Evil()}, tmp_path/'evil.pt')
    with pytest.raises(ValueError, match='objects that would run code'): load_official(tmp_path/'evil.pt')
    (tmp_path/'evil2.pt').write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match='objects that would run code'): load_official(tmp_path/'evil2.pt')
    torch.save({'model': {'other': torch.zeros(1)}}, tmp_path/'other.pt')
    with pytest.raises(ValueError, match="has no 'ema'"): load_official(tmp_path/'other.pt')
    with pytest.raises(ValueError, match=r"holds no U-Net, but 1 tensor \(other\); expected are names such as"):
        load_official(tmp_path/'other.pt', averaged=False)


def test_the_embedding_of_the_step():
    close(sinusoidal_embedding(torch.tensor([0., 2.], dtype=torch.float64), 2, 1., 1e-4),
          [[0, 0, 1, 1], [math.sin(2), math.sin(2e-4), math.cos(2), math.cos(2e-4)]], 1e-12)


@pytest.mark.parametrize('dtype', [torch.float64, torch.float32])
@pytest.mark.parametrize('dim', [8, 64])
def test_the_published_embedding_of_the_step(dim, dtype):
    t = torch.tensor([0., 1., 17.5, 999.], dtype=dtype)
    k = torch.arange(dim//2, dtype=dtype)*-(math.log(10000)/(dim//2 - 1))
    angle = t[:, None]*k.exp()[None]
    close(sinusoidal_embedding(t, dim//2, 1., 1e-4), torch.cat([angle.sin(), angle.cos()], 1),
          1e-10 if dtype == torch.float64 else 2e-4)


@pytest.mark.parametrize('layer', [lambda: StandardConv(4, 8, 3, padding=1), lambda: StandardConv(4, 8, 3, stride=2),
                                   lambda: StandardConv(4, 8, 1, bias=False), lambda: Upsample(4, 8, 3, padding=1)])
def test_a_fused_layer_is_the_same_function(layer):
    net, x = awake(torch.nn.Sequential(layer())), randn(2, 4, 6, 8)
    fast = fuse_weights(net)
    close(fast(x), net(x).detach(), 1e-10)
    assert not any(p.requires_grad for p in fast.parameters()) and fast.float()(x.float()).dtype == torch.float32
    assert not set(fast.state_dict()) & {'0.weight'}


def test_fusing_keeps_what_a_network_remembers():
    net = OfficialUNet('res', dim=8, mults=(1,))
    net.schedule, net.meta = Schedule.power(T=3), {'a': 1}
    fast = fuse_weights(torch.nn.DataParallel(net))
    assert type(fast) is OfficialUNet and fast.schedule == net.schedule and fast.meta == net.meta and not fast.training


@pytest.mark.parametrize('prefix', ['module.', '_orig_mod.', 'ema.', 'module._orig_mod.'])
@pytest.mark.parametrize('inside', ['', 'module.'])
def test_wrapped_checkpoints_come_in(tmp_path, prefix, inside):
    net = awake(OfficialUNet(dim=8, mults=(1, 2)))
    checkpoint(tmp_path/'m.pt', net, (f'{inside}unet0.', f'{inside}unet1.'), prefix=prefix)
    for k, v in load_official(tmp_path/'m.pt', averaged=False).state_dict().items(): close(v, net.state_dict()[k], 0)
    for k, v in load_official(tmp_path/'m.pt').state_dict().items(): close(v, net.state_dict()[k] + 1, 0)


def test_the_average_is_not_the_copy_beside_it(tmp_path):
    net = awake(OfficialUNet(dim=8, mults=(1, 2)))
    checkpoint(tmp_path/'m.pt', net)
    data = torch.load(tmp_path/'m.pt', weights_only=True)
    data['ema'] |= {f'online_{k[4:]}': v*0 for k, v in data['ema'].items() if k.startswith('ema_model')}
    torch.save(data, tmp_path/'m.pt')
    for k, v in load_official(tmp_path/'m.pt').state_dict().items(): close(v, net.state_dict()[k] + 1, 0)


LEFT_OVER = ('model.unet0.attn_extra.weight', 'model.unet2.init_conv.weight', 'module.model.unet1.scale',
             'model.more.weight', 'unet0.init_conv.more')


@pytest.mark.parametrize('name', LEFT_OVER)
def test_a_name_that_is_left_over_stops_it(tmp_path, name):
    net = awake(OfficialUNet(dim=8, mults=(1, 2)))
    checkpoint(tmp_path/'m.pt', net)
    data = torch.load(tmp_path/'m.pt', weights_only=True)
    for part, prefix in (('model', ''), ('ema', 'ema_model.')):
        torch.save(data | {part: data[part] | {f'{prefix}{name}': torch.ones(3)}}, tmp_path/'n.pt')
        with pytest.raises(ValueError, match=f"foreign: 1 tensor .*{name.split('.')[-1]}"):
            load_official(tmp_path/'n.pt', averaged=part == 'ema')
        load_official(tmp_path/'n.pt', averaged=part != 'ema')


@pytest.mark.parametrize('other', [lambda k: k.replace('model.unet', 'module.unet'), lambda k: f'module.{k}',
                                   lambda k: k.replace('init_conv', 'first')])
def test_two_copies_of_a_network_stop_it(tmp_path, other):
    checkpoint(tmp_path/'m.pt', awake(OfficialUNet(dim=8, mults=(1, 2))))
    part = torch.load(tmp_path/'m.pt', weights_only=True)['model']
    copies = {other(k): v*0 + 7 for k, v in part.items() if 'unet1.init_conv' in k}
    torch.save(dict(model=part | copies), tmp_path/'m.pt')
    with pytest.raises(ValueError, match=r'm.pt cannot be taken over: model.unet1.init_conv.weight and .* one weight'):
        load_official(tmp_path/'m.pt', averaged=False)


@pytest.mark.parametrize('odd', [lambda v: v.to('meta'), lambda v: v.to_sparse(), lambda v: v.tolist(), lambda v: None],
                         ids=['meta', 'sparse', 'list', 'none'])
def test_what_is_no_dense_tensor_is_named(tmp_path, odd):
    checkpoint(tmp_path/'m.pt', OfficialUNet(dim=8, mults=(1, 2)))
    part = torch.load(tmp_path/'m.pt', weights_only=True)['model']
    name = 'model.unet0.final_conv.bias'
    torch.save(dict(model=part | {name: odd(part[name])}), tmp_path/'m.pt')
    with pytest.raises(ValueError, match=f'm.pt cannot be taken over: {name} must be a dense tensor'):
        load_official(tmp_path/'m.pt', averaged=False)


def test_half_and_grey_checkpoints_come_in(tmp_path):
    net = OfficialUNet('eps', takes_input=False, dim=8, mults=(1, 2), channels=1).half()
    checkpoint(tmp_path/'m.pt', net, ('unet1.',))
    back = load_official(tmp_path/'m.pt', 'eps', averaged=False)
    assert back.config == net.config and {p.dtype for p in back.parameters()} == {torch.float16}


@pytest.mark.filterwarnings('ignore:Detected pickle protocol')
@pytest.mark.parametrize('write, kind, said', [
    (lambda p: None, FileNotFoundError, 'there is no file'), (lambda p: p.mkdir(), IsADirectoryError, 'is a folder'),
    (lambda p: p.write_bytes(b''), ValueError, 'empty or cut short'),
    (lambda p: (torch.save({'ema': {}}, p), p.write_bytes(p.read_bytes()[:-30])), ValueError, 'empty or cut short'),
    (lambda p: torch.save([1, 2], p), ValueError, "no 'ema', but no entries"),
    (lambda p: torch.save({'model': {'x.weight': torch.zeros(2)}}, p), ValueError,
     r"no 'ema', but 1 entries \(model\); it has 'model': pass averaged=False"),
    (lambda p: torch.save({'ema': {}}, p), ValueError, 'holds no U-Net, but no tensors'),
    (lambda p: torch.save({'ema': {3: 4, 'module': 5}}, p), ValueError, 'holds no U-Net'),
    (lambda p: torch.save({'ema': {'model.unet0.final_conv.weight': torch.zeros(3, 8, 1, 1)}}, p), ValueError,
     'not the layers of an official U-Net'),
    (lambda p: torch.save({'ema': {f'model.unet{i}.{k}.weight': torch.zeros(s) for i in (0, 1)
                                   for k, s in (('init_conv', 8), ('final_conv', 3), ('downs.1.3', 1))}}, p),
                                   ValueError, 'not the layers')])
def test_files_that_are_not_checkpoints_say_what_they_hold(tmp_path, write, kind, said):
    write(tmp_path/'m.pt')
    with pytest.raises(kind, match=said) as e:
        load_official(tmp_path/'m.pt', 'res' if 'unet0.final' in said or 'layers of' in said else 'both')
    assert type(e.value) is kind and str(e.value).isprintable() and 'm.pt' in str(e.value)


@pytest.mark.parametrize('change, said', [
    (lambda k, v: v*float('nan') if k == 'up.0.3.weight' else v, 'up.0.3.weight holds NaN'),
    (lambda k, v: v.long(), 'holds torch.int64'),
    (lambda k, v: torch.cat([v, v[:, :6]], 1) if k == 'first.weight' else v,
     'looks at 12 channels and returns 3; .*Self-conditioned'),
    (lambda k, v: v[:, :4] if k == 'first.weight' else v, 'looks at 4 channels'),
    (lambda k, v: v[:4] if k == 'time.0.bias' else v, 'time.0.bias has shape'),
    (lambda k, v: v[:4] if k == 'first.weight' else v, 'dim must be')])
def test_weights_that_fit_no_network_are_named(tmp_path, change, said):
    checkpoint(tmp_path/'m.pt', OfficialUNet(dim=8, mults=(1, 2)), change=change)
    with pytest.raises(ValueError, match=f'm.pt cannot be taken over: .*{said}'):
        load_official(tmp_path/'m.pt', averaged=False)


def test_a_prediction_that_does_not_exist_is_refused_before_reading(tmp_path):
    with pytest.raises(ValueError, match="predicts must be one of res, eps, both, got 'x0'"):
        load_official(tmp_path/'none', 'x0')


@pytest.mark.parametrize('kw', [dict(padding=1, padding_mode='reflect'), dict(padding=2, dilation=2), dict(groups=2),
                                dict(padding='same', padding_mode='circular'), dict(stride=2, padding=(1, 0))])
def test_a_fused_layer_keeps_every_option(kw):
    net, x = awake(torch.nn.Sequential(StandardConv(4, 8, 3, **kw))), randn(2, 4, 9, 8)
    close(fuse_weights(net)(x), net(x).detach(), 1e-10)
    close(fuse_weights(net[0])(x), net(x).detach(), 1e-10)


@pytest.mark.parametrize('kind', [StandardConv, Upsample])
def test_a_layer_that_is_more_than_its_kind_does_the_same(kind):
    class Twice(kind):
        def forward(self, h): return 2*super().forward(h)
    plain, derived = (awake(torch.nn.Sequential(k(4, 8, 3, padding=1))) for k in (kind, Twice))
    plain[0].register_forward_hook(lambda m, given, out: 3*out)
    for net in (plain, derived): close(fuse_weights(net)(x := randn(1, 4, 6, 8)), net(x).detach(), 1e-10)


@pytest.mark.parametrize('args, kw', [((5,), dict(padding=2)), ((3,), {}), ((3, 2), dict(padding=1)),
                                      ((3,), dict(padding=1, padding_mode='reflect')),
                                      ((3,), dict(padding=1, groups=2))])
def test_an_upsampling_of_another_kind_is_refused(args, kw):
    with pytest.raises(ValueError, match='Upsample is a 3x3 convolution with padding=1 and no other option'):
        Upsample(4, 8, *args, **kw)
