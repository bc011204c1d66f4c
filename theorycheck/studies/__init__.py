"""The reference experiment and the benchmark."""
