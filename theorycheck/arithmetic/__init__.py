"""Float64 and balls: lifting exact numbers, precision scopes, rounding, and the work budget."""
