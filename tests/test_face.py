"""`import rddm_nb` is light, and gives the names one needs most when they are asked for."""
import importlib
import os
import subprocess
import sys
from pathlib import Path
import pytest
import rddm_nb

MODULES = {p.stem for p in Path(rddm_nb.__file__).parent.glob('[a-z]*.py')}


def test_importing_the_package_loads_nothing_else():
    script = ("import sys, rddm_nb; print(sorted({m.split('.')[0] for m in sys.modules} & {'torch', 'numpy', 'PIL', "
              "'matplotlib'}), sorted(m for m in sys.modules if m.startswith('rddm_nb.')))")
    assert subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                          check=True).stdout.strip() == '[] []'


@pytest.mark.parametrize('name', rddm_nb.__all__)
def test_every_name_is_that_of_its_module(name):
    if name == 'RDDMScheduler': pytest.importorskip('diffusers')
    module = importlib.import_module(f'rddm_nb.{rddm_nb._MODULE_OF[name]}')
    assert getattr(rddm_nb, name) is getattr(module, name) and name in module.__all__ and name in dir(rddm_nb)


def test_the_face_is_small_and_hides_no_module():
    assert 20 <= len(rddm_nb.__all__) <= 30 and not set(rddm_nb.__all__) & MODULES


def test_a_name_that_is_not_there_is_named():
    gone = 'walk'
    with pytest.raises(AttributeError, match="no attribute 'walk'"): getattr(rddm_nb, gone)
    with pytest.raises(ImportError): exec('from rddm_nb import walk')


@pytest.mark.parametrize('given, want', [
    ({}, '3000'), (dict(GOMP_SPINCOUNT='7'), '7'), (dict(OMP_WAIT_POLICY='ACTIVE'), None)])
def test_threads_sleep_soon_unless_the_user_has_said_how_they_wait(monkeypatch, given, want):
    monkeypatch.setattr(os, 'environ', dict(given))
    rddm_nb._sleep_soon()
    assert os.environ.get('GOMP_SPINCOUNT') == want
