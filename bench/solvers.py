"""Which solver, after how many evaluations? One trained network, every process of the map that starts from an input.

`python -m bench.solvers` trains a small network that is told its place (abar, bbar) anywhere on the plane, on rain over
the images in the package, for some seeds, and writes bench/results/solvers.json. A row: a process, a way to walk it
(its own fresh noise with Euler's steps, or none with each solver), at most so many evaluations; the mean PSNR of
held-out crops, and how far that is above Euler's without noise, crop by crop. A process with the curve and the pace of
an earlier one is not run again."""
import argparse
import math
import torch
from bench.common import RESULTS, about, commit, write
from bench.restoration import network
from rddm_nb.atlas import PROCESSES, process
from rddm_nb.demo import draw_pairs
from rddm_nb.forward import q_sample
from rddm_nb.images import psnr
from rddm_nb.optim import lr_factor
from rddm_nb.sampler import SOLVERS, sample

COUNTS, HIGHEST, T, SIZE = (1, 2, 5, 10, 20), 2., 1000, 24 # evaluations, noise learned, nodes, pixels of a crop


def places(n, g):
    "Places all over the plane, more of them with little noise"
    return torch.rand(n, 1, 1, 1, generator=g), HIGHEST*torch.rand(n, 1, 1, 1, generator=g)**2


def learn(steps, seed):
    "A network that predicts the residual wherever it is"
    net = network(seed, dim=8, predicts='res')
    g, opt = torch.Generator().manual_seed(seed), torch.optim.AdamW(net.parameters(), betas=(.9, .99))
    for k in range(steps):
        opt.param_groups[0]['lr'] = 4e-3*lr_factor(k, k/steps)
        (x0, x_in), (a, b) = draw_pairs('rain', 16, 'train', g, SIZE), places(16, g)
        x_t = q_sample(x0, x_in, torch.randn(x0.shape, generator=g), a, b)
        loss = (net(x_t, x_in, a, b).res - (x_in - x0)).abs().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    return net.eval()


def processes():
    "Name -> process: those that start from an input, within the noise that is learned, each curve and pace once"
    found = {}
    for r in (process(n, T=T) for n in PROCESSES):
        if r.starts_from == 'nothing' or r.schedule.bbar.max() > HIGHEST: continue
        if all(r.how() != f.how() for f in found.values()): found[r.name] = r
    return found


def ways(r, known):
    "Name -> arguments of `sample`: the process's own fresh noise, and none, with each solver"
    s, noisy = r.schedule, bool(r.schedule.bbar.max())
    own = {'own': r.how()} if r.eta else {}
    if s in known: return own
    still = dict(schedule=s, posterior=r.posterior, eta=[1, 0] if noisy and s.bbar[-1] == 0 else 0.)
    return own | {k: dict(still, solver=k) for k in SOLVERS if noisy or k == 'euler'}


def measured(net, x0, x_in, n, how):
    "PSNR of each crop, with the most steps that ask at most n times; how many times they asked"
    asked = 0
    def counted(*a):
        nonlocal asked
        asked += 1
        return net(*a)
    pinned = how['schedule'].bbar[-1] == 0
    steps = max(1, (n + 1 + bool(pinned))//2) if how.get('solver') == 'heun' and n > 1 else n
    x = sample(counted, x_in, steps=steps, generator=torch.Generator().manual_seed(6), **how)
    return psnr(x, x0).double(), asked


def rows(seed, steps, counts=COUNTS, n=16):
    "Train once, measure everything"
    net, known = learn(steps, seed), []
    x0, x_in = draw_pairs('rain', n, 'test', torch.Generator().manual_seed(5), SIZE)
    start = psnr(x_in, x0).mean().item()
    for name, r in processes().items():
        each = {(way, k): measured(net, x0, x_in, k, how) for way, how in ways(r, known).items() for k in counts}
        known.append(r.schedule)
        for (way, k), (v, asked) in each.items():
            more = {}
            if way in SOLVERS and way != 'euler':
                d = v - each['euler', k][0]
                more = dict(above=round(d.mean().item(), 3), error=round(d.std().item()/math.sqrt(n), 3))
            yield dict(process=name, way=way, at_most=k, asked=asked, seed=seed, input=round(start, 3),
                       psnr=round(v.mean().item(), 3), **more)


def run(quick=False, folder=RESULTS, seeds=(0, 1)):
    "Measure, print, keep what each seed gives"
    torch.set_num_threads(1)
    out, steps = [], 2 if quick else 500
    what = f'PSNR of 16 held-out crops of {SIZE} pixels in rain, one network for all, {steps} steps of training'
    for seed in seeds[:1] if quick else seeds:
        for r in rows(seed, steps, (1, 2), 2) if quick else rows(seed, steps):
            out.append(r)
            print(r, flush=True)
        write('solvers', dict(what=what, quick=quick, commit=commit(), **about(), rows=out), folder)


def main():
    argparse.ArgumentParser(description=__doc__.split('\n')[0]).parse_args()
    run()


if __name__ == '__main__': main()
