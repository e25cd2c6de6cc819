"""Training runs: their folder, the outer loop, checkpoints, metrics and evaluation."""
