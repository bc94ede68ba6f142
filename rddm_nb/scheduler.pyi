# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import math
from dataclasses import dataclass
from inspect import signature
from types import SimpleNamespace
import torch
from torch import Tensor
from fastcore.basics import patch
from .ddim import DDPM_PREDICTIONS, SPACINGS, ddim_nodes, ddpm_prediction
from .estimate import Estimate, Prediction, SingularError, estimate
from .forward import q_sample, randn_like
from .images import check_images
from .reverse import POSTERIORS, posterior_variance, reverse_step
from .sampler import SOLVERS, Step
from .schedule import Point, SCHEDULES, Schedule
from diffusers import ConfigMixin, ModelMixin, SchedulerMixin
from diffusers.configuration_utils import register_to_config
from diffusers.utils import BaseOutput
_DDPM_SCHEDULES: dict
_PREDICTION_TYPES: tuple
_BETA_SCHEDULES: dict
_OPTIONS: dict

@dataclass
class RDDMSchedulerOutput(BaseOutput):
    """What `RDDMScheduler.step` returns"""
    prev_sample: Tensor
    pred_original_sample: Tensor | None = None
_PLAIN: dict

class RDDMScheduler(SchedulerMixin, ConfigMixin):
    """Residual diffusion as a scheduler of diffusers"""
    schedule: Any
    num_inference_steps: Any
    pairs: Any
    _to: Any
    _sigma2: Any
    timesteps: Any
    _x_in: Any
    _unit: Any
    _last: Any

    def __init__(self, num_train_timesteps: int=1000, *, beta_schedule: str='power', prediction_type: str='residual', eta: float=0.0, posterior: str='sum_constrained', solver: str='euler', clip_sample: bool=True, timestep_spacing: str='trailing', steps_offset: int=0, alpha=..., beta2=..., bbar_T: float=1.0, grid: str='count', height: float=0.5, beta_start: float=0.0001, beta_end: float=0.02, trained_betas=None, abar=None, bbar=None, allow=(), name: str='nodes'):
        ...

    def __len__(self):
        ...

    @classmethod
    def from_config(cls, config=None, return_unused_kwargs=False, **kwargs):
        """From a configuration of this class, of DDPM's or of DDIM's"""
        ...

    def _register(self, **kw):
        """Store plain numbers and lists; the number of betas is the number of timesteps"""
        ...

    @property
    def compatibles(self) -> list:
        """The schedulers of diffusers that this one's configuration can turn into"""
        ...

    @classmethod
    def from_schedule(cls, schedule: Schedule, **kw) -> RDDMScheduler:
        """A scheduler for any curve"""
        ...

    def _step(self, t, s, sigma2):
        """The move from timestep t to s, as the sampler names it by nodes"""
        ...

    def _before(self, t, sample):
        """What is remembered of the step that ended here, with these samples"""
        ...

    def _remember(self, last, s, x_s, at, x0):
        """Keep what the next step may need, and what this one needed, should it be asked again"""
        ...

    def set_timesteps(self, num_inference_steps: int | None=None, device=None, timesteps=None, pairs=None):
        """Choose the moves of a run; everything about them is settled before a network is called"""
        ...

    def _variance(self, t, eta):
        """Variance of the fresh noise of the move from timestep t"""
        ...

    def set_input(self, x_in: Tensor | None, unit: bool=True):
        """Tell the degraded images once, for pipelines that do not pass them to `step`"""
        ...

    def input_like(self, sample: Tensor, x_in: Tensor | None=None) -> Tensor:
        """The degraded images that go with a sample"""
        ...

    def _is_unit(self, x_in):
        ...

    @property
    def init_noise_sigma(self) -> float:
        """Standard deviation of the noise to start from, added to x_in unless `set_input` was told"""
        ...

    def scale_model_input(self, sample: Tensor, timestep=None) -> Tensor:
        """The state that the network should see: the sample itself, or c sample + abar x_in after `set_input`"""
        ...

    def _whole(self, timestep):
        """One timestep as a number"""
        ...

    def _target(self, timestep):
        """Where the step from this timestep goes, as a number"""
        ...

    def previous_timestep(self, timestep) -> Tensor:
        """Where the step from this timestep goes"""
        ...

    def _check_output(self, model_output, sample):
        """Refuse an output that cannot be what the network says about this sample"""
        ...

    def step(self, model_output: Tensor, timestep, sample: Tensor, eta: float | None=None, use_clipped_model_output: bool | None=None, generator=None, x_in: Tensor | None=None, variance_noise: Tensor | None=None, return_dict: bool=True) -> RDDMSchedulerOutput:
        """From this timestep to the one it is paired with"""
        ...

    def _coeffs(self, timesteps, like):
        """(abar, bbar, c) for a batch of timesteps"""
        ...

    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Tensor, x_in: Tensor | None=None) -> Tensor:
        """Go forward to these timesteps, for training: residual and noise are added"""
        ...

    def get_velocity(self, sample: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """Training target of 'v_prediction'"""
        ...

    def _levels(self):
        """DDPM's cumulative product at nodes 1..T, 0 at the corner"""
        ...

    @property
    def alphas_cumprod(self) -> Tensor:
        """DDPM's cumulative product at timesteps 0..T-1, of the states with the same signal-to-noise ratio"""
        ...

    @property
    def betas(self) -> Tensor:
        """DDPM's betas at timesteps 0..T-1, of the states with the same signal-to-noise ratio"""
        ...

class WithInput(ModelMixin):
    """A network of diffusers shown the state, and the degraded image beside it, in pipelines that show the bare sample"""
    net: Any
    scheduler: Any
    concat: Any
    config: Any

    def __init__(self, net, scheduler: RDDMScheduler, concat: bool=True):
        ...

    @property
    def dtype(self):
        ...

    @property
    def device(self):
        ...

    def forward(self, sample, timestep, *args, **kwargs):
        ...

    def save_pretrained(self, *args, **kwargs):
        """Refused: the file would hold a network without its scheduler"""
        ...
