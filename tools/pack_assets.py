"""Pack the images that ship with the package, from a folder of originals.

    python tools/pack_assets.py ORIGINALS        (default: the environment variable RDDM_DATA)

ORIGINALS holds `photos_free/` (JPEG files of long side 512 and LICENSES.json, {file name: licence, author and
source in words}) and `emoji64/train.parquet` (64x64 emoji on white; label = group, path = `name|file`). The result
lies in rddm_nb/assets: the photographs, `emoji.png`, `images.json` (what there is, and in which split) and
`ATTRIBUTION.md`. Running it twice gives the same bytes.

Taken are photographs in the public domain, under CC0 or CC BY, if `SOURCES` knows where they come from; every other
licence stays out, and so do images of people. The JPEG bytes are copied unchanged. A photograph belongs to one
split with all the tiles that were cut from it. Of the emoji, three groups are taken (faces, animals and plants,
food), reduced to 32x32; every eighth by name is for testing. `faces.png` holds twelve faces at their full size, for
the living figures."""
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple
from generated import ROOT

ASSETS = ROOT/'rddm_nb'/'assets'
OPEN = re.compile(r'(CC0|Public domain|CC-BY-\d)')
PEOPLE = {'astronaut.jpg'}
TEST_PHOTOS = {'china', 'coffee', 'friends_berasategi', 'seeding_engelhardt', 'wine_mede'}
EMOJI_GROUPS = ('Smileys & Emotion', 'Animals & Nature', 'Food & Drink')
SIDE, COLUMNS = 32, 32
FACES = ('grinning', 'joy', 'heart_eyes', 'sunglasses', 'cry', 'angry', 'scream', 'thinking_face', 'nerd_face',
         'kissing_heart', 'face_with_cowboy_hat', 'mask')
LOMIRI = 'https://gitlab.com/ubports/development/core/lomiri-wallpapers'
SKIMAGE = 'https://scikit-image.org/docs/stable/api/skimage.data.html'
REDUCED, GREY = 'reduced', 'cropped and turned grey by scikit-image'


class Source(NamedTuple):
    "Where a photograph comes from"
    title: str
    author: str
    url: str
    licence: str # a key of `LICENCES`
    changes: str = REDUCED # what was done to it, apart from tiles and saving as JPEG


LICENCES = {'CC BY 4.0': 'https://creativecommons.org/licenses/by/4.0/',
            'CC BY 2.0': 'https://creativecommons.org/licenses/by/2.0/',
            'CC0 1.0': 'https://creativecommons.org/publicdomain/zero/1.0/', 'public domain': '',
            'Apache 2.0': 'https://www.apache.org/licenses/LICENSE-2.0'}
SOURCES = {
    'aitzgorri_berasategi': Source('aitzgorri', 'Aitzol Berasategi, 2018', LOMIRI, 'CC BY 4.0'),
    'brick': Source('Bricks25', 'CC0Textures', 'https://cc0textures.com/view.php?tex=Bricks25', 'CC0 1.0',
                    'put in perspective, turned, ' + GREY),
    'brushes_freespace': Source('Picture 1A', 'Trevor "Freespace", 2018', LOMIRI, 'CC BY 4.0'),
    'chelsea': Source('Chelsea', 'Stefan van der Walt', SKIMAGE, 'CC0 1.0', 'none'),
    'china': Source('(no title given)', 'danielbuechele', 'https://www.flickr.com/photos/danielbuechele/6061409035/',
                    'CC BY 2.0'),
    'coffee': Source('Coffee cup', 'Rachel Michetti, courtesy of Pikolo Espresso Bar', SKIMAGE, 'CC0 1.0'),
    'fig_freespace': Source('Picture 0B', 'Trevor "Freespace", 2018', LOMIRI, 'CC BY 4.0'),
    'flower': Source('(no title given)', 'vultilion', 'https://www.flickr.com/photos/vultilion/6056698931/',
                     'CC BY 2.0'),
    'friends_berasategi': Source('friends', 'Aitzol Berasategi, 2018', LOMIRI, 'CC BY 4.0'),
    'grass': Source('Grass 01', 'linolafett', 'https://www.deviantart.com/linolafett/art/Grass-01-434853879',
                    'CC0 1.0', GREY),
    'gravel': Source('Gravel04', 'CC0Textures', 'https://cc0textures.com/view.php?tex=Gravel04', 'CC0 1.0',
                     'reduced, ' + GREY),
    'hubble_deep_field': Source('Hubble eXtreme Deep Field', 'NASA, ESA',
                                'http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/', 'public domain'),
    'life_berasategi': Source('life', 'Aitzol Berasategi, 2018', LOMIRI, 'CC BY 4.0'),
    'picos_berasategi': Source('picosdeeuropa', 'Aitzol Berasategi, 2018', LOMIRI, 'CC BY 4.0'),
    'rocket': Source('Launch of DSCOVR on Falcon 9', 'SpaceX',
                     'https://www.flickr.com/photos/spacexphotos/16511594820/', 'CC0 1.0'),
    'seeding_engelhardt': Source('seeding', 'Clemens Engelhardt, 2018', LOMIRI, 'CC0 1.0'),
    'sunset_berasategi': Source('sunset', 'Aitzol Berasategi, 2018', LOMIRI, 'CC BY 4.0'),
    'wine_mede': Source('Wine', 'Jakub Mede, 2018', LOMIRI, 'CC BY 4.0'),
}


def photo_of(file):
    "The photograph a file was cut from: NAME_00.jpg .. NAME_11.jpg are tiles of NAME"
    stem = Path(file).stem
    return stem[:-3] if stem[-3:] in ('_00', '_01', '_10', '_11') else stem


def is_open(licence):
    "May a photograph with this licence be published here? Share-alike, non-commercial and unknown licences may not"
    return bool(OPEN.match(licence))


def pack_photos(src):
    "Copy the open photographs; returns their entries for images.json"
    licences = json.loads((src/'LICENSES.json').read_text(encoding='utf-8'))
    keep = [f for f, l in sorted(licences.items()) if is_open(l) and f not in PEOPLE]
    unknown = sorted({photo_of(f) for f in keep} - set(SOURCES))
    if unknown:
        raise SystemExit(f"no entry in SOURCES for {', '.join(unknown)}: add title, author, address and licence")
    for f in keep: shutil.copyfile(src/f, ASSETS/f)
    return [dict(file=f, photo=photo_of(f), split='test' if photo_of(f) in TEST_PHOTOS else 'train',
                 licence=licences[f]) for f in keep]


def pack_emoji(src):
    "Lay the emoji out on one sheet; returns their entries for images.json"
    import pyarrow.parquet as pq
    from PIL import Image
    rows = [r for r in pq.read_table(src).to_pylist() if r['label'] in EMOJI_GROUPS]
    rows.sort(key=lambda r: r['image']['path'])
    sheet = Image.new('RGB', (COLUMNS*SIDE, -(-len(rows)//COLUMNS)*SIDE), 'white')
    for i, r in enumerate(rows):
        im = Image.open(io.BytesIO(r['image']['bytes'])).convert('RGB').resize((SIDE, SIDE), Image.Resampling.BOX)
        sheet.paste(im, (i % COLUMNS*SIDE, i//COLUMNS*SIDE))
    sheet.save(ASSETS/'emoji.png', optimize=True)
    return [dict(name=r['image']['path'].split('|')[0], group=r['label'], split='test' if i % 8 == 7 else 'train')
            for i, r in enumerate(rows)]


def pack_faces(src):
    "Lay twelve faces side by side, at their full size"
    import pyarrow.parquet as pq
    from PIL import Image
    rows = {r['image']['path'].split('|')[0]: r['image']['bytes'] for r in pq.read_table(src).to_pylist()}
    sheet = Image.new('RGB', (len(FACES)*2*SIDE, 2*SIDE), 'white')
    for i, name in enumerate(FACES): sheet.paste(Image.open(io.BytesIO(rows[name])).convert('RGB'), (i*2*SIDE, 0))
    sheet.save(ASSETS/'faces.png', optimize=True)


def attribution(photos):
    "The text of ATTRIBUTION.md: a row per photograph, and the emoji"
    files = {}
    for p in photos: files.setdefault(p['photo'], []).append(f"`{p['file']}`")
    lines = ['# Where the images come from', '',
             'Photographs: JPEG files of long side 512. Names ending in `_00`, `_01`, `_10`, `_11` are tiles cut '
             'from one photograph. All were saved',
             'anew as JPEG; the last column says what else was changed.', '',
             '| files | title | author | licence | changes |', '|---|---|---|---|---|']
    for photo, names in files.items():
        s = SOURCES[photo]
        licence = f'[{s.licence}]({LICENCES[s.licence]})' if LICENCES[s.licence] else s.licence
        changes = 'cut into tiles, ' + s.changes if len(names) > 1 else s.changes
        lines.append(f"| {', '.join(names)} | [{s.title}]({s.url}) | {s.author} | {licence} | {changes} |")
    lines += ['', 'The photographs of lomiri-wallpapers were taken from its Debian package, brick, chelsea, coffee, '
                  'grass, gravel, hubble_deep_field and rocket from',
              'scikit-image 0.26, china and flower from scikit-learn.', '',
              '`emoji.png`: [Noto Emoji](https://github.com/googlefonts/noto-emoji), copyright Google LLC, artwork '
              'under the', f"[Apache License 2.0]({LICENCES['Apache 2.0']}),",
              'from the npm package emoji-datasource-google 16.0.0; changed: reduced from 64x64 on white to 32x32 '
              'and laid out on one sheet in the order of', '`images.json`. `faces.png`: twelve of them at 64x64.', '']
    return '\n'.join(lines)


def main(argv=None):
    args = sys.argv[1:] if argv is None else argv
    if not args and 'RDDM_DATA' not in os.environ:
        raise SystemExit('give the folder of originals: python tools/pack_assets.py ORIGINALS, or set RDDM_DATA')
    src = Path(args[0] if args else os.environ['RDDM_DATA'])
    for needed in ('photos_free/LICENSES.json', 'emoji64/train.parquet'):
        if not (src/needed).exists(): raise SystemExit(f'{src} holds no {needed}')
    ASSETS.mkdir(exist_ok=True)
    photos, emoji = pack_photos(src/'photos_free'), pack_emoji(src/'emoji64'/'train.parquet')
    pack_faces(src/'emoji64'/'train.parquet')
    listed = json.dumps(dict(photos=photos, emoji=emoji), indent=0, ensure_ascii=False) + '\n'
    (ASSETS/'images.json').write_text(listed, encoding='utf-8')
    (ASSETS/'ATTRIBUTION.md').write_text(attribution(photos), encoding='utf-8')
    total = sum(f.stat().st_size for f in ASSETS.iterdir())
    print(f'{len(photos)} photo files, {len(emoji)} emoji, {total/2**20:.2f} MiB in {ASSETS.name}/')


if __name__ == '__main__': main()
