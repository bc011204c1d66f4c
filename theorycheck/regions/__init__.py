"""Statements proved on regions: branch and bound over boxes, and the replay of its certificates."""
