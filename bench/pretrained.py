"""The networks that ship with the package, trained on its own open images.

`python -m bench.pretrained rain --steps 7500 --folder runs/rain` trains on rain of many kinds (bench/showers.py), and
goes on where it stopped; `--start rain` begins with the weights of the network in the box, or of a file. `noise`
likewise on noise of many kinds (bench/grain.py), `emoji` on the emoji of the package. `--measure` trains nothing and
measures the network in the box again.
All measure on held-out images and write rddm_nb/assets/NAME.safetensors: half precision, below a megabyte, with what
was measured in its header. The open photographs and the test sets (Rain100L, CBSD68, PolyU) are looked for in
RDDM_DATA."""
import argparse
import hashlib
import os
from pathlib import Path
import torch
import rddm_nb
from rddm_nb.degrade import degrade
from rddm_nb.demo import _nearest, draw_pairs
from rddm_nb.imagefile import list_images, read_image
from rddm_nb.images import from_uint8, psnr
from rddm_nb.metrics import coarse_features, frechet_distance, measure
from rddm_nb.models import find_model, load_network
from rddm_nb.sample_images import crops, emoji, photos
from rddm_nb.sampler import sample
from rddm_nb.runtime import generator_for
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer
from rddm_nb.unet import load_model, save_model
from bench.common import Clock, about, commit, data_root
from bench.restoration import network
from bench.grain import grain
from bench.photographs import in_8_bits, spoiled_pairs
from bench.showers import shower

STEPS, SPOIL = (1, 2, 5, 10), dict(rain=shower, noise=grain)
BEST = dict(rain=1, noise=2, emoji=50) # steps that a user should take
LIMITS = dict(rain=['Streaks of rain: drops on the lens, mist and wet ground stay.',
                    'It learned from 28 photographs with made-up rain. Dense rain whose streaks hide what is behind '
                    'them is thinned out, not removed: see what was measured.',
                    'One step is nearest to the truth. More give several answers, each a little farther from it.'],
              noise=['Noise that differs from pixel to pixel, white or soft: blocks of JPEG and stripes stay.',
                     'It learned from 28 photographs with made-up noise. What it cannot tell from noise, such as fine '
                     'grass, is smoothed.'],
              emoji=['It knows a few hundred emoji and nothing else. What it makes is often near one of them: the '
                     'nearest training image is part of every measurement.', '32x32 pixels on white.'])
ABOUT = dict(rain='Takes streaks of rain off photographs.', noise='Takes noise off photographs.',
             emoji='Makes small images that look like emoji.')


def wet(x, g): return degrade(x[None], 'rain', g, scale=1 + torch.rand((), generator=g).item())[0]


def grainy(x, g, sigma=25): return (x + sigma/127.5*torch.randn(x.shape, generator=g)).clamp(-1, 1) # grey levels


def restoring(net, n, spoil):
    "PSNR on held-out crops"
    g = generator_for('cpu', 'exam')
    x0 = crops(n, 48, 'test', g, shrink=1)
    x_in = torch.stack([spoil(x, g) for x in x0])
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


def restored(net, x, seed, steps):
    "An image restored, as 8 bits hold it"
    return in_8_bits(sample(net, x, steps=steps, generator=generator_for('cpu', 'noise', seed)))


def mean_of(name, a, b):
    "The mean of PSNR or LPIPS over images"
    one = (lambda u, v: psnr(u, v).item()) if name == 'PSNR' else lambda u, v: measure(name, u, v).value
    return sum(map(one, a, b))/len(b)


def in_steps(n): return f"in {n} step{'s'*(n > 1)}"


def gained(net, x_in, x0, steps):
    "The means of inputs and of what is made of them in so many steps, in words; LPIPS where its weights are named"
    back = {n: [restored(net, x, i, n) for i, x in enumerate(x_in)] for n in steps}
    measures = dict(PSNR='.2f') | (dict(LPIPS='.3f') if 'RDDM_LPIPS' in os.environ else {})
    return '; '.join(f'{name} {mean_of(name, x_in, x0):{form}} -> '
                     + ', '.join(f"{mean_of(name, x, x0):{form}} {in_steps(n)}" for n, x in back.items())
                     for name, form in measures.items())


def folder_of(root, *parts): return [from_uint8(read_image(f))[None] for f in list_images(Path(root).joinpath(*parts))]


def whole_rain(net, held, root, steps):
    "PSNR on whole photographs in rain as it was learned and in a downpour, and on Rain100L's test set if it is there"
    drawn = [(shower(x[0], generator_for('cpu', 'exam', i, k))[None], x) for i, x in enumerate(held) for k in range(4)]
    x_in, x0 = zip(*(pair for pair in drawn if not torch.equal(*pair)))
    yield ('whole photographs in rain of the kinds it learned',
           f'{len(held)} held-out ones, {len(x0)} draws: {gained(net, x_in, x0, steps)}')
    wet = [degrade(x, 'rain', generator_for('cpu', 'exam', i)) for i, x in enumerate(held)]
    yield ("whole photographs in a downpour, `degrade(x0, 'rain')`",
           f'{len(held)} held-out ones: {gained(net, wet, held, steps)}')
    if (Path(root)/'rain100l_full'/'test').is_dir():
        x_in, x0 = (folder_of(root, 'rain100l_full', 'test', k) for k in ('rain', 'norain'))
        yield f'Rain100L, all {len(x0)} test images, never seen', f'RGB: {gained(net, x_in, x0, steps)}'


def whole_noise(net, held, root, steps):
    "PSNR on whole photographs with noise, and on CBSD68 and real noise if they are there"
    sets = {f'whole photographs, {len(held)} held-out ones': held}
    if (Path(root)/'clean_photos'/'cbsd68').is_dir():
        sets['CBSD68, 24 of its images'] = folder_of(root, 'clean_photos', 'cbsd68')
    for name, x0 in sets.items():
        for sigma in (15, 25, 50):
            x_in = [in_8_bits(grainy(x, generator_for('cpu', 'exam', i), sigma)) for i, x in enumerate(x0)]
            yield f'{name}, noise of {sigma} grey levels', gained(net, x_in, x0, steps)
    if (Path(root)/'polyu').is_dir():
        x_in, x0 = (folder_of(root, 'polyu', k)[::4] for k in ('noisy', 'clean'))
        yield f'PolyU, every fourth of its pairs of real noise ({len(x0)}), never seen', gained(net, x_in, x0, steps)


def whole(net, task, root, steps):
    "PSNR on whole photographs in so many steps, in words: spoiled, clean, and on test sets if they are there"
    held = [from_uint8(x)[None] for x in photos('test').values()]
    out = dict((whole_rain if task == 'rain' else whole_noise)(net, held, root, steps))
    clean = {n: mean_of('PSNR', [restored(net, x, i, n) for i, x in enumerate(held)], held) for n in steps}
    said = ', '.join(f"{v:.2f} dB {in_steps(n)}" for n, v in clean.items())
    return out | {f'whole photographs without {task}': f'{said}, to themselves'}


def plan(task):
    "(options of the network, schedule, options of the training, pairs) of a task"
    if task == 'emoji':
        line = Schedule.power(alpha=('x', 0), beta2=('x', 1)) # abar = bbar = t/T: a straight line to noise
        draw = lambda n, g: draw_pairs('generate', n, 'train', g)
        return dict(takes_input=False), line, dict(batch=32, ema=.999), draw
    late = Schedule.power(alpha=('1-x', 3), beta2=('1-x', 3), bbar_T=.1)
    return {}, late, dict(batch=4, ema=.998), spoiled_pairs(SPOIL[task])


def begin(start, net):
    "The weights to start from: a network of the box or a file, or as they are"
    if start: net.load_state_dict(load_network(start).state_dict())
    return net


def started(start):
    "What a file says about the weights that its training started from"
    if start is None: return {}
    path = find_model(start)
    return dict(started_from=f'{path.stem}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}')


def train(task, folder, steps, seed, start=None, lr=2e-3):
    "A network for a task by the resumable trainer, None if it was told to stop before, and its processor seconds"
    options, schedule, training, draw = plan(task)
    config = TrainConfig(steps=steps, lr=lr, warmup=200, decay='cosine', loss='l2', seed=seed, channels_last=True,
                         save_every=250, **training)
    net = begin(start, network(seed, dim=16, mults=(1, 2, 3), predicts='res', **options))
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(folder)
    trainer = Trainer(net, FunctionSource(draw), schedule, config, folder, report=clock)
    best = trainer.fit()
    return best if trainer.done else None, clock.seconds()


def keep(task, net, out, exam, **about_training):
    "Measure a network and write it"
    best = net.half().float()
    best.schedule = net.schedule
    restores = task in SPOIL
    marks = restoring(best, exam, wet if task == 'rain' else grainy) if restores else generating(best, exam)
    if restores: marks |= whole(best, task, data_root(), sorted({BEST[task], 5}))
    images = ('open photographs: those of rddm_nb.sample_images (see ATTRIBUTION.md) and eight more under CC BY-SA'
              if restores else 'Noto emoji (Apache-2.0 / OFL-1.1)')
    meta = dict(name=task, what=ABOUT[task], license='apache-2.0', images=images, **about_training,
                shape=[3, 96, 96] if restores else [3, 32, 32], best_steps=BEST[task],
                limits=LIMITS[task], commit=commit(), measured_on=about()['name'], torch=torch.__version__, **marks)
    save_model(out or Path(rddm_nb.__file__).parent/'assets'/f'{task}.safetensors', best.half(), net.schedule,
               force=True, **meta)
    for k, v in marks['steps'].items(): print(k, {n: round(x, 3) for n, x in v.items()})


TRAINED = 'seed', 'train_steps', 'lr', 'train_seconds', 'started_from' # what a file says about its training


def again(task, out, exam, start):
    "Measure a network of the box or of a file once more, and write it with what it says about its training"
    net = load_model(find_model(start or task))
    keep(task, net, out, exam, **{k: v for k, v in net.meta.items() if k in TRAINED})


def run(task, steps=7500, folder=None, seed=0, out=None, exam=256, start=None, lr=2e-3, measure=False):
    "Train, measure, write"
    torch.set_num_threads(1)
    if measure: return again(task, out, exam, start)
    before = started(start)
    net, seconds = train(task, Path(folder or f'runs/{task}'), steps, seed, start, lr)
    if net: keep(task, net, out, exam, seed=seed, train_steps=steps, lr=lr, train_seconds=round(seconds), **before)


def main(argv=None):
    p = argparse.ArgumentParser(prog='python -m bench.pretrained', description=__doc__.split('\n')[0],
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('task', choices=list(ABOUT))
    p.add_argument('--steps', type=int, default=7500, help='of training')
    p.add_argument('--folder', help='of the run, to go on where it stopped; runs/TASK unless given')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--lr', type=float, default=2e-3, help='largest rate')
    p.add_argument('--start', help='with the weights of this network: of the box, or a file')
    p.add_argument('--out', help='file; where the package looks for it unless given')
    p.add_argument('--measure', action='store_true', help='only measure the network in the box, or of --start, again')
    p.add_argument('--exam', type=int, default=256, help='held-out images')
    run(**vars(p.parse_args(argv)))


if __name__ == '__main__': main()
