"""The cheaper convolution is the same function, forwards and backwards, in parts and whole."""
import pytest
import torch
import torch.nn.functional as F
from common import close, randn
from hypothesis import given, strategies as st
from rddm_nb import winograd
from rddm_nb.winograd import MIN_CHANNELS, conv3x3, transform_filters, is_faster

sizes = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))


@given(sizes, st.booleans(), st.integers(0, 100))
def test_values_and_gradients_are_those_of_the_direct_way(size, biased, seed):
    b, c, k, h, w = size
    x, weight = (randn(*s, seed=seed + i).requires_grad_() for i, s in enumerate(((b, c, 2*h, 2*w), (k, c, 3, 3))))
    bias = randn(k, seed=seed + 2).requires_grad_() if biased else None
    ours, theirs = conv3x3(x, transform_filters(weight), bias), F.conv2d(x, weight, bias, padding=1)
    close(ours, theirs, 1e-11)
    wanted, up = [v for v in (x, weight, bias) if v is not None], randn(*ours.shape, seed=seed + 3)
    for a, d in zip(torch.autograd.grad(ours, wanted, up), torch.autograd.grad(theirs, wanted, up)): close(a, d, 1e-10)


@pytest.mark.parametrize('part', [1, 40, 400, 10**6])
def test_parts_do_not_matter(part, monkeypatch):
    monkeypatch.setattr(winograd, '_PART', part)
    x, w = randn(5, 3, 4, 6).requires_grad_(), randn(2, 3, 3, 3, seed=1).requires_grad_()
    y = conv3x3(x, transform_filters(w))
    close(y, F.conv2d(x, w, padding=1), 1e-11)
    for a, d in zip(torch.autograd.grad(y, (x, w), 2*y), torch.autograd.grad(F.conv2d(x, w, padding=1), (x, w), 2*y)): close(a, d, 1e-10)


def test_gradients_of_gradient_descent_by_finite_differences():
    x, w, b = randn(1, 2, 4, 4).requires_grad_(), randn(2, 2, 3, 3, seed=1).requires_grad_(), randn(2, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w, b: conv3x3(x, transform_filters(w), b), (x, w, b))


def test_only_what_is_asked_for_is_computed():
    x, w = randn(1, 2, 4, 4), randn(2, 2, 3, 3, seed=1).requires_grad_()
    conv3x3(x, transform_filters(w)).sum().backward()
    assert x.grad is None and w.grad is not None
    x, u = randn(1, 2, 4, 4).requires_grad_(), transform_filters(w.detach())
    conv3x3(x, u).sum().backward()
    assert x.grad is not None and u.grad is None


def test_any_layout_of_memory():
    x, w = randn(2, 3, 4, 6), randn(2, 3, 3, 3, seed=1)
    want = F.conv2d(x, w, padding=1)
    close(conv3x3(x.contiguous(memory_format=torch.channels_last), transform_filters(w.contiguous(memory_format=torch.channels_last))), want, 1e-11)
    got = conv3x3(x, transform_filters(w))
    assert got.is_contiguous(memory_format=torch.channels_last)


def test_rounding_stays_small():
    x, w = randn(2, 192, 8, 8, dtype=torch.float32), randn(64, 192, 3, 3, seed=1, dtype=torch.float32)/(9*192)**.5
    true = F.conv2d(x.double(), w.double(), padding=1)
    assert (conv3x3(x, transform_filters(w)) - true).abs().max() < 3e-5


def test_odd_sides_are_refused():
    with pytest.raises(ValueError, match=r'sides must be even, got \(4, 5\)'): conv3x3(randn(1, 2, 4, 5), transform_filters(randn(2, 2, 3, 3)))


def test_where_it_pays():
    c = MIN_CHANNELS['learning']
    assert is_faster(torch.empty(1, c, 4, 4)) and not is_faster(torch.empty(1, c - 1, 4, 4)) and not is_faster(torch.empty(1, c, 4, 5)) and not is_faster(torch.empty(1, c, 5, 4)) and not is_faster(torch.empty(1, c, 4, 4, dtype=torch.bfloat16))
    assert not is_faster(torch.empty(1, c, 4, 4, device='meta'))
    with torch.no_grad(): assert not is_faster(torch.empty(1, c, 4, 4)) and is_faster(torch.empty(1, MIN_CHANNELS['looking'], 4, 4))
    with torch.autocast('cpu', torch.bfloat16): assert not is_faster(torch.empty(1, c, 4, 4))
