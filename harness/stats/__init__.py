"""Intervals, tests and simulations. Pure functions, without I/O and global state."""
