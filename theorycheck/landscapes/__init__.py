"""All stationary points of the population loss: reach, exclusion, certification."""
