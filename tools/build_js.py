"""Join the sources of the figures, js/, into the modules that ship in rddm_nb/figures/: rddm.js, and for the
photograph photo.js and photo_worker.js.

    python tools/build_js.py           write them
    python tools/build_js.py --check   exit with 1 if they are not what the sources make

The sources are modules that import each other by name; what is joined is what an entry (js/main.js for rddm.js)
needs, each part after those it imports. Imports, the word `export` inside the parts, lines that are comments only,
blank lines, indentation, space around signs and the word `const` of a declaration after another are left out, and
what only the module itself calls by name gets a short one.
`import * as figures` of a file of re-exports becomes an object, so such a file is a registry: a line each."""
import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from generated import ROOT

SOURCES, BUILT = ROOT/'js', ROOT/'rddm_nb'/'figures'
ENTRIES = {'main.js': 'rddm.js', 'photo.js': 'photo.js', 'photo_worker.js': 'photo_worker.js'}
HEADER = '// Made from js/ by tools/build_js.py, not to be edited.\n'
IMPORT = re.compile(r"^import (?:\{([^}]*)\}|\* as (\w+)) from '([^']+)';\n", re.M)
REEXPORT = re.compile(r"^export \{([^}]*)\} from '([^']+)';\n", re.M)
EXPORTED = re.compile(r'^export (?:const|let|class|function) (\w+)', re.M)
DECLARED = re.compile(r'^(?:export )?(?:const|let|class|function) (?:(\w+)|[\[{]([^\]}]*)[\]}])', re.M)
FACE = re.compile(r'^export (?:default |\{)', re.M)  # what the joined module exports; only the entry has it
LEFT_OUT = re.compile(r'^\s*(?://.*)?\n|^[ \t]+', re.M)
WORDS = r"'(?:[^'\\\n]|\\.)*'"
PLUS = r"\s*\+\s*"
QUOTED = rf'{WORDS}(?:{PLUS}{WORDS})*|`(?:[^`\\]|\\.)*`'
SIGN = r'=>|!==|[=,{(:?&|]+'
LOOSE = re.compile(rf'({QUOTED})|[ \t]*//[^\n]*|[,;]?\s*(}})[ \t]*|,?\s*([)\]])[ \t]*|\s*({SIGN})\s*|;(\n)(?=\w)'
                   r'|(?<=[\w)\]\x27`]) ?([-+*]=?) (?=[\w(\[.\x27`])|[ \t]*([;<>])[ \t]*|[ \t]+(\[)')
STATEMENT = re.compile(r'( *)(?:(const|let) |([})\]`])|(?!//)\S)')  # its depth, its keyword, or what ends a longer one
ENDED = re.compile(r';(?=\s*(?://.*)?$)')
STYLE = re.compile(r'\s*([{};,])\s*|(?<=:) ')  # in a style sheet, a quotation of several lines


class BuildError(ValueError):
    "The sources do not fit together"


def listed(names):
    "The names in braces, as pairs (name there, name here)"
    pairs = [name.split(' as ') for name in re.split(r'\s*,\s*', names.strip()) if name]
    return [(pair[0], pair[-1]) for pair in pairs]


@dataclass
class Part:
    "One source: its text, what it imports and what others may import from it"
    name: str  # relative to the folder of the sources
    text: str
    imports: list  # of ([(name there, name here), ...], '', file), for `* as space` of ([], space, file)
    reexports: list  # of (name there, name here, file)

    @property
    def needs(self): return [file for *_, file in self.imports + self.reexports]

    @property
    def exports(self): return EXPORTED.findall(self.text)

    @property
    def declared(self):
        found = [name or inner for name, inner in DECLARED.findall(self.text)]
        names = [name for names in found for name in re.split(r'\s*,\s*', names)]
        return names + [space for _, space, _ in self.imports if space]


def resolve(folder, name, target):
    "The file that a source means, relative to the folder"
    if not target.startswith('.'):
        raise BuildError(f"{name} imports '{target}': the module has no dependencies, import a file of js/")
    path = os.path.relpath((folder/name).parent/target, folder)
    if not (folder/path).is_file(): raise BuildError(f"{name} imports '{target}', which does not exist")
    return path.replace(os.sep, '/')


def read(folder, name):
    "A source as a `Part`"
    text = (folder/name).read_text(encoding='utf-8')
    imports = [(listed(names), space, resolve(folder, name, file))
               for names, space, file in IMPORT.findall(text)]
    reexports = [(there, here, resolve(folder, name, file))
                 for names, file in REEXPORT.findall(text) for there, here in listed(names)]
    return Part(name, text, imports, reexports)


def collect(folder, name='main.js', parts=None, open_=()):
    "All sources that one needs, each after those it imports itself"
    parts = {} if parts is None else parts
    if name in open_: raise BuildError(f"imports go round in a circle: {' > '.join([*open_, name])}")
    if name in parts: return parts
    part = read(folder, name)
    for need in part.needs: collect(folder, need, parts, (*open_, name))
    parts[name] = part
    return parts


def check_names(parts):
    "Refuse a name that would mean two things in one module"
    owners = {}
    for part in parts.values():
        for name in part.declared:
            if name in owners: raise BuildError(f'{name} is declared in {owners[name]} and {part.name}: rename one')
            owners[name] = part.name


def check_imports(part, parts):
    "Refuse names that are not there, other names for them than their own, and `* as` of what is no registry"
    imported = [(there, here, file) for names, _, file in part.imports for there, here in names]
    for name, _, file in imported + part.reexports:
        if name not in parts[file].exports: raise BuildError(f'{part.name} imports {name}: {file} does not export it')
    for _, space, file in part.imports:
        if space and not parts[file].reexports: raise BuildError(f'{part.name} imports * of {file}: it is no registry')
    for there, here, _ in imported:
        if there != here: raise BuildError(f'{part.name} imports {there} as {here}: in one module a thing has one name')


def check_used(folder, parts):
    "Refuse sources that would be left out"
    unused = sorted({p.relative_to(folder).as_posix() for p in folder.rglob('*.js')} - set(parts))
    if unused: raise BuildError(f"nothing imports {', '.join(unused)}: a figure needs its line in figures/index.js")


def together(text):
    "Declarations that follow each other as one: `const a = 1;` and `const b = 2;` as `const a = 1, b = 2;`"
    lines, words, last = text.split('\n'), {}, 0
    for i, line in enumerate(lines):
        if not (found := STATEMENT.match(line)): continue
        depth, word = len(found[1]), found[2]
        same = word and words.get(depth) == word and ENDED.search(lines[last])
        if same: lines[last], lines[i] = ENDED.sub(',', lines[last]), line[found.end():]
        words = {d: w for d, w in words.items() if d <= depth} | ({} if found[3] else {depth: word})
        last = i
    return '\n'.join(lines)


def tight(match):
    "What is quoted as it is, but in one piece; a sign without the space around it, a comment not at all"
    quoted = match[1]
    if not quoted: return next((sign for sign in match.groups() if sign), '')
    if quoted[0] == "'": return "'" + ''.join(words[1:-1] for words in re.findall(WORDS, quoted)) + "'"
    return STYLE.sub(lambda m: m[1] or '', quoted) if '\n' in quoted else quoted


def body(part, parts):
    "The text of a part for the joined module"
    def registry(match):
        if not match[2]: return ''
        file = next(file for _, space, file in part.imports if space == match[2])
        entries = [here if there == here else f'{here}: {there}' for there, here, _ in parts[file].reexports]
        return f"const {match[2]} = {{{', '.join(entries)}}};\n"
    text = REEXPORT.sub('', IMPORT.sub(registry, part.text))
    text = re.sub(r'^export (?=const|let|class|function)', '', text, flags=re.M)
    wrong = re.search(r'^(?:import|export)\b.*', text if part.name not in ENTRIES else FACE.sub('', text), re.M)
    if wrong: raise BuildError(f"{part.name}: cannot join '{wrong[0]}'")
    return LEFT_OUT.sub('', LOOSE.sub(tight, LEFT_OUT.sub('', together(text))))


def stands_alone(name, code):
    "Is a name never a key, a property, an entry of a list or of braces, so that another may stand for it?"
    word = rf'(?<![\w$]){name}(?![\w$])'
    return not re.search(rf'(?<!\.\.)\.{word}|{word}:|[{{,]{word}[,}}]', code)


def shortened(text, names):
    "Long names of the module's own get short ones, where no quotation holds them and they stand alone"
    pieces = re.split(f'({QUOTED})', text)
    code, quoted = '\n'.join(pieces[::2]), '\n'.join(pieces[1::2])
    long = [n for n in names if len(n) > 4 and n not in quoted and stands_alone(n, code)]
    short = {name: f'${i}' for i, name in enumerate(sorted(long))}
    word = re.compile(rf"(?<![\w$])(?:{'|'.join(short)})(?![\w$])")
    return ''.join(p if i % 2 or not short else word.sub(lambda m: short[m[0]], p) for i, p in enumerate(pieces))


def built(folder=SOURCES, entry='main.js'):
    "The text of the joined module"
    parts = collect(Path(folder), entry)
    check_names(parts)
    for part in parts.values(): check_imports(part, parts)
    check_used(Path(folder), [name for e in ENTRIES for name in collect(Path(folder), e)])
    text = ''.join(body(part, parts) for part in parts.values())
    return HEADER + shortened(text, {name for part in parts.values() for name in part.declared if name.isidentifier()})


def write(path, text):
    "Write a file whole or not at all"
    partial = path.with_name(path.name + '.tmp')
    partial.write_text(text, encoding='utf-8')
    os.replace(partial, path)


def main(args=None):
    parser = argparse.ArgumentParser(description='Join js/ into the modules of rddm_nb/figures/')
    parser.add_argument('--check', action='store_true', help='write nothing; exit with 1 if the file is not fresh')
    check, stale = parser.parse_args(args).check, False
    for entry, name in ENTRIES.items():
        text, path = built(entry=entry), BUILT/name
        fresh = path.exists() and path.read_text(encoding='utf-8') == text
        stale |= check and not fresh
        if check and not fresh: print(f'{name} is not what js/ makes: python tools/build_js.py writes it')
        if not check: write(path, text)
        if not check: print(f'{name}: {len(text.encode())} bytes')
    return 1 if stale else 0


if __name__ == '__main__': sys.exit(main())
