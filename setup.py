"The book, without its outputs, and a description for the index; everything else stands in pyproject.toml"
import importlib.util
import re
import shutil
from pathlib import Path
from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent


def notebooks():
    "Name and text of every notebook, without outputs"
    spec = importlib.util.spec_from_file_location('course', ROOT/'rddm_nb'/'course.py')
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    return {f.name: course._strip_outputs(f.read_bytes()) for f in sorted((ROOT/'nbs').glob('*.ipynb'))}


def write(folder):
    "Put the notebooks into a folder"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in notebooks().items(): (folder/name).write_bytes(text)
    shutil.copy(ROOT/'nbs'/'badge.svg', folder)


class BuildWithCourse(build_py):
    def run(self):
        super().run()
        if not self.editable_mode: write(Path(self.build_lib)/'rddm_nb'/'course')


class SdistWithCourse(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        write(Path(base_dir)/'nbs')


def described():
    "README.md for the package index, which knows no file of the repository: links and images of this version there"
    version = re.search(r'__version__ = "(.*)"', (ROOT/'rddm_nb'/'__init__.py').read_text(encoding='utf-8'))[1]
    text, there = (ROOT/'README.md').read_text(encoding='utf-8'), f'rddm-nb/rddm_nb/{{}}v{version}/'
    text = re.sub(r'(src="|!\[[^]]*\]\()(?!https?:)', r'\1https://raw.githubusercontent.com/' + there.format(''), text)
    return re.sub(r'(?<=\]\()(?!https?:|#|mailto:)', 'https://github.com/' + there.format('blob/'), text)


setup(long_description=described(), long_description_content_type='text/markdown',
      cmdclass=dict(build_py=BuildWithCourse, sdist=SdistWithCourse))
