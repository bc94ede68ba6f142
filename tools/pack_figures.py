"""Pack what the living figures show, from the images that ship with the package: rddm_nb/figures/figures.json, and
photos.json for the photograph that a network restores.

    python tools/pack_figures.py

Images are 64x64 RGB: 12 crops of the embedded photographs and 12 faces, with a few degraded inputs. Of their bytes,
one color plane after the other, the differences from one to the next are compressed (zlib) and written in base64.
Beside them stand the curves of `rddm_nb.atlas`."""
import base64
import json
import zlib

import numpy as np
import torch
from generated import ROOT
from rddm_nb.atlas import PROCESSES, process
from rddm_nb.degrade import degrade
from rddm_nb.images import from_uint8, to_uint8
from rddm_nb.sample_images import _read, crops

OUT, NODES = ROOT/'rddm_nb'/'figures'/'figures.json', 40
PHOTOS = dict(china='a pagoda above a lake', coffee='a cup of coffee', friends_berasategi_00='a dog at a window')
# that of the network `rain`, as the settings of a family in js/math/schedules.js
RAIN = dict(family='power', T=1000, side_res='1-x', a_res=3, side_eps='1-x', a_eps=3, bbar_T=.1)
SIDE, CROPS = 64, [13, 17, 18, 8, 20, 29, 2, 4, 9, 49, 58, 10]
NAMED = [('a flower in the rain', 0), ('a pagoda in the rain', 1), ('a fruit in the rain', 2),
         ('a mountain with holes', 3), ('an emoji with holes', 15)]


def packed(x):
    "Images as text: differences of bytes, compressed"
    steps = np.diff(to_uint8(x).flatten().numpy(), prepend=np.uint8(0))
    return base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()


def known():
    "The images every figure knows: crops of photographs first, then faces"
    photos = crops(60, SIDE, split=None, shrink=4, seed=3)[CROPS]
    return torch.cat([photos, from_uint8(torch.stack(_read('faces.png').split(SIDE, 2)))])


def inputs(x):
    "Names, each with the number of its image, and degraded images"
    g = torch.Generator().manual_seed(0)
    wet = degrade(x[:3], 'rain', g, amount=.08)
    holes = torch.cat([degrade(x[3:4], 'mask', g), degrade(x[15:16], 'mask', g)])
    return NAMED, torch.cat([wet, holes])


def curve(name):
    "A relative as a short list of places"
    r = process(name)
    s = r.schedule
    t = sorted({round(s.T*i/NODES) for i in range(NODES + 1)})
    paper, year = r.source.rsplit(' ', 1)
    return dict(name=name, abar=[round(s[i].abar, 6) for i in t], bbar=[round(s[i].bbar, 6) for i in t],
                posterior=r.posterior, eta=r.eta, source=r.source, family=r.family, year=int(year),
                paper=paper.rstrip(','))


def photographs():
    "Three photographs that the network has not learned from: their names, files and where they come from"
    index = json.loads((ROOT/'rddm_nb'/'assets'/'images.json').read_text(encoding='utf-8'))['photos']
    known = {o['file'].removesuffix('.jpg'): o for o in index if o['split'] == 'test'}
    return [dict(name=name, src=f"photos/{known[k]['file']}", credit=known[k]['licence']) for k, name in PHOTOS.items()]


def main():
    x = known()
    names, x_in = inputs(x)
    pairs = [dict(name=n, image=i) for n, i in names]
    d = dict(side=SIDE, count=len(x), faces=len(CROPS), images=packed(x), pairs=pairs, inputs=packed(x_in),
             metro=[curve(n) for n in PROCESSES])
    OUT.write_text(json.dumps(d, separators=(',', ':')) + '\n', encoding='utf-8')
    photos = dict(photos=photographs(), schedule=RAIN)
    OUT.with_name('photos.json').write_text(json.dumps(photos, indent=1) + '\n', encoding='utf-8')
    print(f'{len(x)} images, {len(x_in)} inputs, {len(d["metro"])} curves, {OUT.stat().st_size//1024} KiB')


if __name__ == '__main__': main()
