"""Write README.md from nbs/index.ipynb, without Quarto, and README.LANGUAGE.md from its translations in i18n/.

    python tools/readme.py [--check]     (--check only says whether they are up to date)

Hidden cells are left out; a PNG output becomes a file in nbs/images/, which the README shows."""
import base64
import html
import json
import re
import sys
from generated import ROOT
from languages import at_home
from translate import languages, said

FILES = dict(en='README.md') | {k: f'README.{k}.md' for k in languages()} # language -> its file

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


def output(o, files, words):
    "One output as markdown; figures go to `files`"
    data, meta = {k: ''.join(v) for k, v in o.get('data', {}).items()}, o.get('metadata', {}).get('image/png', {})
    tag = re.search(r'<img\b[^>]*>', data.get('text/html', ''))
    attr = lambda k: html.unescape(m[1]) if tag and (m := re.search(rf'\b{k}="([^"]*)"', tag[0])) else ''
    alt = meta.get('alt') or attr('alt')
    if 'image/png' in data:
        return figure(data['image/png'], words.get(alt, alt), meta.get('width') or attr('width'), files)
    if tag: return figure(attr('src').removeprefix('data:image/png;base64,'), words.get(alt, alt), attr('width'), files)
    if 'text/markdown' in data: return data['text/markdown']
    body = ''.join(o.get('text', '')) or data.get('text/plain', '')
    return '```text\n' + body.rstrip() + '\n```' if body.strip() else ''


def others(language):
    "Links to the README in the other languages"
    names = dict(en='English') | {k: v['name'] for k, v in languages().items()}
    return ' · '.join(f'[{names[k]}]({file})' for k, file in FILES.items() if k != language)


def render(nb, language='en'):
    "(README text in a language, {path: bytes of a figure})"
    words = {} if language == 'en' else said(language, 'index')
    parts = ['<!-- Written by tools/readme.py from nbs/index.ipynb: edit the notebook. -->', others(language)]
    files = {}
    for c in nb['cells']:
        src = ''.join(c['source'])
        if c['cell_type'] == 'markdown': parts.append(at_home(links(words.get(src, src)), language))
        elif c['cell_type'] == 'code' and not directives(src) & {'hide', 'default_exp', 'export'}:
            if not re.search(r'^#\|\s*echo:\s*false', src, re.M):
                parts.append('```python\n' + re.sub(r'^#\|.*\n', '', src, flags=re.M).strip() + '\n```')
            parts += [output(o, files, words) for o in c.get('outputs', [])]
    return '\n\n'.join(p for p in parts if p.strip()) + '\n', files


def main():
    nb, wanted = json.loads((ROOT/'nbs/index.ipynb').read_text(encoding='utf-8')), {}
    for language, file in FILES.items():
        text, files = render(nb, language)
        wanted |= {file: text.encode(), **files}
    stale = [p for p, b in wanted.items() if not (ROOT/p).exists() or (ROOT/p).read_bytes() != b]
    shown = {p.relative_to(ROOT).as_posix(): p for p in sorted((ROOT/'nbs/images').glob('index-*.png'))}
    extra = [name for name in shown if name not in wanted]
    if '--check' in sys.argv:
        stale += extra
        print('the README is up to date' if not stale else f"stale: {', '.join(stale)}; run python tools/readme.py")
        raise SystemExit(bool(stale))
    for p, b in wanted.items():
        (ROOT/p).parent.mkdir(exist_ok=True)
        (ROOT/p).write_bytes(b)
    for name in extra: shown[name].unlink()
    print(f"{', '.join(FILES.values())} and {len(files)} figures written")


if __name__ == '__main__': main()
