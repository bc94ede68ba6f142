"""The two networks that ship with the package, trained on its own open images.

`python -m bench.pretrained rain --seconds 900` trains, measures on held-out images and writes
rddm_nb/assets/rain.safetensors: half precision, below a megabyte, with what was measured in its header. Time is
processor seconds of one thread."""
import argparse
import time
from pathlib import Path
import torch
import rddm_nb
from rddm_nb.degrade import degrade
from rddm_nb.demo import _nearest, draw_pairs, recipe
from rddm_nb.images import psnr
from rddm_nb.metrics import coarse_features, frechet_distance
from rddm_nb.sample_images import crops, emoji
from rddm_nb.sampler import sample
from rddm_nb.runtime import generator_for
from rddm_nb.unet import save_model
from bench.common import about, commit
from bench.restoration import learn, network

STEPS = (1, 2, 5, 10)
LIMITS = dict(rain=['Only rain as `rddm_nb.degrade.rain` makes it, on photographs; real rain was never seen.',
                    'Crops of 48 pixels were seen in training, with streaks of 7 to 38 pixels. Large images are '
                    'restored in tiles, see `rddm_nb.restore`.'],
              emoji=['It knows a few hundred emoji and nothing else. What it makes is often near one of them: the '
                     'nearest training image is part of every measurement.', '32x32 pixels on white.'])
ABOUT = dict(rain='Takes synthetic rain off photographs.', emoji='Makes small images that look like emoji.')


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


def run(task, seconds=900., seed=0, out=None, exam=256):
    "Train, measure, write"
    torch.set_num_threads(1)
    plan = recipe(task if task == 'rain' else 'generate')
    draw = (lambda g: wet(8, 'train', g)) if task == 'rain' else (lambda g: draw_pairs('generate', 16, 'train', g))
    start = time.thread_time()
    net, step = learn(network(seed, dim=16, mults=(1, 2, 3), **plan['net']), draw, plan['schedule'], seconds, 2e-3,
                      generator_for('cpu', seed, 'pretrained'))
    best = net.half().float()
    marks = restoring(best, exam) if task == 'rain' else generating(best, exam)
    meta = dict(name=task, what=ABOUT[task], license='apache-2.0',
                images='photographs of rddm_nb.sample_images (open licences, see ATTRIBUTION.md)' if task == 'rain'
                else 'Noto emoji (Apache-2.0 / OFL-1.1)', seed=seed, train_steps=step,
                train_seconds=round(time.thread_time() - start), shape=[3, 48, 48] if task == 'rain' else [3, 32, 32],
                best_steps=5 if task == 'rain' else 10, limits=LIMITS[task], commit=commit(),
                measured_on=about()['name'], torch=torch.__version__, **marks)
    save_model(out or Path(rddm_nb.__file__).parent/'assets'/f'{task}.safetensors', best.half(), plan['schedule'],
               force=True, **meta)
    for k, v in marks['steps'].items(): print(k, {n: round(x, 3) for n, x in v.items()})


def main(argv=None):
    p = argparse.ArgumentParser(prog='python -m bench.pretrained', description=__doc__.split('\n')[0],
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('task', choices=list(ABOUT))
    p.add_argument('--seconds', type=float, default=900., help='of training, processor time')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--out', help='file; where the package looks for it unless given')
    p.add_argument('--exam', type=int, default=256, help='held-out images')
    run(**vars(p.parse_args(argv)))


if __name__ == '__main__': main()
