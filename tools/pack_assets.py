"""Pack the pictures that ship with the package, from a folder of originals.

    python tools/pack_assets.py ORIGINALS        (default: the environment variable RDDM_DATA)

ORIGINALS holds `photos_free/` (JPEG files and LICENSES.json) and `emoji64/train.parquet`. Only photographs in the public domain, CC0 or CC BY
are taken; share-alike licences and pictures of people are left out. The JPEG bytes are copied unchanged; the emoji are reduced to 32x32."""
import io
import json
import os
import shutil
import sys
from pathlib import Path

ASSETS = Path(__file__).parents[1]/'rddm_nb'/'assets'
PEOPLE = {'astronaut.jpg'}
TEST_PHOTOS = {'china', 'coffee', 'friends_berasategi', 'seeding_engelhardt', 'wine_mede'}
EMOJI_GROUPS = ('Smileys & Emotion', 'Animals & Nature', 'Food & Drink')
SIDE, COLUMNS = 32, 32


def photo_of(file):
    "The photograph a file was cut from: NAME_00.jpg .. NAME_11.jpg are tiles of NAME"
    stem = Path(file).stem
    return stem[:-3] if stem[-3:] in ('_00', '_01', '_10', '_11') else stem


def pack_photos(src):
    licences = json.loads((src/'LICENSES.json').read_text())
    keep = [f for f, l in sorted(licences.items()) if 'BY-SA' not in l and f not in PEOPLE]
    for f in keep: shutil.copyfile(src/f, ASSETS/f)
    return [dict(file=f, photo=photo_of(f), split='test' if photo_of(f) in TEST_PHOTOS else 'train', licence=licences[f]) for f in keep]


def pack_emoji(src):
    import pyarrow.parquet as pq
    from PIL import Image
    rows = [r for r in pq.read_table(src).to_pylist() if r['label'] in EMOJI_GROUPS]
    rows.sort(key=lambda r: r['image']['path'])
    sheet = Image.new('RGB', (COLUMNS*SIDE, -(-len(rows)//COLUMNS)*SIDE), 'white')
    for i, r in enumerate(rows):
        im = Image.open(io.BytesIO(r['image']['bytes'])).convert('RGB').resize((SIDE, SIDE), Image.Resampling.BOX)
        sheet.paste(im, (i % COLUMNS*SIDE, i//COLUMNS*SIDE))
    sheet.save(ASSETS/'emoji.png', optimize=True)
    return [dict(name=r['image']['path'].split('|')[0], group=r['label'], split='test' if i % 8 == 7 else 'train') for i, r in enumerate(rows)]


def attribution(photos):
    lines = ['# Where the pictures come from', '', 'Photographs: JPEG files of long side 512, unchanged except for the reduction to that size and the cutting into tiles',
             '(names ending in `_00`, `_01`, `_10`, `_11` are tiles of one photograph).', '', '| file | licence, author, source |', '|---|---|']
    lines += [f"| `{p['file']}` | {p['licence']} |" for p in photos]
    lines += ['', '`emoji.png`: Noto Emoji, copyright Google LLC, artwork under the Apache License 2.0, from the npm package emoji-datasource-google 16.0.0;',
              'reduced from 64x64 on white to 32x32 and laid out on one sheet in the order of `pictures.json`.', '',
              'Licence texts: CC BY 4.0 <https://creativecommons.org/licenses/by/4.0/>, CC BY 2.0 <https://creativecommons.org/licenses/by/2.0/>,',
              'CC0 1.0 <https://creativecommons.org/publicdomain/zero/1.0/>, Apache 2.0 <https://www.apache.org/licenses/LICENSE-2.0>.', '']
    return '\n'.join(lines)


def main():
    src = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ['RDDM_DATA'])
    ASSETS.mkdir(exist_ok=True)
    photos, emoji = pack_photos(src/'photos_free'), pack_emoji(src/'emoji64'/'train.parquet')
    (ASSETS/'pictures.json').write_text(json.dumps(dict(photos=photos, emoji=emoji), indent=0, ensure_ascii=False) + '\n')
    (ASSETS/'ATTRIBUTION.md').write_text(attribution(photos))
    total = sum(f.stat().st_size for f in ASSETS.iterdir())
    print(f'{len(photos)} photo files, {len(emoji)} emoji, {total/2**20:.2f} MiB in {ASSETS.name}/')


if __name__ == '__main__': main()
