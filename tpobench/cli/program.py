"""How the user started this program, for commands that are printed to be copied."""

import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """What to type before the name of a command: the bare name where the shell finds this very program by it, else its
    path as it was typed."""
    typed = sys.argv[0]
    if Path(typed).name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m tpobench.cli"
    if not Path(typed).is_file():
        return "tpobench"
    found = shutil.which(Path(typed).name)
    return Path(typed).name if found and Path(found).samefile(typed) else shlex.quote(typed)
