"""The command `export`."""

from __future__ import annotations

import argparse

from ..runs.export import export_run
from ..runs.run import load_run
from .output import console


def export_command(arguments: argparse.Namespace) -> int:
    """Write a trained policy to a file that JAX alone can run."""
    with arguments.parser.reporting_errors():
        run = load_run(arguments.folder)
        path = arguments.out or run.folder / "policy.zip"
        member = export_run(run, path, seed=arguments.seed, best=not arguments.last)
    who = ", ".join(f"{name} {value:g}" for name, value in member.items())
    console(soft_wrap=True).print(f"Wrote the policy of {who} to {path}")
    return 0
