"""Watching a run: curves, bars, event files, and images that are restored the same way every time."""
import io
import math
import sys
import pytest
import torch
from common import awake, random_images
from rddm_nb.demo import draw_pairs
from rddm_nb.estimate import Prediction
from rddm_nb.images import psnr
from rddm_nb.runtime import generator_for
from rddm_nb.sampler import SOLVERS, sample
from rddm_nb.schedule import Schedule
from rddm_nb.trainer import Batch, FunctionSource, Log, TrainConfig, Trainer, make_accelerator
from rddm_nb.unet import UNet
from rddm_nb.viz import RenderedFigure
from rddm_nb.watch import LivePlot, HeldOutEval, TensorBoardReport, ConsoleReport, plot_log, combine_reports

S = Schedule.power(T=10)
ROW = dict(step=10, loss=.25, grad_norm=1.5, lr=2e-4, seconds=2., pairs_per_second=20., psnr=math.nan)


def perfect(x_t, x_in, abar, bbar, t): return Prediction(res=x_in*.5)


def held(n=3):
    x = random_images(n, 3, 8, 8, dtype=torch.float32)
    return Batch(x*.5, x)


def test_an_evaluation_says_how_good_the_network_is_and_keeps_a_sheet(tmp_path):
    evaluator = HeldOutEval(held(), S, tmp_path/'evaluations', steps=3)
    perfect.schedule = S
    assert evaluator(perfect,
                     40) > 60 and (tmp_path/'evaluations/step_000000040.png').read_bytes().startswith(b'\x89PNG')
    net = awake(UNet(8, mults=(1,))).float().eval()
    first, second = evaluator(net, 1), evaluator(net, 2)
    assert first == second == psnr(evaluator.restore(net), held().x0).mean().item()
    a, b = ((tmp_path/f'evaluations/step_{k:09d}.png').read_bytes() for k in (1, 2))
    assert a == b


def test_an_evaluation_takes_the_solver_that_is_asked_for():
    net, batch = awake(UNet(8, mults=(1,))).float().eval(), held()
    made = {k: HeldOutEval(batch, S, steps=4, solver=k).restore(net) for k in SOLVERS}
    for k, x in made.items():
        g = generator_for(x.device, 0, 'held out')
        assert torch.equal(x, sample(net, batch.x_in, schedule=S, steps=4, solver=k, generator=g))
    assert all((made[k] - made['euler']).abs().max() > 1e-3 for k in ('heun', 'multistep'))


def test_generation_has_samples_and_no_number(tmp_path):
    x = random_images(3, 3, 8, 8, dtype=torch.float32)
    evaluator = HeldOutEval(Batch(x, torch.zeros_like(x)), S, tmp_path, steps=2)
    net = UNet(8, mults=(1,), predicts='both', takes_input=False).eval()
    assert math.isnan(evaluator(net, 0)) and 'samples' in evaluator.sheet(x).alt and not evaluator.restores


def test_conditions_reach_the_network():
    class Sees(UNet):
        def forward(self, x_t, x_in, abar, bbar, t=None, cond=None): return Prediction(res=x_in - cond)
    b = held()
    evaluator = HeldOutEval(Batch(b.x0, b.x_in, None, b.x0), S, steps=1)
    assert evaluator(Sees(8, mults=(1,)), 0) > 100


def test_evaluations_do_not_disturb_the_training(tmp_path):
    def run(**kw):
        torch.manual_seed(0)
        rows = []
        source = FunctionSource(lambda n, g: draw_pairs('rain', n, 'train', g, 8))
        config = TrainConfig(steps=6, batch=2, log_every=2, **kw)
        net = Trainer(UNet(8, mults=(1,)), source, S, config, tmp_path/str(kw), make_accelerator('cpu'), rows.append,
                      HeldOutEval(held(), S) if kw else None).fit()
        return torch.cat([p.flatten() for p in net.parameters()]), rows
    (a, plain), (b, evaluated) = run(), run(eval_every=3)
    assert torch.equal(a, b)
    assert [r['step'] for r in plain] == [1, 2, 4, 6] and all(math.isnan(r['psnr']) for r in plain)
    assert [r['step'] for r in evaluated] == [1, 2, 3, 4, 6]
    assert [r['step'] for r in evaluated if math.isfinite(r['psnr'])] == [3, 6]
    again = Log(tmp_path/str(dict(eval_every=3))/'log.csv', 6).rows()
    def scores(rows): return [r['psnr'] for r in rows if math.isfinite(r['psnr'])]
    assert scores(again) == scores(evaluated)


def test_lines_where_there_is_no_terminal():
    out = io.StringIO()
    t = ConsoleReport(20, out)
    t(ROW)
    t(dict(ROW, step=20, psnr=21.5))
    row = 'loss 0.2500, gradient 1.500, learning rate 2.00e-04, 20.0 pairs/s'
    assert out.getvalue().splitlines() == [f'step 10, {row}', f'step 20, {row}, PSNR 21.50 dB']


def test_a_bar_where_there_is_one():
    class Tty(io.StringIO):
        def isatty(self): return True
    out = Tty()
    t = ConsoleReport(20, out)
    t(ROW)
    assert t.bar.n == 10 and t.bar.total == 20
    t(dict(ROW, step=20))
    assert t.bar.n == 20 and 'loss 0.2500' in out.getvalue() and '100%' in out.getvalue()


def test_the_curve_and_its_live_version(monkeypatch):
    rows = [dict(ROW, step=k, loss=1/k) for k in (1, 2, 3)]
    assert isinstance(plot_log(rows), RenderedFigure) and 'PSNR' not in plot_log(rows).alt
    assert 'PSNR' in plot_log([*rows, dict(ROW, psnr=20.)]).alt
    assert isinstance(plot_log([dict(step=1, loss=0.)]), RenderedFigure)
    words = [{k: str(v) for k, v in r.items()} for r in [*rows, dict(ROW, psnr=20.)]]
    assert 'PSNR' in plot_log(words).alt
    for none in ('', None): assert 'PSNR' not in plot_log([dict(words[0], psnr=none)]).alt
    shown, updates = [], []
    class Handle:
        def update(self, what): updates.append(what)
    def display(what, display_id):
        shown.append(what)
        return Handle()
    monkeypatch.setattr('IPython.display.display', display)
    live = LivePlot()
    for r in rows: live(r)
    assert len(shown) == 1 and len(updates) == 2 and live.rows == rows


def test_event_files(tmp_path):
    pytest.importorskip('tensorboard')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    board = TensorBoardReport(tmp_path)
    for k in (1, 2): board(dict(ROW, step=k, loss=1/k))
    board.writer.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [(e.step, e.value) for e in events.Scalars('loss')] == [(1, 1.), (2, .5)]
    assert {*events.Tags()['scalars']} == {*ROW} - {'step', 'psnr'}


def test_without_tensorboard_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'torch.utils.tensorboard', None)
    with pytest.raises(ImportError, match='pip install tensorboard'): TensorBoardReport(tmp_path)


def test_reports_one_after_the_other():
    said = []
    combine_reports(lambda r: said.append(('a', r)), lambda r: said.append(('b', r)))(1)
    assert said == [('a', 1), ('b', 1)]


@pytest.mark.parametrize('kw, why', [(dict(steps=2000), 'steps'), (dict(steps=0), 'steps'), (dict(eta=2.), 'eta'),
                                     (dict(solver='x'), 'solver'), (dict(show=0), 'show is a number of images'),
                                     (dict(show=-1), 'show is a number of images')], ids=str)
def test_settings_with_which_nothing_can_be_restored_are_refused_at_once(kw, why):
    with pytest.raises(ValueError, match=why): HeldOutEval(held(), S, **kw)


def test_pairs_are_a_batch():
    with pytest.raises(TypeError, match='held must be a Batch of pairs, got tuple'): HeldOutEval((*held()[:2],), S)


@pytest.mark.parametrize('row', [dict(step=3), dict(loss=1.), dict(step=3, loss='')])
def test_a_row_without_what_is_drawn_is_named(row):
    with pytest.raises(ValueError, match='a row needs its step and its loss'): plot_log([dict(step=1, loss=2.), row])


@pytest.mark.parametrize('change, error, why', [
    (lambda b: b._replace(x0=b.x0[:0], x_in=b.x_in[:0]), ValueError, 'held.x0 is empty'),
    (lambda b: b._replace(x_in=b.x_in[:2]), ValueError, r'must have one shape, got \(3, 3, 8, 8\) and \(2, 3, 8, 8\)'),
    (lambda b: b._replace(x_in=(b.x_in + 1)*127.5), ValueError, r'held.x_in must lie in \[-1, 1\]'),
    (lambda b: b._replace(x0=b.x0*127.5 + 127.5), ValueError, r'held.x0 must lie in \[-1, 1\]'),
    (lambda b: b._replace(x_in=b.x_in.byte()), TypeError, 'held.x_in has dtype torch.uint8'),
    (lambda b: b._replace(x_in=None), TypeError, 'held.x_in must be a tensor')],
    ids=['empty', 'shapes', 'range', 'truth', 'bytes', 'none'])
def test_pairs_with_which_nothing_can_be_restored_are_refused_at_once(change, error, why):
    with pytest.raises(error, match=why): HeldOutEval(change(held()), S)


@pytest.mark.parametrize('below', ['', 'a/b'], ids=['file', 'below'])
def test_a_folder_that_is_a_file_is_refused_at_once(below, tmp_path):
    (tmp_path/'file').write_text('mine', encoding='utf-8')
    with pytest.raises(NotADirectoryError, match='file is a file, not a folder'):
        HeldOutEval(held(), S, tmp_path/'file'/below)
    HeldOutEval(held(), S, tmp_path/'new')
    assert not (tmp_path/'new').exists()


def test_a_report_says_what_there_is():
    out = io.StringIO()
    ConsoleReport(10, out)(dict(step=1, loss=.5))
    ConsoleReport(10, out)(dict(step=2, loss=.25, lr=1e-3, psnr=20.))
    lines = ['step 1, loss 0.5000', 'step 2, loss 0.2500, learning rate 1.00e-03, PSNR 20.00 dB']
    assert out.getvalue().splitlines() == lines
    with pytest.raises(ValueError, match='a row needs its step and its loss, but loss is missing'):
        ConsoleReport(10, out)(dict(step=1))


def test_what_is_no_number_is_shown_with_its_row():
    with pytest.raises(ValueError, match="step, loss, psnr of a row are numbers, got .*'loss': 'abc'"):
        plot_log([dict(step=1, loss=.5), dict(step=2, loss='abc')])


def test_rows_of_a_file_can_be_reported():
    out, words = io.StringIO(), {k: str(v) for k, v in ROW.items()}
    ConsoleReport(20, out)(words)
    ConsoleReport(20, out)(dict(words, psnr='', lr=None))
    lines = ['step 10, loss 0.2500, gradient 1.500, learning rate 2.00e-04, 20.0 pairs/s',
             'step 10, loss 0.2500, gradient 1.500, 20.0 pairs/s']
    assert out.getvalue().splitlines() == lines
    with pytest.raises(ValueError, match="loss, grad_norm.* of a row are numbers, got .*'lr': 'slow'"):
        ConsoleReport(20, out)(dict(words, lr='slow'))


def test_rows_of_a_file_make_event_files(tmp_path):
    pytest.importorskip('tensorboard')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    board = TensorBoardReport(tmp_path)
    board(dict({k: str(v) for k, v in ROW.items()}, psnr=''))
    board.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [(e.step, e.value) for e in events.Scalars('loss')] == [(10, .25)]


@pytest.mark.parametrize('change, why', [
    (lambda b: Batch(b.x0[0], b.x_in[0]), r'held.x0 and held.x_in must be batches .*got \(3, 8, 8\): give'),
    (lambda b: b._replace(cond=b.x0*200), r'held.cond must lie in \[-1, 1\]'),
    (lambda b: b._replace(cond=b.x0[:2]), r'held.cond must be \(B, C, H, W\) like the pairs'),
    (lambda b: b._replace(cond=b.x0[..., :5]), r'held.cond must be \(B, C, H, W\) like the pairs')],
    ids=['one', 'range', 'number', 'size'])
def test_batches_and_their_conditions_are_looked_at_at_once(change, why):
    with pytest.raises(ValueError, match=why): HeldOutEval(change(held()), S)


def test_conditions_that_fit_are_taken():
    b = held()
    for cond in (b.x0, b.x0[:, :1], b.x0[:1, :1], torch.zeros(3, 4, 8, 8), torch.zeros(3, 7)):
        HeldOutEval(b._replace(cond=cond), S)


@pytest.mark.parametrize('folder, error, why', [('~/sheets', ValueError, 'a folder called ~'),
                                                ('x'*300, OSError, 'cannot write into x+ .*: choose another folder')],
                         ids=['home', 'long'])
def test_a_folder_that_cannot_be_made_is_refused_at_once(folder, error, why):
    with pytest.raises(error, match=why): HeldOutEval(held(), S, folder)


def test_a_folder_behind_a_broken_link_is_refused_at_once(tmp_path):
    try: (tmp_path/'link').symlink_to(tmp_path/'gone')
    except OSError: pytest.skip('no links here')
    with pytest.raises(FileNotFoundError, match='is a link to .*gone, which is not there'):
        HeldOutEval(held(), S, tmp_path/'link')
