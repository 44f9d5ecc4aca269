"""The HTML report: one file that fetches nothing. Its own script sorts, filters and unpacks the examples; the content
security policy names that script and the styles by their hashes, so that nothing else can run."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tpobench.harness.files import write_whole
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.store.store import Store
from tpobench.reports import sections
from tpobench.reports.content import Content, of_run
from tpobench.reports.decision import SYMBOLS, evidence, shown_as, without_interval
from tpobench.reports.formats import figures
from tpobench.reports.runs import iteration_name
from tpobench.reports.sections.matrices import shade
from tpobench.reports.sections.training import is_low_accuracy

_PAGE = Path(__file__).parent / "page"
_SECTIONS = Path(sections.__file__).parent
"""Each section's markup lies beside its file."""


def write_report(store: Store, run_key: str, path: Path) -> None:
    """Write the report of one run as HTML; the file appears complete or not at all.

    Args:
        store: The store that holds the run.
        run_key: The run's key.
        path: The file to write; the same store gives the same bytes.

    Raises:
        UserError: The store does not hold the run.
    """
    write_whole(path, render(of_run(store, run_key)))


def render(content: Content) -> str:
    """The report as HTML.

    Args:
        content: The report.

    Returns:
        One page that needs no other file. Texts in it are escaped, and its policy lets its own script and style run,
        and nothing else.
    """
    style, *scripts = ((_PAGE / name).read_text(encoding="utf-8") for name in ("style.css", "report.js", "examples.js"))
    script = "\n".join(scripts)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        _environment()
        .get_template("page.html.j2")
        .render(report=content, policy=policy, style=Markup(style), script=Markup(script))
        + "\n"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=True, width=100)


@cache
def _environment() -> Environment:
    """Templates with every value escaped, and unseen characters made visible first."""
    environment = Environment(
        loader=FileSystemLoader([_PAGE, _SECTIONS]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=figures.visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for write_figure in (
        figures.percent,
        figures.decimal,
        figures.count,
        figures.percent_range,
        figures.decimal_range,
        figures.duration,
        figures.words,
        figures.points,
        figures.points_range,
        figures.rank_range,
        figures.rate,
        figures.signed,
    ):
        environment.filters[write_figure.__name__] = write_figure
    environment.globals |= {
        "is_low_accuracy": is_low_accuracy,
        "iteration_name": iteration_name,
        "MIN_CATEGORY": MIN_CATEGORY,
        "SYMBOLS": SYMBOLS,
        "evidence": evidence,
        "shade": shade,
        "shown_as": shown_as,
        "without_interval": without_interval,
        "yaml": _yaml,
    }
    return environment
