# Written by tools/stubs.py from the module of the same name. Do not edit.
from typing import Any
import json
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from fastcore.basics import patch
from inspect import signature
from huggingface_hub import ModelCard, ModelCardData, ModelHubMixin
from huggingface_hub.constants import CONFIG_NAME
from .config import _PLACES
from .files import atomic_write, to_json
from .models import MODEL_FILE, find_model, load_network
from .official import fuse_weights
from .optim import unwrap
from .schedule import Schedule
from .unet import load_model, save_model
_ELSEWHERE: tuple
_REST: float
_NOISE: str
_TAGS: tuple
_WRITTEN: tuple
_NO_LIMITS: list

class HubModel(ModelHubMixin, library_name='rddm_nb', tags=list(_TAGS), repo_url='https://github.com/rddm-nb/rddm_nb'):
    """A trained network as the Hugging Face hub knows models"""
    net: Any

    def __init__(self, net):
        ...

    def __call__(self, *args, **kw):
        ...

    @property
    def schedule(self):
        ...

    def generate_model_card(self):
        ...

    def save_pretrained(self, save_directory, **kw):
        """Keep the network, whole or not at all, in a folder without files of these names; kw as of `ModelHubMixin`"""
        ...

    @classmethod
    def from_pretrained(cls, name, **kw):
        """From a folder, or from a repository on the hub; its config.json is for readers, nothing depends on it"""
        ...

    def _save_pretrained(self, save_directory):
        """The network, its options, the drawing and the card; all are made before the first is written"""
        ...

    @classmethod
    def _from_pretrained(cls, *, model_id, device='cpu', **kw):
        """From a folder, or from a repository on the hub; kw as of `hf_hub_download`"""
        ...

    def push_to_hub(self, repo_id, **kw):
        """Keep the network in a repository on the hub"""
        ...
