"The rain that the network in the box learned from"
import pytest
import torch
from bench import showers
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
    assert abs(kinds['none']/300 - .15) < .07 and abs(kinds['own']/300 - .3) < .1
    monkeypatch.undo()
    assert torch.equal(showers.shower(x0, gen(3)), showers.shower(x0, gen(3)))


@pytest.mark.parametrize('size', [32, 96])
def test_crops_are_images_of_one_size(size):
    images = list(photos('train').values())[:3]
    for seed in range(20):
        x = showers.crop(images, gen(seed), size)
        assert x.shape == (3, size, size) and x.abs().max() <= 1


def test_held_out_photographs_are_not_learned_from(tmp_path):
    assert not {*showers.open_photographs(tmp_path)} & {*photos('test')}
    assert {*showers.open_photographs(tmp_path)} == {*photos('train')}
