"""Accuracy in float32 of jaxdist and of other libraries, on the same inputs."""
