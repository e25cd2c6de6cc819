"""`python -m agents`: see `agents.command_line.main`."""

import sys

from agents.command_line.process import prepare

# The devices and the cache must be set before gymnax is imported, which starts JAX's backend.
prepare()

from agents.command_line.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
