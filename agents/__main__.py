"""`python -m agents`: see `agents.command_line.main`."""

import os
import sys
from pathlib import Path

import jax

from agents.execution.devices import use_all_cores

# Both must be set before gymnax is imported, which starts JAX's backend.
use_all_cores()
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    jax.config.update("jax_compilation_cache_dir", str(caches / "jaxdist-agents"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

from agents.command_line.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
