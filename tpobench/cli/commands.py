"""All commands. To import this module is to register them with the application."""

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

__all__ = ["app"]
