"""How long does it take to restore a photograph, beside what its convolutions would take at the machine's best, and
beside the same network in the loops that people write? How much memory does a large one take?

`python -m bench.restoring` prints the ratios and writes bench/results/restoring.json. With one thread, processor time
is measured, so that a busy machine makes nobody worse; with more (`--threads 2`), the clock. All take turns. Memory is
the peak of a fresh process above what it held before it restored; the same process then restores a photograph of
481x321, to compare processor time by pixel."""
import argparse
import json
import math
import subprocess
import sys
import time
from unittest.mock import patch
import torch
from torch.utils.flop_counter import FlopCounterMode
from rddm_nb import unet
from rddm_nb.restore import restore
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet
from bench.common import RESULTS, about, kept, merged, take_turns, write

STEPS, SIZE = 5, (321, 481)
SCHEDULE = Schedule.power(alpha=('1-x', 3), beta2=('1-x', 3))
MEMORY = dict(photograph=(321, 481, [1, 2, 4]), large=(3000, 4000, [1, 2, 4]), half=(256, 256, [1, 2]))
PROGRAM = """
import json, statistics, sys, torch
from bench.common import highest
from bench.restoring import SIZE, network, photo, restore, per_pixel
torch.set_num_threads(1)
h, w, steps, *mults = map(int, sys.argv[1:])
net = network(mults)
restore(net, photo(8, 8), 1)
before = highest()
seconds = per_pixel(net, (h, w), steps)
gib = (highest() - before)/2**10
small = statistics.median(per_pixel(net, [*map(min, SIZE, (h, w))], steps) for _ in range(3))
print(json.dumps(dict(gib=round(gib, 3), per_pixel_of_photograph=round(seconds/small, 2))))
"""


def network(mults=(1, 2, 4)):
    "The demo's network, with weights that predict something"
    torch.manual_seed(0)
    net = UNet(16, mults).eval()
    torch.nn.init.normal_(net.last[-1].weight, std=.02)
    net.schedule = SCHEDULE
    return net


def photo(h, w): return torch.rand(3, h, w, generator=torch.Generator().manual_seed(0))*2 - 1


@torch.no_grad()
def plain_loop(net, x_in):
    "A loop over the whole image, as a user writes it"
    nodes = SCHEDULE.grid(STEPS)
    x = x_in + SCHEDULE[nodes[0]].bbar*torch.randn_like(x_in)
    for t, s in zip(nodes, nodes[1:]):
        (abar, bbar), (abar_s, bbar_s) = SCHEDULE[t], SCHEDULE[s]
        x0 = (x_in - net(x, x_in, abar, bbar, t).res).clamp(-1, 1)
        res = x_in - x0
        x = x0 + abar_s*res + bbar_s*(x - x0 - abar*res)/bbar
    return x


@torch.no_grad()
def diffusers_loop(net, x_in):
    "The loop of a diffusers pipeline; what the network predicts is taken for noise"
    from diffusers import DDIMScheduler
    scheduler = DDIMScheduler(1000)
    scheduler.set_timesteps(STEPS)
    x = torch.randn_like(x_in)*scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        noise = net(scheduler.scale_model_input(x, t), x_in, 1., 1., t).res
        x = scheduler.step(noise, t, x).prev_sample
    return x


def as_usual(f):
    "A function with the network as people write it: channels first, and every place asks every other"
    def usual():
        with patch.object(unet, '_lay_out', lambda x: x), patch.object(unet, '_WHOLE', 10**9): f()
    return usual


def convolutions(net, x_in):
    "Floating-point operations in the convolutions of one evaluation"
    with FlopCounterMode(display=False) as counter, torch.no_grad(): net(x_in, x_in, 1., 1., 1000)
    return counter.get_flop_counts()['Global'][torch.ops.aten.convolution]


def speed(size, rounds, threads, n=2048):
    "Seconds of every way, and what the convolutions of the image's own pixels would take at the speed of a product"
    torch.set_num_threads(threads)
    net, img, (a, b) = network(), photo(*size), torch.randn(2, n, n)
    fs = dict(ours=lambda: restore(net, img, STEPS), plain_loop=lambda: plain_loop(net, img[None]),
              diffusers_loop=lambda: diffusers_loop(net, img[None]))
    usual = {f'{k}_usual_network': as_usual(fs[k]) for k in ('plain_loop', 'diffusers_loop')}
    clock = time.thread_time if threads == 1 else time.perf_counter
    t = take_turns(dict(product=lambda: a @ b, **fs, **usual), rounds, clock=clock)
    peak, flop = 2*n**3/t.pop('product'), STEPS*convolutions(net, img[None])
    return dict(size=list(size), steps=STEPS, threads=threads, rounds=rounds, peak_gflops=round(peak/1e9, 1),
                convolutions_gflop=round(flop/1e9, 1), seconds={k: round(v, 3) for k, v in t.items()},
                to_peak=round(t['ours']/(flop/peak), 2),
                of_ours={k: round(v/t['ours'], 2) for k, v in t.items() if k != 'ours'})


def per_pixel(net, size, steps):
    "Processor seconds of restoring, for one pixel"
    img, start = photo(*size), time.thread_time()
    restore(net, img, steps)
    return (time.thread_time() - start)/math.prod(size)


def memory(h, w, mults, steps):
    "GiB that restoring takes above what a fresh process held before, and its time beside a photograph's"
    words = [sys.executable, '-c', PROGRAM, *map(str, (h, w, steps, *mults))]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return dict(size=[h, w], mults=mults, steps=steps, **json.loads(said))


def run(rounds=5, threads=(1,), quick=False, folder=RESULTS):
    "Measure, print, keep"
    import diffusers
    said = dict(what='restoring one image with the network of rddm-demo, medians', quick=quick, **about(),
                diffusers=diffusers.__version__)
    old = kept('restoring', quick, folder)
    rows, held = old.get('rows', []), old.get('memory', {})
    keep = lambda: write('restoring', dict(**said, rows=rows, memory=held), folder)
    for n in threads:
        r = speed((40, 60) if quick else SIZE, 1 if quick else rounds, n)
        rows = merged(rows, [r], 'threads')
        print(f"{r['size']}, {r['threads']} thread(s): ours {r['seconds']['ours']} s, {r['to_peak']} times the "
              f"convolutions at {r['peak_gflops']} GFLOP/s; the others, as multiples of ours: "
              f"{json.dumps(r['of_ours'])}", flush=True)
        keep()
    for k, (h, w, mults) in MEMORY.items():
        held[k] = m = memory(*(64, 64) if quick else (h, w), mults, 1 if quick else STEPS)
        print(f"{k}: {m['gib']} GiB for {m['size']}, {m['steps']} steps; a pixel takes "
              f"{m['per_pixel_of_photograph']} times as long as one of a photograph", flush=True)
        keep()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--threads', type=int, nargs='*', default=[1], help='without a number: memory alone')
    run(**vars(parser.parse_args()))


if __name__ == '__main__': main()
