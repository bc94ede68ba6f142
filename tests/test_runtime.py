"""Seeds, devices, folders and signals, which every command needs."""
import signal
import threading
from functools import partial, wraps
from types import MethodType, ModuleType, SimpleNamespace
import numpy as np
import pytest
import torch
from common import Net, posix, random_images
from rddm_nb.runtime import (ExitCode, StopRequest, _about, _eval_mode, _held, _networks, _one_of, check_seed,
                             claim_folder, folder_lock, generator_for, pick_device, seed_for, set_aside,
                             stop_on_signals)
from rddm_nb.sampler import sample
from rddm_nb.schedule import Schedule



def test_seeds_belong_to_their_purpose():
    assert len({seed_for(a, w, b) for a in range(20) for b in range(20) for w in ('noise', 'nodes')}) == 800
    assert seed_for(0, 'noise', 0) == seed_for(0, 'noise', 0) and 0 <= seed_for('x') < 2**63
    assert seed_for(1, 23) != seed_for(12, 3)
    assert seed_for(0, 'noise', 7) == 6812654027350015150, 'what a run saw must stay what it sees when it goes on'
    a, b, c = (torch.rand(3, generator=generator_for('cpu', *w)) for w in (('a', 1), ('a', 1), ('a', 2)))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_seeds_fit_64_bits():
    for seed in (-2**63, 2**64 - 1): torch.manual_seed(seed) and check_seed(seed)
    for seed in (-2**63 - 1, 2**64):
        with pytest.raises(ValueError, match=f'x must fit 64 bits, got {seed}'): check_seed(seed, 'x')




def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path/'file').write_text('', encoding='utf-8')
    for take in (lambda p: claim_folder(p, []), lambda p: folder_lock(p).__enter__()):
        with pytest.raises(NotADirectoryError, match='file is a file, not a folder'): take(tmp_path/'file')
        with pytest.raises(NotADirectoryError, match='file is a file, not a folder'): take(tmp_path/'file/below')
        with pytest.raises(OSError, match='cannot write into .*xxx .*choose another folder'): take(tmp_path/('x'*300))


def test_devices():
    assert pick_device('cpu') == 'cpu' and pick_device() in ('cpu', 'cuda')
    with pytest.raises(ValueError, match="device 'abacus' cannot be used here"): pick_device('abacus')


def test_a_folder_with_results_is_not_claimed(tmp_path):
    folder = claim_folder(tmp_path/'a'/'b', ['x.json'])
    assert folder.is_dir() and not list(folder.iterdir())
    (folder/'x.json').write_text('{}', encoding='utf-8')
    with pytest.raises(FileExistsError, match='x.json.*--force'): claim_folder(folder, ['x.json', 'y.json'])
    assert claim_folder(folder, ['x.json'], force=True) == folder == claim_folder(folder, ['y.json'])
    with pytest.raises(NotADirectoryError, match='is a file'): claim_folder(folder/'x.json', [])
    (folder/'link').symlink_to('gone')
    with pytest.raises(FileNotFoundError, match='link is a link to gone, which is not there'):
        claim_folder(folder/'link', [])


@posix
def test_too_little_room_is_found_before_the_work(tmp_path):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        assert claim_folder(tmp_path/'a', [], room=2**20) == tmp_path/'a'
        with pytest.raises(OSError,
                           match='cannot write 1048577 bytes into .*a .File too large.: choose another folder'):
            claim_folder(tmp_path/'a', [], room=2**20 + 1)
    finally: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((tmp_path/'a').iterdir())


@posix
def test_a_lock_keeps_others_out_and_goes_with_its_process(tmp_path):
    with folder_lock(tmp_path/'new'):
        with pytest.raises(BlockingIOError, match='another process is at work in .*new'):
            with folder_lock(tmp_path/'new'): pass
    with folder_lock(tmp_path/'new'): pass
    with pytest.raises(KeyError), folder_lock(tmp_path/"new"): raise KeyError
    with folder_lock(tmp_path/'new'): pass


@posix
def test_who_takes_the_lock_removes_what_a_killed_writer_left_and_nobody_else_does(tmp_path):
    left, mine = tmp_path/('.rddm-' + '0'*32 + '.tmp'), tmp_path/'.mine.tmp'
    for p in (left, mine): p.write_bytes(b'x')
    with folder_lock(tmp_path):
        assert not left.exists() and mine.exists()
        left.write_bytes(b'being written')
        with pytest.raises(BlockingIOError), folder_lock(tmp_path): pass
        assert left.exists()


@posix
def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch):
    import fcntl
    def none(*a): raise OSError(95, 'Operation not supported')
    monkeypatch.setattr(fcntl, 'flock', none)
    with pytest.warns(UserWarning, match='cannot be locked here .Operation not supported'):
        with folder_lock(tmp_path): pass


def test_what_is_set_aside_is_never_written_over(tmp_path):
    for text in 'abc':
        (tmp_path/'log.csv').write_text(text, encoding='utf-8')
        assert set_aside(tmp_path/'log.csv').read_text(encoding='utf-8') == text
    kept = {p.name: p.read_text(encoding='utf-8') for p in tmp_path.iterdir()}
    assert kept == {'log.csv.damaged': 'a', 'log.csv.damaged2': 'b', 'log.csv.damaged3': 'c'}


@posix
@pytest.mark.parametrize('signum', [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_means_it(signum):
    before = signal.getsignal(signum)
    with stop_on_signals() as request:
        assert not request and request.exit_code == ExitCode.DONE
        signal.raise_signal(signum)
        assert request and request.signum == signum and request.exit_code == 128 + signum
        with pytest.raises(KeyboardInterrupt): signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signum) is before


@posix
def test_a_request_can_be_the_callers_own_and_other_threads_are_left_alone():
    mine, seen, before = StopRequest(), [], signal.getsignal(signal.SIGTERM)
    with stop_on_signals(mine) as request: assert request is mine
    def elsewhere():
        with stop_on_signals() as request: seen.append((bool(request), signal.getsignal(signal.SIGTERM) is before))
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [(False, True)]


@pytest.mark.parametrize('seed', [np.int64(7), torch.tensor(7), np.uint8(7)])
def test_a_seed_is_its_number_whatever_its_type(seed):
    assert seed_for(seed, 'noise', 0) == seed_for(7, 'noise', 0) == seed_for(7, 'noise', np.int32(0))
    assert check_seed(seed) == 7 and type(check_seed(seed)) is int
    assert seed_for('7', 'noise') != seed_for(7, 'noise')


@pytest.mark.parametrize('seed', [1., None, torch.tensor(1.), (1,)])
def test_what_is_no_whole_number_is_no_seed(seed):
    with pytest.raises(TypeError, match='must be a whole number, got'): seed_for(seed, 'noise')
    with pytest.raises(TypeError, match='start must be a whole number'): check_seed(seed, 'start')


def test_a_device_that_holds_no_numbers_is_none():
    with pytest.raises(ValueError, match="device 'meta' cannot be used here: it holds no numbers"): pick_device('meta')


@pytest.mark.parametrize('known', [('a', 'b'), dict(a=1, b=2)], ids=['tuple', 'dict'])
def test_a_choice_is_one_of_those_that_are_known(known):
    assert _one_of('what', 'a', known) is None
    for value, said in (('c', "'c'"), (None, 'None'), ([], r'\[\]')):
        with pytest.raises(ValueError, match=f'^what must be one of a, b, got {said}$'): _one_of('what', value, known)


def test_a_folder_called_by_the_sign_for_home_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', '/home/me')
    monkeypatch.setenv('USERPROFILE', '/home/me')
    for make in (lambda: claim_folder('~/x', ()), lambda: folder_lock('~').__enter__()):
        with pytest.raises(ValueError, match='would be in a folder called ~: give .home.me'): make()
    assert not any(tmp_path.iterdir()) and claim_folder('a/~', ()).is_dir() and claim_folder('~a', ()).is_dir()


def test_networks_are_found_in_whatever_wraps_them():
    class Wrapper:
        def __init__(self, model): self.model, self.again, self.kind = model, self, Wrapper
        def __call__(self): pass
    net = torch.nn.Sequential(torch.nn.Linear(1, 1))
    assert [*_networks(Wrapper(Wrapper(net)))] == [*net.modules()] == [*_networks(net)]
    assert [*_networks(max)] == [*_networks(3)] == []
    net[0].meta = dict(a=1)
    assert _about(Wrapper(net), 'meta') == dict(a=1) and _about(Wrapper(net), 'config') == {}
    assert _about(Wrapper(net), 'meta', 'a') == _about(net, 'meta', 'no', 'way') == {}
    net.meta, net.config = dict(b=2), 'mine.yaml'
    assert _about(net, 'meta') == dict(b=2) and _about(net, 'config') == {}
    net.meta = dict(c=dict(d=dict(e=3)))
    assert _about(Wrapper(net), 'meta', 'c', 'd') == dict(e=3)


def test_networks_are_found_behind_methods_and_partial_functions():
    net = torch.nn.Linear(1, 1)
    for made in (net.forward, partial(net), partial(net.forward), MethodType(max, net)):
        assert [*_networks(made)] == [net]
    wrapped = torch.nn.Sequential(torch.nn.Dropout())
    with _eval_mode(_networks(partial(wrapped.forward))): assert not wrapped.training and not wrapped[0].training
    assert wrapped.training and wrapped[0].training


def test_networks_are_looked_for_in_functions_that_are_not_complete():
    def predict(x): return later(net(x))
    net = torch.nn.Linear(1, 1)
    assert [*_networks(predict)] == [net]
    later = torch.nn.Linear(1, 1)
    assert [*_networks(predict)] == [later, net]


def notebook(**more):
    "The names of a notebook: a network that is used, another that is not, and what uses them"
    net, other = torch.nn.Linear(1, 1), torch.nn.Dropout()
    names = dict(net=net, other=other, torch=torch, partial=partial, wraps=wraps, **more)
    names.update(holder=SimpleNamespace(net=net, other=other), kept=dict(a=net), data=[other]*1001)
    names['module'], names['Named'] = ModuleType('module'), type('Named', (), dict(net=net, other=other))
    vars(names['module']).update(net=net, other=other)
    exec(NOTEBOOK, names)
    return names


NOTEBOOK = """
def ask(x): return net(x)
def again(x): return ask(x) if x else round_again(x)
def round_again(x): return again(x - 1)
def deco(f):
    @wraps(f)
    def wrapped(*a): return f(*a)
    return wrapped
class Called:
    def __call__(self, x): return ask(x)
    @classmethod
    def of_class(cls, x): return ask(x)
class Kept:
    def __init__(self, net): self.net = net
    def ask(self, x): return self.net(x)
called, mine = Called(), Kept(net)
"""
USES = dict(
    function='ask', inline='lambda *a: net(*a)', default='lambda x, n=net: n(x)', keyword='lambda *a, n=net: n(*a)',
    closed='(lambda n: lambda x: n(x))(net)', closed_holder='(lambda h: lambda x: h.net(x))(holder)',
    holder='lambda x: holder.net(x)', below='lambda x: holder.net.forward(x)', module='lambda x: module.net(x)',
    named='lambda x: Named.net(x)', of_dict='lambda x: kept["a"](x)', of_loop='lambda xs: [net(x) for x in xs]',
    inner='lambda x: (lambda y: net(y))(x)', no_grad='torch.no_grad()(lambda x: net(x))', decorated='deco(ask)',
    circle='again', helper='lambda x: again(x)', partial='partial(ask)', argument='partial(lambda n, x: n(x), net)',
    called='called', of_class='called.of_class', of_called='lambda x: called(x)', weight='lambda x: net.weight*x',
    listed='[lambda x: net(x)]', method='mine.ask', of_method='lambda x: mine.ask(x)', values='lambda x: kept.values()',
    builtin='kept.get',
    wide=f'lambda x: [{", ".join(f"x.a{i}" for i in range(300))}] and holder.net(x)')


@pytest.mark.parametrize('text', USES.values(), ids=USES)
def test_networks_are_found_where_a_function_uses_them(text):
    names = notebook()
    assert [*_networks(eval(text, names))] == [names['net']]


UNUSED = dict(
    nothing='lambda x: x', attribute='lambda x: x.net', attributes='lambda x: x.net.other(1)',
    argument='lambda net: net(1)', loop='lambda x: [net for net in x]', keyword='lambda x: dict(net=x)',
    holder='lambda x: holder', module='lambda x: module', kind='lambda x: Named(x)', data='lambda x: data[0]',
    no_such='lambda x: holder.nothing', library='lambda x: torch.nn.functional.interpolate(x)',
    missing='lambda x: missing(x)', result='lambda x: holder().net', shadow='lambda x: (lambda holder: holder.net)(x)')


@pytest.mark.parametrize('text', UNUSED.values(), ids=UNUSED)
def test_networks_that_a_function_does_not_use_are_left_alone(text):
    assert [*_networks(eval(text, notebook()))] == []


class Poked:
    "Whatever is asked of it is told"
    asked = []
    def __getattribute__(self, name):
        Poked.asked.append(name)
        raise OSError(name)


def test_what_a_function_names_is_not_asked_for_anything_and_others_functions_are_not_followed():
    kind = type('Poke', (), dict(net=property(lambda p: Poked.asked.append(p))))
    names = notebook(poked=Poked(), poke=kind(), other_ask=notebook()['ask'])
    made = eval('lambda x: poked(x) or poked.net(x) or poke.net(x) or other_ask(x) or net(x)', names)
    assert [*_networks(made)] == [names['net']] and not set(Poked.asked) - {'__dict__'}


def with_schedules(T):
    "Networks with schedules of their own"
    nets = [torch.nn.Dropout() for _ in T]
    for net, n in zip(nets, T): net.schedule = Schedule.power(n)
    return nets


def test_networks_of_different_schedules_are_told_apart_by_the_user():
    a, b, c = with_schedules([5, 9, 5])
    names = dict(a=a, b=b, nets=[a, b], same=dict(a=a, c=c))
    for text in ('lambda x: nets[1](x)', 'lambda x: a(x) if x else b(x)'):
        with pytest.raises(ValueError, match='one has schedule .*T=5.* another .*T=9.*: say which is meant, schedule='):
            _held(eval(text, names), 'schedule', Schedule)
    assert _held(eval('lambda x: same["c"](x)', names), 'schedule', Schedule) == a.schedule
    outer = torch.nn.Sequential(b)
    outer.schedule = a.schedule
    for model in (outer, eval('lambda x: n(x)', dict(n=outer))): assert _held(model, 'schedule', Schedule) == a.schedule


def test_a_function_over_a_global_network_samples_as_the_network_does():
    net, x_in = Net(schedule=Schedule.power(7, bbar_T=.1)), random_images(1, 3, 4, 4, dtype=torch.float32)
    model = eval('lambda *a: net(*a)', dict(net=net))
    want = sample(net.eval(), x_in, generator=torch.Generator().manual_seed(0))
    net.train().seen.clear()
    assert torch.equal(sample(model, x_in, generator=torch.Generator().manual_seed(0)), want)
    assert [t for _, _, t in net.seen] == net.schedule.grid(5)[:-1] and not any(training for training, _, _ in net.seen)
    assert all(m.training for m in net.modules())


def test_networks_in_use_stay_in_eval_mode_until_the_last_thread_is_done():
    net, frozen = torch.nn.Dropout(), torch.nn.Dropout().eval()
    entered, first_done, seen = threading.Event(), threading.Event(), []
    def second():
        with _eval_mode([net, frozen]):
            entered.set()
            first_done.wait(10)
            seen.append((net.training, frozen.training))
    thread = threading.Thread(target=second)
    with _eval_mode([net, frozen]):
        thread.start()
        assert entered.wait(10)
    first_done.set()
    thread.join()
    assert seen == [(False, False)] and net.training and not frozen.training


def test_networks_in_use_twice_in_one_thread_are_handed_back_at_the_end_whatever_happens():
    net = torch.nn.Dropout()
    with pytest.raises(KeyError), _eval_mode([net]):
        with _eval_mode([net]): pass
        assert not net.training
        try:
            with _eval_mode([net]): raise OSError
        except OSError: assert not net.training
        raise KeyError
    assert net.training
    with _eval_mode([net.eval()]): pass
    assert not net.training


class Locked(torch.nn.Dropout):
    "Somebody interrupts while it is set to eval mode"
    def __setattr__(self, name, v):
        if name == 'training' and not v: raise KeyboardInterrupt
        super().__setattr__(name, v)


def test_an_interrupt_on_the_way_into_eval_mode_leaves_nothing_behind():
    net = torch.nn.Dropout()
    with pytest.raises(KeyboardInterrupt), _eval_mode([net, Locked()]): pass
    assert net.training
    with _eval_mode([net]): assert not net.training
    assert net.training


def test_a_frozen_script_has_no_mode():
    frozen = torch.jit.freeze(torch.jit.script(torch.nn.Sequential(torch.nn.Linear(1, 1)).eval()))
    with _eval_mode(_networks(lambda x: frozen(x))): pass


def test_a_function_answers_for_itself_where_asked():
    names = notebook()
    assert [*_networks(names['ask'], functions=False)] == [*_networks([names['ask']], functions=False)] == []
    assert [*_networks(names['mine'].ask, functions=False)] == [*_networks(names['called'], functions=False)] == []
    for model in (partial(names['net']), names['net'].forward):
        assert [*_networks(model, functions=False)] == [names['net']]
    assert _about(eval('lambda x: net(x)', names), 'config', functions=False) == {}
