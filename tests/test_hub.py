"""The networks in the box do what their files say, and a network that goes through the hub comes back the same,
without a network connection."""
import json
import re
from importlib.resources import files
import pytest
import torch
import yaml
from common import close, rng
from PIL import Image
from rddm_nb import files as rddm_nb_files
from rddm_nb.degrade import degrade
from rddm_nb.files import atomic_write
from rddm_nb.hub import HubModel, _model_card
from rddm_nb.models import PRETRAINED, load_network
from rddm_nb.images import psnr
from rddm_nb.official import OfficialUNet, fuse_weights
from rddm_nb.sample_images import crops
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet, load_model, save_model


def small(seed=0):
    torch.manual_seed(seed)
    net = UNet(8, (1, 2)).eval()
    for p in net.last[-1].parameters(): torch.nn.init.normal_(p, std=.1)
    net.schedule = Schedule.power(T=8)
    return net


@pytest.mark.parametrize('name', PRETRAINED)
def test_a_network_in_the_box_is_small_and_says_where_it_comes_from(name):
    path = files('rddm_nb')/'assets'/f'{name}.safetensors'
    assert path.stat().st_size <= 1_000_000
    net = load_network(name)
    assert {p.dtype for p in net.parameters()} == {torch.float32} and not net.training
    assert net.meta['name'] == name and net.meta['license'] == 'apache-2.0' and net.meta['limits'] and net.meta['steps']
    assert net.meta['seed'] == 0 and net.meta['train_steps'] > 1000


def test_rain_is_taken_off_as_well_as_the_file_says():
    net, x0 = load_network('rain'), crops(48, 48, 'test', 5, shrink=1)
    x_in = torch.cat([degrade(x[None], 'rain', rng(i), scale=1.5) for i, x in enumerate(x0)])
    before = psnr(x_in, x0).mean()
    for steps in (1, 5):
        gain, said = (
            psnr(sample(net, x_in, steps=steps, generator=rng()), x0).mean() - before,
            net.meta['steps'][str(steps)]['PSNR'] - net.meta['steps']['input']['PSNR'],
        )
        assert gain > 6 and abs(gain - said) < 2.5


@pytest.mark.parametrize('sigma', [15, 25, 50])
def test_noise_is_taken_off_and_little_else(sigma):
    net, x0 = load_network('noise'), crops(24, 48, 'test', 5, shrink=1)
    x_in = (x0 + sigma/127.5*torch.randn(x0.shape, generator=rng(sigma))).clamp(-1, 1)
    back = sample(net, x_in, steps=2, generator=rng())
    assert (psnr(back, x0) - psnr(x_in, x0)).mean() > 5
    assert psnr(sample(net, x0, steps=2, generator=rng()), x0).mean() > 35


def test_emoji_are_made_from_nothing():
    net = load_network('emoji')
    x = sample(net, shape=(6, 3, 32, 32), steps=10, generator=rng())
    edge = torch.cat([x[..., 0, :].flatten(), x[..., -1, :].flatten()])
    assert (edge > .6).float().mean() > .8 and x.flatten(1).std(1).min() > .1 and (x[0] - x[1]).abs().mean() > .05


def test_a_card_says_what_is_known_and_what_is_not():
    net = small()
    said = _model_card(net)
    assert all(w in said
               for w in ('It was not measured.', 'was not written down', 'Nothing is known', 'license: other',
                         'abar = 1, bbar = 1', f'| parameters | {sum(p.numel() for p in net.parameters()):,} |'))
    net.meta = dict(name='mine', steps={'input': dict(PSNR=10.), '5': dict(PSNR=20.5, SSIM=.75)},
                    protocol='on my images', limits=['not yours'], license='mit')
    said = _model_card(net)
    assert all(w in said for w in ('# mine', '| steps | PSNR | SSIM |', '| input | 10.00 |  |', '| 5 | 20.50 | 0.75 |',
                                   'on my images:', '- not yours', 'license: mit'))


def test_what_a_file_says_does_not_become_the_card(tmp_path):
    net = small()
    net.schedule.name = 'a|b'
    net.meta = dict(name='# <b>mine</b>\n---\nx: y', license='mit\n---\n: [', what='see [here](http://x) *now*',
                    protocol='`a`\nb', limits=['one\n- two', '<script>'],
                    steps={'5|': {'PS|NR': 'a|b', 'SSIM': 1}}, task='r|ain\n# x', shape=[3, 16, 16], best_steps=2)
    text = _model_card(net)
    head, body = text[4:].split('\n---\n', 1)
    assert yaml.safe_load(head) == dict(library_name='rddm_nb', license=net.meta['license'],
                                        tags=['image-restoration', 'diffusion', 'rddm'])
    assert [l for l in body.splitlines() if l.startswith('#')] == [
        r'# \# \<b\>mine\</b\> --- x: y',
        '## Where it lives',
        '## How good it is',
        '## How it was made',
        '## What it cannot do',
    ]
    assert r'a\|b, 8 nodes' in body and '<script>' not in body.replace(r'\<', '')
    assert r'\[here\](http://x) \*now\*' in body and '- one - two' in body
    assert r'| 5\| | a\|b | 1.00 |' in body and r'| task | r\|ain \# x |' in body and 'steps=2)' in body
    rows = [l for l in body.splitlines() if l.startswith('|')]
    assert all(len(re.findall(r'(?<!\\)\|', l)) in (3, 4) for l in rows) and len(rows) > 10


@pytest.mark.parametrize('steps', [None, 3, [1], {'5': 2.}, {}])
def test_measurements_of_another_form_are_none(steps):
    net = small()
    net.meta = dict(steps=steps)
    assert 'It was not measured.' in _model_card(net)


def test_a_folder_gives_the_network_back(tmp_path, caplog):
    net, x = small(), crops(2, 16, 'test')
    net.meta = dict(name='mine', steps={'5': dict(PSNR=20.5)})
    HubModel(net).save_pretrained(tmp_path/'m')
    assert sorted(p.name for p in (tmp_path / 'm').iterdir()) == [
        'README.md',
        'config.json',
        'model.safetensors',
        'schedule.png',
    ]
    assert (tmp_path/'m/schedule.png').read_bytes()[:4] == b'\x89PNG'
    assert '20.50' in (tmp_path/'m/README.md').read_text(encoding='utf-8')
    assert json.loads((tmp_path/'m/config.json').read_text(encoding='utf-8')) == net.config
    with caplog.at_level('WARNING'): back = HubModel.from_pretrained(tmp_path/'m')
    assert not caplog.records and back.schedule == net.schedule and back.net.meta == net.meta
    close(sample(back, x, steps=3, generator=rng()), sample(net, x, steps=3, generator=rng()), 0)


def test_a_folder_with_a_model_is_left_alone(tmp_path):
    HubModel(small()).save_pretrained(tmp_path/'m')
    before = {p: p.read_bytes() for p in (tmp_path/'m').iterdir()}
    with pytest.raises(FileExistsError, match='already holds a model'): HubModel(small(1)).save_pretrained(tmp_path/'m')
    assert {p: p.read_bytes() for p in (tmp_path/'m').iterdir()} == before


def test_pushing_uploads_model_card_and_image(monkeypatch):
    import huggingface_hub.hub_mixin as theirs
    seen = {}
    class Api:
        def __init__(self, *a, **kw): pass
        def create_repo(self, repo_id, **kw):
            seen['repo'] = repo_id
            return type('Url', (), dict(repo_id=repo_id))()
        def upload_folder(self, folder_path, **kw):
            from pathlib import Path
            seen['files'] = {p.name: p.read_bytes() for p in Path(folder_path).iterdir()}
            return type('Info', (), dict(commit_url='there'))()
    monkeypatch.setattr(theirs, 'HfApi', Api)
    HubModel(small()).push_to_hub('me/mine')
    assert seen['repo'] == 'me/mine'
    assert set(seen['files']) == {'README.md', 'config.json', 'model.safetensors', 'schedule.png'}


def test_a_repository_is_asked_for_the_one_file(monkeypatch, tmp_path):
    import huggingface_hub
    net = small()
    HubModel(net).save_pretrained(tmp_path/'m')
    asked = []
    def download(repo, file, **kw):
        asked.append((repo, file, kw['revision']))
        return str(tmp_path/'m'/file)
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', download)
    back = HubModel.from_pretrained('me/mine', revision='v2')
    assert asked == [('me/mine', 'model.safetensors', 'v2')] and back.schedule == net.schedule


def test_a_pickle_is_refused(tmp_path):
    (tmp_path/'m').mkdir()
    torch.save({}, tmp_path/'m/model.safetensors')
    (tmp_path/'m/config.json').write_text(json.dumps({}))
    with pytest.raises(ValueError, match='not a whole safetensors file'): HubModel.from_pretrained(tmp_path/'m')


@pytest.mark.parametrize('config', ['[1]', 'null', '{', None])
def test_nothing_depends_on_the_settings_beside_the_model(tmp_path, config):
    HubModel(small()).save_pretrained(tmp_path/'m')
    (tmp_path/'m/config.json').unlink() if config is None else (tmp_path/'m/config.json').write_text(config)
    assert HubModel.from_pretrained(tmp_path/'m').schedule == small().schedule


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no model.safetensors'): HubModel.from_pretrained(tmp_path)


def test_a_card_says_how_to_run_the_network():
    net = small()
    assert 'sample(model, x_in, steps=5)' in _model_card(net)
    net = UNet(8, (1, 2), takes_input=False)
    net.schedule = Schedule.power(T=8)
    for shape in (None, ['x'], (3, 0, 8), 32):
        net.meta = dict(shape=shape)
        assert 'sample(model, shape=(8, 3, 32, 32), steps=5)' in _model_card(net)
    net.meta = dict(shape=(1, 8, 9), best_steps=7) # the network has three channels, whatever its file says
    assert 'sample(model, shape=(8, 3, 8, 9), steps=7)' in _model_card(net)


LINES = [
    (dict(), Schedule.power(T=8), 'x_in, steps=5)'),
    (dict(takes_cond=True), Schedule.power(T=8), 'x_in, cond=cond, steps=5)'),
    (dict(channels=1, takes_input=False), Schedule.power(T=8), 'shape=(8, 1, 32, 32), steps=5)'),
    (dict(), Schedule.bridge(20), "x_in, steps=5, posterior='bridge', eta=[1, 0])"),
    (dict(), Schedule.line(20, bbar_T=0), 'x_in, steps=5)'),
    (dict(predicts='eps'), Schedule.power(T=8), 'x_in, steps=[7, 5, 4, 2, 1, 0])'),
    (dict(predicts='eps', embedding='t', takes_input=False, takes_cond=True), Schedule.bridge(12),
     'shape=(8, 3, 32, 32), cond=cond, steps=[11, 8, 6, 4, 2, 0])'),
    (dict(predicts='eps'), Schedule.ddim_linear(1000), 'x_in, steps=5)'),
    (dict(predicts='both'), Schedule.power(T=1), 'x_in, steps=1)'),
    (dict(predicts='eps'), Schedule.power(T=4, alpha=('1-x', 2)), 'x_in, steps=[3, 2, 1, 0])'),
]


@pytest.mark.parametrize('i', range(len(LINES)))
def test_the_lines_of_a_card_run(tmp_path, i):
    config, schedule, asked = LINES[i]
    net = UNet(8, (1, 2), **config)
    net.schedule = schedule
    HubModel(net).save_pretrained(tmp_path/'m')
    text = (tmp_path/'m/README.md').read_text(encoding='utf-8')
    lines = re.search(r'```python\n(.*?)```', text, re.DOTALL)[1].replace("'...'", repr(str(tmp_path/'m')))
    assert f'sample(model, {asked}\n' in lines and ('start at node' in text) == ('[' in asked.split('eta')[0])
    batch, *size = (8, 32, 32) if 'shape=' in asked else (1, 8, 8)
    exec(lines, dict(x_in=torch.zeros(1, config.get('channels', 3), 8, 8), cond=torch.ones(batch, 1, *size)))


def test_a_network_that_can_start_nowhere_says_so():
    net = UNet(8, (1,), predicts='eps')
    for net.schedule in (Schedule.power(T=1), Schedule.bridge(3)):
        assert 'needs another schedule' in _model_card(net) and '```' not in _model_card(net)
    net.schedule = Schedule.ddim_linear(50)
    assert 'ends at abar = 0.2235: `sample` needs the state to start from' in _model_card(net)


def test_the_network_knows_its_own_options_and_size():
    net = UNet(8, (1, 2))
    net.schedule, net.meta = Schedule.power(T=8), dict(dim=64, parameters='1 billion', colour='red')
    rows = [l for l in _model_card(net).splitlines() if re.match(r'\| (dim|parameters|colour) ', l)]
    assert rows == [f'| parameters | {sum(p.numel() for p in net.parameters()):,} |', '| dim | 8 |', '| colour | red |']
    net = OfficialUNet('res', dim=8, mults=(1, 2))
    net.schedule = Schedule.power(T=8)
    said = f'| parameters | {sum(p.numel() for p in net.parameters()):,} |'
    fused = fuse_weights(net)
    assert sum(p.numel() for p in fused.parameters()) != sum(p.numel() for p in net.parameters())
    assert said in _model_card(net) and said in _model_card(fused)
    odd = torch.nn.Conv2d(1, 1, 1)
    odd.schedule, odd.config = Schedule.power(T=8), {}
    assert '| parameters | 2 |' in _model_card(odd)


@pytest.mark.parametrize('limits, said', [('Not for faces', '- Not for faces\n'), (['a', 'b'], '- a\n- b\n'),
                                          ([], '- Nothing is known'), (None, '- Nothing is known'), (7, '- 7\n')])
def test_limits_of_any_form_are_a_list(limits, said):
    net = small()
    net.meta = dict(limits=limits)
    assert f'cannot do\n\n{said}' in _model_card(net)


@pytest.mark.parametrize('name, label', [('mine', 'mine'), ('', 'schedule')])
def test_the_drawing_of_a_card_names_the_schedule(tmp_path, monkeypatch, name, label):
    from rddm_nb import viz
    seen, real = [], viz.plot_plane
    monkeypatch.setattr(viz, 'plot_plane', lambda ax, schedules: (seen.append([*schedules]), real(ax, schedules)))
    net = small()
    net.schedule = Schedule(net.schedule.abar, net.schedule.bbar, name)
    HubModel(net).save_pretrained(tmp_path)
    w, h = Image.open(tmp_path/'schedule.png').size
    assert seen == [[label]] and abs(w/h - 4/2.4) < .01


@pytest.mark.parametrize('name, said', [('me/nowhere', 'no file or folder me/nowhere, .* hub gave no me/nowhere/model'),
                                        ('nowhere', 'no file or folder nowhere; the networks in the box are')])
def test_a_name_that_leads_nowhere_is_named(monkeypatch, name, said):
    import huggingface_hub
    def fail(*a, **kw): raise RuntimeError('404')
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', fail)
    for kw in ({}, dict(revision='v2')):
        with pytest.raises(FileNotFoundError, match=said): HubModel.from_pretrained(name, **kw)


def test_a_network_that_cannot_be_kept_leaves_no_folder(tmp_path):
    net = small()
    del net.schedule
    with pytest.raises(ValueError, match='this UNet has no schedule: give it the one that it was trained on'):
        HubModel(net)
    odd = torch.nn.Identity()
    odd.schedule, odd.config = Schedule.power(T=8), {}
    with pytest.raises(ValueError, match='network .* is not registered'): HubModel(odd).save_pretrained(tmp_path/'m')
    assert not (tmp_path/'m').exists()
    (tmp_path/'mine').mkdir()
    for folder in ('mine', 'mine/own/deep'):
        with pytest.raises(ValueError, match='is not registered'): HubModel(odd).save_pretrained(tmp_path/folder)
    assert [*tmp_path.rglob('*')] == [tmp_path/'mine']


@pytest.mark.parametrize('config', ['my.yaml', dict(data='x'), dict(data=dict(size=32))])
def test_what_is_shared_says_how_but_not_where_a_network_was_trained(config, tmp_path):
    from rddm_nb.config import Config
    places = {k: f'/home/me/{k}' for k in ('root', 'inputs', 'targets', 'cond', 'held_inputs', 'held_targets',
                                           'held_cond')}
    net, made = small(), Config().to_dict()
    net.meta = dict(step=7, config=made | dict(data=made['data'] | places | dict(size=48)))
    text = _model_card(net)
    assert '/home/me' not in text and "'size': 48" in text and "'sample': {'steps': 5" in text
    HubModel(net).save_pretrained(tmp_path/'m')
    assert all(b'/home/me' not in f.read_bytes() for f in (tmp_path/'m').iterdir())
    back = HubModel.from_pretrained(tmp_path/'m').net.meta['config']
    assert back['data']['size'] == 48 and back['train'] == made['train']
    assert net.meta['config']['data']['root'] == '/home/me/root'
    net.meta = dict(config=config)
    assert f'| config | {config} |' in _model_card(net)


@pytest.mark.parametrize('name', ['model.safetensors', 'config.json', 'schedule.png', 'README.md'])
def test_nothing_that_is_there_is_written_over(name, tmp_path):
    (tmp_path/name).write_bytes(b'mine')
    with pytest.raises(FileExistsError, match=f'already holds a {name}: choose another folder'):
        HubModel(small()).save_pretrained(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {name: b'mine'}


def test_a_network_whose_filters_are_fused_is_kept_as_it_was(tmp_path):
    torch.manual_seed(0)
    net = OfficialUNet(dim=8, mults=(1, 2), predicts='res')
    save_model(tmp_path/'m.safetensors', net, Schedule.power(T=8))
    HubModel(load_network(tmp_path/'m.safetensors')).save_pretrained(tmp_path/'a')
    HubModel.from_pretrained(tmp_path/'a').save_pretrained(tmp_path/'b')
    want, got = net.state_dict(), load_model(tmp_path/'b/model.safetensors').state_dict()
    assert want.keys() == got.keys() and all(torch.equal(got[k], v) for k, v in want.items())
    changed = HubModel.from_pretrained(tmp_path/'b')
    other = OfficialUNet(dim=8, mults=(1, 2), predicts='res')
    save_model(tmp_path/'b/model.safetensors', other, changed.schedule, force=True)
    with pytest.raises(ValueError, match='model.safetensors holds another one by now'):
        changed.save_pretrained(tmp_path/'c')
    with pytest.raises(ValueError, match='its filters are fused for sampling; keep the network that load_model gives'):
        save_model(tmp_path/'d', changed.net, changed.schedule)


def test_a_fused_network_in_half_precision_is_kept_in_half_precision(tmp_path):
    save_model(tmp_path/'m.safetensors', OfficialUNet(dim=8, mults=(1, 2), predicts='res'), Schedule.power(T=8))
    HubModel(load_network(tmp_path/'m.safetensors').half()).save_pretrained(tmp_path/'a')
    whole, half = (load_model(tmp_path/f) for f in ('m.safetensors', 'a/model.safetensors'))
    assert all(torch.equal(v.half(), half.state_dict()[k]) for k, v in whole.state_dict().items())


def test_keywords_that_nothing_takes_are_refused(tmp_path):
    with pytest.raises(TypeError, match="save_pretrained takes no keyword 'forse'; it takes config"):
        HubModel(small()).save_pretrained(tmp_path/'m', forse=True)
    assert not (tmp_path/'m').exists()
    HubModel(small()).save_pretrained(tmp_path/'m', model_card_kwargs={})
    with pytest.raises(TypeError, match="hf_hub_download takes no keyword 'devcie'; it takes .*revision"):
        HubModel.from_pretrained(tmp_path/'m', devcie='cuda')
    assert HubModel.from_pretrained(tmp_path/'m', device='cpu', revision='main').schedule == small().schedule


class Sour:
    "Something that gives no text"
    def __str__(self): raise RuntimeError('no text')


@pytest.mark.parametrize('name', ['model.safetensors', 'config.json', 'schedule.png', 'README.md', None])
def test_a_folder_is_whole_or_as_it_was(name, tmp_path, monkeypatch):
    from rddm_nb import hub
    net, real = small(), atomic_write
    def write(path, *args, **kw):
        if path.name == name: raise OSError(28, 'No space left on device')
        real(path, *args, **kw)
    monkeypatch.setattr(hub, 'atomic_write', write)
    monkeypatch.setattr(rddm_nb_files, 'atomic_write', write)
    (tmp_path/'mine.txt').write_bytes(b'mine')
    if name is None: net.meta = dict(limits=[Sour()])
    for folder in (tmp_path, tmp_path/'own/deep'):
        with pytest.raises((OSError, RuntimeError), match='space left|no text'): HubModel(net).save_pretrained(folder)
    assert [*tmp_path.rglob('*')] == [tmp_path/'mine.txt']


def test_a_card_that_fails_leaves_nothing_even_for_a_moment(tmp_path, monkeypatch):
    from rddm_nb import hub
    net = small()
    net.meta = dict(limits=[Sour()])
    monkeypatch.setattr(hub, 'save_model', lambda *a, **kw: pytest.fail('the model was written first'))
    with pytest.raises(RuntimeError, match='no text'): HubModel(net).save_pretrained(tmp_path/'m')


def test_a_push_that_fails_leaves_what_was_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(HubModel, 'push_to_hub', lambda self, *a, **kw: (_ for _ in ()).throw(OSError('no connection')))
    with pytest.raises(OSError, match='no connection'):
        HubModel(small()).save_pretrained(tmp_path/'m', push_to_hub=True)
    assert HubModel.from_pretrained(tmp_path/'m').schedule == small().schedule and len([*(tmp_path/'m').iterdir()]) == 4


@pytest.mark.parametrize('kw', [dict(config={'a': 1}), dict(model_card_kwargs=dict(license='mit'))])
def test_keywords_that_would_change_nothing_are_refused(kw, tmp_path, monkeypatch):
    import huggingface_hub.hub_mixin as theirs
    monkeypatch.setattr(theirs, 'HfApi', lambda *a, **kw: pytest.fail('a repository was made'))
    for keep in (lambda m: m.save_pretrained(tmp_path/'m', **kw), lambda m: m.push_to_hub('me/mine', **kw)):
        with pytest.raises(TypeError, match=f'{[*kw][0]} would change nothing: .* net.meta'): keep(HubModel(small()))
    assert not (tmp_path/'m').exists()
    with pytest.raises(TypeError, match="push_to_hub takes no keyword 'forse'"):
        HubModel(small()).push_to_hub('me/mine', forse=True)


@pytest.mark.parametrize('name', ['force', 'path', 'net', 'schedule', 3])
def test_what_cannot_be_remembered_under_its_name_is_refused(name, tmp_path):
    net = small()
    net.meta = {'note': 'x', 'self': 'y', name: True}
    with pytest.raises(ValueError, match=f'net.meta holds {name!r}, and the file cannot remember it'):
        HubModel(net).save_pretrained(tmp_path/'m')
    assert not (tmp_path/'m').exists()
    net.meta = {'note': 'x', 'self': 'y', 'meta': 5}
    HubModel(net).save_pretrained(tmp_path/'m')
    assert HubModel.from_pretrained(tmp_path/'m').net.meta == net.meta


def test_a_model_in_a_model_is_that_model(tmp_path):
    net = small()
    assert HubModel(HubModel(net)).net is net
    with pytest.raises(TypeError, match='net must be a torch.nn.Module, got HubModel; give its .net'):
        save_model(tmp_path/'m', HubModel(net), net.schedule)


@pytest.mark.parametrize('wrap', [torch.nn.DataParallel, torch.optim.swa_utils.AveragedModel,
                                  lambda n: HubModel(torch.nn.DataParallel(n))])
def test_wrappers_are_taken_off_as_a_file_takes_them_off(wrap, tmp_path):
    net = small()
    net.meta = dict(name='mine')
    HubModel(wrap(net)).save_pretrained(tmp_path/'m')
    back = HubModel.from_pretrained(tmp_path/'m')
    assert back.schedule == net.schedule and back.net.meta == net.meta
    for k, v in net.state_dict().items(): close(back.net.state_dict()[k], v, 0)


@pytest.mark.parametrize('change, kind, said', [
    (dict(schedule='power'), ValueError, "has the schedule 'power', which is no `Schedule`"),
    (dict(config=None), ValueError, 'does not keep its options as `config`'),
    (dict(meta='text'), TypeError, "net.meta must be a dict, name -> plain data, got 'text'"),
    (dict(meta=[1]), TypeError, r'net.meta must be a dict, name -> plain data, got \[1\]'),
    (dict(meta=dict(license=None)), ValueError, "license'] must be a text, such as 'mit', got None"),
    (dict(meta=dict(license=['mit'])), ValueError, r"license'] must be a text, such as 'mit', got \['mit'\]")],
    ids=['schedule', 'config', 'text', 'list', 'none', 'licenses'])
def test_a_network_that_a_card_cannot_tell_of_is_named(change, kind, said, tmp_path):
    net = small()
    for k, v in change.items(): setattr(net, k, v)
    with pytest.raises(kind, match=said): HubModel(net).save_pretrained(tmp_path/'m')
    with pytest.raises(kind, match=said): HubModel(net).generate_model_card()
    assert not (tmp_path/'m').exists()
