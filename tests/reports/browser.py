"""A report that is opened in a real browser."""

from pathlib import Path
from typing import Any


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
