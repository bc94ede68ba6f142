"""A small training run as a process of its own, to be killed.

DIE is 'write:N', 'rename:N' or 'renamed:N': kill -9 in the middle of writing file N, before it gets its name, or right
after. 'full:N': the disk is full at file N."""
import errno
import os
import signal
import sys
import traceback
from pathlib import Path
import safetensors.torch  # noqa: F401, imported once for all runs
import torch
import torch._dynamo  # noqa: F401, every optimizer imports it
from rddm_nb import files
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer, make_accelerator
from rddm_nb.unet import UNet


def draw(n, generator):
    x0 = torch.rand(n, 3, 8, 8, generator=generator, dtype=torch.float64)*2 - 1
    return x0, (x0 + .3).clamp(-1, 1)


def dying(real, where, n):
    "The function, but the process dies at its nth call"
    count = 0
    def call(*a, **kw):
        nonlocal count
        count += 1
        if count == n and where == 'full': raise OSError(errno.ENOSPC, 'No space left on device')
        if count == n and where != 'renamed': os.kill(os.getpid(), signal.SIGKILL)
        out = real(*a, **kw)
        if count == n: os.kill(os.getpid(), signal.SIGKILL)
        return out
    return call


def prepare_to_die(die):
    "Replace what files are written with"
    where, n = die.split(':')
    name, real = 'fsync' if where in ('write', 'full') else 'replace', files.os
    files.os = type('os', (), {k: getattr(real, k) for k in dir(real)})
    setattr(files.os, name, staticmethod(dying(getattr(real, name), where, int(n))))


def train(folder, steps, batch, said):
    "Train, tell every step, and keep the state at the end"
    torch.manual_seed(0)
    config = TrainConfig(steps=steps, batch=batch, lr=1e-3, save_every=2, log_every=1)
    def tell(row): print(f"step {row['step']} {row['loss']}", file=said, flush=True)
    net = UNet(8, mults=(1, 2)).double()
    trainer = Trainer(net, FunctionSource(draw), Schedule.power(), config, folder, make_accelerator('cpu'), tell)
    trainer.fit()
    if trainer.accelerator.is_main_process:
        files.write_tensors(Path(folder)/'end.safetensors', trainer._state(), 'end', dict(step=trainer.step),
                            force=True)
    trainer.accelerator.end_training()
    return trainer.stopped.exit_code


def run(folder, steps, batch, die='', said=None, env=()):
    "The life of the process; `said` is the file for what it tells, its errors too"
    os.environ.update(env)
    torch.set_num_threads(1)
    if die: prepare_to_die(die)
    with open(said, 'w', encoding='utf-8') as out:
        try: code = train(folder, steps, batch, out)
        except Exception:
            traceback.print_exc(file=out)
            code = 1
    sys.exit(code)
