"""``python -m tpobench.cli``."""

from tpobench.cli import main

main()
