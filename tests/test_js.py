"The JavaScript of the figures computes what the library computes: random cases, one node process for all of them"
import base64
import json
import os
import random
import shutil
import subprocess
import zlib

import pytest
import torch
from common import F64, close
from places import ROOT
from rddm_nb.exact import ExactPredictor
from rddm_nb.estimate import Estimate
from rddm_nb.forward import q_sample
from rddm_nb.images import psnr
from rddm_nb.paths import draw_path
from rddm_nb.reverse import POSTERIORS, posterior_variance, reverse_step
from rddm_nb.sampler import ORDERS, SOLVERS, sampling_path, sample
from rddm_nb.schedule import P, Point, Schedule

NODE = os.environ.get('NODE') or shutil.which('node')
JS = ROOT/'rddm_nb'/'figures'/'rddm.js'
pytestmark = pytest.mark.skipif(not NODE,
                                reason='no node: install Node.js 18 or newer, or name it in the environment variable '
                                       'NODE')
RUN = """import * as R from %s;
let all = ''; for await (const c of process.stdin) all += c;
const F = v => Float64Array.from(v), model = o => new R.ExactPredictor(o.means.flat(), o.means.length, o),
    plain = e => ({x0: [...e.x0], res: [...e.res], eps: e.eps && [...e.eps]});
const does = {
  P: o => R.P(...o), power: o => R.power(...o), line: o => R.line(...o), circle: o => R.circle(...o),
    bridge: o => R.bridge(...o), ddim_linear: o => R.ddimLinear(...o), cosine: o => R.cosine(...o),
  at: o => R.scheduleAt(o.s, o.u), grid: o => R.timesteps(...o),
    rho: o => R.rho(o).map(v => Number.isFinite(v) ? v : -1), mix: o => [...R.qSample(o.x0, o.xin, o.eps, o.a, o.b)],
  posterior: o => R.posteriorVariance(...o), exact: o => ({...plain(model(o).predict(F(o.x), o.xin && F(o.xin),
    o.a, o.b)), w: [...model(o).posterior(F(o.x), o.xin && F(o.xin), o.a, o.b)]}),
  step: o => [...R.reverseStep(F(o.x), o.est, o.at, o.to, o.s2, o.z)], road: o => R.drawPath(...o),
    plan: o => R.samplingPath(...o),
  walk: o => [...R.sampleSteps(model(o), F(o.x), F(o.xin), o.path, o).at(-1).x],
  solvers: () => Object.keys(R.SOLVERS), taken: o => R.solverFor(...o), psnr: o => R.psnr(...o)};
console.log(JSON.stringify(JSON.parse(all).map(([name, o]) => does[name](o))));"""


def node(cases):
    "The answers of the module to all cases"
    r = subprocess.run([NODE, '--input-type=module', '-e', RUN % json.dumps(JS.as_uri())], input=json.dumps(cases),
                       capture_output=True, text=True)
    assert r.returncode == 0, r.stderr[-2000:]
    return json.loads(r.stdout)


def curve(s): return dict(abar=s.abar.tolist(), bbar=s.bbar.tolist())
def draws(r, *shape): return torch.randn(*shape, generator=torch.Generator().manual_seed(r.randrange(10**6)), dtype=F64)


def schedules(r):
    T, a, b, S, h = (
        r.randint(2, 60),
        r.choice([0, 0.3, 1, 2.5]),
        r.choice([0, 0.5, 1, 3]),
        r.uniform(0.05, 2),
        r.uniform(0.05, 1),
    )
    side, grid = r.choice(['x', '1-x']), r.choice(['count', 'linspace'])
    power = Schedule.power(T, (side, a), ('x', b), S, grid)
    yield ('P', [side, a, T, grid]), P(side, a, T, grid)
    yield ('power', [T, [side, a], ['x', b], S, grid]), curve(power)
    for name, args in (('line', [T, S]), ('circle', [T]), ('bridge', [T, h]), ('ddim_linear', [T]), ('cosine', [T])):
        yield (name, args), curve(getattr(Schedule, name)(*args))
    u, n = r.random(), r.randint(1, T)
    yield ('at', dict(s=curve(power), u=u)), list(power.at(u))
    yield ('grid', [T, n]), power.grid(n)
    yield ('rho', curve(power)), torch.where(power.rho.isfinite(), power.rho, -1.)
    order = r.choice(ORDERS)
    n = max(n, 2)
    yield ('plan', [curve(power), n, order]), [list(p) for _, p in sampling_path(power, n, order)]


def places(r):
    at = Point(r.uniform(.05, .99), r.uniform(.05, 2))
    return at, Point(at.abar*r.random(), at.bbar*r.random())


def exact(model, about, x, given, abar, bbar):
    "What the predictor makes of states, which lie end to end in JavaScript"
    res, noise = model(x, given, abar, bbar)
    flat = lambda v: None if v is None else v.flatten().tolist()
    x0 = (0*x if given is None else given) - res
    asked = about | dict(x=flat(x), xin=flat(given), a=abar, b=bbar)
    weights = model.posterior(x, given, abar, bbar)
    return ('exact', asked), dict(x0=flat(x0), res=flat(res), eps=flat(noise), w=flat(weights))


def steps(r):
    d, n, (at, to) = r.randint(2, 9), r.randint(1, 6), places(r)
    x0, xin, eps, z = (draws(r, 1, d) for _ in range(4))
    yield ('mix', dict(x0=x0[0].tolist(), xin=xin[0].tolist(), eps=eps[0].tolist(), a=at.abar,
                       b=at.bbar)), q_sample(x0, xin, eps, *at)[0]
    std, tau = r.choice([0, .1, .7]), r.choice([None, .5, 3.])
    means, w = draws(r, n, d), [r.random() for _ in range(n)]
    model, x = ExactPredictor(means, std, torch.tensor(w, dtype=F64), tau), q_sample(means[:1], xin, eps, *at)
    b, given = r.choice([at.bbar, 0.]), r.choice([xin, None])
    about = dict(means=means.tolist(), std=std, tau=tau, weights=w)
    yield exact(model, about, x, given, at.abar, b)
    yield exact(model, about, torch.cat([x, z]), None if given is None else torch.cat([xin, eps]), at.abar, b)
    s2 = r.random()*to.bbar**2
    yield ('step', dict(x=x[0].tolist(), est=dict(x0=x0[0].tolist(), res=xin[0].tolist(), eps=eps[0].tolist()), at=at,
                        to=to, s2=s2, z=z[0].tolist())), reverse_step(x, Estimate(x0, xin, eps), at, to, s2, z)[0]
    for family in POSTERIORS:
        try: v = posterior_variance(family, at, to, .7)
        except ValueError: v = None
        yield ('posterior', [family, at, to, .7]), v
    pts, k = [[1., 1.]] + [[r.random(), r.uniform(0, 1.5)] for _ in range(r.randint(0, 4))], r.randint(1, 30)
    path = draw_path([tuple(p) for p in pts], k)
    yield ('road', [pts, k]), [list(p) for p in path]
    start = xin + path[0].bbar*eps
    for solver in SOLVERS:
        try: end = sample(model, xin, path=path, x_T=start, clip=None, solver=solver)[0]
        except ValueError: end = None
        yield ('taken', [solver, path]), 'euler' if end is None else solver
        yield (
            ('walk', about | dict(x=start[0].tolist(), xin=xin[0].tolist(), path=path, solver=solver)),
            sample(model, xin, path=path, x_T=start, clip=None)[0] if end is None else end,
        )
    yield (
        ('psnr', [x0.clamp(-1, 1)[0].tolist(), xin.clamp(-1, 1)[0].tolist()]),
        psnr(x0.clamp(-1, 1), xin.clamp(-1, 1))[0].item(),
    )


def differs(got, want, tol=1e-6):
    "Is the answer further from the library's than tol?"
    if want is None or got is None: return got is not want
    if isinstance(want, str): return got != want
    if isinstance(want, dict): return set(got) != set(want) or any(differs(got[k], want[k], tol) for k in want)
    try: close(got, want, tol)
    except AssertionError: return True
    return False


def cases(): return [c for seed in range(40) for make in (schedules, steps) for c in make(random.Random(seed))]


def test_the_module_agrees_with_the_library():
    all_ = cases()
    got = node([c for c, _ in all_])
    assert len(all_) > 700
    assert [(c, g, w) for (c, w), g in zip(all_, got) if differs(g, w)] == []


STILL = [[(.5, .5), (.75, .25), (0, 0)], [(1, 0), (.5, 0), (0, 0)]] # on a ray from (1, 0), and without noise


def test_the_solvers_are_those_of_the_library_and_none_is_of_second_order_where_the_noise_level_stands_still():
    ends = [[(1, 1), (1, .5), (1, 0), (.5, 0), (0, 0)], [(1, 1), (0, 1), (0, 0)]]
    assert node([['solvers', None], *(['taken', ['multistep', p]] for p in STILL + ends)]) == [
        list(SOLVERS), 'euler', 'euler', 'multistep', 'multistep']
    model = ExactPredictor(torch.zeros(1, 3, 4, 4, dtype=F64))
    x = torch.zeros(1, 3, 4, 4, dtype=F64)
    run = lambda p: sample(model, x, x_T=x, path=p, solver='multistep', clip=None)
    for path in STILL:
        with pytest.raises(ValueError, match='noise'): run(path)
    for path in ends: assert run(path).isfinite().all()


def test_the_comparison_can_fail():
    assert differs([1., 2.], [1., 2.00001]) and differs(None, 1.) and differs({'a': [1.]}, {'b': [1.]})
    assert not differs([1.], torch.tensor([1 + 1e-8], dtype=F64))


def test_module_and_payload_are_small_and_need_nothing():
    src = JS.read_text(encoding='utf-8')
    assert len(src.encode()) <= 60*1024 and 'import ' not in src.replace('import.meta', '')
    assert 'http' not in src.replace('http://www.w3.org/2000/svg', '')
    assert all(f.stat().st_size <= 300*1024 for f in JS.parent.glob('*.json'))


def unpacked(path):
    "A payload with its images as bytes: how they are compressed may differ"
    payload = json.loads(path.read_text(encoding='utf-8'))
    return payload | {k: zlib.decompress(base64.b64decode(payload[k])) for k in ('images', 'inputs')}


def test_the_payload_is_what_the_tool_packs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT/'tools'))
    import pack_figures
    monkeypatch.setattr(pack_figures, 'OUT', tmp_path/'figures.json')
    pack_figures.main()
    assert unpacked(tmp_path/'figures.json') == unpacked(JS.parent/'figures.json')
