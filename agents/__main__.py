"""`python -m agents`: see `agents.command_line.main`."""

import sys

from .command_line.process import prepare

# The devices, the other processes and the cache must be set before gymnax is imported, which starts
# JAX's backend.
watcher = prepare(sys.argv[1:]) if __name__ == "__main__" else None

from .command_line.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(watcher=watcher))
