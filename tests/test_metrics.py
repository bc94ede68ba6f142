"""Numbers with their protocol: against scikit-image, by hand, and never compared with what was measured differently."""
import math
import pytest
import torch
from common import close, rng
from hypothesis import given, settings, strategies as st
from rddm_nb.metrics import MEASURES, PROTOCOLS, MetricResult, Protocol, coarse_features, fid, frechet_distance, luminance, measure, apply_protocol
from rddm_nb.sample_images import crops


def two(n=2, size=24, seed=0):
    x = torch.rand(n, 3, size, size, generator=rng(seed))*2 - 1
    return x, (x + .2*torch.randn(x.shape, generator=rng(seed + 1))).clamp(-1, 1)


def arrays(*xs): return [x[0].permute(1, 2, 0).numpy() for x in xs]


@pytest.mark.parametrize('seed', range(3))
def test_psnr_and_ssim_are_those_of_scikit_image(seed):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
    a, b = two(1, 32, seed)
    p, q = arrays(apply_protocol(a), apply_protocol(b))
    close(measure('PSNR', a, b).value, peak_signal_noise_ratio(p, q, data_range=255), 1e-9)
    want = structural_similarity(p, q, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    close(measure('SSIM', a, b).value, want, 1e-6)


@pytest.mark.parametrize('name', ['RainDrop', 'LOL'])
def test_deraining_and_low_light_use_matlabs_luminance(name):
    a, b = two(1, 256)
    y = [16 + (torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64)[:, None, None]*((x[0].double() + 1)*127.5).round()/255).sum(0) for x in (a, b)]
    close(measure('PSNR', a, b, name).value, 10*math.log10(255**2/((y[0] - y[1])**2).mean()), 1e-9)


def test_luminance_by_hand():
    colours = torch.tensor([[255., 255, 255], [0, 0, 0], [0, 255, 0], [51, 102, 204]])[:, :, None, None]
    close(luminance(colours).flatten(), [235, 16, 144.553, 16 + (65.481*51 + 128.553*102 + 24.966*204)/255], 1e-3)
    close(luminance(colours, True).flatten()[:2], [255, 0], 1e-3)
    with pytest.raises(ValueError, match='three colours, got 1'): luminance(torch.zeros(1, 1, 2, 2))


def test_a_difference_in_lab_by_hand():
    white, black = torch.ones(1, 3, 4, 4), -torch.ones(1, 3, 4, 4)
    close(measure('MAE Lab', white, black).value, 100., .05)
    with pytest.raises(ValueError, match='need colours'): measure('MAE Lab', white, black, Protocol(colour='y'))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 23), st.integers(1, 23))
def test_blackening_the_rest_raises_a_region_by_its_share(seed, h, w):
    a, b = two(1, 24, seed)
    mask = -torch.ones(1, 1, 24, 24); mask[..., :h, :w] = 1
    d = (apply_protocol(a) - apply_protocol(b))*(mask > 0)
    black = 10*torch.log10(255**2/(d**2).mean()).item()
    close(measure('PSNR', a, b, Protocol(region='inside'), mask).value, black + 10*math.log10(h*w/24**2), 1e-9)


def test_inside_and_outside_make_the_whole():
    a, b = two(1)
    mask = torch.where(torch.rand(1, 1, 24, 24, generator=rng(5)) < .3, 1., -1.)
    mse = lambda p: 255**2*10**(-measure('PSNR', a, b, p, mask).value/10)
    r = (mask > 0).double().mean().item()
    close(r*mse(Protocol(region='inside')) + (1 - r)*mse(Protocol(region='outside')), mse(Protocol()), 1e-9)
    for region in ('inside', 'outside'):
        with pytest.raises(ValueError, match='needs a mask'): measure('PSNR', a, b, Protocol(region=region))
    with pytest.raises(ValueError, match='nothing inside the mask in picture 0'): measure('PSNR', a, b, Protocol(region='inside'), -torch.ones(1, 1, 24, 24))
    with pytest.raises(ValueError, match='cannot be restricted'): measure('SSIM', a, b, Protocol(region='inside'), mask)


def test_every_part_of_a_protocol_changes_the_number():
    a, b = two(1, 48)
    numbers = [measure('PSNR', a, b, p).value for p in (Protocol(), Protocol(colour='y'), Protocol(colour='y_full'), Protocol(resize=24), Protocol(border=7), Protocol(rounded=False))]
    assert len({round(v, 6) for v in numbers}) == len(numbers)


def test_pictures_keep_their_own_numbers():
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


@pytest.mark.parametrize('kw, why', [(dict(colour='lab'), 'colour must be one of'), (dict(region='left'), 'region must be one of'), (dict(resize=-1), 'resize must be'), (dict(border=1.5), 'border must be')])
def test_protocols_that_cannot_be(kw, why):
    with pytest.raises(ValueError, match=why): Protocol(**kw)


@pytest.mark.parametrize('call, why', [(lambda a: measure('FID', a, a), 'what must be one of PSNR'), (lambda a: measure('PSNR', a, a, 'SIDD'), 'protocol must be one of RainDrop'), (lambda a: measure('PSNR', a, a[..., 1:]), 'equal shapes'),
                                       (lambda a: measure('PSNR', a, a, Protocol(border=12)), 'leaves nothing'), (lambda a: frechet_distance(a[:, 0, 0], a[:, 0, 0, :3]), 'equally many columns'),
                                       (lambda a: frechet_distance(a[:1, 0, 0], a[:, 0, 0]), 'two pictures at least'), (lambda a: coarse_features(a[..., :4, :4]), '8 pixels'), (lambda a: measure('SSIM', a[..., :10], a[..., :10]), 'windows of 11 pixels')])
def test_what_cannot_be_measured(call, why):
    with pytest.raises(ValueError, match=why): call(two()[0])


def test_presets_are_those_of_the_papers():
    assert {n: (p.colour, p.resize) for n, p in PROTOCOLS.items()} == dict(RainDrop=('y', 256), LOL=('y', 256), GoPro=('rgb', 256), ISTD=('rgb', 256), CelebA=('rgb', 64))
    assert set(MEASURES) == {'PSNR', 'SSIM', 'VIF', 'MAE Lab', 'LPIPS'} and all(MetricResult(1., 'PSNR', p).protocol == p for p in PROTOCOLS.values())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_frechets_distance_is_one(seed):
    g = rng(seed)
    a, b, shift = torch.randn(40, 3, generator=g).double(), torch.randn(50, 3, generator=g).double() @ torch.randn(3, 3, generator=g).double(), torch.randn(3, generator=g).double()
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
    busy[..., ::2, :] = .5; busy[..., 1::2, :] = -.5
    f, g = coarse_features(flat), coarse_features(busy)
    close(f[:, :48], g[:, :48], 1e-12)
    assert (g[:, 48:] > f[:, 48:]).any() and not (g[:, 48:] < f[:, 48:]).any()


def test_fidelity_is_one_for_the_truth_and_falls_with_blur():
    x = crops(2, 64, 'test', 3)
    soft = [torch.nn.functional.avg_pool2d(torch.nn.functional.pad(x, (k,)*4, mode='replicate'), 2*k + 1, 1) for k in (1, 2)]
    marks = [measure('VIF', v, x).value for v in (x, *soft)]
    close(marks[0], 1., 1e-6)
    assert 1 > marks[1] + .2 > marks[2] + .2
    with pytest.raises(ValueError, match='41 pixels'): measure('VIF', x[..., :40], x[..., :40])
    with pytest.raises(ValueError, match='cannot be restricted'): measure('VIF', x, x, Protocol(region='inside'), (torch.arange(64) < 30).float().expand(1, 1, 64, 64)*2 - 1)


@pytest.mark.parametrize('ask, what', [(lambda x: measure('LPIPS', x, x), 'LPIPS'), (lambda x: fid(x, x), 'FID')])
def test_judges_that_are_not_there_are_named(ask, what, monkeypatch):
    import builtins
    real = builtins.__import__
    def offline(name, *rest, **kw):
        if name.startswith('torchmetrics'): raise ModuleNotFoundError('not installed')
        return real(name, *rest, **kw)
    monkeypatch.setattr(builtins, '__import__', offline)
    with pytest.raises(RuntimeError, match=rf"{what} is judged by a trained network. It needs pip install 'rddm_nb\[perceptual\]'.*not installed"): ask(crops(2, 64, 'test', 0))


def test_lpips_gets_pictures_between_minus_one_and_one_and_keeps_each(monkeypatch):
    import torchmetrics.functional.image as image
    seen = []
    def judge(a, b, net_type, reduction): seen.append((a, b, net_type, reduction)); return (a - b).abs().mean((1, 2, 3))
    monkeypatch.setattr(image, 'learned_perceptual_image_patch_similarity', judge)
    x, y = crops(3, 32, 'test', 0), crops(3, 32, 'test', 1)
    mark = measure('LPIPS', x, y)
    (a, b, net, reduction), = seen
    assert (net, reduction) == ('alex', 'none') and a.dtype == torch.float32 and len(mark.each) == 3
    close(a, x, 1e-6); close(b, y, 1e-6)
    with pytest.raises(ValueError, match='needs colours'): measure('LPIPS', x, y, 'LOL')


def test_fid_shows_8_bits_to_inception(monkeypatch):
    import torchmetrics.image.fid as theirs
    class Judge:
        def __init__(self): self.seen = {True: [], False: []}
        def update(self, x, real): assert x.dtype == torch.uint8; self.seen[real].append(x.double())
        def compute(self): return torch.tensor(frechet_distance(*(torch.cat(self.seen[r]).mean((2, 3)) for r in (False, True))))
    monkeypatch.setattr(theirs, 'FrechetInceptionDistance', Judge)
    x, y = crops(40, 16, 'test', 0), crops(50, 16, 'test', 1)
    close(fid(x, y), frechet_distance(apply_protocol(x).mean((2, 3)), apply_protocol(y).mean((2, 3))), 1e-4)
    with pytest.raises(ValueError, match='two pictures at least'): fid(x[:1], y)
