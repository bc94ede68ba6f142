"""Every measurement runs with one command, keeps what it measured where it is told to, and makes no number up."""
import contextlib
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
import pytest
from places import ROOT

from bench.__main__ import main
from bench.common import data_root


@pytest.fixture(scope='module')
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp('results')
    before = {p: p.read_bytes() for p in (ROOT/'bench/results').glob('*.json')}
    with contextlib.redirect_stdout(io.StringIO()) as said: main(['--quick', '--folder', str(folder)])
    assert {p: p.read_bytes() for p in (ROOT / 'bench/results').glob('*.json')} == before, (
        'a trial run has changed the results that are kept'
    )
    return said.getvalue(), {p.stem: json.loads(p.read_text(encoding='utf-8')) for p in folder.glob('*.json')}


def test_each_measurement_leaves_a_result(quick):
    said, results = quick
    assert set(results) == {'train_step', 'shares', 'loading', 'overhead', 'import_time', 'first_loss', 'demo', 'aosa',
                            'solvers', 'restoring', 'gpu'}
    assert all(r['quick'] for r in results.values()) and all(f'-- {name}' in said for name in results)


def test_rows_that_cannot_be_measured_say_so(quick):
    said, results = quick
    rows = results['train_step']['rows']
    cuda = [r for r in rows if r['device'] == 'cuda']
    assert [r['case'] for r in cuda] == ['64:128', '256:1x2', '256:8']
    assert all(r == dict(case=r['case'], device='cuda', measured=False) for r in cuda)
    assert said.count('not measured') == len(cuda)


def test_both_sides_of_a_comparison_compute_the_same(quick):
    for r in quick[1]['train_step']['rows']:
        if r['device'] == 'cpu': assert r['loss_difference'] < 1e-5 and r['step']['gflop'] > r['evaluate']['gflop'] > 0


def test_shares_are_shares(quick):
    for r in quick[1]['loading']['rows']:
        assert (
            0 < r['share'] < 1
            and 0 < r['waiting'] < 1
            and abs(r['share'] - r['load_ms'] / (r['load_ms'] + r['step_ms'])) < 0.01
        )
    for r in quick[1]['train_step']['rows']:
        for what in (r[w] for w in ('step', 'evaluate') if w in r): assert 0 < what['share_of_peak']['ours'] < 1


def test_parts_add_up(quick):
    rows = quick[1]['shares']['rows']
    assert [r['what'] for r in rows] == ['step', 'evaluate']
    for r in rows:
        for k, v in r['seconds'].items():
            assert min(v.values()) >= 0 and abs(r['convolutions'][k] - v['convolutions']/sum(v.values())) < .01
    assert all(rows[0]['seconds'][k]['optimizer'] > rows[1]['seconds'][k]['optimizer'] for k in ('ours', 'official'))


def test_solvers_ask_no_more_than_they_may_and_one_step_is_the_same_for_all(quick):
    rows = quick[1]['solvers']['rows']
    assert {r['way'] for r in rows} == {'own', 'euler', 'heun', 'multistep'} and len({r['process'] for r in rows}) > 12
    for r in rows:
        assert 1 <= r['asked'] <= r['at_most'] and math.isfinite(r['psnr'])
        if r['way'] in ('heun', 'multistep') and r['at_most'] == 1: assert r['above'] == r['error'] == 0


def test_the_results_that_are_kept_are_whole_runs():
    for p in (ROOT/'bench/results').glob('*.json'):
        assert not json.loads(p.read_text(encoding='utf-8')).get('quick'), (
            f'{p.name} is a trial run: repeat it without --quick'
        )


def test_a_name_that_is_none_is_refused():
    env = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, '-m', 'bench', 'speed'], cwd=ROOT, capture_output=True, text=True, env=env)
    assert done.returncode == 2 and "no measurement 'speed'" in done.stderr and 'train_step' in done.stderr


def test_restoring_is_measured_beside_other_loops_and_in_memory(quick):
    r = quick[1]['restoring']
    row, = r['rows']
    assert set(row['of_ours']) == {a + b for a in ('plain_loop', 'diffusers_loop') for b in ('', '_usual_network')}
    assert row['to_peak'] == pytest.approx(row['seconds']['ours']/(row['convolutions_gflop']/row['peak_gflops']),
                                           rel=.1)
    assert set(r['memory']) == {'photograph', 'large', 'half'} and all(m['gib'] >= 0 for m in r['memory'].values())


def test_the_card_of_a_gpu_is_right_on_a_processor_too(quick):
    parts = quick[1]['gpu']['parts']
    found = {k: p['found'] for k, p in parts.items()}
    there = (Path(data_root())/'rain100l_full').is_dir()
    assert [k for k, v in found.items() if isinstance(v, dict) and 'why' in v] == ([] if there else ['preset'])
    assert found['precision']['fp32'] == found['compiled'] == dict(loss=0, gradient=0)
    assert 0 < found['precision']['bf16']['gradient'] < .2
    assert found['resumed'] == dict(equal=True, difference=0) and max(found['batches'].values()) < 1e-4
    assert found['out_of_memory'] == dict(measured=False) and len(found['restoring']) == 4


def test_a_part_that_fails_says_why_and_a_late_one_is_left_out():
    from bench.gpu import Card, tried
    def broken(card): raise KeyError('x')
    assert tried(broken, Card('cpu', True, float('inf')))['found'] == dict(measured=False, why="KeyError: 'x'")
    assert tried(broken, Card('cpu', True, 0.))['why'] == 'no time was left'


def test_rows_measured_again_take_the_place_of_the_old_ones_of_the_same_kind(tmp_path):
    from bench.common import kept, merged, write
    assert kept('x', folder=tmp_path) == {}
    write('x', dict(quick=True, rows=[dict(a=0)]), tmp_path)
    assert kept('x', folder=tmp_path) == {} and kept('x', True, tmp_path)['rows'] == [dict(a=0)]
    assert merged([dict(a=1, b=1), dict(a=2, b=1)], [dict(a=3, b=2), dict(a=1, b=2)], 'a') == [
        dict(a=1, b=2), dict(a=2, b=1), dict(a=3, b=2)]
