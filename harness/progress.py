"""What a command tells the person who waits: progress with rate and time left, and a line as each phase ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.segment import Segment

from tpobench.harness.escaping import spelled_out


class CleanConsole(Console):
    """A console on standard output that shows hostile text as it is: nothing in it is markup, and a control character
    reaches the terminal as ``⟨U+001B⟩``."""

    def __init__(self, *, quiet: bool = False, width: int | None = None, file: IO[str] | None = None) -> None:
        super().__init__(quiet=quiet, width=width, file=file, highlight=False, markup=False, emoji=False)

    @property
    def file(self) -> IO[str]:
        """Where it writes: past the filter of standard output, which would spell out the console's own colours."""
        file: IO[str] = super().file
        return getattr(file, "rendered", file)

    @file.setter
    def file(self, file: IO[str]) -> None:
        self._file = file

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of whatever is shown, each cleaned."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else spelled_out(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)


@dataclass
class SamplingProgress:
    """Counts outputs and tokens of one phase."""

    progress: RichProgress
    task: TaskID
    tokens: int = 0
    started: float = field(default_factory=monotonic)

    def advance(self, outputs: int, tokens: int, activity: str = "") -> None:
        """Count what came, or only show that the work goes on; `activity` is a server's, whose tokens are not seen."""
        self.tokens += tokens
        rate = self.tokens / max(monotonic() - self.started, 1e-6)
        self.progress.update(self.task, advance=outputs, note=activity or f"{rate:,.0f} tokens/s")


_bars: list[RichProgress] = []
"""Those of the phases that run, the innermost last."""


def current_phase() -> str:
    """What runs and how far it is: ``smollm2-135m: 12 of 60, 340 tokens/s``; empty where no phase runs."""
    task = next((task for bar in reversed(_bars[-1:]) for task in bar.tasks), None)
    if task is None:
        return ""
    done = "" if task.total is None else f"{task.completed:,.0f} of {task.total:,.0f}"
    note = str(task.fields.get("note", ""))
    return spelled_out(f"{task.description}: {', '.join(filter(None, [done, note]))}")


class Progress:
    """Writes to the terminal. `quiet` leaves standard output to the result (``--json``)."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = CleanConsole(quiet=quiet)

    def say(self, line: str) -> None:
        self.console.print(line, soft_wrap=True)

    @contextmanager
    def sampling(self, title: str, total: int) -> Iterator[SamplingProgress]:
        with self._bar() as progress:
            yield SamplingProgress(progress, progress.add_task(title, total=total, note="loading the model"))

    @contextmanager
    def calling(self, title: str, total: int) -> "Iterator[CallProgress]":
        with self._bar() as progress:
            yield CallProgress(progress, progress.add_task(title, total=total, note="waiting for answers"))

    @contextmanager
    def scoring(self, title: str, total: int) -> "Iterator[Callable[[int], None]]":
        """Counts the responses that a pointwise judge has scored."""
        with self._bar() as progress:
            task = progress.add_task(title, total=total, note="loading the judge")
            started, scored = monotonic(), 0

            def advance(responses: int) -> None:
                nonlocal scored
                scored += responses
                rate = scored / max(monotonic() - started, 1e-6)
                progress.update(task, advance=responses, note=f"{rate:,.1f} responses/s")

            yield advance

    @contextmanager
    def importing(self, title: str) -> "Iterator[Callable[[str], None]]":
        """Names each model as it has come in."""
        with self._bar() as progress:
            task = progress.add_task(title, total=None, note="reading files")
            yield lambda model: progress.update(task, advance=1, note=model)

    @contextmanager
    def training(self, title: str) -> "Iterator[TrainingProgress]":
        with self._bar() as progress:
            yield TrainingProgress(progress, progress.add_task(title, total=None, note="loading the model"))

    @contextmanager
    def working(self, title: str, note: str) -> "Iterator[Callable[[str], None]]":
        """A phase that counts nothing; what is given says what it does now."""
        with self._bar() as progress:
            task = progress.add_task(title, total=None, note=note)
            yield lambda said: progress.update(task, note=said)

    @contextmanager
    def _bar(self) -> Iterator[RichProgress]:
        bar = self._new_bar()
        _bars.append(bar)
        try:
            with bar:
                yield bar
        finally:
            _bars.remove(bar)

    def _new_bar(self) -> RichProgress:
        return RichProgress(
            TextColumn("  {task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )


@dataclass
class CallProgress:
    """Counts answered API calls of one phase, with what they cost so far."""

    progress: RichProgress
    task: TaskID

    def advance(self, calls: int, usd: float, retries: int, activity: str) -> None:
        """Count what came, or only show that the client goes on, and with what."""
        note = activity
        if usd:
            note += f", ${usd:,.2f}"
        if retries:
            note += f", {retries} retries"
        self.progress.update(self.task, advance=calls, note=note)


@dataclass
class TrainingProgress:
    """Shows the optimizer steps of one training job."""

    progress: RichProgress
    task: TaskID

    def __call__(self, step: int, of: int, loss: float) -> None:
        self.progress.update(self.task, completed=step, total=of, note=f"loss {loss:.3f}")
