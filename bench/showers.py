"""Rain of many kinds, to train the network in the box on: streaks of any length, width, angle, density and brightness,
from none to a downpour."""
import torch
from rddm_nb.degrade import degrade
from bench.photographs import between

NONE, OWN = .10, .50 # shares of images without rain, and in the rain of `rddm_nb.degrade`; the rest: added streaks


def streaks(h, w, g, chunk=32):
    "Light of parallel streaks (1, h, w) in [0, 1]: bright bars with soft sides, and ends that fade"
    cover, angle = between(.01, .25, g).item(), between(-.9, .9, g).item()
    length, width = between(8, 55, g).item(), between(.5, 1.7, g).item()
    bright, spread = between(.1, .8, g).item(), between(0, .12, g).item()
    n = max(1, round(cover*(h + 60)*(w + 60)/(length*2.5*width)))
    y, x = torch.arange(h).view(1, h, 1), torch.arange(w).view(1, 1, w)
    light = torch.zeros(1, h, w)
    for k in range(0, n, chunk):
        m = min(chunk, n - k)
        cy, cx = (between(-30, s + 30, g, m).view(m, 1, 1) for s in (h, w))
        a = (angle + spread*torch.randn(m, generator=g)).view(m, 1, 1)
        along, across = (y - cy)*a.cos() + (x - cx)*a.sin(), (x - cx)*a.cos() - (y - cy)*a.sin()
        half = length/2*between(.5, 1.2, g, m).view(m, 1, 1)
        b = bright*between(.3, 1.2, g, m).view(m, 1, 1)
        s = b*(-(across/(width*between(.7, 1.3, g, m).view(m, 1, 1)))**2/2).exp()
        light = torch.maximum(light, (s*torch.sigmoid((half - along.abs())/max(1., length/12))).amax(0, keepdim=True))
    return light.clamp(0, 1)


def added(x0, g):
    "One or two layers of streaks added to an image (C, H, W) in [-1, 1], clipped as a camera does"
    light = streaks(*x0.shape[-2:], g)
    if between(0, 1, g) < .3: light = torch.maximum(light, streaks(*x0.shape[-2:], g))
    return (x0 + 2*light).clamp(-1, 1)


def shower(x0, g):
    "An image (C, H, W) in rain of some kind, or in none"
    kind = between(0, 1, g).item()
    if kind < NONE: return x0
    if kind >= NONE + OWN: return added(x0, g)
    dense, scale = between(.03, .24, g).item(), between(1, 4.5, g).item()
    return degrade(x0[None], 'rain', g, amount=dense, scale=scale)[0]
