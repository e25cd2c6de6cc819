"""The command `jaxdist`, also `python -m jaxdist`: the command line of the agents.

An installed wheel has the agents at `jaxdist.agents`; in a checkout they are a package of their
own, beside this one.
"""

import importlib.util
import runpy
import sys


def main() -> int:
    """Run the command line, which exits by itself."""
    agents = "jaxdist.agents" if importlib.util.find_spec("jaxdist.agents") else "agents"
    runpy.run_module(agents, run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
