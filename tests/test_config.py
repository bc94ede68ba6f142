"""A value becomes the type of its field or is refused with its name; every wrong word is one line and exit code 2."""

import os
import shlex
import signal
import subprocess
import sys
import types
import threading
import tomllib
import warnings
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Literal
import pytest
import torch
from hypothesis import given, strategies as st
from PIL import Image
from common import posix
from places import ROOT
from rddm_nb.cli import demo
from rddm_nb.command import (
    CommandFailed,
    Count,
    FileName,
    Fraction,
    Natural,
    OneOf,
    _worded,
    Positive,
    Typed,
    _describe,
    _own_words,
    convert,
    explain,
    merge,
    one_line,
    parse,
    run_command,
    split_fields,
)
from rddm_nb.config import (
    Config,
    DataConfig,
    NetworkConfig,
    SampleConfig,
    ScheduleConfig,
)
from rddm_nb.presets import load_config, main
from rddm_nb.runtime import StopRequest
from rddm_nb.schedule import SCHEDULES, Schedule



FULL = (MemoryError(), MemoryError('Unable to allocate 3 GiB'), RuntimeError('CUDA out of memory. Tried to'),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"))

# ---- one conversion


@pytest.mark.parametrize(
    'value, kind, want',
    [
        (3, int, 3),
        (3, float, 3.0),
        (True, bool, True),
        ('x', str, 'x'),
        (Path('a') / 'b', str, 'a/b'),
        ([1, 2], tuple[int, ...], (1, 2)),
        (['x', 2], tuple[Literal['x', '1-x'], float], ('x', 2.0)),
        (None, float | None, None),
        ('none', float | None, None),
        ('none', str, 'none'),
        (1, Literal[1, 3], 1),
        ((), tuple[int, ...], ()),
        (0, Natural, 0),
        ('a\udcff', FileName, 'a\udcff'),
        ('~/a', FileName, os.path.expanduser('~') + '/a'),
        ('a/~', FileName, 'a/~'),
        ('~/a', str, '~/a'),
        (None, FileName | None, None),
        (None, str | None, None),
        (1, Fraction, 1.0),
    ],
)
def test_data_that_fits(value, kind, want):
    got = convert(value, kind, 'a.b')
    assert got == want and type(got) is type(want)


@pytest.mark.parametrize(
    'value, kind',
    [
        (True, int),
        (1.0, int),
        ('1', int),
        (None, int),
        ('1', float),
        (True, float),
        (float('nan'), float),
        (float('inf'), float),
        (10**400, float),
        (1, bool),
        ('true', bool),
        (None, bool),
        (7, str),
        (7, FileName),
        (b'x', FileName),
        ('\udcff', str | None),
        ('unpaired', Annotated[str, OneOf('rddm_nb.data', 'PAIRINGS', ('unpaired',))]),
        (None, str),
        (b'x', str),
        ('\ud800', str),
        ('1', tuple[int, ...]),
        ([1, '2'], tuple[int, ...]),
        ([1], tuple[int, int]),
        ([1, 2, 3], tuple[int, int]),
        (True, Literal[1, 3]),
        ('L1', Literal['l1', 'l2']),
        (-1, Natural),
        (0, Count),
        (0, Positive),
        (-0.1, Fraction),
        (1.1, Fraction),
        ('none', int),
        ({}, str),
        ([], int),
        ('mars', Annotated[str, OneOf('rddm_nb.schedule', 'SCHEDULES')]),
    ],
)
def test_data_that_does_not_fit(value, kind):
    with pytest.raises(ValueError, match=r'^a\.b must be ') as e:
        convert(value, kind, 'a.b')
    assert _describe(kind) in str(e.value) and f'got {value!r:.200}' in str(e.value)


@pytest.mark.parametrize(
    'words, kind, want',
    [
        ('7', str, '7'),
        ('true', str, 'true'),
        ('none', str | None, 'none'),
        ('none', FileName | None, 'none'),
        ('\udcff', FileName, '\udcff'),
        ('7', int, 7),
        ('1e-4', float, 1e-4),
        ('7', float, 7.0),
        ('TRUE', bool, True),
        ('false', bool, False),
        ('none', float | None, None),
        ('2', float | None, 2.0),
        ('[1,2]', tuple[int, ...], (1, 2)),
        ('[1, 2]', tuple[int, ...], (1, 2)),
        ('1,2', tuple[int, ...], (1, 2)),
        (['1', '2'], tuple[int, ...], (1, 2)),
        (['4'], tuple[int, ...], (4,)),
        (['[1,2]'], tuple[int, ...], (1, 2)),
        ('["1-x", 3]', tuple[str, float], ('1-x', 3.0)),
        (['1-x', '3'], tuple[str, float], ('1-x', 3.0)),
        (['none'], tuple[int, int] | None, None),
        (['a b', 'c'], tuple[str, ...], ('a b', 'c')),
        ('3', Literal[1, 3], 3),
        ('[]', tuple[int, ...], ()),
    ],
)
def test_words_that_fit(words, kind, want):
    got = convert(words, kind, 'a.b', word=True)
    assert got == want and type(got) is type(want)


@pytest.mark.parametrize(
    'words, kind',
    [
        ('true', int),
        ('1.5', int),
        ('', int),
        ('0x', int),
        ('nan', float),
        ('inf', float),
        ('-inf', float),
        ('1e999', float),
        ('fast', float),
        ('maybe', bool),
        ('1', bool),
        ('', bool),
        ('[1,x]', tuple[int, ...]),
        (['1', 'x'], tuple[int, ...]),
        ('2', Literal[1, 3]),
        ('\udcff', str),
    ],
)
def test_words_that_do_not_fit(words, kind):
    with pytest.raises(ValueError, match=r'^a\.b must be '):
        convert(words, kind, 'a.b', word=True)


@given(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.lists(st.integers(), min_size=1)
)
def test_what_python_prints_can_be_a_word(i, x, b, many):
    for value, kind in ((i, int), (x, float), (b, bool), (tuple(many), tuple[int, ...])):
        assert convert(str(list(value) if isinstance(value, tuple) else value), kind, 'a.b', word=True) == value
    assert convert([str(v) for v in many], tuple[int, ...], 'a.b', word=True) == tuple(many)


# ---- configurations


@pytest.mark.parametrize(
    'table, why',
    [
        (dict(plan={}), "there is no section 'plan'"),
        (dict(trian={}), 'did you mean train'),
        (dict(train=3), 'train must be a section'),
        (dict(train=dict(lerning=1)), r"no field 'train.lerning'.*train\.lr"),
        (dict(train=dict(lr=-1)), 'train.lr must be a positive number, got -1'),
        (dict(train=dict(steps=True)), 'train.steps must be a whole number, got True'),
        (dict(train=dict(loss='L1')), 'train.loss must be one of l1, l2'),
        (dict(train=dict(batch=3, accumulate=2)), 'train.batch=3 cannot be split'),
        (dict(train=dict(betas=[0.9])), 'train.betas must be a list of 2'),
        (dict(network=dict(dim='64')), "network.dim must be a whole number >= 1, got '64'"),
        (dict(network=dict(kind='big')), 'one of small, official'),
        (dict(data=dict(inputs=7)), 'data.inputs must be text, got 7'),
        (dict(data=dict(resize=-3)), 'data.resize must be a whole number >= 0'),
        (dict(data=dict(flip='maybe')), 'data.flip must be true or false'),
        (dict(data=dict(task=None)), 'data.task must be given'),
        (dict(data=dict(pairing='luck')), 'data.pairing must be one of name,'),
        (dict(data=dict(crop=[1, 2])), 'data.crop must be a list of 3'),
        (dict(schedule=dict(T=10**10)), 'schedule.T must be a whole number from 1'),
        (dict(schedule=dict(bbar_T=0)), 'schedule.bbar_T must be a number > 0'),
        (
            dict(schedule=dict(kind='circle', bbar_T=1.0)),
            "schedule.bbar_T must be left out for kind='circle', which has only T",
        ),
        (dict(schedule=dict(kind='line', grid='count')), "grid must be left out for kind='line', which has bbar_T"),
        (dict(schedule=dict(alpha=['y', 1])), 'schedule.alpha must be a list of 2: one of x, 1-x; a number >= 0'),
        (dict(sample=dict(eta=2)), 'sample.eta must be a number from 0 to 1'),
        (dict(sample=dict(steps=0)), 'sample.steps must be'),
    ],
)
def test_tables_that_cannot_be(table, why):
    with pytest.raises(ValueError, match=why):
        merge(Config(), table)


def test_python_is_told_the_same():
    for make, why in (
        (lambda: DataConfig(resize='3'), 'resize must be'),
        (lambda: NetworkConfig(mults=[1.5]), 'mults must be'),
        (lambda: ScheduleConfig('circle', bbar_T=1.0), 'bbar_T must be left out'),
        (lambda: SampleConfig(0), 'steps must be'),
        (lambda: replace(DataConfig(), held=0), 'held must be'),
    ):
        with pytest.raises(ValueError, match=why):
            make()
    with pytest.raises(AttributeError):
        DataConfig().root = 'x'


def test_a_layer_replaces_what_it_names_and_nothing_else():
    before = Config()
    c = merge(before, dict(train=dict(lr=1e-3), network=dict(mults=[1])))
    assert (c.train.lr, c.network.mults) == (1e-3, (1,)) and before == Config() and c.data == before.data
    assert replace(c.train, lr=before.train.lr) == before.train


@pytest.mark.parametrize('kind', SCHEDULES)
def test_another_kind_of_schedule_starts_from_its_own_defaults(kind):
    c = merge(Config(), dict(schedule=dict(T=50, bbar_T=0.5)))
    other = merge(c, dict(schedule=dict(kind=kind)))
    if kind == 'power':
        assert other == c
    else:
        assert other.schedule.T == 50 and other.schedule.make() == SCHEDULES[kind](T=50)
    assert ScheduleConfig(kind).make() == SCHEDULES[kind]()


def test_a_schedule_from_outside_needs_one_entry(monkeypatch, capsys):
    def steep(T=1000, bbar_T=2.0):
        return Schedule.power(T, ('1-x', 9), bbar_T=bbar_T)

    monkeypatch.setitem(SCHEDULES, 'steep', steep)
    assert main(['demo', '--show', '--schedule.kind', 'steep', '--schedule.T', '20']) == 0
    shown = tomllib.loads(capsys.readouterr().out)['schedule']
    assert shown == dict(kind='steep', T=20, bbar_T=2.0)
    assert merge(Config(), dict(schedule=shown)).schedule.make() == steep(20)


def test_what_is_written_as_toml_is_read_back():
    odd = merge(
        Config(),
        dict(
            data=dict(kind='pairs', inputs='a "b"\\ \t\x7f é\n😀', crop=[1, 2, 3]),
            train=dict(clip=None, lr=1e-9),
            schedule=dict(kind='bridge'),
        ),
    )
    assert merge(Config(), tomllib.loads(odd.to_toml())) == odd and 'clip = "none"' in odd.to_toml()
    assert merge(Config(), odd.to_dict()) == odd


def test_every_field_is_explained_and_typed():
    for section in (getattr(Config(), f.name) for f in fields(Config)):
        for f in fields(section):
            assert _describe(f.type)
        assert section.__doc__
    lines = [l for l in Config().to_toml().splitlines() if ' = ' in l]
    assert [l for l in lines if ' # ' not in l] == []


# ---- command lines


@pytest.mark.parametrize('words', ['--a.b 1 x', '--a.b=1 x', 'x --a.b 1', 'x --a.b=1'])
def test_fields_are_found_wherever_they_stand(words):
    assert split_fields(words.split(), lambda: None) == (['x'], dict(a=dict(b='1')))


def test_lists_take_the_words_up_to_the_next_option():
    rest, table = split_fields('demo --network.mults 1 2 --train.lr 3 --show'.split(), Config)
    assert (rest, table) == (['demo', '--show'], dict(network=dict(mults=['1', '2']), train=dict(lr='3')))
    for words in (['--network.mults', '[1,2]'], ['--network.mults=[1, 2]'], ['--network.mults', '1,2']):
        assert merge(Config(), split_fields(words, Config)[1], word=True).network.mults == (1, 2)
    assert merge(
        Config(), split_fields(['--schedule.kind', 'circle', '--schedule.alpha', 'none'], Config)[1], word=True
    )
    assert split_fields(['--train.seed', '-5'], Config)[1] == dict(train=dict(seed='-5'))


@dataclass(frozen=True)
class Words(Typed):
    model: str  # a file
    more: tuple[str, ...]  # folders
    max_steps: Count = 5  # 100 % of them
    seeds: tuple[int, ...] = (1, 2)  # some
    force: bool = False  # write over
    eta: Fraction | None = None  # share
    kind: Literal['a', 'b'] = 'a'  # which


@pytest.mark.parametrize(
    'words, want',
    [
        ('m', Words('m', ())),
        ('m x y --force', Words('m', ('x', 'y'), force=True)),
        ('--max-steps=3 m x', Words('m', ('x',), 3)),
        ('m --seeds 4 5 --eta none --kind b', Words('m', (), seeds=(4, 5), kind='b')),
        ('m --eta 1 x', Words('m', ('x',), eta=1.0)),
    ],
)
def test_a_flat_command(words, want):
    assert parse(Words, words.split(), 'prog', 'about') == want


@pytest.mark.parametrize(
    'words, why',
    [
        ('', 'model'),
        ('m --max-steps 0', '--max-steps must be a whole number >= 1'),
        ('m --max_steps 3', 'did you mean --max-steps'),
        ('m --max 3', 'no option'),
        ('--max', 'no option'),  # which explains why the model is missing
        ('m --eta nan', '--eta must be a number from 0 to 1, or none'),
        ('m --kind c', '--kind must be one of a, b'),
        ('m --force=yes', 'force'),
        ('m --seeds', 'seeds'),
        ('m --max-steps', 'max-steps'),
        ('m --seeds 1 x', '--seeds must be a list'),
    ],
)
def test_a_flat_command_that_is_misread(words, why):
    with pytest.raises(ValueError, match=why):
        parse(Words, words.split(), 'prog', 'about')


def test_help_is_made_of_the_comments(capsys):
    with pytest.raises(SystemExit) as e:
        parse(Words, ['--help'], 'prog', 'about this', 'at the end')
    said = capsys.readouterr().out
    assert e.value.code == 0 and all(
        w in said for w in ('about this', 'at the end', '100 % of them', '(default: 5)', '{a,b}', 'a file')
    )


def test_what_goes_wrong_is_a_line_and_a_code(capsys):
    def work(error):
        def f(words):
            raise error

        return run_command('prog', f, [])

    for error, code in (
        (ValueError('a\n b'), 2),
        (OSError(28, 'full'), 2),
        (CommandFailed('late'), 1),
        (KeyboardInterrupt(), 130),
        (SystemExit(0), 0),
        (RuntimeError(''), 2),
        (MemoryError(), 2),
        (ImportError('x\x1b[2J'), 2),
    ):
        assert work(error) == code
        said = capsys.readouterr().err
        assert said.count('\n') == (code > 0) and '\x1b' not in said and said.startswith('prog: ' * (code > 0))
    assert run_command('prog', lambda words: warnings.warn('two\nlines'), []) is None
    assert capsys.readouterr().err == 'prog: two lines\n'
    assert run_command('prog', lambda words: len(words), ['a', 'b']) == 2 and _own_words('rddm-train') == []


def test_who_stopped_a_command_is_in_its_exit_code(capsys):
    def work(words):
        raise KeyboardInterrupt

    for signum, code in ((None, 130), (signal.SIGINT, 130), (signal.SIGTERM, 143)):
        stop = StopRequest()
        stop.signum = signum
        assert run_command('prog', work, [], stop, 'stopped; go on') == code
        assert capsys.readouterr().err == 'prog: stopped; go on\n'


def test_two_sets_of_images_are_one_too_many():
    for kind, more in (('pairs', dict(inputs='a', targets='b')), ('clean', dict(targets='b'))):
        with pytest.raises(ValueError, match="root must be left out where inputs or targets are given, got root='r'"):
            DataConfig(kind, root='r', **more)
    DataConfig('table', root='r', inputs='a', targets='b')


@pytest.mark.parametrize('kind, more, odd, want', [
    ('embedded', dict(inputs='a', targets='b'), 'inputs', 'table or pairs without root'),
    ('embedded', dict(held_targets='b'), 'held_targets', 'clean or pairs with root or pairs without root'),
    ('clean', dict(targets='a', cond='m'), 'cond', 'table or pairs without root'),
    ('clean', dict(targets='a', held_inputs='m'), 'held_inputs', 'pairs with root or pairs without root'),
    ('pairs', dict(root='r', cond='m'), 'cond', 'table or pairs without root'),
    ('pairs', dict(root='r', pairing='unpaired'), 'pairing', 'pairs without root'),
    ('pairs', dict(inputs='a', targets='b', split='x'), 'split', 'table or pairs with root'),
    ('table', dict(root='r', pattern='x'), 'pattern', 'pairs without root')],
    ids=range(8))
def test_what_would_be_ignored_of_the_images_is_refused(kind, more, odd, want):
    way = 'pairs with' if kind == 'pairs' else kind
    with pytest.raises(ValueError, match=fr'^data.{odd} is {more[odd]!r}, but images of kind {way}.* do not '
                                         fr'depend on it: leave it out, or .*\(--data.kind\), {want}$'):
        merge(Config(), dict(data=dict(kind=kind, **more)))


def test_another_kind_of_data_lets_go_of_what_it_would_ignore():
    mine = merge(load_config('translate'), dict(data=dict(inputs='a', targets='b', cond='m')))
    for kind, left in (('clean', dict(targets='b')), ('embedded', {}), ('pairs', dict(pairing='unpaired', cond='m'))):
        data = merge(mine, dict(data=dict(kind=kind, task='rain', size=8))).data
        assert left.items() <= vars(data).items() and (data.pairing, data.cond) == (
            left.get('pairing', 'name'), left.get('cond', ''))


def test_images_of_the_package_are_crops():
    with pytest.raises(ValueError, match="size must be at least 1 for kind='embedded'"):
        DataConfig(size=0)
    assert DataConfig('pairs', size=0).size == 0


@posix
def test_termination_ends_a_command_as_an_interruption_does(capsys):
    before = signal.getsignal(signal.SIGTERM)
    gone = []

    def work(words):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            raise AssertionError('it goes on')
        finally:
            gone.append(1)

    assert run_command('prog', work, []) == 143 and gone == [1]
    assert capsys.readouterr().err == 'prog: interrupted\n' and signal.getsignal(signal.SIGTERM) is before

    def second(words):
        raise KeyboardInterrupt('step 3 is saved')

    assert run_command('prog', second, []) == 130 and capsys.readouterr().err == 'prog: step 3 is saved\n'
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run_command('prog', lambda words: 0, [])))
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.parametrize(
    'error, name, want',
    [
        (FileNotFoundError(2, 'No such file', 'a.png'), '', 'a.png: No such file'),
        (OSError(28, 'full'), 'b', 'b: full'),
        (ValueError('b is empty'), 'b', 'b is empty'),
        (ValueError('bad\n\x1b[2J'), Path('b\nc'), 'b c: bad \\x1b[2J'),
        (KeyError('size'), '', "KeyError 'size'"),
        *((e, 'b', 'b: there is not enough memory: take a smaller tile or a smaller batch') for e in FULL),
        (RuntimeError('the memory is full (CUDA out of memory): lower batch'), 'b',
         'b: the memory is full (CUDA out of memory): lower batch'),
        (AttributeError(), '', 'AttributeError'),
    ],
)
def test_errors_in_words(error, name, want):
    assert explain(error, name) == want


@dataclass(frozen=True, kw_only=True)
class Base(Typed):
    steps: Count = 5  # how often


@dataclass(frozen=True)
class Derived(Base):
    folder: FileName  # where things are
    pairing: Annotated[str, OneOf('rddm_nb.data', 'PAIRINGS', ('unpaired',))] = 'name'  # how


def test_fields_and_comments_are_inherited(capsys):
    assert parse(Derived, ['x\udcff', '--steps', '2'], 'prog', '') == Derived('x\udcff', steps=2)
    with pytest.raises(SystemExit):
        parse(Derived, ['--help'], 'prog', '')
    said = capsys.readouterr().out
    assert all(w in said for w in ('how often', 'where things are', '{name,', 'position}')) and 'unpaired' not in said


@pytest.mark.parametrize('words', [['a', '-dash.png'], ['-dash.png', 'a'], ['a', 'b', '-dash.png', '--steps', '1']])
def test_a_name_with_a_dash_is_told_how_to_write_it(words):
    with pytest.raises(ValueError, match=r'; a name that begins with - is written ./-dash.png$'):
        parse(Two, words, 'prog', '')
    assert parse(Two, ['a', './-dash.png'], 'prog', '') == Two('a', './-dash.png')
    for odd, said in (('-2.png', './-2.png'), ('-.x', './-.x')):
        with pytest.raises(ValueError, match=f'; a name that begins with - is written {said}$'):
            parse(Two, ['a', odd], 'prog', '')
    with pytest.raises(ValueError, match='; what begins with - is written --steps=-x$'):
        parse(Two, ['a', 'b', '--steps', '-x'], 'prog', '')
    for fine in (['a', '--steps', '-1'], ['a', '--', '-dash.png', 'b'], ['a', 'b', '--steps', '-.5']):
        with pytest.raises(ValueError) as e:
            parse(Two, fine, 'prog', '')
        assert 'begins with' not in str(e.value)


@dataclass(frozen=True)
class Two(Base):
    one: FileName  # the first
    other: FileName  # the second


def test_a_key_of_a_registry_is_known_before_the_registry_is_there(monkeypatch):
    rule = OneOf('registry_of_a_test', 'KEYS', usual=('a',))
    assert rule.keys == ['a'] and rule.fits('a') and rule.says == 'one of a'
    made = types.ModuleType('registry_of_a_test')
    made.KEYS = {'a': 1, 'late': 2}
    monkeypatch.setattr('importlib.import_module', lambda name: sys.modules.setdefault(name, made))
    try:
        assert rule.fits('late') and not rule.fits('never') and rule.says == 'one of a, late'
    finally:
        sys.modules.pop('registry_of_a_test', None)


def test_own_words_are_those_of_the_command_only(monkeypatch):
    for argv0, want in (
        ('/x/bin/rddm-train', ['a']),
        ('rddm-train.exe', ['a']),
        ('/x/ipykernel_launcher.py', []),
        ('-c', []),
        ('', []),
    ):
        monkeypatch.setattr(sys, 'argv', [argv0, 'a'])
        assert _own_words('rddm-train') == want
        if not want:
            assert main() == 2  # its words belong to someone else: the name is missing


@given(st.text(), st.integers(3, 300))
def test_any_text_fits_a_line(text, most):
    said = one_line(text, most)
    assert said.isprintable() and len(said.splitlines()) <= 1 and len(said) <= most


# ---- wrong words of two commands: one line, exit code 2, nothing written


def field_words(values):
    return [['demo', '--out', 'x', f'--{k}', *v.split(' ')] for k, vs in values.items() for v in vs.split('|')]


TRAIN = field_words(
    {
        'data.kind': 'zip|PAIRS|7',
        'data.root': '--train.lr',
        'data.pairing': 'luck|Name',
        'data.task': 'none|snow|7',
        'data.crop': '1 2|1,2,0|-1,0,8|x',
        'data.equalize': 'maybe|1',
        'data.resize': '-3|1.5|nan|big|true',
        'data.size': '-1|1e3|x',
        'data.flip': 'maybe|1|yes|[]',
        'data.held': '0|-1|x',
        'network.kind': 'big|UNet',
        'network.dim': '0|9|-8|x|8.0|true|99999999999999999999',
        'network.mults': '0|1 x|[]|1.5|-1',
        'network.channels': '2|0|rgb',
        'network.predicts': 'noise|',
        'network.embedding': 'own|T',
        'network.takes_input': 'maybe',
        'network.takes_cond': '2',
        'schedule.kind': 'x|bridge --schedule.bbar_T 1|circle --schedule.bbar_T 1|cosine --schedule.grid count',
        'schedule.T': '0|-1|1e10|10000000000|x|2.5',
        'schedule.alpha': 'x|y 1|x -1|x nan|1 x',
        'schedule.beta2': '1-x|x inf',
        'schedule.bbar_T': '0|-1|nan|inf|x',
        'schedule.grid': 'log',
        'schedule.height': '1',
        'train.steps': '0|-1|true|1.5|many|none',
        'train.batch': '0|x|-4',
        'train.lr': '0|-1|nan|inf|fast|true|1e999',
        'train.warmup': '-1|x',
        'train.decay': 'linear|Cosine',
        'train.optimizer': 'sgd|Adam',
        'train.betas': '.9|.9 1|nan .9|.9 .9 .9',
        'train.weight_decay': '-1|nan',
        'train.clip': '0|-1|nan|off',
        'train.clip_each': 'maybe',
        'train.ema': '1|-.1|nan',
        'train.ema_every': '0',
        'train.loss': 'L1|huber',
        'train.lam_res': '-1|inf',
        'train.seed': 'x|1.5|99999999999999999999999',
        'train.accumulate': '3|0',
        'train.precision': 'fp16|16',
        'train.compile': 'maybe|1',
        'train.channels_last': 'x',
        'train.save_every': '0',
        'train.keep': '0',
        'train.log_every': '0',
        'train.eval_every': '-1',
        'sample.steps': '0|1001|x',
        'sample.eta': '-1|2|nan',
        'sample.solver': 'rk4|Heun|none|1',
        'train.lerning': '1',
        'plan.lr': '1',
        'sampling.steps': '1',
        'train': '1',
        'train.': '1',
    }
)
TRAIN += [
    ['rainy'],
    ['a.toml'],
    [],
    ['demo'],
    ['demo', 'lol', '--out', 'x'],
    ['demo', '--out'],
    ['demo', '--out', 'x', '--data.kind', 'pairs'],
    ['demo', '--out', 'x', '--data.kind', 'table'],
    ['celeba', '--out', 'x'],
    ['raindrop', '--out', 'x'],
    ['demo', '--out', 'x', '--device', 'nonsense'],
    ['demo', '--out', 'x', '--device', 'cuda:99'],
    ['demo', '--out', 'x', '--tensorbord'],
    ['demo', '--out', 'x', '--show=1'],
    ['demo', '--out', 'x', '--train.lr'],
    ['demo', '--out', 'x', '--data.kind', 'pairs', '--data.inputs', '7', '--data.targets', '8'],
    ['demo', '--out', 'x', '--data.kind', 'pairs', '--data.inputs', '7'],
    ['lol', '--out', 'x', '--data.root', 'nowhere'],
    ['demo', '--out', 'x', '--network.takes_cond', 'true'],
    ['demo', '--out', 'x', '--sample.solver', 'heun', '--sample.eta', '.5'],
    ['demo', '--out', 'x', '--sample.solver', 'multistep', '--schedule.kind', 'line', '--schedule.bbar_T', '0'],
    ['demo', '--out', 'x', '--network.predicts', 'x0', '--network.kind', 'official'],
    ['celeba', '--out', 'x', '--data.targets', 'nowhere.flist'],
]
DEMO = [
    ['--task', 'snow'],
    ['--task'],
    ['--seconds', '0'],
    ['--seconds', 'nan'],
    ['--seconds', 'inf'],
    ['--seconds', 'soon'],
    ['--seconds=-1'],
    ['--max-steps', '0'],
    ['--max-steps', '1.5'],
    ['--max-steps=x'],
    ['--seed', 'x'],
    ['--steps', '0'],
    ['--steps', '1001'],
    ['--steps', 'x'],
    ['--solver', 'rk4'],
    ['--solver', 'Heun'],
    ['--solver'],
    ['--batch', '0'],
    ['--batch', 'many'],
    ['--device', 'nonsense'],
    ['--threads', '0'],
    ['--threads', 'all'],
    ['--force=maybe'],
    ['--second', '1'],
    ['rain'],
    ['--out'],
    ['--data.size', '3'],
]


@pytest.mark.parametrize('words', TRAIN, ids=' '.join)
def test_wrong_words_of_rddm_train(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, out, list(tmp_path.iterdir())) == (2, '', []), err
    assert err.startswith('rddm-train: ') and len(err.splitlines()) == 1 and 'Traceback' not in err


@pytest.mark.parametrize('words', DEMO, ids=' '.join)
def test_wrong_words_of_rddm_demo(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = demo(words)
    out, err = capsys.readouterr()
    assert (code, out, list(tmp_path.iterdir())) == (2, '', []), err
    assert err.startswith('rddm-demo: ') and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    'content, why',
    [
        (b'lr = 1\n', "'lr'"),
        (b'[train\n', 'TOML'),
        (b'\xff\xfe', 'TOML in UTF-8'),
        (b'preset = "x"\n', 'preset must be one of demo'),
        (b'preset = 3\n', 'preset must be'),
        (b'[train]\nlr = "fast"\n', 'train.lr must be a finite number'),
        (b'[train]\nsteps = true\n', 'train.steps must be'),
        (b'[train]\nlr = nan\n', 'train.lr must be'),
        (b'[network]\ndim = "64"\n', 'network.dim must be'),
        (b'[data]\ninputs = 7\n', 'data.inputs must be text, got 7'),
        (b'train = 3\n', 'train must be a section'),
        (b'[schedule]\nkind = "circle"\nbbar_T = 1.0\n', 'left out'),
        (b'[[train]]\nlr = 1\n', 'train must be a section'),
        (b'a = ' + b'[' * 5000, 'TOML'),
        (b'\0', 'TOML'),
    ],
)
def test_wrong_files_of_rddm_train(content, why, capsys, tmp_path):
    (tmp_path / 'a.toml').write_bytes(content)
    assert main([str(tmp_path / 'a.toml'), '--show']) == 2
    err = capsys.readouterr().err
    assert why in err and len(err.splitlines()) == 1 and 'a.toml' in err


def test_networks_belong_to_their_seed():
    flat = lambda seed: torch.cat(
        [
            p.detach().flatten()
            for p in merge(Config(), dict(network=dict(dim=8))).network.make(seed).parameters()
        ]
    )
    assert torch.equal(flat(0), flat(0)) and not torch.equal(flat(0), flat(1))


# ---- the commands in a process of their own


def command(code, *words, **env):
    strict = "import warnings; warnings.filterwarnings('ignore', category=EncodingWarning); "
    strict += "warnings.filterwarnings('error', category=EncodingWarning, module='rddm_nb'); "
    return subprocess.run([sys.executable, '-X', 'warn_default_encoding', '-c', strict + code, *words],
                          capture_output=True,
                          env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT), **env}, timeout=300)

TRAIN_MAIN = 'import sys; from rddm_nb.presets import main; sys.exit(main(sys.argv[1:]))'
NARROW = dict(PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', LC_ALL='POSIX', PYTHONIOENCODING='ascii:strict')


def test_every_text_has_an_encoding_and_a_narrow_console_is_enough(tmp_path):
    out = tmp_path / 'résultat'
    words = [
        'demo',
        '--out',
        str(out),
        '--device',
        'cpu',
        '--network.dim',
        '8',
        '--network.mults',
        '1',
        '--data.size',
        '8',
        '--train.batch',
        '2',
        '--train.warmup',
        '0',
        '--train.steps',
        '2',
        '--train.decay',
        'none',
    ]
    for env in ({}, NARROW):
        done = command(TRAIN_MAIN, *words, **env)
        assert done.returncode == 0, done.stderr
    assert rb'r\xe9sultat' in done.stdout or rb'\udcc3' in done.stdout
    refused = command(TRAIN_MAIN, *words, '--data.size', '9', **NARROW)
    assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1
    Image.new('RGB', (48, 40), (90, 120, 150)).save(tmp_path / 'été.png')
    done = command(
        'import sys; from rddm_nb.cli import demo; sys.exit(demo(sys.argv[1:]))',
        '--photo',
        str(tmp_path / 'été.png'),
        '--max-steps',
        '2',
        '--batch',
        '2',
        '--steps',
        '1',
        '--device',
        'cpu',
        '--out',
        str(tmp_path / 'é'),
        **NARROW,
    )
    assert done.returncode == 0, done.stderr


def test_help_does_not_wait_for_torch():
    for module, name in (('presets', 'main'), ('cli', 'demo')):
        code = f"import sys; from rddm_nb.{module} import {name}; assert {name}(['--help']) == 0"
        done = command(code + "; assert 'torch' not in sys.modules")
        assert done.returncode == 0 and b'usage: rddm-' in done.stdout, done.stderr


def test_a_narrow_stream_gets_numbers_for_its_characters(monkeypatch):
    import io
    from rddm_nb.command import run_command
    out = io.TextIOWrapper(io.BytesIO(), encoding='ascii')
    monkeypatch.setattr(sys, 'stdout', out)
    assert run_command('rddm-x', lambda words: print('\u00e9', flush=True) or 0, []) == 0
    assert out.buffer.getvalue() == b'\\xe9\n'


class Unwritable:
    "A stream that fails from its second word on"
    def __init__(self, error): self.error, self.got = error, []
    def write(self, text):
        if self.got: raise self.error
        self.got.append(text)
    def flush(self): pass
    def fileno(self): raise OSError('no file')


@pytest.mark.parametrize('error, code, line', [
    (OSError(28, 'No space left on device'), 1, 'standard output cannot be written (No space left on device)'),
    (BrokenPipeError(32, 'Broken pipe'), 0, '')])
def test_output_that_cannot_be_written_does_not_end_the_work(error, code, line, monkeypatch, capsys):
    from rddm_nb.command import run_command
    done, out = [], Unwritable(error)
    def work(words):
        for k in range(3): print(f'line {k}')
        done.append(1)
        return 0
    monkeypatch.setattr(sys, 'stdout', out)
    assert run_command('rddm-x', work, []) == code and done == [1] and out.got == ['line 0']
    assert capsys.readouterr().err == (f'rddm-x: {line}\n' if line else '') and sys.stdout is out
    def fails(words): raise ValueError('no')
    out.got = ['x']
    assert run_command('rddm-x', lambda words: print('a') or fails(words), []) == 2  # the first failure counts


def test_words_for_a_closed_stream_are_lost(monkeypatch):
    from rddm_nb.command import run_command, warn
    for name in ('stdout', 'stderr'): monkeypatch.setattr(sys, name, None)
    def work(words):
        print('out', file=sys.stdout)
        warn('rddm-x', sys.stderr.isatty())
        return 0
    assert run_command('rddm-x', work, []) == 0 and sys.stdout is sys.stderr is None


@posix
@pytest.mark.slow
@pytest.mark.parametrize('tail, code', [('>&- 2>&- <&-', 0), ('>/dev/full', 1), ('>/dev/full 2>/dev/full', 1),
                                        ('2>/dev/full', 0), ('| head -0', 0)])
def test_a_command_says_nothing_of_python_where_its_output_goes(tail, code):
    if '/dev/full' in tail and not Path('/dev/full').exists(): pytest.skip('there is no disk that is always full')
    words = f'set -o pipefail; {shlex.quote(sys.executable)} -m rddm_nb.presets demo --show {tail}'
    done = subprocess.run(['bash', '-c', words], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == code and 'Traceback' not in done.stderr and 'ignored' not in done.stderr, done.stderr


def test_every_field_of_a_schedule_is_handed_on():
    options = dict(alpha=('1-x', 3.0), beta2=('1-x', 2.0), bbar_T=0.5, grid='linspace')
    assert ScheduleConfig('power', 40, **options).options() == options
    assert ScheduleConfig('power', 40, **options).make() == Schedule.power(40, **options)
    assert ScheduleConfig('power', 40).alpha == ('1-x', 1.0)  # what is left out is filled in


def test_sections_of_a_file_are_apart():
    text = Config().to_toml()
    assert text.startswith('[data] #') and text.count('\n\n[') == 4 and text.count('\n\n') == 4


def test_a_message_is_worded_for_its_reader():
    said = 'pairing=1, data.pairing=2, --pairing=3, repairing=4, pattern=5'
    want = '--pairing=1, data.pairing=2, --pairing=3, repairing=4, --pattern=5'
    assert _worded(said, ('pairing', 'pattern'), '--') == want
