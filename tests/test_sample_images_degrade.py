"""The embedded images (split, licences, size), the tool that packs them, the ten degradations, and known pixels that
stay"""
import importlib.util
import io
import json
import math
import pytest
import torch
from hypothesis import given, strategies as st
from common import (F64, Net, close, constant, fake_eps, fake_res, inner_points, needs_data, oracle,
                    random_images as fake, power_schedules, randn, rng, seeds, trio)
from places import DATA, ROOT
from rddm_nb import sample_images
from rddm_nb.degrade import TASKS, KnownPixels, _lenses, _streaks, degrade
from rddm_nb.estimate import Prediction, estimate, x0_from
from rddm_nb.images import from_uint8, psnr, to_uint8
from rddm_nb.models import PRETRAINED
from rddm_nb.sample_images import attribution, crops, emoji, photos
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule

ASSETS = ROOT/'rddm_nb'/'assets'
INDEX = json.loads((ASSETS/'images.json').read_text(encoding='utf-8'))


def load_tool():
    spec = importlib.util.spec_from_file_location('pack_assets', ROOT/'tools'/'pack_assets.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


tool = load_tool()
FIXED = ('grey', 'small') # nothing is random there
rain, mask, blur, dark, noise = (TASKS[k] for k in ('rain', 'mask', 'blur', 'dark', 'noise'))
shadow, drops, holes, grey, small = (TASKS[k] for k in ('shadow', 'drops', 'holes', 'grey', 'small'))
tasks = pytest.mark.parametrize('task', TASKS)
random_tasks = pytest.mark.parametrize('task', [t for t in TASKS if t not in FIXED])


# ---------------------------------------------------------------- what ships

def test_assets_are_small_and_flat():
    assert sum(f.stat().st_size for f in ASSETS.iterdir()) <= 6*2**20
    assert all(f.is_file() for f in ASSETS.iterdir()), 'the package data are listed as assets/*'


def test_every_file_is_known_and_attributed():
    listed = {p['file'] for p in INDEX['photos']} | {'emoji.png', 'faces.png'}
    assert {f.name for f in ASSETS.iterdir()} - {f'{name}.safetensors' for name in PRETRAINED} == listed | {
        'images.json',
        'ATTRIBUTION.md',
    }
    missing = [f for f in listed if f'`{f}`' not in attribution()]
    assert not missing, missing
    assert attribution() == (ASSETS/'ATTRIBUTION.md').read_text(encoding='utf-8')


def test_every_photograph_names_author_licence_and_source():
    rows = [[c.strip() for c in l.strip('|').split('|')] for l in attribution().splitlines() if l.startswith('| `')]
    assert sum(r[0].count('`')//2 for r in rows) == len(INDEX['photos'])
    assert len(rows) == len({p['photo'] for p in INDEX['photos']})
    for files, title, author, licence, changes in rows:
        assert '](http' in title and author and changes, files
        assert licence == 'public domain' or licence.startswith(
            ('[CC0 1.0](https://', '[CC BY 4.0](https://', '[CC BY 2.0](https://')
        ), files


def test_only_open_licences_and_no_people():
    for p in INDEX['photos']:
        assert tool.is_open(p['licence']) and p['file'] not in tool.PEOPLE, p
        assert 'SA' not in p['licence'].split()[0] and 'NC' not in p['licence'].split()[0], p


# ---------------------------------------------------------------- the split

def test_a_photograph_is_in_one_split_with_all_its_tiles():
    split = {}
    for p in INDEX['photos']:
        assert p['photo'] == tool.photo_of(p['file'])
        split.setdefault(p['photo'], set()).add(p['split'])
    assert all(len(s) == 1 for s in split.values()), split
    assert sum(s == {'test'} for s in split.values()) >= 5 and sum(s == {'train'} for s in split.values()) >= 12


def test_photos_by_split():
    train, test, both = photos('train'), photos('test'), photos()
    assert not set(train) & set(test)
    assert set(train) | set(test) == set(both) == {p['file'][:-4] for p in INDEX['photos']}
    assert not {tool.photo_of(n) for n in train} & {tool.photo_of(n) for n in test}
    for name, x in both.items():
        assert x.dtype == torch.uint8 and x.ndim == 3 and x.shape[0] == 3 and 300 <= max(x.shape) <= 512, name


def test_what_is_returned_may_be_changed():
    for x in photos('test').values(): x.zero_()
    assert all(x.any() for x in photos('test').values())
    crops(2, seed=5).fill_(7)
    emoji().fill_(7)
    assert crops(2, seed=5).max() <= 1 and emoji().max() <= 1


def places(crop, photo):
    "How often a crop (3, h, w) occurs in a photograph"
    h, w = crop.shape[1:]
    start = (photo[:, :photo.shape[1] - h + 1, :photo.shape[2] - w + 1] == crop[:, :1, :1]).all(0).nonzero()
    return sum(torch.equal(photo[:, i:i + h, j:j + w], crop) for i, j in start.tolist())


@pytest.mark.parametrize('split,other', [('train', 'test'), ('test', 'train')])
def test_crops_come_from_their_split(split, other):
    for crop in to_uint8(crops(6, 24, split, seed=11, shrink=1)):
        def found(where): return sum(places(c, x) for x in photos(where).values() for c in (crop, crop.flip(2)))
        assert found(split) >= 1 and not found(other)


# ---------------------------------------------------------------- crops

@given(st.integers(1, 5), st.integers(1, 150), st.sampled_from(['train', 'test', None]), seeds, st.integers(1, 2))
def test_crops_of_any_size(n, size, split, seed, shrink):
    x = crops(n, size, split, seed, shrink)
    assert x.shape == (n, 3, size, size) and x.dtype == torch.float32 and x.min() >= -1 and x.max() <= 1
    assert torch.equal(x, crops(n, size, split, rng(seed), shrink))


def test_crops_differ_by_seed_and_go_on_with_a_generator():
    g = rng(3)
    assert torch.equal(torch.cat([crops(2, seed=g), crops(3, seed=g)]), crops(5, seed=3))
    assert not torch.equal(crops(4, seed=1), crops(4, seed=2))


def test_crops_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    crops(3, seed=1)
    crops(3, seed=rng())
    assert torch.equal(before, torch.random.get_rng_state())


def test_crops_are_balanced_over_photographs_places_and_mirroring(monkeypatch):
    # photograph 0 has one tile, photograph 1 three: red tells the tile, green the row, blue the column
    def tile(value, h=6, w=9):
        i, j = torch.meshgrid(torch.arange(h), torch.arange(w), indexing='ij')
        return torch.stack([torch.full((h, w), value), i, j]).byte()
    monkeypatch.setattr(sample_images, '_groups', lambda split, shrink: [[tile(0)], [tile(1), tile(2, 4, 5), tile(3)]])
    n = 3000
    x = to_uint8(crops(n, 4, seed=0)).long()
    tiles, rows, left, right = x[:, 0, 0, 0], x[:, 1, 0, 0], x[:, 2, 0, 0], x[:, 2, 0, -1]
    def share(hits): return hits.float().mean().item()
    tol = 5*math.sqrt(.25/n)
    close(share(tiles == 0), .5, tol)
    for t in (1, 2, 3): close(share(tiles == t), 1/6, tol)
    close(share(left > right), .5, tol)
    wide = tiles != 2
    for i in range(3): close(share(rows[wide] == i), 1/3, tol*1.1)
    for j in range(6): close(share(torch.minimum(left, right)[wide] == j), 1/6, tol*1.1)
    assert ((left - right).abs() == 3).all() and (x[:, 1, 3] == x[:, 1, :1, 0] + 3).all(), 'pixels keep their order'


@pytest.mark.parametrize('split', ['train', 'test', None])
def test_tiles_of_one_photograph_are_drawn_as_one(split):
    mine = [p['photo'] for p in INDEX['photos'] if split in (None, p['split'])]
    assert sorted(map(len, sample_images._groups(split, 1))) == sorted(mine.count(p) for p in set(mine))


def test_crops_are_for_training_and_halved_unless_asked():
    assert torch.equal(crops(4, seed=6), crops(4, 32, 'train', 6, shrink=2))


def test_crops_shrink_by_averaging():
    x, = [x for n, x in photos('test').items() if n == 'coffee']
    full = sample_images._groups('test', 1)
    half = sample_images._groups('test', 2)
    assert [[t.shape[1]//2 for t in g] for g in full] == [[t.shape[1] for t in g] for g in half]
    small = next(t for g, s in zip(full, half) for f, t in zip(g, s) if torch.equal(f, x))
    h, w = small.shape[1:]
    mean = x[:, :2*h, :2*w].double().view(3, h, 2, w, 2).mean((2, 4))
    close(small, mean, .5)


@pytest.mark.parametrize('bad,text', [
    (dict(n=1, split='valid'), "split must be 'train', 'test' or None \\(both\\), got 'valid'"),
    (dict(n=1, size=0), r'size must be 1\.\.\d+ at shrink=2, got 0'),
    (dict(n=1, size=5000), r'size must be 1\.\.\d+ at shrink=2, got 5000'),
    (dict(n=0), 'n must be at least 1, got 0'),
    (dict(n=1, shrink=0), 'shrink must be at least 1, got 0'),
])
def test_crops_say_what_is_wrong(bad, text):
    with pytest.raises(ValueError, match=text): crops(**bad)


@pytest.mark.parametrize('name', ['n', 'size', 'shrink'])
def test_crops_are_counted_in_whole_numbers(name):
    with pytest.raises(TypeError, match=f"{name} must be a whole number, got '3'"): crops(**{'n': 1, name: '3'})


@pytest.mark.parametrize('split', ['train', 'test', None])
def test_the_largest_crop_is_a_whole_photograph_wide(split):
    side = min(min(x.shape[1:]) for x in photos(split).values())
    assert crops(2, side, split, shrink=1).shape[-1] == side
    with pytest.raises(ValueError, match=f'size must be 1..{side}, got {side + 1}'): crops(2, side + 1, split, shrink=1)


def test_photos_and_emoji_know_two_splits():
    for f in (photos, emoji):
        with pytest.raises(ValueError, match="'train', 'test' or None"): f('validation')


# ---------------------------------------------------------------- emoji

def test_emoji_by_split():
    train, test, both = emoji('train'), emoji('test'), emoji()
    assert len(train) + len(test) == len(both) == len(INDEX['emoji']) >= 400 and len(test) >= 40
    assert both.shape[1:] == (3, 32, 32) and both.dtype == torch.float32 and both.min() >= -1 and both.max() <= 1
    is_test = torch.tensor([e['split'] == 'test' for e in INDEX['emoji']])
    assert torch.equal(both[is_test], test) and torch.equal(both[~is_test], train)


def test_no_emoji_is_in_both_splits():
    train = {bytes(to_uint8(x).numpy()) for x in emoji('train')}
    assert not [1 for x in emoji('test') if bytes(to_uint8(x).numpy()) in train]
    assert len({e['name'] for e in INDEX['emoji']}) == len(INDEX['emoji'])


def test_emoji_are_cut_from_the_sheet_in_order():
    from PIL import Image
    sheet = Image.open(ASSETS/'emoji.png').convert('RGB')
    both = to_uint8(emoji())
    for i in (0, 1, 31, 32, len(both) - 1):
        x, y = i % 32*32, i//32*32
        want = torch.tensor(list(sheet.crop((x, y, x + 32, y + 32)).tobytes())).view(32, 32, 3).permute(2, 0, 1)
        assert torch.equal(both[i].long(), want), i


@pytest.mark.parametrize('size', [1, 2, 4, 8, 16, 32])
def test_smaller_emoji_are_averages(size):
    k = 32//size
    close(emoji('test', size), emoji('test').double().view(-1, 3, size, k, size, k).mean((3, 5)), 1e-5)


@pytest.mark.parametrize('size', [0, -2, 5, 33, 64])
def test_emoji_sizes_divide_32(size):
    with pytest.raises(ValueError, match=f'size must divide 32, got {size}'): emoji(size=size)


# ---------------------------------------------------------------- the tool that packed them

@pytest.mark.parametrize('file,photo', [('life_00.jpg', 'life'), ('life_01.jpg', 'life'), ('life_10.jpg', 'life'),
                                        ('life_11.jpg', 'life'), ('life.jpg', 'life'), ('set_12.jpg', 'set_12')])
def test_tiles_are_recognised_by_name(file, photo): assert tool.photo_of(file) == photo


@pytest.mark.parametrize('licence,yes', [
    ('CC0 (somebody)', 1), ('CC0-1.0 somebody', 1), ('Public domain (NASA)', 1), ('CC-BY-4.0 somebody', 1),
    ('CC-BY-2.0 x', 1), ('CC-BY-SA-4.0 somebody', 0),
    ('CC-BY-NC-4.0 x', 0), ('CC-BY-ND-4.0 x', 0), ('research only', 0), ('', 0),
    ('all rights reserved, CC0 on request', 0)])
def test_unknown_licences_stay_out(licence, yes): assert tool.is_open(licence) == bool(yes)


def originals(tmp_path, licences):
    from PIL import Image
    pq, pa = pytest.importorskip('pyarrow.parquet'), pytest.importorskip('pyarrow')
    (tmp_path/'photos_free').mkdir()
    (tmp_path/'emoji64').mkdir()
    (tmp_path/'photos_free'/'LICENSES.json').write_text(json.dumps(licences))
    for f in licences: Image.new('RGB', (8, 6)).save(tmp_path/'photos_free'/f)
    def png(v):
        out = io.BytesIO()
        Image.new('RGB', (64, 64), (v, v, v)).save(out, 'png')
        return out.getvalue()
    rows = [dict(image=dict(bytes=png(v), path=f'e{v:02}|f{v}'), label='Flags' if v % 3 else tool.EMOJI_GROUPS[0])
            for v in range(59, -1, -1)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path/'emoji64'/'train.parquet')
    return tmp_path


def test_the_tool_packs_what_is_open(tmp_path, monkeypatch, capsys):
    src = originals(tmp_path,
                    {'china.jpg': 'CC-BY-2.0 x', 'life_berasategi_00.jpg': 'CC-BY-4.0 x',
                     'life_berasategi_11.jpg': 'CC-BY-4.0 x', 'astronaut.jpg': 'Public domain',
                     'bridge.jpg': 'CC-BY-SA-4.0 x'})
    out = tmp_path/'out'
    monkeypatch.setattr(tool, 'ASSETS', out)
    monkeypatch.setattr(tool, 'FACES', ('e00', 'e58'))
    tool.main([str(src)])
    assert '3 photo files, 20 emoji' in capsys.readouterr().out
    index = json.loads((out/'images.json').read_text(encoding='utf-8'))
    assert {f.name for f in out.glob('*.jpg')} == {'china.jpg', 'life_berasategi_00.jpg', 'life_berasategi_11.jpg'}
    assert [(p['photo'], p['split']) for p in index['photos']] == [
        ('china', 'test'),
        ('life_berasategi', 'train'),
        ('life_berasategi', 'train'),
    ]
    assert [e['name'] for e in index['emoji']] == [f'e{v:02}' for v in range(0, 60, 3)]
    assert {e['group'] for e in index['emoji']} == {tool.EMOJI_GROUPS[0]}
    assert [i for i, e in enumerate(index['emoji']) if e['split'] == 'test'] == [7, 15]
    text = (out/'ATTRIBUTION.md').read_text(encoding='utf-8')
    assert '`life_berasategi_00.jpg`, `life_berasategi_11.jpg`' in text and 'cut into tiles' in text
    assert 'danielbuechele' in text
    first = {f.name: f.read_bytes() for f in out.iterdir()}
    monkeypatch.setenv('RDDM_DATA', str(src))
    tool.main([])
    assert first == {f.name: f.read_bytes() for f in out.iterdir()}


def test_the_tool_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(tool, 'ASSETS', tmp_path/'out')
    monkeypatch.delenv('RDDM_DATA', raising=False)
    with pytest.raises(SystemExit, match='give the folder of originals'): tool.main([])
    with pytest.raises(SystemExit, match='holds no photos_free/LICENSES.json'): tool.main([str(tmp_path)])
    src = originals(tmp_path, {'stranger.jpg': 'CC0'})
    with pytest.raises(SystemExit, match='no entry in SOURCES for stranger'): tool.main([str(src)])


@needs_data
def test_the_assets_are_what_the_tool_packs(tmp_path, monkeypatch):
    from PIL import Image
    monkeypatch.setattr(tool, 'ASSETS', tmp_path)
    tool.main([str(DATA)])
    assert {f.name for f in tmp_path.iterdir()} == {f.name for f in ASSETS.iterdir() if f.suffix != '.safetensors'}
    for f in tmp_path.iterdir():
        if f.suffix == '.png': assert Image.open(f).tobytes() == Image.open(ASSETS/f.name).tobytes()
        else: assert f.read_bytes() == (ASSETS/f.name).read_bytes(), f.name


# ---------------------------------------------------------------- all degradations

@tasks
@given(st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 40), st.integers(1, 40), seeds,
       st.sampled_from([torch.float32, F64]))
def test_any_shape_comes_back_as_it_went_in(task, b, c, h, w, seed, dtype):
    x0 = fake(b, c, h, w, seed=seed, dtype=dtype)
    before = x0.clone()
    x_in = degrade(x0, task, rng(seed))
    assert x_in.shape == x0.shape and x_in.dtype == dtype and x_in.device == x0.device
    assert x_in.isfinite().all() and x_in.min() >= -1 - 1e-6 and x_in.max() <= 1 + 1e-6
    assert torch.equal(x0, before) and x_in.data_ptr() != x0.data_ptr(), 'the clean images are left alone'
    assert torch.equal(x_in, degrade(x0, task, rng(seed)))


@tasks
@pytest.mark.parametrize('h,w', [(512, 512), (96, 300)])
def test_large_images(task, h, w):
    x0 = fake(1, 3, h, w, dtype=torch.float32)*.8
    x_in = degrade(x0, task, rng())
    assert x_in.shape == x0.shape and x_in.abs().max() <= 1 + 1e-6 and not torch.equal(x_in, x0)


@random_tasks
def test_everything_is_drawn_from_the_generator(task):
    x0, g, before = crops(4, split='test'), rng(1), torch.random.get_rng_state()
    first, second = degrade(x0, task, g), degrade(x0, task, g)
    assert not torch.equal(first, second), 'a generator goes on'
    assert not torch.equal(first, degrade(x0, task, rng(2)))
    assert torch.equal(before, torch.random.get_rng_state()), 'the global generator is left alone'


@random_tasks
def test_without_a_generator_the_global_one_is_used(task):
    x0 = crops(2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first = degrade(x0, task)
        torch.manual_seed(0)
        again = degrade(x0, task)
        assert torch.equal(first, again) and not torch.equal(first, degrade(x0, task))


@random_tasks
def test_every_image_of_a_batch_is_degraded_in_its_own_way(task):
    x0 = crops(1, split='test', seed=4).expand(6, -1, -1, -1)
    res = degrade(x0, task, rng(3)) - x0
    for i in range(6):
        for j in range(i): assert not torch.allclose(res[i], res[j], atol=1e-3), (i, j)


@pytest.mark.parametrize('task', FIXED)
def test_nothing_is_random(task):
    x0, g = crops(4, split='test'), rng(1)
    before = g.get_state()
    assert torch.equal(degrade(x0, task, g), degrade(x0, task)) and torch.equal(before, g.get_state())
    close(degrade(x0[2:3], task), degrade(x0, task)[2:3], 1e-6)


@tasks
def test_a_view_is_as_good_as_a_copy(task):
    x0 = crops(4)
    view = x0.permute(0, 1, 3, 2)[:, :, ::2, 3:29].detach()
    assert torch.equal(degrade(view, task, rng()), degrade(view.contiguous(), task, rng()))


@tasks
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
def test_on_a_gpu(task):
    x0 = crops(4)
    here, there = degrade(x0, task, rng()), degrade(x0.cuda(), task, rng())
    assert there.is_cuda
    close(here, there.cpu(), 1e-3)
    assert degrade(x0.cuda(), task, torch.Generator('cuda').manual_seed(0)).is_cuda and degrade(x0.cuda(), task).is_cuda


@tasks
def test_the_registry_calls_the_function_of_that_name(task):
    x0 = crops(3, seed=2)
    assert TASKS[task].__name__ == f'_{task}' and torch.equal(degrade(x0, task, rng(5)), TASKS[task](x0, rng(5)))


def test_options_reach_the_task():
    x0 = crops(2)
    assert torch.equal(degrade(x0, 'rain', rng(), amount=.3), rain(x0, rng(), .3))
    with pytest.raises(TypeError, match="'wind'"): degrade(x0, 'rain', wind=1.)


def test_rain_is_the_default():
    x0 = crops(2)
    assert torch.equal(degrade(x0, generator=rng()), rain(x0, rng()))


@pytest.mark.parametrize('x0,task,error,text', [
    (torch.zeros(1, 3, 8, 8), 'fog', ValueError,
     "task must be one of rain, mask, blur, dark, noise, shadow, drops, holes, grey, small, got 'fog'"),
    (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), 'rain', TypeError, r'convert with rddm_nb.images.from_uint8\(x0\)'),
    (torch.full((1, 3, 8, 8), 200.), 'rain', ValueError, r'x0 must lie in \[-1, 1\].*x0/127.5 - 1'),
    (torch.full((1, 3, 8, 8), math.nan), 'blur', ValueError, 'x0 holds NaN'),
    (torch.zeros(3, 8, 8), 'rain', ValueError, r'x0 must be a batch \(B, C, H, W\), got shape \(3, 8, 8\)'),
    (torch.zeros(0, 3, 8, 8), 'mask', ValueError, r'x0 is empty: its shape is \(0, 3, 8, 8\)'),
])
def test_degrade_says_what_is_wrong(x0, task, error, text):
    with pytest.raises(error, match=text): degrade(x0, task)


# ---------------------------------------------------------------- strengths

@pytest.mark.parametrize('f,levels', [
    (rain, [dict(amount=a) for a in (0., .04, .08, .16, .32)]),
    (mask, [dict(holes=n) for n in (0, 1, 2, 4, 8)]),
    (mask, [dict(side=(s, s)) for s in (.1, .2, .4, .6)]),
    (blur, [dict(width=(w, w)) for w in (.5, 1., 2., 4., 8.)]),
    (blur, [dict(width=(9., 9.), across=(a, a)) for a in (.3, 1., 3., 9.)]),
    (dark, [dict(gain=(g, g)) for g in (.8, .4, .2, .1)]),
    (dark, [dict(gain=(.9, .9), grain=g) for g in (0., .05, .1, .2)]),
    (noise, [dict(std=(s, s)) for s in (.1, .2, .4, .8)]),
    (noise, [dict(std=(.1, .1), shot=s) for s in (0., .2, .4)]),
    (shadow, [dict(left=(k, k)) for k in (.8, .5, .25, .1)]),
    (holes, [dict(share=(s, s)) for s in (0., .1, .3, .6)]),
    (small, [dict(k=k) for k in (1, 2, 4, 8)]),
    (drops, [dict(number=n) for n in (0, 2, 8, 32)]),
    (drops, [dict(radius=(r, r)) for r in (.05, .1, .2)]),
], ids=lambda v: v.__name__ if callable(v) else '-'.join(v[0]))
def test_stronger_is_worse(f, levels):
    x0 = crops(32, split='test', seed=8)
    errors = [(f(x0, rng(2), **level) - x0).square().mean().item() for level in levels]
    assert all(a < b for a, b in zip(errors, errors[1:])), errors


@pytest.mark.parametrize('f,nothing,tol', [
    (rain, dict(amount=0.), 1e-12), (mask, dict(holes=0), 0), (noise, dict(std=(0., 0.), shot=0.), 1e-12),
    (blur, dict(width=(.05, .05), across=(.05, .05)), 1e-12), (shadow, dict(left=(1., 1.)), 1e-12),
    (holes, dict(share=(0., 0.)), 0), (small, dict(k=1), 1e-12), (drops, dict(number=0), 0), (grey, {}, 0)],
    ids=lambda v: getattr(v, '__name__', ''))
def test_strength_zero_changes_nothing(f, nothing, tol):
    x0 = fake(3, 1, 20, 20)
    close(f(x0, rng(), **nothing), x0, tol)


# ---------------------------------------------------------------- rain

def test_rain_makes_a_task_for_a_demo():
    x0 = crops(256, split='test', seed=0)
    x_in = rain(x0, rng())
    assert 14 <= psnr(x_in, x0).mean() <= 16
    res = x_in - x0
    assert .02 < (res.abs() > 1).float().mean() < .15, 'some residuals are out of reach of a clamp to [-1, 1]'
    assert (res > .02).float().mean() > .5, 'a zero residual is not the median: L1 has something to learn'


@given(seeds, st.floats(0, 1))
def test_rain_is_one_white_layer_over_all_channels(seed, amount):
    x0 = fake(2, 3, 16, 20, seed=seed)*.9
    clear = (rain(x0, rng(seed), amount) - .95)/(x0 - .95)
    close(clear, clear[:, :1].expand_as(clear), 1e-9)
    assert clear.min() >= 0 and clear.max() <= 1 + 1e-9
    assert (clear.amax((1, 2, 3)) >= .9*.08 - 1e-9).all()


def lag(m, dy, dx):
    "Correlation of maps (B, 1, H, W) with themselves moved by (dy, dx)"
    a, b = (
        m[..., dy:, max(dx, 0) : m.shape[-1] + min(dx, 0)],
        m[..., : m.shape[-2] - dy, max(-dx, 0) : m.shape[-1] - max(dx, 0)],
    )
    a, b = a - m.mean(), b - m.mean()
    return (a*b).mean((1, 2, 3))/m.var((1, 2, 3))


def test_streaks_fall():
    m = rain(torch.full((64, 1, 64, 64), -.9), rng(), scale=1)
    assert lag(m, 4, 0).mean() > .2 > .1 > lag(m, 0, 4).mean(), 'long downwards, thin across'
    lean = lag(m, 5, 2) - lag(m, 5, -2)
    assert .3 < (lean > 0).float().mean() < .7 and lean.max() > .1 and lean.min() < -.1, 'some lean left, some right'


@pytest.mark.parametrize('reach', [3, 6, 9])
def test_streaks_are_turned_not_sheared(reach):
    x = torch.zeros(4, 1, 100, 100, dtype=F64)
    upright, slanted = (_streaks(x, .02, reach, torch.full((4, 1, 1), s, dtype=F64), rng()).sum() for s in (0., .5))
    assert .9 < slanted/upright < 1.1


def test_streaks_differ_in_opacity_and_a_veil_lies_over_all():
    x_in = rain(torch.full((32, 1, 64, 64), -1.), rng())
    assert 0 < (x_in.amin((1, 2, 3)) + 1).max() < .1*1.95 + 1e-6, 'the veil takes at most a tenth'
    opaque = ((x_in + 1)/1.95).flatten()
    assert (opaque > .8).float().mean() > .01 and ((opaque > .3) & (opaque < .7)).float().mean() > .05


def test_rain_grows_with_the_image():
    small, large = torch.full((16, 1, 32, 32), -.9), torch.full((16, 1, 128, 128), -.9)
    assert torch.equal(rain(small, rng()), rain(small, rng(), scale=1))
    assert torch.equal(rain(large, rng()), rain(large, rng(), scale=2))
    assert lag(rain(large, rng()), 0, 2).mean() > lag(rain(large, rng(), scale=1), 0, 2).mean() + .2, 'twice as wide'
    assert lag(rain(large, rng()), 10, 0).mean() > lag(rain(large, rng(), scale=1), 10, 0).mean() + .1, 'and as long'
    ratio = (rain(large, rng()) + .9).mean()/(rain(large, rng(), scale=1) + .9).mean()
    assert .85 < ratio < 1.15, 'it covers as much'


def test_rain_scale_has_a_floor():
    with pytest.raises(ValueError, match='scale must be a number from 1 on, got 0.5'):
        degrade(torch.zeros(1, 1, 8, 8), 'rain', scale=.5)


# ---------------------------------------------------------------- holes

@given(seeds, st.integers(1, 6), st.sampled_from([(.1, .2), (.15, .45), (.5, .9)]))
def test_holes_are_grey_rectangles(seed, n, side):
    x0 = fake(3, 2, 40, 50, seed=seed)*.4 + .5
    x_in = mask(x0, rng(seed), n, side)
    hole = (x_in == 0).all(1)
    assert torch.equal(x_in, x0*~hole[:, None]), 'untouched outside, all channels alike'
    share = hole.float().mean((1, 2))
    assert (share > 0).all() and (share <= n*(side[1] + .05)**2).all()
    more = mask(x0, rng(seed), n + 1, side) == 0
    assert (more | ~hole[:, None]).all(), 'one more hole keeps the others'


def test_one_hole_is_one_rectangle_with_sides_in_bounds():
    hole = mask(torch.ones(200, 1, 100, 100), rng(), 1, (.2, .4))[:, 0] == 0
    rows, cols = hole.any(2), hole.any(1)
    assert torch.equal(hole, rows[:, :, None] & cols[:, None])
    h, w = rows.sum(1), cols.sum(1)
    assert h.max() <= 41 and w.max() <= 41 and h.median() > 20 and w.median() > 20 and (h != w).any()
    inner = (rows[:, 0] | rows[:, -1]).logical_not()
    assert h[inner].min() >= 19 and 25 < h[inner].float().mean() < 35
    close(cols.double().mean(0).flip(0), cols.double().mean(0), .2)
    mid = [(m.double()*torch.arange(100)).sum(1)/m.sum(1) for m in (rows, cols)]
    assert all(m.min() < 25 and m.max() > 75 for m in mid), 'holes lie everywhere'


def test_holes_cover_the_same_share_at_any_size():
    share = [(mask(torch.ones(16, 1, s, s), rng(4)) == 0).float().mean((1, 2, 3)) for s in (64, 256)]
    close(*share, .04)


# ---------------------------------------------------------------- blur

def kernel(seed=0, side=41, channels=1, **kw):
    "What a blur makes of a single point of light: its kernel (B, C, side, side)"
    x0 = torch.zeros(12, channels, side, side, dtype=F64)
    x0[:, :, side//2, side//2] = 1
    return blur(x0, rng(seed), **kw)


def moments(k):
    "Mean (B, 2) and covariance (B, 2, 2) of kernels (B, 1, side, side)"
    r = torch.arange(k.shape[-1], dtype=F64) - k.shape[-1]//2
    y, x = r.view(1, -1, 1), r.view(1, 1, -1)
    k = k[:, 0]
    def e(f): return (k*f).sum((1, 2))
    m = torch.stack([e(x), e(y)], 1)
    return m, torch.stack([e(x*x), e(x*y), e(x*y), e(y*y)], 1).view(-1, 2, 2) - m[:, :, None]*m[:, None]


def test_blur_spreads_light_and_loses_none():
    k = kernel()
    close(k.sum((1, 2, 3)), torch.ones(12), 1e-9)
    assert k.min() >= -1e-12
    m, _ = moments(k)
    close(m, torch.zeros(12, 2), 1e-9)


@pytest.mark.parametrize('width,across', [(3., 1.2), (2., 1.), (6., 2.)])
def test_blur_has_the_widths_it_was_asked_for(width, across):
    _, cov = moments(kernel(width=(width, width), across=(across, across)))
    short, long = torch.linalg.eigvalsh(cov).sqrt().unbind(1)
    close(long, torch.full((12,), width), .16*width)
    close(short, torch.full((12,), across), .16*across)
    angle = torch.linalg.eigh(cov).eigenvectors[..., 1]
    slope = (angle[:, 0]*angle[:, 1])
    assert slope.max() > .2 and slope.min() < -.2, 'turned both ways'


def test_blur_treats_channels_alike_and_is_linear():
    k = kernel(channels=3)
    assert torch.equal(k[:, 0], k[:, 1]) and torch.equal(k[:, 0], k[:, 2])
    a, b = fake(3, 2, 18, 14), fake(3, 2, 18, 14, seed=1)
    close(blur(.3*a + .6*b, rng()), .3*blur(a, rng()) + .6*blur(b, rng()), 1e-12)


@given(seeds, st.floats(-1, 1))
def test_blur_leaves_a_flat_image(seed, value):
    x0 = torch.full((2, 3, 9, 11), value, dtype=F64)
    close(blur(x0, rng(seed)), x0, 1e-12)


# ---------------------------------------------------------------- light

def light(x): return (x + 1)/2


def test_dark_is_a_gain_and_a_curve():
    x0 = torch.tensor([1., 0., -.5, -1.], dtype=F64).view(1, 1, 1, 4).expand(200, 1, 1, 4)
    y = light(dark(x0, rng(), grain=0.))[:, 0, 0]
    gain, curve = y[:, 0], torch.log(y[:, 1]/y[:, 0])/math.log(.5)
    for got, lo, hi in ((gain, .12, .4), (curve, 1.2, 2.2)):
        assert got.min() >= lo - 1e-9 and got.max() <= hi + 1e-9 and got.max() - got.min() > .9*(hi - lo)
    close(y[:, 2], gain*.25**curve, 1e-12)
    close(y[:, 3], torch.zeros(200), 1e-12)


def test_dark_has_grain_that_light_does_not_hide():
    x0 = torch.zeros(8, 1, 64, 64, dtype=F64)
    clean, grainy = (light(dark(x0, rng(), (.8, .8), g)) for g in (0., .02))
    close((grainy - clean).std((1, 2, 3)), torch.full((8,), .02), .001)
    close((grainy - clean).mean((1, 2, 3)), torch.zeros(8), .0015)


@pytest.mark.parametrize('value', [-.4, 0., .3])
def test_noise_grows_with_the_root_of_the_light(value):
    r = noise(torch.full((4, 3, 64, 64), value, dtype=F64), rng(), (.1, .1), .12) - value
    close(r.std((1, 2, 3)), torch.full((4,), math.sqrt(.1**2 + .12**2*light(value))), .003)
    close(r.mean((1, 2, 3)), torch.zeros(4), .006)
    close((r[:, 0]*r[:, 1]).mean((1, 2)), torch.zeros(4), .002)


def test_noise_differs_in_strength():
    s = (noise(torch.zeros(100, 1, 32, 32), rng(), (.05, .25), 0.)).std((1, 2, 3))
    assert .04 < s.min() < .07 and .23 < s.max() < .26


def test_shadow_keeps_a_share_of_the_light_and_turns_it_blue():
    x0 = torch.full((300, 3, 48, 48), .6, dtype=F64)
    x_in = shadow(x0, rng())
    keep = light(x_in)/light(x0)
    assert keep.max() <= 1 + 1e-12 and keep.min() >= .25*.92 - 1e-9
    assert (keep[:, 0] <= keep[:, 1] + 1e-12).all() and (keep[:, 1] <= keep[:, 2] + 1e-12).all(), (
        'red goes first, blue stays'
    )
    deep, bright = keep.amin((2, 3)), keep.amax((2, 3))
    assert (deep < .75).all() and (bright > .9).float().mean() > .9, 'every image has shadow, and light beside it'
    inside = deep[:, 0]/.92
    close(deep[:, 2]/1.12, inside, .06)
    assert inside.median() < .5


def test_shadow_has_soft_edges_somewhere_in_the_image():
    keep = light(shadow(torch.zeros(64, 1, 64, 64, dtype=F64), rng()))*2
    step = torch.maximum((keep[..., 1:, :] - keep[..., :-1, :]).abs().amax((1, 2, 3)),
                         (keep[..., 1:] - keep[..., :-1]).abs().amax((1, 2, 3)))
    assert step.max() < .5 and step.min() > .01
    for v in (keep, keep.mT):
        middle = ((v < .8)*torch.arange(64)).sum((1, 2, 3))/(v < .8).sum((1, 2, 3))
        assert middle.min() < 22 and middle.max() > 42, 'left and right, up and down'


def test_shadow_is_one_round_patch():
    dim = (light(shadow(torch.zeros(64, 1, 64, 64, dtype=F64), rng()))*2 < .8).long()
    for v in (dim, dim.mT):
        edge = torch.nn.functional.pad(v, (1, 1)).diff(dim=-1)
        assert (edge == 1).sum(-1).max() == 1, 'no row or column meets it twice'
    assert .15 < dim.double().mean() < .5


def test_shadow_never_brightens():
    x0 = fake(6, 3, 24, 24)
    assert (shadow(x0, rng(), (.95, 1.)) <= x0 + 1e-12).all()


# ---------------------------------------------------------------- irregular holes

@given(seeds, st.floats(0, .9), st.integers(6, 60), st.integers(6, 60))
def test_strokes_cover_exactly_their_share(seed, share, h, w):
    x0 = fake(3, 3, h, w, seed=seed)*.4 + .5
    x_in = holes(x0, rng(seed), (share, share))
    hole = (x_in == 0).all(1)
    assert torch.equal(x_in, x0*~hole[:, None]), 'untouched outside, all channels alike, and the hole can be read off'
    assert (hole.sum((1, 2)) == int(share*h*w)).all()


def test_strokes_differ_in_their_share_and_lie_everywhere():
    hole = holes(torch.ones(300, 1, 40, 40), rng()) == 0
    share = hole.float().mean((1, 2, 3))
    assert .149 < share.min() < .17 and .38 < share.max() < .401 and .26 < share.mean() < .29
    assert .1 < hole.float().mean(0).min() and hole.float().mean(0).max() < .6
    assert torch.equal(holes(torch.ones(2, 1, 20, 20)*.7, rng(3), (.3, .3)) == 0,
                       holes(torch.ones(2, 1, 20, 20)*-.2, rng(3), (.3, .3)) == 0), 'the image does not matter'


def test_strokes_are_winding_lines_not_dust():
    hole = (holes(torch.ones(50, 1, 64, 64, dtype=F64), rng(), (.25, .25)) == 0).double()
    assert lag(hole, 2, 0).mean() > .4 and lag(hole, 0, 2).mean() > .4, 'connected'
    assert lag(hole, 0, 24).mean() < .15, 'but not far'
    edge = ((hole[..., 1:] != hole[..., :-1]).double().sum((1, 2, 3))
            + (hole.mT[..., 1:] != hole.mT[..., :-1]).double().sum((1, 2, 3)))/hole.sum((1, 2, 3))
    assert edge.mean() > .35, 'narrow: smooth blobs of that share have half the edges'
    few = holes(torch.ones(50, 1, 64, 64, dtype=F64), rng(), (.25, .25), bends=2)
    edges = (few[..., 1:] != few[..., :-1]).double().sum((1, 2, 3))/hole.sum((1, 2, 3))
    assert edges.mean() < .4*edge.mean(), 'fewer bends, fewer edges'


def test_strokes_are_as_wide_across_as_along_a_long_image():
    hole = (holes(torch.ones(50, 1, 40, 160, dtype=F64), rng(), (.25, .25)) == 0).double()
    close(lag(hole, 3, 0).mean(), lag(hole, 0, 3).mean(), .12)


# ---------------------------------------------------------------- colour and detail

@given(seeds)
def test_grey_is_the_luminance_three_times(seed):
    x0 = fake(2, 3, 7, 9, seed=seed)
    y = grey(x0)
    assert torch.equal(y[:, 0], y[:, 1]) and torch.equal(y[:, 0], y[:, 2])
    close(y[:, 0], .299*x0[:, 0] + .587*x0[:, 1] + .114*x0[:, 2], 1e-12)
    close(grey(y), y, 1e-12)


def test_grey_is_what_pillow_makes():
    from PIL import Image
    x = to_uint8(crops(1, 24, split='test', seed=3))[0]
    want = Image.fromarray(x.permute(1, 2, 0).numpy()).convert('L')
    got = (grey(x[None].double()/127.5 - 1)[0, 0] + 1)*127.5
    close(got, torch.tensor(list(want.tobytes()), dtype=F64).view(24, 24), .51)


def test_grey_needs_colours():
    with pytest.raises(ValueError, match='3 channels .* or 1, got 4'): grey(torch.zeros(1, 4, 8, 8))


@given(seeds, st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))
def test_small_keeps_means(seed, k, m, n):
    x0 = fake(2, 3, k*m, k*n, seed=seed)
    y = small(x0, k=k)
    close(y.mean((2, 3)), x0.mean((2, 3)), 1e-12)
    assert y.min() >= x0.min() and y.max() <= x0.max()


@given(seeds, st.integers(1, 9), st.integers(1, 30), st.integers(1, 30))
def test_small_of_any_size(seed, k, h, w):
    x0 = fake(1, 2, h, w, seed=seed)
    y = small(x0, k=k)
    assert y.shape == x0.shape
    more = torch.nn.functional.pad(x0, (0, 2*k, 0, 2*k), mode='replicate')
    if h > 2*k and w > 2*k:
        close(y[..., :h//k*k - k, :w//k*k - k], small(more, k=k)[..., :h//k*k - k, :w//k*k - k], 1e-12)


def test_small_pixels_are_means_of_blocks():
    x0 = fake(1, 1, 12, 12)
    y = small(x0, k=3)
    close(y[..., 1::3, 1::3], x0.view(1, 1, 4, 3, 4, 3).mean((3, 5)), 1e-12)
    flat = torch.full((1, 3, 11, 7), .3, dtype=F64)
    close(small(flat), flat, 1e-12)


@pytest.mark.parametrize('k', [0, -2, 2.5])
def test_small_wants_a_whole_number(k):
    with pytest.raises(ValueError, match=f'k must be a whole number from 1 on, got {k}'):
        degrade(torch.zeros(1, 1, 8, 8), 'small', k=k)


# ---------------------------------------------------------------- drops

def test_drops_are_round_and_a_little_taller_than_wide():
    q, across, down, cx, cy, r = _lenses(torch.zeros(200, 1, 120, 100, dtype=F64), 1, (.1, .2), rng())
    close(q, (across**2 + down**2).sqrt(), 1e-12)
    inside = (q < 1)[:, 0]
    h, w = inside.any(2).sum(1).double(), inside.any(1).sum(1).double()
    rows, columns = (inside[:, 0] | inside[:, -1]).any(1), (inside[:, :, 0] | inside[:, :, -1]).any(1)
    whole = (rows | columns).logical_not()
    radius = r[:, 0, 0, 0]
    close(w[whole], 2*radius[whole], 1.01)
    ratio = (h/w)[whole]
    assert ratio.min() > .95 and 1.1 < ratio.mean() < 1.2 and ratio.max() < 1.4
    assert radius.min() >= 10 and radius.max() <= 20 and radius.median() < 14, 'most are small'
    for c in (cx, cy): assert c.min() < .05 and c.max() > .95 and .4 < c[:, 0, 0, 0].mean() < .6
    rows = (inside.double()*torch.arange(120, dtype=F64).view(1, -1, 1)).sum((1, 2))/inside.sum((1, 2))
    close(rows[whole] + .5, 120*cy[whole, 0, 0, 0], .6)


def test_of_several_drops_the_nearest_counts():
    x = torch.zeros(2, 1, 30, 40, dtype=F64)
    q, *_, r = _lenses(x, 5, (.1, .3), rng(2))
    assert q.shape == (2, 1, 30, 40) and all(len(v.unique()) > 1 for v in r)
    more = (drops(x + .5, rng(2), 40) != x + .5).double().mean()
    assert more > (drops(x + .5, rng(2), 3) != x + .5).double().mean()


def behind(x, seed, number=1, radius=.2): return drops(x, rng(seed), number, (radius, radius))


@pytest.mark.parametrize('sideways', [True, False])
@given(seeds, st.sampled_from([(64, 64), (48, 72), (72, 48)]))
def test_the_scene_in_a_drop_stands_on_its_head(sideways, seed, size):
    n = size[sideways]
    p = ((torch.arange(n, dtype=F64) + .5)/n).view(*((1, n) if sideways else (n, 1))).expand(8, 1, *size)
    q, _, _, cx, cy, r = _lenses(p, 1, (.08, .08), rng(seed))
    black, white, seen = (behind(v, seed, radius=.08) for v in (torch.full_like(p, -1), torch.ones_like(p), 2*p - 1))
    c = cx if sideways else cy
    want = c - 1.5*(1 + q**2)*(p - c)
    plain = (q < 1 - 1.6/r) & ((want - .5).abs() < .5 - 4/min(size))
    close(((seen - black)/(white - black))[plain], want[plain], 1e-9)


def test_a_drop_has_a_dark_rim_a_highlight_at_the_upper_left_and_a_soft_edge():
    x0 = torch.zeros(40, 1, 90, 90, dtype=F64)
    y = behind(x0, 1)
    q, across, down, *_ = _lenses(x0, 1, (.2, .2), rng(1))
    assert torch.equal(y[q > 1], x0[q > 1]), 'outside nothing changes'
    assert y[(q > .85) & (q < .9)].max() < 0 and (y[(q > .85) & (q < .9)] > -.5).all()
    spot = y == y.amax((2, 3), keepdim=True)
    assert (y.amax((2, 3)) > .4).double().mean() > .7
    whole = (y.amax((2, 3)) > .55)[:, 0]
    assert (across[whole][spot[whole]] < -.2).all() and (down[whole][spot[whole]] < -.3).all()
    assert (y[..., 1:] - y[..., :-1]).abs().max() < .3 and y.abs().max() <= 1
    night = behind(torch.full_like(x0, -1), 1)
    assert night.min() == -1 and night.max() > -.1, ('the highlight is there at night too, the rim takes no more '
                                                     'than there is')


def test_drops_blur_and_hide():
    dust = (fake(1, 1, 96, 96) > 0).double()*2 - 1
    q = _lenses(dust, 1, (.3, .3), rng(4))[0]
    y = behind(dust, 4, radius=.3)
    assert y[q < .6].std() < .5*dust[q < .6].std()


def test_drops_grow_with_the_image_and_most_of_it_stays_clear():
    share = [(drops(torch.full((24, 1, s, s), .3), rng(4)) != .3).float().mean().item() for s in (32, 128)]
    assert all(.15 < v < .5 for v in share) and abs(share[0] - share[1]) < .05


# ---------------------------------------------------------------- known pixels stay

def clean_and_torn(seed, shape=(2, 3, 8, 9)):
    "A clean image, one with holes, and where the clean one is known"
    x0 = fake(*shape, seed=seed)
    x_in = holes(x0, rng(seed), (.3, .6))
    return x0, x_in, (x_in != 0).any(1, keepdim=True)


def of(kind):
    return dict(res=lambda *a: Prediction(res=fake_res(*a)), eps=lambda *a: Prediction(eps=fake_eps(*a)),
                both=lambda *a: Prediction(fake_res(*a), fake_eps(*a)))[kind]


kinds = pytest.mark.parametrize('kind', ['res', 'eps', 'both'])


@kinds
@given(seeds, power_schedules(20), st.floats(0, 1), st.integers(1, 6), st.sampled_from(['x0', None]))
def test_known_pixels_come_back_exactly(kind, seed, schedule, eta, steps, clip):
    x0, x_in, where = clean_and_torn(seed)
    if kind == 'eps': schedule = Schedule.from_fns(lambda x: .9*x, lambda x: x, 20, allow='open_end')
    kw = dict(schedule=schedule, steps=min(steps, schedule.T), eta=eta, clip=clip)
    got = sample(KnownPixels(of(kind)), x_in, generator=rng(seed), **kw)
    known = where.expand_as(x0)
    close(got[known], x0[known], 1e-6)
    bare = sample(of(kind), x_in, generator=rng(seed), **kw)
    assert (bare - x0)[known].abs().max() > 1e-2, 'left alone, the model changes them'
    assert (got - x0)[~known].abs().max() > 1e-2 or not (~known).any(), 'the holes are the model\'s'


@kinds
@given(seeds, st.lists(st.tuples(st.floats(.05, .95), st.floats(.05, 1.5)), min_size=1, max_size=6))
def test_known_pixels_come_back_along_any_path_from_any_start(kind, seed, path):
    x0, x_in, where = clean_and_torn(seed)
    got = sample(KnownPixels(of(kind)), x_in, path=[*path, (0, 0)], clip=None, x_T=randn(*x0.shape, seed=seed))
    close(torch.where(where, got, 0.), x_in, 1e-6)


@pytest.mark.parametrize('order', ['residual_first', 'noise_first'])
def test_known_pixels_come_back_in_two_legs(order):
    x0, x_in, where = clean_and_torn(3)
    for kind in ('res', 'both'):
        close(torch.where(where, sample(KnownPixels(of(kind)), x_in, order=order, steps=6, generator=rng()), 0.), x_in,
              1e-6)


def test_known_pixels_come_back_over_the_bridge():
    x0, x_in, where = clean_and_torn(3)
    got = sample(KnownPixels(of('res')), x_in, schedule=Schedule.bridge(20), steps=5, eta=1., posterior='bridge',
                 generator=rng())
    close(torch.where(where, got, 0.), x_in, 1e-6)


@kinds
@given(seeds, inner_points())
def test_the_rest_is_left_to_the_model_and_the_same_halves_come_back(kind, seed, at):
    x0, x_in, where = clean_and_torn(seed)
    x_t = randn(*x0.shape, seed=seed)
    bare, got = of(kind)(x_t, x_in, *at, 3), KnownPixels(of(kind))(x_t, x_in, *at, 3)
    assert isinstance(got, Prediction)
    for b, g in zip(bare, got):
        assert (b is None) == (g is None)
        if b is not None: assert torch.equal(torch.where(where, 0., b), torch.where(where, 0., g))
    close(torch.where(where, estimate(got, x_t, x_in, *at, None).x0, 0.), x_in, 1e-6*(1 + 1/(1 - at.abar)))
    if kind == 'both': close(torch.where(where, x0_from(x_t, *got, *at), 0.), x_in, 1e-9)


@given(seeds, inner_points())
def test_a_model_that_is_right_is_left_alone(seed, at):
    x0, x_in, where = clean_and_torn(seed)
    eps = randn(*x0.shape, seed=seed)
    x_t = x0 + at.abar*(x_in - x0) + at.bbar*eps
    for true in (Prediction(res=x_in - x0), Prediction(eps=eps), Prediction(x_in - x0, eps)):
        for want, got in zip(true, KnownPixels(constant(*true))(x_t, x_in, *at)):
            assert want is got or (want - got).abs().max() < 1e-8


def test_a_perfect_run_is_the_same_with_and_without():
    x0, x_in, _ = clean_and_torn(5)
    a, b = (sample(m, x_in, eta=1., steps=7, clip=None, generator=rng(1))
            for m in (oracle(x0, x_in), KnownPixels(oracle(x0, x_in))))
    close(a, b, 1e-9)


def test_what_is_known_may_be_told():
    x0, x_in, _ = trio(2)
    where = torch.rand(2, 1, 4, 4, generator=rng()) < .5
    got = sample(KnownPixels(of('both'), x0, where), x_in, clip=None, generator=rng())
    close(torch.where(where, got, 0.), torch.where(where, x0, 0.), 1e-9)
    each = torch.rand(2, 3, 4, 4, generator=rng()) < .5
    got = sample(KnownPixels(of('res'), x0, each), x_in, clip=None, generator=rng())
    close(got[each], x0[each], 1e-9)
    assert (got - x0)[~each].abs().max() > .01
    close(sample(KnownPixels(of('res'), x0, torch.ones(2, 1, 4, 4, dtype=torch.bool)), x_in, generator=rng()), x0, 1e-9)


def test_a_hole_is_grey_in_all_channels():
    x_in = torch.tensor([0., .5, 0.], dtype=F64).view(1, 3, 1, 1)
    close(KnownPixels(constant(torch.ones_like(x_in), None))(x_in, x_in, .5, .5).res, torch.zeros_like(x_in), 0)
    close(KnownPixels(constant(torch.ones_like(x_in), None))(x_in, 0*x_in, .5, .5).res, torch.ones_like(x_in), 0)


def test_coefficients_may_differ_between_images_and_vanish():
    x0, x_in, where = clean_and_torn(1)
    b, a, eps = (
        torch.tensor([0.0, 0.7], dtype=F64).view(2, 1, 1, 1),
        torch.tensor([0.3, 0.8], dtype=F64).view(2, 1, 1, 1),
        randn(*x0.shape),
    )
    got = KnownPixels(of('both'))(x0 + a*(x_in - x0) + b*eps, x_in, a, b, None)
    close(torch.where(where, got.eps, 0.), torch.where(where, eps*(b > 0), 0.), 1e-9)
    assert all(v.isfinite().all() for v in got)


@pytest.mark.parametrize('task', ['mask', 'holes'])
def test_a_hole_is_a_hole_from_a_file_too(task):
    x_in = degrade(crops(2), task, rng())
    for v in (x_in, from_uint8(to_uint8(x_in))):
        got = KnownPixels(constant(torch.full_like(v, 3.), None))(v, v, .5, .5).res
        assert torch.equal(got == 3, (x_in == 0).all(1, keepdim=True).expand_as(x_in))


def test_the_clean_image_is_one():
    with pytest.raises(TypeError, match='x0 has dtype torch.uint8; convert with rddm_nb.images.from_uint8'):
        KnownPixels(of('both'), torch.zeros(1, 3, 4, 4, dtype=torch.uint8))


def test_images_may_lie_in_memory_in_any_order():
    x0 = crops(2).double()
    for task in TASKS:
        a, b = (degrade(x, task, rng()) for x in (x0, x0.contiguous(memory_format=torch.channels_last)))
        close(a, b, 1e-12)


def test_single_precision_is_precise_enough():
    x0 = crops(3, split='test')
    x_in = mask(x0, rng())
    got = sample(KnownPixels(of('both')), x_in, schedule=Schedule.circle(), steps=20, eta=1., generator=rng())
    assert got.dtype == torch.float32
    close(torch.where(x_in != 0, got, 0.), x_in, 1e-6)


def test_keeping_hands_on_what_a_sampler_asks_of_a_network():
    net = Net(schedule=Schedule.line(50)).double().train()
    model = KnownPixels(net)
    assert model.schedule is net.schedule and KnownPixels(of('res')).schedule is None
    assert len(list(model.parameters())) == len(list(net.parameters()))
    x0, x_in, _ = clean_and_torn(2)
    assert sample(model, x_in, steps=2).dtype == F64
    assert [(train, t) for train, _, t in net.seen] == [(False, 50), (False, 25)] and net.training
    told = KnownPixels(of('res'), x0, x0 > 0)
    assert told.float().x0.dtype == torch.float32 and not told.state_dict()


def test_keeping_says_what_is_wrong():
    with pytest.raises(TypeError, match='True where the image is known, got torch.float32: use where > .5'):
        KnownPixels(of('res'), where=torch.ones(1, 1, 4, 4))
    with pytest.raises(TypeError, match='a bare tensor'):
        sample(KnownPixels(lambda *a: a[0]), torch.full((1, 3, 4, 4), .5))


@pytest.mark.parametrize('amount', [math.nan, math.inf, -1, -.1])
def test_an_amount_that_is_none_is_refused(amount):
    with pytest.raises(ValueError, match='amount must be a number from 0 on, got'):
        degrade(fake(1, 3, 8, 8), 'rain', amount=amount)


@pytest.mark.parametrize(('task', 'options', 'said'), [
    ('blur', dict(width=(0, 0)), r'width must be two numbers \(low, high\) with 0.01 <= low <= high, got \(0, 0\)'),
    ('blur', dict(across=(0, 1)), r'across must be two numbers .* with 0.01 <= low <= high, got \(0, 1\)'),
    ('drops', dict(radius=(0, 0)), r'radius must be two numbers .* with 0.01 <= low <= high, got \(0, 0\)'),
    ('mask', dict(side=.3), r'side must be two numbers \(low, high\) with 0 <= low <= high, got 0.3'),
    ('holes', dict(share=(-1, 0)), r'share must be two numbers .*, got \(-1, 0\)'),
    ('dark', dict(gain=(.4, .1)), r'gain must be two numbers .*, got \(0.4, 0.1\)'),
    ('noise', dict(std=(.1, math.nan)), r'std must be two numbers .*, got \(0.1, nan\)'),
    ('noise', dict(std=(.1, math.inf)), r'std must be two numbers .*, got \(0.1, inf\)'),
    ('shadow', dict(left=(.1, .2, .3)), r'left must be two numbers .*, got \(0.1, 0.2, 0.3\)'),
    ('shadow', dict(left='ab'), r"left must be two numbers .*, got 'ab'"),
    ('mask', dict(holes=2.5), r'holes must be a whole number from 0 on, got 2.5'),
    ('holes', dict(bends=0), r'bends must be a whole number from 1 on, got 0'),
    ('drops', dict(number=None), r'number must be a whole number from 0 on, got None'),
    ('rain', dict(amount='much'), r"amount must be a number from 0 on, got 'much'"),
    ('rain', dict(amount=(.1, .2)), r'amount must be a number from 0 on, got \(0.1, 0.2\)')])
def test_an_option_of_another_kind_is_refused_by_name(task, options, said):
    with pytest.raises(ValueError, match=said): degrade(fake(1, 3, 8, 8), task, rng(), **options)


def test_an_option_or_a_generator_that_there_is_not():
    x = fake(1, 3, 8, 8)
    with pytest.raises(TypeError, match="task 'mask' has no option 'amount'; its options: holes, side"):
        degrade(x, 'mask', amount=.3)
    with pytest.raises(TypeError, match="task 'grey' has no option 'generators'; its options: none"):
        degrade(x, 'grey', generators=3)
    for wrong in (0, [rng()]):
        with pytest.raises(TypeError, match=r'generator must be a torch.Generator, .* or None, got'):
            degrade(x, 'rain', wrong)


@pytest.mark.parametrize(('task', 'options'), [
    ('rain', dict(amount=0, scale=None)), ('rain', dict(amount=torch.tensor(.2), scale=1)), ('mask', dict(holes=2.)),
    ('mask', dict(side=[.1, .1])), ('blur', dict(width=(.01, .01), across=(.01, .01))), ('holes', dict(share=(0, 1))),
    ('drops', dict(radius=(.01, .01))), ('noise', dict(std=(0, 0), shot=0)), ('small', dict(k=1))])
def test_the_least_that_an_option_may_be_gives_an_image(task, options):
    assert degrade(fake(2, 3, 12, 12), task, rng(), **options).isfinite().all()


def test_options_of_an_own_task_are_its_own_affair(monkeypatch):
    monkeypatch.setitem(TASKS, 'own', lambda x0, generator, how='mean', to=1., more=[]: x0*to if how == 'sum' else x0)
    x = fake(1, 3, 4, 4)
    assert torch.equal(degrade(x, 'own', how='sum', to=.5, more=3), .5*x)
    with pytest.raises(ValueError, match='to must be a number from 0 on, got -1'): degrade(x, 'own', to=-1)


def test_known_pixels_are_of_the_size_of_the_images():
    x, model = fake(2, 3, 4, 4), lambda x_t, *a: Prediction(x_t, x_t)
    for name, v in dict(x0=x, where=x > 0).items():
        with pytest.raises(TypeError, match=f'{name} must be a tensor, such as .*, got ndarray'):
            KnownPixels(model, **{name: v.numpy()})
        with pytest.raises(ValueError, match=rf'{name} has shape \(2, 3, 2, 2\), but x_in has \(2, 3, 4, 4\)'):
            KnownPixels(model, **{name: v[..., :2, :2]})(x, x, .5, .5)
        assert KnownPixels(model, **{name: v[:1]})(x, x, .5, .5).res.shape == x.shape
    with pytest.raises(TypeError, match="model must be a predictor, a callable .* got 'rain'"): KnownPixels('rain')


@pytest.mark.parametrize('seed', [None, 1.5, '3'])
def test_a_seed_of_crops_is_a_whole_number_or_a_generator(seed):
    with pytest.raises(TypeError, match=f'seed must be a whole number, got {seed!r}'): crops(1, 8, seed=seed)


@tasks
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_degraded_in_single(task, dtype):
    x = torch.zeros(2, 3, 256, 256, dtype=dtype)
    got = degrade(x, task, torch.Generator().manual_seed(3))
    want = degrade(x.float(), task, torch.Generator().manual_seed(3))
    assert got.dtype == dtype and torch.equal(got, want.to(dtype)) and got.isfinite().all()


def test_known_pixels_without_an_input_are_those_of_an_empty_one():
    x_t = fake(2, 3, 4, 4)
    net = KnownPixels(constant(x_t, x_t), x_t/2, torch.ones(1, 1, 4, 4) > 0)
    assert torch.equal(net(x_t, None, .3, .5).res, -x_t/2)


@pytest.mark.parametrize('name', ['abar', 'bbar'])
def test_known_pixels_are_not_put_where_the_width_says(name):
    x, at = fake(4, 3, 4, 4), dict(abar=.3, bbar=.5)
    net = KnownPixels(constant(x, x), x/2, torch.ones(1, 1, 4, 4) > 0)
    with pytest.raises(ValueError, match=rf"{name} has shape \(4,\).* has shape \(4, 1, 1, 1\)"):
        net(x, x, **at | {name: torch.rand(4)})


@pytest.mark.parametrize('dtype', [torch.float64, torch.float16])
def test_what_is_known_may_be_told_in_another_precision(dtype):
    x0, x_in, where = (v if v.dtype == torch.bool else v.float() for v in clean_and_torn(1))
    known = where.expand_as(x0)
    got = sample(KnownPixels(of('res'), x0.to(dtype), where), x_in, steps=3, generator=rng())
    assert got.dtype == torch.float32
    close(got[known], x0.to(dtype).float()[known], 1e-6)
