"""Policy gradients on `jaxdist`: an algorithm a file, a training run one XLA program."""
