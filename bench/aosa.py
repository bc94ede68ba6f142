"""What automatic objective selection chooses, and after how many steps: three tasks, three settings, three seeds.

`python -m bench.aosa` trains 27 small networks, each until its share is decided, and writes bench/results/aosa.json, a
row for each. Counted in steps, so that the speed of the machine does not matter. Page 17 shows the rows."""
import argparse
import math
import platform
import torch
from rddm_nb.aosa import AutoObjective, ObjectiveChoice, select_objective
from rddm_nb.demo import draw_pairs
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet
from bench.common import RESULTS, commit, write

TASKS = 'rain', 'dark', 'generate'
# all on DDPM's schedule; the first is that of the published experiment
SETTINGS = dict(
    published=dict(clip='x0', most=1000., lam_lr=3e-5),
    unclamped=dict(clip=None, most=1000., lam_lr=3e-5),
    bounded=dict(clip='x0', most=10., lam_lr=3e-5),
)
BATCH, SIDE, EVERY = 8, 16, 20


def network(task, seed):
    "A small untrained network; the one that generates is not shown the input"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(8, takes_input=task != 'generate')


def select(task, seed, clip, most, lam_lr, max_steps):
    "One selection; without a choice where it was still undecided after `max_steps`"
    auto, generator = AutoObjective(most=most, clip=clip), torch.Generator().manual_seed(seed)
    draw = lambda g: draw_pairs(task, BATCH, 'train', g, SIDE)
    try:
        return select_objective(network(task, seed), draw, Schedule.ddim_linear(), generator, auto,
                                lam_lr=lam_lr, max_steps=max_steps)
    except RuntimeError:
        return ObjectiveChoice(None, max_steps, [auto.lam.item()], [])


def medians(errors):
    "Medians of (residual, noise) errors over every `EVERY` steps, the incomplete last ones left out"
    whole = len(errors)//EVERY*EVERY
    return torch.tensor(errors[:whole]).view(-1, EVERY, 2).median(1).values.tolist() if whole else []


def row(name, task, seed, max_steps):
    "A selection as it is kept"
    s = select(task, seed, **SETTINGS[name], max_steps=max_steps)
    out = dict(setting=name, task=task, seed=seed, **SETTINGS[name], choice=s.choice, steps=s.steps,
               steady=math.floor(AutoObjective().margin/SETTINGS[name]['lam_lr']) + 1)
    return out | dict(lam=[round(v, 5) for v in s.lam[::EVERY]],
                      errors=[[round(v, 4) for v in e] for e in medians(s.errors)])


def run(quick=False, folder=RESULTS):
    "Select, print, keep"
    torch.set_num_threads(1)
    max_steps, seeds = (3, 1) if quick else (2000, 3)
    about = dict(what='automatic objective selection: the choice, and the steps until it was made', quick=quick,
                 command='python -m bench.aosa', commit=commit(),
                 python=platform.python_version(), torch=torch.__version__,
                 schedule='ddim_linear', batch=BATCH, side=SIDE, every=EVERY, max_steps=max_steps)
    rows = []
    for name in SETTINGS:
        for seed in range(seeds):
            for task in TASKS:
                rows.append(row(name, task, seed, max_steps))
                print(name, task, seed, rows[-1]['choice'], rows[-1]['steps'], flush=True)
                write('aosa', about | dict(rows=rows), folder)


def main():
    argparse.ArgumentParser(prog='python -m bench.aosa', description=__doc__.split('\n')[0]).parse_args()
    run()


if __name__ == '__main__': main()
