"""Pairs are matched by name, looked at before training, and handed out as a function of seed and step."""
import os
from collections import Counter
from pathlib import Path
import pytest
import torch
from common import close, error
from hypothesis import given, strategies as st
from PIL import Image
from rddm_nb.data import (Pair, ImagePairs, PairSource, read_file_list, from_clean, from_pairs, from_table, pairs_from_layout, match, read_image, check_pairs, resized)
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import TrainConfig, Trainer
from rddm_nb.unet import UNet

REAL = Path(os.environ.get('RDDM_DATA', Path(__file__).resolve().parents[2]/'shared/data'))


def picture(value, h=8, w=8):
    "A picture whose every pixel tells which picture and which place it is: value, row, column"
    x = torch.zeros(3, h, w, dtype=torch.uint8)
    x[0], x[1], x[2] = value, torch.arange(h)[:, None], torch.arange(w)
    return x


def save(path, x=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((picture(1) if x is None else x).permute(1, 2, 0).numpy()).save(path)
    return path


def pictures(n=6, h=8, w=8, cond=False):
    "Pairs in memory: x_in is 100 + i, x0 is i, cond 200 + i"
    return ImagePairs(list(range(n)), lambda i: (picture(100 + i, h, w), picture(i, h, w), picture(200 + i, h, w) if cond else None), lambda i: f'no. {i}')


def values(x, channel=0): return ((x[:, channel] + 1)*127.5).round().long()


def test_pairs_are_matched_by_name_whatever_the_ending_and_order(tmp_path):
    names = ['b', 'a', 'c10', 'c9', *'hgfedz', *(f'n{i}' for i in range(20))]  # so many that no set holds them in order by luck
    for n in names: save(tmp_path/f'in/{n}.png'), save(tmp_path/f'gt/{n}.webp')
    (tmp_path/'in/notes.txt').write_text('not a picture')
    pairs = match(tmp_path/'in', tmp_path/'gt')
    assert [(p.x_in.stem, p.x0.stem) for p in pairs] == [(n, n) for n in sorted(names)] and pairs[0].cond is None
    assert match([tmp_path/'in/b.png', tmp_path/'in/a.png'], [tmp_path/'gt/a.webp', tmp_path/'gt/b.webp']) == pairs[:2]


def test_what_has_no_partner_is_listed(tmp_path):
    for n in range(9): save(tmp_path/f'in/{n}.png')
    save(tmp_path/'gt/0.png'), save(tmp_path/'gt/x.png')
    with pytest.raises(ValueError, match=r'9 images have no partner: .*1\.png, .*5\.png \.\.\.'): match(tmp_path/'in', tmp_path/'gt')
    with pytest.raises(FileNotFoundError, match='there is no folder'): match(tmp_path/'in', tmp_path/'nowhere')
    (tmp_path/'empty').mkdir()
    with pytest.raises(ValueError, match='holds no images'): match(tmp_path/'in', tmp_path/'empty')
    save(tmp_path/'in/0.jpg')
    with pytest.raises(ValueError, match="several images are called '0' \\(.*0.jpg, .*0.png\\)"): match(tmp_path/'in', tmp_path/'gt')


def test_lists_of_files(tmp_path):
    save(tmp_path/'a.png')
    (tmp_path/'l.flist').write_text(f'a.png\n\n{tmp_path}/a.png\n')
    assert read_file_list(tmp_path/'l.flist') == [tmp_path/'a.png']*2
    (tmp_path/'l.flist').write_text('a.png\nb.png\n')
    with pytest.raises(FileNotFoundError, match=r'names 1 files that are not there: .*b\.png'): read_file_list(tmp_path/'l.flist')


@pytest.mark.parametrize('name, split, files', [
    ('istd', 'train', ['train/train_A/1-1.png', 'train/train_C/1-1.png', 'train/train_B/1-1.png']), ('istd', 'test', ['test/test_A/1.png', 'test/test_C/1.png', 'test/test_B/1.png']),
    ('lol', 'train', ['our485/low/2.png', 'our485/high/2.png']), ('lol', 'test', ['eval15/low/1.png', 'eval15/high/1.png']),
    ('raindrop', 'train', ['train/data/0_rain.png', 'train/gt/0_clean.png']), ('raindrop', 'test', ['test_a/data/0_rain.png', 'test_a/gt/0_clean.png']),
    ('rain100', 'train', ['train/rain/norain-1.png', 'train/norain/norain-1.png']), ('rain100', 'test', ['test/input/1.png', 'test/target/1.png']),
    ('gopro', 'train', ['train/S1/blur/1.png', 'train/S1/sharp/1.png'])])
def test_the_usual_layouts_are_recognised(tmp_path, name, split, files):
    paths = [save(tmp_path/f) for f in files]
    assert pairs_from_layout(tmp_path, split) == (name, [Pair(*paths)]) == pairs_from_layout(tmp_path, split, name)
    with pytest.raises(ValueError, match='none of the known layouts'): pairs_from_layout(tmp_path, 'valid')
    with pytest.raises(ValueError, match='istd, lol, raindrop'): pairs_from_layout(tmp_path, split, 'mnist')


def test_scenes_of_gopro_are_matched_scene_by_scene(tmp_path):
    for s in ('S1', 'S2'):
        for kind in ('blur', 'sharp'): save(tmp_path/f'train/{s}/{kind}/0001.png')
    pairs = pairs_from_layout(tmp_path, 'train', 'gopro')[1]
    assert [(p.x_in.parent.parent.name, p.x0.parent.parent.name) for p in pairs] == [('S1', 'S1'), ('S2', 'S2')]


@pytest.mark.skipif(not REAL.is_dir(), reason='the real data sets are not here (RDDM_DATA)')
@pytest.mark.parametrize('folder, split, name, n', [('rain100l', 'train', 'rain100', 200), ('rain100l', 'test', 'rain100', 15), ('lol', 'train', 'lol', 130), ('lol', 'test', 'lol', 8)])
def test_real_data_sets(folder, split, name, n):
    found, pairs = pairs_from_layout(REAL/folder, split)
    assert (found, len(pairs)) == (name, n)
    r = check_pairs(from_pairs(pairs[:8]))
    assert r.fine and r.same == 0 and r.pairs == 8


@pytest.mark.skipif(not REAL.is_dir(), reason='the real data sets are not here (RDDM_DATA)')
def test_a_real_set_with_masks_trains():
    pairs = match(REAL/'shadow/train/shadow', REAL/'shadow/train/free', REAL/'shadow/train/mask')
    b = PairSource(from_pairs(pairs[:6]), 32).batch(4, 0)
    assert b.cond.shape == b.x0.shape == (4, 3, 32, 32) and (b.x_in - b.x0).abs().max() > .05


def test_pictures_of_any_kind_become_colours(tmp_path):
    grey = Image.new('L', (3, 2), 7); grey.save(tmp_path/'g.png')
    assert read_image(tmp_path/'g.png').tolist() == torch.full((3, 2, 3), 7).tolist()
    assert read_image(grey).shape == (3, 2, 3)
    assert torch.equal(read_image(save(tmp_path/'a.png', picture(9, 4, 5))), picture(9, 4, 5))
    Image.new('RGBA', (2, 2), (1, 2, 3, 0)).save(tmp_path/'t.png')
    assert read_image(tmp_path/'t.png')[:, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize('data', [b'', b'GIF87a', b'\x89PNG\r\n\x1a\n' + b'x'*20])
def test_broken_pictures_are_named(tmp_path, data):
    (tmp_path/'b.png').write_bytes(data)
    with pytest.raises(ValueError, match=r'b\.png cannot be read as an image'): read_image(tmp_path/'b.png')


def test_the_report_finds_everything_at_once(tmp_path):
    for n in range(5): save(tmp_path/f'in/{n}.png', picture(n)), save(tmp_path/f'gt/{n}.png', picture(n + 1))
    save(tmp_path/'gt/1.png', picture(1, 8, 6)), save(tmp_path/'gt/2.png', picture(2))
    whole = (tmp_path/'in/3.png').read_bytes(); (tmp_path/'in/3.png').write_bytes(whole[:len(whole)//2])
    r = check_pairs(from_pairs(match(tmp_path/'in', tmp_path/'gt')))
    assert (r.pairs, r.sizes, r.same, r.fine) == (5, Counter({(8, 8): 3}), 1, False)
    assert [Path(n).name for n, _ in r.unreadable] == ['3.png'] and [(Path(n).name, s) for n, s in r.unequal] == [('1.png', [(8, 8), (8, 6)])]
    for part in ('5 pairs: 3 of 8x8', 'cannot be used: ', '3.png', 'sizes differ: ', '1 pairs hold the same image twice'): assert part in str(r)


def test_a_table_of_the_datasets_library(tmp_path):
    datasets = pytest.importorskip('datasets')
    rows = {'low': [str(save(tmp_path/f'l{i}.png', picture(i))) for i in range(3)], 'high': [str(save(tmp_path/f'h{i}.png', picture(10 + i))) for i in range(3)]}
    table = datasets.Dataset.from_dict(rows).cast_column('low', datasets.Image()).cast_column('high', datasets.Image())
    p = from_table(table, 'low', 'high')
    assert len(p) == 3 and torch.equal(p[2][0], picture(2)) and torch.equal(p[2][1], picture(12)) and p[2][2] is None and p.name(2) == 'row 2'
    assert torch.equal(from_table(table, 'low', 'high', 'high')[1][2], picture(11))
    table.to_parquet(tmp_path/'t.parquet')
    again = datasets.load_dataset('parquet', data_files=str(tmp_path/'t.parquet'), split='train', cache_dir=str(tmp_path/'cache'))
    assert torch.equal(from_table(again, 'low', 'high')[2][1], picture(12))
    with pytest.raises(ValueError, match="no column 'input'; it has low, high"): from_table(table)


@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 3))
def test_every_round_shows_every_picture_once(total, n, seed):
    s = PairSource(pictures(total))
    seen = sum((s.indices(n, k, seed) for k in range(total*3)), [])
    for r in range(0, len(seen) - total + 1, total): assert sorted(seen[r:r + total]) == list(range(total))
    assert s.indices(n, 2, seed) == seen[2*n:3*n]  # asked for again, out of order


def test_rounds_and_seeds_differ():
    s = PairSource(pictures(20))
    assert len({tuple(s.indices(20, k, seed)) for k in range(4) for seed in range(4)}) == 16


@given(st.integers(0, 50), st.booleans(), st.booleans())
def test_a_crop_is_a_piece_of_both_pictures_at_the_same_place(step, flip, cond):
    s = PairSource(pictures(5, 9, 12, cond), 4, flip=flip)
    b = s.batch(4, step, 1)
    i = torch.tensor(s.indices(4, step, 1))
    assert b.x0.shape == (4, 3, 4, 4) and b.x0.dtype == torch.float32 and b.names == [f'no. {k}' for k in i]
    assert torch.equal(values(b.x0), i[:, None, None].expand(4, 4, 4)) and torch.equal(values(b.x_in), 100 + values(b.x0))
    for c in (1, 2): assert torch.equal(values(b.x_in, c), values(b.x0, c))
    rows, cols = values(b.x0, 1), values(b.x0, 2)
    assert (rows[:, 1:] - rows[:, :-1] == 1).all() and rows.min() >= 0 and rows.max() <= 8 and cols.min() >= 0 and cols.max() <= 11
    d = (cols[:, :, 1:] - cols[:, :, :-1]).flatten(1)
    assert ((d == 1).all(1) | (d == -1).all(1)).all() and (flip or (d == 1).all())
    assert (b.cond is None) == (not cond) and (not cond or torch.equal(values(b.cond), 200 + values(b.x0)))


def test_crops_reach_every_place_and_half_are_mirrored():
    s = PairSource(pictures(1, 6, 5), 4)
    b = [s.batch(8, k) for k in range(40)]
    x0 = torch.cat([v.x0 for v in b])
    assert set(values(x0, 1)[:, 0, 0].tolist()) == {0, 1, 2} and set(values(x0, 2).amin((1, 2)).tolist()) == {0, 1}
    mirrored = (values(x0, 2)[:, 0, 1] < values(x0, 2)[:, 0, 0]).float().mean()
    assert .35 < mirrored < .65


@pytest.mark.parametrize('task', [None, 'rain'])
@pytest.mark.parametrize('memory', [4., 0.])
def test_a_batch_does_not_depend_on_what_came_before_or_on_the_part(task, memory):
    make = lambda: PairSource(pictures(7, 12, 12), 8, task, memory=memory)
    fresh, used = make(), make()
    for k in (3, 0, 9): used.batch(6, k)
    want, got = fresh.batch(6, 5, 2), used.batch(6, 5, 2)
    close(want.x0, got.x0, 0); close(want.x_in, got.x_in, 0)
    part = make().batch(6, 5, 2, slice(2, 4))
    close(part.x0, want.x0[2:4], 0); close(part.x_in, want.x_in[2:4], 0); assert part.names == want.names[2:4]
    assert (len(used.kept) > 0) == (memory > 0)
    if task: assert error(want.x_in, want.x0) > .1


def test_weather_changes_from_step_to_step_over_the_same_picture():
    s = PairSource(pictures(1, 8, 8), task='rain', flip=False)
    a, b = s.batch(2, 0), s.batch(2, 1)
    close(a.x0, b.x0, 0)
    assert error(a.x_in, b.x_in) > .1


def test_nothing_and_a_hole_are_inputs_too():
    b = PairSource(pictures(3, 8, 12), task='generate').batch(2, 0)
    assert b.x_in.abs().max() == 0 and b.x0.abs().max() > 0
    b = PairSource(pictures(3, 8, 12), task='hole').batch(2, 0)
    d = (b.x_in != b.x0).any(1)
    assert (b.x_in[:, :, 2:6, 3:9] == 0).all() and d[:, 2:6, 3:9].all() and d.sum() == 2*24


def test_pictures_are_squeezed_into_a_square():
    p = resized(pictures(2, 8, 12, True), 4)
    x_in, x0, cond = p[1]
    assert x0.shape == x_in.shape == cond.shape == (3, 4, 4) and x0.dtype == torch.uint8 and (x0[0] == 1).all() and (cond[0] == 201).all() and (x0[2].diff(dim=1) > 0).all() and p.name(1) == 'no. 1'


def test_memory_is_a_limit():
    one = 2*3*8*8
    s = PairSource(pictures(6), memory=2.5*one/2**30)
    for k in range(4): s.batch(6, k)
    assert len(s.kept) == 2 and s.bytes == 2*one


@pytest.mark.parametrize('make, match', [
    (lambda: PairSource(pictures(0)), 'no images'), (lambda: PairSource(pictures(), 4, 'snow'), 'rain'), (lambda: PairSource(pictures(), 0), 'size must be at least 1'),
    (lambda: PairSource(pictures(), 9).batch(2, 0), r'no. \d is 8x8, too small for crops of 9'),
    (lambda: PairSource(ImagePairs([4, 8], lambda i: (picture(i, i, i), picture(i, i, i), None))).batch(2, 0), 'whole images of several sizes'),
    (lambda: PairSource(ImagePairs([4], lambda i: (picture(i, 4, 4), picture(i, 5, 4), None))).batch(1, 0), r'4: the images of this pair differ in size \(\(4, 4\), \(5, 4\)\)')])
def test_what_cannot_be_handed_out(make, match):
    with pytest.raises(ValueError, match=match): make()


def test_clean_pictures_are_their_own_partners(tmp_path):
    files = [save(tmp_path/f'{i}.png', picture(i)) for i in (2, 1)]
    p = from_clean(tmp_path)
    assert p.items == sorted(files) and torch.equal(p[0][0], p[0][1]) and torch.equal(from_clean(files)[1][1], picture(2))


def test_the_trainer_takes_it_and_resumes(tmp_path):
    def run(steps, folder=None):
        torch.manual_seed(0)
        return Trainer(UNet(8, mults=(1,)), PairSource(pictures(5, 12, 12), 8), Schedule.power(T=10), TrainConfig(steps=steps, batch=4, save_every=2), folder, device='cpu').fit()
    flat = lambda net: torch.cat([p.flatten() for p in net.parameters()])
    run(2, tmp_path)
    close(flat(run(5, tmp_path)), flat(run(5)), 0)


def test_networks_that_look_at_masks_get_them():
    from rddm_nb.official import OfficialUNet
    class Looks(OfficialUNet):
        seen = []
        def forward(self, x_t, x_in, abar, bbar, t=None, cond=None):
            self.seen.append(values(cond)[:, 0, 0] - values(x_in)[:, 0, 0])
            return super().forward(x_t, x_in, abar, bbar, t, cond)
    net = Looks('res', takes_cond=True, dim=8, mults=(1,))
    Trainer(net, PairSource(pictures(5, 8, 8, cond=True), 4), Schedule.power(T=10), TrainConfig(steps=2, batch=4, accumulate=2), device='cpu').fit()
    assert len(net.seen) == 4 and all(torch.equal(v, torch.full((2,), 100)) for v in net.seen)
