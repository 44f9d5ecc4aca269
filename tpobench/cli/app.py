"""The application that the commands register with."""

import os

import typer

app = typer.Typer(
    name="tpobench",
    help="Is this checkpoint better, where, by how much, and may it be promoted?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start with: tpobench quickstart",
)


def quiet_libraries() -> None:
    """Keep the model libraries' own progress bars and advice off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
