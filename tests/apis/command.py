"""The command line in a process of its own: ``python -m tests.apis.command eval ...``."""

from tpobench.cli import main

if __name__ == "__main__":
    main()
