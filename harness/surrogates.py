"""Lone surrogates: JSON can carry them, UTF-8 and so the store, files and terminals cannot."""


def without_surrogates(text: str) -> str:
    """The text with U+FFFD in place of each half of a surrogate pair that stands alone.

    >>> without_surrogates("a\\ud800b") == "a\\ufffdb"
    True
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
