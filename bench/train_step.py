"""How long does a training step take, and an evaluation, beside the habits of the official loop? Same two networks, same function, taking turns in one thread.

`python -m bench.train_step` prints processor seconds and writes bench/results/train_step.json. The official habits, from its description: every norm, scale and shift and attention by separate
operations, the loss read on the host at every step, Adam without fusing or batching, an average of the weights parameter by parameter."""
import argparse
import json
import platform
import statistics
import time
from pathlib import Path
import torch
import torch.nn.functional as F
from rddm_nb.demo import Ema
from rddm_nb.forward import q_sample
from rddm_nb.official import ChannelNorm, OfficialAttention, OfficialBlock, OfficialUNet, StandardConv, folded
from rddm_nb.schedule import Schedule
from rddm_nb.objective import loss_of

RESULTS = Path(__file__).with_name('results')


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
        return F.silu(self.norm2(self.conv2(y))) + self.around(h)


class PlainAttention(OfficialAttention):
    "Attention by einsum"
    def forward(self, h):
        b, c, height, width = h.shape
        q, k, v = (z.reshape(b, 4, 32, height*width) for z in self.qkv(self.norm(h)).chunk(3, 1))
        if self.linear:
            q, k, v = q.softmax(-2)*32**-.5, k.softmax(-1), v/(height*width)
            a = torch.einsum('bhde,bhdn->bhen', torch.einsum('bhdn,bhen->bhde', k, v), q)
        else: a = torch.einsum('bhij,bhdj->bhid', torch.einsum('bhdi,bhdj->bhij', q*32**-.5, k).softmax(-1), v).transpose(2, 3)
        return self.after(self.out(a.reshape(b, 128, height, width))) + h


PLAIN = {StandardConv: PlainConv, ChannelNorm: PlainNorm, OfficialBlock: PlainBlock, OfficialAttention: PlainAttention}


def official_style(net):
    "The same network, computed one operation at a time"
    for m in net.modules(): m.__class__ = PLAIN.get(type(m), type(m))
    return net


class Loop:
    "One training step, ours or in the official style"
    def __init__(self, ours, size, batch):
        torch.manual_seed(0)
        self.ours, self.net, self.schedule = ours, OfficialUNet(), Schedule.power()
        if not ours: official_style(self.net)
        params = self.net.parameters()
        self.opt = torch.optim.AdamW(params, 8e-5, betas=(.9, .99), weight_decay=0., fused=True) if ours else torch.optim.Adam(params, 8e-5, betas=(.9, .99), foreach=False, fused=False)
        self.ema, g = Ema(self.net), torch.Generator().manual_seed(1)
        self.x0, self.x_in, self.eps = (torch.randn(batch, 3, size, size, generator=g) for _ in range(3))
        self.t = torch.randint(1, 1001, (batch,), generator=g)

    def average(self):
        if self.ours: return self.ema.update(self.net)
        with torch.no_grad():
            for a, b in zip(self.ema.net.parameters(), self.net.parameters()): a.copy_(a + .005*(b - a))

    def step(self):
        abar, bbar = self.schedule.coeffs(self.t, self.x0)
        loss = loss_of(self.net(q_sample(self.x0, self.x_in, self.eps, abar, bbar), self.x_in, abar, bbar, self.t), self.x_in - self.x0, self.eps)
        self.opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1., foreach=self.ours or False)
        self.opt.step()
        self.average()
        return loss.detach() if self.ours else loss.item()

    @torch.no_grad()
    def evaluate(self):
        self.sampler = getattr(self, 'sampler', None) or (folded(self.net) if self.ours else self.net)
        return self.sampler(self.x0, self.x_in, .5, .7, 500)


def seconds(f):
    start = time.thread_time()
    f()
    return time.thread_time() - start


def compare(size, batch, rounds):
    "Medians in processor seconds, and whether both compute the same"
    loops = dict(ours=Loop(True, size, batch), official=Loop(False, size, batch))
    first = {k: float(l.step()) for k, l in loops.items()}
    for l in loops.values(): l.evaluate()
    times = {(what, k): [] for what in ('step', 'evaluate') for k in loops}
    for _ in range(rounds):
        for (what, k), v in times.items(): v.append(seconds(getattr(loops[k], what)))
    median = {key: statistics.median(v) for key, v in times.items()}
    return dict(size=size, batch=batch, rounds=rounds, loss_difference=abs(first['ours'] - first['official']), **{f'{what}_{k}_s': round(v, 3) for (what, k), v in median.items()},
                **{f'{what}_ratio': round(median[what, 'official']/median[what, 'ours'], 3) for what in ('step', 'evaluate')})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--cases', nargs='+', default=['32:8', '64:16'], help='size:batch')
    args = parser.parse_args()
    torch.set_num_threads(1)
    runs = []
    for case in args.cases:
        runs.append(compare(*map(int, case.split(':')), args.rounds))
        r = runs[-1]
        print(f"{r['size']} px, batch {r['batch']}: step {r['step_ours_s']:.2f} s against {r['step_official_s']:.2f} s, x{r['step_ratio']}; evaluation {r['evaluate_ours_s']:.2f} s against {r['evaluate_official_s']:.2f} s, x{r['evaluate_ratio']}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    out = dict(what='processor seconds in one thread, medians of interleaved rounds; two official U-Nets, 72.5 million parameters', device='cpu', python=platform.python_version(), torch=torch.__version__, runs=runs)
    (RESULTS/'train_step.json').write_text(json.dumps(out, indent=1) + '\n')


if __name__ == '__main__': main()
