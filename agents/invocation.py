"""How a user installs and starts the agents, for help and messages."""

PROGRAM = "python -m agents" if __package__ == "agents" else "jaxdist"
"""The wheel has the agents as `jaxdist.agents`, and the command `jaxdist`."""

REQUIRED = ("chex", "flatbuffers", "gymnax", "matplotlib", "optax", "orbax", "rich", "six")
"""The packages that the extra `agents` installs, by the names of their modules."""


def how_to_install(error: ModuleNotFoundError) -> str | None:
    """One line on the extra that is not installed; None if the missing module is not of it."""
    package = (error.name or "").partition(".")[0]
    if package not in REQUIRED:
        return None
    return f"the agents need {package}, which is not installed: pip install 'jaxdist[agents]'"
