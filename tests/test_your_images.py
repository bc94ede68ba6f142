"The page for a folder of one's own runs with other images than its own"
import json
import torch
from places import ROOT

CELLS = [''.join(c['source'])
         for c in json.loads((ROOT/'nbs/24_your_images.ipynb').read_text(encoding='utf-8'))['cells']]


def test_small_images_of_several_sizes_stand_side_by_side(tmp_path):
    names, shown = {}, []
    exec(next(s for s in CELLS if s.startswith('import torch')), names)
    exec(next(s for s in CELLS if s.startswith('import io')), names)
    exec(next(s for s in CELLS if s.startswith('def write')).split('\nwork =')[0], names)
    folders = dict(inputs=tmp_path/'inputs', restored=tmp_path/'restored', yours=tmp_path)
    for folder in ('inputs', 'restored', 'test/targets'):
        names['write'](tmp_path/folder, {'a': torch.zeros(1, 3, 60, 100), 'b': torch.zeros(1, 3, 90, 50)})
    exec(next(s for s in CELLS if s.startswith('def read')),
         names | folders | dict(show_images=lambda rows, **kw: shown.append(rows)))
    assert [x.shape for x in shown[0].values()] == [(2, 3, 50, 50)]*3
