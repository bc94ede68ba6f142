"""Used when the documentation is built (`doc_procs` in pyproject.toml): figures get their alternative text and size,
and those that stand for a living figure come to life"""
import html
import json


def living(figure, img):
    "The element that the JavaScript module brings to life; where it does not run, the figure inside is shown"
    state = html.escape(json.dumps(figure['state']))
    element = f'<rddm-figure kind="{figure["kind"]}" state="{state}">{img}</rddm-figure>'
    module = 'photo.js' if figure['kind'] == 'photo' else 'rddm.js'
    return f'{element}\n<script type="module" src="figures/{module}"></script>'


def alt_text(cell):
    "A PNG output that carries `alt` in its metadata becomes an <img> element with it"
    for o in cell.get('outputs', []):
        data, meta = o.get('data', {}), o.get('metadata', {}).get('image/png', {})
        if 'image/png' in data and 'alt' in meta:
            png = ''.join(data.pop('image/png')).replace('\n', '')
            data.pop('text/plain', None)
            img = (f'<img alt="{html.escape(meta["alt"])}" width="{meta.get("width", "")}" '
                   f'style="max-width:100%;height:auto" src="data:image/png;base64,{png}">')
            data['text/html'] = living(meta['figure'], img) if 'figure' in meta else img


def show_doc_renderer(sym, **options):
    "What `show_doc` shows of a name, the underscores of a special method kept"
    from nbdev.showdoc import BasicMarkdownRenderer
    doc = BasicMarkdownRenderer(sym, **options)
    doc.nm = doc.nm.replace('__', r'\_\_')
    return doc
