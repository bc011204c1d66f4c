"""Gradient EM, EM and gradient flow, from one start or from many."""
