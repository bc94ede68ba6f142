"""What is a training step made of, and an evaluation? Processor time by kind of operation, ours and in the official
style, on a CPU.

`python -m bench.shares` prints the table and writes bench/results/shares.json. What convolutions take no cheaper
norm or optimizer can save: `bound` is the ratio to the official style that would be left if everything of ours but
convolutions and products cost nothing."""
import argparse
import torch
from torch.profiler import ProfilerActivity, profile
from bench.common import RESULTS, about, write
from bench.train_step import HABITS, SMALL, Loop, read

KINDS = dict(convolutions=('convolution', 'conv2d'), products=('mm', 'bmm', 'addmm', 'attention'),
             norms=('norm', 'var', 'mean', 'rsqrt'), optimizer=('adam', 'sqrt', 'addcdiv', 'lerp'))


def kind(op):
    "The kind an operation is counted with"
    name = op.removeprefix('aten::').lower()
    return next((k for k, words in KINDS.items() if any(w == name.strip('_') or len(w) > 3 and w in name
                                                        for w in words)), 'other')


def parts(f):
    "Kind of operation -> processor seconds of one call, the call before it not counted"
    f()
    with profile(activities=[ProfilerActivity.CPU]) as p: f()
    out = dict.fromkeys([*KINDS, 'other'], 0.)
    for e in p.key_averages(): out[kind(e.key)] += e.self_cpu_time_total/1e6
    return out


def rows(case, net=None):
    "One row per habit, for a step and an evaluation"
    loops = {k: Loop(k == 'ours', *read(case), net=net) for k in HABITS}
    for what in ('step', 'evaluate'):
        s = {k: parts(getattr(l, what)) for k, l in loops.items()}
        fixed = s['ours']['convolutions'] + s['ours']['products']
        yield dict(case=case, what=what, seconds={k: {n: round(x, 4) for n, x in v.items()} for k, v in s.items()},
                   bound=round(sum(s['official'].values())/fixed, 2),
                   convolutions={k: round(v['convolutions']/sum(v.values()), 3) for k, v in s.items()})


def show(r):
    "A row in words"
    each = (f"{k} " + ', '.join(f'{n} {x/sum(v.values()):.0%}' for n, x in v.items()) for k, v in r['seconds'].items())
    return f"{r['case']} {r['what']:8}: {'; '.join(each)}; at most x{r['bound']}"


def run(quick=False, folder=RESULTS):
    "Measure, print, keep"
    torch.set_num_threads(1)
    out = []
    for r in rows('8:2', SMALL) if quick else rows('64:16'):
        out.append(r)
        print(show(r), flush=True)
    write('shares', dict(what='profiled seconds of one call by kind of operation, one thread', quick=quick, **about(),
                         rows=out), folder)


def main():
    argparse.ArgumentParser(description=__doc__.split('\n')[0]).parse_args()
    run()


if __name__ == '__main__': main()
