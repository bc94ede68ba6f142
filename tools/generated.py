"""Where the project is, and its pages that are made from the rest of it: as notebooks, and whether they are fresh."""
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notebook(cells, name, value):
    "Cells (kind, source) as a notebook; `value` is what its one code cell returns"
    out = []
    for i, (kind, src) in enumerate(cells):
        c = dict(cell_type=kind, id=f'{name}-{i}', metadata={}, source=src.splitlines(True))
        if kind == 'code':
            c |= dict(execution_count=None, outputs=[dict(output_type='execute_result', execution_count=None,
                                                          metadata={}, data={'text/plain': [str(value)]})])
        out.append(c)
    return dict(cells=out, metadata=dict(kernelspec=dict(display_name='python3', language='python', name='python3')),
                nbformat=4, nbformat_minor=5)


def write(path, nb):
    "Write a notebook as nbdev-clean leaves it"
    Path(path).write_text(json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + '\n', encoding='utf-8')


def fresh(path, cells):
    "Does the notebook hold these cells?"
    path = Path(path)
    return path.exists() and [''.join(c['source'])
                              for c in json.loads(path.read_text(encoding='utf-8'))['cells']] == [s for _, s in cells]
