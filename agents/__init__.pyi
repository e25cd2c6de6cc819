"""The public names."""

from .algorithms import *  # noqa: F403
from .trained_run import TrainedRun as TrainedRun
from .trained_run import fit as fit
from .trained_run import load as load
