"""What is the same for every section of a report."""

from typing import ClassVar, Protocol


class Section(Protocol):
    """A part of a report under a heading. Its template, which lies beside its file, is given it as ``section``.

    Attributes:
        template: The template's file name.
        anchor: Where links to it lead.
        title: What the table of contents calls it.
    """

    template: ClassVar[str]
    anchor: ClassVar[str]
    title: ClassVar[str]
