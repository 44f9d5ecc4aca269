"""Lone surrogates: JSON can carry them, UTF-8 and so the store, files and terminals cannot."""


def without_surrogates(text: str) -> str:
    """The text with a question mark in place of each lone surrogate.

    >>> without_surrogates("a\\ud800b")
    'a?b'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
