"""Images from nothing: networks that predict the residual, the noise or both, on three sets of small images.

`python -m bench.generation tiles both` trains, makes images in 5, 10, 20 and 50 steps and writes a row,
bench/results/generation/tiles-both-0.json; where the set may be shown, a sheet of what was made lies beside it. The
sets are read from RDDM_DATA. Time is processor seconds of one thread. `--quick` tries it in seconds."""
import argparse
import io
import time
from pathlib import Path
import pyarrow.parquet
import torch
import torch.nn.functional as F
from PIL import Image
from rddm_nb.imagefile import read_image
from rddm_nb.demo import Budget, _nearest, _some
from rddm_nb.images import from_uint8, psnr
from rddm_nb.metrics import coarse_features, frechet_distance
from rddm_nb.quality import energy_distance
from rddm_nb.sampler import sample
from rddm_nb.runtime import generator_for
from rddm_nb.viz import as_rgb
from bench.common import RESULTS, about, commit, data_root, write
from bench.restoration import PREDICTS, learn, network, schedule_of, told, training_options

SETS = dict(emoji='emoji64', tiles='tiles32', cifar10='cifar10')
OPEN = ('emoji', 'tiles') # sets whose licence lets what was learned from them be shown
SIDE, BATCH = 32, 16


def image(data):
    "A stored image on white, 32x32 in [-1, 1]"
    img = Image.open(io.BytesIO(data)).convert('RGBA')
    img = Image.alpha_composite(Image.new('RGBA', img.size, 'white'), img).convert('RGB').resize((SIDE, SIDE),
                                                                                                 Image.Resampling.BOX)
    return from_uint8(read_image(img))


def images_of(name, root, split):
    "The images of a split; where a set has no test file, every eighth is for testing"
    folder = Path(root)/SETS[name]
    read = lambda f: torch.stack([image(v['bytes'])
                                  for v in pyarrow.parquet.read_table(f).column('image').to_pylist()])
    if (folder/'test.parquet').exists(): return read(folder/f'{split}.parquet')
    x = read(folder/'train.parquet')
    held = torch.arange(len(x)) % 8 == 0
    return x[held if split == 'test' else ~held]


def draw_from(x):
    "A function that draws a batch, turned over at random"
    def draw(g):
        some = _some(x, BATCH, g)
        return some, torch.zeros_like(some)
    return draw


def marks(x, known, held):
    "How far the made images are from held-out ones as a set, and how near each is to a training image"
    return dict(frechet=frechet_distance(coarse_features(x), coarse_features(held)),
                energy=energy_distance(x.flatten(1).double(), held.flatten(1).double()),
                nearest=psnr(x, _nearest(x, known)).mean().item())


def sheet(x):
    "The first 32 images in rows of eight, white between them and where there are fewer"
    x = F.pad(x[:32], (1, 1, 1, 1), value=1.)
    rows = F.pad(x, (0, 0)*3 + (0, -len(x) % 8), value=1.).unflatten(0, (-1, 8))
    return rows.permute(2, 0, 3, 1, 4).flatten(1, 2).flatten(2)


def run(name, what, seed=0, seconds=300., bbar_T=1., steps=(5, 10, 20, 50), dim=16, lr=2e-3, made=256,
        train_steps=None, folder=RESULTS/'generation', command=''):
    "Train, make images, write a row"
    if made < 2: raise SystemExit(f'--made: two images at least, which have a spread to compare, got {made}')
    torch.set_num_threads(1)
    known, held = (images_of(name, data_root(), s) for s in ('train', 'test'))
    schedule, start = schedule_of(what, bbar_T), time.thread_time()
    net, n = learn(network(seed, dim=dim, predicts=PREDICTS[what], takes_input=False), draw_from(known), schedule,
                   Budget(seconds, train_steps, clock=time.thread_time), lr, generator_for('cpu', seed, 'images'))
    spent = time.thread_time() - start
    print(f'{n} steps in {spent:.0f} s; making images', flush=True)
    some = {s: sample(net, torch.zeros(made, 3, SIDE, SIDE), steps=s,
                      generator=generator_for('cpu', seed, 'test')).clamp(-1, 1) for s in steps}
    others = known[torch.randperm(len(known), generator=generator_for('cpu', seed, 'others'))[:made]]
    row = dict(task=name, what=what, seed=seed, lr=lr, looks=1, bbar_T=bbar_T, schedule=schedule.name, dim=dim,
               parameters=sum(p.numel() for p in net.parameters()), train_images=len(known), test_images=len(held),
               made=made, train_steps=n, train_seconds=spent, batch=BATCH,
               protocol=f'{made} made images of 32x32 against held-out ones: Frechet distance of coarse features '
                        f'(not FID), energy distance of pixels, mean PSNR to the nearest training image',
               truth=marks(others, known, held) | dict(nearest=None),
               mean=marks(known.mean(0).expand(made, -1, -1, -1), known, held),
               steps={s: marks(x, known, held) for s, x in some.items()}, commit=commit(), command=command, **about())
    write(f'{name}-{what}-{seed}', row, folder)
    if name in OPEN:
        Image.fromarray(as_rgb(sheet(some[max(steps)]))).save(Path(folder)/f'{name}-{what}-{seed}.png', optimize=True)
    print(name, what, {s: {k: round(v, 3) for k, v in m.items()} for s, m in row['steps'].items()}, flush=True)


def main(argv=None):
    p = argparse.ArgumentParser(prog='python -m bench.generation', description=__doc__.split('\n')[0],
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('name', choices=SETS)
    p.add_argument('what', choices=('residual', 'noise', 'both'), help='what the network predicts')
    training_options(p, RESULTS/'generation', 300., (5, 10, 20, 50), bbar_T=1.)
    p.add_argument('--made', type=int, default=256, help='images to make')
    run(**told(p, argv, 'name', 'what', made=4))


if __name__ == '__main__': main()
