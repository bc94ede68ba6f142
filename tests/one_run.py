"""A small training run as a program of its own, to be killed: one_run.py FOLDER STEPS BATCH [DIE]

DIE is 'write:N', 'rename:N' or 'renamed:N': kill -9 in the middle of writing file N, before it gets its name, or
right after. 'full:N': the disk is full at file N."""
import errno
import os
import signal
import sys
import torch
from rddm_nb import files
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer
from rddm_nb.unet import UNet

folder, steps, batch, die = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), (sys.argv[4] if len(sys.argv) > 4 else '')


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


if die:
    where, n = die.split(':')
    name = 'fsync' if where in ('write', 'full') else 'replace'
    real = files.os
    files.os = type('os', (), {k: getattr(real, k) for k in dir(real)})
    setattr(files.os, name, staticmethod(dying(getattr(real, name), where, int(n))))

torch.manual_seed(0)
torch.set_num_threads(1)
net = UNet(8, mults=(1, 2)).double()
trainer = Trainer(net, FunctionSource(draw), Schedule.power(), TrainConfig(steps=steps, batch=batch, lr=1e-3, save_every=2, log_every=1), folder, device='cpu',
                  report=lambda row: print(f"step {row['step']} {row['loss']}", flush=True))
trainer.fit()
if trainer.accelerator.is_main_process: files.write_tensors(os.path.join(folder, 'end.safetensors'), trainer._state(), 'end', dict(step=trainer.step), force=True)
trainer.accelerator.end_training()
