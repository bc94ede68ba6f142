"""How long does the first line of a program take? `from rddm_nb.sampler import sample` in fresh processes, beside
`import torch` alone.

`python -m bench.import_time` prints the medians of five and writes bench/results/import_time.json."""
import platform
import statistics
import subprocess
import sys
from bench.common import RESULTS, write

HEAVY = ['datasets', 'accelerate', 'jupyterlab', 'nbdev', 'matplotlib', 'IPython', 'diffusers', 'execnb']
PROGRAM = """
import time; start = time.perf_counter()
{line}
took = time.perf_counter() - start
import sys; print(took, len(sys.modules), ','.join(m for m in {heavy!r} if m in sys.modules) or '-')
"""


def fresh(line):
    "Seconds, number of modules and heavy modules after running a line in a new process"
    took, n, heavy = subprocess.run([sys.executable, '-c', PROGRAM.format(line=line, heavy=HEAVY)], check=True,
                                    capture_output=True, text=True).stdout.split()
    return float(took), int(n), [] if heavy == '-' else heavy.split(',')


def run(rounds=5, quick=False, folder=RESULTS):
    "Measure, print, keep"
    rounds = 1 if quick else rounds
    lines = dict(sampler='from rddm_nb.sampler import sample', torch='import torch')
    for line in lines.values():
        if not quick: fresh(line)  # fill the file cache
    runs = {k: [] for k in lines}
    for _ in range(rounds):
        for k, line in lines.items(): runs[k].append(fresh(line))
    out = dict(python=platform.python_version(), rounds=rounds)
    for k, v in runs.items():
        seconds = [t for t, _, _ in v]
        out[k] = dict(line=lines[k], median_s=round(statistics.median(seconds), 3), min_s=round(min(seconds), 3),
                      max_s=round(max(seconds), 3), modules=v[0][1], heavy=v[0][2])
        print(f"{lines[k]:36} {out[k]['median_s']:6.2f} s ({out[k]['min_s']:.2f}..{out[k]['max_s']:.2f}), {v[0][1]} "
              f"modules, heavy: {', '.join(v[0][2]) or 'none'}")
    write('import_time', dict(out, quick=quick), folder)


if __name__ == '__main__': run()
