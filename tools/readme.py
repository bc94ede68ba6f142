"""Write README.md from nbs/index.ipynb, without Quarto.

    python tools/readme.py [--check]     (--check only says whether README.md is up to date)

Hidden cells are left out; a PNG output becomes a file in nbs/images/, which the README shows."""
import base64
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def directives(src): return {m[1] for m in re.finditer(r'^#\|\s*(\w+)', src, re.M)}


def links(md):
    "Links that work from the top of the repository"
    md = re.sub(r'\]\((?!https?:|#|/|mailto:)(\.\./)?([^)]+)\)', lambda m: f"]({'' if m[1] else 'nbs/'}{m[2]})", md)
    return re.sub(r'\$\$(.+?)\$\$\s*\{#eq-[\w-]+\}', r'$$\1$$', md, flags=re.S)


def output(o, name, files):
    "One output as markdown; pictures go to `files`"
    data = o.get('data', {})
    if 'image/png' in data:
        path = f'nbs/images/{name}.png'
        files[path] = base64.b64decode(''.join(data['image/png']))
        alt = re.search(r'alt="([^"]*)"', ''.join(data.get('text/html', '')))
        return f"![{alt[1] if alt else name}]({path})"
    if 'text/html' in data:
        m = re.search(r'src="data:image/png;base64,([^"]+)"', ''.join(data['text/html']))
        return output({'data': {'image/png': m[1], 'text/html': data['text/html']}}, name, files) if m else ''
    if 'text/markdown' in data: return ''.join(data['text/markdown'])
    body = ''.join(o.get('text') or data.get('text/plain', '')).rstrip()
    return '\n'.join('    ' + l for l in body.splitlines())


def render(nb):
    "(README text, {path: bytes of a picture})"
    parts, files = ['<!-- Written by tools/readme.py from nbs/index.ipynb: edit the notebook. -->'], {}
    for i, c in enumerate(nb['cells']):
        src = ''.join(c['source'])
        if c['cell_type'] == 'markdown': parts.append(links(src))
        elif c['cell_type'] == 'code' and not directives(src) & {'hide', 'default_exp', 'export'}:
            if 'echo' not in directives(src): parts.append('```python\n' + src.strip() + '\n```')
            parts += [output(o, f"index-{c['id']}", files) for o in c.get('outputs', [])]
    return '\n\n'.join(p for p in parts if p.strip()) + '\n', files


def main():
    text, files = render(json.loads((ROOT/'nbs/index.ipynb').read_text()))
    wanted = {'README.md': text.encode(), **files}
    stale = [p for p, b in wanted.items() if not (ROOT/p).exists() or (ROOT/p).read_bytes() != b]
    if '--check' in sys.argv:
        print('README.md is up to date' if not stale else f"stale: {', '.join(stale)}; run python tools/readme.py")
        raise SystemExit(bool(stale))
    for p, b in wanted.items():
        (ROOT/p).parent.mkdir(exist_ok=True); (ROOT/p).write_bytes(b)
    print(f"README.md and {len(files)} pictures written")


if __name__ == '__main__': main()
