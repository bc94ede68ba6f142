"References name the pages that name a method, and the notation has every symbol that a page explains"
import re

import bars
import pytest
from test_appendix import markdown, tables

LESSONS = {p.stem: markdown(p.stem) for p in bars.lessons()}
NO_NAMES = {'CVPR 2024', 'NeurIPS 2024', 'its code'}


def short_names(title):
    "What a paper is called elsewhere: an abbreviation in brackets, or what stands before the colon"
    title = re.sub(r', \d{4}.*', '', re.match(r'\[(.*?)\]\(', title)[1])
    found = [title.split(':')[0], *re.findall(r'\(([A-Z][^)]*)\)', title)]
    return {w.strip() for v in found for w in v.split(',') if len(w) < 16} - NO_NAMES


def naming(names):
    "Lessons that name a method, at the start of a sentence or within"
    either = [rf'(?<![\w-])[{n[0].upper()}{n[0].lower()}]{re.escape(n[1:])}(?![\w-])' for n in sorted(names)]
    return {stem for stem, md in LESSONS.items() if names and re.search('|'.join(either), md)}


def listed(where): return {stem for stem in re.findall(r'\]\((\w+)\.ipynb', where) if stem in LESSONS}


ROWS = [r[1:] for r in tables(markdown('references')) if not re.search('most pages|everywhere', r[2])]


@pytest.mark.parametrize('title, where', ROWS, ids=range(len(ROWS)))
def test_a_reference_lists_the_lessons_that_name_it(title, where):
    assert naming(short_names(title)) - listed(where) == set(), title


def test_names_are_found():
    assert short_names('[Elucidating the design space (EDM), 2022](x)') == {'EDM'}
    assert short_names('[ISTD: shadows (ST-CGAN), 2018](x)') == {'ISTD', 'ST-CGAN'}
    assert '18_map' in naming({'IR-SDE'}) and naming({'no such method'}) == naming(set()) == set()
    assert listed('[04](04_reverse.ipynb), [results](results.ipynb)') == {'04_reverse'}


def symbols(cell):
    "Symbols of a cell of a table, without the index of their time and without squares"
    for group in re.findall(r'\$(.*?)\$', cell):
        group = re.split(r'=|\\in\b', re.sub(r'\\[,;!]', '', group))[0]
        for s in re.split(r',|<|\\to\b', re.sub(r'^\((.*)\)$', r'\1', group.strip())):
            yield re.sub(r'_[tsT]\b|\^2', '', s.strip()).replace(' ', '')


NOTED = {s for r in tables(markdown('notation')) for s in symbols(r[0])}


@pytest.mark.parametrize('stem', LESSONS)
def test_the_notation_has_every_symbol_of_the_lessons_tables(stem):
    rows = [r for r in tables(LESSONS[stem]) if len(r) == 3 and re.match(r'\$.*\$$', r[0]) and '](' not in r[1]]
    assert {s for r in rows for s in symbols(r[0])} - NOTED == set()
