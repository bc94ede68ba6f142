"The book that travels in the package: complete, without outputs, and never over what a reader has written"
import functools
import json
import os
import subprocess
import sys
import zipfile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from rddm_nb import course

NAMES = sorted(p.name for p in (ROOT/'nbs').glob('*.ipynb'))
STRIPPED = functools.cache(course._strip_outputs)


def test_the_wheel_holds_every_notebook_and_no_output(wheel):
    with zipfile.ZipFile(wheel) as z:
        shipped = {n.rsplit('/', 1)[1]: z.read(n) for n in z.namelist() if n.startswith('rddm_nb/course/')}
    assert sorted(shipped) == sorted([*NAMES, 'badge.svg'])
    for name in NAMES:
        nb, source = json.loads(shipped[name]), json.loads((ROOT/'nbs'/name).read_text(encoding='utf-8'))
        assert not any(c.get('outputs') or c.get('execution_count') for c in nb['cells'])
        assert [c['source'] for c in nb['cells']] == [c['source'] for c in source['cells']]


@pytest.mark.slow
def test_the_command_from_a_wheel(wheel, tmp_path):
    subprocess.run([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', '--target',
                    tmp_path/'packages', wheel], check=True)
    env = os.environ | dict(PYTHONPATH=str(tmp_path/'packages'))
    code = 'import sys; from rddm_nb.course import main; sys.exit(main(sys.argv[1:]))'
    run = lambda: subprocess.run([sys.executable, '-c', code, 'book'], cwd=tmp_path, env=env, capture_output=True,
                                 text=True)
    first = run()
    assert first.returncode == 0, first.stderr
    assert f'copied {len(NAMES) + 1} files into book' in first.stdout and 'jupyter lab book' in first.stdout
    (tmp_path/'book'/'index.ipynb').write_text('mine', encoding='utf-8')
    second = run()
    assert second.returncode == 0 and '1 of yours differ' in second.stdout and 'index.ipynb' in second.stdout
    assert (tmp_path/'book'/'index.ipynb').read_text(encoding='utf-8') == 'mine'


@given(st.data())
def test_a_copy_adds_what_is_missing_and_changes_nothing(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp('book')
    mine = data.draw(st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=20), max_size=4))
    for name, text in mine.items(): (folder/name).write_bytes(text)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(course, '_strip_outputs', STRIPPED) # once for all copies
        (new, kept), again = course._copy_course(folder), course._copy_course(folder)
    assert sorted(new) == sorted({*NAMES, 'badge.svg'} - {*mine}) and kept == sorted(mine) and again == ([], kept)
    assert all((folder/name).read_bytes() == text for name, text in mine.items())
    assert sorted(p.name for p in folder.iterdir()) == sorted([*NAMES, 'badge.svg'])


@pytest.mark.parametrize('words, code', [(['--help'], 0), ([], 2), (['a', 'b'], 2), (['a', '--labs=1'], 2)])
def test_words(words, code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert course.main(words) == code
    assert capsys.readouterr().err.count('\n') == (code != 0) and not any(tmp_path.iterdir())


def test_a_file_in_the_way_is_one_line(tmp_path, capsys):
    (tmp_path/'book').write_text('a file', encoding='utf-8')
    assert course.main([str(tmp_path/'book')]) == 2
    assert capsys.readouterr().err.count('\n') == 1 and (tmp_path/'book').read_text(encoding='utf-8') == 'a file'


def test_what_has_the_name_of_a_page_stays_and_the_rest_is_copied(tmp_path, capsys):
    (tmp_path/'01_forward.ipynb').mkdir()
    (tmp_path/'02_schedules.ipynb').write_bytes(b'\xff mine')
    (tmp_path/'index.ipynb').symlink_to(tmp_path/'nowhere')
    assert course.main([str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert '3 of yours differ' in said and '01_forward.ipynb, 02_schedules.ipynb, index.ipynb' in said
    assert (tmp_path/'index.ipynb').is_symlink() and (tmp_path/'glossary.ipynb').is_file()
    assert not any((tmp_path/'01_forward.ipynb').iterdir())


def test_a_disk_that_gets_full_is_a_failure_that_says_how_far_it_came(tmp_path, monkeypatch, capsys):
    from rddm_nb import files
    real, left = files.atomic_write, [2]
    def write(path, data):
        if not left[0]: raise OSError(28, 'No space left on device', str(path))
        left[0] -= 1
        real(path, data)
    monkeypatch.setattr(files, 'atomic_write', write)
    assert course.main([str(tmp_path)]) == 1
    assert '02_schedules.ipynb: No space left on device; 2 files were copied: run it again' in capsys.readouterr().err


def test_what_a_killed_copy_left_is_removed(tmp_path):
    left, mine = tmp_path/('.rddm-' + '0'*32 + '.tmp'), tmp_path/'.mine.tmp'
    for p in (left, mine): p.write_bytes(b'x')
    course._copy_course(tmp_path)
    assert not left.exists() and mine.exists()


def test_lab_opens_on_the_folder(tmp_path, monkeypatch, capsys):
    called = []
    monkeypatch.setattr(subprocess, 'call', lambda words: called.append(words) or 0)
    monkeypatch.setattr('importlib.util.find_spec', lambda name: name)
    assert course.main([str(tmp_path/'book'), '--lab']) == 0
    assert called == [[sys.executable, '-m', 'jupyterlab', str(tmp_path/'book')]]
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert course.main([str(tmp_path/'book'), '--lab']) == 1
    assert 'pip install "rddm_nb[lab]"' in capsys.readouterr().err


def test_an_installation_without_notebooks_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(course, 'files', lambda name: tmp_path/'packages'/name)
    assert course.main([str(tmp_path/'book')]) == 2
    assert 'has no notebooks' in capsys.readouterr().err


def test_a_page_that_was_only_run_is_no_page_of_yours(tmp_path):
    course._copy_course(tmp_path)
    page = tmp_path/'02_schedules.ipynb'
    nb = json.loads(page.read_text(encoding='utf-8'))
    code = next(c for c in nb['cells'] if c['cell_type'] == 'code')
    code.update(outputs=[dict(output_type='stream', name='stdout', text='run')], execution_count=1)
    page.write_text(json.dumps(nb | dict(metadata=dict(ran=True))), encoding='utf-8')
    assert course._copy_course(tmp_path) == ([], [])
    code['source'] = 'mine'
    page.write_text(json.dumps(nb), encoding='utf-8')
    assert course._copy_course(tmp_path) == ([], ['02_schedules.ipynb'])


def test_the_folder_may_be_at_home_and_is_quoted_for_the_shell(tmp_path, monkeypatch, capsys):
    for k in ('HOME', 'USERPROFILE'): monkeypatch.setenv(k, str(tmp_path))
    folder = tmp_path/'my ä'
    assert course.main(['~/my ä']) == 0
    said = capsys.readouterr().out.splitlines()[-1].removeprefix('open them with: jupyter lab ')
    assert said in (f"'{folder}'", f'"{folder}"') and (folder/'index.ipynb').exists()
