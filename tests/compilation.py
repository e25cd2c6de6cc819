"""XLA's flags in the tests, nearly all of whose time goes into compiling."""

import jaxlib.version

# LLVM does less. XLA's own passes, which are what goes wrong, stay as they are.
QUICK = (
    "--xla_backend_optimization_level=0"
    # One module for LLVM. To divide it is for compiling on several cores, which workers fill.
    " --xla_cpu_parallel_codegen_split_count=1"
    # On busy cores, devices may wait long for each other.
    " --xla_cpu_collective_call_terminate_timeout_seconds=3600"
)
# XLA's older emitters write the fused loops in half the time; but programs for other numbers of
# seeds, steps or devices may round differently, and NaNs change their bits: tests of that have the
# mark `bits`. jaxlib 0.12 has no older emitters, and XLA ends the process at an unknown flag.
OLDER_EMITTERS = "--xla_cpu_use_fusion_emitters=false"
QUICKEST = f"{QUICK} {OLDER_EMITTERS}" if jaxlib.version.__version_info__ < (0, 11) else QUICK
