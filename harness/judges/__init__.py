"""Judges, which prefer one of two responses, and scorers, which give a number to one."""
