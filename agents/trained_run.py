"""Training from Python: `fit` trains, `load` reads a run folder, and both return a `TrainedRun`."""

from __future__ import annotations

import contextlib
import functools
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from signal import Signals
from typing import Any

import numpy as np

from .actor_critic.config import Config
from .command_line import plots
from .command_line.output import console
from .command_line.progress import Status, progress
from .execution.jax_settings import settings_of_runs
from .experience.rollout import Policy
from .fit_arguments import config_of, seeds_of, sweep_of
from .runs import metrics, training
from .runs.evaluation import EPISODES, EVALUATIONS, Best, evaluate_run, nan_messages
from .runs.export import export_member
from .runs.loggers import Logger, opened
from .runs.loggers import check as check_loggers
from .runs.memory import check_memory
from .runs.metrics import Table
from .runs.run import Run, check_seeds, load_run
from .runs.selection import best_member, last_returns, policy_of
from .runs.signals import deliver
from .runs.training import Outcome, Report
from .validation import integer


class Picture:
    """A figure in a file, which a notebook shows.

    Attributes:
      path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = path.read_bytes()

    def __repr__(self) -> str:
        return f"Picture('{self.path}')"

    def _repr_png_(self) -> bytes | None:
        return self._data if self.path.suffix == ".png" else None


class TrainedRun:
    """A trained run: its metrics, its policies, and its folder.

    Its members are its seeds or, with a sweep, each seed at each point of the sweep; the order is
    that of `members`. Arrays begin with an axis `[num_members]`.

    Attributes:
      run: the settings of the run.
    """

    def __init__(
        self,
        run: Run,
        outcome: Outcome | None = None,
        temporary: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.run = run
        self._outcome = outcome
        self._temporary = temporary  # the folder is removed with the last reference to it

    def __repr__(self) -> str:
        returns = last_returns(self.run)
        spread = f" ± {np.std(returns):.1f}" if len(returns) > 1 else ""
        state = "" if self.finished else ", not finished"
        members = "1 member" if self.run.num_members == 1 else f"{self.run.num_members} members"
        return (
            f"{type(self).__name__}({self.run.name} on {self.config.env}, "
            f"{members}{state}; return of the last 100 training episodes "
            f"{np.mean(returns):.1f}{spread}; folder '{self.run.folder}')"
        )

    @property
    def config(self) -> Any:
        """The hyper-parameters."""
        return self.run.config

    @property
    def folder(self) -> Path:
        """The folder of the run; a temporary one lives as long as this object: see `save`."""
        return self.run.folder

    @property
    def members(self) -> list[dict[str, float]]:
        """The seed and the swept numbers of each member."""
        return self.run.members

    @property
    def finished(self) -> bool:
        """Whether all updates are done."""
        return _updates_done(self.run) == self.run.num_updates

    @property
    def metrics(self) -> Table:
        """The metrics of every update by name, each `[num_members, num_updates]`.

        `episode_return` and `episode_length` are means over the episodes that ended in the update;
        they are NaN where none did, as before the end of the first episode.
        """
        return self._table(self.run.metrics_path)

    @property
    def evaluations(self) -> Table:
        """The evaluations in training by name, each `[num_members, num_evaluations]`."""
        return self._table(self.run.evaluations_path)

    def dataframe(self) -> Any:
        """The metrics as a pandas DataFrame, one row per member and update."""
        import pandas

        return pandas.DataFrame({name: x.reshape(-1) for name, x in self.metrics.items()})

    @functools.cached_property
    @settings_of_runs()
    def states(self) -> Any:
        """The last state of every member, with a leading axis `[num_members]`."""
        return self._outcome.states if self._outcome else training.restore(self.run)[0]

    @functools.cached_property
    @settings_of_runs()
    def best(self) -> Best | None:
        """The states with the best evaluations; None in a run without evaluations."""
        if self._outcome:
            return self._outcome.best
        return training.restore_best(self.run) if self.run.evaluations else None

    @settings_of_runs()
    def evaluate(
        self, episodes: int = EPISODES, *, greedy: bool = False, best: bool = False, seed: int = 0
    ) -> np.ndarray:
        """Play full episodes with the policy of every member.

        Args:
          episodes: the number of episodes of each member.
          greedy: whether to take greedy actions instead of draws from the policy.
          best: whether to take the states with the best evaluations instead of the last ones.
          seed: the seed of the episodes.

        Returns:
          Undiscounted returns, `[num_members, episodes]`; NaN for an episode without an end and
          for a policy whose parameters are not finite, and a line is printed that says so.
        """
        if integer("episodes", episodes) < 1:
            raise ValueError(f"episodes must be at least 1; got {episodes}")
        seed = integer("seed", seed)
        check_seeds(seed, seed)
        states = self._states(best=best)
        returns = evaluate_run(self.run, states, episodes, seed, greedy=(greedy,))
        for line in nan_messages(self.run, states, returns):
            print(line)
        return returns[0]

    def policy(self, member: int | None = None, *, best: bool = True) -> Policy:
        """The policy of a member, from observations to distributions over actions.

        Args:
          member: its index; that of the best evaluation if not given.
          best: whether to take the state with the best evaluation instead of the last one.

        Returns:
          A function of observations as the environment gives them, `policy(observation)` or
          `policy(observation, mask)` if it masks actions, with any leading axes; or of flat ones,
          `[..., observation_size]`, as `Environment.reset` returns them. The distribution of a
          normal policy is not bounded: the environment clips its draws to the box. For recurrent
          PPO a `RecurrentPolicy`.
        """
        index = best_member(self.run, self.best) if member is None else member
        return policy_of(self.run, self._states(best=best), index)

    def plot(self, path: Path | str | None = None) -> Picture:
        """Draw the learning curve, as the command line does.

        Args:
          path: the file, whose suffix selects the format; `learning_curve.png` if not given.
        """
        table = metrics.read(self.run.metrics_path, self.run.num_members)
        evaluations = metrics.read(self.run.evaluations_path, self.run.num_members)
        labels = [", ".join(f"{n} {x:g}" for n, x in point.items()) for point in self.run.points]
        path = self.run.figure_path if path is None else Path(path)
        title = f"{self.run.name.upper()} on {self.config.env}"
        plots.draw(plots.curves(table, evaluations, labels), path, title)
        return Picture(path)

    def save(self, folder: Path | str) -> TrainedRun:
        """Copy the run to a folder that does not exist yet; returns the run there."""
        shutil.copytree(self.run.folder, folder)
        return load(folder, actor=self.config.actor, critic=self.config.critic)

    def export(
        self, path: Path | str | None = None, member: int | None = None, *, best: bool = True
    ) -> Path:
        """Write a policy to a file that JAX alone can run: see `runs.export`.

        Args:
          path: the file; `policy.zip` in the folder of the run if not given.
          member: the index of the member; that of the best evaluation if not given.
          best: whether to take the state with the best evaluation instead of the last one.

        Returns:
          The path.
        """
        path = self.folder / "policy.zip" if path is None else Path(path)
        index = best_member(self.run, self.best) if member is None else member
        export_member(self.run, self._states(best=best), index, path)
        return path

    @settings_of_runs()
    def resume(
        self,
        *,
        show_progress: bool = True,
        log: Sequence[str] = (),
        loggers: Sequence[Logger] = (),
        **budget: int,
    ) -> TrainedRun:
        """Continue a run that was interrupted, or make it longer.

        Args:
          show_progress: whether to show the progress.
          log: as in `fit`.
          loggers: likewise.
          **budget: a new `total_steps` or `total_episodes`, including those so far.

        Returns:
          This object, which is up to date then.
        """
        run = self.run
        for name, amount in budget.items():
            run = run.extend(name, amount)
        check_loggers(log, loggers)
        self._outcome = None  # if training fails, the states are those of the last checkpoint
        for name in ("states", "best"):
            vars(self).pop(name, None)
        self._outcome = _train(run, show_progress, log, loggers)
        self.run = run
        return self

    def _table(self, path: Path) -> Table:
        table = metrics.read(path, self.run.num_members)
        return {name: values.T for name, values in table.items()}

    def _states(self, *, best: bool) -> Any:
        return self.best.state if best and self.best is not None else self.states


@settings_of_runs()
def fit(
    algorithm: str | Config = "ppo",
    *,
    seeds: int | Sequence[int] = 1,
    sweep: Mapping[str, Sequence[float]] | None = None,
    evaluations: int = EVALUATIONS,
    folder: Path | str | None = None,
    show_progress: bool = True,
    on_nan: str = "stop",
    env_params: Mapping[str, Any] | None = None,
    log: Sequence[str] = (),
    loggers: Sequence[Logger] = (),
    **hyper_parameters: Any,
) -> TrainedRun:
    """Train with an algorithm, as the command line does: the same options give the same numbers.

    Args:
      algorithm: the name of an algorithm, such as "ppo"; or its config, such as
        `ppo.Config(env="CartPole-v1")`, which takes no presets.
      seeds: the number of seeds, or the seeds; they are trained in parallel.
      sweep: values for numbers of the config; each combination is trained with every seed.
      evaluations: number of evaluations during training; the best states are kept.
      folder: a folder for the run that does not exist yet; a temporary one if not given.
      show_progress: whether to show the progress.
      on_nan: what to do if an update is not finite: stop, skip or ignore.
      env_params: parameters of the environment, such as `{"gravity": 5}`: numbers, strings,
        booleans, and lists, tuples and dicts of them.
      log: where to log the metrics, beside the files of the folder: "csv", "tensorboard", "wandb".
      loggers: loggers of your own, see `runs.loggers.Logger`; they are closed at the end.
      **hyper_parameters: fields of the config, such as `env` or `learning_rate`, in place of the
        preset of the environment and of the defaults. `env` may be a class of `Dynamics`.

    Returns:
      The trained run. Ctrl-C ends it early, which a line says; `resume` continues it. SIGTERM and
      SIGHUP end the process, after a checkpoint.

    Raises:
      TypeError: a hyper-parameter is unknown, or has another type.
      ValueError: a value is invalid.
      FileExistsError: the folder exists.

    Example:
      Two seeds in a notebook::

        run = agents.fit("ppo", env="CartPole-v1", seeds=2, learning_rate=1e-3)
        run.plot()
        run.evaluate().mean(axis=1)
    """
    check_loggers(log, loggers)
    name, config = config_of(algorithm, hyper_parameters, env_params)
    temporary = tempfile.TemporaryDirectory(prefix="agents-") if folder is None else None
    run = Run(
        name=name,
        config=config,
        seeds=seeds_of(seeds),
        folder=Path(temporary.name) / "run" if temporary else Path(folder or ""),
        sweep=sweep_of(sweep or {}),
        evaluations=min(integer("evaluations", evaluations), config.num_updates),
        on_nan=on_nan,
    )
    check_memory(name, config, run.num_members, run.evaluations)
    try:
        run.create()
    except FileExistsError as error:
        raise FileExistsError(
            f"'{run.folder}' exists already; name another folder, or read the run that is in it by "
            f"agents.load('{run.folder}')"
        ) from error
    return TrainedRun(run, _train(run, show_progress, log, loggers), temporary)


def load(folder: Path | str, *, actor: Any = None, critic: Any = None) -> TrainedRun:
    """Read a run from its folder, such as one that the command line has trained.

    Args:
      folder: the run folder.
      actor: your own network, if the run has one, which a folder cannot hold.
      critic: likewise.

    Raises:
      ValueError: the folder has no run, or your own network is not given.
    """
    return TrainedRun(load_run(folder, actor=actor, critic=critic))


def _train(run: Run, show_progress: bool, log: Sequence[str], loggers: Sequence[Logger]) -> Outcome:
    """Train a run to its end; if a signal stops it, say so, and do what the signal asks for."""
    with opened(log, run, loggers) as all_loggers, _progress(run, show_progress) as report:
        outcome = training.train(run, report, loggers=all_loggers)
    if outcome.signal is not None and not outcome.finished:
        with contextlib.suppress(OSError):  # the terminal is gone
            print(
                f"Interrupted by {Signals(outcome.signal).name} after "
                f"{_updates_done(run):,} of {run.num_updates:,} updates; resume() of the "
                f"run, or of agents.load('{run.folder}'), continues it",
                flush=True,
            )
    deliver(outcome.signal)
    return outcome


def _updates_done(run: Run) -> int:
    """The number of updates so far."""
    table = metrics.read(run.metrics_path, run.num_members)
    return int(table["update"][-1, 0]) if table else 0


@contextlib.contextmanager
def _progress(run: Run, is_shown: bool) -> Iterator[Report]:
    """Show the progress: in a notebook, in one line that is written again and again."""
    if not is_shown:
        yield lambda done, table: None
    elif "ipykernel" in sys.modules:
        status = Status(run.num_updates, run.num_members)
        yield lambda done, table: print(f"\r{status.line(done, table)}", end="", flush=True)
        print()
    else:
        screen = console(soft_wrap=True)
        with progress(screen, run.num_updates, run.num_members) as report:
            yield report
