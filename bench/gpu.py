"""What only a GPU can tell, in nine minutes on a bare machine with one card: `python -m bench gpu`.

First whether it computes what the CPU computes: losses and gradients in fp32 and bf16, compiled against eager, a run
stopped and resumed, images of any batch size, the message when its memory is full. Then how fast it is: a training
step and an evaluation beside the official habits, restoring, loading. Then a recommended preset on Rain100L, if
RDDM_DATA holds it, for the time that is left. `bench/results/gpu.json` is written after every part, so that a run
that is cut off keeps what it has; a part that fails says why, and the others go on. `--quick` tries all on any
machine, small; its numbers mean nothing."""
import json
import os
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
import torch
from rddm_nb import evaluate, presets, restore
from rddm_nb.data import ImagePairs, PairSource, match
from rddm_nb.forward import q_sample
from rddm_nb.imagefile import read_image, save_image
from rddm_nb.images import from_uint8
from rddm_nb.objective import loss_of
from rddm_nb.official import OfficialUNet, fuse_weights
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import FunctionSource, TrainConfig, Trainer, make_accelerator
from rddm_nb.unet import UNet
from bench import train_step
from bench.common import RESULTS, about, commit, data_root, in_bf16, seconds, take_turns, write
from bench.loading import folders

MINUTES = 9


@dataclass
class Card:
    "Where parts are measured, how large, and until when"
    device: str
    quick: bool
    end: float # by `time.monotonic`
    def left(self): return self.end - time.monotonic()
    def network(self, **options):
        torch.manual_seed(0)
        return OfficialUNet(**train_step.SMALL if self.quick else {}, **options)


def relative(a, b):
    "The difference of two lists of tensors, as a share of the second"
    a, b = (torch.cat([v.detach().double().cpu().flatten() for v in vs]) for vs in (a, b))
    return ((a - b).norm()/b.norm()).item()


def gradients(net, device, precision, model=None):
    "Loss and gradients of one batch"
    net, g = net.to(device), torch.Generator().manual_seed(1)
    x0, x_in, eps = (torch.rand(2, 3, 32, 32, generator=g).to(device)*2 - 1 for _ in range(3))
    t = torch.tensor([300, 800], device=device)
    abar, bbar = Schedule.power().coeffs(t, x0)
    net.zero_grad()
    with torch.autocast(device, torch.bfloat16, enabled=precision == 'bf16'):
        pred = (net if model is None else model)(q_sample(x0, x_in, eps, abar, bbar), x_in, abar, bbar, t)
    loss = loss_of(pred, x_in - x0, eps)
    loss.backward()
    return [loss], [p.grad.clone() for p in net.parameters() if p.grad is not None]


def precision(card):
    "Losses and gradients beside those of the CPU in fp32, as shares of them"
    net = card.network()
    truth = gradients(net, 'cpu', 'fp32')
    return {p: dict(zip(('loss', 'gradient'), map(relative, gradients(net, card.device, p), truth)))
            for p in ('fp32', 'bf16')}


def compiled(card):
    "Loss and gradients of the compiled network beside those of the eager one, as shares of them"
    net = card.network().to(card.device)
    model = torch.compile(net, backend='inductor' if card.device == 'cuda' else 'eager')
    eager = gradients(net, card.device, 'fp32')
    return dict(zip(('loss', 'gradient'), map(relative, gradients(net, card.device, 'fp32', model), eager)))


class Stop(Exception): "A run stops here"


def small_run(folder, device, steps=6, stop_at=None):
    "The weights after a short training, which may be stopped on the way"
    torch.manual_seed(0)
    def draw(n, generator):
        x0 = torch.rand(n, 3, 16, 16, generator=generator)*2 - 1
        return x0, x0.flip(-1)
    def report(row):
        if row['step'] == stop_at: raise Stop
    config = TrainConfig(steps=steps, batch=2, save_every=2, log_every=1)
    trainer = Trainer(UNet(8, (1, 2)), FunctionSource(draw), Schedule.power(), config, folder,
                      make_accelerator(device), report)
    trainer.fit()
    return [v.detach().cpu() for v in trainer.ema.net.state_dict().values()]


def resumed(card):
    "Is a run that was stopped and resumed, to the bit, the one that was not?"
    with tempfile.TemporaryDirectory() as tmp:
        whole = small_run(f'{tmp}/whole', card.device)
        try: small_run(f'{tmp}/cut', card.device, stop_at=3)
        except RuntimeError: pass
        cut = small_run(f'{tmp}/cut', card.device)
    return dict(equal=all(map(torch.equal, whole, cut)), difference=relative(cut, whole))


def batches(card):
    "Images generated in batches of 1, 2 and 4: the largest difference of a pixel, of values in [-1, 1]"
    net, n = fuse_weights(card.network().to(card.device).eval()), 4
    net.schedule = Schedule.power()
    def images(size):
        g = [torch.Generator().manual_seed(i) for i in range(n)]
        return torch.cat([sample(net, shape=(size, 3, 32, 32), steps=4, generator=g[i:i + size]).cpu()
                          for i in range(0, n, size)])
    one = images(1)
    return {str(size): (images(size) - one).abs().max().item() for size in (2, 4)}


def out_of_memory(card):
    "What is said when the memory is full, and whether training goes on after it"
    if card.device != 'cuda': return dict(measured=False)
    source = FunctionSource(lambda n, g: (torch.zeros(n, 3, 256, 256),)*2)
    def fit(batch):
        Trainer(card.network(), source, Schedule.power(), TrainConfig(steps=1, batch=batch),
                accelerator=make_accelerator('cuda')).fit()
    try: fit(4096)
    except torch.OutOfMemoryError as e: said = str(e)
    else: said = None
    torch.cuda.empty_cache()
    fit(1)
    return dict(said=said, goes_on=True)


def steps(card):
    "A training step and an evaluation beside the official habits"
    if card.device == 'cpu': return [train_step.compare('8:1x2', 1, net=train_step.SMALL, weigh=False)]
    return [train_step.compare(c, 3, card.device, train_step.SMALL if card.quick else None) for c in train_step.GPU]


def restoring(card):
    "Seconds for an image of 256x256 in 5 steps, alone and eight at a time, in fp32 and bf16"
    net, side = fuse_weights(card.network().to(card.device).eval()), 32 if card.quick else 256
    models = dict(fp32=net, bf16=in_bf16(net, card.device))
    def run(batch, kind):
        x_in = torch.zeros(batch, 3, side, side, device=card.device)
        sample(models[kind], x_in, schedule=Schedule.power(), steps=5, generator=torch.Generator().manual_seed(0))
    fs = {f'{kind}, batch {b}': partial(run, b, kind) for b in (1, 8) for kind in ('fp32', 'bf16')}
    took = take_turns(fs, 1 if card.quick else 5, card.device)
    return {k: round(v/int(k.split()[-1]), 5) for k, v in took.items()}


def loading(card):
    "Seconds of a step of training whose crops are read from files, and of one whose images are there"
    side, batch, n = (16, 2, 2) if card.quick else (256, 8, 40)
    zeros = torch.zeros(batch, 3, side, side)
    with tempfile.TemporaryDirectory() as tmp:
        folders(Path(tmp), 4 if card.quick else 16)
        files = ImagePairs.from_pairs(match(f'{tmp}/input', f'{tmp}/target'))
        sources = dict(there=FunctionSource(lambda n, g: (zeros, zeros)), files=PairSource(files, side, memory=0))
        def fit(source, steps):
            config = TrainConfig(steps=steps, batch=batch, precision='bf16')
            accelerator = make_accelerator(card.device)
            return Trainer(card.network(), source, Schedule.power(), config, accelerator=accelerator).fit
        for s in sources.values(): fit(s, 1)()
        took = {k: seconds(fit(s, n), card.device, time.perf_counter)/n for k, s in sources.items()}
    return dict(took, waiting=1 - took['there']/took['files'])


def train(card, root, out, steps):
    "Train the recommended preset for drops on Rain100L; returns the seconds"
    words = ['raindrop', '--out', str(out), '--device', card.device, '--train.steps', str(steps),
             '--data.inputs', str(root/'rain'), '--data.targets', str(root/'norain')]
    if card.quick: words += '--network.dim 8 --data.size 32 --train.batch 2 --train.warmup 0'.split()
    start = time.monotonic()
    if code := presets.main(words): raise RuntimeError(f'rddm-train ended with {code}')
    return time.monotonic() - start


def put(card, images, folder):
    "Test images for the commands: all of them, or a corner of one"
    folder.mkdir()
    files = sorted(images.iterdir())
    if card.quick: return save_image(folder/'corner.png', from_uint8(read_image(files[0], 3)[..., :64, :64]))
    for p in files: (folder/p.name).symlink_to(p.resolve())


def judged(card, root, tmp):
    "What the trained network makes of the test images, as rddm-restore and rddm-evaluate measure it"
    for k in ('rain', 'norain'): put(card, root/k, tmp/k)
    words = [str(tmp/'run/model.safetensors'), str(tmp/'rain'), str(tmp/'out'), '--device', card.device,
             '--steps', '1' if card.quick else '5']
    if code := restore.main(words): raise RuntimeError(f'rddm-restore ended with {code}')
    measures = ['PSNR', 'SSIM', *['LPIPS']*('RDDM_LPIPS' in os.environ)]
    for name, more in dict(y=['--protocol', 'Rain100L'], rgb=['--measures', *measures]).items():
        words = [str(tmp/'out'), str(tmp/'norain'), '--out', str(tmp/name), '--inputs', str(tmp/'rain'), *more]
        if code := evaluate.main(words): raise RuntimeError(f'rddm-evaluate ended with {code}')
    return {k: json.loads((tmp/k/'evaluation.json').read_text(encoding='utf-8')) for k in ('y', 'rgb')}


def preset(card, trial=20, reserve=90):
    "The recommended preset for drops on Rain100L, for the time that is left, and what it makes of the test images"
    root = Path(data_root())/'rain100l_full'
    if not root.is_dir(): return dict(measured=False, why=f'{root} is not there')
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        learn = partial(train, card, root/'train')
        each = 0 if card.quick else (learn(tmp/'longer', 2*trial) - learn(tmp/'shorter', trial))/trial
        steps = 2 if card.quick else max(trial, int((card.left() - reserve)/each))
        took = learn(tmp/'run', steps)
        return dict(steps=steps, training_s=round(took, 1), **judged(card, root/'test', tmp))


PARTS = dict(precision=precision, compiled=compiled, resumed=resumed, batches=batches, out_of_memory=out_of_memory,
             steps=steps, restoring=restoring, loading=loading, preset=preset)


def tried(part, card):
    "What a part found, and how long that took; why it failed, if it did"
    start = time.monotonic()
    if card.left() < 0: return dict(measured=False, why='no time was left')
    try: found = part(card)
    except Exception as e: found = dict(measured=False, why=f'{type(e).__name__}: {e}')
    return dict(found=found, seconds=round(time.monotonic() - start, 1))


def run(quick=False, folder=RESULTS):
    "Measure, print, keep"
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if device == 'cpu' and not quick: return print('not measured: there is no GPU')
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    card, parts = Card(device, quick, float('inf') if quick else time.monotonic() + 60*MINUTES), {}
    for name, part in PARTS.items():
        parts[name] = tried(part, card)
        print(name, json.dumps(parts[name])[:2000], flush=True)
        write('gpu', dict(what='one card: first whether it is right, then how fast', quick=quick, commit=commit(),
                          **about(device), parts=parts), folder)


if __name__ == '__main__': run()
