"""Numbers with their protocol: against scikit-image, by hand, on published data, never compared with what was
measured differently."""
import math
import operator
import os
from dataclasses import replace
import pytest
import numpy as np
import torch
from common import close, needs_data, random_images, rng
from hypothesis import given, settings, strategies as st
from places import DATA
from rddm_nb import metrics
from rddm_nb.metrics import (METRICS, PROTOCOLS, Protocol, coarse_features, fid,
                             frechet_distance, luminance, measure)
from rddm_nb.sample_images import crops


def two(n=2, size=24, seed=0):
    x = torch.rand(n, 3, size, size, generator=rng(seed))*2 - 1
    return x, (x + .2*torch.randn(x.shape, generator=rng(seed + 1))).clamp(-1, 1)


def arrays(*xs): return [x[0].permute(1, 2, 0).numpy() for x in xs]


@pytest.mark.parametrize('seed', range(3))
def test_psnr_and_ssim_are_those_of_scikit_image(seed):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
    a, b = two(1, 32, seed)
    p, q = arrays(Protocol().apply(a), Protocol().apply(b))
    close(measure('PSNR', a, b).value, peak_signal_noise_ratio(p, q, data_range=255), 1e-9)
    want = structural_similarity(p, q, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5,
                                 use_sample_covariance=False)
    close(measure('SSIM', a, b).value, want, 1e-6)


@pytest.mark.parametrize('name', ['RainDrop', 'LOL'])
def test_deraining_and_low_light_use_matlabs_luminance(name):
    a, b = two(1, 256)
    y = [
        16
        + (
            torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64)[:, None, None]
            * ((x[0].double() + 1) * 127.5).round()
            / 255
        ).sum(0)
        for x in (a, b)
    ]
    close(measure('PSNR', a, b, name).value, 10*math.log10(255**2/((y[0] - y[1])**2).mean()), 1e-9)


def test_luminance_by_hand():
    colours = torch.tensor([[255., 255, 255], [0, 0, 0], [0, 255, 0], [51, 102, 204]])[:, :, None, None]
    close(luminance(colours).flatten(), [235, 16, 144.553, 16 + (65.481*51 + 128.553*102 + 24.966*204)/255], 1e-3)
    close(luminance(colours, True).flatten()[:2], [255, 0], 1e-3)
    with pytest.raises(ValueError, match='three colours, got 1 channels: measure grey images'):
        luminance(torch.zeros(1, 1, 2, 2))


def test_a_difference_in_lab_by_hand():
    white, black = torch.ones(1, 3, 4, 4), -torch.ones(1, 3, 4, 4)
    close(measure('MAE Lab', white, black).value, 100., .05)
    with pytest.raises(ValueError, match='needs colours'): measure('MAE Lab', white, black, Protocol(colour='y'))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 23), st.integers(1, 23))
def test_blackening_the_rest_raises_a_region_by_its_share(seed, h, w):
    a, b = two(1, 24, seed)
    mask = -torch.ones(1, 1, 24, 24)
    mask[..., :h, :w] = 1
    d = (Protocol().apply(a) - Protocol().apply(b))*(mask > 0)
    black = 10*torch.log10(255**2/(d**2).mean()).item()
    close(measure('PSNR', a, b, Protocol(region='inside'), mask).value, black + 10*math.log10(h*w/24**2), 1e-9)


def test_inside_and_outside_make_the_whole():
    a, b = two(1)
    mask = torch.where(torch.rand(1, 1, 24, 24, generator=rng(5)) < .3, 1., -1.)
    mse = lambda p: 255**2*10**(-measure('PSNR', a, b, p, mask if p.region != 'all' else None).value/10)
    r = (mask > 0).double().mean().item()
    close(r*mse(Protocol(region='inside')) + (1 - r)*mse(Protocol(region='outside')), mse(Protocol()), 1e-9)
    for region in ('inside', 'outside'):
        with pytest.raises(ValueError, match='needs a mask'): measure('PSNR', a, b, Protocol(region=region))
    with pytest.raises(ValueError, match='nothing inside the mask in image 0'):
        measure('PSNR', a, b, Protocol(region='inside'), -torch.ones(1, 1, 24, 24))
    with pytest.raises(ValueError, match='cannot be restricted'): measure('SSIM', a, b, Protocol(region='inside'), mask)


def test_every_part_of_a_protocol_changes_the_number():
    a, b = two(1, 48)
    numbers = [measure('PSNR', a, b, p).value
               for p in (Protocol(), Protocol(colour='y'), Protocol(colour='y_full'), Protocol(resize=24),
                         Protocol(border=7), Protocol(rounded=False))]
    assert len({round(v, 6) for v in numbers}) == len(numbers)


def test_images_keep_their_own_numbers():
    a, b = two(3)
    m = measure('PSNR', a, b)
    assert len(m.each) == 3 and abs(sum(m.each)/3 - m.value) < 1e-9
    for i in range(3): close(measure('PSNR', a[i:i + 1], b[i:i + 1]).value, m.each[i], 1e-9)


def test_unlike_numbers_are_not_compared():
    a, b = two(1)
    one, other = measure('PSNR', a, b), measure('PSNR', a, b, Protocol(colour='y'))
    for f in (lambda: one < other, lambda: one > other, lambda: one - other, lambda: one < measure('SSIM', a, b)):
        with pytest.raises(ValueError, match='measured differently'): f()
    with pytest.raises(TypeError, match='bare number'): one < 30.
    assert not one < one and one - one == 0 and 'RGB' in repr(one) and 'Y 16..235' in repr(other)


@pytest.mark.parametrize('kw, why',
                         [(dict(colour='lab'), 'colour must be one of'),
                          (dict(region='left'), 'region must be one of'), (dict(resize=-1), 'resize must be'),
                          (dict(border=1.5), 'border must be')])
def test_protocols_that_cannot_be(kw, why):
    with pytest.raises(ValueError, match=why): Protocol(**kw)


@pytest.mark.parametrize('call, why',
                         [(lambda a: measure('FID', a, a), 'a metric must be one of PSNR'),
                          (lambda a: measure('PSNR', a, a, 'SIDD'), 'protocol must be one of RainDrop'),
                          (lambda a: measure('PSNR', a, a[..., 1:]), 'equal shapes'),
                                       (lambda a: measure('PSNR', a, a, Protocol(border=12)), 'leaves nothing'),
                                       (lambda a: frechet_distance(a[:, 0, 0], a[:, 0, 0, :3]), 'equally many columns'),
                                       (lambda a: frechet_distance(a[:1, 0, 0], a[:, 0, 0]), 'two images at least'),
                                       (lambda a: coarse_features(a[..., :4, :4]), '8 pixels'),
                                       (lambda a: measure('SSIM', a[..., :10], a[..., :10]), 'SSIM needs 11 pixels')])
def test_what_cannot_be_measured(call, why):
    with pytest.raises(ValueError, match=why): call(two()[0])


def test_presets_are_those_of_the_papers():
    assert {n: (p.colour, p.resize, p.border) for n, p in PROTOCOLS.items()} == {
        'RainDrop': ('y', 256, 0), 'LOL': ('y', 256, 0), 'GoPro': ('rgb', 256, 0), 'ISTD': ('rgb', 256, 0),
        'CelebA': ('rgb', 64, 0),
        'Rain100L': ('y', 0, 0), 'BSD68-15': ('grey', 0, 0), 'BSD68-25': ('grey', 0, 0), 'BSD68-50': ('grey', 0, 0),
        'Set5-x2': ('y', 0, 2), 'Set5-x4': ('y', 0, 4)}
    assert [p.name for p in PROTOCOLS.values() if not p.rounded] == ['ISTD']
    assert {p.region for p in PROTOCOLS.values()} == {'all'}


def test_the_registry_of_metrics_is_closed():
    assert set(METRICS) == {'PSNR', 'SSIM', 'VIF', 'MAE Lab', 'LPIPS'}


@pytest.mark.parametrize('name', METRICS)
def test_every_metric_knows_which_way_is_better(name, weights):
    x = crops(2, 64, 'test', 3)
    g = rng(1)
    near, far = (x + s*torch.randn(x.shape, generator=g) for s in (.05, .3))
    a, b = measure(name, near, x), measure(name, far, x)
    for p, q in zip(a.each, b.each): assert (p > q) is METRICS[name].higher_is_better and p != q


@pytest.mark.parametrize('name', METRICS)
def test_what_a_metric_refuses_is_in_the_registry(name, weights):
    m, x = METRICS[name], crops(1, 64, 'test', 3)
    mask = (torch.arange(64) < 30).float().expand(1, 1, 64, 64)*2 - 1
    def refused(f):
        try: f()
        except ValueError as e: return str(e)
    assert (refused(lambda: measure(name, -x, x, Protocol(region='inside'), mask)) is None) is m.region
    assert (refused(lambda: measure(name, -x, x, Protocol(colour='y'))) is None) is not m.colour
    if m.side > 1:
        assert f'{name} needs {m.side} pixels' in refused(
            lambda: measure(name, x[..., : m.side - 1], x[..., : m.side - 1])
        )
    cut = x[..., :m.side + 1, :m.side + 1]
    assert refused(lambda: measure(name, .9*cut, cut)) is None


@pytest.mark.parametrize('name', METRICS)
def test_a_grey_image_scores_as_three_equal_channels(name, weights):
    x = crops(1, 64, 'test', 3).mean(1, keepdim=True)
    y = (x + .1*torch.randn(x.shape, generator=rng(2))).clamp(-1, 1)
    rgb = [v.expand(-1, 3, -1, -1) for v in (y, x)]
    close(measure(name, y, x).value, measure(name, *rgb).value, 1e-4)


def test_grey_protocols_take_one_channel_or_three_equal_ones():
    a, b = (v[:, :1] for v in two(1))
    close(measure('PSNR', a, b, 'BSD68-25').value, measure('PSNR', a, b).value, 1e-9)
    close(measure('PSNR', a.expand(-1, 3, -1, -1), b.expand(-1, 3, -1, -1), 'BSD68-25').value,
          measure('PSNR', a, b).value, 1e-9)
    with pytest.raises(ValueError, match='compares grey images, but there are colours'):
        measure('PSNR', *two(1), 'BSD68-25')
    with pytest.raises(ValueError, match='measured differently'):
        measure('PSNR', a, b, 'BSD68-25') < measure('PSNR', a, b, 'BSD68-15')


def test_a_number_that_is_none_is_refused(monkeypatch):
    monkeypatch.setitem(METRICS, 'PSNR', metrics.Metric(lambda a, b, w: torch.full((len(a),), math.nan)))
    with pytest.raises(ValueError, match='PSNR of these images is not a number'): measure('PSNR', *two(1))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_frechets_distance_is_one(seed):
    g = rng(seed)
    draw = lambda *shape: torch.randn(*shape, generator=g).double()
    a, b, shift = draw(40, 3), draw(50, 3) @ draw(3, 3), draw(3)
    close(frechet_distance(a, b), frechet_distance(b, a), 1e-7)
    close(frechet_distance(a, a), 0, 1e-7)
    close(frechet_distance(a, a + shift), shift.square().sum().item(), 1e-7)
    close(frechet_distance(a + shift, b + shift), frechet_distance(a, b), 1e-6)


def test_frechets_distance_is_that_of_scipy():
    from scipy.linalg import sqrtm
    a, b = torch.randn(60, 4, generator=rng(1)).double(), torch.randn(70, 4, generator=rng(2)).double()*2 + 1
    s1, s2 = (v.T.cov().numpy() for v in (a, b))
    want = ((a.mean(0) - b.mean(0))**2).sum().item() + (s1 + s2 - 2*sqrtm(s1 @ s2).real).trace()
    close(frechet_distance(a, b), want, 1e-8)


def test_features_see_colour_and_detail():
    flat, busy = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    busy[..., ::2, :] = .5
    busy[..., 1::2, :] = -.5
    f, g = coarse_features(flat), coarse_features(busy)
    close(f[:, :48], g[:, :48], 1e-12)
    assert (g[:, 48:] > f[:, 48:]).any() and not (g[:, 48:] < f[:, 48:]).any()


def test_features_by_hand():
    x = torch.rand(2, 3, 17, 17, generator=rng(3))*2 - 1
    down, right = (x[:, :, 1:, :-1] - x[:, :, :-1, :-1]).abs(), (x[:, :, :-1, 1:] - x[:, :, :-1, :-1]).abs()
    detail = [d[:, :, r:r + 8, c:c + 8].mean((1, 2, 3)) for d in (right, down) for r in (0, 8) for c in (0, 8)]
    close(coarse_features(x)[:, 48:], torch.stack(detail, 1), 1e-6)
    x = x[..., :16, :16]
    at = range(0, 16, 4)
    colour = [x[:, k, r:r + 4, c:c + 4].mean((1, 2)) for k in range(3) for r in at for c in at]
    close(coarse_features(x)[:, :48], torch.stack(colour, 1), 1e-6)


def test_fidelity_is_one_for_the_truth_and_falls_with_blur():
    x = crops(2, 64, 'test', 3)
    soft = [torch.nn.functional.avg_pool2d(torch.nn.functional.pad(x, (k,)*4, mode='replicate'), 2*k + 1, 1)
            for k in (1, 2)]
    marks = [measure('VIF', v, x).value for v in (x, *soft)]
    close(marks[0], 1., 1e-6)
    assert 1 > marks[1] + .2 > marks[2] + .2
    with pytest.raises(ValueError, match='VIF needs 41 pixels'): measure('VIF', x[..., :40], x[..., :40])
    with pytest.raises(ValueError, match='cannot be restricted'):
        measure('VIF', x, x, Protocol(region='inside'), (torch.arange(64) < 30).float().expand(1, 1, 64, 64)*2 - 1)


def test_a_library_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(metrics, 'find_spec', lambda name: None)
    for name, library in (('SSIM', 'skimage'), ('MAE Lab', 'skimage'), ('VIF', 'torchmetrics')):
        with pytest.raises(RuntimeError, match=rf"{name} needs {library}: pip install 'rddm_nb\[metrics\]'"):
            Protocol().metric(name)
    assert Protocol().metric('PSNR') is METRICS['PSNR']


def test_fid_names_what_it_needs(monkeypatch):
    import builtins
    real = builtins.__import__
    def offline(name, *rest, **kw):
        if name.startswith('torchmetrics'): raise ModuleNotFoundError('not installed')
        return real(name, *rest, **kw)
    monkeypatch.setattr(builtins, '__import__', offline)
    x = crops(2, 64, 'test', 0)
    with pytest.raises(RuntimeError,
                       match=r"FID is judged by a trained network. It needs pip install 'rddm_nb\[perceptual\]'.*not "
                             r"installed"):
        fid(x, x)


SHAPES = {0: (8, 3, 11), 3: (6, 8, 5), 6: (6, 6, 3), 8: (4, 6, 3), 10: (4, 4, 3)} # AlexNet's convolutions, narrower


@pytest.fixture
def weights(tmp_path, monkeypatch):
    "LPIPS with a small random network"
    from safetensors.torch import save_file
    g, state = rng(0), {}
    for i, (n, (out, c, k)) in enumerate(SHAPES.items()):
        state |= {f'features.{n}.weight': torch.randn(out, c, k, k, generator=g)*.1,
                  f'features.{n}.bias': torch.zeros(out),
                  f'lin{i}.weight': torch.rand(1, out, 1, 1, generator=g)}
    save_file(state, tmp_path/'lpips.safetensors')
    monkeypatch.setenv('RDDM_LPIPS', str(tmp_path/'lpips.safetensors'))
    return state


def test_lpips_is_a_distance_of_every_image(weights):
    x, y = crops(3, 40, 'test', 0), crops(3, 40, 'test', 1)
    mark = measure('LPIPS', x, y)
    close(mark.each, measure('LPIPS', y, x).each, 1e-6)
    close(measure('LPIPS', x, x).each, torch.zeros(3), 1e-9)
    for i in range(3): close(measure('LPIPS', x[i:i + 1], y[i:i + 1]).value, mark.each[i], 1e-5)
    with pytest.raises(ValueError, match='needs colours'): measure('LPIPS', x, y, 'LOL')


def test_lpips_by_layers(weights):
    "Layer by layer, as torchvision numbers them: features after the ReLUs 1, 4, 7, 9 and 11"
    from torch import nn
    conv = lambda n, **kw: nn.Conv2d(SHAPES[n][1], SHAPES[n][0], SHAPES[n][2], **kw)
    relu, pool = nn.ReLU(), nn.MaxPool2d(3, 2)
    net = nn.Sequential(conv(0, stride=4, padding=2), relu, pool, conv(3, padding=2), relu, pool, conv(6, padding=1),
                        relu,
                        conv(8, padding=1), relu, conv(10, padding=1), relu)
    net.load_state_dict({k.removeprefix('features.'): v for k, v in weights.items() if 'features' in k})
    x, y = crops(2, 40, 'test', 0), crops(2, 40, 'test', 1)
    scaled = [
        (Protocol().apply(v).float() / 127.5 - 1 + torch.tensor([0.03, 0.088, 0.188]).view(3, 1, 1))
        / torch.tensor([0.458, 0.448, 0.45]).view(3, 1, 1)
        for v in (x, y)
    ]
    want, head = torch.zeros(2), 0
    with torch.no_grad():
        for i, layer in enumerate(net):
            scaled = [layer(v) for v in scaled]
            if i not in (1, 4, 7, 9, 11): continue
            a, b = (nn.functional.normalize(v, dim=1) for v in scaled)
            want, head = want + ((a - b)**2*weights[f'lin{head}.weight']).sum(1).mean((1, 2)), head + 1
    close(measure('LPIPS', x, y).each, want, 1e-5)


def test_a_border_is_cut_on_every_edge():
    a, b = two(1, 48)
    close(measure('PSNR', a, b, Protocol(border=7)).value,
          measure('PSNR', a[..., 7:-7, 7:-7], b[..., 7:-7, 7:-7]).value, 1e-9)


@pytest.mark.parametrize('make, why',
                         [(lambda p: None, 'cannot be read'), (lambda p: p.write_bytes(b'x'), 'cannot be read'),
                          (lambda p: p.mkdir(), 'cannot be read')])
def test_lpips_weights_that_cannot_be_read(make, why, tmp_path, monkeypatch):
    monkeypatch.setenv('RDDM_LPIPS', str(tmp_path/'w.safetensors'))
    make(tmp_path/'w.safetensors')
    with pytest.raises(RuntimeError, match=f'RDDM_LPIPS names .*w.safetensors, which {why}'): Protocol().metric('LPIPS')


def test_lpips_weights_that_are_others_or_none(weights, tmp_path, monkeypatch):
    from safetensors.torch import save_file
    save_file({k: v for k, v in weights.items() if k != 'lin3.weight'}, tmp_path/'half.safetensors')
    monkeypatch.setenv('RDDM_LPIPS', str(tmp_path/'half.safetensors'))
    with pytest.raises(RuntimeError, match='holds no LPIPS weights: it lacks lin3.weight'): Protocol().metric('LPIPS')
    monkeypatch.delenv('RDDM_LPIPS')
    with pytest.raises(RuntimeError, match='set the variable RDDM_LPIPS to a safetensors file'):
        Protocol().metric('LPIPS')


def image(path, mode='RGB'):
    import numpy as np
    from PIL import Image
    x = torch.from_numpy(np.array(Image.open(path).convert(mode)))
    return ((x[None] if x.ndim == 2 else x.permute(2, 0, 1)).float()/127.5 - 1)[None]


def mean_psnr(pairs, protocol): return sum(v := [measure('PSNR', a, b, protocol).value for a, b in pairs])/len(v)


@needs_data
@pytest.mark.parametrize('other, want', [('ex_p0', .7219), ('ex_p1', .1376)])
def test_lpips_is_the_published_one(other, want, monkeypatch):
    folder = DATA/'weights'
    monkeypatch.setenv('RDDM_LPIPS', str(folder/'lpips_alex.safetensors'))
    close(measure('LPIPS', image(folder/'ex_ref.png'), image(folder/f'{other}.png')).value, want, 1e-4)


@needs_data
@pytest.mark.parametrize('scale, want', [(2, 33.68), (4, 28.43)])
def test_bicubic_set5_scores_as_published(scale, want):
    from PIL import Image
    import numpy as np
    folder, pairs = DATA/'sr/set5', []
    for path in sorted((folder/'HR').iterdir()):
        h = image(path)
        h = h[..., :h.shape[-2]//scale*scale, :h.shape[-1]//scale*scale]
        low = next((folder/f'LR_bicubic/X{scale}').glob(f'{path.stem}*'))
        large = np.array(Image.open(low).convert('RGB').resize((h.shape[-1], h.shape[-2]), Image.BICUBIC))
        pairs.append((torch.from_numpy(large).permute(2, 0, 1)[None].float()/127.5 - 1, h))
    assert len(pairs) == 5
    close(mean_psnr(pairs, f'Set5-x{scale}'), want, .01)


@needs_data
def test_rain100l_inputs_score_as_published():
    folder = DATA/'rain100l_full/test'
    files = sorted((folder/'rain').iterdir())
    assert len(files) == 100
    close(mean_psnr(((image(p), image(folder/'norain'/p.name)) for p in files), 'Rain100L'), 26.90, .005)


@needs_data
@pytest.mark.parametrize('sigma, clipped', [(15, 24.79), (25, 20.48), (50, 14.91)])
def test_noise_on_bsd68_scores_as_it_must(sigma, clipped):
    g, xs = rng(0), [image(p, 'L') for p in sorted((DATA/'denoise/bsd68').iterdir())]
    noisy = [x + torch.randn(x.shape, generator=g)*sigma/127.5 for x in xs]
    assert len(xs) == 68
    close(mean_psnr(zip(noisy, xs), f'BSD68-{sigma}'), clipped, .02)
    unclipped = [10*math.log10(4/(n - x).square().mean()) for n, x in zip(noisy, xs)]
    close(sum(unclipped)/68, 20*math.log10(255/sigma), .02)


def test_fid_shows_8_bits_to_inception(monkeypatch):
    import torchmetrics.image.fid as theirs
    class Judge:
        def __init__(self): self.seen = {True: [], False: []}
        def update(self, x, real):
            assert x.dtype == torch.uint8
            self.seen[real].append(x.double())
        def compute(self):
            return torch.tensor(frechet_distance(*(torch.cat(self.seen[r]).mean((2, 3)) for r in (False, True))))
    monkeypatch.setattr(theirs, 'FrechetInceptionDistance', Judge)
    x, y = crops(40, 16, 'test', 0), crops(50, 16, 'test', 1)
    close(fid(x, y), frechet_distance(Protocol().apply(x).mean((2, 3)), Protocol().apply(y).mean((2, 3))), 1e-4)
    with pytest.raises(ValueError, match='two images at least'): fid(x[:1], y)


def test_a_grey_protocol_takes_three_equal_channels_as_one():
    x = torch.rand(2, 1, 9, 9, generator=rng(0))*2 - 1
    assert torch.equal(Protocol(colour='grey').apply(x.expand(-1, 3, -1, -1)), Protocol(colour='grey').apply(x))


def test_what_a_resizing_overshoots_is_cut_at_black_and_white():
    x = (torch.arange(64) % 16 < 8).double().mul(2).sub(1).expand(1, 3, 64, 64)
    out = Protocol(resize=48).apply(x)
    assert out.min() == 0 and out.max() == 255 and out.shape[-2:] == (48, 48)


def test_a_border_may_leave_a_single_pixel():
    x = torch.rand(1, 3, 5, 5, generator=rng(0))*2 - 1
    assert torch.equal(Protocol(border=2).apply(x), Protocol().apply(x)[..., 2:3, 2:3])
    with pytest.raises(ValueError, match='a border of 2 leaves nothing of 4x4'):
        Protocol(border=2).apply(x[..., 1:, 1:])


def test_eight_pixels_and_two_images_are_enough_for_a_distance():
    x = torch.rand(2, 3, 8, 8, generator=rng(0))*2 - 1
    features = coarse_features(x)
    assert frechet_distance(features, features) < 1e-9 < frechet_distance(features, coarse_features(-x))
    with pytest.raises(ValueError, match='8 pixels on a side'): coarse_features(x[..., 1:])
    with pytest.raises(ValueError, match='two images at least'): frechet_distance(features[:1], features)


def test_a_protocol_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"protocol must be one of .*, or a Protocol, got \['Y'\]"):
        Protocol.find(['Y'])


@pytest.mark.parametrize(('wrong', 'said'), [
    (lambda x: (x + 1)*127.5, r'an image that is measured must lie in \[-1, 1\], got .*it looks like \[0, 255\]'),
    (lambda x: x*127.5, r'an image that is measured must lie in \[-1, 1\], got .*rescale or clamp it first'),
    (lambda x: x*math.nan, 'an image that is measured holds NaN or infinite values')])
def test_a_restoration_in_another_unit_is_refused(wrong, said):
    a, b = two(1)
    with pytest.raises(ValueError, match=said): measure('PSNR', wrong(a), b)


def test_a_restoration_a_little_outside_is_clamped():
    a, b = two(1)
    assert a.abs().max() > .5
    assert measure('PSNR', 3*a, b).value == measure('PSNR', (3*a).clamp(-1, 1), b).value


def test_no_other_input_of_a_measure_is_in_another_unit():
    a, b = two(1)
    pixels = (a + 1)*127.5
    with pytest.raises(ValueError, match=r'x must lie in \[-1, 1\]'): Protocol().apply(pixels)
    with pytest.raises(ValueError, match=r'x must lie in \[-1, 1\]'): coarse_features(pixels)
    with pytest.raises(ValueError, match=r'the mask must lie in \[-1, 1\], got \[0, 255\]'):
        measure('PSNR', a, b, Protocol(region='inside'), mask=(a[:, :1] > 0)*255)
    with pytest.raises(TypeError, match='an image that is measured has dtype torch.uint8'):
        measure('PSNR', pixels.byte(), b)


@pytest.mark.parametrize('name', ['PSNR', 'SSIM', 'MAE Lab'])
def test_images_that_ask_for_a_gradient_are_measured(name):
    x, y = random_images(1, 3, 16, 16), random_images(1, 3, 16, 16, seed=1)
    assert measure(name, x.clone().requires_grad_(), y).value == measure(name, x, y).value


@pytest.mark.parametrize('shape', [(3, 1, 8, 8), (2, 2, 8, 8), (2, 8, 8)])
def test_a_mask_of_another_batch_is_named(shape):
    x, inside = random_images(2, 3, 8, 8), Protocol(region='inside')
    with pytest.raises(ValueError, match=r'the mask must be \(B, 1, H, W\) for 2 images, got shape'):
        measure('PSNR', x, x*.9, inside, torch.ones(shape))
    for good in ((1, 1, 8, 8), (2, 1, 8, 8), (8, 8)): measure('PSNR', x, x*.9, inside, torch.ones(good))


def test_a_protocol_takes_whole_numbers_of_any_type_and_yes_or_no():
    assert Protocol(border=np.int64(2)) == Protocol(border=2.) == Protocol(border=2)
    assert type(Protocol(resize=np.int64(2)).resize) is int
    for kw in (dict(resize=True), dict(border=True), dict(border=2.5), dict(border='2')):
        with pytest.raises(ValueError, match='must be a whole number of pixels'): Protocol(**kw)
    with pytest.raises(ValueError, match="rounded must be True or False, got 'no'"): Protocol(rounded='no')


@pytest.mark.parametrize('call, kind, why', [
    (lambda: coarse_features([1]), TypeError, 'x '),
    (lambda: coarse_features(torch.zeros(3, 9, 9)), ValueError, r'\(3, 9, 9\)'),
    (lambda: frechet_distance([[1., 2.]], torch.zeros(2, 2)), TypeError, 'a must be a tensor of features'),
    (lambda: frechet_distance(torch.zeros(2, 2), None), TypeError, 'b must be a tensor of features .*got None')],
    ids=range(4))
def test_features_are_of_tensors(call, kind, why):
    with pytest.raises(kind, match=why): call()


@pytest.mark.parametrize('region', ['inside', 'outside'])
@pytest.mark.parametrize('protocol', [Protocol(), Protocol(rounded=False), Protocol(resize=12)])
def test_inside_is_where_a_mask_is_positive(region, protocol):
    a, b = two()
    there = (torch.arange(24) < 8).expand(1, 1, 24, 24)
    of = lambda mask: measure('PSNR', a, b, replace(protocol, region=region), mask).each
    for mask in (there, there.float(), there.byte(), there*.5, there*1.1 - .1): assert of(mask) == of(there*2. - 1)


@pytest.mark.parametrize('shape', [(3, 24, 24), (24, 24), (2, 4, 24, 24), (2, 2, 24, 24), (1, 2, 3, 24, 24)])
def test_what_is_no_batch_of_images_is_refused(shape):
    x = torch.zeros(shape)
    said = r'an image that is measured must be a batch \(B, C, H, W\) of one channel or three, got shape'
    with pytest.raises(ValueError, match=said) as e: measure('PSNR', x + .1, x)
    assert str(e.value).endswith(f"{shape}{': give x[None]' if shape == (3, 24, 24) else ''}")
    for f in (Protocol().apply, coarse_features):
        with pytest.raises(ValueError, match=r'x must be a batch|images need 8'): f(x)


@pytest.mark.parametrize('dtype', [torch.uint8, torch.int16, torch.int64, torch.float16, torch.float64])
def test_luminance_of_pixels_of_any_dtype(dtype):
    x = torch.tensor([[255, 255, 255], [0, 0, 0], [200, 30, 90]]).T[None, :, None].to(dtype)
    close(luminance(x).double(), [[[[235., 16., 16 + (65.481*200 + 128.553*30 + 24.966*90)/255]]]], 1e-4)


@pytest.mark.parametrize('bad', [math.nan, math.inf])
def test_a_distance_of_features_that_are_none(bad):
    a, b = torch.rand(4, 3), torch.rand(4, 3)
    b[1, 2] = bad
    for pair in ((a, b), (b, a)):
        with pytest.raises(ValueError, match='features hold NaN or infinite values'): frechet_distance(*pair)


def test_a_mask_needs_a_protocol_that_looks_at_it():
    with pytest.raises(ValueError, match="a mask needs a protocol with region='inside' or 'outside'"):
        measure('PSNR', *two(1), mask=torch.ones(1, 1, 24, 24))


def test_numbers_of_different_protocols_say_how_they_differ():
    a, b = two(1, 256)
    with pytest.raises(ValueError, match=r'PSNR \(LOL: Y 16..235, at 256x256\) and PSNR \(RainDrop: Y 16..235'):
        measure('PSNR', a, b, 'LOL') < measure('PSNR', a, b, 'RainDrop')


def test_features_are_those_of_the_clamped_image():
    x = random_images(1, 3, 16, 16)
    assert torch.equal(coarse_features(x*1.5), coarse_features((x*1.5).clamp(-1, 1)))


def test_lpips_weights_written_anew_are_read_anew(weights, tmp_path):
    from safetensors.torch import save_file
    x, y = crops(1, 40, 'test', 0), crops(1, 40, 'test', 1)
    before = measure('LPIPS', x, y).value
    save_file(weights | {f'lin{i}.weight': 2*weights[f'lin{i}.weight'] for i in range(5)}, tmp_path/'lpips.safetensors')
    os.utime(tmp_path/'lpips.safetensors', (0, 0))
    close(measure('LPIPS', x, y).value, 2*before, 1e-5)


@pytest.mark.parametrize('name', ['features.3.weight', 'features.0.bias', 'lin2.weight'])
def test_lpips_weights_that_do_not_fit_are_named(weights, tmp_path, name):
    from safetensors.torch import save_file
    save_file(weights | {name: torch.zeros(1, 2, 3, 3)}, tmp_path/'lpips.safetensors')
    with pytest.raises(RuntimeError, match='lpips.safetensors, whose weights do not fit one another'):
        Protocol().metric('LPIPS')


def test_numbers_of_one_protocol_are_ordered_and_of_two_are_not():
    low, same, high = (metrics.MetricResult(v, 'PSNR', Protocol()) for v in (28., 28., 29.))
    other = metrics.MetricResult(28., 'PSNR', Protocol(colour='y'))
    assert low <= same <= high and high >= same >= low and not high <= low and not low >= high
    for order in (operator.lt, operator.gt, operator.le, operator.ge, operator.sub):
        with pytest.raises(ValueError, match='measured differently: PSNR'): order(low, other)
        with pytest.raises(TypeError, match='a bare number does not say'): order(low, 28.)
    assert low != other and low == same
