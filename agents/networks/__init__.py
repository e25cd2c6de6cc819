"""Networks: layers, their initialization, actors and critics."""
