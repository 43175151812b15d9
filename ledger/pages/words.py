"""The texts of the pages by language. `words.csv` has a row for each English text; templates and modules write the
English one."""

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, get_args

from ledger.sdk.tables import rows

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
TAGS: Final[Mapping[Language, str]] = {"en": "en", "zh": "zh-Hans"}
"""The language tags of BCP 47, for `lang` and `hreflang`."""


class PageWords:
    """Translates: `words("as of entry {size}", size=5)`."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, text: str, **values: object) -> str:
        """The text in this language. Raises KeyError for a text that the table lacks, so that a page without its
        translation fails in tests."""
        own = text if self.language == "en" else table()[text]
        return own.format(**values) if values else own

    def known(self, text: str) -> str:
        """The text in this language, or as it is if the table lacks it: for keys that plugins make."""
        return text if self.language == "en" else table().get(text, text)

    def pick(self, texts: Mapping[str, str]) -> str | None:
        """The text of this language among texts by language; else the English one, else any."""
        for language in (self.language, "en", *texts):
            if texts.get(language):
                return texts[language]
        return None


@cache
def table() -> Mapping[str, str]:
    """The Chinese text by the English one."""
    return {row["en"]: row["zh"] for row in rows("ledger.pages", "words.csv")}
