"""Part I as a reader runs it: restart and run all, in a real JupyterLab, figures included.

RDDM_LAB=all runs its eight pages (some minutes); otherwise one of them."""
import json
import os
from importlib.util import find_spec
import book
import pytest
from test_lab import RUN, jupyterlab, wait_for
from test_site import ARGS, CHROMIUM

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason='no Chromium: install it, or name it in '
                                                   'the environment variable CHROMIUM'),
              pytest.mark.skipif(not find_spec('jupyterlab'), reason='no JupyterLab: pip install -e .[lab]')]
PAGES = [p for p in book.course() if p.stem[0] == '0']
FAILS = 'ZeroDivisionError: division by zero'
DONE = "import pathlib\npathlib.Path('seen.json').write_text('done')"
OUTPUTS = """() => { const cells = window.jupyterapp.shell.currentWidget.context.model.toJSON().cells;
  const all = cells.flatMap(c => c.outputs || []), shows = (o, kind) => o.data && kind in o.data;
  return { errors: all.filter(o => o.output_type == 'error').map(o => o.ename + ': ' + o.evalue),
           images: all.filter(o => shows(o, 'image/png') || shows(o, 'application/vnd.jupyter.widget-view+json')
             || (shows(o, 'text/html') && JSON.stringify(o.data['text/html']).includes('<img'))).length } }"""


def cells(page):
    "The code of a page, but what installs the package on Colab"
    found = json.loads(page.read_text(encoding='utf-8'))['cells']
    code = [''.join(c['source']) for c in found if c['cell_type'] == 'code']
    return [s for s in code if not s.startswith('#| hide\n#| eval: false')]


def run_all(root, code):
    "What a browser sees after all cells, and one that fails, ran in JupyterLab: errors, and how many images or figures"
    from playwright.sync_api import sync_playwright
    with jupyterlab(root, [*code, DONE, '1/0']) as (url, seen), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport=dict(width=1200, height=1600))
        page.goto(url, wait_until='domcontentloaded')
        page.wait_for_function('() => window.jupyterapp?.shell.currentWidget?.context', timeout=90_000)
        page.evaluate(RUN)
        said = page.evaluate(OUTPUTS)
        browser.close()
        if said['errors'] == [FAILS]: wait_for(seen.exists)
        return said


@pytest.mark.parametrize('page', PAGES if os.environ.get('RDDM_LAB') == 'all' else PAGES[:1], ids=lambda p: p.stem)
def test_a_page_runs_from_top_to_bottom_and_only_what_fails_is_an_error(tmp_path, page):
    said = run_all(tmp_path, cells(page))
    assert said['errors'] == [FAILS] and said['images'] >= 5
