"""How good is the network of `rddm-demo` after its time is up, and how good is plain regression with the same
network, images and time?

`python -m bench.demo --seconds 60 --seeds 0 1 2` trains both, in turns, and writes bench/results/demo.json. Run it
on an idle machine: the training is bounded by the clock."""
import argparse
import statistics
from rddm_nb.demo import Budget, score_held_out, train_demo
from rddm_nb.schedule import Schedule
from bench.common import RESULTS, about, write

STRAIGHT = dict(schedule=Schedule.power(T=1, bbar_T=0.), twice=False)


def fit(task, seconds, seed, **other):
    "A network trained for so long, and how many steps that was"
    steps = []
    net = train_demo(task, Budget(seconds), seed, report=lambda step, *rest: steps.append(step), **other)
    return net, len(steps)


def compare(task, seconds, seed, steps, crops):
    "Residual diffusion beside regression, on the same held-out crops"
    net, n = fit(task, seconds, seed)
    direct, n_direct = fit(task, seconds, seed, **STRAIGHT)
    marks = score_held_out(net, task, steps, crops)
    return dict(seed=seed, train_steps=n, **marks,
                regression=dict(train_steps=n_direct, psnr=score_held_out(direct, task, 1, crops)['psnr_restored']))


def show(run):
    "One line about one run"
    d = run['gain_of_steps']
    return (f"seed {run['seed']}: {run['train_steps']} training steps, input {run['psnr_input']:.2f} dB, 1 step "
            f"{run['psnr_1_step']:.2f}, restored {run['psnr_restored']:.2f} ({run['gain']:+.2f}), "
            f"steps gain {d['mean']:+.3f} +- {d['standard_error']:.3f}; regression {run['regression']['psnr']:.2f} "
            f"({run['regression']['train_steps']} steps)")


def run(task='rain', seconds=60., seeds=(0, 1, 2), steps=5, crops=256, quick=False, folder=RESULTS):
    "Measure, print, keep"
    if quick: seconds, seeds, crops = 1., (0,), 8
    runs = []
    for seed in seeds:
        runs.append(compare(task, seconds, seed, steps, crops))
        print(show(runs[-1]), flush=True)
    write('demo',
          dict(what=f'task {task}, {seconds:g} s of training each, sampling in {steps} steps, PSNR means over '
                    f'{crops} held-out crops', quick=quick, **about(),
                       mean_gain=statistics.mean(r['gain'] for r in runs), runs=runs), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--task', default='rain')
    parser.add_argument('--seconds', type=float, default=60.)
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--steps', type=int, default=5)
    parser.add_argument('--crops', type=int, default=256)
    run(**vars(parser.parse_args()))


if __name__ == '__main__': main()
