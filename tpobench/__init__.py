"""tpobench: is this checkpoint better, where, by how much, and may it be promoted?"""

__version__ = "0.1.0"
