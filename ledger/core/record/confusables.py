"""Names that look alike: names that a reader could confuse have the same skeleton, after the idea of Unicode's UTS 39,
section 4.

The table is small and our own: letters of other scripts that look like Latin ones, digits that look like letters,
dashes, and a few pairs of CJK characters. It serves hints to readers, never decisions: the ledger neither refuses
anything by it nor stores skeletons, so the table may grow.
"""

import re
import unicodedata
from typing import Final

# Capitals that look like a Latin one while their small letter does not.
_CAPITALS: Final = str.maketrans("ΗΝΥΡΧΜΚΤΒΖΕΙΟΑНВ", "hnypxmktbzeloahb")
_LOOKALIKES: Final = str.maketrans(
    # Digits and strokes; Latin beyond ASCII; Greek; Cyrillic; Armenian; dashes, dots and quotes.
    "01i|ıɩ" "ɑɡɪʏøłđħŧ" "αβγεικνορστυχω" "авгԁеѕзіјкӏмнопрсѵтуүһхцьԛԝё" "աոսօհցզյք" "‐‑‒–—―−_·•․‧´`’‘ʼ＇",
    "olllll" "aglyoldht" "abyelkvopotuxw" "abrdeszljklmhonpcvtyyhxubqwe" "wnuohgqjp" "--------....''''''",
)
_PAIRS: Final = str.maketrans("ロ囗カタニハトエノー土末曰已巳亻犮", "口口力夕二八卜工丿一士未日己己人友")
_MARKS: Final = re.compile("[\u0300-\u036f]")
_ESCAPES: Final = re.compile("(?:%[0-9A-F]{2})+")
_IDN: Final = re.compile(r"(?<![a-z0-9-])xn--[a-z0-9-]+")
_SPACE: Final = re.compile(r"[\s.-]+")
_SCRIPTS: Final = (
    ("Latin", re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]")), ("Greek", re.compile("[\u0370-\u03ff]")),
    ("Cyrillic", re.compile("[\u0400-\u052f]")), ("Armenian", re.compile("[\u0531-\u058f]")),
    ("Cherokee", re.compile("[\u13a0-\u13ff\uab70-\uabbf]")),
)
_WORD: Final = re.compile(r"\w+")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def skeleton(name: str) -> str:
    """A text that is the same for names that look alike: without case, marks and invisible characters, each character
    as the Latin letter that it looks like. Identifiers are decoded first: escapes and host names, `http` as `https`."""
    seen = "".join([character for character in _decoded(name) if unicodedata.category(character) not in _UNSEEN])
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", seen).translate(_CAPITALS).casefold())
    text = _MARKS.sub("", text).translate(_LOOKALIKES).translate(_PAIRS)
    text = text.replace("rn", "m").replace("vv", "w").removeprefix("https://").removeprefix("http://")
    return _SPACE.sub("-", text).strip("-:/#=?")


def oddities(name: str) -> list[str]:
    """Features of a name that a reader would not see or not expect, in words; an empty list for an ordinary name."""
    text = _decoded(name)
    features = []
    if any(character in _DIRECTIONS for character in text):
        features.append("direction characters")
    if any(unicodedata.category(character) in _UNSEEN and character not in _DIRECTIONS for character in text):
        features.append("invisible characters")
    for word in _WORD.findall(text):
        scripts = [script for script, letter in _SCRIPTS if letter.search(word)]
        if len(scripts) > 1:
            features.append(f"{' and '.join(scripts)} in one word")
            break
    return features


def _decoded(name: str) -> str:
    """The name as a reader would see it, with escapes and host names decoded."""
    text = _ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode(errors="replace"), name)
    return _IDN.sub(_host, text)


def _host(label: re.Match[str]) -> str:
    try:
        return label[0].removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label[0]
