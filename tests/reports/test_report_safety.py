"""The report as a surface for untrusted text: in a real browser nothing of it runs, and nothing is fetched."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.reports.hostile import payloads
from tests.reports.stores import finished_run
from tests.reports.test_report_browser import Opened
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Judgment, Model, Output, Prompt, content_key, judgment_key, text_key
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_comparison, of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import markdown


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


def hostile_store(store: Store) -> None:
    """Every payload as a prompt, a thought, a response, a judge's text and a category; some as names of models."""
    texts = [text.replace("\x00", "\ufffd") for text in payloads()]  # a DuckDB text holds no NUL

    def at(number: int) -> str:
        return texts[number % len(texts)]

    asked = [Prompt(f"{number} {at(number)}", at(number + 1)[:5000], "test") for number in range(len(texts))]
    store.add_prompts(asked)

    def answering(name: str, shift: int) -> ModelOutputs:
        model = Model(name, name, content_key("hostile", shift))
        store.add_model(model, "given")
        outputs = [
            Output(
                key=content_key("hostile", shift, n),
                model=model.fingerprint,
                mode="direct",
                prompt=prompt,
                sample=0,
                params=None,
                raw_text=at(n + shift),
                thought=at(n + shift + 1),
                response=at(n + shift + 2),
                parse_error="no_marker" if n % 9 == 0 else None,
                finish_reason=at(n)[:20],
                prompt_ids=(),
                token_ids=(),
            )
            for n, prompt in enumerate(asked)
        ]
        store.add_outputs(outputs)
        return ModelOutputs(model, DIRECT, outputs, outputs)

    baseline = answering(f"baseline {texts[0]}", 3)
    for number in (1, 2, 3):
        ours = answering(f"{texts[number * 7]} {number}", number * 10)
        entries, judgments = [], []
        for n, (mine, other) in enumerate(zip(ours.outputs, baseline.outputs, strict=True)):
            key = judgment_key("hostile", mine.prompt.key, str(number), str(n))
            judgments.append(
                Judgment(
                    key=key,
                    judge=f"judge {texts[5]}",
                    prompt_key=mine.prompt.key,
                    response_a=text_key(mine.response),
                    response_b=text_key(other.response),
                    chars_a=len(mine.response),
                    chars_b=len(other.response),
                    order="AB",
                    verdict="a",
                    preference=None if n % 50 == 0 else (n % 11) / 10,
                    raw=at(n + 4),
                )
            )
            entries.append(JudgedPair(mine.prompt, key, mine.key, other.key))
        store.add_judgments(judgments)
        about = {"judge_label": texts[6], "rows": 999, "not_comparable": [texts[8]], "baseline": texts[9]}
        benchmark = Benchmark(name=f"bench {texts[10]}", prompts=asked)
        record = EvaluationRecord(
            benchmark=benchmark,
            judge=f"judge {texts[5]}",
            candidate=ours.model,
            baseline=baseline.model,
            candidate_mode="direct",
            baseline_mode="direct",
            about=about,
        )
        store_evaluation(store, record, entries)


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


def test_markdown_holds_no_markup_of_foreigners(store: Store) -> None:
    hostile_store(store)
    text = markdown(of_models(store))
    assert not re.search(r"<(?!wbr>|/?code>)", text)
    assert not re.search(r"!\[|\]\(", text)
    assert all(line.count("|") == header.count("|") for header, line in _table_lines(text))


def _table_lines(text: str) -> list[tuple[str, str]]:
    """Every row of every table with the header above it."""
    found, header = [], ""
    for line in text.splitlines():
        if not line.startswith("|"):
            header = ""
        elif not header:
            header = line
        else:
            found.append((header, line))
    return found
