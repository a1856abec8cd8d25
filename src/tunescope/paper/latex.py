"""Tables as LaTeX that compiles with the packages booktabs and longtable."""

from __future__ import annotations

from collections.abc import Sequence

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}",
    "→": r"$\rightarrow$",
    "±": r"$\pm$",
    "−": r"$-$",
    "×": r"$\times$",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
}
_LATIN_1 = 256
"""Characters below are known to pdfLaTeX with T1 fonts."""


def escape(text: str) -> str:
    r"""Write a text so that LaTeX sets it as it stands.

    Characters that pdfLaTeX does not know are written by their code point.

    Examples
    --------
    >>> print(escape("p.`$ & 50 %"))
    p.\textasciigrave{}\$ \& 50 \%
    >>> escape("中")
    'U+4E2D'
    """
    return "".join(_ESCAPES.get(c) or (c if _plain(c) else f"U+{ord(c):04X}") for c in text)


def _plain(character: str) -> bool:
    code = ord(character)
    if code < 128:
        return character.isprintable()
    return 0xA1 <= code < _LATIN_1


def longtable(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    align: str,
    number: int | None = None,
) -> str:
    """Write a table that may go over several pages.

    Parameters
    ----------
    head : headings, as plain text.
    rows : cells, as plain text, as many as headings; a row of no cells is a rule.
    caption : what it shows, as plain text.
    align : LaTeX's column letters, such as ``llrr``.
    number : its number in the paper, with the label ``tab:NUMBER``; without one, the caption
        has no number either.
    """
    opening = [r"\toprule", _row(head), r"\midrule"]
    lines = [
        *numbered("table", number),
        rf"\begin{{longtable}}{{{align}}}",
        (rf"\caption*{{{escape(caption)}}}" if number is None else _caption(caption, number))
        + r"\\",
        *opening,
        r"\endfirsthead",
        *opening,
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *(_row(row) if row else r"\midrule" for row in rows),
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def numbered(counter: str, number: int | None) -> list[str]:
    """Make the next table or figure carry the paper's number."""
    return [] if number is None else [rf"\setcounter{{{counter}}}{{{number - 1}}}"]


def _caption(caption: str, number: int) -> str:
    return rf"\caption{{{escape(caption)}}}\label{{tab:{number}}}"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(escape(cell) for cell in cells) + r" \\"
