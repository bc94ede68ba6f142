"""What share of a training step goes into its images? Pairs kept in memory, pairs read from disk at every step,
and weather made on the spot.

`python -m bench.loading` prints the table and writes bench/results/loading.json. `share` is of the processor
seconds of all threads: as if no reader worked ahead of the step, which is the worst case. `waiting` is of the time
by the clock that a training loop stands still for its images while readers work ahead; it needs a second core
that is idle. Beside the official networks and beside the small one of the demo, the hardest case: its step is short
and its images are as many."""
import argparse
import statistics
import tempfile
import time
from itertools import count
from pathlib import Path
import torch
from PIL import Image
from rddm_nb.data import ImagePairs, PairSource, match
from rddm_nb.demo import recipe
from rddm_nb.official import OfficialUNet
from rddm_nb.sample_images import photos
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer, make_accelerator
from rddm_nb.unet import UNet
from bench.common import RESULTS, about, write


def folders(root, n, side=256):
    "Two folders of pairs, as files"
    for name in ('input', 'target'): (root/name).mkdir()
    for i, x in zip(range(n), (x[:, a:a + side, b:b + side] for a in count(0, 40) for b in range(0, 120, 40)
                               for x in photos().values() if min(x.shape[1:]) >= side + 120)):
        for name, y in (('input', x.flip(0)), ('target', x)):
            Image.fromarray(y.permute(1, 2, 0).numpy()).save(root/name/f'{i}.png')


def sources(root, size):
    "Name -> where a step's pairs come from"
    files = match(root/'input', root/'target')
    return {'kept in memory': PairSource(ImagePairs.from_pairs(files), size),
            'read at every step': PairSource(ImagePairs.from_pairs(files), size, memory=0),
            'rain made of clean images': PairSource(ImagePairs.from_clean(root/'target'), size, task='rain')}


def processor_seconds(f, rounds):
    "Median over calls f(0), f(1), ... of what all threads took together"
    took = []
    for i in range(rounds):
        start = time.process_time()
        f(i)
        took.append(time.process_time() - start)
    return statistics.median(took)


def learner(net, size, batch):
    "A function that takes one training step whose pairs cost nothing"
    x0, x_in = (2*torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(i)) - 1 for i in range(2))
    return Trainer(net, FunctionSource(lambda n, g: (x0, x_in)), Schedule.power(), TrainConfig(steps=1000, batch=batch),
                   accelerator=make_accelerator('cpu'))._learn


def waiting(load, learn, steps):
    "Share of a loop's time by the clock that goes into getting its images"
    times = []
    for i in range(steps):
        a = time.perf_counter()
        load(i)
        b = time.perf_counter()
        learn()
        times.append((b - a, time.perf_counter() - b))
    stood, learned = (statistics.median(v) for v in zip(*times))
    return stood/(stood + learned)


def run(rounds=30, quick=False, folder=RESULTS):
    "Measure, print, keep"
    torch.set_num_threads(1)
    cases = {'demo': (lambda: UNet(**recipe('rain')['net']), 32, 16, 10)} | ({} if quick
                                                                else {'official': (OfficialUNet, 64, 16, 2)})
    rows = []
    with tempfile.TemporaryDirectory() as root:
        folders(Path(root), 8 if quick else 64)
        for name, (net, size, batch, steps) in cases.items():
            learn, steps = learner(net(), size, batch), 2 if quick else steps
            step = processor_seconds(lambda i: learn(), steps + 1)
            for kind, source in sources(Path(root), size).items():
                for i in range(8): source.batch(batch, i, 0)
                load = processor_seconds(lambda i: source.batch(batch, i + 8, 0), 3 if quick else rounds)
                waits = waiting(lambda i: source.batch(batch, i + rounds + 8, 0), learn, steps + 1)
                rows.append(dict(network=name, size=size, batch=batch, pairs=kind, load_ms=round(load*1e3, 2),
                                 step_ms=round(step*1e3, 1), share=round(load/(load + step), 4),
                                 waiting=round(waits, 4)))
                print(f"{name:9} {size} px, batch {batch}, {kind:28} {load*1e3:7.1f} ms of images, {step*1e3:8.0f} "
                      f"ms of learning: {load/(load + step):.1%}, waiting {waits:.1%}", flush=True)
    write('loading', dict(what='processor milliseconds of all threads, medians; images are 256x256 PNG files',
                          quick=quick, **about(), rows=rows), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=30)
    run(parser.parse_args().rounds)


if __name__ == '__main__': main()
