"The course as a book: its order, its length, its language"
import json
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
    assert said['length'][0] == '00_a has 1502 words > 1400'
    assert said['language'][0] == '01_b says fog' and not any(s.startswith('score') for s in said['language'])


def test_what_is_not_read_is_not_counted():
    text = 'one $x$ two [three](four.ipynb) <details><summary>Hint</summary>no</details>\n$$ a b $$ {#eq-x}'
    assert book.words(text) == 3
