"""The command `tpobench`: thin, and quick to start. Whatever is heavy is imported by the command that needs it."""

import os
import sys

from tpobench.cli import (  # noqa: F401  each registers its commands
    categorise,
    champion,
    chat,
    compare,
    doctor,
    eval,
    export,
    gate,
    import_,
    judge,
    leaderboard,
    plan,
    quickstart,
    report,
    sample,
    sql,
    status,
    train,
)
from tpobench.cli.app import app
from tpobench.cli.errors import sentence_of
from tpobench.harness.errors import Exit

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; errors become one sentence, Ctrl-C exits with 130."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as stop:
        if stop.code == Exit.INTERRUPTED:  # how typer ends on Ctrl-C
            _interrupted()
        raise
    except Exception as error:
        if debug:
            raise
        # Exit code 1 is a gate's FAIL: nothing that goes wrong may look like one.
        print(f"tpobench: {sentence_of(error)}", file=sys.stderr)
        sys.exit(Exit.USAGE)


def _interrupted() -> None:
    """Say so and end at once, without waiting for a sampler's thread; the store is closed by now."""
    print("tpobench: interrupted; run the same command to continue where it stopped", file=sys.stderr, flush=True)
    os._exit(Exit.INTERRUPTED)
