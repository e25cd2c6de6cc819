"""`python -m agents`: see `agents.command_line.main`."""

import sys

from .command_line.process import prepare
from .invocation import PROGRAM, how_to_install


def main() -> int:
    """Run the command line of this process."""
    # The devices, the other processes and the cache must be set before JAX's backend starts.
    watcher = prepare(sys.argv[1:])
    try:
        from .command_line.main import main

        return main(watcher=watcher)
    except ModuleNotFoundError as error:
        if line := how_to_install(error):
            sys.exit(f"{PROGRAM}: {line}")
        raise


if __name__ == "__main__":
    sys.exit(main())
