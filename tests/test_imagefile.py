"Images go through one door: what a file holds is read as it is meant, comes back as it was, or is refused in one line"
import io
import os
import socket
import struct
import threading
import unicodedata
import warnings
import zlib
from pathlib import Path
import numpy as np
import pytest
import torch
from common import close, named, posix
from hypothesis import given, strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from rddm_nb.imagefile import (IMAGE_SUFFIXES, LoadedImage, list_images, load_image, read_image, read_noted, same_name,
                               save_image,
                               _to_png)
from rddm_nb.images import from_uint8, to_uint8


def noise(*shape, top=255, seed=0):
    dtype = np.uint8 if top == 255 else np.uint16
    return np.random.default_rng(seed).integers(0, top + 1, shape, dtype=dtype)


def as_file(img, form='PNG', **options):
    "The bytes of an image file"
    data = io.BytesIO()
    img.save(data, form, **options)
    return data.getvalue()


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def raw_png(width, height, bits, kind, rows, key=b''):
    "A PNG of given rows of bytes without filters: the simplest there is, made without the code under test"
    head = struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, 0)
    body = zlib.compress(b''.join(b'\0' + r for r in rows))
    parts = [(b'IHDR', head), (b'tRNS', key), (b'IDAT', body), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunk(*p) for p in parts if p[0] != b'tRNS' or key)


def png_of(a, kind, key=b''):
    "The same of an array (H, W, C)"
    h, w = a.shape[:2]
    return raw_png(w, h, 8*a.itemsize, kind, [r.tobytes() for r in a.astype(f'>u{a.itemsize}').reshape(h, -1)], key)


def tiff(a, photometric, order='<', planar=False):
    "An uncompressed TIFF of an array (H, W, C), made without the code under test"
    h, w, c = a.shape
    bits, strips = 8*a.itemsize, c if planar else 1
    data = (a.transpose(2, 0, 1) if planar else a).astype(a.dtype.newbyteorder(order)).tobytes()
    size = len(data)//strips
    tags = {256: [w], 257: [h], 258: [bits]*c, 259: [1], 262: [photometric], 273: [8 + size*k for k in range(strips)],
            277: [c], 278: [h], 279: [size]*strips, 284: [1 + planar]}
    at, more, fields = 8 + len(data), b'', b''
    for tag, v in tags.items():
        packed = struct.pack(f'{order}{len(v)}I', *v)
        if len(v) > 1:
            more, packed = more + packed, struct.pack(f'{order}I', at + 6 + 12*len(tags) + len(more))
        fields += struct.pack(f'{order}HHI', tag, 4, len(v)) + packed
    start = (b'II*\0' if order == '<' else b'MM\0*') + struct.pack(f'{order}I', at)
    return start + data + struct.pack(f'{order}H', len(tags)) + fields + bytes(4) + more


def levels(x, top): return ((x.double() + 1)*top/2).round().long().permute(1, 2, 0).numpy()


# ---- which files

@posix
def test_a_folder_gives_its_images_and_nothing_else(tmp_path):
    for n in ('b.png', 'a.JPG', 'c.TiFf', 'é.webp', '._a.png', '.hidden.png', '.DS_Store', 'Thumbs.db', 'desktop.ini',
              'notes.txt', 'png', 'model.safetensors'):
        (tmp_path/n).write_bytes(b'')
    (tmp_path/'folder.png').mkdir()
    os.mkfifo(tmp_path/'pipe.png')
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path/'socket.png'))
        said = 'skipped 1 folder and 2 special files named like an image: folder.png, pipe.png, socket.png$'
        with pytest.warns(UserWarning, match=said): found = list_images(tmp_path)
    with pytest.warns(UserWarning): assert list_images(str(tmp_path)) == found
    assert [p.name for p in found] == ['a.JPG', 'b.png', 'c.TiFf', 'é.webp']
    for n in range(5): (tmp_path/f'g{n}.png').mkdir()
    with pytest.warns(UserWarning,
                      match=r'skipped 6 folders and 2 .*: folder.png, g0.png, g1.png, g2.png, g3.png \.\.\.$'):
        list_images(tmp_path)


@posix
def test_a_link_counts_if_it_leads_to_a_file_or_nowhere(tmp_path):
    (tmp_path/'a.png').write_bytes(b'')
    (tmp_path/'to.png').symlink_to(tmp_path/'a.png')
    (tmp_path/'folder').mkdir()
    (tmp_path/'dir.png').symlink_to(tmp_path/'folder')
    (tmp_path/'lost.png').symlink_to(tmp_path/'gone.png')
    assert [p.name for p in list_images(tmp_path)] == ['a.png', 'lost.png', 'to.png']
    with pytest.raises(ValueError, match=r'lost\.png cannot be read as an image: No such file'):
        load_image(tmp_path/'lost.png')


def test_a_folder_without_images_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match='there is no folder .*nowhere'): list_images(tmp_path/'nowhere')
    (tmp_path/'a.png').write_bytes(b'')
    with pytest.raises(NotADirectoryError, match='a.png is not a folder: name the folder'):
        list_images(tmp_path/'a.png')
    (tmp_path/'e').mkdir()
    with pytest.raises(ValueError, match=r'e holds no images \(.png, .jpg'): list_images(tmp_path/'e')
    (tmp_path/'e/train').mkdir()
    with pytest.raises(ValueError, match=r'did you mean one of its folders \(train\)'): list_images(tmp_path/'e')


def test_every_suffix_is_one_that_pillow_can_open():
    Image.init()
    assert set(IMAGE_SUFFIXES) <= set(Image.EXTENSION)
    assert all(s == s.lower() and s.startswith('.') for s in IMAGE_SUFFIXES)


@given(st.text(min_size=1))
def test_names_have_one_form(text):
    assert len({same_name(unicodedata.normalize(f, text)) for f in ('NFC', 'NFD')} | {same_name(text)}) == 1
    assert same_name(same_name(text)) == same_name(text)


# ---- values

def test_every_8_bit_value_is_what_it_always_was():
    a = np.arange(256, dtype=np.uint8).reshape(16, 16)
    im = load_image(Image.fromarray(a))
    assert torch.equal(im.x, from_uint8(torch.from_numpy(a))[None]) and im.x.dtype == torch.float32
    assert (im.alpha, im.bits, im.mode, im.notes) == (None, 8, 'L', ())


def test_every_16_bit_value_is_scaled_by_65535():
    a = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for source in (a, a.byteswap().view('>u2'), as_file(Image.fromarray(a)), tiff(a[..., None], 1),
                   tiff(a[..., None], 1, '>'), torch.from_numpy(a.astype(np.int32))):
        im = load_image(source)
        assert im.bits == 16 and np.array_equal(levels(im.x, 65535)[..., 0], a)
        assert read_image(source, 1).flatten()[[0, 128, 129, -1]].tolist() == [0, 0, 1, 255]


@pytest.mark.parametrize('kind, c', [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_colours_of_16_bits_keep_all_of_them(kind, c):
    a = noise(5, 7, c, top=65535)
    im = load_image(png_of(a, kind))
    assert im.bits == 16 and np.array_equal(levels(im.x, 65535), a[..., :c - (c % 2 == 0)])
    if c % 2 == 0: close(im.alpha[0]*65535, a[..., -1].astype(float), .01)
    assert (im.alpha is None) == (c % 2 == 1)


@pytest.mark.parametrize('order', '<>')
def test_tiff_of_16_bits(order):
    a = noise(5, 7, 3, top=65535)
    assert np.array_equal(levels(load_image(tiff(a, 2, order)).x, 65535), a)
    dark = load_image(tiff(a[..., :1], 0))  # white is zero
    assert np.array_equal(65535 - levels(dark.x, 65535), a[..., :1])
    with pytest.raises(ValueError, match='it stores its channels one after the other with 16 bits'):
        load_image(tiff(a, 2, order, planar=True))
    b = noise(5, 7, 3)
    for planar in (False, True):
        assert np.array_equal(levels(load_image(tiff(b, 2, order, planar)).x, 255), b)


def test_yes_and_no_are_white_and_black():
    a = np.array([[True, False]])
    for source in (a, torch.from_numpy(a), Image.fromarray(a)):
        assert load_image(source).x.tolist() == [[[1, -1]]] and read_image(source, 1).tolist() == [[[255, 0]]]


def test_integers_of_32_bits_follow_a_rule():
    a = np.array([[0, 256], [40000, 65535]])
    for source in (a, a.astype(np.int32), Image.fromarray(a.astype(np.int32)), torch.from_numpy(a),
                   as_file(Image.fromarray(a.astype(np.int32)), 'TIFF')):
        im = load_image(source)
        assert im.bits == 16 and levels(im.x, 65535)[..., 0].tolist() == a.tolist()
        assert any('integers taken as 16 bit' in n for n in im.notes)
    for bad in (-1, 65536, 2**31 - 1):
        with pytest.raises(ValueError, match=rf'integers reach from .*{bad}.*0 \(black\)\.\.65535') as e:
            load_image(np.array([[0, bad]]))
        assert '64-bit' in str(e.value)
    for low in (1, 255):
        with pytest.raises(ValueError, match=f'reach to {low}: save them as uint8'): load_image(np.array([[0, low]]))
    assert load_image(np.zeros((2, 2), int)).x.max() == -1
    pgm = b'P5 2 1 65535\n' + struct.pack('>HH', 0, 200)  # known to be 16 bits, however dark
    assert levels(load_image(pgm).x, 65535).ravel().tolist() == [0, 200]


@pytest.mark.parametrize('make', [lambda a: a, lambda a: torch.from_numpy(a),
                                  lambda a: as_file(Image.fromarray(a), 'TIFF'), lambda a: Image.fromarray(a)])
def test_floats_are_scaled_or_refused_by_name(make):
    a = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    im = load_image(make(a))
    close(im.x[0], a*2. - 1, 1e-6)
    assert im.bits == 16 and read_image(make(a)).flatten()[[0, 63]].tolist() == [0, 255]
    assert 'float values taken as 16 bit' in im.notes
    for b, said in ((a*255, 'float values reach from 0 to 255'), (a*2 - 1, 'float values reach from -1 to 1')):
        with pytest.raises(ValueError, match=said): load_image(make(b.astype(np.float32)))
    for v in (np.nan, np.inf, -np.inf):
        bad = a.copy()
        bad[3, 3] = v
        with pytest.raises(ValueError, match='float values hold NaN or infinity'): read_image(make(bad))


@pytest.mark.parametrize('dtype', [np.float16, np.float64])
def test_floats_of_other_widths(dtype):
    close(load_image(np.full((2, 2), .25, dtype)).x, torch.full((1, 2, 2), -.5), 1e-6)


def test_half_precision_tensors():
    close(load_image(torch.full((2, 2), .25, dtype=torch.bfloat16)).x, torch.full((1, 2, 2), -.5), 1e-6)


@pytest.mark.parametrize('a, said', [
    (np.zeros((0, 3), np.uint8), 'it is empty'), (np.zeros((2, 3, 5), np.uint8), r'\(H, W\) or \(H, W, C\)'),
    (np.zeros(3, np.uint8), r'\(H, W\)'),
    (np.zeros((1, 1, 2, 3), np.uint8), r'\(H, W\)'), (torch.zeros(5, 2, 3, dtype=torch.uint8), r'\(C, H, W\)'),
    (np.zeros((2, 2), complex), 'of type complex128'),
    (np.array([['a']]), 'of type <U1'), (None, 'a NoneType is no path'), (7, 'a int is no path'),
    (['a.png'], 'a list is no path')])
def test_what_is_no_image_is_refused_by_name(a, said):
    with pytest.raises(ValueError, match=f'cannot be read as an image: .*{said}'): load_image(a)


def test_arrays_have_channels_last_and_tensors_first():
    a = noise(4, 5, 3)
    for source in (a, torch.from_numpy(a).permute(2, 0, 1), Image.fromarray(a), as_file(Image.fromarray(a)),
                   bytearray(as_file(Image.fromarray(a)))):
        assert torch.equal(read_image(source), torch.from_numpy(a).permute(2, 0, 1))
    assert load_image(a[..., :2]).alpha is not None and load_image(a[..., :1]).x.shape == (1, 4, 5)


def test_what_is_read_is_a_copy():
    a = noise(4, 4)
    for channels in (None, 1):
        x = read_image(a[..., None], channels)
        x.zero_()
        assert a.any()


# ---- modes

@given(st.sampled_from(['RGB', 'RGBA', 'RGBX', 'CMYK', 'YCbCr', 'HSV', 'LAB', 'P', 'L', 'LA', '1', 'PA']),
       st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))
def test_every_mode_becomes_what_pillow_makes_of_it(mode, h, w, seed):
    pil = Image.fromarray(noise(h, w, 3, seed=seed))
    img = pil.convert({'PA': 'P', 'LA': 'L'}.get(mode, mode)).convert(mode)
    want = np.asarray(img.convert('RGB'))
    assert np.array_equal(read_image(img).permute(1, 2, 0).numpy(), want)
    im = load_image(img)
    assert len(im.x) == (1 if mode in ('L', 'LA', '1') else 3) and (im.alpha is not None) == mode.endswith('A')
    assert im.mode == mode and im.bits == 8
    said = {'P': 'palette converted to RGB', 'PA': 'palette converted to RGBA'}
    said |= {m: f'{m} converted to RGB' for m in ('CMYK', 'YCbCr', 'HSV', 'LAB')}
    assert [n for n in im.notes if 'converted' in n] == [said[m] for m in said if m == mode]
    assert torch.equal(read_image(img, None), to_uint8(im.x))


@pytest.mark.parametrize('form, mode', [('PNG', 'RGB'), ('BMP', 'RGB'), ('TIFF', 'CMYK'), ('TIFF', 'LAB'),
                                        ('TIFF', '1'), ('PPM', 'RGB'), ('WEBP', 'RGBA'), ('GIF', 'P'), ('TGA', 'RGBA'),
                                        ('JPEG2000', 'RGB'), ('PNG', '1'), ('PNG', 'P'), ('TIFF', 'I;16B')])
def test_every_format_is_read(form, mode):
    base = Image.fromarray(noise(6, 7, top=65535)) if mode == 'I;16B' else Image.fromarray(noise(6, 7, 3)).convert(mode)
    data = as_file(base, form, **dict(lossless=True) if form == 'WEBP' else {})
    again = Image.open(io.BytesIO(data))
    want = np.asarray(again).astype(int)//257 if mode == 'I;16B' else np.asarray(again.convert('RGB'))
    got = read_image(data).permute(1, 2, 0).numpy()
    assert np.abs(got - (want[..., None] if want.ndim == 2 else want)).max() <= (mode == 'I;16B')


def test_transparency_is_kept_apart_and_colours_are_as_stored():
    a = noise(4, 5, 4)
    im = load_image(as_file(Image.fromarray(a)))
    assert np.array_equal(levels(im.x, 255), a[..., :3])
    assert np.array_equal((im.alpha[0]*255).round().numpy(), a[..., 3]) and im.alpha.dtype == torch.float32
    assert 'transparency kept apart' in im.notes
    assert torch.equal(read_image(as_file(Image.fromarray(a))), torch.from_numpy(a[..., :3]).permute(2, 0, 1))


def test_palettes_with_transparency():
    p = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), 'P')
    p.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    for form, key, alpha in (('PNG', 1, [[1, 0], [1, 0]]), ('GIF', 1, [[1, 0], [1, 0]]),
                             ('PNG', bytes([255, 51, 0]), [[1, .2], [0, .2]])):
        im = load_image(as_file(p, form, transparency=key))
        close(im.alpha[0], alpha, 1e-6)
        assert levels(im.x, 255).tolist() == [[[10, 20, 30], [40, 50, 60]], [[70, 80, 90], [40, 50, 60]]]
        assert im.mode == 'P'


@pytest.mark.parametrize('a, kind, bits, key, alpha', [
    (np.array([[[1, 2, 3], [1, 2, 4]]], np.uint8), 2, 8, (1, 2, 3), [[0, 1]]),
    (np.array([[[7], [8]]], np.uint8), 0, 8, (8,), [[1, 0]]),
    (np.array([[[700], [701]]], np.uint16), 0, 16, (700,), [[0, 1]]),
    (np.array([[[300, 2, 3], [301, 2, 3]]], np.uint16), 2, 16, (301, 2, 3), [[1, 0]])])
def test_a_transparent_colour(a, kind, bits, key, alpha):
    im = load_image(png_of(a, kind, struct.pack(f'>{len(key)}H', *key)))
    assert im.alpha[0].tolist() == alpha and np.array_equal(levels(im.x, 2**bits - 1), a)


@pytest.mark.parametrize('bits, byte, key, grey',
                         [(1, 0b10000000, 1, [255, 0]), (2, 0b10010000, 2, [170, 85]), (4, 0b10100011, 10, [170, 51])])
def test_a_transparent_grey_of_few_bits(bits, byte, key, grey):
    im = load_image(raw_png(2, 1, bits, 0, [bytes([byte])], struct.pack('>H', key)))
    assert levels(im.x, 255).ravel().tolist() == grey and im.alpha.ravel().tolist() == [0, 1]


@given(st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans(), st.sampled_from([None, 1, 3]))
def test_channels_are_what_was_asked_for(c, bits, alpha, channels):
    a = noise(3, 4, c + alpha, top=2**bits - 1)
    im = load_image(a, channels)
    assert len(im.x) == (channels or c) and (im.alpha is not None) == alpha and im.bits == bits
    assert any('grey' in n for n in im.notes) == (channels not in (None, c))
    assert torch.equal(read_image(a, channels), to_uint8(im.x))
    if channels == 3 > c: assert torch.equal(im.x[0], im.x[1]) and torch.equal(im.x[0], load_image(a).x[0])


def test_grey_is_luminance():
    a = noise(9, 9, 3)
    assert np.abs(read_image(a, 1)[0].numpy().astype(int) - np.asarray(Image.fromarray(a).convert('L'))).max() <= 1
    for rgb, y in (((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29), ((255, 255, 255), 255)):
        assert read_image(np.full((1, 1, 3), rgb, np.uint8), 1).item() == y
    for bad in (0, 2, 4, '3'):
        with pytest.raises(ValueError, match='channels must be 1, 3 or None'): load_image(a, bad)


@pytest.mark.parametrize('o, where', [(1, 'ab/cd'), (2, 'ba/dc'), (3, 'dc/ba'), (4, 'cd/ab'), (5, 'ac/bd'),
                                      (6, 'ca/db'), (7, 'db/ca'), (8, 'bd/ac')])
@pytest.mark.parametrize('form', ['PNG', 'TIFF', 'WEBP'])
def test_orientation_is_obeyed(o, where, form):
    a = np.repeat(np.array([[97, 98], [99, 100]], np.uint8)[..., None], 3, 2)
    exif = Image.Exif()
    exif[0x112] = o
    data = as_file(Image.fromarray(a), form, exif=exif, **dict(lossless=True) if form == 'WEBP' else {})
    im = load_image(data)
    assert '/'.join(bytes(r[:, 0].astype(np.uint8)).decode() for r in levels(im.x, 255)) == where
    assert im.notes == ((f'turned upright (EXIF orientation {o})',) if o > 1 else ())


def test_orientation_turns_size_depth_and_transparency_together(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    Image.new('RGB', (40, 20)).save(tmp_path/'e.jpg', exif=exif)
    assert load_image(tmp_path/'e.jpg').x.shape == (3, 40, 20) == tuple(read_image(tmp_path/'e.jpg').shape)
    a = noise(2, 3, 4)
    im = load_image(as_file(Image.fromarray(a), exif=exif))
    assert np.array_equal(levels(im.x, 255), np.rot90(a, -1)[..., :3])
    assert np.array_equal((im.alpha[0]*255).round().numpy(), np.rot90(a[..., 3], -1))
    g = noise(2, 3, top=65535)
    assert np.array_equal(levels(load_image(as_file(Image.fromarray(g), exif=exif)).x, 65535)[..., 0], np.rot90(g, -1))


def test_damaged_or_silly_exif_does_not_cost_the_image():
    a = noise(3, 3, 3)
    damaged = as_file(Image.fromarray(a), 'PNG', exif=b'Exif\0\0II*\0\xff\xff\xff\xff')
    silly = Image.Exif()
    silly[0x112] = 77
    for data in (damaged, as_file(Image.fromarray(a), exif=silly)):
        assert np.array_equal(levels(load_image(data).x, 255), a)


def test_pillow_images_stay_open_and_decoded_depth_is_said(tmp_path):
    (tmp_path/'a.png').write_bytes(png_of(noise(3, 3, 3, top=65535), 2))
    with Image.open(tmp_path/'a.png') as img:
        im = load_image(img)
        assert im.bits == 8 and '16 bits per channel read as 8' in im.notes and img.getpixel((0, 0))
    assert load_image(tmp_path/'a.png').notes == ()
    ppm = b'P6 1 1 65535\n' + struct.pack('>HHH', 65535, 0, 32768)
    assert '16 bits per channel read as 8' in load_image(ppm).notes


# ---- refusals

@pytest.mark.parametrize('form', ['GIF', 'PNG', 'WEBP', 'TIFF'])
def test_animations_are_refused_with_what_to_do(form):
    frames = [Image.fromarray(noise(8, 8, 3, seed=k)) for k in range(3)]
    data = as_file(frames[0], form, save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=r'it holds 3 images \(an animation, or pages\): save the one you mean'):
        load_image(data)
    assert load_image(as_file(frames[0], form)).x.shape == (3, 8, 8)


def test_photographs_with_previews_are_read():
    frames = [Image.fromarray(np.full((8, 8, 3), v, np.uint8)) for v in (200, 10)]
    im = load_image(as_file(frames[0], 'MPO', save_all=True, append_images=frames[1:]))
    assert 'the first of 2 images (MPO)' in im.notes and im.x.min() > .5


@pytest.mark.parametrize('limit', [50, 3000])  # refused by Pillow, and only warned about
def test_too_many_pixels(tmp_path, monkeypatch, limit):
    Image.new('L', (64, 64)).save(tmp_path/'a.png')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', limit)
    for filters in ('ignore', 'error'):
        with warnings.catch_warnings():
            warnings.simplefilter(filters)
            said = f'it has 4096 pixels, more than Pillow.s limit of {limit}; .* raise PIL.Image.MAX_IMAGE_PIXELS'
            with pytest.raises(ValueError, match=r'a\.png cannot be read as an image: ' + said):
                load_image(tmp_path/'a.png')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', None)
    assert load_image(tmp_path/'a.png').x.shape == (1, 64, 64)


HOSTILE = {'empty': b'', 'text': b'hello', 'gif': b'GIF87a', 'zeros': bytes(500),
           'png header': b'\x89PNG\r\n\x1a\n' + b'x'*20, 'html': b'<html>404</html>',
           'huge png': raw_png(2**31 - 1, 2**31 - 1, 8, 2, [b'x']), 'empty png': raw_png(0, 0, 8, 2, []),
           'pointer': b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
           'tiff loop': b'II*\0\x08\0\0\0\0\0\x08\0\0\0'}

@pytest.mark.parametrize('kind', HOSTILE)
def test_hostile_files_are_one_line_with_their_name(tmp_path, kind):
    path = tmp_path/'b.png'
    path.write_bytes(HOSTILE[kind])
    for read in (load_image, read_image):
        with pytest.raises(ValueError, match=r'b\.png cannot be read as an image: \S') as e: read(path)
        assert '\n' not in str(e.value) and '0x' not in str(e.value)


@given(st.sampled_from(['PNG', 'JPEG', 'GIF', 'BMP', 'TIFF', 'WEBP', 'PPM', 'TGA']), st.data())
def test_damaged_files_are_read_or_refused(form, data):
    whole = bytearray(as_file(Image.fromarray(noise(9, 9, 3)), form))
    if data.draw(st.booleans()): whole = whole[:data.draw(st.integers(0, len(whole) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: im = load_image(bytes(whole))
        except ValueError as e: assert 'cannot be read as an image: ' in str(e) and '\n' not in str(e)
        else: assert im.x.isfinite().all() and im.x.abs().max() <= 1 and len(im.x) in (1, 3)


@posix
def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path/'pipe.png')
    (tmp_path/'dir.png').mkdir()
    held = os.open(tmp_path/'pipe.png', os.O_RDWR)  # whoever opens the pipe after all is not kept waiting
    for name in ('pipe.png', 'dir.png'):
        with pytest.raises(ValueError, match=f'{name} cannot be read as an image: it is a folder, a pipe or a device'):
            load_image(tmp_path/name)
    os.close(held)
    with pytest.raises(ValueError, match=r'gone\.png cannot be read as an image: No such file or directory$'):
        load_image(tmp_path/'gone.png')
    with pytest.raises(ValueError, match='cannot be read as an image: File name too long'):
        load_image(tmp_path/('x'*300 + '.png'))
    with pytest.raises(ValueError, match='null'): load_image('a\0.png')
    with pytest.raises(ValueError, match='is a folder, a pipe or a device'): load_image('/dev/zero')


@pytest.mark.skipif(getattr(os, 'geteuid', int)() == 0, reason='root may read everything')
def test_a_file_one_may_not_read(tmp_path):
    Image.new('L', (2, 2)).save(tmp_path/'a.png')
    (tmp_path/'a.png').chmod(0)
    with pytest.raises(ValueError, match=r'a\.png cannot be read as an image: Permission denied$'):
        load_image(tmp_path/'a.png')


def test_a_refused_permission_is_one_line(monkeypatch, tmp_path):
    def refuse(path): raise PermissionError(13, 'Permission denied', str(path))
    monkeypatch.setattr('rddm_nb.imagefile.os.stat', refuse)
    with pytest.raises(ValueError, match=r'a\.png cannot be read as an image: Permission denied$'):
        load_image(tmp_path/'a.png')


def test_names_with_a_newline_stay_on_one_line(tmp_path):
    path = Path(named(tmp_path, 'a\nb.png'))
    with pytest.raises(ValueError, match=r'a\\nb\.png. cannot be read') as e: load_image(path)
    assert '\n' not in str(e.value)
    path.write_bytes(as_file(Image.new('L', (2, 2))))
    assert load_image(path).x.shape == (1, 2, 2)


def test_what_a_decoder_says_stays_on_one_line(monkeypatch):
    def fail(*a): raise OSError('first\n  second')
    monkeypatch.setattr(Image, 'open', fail)
    with pytest.raises(ValueError, match='^an image of 1 bytes cannot be read as an image: first second$'):
        load_image(b'x')


def test_stopping_is_not_taken_for_a_bad_file(monkeypatch):
    def stop(*a): raise KeyboardInterrupt
    monkeypatch.setattr(Image, 'open', stop)
    with pytest.raises(KeyboardInterrupt): load_image(b'x')


def test_many_threads_read_at_once(tmp_path):
    (tmp_path/'a.png').write_bytes(png_of(a := noise(20, 20, 3, top=65535), 2))
    bad = []
    def work(): bad.extend(not np.array_equal(levels(load_image(tmp_path/'a.png').x, 65535), a) for _ in range(5))
    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert bad == [False]*20


# ---- writing

@given(st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans(), st.integers(1, 12), st.integers(1, 12),
       st.integers(0, 99))
def test_what_is_written_is_read_again(c, bits, alpha, h, w, seed):
    a = noise(h, w, c + alpha, top=2**bits - 1, seed=seed)
    im = load_image(a)
    data = _to_png(im.x, im.alpha, im.bits)
    again = load_image(data)
    assert torch.equal(again.x, im.x) and again.bits == bits and (again.alpha is None) == (not alpha)
    if alpha: assert torch.equal(again.alpha, im.alpha)
    modes = {(1, 8, 0): 'L', (1, 16, 0): 'I;16', (1, 8, 1): 'LA', (3, 8, 0): 'RGB', (3, 16, 0): 'RGB'}
    assert Image.open(io.BytesIO(data)).mode == modes.get((c, bits, alpha), 'RGBA')


@pytest.mark.parametrize('c', [1, 2, 3, 4])
@pytest.mark.parametrize('bits', [8, 16])
def test_another_reader_agrees(c, bits):
    tool = pytest.importorskip('matplotlib.image') if bits == 8 else None
    a = noise(6, 5, c, top=2**bits - 1)
    im = load_image(a)
    data = _to_png(im.x, im.alpha, bits)
    if tool and c > 2: assert np.array_equal((tool.imread(io.BytesIO(data))*255).round().astype(np.uint8), a)
    assert np.array_equal(unfiltered(data), a.astype(f'>u{bits//8}').tobytes())
    with Image.open(io.BytesIO(data)) as pil: pil.verify()


def unfiltered(png):
    "The pixels of a PNG whose rows use Paeth's filter, undone byte by byte as the standard says"
    parts, at = {}, 8
    while at < len(png):
        n, kind = struct.unpack('>I4s', png[at:at + 8])
        parts[kind] = png[at + 8:at + 8 + n]
        assert zlib.crc32(png[at + 4:at + 8 + n]) == struct.unpack('>I', png[at + 8 + n:at + 12 + n])[0]
        at += 12 + n
    w, h, bits, kind = struct.unpack('>IIBB', parts[b'IHDR'][:10])
    step = {0: 1, 2: 3, 4: 2, 6: 4}[kind]*bits//8
    data, before, out = zlib.decompress(parts[b'IDAT']), bytes(w*step), b''
    for k in range(h):
        row, line = data[k*(w*step + 1):(k + 1)*(w*step + 1)], bytearray()
        assert row[0] == 4
        for i, v in enumerate(row[1:]):
            a, b, c = (line[i - step] if i >= step else 0), before[i], (before[i - step] if i >= step else 0)
            line.append((v + min((a, b, c), key=lambda q: abs(a + b - c - q))) % 256)
        out, before = out + bytes(line), bytes(line)
    return out


def test_values_are_rounded_and_clamped():
    x = torch.tensor([[[-3., -1, 0, .0079, 1, 3]]])
    assert levels(load_image(_to_png(x)).x, 255).ravel().tolist() == [0, 0, 128, 129, 255, 255]
    x = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    assert torch.equal(read_image(_to_png(x), 1), x) and torch.equal(read_image(_to_png(from_uint8(x)), 1), x)


@pytest.mark.parametrize('mode, bits', [('L', 8), ('LA', 8), ('RGB', 8), ('RGBA', 8), ('1', 8), ('P', 8), ('I;16', 16)])
def test_a_file_comes_back_as_it_was(tmp_path, mode, bits):
    img = Image.fromarray(noise(6, 7, top=65535)) if mode == 'I;16' else Image.fromarray(noise(6, 7, 3)).convert(mode)
    img.save(tmp_path/'a.png')
    im = load_image(tmp_path/'a.png')
    save_image(tmp_path/'b.png', im.x, im)
    with Image.open(tmp_path/'b.png') as out:
        assert out.mode == {'1': 'L', 'P': 'RGB'}.get(mode, mode) and im.bits == bits
        assert np.array_equal(np.asarray(out), np.asarray(img.convert(out.mode) if out.mode != 'I;16' else img))


def test_a_result_in_other_channels_keeps_depth_and_transparency(tmp_path):
    like = load_image(noise(4, 4, 2, top=65535), channels=3)
    save_image(tmp_path/'a.png', like.x, like)
    again = load_image(tmp_path/'a.png')
    assert again.x.shape == (3, 4, 4) and again.bits == 16 and torch.equal(again.alpha, like.alpha)


def test_colour_profiles_travel_if_they_fit(tmp_path):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
    im = load_image(as_file(Image.fromarray(noise(3, 3, 3)), icc_profile=icc))
    save_image(tmp_path/'a.png', im.x, im)
    save_image(tmp_path/'g.png', im.x[:1], im)
    assert Image.open(tmp_path/'a.png').info['icc_profile'] == icc
    assert 'icc_profile' not in Image.open(tmp_path/'g.png').info


def test_files_are_whole_and_never_overwritten_unasked(tmp_path):
    x = torch.zeros(3, 4, 4)
    save_image(tmp_path/'a.png', x)
    before = (tmp_path/'a.png').read_bytes()
    with pytest.raises(FileExistsError): save_image(tmp_path/'a.png', x + 1)
    assert (tmp_path/'a.png').read_bytes() == before
    save_image(tmp_path/'a.png', x + 1, force=True)
    assert (tmp_path/'a.png').read_bytes() != before and [p.name for p in tmp_path.iterdir()] == ['a.png']


@pytest.mark.parametrize('call, kind, said', [
    (lambda p: save_image(p/'a.jpg', torch.zeros(3, 2, 2)), ValueError, 'must end in .png'),
    (lambda p: save_image(p/'a.png', torch.zeros(1, 3, 2, 2)), ValueError,
     r'\(C, H, W\) with C 1 or 3, got \(1, 3, 2, 2\)'),
    (lambda p: save_image(p/'a.png', torch.zeros(2, 2, 2)), ValueError, 'C 1 or 3'),
    (lambda p: save_image(p/'a.png', torch.zeros(3, 0, 2)), ValueError, 'C 1 or 3'),
    (lambda p: save_image(p/'a.png', torch.full((3, 2, 2), float('nan'))), ValueError, 'NaN or infinity'),
    (lambda p: save_image(p/'a.png', torch.zeros(3, 2, 2, dtype=torch.int64)), TypeError, 'to write wants floats in'),
    (lambda p: save_image(p/'a.png', torch.full((3, 2, 2), 200.)), ValueError, r'\[200, 200\]; it looks like \[0'),
    (lambda p: save_image(p/'a.png', noise(3, 2, 2)), TypeError, 'must be a tensor, such as .*, got ndarray'),
    (lambda p: save_image(p/'a.png', torch.zeros(3, 2, 2), load_image(noise(3, 3, 4))), ValueError,
     r'the transparency is \(3, 3\), the image \(2, 2\)'),
    (lambda p: _to_png(torch.zeros(3, 2, 2), bits=12), ValueError, 'bits must be 8 or 16, got 12')])
def test_what_cannot_be_written(tmp_path, call, kind, said):
    with pytest.raises(kind, match=said): call(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_long_name_is_written(tmp_path):
    path = tmp_path/('b'*245 + '.png')
    save_image(path, torch.zeros(1, 2, 2))
    assert load_image(path).x.shape == (1, 2, 2)


def test_text_in_a_file_does_not_disturb():
    info = PngImagePlugin.PngInfo()
    info.add_text('comment', 'é'*100)
    assert load_image(as_file(Image.new('L', (2, 2), 9), pnginfo=info)).x.shape == (1, 2, 2)


def test_an_image_is_a_tuple_that_can_be_changed():
    im = load_image(noise(2, 2))
    assert isinstance(im._replace(bits=16), LoadedImage) and Path(im.mode).name == 'uint8'


def test_what_is_kept_for_training_says_what_it_lost():
    a = noise(3, 4, 4)
    for source, channels, notes in ((a, 3, ('transparency dropped',)),
                                    (a[..., 0], 3, ('grey repeated in three channels',)),
                                    (a[..., :3], 1, ('colour converted to grey',)), (a[..., :3], 3, ())):
        x, said = read_noted(source, channels)
        assert said == notes and x.dtype == torch.uint8 and torch.equal(x, read_image(source, channels))


@pytest.mark.parametrize('head', [b'II*\0', b'MM\0*'])
def test_a_tiff_that_pillow_does_not_know_is_called_one(tmp_path, head):
    (tmp_path/'odd.tif').write_bytes(head + (8).to_bytes(4, 'little' if head[:1] == b'I' else 'big') + bytes(64))
    with pytest.raises(ValueError, match='odd.tif cannot be read as an image: a TIFF of a kind that Pillow'):
        load_image(tmp_path/'odd.tif')


def test_the_precision_that_pytorch_takes_by_default_changes_no_image():
    colour = noise(5, 6, 3)
    want = load_image(colour, 1).x
    torch.set_default_dtype(torch.float64)
    try: got = load_image(colour, 1).x
    finally: torch.set_default_dtype(torch.float32)
    assert got.dtype == want.dtype == torch.float32 and torch.equal(got, want)
