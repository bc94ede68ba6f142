"""Crops of open photographs, and the same spoiled, to train the networks in the box on."""
from pathlib import Path
import torch
import torch.nn.functional as F
from rddm_nb.imagefile import read_image
from rddm_nb.images import from_uint8, to_uint8
from rddm_nb.sample_images import photos
from bench.common import data_root

TEXTURES = ('brick', 'grass', 'gravel', 'hubble_deep_field') # count less than the others
NOT_SHOWN = ('astronaut',) # a person who can be recognised


def between(low, high, g, *shape): return low + (high - low)*torch.rand(shape, generator=g)


def in_8_bits(x): return from_uint8(to_uint8(x)) # as a file holds it


def open_photographs(root):
    "The package's training photographs and the open ones of RDDM_DATA, uint8 (3, H, W), without the held-out ones"
    pool, held = photos('train'), photos('test')
    for f in sorted((Path(root)/'photos_free').glob('*.jpg')):
        if f.stem not in held and f.stem not in NOT_SHOWN: pool.setdefault(f.stem, read_image(f))
    return pool


def crop(images, g, size):
    "A square of a photograph at one of three scales, turned, half of them brighter or darker"
    x = images[int(torch.randint(len(images), (), generator=g))]
    k = (1, 1, 1, 2, 3)[int(torch.randint(5, (), generator=g))]
    side = size*k if min(x.shape[1:]) >= size*k else size
    i, j = (int(torch.randint(n - side + 1, (), generator=g)) for n in x.shape[1:])
    x = from_uint8(x[:, i:i + side, j:j + side])
    if side != size: x = F.avg_pool2d(x, side//size)
    turn = int(torch.randint(8, (), generator=g))
    x = torch.rot90(x, turn % 4, (1, 2))
    if turn > 3: x = x.flip(2)
    if between(0, 1, g) < .5: x = (x*between(.6, 1.1, g) + between(-.25, .25, g)).clamp(-1, 1)
    return x.contiguous()


def spoiled_pairs(spoil, root=None, size=96):
    "A function (n, generator) -> (x0, x_in), for `FunctionSource`; spoil(x0, generator) spoils one image (C, H, W)"
    pool = open_photographs(root or data_root())
    images = [v for k, v in pool.items() for _ in range(1 if k in TEXTURES else 3)]
    def draw(n, g):
        x0 = torch.stack([crop(images, g, size) for _ in range(n)])
        return x0, torch.stack([spoil(x, g) for x in x0])
    return draw
