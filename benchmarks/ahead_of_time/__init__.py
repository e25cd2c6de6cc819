"""Compile for an H100 and a TPU v5e, without either, and print what the programs would do.

    python -m benchmarks.ahead_of_time [--device h100 tpu] [--sections samplers training everything]
                                       [--only REGEX] [--purejaxrl PATH]

Sections:
  samplers    draws: ours, those of jax.random, and where JAX has them its approximate ones
  training    updates: of our algorithms, and of other implementations of the same
  everything  whether every function and algorithm compiles, and which take longest

The compilers are packages: `pip install -e ".[ahead-of-time]"`. No accelerator is used: what runs,
runs on the CPU, unless JAX_PLATFORMS names another platform. Rows are named on stderr as they are
compiled, and the tables are printed on stdout. Compile times are those of a machine with nothing
else to do.

The agents need JAX before 0.12, which is the first with approximate samplers. For these, install
`jax[cuda12-local,tpu]` of that version and jaxdist alone, and choose the section `samplers`.
"""
