"""Pairs are matched by a rule, looked at before training, and handed out as a function of seed and step."""
import json
import math
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path
import numpy as np
import pytest
import torch
from common import SLASH, close, error, needs_data
from hypothesis import given, strategies as st
from PIL import Image
from places import DATA
from rddm_nb.data import (PAIRINGS, _DataReport, ImagePairs, Pair, PairSource, _progress, _read_file_list, match,
                          pairs_from_layout)
from rddm_nb.imagefile import read_image
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import TrainConfig, Trainer, make_accelerator
from rddm_nb.unet import UNet


def image(value, h=8, w=8):
    "An image whose every pixel tells which image and which place it is: value, row, column"
    x = torch.zeros(3, h, w, dtype=torch.uint8)
    x[0], x[1], x[2] = value, torch.arange(h)[:, None], torch.arange(w)
    return x


def save(path, x=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((image(1) if x is None else x).permute(1, 2, 0).numpy()).save(path)
    return path


def images(n=6, h=8, w=8, cond=False, partners=True):
    "Pairs in memory: x_in is 100 + i, x0 is i, cond 200 + i"
    return ImagePairs(list(range(n)), lambda i: (image(100 + i, h, w), image(i, h, w),
                                                 image(200 + i, h, w) if cond else None), lambda i: f'no. {i}',
                      partners=partners)


def values(x, channel=0): return ((x[:, channel] + 1)*127.5).round().long()


def test_pairs_are_matched_by_name_whatever_the_ending_and_order(tmp_path):
    names = ['b', 'a', 'c10', 'c9', *'hgfedz',
             *(f'n{i}' for i in range(20))]  # so many that no set holds them in order by luck
    for n in names: save(tmp_path/f'in/{n}.png'), save(tmp_path/f'gt/{n}.webp')
    (tmp_path/'in/notes.txt').write_text('not an image')
    pairs = match(tmp_path/'in', tmp_path/'gt')
    assert [(p.x_in.stem, p.x0.stem) for p in pairs] == [(n, n) for n in sorted(names)] and pairs[0].cond is None
    assert match([tmp_path/'in/b.png', tmp_path/'in/a.png'], [tmp_path/'gt/a.webp', tmp_path/'gt/b.webp']) == pairs[:2]


def test_what_has_no_partner_is_listed(tmp_path):
    for n in range(9): save(tmp_path/f'in/{n}.png')
    save(tmp_path/'gt/0.png'), save(tmp_path/'gt/x.png')
    with pytest.raises(ValueError, match=r'9 images have no partner: .*1\.png, .*5\.png \.\.\.'):
        match(tmp_path/'in', tmp_path/'gt')
    with pytest.raises(FileNotFoundError, match='there is no folder'): match(tmp_path/'in', tmp_path/'nowhere')
    (tmp_path/'empty').mkdir()
    with pytest.raises(ValueError, match='holds no images'): match(tmp_path/'in', tmp_path/'empty')
    save(tmp_path/'in/0.jpg')
    with pytest.raises(ValueError, match="several images are called '0' \\(.*0.jpg, .*0.png\\)"):
        match(tmp_path/'in', tmp_path/'gt')


def names(pairs): return [tuple(None if p is None else p.name for p in pair) for pair in pairs]


def test_names_are_compared_in_one_unicode_form(tmp_path):
    for folder, form in (('in', 'NFC'), ('gt', 'NFD')): save(tmp_path/folder/unicodedata.normalize(form, 'é.png'))
    assert len(match(tmp_path/'in', tmp_path/'gt')) == 1 == len(match(tmp_path/'gt', tmp_path/'in', tmp_path/'in'))


def test_hidden_files_have_no_partner_and_need_none(tmp_path):
    for folder in ('in', 'gt'): save(tmp_path/folder/'a.png')
    for stray in ('._a.png', '.DS_Store', 'Thumbs.db', '.b.png'): (tmp_path/'in'/stray).write_bytes(b'\0')
    assert names(match(tmp_path/'in', tmp_path/'gt')) == [('a.png', 'a.png', None)]
    assert ImagePairs.from_clean(tmp_path/'in').items == [tmp_path/'in/a.png']


def test_names_that_differ_by_a_word():
    a, b, c = ['2_rain.png', '1_rain.png', 'rain.png'], ['clean.png', '1_clean.jpg', '2_clean.png'], ['1.png', '2.png',
        'mask.png']
    got = match(a[:2], b[1:], c[:2], pairing='pattern', pattern='_(rain|clean)')
    assert names(got) == [('1_rain.png', '1_clean.jpg', '1.png'), ('2_rain.png', '2_clean.png', '2.png')]
    with pytest.raises(ValueError, match="'pattern', with a regular expression"): match(a, b)
    with pytest.raises(ValueError, match='2 images have no partner: rain.png, clean.png'):  # a name is never emptied
        match(a, b, pairing='pattern', pattern='_?(rain|clean)')
    with pytest.raises(ValueError, match="several images are called 'x'.*1x.png, 2x.png"):
        match(['1x.png', '2x.png'], ['x.png'], pairing='pattern', pattern='[0-9]')


def test_many_inputs_for_one_target():
    inputs = ['1.png', '1_a.png', '1-2.png', '12_a.png', 'a_b_1.png', 'a_1.png']
    got = match(inputs, ['a_b.png', 'a.png', '1.png', '12.png'], pairing='prefix')
    assert sorted(names(got)) == [('1-2.png', '1.png', None), ('1.png', '1.png', None), ('12_a.png', '12.png', None),
                                  ('1_a.png', '1.png', None), ('a_1.png', 'a.png', None),
                                  ('a_b_1.png', 'a_b.png', None)]
    assert names(match(['1_a.png', '1_b.png'], ['1.png'], ['1_b.png', '1_a.png'], pairing='prefix')) == [
        ('1_a.png', '1.png', '1_a.png'), ('1_b.png', '1.png', '1_b.png')]
    assert names(match(['1_a.png', '1_b.png'], ['1.png'], ['1.png'], pairing='prefix')) == [
        ('1_a.png', '1.png', '1.png'), ('1_b.png', '1.png', '1.png')]
    assert names(match(['rain_1_2.png'], ['gt_1.png'], pairing='prefix', pattern='^(rain|gt)_')) == [('rain_1_2.png',
        'gt_1.png', None)]
    with pytest.raises(ValueError, match='2 images have no partner: 12.png, 2.png'):
        match(['1_a.png', '12.png'], ['1.png', '2.png'], pairing='prefix')
    with pytest.raises(ValueError, match="several images are called '1'"):
        match(['1_a.png'], ['1.png', '1.jpg'], pairing='prefix')
    with pytest.raises(ValueError, match="pairing='prefix' takes several inputs"):
        match(['1.jpg', '1.png'], ['1.png'])


def test_pairs_by_position(tmp_path):
    dogs, cats = ['d2.png', 'd1.png', 'd3.png'], ['c1.png', 'c3.png', 'c2.png']
    assert names(match(dogs, cats, cats, pairing='position')) == [
        ('d2.png', 'c1.png', 'c1.png'),
        ('d1.png', 'c3.png', 'c3.png'),
        ('d3.png', 'c2.png', 'c2.png'),
    ]
    for f in dogs: save(tmp_path/'dog'/f)
    assert names(match(tmp_path / 'dog', cats, pairing='position')) == [
        ('d1.png', 'c1.png', None),
        ('d2.png', 'c3.png', None),
        ('d3.png', 'c2.png', None),
    ]
    with pytest.raises(ValueError, match="one length, got 3 and 2; training draws partners from lists of any"):
        match(dogs, cats[:2], pairing='position')


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 50))
def test_unpaired_lists_are_drawn_and_nobody_is_left_out(n, m, seed):
    a, b = [f'a{i}.png' for i in range(n)], [f'b{i}.png' for i in range(m)]
    got = match(a, b, pairing='unpaired', seed=seed)
    assert got == match(a, b, pairing='unpaired', seed=seed) and len(got) == max(n, m)
    for files, used in ((a, [p.x_in.name for p in got]), (b, [p.x0.name for p in got])):
        counts = [used.count(f) for f in files]
        assert set(used) == set(files) and max(counts) - min(counts) <= 1


def test_draws_depend_on_the_seed_and_take_no_condition():
    a = [f'{i}.png' for i in range(12)]
    drawn = [tuple(p.x0.name for p in sorted(match(a, a, pairing='unpaired', seed=s))) for s in range(5)]
    assert len(set(drawn)) == 5
    with pytest.raises(ValueError, match='no condition'): match(a, a, a, pairing='unpaired')


@pytest.mark.parametrize('options, said', [
    (dict(pairing='order'), f"pairing must be one of {', '.join(PAIRINGS)}, got 'order'"),
    (dict(pairing='pattern'), "pairing='pattern' needs a pattern"),
    (dict(pattern='x'), "pairing='name' takes no pattern, got 'x'"),
    (dict(pairing='pattern', pattern='('), r"pattern '\(' is no regular expression"),
    (dict(pairing='unpaired', pattern='x'), 'takes no pattern')])
def test_rules_that_make_no_sense(options, said):
    with pytest.raises(ValueError, match=said): match(['a.png'], ['a.png'], **options)


@pytest.mark.parametrize('pairing', PAIRINGS)
def test_nothing_pairs_with_nothing(pairing):
    with pytest.raises(ValueError, match='a list of files is empty'):
        match([], ['a.png'], pairing=pairing, pattern='x' if pairing == 'pattern' else '')


def test_lists_of_files(tmp_path):
    save(tmp_path/'a.png')
    (tmp_path/'l.flist').write_text(f'a.png\n\n{tmp_path}/a.png\n')
    assert _read_file_list(tmp_path/'l.flist') == [tmp_path/'a.png']*2
    (tmp_path/'l.flist').write_text('a.png\nb.png\n')
    with pytest.raises(FileNotFoundError, match=r'names 1 files that are not there: .*b\.png'):
        _read_file_list(tmp_path/'l.flist')


def test_a_line_that_names_a_file_is_no_comment(tmp_path):
    for f in ('#1.png', ' b.png', 'c.png', '#c.png'): save(tmp_path/f)
    (tmp_path/'l.flist').write_text('#1.png\n b.png\n #2.png\n c.png \n #c.png\n#\n', encoding='utf-8')
    assert [f.name for f in _read_file_list(tmp_path/'l.flist')] == ['#1.png', ' b.png', 'c.png', '#c.png']


def test_lists_of_files_as_other_programs_write_them(tmp_path):
    for f in ('a.png', 'b c.png', unicodedata.normalize('NFD', 'é.png')): save(tmp_path/f)
    (tmp_path/'l.flist').write_bytes('\ufeff# our list\r\na.png\r\n\r\n  b c.png \r\né.png'.encode())
    assert [same.name for same in _read_file_list(tmp_path/'l.flist')] == ['a.png', 'b c.png',
        unicodedata.normalize('NFD', 'é.png')]
    for text, kind, said in ((b'# nothing\n', ValueError, 'names no files'),
                             (b'\xff\xfe\x00', ValueError, 'is no list of files: not UTF-8 text'),
                             (b'x'*5000, FileNotFoundError, 'names 1 files that are not there')):
        (tmp_path/'l.flist').write_bytes(text)
        with pytest.raises(kind, match=said): _read_file_list(tmp_path/'l.flist')
    with pytest.raises(FileNotFoundError): _read_file_list(tmp_path/'none.flist')


@pytest.mark.parametrize('name, split, files', [
    ('istd', 'train', ['train/train_A/1-1.png', 'train/train_C/1-1.png', 'train/train_B/1-1.png']),
    ('istd', 'test', ['test/test_A/1.png', 'test/test_C/1.png', 'test/test_B/1.png']),
    ('lol', 'train', ['our485/low/2.png', 'our485/high/2.png']),
    ('lol', 'test', ['eval15/low/1.png', 'eval15/high/1.png']),
    ('raindrop', 'train', ['train/data/0_rain.png', 'train/gt/0_clean.png']),
    ('raindrop', 'test', ['test_a/data/0_rain.png', 'test_a/gt/0_clean.png']),
    ('rain100', 'train', ['train/rain/norain-1.png', 'train/norain/norain-1.png']),
    ('rain100', 'test', ['test/input/1.png', 'test/target/1.png']),
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


def test_scenes_that_are_not_the_same_are_no_pairs(tmp_path):
    for f in ('S1/blur', 'S3/blur', 'S1/sharp', 'S2/sharp'): save(tmp_path/f'train/{f}/0001.png')
    with pytest.raises(ValueError, match=r'2 folders lack one of blur, sharp: .*S2, .*S3'):
        pairs_from_layout(tmp_path, 'train')


def test_training_images_are_never_served_as_test_images(tmp_path):
    a, b = save(tmp_path/'rain/rain-1.png'), save(tmp_path/'norain/norain-1.png')
    for split in ('train', 'all'): assert pairs_from_layout(tmp_path, split) == ('rain100', [Pair(a, b)])
    for split in ('test', 'valid'):
        with pytest.raises(ValueError, match=rf"no '{split}' split.*counts as 'train'.*{split}/rain, {split}/norain"):
            pairs_from_layout(tmp_path, split)
    with pytest.raises(ValueError, match="has no 'test' split"): pairs_from_layout(tmp_path, 'test', 'rain100')
    x, y = save(tmp_path/'test/rain/rain-2.png'), save(tmp_path/'test/norain/norain-2.png')
    assert pairs_from_layout(tmp_path, 'test')[1] == [Pair(x, y)]


@pytest.mark.parametrize('files', [['our485/low/2.png', 'our485/high/2.png'],
                                   ['train/data/0_rain.png', 'train/gt/0_clean.png'],
                                   ['train/train_A/1.png', 'train/train_C/1.png', 'train/train_B/1.png']])
def test_a_missing_test_folder_is_missing(tmp_path, files):
    for f in files: save(tmp_path/f)
    assert len(pairs_from_layout(tmp_path, 'train')[1]) == 1
    with pytest.raises(ValueError, match="known layouts.*for split 'test', but has train: name the folders"):
        pairs_from_layout(tmp_path, 'test')
    with pytest.raises(FileNotFoundError, match='there is no folder'): pairs_from_layout(tmp_path/'nowhere')


@needs_data
@pytest.mark.parametrize('folder, split, name, n',
                         [('rain100l', 'train', 'rain100', 200), ('rain100l', 'test', 'rain100', 15),
                          ('lol', 'train', 'lol', 130), ('lol', 'test', 'lol', 8)])
def test_real_data_sets(folder, split, name, n):
    found, pairs = pairs_from_layout(DATA/folder, split)
    assert (found, len(pairs)) == (name, n)
    r = ImagePairs.from_pairs(pairs[:8]).check()
    assert r.fine and r.same == 0 and r.pairs == 8


@needs_data
def test_a_real_set_with_masks_trains():
    pairs = match(DATA/'shadow/train/shadow', DATA/'shadow/train/free', DATA/'shadow/train/mask')
    b = PairSource(ImagePairs.from_pairs(pairs[:6]), 32).batch(4, 0)
    assert b.cond.shape == b.x0.shape == (4, 3, 32, 32) and (b.x_in - b.x0).abs().max() > .05


def test_images_of_any_kind_become_colours(tmp_path):
    grey = Image.new('L', (3, 2), 7)
    grey.save(tmp_path/'g.png')
    assert read_image(tmp_path/'g.png').tolist() == torch.full((3, 2, 3), 7).tolist()
    assert read_image(grey).shape == (3, 2, 3)
    assert torch.equal(read_image(save(tmp_path/'a.png', image(9, 4, 5))), image(9, 4, 5))
    Image.new('RGBA', (2, 2), (1, 2, 3, 0)).save(tmp_path/'t.png')
    assert read_image(tmp_path/'t.png')[:, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize('data', [b'', b'GIF87a', b'\x89PNG\r\n\x1a\n' + b'x'*20])
def test_broken_images_are_named(tmp_path, data):
    (tmp_path/'b.png').write_bytes(data)
    with pytest.raises(ValueError, match=r'b\.png cannot be read as an image'): read_image(tmp_path/'b.png')


def test_the_report_finds_everything_at_once(tmp_path):
    for n in range(5): save(tmp_path/f'in/{n}.png', image(n)), save(tmp_path/f'gt/{n}.png', image(n + 1))
    save(tmp_path/'gt/1.png', image(1, 8, 6)), save(tmp_path/'gt/2.png', image(2))
    whole = (tmp_path/'in/3.png').read_bytes()
    (tmp_path/'in/3.png').write_bytes(whole[:len(whole)//2])
    r = ImagePairs.from_pairs(match(tmp_path/'in', tmp_path/'gt')).check()
    assert (r.pairs, r.sizes, r.same, r.fine) == (5, Counter({(8, 8): 3}), 1, False)
    assert [Path(n).name for n, _ in r.unreadable] == ['3.png']
    assert [(Path(n).name, s) for n, s in r.unequal] == [('1.png', [(8, 8), (8, 6)])]
    for part in ('5 pairs: 3 of 8x8', 'cannot be used: ', '3.png', 'sizes differ: ', '(8x8, 6x8)',
                 '1 pairs hold the same image twice'):
        assert part in str(r)


def test_a_table_of_the_datasets_library(tmp_path):
    datasets = pytest.importorskip('datasets')
    rows = {'low': [str(save(tmp_path/f'l{i}.png', image(i))) for i in range(3)],
            'high': [str(save(tmp_path/f'h{i}.png', image(10 + i))) for i in range(3)]}
    table = datasets.Dataset.from_dict(rows).cast_column('low', datasets.Image()).cast_column('high', datasets.Image())
    p = ImagePairs.from_table(table, 'low', 'high')
    assert len(p) == 3 and torch.equal(p[2][0], image(2)) and torch.equal(p[2][1], image(12)) and p[2][2] is None
    assert p.name(2) == 'row 2'
    assert torch.equal(ImagePairs.from_table(table, 'low', 'high', 'high')[1][2], image(11))
    table.to_parquet(tmp_path/'t.parquet')
    again = datasets.load_dataset('parquet', data_files=str(tmp_path/'t.parquet'), split='train',
                                  cache_dir=str(tmp_path/'cache'))
    assert torch.equal(ImagePairs.from_table(again, 'low', 'high')[2][1], image(12))
    with pytest.raises(ValueError, match="no column 'input'; it has low, high"): ImagePairs.from_table(table)


def table_of(columns, **features):
    datasets = pytest.importorskip('datasets')
    return datasets.Dataset.from_dict(
        columns, features=datasets.Features({k: features.get(k, datasets.Image()) for k in columns})
    )


def pil(v, mode='RGB'): return Image.fromarray(image(v).permute(1, 2, 0).numpy()).convert(mode)


def test_rows_without_image_and_bad_rows_are_listed(tmp_path):
    (tmp_path/'bad.png').write_bytes(b'no image')
    t = table_of(dict(input=[pil(0), None, pil(2), str(tmp_path/'bad.png'), str(tmp_path/'gone.png')],
                      target=[pil(10), pil(11), None, pil(13), pil(14)]))
    r = ImagePairs.from_table(t).check()
    assert [n for n, _ in r.unreadable] == ['row 1', 'row 2', 'row 3', 'row 4'] and r.sizes == Counter({(8, 8): 1})
    why = [w for _, w in r.unreadable]
    assert why[:2] == ["row 1, column 'input' holds no image", "row 2, column 'target' holds no image"]
    assert "row 3, column 'input': " in why[2] and 'cannot be read as an image' in why[2] and 'gone.png' in why[3]


@pytest.mark.parametrize('form', [None, 'torch', 'numpy', 'arrow', 'undecoded', 'custom'])
def test_tables_in_every_format_hold_the_same_images(form):
    t = table_of(dict(input=[pil(i) for i in range(3)], target=[pil(10 + i) for i in range(3)], other=[pil(9)]*3))
    if form == 'undecoded':
        import datasets
        for c in ('input', 'target'): t = t.cast_column(c, datasets.Image(decode=False))
    elif form == 'custom': t = t.with_transform(lambda rows: {k: [np.asarray(v) for v in vs] for k, vs in rows.items()})
    elif form: t = t.with_format(form)
    p = ImagePairs.from_table(t, cond='other')
    assert torch.equal(p[2][0], image(2)) and torch.equal(p[1][1], image(11)) and torch.equal(p[0][2], image(9))
    assert p.check().fine


def test_a_table_with_a_transform_is_asked_once_per_pair():
    t, asked = table_of(dict(input=[pil(1)], target=[pil(2)])), []
    p = ImagePairs.from_table(t.with_transform(lambda rows: (asked.append(1), rows)[1]))
    asked.clear()
    p[0]
    assert asked == [1] and p.version(0) is None and ImagePairs.from_table(t).version(0) is not None


def test_tables_keep_depth_orientation_and_grey():
    exif = Image.Exif()
    exif[0x112] = 6
    deep = Image.fromarray(np.full((4, 6), 40000, np.uint16))
    import io
    data = io.BytesIO()
    Image.new('RGB', (6, 4), (9, 9, 9)).save(data, 'PNG', exif=exif)
    p = ImagePairs.from_table(table_of(dict(input=[deep], target=[dict(bytes=data.getvalue(), path=None)])), channels=1)
    assert p[0][0].shape == (1, 4, 6) and (p[0][0] == 156).all() and p[0][1].shape == (1, 6, 4) and (p[0][1] == 9).all()


def test_arrays_in_tables():
    datasets = pytest.importorskip('datasets')
    a = image(5).permute(1, 2, 0).numpy()
    t = table_of(dict(input=[a.tolist()], target=[a.tolist()]), input=datasets.Array3D((8, 8, 3), 'uint8'),
                 target=datasets.Array3D((8, 8, 3), 'uint8'))
    assert torch.equal(ImagePairs.from_table(t)[0][0], image(5))


def test_tables_that_have_no_rows_are_refused_by_name():
    import datasets
    t = table_of(dict(input=[pil(1)], target=[pil(2)]))
    with pytest.raises(ValueError, match='IterableDataset has no numbered rows: load the table without streaming=True'):
        ImagePairs.from_table(t.to_iterable_dataset())
    with pytest.raises(ValueError, match='take one of the splits train, test'):
        ImagePairs.from_table(datasets.DatasetDict(train=t, test=t))
    with pytest.raises(ValueError, match='a str has no numbered rows'): ImagePairs.from_table('imagefolder')


@pytest.mark.parametrize('task', [None, 'rain', 'hole', 'generate', 'dark'])
def test_grey_images_stay_grey(tmp_path, task):
    for n in range(3):
        for folder in ('in', 'gt'): save(tmp_path/f'{folder}/{n}.png', image(n + 40))
    p = (
        ImagePairs.from_clean(tmp_path / 'gt', channels=1)
        if task
        else ImagePairs.from_pairs(match(tmp_path / 'in', tmp_path / 'gt'), channels=1)
    )
    b = PairSource(p, 8, task).batch(2, 0)
    assert b.x0.shape == b.x_in.shape == (2, 1, 8, 8) and p.resized(4)[0][1].shape == (1, 4, 4)
    assert torch.equal(p[0][1], read_image(tmp_path/'gt/0.png', 1))


@pytest.mark.parametrize('value', [np.nan, 2.])
def test_float_images_that_would_spoil_training_are_refused(tmp_path, value):
    for folder in ('in', 'gt'): save(tmp_path/folder/'a.png')
    (tmp_path/'in/a.png').unlink()
    Image.fromarray(np.full((8, 8), value, np.float32)).save(tmp_path/'in/a.tif')
    p = ImagePairs.from_pairs(match(tmp_path/'in', tmp_path/'gt'))
    assert 'float' in p.check().unreadable[0][1]
    with pytest.raises(ValueError, match=r'a\.tif cannot be read as an image: its float values'):
        PairSource(p, 8).batch(1, 0)


def test_an_image_that_vanishes_is_named(tmp_path):
    for n in range(4):
        for folder in ('in', 'gt'): save(tmp_path/f'{folder}/{n}.png')
    s = PairSource(ImagePairs.from_pairs(match(tmp_path/'in', tmp_path/'gt')), 8, memory=0)
    s.batch(4, 0)
    (tmp_path/'gt/2.png').unlink()
    with pytest.raises(ValueError, match=rf'gt{SLASH}2\.png cannot be read as an image: No such file'):
        for k in range(1, 4): s.batch(4, k)


# ---- the memory of checks

def counted(tmp_path, n=4, **options):
    "Pairs from files, and a list of what is read"
    for i in range(n):
        if not (tmp_path/f'in/{i}.png').exists():
            save(tmp_path/f'in/{i}.png', image(i)), save(tmp_path/f'gt/{i}.png', image(i + 1))
    p, asked = ImagePairs.from_pairs(match(tmp_path/'in', tmp_path/'gt'), **options), []
    read = p.read
    p.read = lambda item: (asked.append(item.x_in.name), read(item))[1]
    return p, asked


def test_a_check_decodes_every_image_once(tmp_path, monkeypatch):
    from rddm_nb import imagefile
    real, seen = imagefile._decode, []
    monkeypatch.setattr(imagefile, '_decode', lambda source: seen.append(source) or real(source))
    assert counted(tmp_path)[0].check().fine
    ours = [p for p in seen if p.is_relative_to(tmp_path)] # readers of another test may still be at work
    assert sorted(ours) == sorted(tmp_path/f'{d}/{i}.png' for i in range(4) for d in ('in', 'gt'))


def test_a_second_check_reads_nothing_and_says_the_same(tmp_path):
    save(tmp_path/'in/3.png', image(3, 8, 6)), save(tmp_path/'gt/3.png', image(3))
    save(tmp_path/'in/2.png', image(2)), save(tmp_path/'gt/2.png', image(2))
    first, asked = counted(tmp_path)
    report = first.check(tmp_path/'c.json')
    assert sorted(asked) == [f'{i}.png' for i in range(4)] and report == first.check() and report.same == 1
    assert len(report.unequal) == 1
    again, asked = counted(tmp_path)
    assert again.check(tmp_path/'c.json') == report and asked == []
    json.loads((tmp_path/'c.json').read_text(encoding='utf-8'), parse_constant=lambda c: pytest.fail(c))
    grey, asked = counted(tmp_path, channels=1)  # read in another way
    assert grey.check(tmp_path/'c.json').same == 1 and len(asked) == 4


def test_only_what_changed_is_checked_again(tmp_path):
    p, asked = counted(tmp_path)
    p.check(tmp_path/'c.json')
    asked.clear()
    when = (tmp_path/'gt/1.png').stat().st_mtime_ns
    save(tmp_path/'gt/1.png', image(7, 4, 4))  # another size at the same time
    os.utime(tmp_path/'gt/1.png', ns=(when, when))
    os.utime(tmp_path/'in/2.png', ns=(1, 1))  # another time
    report = p.check(tmp_path/'c.json')
    assert sorted(asked) == ['1.png', '2.png'] and [Path(n).name for n, _ in report.unequal] == ['1.png']
    asked.clear()
    (tmp_path/'gt/3.png').unlink()
    assert [Path(n).name for n, _ in p.check(tmp_path/'c.json').unreadable] == ['3.png'] and asked == ['3.png']


def look(pairs, cache):
    "What a check counts as new and as gone"
    report = pairs.check(cache)
    return report.new, report.gone


def test_what_is_gone_is_counted_once(tmp_path):
    assert look(counted(tmp_path/'a')[0], tmp_path/'c.json') == (0, 0)
    (tmp_path/'a').rename(tmp_path/'b')
    p, asked = counted(tmp_path/'b')
    assert look(p, tmp_path/'c.json') == (4, 4) and look(p, tmp_path/'c.json') == (0, 0) and len(asked) == 4
    assert len(json.loads((tmp_path/'c.json').read_text(encoding='utf-8'))['found']) == 4


@pytest.mark.parametrize('why', ['stopped', 'unreadable', 'unequal'])
def test_what_is_gone_is_remembered_until_all_can_be_used(tmp_path, why):
    p, asked = counted(tmp_path, 5)
    p.check(tmp_path/'c.json')
    whole, now = p.read, ImagePairs(p.items[1:], p.read, p.name, p.version)
    bad = {'unreadable': ValueError('bad'), 'stopped': KeyboardInterrupt()}
    def read(item):
        if item.x_in.name == '9.png' and why in bad: raise bad[why]
        return whole(item)
    save(tmp_path/'in/9.png', image(9)), save(tmp_path/'gt/9.png', image(8, 9 if why == 'unequal' else 8))
    now.items, now.read = [*now.items, Pair(tmp_path/'in/9.png', tmp_path/'gt/9.png')], read
    for _ in range(2):
        if why == 'stopped':
            with pytest.raises(KeyboardInterrupt): now.check(tmp_path/'c.json')
        else: assert look(now, tmp_path/'c.json')[1] == 1
    asked.clear()
    assert look(p, tmp_path/'c.json')[0] == 0 and not asked, 'nothing was lost'
    assert look(ImagePairs(p.items[1:], whole, p.name, p.version), tmp_path/'c.json')[1] > 0


def test_what_could_not_be_read_is_tried_again(tmp_path):
    p, asked = counted(tmp_path)
    whole = (tmp_path/'in/0.png').read_bytes()
    (tmp_path/'in/0.png').write_bytes(b'')
    for _ in range(2):
        asked.clear()
        assert not p.check(tmp_path/'c.json').fine and '0.png' in asked
        assert 'error' not in (tmp_path/'c.json').read_text(encoding='utf-8')
    (tmp_path/'in/0.png').write_bytes(whole)
    assert p.check(tmp_path/'c.json').fine


@pytest.mark.parametrize('damage', ['{"rddm_nb": "checked images", ', '{"rddm_nb": "checked images", "found": [1]}',
                                    '{"rddm_nb": "checked images", "found": ' + '['*100000,
                                    '{"rddm_nb": "checked images", "found": null}',
                                    '{"rddm_nb": "checked images", "other": {}}', 'entries'])
def test_a_damaged_memory_is_no_memory(tmp_path, damage):
    p, asked = counted(tmp_path)
    report = p.check(tmp_path/'c.json')
    if damage == 'entries':
        whole = json.loads((tmp_path/'c.json').read_text(encoding='utf-8'))
        bad = [dict(same=True, sizes=[[8, 8]]), dict(same=1, sizes=[[8, 8]], notes=[]),
               dict(same=True, sizes=[[8, -8]], notes=[]),
               dict(same=True, sizes=[], notes=[])]
        damage = json.dumps(whole | dict(found=dict(zip(whole['found'], bad))))
    (tmp_path/'c.json').write_text(damage, encoding='utf-8')
    asked.clear()
    assert p.check(tmp_path/'c.json') == report and len(asked) == 4
    asked.clear()
    assert p.check(tmp_path/'c.json') == report and not asked


@pytest.mark.parametrize('other', [b'{"mine": 1}', b'\xff\xd8', b''])
def test_a_file_that_is_no_memory_is_not_overwritten(tmp_path, other):
    p, _ = counted(tmp_path)
    (tmp_path/'c.json').write_bytes(other)
    with pytest.raises(ValueError, match='was not written by ImagePairs.check: it is not overwritten'):
        p.check(tmp_path/'c.json')
    assert (tmp_path/'c.json').read_bytes() == other


def test_a_check_that_is_stopped_is_not_lost(tmp_path):
    p, asked = counted(tmp_path, 6)
    read = p.read
    def stopped(item):
        if item.x_in.name == '3.png': raise KeyboardInterrupt
        return read(item)
    p.read = stopped
    with pytest.raises(KeyboardInterrupt): p.check(tmp_path/'c.json', threads=1)
    p.read = read
    asked.clear()
    assert p.check(tmp_path/'c.json').fine and '0.png' not in asked and '5.png' in asked


@pytest.mark.parametrize('channels, said', [
    (3, {'transparency dropped': 3}), (1, {'transparency dropped': 3, 'colour converted to grey': 5})])
def test_what_reading_loses_is_counted_once_per_image(tmp_path, channels, said):
    for i in range(3):
        save(tmp_path/f'in/{i}.png', image(i)), save(tmp_path/f'gt/{i}.png', image(i + 9))
        pil(i, 'RGBA').save(tmp_path/f'in/{i}.png')
    pil(3, 'L').save(tmp_path/'gt/2.png')
    p = ImagePairs.from_pairs(match(tmp_path/'in', tmp_path/'gt'), channels)
    if channels == 3: said = said | {'grey repeated in three channels': 1}
    for _ in range(2):
        report = p.resized(4).check(tmp_path/'c.json')
        assert report.notes == said and '3 images: transparency dropped' in str(report) and report.fine
    assert ImagePairs.from_clean(tmp_path/'in').check().notes == {'transparency dropped': 3}
    t = table_of(dict(input=[pil(1, 'RGBA'), pil(2)], target=[pil(2), pil(3)]))
    assert ImagePairs.from_table(t).check().notes == {'transparency dropped': 1}


@pytest.mark.parametrize('n, said', [(20, 21), (21, 22), (25, 22)])
def test_a_long_list_of_faults_is_cut(n, said):
    report = _DataReport(30, Counter({(8, 8): 3}),
                        [(f'{i}.png', f'{i}.png is bad in its own way {i}') for i in range(n)])
    lines = str(report).splitlines()
    assert lines[0] == '30 pairs: 3 of 8x8' and len(lines) == said and 'own way 19' in lines[20] and not report.fine
    if n > 20: assert lines[21] == f'... and {n - 20} more'


def test_crops_may_be_single_pixels():
    assert PairSource(images(), 1).batch(2, 0).x0.shape == (2, 3, 1, 1)
    with pytest.raises(ValueError, match='size must be at least 1, got 0'): PairSource(images(), 0)


def test_a_reason_that_many_images_share_is_said_once(tmp_path):
    for i in range(4): save(tmp_path/f'{i}.png', image(i))
    for i in range(3): (tmp_path/f'{i}.png').write_bytes(b'x')
    lines = str(ImagePairs.from_clean(tmp_path).check()).splitlines()
    assert len(lines) == 2 and lines[1].startswith('cannot be used: 3 images ') and '2.png' in lines[1], lines
    assert '0.png' in lines[1] and str(ImagePairs.from_clean([tmp_path/'0.png']).check()).count('0.png') == 1


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no named pipes here')
def test_a_pipe_is_no_list_of_files(tmp_path):
    os.mkfifo(tmp_path/'a.flist')
    with pytest.raises(ValueError, match='a.flist is a pipe or a device'): _read_file_list(tmp_path/'a.flist')
    with pytest.raises(IsADirectoryError, match='is a folder, not a file'): _read_file_list(tmp_path)
    with pytest.raises(FileNotFoundError, match='there is no file'): _read_file_list(tmp_path/'b.flist')


def test_a_later_look_counts_what_came_and_what_went(tmp_path):
    pairs = [Pair(*(save(tmp_path/f'{kind}/{v}.png', image(10*k + v)) for k, kind in enumerate(('in', 'gt'))))
             for v in range(5)]
    def look(*numbers):
        report = ImagePairs.from_pairs([pairs[i] for i in numbers]).check(tmp_path/'c.json')
        return report.new, report.gone
    assert look(0, 1, 2) == (0, 0), 'at first nothing is known: nothing is new'
    assert look(0, 2, 3, 4) == (2, 1)


def test_tables_are_remembered_too(tmp_path):
    t = table_of(dict(input=[pil(1), pil(2)], target=[pil(2), pil(3)]))
    a, b = ImagePairs.from_table(t), ImagePairs.from_table(t)
    b.read = lambda item: pytest.fail('read again')
    assert a.check(tmp_path/'c.json') == b.check(tmp_path/'c.json')
    assert len({v(0) for v in (a.version, a.resized(4).version, a.resized(5).version,
                               ImagePairs.from_table(t, channels=1).version,
                               ImagePairs.from_table(t, x0='input').version)}) == 5


def test_progress_is_said_now_and_then_where_there_is_no_terminal(capsys):
    assert list(_progress(iter('abc'), 3, every=0.)) == list('abc')
    assert capsys.readouterr().err == ''.join(f'checked {n} of 3 pairs\n' for n in (1, 2, 3))
    assert list(_progress(iter('abc'), 3, every=1e9)) == list('abc') and capsys.readouterr().err == ''


@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 3))
def test_every_round_shows_every_image_once(total, n, seed):
    s = PairSource(images(total))
    seen = sum((s.indices(n, k, seed) for k in range(total*3)), [])
    for r in range(0, len(seen) - total + 1, total): assert sorted(seen[r:r + total]) == list(range(total))
    assert s.indices(n, 2, seed) == seen[2*n:3*n]  # asked for again, out of order


def test_rounds_and_seeds_differ():
    s = PairSource(images(20))
    assert len({tuple(s.indices(20, k, seed)) for k in range(4) for seed in range(4)}) == 16


@given(st.integers(0, 50), st.booleans(), st.booleans())
def test_a_crop_is_a_piece_of_both_images_at_the_same_place(step, flip, cond):
    s = PairSource(images(5, 9, 12, cond), 4, flip=flip)
    b = s.batch(4, step, 1)
    i = torch.tensor(s.indices(4, step, 1))
    assert b.x0.shape == (4, 3, 4, 4) and b.x0.dtype == torch.float32 and b.names == [f'no. {k}' for k in i]
    assert torch.equal(values(b.x0), i[:, None, None].expand(4, 4, 4))
    assert torch.equal(values(b.x_in), 100 + values(b.x0))
    for c in (1, 2): assert torch.equal(values(b.x_in, c), values(b.x0, c))
    rows, cols = values(b.x0, 1), values(b.x0, 2)
    assert (rows[:, 1:] - rows[:, :-1] == 1).all() and rows.min() >= 0 and rows.max() <= 8 and cols.min() >= 0
    assert cols.max() <= 11
    d = (cols[:, :, 1:] - cols[:, :, :-1]).flatten(1)
    assert ((d == 1).all(1) | (d == -1).all(1)).all() and (flip or (d == 1).all())
    assert (b.cond is None) == (not cond) and (not cond or torch.equal(values(b.cond), 200 + values(b.x0)))


def test_crops_reach_every_place_and_half_are_mirrored():
    s = PairSource(images(1, 6, 5), 4)
    b = [s.batch(8, k) for k in range(40)]
    x0 = torch.cat([v.x0 for v in b])
    assert set(values(x0, 1)[:, 0, 0].tolist()) == {0, 1, 2} and set(values(x0, 2).amin((1, 2)).tolist()) == {0, 1}
    mirrored = (values(x0, 2)[:, 0, 1] < values(x0, 2)[:, 0, 0]).float().mean()
    assert .35 < mirrored < .65


@pytest.mark.parametrize('task', [None, 'rain'])
@pytest.mark.parametrize('memory', [4., 0.])
def test_a_batch_does_not_depend_on_what_came_before_or_on_the_part(task, memory):
    make = lambda: PairSource(images(7, 12, 12, partners=not task), 8, task, memory=memory)
    fresh, used = make(), make()
    for k in (3, 0, 9): used.batch(6, k)
    want, got = fresh.batch(6, 5, 2), used.batch(6, 5, 2)
    close(want.x0, got.x0, 0)
    close(want.x_in, got.x_in, 0)
    part = make().batch(6, 5, 2, slice(2, 4))
    close(part.x0, want.x0[2:4], 0)
    close(part.x_in, want.x_in[2:4], 0)
    assert part.names == want.names[2:4]
    assert (len(used.kept) > 0) == (memory > 0)
    if task: assert error(want.x_in, want.x0) > .1


def test_weather_changes_from_step_to_step_over_the_same_image():
    s = PairSource(images(1, 8, 8, partners=False), task='rain', flip=False)
    a, b = s.batch(2, 0), s.batch(2, 1)
    close(a.x0, b.x0, 0)
    assert error(a.x_in, b.x_in) > .1


def test_nothing_and_a_hole_are_inputs_too():
    b = PairSource(images(3, 8, 12, partners=False), task='generate').batch(2, 0)
    assert b.x_in.abs().max() == 0 and b.x0.abs().max() > 0
    b = PairSource(images(3, 8, 12, partners=False), task='hole').batch(2, 0)
    d = (b.x_in != b.x0).any(1)
    assert (b.x_in[:, :, 2:6, 3:9] == 0).all() and d[:, 2:6, 3:9].all() and d.sum() == 2*24


def test_images_are_squeezed_into_a_square():
    p = images(2, 8, 12, True).resized(4)
    x_in, x0, cond = p[1]
    assert x0.shape == x_in.shape == cond.shape == (3, 4, 4) and x0.dtype == torch.uint8 and (x0[0] == 1).all()
    assert (cond[0] == 201).all() and (x0[2].diff(dim=1) > 0).all() and p.name(1) == 'no. 1'


def test_memory_is_a_limit():
    one = 2*3*8*8
    s = PairSource(images(6), memory=2.5*one/2**30)
    for k in range(4): s.batch(6, k)
    assert len(s.kept) == 2 and s.bytes == 2*one


@pytest.mark.parametrize('make, match', [
    (lambda: PairSource(images(0)), 'no images'), (lambda: PairSource(images(), 4, 'snow'), 'rain'),
    (lambda: PairSource(images(), 0), 'size must be at least 1'),
    (lambda: PairSource(images(), 9).batch(2, 0), r'no. \d is 8x8, too small for crops of 9'),
    (lambda: PairSource(ImagePairs([4, 8], lambda i: (image(i, i, i), image(i, i, i), None))).batch(2, 0),
     'whole images of several sizes'),
    (lambda: PairSource(ImagePairs([4], lambda i: (image(i, 4, 4), image(i, 5, 4), None))).batch(1, 0),
     r'4: the images of this pair differ in size \(4x4, 4x5\)')])
def test_what_cannot_be_handed_out(make, match):
    with pytest.raises(ValueError, match=match): make()


def test_clean_images_are_their_own_partners(tmp_path):
    files = [save(tmp_path/f'{i}.png', image(i)) for i in (2, 1)]
    p = ImagePairs.from_clean(tmp_path)
    for pairs in (p, p.resized(4)): assert 'same image' not in str(pairs.check()) and pairs.check().fine
    assert p.items == sorted(files) and torch.equal(p[0][0], p[0][1])
    assert torch.equal(ImagePairs.from_clean(files)[1][1], image(2))


def test_the_trainer_takes_it_and_resumes(tmp_path):
    def run(steps, folder=None):
        torch.manual_seed(0)
        return Trainer(UNet(8, mults=(1,)), PairSource(images(5, 12, 12), 8), Schedule.power(T=10),
                       TrainConfig(steps=steps, batch=4, save_every=2), folder, make_accelerator('cpu')).fit()
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
    Trainer(net, PairSource(images(5, 8, 8, cond=True), 4), Schedule.power(T=10),
            TrainConfig(steps=2, batch=4, accumulate=2), accelerator=make_accelerator('cpu')).fit()
    assert len(net.seen) == 4 and all(torch.equal(v, torch.full((2,), 100)) for v in net.seen)


def test_on_a_terminal_progress_is_a_bar_that_goes_away(monkeypatch):
    import io
    import sys
    from rddm_nb import data
    class Terminal(io.StringIO):
        def isatty(self): return True
    seen = []
    monkeypatch.setattr(data, 'tqdm', lambda results, *a, **kw: seen.append((a, kw)) or results)
    monkeypatch.setattr(sys, 'stderr', Terminal())
    assert list(_progress(iter('abc'), 3, every=0.)) == list('abc') and sys.stderr.getvalue() == ''
    assert seen == [(('checking images', 3), dict(unit='pair', delay=1, leave=False))]


def test_files_may_be_any_collection_and_what_is_none_is_named(tmp_path):
    for k in 'ab': Image.new('RGB', (4, 4)).save(tmp_path/f'{k}.png')
    files = sorted(tmp_path.glob('*.png'))
    assert match((f for f in files), files) == match(files, files)
    with pytest.raises(TypeError, match='inputs must be a folder'): match(None, files)
    with pytest.raises(TypeError, match='targets must be a folder'): match(files, None)
    with pytest.raises(TypeError, match='pattern must be a text, got None'): match(files, files, pattern=None)
    pairs = ImagePairs.from_pairs([(files[0], files[1])])
    assert pairs.check() is not None and pairs.name(pairs.items[0]).endswith('a.png')


@pytest.mark.parametrize(('call', 'error', 'said'), [
    (lambda s: s.batch(0, 0), ValueError, 'n must be at least 1, got 0'),
    (lambda s: s.batch(2, -1), ValueError, 'step must be at least 0, got -1'),
    (lambda s: s.batch(2, 1.5), TypeError, 'step must be a whole number, got 1.5'),
    (lambda s: s.pairs.resized(8.5), TypeError, 'side must be a whole number, got 8.5'),
    (lambda s: s.pairs.check(threads=0), ValueError, 'threads must be at least 1, got 0'),
    (lambda s: PairSource(s.pairs, 8.5, 'rain'), TypeError, 'size must be a whole number, got 8.5')])
def test_counts_are_whole_numbers(tmp_path, call, error, said):
    Image.new('RGB', (8, 8)).save(tmp_path/'a.png')
    source = PairSource(ImagePairs.from_clean(tmp_path), 4, 'rain')
    with pytest.raises(error, match=said): call(source)
    assert torch.equal(source.batch(2, np.int64(1)).x0, source.batch(2, 1).x0)


def test_clean_images_alone_are_nothing_to_learn_from(tmp_path):
    Image.new('RGB', (8, 8)).save(tmp_path/'a.png')
    with pytest.raises(ValueError, match='without inputs: give the task that makes them, one of rain, .*generate'):
        PairSource(ImagePairs.from_clean(tmp_path), 4)


def test_a_task_does_not_replace_inputs_that_there_are():
    with pytest.raises(ValueError, match="task 'rain' makes inputs of clean images, but these have"):
        PairSource(images(), 8, 'rain')


@pytest.mark.parametrize('pairs', [['ab'], 'ab', [('a',)], [('a', 'b', 'c', 'd')], [3]])
def test_pairs_are_tuples_of_two_or_three(pairs):
    with pytest.raises(TypeError, match=r'pairs must hold tuples \(x_in, x0\) or \(x_in, x0, cond\), got '):
        ImagePairs.from_pairs(pairs)


def test_an_image_that_is_both_halves_of_its_pair_is_kept_and_counted_once(tmp_path):
    for i in range(3): save(tmp_path/f'{i}.png', image(i))
    s = PairSource(ImagePairs.from_clean(tmp_path), 4, 'generate', memory=2*3*8*8/2**30)
    s.batch(3, 0)
    assert s.bytes == 2*3*8*8 and len(s.kept) == 2 and all(x is y for x, y, _ in s.kept.values())


@pytest.mark.parametrize('kw, kind, why', [
    (dict(threads=0), ValueError, 'threads must be at least 1, got 0'),
    (dict(threads='2'), TypeError, "threads must be a whole number, got '2'"),
    (dict(memory=math.nan), ValueError, 'memory must be a number of GiB, 0 or more, got nan'),
    (dict(memory='4'), ValueError, "memory must be a number of GiB, 0 or more, got '4'")], ids=range(4))
def test_readers_and_memory_are_numbers(kw, kind, why):
    with pytest.raises(kind, match=why): PairSource(images(), 4, **kw)


@pytest.mark.parametrize('group', [5, [5], [None]], ids=range(3))
def test_what_names_no_files_is_refused_in_words(group):
    for call in (lambda: match(group, group), lambda: ImagePairs.from_clean(group)):
        with pytest.raises(TypeError, match=r'images must be a folder, a list of files .*, got \[?(5|None)'):
            call()


@pytest.mark.parametrize('split, said', [('t*', "split 't*', but has test, train"), ('[t]rain', 'but has test, train'),
                                         ('', "split must name a folder, got ''"), ('/abs', 'split must name a folder'),
                                         ('../x', 'split must name a folder')])
def test_a_split_is_a_name_and_no_pattern(split, said, tmp_path):
    for s in ('train', 'test'):
        for k in 'ABC': save(tmp_path/s/f'{s}_{k}'/'1.png')
    with pytest.raises(ValueError, match=re.escape(said)): pairs_from_layout(tmp_path, split)
    save(tmp_path/'a[b]'/'low'/'1.png'), save(tmp_path/'a[b]'/'high'/'1.png')
    assert pairs_from_layout(tmp_path, 'a[b]')[0] == 'lol'


def test_what_has_no_partner_hears_of_its_own_rule():
    with pytest.raises(ValueError, match="begin with its target's") as e:
        match(['im10.png', 'im1.png'], ['im1.png'], pairing='prefix')
    assert 'share a target' not in str(e.value)
    with pytest.raises(ValueError, match='same name up to the suffix.*share a target'): match(['a.png'], ['b.png'])
    with pytest.raises(ValueError, match='1 images have no partner: कि.png'): # a vowel sign is of its letter
        match(['क_1.png', 'कि.png'], ['क.png'], pairing='prefix')


def test_a_mask_of_another_size_is_shown(tmp_path):
    source = PairSource(ImagePairs([0], lambda i: (*[torch.zeros(3, 8, 8, dtype=torch.uint8)]*2,
                                                   torch.zeros(3, 4, 5, dtype=torch.uint8), ''), str), 4)
    with pytest.raises(ValueError, match=r'differ in size \(8x8, 8x8, 5x4\)'): source.batch(1, 0)


@pytest.mark.parametrize('n', [1, 30])
def test_sizes_that_differ_are_told_with_what_must_be_equal_and_the_remedy(tmp_path, n):
    for i in range(n): save(tmp_path/f'in/{i}.png', image(i)), save(tmp_path/f'gt/{i}.png', image(i, 9))
    p = ImagePairs.from_pairs(match(tmp_path/'in', tmp_path/'gt', pairing='unpaired'))
    said = str(p.check()).splitlines()[-1]
    assert "with pairing='unpaired', where any two may meet, all images: ImagePairs.resized (data.resize)" in said
    assert p.resized(4).check().fine and 'resize' not in str(p.resized(4).check())


GOOD = image(1)
@pytest.mark.parametrize(('pair', 'got'), [
    (GOOD, 'a Tensor'), (None, 'a NoneType'), ((GOOD, GOOD), '2 things'), ((GOOD, None, None), 'x0, a NoneType'),
    ((GOOD.numpy(), GOOD, None), r'x_in, a ndarray of uint8 \(3, 8, 8\)'),
    ((GOOD, GOOD.permute(1, 2, 0), None), r'x0, a Tensor of torch.uint8 \(8, 8, 3\)'),
    ((GOOD/255, GOOD, None), r'x_in, a Tensor of torch.float32 \(3, 8, 8\)'),
    ((GOOD, GOOD[None], None), r'x0, a Tensor of torch.uint8 \(1, 3, 8, 8\)'),
    ((GOOD, GOOD[:, :0], None), r'x0, a Tensor of torch.uint8 \(3, 0, 8\)'),
    ((GOOD, GOOD, GOOD[0]), r'cond, a Tensor of torch.uint8 \(8, 8\)'),
    ((GOOD[:1], GOOD, None), 'images of 1, 3 channels'),
    ((GOOD, GOOD, GOOD[:2]), 'images of 3, 3, 2 channels'),
    ((GOOD, GOOD, None, 'fine', 3), 'the text 3')], ids=range(13))
def test_what_is_read_elsewhere_must_be_a_pair(pair, got):
    p = ImagePairs([8, 3], lambda i: pair, lambda i: f'no. {i}')
    said = r'cannot be read as x_in, x0 and cond \(or None\), each a uint8 tensor \(C, H, W\), as read_image gives it, '
    said += rf'of as many channels \(cond: or one\), and a text for each thing that reading changed: got {got}'
    for pairs in (p, p.resized(4)):
        report = pairs.check()
        assert not report.fine and re.fullmatch(rf'no\. 8 {said}', report.unreadable[0][1]), report.unreadable
        assert re.search(rf'cannot be used: 2 images {said} \(no\. 8, no\. 3\)$', str(report)), str(report)
        with pytest.raises(ValueError, match=rf'no\. [38] {said}$'): PairSource(pairs, 4).batch(1, 0)


@pytest.mark.parametrize('pair', [(GOOD, GOOD, None), [GOOD, GOOD, GOOD, 'a'], (GOOD[:1], GOOD[:1], None),
                                  (image(1, 3, 3), image(1, 3, 3), None), (GOOD[[0]*6], GOOD[[0]*6], None),
                                  (GOOD, GOOD, GOOD[:1])], ids=range(6))
def test_pairs_of_any_size_and_channels_are_pairs(pair):
    p = ImagePairs([3], lambda i: pair)
    assert p.check().fine and PairSource(p, 2).batch(1, 0).x0.shape == (1, len(pair[1]), 2, 2)


def test_a_name_is_taken_from_the_beginning_of_a_reason_only():
    p = ImagePairs([8, 3], lambda i: (GOOD.float(), GOOD, None))
    assert 'got x_in, a Tensor of torch.float32 (3, 8, 8) (8, 3)' in str(p.check())


@pytest.mark.parametrize('pair', [(GOOD, GOOD, GOOD), (GOOD[:1], GOOD[:1], None)], ids=['condition', 'channels'])
def test_pairs_of_several_kinds_form_no_batch(pair):
    p = ImagePairs([0, 1], lambda i: pair if i else (GOOD, GOOD, None))
    with pytest.raises(ValueError, match='all need the same channels, and all a condition or none of them'):
        PairSource(p, 4).batch(2, 0)
