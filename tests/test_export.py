"Networks as ONNX: like the network at every size, whole or not written"
import json
import re
import sys
from pathlib import Path

import pytest
import torch
from common import close, rng
from rddm_nb.estimate import Prediction
from rddm_nb.official import OfficialUNet
from rddm_nb.schedule import Schedule
from rddm_nb.unet import NETWORKS, UNet, network_class
from rddm_nb.variants import OnlyRes

onnxruntime = pytest.importorskip('onnxruntime', reason='the packages of the extra onnx are not installed')
pytest.importorskip('onnx')
from rddm_nb import export  # noqa: E402
from rddm_nb.export import to_onnx  # noqa: E402

SIZES = [(1, 8, 8), (2, 13, 22), (3, 40, 6), (1, 140, 66), (1, 5, 7)]
CASES = {
    'a residual': (UNet, dict(dim=8, mults=(1, 2, 2)), ['x_t', 'x_in', 'abar', 'bbar'], ['res']),
    'both and a condition': (UNet, dict(dim=8, mults=(1, 2), predicts='both', takes_cond=True),
                             ['x_t', 'x_in', 'abar', 'bbar', 'cond'], ['res', 'eps']),
    'the node': (UNet, dict(dim=8, mults=(1, 2), predicts='eps', embedding='t'), ['x_t', 'x_in', 't'], ['eps']),
    'grey, a clean image': (UNet, dict(dim=8, mults=(1, 2), predicts='x0', channels=1),
                            ['x_t', 'x_in', 'abar', 'bbar'], ['res']),
    'no input': (UNet, dict(dim=8, mults=(1, 2), predicts='eps', takes_input=False), ['x_t', 'abar', 'bbar'], ['eps']),
    'official, own': (OfficialUNet, dict(dim=8, mults=(1, 2), embedding='own'), ['x_t', 'x_in', 'abar', 'bbar'],
                      ['res', 'eps']),
    'official, the node': (OfficialUNet, dict(predicts='res', dim=8, mults=(1, 2)), ['x_t', 'x_in', 't'], ['res']),
}


def made(cls, config):
    "A network whose last layer is not zero"
    torch.manual_seed(0)
    net = cls(**config).eval()
    with torch.no_grad():
        for p in net.parameters():
            if not p.any(): p.normal_(0, .1)
    return net


@pytest.mark.parametrize('cls,config,inputs,outputs', CASES.values(), ids=CASES)
def test_a_file_is_like_its_network_at_every_size(cls, config, inputs, outputs, tmp_path):
    net, file = made(cls, config), tmp_path/'net.onnx'
    to_onnx(net, file)
    session = onnxruntime.InferenceSession(file)
    assert [i.name for i in session.get_inputs()] == inputs
    assert [o.name for o in session.get_outputs()] == outputs
    for batch, *size in SIZES:
        given = export._example(net.config, size, batch)
        got = session.run(None, {k: given[k].numpy() for k in inputs})
        with torch.no_grad(): want = net(**given)
        for name, values in zip(outputs, got):
            close(values, getattr(want, name), 1e-5*max(1, getattr(want, name).abs().max().item()))


def test_a_variant_is_recorded_as_its_network_is(tmp_path):
    net = made(UNet, dict(dim=8, mults=(1, 2), channels=1, takes_cond=True))
    to_onnx(OnlyRes(net), tmp_path/'net.onnx')
    session = onnxruntime.InferenceSession(tmp_path/'net.onnx')
    assert json.loads(session.get_modelmeta().custom_metadata_map['config']) == net.config
    assert [i.name for i in session.get_inputs()] == ['x_t', 'x_in', 'abar', 'bbar', 'cond']


def test_every_registered_network_is_tried():
    ours = {kind for kind, place in NETWORKS.items() if place.startswith('rddm_nb.')} # others may be registered too
    assert {cls for cls, *_ in CASES.values()} == {network_class(kind) for kind in ours}


def test_a_file_knows_its_schedule_and_its_options(tmp_path):
    net = made(UNet, dict(dim=8, mults=(1, 2)))
    net.schedule = Schedule.power(T=12)
    to_onnx(net, tmp_path/'net.onnx')
    about = onnxruntime.InferenceSession(tmp_path/'net.onnx').get_modelmeta().custom_metadata_map
    assert Schedule.from_dict(json.loads(about['schedule'])) == net.schedule
    assert json.loads(about['config']) == net.config


def test_attention_of_any_size_is_attention():
    from rddm_nb.unet import Attention
    for height, width in ((1, 1), (7, 30), (32, 32), (33, 1), (20, 41), (50, 49)):
        attention, h = Attention(16), torch.randn(2, 16, height, width, generator=rng(1))
        with torch.no_grad(): close(export._AnySize(attention)(h), attention(h), 1e-5)


class Sly(torch.nn.Module):
    "Decides by the width, in Python"
    config = dict(channels=3)
    def forward(self, x_t, x_in, abar, bbar, t=None, cond=None):
        return Prediction(res=x_t if x_t.shape[-1] < 60 else 2*x_t)


def test_what_cannot_be_recorded_is_refused_and_nothing_is_lost(tmp_path):
    file = tmp_path/'net.onnx'
    with pytest.raises(ValueError, match='the exported Sly differs from the network by .* of 150x70'):
        to_onnx(Sly(), file)
    assert not file.exists()
    file.write_bytes(b'kept')
    with pytest.raises(FileExistsError, match='force=True'): to_onnx(made(UNet, dict(dim=8, mults=(1,))), file)
    with pytest.raises(ValueError): to_onnx(Sly(), file, force=True)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b'kept']


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnx', None)
    with pytest.raises(ImportError, match=r"pip install 'rddm_nb\[onnx\]'"): to_onnx(Sly(), tmp_path/'net.onnx')


def test_the_command(tmp_path, capsys):
    file = tmp_path/'rain.onnx'
    assert export.main(['rain', str(file)]) == 0 and 'rain.onnx: 1.5' in capsys.readouterr().out
    assert export.main(['rain', str(file)]) == 2 and 'exists' in capsys.readouterr().err
    assert export.main(['snow', str(file), '--force']) == 2 and 'networks in the box' in capsys.readouterr().err
    assert export.main(['rain']) == 2


def test_a_place_that_cannot_be_written_is_named_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(export, 'load_network', lambda name: pytest.fail('a network was loaded'))
    (tmp_path/'there.onnx').write_bytes(b'mine')
    for file, said in ((tmp_path/'there.onnx', 'is not overwritten without --force'), (tmp_path, 'is a folder: name'),
                       (tmp_path/'no/e.onnx', 'there is no folder')):
        assert export.main(['rain', str(file)]) == 2 and said in capsys.readouterr().err
    assert (tmp_path/'there.onnx').read_bytes() == b'mine'


class Plain(torch.nn.Module):
    "A layer of the user's"
    config = dict(channels=3)
    def __init__(self, layer, out=lambda v: Prediction(res=v)):
        super().__init__()
        self.layer, self.out = layer, out
    def forward(self, x_t, x_in, abar, bbar, t=None, cond=None): return self.out(self.layer(x_t))


@pytest.mark.parametrize('layer', [torch.nn.Dropout(.5), torch.nn.BatchNorm2d(3)])
def test_layers_that_differ_in_training_are_recorded_as_they_sample(layer, tmp_path):
    net = Plain(layer).train()
    to_onnx(net, tmp_path/'net.onnx')
    assert (tmp_path/'net.onnx').exists() and net.training and layer.training


@pytest.mark.parametrize(('net', 'error', 'said'), [
    (Plain(torch.nn.Identity(), lambda v: Prediction(res=v*float('nan'))), ValueError, 'of the Plain are not finite'),
    (Plain(torch.nn.Identity(), lambda v: v), TypeError, 'the model returned a bare tensor'),
    (Plain(torch.nn.Identity(), lambda v: Prediction()), ValueError, 'predicts neither a residual nor noise')])
def test_what_gives_no_prediction_is_named(net, error, said, tmp_path):
    with pytest.raises(error, match=said): to_onnx(net, tmp_path/'net.onnx')
    assert not [*tmp_path.iterdir()]


class Says(torch.nn.Module):
    "A function of the user's"
    def __init__(self, says, **config):
        super().__init__()
        self.says, self.config = says, config
    def forward(self, x_t, x_in, abar, bbar, t=None, cond=None): return self.says(x_t, x_in, abar, cond)


def large(v, small, big): return small if v.shape[-1] < 60 else big

WRONG = {
    'small': lambda x, *_: Prediction(res=large(x, 0*x, 9e-5*x)),
    'one of two': lambda x, *_: Prediction(res=x, eps=large(x, 0*x, 1e-5*x)),
    'a mask of one channel': lambda x, x_in, abar, cond: Prediction(res=x*2 if cond.shape[1] == 1 else x),
}


@pytest.mark.parametrize('name', WRONG)
def test_a_graph_that_is_wrong_is_found_out_however_small(name, tmp_path):
    with pytest.raises(ValueError, match='the exported Says differs from the network by .*: its forward decides'):
        to_onnx(Says(WRONG[name], channels=3, takes_cond='mask' in name), tmp_path/'net.onnx')
    assert not [*tmp_path.iterdir()]


def test_a_network_that_blows_up_at_another_size_is_named(tmp_path):
    with pytest.raises(ValueError, match='outputs of the Says are not finite'):
        to_onnx(Says(lambda x, *_: Prediction(res=x, eps=large(x, x, x*float('nan'))), channels=3), tmp_path/'net.onnx')
    a = torch.ones(1, 3, 2, 2)
    assert not export._deviation([a, a*float('nan')], [a, a]) <= 1


@pytest.mark.parametrize('share', [0., 1e-12, 1e-6])
def test_a_network_that_says_next_to_nothing_is_kept(share, tmp_path):
    to_onnx(Says(lambda x, *_: Prediction(res=share*x), channels=3), tmp_path/'small.onnx')
    to_onnx(UNet(8, (1,)), tmp_path/'new.onnx')
    to_onnx(Says(lambda x, x_in, *_: Prediction(res=x_in - (.3*x_in + .7*x_in)), channels=3), tmp_path/'rounded.onnx')
    assert len([*tmp_path.iterdir()]) == 3


def test_shapes_are_compared_too():
    a, b = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 1)
    assert export._deviation([a, a], [a, b]) == float('inf') and export._deviation([a, a], [a, a]) == 0


def chosen(x_t, x_in, abar):
    "Decides by a value, in the graph"
    if bool(abar.mean() > .5): out = x_t*2
    elif bool(abar.mean() > .25): out = x_in*3
    else: out = x_in
    return out


@pytest.mark.filterwarnings('ignore:.*torch.jit.script')
def test_an_input_that_only_a_branch_uses_stays(tmp_path):
    choose = torch.jit.script(chosen)
    to_onnx(Says(lambda x, x_in, abar, _: Prediction(res=choose(x, x_in, abar)), channels=3), tmp_path/'net.onnx')
    session = onnxruntime.InferenceSession(tmp_path/'net.onnx')
    assert [i.name for i in session.get_inputs()] == ['x_t', 'x_in', 'abar']
    x, y = (torch.full((1, 3, 4, 4), v) for v in (.25, .5))
    for abar, want in ((.75, .5), (.4, 1.5), (.1, .5)):
        given = dict(x_t=x, x_in=y, abar=torch.tensor([abar]))
        close(session.run(None, {k: v.numpy() for k, v in given.items()})[0], torch.full((1, 3, 4, 4), want), 0)


@pytest.mark.parametrize('cls, channels', [(UNet, 3), (OfficialUNet, 3), (UNet, 1)])
def test_a_mask_of_one_channel_is_taken_as_in_python(cls, channels, tmp_path):
    net = made(cls, dict(predicts='res', dim=8, mults=(1, 2), takes_cond=True, channels=channels))
    to_onnx(net, tmp_path/'net.onnx')
    session = onnxruntime.InferenceSession(tmp_path/'net.onnx')
    given = export._example(net.config, (9, 14), 2)
    for cond in (given['cond'], given['cond'][:, :1]):
        given |= dict(cond=cond)
        got = session.run(None, {i.name: given[i.name].numpy() for i in session.get_inputs()})[0]
        with torch.no_grad(): want = net(**given).res
        close(got, want, 1e-5*max(1, want.abs().max().item()))


def test_a_condition_that_must_have_all_channels_is_no_obstacle(tmp_path):
    needs = torch.nn.Conv2d(3, 3, 1).requires_grad_(False)
    to_onnx(Says(lambda x, x_in, abar, cond: Prediction(res=needs(cond)), channels=3, takes_cond=True),
            tmp_path/'net.onnx')
    session = onnxruntime.InferenceSession(tmp_path/'net.onnx')
    assert [i.name for i in session.get_inputs()] == ['cond']


@pytest.mark.parametrize('wrap', [torch.nn.DataParallel, lambda net: OnlyRes(torch.nn.DataParallel(net)), OnlyRes])
def test_a_network_in_a_wrapper_keeps_its_schedule(wrap, tmp_path):
    net = made(UNet, dict(dim=8, mults=(1,)))
    net.schedule = Schedule.power(T=7)
    to_onnx(wrap(net), tmp_path/'net.onnx')
    about = onnxruntime.InferenceSession(tmp_path/'net.onnx').get_modelmeta().custom_metadata_map
    assert Schedule.from_dict(json.loads(about['schedule'])) == net.schedule
    assert json.loads(about['config']) == net.config


def test_what_a_part_of_a_network_calls_its_schedule_is_its_own(tmp_path):
    net = made(UNet, dict(dim=8, mults=(1,)))
    next(net.children()).schedule = [1, 2]
    to_onnx(net, tmp_path/'net.onnx')
    assert 'schedule' not in onnxruntime.InferenceSession(tmp_path/'net.onnx').get_modelmeta().custom_metadata_map


def first(m): return lambda x, *_: Prediction(res=m(x).detach())


@pytest.mark.parametrize('net, said', [
    (Says(lambda x, *_: Prediction(res=torch.randn_like(x)), channels=3), 'something else each time that it is asked'),
    (Says(first(torch.nn.Conv2d(1, 1, 3, padding=1))),
     'the Says cannot be run on 2 images of 3 channels .*to have 1 channels.*channels='),
    (Says(lambda x, x_in, abar, _: Prediction(res=x*abar)), r'abar, bbar and t of shape \(2,\), .*must match the size'),
    (Says(first(torch.nn.Identity()), channels=3, a=float('nan')), 'the config of the network cannot be written as')])
def test_a_network_that_cannot_be_kept_is_told_why(net, said, tmp_path):
    with pytest.raises(ValueError, match=said): to_onnx(net, tmp_path/'net.onnx')
    assert not [*tmp_path.iterdir()]


def test_the_errors_of_a_network_that_says_its_channels_are_its_own(tmp_path):
    with pytest.raises(RuntimeError, match='to have 1 channels'):
        to_onnx(Says(first(torch.nn.Conv2d(1, 1, 3)), channels=3), tmp_path/'net.onnx')


def test_a_link_is_followed_and_one_that_leads_nowhere_is_refused(tmp_path):
    net, link, there = Says(first(torch.nn.Identity()), channels=3), tmp_path/'link.onnx', tmp_path/'there.onnx'
    try: link.symlink_to(there)
    except OSError: pytest.skip('no links here')
    for force in (False, True):
        with pytest.raises(FileNotFoundError, match='link.onnx is a link to .*there.onnx, which is not there'):
            to_onnx(net, link, force)
    assert link.is_symlink() and not there.exists()
    there.write_bytes(b'mine')
    with pytest.raises(FileExistsError): to_onnx(net, link)
    to_onnx(net, link, force=True)
    assert link.is_symlink() and there.read_bytes() != b'mine'


def test_the_page_visits_the_nodes_that_sample_visits():
    page = (Path(__file__).resolve().parents[1]/'nbs/export.ipynb').read_text(encoding='utf-8')
    rule = re.search(r'nodes = (\[.*?\])\\n', page)[1]
    for steps in range(1, 1001): assert eval(rule, dict(T=1000, steps=steps)) == Schedule.line().grid(steps), steps


def test_a_graph_is_compared_with_the_network_as_it_was_given(tmp_path, monkeypatch):
    net, whole = made(UNet, dict(dim=8, mults=(1,))), export.fuse_weights
    def spoiled(net):
        net = whole(net)
        with torch.no_grad(): [*net.parameters()][-1].add_(1.)
        return net
    monkeypatch.setattr(export, 'fuse_weights', spoiled)
    with pytest.raises(ValueError, match='the exported UNet differs from the network'):
        to_onnx(net, tmp_path/'net.onnx')
    assert not [*tmp_path.iterdir()]
