"""The command line: its commands, and what each of them is given."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import jax

import jaxdist

from ..algorithms import presets
from ..algorithms.registry import ALGORITHMS
from ..execution.jax_settings import settings_of_runs
from ..experience import environments
from ..invocation import PROGRAM
from ..validation import did_you_mean
from . import compare, config_file, evaluate, export, plot, render, training
from .command_options import (
    NOT_IN_FILES,
    add_evaluate,
    add_export,
    add_figure,
    add_render,
    add_resume,
    add_seeds,
)
from .ending import Ending
from .options import Parser, add_fields
from .spelling import with_dashes
from .watcher import Watcher

EXAMPLES = f"""examples:
  {PROGRAM} ppo                    train PPO on CartPole-v1, eight seeds
  {PROGRAM} ppo --env Acrobot-v1 --seeds 2 --learning-rate 1e-3
  {PROGRAM} ppo --env Breakout-MinAtar --help        its defaults
  {PROGRAM} ppo --seeds 4 --sweep learning-rate=1e-4,3e-4,1e-3
  {PROGRAM} reinforce              train REINFORCE on CartPole-v0
  {PROGRAM} evaluate runs/FOLDER   play episodes with its policies
  {PROGRAM} evaluate runs/FOLDER --best
  {PROGRAM} resume runs/FOLDER     continue a run that was stopped
  {PROGRAM} resume runs/FOLDER --total-steps 2e6
  {PROGRAM} plot runs/FOLDER runs/OTHER
  {PROGRAM} compare runs/*         scores over several environments
  {PROGRAM} render runs/FOLDER     a GIF of an episode
  {PROGRAM} export runs/FOLDER     its policy as a file for JAX alone
"""

RESUME = """Continue a run that was stopped, or make it longer.

In a longer run, an annealed learning rate jumps to its value on the new
schedule, and evaluations are spaced over the new length. A run of
--search halving is followed by the runs that are left of the search."""

OPERANDS = {
    "evaluate": "FOLDER",
    "resume": "FOLDER",
    "export": "FOLDER",
    "render": "FOLDER",
    "plot": "FOLDER ...",
    "compare": "FOLDER ...",
}
"""What follows the name of a command, apart from options."""


def main(argv: Sequence[str] | None = None, watcher: Watcher | None = None) -> int:
    """Run one command.

    Args:
      argv: its name and options; those of the process if not given.
      watcher: the watcher of this process, if it trains together with others.

    Returns:
      The exit code: 0; 1 if an operating-system error, such as a full disk, or the end of another
      process stopped training; 130 if the user interrupted. A usage error exits with 2.
    """
    ending = Ending(watcher)
    try:
        return ending.leave(_run_command(sys.argv[1:] if argv is None else argv, ending))
    except BaseException as error:
        ending.fail(error)
        raise


def _run_command(argv: Sequence[str], ending: Ending) -> int:
    argv = with_dashes(argv)
    parser, commands = _commands(argv)
    if not argv:
        parser.print_help()
        return 0
    if argv[0] not in commands and not argv[0].startswith("-"):
        hint = did_you_mean(argv[0], commands) or f"; the commands are {', '.join(commands)}"
        parser.error(f"unknown command '{argv[0]}'{hint}")
    if argv[0] in ALGORITHMS and (path := _option(argv, "--config")):
        argv = _with_file(argv, Path(path), commands[argv[0]])
        parser, _ = _commands(argv)  # the help shows the preset of the environment in the file
    arguments = parser.parse(argv)
    arguments.ending = ending
    try:
        with settings_of_runs():
            return arguments.command(arguments)
    except KeyboardInterrupt:
        return training.INTERRUPTED


class Commands(NamedTuple):
    """The parser of the command line, and those of its commands by name."""

    parser: Parser
    each: dict[str, Parser]


def _commands(argv: Sequence[str]) -> Commands:
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [OPTIONS]",
        description="Train policies by policy gradients; every run is one XLA program.",
        epilog=f"{EXAMPLES}\n{_wrap('environments', environments.names())}",
    )
    version = f"jaxdist {jaxdist.__version__}, JAX {jax.__version__}"
    parser.add_argument("--version", action="version", version=version, help="Show the versions")
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog=PROGRAM)
    commands: dict[str, Parser] = {}

    def add(name: str, command: Callable[..., int], description: str, example: str) -> Parser:
        epilog = f"example:\n  {PROGRAM} {name} {example}\n"
        with_preset = [env for algorithm, env in presets.PRESETS if algorithm == name]
        if with_preset:
            title = "presets, in place of some defaults (--env NAME --help shows them)"
            epilog += "\n" + _wrap(title, with_preset)
        summary = description.partition("\n\n")[0]
        usage = f"{PROGRAM} {' '.join([name, OPERANDS.get(name, '')]).strip()} [OPTIONS]"
        added = kinds.add_parser(
            name, help=summary.rstrip("."), usage=usage, description=description, epilog=epilog
        )
        added.set_defaults(command=command, parser=added)
        commands[name] = added
        return added

    for name, algorithm in ALGORITHMS.items():
        summary = textwrap.fill((algorithm.__doc__ or name).partition("\n")[0], 78)
        example = f"--env {algorithm.Config.env} --seeds 4 --gamma 0.98"
        options = add(name, training.train_command, summary, example)
        options.set_defaults(algorithm=name)
        env = (name == next(iter(argv), None) and _option(argv, "--env")) or algorithm.Config.env
        preset = presets.PRESETS.get((name, env.partition("?")[0]), {})
        title = f"hyper-parameters of {name}" + (f", with the preset of {env}" if preset else "")
        add_fields(options, algorithm.Config, title, {"env": env} | preset)
        add_seeds(options)

    summary = "Play full episodes with the trained policies of a run."
    add_evaluate(add("evaluate", evaluate.evaluate_command, summary, "runs/FOLDER --best"))
    add_resume(add("resume", training.resume_command, RESUME, "runs/FOLDER --total-steps 2e6"))
    summary = "Write a trained policy to a file that JAX alone can run."
    add_export(add("export", export.export_command, summary, "runs/FOLDER --out policy.zip"))
    summary = "Draw the learning curves of runs of one environment in one figure."
    example = "runs/FOLDER runs/OTHER --out compare.png"
    add_figure(add("plot", plot.plot_command, summary, example), "compare.png")
    summary = "Compare runs, also on several environments, by a table and a performance profile."
    summary = textwrap.fill(summary, 78)
    example = "runs/*-ppo-* runs/*-a2c-*"
    add_figure(add("compare", compare.compare_command, summary, example), "profile.png")
    summary = "Write a film of an episode of a trained policy, GIF or MP4."
    add_render(add("render", render.render_command, summary, "runs/FOLDER --greedy"))
    return Commands(parser, commands)


def _option(argv: Sequence[str], name: str) -> str | None:
    """The value of an option, before all of them are parsed; None if it has none."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument(name, dest="value")
    try:
        return parser.parse_known_args(argv)[0].value
    except argparse.ArgumentError:
        return None  # the parser of the command reports it


def _with_file(argv: Sequence[str], path: Path, parser: Parser) -> list[str]:
    """The arguments of a command after those of a file of options, so that they take precedence."""
    command, *given = argv
    options = {name: each for name, each in parser.options.items() if name not in NOT_IN_FILES}
    with parser.reporting_errors():
        return [command, *config_file.read_arguments(path, command, options), *given]


def _wrap(title: str, names: Sequence[str]) -> str:
    lines = textwrap.wrap(", ".join(names), 76, break_on_hyphens=False)
    return "\n  ".join([f"{title}:", *lines]) + "\n"
