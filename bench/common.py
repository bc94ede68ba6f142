"""What all measurements share: clocks that take turns, the device's own speed, and where results are written."""
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
import torch
from torch.utils.flop_counter import FlopCounterMode
from rddm_nb.estimate import Prediction
from rddm_nb.files import atomic_write

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT/'bench'/'results'


def data_root(): return os.environ.get('RDDM_DATA', '../shared/data') # where sets of images are looked for


def seconds(f, device='cpu', clock=time.thread_time):
    "Seconds of one call: of this thread on a CPU, so that other programs do not count; by the clock on a GPU"
    if device == 'cpu':
        start = clock()
        f()
        return clock() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    f()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def take_turns(fs, rounds, device='cpu', clock=time.thread_time):
    "Name -> median seconds of functions that take turns, after one call of each that does not count"
    for f in fs.values(): f()
    times = {k: [] for k in fs}
    for _ in range(rounds):
        for k, f in fs.items(): times[k].append(seconds(f, device, clock))
    return {k: statistics.median(v) for k, v in times.items()}


def flops(f):
    "Floating-point operations of one call in products of matrices and convolutions, backward passes included"
    with FlopCounterMode(display=False) as counter: f()
    return counter.get_total_flops()


def peak(device='cpu', dtype=torch.float32, n=1024, rounds=7):
    "Operations per second in a product of two large matrices: what this device can do at best here"
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    a @ b
    return 2*n**3/min(seconds(lambda: a @ b, device) for _ in range(rounds))


def in_bf16(net, device='cpu'):
    "A network as a predictor that computes in bf16 and answers in float32"
    def predictor(*state):
        with torch.autocast(device, torch.bfloat16): out = net(*state)
        return Prediction(*(v if v is None else v.float() for v in out))
    return predictor


def processor():
    "The name of the processor, as the system tells it"
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
        return next(l.split(':', 1)[1].strip() for l in lines if l.startswith('model name'))
    except (OSError, StopIteration): return platform.processor() or 'unknown'


def about(device='cpu'):
    "Where something was measured"
    name = processor() if device == 'cpu' else torch.cuda.get_device_name()
    return dict(device=device, name=name, capability=torch.backends.cpu.get_cpu_capability(),
                threads=torch.get_num_threads(), python=platform.python_version(), torch=torch.__version__)


def load():
    "How many processes want the machine; None where the system does not say"
    asked = getattr(os, 'getloadavg', None)
    return round(asked()[0], 1) if asked else None


def highest():
    """Largest memory this process has held so far, in MiB.

    Where the system says so, its own: `ru_maxrss` is inherited from the process that started it, however large."""
    try:
        lines = Path('/proc/self/status').read_text(encoding='utf-8').splitlines()
        return next(int(l.split()[1])/2**10 for l in lines if l.startswith('VmHWM'))
    except OSError:
        import resource # of POSIX alone
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/(2**20 if sys.platform == 'darwin' else 2**10)


def commit():
    "Which code this is; with a plus where a module or a measurement has been changed since"
    def said(*words):
        try: return subprocess.run(['git', *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        except OSError: return '' # there is no git
    changed = said('status', '--porcelain', '--', 'rddm_nb/*.py', 'bench/*.py')
    return said('rev-parse', '--short', 'HEAD') + ('+' if changed else '')


def write(name, out, folder=RESULTS):
    "Keep a result"
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder/f'{name}.json').write_text(json.dumps(out, indent=1) + '\n', encoding='utf-8')


def kept(name, quick=False, folder=RESULTS):
    "What a measurement of the same kind has kept, to be gone on with; empty if there is none"
    path = Path(folder)/f'{name}.json'
    old = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
    return old if old.get('quick') == quick else {}


def merged(old, new, key):
    "Rows, those measured again in the place of the old ones"
    new = {r[key]: r for r in new}
    return [*(new.pop(r[key], r) for r in old), *new.values()]


class Clock:
    "Processor seconds of a run over all its sittings, kept in its folder; steps that a kill threw away count too"
    def __init__(self, folder):
        self.path, self.start = Path(folder)/'seconds.json', time.process_time()
        self.before = self.seconds()
    def seconds(self):
        "What was used up to the last reading"
        return json.loads(self.path.read_text(encoding='utf-8'))['seconds'] if self.path.exists() else 0.
    def __call__(self, row):
        "Told of every reading of the loss"
        said = dict(seconds=self.before + time.process_time() - self.start, step=row['step'])
        atomic_write(self.path, json.dumps(said).encode('utf-8'), force=True)
        print(f"{self.path.parent.name} step {row['step']} loss {row['loss']:.6f} {said['seconds']:.0f} s", flush=True)
