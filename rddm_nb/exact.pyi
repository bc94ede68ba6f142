# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import torch
from torch import Tensor
from fastcore.basics import patch
from .estimate import Prediction
from .forward import randn_like

class ExactPredictor:
    """The optimal predictor where clean images are a known finite set, or a Gaussian mixture around it; no training"""
    means: Any
    std: Any
    tau: Any
    _mu: Any
    _norms: Any
    _prior: Any

    def __init__(self, means: Tensor, std: float=0.0, weights: Tensor | None=None, tau: float | None=None):
        ...

    def __repr__(self):
        ...

    def _setting(self, x_t, x_in, abar, bbar):
        """Flatten to float64: state minus its input part, input, coefficients (B or 1, 1), and how x_in sharpens the prior"""
        ...

    def posterior(self, x_t: Tensor, x_in: Tensor | None, abar, bbar) -> Tensor:
        """How probable each known image is, given the state and the input (posterior weights)"""
        ...

    def _weights(self, u, y, a, b, trust):
        """Posterior weights, (B, N), of a state as `_setting` returns it"""
        ...

    def __call__(self, x_t: Tensor, x_in: Tensor | None, abar, bbar, t=None) -> Prediction:
        """The conditional means of residual and noise: no predictor has a smaller squared error (exact predictor)"""
        ...

    def draw(self, n: int, generator: torch.Generator | None=None) -> Tensor:
        """Clean images from the known distribution"""
        ...
