"""How a value from a file is shown in an error: short, on one line, harmless to a terminal."""

MAX_SHOWN = 60
"""The longest value, in characters, that an error shows in full."""


def printable(text: str) -> str:
    r"""Text with every unprintable character written out: a line feed becomes ``\n``.

    Colours, cursor movements and marks that turn the direction of writing are unprintable too.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str) -> str:
    """Text of at most 60 characters, its unprintable ones written out."""
    if len(text) > MAX_SHOWN:
        text = text[: MAX_SHOWN - 3] + "..."
    return printable(text)


def quoted(text: str) -> str:
    """A value as an error shows it: shortened, printable, between quotes."""
    return f'"{shortened(text)}"'
