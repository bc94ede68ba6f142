"""The command behind the table of generation: what it reads, what it keeps apart, what it writes."""
import io
import json
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from common import close, rng
from PIL import Image

from bench import generation as b
from bench import restoration as r
from places import ROOT
RESULTS = ROOT/'bench/results/generation'


def png(color, side=32):
    f = io.BytesIO()
    Image.new('RGBA', (side, side), color).save(f, 'png')
    return f.getvalue()


def stored(root, n=24):
    "A tiny set in the layout of the sprites: the red value says which image it is"
    (root/'tiles32').mkdir(parents=True)
    images = [dict(bytes=png((i, 40, 90, 255)), path=f'{i}.png') for i in range(n)]
    pq.write_table(pa.table(dict(image=images, label=[0]*n)), root/'tiles32/train.parquet')
    return root


@pytest.mark.parametrize('color, want',
                         [((255, 0, 0, 255), (1, -1, -1)), ((0, 0, 0, 0), (1, 1, 1)), ((0, 0, 0, 255), (-1, -1, -1))])
@pytest.mark.parametrize('side', [32, 64])
def test_images_stand_on_white(color, want, side):
    close(b.image(png(color, side)), torch.tensor(want).float()[:, None, None].expand(3, 32, 32), 1e-6)


def test_every_image_is_in_one_split(tmp_path):
    train, test = (b.images_of('tiles', stored(tmp_path/s), s) for s in ('train', 'test'))
    names = [((x[:, 0, 0, 0] + 1)*127.5).round().int().tolist() for x in (train, test)]
    assert names[1] == [0, 8, 16] and sorted(sum(names, [])) == list(range(24))


def test_a_batch_is_of_known_images_either_way_round():
    x = torch.rand(5, 3, 32, 32, generator=rng())
    x0, x_in = b.draw_from(x)(rng(1))
    assert x0.shape == (b.BATCH, 3, 32, 32) and not x_in.any()
    kinds = [next(k for k, v in (('as it is', x), ('turned', x.flip(3))) if (v == y).flatten(1).all(1).any())
             for y in x0]
    assert set(kinds) == {'as it is', 'turned'}


@pytest.mark.slow
def test_a_row_and_its_sheet(tmp_path, monkeypatch):
    monkeypatch.setenv('RDDM_DATA', str(stored(tmp_path/'data')))
    b.main(['tiles', 'noise', '--seconds', '.5', '--dim', '8', '--steps', '2', '3', '--made', '32', '--folder',
            str(tmp_path/'out')])
    row = json.loads((tmp_path/'out/tiles-noise-0.json').read_text(encoding='utf-8'))
    assert set(row['steps']) == {'2', '3'} and (row['train_images'], row['test_images'], row['made']) == (21, 3, 32)
    assert row['train_seconds'] >= .5 and row['command'].startswith('python -m bench.generation tiles noise --seconds')
    for m in (row['mean'], *row['steps'].values()): assert m['frechet'] > row['truth']['frechet'] and m['energy'] > 0
    assert Image.open(tmp_path/'out/tiles-noise-0.png').size == (272, 136)


def test_only_open_sets_have_sheets_and_rows_are_of_whole_runs():
    rows = [json.loads(p.read_text(encoding='utf-8')) for p in RESULTS.glob('*.json')]
    assert {p.stem.split('-')[0] for p in RESULTS.glob('*.png')} <= set(b.OPEN)
    for row in rows:
        assert row['made'] >= 256 and '+' not in row['commit'], row['task']
        assert (row['train_steps'], row['looks'], row['seed']) == (1500, 1, 0), 'not as many steps'
        assert row['command'] == f"python -m bench.generation {row['task']} {row['what']} --train-steps 1500"


@pytest.mark.slow
def test_a_trial_is_short_and_leaves_the_results_alone(tmp_path, monkeypatch):
    monkeypatch.setenv('RDDM_DATA', str(stored(tmp_path/'data')))
    monkeypatch.setattr(r.tempfile, 'mkdtemp', lambda: str(tmp_path))
    before = sorted(RESULTS.iterdir())
    b.main(['tiles', 'residual', '--quick'])
    row = json.loads((tmp_path/'tiles-residual-0.json').read_text(encoding='utf-8'))
    assert (row['train_steps'], row['made']) == (2, 4) and sorted(RESULTS.iterdir()) == before


def test_a_sheet_has_rows_of_eight_and_may_be_short():
    x = torch.arange(11.)[:, None, None, None].expand(-1, 3, 32, 32)/20
    made = b.sheet(x)
    assert made.shape == (3, 68, 272) and (made[:, 34:, 3*34:] == 1).all()
    for i in range(11):
        r, c = divmod(i, 8)
        assert (made[:, 34*r + 1:34*r + 33, 34*c + 1:34*c + 33] == x[i]).all() and (made[:, 34*r, :] == 1).all()
    assert b.sheet(x.repeat(4, 1, 1, 1)).shape == (3, 136, 272)


def test_one_image_has_no_spread():
    with pytest.raises(SystemExit, match='two images at least'): b.main(['tiles', 'noise', '--made', '1'])
