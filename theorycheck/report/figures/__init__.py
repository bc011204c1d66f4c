"""The data of the figures of a report."""
