"Used when the documentation is built (`doc_procs` in pyproject.toml): pictures get their alternative text and size"
import html


def alt_text(cell):
    "A PNG output that carries `alt` in its metadata becomes an <img> element with it"
    for o in cell.get('outputs', []):
        data, meta = o.get('data', {}), o.get('metadata', {}).get('image/png', {})
        if 'image/png' in data and 'alt' in meta:
            png = ''.join(data.pop('image/png')).replace('\n', '')
            data.pop('text/plain', None)
            data['text/html'] = f'<img alt="{html.escape(meta["alt"])}" width="{meta.get("width", "")}" style="max-width:100%;height:auto" src="data:image/png;base64,{png}">'
