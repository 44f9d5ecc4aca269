"""An answer on the terminal: word by word while it is written, or whole."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tpobench.harness.records import Split


class ChatOutput:
    """Prints an answer once: what is shown of it while it is written, and then the rest.

    Only what stays is shown. Where an output has to be written anew, since a server broke off or the format is wrong
    after all, a line says so and the answer begins again.
    """

    def __init__(self, show_thoughts: bool, before: Callable[[], object]) -> None:
        """`before` is called before the first words: it clears the terminal of progress."""
        self._show_thoughts = show_thoughts
        self._before = before
        self._printed = ""

    def show(self, split: "Split") -> None:
        """More of the answer has been written."""
        self._print(self._text(split))

    def finish(self, split: "Split") -> None:
        """The answer is whole."""
        text = self._text(split)
        if split.error and not text:
            self.leave()
            return
        self._print(text)
        if len(self._printed) > len(text):  # an answer that was begun again, and is shorter this time
            self._begin_again(text)
        self._write("\n")
        self._printed = ""

    def leave(self) -> None:
        """End the line, where the answer broke off on it."""
        if self._printed:
            self._write("\n")
        self._printed = ""

    def _text(self, split: "Split") -> str:
        thought = f"(thought) {split.thought}" if self._show_thoughts and split.thought else ""
        if split.error:
            return thought
        return f"{thought}\n\n{split.response}" if thought else split.response

    def _print(self, text: str) -> None:
        if text.startswith(self._printed):
            more = text[len(self._printed) :]
            self._printed = text  # before it is written: Ctrl-C may come in between
            self._write(more)
        elif not self._printed.startswith(text):
            self._begin_again(text)

    def _begin_again(self, text: str) -> None:
        self._write("\n")
        print("tpobench: the text above is void; the answer begins again:", file=sys.stderr, flush=True)
        self._write(text)
        self._printed = text

    def _write(self, text: str) -> None:
        if text:
            self._before()
            print(text, end="", flush=True)
