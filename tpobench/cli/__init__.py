"""The command `tpobench`: thin, and quick to start. Whatever is heavy is imported by the command that needs it."""

import os
import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

__all__ = ["main"]

DONE, USAGE, INTERRUPTED = 0, 2, 130
"""As in `tpobench.harness.errors`, which may be what cannot be imported."""


def main() -> None:
    """Run the command line. Errors become one sentence and exit code 2, Ctrl-C exits with 130; code 1 is a gate's FAIL
    and nothing else."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        code = _run()
    except KeyboardInterrupt:
        _interrupted()
    except BaseException as error:  # libraries written in Rust raise their panics beside Exception
        code = _failed(error, debug)
    sys.exit(code)


def _run() -> int:
    """Run the command that was typed; returns its exit code."""
    from tpobench.cli import streams

    streams.guard()
    from tpobench.harness.home import provide_home

    provide_home()
    from tpobench.cli import signs_of_life

    with signs_of_life.told():
        from tpobench.cli.commands import app

        code = _code_of(app)
    problem = streams.lost_output()
    if problem is not None and code == DONE:
        print(f"tpobench: the output could not be written: {problem}; write it somewhere else", file=sys.stderr)
        return USAGE
    return code


def _code_of(app: "typer.Typer") -> int:
    """The exit code of the command that was typed: that of a decision only where the command itself ended so."""
    import typer

    try:
        code = app(standalone_mode=False)
    except typer.Abort:  # a question found no answer
        print("tpobench: standard input ended before the question was answered", file=sys.stderr)
        return USAGE
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        error.show()  # wrong options, with how the command is used
        return USAGE
    if code == INTERRUPTED:  # how typer ends on Ctrl-C
        _interrupted()
    return code if isinstance(code, int) else DONE


def _failed(error: BaseException, debug: bool) -> int:
    """Say what went wrong; returns the exit code."""
    if isinstance(error, SystemExit):
        if error.code in (None, DONE) and _raised_by_typer(error):  # the completion for a shell
            return DONE
        # A package or scorer that calls sys.exit must not end a gate with the exit code of a decision.
        sentence = "code of another package ended the command (sys.exit); nothing is decided"
    else:
        sentence = _sentence_of(error)
    if debug:
        traceback.print_exception(error)
    print(f"tpobench: {' '.join(sentence.split())}", file=sys.stderr)
    return USAGE


def _sentence_of(error: BaseException) -> str:
    try:
        from tpobench.cli.errors import sentence_of

        return sentence_of(error)
    except Exception:  # the installation is so broken that its own errors cannot be imported
        return f"this installation cannot run ({type(error).__name__}: {error}); install tpobench again"


def _interrupted() -> None:
    """Say so and end at once, without waiting for a sampler's thread; the store is closed by now."""
    print("tpobench: interrupted; run the same command to continue where it stopped", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)


def _raised_by_typer(stop: SystemExit) -> bool:
    """Whether the command line's own library ended the program, and nobody below it."""
    trace = stop.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(("typer", "click"))
