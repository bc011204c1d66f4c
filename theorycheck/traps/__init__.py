"""Certificates of how long a start is held, and the escape time of the symmetric family."""
