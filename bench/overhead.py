"""How much time does the sampler itself cost? One run with a free network, against a loop over diffusers' DDIMScheduler.

`python -m bench.overhead` prints the ratios and writes bench/results/overhead.json. They take turns in one thread; medians of the processor time."""
import argparse
import json
import platform
import statistics
import time
from pathlib import Path
import torch
from rddm_nb.estimate import Prediction
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule

RESULTS = Path(__file__).with_name('results')


def timed(f):
    "Seconds of processor time of one call: other programs on the machine do not count"
    start = time.thread_time()
    f()
    return time.thread_time() - start


def contenders(shape, steps, clip, predicts):
    "Name -> function that makes one run: ours, theirs, and theirs with the time grid already set"
    from diffusers import DDIMScheduler
    x_T, free = torch.randn(shape, generator=torch.Generator().manual_seed(0)), torch.zeros(shape)
    x_in, schedule, pred = torch.zeros(shape), Schedule.ddim_linear(1000), Prediction(**{predicts: free})
    ddim = DDIMScheduler(1000, beta_start=1e-4, beta_end=2e-2, beta_schedule='linear', clip_sample=clip, set_alpha_to_one=True, timestep_spacing='trailing')

    def ours(): sample(lambda *a: pred, x_in, schedule=schedule, steps=steps, clip='x0' if clip else None, x_T=x_T)

    @torch.no_grad()
    def loop():
        x = x_T
        for t in ddim.timesteps: x = ddim.step(free, t, x, use_clipped_model_output=clip).prev_sample

    def theirs():
        ddim.set_timesteps(steps)
        loop()

    return dict(ours=ours, diffusers=theirs, diffusers_loop_only=loop)


def compare(shape, steps, clip, predicts, rounds):
    "Medians in milliseconds, the three taking turns"
    fs = contenders(shape, steps, clip, predicts)
    for f in list(fs.values())*3: f()
    times = {k: [] for k in fs}
    for _ in range(rounds):
        for k, f in fs.items(): times[k].append(timed(f))
    ms = {k: statistics.median(v)*1e3 for k, v in times.items()}
    return dict(shape=list(shape), steps=steps, clip=clip, predicts=predicts, rounds=rounds, **{f'{k}_ms': round(v, 3) for k, v in ms.items()},
                ratio=round(ms['ours']/ms['diffusers'], 3), ratio_loop_only=round(ms['ours']/ms['diffusers_loop_only'], 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=200)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    import diffusers
    runs = [compare(shape, steps, clip, predicts, rounds) for shape in ((1, 3, 8, 8), (1, 3, 64, 64)) for steps in (5, 50) for clip in (True, False) for predicts in ('res', 'eps')]
    print(f"{'pictures':>14} {'steps':>5} {'clip':>5} {'net':>4} {'ours':>9} {'diffusers':>9} {'ratio':>6} {'loop only':>9}")
    for r in runs: print(f"{str(tuple(r['shape'])):>14} {r['steps']:>5} {str(r['clip']):>5} {r['predicts']:>4} {r['ours_ms']:6.2f} ms {r['diffusers_ms']:6.2f} ms {r['ratio']:6.2f} {r['ratio_loop_only']:9.2f}")
    RESULTS.mkdir(exist_ok=True)
    out = dict(what='milliseconds of processor time of one sampling run with a free network, medians, one thread, CPU', python=platform.python_version(),
               torch=torch.__version__, diffusers=diffusers.__version__, runs=runs)
    (RESULTS/'overhead.json').write_text(json.dumps(out, indent=1) + '\n')


if __name__ == '__main__': main()
