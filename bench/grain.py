"""Noise of many kinds, to train the network in the box on: white or soft, the same everywhere or more in the light, in
every channel its own or grey, from none to very strong, as a file of 8 bits holds it."""
import torch
import torch.nn.functional as F
from bench.photographs import between, in_8_bits

NONE, SOFT, BY_LIGHT, GREY = .1, .35, .35, .2 # shares of images without noise, and of those with noise of a kind
STRONGEST = 55 # grey levels


def softened(noise, width):
    "White noise (C, H, W) seen through a Gaussian so many pixels wide; its standard deviation stays 1"
    r = torch.arange(-2., 3.)
    k = torch.outer(*[(-(r/width)**2/2).exp()]*2)
    k = (k/k.square().sum().sqrt())[None, None]
    return F.conv2d(F.pad(noise[:, None], (2, 2, 2, 2), mode='circular'), k)[:, 0]


def noise_like(x0, g):
    "Noise of some kind: its standard deviation is 1, or half of it if soft, where the image (C, H, W) is white"
    noise = torch.randn(x0.shape, generator=g)
    soft, by_light, grey = (torch.rand(3, generator=g) < torch.tensor([SOFT, BY_LIGHT, GREY])).tolist()
    if grey:
        share = between(.3, 1, g)
        noise = share.sqrt()*torch.randn(x0.shape[1:], generator=g) + (1 - share).sqrt()*noise
    if soft: noise = softened(noise, between(.4, 1.2, g))/2
    if by_light:
        dark = between(.05, .8, g)
        noise = noise*(dark + (1 - dark)*(x0 + 1)/2).sqrt()
    return noise


def grain(x0, g):
    "An image (C, H, W) with noise of some kind, or with none"
    if between(0, 1, g) < NONE: return x0
    strength = STRONGEST*between(0, 1, g)**1.3
    return in_8_bits(x0 + strength/127.5*noise_like(x0, g))
