"""The command that tells what is installed and what is missing: doctor."""

import typer

from tpobench.cli.app import app
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.harness.errors import Exit


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, what is missing, and how to get it.

    Example: tpobench doctor
    """
    from tpobench.harness.evaluation.doctor import diagnose

    findings = diagnose()
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            print(f"  {'ok' if finding.ok else 'MISSING':<8} {finding.name:<16} {finding.detail}")
    raise typer.Exit(Exit.DONE if all(finding.ok for finding in findings) else Exit.USAGE)
