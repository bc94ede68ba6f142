"""Objectives compared under equal conditions: noise on BSD68, rain on Rain100L as published, and holes to be filled.

`python -m bench.evidence denoise25 residual --seed 0 --out runs/evidence` trains one network, restores the test images
in 1, 2, 5 and 10 steps and writes a row, bench/results/evidence/denoise25-residual-0.json. Every objective gets the
same network, first weights, batches, steps, rate and one look at a batch; only what is predicted, and the schedule it
needs, differ. Killed at any moment a run goes on when the command is repeated. `--answers` draws several answers to
one input instead, and `--starts` begins in a state of the training as well, for rows of their own; `--queue` makes all
rows that are missing; `--quick` tries it out in seconds.
Images are looked for in RDDM_DATA, LPIPS' weights in the file RDDM_LPIPS or beside the images; only numbers leave."""
import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import torch
import torch.nn.functional as F
from torch import nn
from rddm_nb.degrade import degrade
from rddm_nb.estimate import Prediction
from rddm_nb.forward import q_sample
from rddm_nb.imagefile import list_images, read_image
from rddm_nb.images import from_uint8, psnr
from rddm_nb.metrics import Protocol, measure
from rddm_nb.runtime import generator_for
from rddm_nb.sampler import sample
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer, make_accelerator
from rddm_nb.unet import CoefficientEmbedding, stack_inputs
from bench.common import RESULTS, Clock, about, commit, data_root, in_bf16, write
from bench.restoration import schedule_of

OBJECTIVES = dict(regression=('res', 0.), residual=('res', .1), noise=('eps', .1), both=('both', .1))
OBJECTIVES['residual-bbar1'] = ('res', 1.) # what is predicted, and the standard deviation of the noise at the end
STEPS, CROP, ANSWERS, ANSWERED = (1, 2, 5, 10), 64, 16, 12 # answers to an input, for so many test images


def named(task, objective, seed, kind=''): return f'{task}-{objective}-{seed}' + f'-{kind}'*bool(kind)
def noisy(x0, generator): return x0 + 25/127.5*torch.randn(x0.shape, generator=generator) # 25 grey levels


@dataclass(frozen=True)
class Task:
    "Images to learn from and to restore, folders under RDDM_DATA: targets, then inputs"
    train: tuple
    tests: dict # name -> folders; the first is the one that is compared
    channels: int
    protocol: Protocol|str # of SSIM, and of PSNR where values are rounded
    spoil: Callable|None = None # (x0, generator) -> x_in, where there are targets only
    side: int|None = None # of the square of a test image that counts; None: all of it


RAIN = [tuple(f'rain100l_full/{split}/{k}' for k in ('norain', 'rain')) for split in ('train', 'test')]
GREY, BSD68 = ('denoise/train400',), dict(bsd68=('denoise/bsd68',))
TASKS = dict(denoise25=Task(GREY, BSD68 | dict(set12=('denoise/set12',)), 1, 'BSD68-25', noisy),
             rain=Task(RAIN[0], dict(rain100l=RAIN[1]), 3, 'Rain100L'),
             holes=Task(GREY, BSD68, 1, Protocol('', 'grey'), lambda x0, g: degrade(x0, 'mask', g), CROP))
QUEUE = [(t, o, 0, '') for t in TASKS for o in ('residual', 'regression')] # the last entry: what is measured
QUEUE += [(t, 'residual', 0, 'answers') for t in TASKS]
QUEUE += [(t, o, 0, k) for o in ('noise', 'both') for t in TASKS for k in ('', 'answers')]
QUEUE += [(t, 'residual-bbar1', 0, '') for t in TASKS]
QUEUE += [(t, o, s, '') for s in (1, 2) for t in TASKS for o in OBJECTIVES]
QUEUE += [(t, o, 1, k) for t in TASKS for o, k in (('residual-bbar1', 'answers'), ('noise', 'starts'))]


class Block(nn.Module):
    "Two convolutions told where they are, and a way around them"
    def __init__(self, width, emb):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.film = nn.Linear(emb, 2*width)
    def forward(self, h, e):
        scale, shift = self.film(e)[:, :, None, None].chunk(2, 1)
        return h + self.conv2(F.relu(self.conv1(h)*(1 + scale) + shift))


class HalfSize(nn.Module):
    "Convolutions without normalisation at half the size, every 2x2 pixels stacked: few operations for what it restores"
    def __init__(self, width=64, blocks=8, channels=3, predicts='res'):
        super().__init__()
        self.config = dict(width=width, blocks=blocks, channels=channels, predicts=predicts)
        self.embed = CoefficientEmbedding('plane', width)
        self.first = nn.Conv2d(8*channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width, width) for _ in range(blocks))
        self.last = nn.Conv2d(width, 4*channels*(1 + (predicts == 'both')), 3, padding=1)
        for p in self.last.parameters(): nn.init.zeros_(p)
    def forward(self, x_t, x_in, abar, bbar, t=None, cond=None):
        seen, (height, width) = dict(self.config, takes_input=True, takes_cond=False), x_t.shape[-2:]
        x = stack_inputs(seen, self.first.weight, x_t, x_in, cond, 2)
        h = start = self.first(F.pixel_unshuffle(x, 2))
        e = self.embed(x_t, abar, bbar, t)
        for block in self.blocks: h = block(h, e)
        out = F.pixel_shuffle(self.last(h + start), 2)[..., :height, :width].contiguous()
        return Prediction(*out.chunk(2, 1)) if self.config['predicts'] == 'both' else Prediction(
            **{self.config['predicts']: out})


def images_of(task, folders, limit=None):
    "[(name, images (C, H, W) of 8 bits, one per folder)]"
    files = list_images(Path(data_root())/folders[0])[:limit]
    return [(p.stem, *(read_image(Path(data_root())/f/p.name, task.channels) for f in folders)) for p in files]


def crops_of(images, size, spoil=None):
    "A function that draws pairs (x0, x_in): crops, turned and turned over"
    def one(g):
        _, *layers = images[int(torch.randint(len(images), (), generator=g))]
        h, w = layers[0].shape[-2:]
        y, x, turns, over = (int(torch.randint(m, (), generator=g)) for m in (h - size + 1, w - size + 1, 4, 2))
        out = torch.stack(layers)[..., y:y + size, x:x + size].rot90(turns, (-2, -1))
        return from_uint8(out.flip(-1) if over else out)
    def draw(n, g):
        pairs = torch.stack([one(g) for _ in range(n)], 1)
        return pairs[0], spoil(pairs[0], g) if spoil else pairs[1]
    return draw


def tests_of(task, folders, limit=None, side=None):
    "[(name, x0, x_in)], each (1, C, H, W): the same inputs in every row"
    for name, *layers in images_of(task, folders, limit):
        x0, *x_in = (from_uint8(v)[None, ..., :side or task.side, :side or task.side] for v in layers)
        yield name, x0, task.spoil(x0, generator_for('cpu', 'sigma 25', folders[0], name)) if task.spoil else x_in[0]


def asked(net):
    "The network as a predictor of a batch of batches (the sampler refuses a batch of images outside [-1, 1]), in bf16"
    ask = in_bf16(net)
    def predictor(x_t, x_in, abar, bbar, t=None, cond=None):
        return Prediction(*(None if v is None else v[None] for v in ask(x_t[0], x_in[0], abar, bbar, t)))
    return predictor


def restored(net, x_in, steps, *seed, x_T=None):
    "An image restored; what is drawn depends on the seed alone"
    return sample(asked(net), x_in[None], schedule=net.schedule, steps=min(steps, net.schedule.T), x_T=x_T,
                  generator=generator_for('cpu', *seed))[0]


def marks(x, x0, task):
    "How near an image is to the truth, by the protocol of the task"
    value = lambda what, protocol=task.protocol: measure(what, x, x0, protocol).value
    out = dict(PSNR=psnr(x.double(), x0.double()).item(), SSIM=value('SSIM')) # PSNR neither clipped nor rounded
    if task.channels == 3: out |= dict(PSNR=value('PSNR')) | {f'{k} RGB': value(k, Protocol()) for k in out}
    return out | (dict(LPIPS=value('LPIPS', Protocol())) if os.environ.get('RDDM_LPIPS') else {})


def columns(rows): return {k: [r[k] for r in rows] for k in rows[0]}


def measured(net, task, seed, limit=None, side=None):
    "What a network makes of every test set, image by image"
    out = {}
    for name, folders in task.tests.items():
        tests = list(tests_of(task, folders, limit, side))
        per = {str(s): columns([marks(restored(net, x_in, s, seed, 'start', n), x0, task) for n, x0, x_in in tests])
               for s in sorted({min(s, net.schedule.T) for s in STEPS})}
        out[name] = dict(names=[n for n, *_ in tests], steps=per,
                         input=columns([marks(x_in, x0, task) for _, x0, x_in in tests]))
    return dict(tests=out)


def answers(net, task, seed, limit=ANSWERED, side=None):
    "Several answers to one input, in 10 steps: the first, the means of some, and how far they are apart"
    kinds, spread, (test, folders) = {k: [] for k in (1, 2, 4, 8, ANSWERS)}, [], next(iter(task.tests.items()))
    for name, x0, x_in in tests_of(task, folders, limit, side):
        xs = torch.cat([restored(net, x_in, 10, seed, 'answer', name, i) for i in range(ANSWERS)])
        spread.append(xs.var(0).mean().sqrt().item())
        for k, rows in kinds.items(): rows.append(marks(xs[:k].mean(0, keepdim=True), x0, task))
    return dict(answers={k: columns(rows) for k, rows in kinds.items()}, spread=spread, test=test, sampling_steps=10)


def starts(net, task, seed, limit=ANSWERED, side=None):
    "From x_in + bbar_T eps, and from the state of the training with that noise, which holds 1 - abar_T of the truth"
    end, (test, folders) = net.schedule[net.schedule.T], next(iter(task.tests.items()))
    kinds = {(kind, str(s)): [] for kind in ('input', 'training') for s in STEPS}
    for name, x0, x_in in tests_of(task, folders, limit, side):
        eps = torch.randn(x0.shape, generator=generator_for('cpu', seed, 'eps', name))
        for (kind, s), rows in kinds.items():
            x_T = q_sample(x0, x_in, eps, end.abar if kind == 'training' else 1., end.bbar)
            rows.append(marks(restored(net, x_in, int(s), seed, 'start', name, x_T=x_T[None]), x0, task))
    per = {kind: {s: columns(rows) for (k, s), rows in kinds.items() if k == kind} for kind in ('input', 'training')}
    return dict(starts=per, test=test, abar_T=end.abar)


KINDS = {'': measured, 'answers': answers, 'starts': starts}


def config_of(seed, quick):
    "How every objective is trained"
    steps, batch = (3, 2) if quick else (22_000, 8)
    return TrainConfig(steps=steps, batch=batch, lr=1e-3, warmup=min(300, steps), decay='cosine', ema=.999, loss='l2',
                       seed=seed, precision='bf16', channels_last=True, save_every=1000, log_every=250)


def trained(name, task, objective, seed, out, quick):
    "The averaged network of a run, from where it stands, and what is to be said of it; None if it was told to stop"
    predicts, bbar_T = OBJECTIVES[objective]
    config, size = config_of(seed, quick), dict(width=16, blocks=1) if quick else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = HalfSize(channels=task.channels, predicts=predicts, **size)
    folder, crop = Path(out)/name, 16 if quick else CROP
    folder.mkdir(parents=True, exist_ok=True)
    draw = crops_of(images_of(task, task.train, 2 if quick else None), crop, task.spoil)
    clock, schedule = Clock(folder), schedule_of(objective.split('-')[0], bbar_T)
    trainer = Trainer(net, FunctionSource(draw), schedule, config, folder, make_accelerator('cpu'), report=clock)
    best = trainer.fit()
    if not trainer.done: return None
    return best, dict(objective=objective, seed=seed, steps=config.steps, looks=1, batch=config.batch, crop=crop,
                      loss=config.loss, lr=config.lr, decay=config.decay, ema=config.ema, bbar_T=bbar_T, T=schedule.T,
                      schedule=schedule.name if bbar_T else 'one point: abar 1, bbar 0',
                      processor_seconds=clock.seconds(),
                      network=dict(net.config, kind='HalfSize', parameters=sum(p.numel() for p in net.parameters())),
                      arithmetic='bf16 in the network, in training and in tests')


def run(task, objective, seed=0, kind='', out='runs/evidence', folder=RESULTS/'evidence', quick=False):
    "Train, restore, write a row; False if it was told to stop before"
    torch.set_num_threads(1)
    weights = Path(data_root())/'weights'/'lpips_alex.safetensors'
    if weights.exists(): os.environ.setdefault('RDDM_LPIPS', str(weights))
    plan = TASKS[task]
    if not (done := trained(named(task, objective, seed), plan, objective, seed, out, quick)): return False
    net, said = done
    command = f'python -m bench.evidence {task} {objective} --seed {seed}' + f' --{kind}'*bool(kind)
    row = dict(task=task, **said, protocol=str(plan.protocol), command=command, commit=commit(), **about(), quick=quick)
    row |= KINDS[kind](net, plan, seed, *((1, 64) if quick else ()))
    write(name := named(task, objective, seed, kind), row, folder)
    marked = row.get('answers') or row.get('starts', {}).get('training') or next(iter(row['tests'].values()))['steps']
    print(name, {k: round(sum(v['PSNR'])/len(v['PSNR']), 2) for k, v in marked.items()}, flush=True)
    return True


def main(argv=None):
    p = argparse.ArgumentParser(prog='python -m bench.evidence', description=__doc__.split('\n')[0],
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('task', nargs='?', choices=TASKS)
    p.add_argument('objective', nargs='?', choices=OBJECTIVES)
    p.add_argument('--seed', type=int, default=0, help='of weights, batches and noise')
    p.add_argument('--answers', dest='kind', action='store_const', const='answers', default='',
                   help='several answers to one input instead')
    p.add_argument('--starts', dest='kind', action='store_const', const='starts',
                   help='what it makes of the last state of the training, beside what the sampler starts from')
    p.add_argument('--queue', action='store_true', help='all rows that are missing, one after the other')
    p.add_argument('--out', default='runs/evidence', help='where runs keep their checkpoints')
    p.add_argument('--folder', default=str(RESULTS/'evidence'), help='where rows go')
    p.add_argument('--quick', action='store_true', help='only see whether it works; names another --out and --folder')
    args = p.parse_args(argv)
    if args.queue == bool(args.objective): p.error('name a task and an objective, or --queue')
    if args.kind and not (args.objective and OBJECTIVES[args.objective][1]):
        p.error(f'--{args.kind} goes with an objective that starts in noise: regression has one answer')
    for row in QUEUE if args.queue else [(args.task, args.objective, args.seed, args.kind)]:
        if args.queue and (Path(args.folder)/f'{named(*row)}.json').exists(): continue
        if not run(*row, args.out, args.folder, args.quick): raise SystemExit(130)


if __name__ == '__main__': main()
