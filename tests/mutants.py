"""Wrong versions of the library: every one of them must turn a test red.

Each mutant changes one expression of one module in a copy of the package and runs the core tests against the copy.
`python tests/mutants.py` runs all and prints a table; `--only WORD` picks some, `--jobs N` sets how many run at once,
`--trusted` leaves out the run of the unchanged package, which the tests themselves are.
`--chosen` says which of them the tests run: those of what has changed, and some of the rest (see `chosen`).
Which test saw a mutant is kept in killers.json: it goes first the next time, which spares most of the work."""
import argparse
import ast
import contextlib
import functools
import gc
import io
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent/'rddm_nb'
# A mutant of the core runs against all these, others against the tests of their own module: test_MODULE.py, or the one named here.
OWN = dict(command='config', experiment='presets', cli='demo', widgets='figures', sample_images='sample_images_degrade', degrade='sample_images_degrade', demo='training')
CORE = ['forward', 'estimate', 'exact', 'reverse', 'schedule', 'images', 'sampler', 'negative', 'diffusers_oracle']


class Mutant(NamedTuple):
    "One wrong version"
    module: str # where
    old: str # source text that occurs exactly once in the module
    new: str # what stands there instead
    what: str # the mistake in words


MUTANTS = [Mutant(*m) for m in [
    # images
    ('images', 'img.to(dtype)/127.5 - 1', 'img.to(dtype)/127.5 + 1', 'from_uint8: sign of the offset'),
    ('images', 'img.to(dtype)/127.5 - 1', 'img.to(dtype)/128 - 1', 'from_uint8: divides by 128'),
    ('images', '(x.detach().float() + 1)*127.5', '(x.detach().float() + 1)*128', 'to_uint8: multiplies by 128'),
    ('images', '*127.5).round()', '*127.5)', 'to_uint8: truncates instead of rounding'),
    ('images', '.clamp(0, 255).to(torch.uint8)', '.to(torch.uint8)', 'to_uint8: no clamp, wraps around'),
    ('images', '10*torch.log10(4/', '10*torch.log10(1/', 'psnr: peak of a range of 1'),
    ('images', '10*torch.log10(4/', '20*torch.log10(4/', 'psnr: factor 20 on a squared error'),
    ('images', '(a.to(exact) - b.to(exact)).square()', '(a - b).abs()', 'psnr: no square'),
    ('images', 'lo >= -1.001', 'lo >= -2.001', 'check_images: accepts below -1'),
    ('images', 'hi <= 1.001', 'hi <= 2.001', 'check_images: accepts above 1'),
    ('images', 'not x.max() > 10: return', 'True: return', 'images in 0..255 pass as images in -1..1'),
    ('images', 'x.min() < 0 or not', 'not', 'noise is taken for pixel values'),
    ('images', "_check_unit(x, 'psnr')", 'pass', 'psnr: of pixel values'),
    ('images', "_check_unit(x, 'to_uint8')", 'pass', 'to_uint8: of pixel values'),
    ('images', 'x.__array__().copy()', 'x.__array__()', 'from_uint8: arrays that run backwards'),
    ('images', 'if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point)', 'if False', 'from_uint8: any dtype'),
    # schedule
    ('schedule', 'got {n!r}")\n    return int(n)', 'got {n!r}")\n    return n', 'the number of steps stays a float'),
    ('schedule', "x if side == 'x' else x.flip(0)", "x if side != 'x' else x.flip(0)", 'P: sides swapped'),
    ('schedule', 'w/w.sum()', 'w/w.max()', 'P: normalised by the maximum'),
    ('schedule', 'torch.arange(1, T + 1, dtype=torch.float64)/T', 'torch.arange(0, T, dtype=torch.float64)/T', 'P: counts from 0'),
    ('schedule', 'torch.linspace(0, 1, T, dtype=torch.float64)', 'torch.linspace(1/T, 1, T, dtype=torch.float64)', 'P: linspace grid without its zero'),
    ('schedule', 'torch.cat([zero, alpha.cumsum(0)])', 'torch.cat([alpha.cumsum(0), zero + 1])', 'from_increments: clean node lost, padded with 1 at the end'),
    ('schedule', 'torch.cat([zero, alpha.cumsum(0)])', 'torch.cat([zero, alpha.flip(0).cumsum(0)])', 'from_increments: residual increments backwards'),
    ('schedule', 'torch.cat([zero, beta2.cumsum(0)]).sqrt()', 'torch.cat([zero, beta2.cumsum(0)])', 'from_increments: bbar without the square root'),
    ('schedule', 'torch.cat([zero, beta2.cumsum(0)]).sqrt()', 'torch.cat([zero, beta2.sqrt().cumsum(0)])', 'from_increments: deviations added instead of variances'),
    ('schedule', 'bbar_T**2*P(', 'bbar_T*P(', 'power: no square in the noise sum'),
    ('schedule', '(sa, ea), (sb, eb) = alpha, beta2', '(sb, eb), (sa, ea) = alpha, beta2', 'power: the two families swapped'),
    ('schedule', "alpha:tuple=('1-x', 1)", "alpha:tuple=('x', 1)", 'power: default residual increments rise'),
    ('schedule', "beta2:tuple=('x', 1)", "beta2:tuple=('1-x', 1)", 'power: default noise increments fall'),
    ('schedule', "grid:str='count', # see", "grid:str='linspace', # see", 'power: other default grid'),
    ('schedule', 'cls(1 - A.sqrt(), (1 - A).sqrt()', 'cls(1 - A, (1 - A).sqrt()', 'from_ddim: abar without the root'),
    ('schedule', 'cls(1 - A.sqrt(), (1 - A).sqrt()', 'cls(1 - A.sqrt(), 1 - A', 'from_ddim: bbar without the root'),
    ('schedule', 'torch.cat([torch.ones(1, dtype=torch.float64), A])', 'torch.cat([torch.ones(1, dtype=torch.float64), A[:-1]])', 'from_ddim: shifted by one node'),
    ('schedule', '(1 - torch.linspace(beta_1, beta_T, T, dtype=torch.float64)).cumprod(0)', '1 - torch.linspace(beta_1, beta_T, T, dtype=torch.float64).cumsum(0).clamp(max=1)', 'ddim_linear: sum instead of product'),
    ('schedule', 'beta_T:float=2e-2', 'beta_T:float=1e-2', 'ddim_linear: other last beta'),
    ('schedule', '*math.pi/2).cos()**2', '*math.pi/2).cos()', 'cosine: no square'),
    ('schedule', 'lambda x: 1 - (x*math.pi/2).cos()', 'lambda x: (x*math.pi/2).sin()**2', 'circle: other residual curve'),
    ('schedule', 'lambda x: (x*math.pi/2).sin()', 'lambda x: x', 'circle: noise off the circle'),
    ('schedule', 'lambda x: bbar_T*x', 'lambda x: bbar_T*x**2', 'line: noise bent'),
    ('schedule', '2*height*(x*(1 - x)).sqrt()', 'height*(x*(1 - x)).sqrt()', 'bridge: half the height'),
    ('schedule', '2*height*(x*(1 - x)).sqrt()', '4*height*(x*(1 - x))', 'bridge: parabola instead of ellipse'),
    ('schedule', 'x = torch.linspace(0, 1, T + 1, dtype=torch.float64)\n', 'x = torch.linspace(0, 1, T, dtype=torch.float64)\n', 'from_fns: one node short'),
    ('schedule', 'a0 + f*(a1 - a0)', 'a0 - f*(a1 - a0)', 'at: sign of the residual slope'),
    ('schedule', 'b0 + f*(b1 - b0)', 'b1 + f*(b1 - b0)', 'at: noise from the wrong end'),
    ('schedule', 'self.bbar/(1 - self.abar)', 'self.bbar/(1 + self.abar)', 'rho: sign'),
    ('schedule', 'self.T*(int(steps) - i)//int(steps)', 'self.T - i*(self.T//int(steps))', 'grid: constant stride'),
    ('schedule', 'self.T*(int(steps) - i)//int(steps)', '-(-self.T*(int(steps) - i)//int(steps))', 'grid: rounded up'),
    ('schedule', 'self.T*(int(steps) - i)//int(steps)', 'self.T*i//int(steps)', 'grid: from clean to noisy'),
    ('schedule', 'zip(g[:-1], g[1:])', 'zip(g[1:], g[:-1])', 'pairs: from and to swapped'),
    ('schedule', 'v[t].to(like.device, like.dtype)', 'v[t - 1].to(like.device, like.dtype)', 'coeffs: off by one node'),
    ('schedule', "if v[0] != 0: raise", "if False: raise", 'Schedule: node 0 need not be clean'),
    ('schedule', 'if not isinstance(name, str): raise', 'if False: raise', 'Schedule: a name that cannot be read back'),
    ('schedule', 'tuple(allow) if isinstance(allow, (list, tuple, set, frozenset)) else (allow,)', '(allow,) if isinstance(allow, str) else tuple(allow)', 'Schedule: what allow cannot be is not named'),
    ('schedule', 'down = (v.diff() < 0).nonzero()', 'down = (v.diff() < -1).nonzero()', 'Schedule: curves may turn back'),
    # forward
    ('forward', 'x_t + alpha*res + beta*eps', 'x_t - alpha*res + beta*eps', 'one_step: sign of the residual'),
    ('forward', 'x_t + alpha*res + beta*eps', 'x_t + alpha*res - beta*eps', 'one_step: sign of the noise'),
    ('forward', 'x_t + alpha*res + beta*eps', 'x_t + alpha*res', 'one_step: no noise'),
    ('forward', 'x_t + alpha*res + beta*eps', 'x_t + beta*eps', 'one_step: no residual'),
    ('forward', 'x_t + alpha*res + beta*eps', '(1 - alpha)*x_t + alpha*res + beta*eps', 'one_step: shrinks the state'),
    ('forward', 'x_t + alpha*res + beta*eps', 'x_t + alpha*res + beta**2*eps', 'one_step: variance for deviation'),
    ('forward', 'x0 + abar*res + bbar*eps', 'x0 - abar*res + bbar*eps', 'q_sample: sign of the residual'),
    ('forward', 'x0 + abar*res + bbar*eps', 'x0 + abar*res - bbar*eps', 'q_sample: sign of the noise'),
    ('forward', 'x0 + abar*res + bbar*eps', 'x0 + bbar*eps', 'q_sample: no residual'),
    ('forward', 'x0 + abar*res + bbar*eps', 'x0 + abar*res', 'q_sample: no noise'),
    ('forward', 'x0 + abar*res + bbar*eps', 'abar*res + bbar*eps', 'q_sample: no image'),
    ('forward', 'x0 + abar*res + bbar*eps', 'x0 + abar*res + bbar**2*eps', 'q_sample: variance for deviation'),
    ('forward', '-x0 if x_in is None else x_in - x0', 'x0 if x_in is None else x_in - x0', 'q_sample: sign of the residual in generation'),
    ('forward', '-x0 if x_in is None else x_in - x0', '-x0 if x_in is None else x0 - x_in', 'q_sample: residual turned round'),
    # estimate
    ('estimate', 'abar, bbar, t, cond=cond)', 'abar, bbar, t, cond=-cond)', 'predict: another condition'),
    ('estimate', 'x_t - abar*res - bbar*eps', 'x_t + abar*res - bbar*eps', 'x0_from: sign of the residual'),
    ('estimate', 'x_t - abar*res - bbar*eps', 'x_t - abar*res + bbar*eps', 'x0_from: sign of the noise'),
    ('estimate', 'x_t - abar*res - bbar*eps', 'x_t - res - bbar*eps', 'x0_from: whole residual'),
    ('estimate', 'x_t - abar*res - bbar*eps', 'x_t - abar*res', 'x0_from: noise kept'),
    ('estimate', '(x_t - x_in + (1 - abar)*res)/bbar', '(x_t - x_in - (1 - abar)*res)/bbar', 'eps_from_res: sign of the residual'),
    ('estimate', '(x_t - x_in + (1 - abar)*res)/bbar', '(x_in - x_t + (1 - abar)*res)/bbar', 'eps_from_res: sign of the difference'),
    ('estimate', '(x_t - x_in + (1 - abar)*res)/bbar', '(x_t - x_in + abar*res)/bbar', 'eps_from_res: abar for 1 - abar'),
    ('estimate', '(x_t - x_in + (1 - abar)*res)/bbar', '(x_t - x_in + (1 - abar)*res)/bbar**2', 'eps_from_res: divided by the variance'),
    ('estimate', '(x_in + bbar*eps - x_t)/(1 - abar)', '(x_in - bbar*eps - x_t)/(1 - abar)', 'res_from_eps: sign of the noise'),
    ('estimate', '(x_in + bbar*eps - x_t)/(1 - abar)', '(x_in + bbar*eps - x_t)', 'res_from_eps: not divided'),
    ('estimate', '(x_in + bbar*eps - x_t)/(1 - abar)', '(x_in + bbar*eps - x_t)/(1 - abar + 1e-6)', 'res_from_eps: a small number added to the divisor'),
    ('estimate', '(x_in + bbar*eps - x_t)/(1 - abar)', '(x_in + bbar*eps + x_t)/(1 - abar)', 'res_from_eps: sign of the state'),
    ('estimate', 'if _any_zero(bbar):', 'if False:', 'eps_from_res: divides by zero'),
    ('estimate', 'if _any_zero(1 - abar):', 'if False:', 'res_from_eps: divides by zero'),
    ('estimate', "bbar, # standard deviation of the noise\n    clip:str|None='x0'", "bbar, # standard deviation of the noise\n    clip:str|None='official'", 'estimate: the official clamp by default'),
    ('estimate', 'return x_in - res, res', 'return x_in + res, res', 'guess: sign of the residual'),
    ('estimate', 'if clip: res = x_in - x0', 'if clip: res = x0 - x_in', 'clip: residual turned round'),
    ('estimate', 'if clip: res = x_in - x0', 'if clip: pass', 'clip: residual not moved with the guess'),
    ('estimate', 'res = res.clamp(-1, 1)', 'res = res.clamp(-2, 2)', 'official clip: residual kept'),
    ('estimate', 'bbar)[0].clamp(-1, 1)', 'bbar)[0]', 'official clip: guess not kept an image'),
    ('estimate', 'res = (x_in - x0).clamp(-1, 1)', 'res = x_in - x0', 'official clip: derived residual kept'),
    ('estimate', 'res = (x_in - x0).clamp(-1, 1)', 'res = (x0 - x_in).clamp(-1, 1)', 'official clip: derived residual turned round'),
    ('estimate', '(x_t - e.x0 - abar*e.res)/bbar', '(x_t - e.x0 + abar*e.res)/bbar', 'official posterior: sign of the residual'),
    ('estimate', '(x_t - e.x0 - abar*e.res)/bbar', '(x_t - abar*e.res)/bbar', 'official posterior: estimate kept in the noise'),
    ('estimate', "return e if clip == 'official' else", 'return e if clip else', 'official posterior: the other official rule'),
    ('estimate', 'free.clamp(-1, 1)', 'free.clamp(-2, 2)', 'clip: wrong range'),
    ('estimate', 'res - d, eps if', 'res + d, eps if', 'clip: residual moves the wrong way'),
    ('estimate', 'res - d, eps if', 'res, eps if', 'clip: residual does not move with the guess'),
    ('estimate', 'eps - (1 - abar)/bbar*d', 'eps + (1 - abar)/bbar*d', 'clip: noise moves the wrong way'),
    ('estimate', 'eps - (1 - abar)/bbar*d', 'eps', 'clip: noise not re-derived'),
    ('estimate', 'eps - (1 - abar)/bbar*d', 'eps - d/bbar', 'clip: noise moves too far'),
    ('estimate', 'if v is not None and v.shape != x_t.shape', 'if False', 'predict: a prediction of another shape'),
    ('estimate', 'if not isinstance(out, tuple) or', 'if', 'predict: a bare tensor'),
    ('estimate', 'or len(out) > 2', 'or False', 'predict: an estimate as a prediction'),
    ('estimate', 'if isinstance(model, type)', 'if False', 'predict: a class for a network'),
    ('estimate', 'if not callable(model)', 'if False', 'predict: anything for a network'),
    # exact
    ('exact', 'x + self.std*randn_like(x, generator) if', 'x + self.std*torch.randn(x.shape, dtype=x.dtype, generator=generator) if', 'draw: noise on the processor'),
    ('exact', '.masked_fill(self._prior.isinf(), torch.inf)', '', 'posterior: an excluded image as the nearest'),
    ('exact', '- 2*g*(u @ mu.T)', '+ 2*g*(u @ mu.T)', 'distance: sign of the cross term'),
    ('exact', 'g**2*norms', 'g*norms', 'distance: no square of the gain'),
    ('exact', 'return x - a*y, y', 'return x + a*y, y', 'posterior: sign of the input part'),
    ('exact', 'self._weights(*self._setting(x_t, x_in, abar', 'self._weights(*self._setting(x_t, x_t, abar', 'posterior: the state for the input'),
    ('exact', 'g = (1 - a)*(1 - trust)', 'g = (1 - trust)', 'posterior: image not scaled by 1 - abar'),
    ('exact', '-d2/(2*var', 'd2/(2*var', 'posterior: far is likely'),
    ('exact', '-d2/(2*var', '-d2/(var', 'posterior: variance halved'),
    ('exact', 'b**2\n    nearest', 'b\n    nearest', 'posterior: no square in bbar'),
    ('exact', 'logits = self._prior + torch.where', 'logits = 0*self._prior + torch.where', 'posterior: prior weights forgotten'),
    ('exact', 'logits - _sq_dist(y, 1, self._mu', 'logits + _sq_dist(y, 1, self._mu', 'posterior: evidence turned round'),
    ('exact', '(2*(self.std**2 + self.tau**2))', '(2*self.tau**2)', 'posterior: evidence ignores the spread'),
    ('exact', 'self.std**2/(self.std**2 + self.tau**2)', 'self.tau**2/(self.std**2 + self.tau**2)', 'trust: turned round'),
    ('exact', 'u - (1 - a)*trust*y', 'u + (1 - a)*trust*y', 'posterior: sign of the trusted input'),
    ('exact', '(1 - a)**2*self.std**2*(1 - trust)', 'self.std**2*(1 - trust)', 'posterior: spread not scaled'),
    ('exact', '+ trust*y\n', '\n', 'mean: trusted input forgotten'),
    ('exact', '*(u - (1 - a)*mean)', '*(u + (1 - a)*mean)', 'mean: sign of the correction'),
    ('exact', 'x0 = mean + (1 - a)*v/var', 'x0 = mean + v/var', 'mean: gain without 1 - abar'),
    ('exact', 'Prediction(out(y - x0)', 'Prediction(out(x0 - y)', 'residual turned round'),
    ('exact', 'out((u - (1 - a)*x0)/b)', 'out((u - x0)/b)', 'noise: image not scaled'),
    ('exact', 'out((u - (1 - a)*x0)/b)', 'out((u - (1 - a)*x0)/b**2)', 'noise: divided by the variance'),
    ('exact', 'x + self.std*randn_like', 'x + self.std**2*randn_like', 'draw: variance for deviation'),
    ('exact', 'i = torch.multinomial(prior,', 'i = torch.multinomial(prior*0 + 1,', 'draw: weights forgotten'),
    # reverse
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', 'to.bbar**2*(at.bbar**2 + to.bbar**2)/at.bbar**2', 'sum_constrained: sign'),
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', 'to.bbar**2*(at.bbar - to.bbar)**2/at.bbar**2', 'sum_constrained: square of the difference'),
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', 'to.bbar**2*(at.bbar**2 - to.bbar**2)', 'sum_constrained: not divided'),
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', '(at.bbar**2 - to.bbar**2)', 'sum_constrained: the forward variance'),
    ('reverse', 'm = (1 - at.abar)/(1 - to.abar)', 'm = 1', 'preserving: no pull towards the input'),
    ('reverse', 'm = (1 - at.abar)/(1 - to.abar)', 'm = (1 - to.abar)/(1 - at.abar)', 'preserving: pull turned round'),
    ('reverse', 'else m**2*to.bbar**2/at.bbar**2', 'else m*to.bbar**2/at.bbar**2', 'preserving: no square of the pull'),
    ('reverse', 'to.bbar**2*(1 - (0.', 'to.bbar**2*(1 + (0.', 'preserving: sign'),
    ('reverse', '(0. if at.abar == 1', '(1. if at.abar == 1', 'preserving: no noise drawn at the input itself'),
    ('reverse', 'to.bbar**2 - (to.abar/at.abar)**2*at.bbar**2', 'to.bbar**2 + (to.abar/at.abar)**2*at.bbar**2', 'bridge: sign'),
    ('reverse', 'to.bbar**2 - (to.abar/at.abar)**2*at.bbar**2', 'to.bbar**2 - (to.abar/at.abar)*at.bbar**2', 'bridge: no square of the ratio'),
    ('reverse', 'eta*max(v, 0.)', 'eta**2*max(v, 0.)', 'eta: share of the deviation instead of the variance'),
    ('reverse', 'eta*max(v, 0.)', 'max(v, 0.)', 'eta: ignored'),
    ('reverse', 'if not _within(eta, 0, 1):', 'if not _within(eta, 0):', 'eta: above 1 accepted'),
    ('reverse', 'if v < -1e-12', 'if v < -1e12', 'negative variances taken as 0'),
    ('reverse', 'return est.x0', 'return x_t', 'last step: not taken'),
    ('reverse', 'return est.x0', 'return est.x0 + at[1]*torch.randn_like(est.x0)', 'last step: noise added'),
    ('reverse', 'max(to[1]**2 - sigma2, 0.)**.5', 'max(to[1]**2 + sigma2, 0.)**.5', 'step: sign of sigma2 under the root'),
    ('reverse', 'max(to[1]**2 - sigma2, 0.)**.5', 'to[1]', 'step: fresh noise added on top of the old'),
    ('reverse', 'max(to[1]**2 - sigma2, 0.)**.5', 'max(to[1]**2 - sigma2**2, 0.)**.5', 'step: square of the variance'),
    ('reverse', 'alpha=to[0] - at[0]', 'alpha=at[0] - to[0]', 'step: sign of the residual'),
    ('reverse', 'alpha=to[0] - at[0]', 'alpha=-at[0]', 'step: whole residual removed'),
    ('reverse', 'alpha=k - at[1]', 'alpha=at[1] - k', 'step: sign of the noise'),
    ('reverse', 'alpha=k - at[1]', 'alpha=k', 'step: noise not removed'),
    ('reverse', 'alpha=sigma2**.5', 'alpha=sigma2', 'step: variance for deviation'),
    ('reverse', 'alpha=sigma2**.5', 'alpha=-sigma2**.5', 'step: sign of the fresh noise'),
    ('reverse', 'bt2, bs2 = at.bbar**2, to.bbar**2', 'bt2, bs2 = at.bbar, to.bbar', 'posterior_coefs: no squares'),
    ('reverse', 'beta2, alpha = bt2 - bs2,', 'beta2, alpha = bt2 + bs2,', 'posterior_coefs: sign in beta^2'),
    ('reverse', '(beta2*to.abar - bs2*alpha)/bt2', '(beta2*to.abar + bs2*alpha)/bt2', 'posterior_coefs: sign of the residual weight'),
    ('reverse', 'return bs2/bt2,', 'return bt2/bs2,', 'posterior_coefs: state weight turned round'),
    ('reverse', 'beta2/bt2, beta2*bs2/bt2', 'bs2/bt2, beta2*bs2/bt2', 'posterior_coefs: image weight'),
    ('reverse', 'beta2*bs2/bt2\n', 'beta2/bt2\n', 'posterior_coefs: variance'),
    # sampler
    ('objective', '    nodes = [nodes] if isinstance(nodes, (int, float)) else [*nodes]\n', '', 'error_curve: one node'),
    ('sampler', 'if not isinstance(schedule, Schedule):', 'if False:', 'sampling_path: anything for a schedule'),
    ('sampler', 'if schedule is None: schedule = ', 'schedule = schedule or ', 'sample: 0 for the usual schedule'),
    ('sampler', 'if x_T is not None and not x_T.is_floating_point()', 'if False', 'x_T: whole numbers'),
    ('sampler', "[(t, schedule[t]) for t in schedule.grid(steps)]", "[(t, schedule[t]) for t in schedule.grid(steps)[:-1]] + [(0, schedule[0])]*2", 'sampling_path: one step too many'),
    ('sampler', 'Point(schedule[t].abar, start.bbar) for t in one', 'Point(start.abar, schedule[t].bbar) for t in one', 'sampling_path: first leg of residual_first removes noise'),
    ('sampler', 'Point(0., schedule[t].bbar) for t in two', 'Point(schedule[t].abar, schedule[t].bbar) for t in two', 'sampling_path: second leg brings the residual back'),
    ('sampler', 'Point(start.abar, schedule[t].bbar) for t in one', 'Point(schedule[t].abar, start.bbar) for t in one', 'sampling_path: first leg of noise_first removes residual'),
    ('sampler', 'Point(schedule[t].abar, 0.) for t in two', 'Point(schedule[t].abar, start.bbar) for t in two', 'sampling_path: second leg brings the noise back'),
    ('sampler', '[(None, p) for p in _two_legs(schedule, steps, order)]', '[(None, p if i + 1 != steps - steps//2 else CLEAN) for i, p in enumerate(_two_legs(schedule, steps, order))]', 'sampling_path: the first leg ends with the guess, so that the second takes away too much'),
    ('sampler', 'x_in + moves[0].at.bbar*draw()', 'draw()', 'sample_steps: starts from noise alone'),
    ('sampler', 'x_in + moves[0].at.bbar*draw()', 'x_in + draw()', 'sample_steps: starts with unit noise'),
    ('sampler', 'x_in + moves[0].at.bbar*draw()', 'x_in + moves[0].at.bbar**2*draw()', 'sample_steps: starts with the variance'),
    ('sampler', 'x_in + moves[0].at.bbar*draw()', 'x_in', 'sample_steps: starts without noise'),
    ('sampler', 'ask(x_t, m.at, m.t)', 'ask(x_t, m.to, m.s)', 'sample_steps: the model is told the target'),
    ('sampler', 'x_in, *at, t, cond)', 'x_in, at.bbar, at.abar, t, cond)', 'sample_steps: coefficients swapped'),
    ('sampler', 'x_in, *at, t, cond)', 'x_in, *at, t)', 'sample_steps: the condition is lost'),
    ('sampler', 'estimate(pred, x, x_in, *at, clip)', 'estimate(pred, x, x_in, at.bbar, at.abar, clip)', 'sample_steps: estimate with the coefficients swapped'),
    ('sampler', 'estimate(pred, x, x_in, *at, clip)', "estimate(pred, x, x_in, *at, 'official')", 'sample_steps: the official clamp always'),
    ('sampler', "clip:str|None='x0'", "clip:str|None='official'", 'sample_steps: the official clamp by default'),
    ('sampler', 'reverse_step(x_t, est, m.at, m.to, m.sigma2,', 'reverse_step(x_t, est, m.at, m.to, 0*m.sigma2,', 'sample_steps: variance ignored'),
    ('sampler', 'return lambda: randn_like(x_in, generator)', 'return lambda: randn_like(x_in, None)', 'sample_steps: generator forgotten'),
    ('sampler', 'return lambda: randn_like(x_in, generator)', 'return lambda: randn_like(x_in[:1], generator).expand_as(x_in)', 'sample_steps: one noise for the whole batch'),
    ('sampler', 'draw() if m.sigma2 > 0 else None', 'draw()', 'sample_steps: noise drawn at the last step too'),
    ('sampler', 'x = state.x_s', 'x = x_in = state.x_s', 'sample_steps: the input replaced by the state'),
    ('sampler', '5 if steps is None else steps', '4 if steps is None else steps', 'sample_steps: another default number of steps'),
    ('sampler', "getattr(model, 'schedule', None) or Schedule.power()", 'Schedule.power()', "sample_steps: the model's schedule ignored"),
    ('sampler', 'kind, frames, out = Path(path).suffix.lower(), self.frames(i)', 'kind, frames, out = Path(path).suffix.lower(), self.frames(0)', 'save: always the first image'),
    ('sampler', 'posterior_variance(posterior, at, to, share)', "posterior_variance('sum_constrained', at, to, share)", 'sample_steps: posterior ignored'),
    ('forward', 'torch.stack([randn_like(v, g) for v, g in zip(x, generator)])', 'randn_like(x, generator[0])', 'randn_like: one generator for all'),
    ('forward', 'torch.randn(x.shape, dtype=x.dtype', 'torch.rand(x.shape, dtype=x.dtype', 'randn_like: uniform noise'),
    ('sampler', 'torch.zeros(shape, dtype=like.dtype', 'torch.ones(shape, dtype=like.dtype', 'sample: generates from ones'),
    ('sampler', '[s.x_t[i] for s in self] + [self[-1].x_s[i]]', '[s.x_s[i] for s in self] + [self[-1].x_s[i]]', 'frames: start missing'),
    ('sampler', '[s.x0[i] for s in self]', '[s.x_s[i] for s in self]', 'guesses: states instead'),
    ('sampler', 's.x0[i] + s.step.at.abar*s.res[i]', 's.x0[i] + s.step.to.abar*s.res[i]', 'means: of the node the step goes to'),
    ('sampler', 'for s in self] + [self.x0[i]]', 'for s in self]', 'means: result missing'),
    ('sampler', '@torch.no_grad()\n', '', 'sample_steps: gradients kept'),
    ('sampler', 'shares += shares[-1:]*len(stops)', 'shares += [0.]*len(stops)', 'eta: the last share does not hold for the rest'),
    ('sampler', 'noise_map.to(x_in)*randn_like', 'noise_map.to(x_in)**2*randn_like', 'noise_map: taken for a variance'),
    ('sampler', 'n not in (1, m) for', 'n > 9*m for', 'noise_map: any shape'),
    ('sampler', 'noise_map.isfinite() & (noise_map >= 0)', 'noise_map.isfinite()', 'noise_map: negative'),
    ('sampler', '(v + w)/2 for v, w', '(3*v + w)/4 for v, w', 'heun: not the mean'),
    ('sampler', 'reverse_step(x, est, step.at, step.to), step.to, step.s)', 'x, step.to, step.s)', 'heun: the same state asked again'),
    ('sampler', 'step.to), step.to, step.s)', 'step.to), step.at, step.t)', 'heun: asks at the old place'),
    ('sampler', '(step.at.bbar == 0) == (step.to.bbar == 0)', 'True', 'heun: asks where noise begins or ends'),
    ('sampler', 'return step.to != CLEAN and', 'return True and', 'heun: asks at the clean image'),
    ('sampler', 'if shape not in (None, v.shape)', 'if False', 'sample: a shape that contradicts the images'),
    ('sampler', 'if not v.numel(): raise', 'if False: raise', 'sample: images without pixels'),
    ('sampler', 'tuple(map(int, shape))', 'tuple(shape)', 'sample: a shape of floats'),
    ('sampler', 'h/-math.expm1(-h) - 1', 'h/2', 'multistep: the middle of the step'),
    ('sampler', '1)/back*(est.x0 - last[1])', '1)/h*(est.x0 - last[1])', 'multistep: slope over the wrong step'),
    ('sampler', '1)/back*(est.x0 - last[1])', '1)/back*(last[1] - est.x0)', 'multistep: sign of the slope'),
    ('sampler', '_moved(est.x0 + d, d, est.res, est.eps, *step.at)', '_moved(est.x0 + d, d, est.res, est.eps, *step.to)', 'multistep: noise moves as at the target'),
    ('sampler', '_moved(est.x0 + d, d, est.res, est.eps, *step.at)', 'est._replace(x0=est.x0 + d)', 'multistep: residual and noise stay'),
    ('sampler', 'math.log((1 - p.abar)/p.bbar)', 'math.log(1/p.bbar)', 'multistep: level without the clean share'),
    ('sampler', 'last = (m.at, state.x0) if', 'last = (m.to, state.x0) if', 'multistep: remembers the wrong place'),
    ('sampler', 'if any(m.sigma2 > 0 < m.at.bbar for m in moves):', 'if False:', 'second order: fresh noise passes'),
    ('sampler', "if clip not in ('x0', None):", 'if False:', 'second order: the official clamp passes'),
    ('sampler', 'if len(moves) > 1 and all(m.at.bbar == 0 for m in moves):', 'if False:', 'multistep: a path without noise passes'),
    ('sampler', 'len(moves) > 1 and all(m.at.bbar', 'all(m.at.bbar', 'multistep: one step of a bridge refused'),
    ('sampler', '- _lam(m.at)) < 1e-9', '- _lam(m.at)) < -1', 'multistep: standing still passes'),
    ('sampler', 'if not x.isfinite().all(): raise FloatingPointError', 'if False: raise FloatingPointError', 'sample: NaN returned in silence'),
    ('sampler', 'return tqdm(moves, desc', 'return tqdm(iter(moves), desc', 'progress bar: does not know how many steps'),
    ('sampler', 'if not _is_count(scale): raise', 'if False: raise', 'film: no pixel is drawn'),
    ('sampler', 'if not _within(seconds, .01, 100): raise', 'if False: raise', 'film: runs backwards'),
    # images and degradations
    ('degrade','return lo + (hi - lo)*_rand','return lo - (hi - lo)*_rand','between: sign'),
    ('degrade','return lo + (hi - lo)*_rand','return lo + hi*_rand','between: range'),
    ('degrade','torch.rand((len(x), *shape)','torch.rand((1, *shape)','rand: one draw for the whole batch'),
    ('degrade','torch.rand((len(x), *shape), dtype=x.dtype, device=device, generator=generator)','torch.rand((len(x), *shape), dtype=x.dtype, device=device)','rand: generator forgotten'),
    ('degrade',"slant.cos() - r.view(1, -1, 1)*slant.sin()","slant.cos() + r.view(1, -1, 1)*slant.sin()",'streaks: sheared, not turned'),
    ('degrade',"across = r.view(1, 1, -1)*slant.cos() - r.view(1, -1, 1)*slant.sin()","across = r.view(1, -1, 1)*slant.cos() - r.view(1, 1, -1)*slant.sin()",'streaks: lie flat'),
    ('degrade','(1.1 - across.abs())','(1.1 + across.abs())','streaks: widen without end'),
    ('degrade','seeds < density/reach','seeds > density/reach','streaks: everywhere but at the seeds'),
    ('degrade','seeds < density/reach','seeds < density*reach','streaks: long ones more frequent'),
    ('degrade','_between(x, .5, 1., *seeds','_between(x, 1., 1., *seeds','streaks: all equally opaque'),
    ('degrade','_between(x0, -.5, .5, 1, 1','_between(x0, 0., .5, 1, 1','rain: leans one way'),
    ('degrade','1 - .92*streaks','1 + .92*streaks','rain: sign of the opacity'),
    ('degrade','.prod(0)','.sum(0)','rain: layers added'),
    ('degrade','*(1 - (.1*_rand','*(1 + (.1*_rand','rain: veil with the wrong sign'),
    ('degrade','(.1*_rand(x0, 1, 1, 1, generator=generator) if amount else 0.)','0.*_rand(x0, 1, 1, 1, generator=generator)','rain: no veil'),
    ('degrade','.95 + clear*(x0 - .95)','.95 - clear*(x0 - .95)','rain: mirrored image'),
    ('degrade','.95 + clear*(x0 - .95)','-.95 + clear*(x0 + .95)','rain: black streaks'),
    ('degrade','.95 + clear*(x0 - .95)','x0 + (1 - clear)','rain: added instead of laid over'),
    ('degrade','(min(h, w)/32)**.5','(min(h, w)/32)**0','rain: scale does not grow'),
    ('degrade','math.ceil(h/k)','math.ceil(h*k)','rain: scale upside down'),
    ('degrade','dict(scale=1, k=1,','dict(k=1,','rain: scale unchecked'),
    ('degrade','torch.arange(n, dtype=x.dtype, device=x.device) + .5)/n','torch.arange(n, dtype=x.dtype, device=x.device) - n)/n','pixels: shifted'),
    ('degrade','(y - cy).abs() < h/2','(y - cy).abs() > h/2','mask: inside out'),
    ('degrade','(y - cy).abs() < h/2','(y + cy).abs() < h/2','mask: sign of the centre'),
    ('degrade','(x - cx).abs() < w/2','(x - cx).abs() < w','mask: twice as wide'),
    ('degrade','(side, side, (.15','((.15, .85), (.15, .85), (.15','mask: sides ignored'),
    ('degrade','hole |=','hole ^=','mask: overlaps come back'),
    ('degrade','torch.where(hole, 0., x0)','torch.where(hole, -1., x0)','mask: black holes'),
    ('degrade','torch.where(hole, 0., x0)','x0.mul_(~hole)','mask: changes the clean images'),
    ('degrade','hole = torch.zeros_like(x0[:, :1]','hole = torch.zeros_like(x0[:1, :1]','mask: one mask'),
    ('degrade',"(p, p, p, p), mode='replicate'","(p, p, p, p), mode='constant'",'blur: dark edges'),
    ('degrade','kernels.repeat_interleave(c, 0)','kernels.repeat(c, 1, 1)','blur: kernels mixed up between images'),
    ('degrade','r*turn.cos() + r[:, None]*turn.sin()','r*turn.cos() - r[:, None]*turn.sin()','blur: sheared, not turned'),
    ('degrade','r[:, None]*turn.cos() - r*turn.sin()','r[:, None]*turn.cos() + r*turn.sin()','blur: sign of the turn'),
    ('degrade','(-(u/long)**2/2 - (v/short)**2/2)','(-(u/long)**2/2 + (v/short)**2/2)','blur: grows across'),
    ('degrade','(-(u/long)**2/2 - (v/short)**2/2)','(-(u/long)**2 - (v/short)**2)','blur: factor 2'),
    ('degrade','k/k.sum((1, 2), keepdim=True)','k/k.amax((1, 2), keepdim=True)','blur: not normalised'),
    ('degrade','max(6, math.ceil(2*max(*width, *across)))','6','blur: kernel cut off'),
    ('degrade','0, math.pi, 1, 1, generator','0, 0., 1, 1, generator','blur: never turned'),
    ('degrade','def _light(x): return (x + 1)/2','def _light(x): return (x - 1)/2','light: sign'),
    ('degrade','def _light(x): return (x + 1)/2','def _light(x): return x + 1','light: factor'),
    ('degrade','clamp(min=0)**curve + grain','clamp(min=0)*curve + grain','dark: no power'),
    ('degrade','**curve + grain*_normal','**curve + left*grain*_normal','dark: grain dimmed too'),
    ('degrade','y = left*_light','y = _light','dark: no gain'),
    ('degrade','return (2*y - 1).clamp(-1, 1)','return (2*y + 1).clamp(-1, 1)','dark: sign of the offset'),
    ('degrade','return (2*y - 1).clamp(-1, 1)','return 2*y - 1','dark: not clamped'),
    ('degrade','torch.randn(x.shape, dtype','torch.rand(x.shape, dtype','normal: uniform'),
    ('degrade','**2 + shot**2*_light','**2 - shot**2*_light','noise: sign of the shot part'),
    ('degrade','shot**2*_light(x0).clamp(min=0)','shot**2*_light(x0).clamp(min=0)**2','noise: shot noise grows with the light'),
    ('degrade','.clamp(min=0)).sqrt()','.clamp(min=0))','noise: variance for deviation'),
    ('degrade','(x0 + s*_normal(x0, generator)).clamp(-1, 1)','x0 + s*_normal(x0, generator)','noise: not clamped'),
    ('degrade','(x0 + s*_normal','(x0 + s*_normal(x0, generator)[:, :1] if 0 else x0 + s*_normal(x0, generator)[:, :1]*1.0 + 0*s*_normal','noise: grey noise'),
    ('degrade','(y - .5 - d*a.sin())','(y - .5 - d)','shadow: always low'),
    ('degrade','(x - .5 - d*a.cos())','(x + .5 - d*a.cos())','shadow: always left'),
    ('degrade','(r - dist)/soft','(dist - r)/soft','shadow: inside out'),
    ('degrade','(r - dist)/soft*2','(r - dist)/soft*200','shadow: hard edges'),
    ('degrade','[.92, .97, 1.12]','[1.12, .97, .92]','shadow: red'),
    ('degrade','1 - inside*(1 -','1 + inside*(1 -','shadow: brightens'),
    ('degrade','.clamp(max=1))','.clamp(max=2))','shadow: may brighten'),
    ('degrade','2*_light(x0)*keep - 1','2*_light(x0)*keep','shadow: offset lost'),
    ('degrade','math.ceil(bends*v/min(h, w)) + 1','bends + 1','holes: stretched with the image'),
    ('degrade','generator=generator) - .5','generator=generator)','holes: noise never crosses zero'),
    ('degrade',"align_corners=True).abs()","align_corners=True)",'holes: blobs, not strokes'),
    ('degrade','*h*w).long()','*h).long()','holes: share of the rows'),
    ('degrade','_between(x0, *share, 1, generator','share[0] + 0*_between(x0, *share, 1, generator','holes: always the least share'),
    ('degrade','f < q.view(-1, 1, 1, 1), 0., x0','f > q.view(-1, 1, 1, 1), 0., x0','holes: inside out'),
    ('degrade','f < q.view(-1, 1, 1, 1), 0., x0','f < q.view(-1, 1, 1, 1), -1., x0','holes: black'),
    ('degrade','dict(scale=1, k=1,','dict(scale=1,','small: size unchecked'),
    ('degrade',"-h % k), mode='replicate'), k)","-h % k)), k)",'small: edges mixed with grey'),
    ('degrade',"scale_factor=float(k), mode='bilinear')","scale_factor=float(k), mode='bicubic')",'small: overshoots'),
    ('degrade',"scale_factor=float(k), mode='bilinear')","scale_factor=float(k), mode='bilinear', align_corners=True)",'small: stretched'),
    ('degrade','[.299, .587, .114]','[.114, .587, .299]','grey: blue for red'),
    ('degrade','[.299, .587, .114]','[1/3, 1/3, 1/3]','grey: mean of the channels'),
    ('degrade','if (c := x0.shape[1]) not in (1, 3): raise','if (c := x0.shape[1]) in (): raise','grey: channels unchecked'),
    ('degrade','(radius[1] - radius[0])*u**2)','(radius[1] - radius[0])*u)','lenses: large ones as frequent'),
    ('degrade','*u**2)*min(h, w)','*u**2)*max(h, w)','lenses: grow with the longer side'),
    ('degrade','(across - cx)*w/r, (down - cy)*h/(r*tall)','(across - cx)*h/r, (down - cy)*w/(r*tall)','lenses: sides exchanged'),
    ('degrade','(down - cy)*h/(r*tall)','(down - cy)*h*tall/r','lenses: wider than tall'),
    ('degrade','(across**2 + down**2).sqrt().min(1','(across**2 + down**2).sqrt().max(1','lenses: the farthest drop counts'),
    ('degrade','turn = view/2*(1 + q**2)','turn = -view/2*(1 + q**2)','drops: scene upright'),
    ('degrade','turn = view/2*(1 + q**2)','turn = view*(1 + q**2)','drops: view twice as wide'),
    ('degrade','turn = view/2*(1 + q**2)','turn = view/2*(1 + q)','drops: other lens'),
    ('degrade','cy - turn*(y - cy)','y','drops: only left and right exchanged'),
    ('degrade','F.grid_sample(_small(x0, k=max(1, round(side/16)))','F.grid_sample(_small(x0, k=1)','drops: sharp'),
    ('degrade','(-((down + .45)**2','(-((down - .45)**2','drops: highlight below'),
    ('degrade','(across + .35)**2','(across - .35)**2','drops: highlight at the right'),
    ('degrade','(1 - .45*q.clamp(max=1)**4)','(1 + .45*q.clamp(max=1)**4)','drops: bright rim'),
    ('degrade','(1 - spot)*(2 - 2*_light(seen)','(1 - spot)*(2 - _light(seen)','drops: half the light'),
    ('degrade','((1 - q)*r/max(1.5, side/40)).clamp(0, 1)','(q < 1)','drops: hard edge'),
    ('degrade','((1 - q)*r/max','((q - 1)*r/max','drops: inside out'),
    ('degrade','if not number: return x0.clone()','if not number: return x0 + 1','drops: none is not nothing'),
    ('degrade','where.dtype != torch.bool: raise','where.dtype is None: raise','keeping: mask unchecked'),
    ('degrade','(x_in.abs() > _HOLE).any(1, keepdim=True) if','(x_in.abs() > _HOLE).all(1, keepdim=True) if','keeping: grey in one channel is a hole'),
    ('degrade','(x_in.abs() > _HOLE).any(1, keepdim=True) if','(x_in.abs() <= _HOLE).all(1, keepdim=True) if','keeping: the hole is known'),
    ('degrade','res, b = x_in - x0,','res, b = x0 - x_in,','keeping: sign of the residual'),
    ('degrade','eps = (x_t - x0 - abar*res)','eps = (x_t - x0 - res)','keeping: the whole residual taken off'),
    ('degrade','eps = (x_t - x0 - abar*res)','eps = (x_t - x_in - abar*res)','keeping: noise around the input'),
    ('degrade','/torch.where(b == 0, 1., b)','/torch.where(b == 0, 1., b**2)','keeping: variance for deviation'),
    ('degrade','/torch.where(b == 0, 1., b)','/b','keeping: divides by zero'),
    ('degrade','torch.as_tensor(bbar, dtype=x_t.dtype, device=x_t.device)','torch.as_tensor(bbar)','keeping: bbar in single precision'),
    ('degrade','torch.where(where, known, got)','torch.where(where, got, known)','keeping: exchanged'),
    ('degrade','None if got is None else torch.where','known if got is None else torch.where','keeping: adds what was not predicted'),
    ('degrade',"getattr(self.model, 'schedule', None)","None",'keeping: forgets the schedule'),
    ('degrade',"self.register_buffer('x0', x0, persistent=False)","self.register_buffer('x0', x0)",'keeping: images among the weights'),
    ('degrade','dict(rain=_rain, mask=_mask','dict(rain=_rain, mask=_rain','registry: wrong function'),
    ('degrade',"task:str='rain'","task:str='mask'",'degrade: other default'),
    ('degrade','return TASKS[task](x0, generator, **options)','return TASKS[task](x0, **options)','degrade: generator forgotten'),
    ('degrade', 'return TASKS[task](x0, generator, **options)', 'return TASKS[task](x0, generator)', 'degrade: options forgotten'),
    ('degrade',"check_images(x0, 'x0').ndim","x0.ndim",'degrade: images unchecked'),
    ('degrade', 'width=.01, across=.01, radius=.01)', 'width=.01)', 'degrade: blur and drops of no size give NaN'),
    ('degrade', 'if name not in known:', 'if False:', 'degrade: an option that there is not'),
    ('degrade', '_within(lo, least) and _within(hi, lo)', '_within(lo, least) and _within(hi, least)', 'degrade: a pair the wrong way round'),
    ('degrade', 'if _within(v, least) and not', 'if not', 'degrade: an amount below its least'),
    ('degrade', 'and not (whole and v != int(v))', '', 'degrade: half a hole'),
    ('degrade', 'return int(v) if whole else v', 'return v', 'degrade: 2. is no number of holes'),
    ('degrade', 'if v is default or not isinstance(default', 'if not isinstance(default', 'degrade: None refused where it is the default'),
    ('degrade', 'if not isinstance(generator, (torch.Generator, type(None))):', 'if False:', 'degrade: any generator'),
    ('sample_images',"if split in (None, o['split'])]\n\n","]\n\n",'in_split: everything'),
    ('sample_images',"split not in (None, 'train', 'test')","False",'in_split: typo passes'),
    ('sample_images','.permute(2, 0, 1).contiguous()','.permute(2, 1, 0).contiguous()','read: transposed'),
    ('sample_images',"_read(o['file']).clone()","_read(o['file'])",'photos: cache handed out'),
    ('sample_images',"groups.setdefault(o['photo'], [])","groups.setdefault(o['file'], [])",'groups: tiles count as photographs'),
    ('sample_images','avg_pool2d(_read(o[\'file\']).float(), shrink)','max_pool2d(_read(o[\'file\']).float(), shrink)','groups: maximum'),
    ('sample_images','pick(x.shape[1] - size + 1), pick','pick(x.shape[1] - size), pick','crop: last row never'),
    ('sample_images','pick(x.shape[1] - size + 1), pick(x.shape[2] - size + 1)','pick(x.shape[1] - size + 1), pick(x.shape[1] - size + 1)','crop: columns drawn like rows'),
    ('sample_images','x[:, i:i + size, j:j + size]','x[:, j:j + size, i:i + size]','crop: places swapped'),
    ('sample_images','x.flip(2) if pick(2) else x','x','crop: never mirrored'),
    ('sample_images','x.flip(2) if pick(2) else x','x.flip(1) if pick(2) else x','crop: upside down'),
    ('sample_images','size <= smallest','size <= smallest + 1','crops: one too large'),
    ('sample_images', "_whole(n, 'n', 1)", "_whole(n, 'n')", 'crops: nothing asked for'),
    ('sample_images', "_whole(size, 'size')", 'size', 'crops: a size that is a word'),
    ('degrade', '_check_model(model)', 'pass', 'KnownPixels: anything for a network'),
    ('degrade', "if where is not None: _check_tensor(where, 'where')", 'pass', 'KnownPixels: arrays'),
    ('degrade', "if x0 is not None: check_images(x0, 'x0')", 'pass', 'KnownPixels: whole numbers for a clean image'),
    ('degrade', '_HOLE = .75/127.5', '_HOLE = 0.', 'KnownPixels: a hole from a file is known'),
    ('degrade', ".reshape(1, b*c, h + 2*p", ".view(1, b*c, h + 2*p", 'degrade: channels last'),
    ('sampler', 'for m in _networks(model) if m.training]', 'for m in model.modules() if m.training] if isinstance(model, torch.nn.Module) else []', 'sample: a wrapped network stays in training mode'),
    ('sampler', "if torch.is_tensor(cond) and cond.ndim == x_in.ndim: check_images(cond, 'cond')", 'pass', 'sample: any condition'),
    ('sampler', 'if sum(times) > 655_000', 'if False', 'Trace.save: films longer than a file can hold'),
    ('unet', "if not (torch.is_tensor(cond) and cond.is_floating_point()): check_images(cond, 'cond')", 'pass', 'condition: arrays'),
    ('estimate', 'if cond is not None: _check_takes_cond(model)', 'pass', 'predict: a condition for what takes none'),
    ('estimate', "p.name == 'cond' or ", '', 'predict: a condition by name is none'),
    ('runtime', ", *getattr(m, '__dict__', {}).values()]", "]", '_networks: only modules wrap'),
    ('runtime', 'd = v if isinstance(v := d.get(k), dict) else {}', 'd = d.get(k, {})', '_about: what is within is no dict'),
    ('runtime', "if isinstance(d := getattr(m, name, None), dict)), {})", "if (d := getattr(m, name, None)) is not None), {})", '_about: whatever it is'),
    ('models', "_about(model, 'meta'), _about", "getattr(model, 'meta', None) or {}, _about", 'steps: a wrapper recommends nothing'),
    ('hub', 'whole.to(next(net.parameters()).dtype)', 'whole', 'unfused: in single precision'),
    ('hub', 'v.equal(theirs[k].to(v))', 'v.to(theirs[k]).equal(theirs[k])', 'unfused: half precision is another network'),
    ('export', "_Recorded(net), _about(net, 'config')", "_Recorded(net), getattr(net, 'config', {})", 'to_onnx: options of a variant'),
    ('images', 'torch.bool: f"use 2*{name}.float() - 1"', '', 'check_images: a mask of booleans'),
    ('degrade', 'if v.ndim > x_in.ndim or any(n not in (1, m) for n, m in zip(v.shape[::-1], x_in.shape[::-1]))', 'if False', 'KnownPixels: of another size'),
    ('sample_images',"split:str|None='train', # 'train', 'test' or None","split:str|None='test', # 'train', 'test' or None",'crops: held-out by default'),
    ('sample_images','if size < 1 or 32 % size','if False','emoji: size unchecked'),
    ('sample_images','.unfold(1, 32, 32).unfold(2, 32, 32)','.unfold(2, 32, 32).unfold(1, 32, 32)','emoji: sheet read by columns'),
    ('sample_images','avg_pool2d(x, 32//size)','max_pool2d(x, 32//size)','emoji: maximum'),
    ('sample_images','shrink:int=2, # first','shrink:int=1, # first','crops: other default shrink'),
    ('sample_images', 'n, (), device=generator.device,', 'n, (),', 'crops: drawn on the CPU'),
    ('sample_images', 'check_seed(seed)', 'seed', 'crops: any seed is taken'),
    # unet
    ('unet', 'if not holds: raise ValueError', 'if False: raise ValueError', 'check_options: nothing is refused'),
    ('unet', 'a = v[:, None]*', 'a = 2*v[:, None]*', 'sinusoidal_embedding: frequencies doubled'),
    ('unet', 'math.log(last/first)', 'math.log(last)', 'sinusoidal_embedding: last not relative to the first'),
    ('unet', 'v[:, None]*first*', 'v[:, None]*', 'sinusoidal_embedding: first forgotten'),
    ('unet', 'max(n - 1, 1)', 'n', 'sinusoidal_embedding: last frequency missed'),
    ('unet', 'v = v.to(torch.promote_types(v.dtype, torch.float32))', 'v = v*1', 'sinusoidal_embedding: in half precision'),
    ('unet', 'torch.cat([a.sin(), a.cos()], 1)', 'torch.cat([a.sin(), a.sin()], 1)', 'sinusoidal_embedding: no cosines'),
    ('unet', 'torch.cat([a.sin(), a.cos()], 1)', 'torch.cat([a.cos(), a.sin()], 1)', 'sinusoidal_embedding: other order'),
    ('unet', "((abar, 'abar'), (bbar, 'bbar'))", "((abar, 'abar'), (abar, 'bbar'))", 'CoefficientEmbedding: does not look at bbar'),
    ('unet', 'sinusoidal_embedding(t, 16, 1e-4, 1.)', 'sinusoidal_embedding(t, 16)', 'CoefficientEmbedding: nodes at the frequencies of coefficients'),
    ('unet', 'dtype=torch.promote_types(x.dtype, torch.float32), device', 'dtype=x.dtype, device', 'per_image: in half precision'),
    ('unet', 'v.shape[0] not in (1, x.shape[0])', 'False', 'per_image: any number of values'),
    ('unet', '    if v is None: raise', '    if False: raise', 'per_image: any place'),
    ('unet', 'not isinstance(v, bool) and v >= least', 'v >= least', 'check_options: True is a whole number'),
    ('unet', "config['dim'] % 8 == 0", 'True', 'check_options: any width'),
    ('unet', "_is_whole(config['channels'], 1)", "_is_whole(config['channels'], 0)", 'check_options: no channels'),
    ('unet', "for name in ('takes_input', 'takes_cond'): need", "for name in ('takes_input',): need", 'check_options: a condition of any kind'),
    ('optim', 'nn.parallel.DistributedDataParallel, AveragedModel)', 'nn.parallel.DistributedDataParallel)', 'unwrap: averaged networks stay wrapped'),
    ('unet', "k.replace('_orig_mod.', '')", 'k', 'save_model: names of compiled parts'),
    ('unet', 'if v.shape != own.shape:', 'if False:', 'check_weights: any shape'),
    ('unet', 'v.dtype in _PRECISIONS if own.dtype in _PRECISIONS else v.dtype == own.dtype', 'True', 'check_weights: any kind of number'),
    ('unet', 'if not v.isfinite().all():', 'if v.isnan().any():', 'check_weights: infinite values'),
    ('unet', 'if lost or foreign:', 'if lost:', 'check_weights: foreign tensors'),
    ('unet', 'torch.promote_types, found)', 'lambda a, b: b, [torch.float32, *found])', 'precision_of: any of them'),
    ('unet', "if name in (kind, cls)", 'if name == cls', 'network_class: kinds forgotten'),
    ('unet', "if 'sees_input' not in config: return state, config", '', 'from_older: new files renamed'),
    ('unet', "(^|\\.)(", '()(', 'from_older: parts of names renamed'),
    ('unet', '(1 + scale) + shift', '(1 - scale) + shift', 'ResBlock: sign of the scale'),
    ('unet', '(1 + scale) + shift', '(1 + scale) - shift', 'ResBlock: sign of the shift'),
    ('unet', '(1 + scale) + shift', '(1 + scale)', 'ResBlock: no shift'),
    ('unet', '(1 + scale) + shift', 'scale + shift', 'ResBlock: scale from zero'),
    ('unet', 'return self.shortcut(h) + F.silu', 'return F.silu', 'ResBlock: no way shortcut'),
    ('unet', 'return self.shortcut(h) + F.silu', 'return self.shortcut(h) - F.silu', 'ResBlock: sign of the way through'),
    ('unet', 'self.norm2(self.conv2(y))', 'self.conv2(self.norm2(y))', 'ResBlock: normalised too early'),
    ('unet', 'self.qkv(self.norm(h))', 'self.qkv(h)', 'Attention: not normalised'),
    ('unet', 'return h + self.out', 'return h - self.out', 'Attention: sign'),
    ('unet', 'return h + self.out', 'return self.out', 'Attention: no way shortcut'),
    ('unet', 'self.out(a.transpose(-1, -2).reshape', 'self.out(a.reshape', 'Attention: places and channels mixed up'),
    ('unet', 'if max(size) <= _WHOLE else', 'if True else', 'Attention: all ask all, however many'),
    ('unet', '(seen - block)//2).clamp', '0).clamp', '_ask_around: squares that look to one side'),
    ('unet', 'clamp(max=n - seen).clamp(min=0)', 'clamp(max=n).clamp(min=0)', '_ask_around: squares beyond the edge'),
    ('unet', '.permute(0, 1, 4, 2, 5, 3, 6)', '.permute(0, 1, 5, 2, 4, 3, 6)', '_ask_around: squares put together wrongly'),
    ('unet', '_cut(k, r, s), _cut(v, r, s))', '_cut(v, r, s), _cut(k, r, s))', '_ask_around: keys for values'),
    ('unet', 'not torch.is_grad_enabled() or x.shape', 'x.shape', '_lay_out: large images only'),
    ('unet', '>= 64*64', '>= 0', '_lay_out: small crops too'),
    ('unet', "('cpu', 'cuda') and x.dtype != torch.float64", "('cpu', 'cuda')", '_lay_out: double precision too'),
    ('unet', '[..., :h, :w].contiguous()', '[..., :h, :w]', 'UNet: results that cannot be viewed'),
    ('unet', 'nn.init.zeros_(p)', 'nn.init.ones_(p)', 'UNet: does not start at zero'),
    ('unet', 'seen.append(x_in.to(x_t.dtype))', 'seen.insert(0, x_in.to(x_t.dtype))', 'UNet: state and input swapped'),
    ('unet', 'pad = (0, -w % multiple, 0, -h % multiple)', 'pad = (-w % multiple, 0, -h % multiple, 0)', 'UNet: padded at the other side'),
    ('unet', "mode='replicate'", "mode='constant'", 'UNet: padded with zeros'),
    ('unet', 'torch.cat([h, skip], 1)', 'torch.cat([skip, h], 1)', 'UNet: skips on the other side'),
    ('unet', 'after(attention(before(h, e)), e)', 'attention(after(before(h, e), e))', 'UNet: attention at the end of the middle'),
    ('unet', "mode='nearest'", "mode='bilinear'", 'UNet: enlarged smoothly'),
    ('unet', '[..., :h, :w]', '[..., -h:, -w:]', 'UNet: padding cut at the wrong side'),
    ('unet', 'Prediction(*out.chunk(2, 1))', 'Prediction(*out.chunk(2, 1)[::-1])', 'UNet: residual and noise swapped'),
    # demo
    ('demo', 'x.flip(3), x)', 'x.flip(2), x)', 'draw_pairs: upside down'),
    ('demo', '.to(x.device) < .5', '.to(x.device) < 0', 'draw_pairs: never flipped'),
    ('demo', "torch.randint(1, schedule.T + 1", "torch.randint(0, schedule.T", 'diffusion_loss: nodes 0..T-1'),
    ('demo', 'base, t = first[0], 1 +', 'base, t = x0, 1 +', 'diffusion_loss: second diffusion_loss at the truth'),
    ('demo', '1 + (torch.rand', '0 + (torch.rand', 'diffusion_loss: second diffusion_loss at the clean node'),
    ('demo', 'generator=generator)*first[1])', 'generator=generator)*schedule.T)', 'diffusion_loss: second diffusion_loss anywhere'),
    ('demo', 'q_sample(base, x_in, eps, abar, bbar)', 'q_sample(base, x_in, eps, bbar, abar)', 'diffusion_loss: coefficients swapped'),
    ('demo', 'x_in, abar, bbar, t.to(x0.device), cond)', 'x_in, bbar, abar, t.to(x0.device), cond)', 'diffusion_loss: network told the wrong place'),
    ('demo', 'loss_of(pred, x_in - x0, eps, kind)', "loss_of(pred, x_in - x0, eps, 'l2')", 'diffusion_loss: squared error'),
    ('demo', 'loss_of(pred, x_in - x0, eps, kind)', 'loss_of(pred, x0 - x_in, eps, kind)', 'diffusion_loss: sign of the residual'),
    ('demo', 'loss_of(pred, x_in - x0, eps, kind)', 'loss_of(pred, x_in - base, eps, kind)', 'diffusion_loss: second diffusion_loss with the residual of the guess'),
    ('demo', '(x_in - pred.res.detach())', '(x_in + pred.res.detach())', 'diffusion_loss: sign of the guess'),
    ('demo', '(x_in - pred.res.detach()).clamp(-1, 1)', '(x_in - pred.res.detach())', 'diffusion_loss: guess not kept an image'),
    ('optim', 'min(1., (step + 1)/warmup)', 'min(1., step/warmup)', 'lr_factor: first step at zero'),
    ('optim', '1 + math.cos', '1 - math.cos', 'lr_factor: cosine upside down'),
    ('optim', '.01 + .99*', '.1 + .9*', 'lr_factor: ends at 10 %'),
    ('demo', 'self.clock() - self.start', 'self.clock() + self.start', 'Budget: sign of the start'),
    ('demo', '1. if self.stop else', '0. if self.stop else', 'Budget: stop ignored'),
    ('demo', 'step/self.max_steps', '(step + 1)/self.max_steps', 'Budget: one step too few'),
    ('optim', '(1 + self.step)/(10 + self.step)', '1', 'EMA: no warm-up'),
    ('optim', 'zip(net.parameters(), wide)], 1 - d)', 'zip(net.parameters(), wide)], d)', 'EMA: weights swapped'),
    ('optim', 'min(self.decay,', 'max(self.decay,', 'EMA: decay as the least'),
    ('demo', 'lr*lr_factor(step, u)', 'lr', 'training_steps: lr_factor not used'),
    ('demo', 'if twice and first is None', 'if first is None', 'training_steps: always looks twice'),
    ('demo', 'if first is None: x0, x_in, *cond = draw(generator)', 'x0, x_in, *cond = draw(generator)', 'training_steps: a new batch for the second diffusion_loss'),
    ('demo', 'loss.backward()', '(-loss).backward()', 'training_steps: climbs'),
    ('demo', '    return ema.net', '    return net', 'train_demo: the last weights instead of the average'),
    ('demo', '(many - start)', '(start - many)', 'score_held_out: sign of the gain'),
    ('demo', 'many - one', 'one - many', 'score_held_out: sign of the gain of steps'),
    ('demo', 'for s in (1, steps)', 'for s in (steps, 1)', 'score_held_out: one and many swapped'),
    ('demo', '.argmin(1)]', '.argmax(1)]', 'nearest: farthest'),
    ('demo', '    device = pick_device(device)\n', '', 'train_demo: any device is taken'),
    ('demo', 'len(x), (n,), device=at,', 'len(x), (n,),', 'draw_pairs: which are drawn on the CPU'),
    ('demo', '1, 1, 1, device=at,', '1, 1, 1,', 'draw_pairs: flips are drawn on the CPU'),
    ('demo', '(len(x0),), device=at,', '(len(x0),),', 'diffusion_loss: nodes are drawn on the CPU'),
    ('demo', 'torch.rand(len(x0), device=at,', 'torch.rand(len(x0),', 'diffusion_loss: second nodes are drawn on the CPU'),
    ('demo', "_whole(n, 'n', 1), size, seed", "n, size, seed", 'result_sheet: of any number'),
    ('demo', 'most = max(1, min(steps, n - 1))', 'most = min(steps, n - 1)', 'result_sheet: of one image'),
    ('demo', '@torch.inference_mode(False)\ndef training_steps', 'def training_steps', 'training_steps: inside no_grad'),
    ('demo', '@torch.inference_mode(False)\ndef train_demo', 'def train_demo', 'train_demo: inside inference_mode'),
    # official
    ('official', 'self._conv_forward(h, self.standardised(), self.bias)', 'self._conv_forward(h, self.weight, self.bias)', 'StandardConv: not standardised'),
    # evaluate
    ('evaluate', '(max if METRICS[m].higher_is_better else min)(each)', 'max(each)', 'metrics: the worst difference as the best'),
    ('evaluate', 'sum(each)/len(each)', 'max(each)', 'metrics: the best as the mean'),
    ('evaluate', 'of(self.samples.mean(0))', 'of(self.samples[0])', 'metrics: the first as the mean'),
    ('evaluate', '.var(0).mean(0).sqrt()', '.std(0).mean(0)', 'std: deviations of colours averaged'),
    ('evaluate', '(1 + 1/k)*s.square()', 's.square()', 'calibration: scatter of the mean forgotten'),
    ('evaluate', '(1 + 1/k)*s.square()', '(1 - 1/k)*s.square()', 'calibration: scatter of the mean taken away'),
    ('evaluate', '(found/expected).sqrt()', '(expected/found).sqrt()', 'calibration: ratio turned round'),
    ('evaluate', 'if all(1/self.factor <= r', 'if any(1/self.factor <= r', 'calibration: one good group is enough'),
    ('evaluate', 'reverse=METRICS[first].higher_is_better', 'reverse=not METRICS[first].higher_is_better', 'best_median_worst: best and worst swapped'),
    ('evaluate', 'seed=seed + k', 'seed=seed', 'from_model: one seed for all'),
    ('evaluate', "_RESULTS = (*_FILES, 'spread')", "_RESULTS = ()", 'results written over'),
    ('evaluate', 'sum(v)/len(v) if v', 'max(v) if v', 'means: the best image as the mean'),
    ('evaluate', 'mean(_finite(v))', 'mean(v)', 'means: infinite numbers in the mean'),
    ('evaluate', 'v.std()/n**.5', 'v.std()/n', 'statistics: standard error divided by n'),
    ('evaluate', 'infinite=len(each) - n', 'infinite=0', 'statistics: infinite numbers not counted'),
    ('evaluate', 'mask if takes else None', 'None', 'from_model: mask not handed on'),
    ('evaluate', 'report((k + share)/seeds)', 'report(k/seeds)', 'from_model: the share within a restoration is not told'),
    ('evaluate', "self.files[case.name] = file", "self.files[case.name] = self.folder/'column0.png'", '_Kept: one column for all'),
    ('evaluate', '_load(p.x0), image, mask)', '_load(p.x0), image, None)', 'from_model: no region'),
    ('evaluate', 'if see: see(case)', 'pass', 'evaluate: nobody sees the cases'),
    ('evaluate', """        try: case = _take(ev, replace(cases[name](), name=name), measures)
""", """        try:
            case = _take(ev, replace(cases[name](), name=name), measures)
            if see: see(case)
            continue
""", 'evaluate: what cannot be kept is the fault of an image'),
    ('evaluate', "explain(e, isinstance(e, OSError) and a.out)", "explain(e)", 'evaluate: a full disk without its folder'),
    ('evaluate', "('inputs' if a.model else 'restored', 'targets')", "('restored', 'targets')", 'evaluation.json: inputs as restorations'),
    ('evaluate', "dict(_compared(a), **about, ", "dict(about, ", 'evaluation.json: what was compared is not said'),
    ('evaluate', "match(results, targets, inputs, **rule)", "match(results, targets, inputs)", 'from_folders: inputs paired by name always'),
    ('evaluate', "    ev.notes.update(case.notes)\n", "", 'evaluate: notes are lost'),
    ('evaluate', "with folder_lock(claim_folder(a.out, _RESULTS, a.force)):", "if claim_folder(a.out, _RESULTS, a.force):", 'two evaluations in one folder'),
    ('evaluate', "unused = [] if self.model else", "unused = [] and", 'options that nothing obeys'),
    ('evaluate', 'if stop: raise KeyboardInterrupt', 'if False: raise KeyboardInterrupt', 'evaluate: deaf to signals'),
    ('evaluate', "    finally: shutil.rmtree(work, ignore_errors=True)", "    finally: pass", 'evaluate: unfinished results stay'),
    ('official', 'F.layer_norm(w.flatten(1), (w[0].numel(),), eps=1e-5)', '(w.flatten(1)/w.flatten(1).std(1, keepdim=True))', 'StandardConv: mean kept'),
    ('official', 'self.gain.shape[1:2], self.gain.flatten(), eps', 'self.gain.shape[1:2], None, eps', 'ChannelNorm: no gain'),
    ('official', 'self.gain.flatten(), eps=1e-5', 'self.gain.flatten(), eps=1e-2', 'ChannelNorm: another small number'),
    ('official', 'self.film(F.silu(e))', 'self.film(e)', 'OfficialBlock: time not passed through SiLU'),
    ('official', 'torch.addcmul(shift, self.norm1(self.conv1(h)), 1 + scale)', 'torch.addcmul(shift, self.norm1(self.conv1(h)), scale)', 'OfficialBlock: scale from zero'),
    ('official', 'torch.addcmul(shift, self.norm1(self.conv1(h)), 1 + scale)', 'torch.addcmul(-shift, self.norm1(self.conv1(h)), 1 + scale)', 'OfficialBlock: sign of the shift'),
    ('official', 'return self.shortcut(h) + F.silu', 'return self.shortcut(h) - F.silu', 'OfficialBlock: sign'),
    ('official', '@ v/(height*width))', '@ v)', 'OfficialAttention: values not divided by the number of places'),
    ('official', 'k.softmax(-2)', 'k.softmax(-1)', 'OfficialAttention: keys normalised over channels'),
    ('official', 'q.softmax(-1)/math.sqrt(32)', 'q.softmax(-2)/math.sqrt(32)', 'OfficialAttention: queries normalised over places'),
    ('official', 'q.softmax(-1)/math.sqrt(32)', 'q.softmax(-1)', 'OfficialAttention: queries not scaled'),
    ('official', 'attention(q, k, v)', 'attention(k, q, v)', 'OfficialAttention: queries and keys swapped'),
    ('official', 'height*width, 3, 4, 32)', 'height*width, 3, 32, 4).mT', 'OfficialAttention: channels dealt to the heads in turn'),
    ('official', 'return h + self.after', 'return h - self.after', 'OfficialAttention: sign'),
    ('official', 'self.qkv(self.norm(h))', 'self.qkv(h)', 'OfficialAttention: not normalised'),
    ('official', '.flip(2, 3).transpose(0, 1)', '.transpose(0, 1)', 'Upsample: kernel the other way round'),
    ('official', ' + p[..., 1:, 1:]', '', 'Upsample: a quarter of the weights lost'),
    ('official', 'keep if i + 1 == len(steps) else double', 'double if i + 1 == len(steps) else keep', 'OfficialNet: enlarged at the wrong place'),
    ('official', 'skips.append(h := attend(block2(h, e)))', 'skips.append(h := block2(h, e))', 'OfficialNet: no attention on the way down'),
    ('official', 'torch.cat([h, first], 1)', 'torch.cat([first, h], 1)', 'OfficialNet: first features on the other side'),
    ('official', 'nn.GELU()', 'nn.SiLU()', 'OfficialNet: other activation of the time'),
    ('official', 'res=1000*per_image(abar, x, \'abar\'), eps=1000*per_image(bbar, x, \'bbar\')', 'res=1000*per_image(bbar, x, \'abar\'), eps=1000*per_image(abar, x, \'bbar\')', 'OfficialUNet: told the other coefficient'),
    ("official", "x, 't') - 1)", "x, 't'))", 'OfficialUNet: index one too high'),
    ('official', '_fixed(conv.standardised())', '_fixed(conv.weight)', 'FusedConv: not standardised'),
    ('official', 'self.stride, self.padding)', '1, self.padding)', 'FusedConv: every place'),
    ('official', '_fixed(up.kernel()), _fixed(up.bias)', '_fixed(up.kernel()), None', 'FusedUpsample: no bias'),
    ('official', "height*width, 3, 4, 32).permute(2, 0, 3, 1, 4)", "height*width, 3, 4, 32).permute(2, 0, 3, 1, 4).flip(0)", 'OfficialAttention: parts in another order'),
    ('official', 'for k in sorted(found)}', 'for k in sorted(found, reverse=True)}', 'load_official: networks swapped'),
    ('official', "('ema', 'model') if averaged else ('model', 'ema')", "('model', 'ema') if averaged else ('ema', 'model')", 'load_official: the other weights'),
    ('official', 'takes_cond=seen >= 3*channels', 'takes_cond=seen >= 2*channels', 'load_official: a third image taken for granted'),
    ('official', " and copy_of != 'online_model'", '', 'load_official: the copy beside the average'),
    ('official', "_WRAPPERS = {'module', ", '_WRAPPERS = {', 'load_official: parallel checkpoints'),
    ('official', '(channels, 2*channels, 3*channels)', '(seen,)', 'load_official: any number of channels'),
    ('official', 'inside = model or unet or dot and', 'inside = dot and', 'load_official: names that are left over'),
    ('official', 'if place in keys:', 'if False:', 'load_official: the last of two copies is taken'),
    ('official', "if not isinstance(v, Tensor) or v.layout != torch.strided or v.device.type != 'cpu':", 'if False:', 'load_official: tensors without numbers, and what is none'),
    ('unet', '    _check_weights(state, net)', '    pass', 'load_weights: not checked'),
    # export
    ('export', 'self.eval()', 'pass', 'to_onnx: recorded as in training'),
    ('export', 'pred = predict(self.net, x_t, x_in, abar, bbar, t, cond)', 'pred = self.net(x_t, x_in, abar, bbar, t, *([] if cond is None else [cond]))', 'to_onnx: whatever is returned is recorded'),
    ('export', 'if not out: raise', 'if False: raise', 'to_onnx: nothing predicted'),
    ('export', 'if not all(v.isfinite().all() for v in out)', 'if False', 'to_onnx: outputs that are not finite'),
    ('export', 'clamp(min=_LEAST)', 'clamp(min=1)', 'to_onnx: small outputs are not compared'),
    ('export', '_LEAST = 1e-2', '_LEAST = 0', 'to_onnx: what says nothing differs from itself'),
    ('export', "if any(g.shape != w.shape for g, w in zip(got, want)): return float('inf')", 'pass', 'to_onnx: outputs of another shape'),
    ('export', 'for g in (a.g, *a.graphs): yield from _names_used(g)', 'pass', 'to_onnx: inputs that only a branch uses'),
    ('export', "    if 'cond' in axes: axes['cond'] = _AXES | {1: 'channels'}\n", '', 'to_onnx: a mask of one channel is refused'),
    ('export', "cond=inputs['cond'][:, :1]", "cond=inputs['cond']", 'to_onnx: a mask of one channel is not compared'),
    ('export', 'schedule = next((s for m in _networks(net) if isinstance(', 'schedule = next((s for m in [net] if isinstance(', 'to_onnx: the schedule of a wrapped network'),
    ('export', "isinstance(s := getattr(m, 'schedule', None), Schedule)", "(s := getattr(m, 'schedule', None)) is not None", 'to_onnx: a schedule of another kind'),
    ('export', "to_json(v, f'the {k} of the network')", 'str(v)', 'to_onnx: options that are no JSON'),
    ('export', '_DECIDES if itself <= _TOLERANCE else _RANDOM', '_DECIDES', 'to_onnx: random numbers taken for a decision'),
    ('export', "if 'channels' in config: raise", 'raise', 'to_onnx: how a network says its channels'),
    ('export', 'os.path.realpath(file), data', 'file, data', 'to_onnx: a link is replaced'),
    ('export', 'if file.is_symlink() and not file.exists():', 'if False:', 'to_onnx: a link that leads nowhere'),
    # models, hub
    ('models', 'find_model(name)).float()', 'find_model(name))', 'load_network: in the precision of the file'),
    ('models', 'fused = fuse_weights(net)', 'fused = net', 'load_network: filters made at every call'),
    ('models', 'if name in PRETRAINED:', 'if name in PRETRAINED and not path.exists():', 'find_model: a file before the box'),
    ('models', "p.suffix == '.safetensors' and p.is_dir()", "False", 'find_model: a folder called like a file'),
    ('models', '    if path.exists(): return path\n', '', 'find_model: files forgotten'),
    ('hub', "_without_places(getattr(self.net, 'meta', None) or {})", "getattr(self.net, 'meta', None) or {}",
     'save_pretrained: the file tells where the images of its training lay'),
    ('hub', r"|(?<!\w)_|_(?!\w)', lambda m: '\\' + m[0]", r"', lambda m: m[0]", 'model_card: Markdown not escaped'),
    ('hub', 'tags=list(_TAGS))', 'tags=[])', 'model_card: no tags'),
    # files and trainer
    ('runtime', "repr(words).encode()", "repr(words[:1]).encode()", 'seed: purposes share it'),
    ('runtime', 'fcntl.LOCK_EX | fcntl.LOCK_NB', 'fcntl.LOCK_SH | fcntl.LOCK_NB', 'lock: others may share'),
    # optim
    ('optim', "1. if decay == 'none' else", "1. if decay == 'cosine' else", 'lr_factor: declines where it should not'),
    ('optim', 'mine.copy_(theirs)', 'pass', 'EMA: buffers forgotten'),
    ('optim', 'copy.deepcopy(unwrap(net))', 'copy.deepcopy(net)', 'EMA: of the wrapper'),
    ('optim', 'net = net._orig_mod', 'return net', 'unwrap: compiled networks left as they are'),
    ('optim', 'weight_decay=weight_decay)', 'weight_decay=0)', 'make_optimizer: weight decay dropped'),
    ('optim', 'decoupled_weight_decay=True', 'decoupled_weight_decay=False', 'make_optimizer: RAdam decays its gradient'),
    # runtime
    ('runtime', "while aside.exists()", "while False", 'set_aside: over an earlier one'),
    ('runtime', 'if request: raise KeyboardInterrupt', 'if False: raise KeyboardInterrupt', 'signals: a second one is ignored'),
    # runs
    ('models', 'and 1 <= n <= most', '', 'best_steps: any number'),
    ('models', ', min(5, most)', ', 5', 'best_steps: more than there are'),
    ('models', "meta.get('best_steps'), trained.get('steps'),", "trained.get('steps'), meta.get('best_steps'),", 'best_steps: the training before the card'),
    ('models', ", meta.get('sampling_steps'), ", ", ", 'best_steps: those of a demo forgotten'),
    ('models', "    device = pick_device(device)\n", "", 'load_network: a device that is none is not named'),
    ('unet', "if not isinstance(schedule, Schedule):", "if False:", 'save_model: without a schedule'),
    ('hub', "if k.removeprefix('held_') not in places}", "}", 'model_card: where the data lay'),
    ('hub', "if getattr(net, 'schedule', None) is None:", "if False:", 'HubModel: without a schedule'),
    ('hub', "suppress(OSError): p.rmdir()", "suppress(OSError): pass", 'HubModel: an empty folder is left'),
    ('hub', "if not os.path.lexists(p)]", "if True]", 'HubModel: a folder of others is taken away'),
    ('hub', "find_model(model_id, **kw)", "find_model(model_id)", 'HubModel: the revision is forgotten'),
    ('restore', "return _best_steps(model) if steps is None", "return 5 if steps is None", 'steps: the recommended number ignored'),
    ('images', "raise TypeError(f\"{name} must be a tensor, such", "return str(f\"{name} must be a tensor, such", 'what is no tensor passes'),
    ('schedule', 'return bool(least <= v <= most and v < math.inf)', 'return bool(least <= v <= most)', 'numbers: infinity passes'),
    ('trainer', 'if any(len(v) != n for v in drawn):', 'if False:', 'draw: any number of pairs'),
    ('trainer', 'if not any(p.requires_grad for p in net.parameters()):', 'if False:', 'a frozen network is trained'),
    ('trainer', 'if old < sorted(self.whole)[-self.keep] and', 'if old != step and', 'checkpoints: all others go'),
    ('trainer', 'if len(self.whole) < self.keep: return', 'if False: return', 'checkpoints: fewer than keep are known'),
    ('trainer', 'for old, p in self.steps().items():\n        if old < sorted(self.whole)[-self.keep] and', 'for old, p in list(self.steps().items())[:-self.keep]:\n        if', 'checkpoints: counted by name'),
    ('trainer', "if about['step'] != step:", 'if False:', 'checkpoints: another step under this name'),
    ('trainer', 'except Exception as e:\n            self.damaged', 'except ValueError as e:\n            self.damaged', 'checkpoints: only some damage is survived'),
    ('trainer', 'for p in self.damaged: set_aside(p)', 'for p in self.damaged: p.unlink()', 'checkpoints: damaged ones deleted'),
    ('trainer', "*self.folder.glob('*.damaged*')", '', 'checkpoints: from zero once the damaged ones are set aside'),
    ('trainer', 'not v.isfinite().all()]:', 'False]:', 'save: numbers that are none'),
    ('trainer', 'if self.whole and self.step > self.saved: self.save()', 'if self.step > self.saved: self.save()', 'way out: half a step saved'),
    ('trainer', 'if self.whole and self.step > self.saved: self.save()', 'pass', 'way out: nothing saved'),
    ('trainer', "enabled=c.precision == 'bf16'", "enabled=False", 'bf16 is fp32'),
    ('trainer', 'lr=self.config.lr_at(self.step - 1)', 'lr=self.config.lr_at(self.step)', 'log: learning rate one step off'),
    ('trainer', "decode('utf-8-sig')", "decode('utf-8')", 'log: a byte order mark is no header'),
    ('trainer', "*lines, cut = text.split('\\n')", "lines, cut = text.split('\\n'), ''", 'log: a cut row counts'),
    ('trainer', 'torch.empty_like(like).copy_(v) if same else v', 'v', 'restore: moments in another memory layout'),
    ('trainer', 'isinstance(v, int) and not isinstance(v, bool)', 'isinstance(v, int)', 'configuration: True is a number of steps'),
    ('trainer', 'and abs(v) <= sys.float_info.max', '', 'configuration: NaN is a number'),
    ('trainer', 'self.changes = [*about', 'self.changes = [] and [*about', 'restore: changes forgotten'),
    ('trainer', 'if ours else nullcontext()', 'if False else nullcontext()', 'fit: without a lock'),
    ('trainer', "for folder in (self.run, self.folder): _remove", "for folder in (self.run,): _remove", 'checkpoints: temporary files stay'),
    ('trainer', "[about]*about.exists() + [log]*log.is_file()", "[about]*about.exists()", 'begin: a log of others is erased'),
    ('trainer', "for k in header if k not in _COLUMNS", "for k in ()", 'log: a column of others vanishes'),
    ('trainer', "        if step is None: return\n", "        if step is None and self.path.exists(): return\n        step = step or 0\n", 'log: reading makes a file'),
    ('trainer', "        check_file(self.path)\n", "", 'log: a log that is missing has no rows'),
    ('trainer', "_HEADER*(not f.tell()) + self", "self", 'log: a new one without a header'),
    ('trainer', "    if log: self.checkpoints._check_there()\n", "", 'read: the folder of the run is made anew by an evaluation'),
    ('trainer', "    if self.folder.is_dir(): return lost", "    if True: return lost", 'way out: goes on in a folder that is gone'),
    ('experiment', "            _remove_stale(out/'held_out')\n", "", 'run folder: half a sheet stays'),
    ('experiment', "fresh and name != 'train.json'", "fresh and name in _MODELS", 'start: a log of others is erased'),
    ('experiment', "data=_spelled(config.data, Path.absolute))", "data=config.data)", '_save_config: places that hold from one folder only'),
    ('experiment', "if all(s == 'data' and k in _PLACES for s, k in other) else", "if True else", '_check_same: images that moved, whatever differs'),
    ('hub', "[f for f in _WRITTEN if", "[f for f in _WRITTEN[:1] if", 'save_pretrained: writes over what is not a model'),
    ('hub', "_unfused(net), net.schedule", "net, net.schedule", 'save_pretrained: fused filters'),
    ('hub', "or not all(v.equal", "and not all(v.equal", 'save_pretrained: another network than the one that samples'),
    ('hub', "    _check_keywords(kw, *functions)\n", "", 'save_pretrained: keywords that nothing takes'),
    ('hub', "if isinstance(net, HubModel): net = net.net", "pass", 'HubModel: in itself'),
    ('hub', 'suppress(OSError): (folder/f).unlink()', 'suppress(OSError): pass', 'save_pretrained: half a folder is left'),
    ('hub', "() if (folder/'README.md').exists() else _WRITTEN", '_WRITTEN', 'save_pretrained: a push that fails takes the folder away'),
    ('hub', 'card, options = str(self.generate_model_card()),', "card, options = '',", 'save_pretrained: no card'),
    ('hub', 'if kw.get(k)]:', 'if False]:', 'save_pretrained: keywords that change nothing'),
    ('hub', '    _check_given(kw, ModelHubMixin.push_to_hub)\n', '', 'push_to_hub: keywords are not looked at'),
    ('hub', 'if not isinstance(k, str) or k in ours]', 'if False]', 'save_pretrained: names that the file has for itself'),
    ('hub', 'p.kind is not p.VAR_KEYWORD', 'True', 'save_pretrained: a name too many is refused'),
    ('hub', 'and k not in known}', '}', 'model_card: meta knows better than the network'),
    ('hub', 'try: net = _blank(type(net).__name__, net.config)\n    except ValueError: pass', 'pass', 'model_card: the parameters of the fused copy'),
    ('hub', 'return said if isinstance(said, (list, tuple)) else [said]', 'return said', 'model_card: limits letter by letter'),
    ('hub', "m.get('limits') or _NO_LIMITS", "m.get('limits', _NO_LIMITS)", 'model_card: no limits at all'),
    ('hub', "(', cond=cond' if config.get('takes_cond') else '')", "''", 'model_card: the condition is forgotten'),
    ('hub', "config.get('channels', shape[0])", 'shape[0]', 'model_card: another number of channels'),
    ('hub', 'all(_is_whole(n, 1) for n in shape)', 'True', 'model_card: a shape of any form'),
    ('hub', "if s[first].bbar == 0 and s.bbar.any() else ''", "if False else ''", 'model_card: a bridge without noise'),
    ('hub', 'if s[first].bbar == 0 and s.bbar.any()', 'if s[first].bbar == 0', 'model_card: a bridge where there is none'),
    ('hub', 'or s[s.T].abar < 1: return s.T', 'or True: return s.T', 'model_card: noise alone from abar = 1'),
    ('hub', "!= 'eps' or s[s.T].abar < 1: return", "!= 'eps': return", 'model_card: an open end is cut'),
    ('hub', 'if not first: return f', 'if False: return f', 'model_card: no node to start from'),
    ('hub', 'n, late = min(n, first), first < s.T', 'late = first < s.T', 'model_card: more steps than nodes'),
    ('models', "    if kw: _check_download(kw)\n", "", 'find_model: keywords that nothing takes'),
    ('models', "if not isinstance(name, (str, os.PathLike)):", "if False:", 'find_model: no name'),
    ('unet', "_FUSED if any(k.endswith('.filters') for k in state) else e", "e", 'save_model: why fused filters cannot be kept'),
    ('optim', "if not isinstance(net, nn.Module):", "if False:", 'unwrap: what is no network'),
    ('optim', 'if not isinstance(decay, (int, float)) or not 0 <= decay <= 1:', 'if False:', 'EMA: any decay is taken'),
    ('optim', 'p.to(torch.promote_types(p.dtype, torch.float32))', 'p', 'EMA: as coarse as the network'),
    ('optim', '        self._round()\n', '', 'EMA: coarse weights stand still'),
    ('optim', 'for k, w in self._wide.items(): w.copy_(state[k])', 'pass', 'EMA: goes on from elsewhere'),
    ('optim', '{**self.net.state_dict(), **{k: w.detach() for k, w in self._wide.items()}}', 'self.net.state_dict()', 'EMA: kept coarse'),
    ('optim', 'p.is_inference() for p', 'False for p', 'make_optimizer: weights of inference_mode'),
    ('runtime', "if path.parts[:1] == ('~',):", "if False:", '_folder: the sign for home'),
    ('command', "os.path.expanduser(value) if kind is FileName else value", "value", 'convert: the sign for home'),
    ('course', "one_line(_quoted(a.folder), 4096)", "one_line(a.folder, 4096)", 'course: a folder that is no word for the shell'),
    ('trainer', 'reversed(self.steps().items())', 'self.steps().items()', 'checkpoints: the oldest as the newest'),
    ('trainer', '    self.opt.zero_grad()\n', '', 'learn: gradients pile up'),
    ('trainer', "b.x_in - b.x0, eps", "b.x0 - b.x_in, eps", 'learn: residual turned round'),
    ('trainer', 'if k not in _FREE and old[k] != new[k]', 'if False', 'restore: any plan goes on'),
    ('files', 'path.exists() and not force', 'False', 'atomic_write: overwrites'),
    ('files', "with suppress(OSError): tmp", "tmp", 'atomic_write: a temporary name in the place of the file'),
    ('files', "hint = _INSTEAD.get((header['kind'], kind), '')", "hint = ''", 'read_tensors: what to take instead'),
    ('runtime', "_remove_stale(folder)", "pass", 'lock: what was left half written stays'),
    ('course', "if os.path.lexists(mine):", "if mine.exists():", 'course: a link of yours is written over'),
    ('course', "    _remove_stale(folder)", "    pass", 'course: what was left half written stays'),
    ('experiment', "not (report.new or report.gone)", "not report.new", 'check: pairs that are gone are not told'),
    ('data', "gone=len(old.keys() - known)", "gone=0", 'check: gone pairs are not seen'),
    ('data', "len(known - old.keys())*bool(old)", "len(known - old.keys())", 'check: a first look finds all new'),
    ('evaluate', "Path(f).resolve() == out", "f == a.out", 'evaluate: results among the images'),
    ('evaluate', "_whole(seeds, 'seeds', 1)", "seeds", 'from_model: any number of seeds'),
    ('evaluate', "(None if f is None else Path(f) for f in p)", "p", 'from_model: names for paths'),
    ('evaluate', "case.notes + _preparation(model)", "case.notes", 'evaluate: equalised in silence'),
    ('evaluate', "seeds=a.seeds, equalize=_equalizes(model))", "seeds=a.seeds)", 'evaluate: equalised or not is not kept'),
    ('evaluate', "    for name in reversed(_FILES): (out/name).unlink(missing_ok=True)\n", "", 'evaluate: old results beside new ones'),
    ('evaluate', "for name in reversed(_FILES): (out", "for name in _FILES: (out", 'evaluate: what says what it is goes last'),
    ('evaluate', "check_seed(seed + seeds - 1, 'the last seed')", "check_seed(seed)", 'from_model: the last seed is not looked at'),
    ('schedule', "return _within(t, 0, T) and t == int(t)", "return _within(t, 0, T)", 'nodes: 1.5 is one'),
    ('schedule', "or t.dtype == torch.bool)", ")", 'coeffs: a mask is taken for nodes'),
    ('schedule', "t.cpu().long()", "t.cpu()", 'coeffs: eight bits are taken for a mask'),
    ('schedule', 'if not like.is_floating_point():', 'if False:', 'coeffs: whole numbers'),
    ('atlas', "if k not in has: raise", "if False: raise", 'process: a parameter that it does not have'),
    ('files', "digest != header['sha256']", "digest == ''", 'read_tensors: checksum not compared'),
    ('files', "header['kind'] != kind", 'False', 'read_tensors: any kind'),
    ('files', 'json.dumps(about, sort_keys=True).encode()', "b''", 'checksum without what is said'),
    ('trainer', 'torch.randint(1, schedule.T + 1,', 'torch.randint(0, schedule.T,', 'states: nodes 0..T-1'),
    ('trainer', "'noise', step))[part]", "'noise', step))[:len(batch.x0)]", 'states: every process draws the same noise'),
    ('trainer', "config.seed, 'noise', step)", "config.seed, 'noise')", 'states: the same noise at every step'),
    ('trainer', '_nodes(config, schedule, step)[part]', '_nodes(config, schedule, step)[:len(batch.x0)]', 'states: every process draws the same nodes'),
    ('files', '{uuid.uuid4().hex}.tmp', '00000000000000000000000000000000.tmp', 'atomic_write: one temporary name for all'),
    ('files', "f'.rddm-{uuid.uuid4().hex}.tmp'", "f'.{path.name}.{uuid.uuid4().hex}.tmp'", 'atomic_write: a temporary name too long'),
    ('files', r"\.rddm-[0-9a-f]{32}\.tmp')", r"\.rddm-[0-9a-f]{32}\.tmp|\..+\.\d+\.tmp')", 'stale_temporaries: a letter of 2024'),
    ('files', '_TEMPORARY.fullmatch(p.name) and', '', 'stale_temporaries: files of others'),
    ('files', 'v.clone() if v.untyped_storage().data_ptr() in used else v', 'v', 'write_tensors: shared memory'),
    ('files', 'json.dumps(data, allow_nan=False, **kw)', 'json.dumps(data, **kw)', 'to_json: NaN written'),
    ('files', "if not isinstance(header.get(k), form)", 'if k not in header', 'read_tensors: parts of any form'),
    ('files', 'if not isinstance(header, dict):', 'if False:', 'read_tensors: a header that is no table'),
    ('files', 'except (ValueError, RecursionError): raise', 'except ValueError: raise', 'read_tensors: nested too deeply'),
    ('files', 'if c.isprintable() else ascii(c)[1:-1]', '', 'one_line: unprintable characters'),
    ('objective', 'error(p.to(v.dtype) - v)', 'error(p.to(v.dtype) + v)', 'loss: sign'),
    ('objective', 'zip(pred, (res, eps), (lam', 'zip(pred, (eps, res), (lam', 'loss: swapped'),
    ('objective', "if kind == 'l1' else", "if kind == 'l2' else", 'loss: kinds swapped'),
    ('trainer', 'c.lam_res, c.lam_eps)/c.accumulate', 'c.lam_res, c.lam_eps)', 'learn: pieces not averaged'),
    ('trainer', 'self.config.clip or math.inf', 'math.inf', 'learn: not clipped'),
    ('trainer', "g['lr'] = self.config.lr_at(self.step)", "g['lr'] = self.config.lr", 'learn: constant rate'),
    ('trainer', 'if self.step % self.config.ema_every == 0: self.ema', 'if True: self.ema', 'learn: average taken every step'),
    ('trainer', 'self.ema.step = self.step//self.config.ema_every', 'pass', 'restore: average forgets its age'),
    ('trainer', "self.ema._load(take('ema.'))", 'pass', 'restore: average not restored'),
    ('trainer', 'self.opt.load_state_dict(dict(self.opt.state_dict(), state=moments))', 'pass', 'restore: moments not restored'),
    ('trainer', 'sorted(self.whole)[-self.keep]', 'sorted(self.whole)[-1]', 'checkpoints: only one kept'),
    ('trainer', "r['step'] <= step)", "r['step'] >= 0)", 'log: later rows kept'),
    ('trainer', '(self.bad < 0) & ~(loss', '~(loss', 'readings: last bad step instead of first'),
    # imagefile
    ('imagefile', "_check_unit(x, 'an image to write')", 'pass', 'save_image: pixel values as floats'),
    ('imagefile', "path.name.startswith('.')", "False", 'list_images: hidden files'),
    ('imagefile', 'path.suffix.lower()', 'path.suffix', 'list_images: suffixes in capitals'),
    ('imagefile', 'os.path.exists(path) and not os.path.isfile(path)', 'not os.path.isfile(path)', 'list_images: broken links are passed over'),
    ('imagefile', 'sorted(folder.iterdir())', 'sorted(folder.iterdir())[::-1]', 'list_images: not sorted'),
    ('imagefile', 'if odd: _warn_of(folder, odd)', 'pass', 'list_images: what is skipped is not said'),
    ('imagefile', 'was if o == 1 and was else o', 'o', 'from_pillow: a TIFF that Pillow turned is not said'),
    ('imagefile', "'transparency dropped' if n == _APART else n", 'n', 'read_noted: transparency said to be kept'),
    ('imagefile', "unicodedata.normalize('NFC', stem)", 'stem', 'same_name: form kept'),
    ('imagefile', "np.dtype('uint16'): 65535", "np.dtype('uint16'): 65536", 'top: 65536'),
    ('imagefile', 'a.astype(np.uint8)*255', 'a.astype(np.uint8)', 'bits: white is 1'),
    ('imagefile', 'if lo < 0 or hi > 1:', 'if hi > 1:', 'floats: below zero'),
    ('imagefile', 'if lo < 0 or hi > 65535:', 'if lo < 0:', 'integers: wrap around'),
    ('imagefile', 'if 0 < hi < 256:', 'if False:', 'integers: 8 bits taken as 16'),
    ('imagefile', 'np.isfinite([lo, hi]).all()', 'np.isfinite([lo, hi]).any()', 'floats: infinite values'),
    ('imagefile', "'L': 'B', 'N'", "'L': 'L', 'N'", 'sixteen_bits: low bytes of little-endian files'),
    ('imagefile', 'v[..., ::2]*256 + v[..., 1::2]', 'v[..., ::2]*256 + v[..., ::2]', 'sixteen_bits: grey with alpha'),
    ('imagefile', 'high*256 + np.asarray(again)', 'high*257', 'sixteen_bits: low bytes lost'),
    ('imagefile', "img.format in ('PNG', 'PPM')", "False", 'plain: a dark 16-bit file refused'),
    ('imagefile', "'RGBA' if img.has_transparency_data else 'RGB'", "'RGB'", 'plain: transparency of palettes'),
    ('imagefile', "{'L;2': 85, 'L;4': 17}", "{'L;2': 85, 'L;4': 16}", 'with_key: steps of 4 bits'),
    ('imagefile', '(a != key).any(-1', '(a != key).all(-1', 'with_key: one equal channel is transparent'),
    ('imagefile', 'if orientation in (5, 6, 7, 8)', 'if orientation in (5, 6, 7)', 'upright: 8 not transposed'),
    ('imagefile', 'if orientation in (3, 4, 7, 8)', 'if orientation in (3, 4, 6, 7)', 'upright: turned the wrong way'),
    ('imagefile', 'if orientation in (2, 3, 6, 7)', 'if orientation in (2, 3, 7)', 'upright: 6 mirrored'),
    ('imagefile', 'if limit and n > limit:', 'if False:', 'check_one: between the limit and twice it'),
    ('imagefile', 'if frames == 1: return []', 'return []', 'check_one: animations'),
    ('imagefile', "if img.format == 'MPO'", "if False", 'check_one: photographs with previews'),
    ('imagefile', 'if inverted: a = 65535 - a', '', 'from_pillow: white stored as zero'),
    ('imagefile', 'a[..., -1].astype(np.float32)/_top(a)', 'a[..., -1].astype(np.float32)/255', 'pixels: transparency of 16 bits'),
    ('imagefile', 'a = a.transpose(1, 2, 0)', 'a = a.transpose(2, 1, 0)', 'from_array: tensors on their side'),
    ('imagefile', 'stat.S_ISREG(os.stat(path).st_mode)', 'True', 'from_path: pipes are opened'),
    ('imagefile', "' '.join(text.split())", 'text', 'why: more than one line'),
    ('imagefile', 'return text if text.isprintable() else repr(text)', 'return text', 'name: newlines in names'),
    ('imagefile', '(.299, .587, .114)', '(.333, .333, .334)', 'luminance: a plain mean'),
    ('imagefile', '/(_top(p.values)/2) - 1', '/(_top(p.values)/2)', 'load_image: offset'),
    ('imagefile', "order='C')", "order='C', copy=False)", 'read_image: the same memory'),
    ('imagefile', 'db <= dc, up, corner', 'db < dc, up, corner', 'paeth: ties'),
    ('imagefile', 'p = left + up - corner', 'p = left + up + corner', 'paeth: prediction'),
    ('imagefile', '{1: 0, 2: 4, 3: 2, 4: 6}', '{1: 0, 2: 4, 3: 2, 4: 2}', 'to_png: colour type'),
    ('imagefile', "f'>u{bits//8}'", "f'<u{bits//8}'", 'to_png: order of bytes'),
    ('imagefile', '_levels(alpha*2 - 1, bits)', '_levels(alpha, bits)', 'to_png: transparency'),
    ('imagefile', '_to_png(x, like.alpha, like.bits, like.icc)', '_to_png(x, None, like.bits, like.icc)', 'save_image: transparency lost'),
    ('imagefile', '_to_png(x, like.alpha, like.bits, like.icc)', '_to_png(x, like.alpha, 8, like.icc)', 'save_image: depth lost'),
    ('imagefile', 'x.new_tensor(_LUMINANCE)', 'torch.tensor(_LUMINANCE)', 'load_image: the precision of the day'),
    ('imagefile', "icc[16:20] == {1: b'GRAY', 3: b'RGB '}[channels]", 'True', 'profile: of another number of channels'),
    ('imagefile', '.round().clamp(0, top)', '.clamp(0, top)', 'levels: cut off'),
    ('trainer', 'n*self.config.batch/seconds', 'n*seconds', 'log: pairs per second'),
    # data
    ('data', 'if task is not None and pairs.partners', 'if False', 'PairSource: a task replaces the inputs'),
    ('data', 'or len(p) not in (2, 3)', 'or False', 'from_pairs: any number of files'),
    ('data', 'if not isinstance(p, (tuple, list)) or', 'if', 'from_pairs: a name as a pair'),
    ('data', 'range(step*n, step*n + n)', 'range(step, step + n)', 'indices: steps overlap'),
    ('data', 'self.order[1][k % total]', 'self.order[1][0]', 'indices: always the first'),
    ('data', "generator_for('cpu', seed, 'order', k//total)", "generator_for('cpu', seed, 'order')", 'indices: the same order every round'),
    ('data', "if self.order[0] != (seed, k//total)", "if self.order[0] is None", 'indices: order of the first round kept'),
    ('data', 'h - a + 1)', 'h - a)', 'cut: never at the lower edge'),
    ('data', 'w - b + 1)', 'w - b)', 'cut: never at the right edge'),
    ('data', 'where[2] < .5', 'where[2] < 0', 'cut: always mirrored'),
    ('data', 'v.flip(2) for v in out', 'v.flip(1) for v in out', 'cut: upside down'),
    ('data', "self.bytes + size > self.memory", "False", 'read: everything kept'),
    ('data', "seed, 'cut', step))[mine]", "seed, 'cut', step))", 'batch: other places for a part'),
    ('data', 'self.indices(n, step, seed)[mine]', 'self.indices(n, step, seed)', 'batch: everyone takes all'),
    ('data', 'mine = slice(None) if self.task else part', 'mine = part', 'batch: weather by part'),
    ('data', "seed, 'weather', step", "seed, 'weather'", 'batch: the same weather at every step'),
    ('data', 'torch.equal(x_in, x0)', 'False', 'check: same images not seen'),
    ('data', 'for k in sorted(common)', 'for k in common', 'match: not sorted'),
    ('data', 'if k not in common', 'if False', 'match: partners not checked'),
    ('data', '_on_disk(folder/l)', '_on_disk(Path(l))', 'lists of files: relative to where one stands'),
    ('data', "encoding='utf-8-sig'", "encoding='utf-8'", 'lists of files: a byte order mark is part of a name'),
    ('data', "in ('', '#')", "in ('',)", 'lists of files: comments are files'),
    ('data', 'return there[0]', 'pass', 'lists of files: a file whose name begins with # is a comment'),
    ('data', "('NFC', 'NFD')))", "('NFC',)))", 'lists of files: names in one Unicode form only'),
    ('data', 'elif len(set(sizes)) > 1:', 'elif False:', 'check: sizes not compared'),
    ('data', 'x[..., h//4:h//4 + h//2, w//4:w//4 + w//2] = 0', 'x[..., h//4:h//4 + h//2, :] = 0', 'hole: as wide as the image'),
    ('data', "torch.zeros_like(x0)", "torch.ones_like(x0)", 'make_inputs: generation starts from white'),
    ('data', "if len(v) > 1)", "if len(v) > 9)", 'match: several of one name'),
    ('data', "or same_name(p.stem)", "or ''", 'match: a pattern empties a name'),
    ('data', "re.sub(pattern, '', same_name(p.stem))", "re.sub(pattern, '', p.stem)", 'match: Unicode forms differ'),
    ('data', 'not name[i].isalnum()', 'True', 'prefix: 12 belongs to 1'),
    ('data', 'range(len(name), 0, -1)', 'range(1, len(name) + 1)', 'prefix: the shortest owner'),
    ('data', 'if k not in u]', 'if False]', 'prefix: targets without inputs are left out'),
    ('data', 'if None in ks', 'if False', 'prefix: inputs without targets not seen'),
    ('data', 'len({len(g) for g in groups}) == 1', 'True', 'position: lengths not compared'),
    ('data', "generator_for('cpu', seed, side, r)", "generator_for('cpu', 0, side, r)", 'unpaired: the seed is not used'),
    ('data', "'inputs', 'targets'))))", "'targets', 'targets'))))", 'unpaired: both sides in one order'),
    ('data', 'n = max(map(len, groups))', 'n = min(map(len, groups))', 'unpaired: images of the longer list left out'),
    ('data', "if pattern and pairing in ('name', 'position', 'unpaired')", "if False", 'match: an idle pattern'),
    ('data', "split in ('train', 'all')", "True", 'layout: training images served as test images'),
    ('data', 'lol=_LOL.get(split, split)', 'lol=split', 'layout: names of the splits of LOL'),
    ('data', 'if not all(s in g for g in groups)', 'if False', 'layout: scenes without partner'),
    ('data', 'None if f is None else read_noted(f, channels)', 'None if f is None else read_noted(f)', 'from_pairs: grey is lost'),
    ('data', "if task is None and not pairs.partners:", "if False:", 'PairSource: clean images are their own inputs'),
    ('experiment', "Path(getattr(data, k)).expanduser() for k", "Path(getattr(data, k)) for k", '_spelled: the sign for home'),
    ('experiment', "    config = replace(config, data=_spelled(config.data))\n", "", 'train: home is not looked for'),
    ('data', 'x, notes = read_noted(path, channels)', 'x, notes = read_noted(path)', 'from_clean: grey is lost'),
    ('data', 'return read_noted(value, channels)', 'return read_noted(value, None)', 'from_table: grey is lost'),
    ('data', 'return *map(one, images), *pair[3:]', 'return *map(one, images),', 'resized: notes are lost'),
    ('experiment', 'else x_in, x0, cond, *notes', 'else x_in, x0, cond', 'prepared: notes are lost'),
    ('data', "if value is None: raise", "if False: raise", 'from_table: rows without image'),
    ('data', "kind(decode=False)", "kind()", 'from_table: decoded elsewhere'),
    ('data', "if table.format['type'] == 'custom'", "if False", 'from_table: a transform is dropped'),
    ('data', '{s.st_mtime_ns}', '', 'version: time not looked at'),
    ('data', '|{s.st_size}|', '|', 'version: size not looked at'),
    ('data', "for p, s in stats) + f'|{channels}'", "for p, s in stats)", 'version: grey and colour alike'),
    ('data', "and f'{v}|{side}'", "and v", 'version: every size alike'),
    ('data', "and 'error' not in r", "", 'check: failures are remembered'),
    ('data', 'old | new', 'new', 'check: what is known is forgotten'),
    ('data', 'if not text.startswith(_MARK)', 'if False', "check: a foreign file is overwritten"),
    ('data', 'if _is_result(r)}', '}', 'check: damaged entries believed'),
    # quality
    # quality
    ('quality', 'return 2*_mean(p, q, block) - _mean(p, p, block)', 'return _mean(p, q, block) - _mean(p, p, block)', 'energy_distance: cross term once'),
    ('quality', 'return 2*_mean(p, q, block) - _mean(p, p, block) -', 'return 2*_mean(p, q, block) + _mean(p, p, block) -', 'energy_distance: sign of the first own term'),
    ('quality', '- _mean(p, p, block) - _mean(q, q, block)', '- _mean(p, p, block) + _mean(q, q, block)', 'energy_distance: sign of the second own term'),
    ('quality', '- _mean(p, p, block) - _mean(q, q, block)', '- 2*_mean(p, p, block)', 'energy_distance: own term of the first set twice'),
    ('quality', 'return _total(a, b, block)/(len(a)*len(b))', 'return _total(a, b, block)/(len(a)*len(a))', '_mean: divides by the square of the first size'),
    ('quality', 'for p in a.split(block))', 'for p in a.split(block)[:1])', '_total: first block only'),
    ('quality', "a, b, compute_mode='donot_use_mm_for_euclid_dist')", 'a, b, p=1)', '_distances: sum of absolute differences'),
    ('quality', "compute_mode='donot_use_mm_for_euclid_dist'", "compute_mode='use_mm_for_euclid_dist'", '_distances: by cancellation'),
    ('quality', 'torch.cdist(a - b[:1], b - b[:1], ', 'torch.cdist(a, b, ', '_distances: far from zero they cancel'),
    ('quality', 'd < 1e-4*d.max()', 'd < 1e-9*d.max()', '_distances: near pairs by cancellation'),
    ('quality', '(a[i] - b[j]).norm(dim=1)', '(a[i] - b[i]).norm(dim=1)', '_distances: near pairs of others'),
    ('quality', '_distances(p, b).sum()', '_distances(p, b).square().sum()', '_total: squared distances'),
    ('quality', 'x.detach().double().flatten(1)', 'x.detach().float().flatten(1)', '_points: float32'),
    ('quality', 'x.detach().double().flatten(1)', 'x.detach().double().flatten(1)[:, :1]', '_points: first coordinate only'),
    ('quality', "if not x.isfinite().all(): raise ValueError(f\"{name} holds", "if False: raise ValueError(f\"{name} holds", '_points: NaN let through'),
    ('quality', 'x.ndim < 2 or not x.numel()', 'x.ndim < 2', '_points: empty sets let through'),
    ('quality', 'if a.shape[1:] != b.shape[1:]', 'if p.shape[1:] != q.shape[1:]', 'energy_distance: shapes compared after flattening'),
    ('quality', 'return _total(p, p, block)/(len(p)*(len(p) - 1))', 'return _total(p, p, block)/(len(p)*len(p))', 'diversity: pairs of a point with itself counted'),
    ('quality', 'return _total(p, p, block)/(len(p)*(len(p) - 1))', 'return _total(p, p, block)/len(p)', 'diversity: sum instead of mean'),
    ('quality', 'if len(p) < 2: raise', 'if False: raise', 'diversity: one point let through'),
    ('quality', '2*_mean(r, t) - _mean(r, r) - within', '2*_mean(r, t) + _mean(r, r) - within', '_score: sign of the own term'),
    ('quality', '2*_mean(r, t) - _mean(r, r) - within', '2*_mean(r, t) - _mean(r, r) + within', "_score: sign of the truth's term"),
    ('quality', '2*_mean(r, t) - _mean(r, r) - within', '_mean(r, t) - _mean(r, r) - within', '_score: cross term once'),
    ('quality', 'e.std().item()', 'e.var().item()', '_score: variance for spread'),
    ('quality', 'e.std().item()', 'e.std(correction=0).item()', '_score: spread of a population'),
    ('quality', 'if len(e) > 1 else math.nan\n    if', 'if len(e) > 1 else 0.\n    if', '_score: no spread from one seed'),
    ('quality', 'Score(e.mean().item(), spread, sum', 'Score(e.min().item(), spread, sum', '_score: luckiest seed, generation'),
    ('quality', 'Score(e.mean().item(), spread, varied', 'Score(e.min().item(), spread, varied', '_score: luckiest seed, restoration'),
    ('quality', 'sum(map(diversity, flat))/len(flat)', 'sum(map(diversity, flat))', '_score: diversity summed over the seeds'),
    ('quality', 'for s in stack.unbind(1))/len(t)', 'for s in stack.unbind(0))/len(stack)', '_score: diversity between inputs'),
    ('quality', 'psnr(stack[None], t.expand_as(stack)[None])', 'psnr(stack[:1], t.expand_as(stack)[:1])', '_score: psnr of the first seed'),
    ('quality', 'psnr(stack[None], t.expand_as(stack)[None])', 'psnr(stack[None], stack.mean(0).expand_as(stack)[None])', '_score: psnr to the mean result'),
    ('quality', 'return list(range(seeds))', 'return list(range(1, seeds + 1))', '_seeds: count from 1'),
    ('quality', '.manual_seed(s), **kwargs)', '.manual_seed(0), **kwargs)', '_scored: the same noise for every seed'),
    ('quality', 'truth.new_zeros(n, *truth.shape[1:])', 'truth.new_zeros(len(truth), *truth.shape[1:])', '_scored: n ignored'),
    ('quality', 'truth.new_zeros(n, *truth.shape[1:])', 'truth.new_ones(n, *truth.shape[1:])', '_scored: generation starts around 1'),
    ('quality', 'x_in.shape != truth.shape', 'x_in.shape[1:] != truth.shape[1:]', '_check_task: inputs without their answers let through'),
    ('quality', '_is_count(n) and n > 1', '_is_count(n)', '_check_task: a single result let through'),
    ('quality', 'if not _seeds(seeds): raise', 'if False: raise', '_check_task: no seed let through'),
    ('quality', 'return _scored(model, truth, x_in, n, seeds, _mean(t, t), kwargs)', 'return _scored(model, truth, x_in, n, seeds, 0., kwargs)', "score: the truth's own term left out"),
    ('quality', 'return _scored(model, truth, x_in, n, seeds, _mean(t, t), kwargs)', 'return _scored(model, truth, None, n, seeds, _mean(t, t), kwargs)', 'score: input dropped'),
    ('quality', 'n:int=256, # results of a run, if it generates\n    seeds:int|list=3, # runs, with', 'n:int=128, # results of a run, if it generates\n    seeds:int|list=3, # runs, with', 'score: other default size'),
    ('quality', "{**kwargs, **o, 'steps': k}", "{**o, **kwargs, 'steps': k}", 'sweep: arguments for all win over those of an entry'),
    ('quality', "{**kwargs, **o, 'steps': k}", "{**kwargs, **o, 'steps': steps[0]}", 'sweep: first number of steps only'),
    ('quality', "{**kwargs, **o, 'steps': k}", "{**o, 'steps': k}", 'sweep: arguments for all dropped'),
    ('quality', '[_scored(model, truth, x_in, n, seeds, within,', '[_scored(model, truth, x_in, n, seeds, 0.,', "sweep: the truth's own term left out"),
    ('quality', '[_scored(model, truth, x_in, n, seeds, within,', '[_scored(model, truth, None, n, seeds, within,', 'sweep: input dropped'),
    ('quality', 'STEPS = (1, 2, 3, 5, 10, 20, 50)', 'STEPS = (1, 2, 3, 5, 10, 20)', 'STEPS: without 50'),
    ('quality', 'try: steps = [*steps]', 'try: iter(steps)', 'sweep: steps that are gone after the first run'),
    ('quality', 'except TypeError: raise TypeError(f"steps', 'except KeyError: raise TypeError(f"steps', "sweep: Python's words"),
    # restore
    ('restore', 'isinstance(tile, (tuple, list)) and len(tile) != 2', 'False', 'a tile of three sides'),
    ('restore', 'twice = sum(map(_asks_twice, moves))', 'twice = len(moves)', 'progress: Heun asks twice at every step'),
    ('restore', 'w/total[s]', 'w', 'tile_weights: weights not made to add up'),
    ('restore', 'torch.minimum(torch.arange(length), torch.arange(length).flip(0))', 'torch.arange(length)', 'tile_weights: only one end counts'),
    ('restore', '-(-(n - overlap)//(tile - overlap))', '(n - overlap)//(tile - overlap) + 1', 'tile_offsets: a tile too many where they fit'),
    ('restore', 'i*(n - tile)//(count - 1)', 'i*(n - tile)//count', 'tile_offsets: the end is missed'),
    ('restore', 'v*weight', 'v', 'Tiled: not weighted'),
    ('restore', 'part(x_in), abar, bbar, t, part(cond))', 'part(x_in), bbar, abar, t, part(cond))', 'Tiled: coefficients swapped'),
    ('restore', 'part(x_in), abar, bbar, t, part(cond))', 'part(x_in), abar, bbar, t, cond)', 'Tiled: condition not cut'),
    ('restore', 'h*w <= _SIDE**2', 'h*w <= 4*_SIDE**2', 'plan_tiles: tiles of any size'),
    ('restore', 'return min(sizes)[1:]', 'return sizes[-1][1:]', 'plan_tiles: many small tiles'),
    ('restore', 'side + -side % multiple', 'side', 'plan_tiles: sides that cannot be halved'),
    ('restore', '(count - 1)*overlap)//count', 'count*0)//count', 'plan_tiles: overlap forgotten'),
    ('restore', "or [1, 2, 4]) - 1)), overlap", "or [1, 2, 4]))), overlap", 'Tiled: tiles for a network that halves once more'),
    ('restore', 'cond=batch(cond), **kw)', '**kw)', 'restore: condition forgotten'),
    ('restore', 'out.mean(0, keepdim=True) if c == 1', 'out[:1] if c == 1', 'restore_loaded: red for grey'),
    ('restore', '(x == x[:1]).all()', '(x == x[:1]).any()', 'fit_channels: colours dropped'),
    ('restore', 'mask.x.shape[1:] != image.x.shape[1:]', 'False', 'masks of any size'),
    ('restore', 'save_image(result, x, image, force=True)', 'save_image(result, x, force=True)', 'folder: depth and transparency lost'),
    ('restore', 'was.items() if v != about[k]', 'was.items() if False', 'folder: settings mixed'),
    ('restore', 'old.get(k, _BEFORE.get(k))', 'old.get(k)', 'folder: results of before solvers refused'),
    ('restore', "for k in ('steps', 'eta', 'solver')}", "for k in ('steps', 'eta')}", 'command: a solver that cannot be is found late'),
    ('restore', "    for p in gone: results[p].unlink(missing_ok=True)", "    pass", 'folder: results of other settings stay'),
    ('restore', "results[p].unlink(missing_ok=True)", "results[p].unlink()", 'folder: results that another part has taken away'),
    ('runtime', "fcntl and fcntl.flock(f, fcntl.LOCK_EX)", "None", 'folder: two begin at once'),
    ('restore', "for what in ('inputs', 'masks'):", "for what in ('inputs',):", 'folder: results over the masks'),
    ('restore', "(place.parent if place.is_file() else place)", "place", 'folder: results over the mask of one image'),
    ('restore', " {hashlib.sha256(data).hexdigest()}'", "'", 'digest: tensors by their shape'),
    ('restore', "if found is not f or f.__module__ == '__main__': raise", "if False: raise", 'digest: a lambda is told by its name'),
    ('restore', "k != 'fused_from' and not", "not", 'digest: where the file of a network lies'),
    ('restore', " and not (k in blank and blank[k] == w)", "", 'digest: what PyTorch keeps for itself'),
    ('restore', "if id(v) in above: return 'itself'", "pass", 'digest: what holds itself'),
    ('restore', "sorted(map(below, v)) if isinstance(v, (set, frozenset)) else", "", 'digest: sets'),
    ('restore', "if isinstance(v, partial): return [v.func, v.args, v.keywords]", "pass", 'digest: partial functions are alike'),
    ('restore', "if isinstance(v, MethodType): return [v.__self__, v.__func__]", "if isinstance(v, MethodType): return [v.__func__]", 'digest: methods of any object'),
    ('restore', "v = unwrap(v) if isinstance(v, torch.nn.Module) else v", "pass", 'digest: a parallel network is another'),
    ('restore', "return f\"{below(type(v))}(", "return f\"(", 'digest: objects of any class'),
    ('restore', "if v != about[k] or k in untold]", "if v != about[k]]", 'folder: results of any function'),
    ('restore', "return f'{one_line(v, 60)} {_digest(v)}'", "return one_line(v, 60)", 'folder: a schedule by its text'),
    ('restore', "if getattr(v, 'ndim', None) == 0: v = v.tolist()", "pass", 'folder: a number by its type'),
    ('restore', "overlap = None if overlap is None else _whole(overlap, 'overlap')", "overlap", 'Tiled: an overlap that is no number'),
    ('restore', "sums = torch.promote_types(x_t.dtype, torch.float32)", "sums = x_t.dtype", 'Tiled: sums as coarse as the state'),
    ('restore', "if len(tiles) > 1: _check_cut(", "if False: _check_cut(", 'Tiled: known pixels are not cut'),
    ('restore', "(_whole(v, 'part') for v in part)", "part", 'folder: parts that are no numbers'),
    ('restore', "    if _equalizes(model): x = from_uint8(_equalized(to_uint8(x)))\n", "", 'restore_loaded: inputs not equalised'),
    ('restore', "return image.notes + _preparation(model)", "return image.notes", 'folder: equalised in silence'),
    ('restore', "_BEFORE = dict(solver='euler', equalize=False)", "_BEFORE = dict(solver='euler')", 'folder: results of before equalising refused'),
    ('restore', "equalize=_equalizes(model), **", "**", 'folder: equalised or not is one setting'),
    ('restore', 'if old is None and there:', 'if False:', 'folder: unknown results taken for its own'),
    ('restore', 'if self.stop: raise KeyboardInterrupt', 'if False: raise KeyboardInterrupt', 'folder: deaf to signals'),
    ('restore', '(self.n/at - 1)/60', 'self.n/at/60', 'progress: total for rest'),
    ('restore', 'at, now = self.done + share', 'at, now = self.done', 'progress: nothing within an image'),
    ('restore', '        asked += share == 1', '        asked += 1', 'progress: a tile counts as an evaluation'),
    ('restore', 'len(moves) + twice', 'len(moves)', 'progress: Heun asks once a step'),
    ('restore', 'return int(i) - 1, int(n)', 'return int(i), int(n)', 'command: parts count from 0'),
    ('restore', "generator_for('cpu', seed, 'restore')", "generator_for('cpu', 'restore')", 'restore: seed forgotten'),
    ('restore', "shaped = 'shape' in meta and network_option", "shaped = network_option", 'generates: a network that sees the state alone'),
    ('restore', "None if data.get('kind') in ('pairs', 'table') else data.get('task')", "data.get('task')", 'generates: the task of a training on pairs, which has none'),
    ('restore', "meta.get('task', task) == 'generate' or shaped", "shaped", 'generates: only a network that sees the state alone'),
    ('restore', "    elif old: _check_left(out, results, old, about)\n", "", 'folder: force leaves results of other settings'),
    ('restore', "_result_names(map(Path, _noted(old, 'files'))).values()", "()", 'folder: force leaves results whose owners nobody noted'),
    ('restore', "{*noted} - {p.name for p in results.values()} if os.path.exists(out/n))", "{*noted} - {p.name for p in results.values()})", 'folder: force is refused for results that are gone'),
    ('restore', "if left and (differ := _differences(old, about)):", "if left and [differ := _differences(old, about)]:", 'folder: force is refused for the same settings'),
    ('restore', "return [about.st_size, about.st_mtime_ns]", "return [about.st_size]", 'folder: a changed input of the same size stays'),
    ('restore', "changed = _outdated(there, old, about)", "pass", 'folder: results of changed inputs stay'),
    ('restore', "*(p for p in mine if force and p in there)", "*(p for p in there if force)", 'folder: parts with force undo each other'),
    ('restore', 'if maker != p.name:', 'if maker and maker != p.name:', 'folder: a file of no known maker is taken for a result'),
    ('restore', '_noted(old, k) | about[k]', "(_noted(old, k) if k == 'files' else {}) | about[k]", 'folder: whose the other results are is lost'),
    ('restore', '_noted(old, k) | about[k]', "(_noted(old, k) if k == 'of' else {}) | about[k]", 'folder: what is known of other inputs is lost'),
    ('restore', "if folder := next(filter(os.path.isdir, results), None):", "if folder := None:", 'folder: a folder in the place of a result'),
    ('restore', "(masks.files_for(p) if masks else [])", "[]", 'folder: a changed mask goes unseen'),
    ('restore', 'files[part[0]::part[1]]', 'files', 'folder: every part does all'),
    ('restore', 'for p in mine if p not in there]', 'for p in mine]', 'folder: done again'),
    # viz
    ('viz', "_check_unit(x, 'as_rgb')", 'pass', 'as_rgb: pixel values nearly white'),
    ('viz', '_wrapped(_plain(t), w)', '_wrapped(t, w)', 'show_images: a dollar in a title begins a formula'),
    ('viz', '_wrapped(_plain(k), 160)', '_wrapped(k, 160)', 'show_images: a dollar in the name of a row begins a formula'),
    ('viz', 'if not isinstance(curves, dict)', 'if False', 'plot_plane: curves without names'),
    ('viz', 'if not any(map(len, rows.values())): raise', 'if False: raise', 'a grid without images'),
    ('viz', 'if x.ndim != 3 or len(x) not in (1, 3):', 'if False:', 'an image of any shape'),
    ('viz', "if Path(path).suffix.lower() != '.png': raise", 'if False: raise', 'a PNG in a file called .jpg'),
    ('viz', 'atomic_write(path, self.data, force)', 'atomic_write(path, self.data, True)', 'a figure over a file'),
    ('viz', '[signed] if isinstance(signed, str) else signed', 'signed', 'show_images: parts of a name are names'),
    ('viz', 'if x.isnan().any(): raise ValueError("as_rgb', 'if False: raise ValueError("as_rgb', 'as_rgb: NaN is black'),
    ('viz', ", 'savefig.bbox':'standard'", '', 'png: a style cuts figures'),
    # metrics
    ('metrics', '65.481, 128.553, 24.966', '24.966, 128.553, 65.481', 'luminance: blue for red'),
    ('metrics', 'return y*255/219 if full else y + 16', 'return y + 16', 'luminance: full range forgotten'),
    ('metrics', '10*torch.log10(255**2/', '20*torch.log10(255**2/', 'PSNR: factor 20 on a squared error'),
    ('metrics', '/w.flatten(1).sum(1)', '/w.flatten(1).shape[1]', 'region: divided by all pixels'),
    ('metrics', "protocol.region == 'inside' else", "protocol.region != 'inside' else", 'region: inside out'),
    ('metrics', 'x[..., b:h - b, b:w - b]', 'x[..., b:, b:]', 'border: two edges only'),
    ('metrics', 'if n in (3, 6): x', 'if n in (3, 8): x', 'LPIPS: pooled in the wrong place'),
    ('metrics', 'x/(x.square().sum(1, keepdim=True).sqrt() + 1e-10)', 'x', 'LPIPS: features not normalised'),
    ('metrics', '(-.03, -.088, -.188)', '(.03, .088, .188)', 'LPIPS: shift with the wrong sign'),
    ('metrics', "Metric(_lpips, False,", "Metric(_lpips, True,", 'LPIPS: higher is better'),
    ('metrics', "Metric(_mae_lab, False,", "Metric(_mae_lab, True,", 'MAE Lab: higher is better'),
    ('metrics', "Protocol('Set5-x4', 'y', border=4)", "Protocol('Set5-x4', 'y', border=2)", 'Set5: border of the other scale'),
    ('metrics', '2*_root(r @ s2 @ r).trace()', '_root(r @ s2 @ r).trace()', 'Frechet: cross term once'),
    ('metrics', 'if each.isnan().any()', 'if False', 'measure: NaN is a number'),
    ('metrics', 'torch.where(x.abs() > 3, x, x.clamp(-1, 1))', 'x.clamp(-1, 1)', 'measure: 0..255 is clamped'),
    ('metrics', 'torch.where(x.abs() > 3, x, x.clamp(-1, 1))', 'x', 'measure: a little outside is refused'),
    ('metrics', "    _in_range(x, 'x')\n", '', 'coarse features: any unit'),
    ('metrics', "((mask > 0)*2. - 1).expand(", "mask.expand(", 'region: a mask of truth values'),
    ('metrics', "ndim == 4 and x.shape[1] in (1, 3)", "ndim == 4", 'measure: images of any channels'),
    ('metrics', "ndim == 4 and x.shape[1] in (1, 3)", "shape[-3] in (1, 3)", 'measure: one image for a batch'),
    ('metrics', "check_images(mask*1., 'the mask')", '(mask*1.).clamp(-1, 1)', 'measure: a mask in another unit'),
    ('metrics', 'if mask.shape[-3:-2] not in ((), (1,)) or', 'if', 'measure: a mask of several channels'),
    ('metrics', 'or mask.shape[:-3] not in ((), (1,), (len(like),))', 'or False', 'measure: a mask of another batch'),
    ('metrics', '@torch.no_grad()\ndef measure', 'def measure', 'measure: images that ask for a gradient'),
    ('metrics', 'object.__setattr__(self, field, int(v))', 'pass', 'Protocol: pixels of another type'),
    ('metrics', 'isinstance(v := getattr(self, field), bool) or', '(v := getattr(self, field)) is None or', 'Protocol: a number of pixels that is True'),
    ('metrics', 'if self.rounded not in (True, False)', 'if False', 'Protocol: rounded by any word'),
    ('metrics', 'if not torch.is_tensor(v): raise TypeError(f"{name} must be a tensor of', 'if False: raise TypeError(f"{name} must be a tensor of', 'frechet_distance: what is no tensor'),
    # ddim
    ('ddim', 'r2 = (1 - schedule.abar)**2 + schedule.bbar**2', 'r2 = (1 - schedule.abar)**2 - schedule.bbar**2', 'to_ddim: circle with the wrong sign'),
    ('ddim', 'return ((1 - schedule.abar)**2)[1:]', 'return (1 - schedule.abar)[1:]', 'to_ddim: not squared'),
    ('ddim', 'return ((1 - schedule.abar)**2)[1:]', 'return ((1 - schedule.abar)**2)[:-1]', 'to_ddim: one node early'),
    ('ddim', 'return eta**2', 'return eta', 'ddim_eta: not squared'),
    ('ddim', 'c = ((1 - abar)**2 + bbar**2)**.5', 'c = ((1 - abar)**2 + bbar**2)', 'rescaled: no root'),
    ('ddim', 'c = ((1 - abar)**2 + bbar**2)**.5', 'c = (abar**2 + bbar**2)**.5', 'rescaled: distance from the wrong corner'),
    ('ddim', 'return ((1 - abar)/c)**2, c', 'return (1 - abar)/c, c', 'rescaled: not squared'),
    ('ddim', 'res=x_in - out)', 'res=out - x_in)', 'prediction: residual of an image turned round'),
    ('ddim', 'share_x0*u - share_eps*out', 'share_x0*u + share_eps*out', 'prediction: velocity to image, sign'),
    ('ddim', 'share_eps*u + share_x0*out', 'share_eps*u - share_x0*out', 'prediction: velocity to noise, sign'),
    ('ddim', 'u, share_x0, share_eps = (x_t - abar*x_in)/c', 'u, share_x0, share_eps = (x_t + abar*x_in)/c', 'prediction: input added'),
    ('ddim', 'self.net((x_t - abar*x_in)/c, k)', 'self.net((x_t - abar*x_in), k)', 'FromDDPM: state not rescaled'),
    ('ddim', 'self.net((x_t - abar*x_in)/c, k)', 'self.net(x_t/c, k)', 'FromDDPM: input not taken off'),
    ('ddim', "to_ddim(scheduler.schedule) if hasattr(scheduler, 'schedule')", "scheduler.alphas_cumprod if hasattr(scheduler, 'schedule')", 'from_diffusers: a state of another size served'),
    ('ddim', 'torch.log(A/(1 - A))', 'torch.log(A)', 'timestep: other scale between levels'),
    ('ddim', 'i - 1 + ((x - xs[i - 1])', 'i + ((x - xs[i - 1])', 'timestep: one too high'),
    ('ddim', 'np.arange(steps)[::-1]*(T//steps) + offset', 'np.arange(steps)[::-1]*(T//steps)', 'nodes: offset forgotten'),
    ('ddim', '.round()[:steps] - 1', '.round()[:steps] - 2', 'nodes: trailing one too low'),
    ('ddim', 'np.linspace(0, T - 1, steps).round()', 'np.linspace(0, T - 1, steps).astype(int)', 'nodes: linspace cut off'),
    ('ddim', '[int(i) + 1 for i in k]', '[int(i) for i in k]', 'nodes: timesteps for nodes'),
    ('ddim', 'max(t - T//steps, 0)', 'max(t - T//steps - 1, 0)', 'pairs: one too far'),
    ('ddim', 'if not _within(offset, 0) or offset != int(offset):', 'if not _within(offset, 0):', 'ddim_nodes: half an offset'),
    ('ddim', 'if not _within(offset, 0) or offset != int(offset):', 'if not _within(offset, -9) or offset != int(offset):', 'ddim_nodes: an offset below 0'),
    # atlas
    ('atlas', "Process('DDPM', Schedule.ddim_linear(T), 'preserving', 1.", "Process('DDPM', Schedule.ddim_linear(T), 'sum_constrained', 1.", 'DDPM: other family'),
    ('atlas', "Process('DDIM', Schedule.ddim_linear(T), 'preserving', 0.", "Process('DDIM', Schedule.ddim_linear(T), 'preserving', 1.", 'DDIM: noisy'),
    ('atlas', "Process('flow matching', Schedule.line(T), 'preserving', 0.", "Process('flow matching', Schedule.line(T, .5), 'preserving', 0.", 'flow matching: flatter line'),
    ('atlas', 'lambda u: sigma_max*u, T, name=', 'lambda u: sigma_max*u**2, T, name=', 'VE: other pace'),
    ('atlas', 'lambda u: sigma_max*u**rho', 'lambda u: sigma_max*u', 'EDM: other pace'),
    ('atlas', "Process('rectified flow', Schedule.line(T, 0.)", "Process('rectified flow', Schedule.line(T, .1)", 'rectified flow: with noise'),
    ('atlas', "Process('Cold Diffusion', Schedule.line(T, 0.)", "Process('Cold Diffusion', Schedule.line(T, .1)", 'Cold Diffusion: with noise'),
    ('atlas', "Process('InDI', Schedule.line(T, noise), 'bridge', 0.", "Process('InDI', Schedule.line(T, noise), 'sum_constrained', 1.", 'InDI: fresh noise'),
    ('atlas', 'lambda u: noise*u.sqrt()', 'lambda u: noise*u', 'InDI Brownian: a line'),
    ('atlas', 'root(u)**2, lambda u: kappa*root(u)', 'root(u)**2, lambda u: kappa*root(u)**2', 'ResShift: noise not the root'),
    ('atlas', '(u*T - 1).clamp(min=0)/max(T - 1, 1))**power', '(u*T - 1).clamp(min=0)/max(T - 1, 1))', 'ResShift: power forgotten'),
    ('atlas', 'math.log(min(least/kappa, least))', 'math.log(least)', 'ResShift: start not divided by kappa'),
    ('atlas', 'math.log(min(least/kappa, least))', 'math.log(least/kappa)', 'ResShift: a small kappa starts late'),
    ('atlas', '1 - torch.exp(-pull*u)*share(u)', '1 - torch.exp(-pull*u)', 'GOUB: not led to the input'),
    ('atlas', 'var(pull*u)*var(pull*(1 - u))/var(pull)', 'var(pull*u)*var(pull*(1 - u))', 'GOUB: variance not divided'),
    ('atlas', '1 - torch.exp(-2*torch.as_tensor', '1 - torch.exp(-torch.as_tensor', 'GOUB: half the drift'),
    ('atlas', '(1/gamma + var(pull*(1 - u)))', '(var(pull*(1 - u)))', 'UniDB: the end pinned'),
    ('atlas', "-math.log(rest)), 'preserving'", "-math.log(rest)), 'bridge'", 'GOUB: other family'),
    ('atlas', "lam, pull), 'preserving', 0.", "lam, pull), 'preserving', 1.", 'RDBM: noisy'),
    ('atlas', "name='DBIM VE', posterior='preserving', eta=0.", "name='DBIM VE', posterior='preserving', eta=1.", 'DBIM VE: noisy'),
    ('atlas', "name='DBIM VP', posterior='preserving', eta=0.", "name='DBIM VP', posterior='preserving', eta=1.", 'DBIM VP: noisy'),
    ('atlas', "name='SinSR teacher', eta=0.", "name='SinSR teacher', eta=1.", 'SinSR: noisy'),
    ('atlas', "replace(_resshift(T, kappa), name='UPSR'", "replace(_resshift(T, kappa), eta=0., name='UPSR'", 'UPSR: no fresh noise'),
    ('atlas', "Process('PMRF', Schedule.line(T, noise), 'bridge', 0.", "Process('PMRF', Schedule.line(T, noise), 'sum_constrained', 1.", 'PMRF: noisy'),
    ('atlas', "Process('IR-Flow', Schedule.line(T, 0.)", "Process('IR-Flow', Schedule.line(T, .1)", 'IR-Flow: with noise'),
    ('atlas', 'self.eta if self.first is None else [self.first, self.eta]', 'self.eta', 'how: the first step like the others'),
    ('atlas', "self.posterior if self.eta else", "self.posterior if True else", 'family: nothing is deterministic'),
    ('atlas', 'lam*(1 - torch.exp(-2*theta(u))).sqrt()', 'lam*(1 - torch.exp(-theta(u))).sqrt()', 'IR-SDE: half the drift'),
    ('atlas', "name='IR-SDE', allow='open_end')\n    return Process('IR-SDE', s, 'preserving'", "name='IR-SDE', allow='open_end')\n    return Process('IR-SDE', s, 'sum_constrained'", 'IR-SDE: other family'),
    ('atlas', "Process('RDDM', Schedule.power(T), 'sum_constrained', 0.", "Process('RDDM', Schedule.power(T), 'sum_constrained', 1.", 'RDDM: noisy'),
    ('atlas', '.001 + .998*(u*T - 1)', '.002 + .996*(u*T - 1)', 'BBDM: other ends'),
    ('atlas', '(2*s*(m(u) - m(u)**2)).sqrt()', '(s*(m(u) - m(u)**2)).sqrt()', 'BBDM: half the variance'),
    ('atlas', 'lambda u: u**2, lambda u: sigma_max*u*(1 - u**2).sqrt()', 'lambda u: u, lambda u: sigma_max*u*(1 - u**2).sqrt()', 'DDBM VE: share not squared'),
    ('atlas', 'return Process(name, Schedule(a/q, c/q, name, allow)', 'return Process(name, Schedule(a/q, c, name, allow)', 'scaled: noise not divided'),
    ('atlas', "(1 - q**2).sqrt(), T, (), 'sum_constrained'", "(1 - q**2).sqrt(), T, (), 'preserving'", 'Resfusion: other family'),
    ('atlas', '1 - q, 2*q - 1', '1 - q, q', 'Resfusion: share of the image'),
    ('atlas', '-.25*t**2*beta_d - .5*t*beta_min', '-.25*t**2*beta_d - t*beta_min', 'DDBM VP: drift'),
    ('atlas', '(alpha[-1]**2/var[-1])*var/alpha**2', '(alpha[-1]**2/var[-1])*var', 'DDBM VP: ratio of signal to noise'),
    ('atlas', 'alpha/alpha[-1]*ratio', 'alpha*ratio', 'DDBM VP: share of the input'),
    ('atlas', '(1 - u)*a.abar + u*b.abar', 'u*a.abar + (1 - u)*b.abar', 'morph: from the other end'),
    ('atlas', '(1 - u)*a.bbar + u*b.bbar', 'b.bbar', 'morph: only half of it'),
    ('atlas', 'return (a, b)[int(u)]', 'return (b, a)[int(u)]', 'morph: ends swapped'),
    ('atlas', 'range(schedule.T - 1, 0, -1)', 'range(schedule.T - 2, -1, -1)', 'check_family: two nodes at once'),
    # scheduler
    # tuples for tests/mutants.py: (module, old, new, what); tests: tests/test_scheduler.py
    ('scheduler', 'Schedule.from_ddim((1 - betas).cumprod(0))', 'Schedule.from_ddim((1 - betas.cumsum(0)).clamp(min=0))', 'betas: sum instead of product'),
    ('scheduler', 'Schedule.from_ddim((1 - betas).cumprod(0))', 'Schedule.from_ddim((1 - betas).cumprod(0).sqrt())', 'betas: root of the cumulative product'),
    ('scheduler', '_even(c, c.beta_start, c.beta_end)', '_even(c, c.beta_end, c.beta_start)', 'linear: betas backwards'),
    ('scheduler', 'c.beta_end**.5)**2)', 'c.beta_end**.5))', 'scaled_linear: not squared'),
    ('scheduler', 'c.beta_start**.5, c.beta_end**.5', 'c.beta_start, c.beta_end', 'scaled_linear: no root of the ends'),
    ('scheduler', '(_even(c, extra=1) + .008)/1.008', '_even(c, extra=1)', 'squaredcos: no offset'),
    ('scheduler', '*math.pi/2).cos()**2', '*math.pi/2).cos()', 'squaredcos: no square'),
    ('scheduler', '(1 - A[1:]/A[:-1])', '(1 - A[1:])', 'squaredcos: product taken for a beta'),
    ('scheduler', '.clamp(max=.999)', '.clamp(max=.99)', 'squaredcos: other cap'),
    ('scheduler', 'tuple(c.alpha), tuple(c.beta2), c.bbar_T, c.grid', 'tuple(c.beta2), tuple(c.alpha), c.bbar_T, c.grid', 'power: increments swapped'),
    ('scheduler', 'tuple(c.beta2), c.bbar_T, c.grid', 'tuple(c.beta2), 1., c.grid', 'power: noise level ignored'),
    ('scheduler', 'c.bbar_T, c.grid)', 'c.bbar_T)', 'power: grid ignored'),
    ('scheduler', "Schedule(c.abar, c.bbar, 'nodes', c.allow)", "Schedule(c.bbar, c.abar, 'nodes', c.allow)", 'nodes: coefficients swapped'),
    ('scheduler', "Schedule(c.abar, c.bbar, 'nodes', c.allow)", "Schedule(c.abar, c.bbar, 'nodes', ('open_end', 'bridge'))", 'nodes: everything allowed'),
    ('scheduler', 'Schedule.line(c.num_train_timesteps, c.bbar_T)', 'Schedule.line(c.num_train_timesteps)', 'line: noise level ignored'),
    ('scheduler', 'Schedule.bridge(c.num_train_timesteps, c.height)', 'Schedule.bridge(c.num_train_timesteps)', 'bridge: height ignored'),
    ('scheduler', 'Schedule.circle(c.num_train_timesteps)', 'Schedule.cosine(c.num_train_timesteps)', 'circle: the cosine product instead'),
    ('scheduler', "_one_of('posterior', posterior, POSTERIORS)", 'pass', 'options: typos pass'),
    ('runtime', 'if value not in [*known]: raise', 'if False: raise', 'choices: typos pass'),
    ('trainer', "if accelerator is not None and not hasattr(accelerator, 'device'):", 'if False:', 'an accelerator of another kind passes'),
    ('scheduler', 'if not _within(eta, 0, 1):', 'if not _within(eta, 0):', 'eta: above 1'),
    ('scheduler', '    eta = _share(eta)\n    if eta not in', '    if eta not in', 'step: eta that has no hash'),
    ('scheduler', 'if c.trained_betas is not None:', 'if False:', 'trained_betas ignored'),
    ('scheduler', 'if s.T != c.num_train_timesteps:', 'if False:', 'lists of another length pass'),
    ('scheduler', '    _check_options(c)\n', '', 'options of another curve are dropped'),
    ('scheduler', "kind = c.beta_schedule if c.trained_betas is None else 'trained_betas'", 'kind = c.beta_schedule', 'options of another curve than that of the betas'),
    ('scheduler', "[*_DDPM_SCHEDULES, 'trained_betas'], (", "['linear', 'scaled_linear'], (", 'what DDIM passes over is refused'),
    ('scheduler', "if hasattr(v, 'tolist'): return v.tolist()", 'pass', 'config: numbers that JSON does not know'),
    ('scheduler', 'return [_plain(x) for x in v] if', 'return list(v) if', 'config: numbers in lists that JSON does not know'),
    ('scheduler', 'else allow, eta=_share(eta))', 'else allow)', 'config: eta in a list'),
    ('scheduler', 'self.register_to_config(_use_default_values=[])', 'pass', 'our defaults become theirs in silence'),
    ('scheduler', "config.pop('_use_default_values', None)", 'pass', 'their defaults become ours in silence'),
    ('scheduler', "kwargs.pop(k) for k in _PLAIN if k in kwargs", "kwargs.pop(k) for k in () if k in kwargs", 'from_config: what was given up comes back'),
    ('scheduler', '_refuse({**config, **kwargs})', 'pass', 'from_config: nothing refused'),
    ('scheduler', 'if config.get(k, v) != v:', 'if False:', 'from_config: unsupported options dropped'),
    ('scheduler', ".startswith('learned'):", ".startswith('unknown'):", 'from_config: learned variance dropped'),
    ('scheduler', "if 'beta_schedule' not in config and", 'if False and', 'from_config: any configuration taken over'),
    ('scheduler', '_check_kind(cls, config, () if return_unused_kwargs else kwargs)', 'pass', 'from_config: any kind of scheduler taken over'),
    ('scheduler', 'why = \'\' if str(name).replace(\'Parallel\', \'\') in names else f"{name}\'s"', "why = ''", 'from_config: any name taken over'),
    ('scheduler', ".replace('Parallel', '')", '', 'from_config: those for many devices refused'),
    ('scheduler', "elif lacks and '_use_default_values' in config:", 'elif False:', 'from_config: half of the options of a kind will do'),
    ('scheduler', "if k not in known and k[:1] != '_' and v not in (None, False))", 'if False)', 'from_config: unknown options dropped'),
    ('scheduler', ' and v not in (None, False))', ')', 'from_config: what is turned off refused'),
    ('scheduler', "elif lacks and '_use_default_values' in config:", 'elif lacks:', 'from_config: what is written by hand refused'),
    ('scheduler', 'more = [k for k in told if k not in known]', 'more = []', 'from_config: misspelt options dropped'),
    ('scheduler', '[k for k in cls.__mro__ if issubclass(k, RDDMScheduler)]', '[cls]', 'from_config: what is derived refuses ours'),
    ('scheduler', "['DDIMScheduler', 'DDPMScheduler']", "['DDIMScheduler']", 'compatibles: DDPM forgotten'),
    ('scheduler', 'if known and c.prediction_type', 'if c.prediction_type', 'compatibles: any curve'),
    ('scheduler', 'if known and c.prediction_type in DDPM_PREDICTIONS else', 'if known else', 'compatibles: any prediction'),
    ('scheduler', 'else len(betas)', 'else T', 'trained_betas: their number ignored'),
    ('scheduler', "T = _check_count(T, 'num_train_timesteps') if", 'T = T if', 'the number of timesteps is not checked'),
    ('scheduler', '(1 - self.schedule.abar[1:])**2, self.schedule.bbar[1:]**2', '(1 - self.schedule.abar[:-1])**2, self.schedule.bbar[:-1]**2', 'alphas_cumprod: a node early'),
    ('scheduler', '(image/(image + noise)).nan_to_num(0.)', 'image/(image + noise)', 'alphas_cumprod: none at the corner'),
    ('scheduler', '(image/(image + noise)).nan_to_num(0.)', '(image/(image + noise)).nan_to_num(1.)', 'alphas_cumprod: the corner holds the image'),
    ('scheduler', '(1 - (A/torch.cat([A.new_ones(1), A[:-1]])).nan_to_num(0.))', '(A/torch.cat([A.new_ones(1), A[:-1]])).nan_to_num(0.)', 'betas: what is kept'),
    ('scheduler', 'A[:-1]])).nan_to_num(0.)).float()', 'A[:-1]]))).float()', 'betas: none where the image is gone'),
    ('scheduler', 'torch.tensor(self._target(timestep), device', 'torch.tensor(self._whole(timestep), device', 'previous_timestep: the timestep itself'),
    ('scheduler', 'def save_pretrained(self, *args', 'def save_all(self, *args', 'WithInput: saved without its network'),
    ('scheduler', 'abar=schedule.abar, bbar=schedule.bbar', 'abar=schedule.bbar, bbar=schedule.abar', 'from_schedule: coefficients swapped'),
    ('scheduler', ', allow=schedule.allow, **kw)', ', **kw)', 'from_schedule: allow forgotten'),
    ('scheduler', '[t - 1 for t in ddim_nodes', '[t for t in ddim_nodes', 'trailing: one late'),
    ('scheduler', 'ddim_nodes(T, int(n), spacing, offset)', 'ddim_nodes(T, int(n), spacing)', 'leading: offset forgotten'),
    ('scheduler', 'all(-1 <= s < t < T for', 'all(-1 <= s <= t < T for', 'pairs: a move that stays'),
    ('scheduler', 'all(-1 <= s < t < T for', 'all(-2 <= s < t < T for', 'pairs: beyond the clean image'),
    ('scheduler', 'all(-1 <= s < t < T for', 'all(-1 <= s < t <= T for', 'pairs: beyond the start'),
    ('scheduler', 'all(b[0] < a[0] for', 'all(b[0] <= a[0] for', 'pairs: a timestep twice'),
    ('scheduler', '[*timesteps[1:], -1]', '[*timesteps[1:], 0]', 'moves: stop at timestep 0, not at the clean image'),
    ('scheduler', 'sigma2 = _variances(self.schedule, pairs, c, _share(c.eta))', 'sigma2 = {t: 0. for t, _ in pairs}', 'variances not settled'),
    ('scheduler', 'for t, _ in pairs: _solvable(', 'for t, _ in (): _solvable(', 'unsolvable starts pass'),
    ('scheduler', "_solvable(c.prediction_type, t, self.schedule[t + 1])", "_solvable(c.prediction_type, t, self.schedule[t])", 'solvable: node of the timestep'),
    ('scheduler', "if kind == 'epsilon' and at.abar == 1:", "if kind == 'sample' and at.abar == 1:", 'solvable: other kind of network'),
    ('scheduler', "if kind == 'v_prediction' and _scale(at) == 0:", "if kind == 'v_prediction' and at.bbar > 9:", 'solvable: velocity at the corner'),
    ('scheduler', 'at, to = schedule[t + 1], schedule[s + 1]\n        try', 'at, to = schedule[t], schedule[s + 1]\n        try', 'variance: from the node before'),
    ('scheduler', 'at, to = schedule[t + 1], schedule[s + 1]\n        try', 'at, to = schedule[t + 1], schedule[max(s, 0)]\n        try', 'variance: to the node before'),
    ('scheduler', "posterior_variance(config.posterior, at, to, eta)", "posterior_variance('sum_constrained', at, to, eta)", 'variance: posterior ignored'),
    ('scheduler', 'posterior_variance(config.posterior, at, to, eta)', 'posterior_variance(config.posterior, at, to, eta**2)', "variance: DDIM's eta"),
    ('scheduler', 'on the move from timestep {t} to {s}: {e}', '{e}', 'variance: refused without the time'),
    ('scheduler', 'if eta not in self._sigma2:', 'if not self._sigma2:', 'variance: eta of a step ignored'),
    ('scheduler', 'math.hypot(1 - at[0], at[1])', 'math.hypot(at[0], at[1])', 'scale: from the wrong corner'),
    ('scheduler', 'math.hypot(1 - at[0], at[1])', '1 - at[0] + at[1]', 'scale: sum instead of root of squares'),
    ('scheduler', 'x_in if x_in is None else check_images(x_in), unit', 'x_in, unit', 'set_input: images unchecked'),
    ('scheduler', 'check_images(x_in), unit', 'check_images(x_in), True', 'set_input: unit ignored'),
    ('scheduler', 'self._x_in if x_in is None else check_images(x_in)', 'self._x_in if x_in is None else x_in', 'input_like: images unchecked'),
    ('scheduler', 'self._x_in if x_in is None else check_images(x_in)', 'self._x_in if x_in is None or self._x_in is not None else check_images(x_in)', 'input: the one set goes before the one given'),
    ('scheduler', 'if x_in is not None and x_in.shape != sample.shape:', 'if False:', 'input: shapes unchecked'),
    ('scheduler', 'if x_in is None and self.schedule.bbar[-1] == 0:', 'if False:', 'input: a bridge from nothing'),
    ('scheduler', 'torch.zeros_like(sample) if x_in', 'torch.ones_like(sample) if x_in', 'input: generates from ones'),
    ('scheduler', 'return x_in is None and self._x_in is not None and self._unit', 'return self._x_in is not None and self._unit', 'unit: although x_in is given'),
    ('scheduler', 'return x_in is None and self._x_in is not None and self._unit', 'return x_in is None and self._x_in is not None', 'unit: although states are wanted'),
    ('scheduler', 'return 1. if self._is_unit(None) else', 'return', 'init_noise_sigma: ignores the input'),
    ('scheduler', 'self.schedule[int(self.timesteps[0]) + 1].bbar', 'self.schedule[int(self.timesteps[0])].bbar', 'init_noise_sigma: node of the timestep'),
    ('scheduler', 'self.schedule[int(self.timesteps[0]) + 1].bbar', 'self.schedule[self.schedule.T].bbar', 'init_noise_sigma: of the end, wherever the run starts'),
    ('scheduler', 'if not self._is_unit(None): return sample', 'if False: return sample', 'scale_model_input: scales without an input'),
    ('scheduler', 'at, x = self.schedule[self._whole(timestep) + 1], _wide(sample)', 'at, x = self.schedule[self._whole(timestep)], _wide(sample)', 'scale_model_input: node of the timestep'),
    ('scheduler', 'at, x = self.schedule[self._whole(timestep) + 1], _wide(sample)', 'at, x = self.schedule[self._whole(timestep) + 1], sample', 'scale_model_input: half precision in half'),
    ('scheduler', '_scale(at)*x + at.abar*self', '_scale(at)*x - at.abar*self', 'scale_model_input: sign of the input'),
    ('scheduler', '_scale(at)*x + at.abar*self', 'x + at.abar*self', 'scale_model_input: no scale'),
    ('scheduler', 'timestep.numel() != 1:', 'timestep.numel() < 1:', 'timestep: one for each image'),
    ('scheduler', 'if not _is_node(timestep, len(self) - 1):', 'if not _within(timestep, 0, len(self) - 1):', 'timestep: a fraction'),
    ('scheduler', 'if torch.is_tensor(timestep): timestep = timestep.item()', 'pass', 'timestep: a small tensor overflows'),
    ('scheduler', 'got {timestep!r:.80}', 'got {timestep}', 'timestep: a text told as a number'),
    ('scheduler', 'if self.num_inference_steps is None:', 'if False:', 'step: before set_timesteps'),
    ('scheduler', 'if t not in self._to:', 'if False:', 'step: a timestep that was not set'),
    ('scheduler', 'return self._to[t]', 'return max(t - len(self)//self.num_inference_steps, -1)', "step: guesses where to go, as DDIM's scheduler does"),
    ('scheduler', "if kind == 'residual': return Prediction(res=out)", "if kind == 'residual': return Prediction(res=-out)", 'residual: sign'),
    ('scheduler', 'Prediction(*out.chunk(2, 1))', 'Prediction(*out.chunk(2, 1)[::-1])', 'residual_epsilon: swapped'),
    ('scheduler', 'if v.shape != shape: raise', 'if False: raise', 'shapes unchecked'),
    ('scheduler', 'if generator is not None and variance_noise is not None:', 'if False:', 'noise: two sources'),
    ('scheduler', "if variance_noise is not None: _same('variance_noise'", "if False: _same('variance_noise'", 'noise: shape unchecked'),
    ('scheduler', 'if sigma2 == 0: return None', 'if False: return None', 'noise: drawn where none is used'),
    ('scheduler', 'randn_like(x, generator) if variance_noise is None else', 'randn_like(x, None) if variance_noise is None else', 'noise: generator ignored'),
    ('scheduler', 'randn_like(x, generator) if variance_noise is None else variance_noise.to(x)', 'randn_like(x, generator)', 'noise: the given one ignored'),
    ('scheduler', 'if use_clipped_model_output is False and c.clip_sample:', 'if False:', 'step: a clip that is not ours passes'),
    ('scheduler', 'at, to = self.schedule[t + 1], self.schedule[s + 1]', 'at, to = self.schedule[t], self.schedule[s + 1]', 'step: from the node of the timestep'),
    ('scheduler', 'at, to = self.schedule[t + 1], self.schedule[s + 1]', 'at, to = self.schedule[t + 1], self.schedule[max(s, 0)]', 'step: to the node of the timestep'),
    ('scheduler', 'self._variance(t, c.eta if eta is None else eta)', 'self._variance(t, c.eta)', 'step: eta of a step ignored'),
    ('scheduler', 'self._variance(t, c.eta if eta is None else eta)', 'self._variance(t, eta or c.eta)', 'step: eta=0 taken for none given'),
    ('scheduler', 'self._check_output(model_output, sample)', 'pass', 'step: output unchecked'),
    ('scheduler', 'torch.promote_types(x.dtype, torch.float32)', 'x.dtype', 'step: half precision in half'),
    ('scheduler', 'x_t = _scale(at)*x + at.abar*x_in if unit else x', 'x_t = x + at.abar*x_in if unit else x', 'step: unit sample not scaled'),
    ('scheduler', 'x_t = _scale(at)*x + at.abar*x_in if unit else x', 'x_t = _scale(at)*x - at.abar*x_in if unit else x', 'step: sign of the input in a unit sample'),
    ('scheduler', "'x0' if c.clip_sample else None", "'x0'", 'step: always clipped'),
    ('scheduler', "'x0' if c.clip_sample else None", "None", 'step: never clipped'),
    ('scheduler', 'estimate(pred, x_t, x_in, *at,', 'estimate(pred, x_t, x_in, *to,', 'step: estimated at the target'),
    ('scheduler', 'x_s = reverse_step(x_t, solved, at, to, sigma2,', 'x_s = reverse_step(x_t, solved, at, to, 0*sigma2,', 'step: no fresh noise'),
    ('scheduler', 'if m and m[0] == t and torch', 'if m and torch', 'multistep: any step goes on'),
    ('scheduler', 'and torch.equal(m[1].to(sample), sample)), None)', 'and m[1].shape == sample.shape), None)', 'multistep: other images go on'),
    ('scheduler', 'torch.equal(m[1].to(sample), sample)', 'm[1] is sample', 'multistep: a clone does not go on'),
    ('scheduler', 'torch.equal(m[1].to(sample), sample)', 'torch.equal(m[1], sample)', 'multistep: samples of another precision do not go on'),
    ('scheduler', 'self._last = last, (s, x_s.detach()', 'self._last = None, (s, x_s.detach()', 'multistep: a step asked again starts anew'),
    ('scheduler', 'x_s.detach().clone(), at, x0.clone()', 'x_s.detach(), at, x0.clone()', 'multistep: the samples remembered are written over'),
    ('scheduler', 'x_s.detach().clone(), at, x0.clone()', 'x_s.detach().clone(), at, x0', 'multistep: the estimate remembered is written over'),
    ('scheduler', 'self._remember(last, s, out.prev_sample, at, est.x0)', 'self._remember(last, s, out.prev_sample, to, est.x0)', 'multistep: remembers the wrong place'),
    ('scheduler', 'dict(pairs), len(pairs), ()', 'dict(pairs), len(pairs), self._last', 'set_timesteps: the last run goes on'),
    ('scheduler', "if solver == 'heun':", 'if False:', 'solver: heun asks once'),
    ('scheduler', '_check_solver(c.solver, [self._step(t, s, sigma2[t]) for t, s in pairs], None)', 'pass', 'set_timesteps: what a solver cannot do passes'),
    ('scheduler', '_check_solver(self.config.solver, [self._step(t, s, sigma2[t]) for t, s in self.pairs], None)', 'pass', 'step: fresh noise for a solver without'),
    ('scheduler', '(x_s - to.abar*x_in)/_scale(to)', '(x_s + to.abar*x_in)/_scale(to)', 'step: sign of the input on the way out'),
    ('scheduler', '(x_s - to.abar*x_in)/_scale(to)', '(x_s - at.abar*x_in)/_scale(at)', 'step: coordinates of the start on the way out'),
    ('scheduler', 'x_s.to(sample.dtype), est.x0.to(sample.dtype)', 'est.x0.to(sample.dtype), x_s.to(sample.dtype)', 'step: state and guess swapped'),
    ('scheduler', 'out if return_dict else out.to_tuple()', 'out', 'step: never a tuple'),
    ('scheduler', 'self.schedule.coeffs(t + 1, like)', 'self.schedule.coeffs(t, like)', 'add_noise: node of the timestep'),
    ('scheduler', '((1 - abar)**2 + bbar**2)**.5', '(1 - abar)**2 + bbar**2', 'add_noise, get_velocity: no root'),
    ('scheduler', '(t < 0).any() or', '', 'add_noise: timestep -1'),
    ('scheduler', '(t >= T).any():', '(t > T).any():', 'add_noise: timestep T'),
    ('scheduler', 'else t.long()', 'else t', 'add_noise: small timesteps overflow'),
    ('scheduler', 'except (TypeError, ValueError, RuntimeError): t = None', 'except KeyError: t = None', "add_noise: Python's words for timesteps"),
    ('scheduler', ' or t.dtype == torch.bool else', '  else', 'add_noise: truth values as timesteps'),
    ('scheduler', 'if len(like) > 1 and t.numel() not in (1, len(like)):', 'if False:', 'add_noise: as many timesteps as you like'),
    ('scheduler', 'q_sample(x0, None if unit else x_in, noise.to(x0), abar, bbar)', 'q_sample(x0, None if unit else x_in, noise.to(x0), bbar, abar)', 'add_noise: coefficients swapped'),
    ('scheduler', 'q_sample(x0, None if unit else x_in,', 'q_sample(x0, None if unit else -x_in,', 'add_noise: sign of the input'),
    ('scheduler', 'q_sample(x0, None if unit else x_in,', 'q_sample(x0, x_in,', 'add_noise: the input stays in a unit sample'),
    ('scheduler', 'if unit else x_t).to(original_samples.dtype)', 'if unit else x_t)', 'add_noise: another precision'),
    ('scheduler', '(x_t/_nonzero(c) if unit else', '(x_t if unit else', 'add_noise: unit sample not scaled'),
    ('scheduler', '/_nonzero(c) if unit else x_t', '/_nonzero(c)', 'add_noise: always in coordinates of pipelines'),
    ('scheduler', '((1 - abar)*noise.to(x) - bbar*x)', '((1 - abar)*noise.to(x) + bbar*x)', 'get_velocity: sign'),
    ('scheduler', '((1 - abar)*noise.to(x) - bbar*x)', '((1 - abar)*x - bbar*noise.to(x))', 'get_velocity: image and noise swapped'),
    ('scheduler', '- bbar*x)/_nonzero(c)', '- bbar*x)', 'get_velocity: not scaled'),
    ('scheduler', '/_nonzero(c)).to(sample.dtype)', '/_nonzero(c))', 'get_velocity: another precision'),
    ('scheduler', 'if (c == 0).any():', 'if False:', 'corner passes'),
    ('scheduler', 'if concat and n % 2:', 'if False:', 'WithInput: odd number of channels'),
    ('scheduler', "'in_channels': n//(1 + concat)", "'in_channels': n", 'WithInput: pipelines draw too many channels'),
    ('scheduler', 'x = self.scheduler.scale_model_input(sample, timestep)', 'x = sample', 'WithInput: network sees the sample'),
    ('scheduler', 'torch.cat([x, self.scheduler.input_like(x)], 1)', 'torch.cat([self.scheduler.input_like(x), x], 1)', 'WithInput: state and input swapped'),
    ('scheduler', 'return self.net(x, timestep, *args, **kwargs)', 'return self.net(x, timestep)', 'WithInput: arguments dropped'),
    ('scheduler', 'def dtype(self): return self.net.dtype', 'def dtype(self): return torch.float32', 'WithInput: dtype'),
    ('scheduler', 'def device(self): return self.net.device', "def device(self): return torch.device('meta')", 'WithInput: device'),
    ('scheduler', 'if at.bbar == 0 and not known: _kept_noise(', 'if False: _kept_noise(', 'set_timesteps: a bridge without noise'),
    ('scheduler', "not in ('residual', 'sample')", "not in ('residual',)", 'set_timesteps: a bridge of clean images without noise'),
    ('scheduler', 'except (TypeError, ValueError, OverflowError): out = given = None', 'except KeyError: out = given = None', "set_timesteps: Python's words"),
    # variants
    # variants
    ('variants', "if v is None: raise ValueError(f\"the model gave no", "if False: raise ValueError(f\"the model gave no", '_half: a missing half goes unnoticed'),
    ('variants', "if any(s != found[0] for s in found)", "if False", 'wrappers: two schedules go unnoticed'),
    ('variants', "return found[0] if found else None", "return None", 'wrappers: the schedule is lost'),
    ('variants', '_check_model(m, name)', 'pass', 'wrappers: anything is taken for a predictor'),
    ('variants', "class _Variant(nn.Module):", "class _Variant:\n    def __call__(self, *a): return self.forward(*a)", 'wrappers: no module, so that a network stays in training mode'),
    ('variants', "return Prediction(res=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'res'))", "return Prediction(res=_half(predict(self.model, x_t, x_in, bbar, abar, t, **cond), 'res'))", 'OnlyRes: coefficients swapped'),
    ('variants', "return Prediction(res=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'res'))", "return Prediction(res=_half(predict(self.model, x_in, x_t, abar, bbar, t, **cond), 'res'))", 'OnlyRes: state and input swapped'),
    ('variants', "return Prediction(res=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'res'))", "return Prediction(*self.model(x_t, x_in, abar, bbar, t, **cond))", 'OnlyRes: keeps the noise'),
    ('variants', "return Prediction(res=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'res'))", "return Prediction(res=_half(predict(self.model, x_t, x_in, abar, bbar, **cond), 'res'))", 'OnlyRes: forgets the node'),
    ('variants', "return Prediction(eps=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'eps'))", "return Prediction(res=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'eps'))", 'OnlyEps: noise handed on as residual'),
    ('variants', "return Prediction(eps=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'eps'))", "return Prediction(*self.model(x_t, x_in, abar, bbar, t, **cond))", 'OnlyEps: keeps the residual'),
    ('variants', "return Prediction(eps=_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'eps'))", "return Prediction(eps=-_half(predict(self.model, x_t, x_in, abar, bbar, t, **cond), 'eps'))", 'OnlyEps: sign'),
    ('variants', "torch.as_tensor(bbar == 0).any() else", "True else", 'Both: missing noise goes unnoticed'),
    ('variants', "return None if pred.eps is None and torch.as_tensor(bbar == 0).any() else _half(pred, 'eps')", "return _half(pred, 'eps')", 'Both: refuses a state without noise'),
    ('variants', "return Prediction(_half(pred, 'res'), _noise(pred, bbar))", "return Prediction(_noise(pred, bbar), _half(pred, 'res'))", 'Both: halves swapped'),
    ('variants', "return Prediction(_half(pred, 'res'), _noise(pred, bbar))", "return Prediction(*pred)", 'Both: a missing half passes'),
    ('variants', "for m in (self.res, self.eps))", "for m in (self.eps, self.res))", 'TwoNets: models swapped'),
    ('variants', "for m in (self.res, self.eps))", "for m in (self.res, self.res))", 'TwoNets: the second model is not asked'),
    ('variants', '(predict(m, x_t, x_in, abar, bbar, t, **cond)', '(predict(m, x_t, x_in, bbar, abar, t, **cond)', 'TwoNets: coefficients swapped'),
    ('variants', "bbar >= self.switch*(1 - abar)", "bbar <= self.switch*(1 - abar)", 'Auto: turned round'),
    ('variants', "bbar >= self.switch*(1 - abar)", "bbar > self.switch*(1 - abar)", 'Auto: the line itself to the noise'),
    ('variants', "bbar >= self.switch*(1 - abar)", "bbar >= self.switch*abar", 'Auto: abar for 1 - abar'),
    ('variants', "bbar >= self.switch*(1 - abar)", "bbar >= 1 - abar", 'Auto: switch ignored'),
    ('variants', "bbar >= self.switch*(1 - abar)", "bbar*self.switch >= 1 - abar", 'Auto: switch on the wrong side'),
    ('variants', "bbar >= self.switch*(1 - abar)", "bbar**2 >= self.switch*(1 - abar)", 'Auto: variance for standard deviation'),
    ('variants', "bbar == 0 or bbar >=", "bbar >=", 'Auto: asks for noise where there is none'),
    ('variants', "self.model if half == 'res' else self.eps_model", "self.model", 'Auto: the second model is never asked'),
    ('variants', "self.model if half == 'res' else self.eps_model", "self.eps_model if half == 'res' else self.model", 'Auto: models swapped'),
    ('variants', "model if eps_model is None else eps_model", "model", 'Auto: the second model is dropped'),
    ('variants', "Prediction(**{half: _half(predict(model, x_t, x_in, abar, bbar, t, **cond), half)})", "Prediction(*model(x_t, x_in, abar, bbar, t, **cond))", 'Auto: keeps both halves'),
    ('variants', "Prediction(**{half: _half(predict(model, x_t, x_in, abar, bbar, t, **cond), half)})", "Prediction(**{half: _half(predict(model, x_t, x_in, bbar, abar, t, **cond), half)})", 'Auto: coefficients swapped'),
    ('variants', "if not 0 <= switch < math.inf: raise", "if False: raise", 'Auto: any switch'),
    ('variants', "if torch.is_tensor(v) and v.numel() != 1: raise", "if torch.is_tensor(v): v = v.flatten()[0]\n    if False: raise", 'Auto: the first image decides for all'),
    ('variants', "eps_model:Callable|None=None, # a predictor that gives noise; only one of the two models is called at each step\n        switch:float=1.,", "eps_model:Callable|None=None, # a predictor that gives noise; only one of the two models is called at each step\n        switch:float=.5,", 'Auto: another default'),
    ('variants', "dict(res=OnlyRes, eps=OnlyEps,", "dict(res=OnlyEps, eps=OnlyRes,", 'variant: names swapped'),
    ('variants', "rest = x_t - x_in + (1 - abar)*res", "rest = x_t - x_in - (1 - abar)*res", 'disagreement: sign of the residual'),
    ('variants', "rest = x_t - x_in + (1 - abar)*res", "rest = x_t - x_in + abar*res", 'disagreement: abar for 1 - abar'),
    ('variants', "rest = x_t - x_in + (1 - abar)*res", "rest = x_t + x_in + (1 - abar)*res", 'disagreement: sign of the input'),
    ('variants', "rest = x_t - x_in + (1 - abar)*res", "rest = x_in - x_t + (1 - abar)*res", 'disagreement: sign of the state'),
    ('variants', "rest - bbar*eps", "rest + bbar*eps", 'disagreement: sign of the noise'),
    ('variants', "rest - bbar*eps", "rest - bbar**2*eps", 'disagreement: variance for standard deviation'),
    ('variants', "rest - bbar*eps", "rest - eps", 'disagreement: noise at full strength'),
    ('variants', "return rest if eps is None else", "return 0*rest if eps is None else", 'disagreement: silent without noise'),
    # paths
    ('paths', 'along(1, h, 0) - along(0, 0, h)', 'along(1, h, 0) + along(0, 0, h)', 'commutator: sign'),
    ('paths', 'along(1, h, 0) - along(0, 0, h)', 'along(0, h, 0) - along(1, 0, h)', 'commutator: predictions swapped'),
    ('paths', 's*(da*res + db*eps)', '0*(da*res + db*eps)', 'commutator: state does not move'),
    ('paths', 'abar + s*da, bbar + s*db', 'abar, bbar', 'commutator: place does not move'),
    ('paths', '(forth - back)/(2*h)', '(forth - back)/h', 'commutator: twice'),
    ('paths', '*self.trained_on[t], t, **cond)', 'abar, bbar, t, **cond)', 'TimeConditioned: knows the place'),
    ('paths', 'np.interp(abar, self.a, self.b)', 'bbar', 'CoefficientConditioned: the residual knows bbar'),
    ('paths', 'np.interp(bbar, self.b, self.a)', 'abar', 'CoefficientConditioned: the noise knows abar'),
    ('paths', '((abar, there[0]), (there[1], bbar))', '((there[1], there[0]), (there[1], bbar))', 'CoefficientConditioned: the residual does not know abar'),
    ('paths', 'np.linspace(0, length[-1], steps + 1)', 'np.linspace(0, length[-1], steps)', 'draw_path: a step short'),
    ('paths', "steps = _check_count(steps, 'steps')", "_check_count(steps, 'steps')", 'draw_path: steps stay a float'),
    ('paths', 'np.hypot(*np.diff(p, axis=0).T)', 'np.abs(np.diff(p, axis=0)).sum(1)', 'draw_path: other length'),
    ('paths', 'if res is None or eps is None:', 'if False:', 'commutator: half of a prediction'),
    # aosa
    ('aosa', 'lam*m + (1 - lam)*from_noise', '(1 - lam)*m + lam*from_noise', 'readings: residual mixed the wrong way'),
    ('aosa', 'lam*eps_from_res(x_t, x_in, m, abar, bbar) + (1 - lam)*m', '(1 - lam)*eps_from_res(x_t, x_in, m, abar, bbar) + lam*m', 'readings: noise mixed the wrong way'),
    ('aosa', 'from_noise = x_in - estimate', 'from_noise = x_in + estimate', 'readings: sign of the image'),
    ('aosa', 'x_t, x_in, abar, bbar, clip).x0', 'x_t, x_in, abar, bbar, None).x0', 'readings: never clamped'),
    ('aosa', "clip:str|None='x0', # 'x0' keeps", "clip:str|None=None, # 'x0' keeps", 'readings: not clamped by default'),
    ('aosa', "clip:str|None='x0', # what is done", 'clip:str|None=None, # what is done', 'AutoObjective: not clamped by default'),
    ('aosa', 'x_in, abar, bbar, self.clip)', 'x_in, abar, bbar)', 'loss: its clip forgotten'),
    ('aosa', 'if clip not in CLIPS:', 'if False:', 'AutoObjective: any clip passes'),
    ('aosa', "'res' if far > 0 else 'eps'", "'eps' if far > 0 else 'res'", 'choice: turned round'),
    ('aosa', 'None if abs(far) <= self.margin', 'None if far <= self.margin', 'choice: never noise'),
    ('aosa', '(bbar <= self.most*(1 - abar)) &', '(bbar <= self.most) &', 'well_conditioned: noise side without bound'),
    ('aosa', '& (1 - abar <= self.most*bbar)', '', 'well_conditioned: residual side without bound'),
    ('aosa', 'self.lam*a + (1 - self.lam)*b', '(1 - self.lam)*a + self.lam*b', 'loss: weights swapped'),
    ('aosa', '(r - res).abs().mean()', '(r + res).abs().mean()', 'loss: sign of the residual'),
    ('aosa', '(e - eps).abs().mean()', '(e + eps).abs().mean()', 'loss: sign of the noise'),
    ('aosa', 'readings(m, self.lam, x_t', 'readings(m, .5, x_t', 'loss: share not learned through the readings'),
    ('aosa', 'x_in, x_in - x0, eps, abar, bbar)', 'x_in, x0 - x_in, eps, abar, bbar)', 'select_objective: sign of the residual'),
    ('aosa', '        loss.backward()', '        (-loss).backward()', 'select_objective: climbs'),
    ('aosa', '(len(x0),), device=generator.device, generator', '(len(x0),), generator', 'selection: nodes are drawn on the CPU'),
    ('aosa', 'if m is None:', 'if False:', 'selection: a network of noise'),
    ('aosa', "max_steps = _check_count(max_steps, 'max_steps')", 'pass', 'selection: no step'),
    ('aosa', 'if not len(nodes): raise', 'if False: raise', 'selection: no node counts'),
    ('aosa', '_check_trainable([*net.parameters(), *auto.parameters()])', 'pass', 'selection: weights of inference_mode'),
    ('aosa', '@torch.inference_mode(False)\ndef', 'def', 'selection: inside no_grad'),

    # objective
    ('objective', 'if bad := [t for t in nodes if not _is_count(t, schedule.T)]', 'if bad := []', 'error_curve: between nodes, or at the clean image'),
    ('objective', '(at.abar - to.abar)/s', '(at.abar + to.abar)/s', 'step weights: sign of alpha'),
    ('objective', 'beta2/at.bbar/s', 'beta2/to.bbar/s', 'step weights: wrong bbar'),
    ('objective', 'beta2 = at.bbar**2 - to.bbar**2', 'beta2 = (at.bbar - to.bbar)**2', 'step weights: square of the difference'),
    ('objective', '(beta2*to.bbar**2/at.bbar**2)**.5', '(beta2*to.bbar**2/at.bbar**2)', 'step weights: variance for deviation'),
    ('objective', 'to.bbar**2/at.bbar**2)**.5', 'at.bbar**2/to.bbar**2)**.5', 'step weights: upside down'),
    ('objective', 'sum(lam*error(', 'sum(error(', 'loss: switches without effect'),
    ('objective', '(lam_res, lam_eps))', '(lam_eps, lam_res))', 'loss: switches swapped'),
    ('objective', '(given - x0, eps)', '(x0 - given, eps)', 'curve: sign of the residual'),
    ('objective', 'q_sample(x0, x_in, eps, abar, bbar)', 'q_sample(x0, x_in, eps, abar, 0)', 'curve: states without noise'),
    ('objective', 'schedule[int(t)]', 'schedule[int(t) - 1]', 'curve: one node off'),
    ('unet', 'x_in - out)', 'out - x_in)', 'unet: sign of the image'),
    ('unet', 'res=-out if', 'res=out if', 'unet: sign of the image embed there is no input'),
    ('trainer', 'c.lam_res, c.lam_eps)', 'c.lam_eps, c.lam_res)', 'learn: switches swapped'),
    ('trainer', 'if self.config.clip_each and hasattr', 'if hasattr', 'clip: always each'),
    ('trainer', 'self.net.nets.values() if', '[self.net] if', 'clip: never each'),
    ('trainer', "row.get(k, 'nan')", "row.get(k, '0')", 'log: what was not measured is zero'),
    ('trainer', 'self._due(self.config.eval_every) and self.accelerator', 'self.accelerator', 'evaluator: at every reading'),
    ('watch', "self.seed, 'held out')", "torch.seed())", 'evaluator: other noise every time'),
    ('watch', 'psnr(out, self.held.x0)', 'psnr(out, self.held.x_in)', 'evaluator: compared with the input'),
    ('watch', "if k != 'step' and", 'if', 'tensorboard: step as a scalar'),
    # config
    ('command', "if kind is float and type(value) is int", "if type(value) is int", 'convert: a float where a whole number is meant'),
    ('command', "type(value) is not kind or not math.isfinite(value)", "type(value) is not kind", 'convert: NaN and infinity pass'),
    ('command', "type(value) is not kind or not math", "not math", 'convert: truth values are numbers'),
    ('command', "if word: value = kind(value)", "value = kind(value)", 'convert: text of a file is read as a number'),
    ('command', "if type(value) is not bool: raise", "if value is None: raise", 'convert: 1 is a truth value'),
    ('command', "if not all(rule.fits(value) for rule in args[1:])", "if False", 'convert: rules are not asked'),
    ('command', "kinds, strict=True)", "kinds)", 'convert: lists of another length pass'),
    ('command', "a == value and type(a) is type(value)", "a == value", 'convert: true is the choice 1'),
    ('command', "lambda v: v >= 0, 'a whole number >= 0'", "lambda v: v >= -9, 'a whole number >= 0'", 'Natural: negative'),
    ('command', "lambda v: 0 <= v <= 1", "lambda v: 0 <= v", 'Fraction: above 1'),
    ('config', "if odd := [k for k in self.options() if k not in takes]", "if odd := []", 'schedule: options of another kind pass'),
    ('config', "return self if kind == self.kind else", "return self if True else", 'schedule: another kind keeps the options'),
    ('config', "ScheduleConfig(kind, self.T)", "ScheduleConfig(kind)", 'schedule: another kind forgets T'),
    ('config', "if v is not None or default[k] is not None", "if v is not None", 'to_toml: what was switched off is forgotten'),
    ('command', "more = _is_list(kind)", "more = True", 'split_fields: every field takes all words'),
    ('command', "if Path(sys.argv[0]).stem == prog else []", "", 'own_words: those of the kernel'),
    ('command', "code, why = ExitCode.FAILED, one_line", "code, why = ExitCode.NOT_STARTED, one_line", 'exit code 2 for failures'),
    ('command', "stream.reconfigure(errors='backslashreplace')", "pass", 'a narrow console stops a command'),
    ('command', "except OSError as e:\n            self.lost", "except KeyError as e:\n            self.lost", 'a full disk behind standard output stops a command'),
    ('command', "nowhere if s is None else s", "s", 'a closed stream stops a command'),
    ('command', "or isinstance(out.lost, BrokenPipeError)", "", 'a reader who has seen enough is a failure'),
    ('command', "return code or ExitCode.FAILED", "return code", 'lost output is done'),
    ('command', "k not in self.but", "k", 'OneOf: keys that do not fit pass'),
    ('command', "inner not in (str, FileName) and value in", "value in", 'convert: a folder called none is none'),
    ('command', "if kind is str: value.encode()", "value.encode()", 'convert: names of files must be text'),
    ('command', "reversed(command.__mro__) if is_dataclass(c)", "(command,)", 'help: inherited fields without a word'),
    ('command', "if odd := _unknown_option(argv, options):", "if odd := None:", 'parse: what is missing before what is misspelt'),
    ('command', "(stop or terminated or", "(terminated or", 'exit code 130 for SIGTERM'),
    ('command', "code, why = ExitCode.NOT_STARTED, explain(e)", "code, why = ExitCode.FAILED, explain(e)", 'exit code 1 for what could not start'),
    ('command', "^CUDA out of memory|allocate memory", "^CUDA out of memory", 'explain: the processor has memory for all'),
    ('command', "if not isinstance(e, _KNOWN) or not text", "if not text", 'explain: bugs without their type'),
    ('files', "text[:most - 3] + '...'", "text", 'one_line: of any length'),
    # presets and experiment
    ('presets', "_RADAM = dict(optimizer='radam', betas=[.9, .999]", "_RADAM = dict(optimizer='radam', betas=[.9, .99]", 'betas of Adam'),
    ('presets', "_GENERATE, _OWN, _LINSPACE, dict(data=dict(task='hole')", "_GENERATE, _LINSPACE, dict(data=dict(task='hole')", 'inpaint: told t'),
    ('presets', "data=dict(equalize=True)", "data=dict()", 'aosa: inputs as they are'),
    ('presets', "crop=[25, 57, 128]", "crop=[57, 25, 128]", 'celeba: crop across'),
    ('presets', "return run.exit_code if not run.done else ExitCode.DONE", "return ExitCode.DONE", 'stopped runs pass for done'),
    ('presets', "except (TrainingError, FloatingPointError, MemoryError) as e", "except FloatingPointError as e", 'failures pass for refusals'),
    ('presets', "return config if official else merge(", "return merge(", 'official: recommended'),
    ('presets', ".decode('utf-8-sig')", ".decode('utf-8')", 'files: a byte order mark is refused'),
    ('experiment', "if run is None: tell(f'before", "if True: tell(f'before", 'first loss: told again when a run goes on'),
    ('experiment', "eps, c.loss, c.lam_res", "eps, 'l2', c.lam_res", 'first loss: always of squares'),
    ('experiment', "source.batch(train.batch, next(steps), train.seed)", "source.batch(train.batch, 0, train.seed)", 'choice: the same pairs at every step'),
    ('experiment', "train.lr, train.lr, max_steps", "train.lr, 1., max_steps", 'choice: rate of the share'),
    ('experiment', "is not None: _check_same(config, run, out)", "is not None: pass", 'start: goes on with another experiment'),
    ('experiment', "elif lost := Checkpoints(out).paths():", "elif lost := []:", 'start: goes on with any data where the configuration is lost'),
    ('experiment', "if size and min(s) < size}", "if size and max(s) < size}", 'sizes: a side that is too short'),
    ('experiment', "if not size and batch > 1 and len(report.sizes) > 1:", "if False:", 'sizes: whole images of several sizes'),
    ('data', "out.same += r['same'] and pairs.partners", "out.same += r['same']", 'check: clean images are their own partners'),
    ('data', "out.notes.update(r['notes'])", "pass", 'check: what is lost is not said'),
    ('experiment', "Path(out), make_accelerator(device)", "Path(out), make_accelerator('auto')", 'train: the device is not handed over'),
    ('presets', "train(config, args.out, args.device,", "train(config, args.out, 'auto',", 'rddm-train: the device is not handed over'),
    ('data', " - {*_LOL.values()}", "", 'layout: a split of LOL under two names'),
    ('data', 'sum({(s := v.untyped_storage()).data_ptr(): s.nbytes() for v in pair if v is not None}.values())', 'sum(v.numel() for v in pair if v is not None)', 'PairSource: an image is counted twice'),
    ('data', 'if not _within(memory, 0): raise', 'if False: raise', 'PairSource: any memory is taken'),
    ('data', "threads = _whole(threads, 'threads', 1)\n        self.pairs", 'self.pairs', 'PairSource: any readers are taken'),
    ('data', 'except TypeError:\n            raise TypeError(f"images', 'except KeyError:\n            raise TypeError(f"images', "match: Python's words"),
    ('files', "if e.errno is None: raise", "raise", 'atomic_write: the file is not named'),
    ('runtime', "probe.write_bytes(bytes(room))", "probe.touch()", 'claim_folder: room is not looked for'),
    ('runtime', 'if path.is_symlink() and not path.exists()', 'if False', '_folder: a link to nowhere'),
    ('cli', "force, _ROOM)", "force)", 'demo: room is not looked for'),
    ('command', 'with _warnings_as_lines(prog): return', 'return', 'run_command: warnings as Python prints them'),
    ('command', '(stop or terminated or StopRequest(signal.SIGINT))', '(stop or StopRequest(signal.SIGINT))', 'run_command: who ended it'),
    ('command', 'one_line(e, 8000) or stopped', 'stopped', 'run_command: what an interruption says'),
    ('files', "if not path.is_file(): raise", "if False: raise", 'check_file: waits for a pipe'),
    ('cli', "    with folder_lock(out):\n", "    if True:\n", 'demo: two in one folder'),
    ('presets', "self.report = self.report or self.make()", "self.report = self.make()", 'reports: one for every reading'),
    ('presets', 'beyond = run.step > run.steps', 'beyond = False', '_told: beyond the steps asked for'),
    ('trainer', "if first and self.saved and len(self.checkpoints.paths()) == 1:", "if False:", 'advice: a checkpoint that is not there'),
    ('trainer', "if str(e) != str(failure): lost", "lost", 'way out: the same failure twice'),
    ('trainer', 'if not any(lams[name] for name in there)', 'if not there', '_check_counts: a weight of zero'),
    ('trainer', "getattr(unwrap(net), 'config', None), dict)", "getattr(unwrap(net), 'config', {}), dict)", 'parts: a network without config in a folder'),
    ('trainer', 'if drawn[-1] is None and len(drawn) == 3', 'if False', 'FunctionSource: no condition'),
    ('trainer', 'with torch.inference_mode(False): self.ema', 'with nullcontext(): self.ema', 'Trainer: made inside inference_mode'),
    ('trainer', 'self.ema._state().items()', 'self.ema.net.state_dict().items()', 'checkpoint: the average as coarse as the network'),
    ('trainer', "    _check_unit(batch.x_in, 'x_in')\n", '', 'pairs: inputs of another unit'),
    ('trainer', "seed(seed_for(self.config.seed, 'network', self.step, self.accelerator.process_index))", 'pass', 'learn: what the network draws goes nowhere on'),
    ('trainer', "seed_for(self.config.seed, 'network', ", "seed_for(0, 'network', ", 'learn: what the network draws has no seed'),
    ('trainer', 'with torch.random.fork_rng(drawn), self._saving_on_failure()', 'with self._saving_on_failure()', 'fit: the generator of others is moved'),
    ('trainer', "if same else v", "if name != 'step' else v", 'restore: every moment looks like its parameter'),
    ('trainer', "        if due: readings.clear()\n", '', 'steps: the clock runs on'),
    ('watch', '        _plan(None, schedule, **self.how)\n', '', 'HeldOutEval: settings are not looked at'),
    ('watch', "if not _is_count(show)", 'if False', 'HeldOutEval: any number of images'),
    ('watch', 'if not isinstance(held, Batch)', 'if False', 'HeldOutEval: any pairs'),
    ('optim', "if decay not in ('cosine', 'none')", 'if False', 'lr_factor: any decay'),
    ('optim', 'if warmup < 0', 'if False', 'lr_factor: a warm-up below nothing'),
    ('experiment', "_check_data(config, out/_CHECK_FILE, run is not None)", "_check_data(config)", 'start: all images are read again'),
    ('experiment', "img[:, top:top + side, left:left + side]", "img[:, left:left + side, top:top + side]", 'crop: across'),
    ('experiment', "return _equalized(x_in) if data.equalize else x_in, x0, cond", "return x_in, x0, cond", 'equalize: not'),
    ('images', "exact = torch.promote_types(torch.promote_types(a.dtype, b.dtype), torch.float32)", "exact = torch.promote_types(a.dtype, b.dtype)", 'psnr: in half precision'),
    ('images', "scale = 255/(total[-1] - least)", "scale = 255/total[-1]", 'equalize: not up to white'),
    ('experiment', "file = model if trainer.done else unfinished", "file = model", 'model: an unfinished one under the name of a finished one'),
    ('experiment', "if trainer.done: unfinished.unlink(missing_ok=True)", "", 'model: the unfinished one stays'),
    ('experiment', "for p in made: p.rmdir()", "pass", 'start: a refused one leaves folders'),
    ('experiment', "out['network']['embedding'] = out['network'].pop('cond')", "pass", 'older runs: the embedding is a condition'),
    ('experiment', "predicts in ('eps', 'auto') and schedule.abar[-1] == 1", "predicts == 'eps' and schedule.abar[-1] == 1", 'check_config: a choice may end in noise alone'),
    ('experiment', 'bool(data.held_inputs) != bool(data.held_targets)', 'False', '_held_out: half of a pair of folders'),
    ('experiment', "f'the held-out images (data.held={data.held}): {e}'", 'str(e)', '_held_out: not said that it is they'),
    ('experiment', '_spelled(c.data, Path.resolve)', 'c.data', '_check_same: a folder spelled another way'),
    ('config', "torch.manual_seed(seed)\n", "pass\n", 'network: weights do not belong to the seed'),
    ('config', "if self.kind == 'embedded' and not self.size", 'if False', 'DataConfig: whole images of the package'),
    ('config', 'self.root and (self.inputs or self.targets)', 'False', 'DataConfig: two sets of images'),
    ('config', "        _refuse_ignored(self)\n", "        pass\n", 'DataConfig: images that are ignored'),
    ('config', "if f.name in _ignored(kind)})", "if False})", 'DataConfig: another kind keeps what it ignores'),
    ('config', "if kind != 'pairs' or not (root or inputs or targets)", "if True", 'DataConfig: what a root or folders of pairs ignore'),
    ('experiment', "        for k in _ignored(_way(**tables['data'])): tables['data'].pop(k, None)\n", "", 'config of a run: fields that were ignored end it'),
    ('experiment', "split=DataConfig.split, held_split=DataConfig.held_split)", "held_split=DataConfig.held_split)", 'held out: folders beside a split'),
    ('experiment', "if run is None and config.network.predicts == 'auto': _save_config(config, out)", 'pass', 'start: chosen before the configuration is kept'),
    ('experiment', "'log.csv', 'choice.json'):", "'log.csv'):", 'start: the choice of others is taken'),
    ('experiment', "if fresh: _check_ours(out/'train.json', out/'log.csv')", 'pass', 'start: a file of others is found after the choice'),
    ('experiment', "if config.network.predicts == 'auto' and not getattr(config.train, name):", 'if False:', 'check_config: a choice from which nothing is learned'),
    ('experiment', 'if config.train.eval_every: held = _held_out(config, accelerator.device)', 'pass', 'start: held-out pairs are not looked for'),
    ('experiment', "if predicts in ('res', 'x0') and schedule.bbar[-1] == 0", "if predicts in ('res',) and schedule.bbar[-1] == 0", 'check_config: a bridge of clean images'),
    # cli
    ('cli', "budget.stop if stop is None else stop", "budget.stop", 'demo: nobody hears of the signal'),
    ('cli', "except (RuntimeError, FloatingPointError, MemoryError) as e", "except MemoryError as e", 'demo: failures pass for refusals'),
    ('cli', "for name in _FILES[1:] if force else (): (out", "for name in (): (out", 'demo: numbers of another run'),
    ('cli', "tell(f'restoring ", "str(f'restoring ", 'demo: silence after the training'),
    # exercises and puzzles
    ('exercises', 'off.max() <= tol*max(1., w.abs().max().item())', 'off.mean() <= tol*max(1., w.abs().max().item())', 'difference: the mean, so one wrong value passes'),
    ('exercises', 'off = (y - w).abs()', 'off = y - w', 'difference: signed errors'),
    ('exercises', 'if y.shape != w.shape: return', 'if False: return', 'shapes may differ and are broadcast'),
    ('exercises', 'a.clone() if torch.is_tensor(a) else a', 'a', 'an answer may change the arguments'),
    ('exercises', "k = next((i for i, f in enumerate(faults) if f), 0)", "k = 0", 'only the first case counts'),
    ('exercises', "if v and self.book is not None", "if self.book is not None", 'every try counts as solved'),
    ('exercises', 'sorted({*done.get(self.name, ()), *self._solved})', 'sorted(self._solved)', 'progress of earlier days is lost'),
    ('exercises', 'v = _judged(self, answer)\n    assert v', 'v = self.check(answer)\n    assert v', 'running a solution counts as progress'),
    ('exercises', 'if _secret(ex): return', 'if False: return', 'a value to be guessed is given away'),
    ('exercises', 'if not callable(ex.spec):\n            if not _fault(answer, wrong, ex.tol): return says\n            continue', 'if False: continue', 'slips of values are told apart by what they do only'),
    ('exercises', "assert len(self.slips) > 1", "assert len(self.slips) > -1", 'no wrong answers needed'),
    ('puzzles', 'if n > width else', 'if n >= width else', 'the rule: one column less'),
    ('puzzles', 'rule=_single_expression', 'rule=None', 'no rule at all'),
    ('puzzles', 'lambda a, b: b/(1 - a), [(0., .5)', 'lambda a, b: b/a, [(.1, .5)', 'another spec'),
]]


def told(notebook=HERE.parent/'nbs/31_break_it.ipynb'):
    "The classic mistakes that a notebook shows, as mutants"
    cells = [''.join(c['source']) for c in json.loads(Path(notebook).read_text(encoding='utf-8'))['cells']]
    found = next((c for c in cells if c.startswith('MISTAKES = ')), None)
    if found is None: raise LookupError(f'{notebook} has no cell that begins with MISTAKES')
    return [Mutant(*m, f'break it: {name}') for name, m in ast.literal_eval(found.removeprefix('MISTAKES = ')).items()]


MUTANTS = told() + [m for m in MUTANTS if m[:3] not in {t[:3] for t in told()}]


@functools.lru_cache(1)
def source_of(path): return path.read_text(encoding='utf-8')


def place(source, old):
    "Where a text stands in a module, however its lines are wrapped; it must stand there once"
    inner = old.strip()
    head, tail = old.split(inner, 1)
    words = r'\s+'.join(map(re.escape, inner.split()))
    found = list(re.finditer(re.escape(head) + words + re.escape(tail), source))
    if len(found) != 1: raise ValueError(f'{old!r} occurs {len(found)} times, it must occur once')
    return found[0].span()


def apply(m:Mutant, package=PACKAGE)->str:
    "The mutated source; refuses a mutant that has gone stale"
    source = source_of(Path(package)/f'{m.module}.py')
    try: a, b = place(source, m.old)
    except ValueError as e: raise ValueError(f'{m.module}: {e} ({m.what})') from None
    return source[:a] + m.new + source[b:]


# ---------------------------------------------------------------- which mutants the tests run

CHANGED, REST = 200, 100 # at most so many of what has changed, and of the rest


def git(*words):
    "What git says, stripped; nothing where there is no git, no repository or no such commit"
    try: done = subprocess.run(['git', *words], cwd=HERE, capture_output=True, text=True, encoding='utf-8')
    except OSError: return ''
    return done.stdout.strip() if done.returncode == 0 else ''


def base():
    """The commit that the working tree is compared with: RDDM_MUTANTS_BASE; or where it left main; on main itself the commit before.

    A merge's commit before is main as it was. Nothing where git does not know."""
    if named := os.environ.get('RDDM_MUTANTS_BASE'): return named
    head = git('rev-parse', 'HEAD')
    forks = (git('merge-base', 'HEAD', main) for main in ('origin/main', 'main'))
    return next((fork for fork in forks if fork not in ('', head)), '') or git('rev-parse', '--verify', '--quiet', 'HEAD~1')


def differs(m:Mutant, files:set, lines:str)->bool:
    "Whether its module, the tests of its module or its own entry in this list are among what has changed"
    own = {f'rddm_nb/{m.module}.py', f'tests/test_{OWN.get(m.module, m.module)}.py'}
    return bool(own & files) or m.what in lines


def chosen(asked:str='', since:str|None=None, mutants=None)->list[Mutant]:
    "All mutants, none ('0'), or those of what differs from a commit and some of the rest, drawn by the commit that is tested"
    mutants = MUTANTS if mutants is None else mutants
    if asked not in ('', '0', 'all'): raise ValueError(f"RDDM_MUTANTS is {asked!r}: leave it out, or say 'all', or '0' for none")
    if asked: return [*mutants] if asked == 'all' else []
    since = base() if since is None else since
    files = set(git('diff', '--name-only', since).split('\n')) if since else set()
    lines = '\n'.join(l for l in git('diff', '-U0', since, '--', 'mutants.py').split('\n') if l.startswith('+')) if since else ''
    new = [m for m in mutants if differs(m, files, lines)]
    draw, rest = random.Random(git('rev-parse', 'HEAD')), [m for m in mutants if m not in new]
    some = {*draw.sample(new, min(CHANGED, len(new))), *draw.sample(rest, min(REST, len(rest)))}
    return [m for m in mutants if m in some]


# ---------------------------------------------------------------- running one

LIMIT = 600. # seconds after which a mutant counts as one that does not end

class FirstFailure:
    "Remembers which test went red first"
    name = ''
    def pytest_runtest_logreport(self, report):
        if report.failed and not self.name: self.name = report.nodeid
    def pytest_collectreport(self, report):
        if report.failed and not self.name: self.name = f'import of {report.nodeid}'


KILLERS = Path(os.environ.get('RDDM_KILLERS') or HERE/'killers.json') # name of a mutant -> the test that saw it last time


def name_of(m:Mutant): return f'{m.module}: {m.what}'


def killers(): return json.loads(KILLERS.read_text(encoding='utf-8')) if KILLERS.exists() else {}


def stands(test):
    "Whether a test, or a file of tests, is still there"
    file, _, name = test.partition('::')
    if not file.endswith('.py') or not (HERE/file).exists(): return False
    return not name or f"def {name.partition('[')[0]}(" in (HERE/file).read_text(encoding='utf-8')


def unseen():
    "The mutants of which no test is known that sees them"
    known = {k for k, test in killers().items() if stands(test)}
    return [m for m in MUTANTS if name_of(m) not in known]


def remember(seen:dict):
    "Keep which tests saw which mutants; those that are gone are forgotten"
    kept = {k: v for k, v in (killers() | seen).items() if k in {*map(name_of, MUTANTS)}}
    new = KILLERS.with_suffix('.tmp')
    new.write_text(json.dumps(dict(sorted(kept.items())), indent=0, ensure_ascii=False) + '\n', encoding='utf-8')
    new.replace(KILLERS)


def batches(m:Mutant|None):
    "Which test files to run, the likeliest to see the mistake first"
    if m is None: return [CORE + sorted({OWN.get(m.module, m.module) for m in MUTANTS} - {*CORE})]
    own = OWN.get(m.module, m.module)
    return [[own], [c for c in CORE if c != own]] if own in CORE else [[own]]


class Only:
    "Of what is collected only some tests, in their order; conftest.py, which came later, sorts before"
    def __init__(self, tests): self.place = {t: i for i, t in enumerate(tests)}

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((i for i in items if i.nodeid in self.place), key=lambda i: self.place[i.nodeid])


def files_of(tests):
    "The test files of some tests, each once"
    return [*dict.fromkeys(t.partition('::')[0].removeprefix('test_').removesuffix('.py') for t in tests)]


def rounds(m:Mutant|None, tests=()):
    """What is run one after the other until a test is red: (names of test files, node ids or nothing for all in them).

    The test that saw the mutant last time goes first; if it sees nothing, or is gone, whole files follow."""
    if tests: return [(files_of(tests), tests)]
    last = killers().get(name_of(m)) if m else None
    first = [(files_of([last]), [last])] if last and stands(last) else []
    return first + [(files, ()) for files in batches(m)]


NONE_RAN = 5 # pytest's code where no test is left to run

def run(m:Mutant|None, tests=()):
    """Test one wrong version (None: the package as it is): node id of the first red test, '' if all are green.

    `tests` are the node ids that are run, in their order; without them, see `rounds`."""
    first, said = FirstFailure(), io.StringIO()
    with tempfile.TemporaryDirectory() as tmp:
        copy = Path(tmp)/'rddm_nb'
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns('__pycache__'))
        if m is not None: (copy/f'{m.module}.py').write_text(apply(m), encoding='utf-8')
        sys.path[:0] = [tmp, str(HERE.parent/'tools')]
        os.environ['PYTHONPATH'] = tmp # for the processes that tests start
        assert 'rddm_nb' not in sys.modules
        import pytest
        for names, only in rounds(m, tests):
            files = [HERE/f'test_{n}.py' for n in names]
            if missing := [f for f in files if not f.exists()]: raise FileNotFoundError(f'{m.module} has no tests: {missing[0]}')
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = pytest.main(['-q', '-x', '--tb=no', '-p', 'no:cacheprovider', '-p', 'no:unraisableexception', f'--rootdir={HERE}', '-c', os.devnull,
                                    *map(str, files)], plugins=[first, *([Only(only)] if only else [])])
            if code and not (code == NONE_RAN and only and not tests): break
        import rddm_nb.forward
        assert Path(rddm_nb.forward.__file__).is_relative_to(Path(tmp)), 'the copy was not the one under test'
    return '' if code == 0 else first.name or f'pytest stopped with code {int(code)}: {said.getvalue()[-300:]}'


def prepare():
    "Import once what every run needs, so that each starts at once; not the package itself"
    import hypothesis, pytest, torch  # noqa
    torch.set_num_threads(1)
    for name in ('matplotlib.figure', 'matplotlib.backends.backend_agg', 'fastcore.all', 'tqdm.auto', 'diffusers.schedulers.scheduling_ddim', 'diffusers.schedulers.scheduling_ddpm', 'diffusers.models.unets.unet_2d', 'diffusers.pipelines.ddim.pipeline_ddim', 'diffusers.pipelines.ddpm.pipeline_ddpm'):
        with contextlib.suppress(ImportError): __import__(name)
    gc.freeze()


def send(m, tests, pipe):
    import torch
    torch.set_num_threads(1) # after a fork the first use of PyTorch's threads makes them anew, and must be alone
    pipe.send(run(m, tests))


def apart(m:Mutant|None, tests=(), limit:float=LIMIT):
    "`run` in a process of its own; a mutant that kills it or does not end is seen by that"
    context = multiprocessing.get_context('fork' if 'fork' in multiprocessing.get_all_start_methods() else 'spawn')
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=send, args=(m, tests, theirs))
    process.start()
    theirs.close()
    try: red = ours.recv() if ours.poll(limit) else f'no end within {limit:g} s'
    except EOFError:
        process.join()
        red = f'the process ended with code {process.exitcode}'
    process.kill()
    process.join()
    return red


def serve():
    "Test what is asked for, a line of JSON each, one after the other; each answer is a line of JSON too"
    answers = os.fdopen(os.dup(sys.stdout.fileno()), 'w')
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    prepare()
    for line in sys.stdin:
        asked, tests, limit = json.loads(line)
        print(json.dumps(apart(Mutant(*asked) if asked else None, tests, limit)), file=answers, flush=True)


class Server:
    "A process that has imported what every mutant needs; it tests one at a time"
    def __init__(self):
        env = dict(os.environ, RDDM_EXAMPLES='8', RDDM_NO_SHRINK='1', OMP_NUM_THREADS='1', PYTEST_DISABLE_PLUGIN_AUTOLOAD='1')
        env = {k: v for k, v in env.items() if not k.startswith('PYTEST_XDIST')}
        self.process = subprocess.Popen([sys.executable, __file__, '--serve'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def test(self, m:Mutant|None, tests=(), limit:float=LIMIT):
        "The first red test, '' if all are green, and seconds"
        start = time.perf_counter()
        print(json.dumps([m, tests, limit]), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer: raise RuntimeError(f'the process that tests mutants has ended with code {self.process.wait()}')
        return json.loads(answer), time.perf_counter() - start

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def results(todo, jobs, tests=lambda m: (), limit:float=LIMIT):
    "(mutant, red, seconds) in their order, `jobs` at a time; tests(mutant) are the tests that are run"
    own, servers = threading.local(), []
    def start():
        own.server = Server()
        servers.append(own.server)
    with ThreadPoolExecutor(jobs, initializer=start) as pool:
        try: yield from ((m, *r) for m, r in zip(todo, pool.map(lambda m: own.server.test(m, tests(m), limit), todo)))
        finally:
            pool.shutdown(cancel_futures=True)
            for s in servers: s.close()


def table(todo, jobs):
    "Run, print a line each; those that survived"
    survived = []
    for m, red, took in results(todo, jobs):
        if m is None and red: sys.exit(f'the tests must pass on the unchanged package for mutants to mean anything, but {red} fails')
        if m is None: print(f'unchanged: all green in {took:.1f} s')
        else: print(f"{'killed  ' if red else 'SURVIVED'} {took:5.1f} s  {m.module:9} {m.what:65} {red.split('::')[-1]}", flush=True)
        if not red: survived.append(m)
        elif m is not None and stands(test := red.removeprefix('import of ')): remember({name_of(m): test})
    return [m for m in survived if m is not None]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--only', default='', help='only mutants whose module or description contains this')
    parser.add_argument('--new', action='store_true', help='only mutants of which no test is known that sees them')
    parser.add_argument('--chosen', action='store_true', help='only count those that the tests run')
    parser.add_argument('--trusted', action='store_true', help='the unchanged package is known to be green: do not run its tests too')
    parser.add_argument('--jobs', type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument('--serve', action='store_true', help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.serve: return serve()
    if args.chosen:
        since = base()
        return print(f"{len(chosen(os.environ.get('RDDM_MUTANTS', ''), since))} of {len(MUTANTS)} mutants: what differs from {since[:12] or 'nothing known'}, and some of the rest")
    start, todo = time.perf_counter(), [m for m in (unseen() if args.new else MUTANTS) if args.only in name_of(m)]
    for m in todo: apply(m)
    survived = table(todo if args.trusted else [None, *todo], args.jobs)
    print(f'{len(todo) - len(survived)} of {len(todo)} mutants killed in {time.perf_counter() - start:.0f} s')
    return 1 if survived else 0


if __name__ == '__main__': sys.exit(main())
