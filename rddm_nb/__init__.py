"""Residual Denoising Diffusion Models (RDDM, CVPR 2024): the names one needs most, loaded when they are asked for.

`from rddm_nb import sample` is `from rddm_nb.sampler import sample`; importing the package loads nothing else."""
import importlib
import os

__version__ = "0.1.0"


def _sleep_soon():
    """Let PyTorch's threads sleep soon when they wait for each other, unless the user has said how they wait.

    By default they spin for milliseconds. Beside another busy program a thread that spins keeps the one it waits for
    off the processor: on two cores a training was 12 times slower. Without effect where torch is loaded already."""
    if not {'GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'} & os.environ.keys(): os.environ['GOMP_SPINCOUNT'] = '3000'


_sleep_soon()
_FACE = dict( # module -> names
    schedule=('Schedule', 'Point'), forward=('q_sample',), estimate=('Prediction', 'Estimate'),
    exact=('ExactPredictor',), reverse=('reverse_step', 'posterior_variance'),
    sampler=('sample', 'sample_steps', 'Trace'), degrade=('KnownPixels',),
    unet=('UNet', 'save_model', 'load_model'), official=('OfficialUNet', 'load_official'), models=('load_network',),
    trainer=('Trainer', 'TrainConfig'), data=('match', 'PairSource'), restore=('Tiled', 'restore_folder'),
    metrics=('measure', 'Protocol'), scheduler=('RDDMScheduler',), ddim=('from_diffusers',),
    widgets=('ScheduleExplorer',))
_MODULE_OF = {name: module for module, names in _FACE.items() for name in names}
__all__ = list(_MODULE_OF)


def __getattr__(name):
    if name not in _MODULE_OF: raise AttributeError(f"module 'rddm_nb' has no attribute {name!r}: see dir(rddm_nb)")
    return getattr(importlib.import_module(f'.{_MODULE_OF[name]}', __name__), name)


def __dir__(): return sorted({*globals(), *__all__})
