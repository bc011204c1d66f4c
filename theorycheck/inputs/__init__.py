"""The input of a user, kept exact: numbers, mixtures, cases and their JSON."""
