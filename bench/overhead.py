"""How much time does the sampler itself cost? One run with a free network, against a loop over diffusers'
DDIMScheduler.

`python -m bench.overhead` prints the ratios and writes bench/results/overhead.json. They take turns in one thread;
medians of the processor time."""
import argparse
import torch
from rddm_nb.estimate import Prediction
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from bench.common import RESULTS, about, take_turns, write


def contenders(shape, steps, clip, predicts):
    "Name -> function that makes one run: ours, theirs, and theirs with the time grid already set"
    from diffusers import DDIMScheduler
    x_T, free = torch.randn(shape, generator=torch.Generator().manual_seed(0)), torch.zeros(shape)
    x_in, schedule, pred = torch.zeros(shape), Schedule.ddim_linear(1000), Prediction(**{predicts: free})
    ddim = DDIMScheduler(1000, beta_start=1e-4, beta_end=2e-2, beta_schedule='linear', clip_sample=clip,
                         set_alpha_to_one=True, timestep_spacing='trailing')

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
    ms = {k: v*1e3 for k, v in take_turns(fs, rounds).items()}
    return dict(shape=list(shape), steps=steps, clip=clip, predicts=predicts, rounds=rounds,
                **{f'{k}_ms': round(v, 3) for k, v in ms.items()},
                ratio=round(ms['ours']/ms['diffusers'], 3),
                ratio_loop_only=round(ms['ours']/ms['diffusers_loop_only'], 3))


def run(rounds=200, quick=False, folder=RESULTS):
    "Measure, print, keep"
    torch.set_num_threads(1)
    import diffusers
    shapes, lengths = ((1, 3, 8, 8),) if quick else ((1, 3, 8, 8), (1, 3, 64, 64)), (5,) if quick else (5, 50)
    runs = [compare(shape, steps, clip, predicts, 3 if quick else rounds) for shape in shapes for steps in lengths
            for clip in (True, False) for predicts in ('res', 'eps')]
    print(f"{'images':>14} {'steps':>5} {'clip':>5} {'net':>4} {'ours':>9} {'diffusers':>9} {'ratio':>6} "
          f"{'loop only':>9}")
    for r in runs:
        print(f"{str(tuple(r['shape'])):>14} {r['steps']:>5} {str(r['clip']):>5} {r['predicts']:>4} "
              f"{r['ours_ms']:6.2f} ms {r['diffusers_ms']:6.2f} ms {r['ratio']:6.2f} {r['ratio_loop_only']:9.2f}")
    write('overhead', dict(what='milliseconds of processor time of one sampling run with a free network, medians',
                           quick=quick, **about(), diffusers=diffusers.__version__, runs=runs), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=200)
    run(parser.parse_args().rounds)


if __name__ == '__main__': main()
