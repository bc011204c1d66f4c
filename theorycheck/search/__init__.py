"""The case at which a claim is closest to failing: generate, screen, attack, shrink."""
