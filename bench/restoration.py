"""Short trainings on small sets of real images: residual diffusion beside regression with the same network and images.

`python -m bench.restoration polyu residual --train-steps 1070` trains, restores the test images in 1, 2, 5 and 10
steps and writes a row, bench/results/restoration/polyu-residual-0.json. What is compared gets the same number of steps
and one look at every batch. The sets are read from RDDM_DATA, one folder per set (see `SETS`); nothing but numbers
leaves it. `--keep FOLDER` keeps the trained network, `--model FILE` measures one that was kept; `--quick` tries it in
seconds. Published protocols, longer trainings and several seeds are the matter of bench.evidence."""
import argparse
import shlex
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
import torch
import torch.nn.functional as F
from rddm_nb.data import match
from rddm_nb.imagefile import read_image
from rddm_nb.degrade import degrade
from rddm_nb.demo import Budget, EMA, training_steps
from rddm_nb.images import from_uint8
from rddm_nb.metrics import coarse_features, frechet_distance, measure
from rddm_nb.restore import Tiled
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.runtime import generator_for
from rddm_nb.unet import UNet, load_model, save_model
from bench.common import RESULTS, about, commit, data_root, write

PREDICTS = dict(residual='res', noise='eps', both='both', regression='res')


@dataclass(frozen=True)
class Plan:
    "How a set is learned"
    train: tuple # folders of inputs, targets and masks under RDDM_DATA; one folder: clean images to degrade
    test: tuple
    size: int|None # side of the crops, None: whole images
    batch: int
    loss: str # 'l1' or 'l2'
    bbar_T: float = .1 # standard deviation of the noise at the end
    first: str = 'nothing' # what is done to the input before the network sees it: 'nothing', 'curve' or 'scale'
    shrink: int = 1 # the network works on images reduced by so much, and what it adds is enlarged
    coarse: int = 1 # the training images are so much smaller than the test images
    degrade: str = '' # one of `rddm_nb.degrade.TASKS`, for sets of clean images


SETS = dict(
    rain100l=Plan(('rain100l/train/rain', 'rain100l/train/norain'), ('rain100l/test/rain', 'rain100l/test/norain'),
                  size=48, batch=8, loss='l2'),
    lol=Plan(('lol/train/low', 'lol/train/high'), ('lol/eval15/low', 'lol/eval15/high'), size=None, batch=4, loss='l1',
             first='curve', shrink=2, coarse=2),
    shadow=Plan(tuple(f'shadow/train/{k}' for k in ('shadow', 'free', 'mask')),
                tuple(f'shadow/test/{k}' for k in ('shadow', 'free', 'mask')), size=96, batch=4, loss='l2',
                first='scale', shrink=2),
    polyu=Plan(('polyu/noisy', 'polyu/clean'), (), size=48, batch=8, loss='l2', bbar_T=.05),
    blur=Plan(('clean_photos/bsds_train',), ('clean_photos/cbsd68',), size=48, batch=8, loss='l2', degrade='blur'),
    holes=Plan(('clean_photos/bsds_train',), ('clean_photos/cbsd68',), size=48, batch=8, loss='l1', degrade='mask'),
)


def files_of(plan, root, split):
    "The files of a split; where there is one folder for both, every fourth pair is for testing"
    folders = [Path(root)/f for f in (plan.train if split == 'train' or not plan.test else plan.test)]
    pairs = match(*(folders if len(folders) > 1 else folders*2))
    return pairs if plan.test else [p for i, p in enumerate(pairs) if (i % 4 == 0) == (split == 'test')]


def images_of(plan, root, split):
    "Images (x_in, x0, mask or None), each (1, C, H, W) in [-1, 1]"
    trios = [tuple(None if f is None else from_uint8(read_image(f))[None] for f in p)
             for p in files_of(plan, root, split)]
    if plan.degrade and split == 'test':
        return [(degrade(x0, plan.degrade, generator_for('cpu', 'test', i)), x0, None)
                for i, (_, x0, _) in enumerate(trios)]
    return trios


def fit_curve(trios):
    "The mean clean value for every input value, colour by colour, smoothed and made to rise"
    x_in, x0 = (torch.cat([t[i].transpose(0, 1).flatten(1) for t in trios], 1) for i in (0, 1))
    at = ((x_in + 1)*127.5).round().long()
    sums, n = torch.zeros(3, 256).scatter_add_(1, at, x0), torch.zeros(3, 256).scatter_add_(1, at, torch.ones_like(x0))
    near = (-(torch.arange(256)[:, None] - torch.arange(256))**2/18.).exp()
    return ((sums @ near)/(n @ near).clamp(min=1e-6)).cummax(1).values


def curved(x, curve):
    "An image through a tone curve per colour"
    return torch.stack([c[((v + 1)*127.5).round().clamp(0, 255).long()] for c, v in zip(curve, x.transpose(0, 1))], 1)


def scaled(x, mask):
    "Light inside the mask scaled to the mean colour outside"
    light, m = (x + 1)/2, (mask[:, :1] + 1)/2
    mean = lambda w: (light*w).sum((2, 3), keepdim=True)/w.sum((2, 3), keepdim=True).clamp(min=1e-6)
    return (light*(1 + m*(mean(1 - m)/mean(m).clamp(min=1e-3) - 1))).clamp(0, 1)*2 - 1


def prepared(plan, trio, curve):
    "The input as the network gets it"
    x_in, _, mask = trio
    return curved(x_in, curve) if plan.first == 'curve' else scaled(x_in, mask) if plan.first == 'scale' else x_in


def reduced(trio, k): return trio if k == 1 else tuple(None if v is None else F.avg_pool2d(v, k) for v in trio)


def draw_from(plan, images):
    "A function that draws a batch of crops, turned over at random, with their masks where there are some"
    images = [t for t in images if min(t[1].shape[-2:]) >= (plan.size or 0)]
    def one(g):
        trio = images[int(torch.randint(len(images), (), generator=g))]
        h, w = trio[1].shape[-2:]
        a, b = plan.size or h, plan.size or w
        y, x, up, left = (int(torch.randint(m, (), generator=g)) for m in (h - a + 1, w - b + 1, 2, 2))
        flips = [2]*(up and plan.size is not None) + [3]*left
        return [None if v is None else v[..., y:y + a, x:x + b].flip(flips) for v in trio]
    def draw(g):
        x_in, x0, mask = zip(*(one(g) for _ in range(plan.batch)))
        x_in, x0 = torch.cat(x_in), torch.cat(x0)
        if plan.degrade: x_in = degrade(x0, plan.degrade, g)
        return (x0, x_in) if mask[0] is None else (x0, x_in, torch.cat(mask))
    return draw


def schedule_of(what, bbar_T):
    "The paper's curve; one point without noise for regression; for noise alone it ends below abar = 1"
    if what == 'regression': return Schedule.power(T=1, bbar_T=0.)
    curve = Schedule.power(bbar_T=bbar_T)
    return curve if what != 'noise' else Schedule(.95*curve.abar, curve.bbar, allow=('open_end',),
                                                  name='P(1-x,1) times .95, P(x,1)')


def network(seed, **options):
    "An untrained network, the same for the same seed"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(**options)


def learn(net, draw, schedule, budget, lr, generator, loss='l1'):
    "Fit a network to what `draw` returns, with one look at every batch; returns the averaged one and the steps taken"
    ema, step = EMA(net, .998), 0
    for step, u, value in training_steps(net, draw, schedule, budget, generator, lr, False, loss):
        ema.update(net)
        if step % 500 == 0: print(f'{u:4.0%} step {step} loss {value:.5f}', flush=True)
    ema.net.schedule = schedule
    return ema.net, step


def restored(net, plan, trio, curve, steps, seed):
    "A test image restored"
    k, x_in = plan.shrink*plan.coarse, prepared(plan, trio, curve)
    small = reduced(trio, k)
    low, mask = prepared(plan, small, curve), small[2]
    model = Tiled(net, 2*plan.size, plan.size//4) if plan.size and mask is None else net
    out = sample(model, low, cond=mask, schedule=net.schedule, steps=min(steps, net.schedule.T),
                 generator=generator_for('cpu', seed, 'test'))
    return out if k == 1 else (x_in + F.interpolate(out - low, x_in.shape[-2:], mode='bilinear')).clamp(-1, 1)


def patches(xs, size=64):
    "Pieces of images, to compare distributions of"
    return torch.cat([x[0].unfold(1, size, size).unfold(2, size, size).flatten(1, 2).transpose(0, 1) for x in xs])


def marks(xs, trios):
    "How near images are to the truth, one by one and as a distribution"
    got = {k: [measure(k, x.float(), t[1]).value for x, t in zip(xs, trios)] for k in ('PSNR', 'SSIM', 'VIF')}
    return dict({k: sum(v)/len(v) for k, v in got.items()}, each_PSNR=got['PSNR'],
                frechet=frechet_distance(coarse_features(patches(xs)), coarse_features(patches([t[1] for t in trios]))))


def trained(plan, images, what, seed, budget, bbar_T, dim, lr):
    "A network fitted to the training images of a plan; `meta` says how"
    start, net = time.thread_time(), network(seed, dim=dim, predicts=PREDICTS[what], takes_cond=plan.first == 'scale')
    net, n = learn(net, draw_from(plan, images), schedule_of(what, bbar_T), budget, lr,
                   generator_for('cpu', seed, 'images'), plan.loss)
    net.meta = dict(what=what, seed=seed, lr=lr, looks=1, train_images=len(images), train_steps=n,
                    train_seconds=time.thread_time() - start)
    return net


def row_of(net, plan, curve, tests, many, seed):
    "What a network makes of the test images, and how it was trained"
    schedule = net.schedule
    steps = {s: marks([restored(net, plan, t, curve, s, seed) for t in tests], tests)
             for s in sorted({min(s, schedule.T) for s in many})}
    return dict(net.meta, bbar_T=schedule[schedule.T].bbar, schedule=schedule.name, dim=net.config['dim'],
                parameters=sum(p.numel() for p in net.parameters()), test_images=len(tests),
                plan={k: getattr(plan, k) for k in ('size', 'batch', 'loss', 'first', 'shrink', 'degrade')},
                protocol='means over whole test images, RGB, 8 bits; Frechet distance between coarse features of '
                         '64x64 pieces, not FID',
                input=marks([t[0] for t in tests], tests),
                prepared=marks([prepared(plan, t, curve) for t in tests], tests), steps=steps, commit=commit(),
                **about())


def run(task, what, seed=0, seconds=600., bbar_T=None, steps=(1, 2, 5, 10), dim=16, lr=2e-3, name=None, keep=None,
        model=None, limit=None, train_steps=None, folder=RESULTS/'restoration', command=''):
    "Train, restore, write a row"
    torch.set_num_threads(1)
    plan, root = SETS[task], data_root()
    bbar_T = plan.bbar_T if bbar_T is None else bbar_T
    trios = [reduced(t, plan.shrink) for t in images_of(plan, root, 'train')[:limit]]
    curve = fit_curve(trios) if plan.first == 'curve' else None
    images = [(prepared(plan, t, curve), *t[1:]) for t in trios]
    name = name or f'{task}-{what}-{seed}' + ('' if bbar_T == plan.bbar_T else f'-bbar{bbar_T:g}')
    budget = Budget(seconds, train_steps, clock=time.thread_time)
    net = load_model(model) if model else trained(plan, images, what, seed, budget, bbar_T, dim, lr)
    net.meta = dict(net.meta, task=task)
    if keep: save_model(Path(keep)/f'{name}.safetensors', net, net.schedule, force=True, **net.meta)
    print(f"{net.meta['train_steps']} steps in {net.meta['train_seconds']:.0f} s; testing", flush=True)
    row = row_of(net, plan, curve, images_of(plan, root, 'test')[:limit], steps, seed)
    write(name, dict(row, command=command), folder)
    print(f"{task} {what}: input {row['input']['PSNR']:.2f}, prepared {row['prepared']['PSNR']:.2f}; "
          + ', '.join(f"{s}: {m['PSNR']:.2f}/{m['SSIM']:.3f}/{m['VIF']:.3f}/{m['frechet']:.4f}"
                      for s, m in row['steps'].items()), flush=True)


def training_options(p, folder, seconds, steps, bbar_T=None):
    "Options of a command line that trains and writes a row, with these defaults"
    p.add_argument('--seed', type=int, default=0, help='of weights, images and noise')
    p.add_argument('--seconds', type=float, default=seconds, help='of training, processor time')
    p.add_argument('--train-steps', type=int, help='train so many steps instead, however long they take')
    p.add_argument('--bbar-T', type=float, default=bbar_T, help='standard deviation of the noise at the end'
                   + (', the set\'s own unless given' if bbar_T is None else ''))
    p.add_argument('--steps', type=int, nargs='+', default=list(steps), help='of sampling')
    p.add_argument('--dim', type=int, default=16, help='width of the network')
    p.add_argument('--lr', type=float, default=2e-3, help='learning rate')
    p.add_argument('--folder', default=str(folder), help='where the row goes; a temporary folder with --quick')
    p.add_argument('--quick', action='store_true', help='only see whether it works')


def told(p, argv, *what, **small):
    """What a command line says, and the command that makes the row again.

    With --quick as little as shows that it works, in a folder of its own unless one is named."""
    args = vars(p.parse_args(argv))
    other = {k: v for k, v in args.items() if v != p.get_default(k) and k not in (*what, 'folder', 'keep', 'quick')}
    words = [*p.prog.split(), *(args[k] for k in what)]
    for k, v in other.items(): words += [f"--{k.replace('_', '-')}", *(v if isinstance(v, list) else [v])]
    if args.pop('quick'):
        args |= dict(train_steps=2, steps=[1, 2], dim=8, **small)
        if args['folder'] == p.get_default('folder'): args['folder'] = tempfile.mkdtemp()
    return dict(args, command=shlex.join(map(str, words)))


def main(argv=None):
    p = argparse.ArgumentParser(prog='python -m bench.restoration', description=__doc__.split('\n')[0],
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('task', choices=SETS)
    p.add_argument('what', choices=PREDICTS, help='what the network predicts')
    training_options(p, RESULTS/'restoration', 600., (1, 2, 5, 10))
    p.add_argument('--name', help='of the row')
    p.add_argument('--keep', help='folder for the trained network')
    p.add_argument('--model', help='measure this network again instead of training one')
    p.add_argument('--limit', type=int, help='only so many images, to try it out')
    run(**told(p, argv, 'task', 'what', limit=2))


if __name__ == '__main__': main()
