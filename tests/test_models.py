"""A network is got by one function, whatever holds it; and whatever a file holds that is no network is said in one
line."""
import subprocess
import sys
from types import SimpleNamespace
import hostile
import pytest
import torch
from common import close, random_images, rng
from rddm_nb import files, restore
from rddm_nb.degrade import KnownPixels
from rddm_nb.models import MODEL_FILE, PRETRAINED, _best_steps, find_model, load_network
from rddm_nb.official import _FusedConv, _FusedUpsample, OfficialUNet
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule
from rddm_nb.unet import UNet, load_model, save_model
from rddm_nb.variants import OnlyRes

S = Schedule.power(T=6)
KINDS = (ValueError, FileNotFoundError, IsADirectoryError, PermissionError)


def small(cls=UNet, **kw):
    torch.manual_seed(0)
    net = cls(**{**dict(dim=8, mults=(1, 2)), **kw})
    for p in net.parameters(): torch.nn.init.normal_(p, std=.1)
    return net


def test_the_base_of_the_hostile_files_is_good(tmp_path):
    (tmp_path/'m').write_bytes(hostile.whole)
    assert load_model(tmp_path/'m').config['dim'] == 8
    assert len(hostile.CASES) > 100


@pytest.mark.parametrize('case', hostile.CASES)
def test_every_hostile_file_is_one_line(case, tmp_path, capsys):
    path = tmp_path/'m.safetensors'
    hostile.CASES[case](path)
    for load in (load_model, load_network):
        with pytest.raises(KINDS) as e: load(path)
        said = str(e.value)
        assert type(e.value) in KINDS and 'm.safetensors' in said and said.isprintable() and len(said) < 1500, said
    (tmp_path/'in').mkdir()
    assert restore.main([str(path), str(tmp_path/'in'), str(tmp_path/'out')]) == 2
    out = capsys.readouterr()
    assert len(out.err.splitlines()) == 1 and 'm.safetensors' in out.err and not (tmp_path/'out').exists()


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path/'m').write_bytes(hostile.whole)
    def locked(*a): raise PermissionError(13, 'Permission denied')
    monkeypatch.setattr(files, 'open', locked, raising=False)
    with pytest.raises(PermissionError, match='m cannot be read'): load_model(tmp_path/'m')


@pytest.mark.parametrize('case, said', [('weights: NaN', f'{hostile.first} holds NaN'),
                                        ('about: dim a text', "dim must be .* got '64'"),
                                        ('about: option unknown', "UNet has no option 'depth'; it has dim, mults"),
                                        ('about: network unknown', 'is not registered'),
                                        ('weights: one missing', rf'1 are missing: 1 tensor \({hostile.first}\)'),
                                        ('weights: whole numbers', 'holds torch.int64'),
                                        ('about: abar falls', 'abar falls'),
                                        ('about: schedule missing', 'schedule should be a dict'),
                                        ('weights: none', 'it holds no tensors'),
                                        ('weights: an integer first', r'foreign: 1 tensor \(0\)')])
def test_it_says_what_is_wrong(case, said, tmp_path):
    hostile.CASES[case](tmp_path/'m')
    with pytest.raises(ValueError, match=said): load_model(tmp_path/'m')


def test_a_name_leads_to_the_box_a_file_or_a_folder(tmp_path, monkeypatch):
    save_model(tmp_path/MODEL_FILE, small(), S)
    assert find_model(tmp_path) == find_model(str(tmp_path/MODEL_FILE)) == tmp_path/MODEL_FILE
    monkeypatch.chdir(tmp_path)
    (tmp_path/'rain').write_bytes(hostile.whole)
    assert find_model('rain').parent.name == 'assets'
    assert find_model('./rain') == find_model(tmp_path/'rain').relative_to(tmp_path)
    assert all(find_model(n).is_file() for n in PRETRAINED)
    (tmp_path/'run').mkdir()
    with pytest.raises(FileNotFoundError, match='run holds no model.safetensors'): load_network('run')
    for name in ('snow', 'a/b/c', 'run/mine.safetensors', '/a/b', 'a b/c'):
        with pytest.raises(FileNotFoundError, match='the networks in the box are rain, noise, emoji'): find_model(name)


def test_a_repository_is_asked_only_for_what_looks_like_one(monkeypatch, tmp_path):
    import huggingface_hub
    save_model(tmp_path/'m', small(), S)
    asked = []
    def download(repo, file):
        asked.append((repo, file))
        return str(tmp_path/'m')
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', download)
    assert load_network('me/mine-1.0').schedule == S and asked == [('me/mine-1.0', 'model.safetensors')]
    def fail(*a): raise RuntimeError('no\nconnection')
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', fail)
    with pytest.raises(FileNotFoundError,
                       match=r'no file or folder me/mine, .* hub gave no me/mine/model.safetensors.*RuntimeError: no '
                             r'connection'):
        load_network('me/mine')


def test_what_wraps_a_network_takes_as_many_steps():
    net = small()
    net.meta = dict(best_steps=2)
    assert [_best_steps(m) for m in (net, OnlyRes(net), KnownPixels(OnlyRes(net)))] == [2, 2, 2]
    assert _best_steps(KnownPixels(max)) == 5


@pytest.mark.parametrize('name', ['rain', 'a file', 'me/mine', 'nowhere'])
def test_keywords_that_no_download_takes_are_refused_whatever_is_named(name, tmp_path, monkeypatch):
    import huggingface_hub
    save_model(tmp_path/'m', small(), S)
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', lambda *a, **kw: pytest.fail('something was downloaded'))
    with pytest.raises(TypeError, match="hf_hub_download takes no keyword 'revison'; it takes .*revision"):
        find_model(tmp_path/'m' if name == 'a file' else name, revison='main')
    assert find_model(tmp_path/'m', revision='main') == tmp_path/'m'


def test_the_hub_is_not_imported_without_need():
    code = "import sys; from rddm_nb.models import load_network; load_network('rain'); print(*sys.modules)"
    seen = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.split()
    assert 'rddm_nb.models' in seen and not {'huggingface_hub', 'accelerate', 'PIL', 'matplotlib'} & set(seen)


@pytest.mark.parametrize('cls', [UNet, OfficialUNet])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_whatever_it_was_saved_in_it_samples_in_float32(tmp_path, cls, dtype):
    net = small(cls, predicts='res').to(dtype)
    save_model(tmp_path/'m', net, S, note=1)
    assert {p.dtype for p in load_model(tmp_path/'m').parameters()} == {dtype}
    ready, x = load_network(tmp_path/'m'), random_images(1, 3, 8, 8, dtype=torch.float32)
    assert {p.dtype for p in ready.parameters()} == {torch.float32} and not ready.training and ready.schedule == S
    assert ready.meta == dict(note=1)
    plain = load_model(tmp_path/'m').float()
    close(sample(ready, x, steps=2, generator=rng()), sample(plain, x, steps=2, generator=rng()), 1e-4)


def test_filters_are_fused_and_a_fused_network_is_not_kept(tmp_path):
    save_model(tmp_path/'m', small(OfficialUNet), S)
    ready = load_network(tmp_path/'m')
    assert any(isinstance(m, _FusedConv) for m in ready.modules())
    assert any(isinstance(m, _FusedUpsample) for m in ready.modules())
    with pytest.raises(ValueError, match='could not be loaded.*filters'): save_model(tmp_path/'again', ready, S)
    assert not (tmp_path/'again').exists()


def test_a_folder_called_like_a_file_of_a_network(tmp_path):
    (tmp_path/'run'/MODEL_FILE).mkdir(parents=True)
    (tmp_path/'mine.safetensors').mkdir()
    for name in ('run', f'run/{MODEL_FILE}', 'mine.safetensors'):
        with pytest.raises(IsADirectoryError, match=r'safetensors is a folder, not a file of a network: name the file'):
            find_model(tmp_path/name)


@pytest.mark.parametrize('meta, T, want', [
    (dict(best_steps=2), 10, 2), ({}, 10, 5), (None, 10, 5), ({}, 3, 3), (dict(best_steps=11), 10, 5),
    (dict(best_steps=[2]), 10, 5), (dict(config=dict(sample=dict(steps=3))), 10, 3), (dict(config='x'), 10, 5),
    (dict(config=dict(sample=[])), 10, 5), (dict(config=dict(sample=dict(steps=3)), best_steps=2), 10, 2),
    (dict(sampling_steps=1), 10, 1), (dict(sampling_steps=11), 10, 5), (dict(sampling_steps=1, best_steps=2), 10, 2),
    (dict(config=dict(sample=dict(steps=11))), 10, 5), ([], 10, 5), (dict(best_steps=0), 10, 5),
    (dict(best_steps='2'), 10, 5), (dict(best_steps=True), 10, 5)])
def test_the_steps_a_file_recommends(meta, T, want):
    net = SimpleNamespace(meta=meta, schedule=Schedule.power(T=T))
    assert _best_steps(net) == want and _best_steps(lambda *a: None) == 5


@pytest.mark.parametrize('device, said', [('gpu', "device 'gpu' cannot be used here"),
                                          ('meta', "device 'meta' cannot be used here: it holds no numbers")])
def test_a_device_that_is_none_is_named(device, said):
    with pytest.raises(ValueError, match=said): load_network('rain', device)
    assert next(load_network('rain', 'auto').parameters()).dtype == torch.float32


@pytest.mark.parametrize('name', [None, 3, torch.nn.Identity()], ids=str)
def test_what_is_no_name_is_said(name):
    with pytest.raises(TypeError, match=f'name of a network must be text or a path, got {type(name).__name__}'):
        load_network(name)
