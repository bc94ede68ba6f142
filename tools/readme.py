"""Write README.md from nbs/index.ipynb, without Quarto.

    python tools/readme.py [--check]     (--check only says whether README.md is up to date)

Hidden cells are left out; a PNG output becomes a file in nbs/images/, which the README shows."""
import base64
import html
import json
import re
import sys
from generated import ROOT



def directives(src): return {m[1] for m in re.finditer(r'^#\|\s*(\w+)', src, re.M)}


def links(md):
    "Links that work from the top of the repository"
    md = re.sub(r'\]\((?!https?:|#|/|mailto:)(\.\./)?([^)]+)\)', lambda m: f"]({'' if m[1] else 'nbs/'}{m[2]})", md)
    return re.sub(r'\$\$(.+?)\$\$\s*\{#eq-[\w-]+\}', r'$$\1$$', md, flags=re.S)


def figure(data, alt, width, files):
    "A figure as a file, shown at its own width"
    path = f'nbs/images/index-{len(files) + 1}.png'
    files[path] = base64.b64decode(data)
    return f'<img src="{path}" alt="{html.escape(alt)}"' + (f' width="{width}">' if width else '>')


def output(o, files):
    "One output as markdown; figures go to `files`"
    data, meta = {k: ''.join(v) for k, v in o.get('data', {}).items()}, o.get('metadata', {}).get('image/png', {})
    tag = re.search(r'<img\b[^>]*>', data.get('text/html', ''))
    attr = lambda k: html.unescape(m[1]) if tag and (m := re.search(rf'\b{k}="([^"]*)"', tag[0])) else ''
    if 'image/png' in data:
        return figure(data['image/png'], meta.get('alt') or attr('alt'), meta.get('width') or attr('width'), files)
    if tag: return figure(attr('src').removeprefix('data:image/png;base64,'), attr('alt'), attr('width'), files)
    if 'text/markdown' in data: return data['text/markdown']
    body = ''.join(o.get('text', '')) or data.get('text/plain', '')
    return '```text\n' + body.rstrip() + '\n```' if body.strip() else ''


def render(nb):
    "(README text, {path: bytes of a figure})"
    parts, files = ['<!-- Written by tools/readme.py from nbs/index.ipynb: edit the notebook. -->'], {}
    for c in nb['cells']:
        src = ''.join(c['source'])
        if c['cell_type'] == 'markdown': parts.append(links(src))
        elif c['cell_type'] == 'code' and not directives(src) & {'hide', 'default_exp', 'export'}:
            if not re.search(r'^#\|\s*echo:\s*false', src, re.M):
                parts.append('```python\n' + re.sub(r'^#\|.*\n', '', src, flags=re.M).strip() + '\n```')
            parts += [output(o, files) for o in c.get('outputs', [])]
    return '\n\n'.join(p for p in parts if p.strip()) + '\n', files


def main():
    text, files = render(json.loads((ROOT/'nbs/index.ipynb').read_text(encoding='utf-8')))
    wanted = {'README.md': text.encode(), **files}
    stale = [p for p, b in wanted.items() if not (ROOT/p).exists() or (ROOT/p).read_bytes() != b]
    extra = [p for p in sorted((ROOT/'nbs/images').glob('index-*.png')) if str(p.relative_to(ROOT)) not in wanted]
    if '--check' in sys.argv:
        stale += [str(p.relative_to(ROOT)) for p in extra]
        print('README.md is up to date' if not stale else f"stale: {', '.join(stale)}; run python tools/readme.py")
        raise SystemExit(bool(stale))
    for p, b in wanted.items():
        (ROOT/p).parent.mkdir(exist_ok=True)
        (ROOT/p).write_bytes(b)
    for p in extra: p.unlink()
    print(f'README.md and {len(files)} figures written')


if __name__ == '__main__': main()
