"""How a user starts the command line, for help and messages."""

PROGRAM = "python -m agents" if __package__ == "agents" else "jaxdist"
"""The wheel has the agents as `jaxdist.agents`, and the command `jaxdist`."""
