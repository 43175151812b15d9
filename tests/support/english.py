"""Finds turns of phrase that readers stumble over, in documents and in the words of the code.

    python tests/support/english.py [FOLDER]

lists each hit: file, line, pattern, and the words around it.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_PARTICIPLES: Final = (
    "[A-Z][a-z]+ed|Begun|Bound|Built|Chosen|Done|Drawn|Given|Held|Kept|Known|Left|Lost|Made|Meant|Met|Paid|Put|Read|"
    "Run|Said|Sent|Set|Shown|Sold|Taken|Told|Written"
)
_AFTER: Final = (
    "after|again|as|at|before|by|first|for|from|here|if|in|instead|last|not|on|once|only|so|to|together|too|under|"
    "until|when|where|while|whole|with"
)
PATTERNS: Final = {
    "relative clause with 'what'": re.compile(r"\bwhat\b", re.I),
    "'none' as an answer": re.compile(r"\bnone\b"),
    "'told'": re.compile(r"\btold\b", re.I),
    "'he'": re.compile(r"\b(?:[Hh]e|[Hh]im|[Hh]is|[Ss]he|[Hh]ers?)\b"),
    "'that of'": re.compile(r"\b(?:that|those) of\b", re.I),
    "'all else'": re.compile(r"\ball else\b", re.I),
    "passive without a subject": re.compile(rf"(?:^|(?<=[.;:!?] ))(?:{_PARTICIPLES}) (?:{_AFTER})\b"),
}
_CODE_BLOCK: Final = re.compile(r"```.*?```", re.S)
_CODE: Final = re.compile(r"`[^`]*`")
_PARAGRAPH: Final = re.compile(r"\n\s*\n|\n(?=\s*[-*|#]|\s*\d+\.)")
_AROUND: Final = 40
_FOLDERS: Final = ("ledger", "plugins")
_MADE: Final = frozenset({".git", ".venv", "build", "node_modules"})


class Hit(NamedTuple):
    """`excerpt` has the words around the pattern, code left out."""

    file: str
    line: int
    pattern: str
    excerpt: str


class Passage(NamedTuple):
    """Prose that begins at `line`."""

    line: int
    text: str


def hits_in(passage: Passage, file: str) -> Iterator[Hit]:
    """Each pattern in a passage; names between backticks count as code."""
    text = " ".join(_CODE.sub("`", passage.text).split())
    for name, pattern in PATTERNS.items():
        for match in pattern.finditer(text):
            excerpt = text[max(0, match.start() - _AROUND) : match.end() + _AROUND]
            yield Hit(file, passage.line, name, excerpt)


def document(text: str) -> Iterator[Passage]:
    """Paragraphs, list entries, rows and headings of a Markdown document, without its code blocks."""
    text = _CODE_BLOCK.sub(lambda block: "\n" * block.group().count("\n"), text)
    begin = 0
    for match in [*_PARAGRAPH.finditer(text), None]:
        end = len(text) if match is None else match.start()
        yield Passage(text.count("\n", 0, begin) + 1, text[begin:end])
        begin = end if match is None else match.end()


def words_of_code(source: str) -> Iterator[Passage]:
    """Comments, docstrings and messages of a Python module: strings with a space in them."""
    whole: list[ast.JoinedStr] = []
    parts: set[ast.AST] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            whole.append(node)
            parts.update(node.values)
    for formatted in whole:
        yield Passage(formatted.lineno, "".join(
            str(part.value) if isinstance(part, ast.Constant) else "`" for part in formatted.values
        ).replace("`", "X"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in parts and isinstance(node.value, str) and " " in node.value:
            yield Passage(node.lineno, node.value)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Passage(token.start[0], token.string.lstrip("#: "))


def hits_below(root: Path) -> list[Hit]:
    """All hits in the documents of a repository, and in the code of `ledger` and `plugins`."""
    hits: list[Hit] = []
    for path in sorted(root.rglob("*.md")):
        if _MADE.isdisjoint(path.relative_to(root).parts):
            for passage in document(path.read_text(encoding="utf-8")):
                hits.extend(hits_in(passage, path.relative_to(root).as_posix()))
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if _MADE.isdisjoint(path.relative_to(root).parts):
                for passage in words_of_code(path.read_text(encoding="utf-8")):
                    hits.extend(hits_in(passage, path.relative_to(root).as_posix()))
    return hits


if __name__ == "__main__":
    for hit in hits_below(Path(sys.argv[1] if len(sys.argv) > 1 else ".")):
        sys.stdout.write(f"{hit.file}:{hit.line}: {hit.pattern}: {hit.excerpt}\n")
