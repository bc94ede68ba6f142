"The rain and the noise that the networks in the box learned from"
import pytest
import torch
from bench import grain, photographs, showers
from rddm_nb.sample_images import crops, photos


def gen(seed=0): return torch.Generator().manual_seed(seed)


def test_rain_only_adds_light_and_stays_an_image():
    x0 = crops(1, 64, 'train', 0)[0]
    for seed in range(12):
        x = showers.added(x0, gen(seed))
        assert (x >= x0).all() and x.max() <= 1 and (x > x0 + .02).float().mean() > .003


def test_every_kind_of_rain_occurs_and_the_same_seed_gives_the_same(monkeypatch):
    x0, kinds = crops(1, 32, 'train', 0)[0], {'none': 0, 'own': 0, 'added': 0}
    monkeypatch.setattr(showers, 'added', lambda x, g: x + 10)
    monkeypatch.setattr(showers, 'degrade', lambda x, *a, **kw: x + 20)
    for seed in range(300):
        off = (showers.shower(x0, gen(seed)) - x0).mean().round().item()
        kinds[{0: 'none', 10: 'added', 20: 'own'}[off]] += 1
    assert abs(kinds['none']/300 - .1) < .05 and abs(kinds['own']/300 - .5) < .1
    monkeypatch.undo()
    assert torch.equal(showers.shower(x0, gen(3)), showers.shower(x0, gen(3)))


@pytest.mark.parametrize('size', [32, 96])
def test_crops_are_images_of_one_size(size):
    images = list(photos('train').values())[:3]
    for seed in range(20):
        x = photographs.crop(images, gen(seed), size)
        assert x.shape == (3, size, size) and x.abs().max() <= 1


def test_held_out_photographs_are_not_learned_from(tmp_path):
    assert not {*photographs.open_photographs(tmp_path)} & {*photos('test')}
    assert {*photographs.open_photographs(tmp_path)} == {*photos('train')}


@pytest.mark.parametrize('width', [.4, .8, 1.2])
def test_soft_noise_is_soft_and_as_strong(width):
    noise = torch.randn(3, 256, 256, generator=gen())
    soft = grain.softened(noise, torch.tensor(width))
    near = lambda x: (x[..., 1:]*x[..., :-1]).mean().item()
    assert soft.shape == noise.shape and abs(soft.std().item() - 1) < .03 and near(soft) > near(noise) + .05


def test_noise_is_of_every_kind_and_the_image_a_file_of_8_bits():
    x0 = crops(1, 64, 'train', 0)[0]
    x = [grain.grain(x0, gen(seed)) for seed in range(120)]
    for v in x: assert v.shape == x0.shape and v.abs().max() <= 1 and ((v + 1)*127.5 % 1).sub(.5).abs().min() > .49
    strength = torch.tensor([(v - x0).std().item()*127.5 for v in x])
    assert 2 < (strength == 0).sum() < 30 and strength.max() > 30 and (strength < 8).sum() > 20
    assert torch.equal(x[3], grain.grain(x0, gen(3)))


def test_noise_in_the_light_is_stronger_and_may_be_grey(monkeypatch):
    x0 = torch.ones(3, 64, 64)
    x0[..., :32] = -1
    for kind, share in dict(SOFT=0., BY_LIGHT=1., GREY=1.).items(): monkeypatch.setattr(grain, kind, share)
    noise = grain.noise_like(x0, gen())
    assert noise[..., 32:].std() > 1.1*noise[..., :32].std()
    assert (noise[0]*noise[1]).mean() > .05


def test_pairs_are_an_image_and_the_same_spoiled(tmp_path):
    x0, x_in = photographs.spoiled_pairs(lambda x, g: -x, tmp_path, 32)(2, gen())
    assert x0.shape == (2, 3, 32, 32) and torch.equal(x_in, -x0)
