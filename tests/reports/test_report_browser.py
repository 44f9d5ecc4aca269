"""The report as people use it: opened from disk in a real browser, clicked through, compared with the store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reports.stores import JudgedContest, contender, finished_run, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models, of_run
from tpobench.reports.formats.html import render


class Opened:
    """A page, with everything that it asked for and everything that went wrong on it."""

    def __init__(self, browser: Any, path: Path, width: int = 1200, scheme: str = "light") -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}"))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#filters:not([hidden])", timeout=20_000)

    def column(self, table: str, number: int) -> list[str]:
        rows = self.page.locator(f'[aria-label="{table}"] tbody tr')
        return [rows.nth(at).locator("th,td").nth(number).inner_text() for at in range(rows.count())]

    def found(self) -> str:
        return str(self.page.inner_text("#count"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with a finished run, and its report beside it."""
    folder = tmp_path_factory.mktemp("finished")
    with Store(folder / "store.duckdb") as store:
        (folder / "report.html").write_text(render(of_run(store, finished_run(store))), encoding="utf-8")
        yield store


@pytest.fixture
def opened(browser: Any, finished: Store) -> Iterator[Opened]:
    path = finished.path.parent / "report.html"
    shown = Opened(browser, path)
    yield shown
    assert shown.requests == [path.as_uri()], "nothing but the file itself is fetched"
    assert shown.faults == []
    shown.page.close()


def test_the_figures_shown_are_those_of_the_store(opened: Opened, finished: Store) -> None:
    query = (
        "SELECT metric.category, round(100 * value, 1) FROM metric "
        "JOIN evaluation ON evaluation = evaluation_key JOIN model ON model_key = candidate "
        "JOIN model b ON b.model_key = baseline "
        "WHERE metric.name = 'win_rate' AND model.name = 'run/thought-1' AND b.name = 'seed'"
    )
    wanted = {category or "all": f"{value:.1f}" for category, value in finished.sql(query)[1]}
    names, rates = opened.column("Win rate by category", 0), opened.column("Win rate by category", 2)
    groups = [name.removesuffix("guarded").strip() for name in names]
    assert dict(zip(groups, (rate.split("%")[0] for rate in rates), strict=True)) == wanted
    assert opened.page.inner_text(".headlines li:first-child .figure") == f"{wanted['all']}%"
    missing = finished.sql("SELECT count(*) FROM judgment WHERE preference IS NULL")[1][0][0]
    assert f"{missing} (" in opened.page.inner_text("#judge ~ dl")


def test_a_click_sorts_a_table_and_another_turns_it(opened: Opened) -> None:
    heading = opened.page.locator('[aria-label="Win rate by category"] thead th').nth(2)
    before = opened.column("Win rate by category", 0)
    heading.locator("button").click()
    falling = [float(cell.split("%")[0]) for cell in opened.column("Win rate by category", 2)]
    assert falling[1:] == sorted(falling[1:], reverse=True)
    assert opened.column("Win rate by category", 0)[0] == "all", "the overall figure stays on top"
    assert heading.get_attribute("aria-sort") == "descending"
    heading.locator("button").press("Enter")
    rising = [float(cell.split("%")[0]) for cell in opened.column("Win rate by category", 2)]
    assert rising[1:] == sorted(rising[1:])
    opened.page.locator('[aria-label="Win rate by category"] thead th').nth(0).locator("button").click()
    assert opened.column("Win rate by category", 0) == before


def test_examples_are_searched_filtered_and_unfolded(opened: Opened, finished: Store) -> None:
    page = opened.page
    assert opened.found() == "90 of 270 examples"
    page.select_option("#evaluation", label="Thought, iteration 1 v seed")
    lost = finished.sql(
        "SELECT count(*) FROM (SELECT prompt_key, avg(preference) AS p, count(preference) AS seen FROM judgment "
        "JOIN (SELECT unnest(judgment_keys) AS judgment_key FROM evaluation JOIN model ON model_key = candidate "
        "JOIN model b ON b.model_key = baseline WHERE model.name = 'run/thought-1' AND b.name = 'seed') "
        "USING (judgment_key) GROUP BY 1) WHERE p < 0.5 AND seen = 2"
    )[1][0][0]
    page.select_option("#outcome", "loss")
    assert opened.found() == f"{lost} of 270 examples"
    page.select_option("#outcome", "none")
    assert opened.found() == "1 of 270 examples"
    page.select_option("#outcome", "")
    page.select_option("#category", "Math and Calculations")
    assert opened.found() == "30 of 270 examples"
    page.select_option("#category", "")
    page.select_option("#length", "shorter")
    assert opened.found() == "0 of 270 examples"
    page.select_option("#length", "longer")
    assert opened.found() == "90 of 270 examples"
    page.fill("#search", "THINKER SAYS 41")
    page.locator("#count", has_text="1 of 270").wait_for()
    page.check("#differences")
    page.locator("details.example summary").first.press("Enter")
    example = page.locator("details.example").first
    assert example.locator(".prompt").inner_text() == "Question number 41?"
    assert "seed says 41" in example.locator(".side").nth(1).inner_text()
    assert "thinker" in example.locator("mark").first.inner_text()
    thought = example.locator("details", has_text="Thought, 15 characters")
    assert not thought.locator(".folded").is_visible()
    thought.locator("summary").click()
    assert thought.locator(".folded").inner_text().strip() == "first I think."
    assert example.locator("summary", has_text="baseline first").count() == 1
    assert example.locator("summary", has_text="candidate first").count() == 1


def test_thousands_of_examples_are_paged(browser: Any, store: Store, tmp_path: Path) -> None:
    asked = prompts(1200)
    sides = [contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(1200)]) for name in ("new", "old")]
    judged(store, *sides, JudgedContest(say=lambda n, order: 0.3 + 0.4 * (n % 2)))
    (tmp_path / "r.html").write_text(render(of_models(store)), encoding="utf-8")
    shown = Opened(browser, tmp_path / "r.html")
    assert shown.page.locator("details.example").count() == 25
    assert shown.page.inner_text("#page") == "page 1 of 48"
    shown.page.click("#later")
    assert shown.page.inner_text("#page") == "page 2 of 48"
    assert shown.faults == []


def test_dark_light_narrow_and_print(opened: Opened) -> None:
    page = opened.page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.click("#theme")
    assert page.evaluate(paper) != light
    assert page.inner_text("#theme") == "Light"
    dot = "getComputedStyle(document.querySelector('figure svg .mark-symbol path')).stroke"
    assert page.evaluate(dot) != "none"
    page.emulate_media(media="print")
    assert page.evaluate(paper) == light, "paper is white, however the screen was set"
    assert not page.is_visible("#filters")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 380


def test_every_control_has_a_name_and_is_reached_by_keyboard(opened: Opened) -> None:
    nameless = opened.page.evaluate(
        "[...document.querySelectorAll('button,select,input')].filter("
        "e => !e.textContent.trim() && !(e.labels && e.labels.length)).map(e => e.outerHTML)"
    )
    assert nameless == []
    for _ in range(4):
        opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.tagName") in ("A", "BUTTON", "DIV")
