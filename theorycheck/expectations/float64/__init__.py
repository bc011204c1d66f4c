"""The float64 sums, chosen by how far the means are from the optimum."""
