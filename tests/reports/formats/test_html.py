"""The HTML report: the same bytes, as people use it in a real browser, and as a surface for untrusted text."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser import Opened
from tests.reports.hostile import payloads
from tests.reports.hostile_store import hostile_store
from tests.reports.stores import CATEGORIES, Judging, answered, finished_run, judged, longer_run, prompts, two_models
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_comparison, of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import markdown


def test_the_same_store_gives_the_same_bytes(store: Store) -> None:
    run = finished_run(store)
    assert render(of_run(store, run)) == render(of_run(store, run))
    assert markdown(of_run(store, run)) == markdown(of_run(store, run))


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
    shown = dict(zip(groups, (rate.split("%")[0] for rate in rates), strict=True))
    invalid = {group for group, rate in shown.items() if rate.startswith("INVALID")}
    assert invalid == {CATEGORIES[7 % 3]}, "one of its thirty prompts has no verdict"
    assert {group: shown[group] for group in shown.keys() - invalid} == {
        group: wanted[group] for group in wanted.keys() - invalid
    }
    assert opened.page.inner_text(".headlines li:first-child .figure") == f"{wanted['all']}%"
    missing = finished.sql("SELECT count(*) FROM judgment WHERE preference IS NULL")[1][0][0]
    assert f"{missing} (" in opened.page.inner_text("#judge ~ dl")


def test_a_click_sorts_a_table_and_another_turns_it(opened: Opened) -> None:
    heading = opened.page.locator('[aria-label="Win rate by category"] thead th').nth(2)
    by_name = sorted(opened.column("Win rate by category", 0)[1:])
    heading.locator("button").click()
    falling = _rates(opened)
    assert falling[1:] == sorted(falling[1:], reverse=True)
    assert opened.column("Win rate by category", 0)[0] == "all", "the overall figure stays on top"
    assert heading.get_attribute("aria-sort") == "descending"
    heading.locator("button").press("Enter")
    rising = _rates(opened)
    assert rising[1:] == sorted(rising[1:])
    opened.page.locator('[aria-label="Win rate by category"] thead th').nth(0).locator("button").click()
    assert opened.column("Win rate by category", 0) == ["all", *by_name]


def _rates(opened: Opened) -> list[float]:
    """The win rates by category that are valid, as they stand."""
    cells = opened.column("Win rate by category", 2)
    return [float(cell.split("%")[0]) for cell in cells if not cell.startswith("INVALID")]


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


def test_two_models_stand_side_by_side_prompt_by_prompt(browser: Any, store: Store, tmp_path: Path) -> None:
    two_models(store)
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    path = tmp_path / "r.html"
    path.write_text(render(content), encoding="utf-8")
    shown = Opened(browser, path)
    page = shown.page
    assert shown.found() == "40 of 40 examples"
    page.select_option("#outcome", label="A won, B lost")
    assert shown.found() == "13 of 40 examples", "the prompts with n % 3 == 1"
    example = page.locator("details.example").first
    example.locator("summary").first.click()
    assert "A won, B lost: 100%, 0%" in example.locator("summary").first.inner_text()
    sides = [example.locator(".side h4 b").nth(at).inner_text() for at in range(2)]
    assert sides == ["A: new", "B: old"]
    assert example.locator("summary", has_text="What both were compared with: base").count() == 1
    link = str(example.locator("a", has_text="Link to this example").get_attribute("href"))
    page.select_option("#outcome", label="B won, A lost")
    assert shown.found() == "0 of 40 examples"
    page.select_option("#evaluation", label="all of them")
    assert shown.found() == "80 of 80 examples", "the pairs are not counted again"
    page.evaluate("link => { location.hash = link; }", link)
    page.wait_for_selector("details.example[open]")
    assert f"#{page.locator('details.example[open]').first.get_attribute('id')}" == link
    assert shown.faults == []
    page.close()


def test_thoughts_are_browsed_before_and_after(browser: Any, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text(render(of_run(store, longer_run(store))), encoding="utf-8")
    shown = Opened(browser, path)
    shown.page.click("text=Browse the answers to all prompts side by side")
    shown.page.wait_for_function("document.querySelector('#count').textContent === '60 of 60 examples'")
    shown.page.check("#unfold")
    shown.page.locator("details.example summary").first.click()
    thoughts = shown.page.locator("details.example .folded")
    assert [thoughts.nth(at).inner_text().strip() for at in range(2)] == ["one thinks.", "two thinks."]
    assert thoughts.nth(0).is_visible()
    shown.page.close()


def test_thousands_of_examples_are_paged(browser: Any, store: Store, tmp_path: Path) -> None:
    asked = prompts(1200)
    sides = [answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(1200)]) for name in ("new", "old")]
    judged(store, *sides, Judging(say=lambda n, order: 0.3 + 0.4 * (n % 2)))
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


class Elements(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)


def assert_harmless(browser: Any, path: Path, page_text: str, most: int) -> None:
    """Open the page and unfold every example of the first evaluation's first pages."""
    path.write_text(page_text, encoding="utf-8")
    shown = Opened(browser, path, width=380)
    page = shown.page
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    page.select_option("#order", "asked")  # one evaluation, in its own order: every text in every place
    pages = int(page.inner_text("#page").split()[-1])
    for number in range(min(pages, most)):
        page.evaluate("document.querySelectorAll('details.example').forEach(d => { d.open = true; })")
        page.wait_for_timeout(50)  # the examples are drawn when the browser says that they are open
        page.evaluate("document.querySelectorAll('.body details').forEach(d => { d.open = true; })")
        if number < pages - 1:
            page.evaluate("document.querySelector('#later').click()")
    page.mouse.move(100, 300)
    assert page.evaluate("window.pwned") is None, "nothing of it runs"
    assert shown.requests == [path.as_uri()], "nothing is fetched"
    assert shown.faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 380, "the layout stands"
    allowed = "document.querySelectorAll('iframe,object,embed,base,form:not(#filters),img,video,audio,link').length"
    assert page.evaluate(allowed) == 0
    assert page.is_visible("#provenance")
    page.close()


def test_two_hundred_hostile_texts_do_nothing(browser: Any, store: Store, tmp_path: Path) -> None:
    assert len(set(payloads())) >= 200
    hostile_store(store)
    assert_harmless(browser, tmp_path / "models.html", render(of_models(store)), 99)
    names = [row[0] for row in store.sql("SELECT model_key FROM model ORDER BY name")[1]]
    shown = of_comparison(
        store, model_named(store, names[0]), model_named(store, names[1]), ("<script>a</script>", "b")
    )
    assert_harmless(browser, tmp_path / "comparison.html", render(shown), 2)


def test_no_hostile_text_becomes_an_element(store: Store, tmp_path: Path) -> None:
    hostile_store(store)
    run = finished_run(store)
    for content in (of_models(store), of_run(store, run)):
        text = render(content)
        found = Elements(text)
        assert found.tags.count("script") == 2, "the page's own script and the packed examples"
        assert not {name for name in found.attributes if name.startswith("on") or name in ("src", "srcset", "style")}
        assert not {"iframe", "object", "embed", "base", "img", "link"} & set(found.tags)
        links = set(re.findall(r'(?<!xml)href="([^"]*)"', text))
        assert all(link.startswith("#") for link in links)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]", text)


def test_the_policy_names_the_page_s_own_script_and_styles_alone(store: Store) -> None:
    text = render(of_run(store, finished_run(store)))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; script-src 'sha256-[\w+/=]+'; base-uri 'none'; "
        r"form-action 'none'",
        policy[1].replace("&#39;", "'"),
    )


def test_one_figure_has_one_interval_on_a_page(store: Store) -> None:
    """The gate's own interval of the head-to-head, over 20 of 90 prompts, is 45.8 to 75.1%."""
    run = finished_run(store)
    thought, direct = model_named(store, "run/thought-1"), model_named(store, "run/direct-1")
    contents = [of_run(store, run), of_models(store), of_comparison(store, thought, direct, ("t", "d"))]
    for content in contents:
        assert "head_to_head" in {rule["rule"] for rule in content.verdict.rules}
        for text in (render(content), markdown(content)):
            assert "above the floor of 45.0%" in text.replace("&#37;", "%")
            assert "45.8 to 75.1" not in text


def test_every_column_has_its_heading(store: Store) -> None:
    for content in (of_run(store, longer_run(store)), of_models(store)):
        page = render(content)
        headings = re.findall(r"<th\b[^>]*>", "".join(re.findall(r"<thead>.*?</thead>", page, re.DOTALL)))
        assert len(headings) > 10
        assert all('scope="col"' in heading for heading in headings)
