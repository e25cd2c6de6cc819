"""How computations are compiled and divided."""
