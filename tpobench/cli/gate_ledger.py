"""What the gates of a line have spent, and how `gate POLICY.yaml` and `gate ledger LINE` are one command."""

from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand

from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.harness.errors import StoreLacks, did_you_mean

ledger_app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=False)


@ledger_app.command()
@may_wait
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
    """Takes a policy or, as its first word, a subcommand; options of the subcommand may stand before it."""

    commands: ClassVar = {"ledger": typer.main.get_command(ledger_app)}

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the subcommand that the first word names, else this command's own."""
        args = _as_spelled_now(args)
        place = _first_argument(args, self.commands["ledger"])
        if place is not None and args[place] in self.commands:
            name = args.pop(place)
            return self.commands[name].make_context(f"{info_name} {name}", args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, and below them the subcommands."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(f"{name} LINE", below.get_short_help_str(formatter.width)) for name, below in self.commands.items()]
            )


def _as_spelled_now(args: list[str]) -> list[str]:
    """``[POLICY] --ledger LINE``, as it was spelled before, is ``ledger LINE``; the policy says nothing beside it."""
    for place, word in enumerate(args):
        option, equals, line = word.partition("=")
        if option == "--ledger":
            rest = args[:place] + args[place + (1 if equals else 2) :]
            lines = [line] if equals else args[place + 1 : place + 2]
            policy = _first_argument(rest, GateCommand.commands["ledger"])
            if policy is not None:
                del rest[policy]
            return ["ledger", *rest, *lines]
    return args


def _first_argument(args: list[str], command: Any) -> int | None:
    """Where the first word stands that is neither an option of the command nor its value; None where an option stands
    that the command has not."""
    takes_value = {name: not option.is_flag for option in command.params for name in option.opts if name[:1] == "-"}
    place = 0
    while place < len(args):
        name, equals, _ = args[place].partition("=")
        if not name.startswith("-"):
            return place
        if name not in takes_value:
            return None
        place += 2 if takes_value[name] and not equals else 1
    return None
