"""How long does `rddm-train NAME` take from the check of its data to its first loss?

`python -m bench.first_loss` starts every preset in a process of its own, with networks of few channels and everything
else as it ships, prints the seconds by the clock and writes bench/results/first_loss.json, preset by preset; `--names`
measures some of them again. `check` is the time before: starting Python, loading PyTorch, looking at all images.
The first loss is that of two pairs before the first step; `first_step` are the seconds until the loss of the first
whole batch, for `aosa` of the choice of its objective, and `first_step_processor` those of all its threads, whatever
else the machine does. Linux only."""
import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
import torch
from PIL import Image
from rddm_nb.presets import PRESETS, load_config
from bench.common import RESULTS, about, kept, merged, write

FIRST = 'before the first step: loss' # how the line with the first loss begins
STEP = 'step 1,', 'choosing between residual and noise, step 1:' # and that with the loss of the first batch


def folders(root, n=16, size=(320, 272)):
    "Folders of inputs, targets and masks, smooth noise"
    g = torch.Generator().manual_seed(0)
    for name, mode in (('A', 'RGB'), ('B', 'L'), ('C', 'RGB')):
        folder = root/'train'/f'train_{name}'
        folder.mkdir(parents=True)
        for i in range(n):
            x = (torch.rand(12, 12, 3, generator=g)*255).byte().numpy()
            Image.fromarray(x).resize(size, Image.Resampling.BICUBIC).convert(mode).save(folder/f'{i}.png')


def data_words(config, root):
    "The words that name the images of a preset"
    targets = ['--data.targets', str(root/'train/train_C')]
    if config.data.kind == 'embedded': return []
    if config.data.kind == 'clean': return targets
    if config.network.takes_cond: return ['--data.root', str(root)]
    return ['--data.inputs', str(root/'train/train_A'), *targets]


def used(pid):
    "Processor seconds of a process so far"
    times = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()[11:13]
    return sum(map(int, times))/os.sysconf('SC_CLK_TCK')


def first_loss(words, threads):
    "Seconds until the data of a training are checked, and from there until its first loss and its first step"
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), PYTHONUNBUFFERED='1')
    start, checked, first, said = time.perf_counter(), (0, 0), None, []
    command = [sys.executable, '-m', 'rddm_nb.presets', *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env) as p:
        for line in p.stderr:
            said.append(line)
            now = time.perf_counter() - start, used(p.pid)
            if ' pairs: ' in line or line.startswith('the images in the package'): checked = now
            if line.startswith(FIRST): first = now[0]
            if line.startswith(STEP):
                p.kill()
                found = dict(check=checked[0], first_loss=first - checked[0], first_step=now[0] - checked[0],
                             first_step_processor=now[1] - checked[1])
                return {k: round(v, 2) for k, v in found.items()}
    raise RuntimeError(f"no loss came: {''.join(said)[-500:]}")


def measure(name, root, threads, *more):
    "One preset"
    config = load_config(name)
    words = [name, '--out', str(root/'runs'/name), '--device', 'cpu', '--network.dim', '8', *more]
    sizes = dict(batch=config.train.batch, accumulate=config.train.accumulate,
                 size=config.data.size or config.data.resize)
    return dict(preset=name, **sizes, **first_loss([*words, *data_words(config, root)], threads))


def run(names=tuple(PRESETS), threads=2, quick=False, folder=RESULTS):
    "Measure, print, keep"
    more = ['--train.batch', '2', '--data.size', '32', '--data.resize', '32'] if quick else []
    rows = kept('first_loss', quick, folder).get('rows', [])
    with tempfile.TemporaryDirectory() as tmp:
        folders(Path(tmp), 4 if quick else 16)
        for name in names[:1] if quick else names:
            row = measure(name, Path(tmp), threads, *more) | dict(train_threads=threads)
            print(' '.join(f'{k}={v}' for k, v in row.items()), flush=True)
            rows = merged(rows, [row], 'preset')
            write('first_loss', dict(what='rddm-train NAME on 16 pairs of 320x272, 8 channels, seconds by the clock',
                                     quick=quick, **about(), rows=rows), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--names', nargs='+', default=tuple(PRESETS))
    parser.add_argument('--threads', type=int, default=2)
    run(**vars(parser.parse_args()))


if __name__ == '__main__': main()
