"""Linear algebra with triangular factors."""
