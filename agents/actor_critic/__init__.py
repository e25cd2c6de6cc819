"""What actor-critic algorithms share: hyper-parameters, state, collection and optimization."""
