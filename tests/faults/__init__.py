"""Faults on purpose: the matrix of what may break, on real servers."""
