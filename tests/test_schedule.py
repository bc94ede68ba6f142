"""Schedules: the paper's family, the classics, the grid of nodes, and what is refused (invariants 1-8, 27, 29, 30)."""
import json
import math
import re
import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from common import F64, close, ellipse, exponents, power_schedules
from rddm_nb.schedule import CLEAN, P, Point, SCHEDULES, Schedule

RATIOS = [0, .3, .5, 1, 2, 3, 5]
nodes = lambda T: torch.arange(T + 1, dtype=F64)


@pytest.mark.parametrize('grid', ['count', 'linspace'])
@pytest.mark.parametrize('side', ['x', '1-x'])
@pytest.mark.parametrize('a', RATIOS)
def test_inv01_increments_sum_to_one_and_to_sum_scale(a, side, grid):
    for T in (1, 2, 3, 10, 1000):
        close(P(side, a, T, grid).sum(), 1., 4e-15)
        s = Schedule.power(T, (side, a), (side, a), bbar_T=.1, grid=grid)
        close(s.abar.diff().sum(), 1., 4e-15)
        close(s.bbar.square().diff().sum(), .01, 5e-16)


@given(T=st.integers(1, 300), bbar_T=st.floats(.01, 3))
def test_inv02_count_grid_closed_forms(T, bbar_T):
    s, t = Schedule.power(T, bbar_T=bbar_T), nodes(T)
    close(s.abar, t*(2*T + 1 - t)/(T*(T + 1)), 6e-15)
    close(s.bbar.square(), bbar_T**2*t*(t + 1)/(T*(T + 1)), 8e-15*bbar_T**2)


@given(T=st.integers(2, 300), bbar_T=st.floats(.01, 3))
def test_inv03_linspace_grid_closed_forms(T, bbar_T):
    s, t = Schedule.power(T, bbar_T=bbar_T, grid='linspace'), nodes(T)
    close(s.abar, t*(2*T - 1 - t)/(T*(T - 1)), 6e-15)
    close(s.bbar.square(), bbar_T**2*t*(t - 1)/(T*(T - 1)), 8e-15*bbar_T**2)


def test_power_default_is_the_count_grid_with_unit_noise():
    assert Schedule.power() == Schedule.power(1000, ('1-x', 1), ('x', 1), 1., 'count')


@given(T=st.integers(1, 200), a=exponents, grid=st.sampled_from(['count', 'linspace']))
def test_inv04_falling_is_rising_reflected(T, a, grid):
    down, up = (torch.cat([torch.zeros(1, dtype=F64), P(side, a, T, grid).cumsum(0)]) for side in ('1-x', 'x'))
    close(down, 1 - up.flip(0), 1e-14)


@pytest.mark.parametrize('a', [.3, .5, 1, 2, 3, 5])
def test_inv05_cumulative_power_tends_to_x_to_the_a_plus_1(a):
    def err(T):
        x = nodes(T)[1:]/T
        return (P('x', a, T).cumsum(0) - x**(a + 1)).abs().max().item()
    e3, e4, e5 = err(1000), err(10_000), err(100_000)
    assert e5 < .32/100_000
    assert 9.2 < e3/e4 < 10.1 and 9.6 < e4/e5 < 10.1


@pytest.mark.parametrize('side', ['x', '1-x'])
def test_inv06_exponent_zero_gives_equal_steps(side):
    for grid in ('count', 'linspace'): close(P(side, 0, 37, grid), torch.full((37,), 1/37, dtype=F64), 1e-17)


CLASSICS = dict(power=Schedule.power(100), linspace=Schedule.power(100, grid='linspace'),
                steep=Schedule.power(100, ('x', 5), ('1-x', 3), .1),
                linear=Schedule.ddim_linear(100), cosine=Schedule.cosine(100), circle=Schedule.circle(100),
                line=Schedule.line(100, 2.))


@pytest.mark.parametrize('name', CLASSICS)
def test_inv07_curves_rise_from_clean_to_the_input(name):
    s = CLASSICS[name]
    assert (s.abar.diff() >= 0).all() and (s.bbar.diff() >= 0).all()
    assert s[0] == CLEAN == (0., 0.)
    if name != 'linear': assert s.abar[-1] == 1.
    assert s.abar.dtype == s.bbar.dtype == F64 and len(s) == s.T + 1 == 101


@given(s=power_schedules())
def test_inv07_holds_for_the_whole_family(s):
    assert (s.abar.diff() >= 0).all() and (s.bbar.diff() >= 0).all() and s.abar[-1] == 1.


@given(T=st.integers(2, 500))
def test_inv08_the_two_grids_differ_by_half_a_step_at_most(T):
    a, b, t = Schedule.power(T), Schedule.power(T, grid='linspace'), nodes(T)
    close(b.abar - a.abar, 2*t*(T - t)/(T*(T*T - 1)), 1e-14)
    assert 0 < (a.abar - b.abar).abs().max() <= T/(2*(T*T - 1)) + 1e-14


def test_family_at_fifths_matches_the_numbers_of_the_restoration_experiment():
    s = Schedule.power(1000)
    got = [s[t] for t in (200, 400, 600, 800, 1000)]
    close([p.abar for p in got], [.35984, .63976, .83976, .95984, 1.], 5e-6)
    close([p.bbar for p in got], [.2004, .4003, .6002, .8001, 1.], 5e-5)


def test_ddim_linear_matches_its_known_values():
    s = Schedule.ddim_linear(1000)
    close([s[t].abar for t in (1, 100, 500, 1000)], [5.0e-5, .05289, .71967, .99365], 5e-6)
    close([s[t].bbar for t in (1, 100, 500, 1000)], [.0100, .32091, .95990, .99998], 5e-6)


@pytest.mark.parametrize('s', [Schedule.ddim_linear(1000), Schedule.cosine(1000), Schedule.circle(1000)], ids=str)
def test_inv29_ddim_walks_the_quarter_circle(s):
    close((1 - s.abar)**2 + s.bbar**2, torch.ones(1001, dtype=F64), 4e-16)


@given(st.lists(st.floats(.001, .999), min_size=1, max_size=50))
def test_inv30_cumulative_product_survives_the_round_trip(A):
    A = torch.tensor(sorted(A, reverse=True), dtype=F64)
    s = Schedule.from_ddim(A)
    close((1 - s.abar[1:])**2, A, 4e-16)
    close(1 - s.bbar[1:]**2, A, 4e-16)
    assert s.T == len(A) and s.allow == ('open_end',)


def test_ddim_linear_is_the_product_of_linear_betas():
    A, want = 1., []
    for i in range(10):
        A *= 1 - (.1 + i*(.4 - .1)/9)
        want.append(A)
    close((1 - Schedule.ddim_linear(10, .1, .4).abar[1:])**2, want, 4e-16)


def test_cosine_is_the_circle_walked_evenly():
    c, k = Schedule.circle(64), Schedule.cosine(64)
    close(c.abar, k.abar, 4e-16), close(c.bbar, k.bbar, 1e-15)
    close(c.bbar[32], math.sqrt(.5), 1e-15)


@given(T=st.integers(1, 100), b=st.floats(.01, 3))
def test_line_is_straight(T, b):
    s = Schedule.line(T, b)
    close(s.abar, nodes(T)/T, 2e-16), close(s.bbar, b*nodes(T)/T, 2e-15)


@given(h=st.floats(.01, 2), T=st.sampled_from([2, 10, 50]))
def test_bridge_is_an_arch_of_the_given_height(h, T):
    s, x = Schedule.bridge(T, h), nodes(T)/T
    close(s.abar, x, 2e-16), close(s.bbar**2, 4*h*h*x*(1 - x), 4e-15)
    close(s.bbar.max(), h, 4e-15)
    assert s.bbar[0] == s.bbar[-1] == 0


def test_from_fns_and_from_increments_agree_with_their_definition():
    s = Schedule.from_fns(lambda x: x**2, lambda x: .5*x.sqrt(), 10, name='mine')
    x = torch.arange(11, dtype=F64)/10
    close(s.abar, x**2, 1e-16), close(s.bbar, .5*x.sqrt(), 1e-16)
    assert s.name == 'mine'
    alpha, beta2 = [.5, .2, .3], [.01, .08, .27]
    s = Schedule.from_increments(alpha, beta2)
    close(s.abar, [0, .5, .7, 1.], 2e-16), close(s.bbar, [0, .1, .3, .6], 2e-16)


@given(s=power_schedules(), u=st.floats(0, 1))
def test_at_is_linear_between_nodes_and_exact_on_them(s, u):
    p = s.at(u)
    close(p.abar, np.interp(u*s.T, np.arange(s.T + 1), s.abar.numpy()), 4e-15)
    close(p.bbar, np.interp(u*s.T, np.arange(s.T + 1), s.bbar.numpy()), 4e-15)
    assert s.at(0) == s[0] and s.at(1) == s[s.T] and isinstance(p, Point)


@given(s=power_schedules())
def test_points_are_the_nodes_as_plain_floats(s):
    for t in range(s.T + 1): assert s[t] == (s.abar[t].item(), s.bbar[t].item()) and type(s[t].abar) is float


def test_rho_is_the_noise_seen_by_one_who_knows_the_input():
    s = Schedule.circle(10)
    close(s.rho[:-1], s.bbar[:-1]/(1 - s.abar[:-1]), 1e-15)
    close(s.rho[5], 1., 1e-15)
    assert s.rho[0] == 0 and s.rho[-1] == math.inf


@pytest.mark.parametrize('shape', [(3, 2), (3, 1, 4, 4), (3, 3, 5, 5)])
@pytest.mark.parametrize('dtype', [torch.float32, F64])
def test_coeffs_are_shaped_to_multiply_the_batch(shape, dtype):
    s, t = Schedule.power(10), torch.tensor([0, 3, 10])
    a, b = s.coeffs(t, torch.zeros(shape, dtype=dtype))
    assert a.shape == b.shape == (3,) + (1,)*(len(shape) - 1) and a.dtype == b.dtype == dtype
    assert torch.equal(a.flatten(), s.abar[t].to(dtype)) and torch.equal(b.flatten(), s.bbar[t].to(dtype))


@pytest.mark.parametrize('t', [-1, 11])
def test_coeffs_refuses_nodes_off_the_schedule(t):
    with pytest.raises((IndexError, ValueError)): Schedule.power(10).coeffs(torch.tensor([3, t]), torch.zeros(2, 1))


def test_inv27_grids_of_the_paper_one_up():
    # the official arrays start at the first noisy node, so its time k is node k + 1; its time -1 is the clean node 0
    want = {1: [999, -1], 2: [999, 499, -1], 3: [999, 665, 332, -1], 5: [999, 799, 599, 399, 199, -1],
            10: [*range(999, 0, -100), -1]}
    for S, k in want.items(): assert Schedule.power(1000).grid(S) == [i + 1 for i in k]


def test_grid_is_exact_for_every_number_of_steps():
    s = Schedule.power(1000)
    for S in range(1, 1001):
        g, p = s.grid(S), s.pairs(S)
        assert g == [1000*(S - i)//S for i in range(S + 1)]
        gaps = [a - b for a, b in zip(g, g[1:])]
        assert g[0] == 1000 and g[-1] == 0 and min(gaps) >= 1 and max(gaps) - min(gaps) <= 1
        assert all(type(t) is int for t in g)
        assert len(p) == S and [a for a, _ in p] + [0] == g and all(p[i][1] == p[i + 1][0] for i in range(S - 1))


@given(T=st.integers(1, 60))
def test_grid_works_for_every_small_schedule(T):
    s = Schedule.power(T)
    for S in range(1, T + 1):
        g = s.grid(S)
        assert g[0] == T and g[-1] == 0 and len(set(g)) == S + 1 and g == sorted(g, reverse=True)
    assert s.grid(T) == list(range(T, -1, -1)) and s.pairs(T) == [(t, t - 1) for t in range(T, 0, -1)]


@pytest.mark.parametrize('s', [*CLASSICS.values(), Schedule.bridge(10)], ids=lambda s: s.name)
def test_plain_data_round_trip_is_bit_for_bit(s):
    back = Schedule.from_dict(json.loads(json.dumps(s.to_dict())))
    assert back == s and back.name == s.name and back.allow == s.allow and hash(back) == hash(s)
    assert torch.equal(back.abar, s.abar) and torch.equal(back.bbar, s.bbar)


def test_equality_looks_at_both_curves():
    assert Schedule.line(10) == Schedule.line(10) != Schedule.line(10, .5)
    assert Schedule.line(10) != Schedule.line(5) and Schedule.line(10) != 3
    assert 'T=10' in repr(Schedule.line(10)) and 'line' in repr(Schedule.line(10))


def test_a_schedule_keeps_its_own_copy():
    a = torch.linspace(0, 1, 5, dtype=F64)
    s = Schedule(a, a)
    a[2] = 7
    assert s.abar[2] == .5


def test_float32_sums_that_miss_one_by_rounding_are_taken_as_one():
    for end in (1 - 6e-8, 1 + 1.2e-7): assert Schedule([0, .5, end], [0, .5, 1.]).abar[-1] == 1.
    for end in (1 - 1e-5, 1 + 1e-5):
        with pytest.raises(ValueError, match='abar ends at'): Schedule([0, .5, end], [0, .5, 1.])


R = [0, .5, 1.]
@pytest.mark.parametrize('abar, bbar, kw, match', [
    ([0, .6, .5, 1], [0, 1, 1, 1], {}, r'abar falls from 0\.6 at node 1 to 0\.5 at node 2'),
    (R, [0, .5, .4], {}, r'bbar falls from 0\.5 at node 1.*bridge.*allow=.bridge'),
    ([0, float('nan'), 1], R, {}, r'abar\[1\] is nan.*finite'),
    (R, [0, float('inf'), 1], {}, r'bbar\[1\] is inf.*finite'),
    ([.1, .5, 1], R, {}, r'abar\[0\] is 0\.1.*clean image.*exactly 0'),
    (R, [.1, .5, 1], {}, r'bbar\[0\] is 0\.1.*clean'),
    ([0, .5, .9], R, {}, r'abar ends at 0\.9, not 1.*allow=.open_end'),
    ([0, .5, 1.1], R, {}, r'abar ends at 1\.1, above 1'),
    ([0, .5, 1.1], R, dict(allow='open_end'), r'abar ends at 1\.1, above 1'),
    (R, [0, -.5, 1], dict(allow='bridge'), r'bbar\[1\] is negative.*standard deviation'),
    (R, [0, 1], {}, r'abar has 3 nodes, bbar has 2'),
    ([0], [0], {}, r'at least 2 numbers'),
    ([R], [R], {}, r'got shape \(1, 3\)'),
    (R, R, dict(allow='loop'), r"allow knows 'open_end' and 'bridge', not \['loop'\]"),
    (R, R, dict(allow=3), r"allow knows 'open_end' and 'bridge', not \[3\]"),
    (R, R, dict(allow=None), r"allow knows 'open_end' and 'bridge', not \[None\]"),
])
def test_bad_schedules_are_refused(abar, bbar, kw, match):
    with pytest.raises(ValueError, match=match): Schedule(abar, bbar, **kw)


@pytest.mark.parametrize('kw, match', [
    (dict(bbar_T=-1.), r'bbar_T.*>= 0, got -1'), (dict(bbar_T=float('nan')), r'bbar_T.*got nan'),
    (dict(alpha=('y', 1)), r"side must be 'x' or '1-x', got 'y'"), (dict(alpha=('x', -1)), r'exponent.*got -1'),
    (dict(beta2=('x', float('inf'))), r'exponent.*got inf'), (dict(beta2=('x', float('nan'))), r'exponent.*got nan'),
    (dict(T=0), r'T must be a whole number >= 1, got 0'), (dict(T=float('nan')), r'T must be a whole number'),
    (dict(T=2.5), r'T must be a whole number.*2\.5'),
    (dict(grid='log'), r"grid must be 'count' or 'linspace', got 'log'"),
])
def test_bad_family_members_are_refused(kw, match):
    with pytest.raises(ValueError, match=match): Schedule.power(**{'T': 10, **kw})


def test_other_constructors_refuse_too():
    with pytest.raises(ValueError, match=r'beta2\[1\] is negative.*variance.*from_fns'):
        Schedule.from_increments([.5, .5], [.5, -.1])
    with pytest.raises(ValueError, match=r'abar_ddim must be a list of numbers in \[0, 1\]'):
        Schedule.from_ddim([1.2, .5])
    with pytest.raises(ValueError, match=r'abar_ddim'): Schedule.from_ddim([float('nan'), .5])
    with pytest.raises(ValueError, match=r'abar falls'): Schedule.from_ddim([.5, .9])
    with pytest.raises(ValueError, match=r'T must be a whole number'): Schedule.from_fns(lambda x: x, lambda x: x, 0)
    with pytest.raises(ValueError, match=r'bbar falls'): Schedule.from_dict(dict(ellipse(4).to_dict(), allow=[]))


@pytest.mark.parametrize('steps', [0, -1, 11, 2.5, float('nan'), float('inf')])
def test_impossible_numbers_of_steps_are_refused(steps):
    with pytest.raises(ValueError, match=rf'from 1 to T=10, or falling nodes, got {steps}'):
        Schedule.line(10).grid(steps)
    with pytest.raises(ValueError, match='steps'): Schedule.line(10).pairs(steps)


@pytest.mark.parametrize('t', [-1, 11])
def test_nodes_off_the_schedule_are_refused(t):
    with pytest.raises(IndexError, match=rf'node {t} .*0\.\.10'): Schedule.line(10)[t]


@pytest.mark.parametrize('u', [-.01, 1.01, float('nan')])
def test_fractions_off_the_way_are_refused(u):
    with pytest.raises(ValueError, match='fraction of the way'): Schedule.line(10).at(u)


@pytest.mark.parametrize('make, said', [
    (lambda: P('x', '1'), "the exponent must be a finite number >= 0, got '1'"), (lambda: P('x', math.inf), 'inf'),
    (lambda: P('x', 1, '10'), "T must be a whole number >= 1, got '10'"), (lambda: P('x', 1, math.inf), 'T must be'),
    (lambda: Schedule.power(bbar_T=None), 'bbar_T is a standard deviation, it must be >= 0, got None'),
    (lambda: Schedule.power(T=10).at('0'), "u is a fraction of the way, 0..1, got '0'"),
    (lambda: Schedule.line(T=2.5), 'T must be a whole number >= 1, got 2.5'),
    (lambda: Schedule.bridge(5, 'x'), "height is a standard deviation, it must be >= 0, got 'x'"),
    (lambda: Schedule.bridge(5, -1), 'height is a standard deviation, it must be >= 0, got -1'),
    (lambda: Schedule.line(5, math.nan), 'bbar_T is a standard deviation, it must be >= 0, got nan'),
    (lambda: Schedule.power(alpha='x'), "alpha must be a side and an exponent of P, such as ('x', 1), got 'x'"),
    (lambda: Schedule.power(alpha='x1'), "alpha must be a side and an exponent of P, such as ('x', 1), got 'x1'"),
    (lambda: Schedule.power(beta2=('x',)), "beta2 must be a side and an exponent of P, such as ('x', 1), got ('x',)"),
    (lambda: Schedule.power(alpha=None), "alpha must be a side and an exponent of P, such as ('x', 1), got None"),
    (lambda: Schedule.ddim_linear(9, 'x'), "beta_1 is a variance that DDPM adds in a step, 0..1, got 'x'"),
    (lambda: Schedule.ddim_linear(9, beta_T=2), 'beta_T is a variance that DDPM adds in a step, 0..1, got 2'),
    (lambda: Schedule.ddim_linear('9'), "T must be a whole number >= 1, got '9'"),
    (lambda: Schedule.cosine(0), 'T must be a whole number >= 1, got 0'),
    (lambda: Schedule.from_ddim('x'), "abar_ddim must be a list of numbers, got 'x'"),
    (lambda: Schedule.from_increments('x', [1.]), "alpha must be a list of numbers, got 'x'"),
    (lambda: Schedule.from_increments([1.], 1.), 'beta2 must be a list of numbers, got 1.0'),
    (lambda: Schedule('x', [0., 1.]), "abar must be a list of numbers, got 'x'"),
    (lambda: Schedule([0., 1.], [0., None]), 'bbar must be a list of numbers, got [0.0, None]'),
    (lambda: Schedule([0., 1.], [0., 1.], allow=[['bridge']]), "allow knows 'open_end' and 'bridge', not [['bridge']]"),
    (lambda: Schedule.from_dict(dict(abar=[0., 1.])), 'holds abar and bbar, as `to_dict` gives it, got {'),
    (lambda: Schedule.from_dict('x'), "a schedule as plain data holds abar and bbar, as `to_dict` gives it, got 'x'"),
    (lambda: Schedule.line(9).grid(['9', 0]), "nodes must be whole numbers that fall from at most T=9 to 0, got ['9'"),
    (lambda: Schedule.line(9).grid([None, 0]), 'nodes must be whole numbers that fall from at most T=9 to 0, got ['),
])
def test_numbers_are_no_texts(make, said):
    with pytest.raises(ValueError, match=re.escape(said)): make()
    with pytest.raises(IndexError, match="node '3' is not on this schedule"): Schedule.power(T=10)['3']
    with pytest.raises(IndexError, match='node 1.5 is not on this schedule'): Schedule.power(T=10)[1.5]


@pytest.mark.parametrize('t', [3, '3', [3], None, torch.tensor([1.5, 2]), torch.tensor([True, False])], ids=str)
def test_nodes_of_a_batch_are_a_tensor_of_whole_numbers(t):
    said = 't must be a tensor of nodes, whole numbers such as torch.tensor([3]), got ' + repr(t)
    with pytest.raises(TypeError, match=re.escape(said)): Schedule.line(10).coeffs(t, torch.zeros(2, 1, 2, 2))


def test_nodes_of_any_whole_type_name_places_and_are_no_mask():
    s, like = Schedule.line(10), torch.zeros(2, 1, 2, 2)
    for kind in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        assert s.coeffs(torch.tensor([1, 0], dtype=kind), like)[0].flatten().tolist() == [torch.tensor(.1).item(), 0]
    with pytest.raises(TypeError, match='like must be a batch of images, a tensor, got 3'):
        s.coeffs(torch.tensor([1]), 3)


def test_curves_are_functions():
    with pytest.raises(TypeError, match=r'bbar must be a function of the fraction of the way, got \[0, 1\]'):
        Schedule.from_fns(lambda x: x, [0, 1])


@pytest.mark.parametrize('name', [3, None, ['line'], b'line'])
def test_a_schedule_that_could_not_be_saved_is_not_made(name):
    for make in (lambda: Schedule([0, 1], [0, 1], name=name), lambda: Schedule.from_ddim([.9, .1], name),
                 lambda: Schedule.from_dict(dict(name=name, abar=[0, 1], bbar=[0, 1]))):
        with pytest.raises(TypeError, match=re.escape(f'name must be a text, got {name!r}')): make()


@pytest.mark.parametrize('make', [*SCHEDULES.values(), lambda T: Schedule.from_fns(lambda x: x, lambda x: x, T),
                                  lambda T: Schedule.power(T, grid='linspace')])
def test_the_number_of_steps_may_be_whole_in_any_type(make):
    assert make(5.) == make(5) and make(T=5.).T == 5


@pytest.mark.parametrize('dtype', [torch.uint8, torch.int64, torch.bool])
def test_coefficients_of_whole_numbers_would_be_none(dtype):
    with pytest.raises(TypeError, match=f'like must be a batch of images in floats, .*got {dtype}'):
        Schedule.power(10).coeffs(torch.tensor([5]), torch.zeros(1, 3, 2, 2).to(dtype))


def test_a_function_gives_a_number_for_every_node():
    with pytest.raises(ValueError, match=r'bbar returned \(11,\) numbers for 1001 nodes'):
        Schedule.from_fns(lambda x: x, lambda x: torch.linspace(0, 1, 11))


def test_nodes_for_some_of_the_images_are_refused():
    s, x = Schedule.power(10), torch.zeros(2, 3, 4, 4)
    with pytest.raises(ValueError, match='t holds 3 nodes for 2 images'): s.coeffs(torch.tensor([1, 2, 3]), x)
    assert s.coeffs(torch.tensor([1, 2, 3]), x[:1])[0].shape == (3, 1, 1, 1)


@pytest.mark.parametrize('given', [np.array, torch.tensor])
def test_nodes_may_be_an_array(given):
    s = Schedule.power(1000)
    assert s.grid(given([1000, 5, 0])) == [1000, 5, 0] and s.pairs(given([9, 0])) == [(9, 0)]
    assert s.grid(given(3)) == s.grid(3) and {*map(type, s.grid(given([5, 0])))} == {int}
    with pytest.raises(ValueError, match=r'whole numbers that fall from at most T=1000 to 0, got \[5, 9, 0\]'):
        s.grid(given([5, 9, 0]))
