"""How a claim is written (domain, point, comparison) and how it is decided at one case."""
