"""Which character set a page is in: header, page, or guess."""

from __future__ import annotations

import pytest

from unsloth_studio.tools.pages.charset import decode

GERMAN = "Größe und Maß für Bücher, die schöne Wörter häufig führen"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. Это проверка кодировки страницы."
JAPANESE = "これは文字コードの検査のための日本語の文章です。ページの文字コードを判定します。"
CASES = {
    "UTF-8 with a header": (GERMAN, "utf-8", "utf-8"),
    "UTF-8 that is called Latin 1": (GERMAN, "utf-8", "iso-8859-1"),
    "UTF-8 that is called nothing": (GERMAN, "utf-8", None),
    "Latin 1 with a header": (GERMAN, "latin-1", "ISO-8859-1"),
    "Latin 1 that is called UTF-8": (GERMAN, "latin-1", "utf-8"),
    "Windows quotes that are called Latin 1": ("“quoted” – 5 €", "cp1252", "iso-8859-1"),  # noqa: RUF001
    "a quoted label": (RUSSIAN, "koi8-r", '"koi8-r"'),
    "Cyrillic by guess": (RUSSIAN, "cp1251", None),
    "Japanese": (JAPANESE, "shift_jis", "Shift_JIS"),
    "Japanese by guess": (JAPANESE, "euc-jp", None),
    "seven-bit Japanese": (JAPANESE, "iso2022_jp", "iso-2022-jp"),
    "Chinese with a letter that GB2312 lacks": ("中文镕", "gb18030", "gb2312"),
    "UTF-16 with a mark": (GERMAN, "utf-16", None),
    "UTF-8 with a mark": (GERMAN, "utf-8-sig", "latin-1"),
}


@pytest.mark.parametrize(("text", "codec", "header"), CASES.values(), ids=CASES.keys())
def test_text_is_decoded(text: str, codec: str, header: str | None) -> None:
    assert decode(text.encode(codec), header, markup=False) == text


def test_a_damaged_letter_does_not_change_the_set() -> None:
    body = GERMAN.encode() + b" \xff " + GERMAN.encode()
    for header in ("utf-8", None):
        assert decode(body, header, markup=False) == f"{GERMAN} \ufffd {GERMAN}"


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="koi8-r">',
        "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>",
        "<?xml version='1.0' encoding='koi8-r'?>",
    ],
)
def test_the_page_says_it_itself(head: str) -> None:
    page = f"{head}<p>{RUSSIAN}</p>"
    assert decode(page.encode("koi8-r"), None, markup=True) == page


@pytest.mark.parametrize(
    "label", ["unicode_escape", "rot13", "utf-7", "idna", "base64", "punycode", "nonsense", "x" * 5000]
)
def test_a_label_that_is_no_character_set_is_not_used(label: str) -> None:
    assert decode(b"+ADw-script+AD4- \\x41", label, markup=False) == "+ADw-script+AD4- \\x41"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"\x80", bytes(range(256)), b"\xc3"])
def test_any_bytes_become_text(body: bytes) -> None:
    for label in (None, "utf-8", "utf-16", "shift_jis"):
        assert isinstance(decode(body, label, markup=True), str)
