"""The command `render`."""

from __future__ import annotations

import argparse

import jax

from ..experience import environments
from ..rendering.render import drawing_of, render
from ..runs.run import load_run
from ..runs.selection import best_member
from ..runs.training import restore, restore_best
from .formatting import number
from .output import console, file_to_write, warn


def render_command(arguments: argparse.Namespace) -> int:
    """Write a film of an episode of a trained policy."""
    with arguments.parser.reporting_errors():
        run = load_run(arguments.folder)
        env = environments.make(run.config.env)
        drawing_of(env)  # raises before anything is restored
        path = file_to_write(arguments.out, str(run.folder / "episode.gif"))
        done = "Replaced" if path.exists() else "Wrote"
        states = restore_best(run, warn).state if arguments.best else restore(run, warn)[0]
        i = best_member(run, best=None) if arguments.member is None else arguments.member
        if i >= run.num_members:
            raise ValueError(f"--member must be less than {run.num_members}; got {i}")
        state, config = (jax.tree.map(lambda leaf: leaf[i], tree) for tree in (states, run.configs))
        moments = render(
            path,
            run.key(arguments.seed),
            env,
            run.algorithm.policy(state, config),
            greedy=arguments.greedy,
            max_steps=arguments.max_steps,
            fps=arguments.fps,
        )
    who = ", ".join(f"{name} {value:g}" for name, value in run.members[i].items())
    last = moments[-1]
    screen = console(soft_wrap=True)
    screen.print(f"{who}: {last.step:,} steps, return {number(last.total)}")
    screen.print(f"{done} {path}")
    return 0
