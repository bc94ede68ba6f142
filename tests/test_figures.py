"""The living figures: played by keyboard and mouse on the built site, what they show compared with the library; and
their Python side"""
import html
import inspect
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from common import close, error
from places import ROOT
from rddm_nb import widgets
from rddm_nb.atlas import PROCESSES, process
from rddm_nb.exact import ExactPredictor
from rddm_nb.forward import q_sample
from rddm_nb.images import psnr
from rddm_nb.paths import draw_path
from rddm_nb.sampler import sampling_path, sample
from rddm_nb.schedule import Point, Schedule
from rddm_nb.widgets import Figure, _seeded_normals
from test_js import JS, NODE, pytestmark as with_node
from test_site import CHROMIUM, browser, site, url, visit  # noqa: F401
from traitlets import TraitError

KINDS = {c.__name__: c
         for c in vars(widgets).values() if inspect.isclass(c) and issubclass(c, Figure) and c.kind.default_value}
in_browser = pytest.mark.skipif(not CHROMIUM,
                                reason='no Chromium: install it, or name it in the environment variable CHROMIUM')
classes = pytest.mark.parametrize('cls', KINDS.values(), ids=KINDS)


@pytest.fixture(autouse=True)
def static(monkeypatch): monkeypatch.setenv('RDDM_STATIC', '1')


# ---------------------------------------------------------------- the Python side

@with_node
def test_every_figure_has_the_same_state_in_both_languages():
    photo = json.dumps(JS.with_name('photo.js').as_uri())
    code = (f'import * as R from {json.dumps(JS.as_uri())}; import * as P from {photo}; '
            f'console.log(JSON.stringify({{...R.states, ...P.states}}))')
    states = json.loads(subprocess.run([NODE, '--input-type=module', '-e', code], capture_output=True, text=True,
                                       check=True).stdout)
    assert {c.kind.default_value: c().state() for c in KINDS.values()} == states


@with_node
def test_noise_is_the_same_in_both_languages():
    code = (f'import * as R from {json.dumps(JS.as_uri())}; console.log(JSON.stringify([1, 2, 20].map(s => '
            f'[...R.normals(s)(5000)])))')
    got = json.loads(subprocess.run([NODE, '--input-type=module', '-e', code], capture_output=True, text=True,
                                    check=True).stdout)
    for seed, numbers in zip((1, 2, 20), got): close(_seeded_normals(5000, seed), numbers, 1e-12)
    assert error(_seeded_normals(50, 1), _seeded_normals(50, 2)) > .1


@classes
def test_every_figure_has_a_small_still_image_with_words(cls):
    fig = cls()
    data, meta = fig._repr_mimebundle_()
    png = meta['image/png']
    assert png['figure'] == dict(kind=fig.kind, state=fig.state()) and len(png['alt']) > 20
    assert len(data['image/png']) < 150*1024
    assert 'application/vnd.jupyter.widget-view+json' not in data and json.loads(json.dumps(meta)) == meta


def shown(fig):
    "What a matplotlib figure draws, in words and rounded numbers"
    number = lambda v: round(float(v), 3) + 0.
    total = lambda v: number(np.nansum(np.asarray(v, float)))
    line = lambda l: [l.get_label(), len(l.get_xdata()), total(l.get_xdata()), total(l.get_ydata()), l.get_linestyle(),
                      number(l.get_markersize())]
    image = lambda i: [*i.get_array().shape, number(np.asarray(i.get_array(), float).mean())]
    def axes(ax):
        texts = [ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), *(t.get_text() for t in ax.texts)]
        return dict(texts=texts, limits=[*map(number, (*ax.get_xlim(), *ax.get_ylim()))],
                    legend=ax.get_legend() is not None,
                    lines=[line(l) for l in ax.lines], images=[image(i) for i in ax.images],
                    parts=len(ax.patches) + len(ax.collections))
    return dict(size=[*map(number, fig.get_size_inches())], axes=[axes(a) for a in fig.axes])


def alike(a, b, tol=.02):
    "Are two descriptions equal, numbers to a tolerance?"
    if isinstance(a, dict): return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, list): return len(a) == len(b) and all(map(alike, a, b))
    return abs(a - b) <= tol*max(1, abs(a)) if isinstance(a, float) else a == b


GOLDEN = Path(__file__).with_name('figures_golden.json')


@classes
def test_every_still_picture_shows_what_it_did(cls, monkeypatch):
    "RDDM_GOLDEN=1 writes anew what is expected: look at the pictures first"
    from rddm_nb import viz
    seen, real = [], viz._png
    monkeypatch.setattr(viz, '_png', lambda fig, dpi: seen.append(shown(fig)) or real(fig, dpi))
    cls().still()
    known = json.loads(GOLDEN.read_text(encoding='utf-8')) if GOLDEN.exists() else {}
    if 'RDDM_GOLDEN' in os.environ:
        GOLDEN.write_text(json.dumps({**known, cls.__name__: seen}, ensure_ascii=False), encoding='utf-8')
    else: assert alike(known[cls.__name__], json.loads(json.dumps(seen)))


@classes
def test_with_a_kernel_the_figure_is_a_widget(cls, monkeypatch):
    monkeypatch.delenv('RDDM_STATIC')
    data, _ = cls()._repr_mimebundle_()
    assert {'application/vnd.jupyter.widget-view+json', 'image/png'} <= set(data)


@classes
def test_a_misspelt_name_is_refused(cls):
    with pytest.raises(TypeError, match=f'{cls.__name__} has no colour'): cls(colour=1)


def test_no_figure_in_a_notebook_holds_a_view_that_needs_a_kernel():
    outputs = [(nb.name, o) for nb in (ROOT/'nbs').glob('*.ipynb')
               for c in json.loads(nb.read_text(encoding='utf-8'))['cells']
               for o in c.get('outputs', []) if 'figure' in o.get('metadata', {}).get('image/png', {})]
    assert len(outputs) >= 5
    assert [name for name, o in outputs if any('widget-view' in k for k in o['data'])] == [], (
        'execute these with the environment variable RDDM_STATIC=1'
    )


@pytest.mark.parametrize('family,made',
                         [('power', Schedule.power(400)), ('line', Schedule.line(400)),
                          ('circle', Schedule.circle(400)), ('bridge', Schedule.bridge(400)),
                          ('ddim linear', Schedule.ddim_linear()), ('ddim_linear', Schedule.ddim_linear()),
                          ('cosine', Schedule.cosine(400))])
def test_a_chosen_family_comes_back_as_a_schedule(family, made):
    assert widgets.ScheduleExplorer(family=family).schedule == made


def test_a_given_schedule_survives_the_way_through_the_browser():
    s = Schedule.power(57, ('x', 2), ('1-x', .5), .3)
    fig = widgets.ForwardExplorer(s)
    assert fig.schedule is s
    assert widgets.ForwardExplorer(**json.loads(json.dumps(fig.state()))).schedule == s
    assert len(widgets.ScheduleExplorer(Schedule.power()).given['abar']) <= 201


def test_a_drawn_road_goes_into_sample():
    pad = widgets.PathEditor(points=[[1., .8], [.7, .1], [0., 0.]], steps=12, pair=2, seed=3)
    x0, x_in, eps = pad.parts()
    assert pad.path == draw_path([(1., .8), (.7, .1), (0., 0.)], 12) and pad.schedule.T == 12
    close(pad.restored(), sample(ExactPredictor(widgets.known_images(), tau=16.), x_in, path=pad.path,
                                 x_T=q_sample(x0, x_in, eps, *pad.path[0]), clip=None), 1e-12)


def test_a_image_that_stands_for_a_figure_becomes_an_element():
    from rddm_nb._docs import alt_text
    meta = dict(alt='a "plane"', width=700, figure=dict(kind='plane', state=dict(abar=.5, name='<x>')))
    cell = dict(outputs=[dict(data={'image/png': 'UE5H', 'text/plain': 'x'}, metadata={'image/png': meta})])
    alt_text(cell)
    made = cell['outputs'][0]['data']['text/html']
    assert '<img alt="a &quot;plane&quot;"' in made and 'src="figures/rddm.js"' in made
    assert json.loads(html.unescape(re.search(r'state="([^"]*)"', made)[1])) == dict(abar=.5, name='<x>')


def test_headings_keep_the_underscores_of_special_methods():
    pytest.importorskip('nbdev')
    from rddm_nb._docs import show_doc_renderer
    doc = show_doc_renderer(Schedule.__getitem__, title_level=3)._repr_markdown_()
    assert '### Schedule.\\_\\_getitem\\_\\_\n' in doc


@pytest.mark.parametrize('name, kw', [('StateExplorer', dict(seed=-1)), ('StateExplorer', dict(pair=-1)),
                                      ('ForwardExplorer', dict(frames=1)), ('ScheduleExplorer', dict(family='nope')),
                                      ('VarianceExplorer', dict(eta=1.5)), ('OrderExplorer', dict(steps=0)),
                                      ('TrajectoryExplorer', dict(posterior='nonsense')),
                                      ('TrajectoryExplorer', dict(eta=7.)), ('PathEditor', dict(solver='x')),
                                      ('PhotoExplorer', dict(order='nope'))], ids=str)
def test_a_value_that_a_figure_cannot_show_is_refused(name, kw):
    make = getattr(widgets, name)
    with pytest.raises(TraitError, match=[*kw][0]): make(**kw)
    w = make()
    with pytest.raises(TraitError, match=[*kw][0]): setattr(w, *[*kw.items()][0])
    assert getattr(w, [*kw][0]) != [*kw.values()][0]


def test_a_schedule_that_is_given_later_is_the_one():
    line, bridge = Schedule.line(50), Schedule.bridge(50)
    w = widgets.ScheduleExplorer(line)
    assert w.schedule is line
    w.given = bridge.to_dict()
    assert w.schedule.to_dict() == bridge.to_dict()
    for w in (widgets.ScheduleExplorer(line, given=bridge.to_dict()), widgets.ScheduleExplorer(given=bridge.to_dict())):
        assert w.family == 'given' and w.schedule.to_dict() == bridge.to_dict()
    assert widgets.ScheduleExplorer(pins=[dict(family='line')]).pinned[0].name == Schedule.line(400).name


def test_branches_say_what_they_do():
    at = lambda at, order='together': dict(at=at, eta=0., posterior='sum_constrained', order=order)
    w = widgets.TrajectoryExplorer(steps=6, branches=[at(2, 'resdual_first'), at(-2), at(0), at(99), at(5)])
    with pytest.raises(ValueError, match="order must be one of .*, got 'resdual_first'"): w.branch(0)
    paths = [w.branch(i)['path'] for i in range(1, 5)]
    assert paths[0] == paths[1] and paths[2] == paths[3] != paths[1]


def test_a_method_that_is_none_is_named():
    w = widgets.MethodExplorer(start='x')
    with pytest.raises(ValueError, match="there is no method 'x': there are .*DDPM"): w.still()


def ask(expression, given):
    "What the module makes of something"
    code = (f'import * as R from {json.dumps(JS.as_uri())}; let all = ""; for await (const c of process.stdin) all '
            f'+= c; const given = JSON.parse(all), d = await R.unpack(JSON.parse((await '
            f'import("fs")).readFileSync({json.dumps(str(JS.with_name("figures.json")))}))); '
            f'console.log(JSON.stringify({expression}))')
    r = subprocess.run([NODE, '--input-type=module', '-e', code], input=json.dumps(given), capture_output=True,
                       text=True)
    assert r.returncode == 0, r.stderr[-1500:]
    return json.loads(r.stdout)


@with_node
def test_every_change_of_trains_is_the_same_in_both_languages():
    names = [m['name'] for m in json.loads(JS.with_name('figures.json').read_text(encoding='utf-8'))['metro']]
    asked = [(a, b, (i*7 + j*3) % 11/10) for i, a in enumerate(names) for j, b in enumerate(names)]
    got = ask('given.map(([a, b, u]) => { const l = n => d.metro.find(m => m.name === n); return R.switchPath(l(a), '
              'l(b), u); })', asked)
    for (a, b, u), path in zip(asked, got): close(path, widgets.MethodExplorer(start=a, then=b, change=u).path, 1e-9)
    assert set(names) == set(PROCESSES)


@with_node
def test_coordinates_hold_what_the_images_hold():
    code = '''(() => {
      const {x0, xIn} = d.pairs[4], mixed = x0.map((x, i) => .3*x + .7*xIn[i]), more = d.span.with(xIn);
      const far = x => more.image(more.coordinates(x)).reduce((most, y, i) => Math.max(most, Math.abs(x[i] - y)), 0);
      return [d.span.basis.length, more.basis.length, more.with(mixed) === more, far(mixed), far(d.image(3)),
        far(R.normals(1)(x0.length))];
    })()'''
    known, more, same, *errors = ask(code, [])
    assert (known, more, same) == (24, 25, True)
    assert max(errors[:2]) < 1e-7 and errors[2] > 1


@with_node
def test_the_dial_is_the_same_in_both_languages():
    r = random.Random(0)
    families = ('power', 'line', 'circle', 'bridge', 'ddim linear', 'cosine')
    asked = [dict(family=f, t=t, s=r.uniform(0, t), eta=r.random(), x=r.uniform(-2, 2)) for f in families
             for t in (.1, .5, .9)]
    got = ask('given.map(o => R.stepDistributions(R.makeSchedule({family: o.family, side_res: "1-x", a_res: 1, '
              'side_eps: "x", a_eps: 1, bbar_T: 1, height: .5}), o.t, o.s, o.eta, o.x))', asked)
    for o, fan in zip(asked, got):
        want = widgets.VarianceExplorer(**o).landing()
        assert {k for k, v in fan.items() if v is None} == {k for k, v in want.items() if v is None}
        for k, v in want.items():
            if v: close([fan[k]['mean'], fan[k]['sigma']], v, 1e-9)


@with_node
def test_every_fork_takes_the_same_road_in_both_languages():
    path = [list(p) for _, p in sampling_path(Schedule.circle(400), 9)]
    asked = [(k, o) for k in range(9) for o in ('together', 'residual_first', 'noise_first')]
    for (k, o), got in zip(asked, ask('given[1].map(([k, o]) => R.branchPath(given[0], k, o))', [path, asked])):
        close(got, widgets._branch([Point(*p) for p in path], k, o), 1e-9)


def test_a_fork_is_a_call_of_sample():
    w = widgets.TrajectoryExplorer(steps=8, branches=[dict(at=3, eta=0., posterior='sum_constrained', order=o)
                                                      for o in ('together', 'residual_first', 'noise_first')])
    model = ExactPredictor(widgets.known_images(), tau=16.)
    close(sample(model, **w.branch(0)), w.main().x0, 1e-9)
    assert [len(w.branch(i)['path']) for i in range(3)] == [6, 6, 6] and w.branch(1)['path'][-1] == (0, 0)
    assert any(p.abar == 0 and p.bbar > 0 for p in w.branch(1)['path'])
    assert any(p.bbar == 0 and p.abar > 0 for p in w.branch(2)['path'])


# ---------------------------------------------------------------- on the site

FIGURES = 'rddm-figure:not([kind=photo])' # the photograph's stands for itself, in test_photo


def unfold(fig): fig.evaluate('e => e.shadowRoot.querySelectorAll("details").forEach(d => { d.open = true })')


@pytest.fixture
def figure(browser, url):
    "Open the figure of a page; returns a way to read its numbers"
    ctxs = []
    def open_(name, nth=0, **kw):
        ctx, page, seen = visit(browser, url, name, **kw)
        ctxs.append(ctx)
        fig = page.locator(FIGURES).nth(nth)
        fig.scroll_into_view_if_needed()
        page.wait_for_function('([f, n]) => document.querySelectorAll(f)[n].dataset.drawn', arg=[FIGURES, nth])
        unfold(fig)
        return page, fig, lambda k: fig.locator(f'output[data-n="{k}"]').first.inner_text(), seen
    yield open_
    for c in ctxs: c.close()


def state(fig):
    return fig.evaluate('e => Object.fromEntries(JSON.stringify && e.model ? e.model.keys().map(k => [k, '
                        'e.model.get(k)]) : [])')


@in_browser
def test_the_plane_by_keyboard_and_mouse(figure):
    page, fig, read, seen = figure('index.html')
    def agree():
        s = state(fig)
        x0, x_in, eps = (w := widgets.StateExplorer(**s)).parts()
        assert float(read('psnr')) == pytest.approx(psnr(q_sample(x0, x_in, eps, *w.point).clamp(-1, 1), x0).item(),
                                                    abs=.006)
        return w.point
    start = agree()
    knob = fig.locator('.knob')
    knob.focus()
    page.keyboard.press('ArrowRight')
    page.keyboard.press('ArrowUp')
    moved = agree()
    close(moved, (start.abar + .02, start.bbar + .02), 1e-9)
    slider = fig.locator('input[data-k=abar]')
    slider.focus()
    page.keyboard.press('ArrowLeft')
    close(agree(), (moved.abar - .01, moved.bbar), 1e-9)
    box = fig.locator('svg').first.bounding_box()
    page.mouse.move(box['x'] + .5*box['width'], box['y'] + .5*box['height'])
    page.mouse.down()
    page.mouse.move(box['x'] + .8*box['width'], box['y'] + .3*box['height'], steps=4)
    page.mouse.up()
    dragged, k = agree(), knob.bounding_box()
    assert .6 < dragged.abar < .95 and .8 < dragged.bbar < 1.3
    close([k['x'] + k['width']/2, k['y'] + k['height']/2], [box['x'] + .8*box['width'], box['y'] + .3*box['height']],
          1.)
    page.mouse.move(box['x'] + .2*box['width'], box['y'] + .8*box['height'])
    assert agree() == dragged, 'a released point stays where it is'
    fig.locator('select').select_option('5')
    assert agree() == dragged
    assert not any(seen.values())


def kept(page): page.wait_for_function("location.search.includes('plane=')")


@in_browser
def test_a_setting_is_kept_in_the_address(figure, browser, url):
    page, fig, read, seen = figure('forward.html#the-film')
    start = state(fig)
    fig.locator('input[data-k=abar]').focus()
    page.keyboard.press('ArrowRight')
    kept(page)
    address, shown = page.url, read('psnr')
    assert address.endswith('#the-film') and 'seed' not in address, 'only what differs, and the section stays'
    _, again, read_again, _ = figure(address.split('/')[-1])
    assert state(again) == start | dict(abar=.51) and read_again('psnr') == shown
    fig.get_by_role('button', name='start again').click()
    page.wait_for_function("!location.search.includes('plane=')")
    assert state(fig) == start and not any(seen.values())


@in_browser
@pytest.mark.parametrize('given', ['{"abar":"x","bbar":null,"other":3}', 'no JSON', '[1,2]', '{"abar":1e9,"pair":99}'])
def test_an_address_cannot_break_a_figure(figure, given):
    _, fig, read, seen = figure(f'forward.html?plane={given}')
    s = state(fig)
    assert 0 <= s['abar'] <= 1 and 'other' not in s and np.isfinite(float(read('psnr'))) and not any(seen.values())


@in_browser
def test_an_address_that_cannot_be_drawn_leaves_the_page_its_own(figure):
    _, fig, read, seen = figure('schedules.html?explorer={"family":"nothing","u":0.25}')
    assert state(fig)['family'] == 'power' and read('abar') and not any(seen.values())


@in_browser
def test_few_controls_stand_at_first_and_the_rest_opens_by_keyboard(browser, url):
    ctx, page, _ = visit(browser, url, 'sampler.html')
    fig = page.locator(FIGURES).first
    fig.scroll_into_view_if_needed()
    page.wait_for_function('f => document.querySelector(f).dataset.drawn', arg=FIGURES)
    controls = fig.locator('label:has(input), label:has(select)')
    count = lambda: sum(c.is_visible() for c in controls.all())
    assert count() == 3
    fig.locator('summary').focus()
    page.keyboard.press('Enter')
    fig.locator('select[data-k=pair]').wait_for(state='visible')
    assert count() > 7
    ctx.close()


@in_browser
def test_a_story_is_set_by_its_button_and_pressed_while_it_is(figure):
    page, fig, _, seen = figure('paths.html')
    story = fig.get_by_role('button', name='a flower in the rain')
    assert story.get_attribute('aria-pressed') == 'false'
    story.click()
    assert state(fig)['pair'] == 0 and story.get_attribute('aria-pressed') == 'true' and not any(seen.values())


@in_browser
def test_the_map_shows_one_family(figure):
    _, fig, _, seen = figure('map.html')
    lines = fig.locator('.line')
    shown = lambda: [line.get_attribute('aria-label') for line in lines.all() if line.is_visible()]
    everything = shown()
    fig.get_by_role('button', name='bridge', exact=True).click()
    asked = {m.name for m in map(process, PROCESSES) if m.family == 'bridge'} | {'DDPM', 'RDDM'} # those of the run too
    assert len(shown()) < len(everything) and state(fig)['only'] == 'bridge'
    assert all(any(f'{name}: ' in label for name in asked) for label in shown())
    fig.get_by_role('button', name='bridge', exact=True).click()
    assert shown() == everything and not any(seen.values())


@in_browser
def test_the_map_shows_one_paper_and_what_was_published_until_a_year(figure):
    _, fig, _, seen = figure('map.html')
    lines = fig.locator('.line')
    shown = lambda: lines.evaluate_all('all => all.filter(e => e.style.display != "none").map(e => e.ariaLabel)')
    metro = widgets._payload()['metro']
    def names():
        labels = shown()
        return {m['name'] for m in metro if any(f"{m['name']}: " in label for label in labels)}
    assert state(fig)['until'] == max(m['year'] for m in metro) and names() == {m['name'] for m in metro}
    fig.get_by_role('button', name='as of 2021').click()
    early = {m['name'] for m in metro if m['year'] <= 2021}
    assert {state(fig)['start'], state(fig)['then']} <= early, 'the story tells of its time'
    assert {'DDPM', 'DDIM', 'VE'} <= early and early <= names() and 'ResShift' not in ' '.join(shown())
    fig.get_by_role('button', name='all of them').click()
    fig.locator('select[data-k=paper]').select_option('Zhou et al., ICLR 2024')
    assert {'DDBM VE', 'DDBM VP'} <= names() and len(shown()) == 4
    assert sorted(state(fig)) == sorted(widgets.MethodExplorer().state())
    fig.locator('select[data-k=paper]').select_option('')
    assert names() == {m['name'] for m in metro} and not any(seen.values())


@in_browser
@pytest.mark.parametrize('filter_', [dict(until=2021), dict(paper='Zhou et al., ICLR 2024'), dict(only='bridge')],
                         ids=lambda f: [*f][0])
def test_the_methods_of_the_run_are_drawn_and_named_whatever_the_map_shows(figure, filter_):
    page, fig, _, seen = figure('map.html')
    values = dict(filter_, start='DDPM', then='RDDM')
    fig.evaluate('(e, values) => Object.entries(values).forEach(([k, v]) => e.model.set(k, v))', values)
    named = fig.locator('text.chosen').all_text_contents()
    assert len(named) == 2 and 'DDPM' in named[0] + named[1] and 'RDDM' in named[0] + named[1]
    shown = [line.get_attribute('aria-label') for line in fig.locator('.line').all() if line.is_visible()]
    assert {n for n in ('DDPM: ', 'RDDM: ') if any(n in label for label in shown)} == {'DDPM: ', 'RDDM: '}
    assert not any(seen.values())


@in_browser
def test_the_explorer_by_keyboard_and_mouse(figure):
    page, fig, read, seen = figure('schedules.html')
    def agree():
        w = widgets.ScheduleExplorer(**state(fig))
        at = w.schedule.at(w.u)
        close([float(read('abar')), float(read('bbar'))], at, 6e-5)
        return w
    agree()
    for k, key in (('a_res', 'ArrowRight'), ('a_eps', 'End'), ('bbar_T', 'ArrowLeft'), ('u', 'ArrowRight')):
        before = state(fig)[k]
        fig.locator(f'input[data-k={k}]').focus()
        page.keyboard.press(key)
        assert agree().state()[k] != before
    n = len(state(fig)['pins'])
    fig.get_by_text('pin this curve').click()
    assert agree().pinned[-1] == agree().schedule and len(state(fig)['pins']) == n + 1
    for family in ('circle', 'bridge', 'ddim linear', 'cosine', 'line'):
        fig.locator('select[data-k=family]').select_option(family)
        assert agree().family == family
        assert fig.locator('input[data-k=a_res]').is_visible() is False
        assert fig.locator('input[data-k=bbar_T]').is_visible() is (family == 'line')
    fig.get_by_text('clear pins').click()
    assert agree().pinned == [] and not any(seen.values())


@in_browser
def test_a_road_drawn_by_mouse_and_moved_by_keyboard(figure):
    page, fig, read, seen = figure('paths.html', 1)
    def agree():
        s = state(fig)
        s['points'] = [list(map(float, p)) for p in s['points']]
        w = widgets.PathEditor(**{k: v for k, v in s.items() if k != 'at'})
        x0, x_in, _ = w.parts()
        want, shown = psnr(w.restored().clamp(-1, 1), x0).item(), read('psnr')
        assert want > 60 if shown == 'exact' else float(shown) == pytest.approx(want, abs=.02)
        assert float(read('psnr_in')) == pytest.approx(psnr(x_in, x0).item(), abs=.006)
        return w
    agree()
    knob = fig.locator('.knob').nth(1)
    before = state(fig)['points'][1]
    knob.focus()
    page.keyboard.press('ArrowUp')
    page.keyboard.press('ArrowLeft')
    close(agree().points[1], [before[0] - .02, before[1] + .02], 1e-9)
    box = fig.locator('svg').first.bounding_box()
    at = lambda x, y: (box['x'] + x*box['width'], box['y'] + y*box['height'])
    page.mouse.move(*at(.95, .6))
    page.mouse.down()
    for x, y in ((.8, .2), (.4, .2), (.2, .6), (.16, .82)): page.mouse.move(*at(x, y), steps=6)
    page.mouse.up()
    w = agree()
    assert w.points[0][0] == 1 and w.points[-1] == [0, 0]
    assert max(p[1] for p in w.points) > 1 and 3 <= len(w.points) <= 12
    for k in ('a road drawn', 'again'):
        fig.locator('input[data-k=seed]').focus()
        page.keyboard.press('ArrowRight')
        agree()
    fig.get_by_role('button', name='five steps').click()
    agree()
    seen_by = {'euler': [float(read('distance')), read('evaluations')]}
    for solver in ('multistep', 'heun'):
        fig.locator('select[data-k=solver]').select_option(solver)
        assert agree().solver == solver
        seen_by[solver] = [float(read('distance')), read('evaluations')]
    assert seen_by['heun'][0] < seen_by['multistep'][0] < seen_by['euler'][0]
    assert [n for _, n in seen_by.values()] == ['5', '5', '9']
    fig.evaluate('''e => { e.model.set('solver', 'multistep');
        e.model.set('points', [[.5, .5], [.75, .25], [0, 0]]); e.model.set('steps', 12) }''')
    page.wait_for_timeout(50)
    assert 'euler' in read('evaluations') and float(read('distance')) < 2
    fig.get_by_role('button', name='five steps').click()
    fig.get_by_text('noise first: the average').click()
    agree()
    assert float(read('distance')) > .9 and int(read('modes')) == 0
    fig.get_by_text('residual first: all eight').click()
    agree()
    assert float(read('distance')) < .1 and int(read('modes')) == 8 and not any(seen.values())


@in_browser
def test_the_film_shows_the_places_that_python_names(figure):
    page, _, _, seen = figure('forward.html')
    fig = page.locator(FIGURES).nth(1)
    fig.scroll_into_view_if_needed()
    fig.locator('input[data-k=frames]').focus()
    page.keyboard.press('ArrowRight')
    w = widgets.ForwardExplorer(**state(fig))
    close(fig.locator('.frame').evaluate_all('fs => fs.map(f => [+f.dataset.abar, +f.dataset.bbar])'), w.places, 1e-9)
    assert w.frames == 7 and not any(seen.values())


@in_browser
def test_without_javascript_the_still_image_is_shown(browser, url):
    ctx, page, _ = visit(browser, url, 'index.html', java_script_enabled=False)
    assert page.locator('rddm-figure img').first.is_visible()
    assert page.locator('rddm-figure img').first.get_attribute('alt')
    ctx.close()


@in_browser
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_figures_fit_a_phone_and_follow_the_theme(figure, scheme):
    page, fig, _, seen = figure('figures.html', color_scheme=scheme, viewport=dict(width=360, height=740))
    assert page.evaluate('document.documentElement.scrollWidth') <= 360
    for i in range(page.locator(FIGURES).count()):
        f = page.locator(FIGURES).nth(i)
        assert f.evaluate("e => e.shadowRoot.querySelector('.fig').style.colorScheme") == scheme
        assert f.evaluate("e => [...e.shadowRoot.querySelectorAll('svg, canvas, .controls, dl, .note, p')].filter(x => "
                          "x.getBoundingClientRect().right > innerWidth + 1).length") == 0
    assert not any(seen.values())


@in_browser
def test_a_finger_drags_the_plane(browser, url):
    ctx, page, _ = visit(browser, url, 'index.html', has_touch=True, is_mobile=True,
                         viewport=dict(width=360, height=740))
    fig = page.locator(FIGURES).first
    fig.locator('svg').first.scroll_into_view_if_needed()
    box = fig.locator('svg').first.bounding_box()
    page.touchscreen.tap(box['x'] + .8*box['width'], box['y'] + .3*box['height'])
    assert state(fig)['abar'] > .6 and state(fig)['bbar'] > .8
    ctx.close()


@in_browser
def test_the_lens_by_keyboard(figure):
    page, fig, read, seen = figure('exact.html')
    def agree():
        w = widgets.PosteriorExplorer(**state(fig))
        top, who = w.weights.max(0)
        assert float(read('truth')) == pytest.approx(w.weights[widgets._payload()['pairs'][w.pair]['image']].item(),
                                                     abs=6e-5)
        assert int(fig.locator('figure[data-i]').first.get_attribute('data-i')) == who
        assert fig.locator('figure[data-i] figcaption').first.inner_text() == f'{100*top:.1f} %'
        return float(read('effective'))
    before = agree()
    fig.locator('input[data-k=bbar]').focus()
    page.keyboard.press('End')
    after = agree()
    assert after > before + 5, 'thick fog opens the ballot'
    fig.locator('select').select_option('2')
    agree()
    assert not any(seen.values())


@in_browser
def test_the_dial_by_keyboard(figure):
    page, fig, read, seen = figure('reverse.html')
    def agree():
        for k, v in (w := widgets.VarianceExplorer(**state(fig))).sigmas.items():
            assert read(k) == ('does not exist' if v is None else f'{v:.4f}')
        return w
    agree()
    fig.locator('input[data-k=eta]').focus()
    page.keyboard.press('ArrowLeft')
    agree()
    page.keyboard.press('Home')
    assert agree().eta == 0
    page.keyboard.press('End')
    fig.locator('select').first.select_option('power')
    agree()
    assert read('bridge') == 'does not exist' and not any(seen.values())


def restores(read, k, run, x0):
    "Does a number shown agree with a restoration?"
    want, shown = psnr(run.x0.clamp(-1, 1), x0).item(), read(k)
    assert want > 60 if shown == 'exact' else float(shown) == pytest.approx(want, abs=.02)


@in_browser
def test_trains_are_changed_by_keyboard_and_mouse(figure):
    page, fig, read, seen = figure('map.html')
    def agree():
        w = widgets.MethodExplorer(**state(fig))
        restores(read, 'psnr', w._sample_along(w.path), w.parts()[0])
        return w
    agree()
    fig.locator('input[data-k=change]').focus()
    page.keyboard.press('ArrowRight')
    assert agree().change == .525
    fig.locator('select[data-k=then]').select_option('ResShift')
    agree()
    fig.locator('select[data-k=start]').select_option('VE')
    agree()
    line = fig.get_by_role('button', name='IR-SDE: Luo')
    line.focus()
    assert 'IR-SDE: Luo et al., ICML 2023' in fig.locator('p[role=status]').inner_text()
    page.keyboard.press('Enter')
    assert agree().then == 'IR-SDE'
    assert not any(seen.values())


@in_browser
def test_the_orders_by_keyboard(figure):
    page, fig, read, seen = figure('paths.html')
    fig.locator('select[data-k=pair]').select_option('0')
    w = widgets.OrderExplorer(**state(fig))
    x0 = w.parts()[0]
    for k in ('steps', 'bbar_T', 'seed'):
        fig.locator(f'input[data-k={k}]').focus()
        page.keyboard.press('ArrowRight')
        w = widgets.OrderExplorer(**state(fig))
        for o in ('together', 'residual_first', 'noise_first'):
            restores(read, o, w._sample_along([p for _, p in sampling_path(w.schedule, w.steps, o)]), x0)
    assert float(read('noise_first_distance')) > .9 > .3 > float(read('together_distance')) and not any(seen.values())


@in_browser
def test_time_travel_by_keyboard_and_mouse(figure):
    page, fig, read, seen = figure('sampler.html')
    fig.locator('select[data-k=pair]').select_option('1')
    fig.get_by_text('clear forks').click()
    fig.locator('input[data-k=eta]').focus()
    page.keyboard.press('Home')
    fig.locator('input[data-k=at]').focus()
    page.keyboard.press('ArrowLeft')
    fig.get_by_role('button', name='fork here').click()
    fig.locator('select[data-k=order]').select_option('residual_first')
    fig.get_by_role('button', name='fork here').click()
    w = widgets.TrajectoryExplorer(**state(fig))
    x0, model = w.parts()[0], ExactPredictor(widgets.known_images(), tau=16.)
    assert [(b['at'], b['eta'], b['order']) for b in w.branches] == [(4, 0, 'together'), (4, 0, 'residual_first')]
    restores(read, 'psnr', w.main(), x0)
    assert float(read('abar')) == pytest.approx(w.main()[4].step.at.abar, abs=.006)
    for i, words in enumerate(fig.locator('[data-fork]').all_inner_texts()):
        run = sample(model, **w.branch(i)).clamp(-1, 1)
        apart = (run - w.main().x0.clamp(-1, 1)).square().mean().sqrt().item()
        assert float(re.search(r'main run by ([\d.]+)', words)[1]) == pytest.approx(apart, abs=6e-4), words
    fig.locator('.film canvas').nth(7).click()
    assert state(fig)['at'] == 7
    fig.locator('select[data-k=order]').select_option('together')
    fig.locator('select[data-k=posterior]').select_option('bridge')
    fig.locator('input[data-k=eta]').focus()
    page.keyboard.press('End')
    fig.get_by_role('button', name='fork here').click()
    assert 'does not exist' in fig.locator('[data-fork]').last.inner_text() and not any(seen.values())


def test_every_pair_has_an_input_and_what_follows_starts_from_noise_alone():
    n = len(widgets._payload()['pairs'])
    for pair in range(n + 1):
        x0, x_in, eps = widgets.StateExplorer(pair=pair).parts()
        assert x0.shape == x_in.shape == eps.shape and (x_in.abs().max() == 0) == (pair == n)
