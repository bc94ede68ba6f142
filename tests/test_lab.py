"""A real JupyterLab: run a notebook with widgets, move a slider and a road in the browser, read the values back in
Python"""
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec

import pytest
from test_site import ARGS, CHROMIUM

pytestmark = [pytest.mark.skipif(not CHROMIUM,
                                 reason='no Chromium: install it, or name it in the environment variable CHROMIUM'),
                                 pytest.mark.skipif(not find_spec('jupyterlab'),
                                                    reason='no JupyterLab: pip install -e .[lab]')]
CELLS = ["from rddm_nb.widgets import StateExplorer, PathEditor, ScheduleExplorer\nplane, pad, explorer = "
         "StateExplorer(), PathEditor(), ScheduleExplorer()", 'plane', 'pad', 'explorer',
         "import json, pathlib\ndef tell(*_): pathlib.Path('seen.json').write_text(json.dumps(dict(abar=plane.abar, "
         "points=pad.points, path=len(pad.path), family=explorer.family, T=explorer.schedule.T, "
         "ends=explorer.schedule[400])))\nfor w in (plane, pad, explorer): w.observe(tell)\ntell()"]


def wait_for(true, seconds=60):
    "Wait until a condition holds"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if v := true(): return v
        time.sleep(.1)
    raise AssertionError(f'nothing came within {seconds} s')


@contextmanager
def jupyterlab(root, cells=CELLS):
    "A JupyterLab of its own, with a notebook; its address and what Python writes down"
    work = root/'work'
    work.mkdir()
    nb = dict(cells=[dict(cell_type='code', id=f'c{i}', metadata={}, source=s, outputs=[], execution_count=None)
                     for i, s in enumerate(cells)], nbformat=4, nbformat_minor=5,
              metadata=dict(kernelspec=dict(name='python3', display_name='Python 3', language='python')))
    (work/'live.ipynb').write_text(json.dumps(nb))
    dirs = {k: str(root/k) for k in ('JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR',
                                     'JUPYTERLAB_SETTINGS_DIR', 'JUPYTERLAB_WORKSPACES_DIR', 'IPYTHONDIR')}
    (root/'JUPYTER_CONFIG_DIR'/'labconfig').mkdir(parents=True)
    (root/'JUPYTER_CONFIG_DIR'/'labconfig'/'page_config.json').write_text(
        '{"disabledExtensions":{"@jupyterlab/apputils-extension:announcements":true}}')
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    env = {k: v for k, v in os.environ.items() if k != 'RDDM_STATIC'} | dirs
    process = subprocess.Popen([sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip',
                                '127.0.0.1', '--port', str(port), '--ServerApp.port_retries=0',
                                '--IdentityProvider.token=t', f'--ServerApp.root_dir={work}',
                                '--expose-app-in-browser'],
                               env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    def up():
        try: return urllib.request.urlopen(f'http://127.0.0.1:{port}/api?token=t', timeout=2)
        except (urllib.error.URLError, OSError): return None
    try:
        wait_for(up, 90)
        yield f'http://127.0.0.1:{port}/lab/tree/live.ipynb?token=t&reset', work/'seen.json'
    finally:
        process.terminate()
        try: process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope='module')
def lab(tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp('lab')) as at: yield at


RUN = """async () => { const c = window.jupyterapp.shell.currentWidget.context; await c.ready;
    await c.sessionContext.ready; await c.sessionContext.session.kernel.info;
  await window.jupyterapp.commands.execute('notebook:run-all-cells') }"""


def test_what_the_reader_does_in_jupyterlab_arrives_in_python(lab):
    from playwright.sync_api import sync_playwright
    url, seen = lab
    outside = []
    def python(**want): # what Python sees, once it is as expected
        def there():
            try: d = json.loads(seen.read_text(encoding='utf-8'))
            except ValueError: return None
            return d if all(w(d[k]) for k, w in want.items()) else None
        return wait_for(there, 30)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport=dict(width=1200, height=1600))
        page.on('request', lambda r: outside.append(r.url) if re.match('https?://(?!127.0.0.1)', r.url) else None)
        page.goto(url, wait_until='domcontentloaded')
        page.wait_for_function('() => window.jupyterapp?.shell.currentWidget?.context', timeout=90_000)
        page.evaluate(RUN)
        wait_for(seen.exists)
        python(abar=lambda a: a == .5)
        slider = page.locator('input[data-k=abar]').first
        slider.wait_for(timeout=30_000)
        slider.focus()
        page.keyboard.press('ArrowRight')
        page.keyboard.press('ArrowRight')
        python(abar=lambda a: abs(a - .52) < 1e-9)
        knob = page.get_by_label('point 1 of the path')
        knob.scroll_into_view_if_needed()
        knob.focus()
        page.keyboard.press('ArrowUp')
        assert python(points=lambda q: abs(q[1][1] - .52) < 1e-9)['path'] == 41
        pad = page.get_by_label('draw a path')
        box = pad.bounding_box()
        at = lambda x, y: (box['x'] + x*box['width'], box['y'] + y*box['height'])
        page.mouse.move(*at(.95, .5))
        page.mouse.down()
        page.mouse.move(*at(.5, .2), steps=6)
        page.mouse.move(*at(.17, .82), steps=6)
        page.mouse.up()
        drawn = python(points=lambda q: q[0][1] < .95 and q[0][0] == 1)['points']
        assert drawn[-1] == [0, 0] and max(b for _, b in drawn) > .9
        page.locator('select[data-k=family]').first.select_option('bridge')
        assert python(family=lambda f: f == 'bridge')['ends'] == [1, 0]
        browser.close()
    assert outside == []
