"""Commands in processes of their own, and the results of runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from agents.runs.run import load_run
from agents.runs.training import restore, restore_best

SMALL = "--hidden-sizes 8 --seeds 2 --evaluations 4 --checkpoint-seconds 0.2"
RUNS = {
    "ppo": "--num-steps 16 --total-steps 60000 --normalize-observations --normalize-rewards",
    "recurrent-ppo": "--num-steps 8 --memory-size 8 --total-steps 60000 --normalize-rewards",
    "sac": "--num-steps 8 --total-steps 8000 --batch-size 16 --warmup-steps 400 --buffer-size 4000",
    "reinforce": "--env CartPole-v1 --total-episodes 3000",
}
"""The runs, by algorithm."""

RESULTS = ("metrics.csv", "evaluations.csv")

WITHOUT_PRIVILEGES = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Starts Python without root's right to read and write every file, on Linux."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def has_traceback(self) -> bool:
        return "Traceback" in self.out + self.err


def start(*arguments: object, variables: Mapping[str, str] = {}) -> subprocess.Popen[str]:
    """Start a command, to which the permissions of files apply even if root runs it."""
    python = [sys.executable] if os.geteuid() else [sys.executable, "-c", WITHOUT_PRIVILEGES]
    command = [*python, "-u", "-m", "agents", *map(str, arguments)]
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=os.environ | variables, **streams)


def finish(*arguments: object) -> Finished:
    process = start(*arguments)
    out, err = process.communicate(timeout=600)
    return Finished(process.returncode, out, err)


def new_run(name: str, out: Path) -> list[str]:
    return [name, *RUNS[name].split(), *SMALL.split(), "--out", str(out)]


def whole(name: str, out: Path) -> Path:
    """Return the folder of a run that was trained to its end, now or by an earlier call."""
    if not (out / "whole" / name).exists():
        unfinished = out / "unfinished" / name
        shutil.rmtree(unfinished, ignore_errors=True)
        done = finish(*new_run(name, unfinished))
        assert done.code == 0, done.err
        (out / "whole").mkdir(exist_ok=True)
        unfinished.rename(out / "whole" / name)
    (folder,) = (out / "whole" / name).iterdir()
    return folder


def states_of(folder: Path) -> list[bytes]:
    """The bytes of the last and of the best states of a run."""
    run = load_run(folder)
    leaves = jax.tree.leaves((restore(run)[0], restore_best(run)))
    is_key = lambda leaf: jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return [
        np.asarray(jax.random.key_data(leaf) if is_key(leaf) else leaf).tobytes() for leaf in leaves
    ]


def progress(line: str) -> None:
    """Tell how far the benchmark is, on standard error."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def own_lines(err: str) -> list[str]:
    """Standard error without what the plugins of absent accelerators write."""
    foreign = ("WARNING: All log", "I0000 ", "W0000 ", "E0000 ")
    return [line for line in err.splitlines() if not line.startswith(foreign)]
