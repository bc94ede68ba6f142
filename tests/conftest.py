"""One thread and a deterministic hypothesis profile: the same examples on every machine, no deadline, no stored failures.

RDDM_EXAMPLES=n changes how many examples each property gets; RDDM_EXPLORE=1 draws new ones on every run."""
import os
import torch
from hypothesis import HealthCheck, Phase, settings

torch.set_num_threads(1)

explore = bool(os.environ.get('RDDM_EXPLORE'))
phases = [Phase.explicit, Phase.generate] if os.environ.get('RDDM_NO_SHRINK') else list(settings.default.phases)
settings.register_profile('rddm', max_examples=int(os.environ.get('RDDM_EXAMPLES', 40)), deadline=None, derandomize=not explore,
                          database=None, phases=phases, suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
settings.load_profile('rddm')
