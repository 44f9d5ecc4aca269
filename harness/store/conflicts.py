"""What becomes of a row whose key is in its table already."""

from collections.abc import Sequence


def conflict_clause(table: str, columns: Sequence[str]) -> str:
    """What an insert into the table says after ``ON CONFLICT``.

    A judgment without a verdict gives way to a later one, the figures of an evaluation are computed again, how it
    was asked for is as it was last, and a decision that is made again counts as new. All else stays as it is.
    """
    renewed = f"DO UPDATE SET {', '.join(f'{column} = excluded.{column}' for column in columns[1:])}"
    return {
        "judgment": f"{renewed} WHERE judgment.preference IS NULL",
        "metric": renewed,
        "request": renewed,
        "gate_decision": "DO UPDATE SET decided_at = get_current_timestamp()",
    }.get(table, "DO NOTHING")
