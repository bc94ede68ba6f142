"""Wrong versions of the library: every one of them must turn a test red.

Each mutant changes one expression of one module in a copy of the package and runs the core tests against the copy.
`python tests/mutants.py` runs all and prints a table; `--only WORD` picks some, `--jobs N` sets how many run at once."""
import argparse
import contextlib
import gc
import io
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent/'rddm_nb'
# A mutant of the core runs against all these, others against the tests of their own module: test_MODULE.py, or the one named here.
OWN = dict(pictures='pictures_degrade', degrade='pictures_degrade', demo='training')
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
    ('images', '(a - b).square()', '(a - b).abs()', 'psnr: no square'),
    ('images', 'lo >= -1.001', 'lo >= -2.001', 'check_images: accepts below -1'),
    ('images', 'hi <= 1.001', 'hi <= 2.001', 'check_images: accepts above 1'),
    # schedule
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
    ('forward', 'x0 + abar*res + bbar*eps', 'abar*res + bbar*eps', 'q_sample: no picture'),
    ('forward', 'x0 + abar*res + bbar*eps', 'x0 + abar*res + bbar**2*eps', 'q_sample: variance for deviation'),
    ('forward', '-x0 if x_in is None else x_in - x0', 'x0 if x_in is None else x_in - x0', 'q_sample: sign of the residual in generation'),
    ('forward', '-x0 if x_in is None else x_in - x0', '-x0 if x_in is None else x0 - x_in', 'q_sample: residual turned round'),
    # estimate
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
    ('estimate', 'if _any_zero(bbar): raise SingularError', 'if False: raise SingularError', 'eps_from_res: divides by zero'),
    ('estimate', 'if _any_zero(1 - abar):', 'if False:', 'res_from_eps: divides by zero'),
    ('estimate', "bbar, # standard deviation of the noise\n    clip:str|None='x0'", "bbar, # standard deviation of the noise\n    clip:str|None='official'", 'estimate: the official clamp by default'),
    ('estimate', 'return x_in - res, res', 'return x_in + res, res', 'guess: sign of the residual'),
    ('estimate', 'if clip: res = x_in - x0', 'if clip: res = x0 - x_in', 'clip: residual turned round'),
    ('estimate', 'if clip: res = x_in - x0', 'if clip: pass', 'clip: residual not moved with the guess'),
    ('estimate', 'res = res.clamp(-1, 1)', 'res = res.clamp(-2, 2)', 'official clip: residual kept'),
    ('estimate', 'bbar)[0].clamp(-1, 1)', 'bbar)[0]', 'official clip: guess not kept a picture'),
    ('estimate', 'res = (x_in - x0).clamp(-1, 1)', 'res = x_in - x0', 'official clip: derived residual kept'),
    ('estimate', 'res = (x_in - x0).clamp(-1, 1)', 'res = (x0 - x_in).clamp(-1, 1)', 'official clip: derived residual turned round'),
    ('estimate', 'guess.clamp(-1, 1)', 'guess.clamp(-2, 2)', 'clip: wrong range'),
    ('estimate', 'res - d, eps if', 'res + d, eps if', 'clip: residual moves the wrong way'),
    ('estimate', 'res - d, eps if', 'res, eps if', 'clip: residual does not move with the guess'),
    ('estimate', 'eps - (1 - abar)/bbar*d', 'eps + (1 - abar)/bbar*d', 'clip: noise moves the wrong way'),
    ('estimate', 'eps - (1 - abar)/bbar*d', 'eps', 'clip: noise not re-derived'),
    ('estimate', 'eps - (1 - abar)/bbar*d', 'eps - d/bbar', 'clip: noise moves too far'),
    # exact
    ('exact', '.masked_fill(self._prior.isinf(), torch.inf)', '', 'posterior: an excluded picture as the nearest'),
    ('exact', '- 2*g*(u @ mu.T)', '+ 2*g*(u @ mu.T)', 'distance: sign of the cross term'),
    ('exact', 'g**2*mu.square().sum(1)', 'g*mu.square().sum(1)', 'distance: no square of the gain'),
    ('exact', 'return x - a*y, y', 'return x + a*y, y', 'posterior: sign of the input part'),
    ('exact', 'g = (1 - a)*(1 - trust)', 'g = (1 - trust)', 'posterior: picture not scaled by 1 - abar'),
    ('exact', '-d2/(2*var', 'd2/(2*var', 'posterior: far is likely'),
    ('exact', '-d2/(2*var', '-d2/(var', 'posterior: variance halved'),
    ('exact', 'b**2\n    nearest', 'b\n    nearest', 'posterior: no square in bbar'),
    ('exact', 'logits = self._prior + torch.where', 'logits = 0*self._prior + torch.where', 'posterior: prior weights forgotten'),
    ('exact', 'logits - _sq_dist(y, 1, self._mu)', 'logits + _sq_dist(y, 1, self._mu)', 'posterior: evidence turned round'),
    ('exact', '(2*(self.std**2 + self.tau**2))', '(2*self.tau**2)', 'posterior: evidence ignores the spread'),
    ('exact', 'self.std**2/(self.std**2 + self.tau**2)', 'self.tau**2/(self.std**2 + self.tau**2)', 'trust: turned round'),
    ('exact', 'u - (1 - a)*trust*y', 'u + (1 - a)*trust*y', 'posterior: sign of the trusted input'),
    ('exact', '(1 - a)**2*self.std**2*(1 - trust)', 'self.std**2*(1 - trust)', 'posterior: spread not scaled'),
    ('exact', '+ trust*y\n', '\n', 'mean: trusted input forgotten'),
    ('exact', '*(u - (1 - a)*mean)', '*(u + (1 - a)*mean)', 'mean: sign of the correction'),
    ('exact', 'x0 = mean + (1 - a)*v/var', 'x0 = mean + v/var', 'mean: gain without 1 - abar'),
    ('exact', 'Prediction(out(y - x0)', 'Prediction(out(x0 - y)', 'residual turned round'),
    ('exact', 'out((u - (1 - a)*x0)/b)', 'out((u - x0)/b)', 'noise: picture not scaled'),
    ('exact', 'out((u - (1 - a)*x0)/b)', 'out((u - (1 - a)*x0)/b**2)', 'noise: divided by the variance'),
    ('exact', 'x + self.std*torch.randn', 'x + self.std**2*torch.randn', 'draw: variance for deviation'),
    ('exact', 'torch.multinomial(self._prior.exp()', 'torch.multinomial(self._prior.exp()*0 + 1', 'draw: weights forgotten'),
    # reverse
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', 'to.bbar**2*(at.bbar**2 + to.bbar**2)/at.bbar**2', 'sum_constrained: sign'),
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', 'to.bbar**2*(at.bbar - to.bbar)**2/at.bbar**2', 'sum_constrained: square of the difference'),
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', 'to.bbar**2*(at.bbar**2 - to.bbar**2)', 'sum_constrained: not divided'),
    ('reverse', 'to.bbar**2*(at.bbar**2 - to.bbar**2)/at.bbar**2', '(at.bbar**2 - to.bbar**2)', 'sum_constrained: the forward variance'),
    ('reverse', 'm = (1 - at.abar)/(1 - to.abar)', 'm = 1', 'preserving: no pull towards the input'),
    ('reverse', 'm = (1 - at.abar)/(1 - to.abar)', 'm = (1 - to.abar)/(1 - at.abar)', 'preserving: pull turned round'),
    ('reverse', 'to.bbar**2*(1 - m**2*to.bbar**2/at.bbar**2)', 'to.bbar**2*(1 - m*to.bbar**2/at.bbar**2)', 'preserving: no square of the pull'),
    ('reverse', 'to.bbar**2*(1 - m**2*to.bbar**2/at.bbar**2)', 'to.bbar**2*(1 + m**2*to.bbar**2/at.bbar**2)', 'preserving: sign'),
    ('reverse', 'to.bbar**2 - (to.abar/at.abar)**2*at.bbar**2', 'to.bbar**2 + (to.abar/at.abar)**2*at.bbar**2', 'bridge: sign'),
    ('reverse', 'to.bbar**2 - (to.abar/at.abar)**2*at.bbar**2', 'to.bbar**2 - (to.abar/at.abar)*at.bbar**2', 'bridge: no square of the ratio'),
    ('reverse', 'eta*max(v, 0.)', 'eta**2*max(v, 0.)', 'eta: share of the deviation instead of the variance'),
    ('reverse', 'eta*max(v, 0.)', 'max(v, 0.)', 'eta: ignored'),
    ('reverse', 'if not 0 <= eta <= 1:', 'if not 0 <= eta:', 'eta: above 1 accepted'),
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
    ('reverse', 'beta2/bt2, beta2*bs2/bt2', 'bs2/bt2, beta2*bs2/bt2', 'posterior_coefs: picture weight'),
    ('reverse', 'beta2*bs2/bt2\n', 'beta2/bt2\n', 'posterior_coefs: variance'),
    # sampler
    ('sampler', "[(t, schedule[t]) for t in schedule.grid(steps)]", "[(t, schedule[t]) for t in schedule.grid(steps)[:-1]] + [(0, schedule[0])]*2", 'plan: one step too many'),
    ('sampler', 'Point(schedule[t].abar, start.bbar) for t in one', 'Point(start.abar, schedule[t].bbar) for t in one', 'plan: first leg of residual_first removes noise'),
    ('sampler', 'Point(0., schedule[t].bbar) for t in two', 'Point(schedule[t].abar, schedule[t].bbar) for t in two', 'plan: second leg brings the residual back'),
    ('sampler', 'Point(start.abar, schedule[t].bbar) for t in one', 'Point(schedule[t].abar, start.bbar) for t in one', 'plan: first leg of noise_first removes residual'),
    ('sampler', 'Point(schedule[t].abar, 0.) for t in two', 'Point(schedule[t].abar, start.bbar) for t in two', 'plan: second leg brings the noise back'),
    ('sampler', '[(None, p) for p in _two_legs(schedule, steps, order)]', '[(None, p if i + 1 != steps - steps//2 else CLEAN) for i, p in enumerate(_two_legs(schedule, steps, order))]', 'plan: the first leg ends with the guess, so that the second takes away too much'),
    ('sampler', 'x_in + moves[0].at.bbar*gaussian(x_in, generator)', 'gaussian(x_in, generator)', 'walk: starts from noise alone'),
    ('sampler', 'x_in + moves[0].at.bbar*gaussian(x_in, generator)', 'x_in + gaussian(x_in, generator)', 'walk: starts with unit noise'),
    ('sampler', 'x_in + moves[0].at.bbar*gaussian(x_in, generator)', 'x_in + moves[0].at.bbar**2*gaussian(x_in, generator)', 'walk: starts with the variance'),
    ('sampler', 'x_in + moves[0].at.bbar*gaussian(x_in, generator)', 'x_in', 'walk: starts without noise'),
    ('sampler', 'm.at.abar, m.at.bbar, m.t', 'm.to.abar, m.to.bbar, m.s', 'walk: the model is told the target'),
    ('sampler', 'm.at.abar, m.at.bbar, m.t', 'm.at.bbar, m.at.abar, m.t', 'walk: coefficients swapped'),
    ('sampler', 'estimate(pred, x, x_in, *m.at, clip)', 'estimate(pred, x, x_in, *m.to, clip)', 'walk: estimate at the target'),
    ('sampler', 'estimate(pred, x, x_in, *m.at, clip)', "estimate(pred, x, x_in, *m.at, 'official')", 'walk: the official clamp always'),
    ('sampler', "clip:str|None='x0'", "clip:str|None='official'", 'walk: the official clamp by default'),
    ('sampler', 'reverse_step(x_t, est, m.at, m.to, m.sigma2,', 'reverse_step(x_t, est, m.at, m.to, 0*m.sigma2,', 'walk: variance ignored'),
    ('sampler', 'gaussian(x, generator) if m.sigma2 > 0 else None', 'gaussian(x_in, None) if m.sigma2 > 0 else None', 'walk: generator forgotten'),
    ('sampler', 'gaussian(x, generator) if m.sigma2 > 0 else None', 'gaussian(x[:1], generator).expand_as(x) if m.sigma2 > 0 else None', 'walk: one noise for the whole batch'),
    ('sampler', 'gaussian(x, generator) if m.sigma2 > 0 else None', 'gaussian(x, generator)', 'walk: noise drawn at the last step too'),
    ('sampler', 'yield State(m, x_t, *est, x)', 'yield State(m, x_t, *est, x)\n        x_in = x', 'walk: the input replaced by the state'),
    ('sampler', '5 if steps is None else steps', '4 if steps is None else steps', 'walk: another default number of steps'),
    ('sampler', "getattr(model, 'schedule', None) or Schedule.power()", 'Schedule.power()', "walk: the model's schedule ignored"),
    ('sampler', 'posterior_variance(posterior, at, to, eta)', "posterior_variance('sum_constrained', at, to, eta)", 'walk: posterior ignored'),
    ('sampler', 'torch.stack([gaussian(v, g) for v, g in zip(x, generator)])', 'gaussian(x, generator[0])', 'gaussian: one generator for all'),
    ('sampler', 'torch.randn(x.shape, dtype=x.dtype', 'torch.rand(x.shape, dtype=x.dtype', 'gaussian: uniform noise'),
    ('sampler', 'torch.zeros(shape, dtype=like.dtype', 'torch.ones(shape, dtype=like.dtype', 'sample: generates from ones'),
    ('sampler', '[s.x_t[i] for s in self] + [self[-1].x_s[i]]', '[s.x_s[i] for s in self] + [self[-1].x_s[i]]', 'frames: start missing'),
    ('sampler', '[s.x0[i] for s in self]', '[s.x_s[i] for s in self]', 'guesses: states instead'),
    ('sampler', '@torch.no_grad()\n', '', 'walk: gradients kept'),
    ('sampler', 'if not x.isfinite().all(): raise FloatingPointError', 'if False: raise FloatingPointError', 'sample: NaN returned in silence'),
    # pictures and degradations
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
    ('degrade','.95 + clear*(x0 - .95)','.95 - clear*(x0 - .95)','rain: mirrored picture'),
    ('degrade','.95 + clear*(x0 - .95)','-.95 + clear*(x0 + .95)','rain: black streaks'),
    ('degrade','.95 + clear*(x0 - .95)','x0 + (1 - clear)','rain: added instead of laid over'),
    ('degrade','(min(h, w)/32)**.5','(min(h, w)/32)**0','rain: scale does not grow'),
    ('degrade','math.ceil(h/k)','math.ceil(h*k)','rain: scale upside down'),
    ('degrade','if k < 1: raise','if False: raise','rain: scale unchecked'),
    ('degrade','torch.arange(n, dtype=x.dtype, device=x.device) + .5)/n','torch.arange(n, dtype=x.dtype, device=x.device) - n)/n','pixels: shifted'),
    ('degrade','(y - cy).abs() < h/2','(y - cy).abs() > h/2','mask: inside out'),
    ('degrade','(y - cy).abs() < h/2','(y + cy).abs() < h/2','mask: sign of the centre'),
    ('degrade','(x - cx).abs() < w/2','(x - cx).abs() < w','mask: twice as wide'),
    ('degrade','(side, side, (.15','((.15, .85), (.15, .85), (.15','mask: sides ignored'),
    ('degrade','hole |=','hole ^=','mask: overlaps come back'),
    ('degrade','torch.where(hole, 0., x0)','torch.where(hole, -1., x0)','mask: black holes'),
    ('degrade','torch.where(hole, 0., x0)','x0.mul_(~hole)','mask: changes the clean pictures'),
    ('degrade','hole = torch.zeros_like(x0[:, :1]','hole = torch.zeros_like(x0[:1, :1]','mask: one mask'),
    ('degrade',"mode='replicate'","mode='constant'",'blur: dark edges'),
    ('degrade','kernels.repeat_interleave(c, 0)','kernels.repeat(c, 1, 1)','blur: kernels mixed up between pictures'),
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
    ('degrade','dict(rain=rain, mask=mask','dict(rain=rain, mask=rain','registry: wrong function'),
    ('degrade',"task:str='rain'","task:str='mask'",'degrade: other default'),
    ('degrade','return TASKS[task](x0, generator)','return TASKS[task](x0)','degrade: generator forgotten'),
    ('degrade',"check_images(x0, 'x0').ndim","x0.ndim",'degrade: pictures unchecked'),
    ('pictures',"if split in (None, o['split'])]\n\n","]\n\n",'in_split: everything'),
    ('pictures',"split not in (None, 'train', 'test')","False",'in_split: typo passes'),
    ('pictures','.permute(2, 0, 1).contiguous()','.permute(2, 1, 0).contiguous()','read: transposed'),
    ('pictures',"_read(o['file']).clone()","_read(o['file'])",'photos: cache handed out'),
    ('pictures',"groups.setdefault(o['photo'], [])","groups.setdefault(o['file'], [])",'groups: tiles count as photographs'),
    ('pictures','avg_pool2d(_read(o[\'file\']).float(), shrink)','max_pool2d(_read(o[\'file\']).float(), shrink)','groups: maximum'),
    ('pictures','pick(x.shape[1] - size + 1), pick','pick(x.shape[1] - size), pick','crop: last row never'),
    ('pictures','pick(x.shape[1] - size + 1), pick(x.shape[2] - size + 1)','pick(x.shape[1] - size + 1), pick(x.shape[1] - size + 1)','crop: columns drawn like rows'),
    ('pictures','x[:, i:i + size, j:j + size]','x[:, j:j + size, i:i + size]','crop: places swapped'),
    ('pictures','x.flip(2) if pick(2) else x','x','crop: never mirrored'),
    ('pictures','x.flip(2) if pick(2) else x','x.flip(1) if pick(2) else x','crop: upside down'),
    ('pictures','size <= smallest','size <= smallest + 1','crops: one too large'),
    ('pictures','if n < 1 or shrink < 1','if n < 0','crops: nothing asked for'),
    ('pictures',"split:str|None='train', # 'train', 'test' or None","split:str|None='test', # 'train', 'test' or None",'crops: held-out by default'),
    ('pictures','if size < 1 or 32 % size','if False','emoji: size unchecked'),
    ('pictures','.unfold(1, 32, 32).unfold(2, 32, 32)','.unfold(2, 32, 32).unfold(1, 32, 32)','emoji: sheet read by columns'),
    ('pictures','avg_pool2d(x, 32//size)','max_pool2d(x, 32//size)','emoji: maximum'),
    ('pictures','shrink:int=2, # first','shrink:int=1, # first','crops: other default shrink'),
    # unet
    ('unet', 'a = v[:, None]*', 'a = 2*v[:, None]*', 'waves: frequencies doubled'),
    ('unet', 'base=fastest/slowest', 'base=fastest', 'waves: fastest not relative to slowest'),
    ('unet', 'device=v.device)*slowest', 'device=v.device)', 'waves: slowest forgotten'),
    ('unet', 'torch.cat([a.sin(), a.cos()], 1)', 'torch.cat([a.sin(), a.sin()], 1)', 'waves: no cosines'),
    ('unet', 'torch.cat([a.sin(), a.cos()], 1)', 'torch.cat([a.cos(), a.sin()], 1)', 'waves: other order'),
    ('unet', "waves(_each(bbar, x, 'bbar'))", "waves(_each(abar, x, 'abar'))", 'Where: does not look at bbar'),
    ('unet', "waves(_each(t, x, 't'), 16, 1e-4, 1.)", "waves(_each(t, x, 't'), 16)", 'Where: nodes at the frequencies of coefficients'),
    ('unet', '(1 + scale) + shift', '(1 - scale) + shift', 'Block: sign of the scale'),
    ('unet', '(1 + scale) + shift', '(1 + scale) - shift', 'Block: sign of the shift'),
    ('unet', '(1 + scale) + shift', '(1 + scale)', 'Block: no shift'),
    ('unet', '(1 + scale) + shift', 'scale + shift', 'Block: scale from zero'),
    ('unet', 'return self.around(h) + F.silu', 'return F.silu', 'Block: no way around'),
    ('unet', 'return self.around(h) + F.silu', 'return self.around(h) - F.silu', 'Block: sign of the way through'),
    ('unet', 'self.norm2(self.conv2(y))', 'self.conv2(self.norm2(y))', 'Block: normalised too early'),
    ('unet', 'self.qkv(self.norm(h))', 'self.qkv(h)', 'Attention: not normalised'),
    ('unet', 'return h + self.out', 'return h - self.out', 'Attention: sign'),
    ('unet', 'return h + self.out', 'return self.out', 'Attention: no way around'),
    ('unet', 'self.out(a.transpose(-1, -2).reshape', 'self.out(a.reshape', 'Attention: places and channels mixed up'),
    ('unet', 'nn.init.zeros_(p)', 'nn.init.ones_(p)', 'UNet: does not start at zero'),
    ('unet', 'torch.cat([x_t, x_in], 1)', 'torch.cat([x_in, x_t], 1)', 'UNet: state and input swapped'),
    ('unet', '(0, -w % m, 0, -h % m)', '(-w % m, 0, -h % m, 0)', 'UNet: padded at the other side'),
    ('unet', "mode='replicate'", "mode='constant'", 'UNet: padded with zeros'),
    ('unet', 'torch.cat([h, skip], 1)', 'torch.cat([skip, h], 1)', 'UNet: skips on the other side'),
    ('unet', 'after(attention(before(h, e)), e)', 'attention(after(before(h, e), e))', 'UNet: attention at the end of the middle'),
    ('unet', "mode='nearest'", "mode='bilinear'", 'UNet: enlarged smoothly'),
    ('unet', '[..., :h, :w]', '[..., -h:, -w:]', 'UNet: padding cut at the wrong side'),
    ('unet', 'Prediction(*out.chunk(2, 1))', 'Prediction(*out.chunk(2, 1)[::-1])', 'UNet: residual and noise swapped'),
    # demo
    ('demo', 'x.flip(3), x)', 'x.flip(2), x)', 'pairs: upside down'),
    ('demo', '1, 1, 1, generator=generator) < .5', '1, 1, 1, generator=generator) < 0', 'pairs: never flipped'),
    ('demo', "torch.randint(1, schedule.T + 1", "torch.randint(0, schedule.T", 'look: nodes 0..T-1'),
    ('demo', 'base, t = first[0], 1 +', 'base, t = x0, 1 +', 'look: second look at the truth'),
    ('demo', '1 + (torch.rand', '0 + (torch.rand', 'look: second look at the clean node'),
    ('demo', 'generator=generator)*first[1])', 'generator=generator)*schedule.T)', 'look: second look anywhere'),
    ('demo', 'q_sample(base, x_in, eps, abar, bbar)', 'q_sample(base, x_in, eps, bbar, abar)', 'look: coefficients swapped'),
    ('demo', 'x_in, abar, bbar, t.to(x0.device))', 'x_in, bbar, abar, t.to(x0.device))', 'look: network told the wrong place'),
    ('demo', '(p - true).abs()', '(p + true).abs()', 'look: sign of the target'),
    ('demo', '(p - true).abs()', '(p - true).square()', 'look: squared error'),
    ('demo', 'zip(pred, (x_in - x0, eps))', 'zip(pred, (x0 - x_in, eps))', 'look: sign of the residual'),
    ('demo', 'zip(pred, (x_in - x0, eps))', 'zip(pred, (x_in - base, eps))', 'look: second look with the residual of the guess'),
    ('demo', '(x_in - pred.res.detach())', '(x_in + pred.res.detach())', 'look: sign of the guess'),
    ('demo', '.clamp(-1, 1), t)', ', t)', 'look: guess not kept a picture'),
    ('demo', 'min(1, (step + 1)/50)', 'min(1, step/50)', 'rate: first step at zero'),
    ('demo', '1 + math.cos', '1 - math.cos', 'rate: cosine upside down'),
    ('demo', '.01 + .99*', '.1 + .9*', 'rate: ends at 10 %'),
    ('demo', 'self.clock() - self.start', 'self.clock() + self.start', 'Budget: sign of the start'),
    ('demo', '1. if self.stopped else', '0. if self.stopped else', 'Budget: stop ignored'),
    ('demo', 'step/self.max_steps', '(step + 1)/self.max_steps', 'Budget: one step too few'),
    ('demo', '(1 + self.step)/(10 + self.step)', '1', 'Ema: no warm-up'),
    ('demo', 'list(net.parameters()), 1 - d)', 'list(net.parameters()), d)', 'Ema: weights swapped'),
    ('demo', 'min(self.decay,', 'max(self.decay,', 'Ema: decay as the least'),
    ('demo', 'lr*rate(step, u)', 'lr', 'training: rate not used'),
    ('demo', 'if twice and first is None', 'if first is None', 'training: always looks twice'),
    ('demo', 'if first is None: x0, x_in = draw(generator)', 'x0, x_in = draw(generator)', 'training: a new batch for the second look'),
    ('demo', 'loss.backward()', '(-loss).backward()', 'training: climbs'),
    ('demo', '(many - start)', '(start - many)', 'examine: sign of the gain'),
    ('demo', 'many - one', 'one - many', 'examine: sign of the gain of steps'),
    ('demo', 'for s in (1, steps)', 'for s in (steps, 1)', 'examine: one and many swapped'),
    ('demo', '.argmin(1)]', '.argmax(1)]', 'nearest: farthest'),
    # official
    ('official', 'self._conv_forward(h, self.standardised(), self.bias)', 'self._conv_forward(h, self.weight, self.bias)', 'StandardConv: not standardised'),
    ('official', 'return (h - mean)*', 'return (h + mean)*', 'ChannelNorm: sign of the mean'),
    ('official', '(h - mean)*((var + 1e-5).rsqrt()*self.gain)', '(h - mean)*(var + 1e-5).rsqrt()', 'ChannelNorm: no gain'),
    ('official', 'self.film(F.silu(e))', 'self.film(e)', 'OfficialBlock: time not passed through SiLU'),
    ('official', 'torch.addcmul(shift, self.norm1(self.conv1(h)), 1 + scale)', 'torch.addcmul(shift, self.norm1(self.conv1(h)), scale)', 'OfficialBlock: scale from zero'),
    ('official', 'torch.addcmul(shift, self.norm1(self.conv1(h)), 1 + scale)', 'torch.addcmul(-shift, self.norm1(self.conv1(h)), 1 + scale)', 'OfficialBlock: sign of the shift'),
    ('official', 'return self.around(h) + F.silu', 'return self.around(h) - F.silu', 'OfficialBlock: sign'),
    ('official', 'v.mT/v.shape[-1]', 'v.mT', 'OfficialAttention: values not divided by the number of places'),
    ('official', '(k.softmax(-1) @', '(k.softmax(-2) @', 'OfficialAttention: keys normalised over channels'),
    ('official', '(q.softmax(-2)/math.sqrt(32))', '(q.softmax(-1)/math.sqrt(32))', 'OfficialAttention: queries normalised over places'),
    ('official', 'q.softmax(-2)/math.sqrt(32)', 'q.softmax(-2)', 'OfficialAttention: queries not scaled'),
    ('official', '(q.mT, k.mT, v.mT).mT', '(k.mT, q.mT, v.mT).mT', 'OfficialAttention: queries and keys swapped'),
    ('official', 'return h + self.after', 'return h - self.after', 'OfficialAttention: sign'),
    ('official', 'self.qkv(self.norm(h))', 'self.qkv(h)', 'OfficialAttention: not normalised'),
    ('official', '(-math.log(10000)/(n//2 - 1))', '(-math.log(10000)/(n//2))', 'clock: last frequency missed'),
    ('official', 'torch.cat([a.sin(), a.cos()], 1)', 'torch.cat([a.cos(), a.sin()], 1)', 'clock: other order'),
    ('official', 'skips.append(h := attend(block2(h, e)))', 'skips.append(h := block2(h, e))', 'OfficialNet: no attention on the way down'),
    ('official', 'torch.cat([h, first], 1)', 'torch.cat([first, h], 1)', 'OfficialNet: first features on the other side'),
    ('official', 'nn.GELU()', 'nn.SiLU()', 'OfficialNet: other activation of the time'),
    ('official', 'res=1000*each(abar), eps=1000*each(bbar)', 'res=1000*each(bbar), eps=1000*each(abar)', 'OfficialUNet: told the other coefficient'),
    ('official', 'each(t) - 1)', 'each(t))', 'OfficialUNet: index one too high'),
    ('official', 'c.standardised().detach()', 'c.weight.detach()', 'folded: not standardised'),
    # files and trainer
    ('files', 'path.exists() and not force', 'False', 'atomic_write: overwrites'),
    ('files', "!= header['sha256']", "== ''", 'read_tensors: checksum not compared'),
    ('files', "header['kind'] != kind", 'False', 'read_tensors: any kind'),
    ('files', 'json.dumps(about, sort_keys=True).encode()', "b''", 'checksum without what is said'),
    ('trainer', 'min(1., (step + 1)/self.warmup)', 'min(1., step/self.warmup)', 'rate: first step at zero'),
    ('trainer', '1 + math.cos(math.pi*step/self.steps)', '1 - math.cos(math.pi*step/self.steps)', 'rate: cosine upside down'),
    ('trainer', '.01 + .99*', '.99*', 'rate: down to nothing'),
    ('trainer', "torch.randint(1, schedule.T + 1, (plan.batch,), generator=generator_for('cpu', plan.seed, 'nodes', step))[part]", "torch.randint(0, schedule.T, (plan.batch,), generator=generator_for('cpu', plan.seed, 'nodes', step))[part]", 'states: nodes 0..T-1'),
    ('trainer', "plan.seed, 'noise', step))[part]", "plan.seed, 'noise', step))[:len(batch.x0)]", 'states: every process draws the same noise'),
    ('trainer', "plan.seed, 'noise', step)", "plan.seed, 'noise')", 'states: the same noise at every step'),
    ('trainer', "plan.seed, 'nodes', step))[part]", "plan.seed, 'nodes', step))[:len(batch.x0)]", 'states: every process draws the same nodes'),
    ('trainer', 'error(p.to(v.dtype) - v)', 'error(p.to(v.dtype) + v)', 'loss: sign'),
    ('trainer', 'zip(pred, (res, eps))', 'zip(pred, (eps, res))', 'loss: swapped'),
    ('trainer', "if kind == 'l1' else", "if kind == 'l2' else", 'loss: kinds swapped'),
    ('trainer', 'loss_of(pred, res, eps, plan.loss)/plan.accumulate', 'loss_of(pred, res, eps, plan.loss)', 'learn: pieces not averaged'),
    ('trainer', 'plan.clip or math.inf', 'math.inf', 'learn: not clipped'),
    ('trainer', "g['lr'] = plan.rate(self.step)", "g['lr'] = plan.lr", 'learn: constant rate'),
    ('trainer', 'if self.step % plan.ema_every == 0: self.ema', 'if True: self.ema', 'learn: average taken every step'),
    ('trainer', 'self.ema.step = self.step//self.plan.ema_every', 'pass', 'restore: average forgets its age'),
    ('trainer', "self.ema.net.load_state_dict(take('ema.'))", 'pass', 'restore: average not restored'),
    ('trainer', 'self.opt.load_state_dict(dict(self.opt.state_dict(), state=moments))', 'pass', 'restore: moments not restored'),
    ('trainer', 'self.paths()[:-self.keep]', 'self.paths()[:-1]', 'checkpoints: only one kept'),
    ('trainer', "r['step'] <= step]", "r['step'] >= 0]", 'log: later rows kept'),
    ('trainer', '(self.bad < 0) & ~(loss', '~(loss', 'readings: last bad step instead of first'),
    ('trainer', 'n*self.plan.batch/seconds', 'n*seconds', 'log: pairs per second'),
    # data
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
    ('data', 'torch.equal(x_in, x0)', 'False', 'report: same pictures not seen'),
    ('data', 'for k in sorted(common)', 'for k in common', 'match: not sorted'),
    ('data', 'if k not in common', 'if False', 'match: partners not checked'),
    ('data', "img.convert('RGB')", "img", 'read_picture: not made colours'),
    # quality
    # quality
    ('quality', 'return 2*_mean(p, q, block) - _mean(p, p, block)', 'return _mean(p, q, block) - _mean(p, p, block)', 'energy_distance: cross term once'),
    ('quality', 'return 2*_mean(p, q, block) - _mean(p, p, block) -', 'return 2*_mean(p, q, block) + _mean(p, p, block) -', 'energy_distance: sign of the first own term'),
    ('quality', '- _mean(p, p, block) - _mean(q, q, block)', '- _mean(p, p, block) + _mean(q, q, block)', 'energy_distance: sign of the second own term'),
    ('quality', '- _mean(p, p, block) - _mean(q, q, block)', '- 2*_mean(p, p, block)', 'energy_distance: own term of the first set twice'),
    ('quality', 'return _total(a, b, block)/(len(a)*len(b))', 'return _total(a, b, block)/(len(a)*len(a))', '_mean: divides by the square of the first size'),
    ('quality', 'for p in a.split(block))', 'for p in a.split(block)[:1])', '_total: first block only'),
    ('quality', "p, b, compute_mode='donot_use_mm_for_euclid_dist')", 'p, b, p=1)', '_total: sum of absolute differences'),
    ('quality', "compute_mode='donot_use_mm_for_euclid_dist').sum()", "compute_mode='donot_use_mm_for_euclid_dist').square().sum()", '_total: squared distances'),
    ('quality', "compute_mode='donot_use_mm_for_euclid_dist'", "compute_mode='use_mm_for_euclid_dist'", '_total: distances by cancellation'),
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
    ('quality', 'list(range(seeds)) if', 'list(range(1, seeds + 1)) if', '_seeds: count from 1'),
    ('quality', '.manual_seed(s), **kwargs)', '.manual_seed(0), **kwargs)', '_scored: the same noise for every seed'),
    ('quality', 'truth.new_zeros(n, *truth.shape[1:])', 'truth.new_zeros(len(truth), *truth.shape[1:])', '_scored: n ignored'),
    ('quality', 'truth.new_zeros(n, *truth.shape[1:])', 'truth.new_ones(n, *truth.shape[1:])', '_scored: generation starts around 1'),
    ('quality', 'x_in.shape != truth.shape', 'x_in.shape[1:] != truth.shape[1:]', '_check_task: inputs without their answers let through'),
    ('quality', 'x_in is None and n < 2', 'x_in is None and n < 1', '_check_task: a single result let through'),
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
    # restore
    ('restore', 'w/total[s]', 'w', 'fades: weights not made to add up'),
    ('restore', 'torch.minimum(torch.arange(length), torch.arange(length).flip(0))', 'torch.arange(length)', 'fades: only one end fades'),
    ('restore', '-(-(n - overlap)//(tile - overlap))', '(n - overlap)//(tile - overlap) + 1', 'starts: a tile too many where they fit'),
    ('restore', 'i*(n - tile)//(count - 1)', 'i*(n - tile)//count', 'starts: the end is missed'),
    ('restore', 'v*weight', 'v', 'Tiled: not weighted'),
    ('restore', 'None if x_in is None else x_in[..., r, c], abar, bbar, t)', 'None if x_in is None else x_in[..., r, c], bbar, abar, t)', 'Tiled: coefficients swapped'),
    ('restore', "generator_for('cpu', seed, 'restore')", "generator_for('cpu', 'restore')", 'restore: seed forgotten'),
    ('restore', 'files[i::n]', 'files', 'folder: every part does all'),
    ('restore', 'if force or not (outputs', 'if True or not (outputs', 'folder: done again'),
    # ddim
    ('ddim', 'r2 = (1 - schedule.abar)**2 + schedule.bbar**2', 'r2 = (1 - schedule.abar)**2 - schedule.bbar**2', 'to_ddim: circle with the wrong sign'),
    ('ddim', 'return ((1 - schedule.abar)**2)[1:]', 'return (1 - schedule.abar)[1:]', 'to_ddim: not squared'),
    ('ddim', 'return ((1 - schedule.abar)**2)[1:]', 'return ((1 - schedule.abar)**2)[:-1]', 'to_ddim: one node early'),
    ('ddim', 'return eta**2', 'return eta', 'ddim_eta: not squared'),
    ('ddim', 'c = ((1 - abar)**2 + bbar**2)**.5', 'c = ((1 - abar)**2 + bbar**2)', 'rescaled: no root'),
    ('ddim', 'c = ((1 - abar)**2 + bbar**2)**.5', 'c = (abar**2 + bbar**2)**.5', 'rescaled: distance from the wrong corner'),
    ('ddim', 'return ((1 - abar)/c)**2, c', 'return (1 - abar)/c, c', 'rescaled: not squared'),
    ('ddim', 'res=x_in - out)', 'res=out - x_in)', 'prediction: residual of a picture turned round'),
    ('ddim', 'share_x0*u - share_eps*out', 'share_x0*u + share_eps*out', 'prediction: velocity to picture, sign'),
    ('ddim', 'share_eps*u + share_x0*out', 'share_eps*u - share_x0*out', 'prediction: velocity to noise, sign'),
    ('ddim', 'u, share_x0, share_eps = (x_t - abar*x_in)/c', 'u, share_x0, share_eps = (x_t + abar*x_in)/c', 'prediction: input added'),
    ('ddim', 'self.net((x_t - abar*x_in)/c, k)', 'self.net((x_t - abar*x_in), k)', 'FromDDPM: state not rescaled'),
    ('ddim', 'self.net((x_t - abar*x_in)/c, k)', 'self.net(x_t/c, k)', 'FromDDPM: input not taken off'),
    ('ddim', 'torch.log(A/(1 - A))', 'torch.log(A)', 'timestep: other scale between levels'),
    ('ddim', 'i - 1 + ((x - xs[i - 1])', 'i + ((x - xs[i - 1])', 'timestep: one too high'),
    ('ddim', 'np.arange(steps)[::-1]*(T//steps) + offset', 'np.arange(steps)[::-1]*(T//steps)', 'nodes: offset forgotten'),
    ('ddim', '.round()[:steps] - 1', '.round()[:steps] - 2', 'nodes: trailing one too low'),
    ('ddim', 'np.linspace(0, T - 1, steps).round()', 'np.linspace(0, T - 1, steps).astype(int)', 'nodes: linspace cut off'),
    ('ddim', '[int(i) + 1 for i in k]', '[int(i) for i in k]', 'nodes: timesteps for nodes'),
    ('ddim', 'max(t - T//steps, 0)', 'max(t - T//steps - 1, 0)', 'pairs: one too far'),
    # atlas
    ('atlas', "Relative('DDPM', Schedule.ddim_linear(T), 'preserving', 1.", "Relative('DDPM', Schedule.ddim_linear(T), 'sum_constrained', 1.", 'DDPM: other family'),
    ('atlas', "Relative('DDIM', Schedule.ddim_linear(T), 'preserving', 0.", "Relative('DDIM', Schedule.ddim_linear(T), 'preserving', 1.", 'DDIM: noisy'),
    ('atlas', "Relative('flow matching', Schedule.line(T), 'preserving', 0.", "Relative('flow matching', Schedule.line(T, .5), 'preserving', 0.", 'flow matching: flatter line'),
    ('atlas', 'lambda u: sigma_max*u, T, name=', 'lambda u: sigma_max*u**2, T, name=', 'VE: other pace'),
    ('atlas', 'lambda u: sigma_max*u**rho', 'lambda u: sigma_max*u', 'EDM: other pace'),
    ('atlas', "Relative('rectified flow', Schedule.line(T, 0.)", "Relative('rectified flow', Schedule.line(T, .1)", 'rectified flow: with noise'),
    ('atlas', "Relative('Cold Diffusion', Schedule.line(T, 0.)", "Relative('Cold Diffusion', Schedule.line(T, .1)", 'Cold Diffusion: with noise'),
    ('atlas', "Relative('InDI', Schedule.line(T, noise), 'bridge', 0.", "Relative('InDI', Schedule.line(T, noise), 'sum_constrained', 1.", 'InDI: fresh noise'),
    ('atlas', 'lambda u: noise*u.sqrt()', 'lambda u: noise*u', 'InDI Brownian: a line'),
    ('atlas', 'root(u)**2, lambda u: kappa*root(u)', 'root(u)**2, lambda u: kappa*root(u)**2', 'ResShift: noise not the root'),
    ('atlas', '(u*T - 1).clamp(min=0)/max(T - 1, 1))**power', '(u*T - 1).clamp(min=0)/max(T - 1, 1))', 'ResShift: power forgotten'),
    ('atlas', 'math.log(least/kappa)', 'math.log(least)', 'ResShift: start not divided by kappa'),
    ('atlas', 'lam*(1 - torch.exp(-2*theta(u))).sqrt()', 'lam*(1 - torch.exp(-theta(u))).sqrt()', 'IR-SDE: half the drift'),
    ('atlas', "name='IR-SDE', allow='open_end')\n    return Relative('IR-SDE', s, 'preserving'", "name='IR-SDE', allow='open_end')\n    return Relative('IR-SDE', s, 'sum_constrained'", 'IR-SDE: other family'),
    ('atlas', "Relative('RDDM', Schedule.power(T), 'sum_constrained', 0.", "Relative('RDDM', Schedule.power(T), 'sum_constrained', 1.", 'RDDM: noisy'),
    ('atlas', '.001 + .998*(u*T - 1)', '.002 + .996*(u*T - 1)', 'BBDM: other ends'),
    ('atlas', '(2*s*(m(u) - m(u)**2)).sqrt()', '(s*(m(u) - m(u)**2)).sqrt()', 'BBDM: half the variance'),
    ('atlas', 'lambda u: u**2, lambda u: sigma_max*u*(1 - u**2).sqrt()', 'lambda u: u, lambda u: sigma_max*u*(1 - u**2).sqrt()', 'DDBM VE: share not squared'),
    ('atlas', 'return Relative(name, Schedule(a/q, c/q, name, allow)', 'return Relative(name, Schedule(a/q, c, name, allow)', 'scaled: noise not divided'),
    ('atlas', "(1 - q**2).sqrt(), T, (), 'sum_constrained'", "(1 - q**2).sqrt(), T, (), 'preserving'", 'Resfusion: other family'),
    ('atlas', '1 - q, 2*q - 1', '1 - q, q', 'Resfusion: share of the picture'),
    ('atlas', '-.25*t**2*beta_d - .5*t*beta_min', '-.25*t**2*beta_d - t*beta_min', 'DDBM VP: drift'),
    ('atlas', '(alpha[-1]**2/var[-1])*var/alpha**2', '(alpha[-1]**2/var[-1])*var', 'DDBM VP: ratio of signal to noise'),
    ('atlas', 'alpha/alpha[-1]*ratio', 'alpha*ratio', 'DDBM VP: share of the input'),
    ('atlas', '(1 - u)*a.abar + u*b.abar', 'u*a.abar + (1 - u)*b.abar', 'morph: from the other end'),
    ('atlas', '(1 - u)*a.bbar + u*b.bbar', 'b.bbar', 'morph: only half of it'),
    ('atlas', 'return (a, b)[int(u)]', 'return (b, a)[int(u)]', 'morph: ends swapped'),
    ('atlas', 'range(schedule.T - 1, 0, -1)', 'range(schedule.T - 2, -1, -1)', 'check_family: two nodes at once'),
]]


def apply(m:Mutant, package=PACKAGE)->str:
    "The mutated source; refuses a mutant that has gone stale"
    path = Path(package)/f'{m.module}.py'
    source = path.read_text()
    if source.count(m.old) != 1: raise ValueError(f'{m.module}: {m.old!r} occurs {source.count(m.old)} times, it must occur once ({m.what})')
    return source.replace(m.old, m.new)


class FirstFailure:
    "Remembers which test went red first"
    name = ''
    def pytest_runtest_logreport(self, report):
        if report.failed and not self.name: self.name = report.nodeid.split('::')[-1]
    def pytest_collectreport(self, report):
        if report.failed and not self.name: self.name = f'import of {report.nodeid}'


def batches(m:Mutant|None):
    "Which test files to run, the likeliest to see the mistake first"
    if m is None: return [CORE + sorted({OWN.get(m.module, m.module) for m in MUTANTS} - {*CORE})]
    own = OWN.get(m.module, m.module)
    return [[own], [c for c in CORE if c != own]] if own in CORE else [[own]]


def run(m:Mutant|None):
    "Test one wrong version (None: the package as it is); returns it with the first red test, '' if all are green, and seconds"
    start, first, said = time.perf_counter(), FirstFailure(), io.StringIO()
    with tempfile.TemporaryDirectory() as tmp:
        copy = Path(tmp)/'rddm_nb'
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns('__pycache__'))
        if m is not None: (copy/f'{m.module}.py').write_text(apply(m))
        sys.path.insert(0, tmp)
        assert 'rddm_nb' not in sys.modules
        import pytest
        for names in batches(m):
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = pytest.main(['-q', '-x', '--tb=no', '-p', 'no:cacheprovider', '-p', 'no:unraisableexception', f'--rootdir={HERE}', '-c', os.devnull,
                                    *(str(HERE/f'test_{n}.py') for n in names)], plugins=[first])
            if code: break
        import rddm_nb.forward
        assert Path(rddm_nb.forward.__file__).is_relative_to(Path(tmp)), 'the copy was not the one under test'
    if code == 0: return m, '', time.perf_counter() - start
    return m, first.name or f'pytest stopped with code {int(code)}: {said.getvalue()[-300:]}', time.perf_counter() - start


def prepare():
    "Import once what every run needs, so that each starts at once; not the package itself"
    import hypothesis, pytest, torch  # noqa
    torch.set_num_threads(1)
    for name in ('matplotlib.figure', 'matplotlib.backends.backend_agg', 'fastcore.all', 'tqdm.auto', 'diffusers.schedulers.scheduling_ddim', 'diffusers.schedulers.scheduling_ddpm'):
        with contextlib.suppress(ImportError): __import__(name)
    gc.freeze()


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--only', default='', help='only mutants whose module or description contains this')
    parser.add_argument('--jobs', type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args(argv)
    os.environ.update(RDDM_EXAMPLES='8', RDDM_NO_SHRINK='1', OMP_NUM_THREADS='1', PYTEST_DISABLE_PLUGIN_AUTOLOAD='1')
    todo = [m for m in MUTANTS if args.only in f'{m.module}: {m.what}']
    for m in todo: apply(m)
    prepare()
    start = time.perf_counter()
    context = multiprocessing.get_context('fork' if 'fork' in multiprocessing.get_all_start_methods() else 'spawn')
    survived = []
    with context.Pool(args.jobs, maxtasksperchild=1) as pool:
        unchanged = pool.apply_async(run, (None,))
        for m, red, took in pool.imap(run, todo):
            print(f"{'killed  ' if red else 'SURVIVED'} {took:5.1f} s  {m.module:9} {m.what:65} {red}", flush=True)
            if not red: survived.append(m)
        _, red, took = unchanged.get()
    if red: sys.exit(f'the tests must pass on the unchanged package for mutants to mean anything, but {red} fails')
    print(f'unchanged: all green in {took:.1f} s')
    print(f'{len(todo) - len(survived)} of {len(todo)} mutants killed in {time.perf_counter() - start:.0f} s')
    return 1 if survived else 0


if __name__ == '__main__': sys.exit(main())
