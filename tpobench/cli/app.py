"""The application that the commands register with, and the order in which its help lists them."""

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tpobench.cli.options.store import with_seconds_to_wait
from tpobench.harness.errors import UserError

HELP_ORDER = {
    "Start": ("quickstart", "doctor", "chat"),
    "Measure": ("eval", "plan", "leaderboard", "compare", "import", "export", "sample", "judge", "categorise"),
    "Decide": ("gate", "champion"),
    "Train": ("train", "status"),
    "Look": ("report", "sql"),
}
"""The commands in the order in which a newcomer needs them."""


class CommandsInOrder(TyperGroup):
    """Lists the commands in `HELP_ORDER`, under its headings, and keeps examples on one line to copy."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for command in self.commands.values():
            _keep_examples_whole(command)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of what was typed; `--wait` may stand alone.

        Raises:
            UserError: An argument is not UTF-8, which no store can hold, or the current folder is gone.
        """
        _require_folder()
        _require_text(args)
        return super().make_context(info_name, with_seconds_to_wait(args), parent, **extra)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands in `HELP_ORDER`."""
        return [name for names in HELP_ORDER.values() for name in names]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each heading, with summaries that begin in the same column."""
        column = max(map(len, self.commands))
        for heading, names in HELP_ORDER.items():
            with formatter.section(heading):
                summaries = (self.commands[name].get_short_help_str(formatter.width - column - 6) for name in names)
                formatter.write_dl(
                    [(f"{name:<{column}}", summary) for name, summary in zip(names, summaries, strict=True)]
                )


def _require_folder() -> None:
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UserError("the current folder does not exist any more; change to another one, then try again") from None


def _require_text(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.replace("\0", "\ud800").encode()
        except UnicodeEncodeError:
            shown = word.encode(errors="replace").decode()
            raise UserError(f"the argument {shown!r} is not text in UTF-8; rename the file, or type it anew") from None


def _keep_examples_whole(command: Any) -> None:
    """Lines after a ``\\b`` are not wrapped."""
    if command.help:
        command.help = command.help.replace("Example: ", "\b\nExample: ")
    for below in getattr(command, "commands", {}).values():
        _keep_examples_whole(below)


app = typer.Typer(
    name="tpobench",
    cls=CommandsInOrder,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start with: tpobench quickstart. Any command with --debug shows where in the code an error happened.",
)


def _print_version(given: bool) -> None:
    if given:
        from tpobench import __version__

        print(f"tpobench {__version__}")
        raise typer.Exit


@app.callback()
def tpobench(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Is this checkpoint better, where, by how much, and may it be promoted?"""


def quiet_libraries() -> None:
    """Keep the model libraries' own progress bars and advice off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
