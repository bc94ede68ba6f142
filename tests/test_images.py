"""Images: conversion, checks and PSNR."""
import math
import numpy as np
import pytest
import torch
from common import random_images, randn
from PIL import Image
from rddm_nb.images import _is_spread, check_images, from_uint8, psnr, to_uint8
from rddm_nb.metrics import measure


def test_every_pixel_value_survives_the_round_trip():
    v = torch.arange(256, dtype=torch.uint8)
    for dtype in (torch.float32, torch.float64):
        x = from_uint8(v, dtype)
        assert x.dtype == dtype and x[0] == -1 and x[255] == 1 and abs(x[51].item() + .6) < 1e-7
        assert torch.equal(to_uint8(x), v)


def test_to_uint8_rounds_and_clamps():
    assert to_uint8(torch.tensor([-3., -1., 0., .0079, 1., 3.])).tolist() == [0, 0, 128, 129, 255, 255]
    x = (torch.arange(256)/127.5 - 1 + .45/127.5).clamp(-1, 1)
    assert torch.equal(to_uint8(x), torch.arange(256, dtype=torch.uint8))


def test_psnr_of_known_errors():
    a = random_images(3, 1, 8, 8)*.5
    b = a + torch.tensor([.2, .02, 0.], dtype=a.dtype).view(3, 1, 1, 1)
    got = psnr(a, b)
    assert abs(got[0].item() - 20) < 1e-9 and abs(got[1].item() - 40) < 1e-9 and got[2] == math.inf


def test_psnr_averages_all_pixels_and_channels_before_the_logarithm():
    a, b = random_images(2, 3, 5, 5), random_images(2, 3, 5, 5, seed=1)
    want = [10*math.log10(4/(a[i] - b[i]).square().mean().item()) for i in range(2)]
    assert torch.allclose(psnr(a, b), torch.tensor(want, dtype=a.dtype), atol=1e-12)


def test_check_images_lets_images_through():
    x = random_images(2, 3, 4, 4)
    assert check_images(x) is x and check_images(x.float()*1.0005) is not None


@pytest.mark.parametrize('x, kind, match', [
    (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), TypeError,
     r'photo has dtype torch\.uint8; convert with rddm_nb\.images\.from_uint8\(photo\)'),
    (torch.full((1, 3, 4, 4), 200.), ValueError,
     r'photo must lie in \[-1, 1\].*looks like \[0, 255\]: use photo/127\.5 - 1'),
    (torch.full((1, 3, 4, 4), -1.5), ValueError,
     r'photo must lie in \[-1, 1\], got \[-1\.5, -1\.5\]; rescale or clamp'),
    (torch.full((1, 3, 4, 4), 1.5), ValueError, r'rescale or clamp'),
    (torch.full((1, 3, 4, 4), float('nan')), ValueError, r'photo holds NaN or infinite'),
    (torch.full((1, 3, 4, 4), float('inf')), ValueError, r'photo holds NaN or infinite'),
    (torch.zeros(0, 3, 4, 4), ValueError, r'photo is empty'),
    ([[1.]], TypeError, r'photo must be a tensor, such as .*, got list'),
])
def test_check_images_says_what_to_do(x, kind, match):
    with pytest.raises(kind, match=match): check_images(x, 'photo')


def test_floats_are_not_converted_twice_and_shapes_must_agree():
    with pytest.raises(TypeError, match=r'wants uint8, got torch\.float32; scale floats yourself: x/127\.5 - 1'):
        from_uint8(torch.zeros(3))
    with pytest.raises(ValueError, match=r'equal shapes, got \(1, 3, 4, 4\) and \(1, 3, 5, 5\)'):
        psnr(randn(1, 3, 4, 4), randn(1, 3, 5, 5))


def test_what_is_no_image_is_not_converted():
    with pytest.raises(TypeError, match=r'to_uint8 wants floats in \[-1, 1\], got torch.uint8'):
        to_uint8(torch.tensor([0, 255], dtype=torch.uint8))
    with pytest.raises(ValueError, match='got NaN'): to_uint8(torch.tensor([0., math.nan]))
    x = torch.zeros(1, 3, 4, 4)
    for a, b in ((x.byte(), x.byte()), (x, x.byte())):
        with pytest.raises(TypeError, match='convert with from_uint8'): psnr(a, b)


@pytest.mark.parametrize('x', [None, 'a.png', Image.new('RGB', (4, 4))], ids=['none', 'name', 'image'])
def test_what_is_no_tensor_is_named(x):
    for f in (to_uint8, from_uint8, check_images, lambda v: psnr(v, v), lambda v: measure('PSNR', v, v),
              lambda v: measure('PSNR', v, torch.zeros(1, 3, 8, 8))):
        with pytest.raises(TypeError, match=rf'must be a tensor, such as load_image.* got {type(x).__name__}$'): f(x)


def test_bytes_may_come_as_an_array_or_a_list():
    for x in (np.array([0, 255], dtype=np.uint8), torch.tensor([0, 255], dtype=torch.uint8)):
        assert from_uint8(x).tolist() == [-1, 1]
    with pytest.raises(TypeError, match='complex64; give real floats'):
        check_images(torch.zeros(1, dtype=torch.complex64))


@pytest.mark.parametrize('call', [to_uint8, lambda x: psnr(x, x), lambda x: psnr(x*0, x)])
def test_floats_up_to_255_are_refused_and_what_is_a_little_outside_is_not(call):
    x = torch.arange(256.).view(1, 1, 16, 16)
    for v in (x, x[..., :1, :12]):
        with pytest.raises(ValueError, match=r'got \[0, \d+\]; it looks like \[0, 255\]: use x/127.5 - 1'): call(v)
    for v in (x/25.5, x - 1, x[:0]): call(v)


@pytest.mark.parametrize('dtype', ['float32', torch.int64, None])
def test_images_are_floats_of_a_floating_dtype(dtype):
    with pytest.raises(TypeError, match='dtype must be a floating dtype such as torch.float32'):
        from_uint8(torch.zeros(3, dtype=torch.uint8), dtype)


def test_arrays_may_run_backwards():
    v = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert torch.equal(from_uint8(v[..., ::-1]), from_uint8(v).flip(-1))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_psnr_is_that_of_the_numbers_whatever_their_precision(dtype):
    a = torch.full((1, 3, 16, 16), .25, dtype=dtype)
    b = a + .0078125
    want = psnr(a.double(), b.double())
    assert psnr(a, b).dtype == max(dtype, torch.float32, key=lambda d: torch.finfo(d).bits)
    assert abs(psnr(a, b) - want).item() < 1e-4 and math.isfinite(want)
    assert abs(psnr(a, b.float()) - want).item() < 1e-4


def test_psnr_is_of_batches():
    with pytest.raises(ValueError, match=r'batches of images \(B, ...\), got shape \(3,\)'): psnr(randn(3), randn(3))


@pytest.mark.parametrize('shape, holds', [((2, 3, 4, 5), True), ((2, 1, 4, 5), True), ((1, 1, 1, 1), True),
                                          ((3, 4, 5), False), ((4, 5), False), ((2, 2, 4, 5), False), ((), False)])
def test_what_is_spread_over_images_has_their_axes(shape, holds):
    assert _is_spread(torch.zeros(shape), torch.zeros(2, 3, 4, 5)) is holds
