"""Facts about metrics that the pages quote, and the list of all invariants.

An invariant of the design carries its number in the name of its test: test_inv07_... must hold, test_F3_... must
fail."""
import math
import re
from pathlib import Path
import torch
from common import close, random_images, rng, seeds
from hypothesis import given
from rddm_nb.images import psnr


@given(seed=seeds)
def test_inv54_luma_flatters_a_grey_image_by_a_constant(seed):
    a, b = random_images(2, 1, 8, 8, seed=seed), random_images(2, 1, 8, 8, seed=seed + 1)
    luma = lambda x: (16 + (65.481 + 128.553 + 24.966)*(x + 1)/2)/127.5 - 1
    close(psnr(luma(a), luma(b)) - psnr(a, b), torch.full((2,), 20*math.log10(255/219)), 1e-5)


@given(seed=seeds)
def test_inv55_psnr_of_a_masked_image_counts_the_empty_part(seed):
    a, b = random_images(1, 3, 8, 8, seed=seed), random_images(1, 3, 8, 8, seed=seed + 1)
    mask = (torch.rand(1, 1, 8, 8, generator=rng(seed)) < .4).double()
    mask[..., 0, 0], mask[..., 0, 1] = 1, 0
    inside = mask.expand_as(a) > 0
    true = psnr(a[inside][None], b[inside][None])
    close(psnr(a*mask, b*mask), true - 10*mask.mean().log10(), 1e-12)


@given(seed=seeds)
def test_inv56_mean_errors_per_image_and_per_pixel_agree_only_at_equal_sizes(seed):
    errors = [random_images(3, n, n, seed=seed + n).abs().sum(0) for n in (6, 6, 9)]
    per_image = lambda es: torch.stack([e.mean() for e in es]).mean()
    per_pixel = lambda es: torch.cat([e.flatten() for e in es]).mean()
    close(per_image(errors[:2]), per_pixel(errors[:2]), 1e-15)
    errors[2] += 1
    assert (per_image(errors) - per_pixel(errors)).abs() > .01


def test_every_invariant_and_every_failing_identity_has_a_test():
    names = re.findall(r'^def (test_\w+)',
                       '\n'.join(p.read_text(encoding='utf-8') for p in Path(__file__).parent.glob('test_*.py')), re.M)
    numbers = lambda word: {int(n) for name in names for group in re.findall(rf'_{word}((?:\d+_)*\d+)', name)
                            for n in group.split('_')}
    assert set(range(1, 58)) - numbers('inv') == set() and set(range(1, 13)) - numbers('F') == set()
