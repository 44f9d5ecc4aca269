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
        if not _ended_by_typer(stop):
            # A package or scorer that calls sys.exit must not end a gate with the exit code of a decision.
            print("tpobench: code of another package ended the command (sys.exit); nothing is decided", file=sys.stderr)
            sys.exit(Exit.USAGE)
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


def _ended_by_typer(stop: SystemExit) -> bool:
    """Whether the command line's own library ended the program, and nobody below it."""
    trace = stop.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(("typer", "click"))
