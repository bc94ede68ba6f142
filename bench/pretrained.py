"""The two networks that ship with the package, trained on its own open images.

`python -m bench.pretrained rain --steps 7500 --folder runs/rain` trains on rain of many kinds (bench/showers.py), and
goes on where it stopped; `python -m bench.pretrained emoji --seconds 900` trains for processor seconds of one thread.
Both measure on held-out images and write rddm_nb/assets/NAME.safetensors: half precision, below a megabyte, with what
was measured in its header. The open photographs and Rain100L's test set are looked for in RDDM_DATA."""
import argparse
import time
from pathlib import Path
import torch
import rddm_nb
from rddm_nb.degrade import degrade
from rddm_nb.demo import Budget, _nearest, draw_pairs, recipe
from rddm_nb.imagefile import read_image
from rddm_nb.images import from_uint8, psnr, to_uint8
from rddm_nb.metrics import coarse_features, frechet_distance
from rddm_nb.sample_images import crops, emoji, photos
from rddm_nb.sampler import sample
from rddm_nb.runtime import generator_for
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer
from rddm_nb.unet import save_model
from bench.common import about, commit, data_root
from bench.restoration import learn, network
from bench.showers import rainy_pairs

STEPS = (1, 2, 5, 10)
LIMITS = dict(rain=['Streaks of rain: drops on the lens, mist and wet ground stay.',
                    'It learned from 28 photographs with made-up rain. Dense rain whose streaks hide what is behind '
                    'them is thinned out, not removed: see what was measured.'],
              emoji=['It knows a few hundred emoji and nothing else. What it makes is often near one of them: the '
                     'nearest training image is part of every measurement.', '32x32 pixels on white.'])
ABOUT = dict(rain='Takes streaks of rain off photographs.', emoji='Makes small images that look like emoji.')


def wet(n, split, g, size=48):
    "Crops of photographs, dry and in rain with streaks of all sizes"
    x0 = crops(n, size, split, g, shrink=1)
    return x0, torch.cat([degrade(x[None], 'rain', g, scale=1 + torch.rand((), generator=g).item()) for x in x0])


def restoring(net, n):
    "PSNR on held-out crops"
    x0, x_in = wet(n, 'test', generator_for('cpu', 'exam'))
    gain = {str(s): dict(PSNR=psnr(sample(net, x_in, steps=s, generator=generator_for('cpu', 'noise')),
                                   x0).mean().item()) for s in STEPS}
    return dict(steps={'input': dict(PSNR=psnr(x_in, x0).mean().item()), **gain},
                protocol=f'means over {n} held-out crops of 48x48, RGB, not rounded')


def generating(net, n):
    "Frechet distance of coarse features to held-out emoji, and how near the images are to training images"
    known, held = emoji('train'), emoji('test')
    out = {'held-out against training images': {'coarse Frechet distance': frechet_distance(coarse_features(known),
                                                                                              coarse_features(held))}}
    for s in (*STEPS[1:], 50):
        x = sample(net, shape=(n, 3, 32, 32), steps=s, generator=generator_for('cpu', 'noise')).clamp(-1, 1)
        out[str(s)] = {'coarse Frechet distance': frechet_distance(coarse_features(x), coarse_features(held)),
                       'PSNR to the nearest training image': psnr(x, _nearest(x, known)).mean().item()}
    return dict(steps=out, protocol=f'{n} generated images and {len(held)} held-out emoji; coarse features, not FID')


def restored(net, x, seed):
    "An image restored in 5 steps, as 8 bits hold it"
    out = sample(net, x, steps=5, generator=generator_for('cpu', 'noise', seed))
    return from_uint8(to_uint8(out.clamp(-1, 1)))


def whole(net, root):
    "PSNR on whole photographs, in words: in the package's own rain, clean, and on Rain100L's test set if it is there"
    held = [from_uint8(x)[None] for x in photos('test').values()]
    wet = [degrade(x, 'rain', generator_for('cpu', 'exam', i)) for i, x in enumerate(held)]
    mean = lambda a, b: sum(psnr(u, v).item() for u, v in zip(a, b))/len(b)
    out = {'whole photographs in rain': f'{len(held)} held-out ones: {mean(wet, held):.2f} -> '
                                        f'{mean([restored(net, x, i) for i, x in enumerate(wet)], held):.2f} dB',
           'whole photographs without rain':
               f'{mean([restored(net, x, i) for i, x in enumerate(held)], held):.2f} dB to themselves'}
    folder = Path(root)/'rain100l_full'/'test'
    if folder.is_dir():
        names = sorted(f.name for f in (folder/'rain').iterdir())
        x_in, x0 = ([from_uint8(read_image(folder/k/n))[None] for n in names] for k in ('rain', 'norain'))
        back = mean([restored(net, x, i) for i, x in enumerate(x_in)], x0)
        out[f'Rain100L, all {len(names)} test images, never seen'] = f'{mean(x_in, x0):.2f} -> {back:.2f} dB, RGB'
    return out


def train_rain(folder, steps, seed):
    "A network for rain of many kinds, by the resumable trainer"
    config = TrainConfig(steps=steps, batch=4, lr=2e-3, warmup=200, decay='cosine', ema=.998, loss='l2', seed=seed,
                         channels_last=True, save_every=250)
    net, schedule = network(seed, dim=16, mults=(1, 2, 3), predicts='res'), Schedule.power(
        alpha=('1-x', 3), beta2=('1-x', 3), bbar_T=.1)
    return Trainer(net, FunctionSource(rainy_pairs()), schedule, config, folder).fit()


def train_emoji(seconds, seed):
    "A network that makes emoji, and its steps"
    plan = recipe('generate')
    net, draw = network(seed, dim=16, mults=(1, 2, 3), **plan['net']), lambda g: draw_pairs('generate', 16, 'train', g)
    budget = Budget(seconds, clock=time.thread_time)
    return learn(net, draw, plan['schedule'], budget, 2e-3, generator_for('cpu', seed, 'pretrained'))


def keep(task, net, out, exam, **about_training):
    "Measure a network and write it"
    best = net.half().float()
    best.schedule = net.schedule
    marks = restoring(best, exam) if task == 'rain' else generating(best, exam)
    if task == 'rain': marks |= whole(best, data_root())
    images = ('open photographs: those of rddm_nb.sample_images (see ATTRIBUTION.md) and eight more under CC BY-SA'
              if task == 'rain' else 'Noto emoji (Apache-2.0 / OFL-1.1)')
    meta = dict(name=task, what=ABOUT[task], license='apache-2.0', images=images, **about_training,
                shape=[3, 96, 96] if task == 'rain' else [3, 32, 32], best_steps=5 if task == 'rain' else 10,
                limits=LIMITS[task], commit=commit(), measured_on=about()['name'], torch=torch.__version__, **marks)
    save_model(out or Path(rddm_nb.__file__).parent/'assets'/f'{task}.safetensors', best.half(), net.schedule,
               force=True, **meta)
    for k, v in marks['steps'].items(): print(k, {n: round(x, 3) for n, x in v.items()})


def run(task, seconds=900., steps=7500, folder=None, seed=0, out=None, exam=256):
    "Train, measure, write"
    torch.set_num_threads(1)
    start = time.thread_time()
    net, step = (train_rain(folder, steps, seed), steps) if task == 'rain' else train_emoji(seconds, seed)
    keep(task, net, out, exam, seed=seed, train_steps=step, train_seconds=round(time.thread_time() - start))


def main(argv=None):
    p = argparse.ArgumentParser(prog='python -m bench.pretrained', description=__doc__.split('\n')[0],
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('task', choices=list(ABOUT))
    p.add_argument('--seconds', type=float, default=900., help='of training of emoji, processor time')
    p.add_argument('--steps', type=int, default=7500, help='of training of rain')
    p.add_argument('--folder', help='of the run for rain, to go on where it stopped')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--out', help='file; where the package looks for it unless given')
    p.add_argument('--exam', type=int, default=256, help='held-out images')
    run(**vars(p.parse_args(argv)))


if __name__ == '__main__': main()
