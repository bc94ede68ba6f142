"""How long do a training step and an evaluation take, beside the habits of the official loop? Same two networks,
same function, taking turns.

`python -m bench.train_step` prints the table and writes bench/results/train_step.json; rows for a GPU are measured
where there is one. The official habits, from its description: every norm, scale and shift and attention by separate
operations, fp32, the loss read on the host for every piece of a batch, Adam without fusing or batching, an average
of the weights that is moved to its device and updated parameter by parameter. Ours: the same function by fused
kernels; on a GPU also bf16 and a compiled network, which the row says."""
import argparse
import subprocess
import sys
import torch
import torch.nn.functional as F
from rddm_nb.demo import EMA
from rddm_nb.forward import q_sample
from rddm_nb.official import (ChannelNorm, OfficialAttention, OfficialBlock, OfficialUNet, StandardConv, Upsample,
                              fuse_weights)
from rddm_nb.schedule import Schedule
from rddm_nb.objective import loss_of
from bench.common import RESULTS, about, flops, highest, peak, take_turns, write

CPU, GPU = ('32:32', '64:16'), ('64:128', '256:1x2', '256:8')
HABITS, SMALL = ('ours', 'official'), dict(dim=8, mults=(1, 2)) # the network of a trial


class PlainConv(StandardConv):
    "Filters standardised one operation at a time"
    def forward(self, h):
        w = self.weight
        mean, var = w.mean((1, 2, 3), keepdim=True), w.var((1, 2, 3), correction=0, keepdim=True)
        return F.conv2d(h, (w - mean)*(var + 1e-5).rsqrt(), self.bias, self.stride, self.padding)


class PlainNorm(ChannelNorm):
    "Mean and variance one after the other"
    def forward(self, h):
        var, mean = h.var(1, correction=0, keepdim=True), h.mean(1, keepdim=True)
        return (h - mean)*(var + 1e-5).rsqrt()*self.gain


class PlainBlock(OfficialBlock):
    "Scale and shift one after the other"
    def forward(self, h, e):
        scale, shift = self.film(F.silu(e))[:, :, None, None].chunk(2, 1)
        y = F.silu(self.norm1(self.conv1(h))*(scale + 1) + shift)
        return F.silu(self.norm2(self.conv2(y))) + self.shortcut(h)


class PlainEnlarge(Upsample):
    "Pixels repeated, then convolved"
    def forward(self, h):
        return self._conv_forward(F.interpolate(h, scale_factor=2., mode='nearest'), self.weight, self.bias)


class PlainAttention(OfficialAttention):
    "Attention by einsum"
    def forward(self, h):
        b, c, height, width = h.shape
        q, k, v = (z.reshape(b, 4, 32, height*width) for z in self.qkv(self.norm(h)).chunk(3, 1))
        if self.linear:
            q, k, v = q.softmax(-2)*32**-.5, k.softmax(-1), v/(height*width)
            a = torch.einsum('bhde,bhdn->bhen', torch.einsum('bhdn,bhen->bhde', k, v), q)
        else:
            a = torch.einsum('bhij,bhdj->bhid', torch.einsum('bhdi,bhdj->bhij', q*32**-.5, k).softmax(-1),
                             v).transpose(2, 3)
        return self.after(self.out(a.reshape(b, 128, height, width))) + h


class PlainUNet(OfficialUNet):
    "Channels first, as PyTorch lays images out by itself"
    memory_format = torch.contiguous_format


PLAIN = {OfficialUNet: PlainUNet, StandardConv: PlainConv, ChannelNorm: PlainNorm, OfficialBlock: PlainBlock,
         OfficialAttention: PlainAttention, Upsample: PlainEnlarge}


def official_style(net):
    "The same network, computed one operation at a time"
    for m in net.modules(): m.__class__ = PLAIN.get(type(m), type(m))
    return net


class Loop:
    "One training step and one evaluation, ours or in the official style"
    def __init__(self, ours, size, batch, accumulate=1, device='cpu', net=None):
        torch.manual_seed(0)
        self.ours, self.device, self.accumulate, self.schedule = ours, device, accumulate, Schedule.power()
        self.fast = ours and device != 'cpu'
        self.net = OfficialUNet(**net or {}).to(device)
        if not ours: official_style(self.net)
        params = self.net.parameters()
        self.opt = torch.optim.AdamW(params, 8e-5, betas=(.9, .99), weight_decay=0.,
                                     fused=True) if ours else torch.optim.Adam(params, 8e-5, betas=(.9, .99),
                                                                               foreach=False, fused=False)
        self.ema, g = EMA(self.net), torch.Generator().manual_seed(1)
        self.pieces = [([torch.randn(batch, 3, size, size, generator=g).to(device) for _ in range(3)],
                        torch.randint(1, 1001, (batch,), generator=g).to(device)) for _ in range(accumulate)]
        self.model, self.sampler = torch.compile(self.net) if self.fast else self.net, None

    def autocast(self): return torch.autocast('cuda', torch.bfloat16, enabled=self.fast)

    def average(self):
        if self.ours: return self.ema.update(self.net)
        self.ema.net.to(self.device)
        with torch.no_grad():
            for a, b in zip(self.ema.net.parameters(), self.net.parameters()): a.copy_(a + .005*(b - a))

    def piece(self, x0, x_in, eps, t):
        abar, bbar = self.schedule.coeffs(t, x0)
        with self.autocast(): pred = self.model(q_sample(x0, x_in, eps, abar, bbar), x_in, abar, bbar, t)
        loss = loss_of(pred, x_in - x0, eps)/self.accumulate
        loss.backward()
        return loss.detach() if self.ours else loss.item()

    def step(self):
        loss = sum(self.piece(*tensors, t) for tensors, t in self.pieces)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1., foreach=None if self.ours else False)
        self.opt.step()
        self.opt.zero_grad()
        self.average()
        return loss

    @torch.no_grad()
    def evaluate(self):
        if self.sampler is None: self.sampler = fuse_weights(self.net) if self.ours else self.net
        (x0, x_in, _), _ = self.pieces[0]
        with self.autocast(): return self.sampler(x0, x_in, .5, .7, 500)


def read(case):
    "'256:1x2' -> side 256, pieces of 1, 2 of them"
    size, batch = case.split(':')
    batch, _, accumulate = batch.partition('x')
    return int(size), int(batch), int(accumulate or 1)


def memory(case, habit, net):
    "Largest memory that a process takes which makes one step, beyond what it takes before, in MiB"
    code = (f"import torch; torch.set_num_threads(1); from bench.train_step import grown; print(grown({case!r}, "
            f"{habit!r}, {net}))")
    return float(subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True).stdout)


def grown(case, habit, net):
    "What one step adds to this process, in MiB"
    before = highest()
    Loop(habit == 'ours', *read(case), net=net).step()
    return round(highest() - before)


def compare(case, rounds, device='cpu', net=None, weigh=True):
    "Medians, whether both compute the same, what share of the device's best that is, and the memory if it is weighed"
    loops = {k: Loop(k == 'ours', *read(case), device=device, net=net) for k in HABITS}
    first = {k: float(l.step()) for k, l in loops.items()}
    out = dict(case=case, **about(device),
               precision={k: 'bf16, compiled' if l.fast else 'fp32' for k, l in loops.items()}, rounds=rounds,
               loss_difference=abs(first['ours'] - first['official']))
    for what in ('step', 'evaluate'):
        s = take_turns({k: getattr(l, what) for k, l in loops.items()}, rounds, device)
        n, best = {k: flops(getattr(l, what)) for k, l in loops.items()}, peak(device)
        out[what] = dict({f'{k}_s': round(v, 4) for k, v in s.items()}, ratio=round(s['official']/s['ours'], 3),
                         gflop=round(n['ours']/1e9, 4), share_of_peak={k: round(n[k]/v/best, 3) for k, v in s.items()},
                         peak_gflops=round(best/1e9, 1), largest_ratio=round(s['official']*best/n['ours'], 2))
    if weigh: out['memory_mib'] = {k: memory(case, k, net) if device == 'cpu' else on_gpu(l) for k, l in loops.items()}
    return out


def on_gpu(loop):
    "Largest memory of a step on an accelerator, in MiB"
    torch.cuda.reset_peak_memory_stats()
    loop.step()
    return round(torch.cuda.max_memory_allocated()/2**20)


def rows(rounds=3, quick=False):
    "Every row; those of a device that is not there say so"
    cases = [(c, 'cpu') for c in (('8:1x2',) if quick else CPU)] + [(c, 'cuda') for c in GPU]
    for case, device in cases:
        there = device == 'cpu' or torch.cuda.is_available() and not quick
        yield compare(case, rounds, device, SMALL if quick else None) if there else dict(case=case, device=device,
                                                                                   measured=False)


def show(r):
    "A row in words"
    size, batch, pieces = read(r['case'])
    name = f"{size} px, batch {batch}{f' x {pieces}' if pieces > 1 else ''}, {r['device']}"
    if r.get('measured') is False: return f'{name:28} not measured'
    return f'{name:28} ' + '; '.join(f"{w} {r[w]['ours_s']:.3f} s, official style {r[w]['official_s']:.3f} s: "
                                     f"x{r[w]['ratio']} (at most x{r[w]['largest_ratio']})"
                                     for w in ('step', 'evaluate')) + \
        f"; memory {r['memory_mib']['ours']:.0f} and {r['memory_mib']['official']:.0f} MiB"


def run(rounds=3, quick=False, folder=RESULTS):
    "Measure, print, keep"
    torch.set_num_threads(1)
    out = []
    for r in rows(1 if quick else rounds, quick):
        out.append(r)
        print(show(r), flush=True)
    write('train_step',
          dict(what='two official U-Nets, 72.5 million parameters; medians of interleaved rounds, processor seconds '
                    'in one thread on a CPU; gflop: products and convolutions of ours; largest_ratio: what '
                             'arithmetic at the measured peak and nothing else would reach', quick=quick, rows=out),
                             folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=3)
    run(parser.parse_args().rounds)


if __name__ == '__main__': main()
