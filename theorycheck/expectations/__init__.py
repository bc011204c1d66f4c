"""Population expectations of a mixture, in float64 and in balls."""
