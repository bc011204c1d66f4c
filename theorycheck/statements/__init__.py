"""Claims as they are written (domain, point, comparison), and their decision at one case."""
