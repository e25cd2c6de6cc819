"""`python -m agents`: see `agents.command_line.main`."""

import sys

from .command_line.process import prepare
from .invocation import PROGRAM, how_to_install

# The devices, the other processes and the cache must be set before gymnax is imported, which starts
# JAX's backend.
watcher = prepare(sys.argv[1:]) if __name__ == "__main__" else None

try:
    from .command_line.main import main
except ModuleNotFoundError as error:
    if __name__ != "__main__" or not (line := how_to_install(error)):
        raise
    sys.exit(f"{PROGRAM}: {line}")

if __name__ == "__main__":
    sys.exit(main(watcher=watcher))
