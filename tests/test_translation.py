"""Translations: complete where they are said to be, equal to their source in all that is not words, never lost; and
the pages made from them are the English ones but for the words."""
import copy
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

polib = pytest.importorskip('polib')
import docs
import languages
import readme
import translate
from places import NOTEBOOKS, ROOT

COMPLETE = [(k, p) for k, v in translate.languages().items() for p in ('site', *v['complete'])]
SOURCE = '''## One step {#step}

Of **500 images** the residual, $I_{in}$, is 2.5 dB, see [the map](18_map.ipynb) and @eq-a.

$$ a = b $$ {#eq-a}

| symbol | `code` |
|---|---|
| $a$ | `abar` |

<details><summary>Hint</summary>Look at the input.</details>'''
SAID = '''## 一步 {#step}

**500 张图像**的残差 $I_{in}$ 是 2.5 dB，见[地图](18_map.ipynb)和 @eq-a。

$$ a = b $$ {#eq-a}

| 符号 | `code` |
|---|---|
| $a$ | `abar` |

<details><summary>提示</summary>看输入。</details>'''
TERMS = {'residual': ['残差'], 'input': ['输入']}
# what goes wrong in a translation: the complaint, what is replaced, and by what
FAULTS = [('equations', '$I_{in}$', '$I_0$'), ('equations', 'a = b', 'a = -b'), ('code', '`abar`', '`bbar`'),
          ('links', '18_map.ipynb', '18_map.html'), ('labels', '@eq-a', '@eq-b'), ('labels', '{#eq-a}', ''),
          ('headings', '## 一步', '### 一步'), ('tags', '<summary>', '<b>'), ('layout', '| $a$ | `abar` |\n', ''),
          ('layout', '\n**500', '\n- **500'), ('numbers', '500', '5000'), ('numbers', '2.5', '2.6'),
          ('numbers', '看输入', '看 17 次输入'), ('terms', '残差', '剩余'), ('terms', '看输入', '看'),
          ('emphasis', '**500 张图像**', '**500 张图像：**'), ('untranslated', SAID, SOURCE)]


@pytest.mark.parametrize('language, page', COMPLETE, ids=str)
def test_nothing_is_missing_stale_or_different(language, page):
    assert translate.check(language, page) == []


def test_the_pages_that_a_reader_meets_first_are_complete():
    part_one = {p.stem for p in NOTEBOOKS if re.match('0[0-7]_', p.stem)}
    first = part_one | {'11_score', '12_curves', 'index', 'questions', 'glossary', 'cheatsheet', 'results'}
    assert len(part_one) == 8 and first <= {*translate.languages()['zh']['complete']}


def test_a_good_translation_passes():
    assert list(translate.differs(SOURCE, SAID, TERMS)) == []
    assert list(translate.differs('three steps', '3 步', {})) == []


def test_a_number_may_be_written_as_the_language_does():
    assert translate.lost_numbers('.5 dB and 1,000 steps', '0.5 dB，1000 步') == []
    assert translate.lost_numbers('.5 dB', '5 dB') == ['0.5']
    assert translate.lost_numbers('5 dB', '.5 dB') == ['0.5', '5']


@pytest.mark.parametrize('complaint, what, instead', FAULTS)
def test_a_fault_is_found(complaint, what, instead):
    assert what in SAID
    found = list(translate.differs(SOURCE, SAID.replace(what, instead), TERMS))
    assert complaint in [f.split(':')[0] for f in found]


def test_the_longest_term_counts():
    terms = {'noise': ['噪声'], 'noise level': ['水平']}
    assert translate.lost_terms('two noise levels', '两个水平', terms) == []
    assert translate.lost_terms('two noise levels, noise', '两个水平', terms) == ['noise (噪声)']
    assert translate.lost_terms('`noise` and $noise$, noiseless', '', terms) == []


def test_terms_come_from_the_glossary():
    terms = translate.terms('zh')
    assert terms['forward process'] == ['前向过程'] and terms['residual diffusion'] == ['残差扩散'] and len(terms) > 60


LONG = 'A sentence of a page that is long enough to be known again'


def texts(*sources): return [translate.Text('text', s) for s in sources]


def filled(*sources):
    "A file in which each text has a translation"
    po = translate.update(polib.POFile(), texts(*sources))
    for e in po: e.msgstr = f'said: {e.msgid}'
    return po


def test_an_edited_text_keeps_its_translation_and_is_stale():
    po = translate.update(filled(LONG, 'Other'), texts('Other', LONG + ', with more'))
    assert [(e.msgid, e.msgstr, e.fuzzy) for e in po] == [('Other', 'said: Other', False),
                                                         (LONG + ', with more', f'said: {LONG}', True)]
    assert po[1].previous_msgid == LONG
    assert translate.state({e.msgid: e for e in po}, po[1].msgid) == 'stale'


def test_a_text_that_is_gone_and_back_keeps_its_translation():
    po = translate.update(filled('One', 'Two'), texts('One'))
    assert [(e.msgid, e.obsolete) for e in po] == [('One', False), ('Two', True)]
    po = translate.update(po, texts('Two', 'One'))
    assert [(e.msgid, e.msgstr, e.obsolete) for e in po] == [('Two', 'said: Two', False), ('One', 'said: One', False)]


@given(st.lists(st.text('abc ', min_size=1, max_size=40), unique=True, max_size=6),
       st.lists(st.text('abc ', min_size=1, max_size=40), unique=True, max_size=6))
def test_no_translation_is_lost(before, after):
    po = translate.update(filled(*before), texts(*after))
    assert sorted(e.msgstr for e in po if e.msgstr) == sorted(f'said: {s}' for s in before)
    assert [e.msgid for e in po if not e.obsolete] == after


@given(st.text(st.characters(exclude_categories=['Cs', 'Cc'], include_characters='\n\t\\"$'), min_size=1))
def test_any_text_goes_into_a_file_and_comes_back(source):
    po = polib.pofile(str(filled(source)), wrapwidth=0)
    assert [(e.msgid, e.msgstr) for e in po] == [(source, f'said: {source}')]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    "A folder of one language, in the place of i18n"
    monkeypatch.setattr(translate, 'FOLDER', tmp_path)
    for name in ('languages.toml', 'shared.json'): (tmp_path/name).write_bytes((ROOT/'i18n'/name).read_bytes())
    return tmp_path


def test_extract_writes_what_check_then_misses(folder):
    n = translate.extract('zh', '00_why')
    missing = translate.check('zh', '00_why')
    assert n > 20 and len(missing) == n and all(': missing: ' in f for f in missing)
    once = (folder/'zh/00_why.po').read_bytes()
    translate.extract('zh', '00_why')
    assert (folder/'zh/00_why.po').read_bytes() == once and b'\r' not in once and len([*(folder/'zh').iterdir()]) == 1


def test_a_translation_of_a_text_that_the_page_has_not_is_found(folder):
    translate.extract('zh', '00_why')
    po = translate.load('zh', '00_why')
    po.append(polib.POEntry(msgid='Not there', msgstr='没有', comment='text'))
    po.append(polib.POEntry(msgid='Not run', msgstr='没有', comment='cell'))
    po.save(str(translate.path('zh', '00_why')))
    gone = [f for f in translate.check('zh', '00_why') if 'no such text' in f]
    assert len(gone) == 1 and 'Not there' in gone[0], 'what a run writes may wait for it'


def test_every_text_of_a_page_is_one_for_translators():
    page = translate.texts('01_forward')
    nb = translate.notebook('01_forward')
    words = [''.join(c['source']) for c in nb['cells'] if c['cell_type'] == 'markdown']
    assert [t.source for t in page if t.kind == 'text'] == [w for w in words if re.search('[A-Za-z]{2}', w)]
    assert {t.kind for t in page} == {'text', 'figure'}
    html = {'data': {'text/html': ['<p><img alt="a &quot;cat&quot;">', '<img alt=""></p>']}}
    dog = {'metadata': {'image/png': {'alt': 'a dog'}}}
    assert translate.descriptions({'outputs': [html, dog]}) == ['a dog', 'a "cat"']
    rows = ['| set | PSNR |\n', '|---|---|\n', '| shadow | 12.5 |\n', '| a15eecd | 8 of 9 |']
    table = {'data': {'text/markdown': rows}}
    assert translate.written({'outputs': [table, {}]}) == ['set', 'shadow', '8 of 9']
    assert {'How it is checked', 'I: RDDM in two evenings', 'Search', 'clean'} <= {t.source for t in translate.shared()}


def staged(page):
    "What nbdev makes of a page, as far as languages touch it"
    nb = copy.deepcopy(translate.notebook(page))
    first = next(c for c in nb['cells'] if c['cell_type'] == 'markdown')
    front = dict(cell_type='raw', metadata={}, source=f'---\ntitle: x\noutput-file: {page[3:]}.html\n---\n')
    nb['cells'] = [front, *(c for c in nb['cells'] if c is not first)]
    return nb


@pytest.mark.parametrize('page', ['01_forward', '04_reverse'])
def test_code_and_outputs_stay_what_they_are(page):
    before, after = staged(page), staged(page)
    languages.translate(after, page, translate.said('zh', page), lambda s: s)
    code = [[c for c in nb['cells'] if c['cell_type'] == 'code'] for nb in (before, after)]
    def bare(c): return re.sub('code-summary:.*', '', ''.join(c['source']))
    def kept(c): return [o for o in c['outputs'] if not {'text/html', 'text/markdown'} & {*o.get('data', {})}]
    assert [bare(c) for c in code[0]] == [bare(c) for c in code[1]]
    assert [kept(c) for c in code[0]] == [kept(c) for c in code[1]]
    assert len(after['cells']) == len(before['cells']), 'a complete page has no note'


def test_figures_are_described_in_the_language():
    data = {'text/html': '<p title="a cat"><img alt="a &quot;cat&quot;"><img alt="dog"></p>', 'image/png': 'x'}
    languages.output(data, {'a "cat"': '"猫"', 'a cat': '猫'})
    assert data == {'text/html': '<p title="a cat"><img alt="&quot;猫&quot;"><img alt="dog"></p>', 'image/png': 'x'}


@pytest.mark.parametrize('page', [p for k, p in COMPLETE if k == 'zh' and p != 'site'])
def test_no_figure_of_a_complete_page_is_described_in_english(page):
    nb = staged(page)
    languages.translate(nb, page, translate.said('zh', page), lambda s: s)
    html = ''.join(''.join(o.get('data', {}).get('text/html', '')) for c in nb['cells'] for o in c.get('outputs', []))
    assert [alt for alt in re.findall(r'\balt="([^"]+)"', html) if not re.search('[\u4e00-\u9fff]', alt)] == []


def test_a_page_without_translation_says_so():
    nb = staged('10_exact')
    languages.translate(nb, '10_exact', translate.said('zh', '10_exact'), lambda s: s)
    assert '英文' in nb['cells'][1]['source'] and 'callout-note' in nb['cells'][1]['source']
    assert ''.join(nb['cells'][2]['source']) == ''.join(staged('10_exact')['cells'][1]['source'])


def test_tables_that_code_has_written_change_their_words_only():
    md = '| set | input, dB |\n|---|---|\n| shadow | 12.5 |\n| set point | set |'
    assert languages.table(md, {'set': '集', 'shadow': '阴影'}) == ('| 集 | input, dB |\n|---|---|\n| 阴影 | 12.5 |\n'
                                                                '| set point | 集 |')


def test_headings_keep_their_names():
    seen = Counter()
    md = '## The *residual*, `res`\n\n```\n# no heading\n```\n\n### The residual, res\n\n## Own {#mine}'
    names = [languages.anchor(h, seen) for h in languages.headings(md) if '{#' not in h]
    assert names == ['the-residual-res', 'the-residual-res-1']
    assert languages.anchored('## 甲\n\n```\n# 乙\n```\n\n### 丙\n\n## 丁 {#mine}', names) == (
        '## 甲 {#the-residual-res}\n\n```\n# 乙\n```\n\n### 丙 {#the-residual-res-1}\n\n## 丁 {#mine}')


def test_pages_name_each_other():
    page = '<html><head></head><body><main class="content"></main></body></html>'
    english = languages.linked(page, 'forward.html', 'en', 'https://x', {})
    chinese = languages.linked(page, 'forward.html', 'zh', 'https://x', {'Language': '语言'})
    for made in (english, chinese):
        assert 'hreflang="zh-Hans" href="https://x/zh/forward.html"' in made
        assert 'hreflang="en" href="https://x/forward.html"' in made and 'x-default' in made
    assert 'href="zh/forward.html"' in english and '中文</a>' in english
    assert 'href="../forward.html"' in chinese and 'English</a>' in chinese and 'aria-label="语言"' in chinese
    untranslated = languages.linked(page, 'cli.html', 'zh', 'https://x', {})
    assert '<link rel="canonical" href="https://x/cli.html">' in untranslated and 'alternate' not in untranslated


def test_what_scripts_say_later_is_in_the_language():
    words = translate.said('zh', 'site')
    script = 'b.title = "Copied!"; show(\'<p class="none">No results</p>\'); other = "Copied!!";'
    said = docs.spoken_later(script, words)
    assert said == 'b.title = "已复制"; show(\'<p class="none">没有结果</p>\'); other = "Copied!!";'
    import smalldocs
    theirs = (Path(smalldocs.__file__).parent/'assets/smalldocs.js').read_text(encoding='utf-8')
    assert all(docs.spoken_later(theirs, {v: 'X'}) != theirs for v in languages.LATER.values())


def test_what_a_page_does_not_have_beside_it_comes_from_the_site(tmp_path):
    (tmp_path/'zh').mkdir()
    for name in ('zh/a.html', 'a.html', 'b.css'): (tmp_path/name).touch()
    made = docs.beside('<a href="a.html#x"><link href="b.css"><a href="c.html"><a href="https://b.css">',
                       tmp_path/'zh', tmp_path)
    assert made == '<a href="a.html#x"><link href="../b.css"><a href="c.html"><a href="https://b.css">'


def test_quarto_gets_a_project_in_the_language(tmp_path):
    import yaml
    for name in languages.CONFIG: (tmp_path/name).write_bytes((ROOT/'nbs'/name).read_bytes())
    languages.configure(tmp_path, 'zh', translate.said('zh', 'site'))
    made = {name: yaml.safe_load((tmp_path/name).read_text(encoding='utf-8')) for name in languages.CONFIG}
    assert made['_quarto.yml']['language']['search-no-results-text'] == '没有结果'
    assert made['_quarto.yml']['lang'] == 'zh-Hans' and 'labels.js' in made['_quarto.yml']['project']['resources']
    assert made['nbdev.yml']['website']['site-url'].endswith('/zh')
    sections = [x for x in made['sidebar.yml']['website']['sidebar']['contents'] if isinstance(x, dict)]
    assert sections and all(re.search('[\u4e00-\u9fff]', x['section']) for x in sections)


@pytest.mark.parametrize('words', [['stage', 'xx', 'a', 'b'], ['stage', 'zh'], []])
def test_what_cannot_start_says_how(words, monkeypatch, capsys):
    monkeypatch.setattr('sys.argv', ['languages.py', *words])
    with pytest.raises(SystemExit) as e: languages.main()
    assert e.value.code == 2 and 'stage zh _proc _proc_zh' in capsys.readouterr().err


def test_the_readme_is_in_every_language():
    nb = translate.notebook('index')
    english, chinese = readme.render(nb)[0], readme.render(nb, 'zh')[0]
    assert re.search('[\u4e00-\u9fff]', chinese) and '[English](README.md)' in chinese
    assert '[中文](README.zh.md)' in english and (ROOT/'README.zh.md').exists()
    assert not re.search(r'\]\(https://rddm-nb\.github\.io/rddm_nb/(?!zh/)', chinese), 'a link to the English site'
    assert 'rddm_nb/zh/' in chinese and 'rddm_nb/zh/' not in english
