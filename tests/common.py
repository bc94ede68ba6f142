"""What several test files need: seeded tensors, tolerances, strategies for points and schedules, fake networks."""
import math
import os
import pytest
import torch
from hypothesis import strategies as st
from places import DATA
from rddm_nb.estimate import Prediction
from rddm_nb.schedule import Point, Schedule

F64 = torch.float64
posix = pytest.mark.skipif(os.name != 'posix', reason='signals, pipes and locks as POSIX has them')
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f'no sets of images in {DATA}: RDDM_DATA names their folder')
SLASH = r'[\\/]+' # what stands between folders in a message, whatever the system


def named(folder, name):
    "A file of a name, text or bytes, in a folder; the test is skipped where the system refuses such a name"
    path = os.path.join(os.fsencode(folder), name) if isinstance(name, bytes) else os.path.join(folder, name)
    try: open(path, 'xb').close()
    except OSError as e: pytest.skip(f'no file may be called {name!r} here: {e.strerror}')
    return path


def rng(seed=0): return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0, dtype=F64): return torch.randn(*shape, generator=rng(seed), dtype=dtype)


def random_images(*shape, seed=0, dtype=F64): return torch.rand(*shape, generator=rng(seed), dtype=dtype)*2 - 1


def awake(module, seed=0):
    "A module in float64 whose every parameter is drawn at random, the zeros of the last layer too"
    g = rng(seed)
    for p in module.double().parameters(): p.data = torch.randn(p.shape, generator=g, dtype=p.dtype)*.3
    return module


def trio(seed=0, shape=(2, 3, 4, 4), dtype=F64):
    "Clean images, degraded images and noise"
    return (
        random_images(*shape, seed=3 * seed, dtype=dtype),
        random_images(*shape, seed=3 * seed + 1, dtype=dtype),
        randn(*shape, seed=3 * seed + 2, dtype=dtype),
    )


def error(a, b):
    "Largest absolute difference of numbers, tensors or sequences of numbers"
    a, b = (torch.as_tensor(v, dtype=F64) for v in (a, b))
    assert a.shape == b.shape, f'{tuple(a.shape)} against {tuple(b.shape)}'
    return (a - b).abs().max().item()


def close(a, b, tol):
    "Equal to an absolute tolerance; NaN never is"
    e = error(a, b)
    assert e <= tol, f'largest difference {e:.3g}, allowed {tol:.3g}'


seeds = st.integers(0, 10_000)
unit = st.floats(0, 1, allow_subnormal=False)
exponents = st.sampled_from([0, .3, .5, 1, 2, 3, 5])
sides = st.sampled_from(['x', '1-x'])


@st.composite
def inner_points(draw, a_max=.99, b_min=.02):
    "Points where neither 1 - abar nor bbar vanishes"
    return Point(draw(st.floats(0, a_max, allow_subnormal=False)), draw(st.floats(b_min, 2)))


@st.composite
def moves(draw, a_max=.99, b_min=.05):
    "A state and a target with no more residual and no more noise, neither of them clean"
    at = Point(draw(st.floats(.05, a_max)), draw(st.floats(b_min, 2)))
    return at, Point(at.abar*draw(st.floats(.01, 1)), at.bbar*draw(st.floats(.05, 1)))


@st.composite
def power_schedules(draw, T_max=40):
    "Any member of the paper's family"
    return Schedule.power(draw(st.integers(1, T_max)), (draw(sides), draw(exponents)), (draw(sides), draw(exponents)),
                          draw(st.floats(.05, 2)), draw(st.sampled_from(['count', 'linspace'])))


def ellipse(T=20, Sigma=1.):
    return Schedule.from_fns(lambda x: x, lambda x: (Sigma*x*(1 - x)).sqrt(), T, name='ellipse', allow='bridge')


def oracle(x0, x_in):
    "Knows the clean image and reads the noise off the state"
    def model(x_t, x_in_, abar, bbar, t):
        res = x_in - x0
        return Prediction(res, None if bbar == 0 else (x_t - x0 - abar*res)/bbar)
    return model


def constant(res, eps): return lambda x_t, x_in, abar, bbar, t: Prediction(res, eps)


def fake_eps(x_t, x_in, abar, bbar, t=None):
    "A nonlinear function standing in for a noise network"
    return torch.tanh(1.3*x_t + .2*x_in.roll(1, -1) - .4*x_t.roll(1, -1)) + .3*torch.sin(3*x_t + 2*abar - bbar)


def fake_res(x_t, x_in, abar, bbar, t=None):
    "A nonlinear function standing in for a residual network"
    return .8*torch.tanh(x_in - .7*x_t + .3*x_t.roll(1, -1)) + .2*torch.cos(2*x_t - abar + 3*bbar)


class Net(torch.nn.Module):
    "A tiny module with parameters, dropout and batch norm, to see whether sampling handles them properly"
    def __init__(self, channels=3, schedule=None):
        super().__init__()
        self.conv, self.norm, self.drop = (
            torch.nn.Conv2d(2 * channels, channels, 3, padding=1),
            torch.nn.BatchNorm2d(channels),
            torch.nn.Dropout(0.5),
        )
        with torch.no_grad(): self.conv.weight.copy_(.1*torch.randn(self.conv.weight.shape, generator=rng(5)))
        if schedule is not None: self.schedule = schedule
        self.seen = []

    def forward(self, x_t, x_in, abar, bbar, t):
        self.seen.append((self.training, torch.is_grad_enabled(), t))
        return Prediction(res=self.drop(self.norm(self.conv(torch.cat([x_t, x_in], 1)))))


def gmm_points(): return torch.tensor([[-.8, -.2], [.7, .5], [.1, -.6]], dtype=F64)
def normal_std_error(n): return 1/math.sqrt(2*n)
