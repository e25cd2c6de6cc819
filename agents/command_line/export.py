"""The command `export`: a trained policy as one file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..runs.export import export_run
from ..runs.run import load_run
from .options import seed_number


def add_options(options: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    options.add_argument("folder", type=Path, help="a run folder")
    text = "the file, which is replaced (default: policy.zip in the run folder)"
    options.add_argument("--out", type=Path, metavar="FILE", help=text)
    text = "the seed whose policy is exported (default: that of the best evaluation in training)"
    options.add_argument("--seed", type=seed_number, metavar="INT", help=text)
    text = "export the last state instead of the one with the best evaluation"
    options.add_argument("--last", action="store_true", help=text)


def export(arguments: argparse.Namespace) -> str:
    """Export a policy; returns a line on what was written."""
    run = load_run(arguments.folder)
    path = arguments.out or run.folder / "policy.zip"
    member = export_run(run, path, seed=arguments.seed, best=not arguments.last)
    who = ", ".join(f"{name} {value:g}" for name, value in member.items())
    return f"Wrote the policy of {who} to {path}"
