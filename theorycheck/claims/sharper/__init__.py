"""The second part of the theory: sharper statements."""
