"""Population expectations over boxes of means and weights, and their slopes."""
