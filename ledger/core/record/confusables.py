"""Names that look alike: the skeleton of a name is the same for all that a reader could take for it, after the idea of
Unicode's UTS 39, section 4.

The table is small and ours: letters of other scripts that look like Latin ones, digits that look like letters, dashes,
and a few pairs of CJK characters. It serves a hint to readers, never a decision: nothing is refused by it, nor stored,
so it may grow.
"""

import re
import unicodedata
from typing import Final

# By capital, where the capital is what looks alike and the small letter is not.
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
    """The same for names that look alike: without case, marks and what nobody sees, each character as the Latin letter
    that it looks like. An identifier counts as it reads: escapes and names of hosts decoded, `http` as `https`."""
    read = "".join([character for character in _read(name) if unicodedata.category(character) not in _UNSEEN])
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", read).translate(_CAPITALS).casefold())
    text = _MARKS.sub("", text).translate(_LOOKALIKES).translate(_PAIRS)
    text = text.replace("rn", "m").replace("vv", "w").removeprefix("https://").removeprefix("http://")
    return _SPACE.sub("-", text).strip("-:/#=?")


def oddities(name: str) -> list[str]:
    """What of a name a reader would not see, or not expect: in words, none for an ordinary name."""
    read = _read(name)
    found = []
    if any(character in _DIRECTIONS for character in read):
        found.append("direction characters")
    if any(unicodedata.category(character) in _UNSEEN and character not in _DIRECTIONS for character in read):
        found.append("invisible characters")
    for word in _WORD.findall(read):
        scripts = [script for script, letter in _SCRIPTS if letter.search(word)]
        if len(scripts) > 1:
            found.append(f"{' and '.join(scripts)} in one word")
            break
    return found


def _read(name: str) -> str:
    """As a reader would be shown it."""
    text = _ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode(errors="replace"), name)
    return _IDN.sub(_host, text)


def _host(label: re.Match[str]) -> str:
    try:
        return label[0].removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label[0]
