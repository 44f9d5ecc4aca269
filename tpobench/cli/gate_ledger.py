"""What the gates of a line have spent, and how `gate POLICY.yaml` and `gate ledger LINE` are one command."""

from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand

from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption
from tpobench.harness.errors import StoreLacks, did_you_mean

ledger_app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=False)


@ledger_app.command()
def ledger(
    line: Annotated[str, typer.Argument(help="The line that its policies name under 'line'.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Show what a line of gates has spent of its error budget.

    Example: tpobench gate ledger assistant --store results.duckdb
    """
    from tpobench.harness.store import gates
    from tpobench.harness.store.store import Store

    with Store(store, read_only=True) as opened:
        rows = gates.ledger(opened, line)
        lines = gates.known_lines(opened)
    if not rows:
        raise StoreLacks(store, f"{store} has no gate of a line {line!r}; {did_you_mean(line, lines)}")
    if as_json:
        print_json([vars(row) for row in rows])
        return
    from tpobench.reports.formats.terminal.console import show
    from tpobench.reports.formats.terminal.gate import ledger_table

    show(ledger_table(line, rows))


class GateCommand(TyperCommand):
    """Takes a policy or, as its first word, a subcommand."""

    commands: ClassVar = {"ledger": typer.main.get_command(ledger_app)}

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the subcommand that the first word names, else this command's own."""
        if any(word.partition("=")[0] == "--ledger" for word in args):  # how it was spelled before
            args = ["ledger", *(word.removeprefix("--ledger=") for word in args if word != "--ledger")]
        if args and args[0] in self.commands:
            below = self.commands[args[0]]
            return below.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, and below them the subcommands."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(f"{name} LINE", below.get_short_help_str(formatter.width)) for name, below in self.commands.items()]
            )
