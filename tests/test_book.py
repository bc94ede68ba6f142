"The course as a book: its order, its length, its language"
import json
import re
import book
import pytest


@pytest.mark.parametrize('check', book.CHECKS)
def test_the_book(check): assert list(book.CHECKS[check]()) == []


def page(root, name, *markdown):
    (root/'nbs').mkdir(exist_ok=True)
    cells = [dict(cell_type='markdown', source=[m]) for m in markdown]
    (root/'nbs'/f'{name}.ipynb').write_text(json.dumps(dict(cells=cells)), encoding='utf-8')


def test_each_check_can_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(book, 'ROOT', tmp_path)
    page(tmp_path, '00_a', 'word '*1500, '**Next:** [c](02_c.ipynb)')
    page(tmp_path, '01_b', 'through the fog')
    page(tmp_path, '02_c', '# Score')
    (tmp_path/'nbs'/'sidebar.yml').write_text('website: {sidebar: {contents: [01_b.ipynb, 00_a.ipynb, 02_c.ipynb]}}')
    said = {k: list(check()) for k, check in book.CHECKS.items()}
    assert [s.split()[0] for s in said['order']] == ['the', '00_a', '01_b']
    assert said['length'][0] == '00_a has 1502 words > 1425'
    assert [s.split()[0] for s in said['goals']] == ['00_a', '00_a', '01_b', '01_b', '02_c', '02_c']
    assert [s.split()[0] for s in said['names']] == ['00_a', '01_b', '02_c']
    assert said['language'][0] == '01_b says fog' and not any(s.startswith('score') for s in said['language'])


def test_the_goals_can_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(book, 'ROOT', tmp_path)
    (tmp_path/'nbs').mkdir()
    head = 'Reading time: 10 minutes, after [a](00_a.ipynb). '
    page(tmp_path, '00_a', 'Reading time: 5 minutes. You need tensors. Afterwards you can read. ' + 'word '*500)
    page(tmp_path, '10_b', head + 'Afterwards you can count. ' + 'word '*4000)
    page(tmp_path, '11_c', head + 'word '*1200)
    assert list(book.goals()) == ['10_b would be read at 401 words a minute', '11_c names no goal']


def test_equations_and_code_take_time_and_exercises_do_not(tmp_path):
    page(tmp_path, '00_a', 'one two', '$$a$$ {#eq-a}', '## Exercises', 'word '*9)
    assert book.effort(tmp_path/'nbs'/'00_a.ipynb') == 2 + book.EQUATION


def test_a_page_without_its_number_and_another_name_for_a_page_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(book, 'ROOT', tmp_path)
    links = [f'[{s}](00_a.ipynb)' for s in ('00 Why', '00 Why: a question', '00')]
    page(tmp_path, '00_a', '# 00 Why: a question', *links)
    page(tmp_path, '01_b', '# How', '[00 What](00_a.ipynb#x)')
    assert list(book.names()) == ["01_b is titled 'How'", "01_b calls 00_a '00 What'"]


def test_a_chapter_of_another_name_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(book, 'ROOT', tmp_path)
    page(tmp_path, '05_a', "book = Book('06 a')")
    page(tmp_path, '06_b', "book = Book('06 b')")
    assert list(book.progress()) == ['05_a counts the exercises of 06 a']


def test_a_term_in_a_table_alone_is_not_defined(tmp_path, monkeypatch):
    monkeypatch.setattr(book, 'ROOT', tmp_path)
    page(tmp_path, '00_a', '# One\n\n| a | score |\n')
    page(tmp_path, 'glossary', '| trajectory | 轨迹 | states |\n| state | 状态 | the posterior |\n')
    missing = {s.removesuffix(' is neither a heading nor a defined term') for s in book.language()}
    assert missing == set(book.TERMS) - {'trajectory'}


def test_what_is_not_read_is_not_counted():
    text = 'one $x$ two [three](four.ipynb) <details><summary>Hint</summary>no</details>\n$$ a b $$ {#eq-x}'
    assert book.words(text) == 3


def test_the_readme_opens_with_one_screen():
    "What it is, a moving picture, the two commands, where to start, links: before the first section"
    top = (book.ROOT/'README.md').read_text(encoding='utf-8').split('\n## ')[0]
    pictures = re.findall(r'<img src="([^"]+)" alt="[^"]+"', top)
    assert any(b'acTL' in (book.ROOT/p).read_bytes() for p in pictures), 'no picture moves'
    assert len(re.findall(r'^```bash', top, re.M)) == 2 and 'rddm-notebooks' in top and 'jupyter lab nbs/' in top
    assert book.words(top) < 300 and len(top.splitlines()) < 40
    assert all(f'nbs/{p}.ipynb' in top for p in ('00_why', 'cheatsheet', 'questions', 'references'))
