import dataclasses
from pathlib import Path

import jax
import pytest

from agents.runs import programs


def settings_of_updates(run, states, configs):
    """All that the program of a run's updates depends on."""
    same = dataclasses.replace(
        run, folder=Path(), evaluations=0, keep=1, checkpoint_seconds=0.0
    )  # these are the loop's around it
    leaves, structure = jax.tree.flatten((states, configs))
    return repr(same), str(structure), str([(leaf.aval, leaf.sharding) for leaf in leaves])


@pytest.fixture(scope="module")
def updates_compiled_once():
    """Runs that differ only in what is around the updates share the program of the updates.

    To trace it takes longer than such a run.
    """
    compiled = {}
    compile_updates = programs.compile_updates

    def once(run, states, configs):
        key = settings_of_updates(run, states, configs)
        if key not in compiled:
            compiled[key] = compile_updates(run, states, configs)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "compile_updates", once)
        yield compiled
