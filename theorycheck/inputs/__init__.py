"""What a user gives, kept exact: numbers, mixtures, cases and their JSON."""
