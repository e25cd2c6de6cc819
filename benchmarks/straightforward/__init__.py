"""Straightforward versions of A2C, SAC and recurrent PPO, to compare ours with.

    taskset -c 0 python -m benchmarks.straightforward sac --env Pendulum-v1 --steps 20000

trains one of them with the hyper-parameters of our config, and prints the returns over time. They
are written as good single-file repositories write them, in plain JAX and optax; each file names its
model.
"""
