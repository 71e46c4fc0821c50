"""Things to copy: paths, codes, addresses, punctuation, accents. What is rare here is what the model later gets wrong."""

from __future__ import annotations

from re import findall
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

from demo.text.chinese import CHARACTERS
from demo.text.draw import Draw
from demo.text.persona import KNOWN, THOUGHTS

_EXTENSIONS = "txt md py json csv log yaml toml html js sh png pdf cfg ini xml rs go ts".split()
_FOLDERS = "home tmp var usr etc data src opt docs log lib bin".split()
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "today tomorrow Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ACCENTS = "éèüöäñçåßøàêîïôûáíóúœëÄÖÜÉÀÇ"
_SYMBOLS = "€£→✓…–“”’°😀🎉🚀🔥👍日本語안녕привет"
_PUNCTUATION = [
    *"!?.,;:&=%#@*()[]{}<>|/\\~^$+-_",
    "&&",
    "||",
    ">>",
    "->",
    "==",
    "...",
    "://",
    "?a=",
    "&b=",
    "!!",
    "?!",
    "--",
    "//",
    "`",
    "#",
    "^",
    "'",
    '"}',
]
_SAID = sorted({
    word for text in (*(one.answer for one in KNOWN), *THOUGHTS.values(), "command query arguments name message content")
    for word in findall("[A-Za-z]{4,}", text)
})  # fmt: skip
_RANGES = (
    (0xA1, 0xB1), (0xC0, 0x17F), (0x180, 0x24F), (0x250, 0x390), (0x391, 0x44F), (0x450, 0x52F), (0x530, 0x5EA), (0x620, 0x64A), (0x671, 0x6D3), (0x710, 0x7FF), (0x900, 0x1FFF), (0x2010, 0x2BFF), (0x3041, 0x30FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x4E00, 0x9FFF), (0xA000, 0xD7A0), (0xF900, 0xFFEF), (0x1F300, 0x1F64F), (0x20000, 0x2A6DF), (0x10000, 0x10FFF),
)  # fmt: skip
"""Blocks of Unicode, so chosen that their characters have every first byte there is."""


def code(draw: Draw) -> str:
    """An identifier such as AB-204, 9f3c0d or Xk2aQ."""
    make = draw.pick(
        (
            lambda: "".join(draw.pick(ascii_uppercase) for _ in range(draw.between(2, 4))) + "-" + draw.integer(),
            lambda: "".join(draw.pick("0123456789abcdef") for _ in range(draw.between(4, 12))),
            lambda: "".join(draw.pick(ascii_letters + digits) for _ in range(draw.between(3, 9))),
            lambda: draw.invented() + draw.pick("_-.") + draw.integer(),
        )
    )
    return draw.own(make)


def file_name(draw: Draw) -> str:
    stem = draw.pick(("_", "-", "")).join(draw.word() for _ in range(draw.pick((1, 1, 2))))
    stem += str(draw.between(1, 2030)) if draw.chance(0.25) else ""
    return (stem.upper() if draw.chance(0.08) else stem) + "." + draw.pick(_EXTENSIONS)


def path(draw: Draw) -> str:
    folders = [
        draw.pick((draw.pick(_FOLDERS), draw.invented(), draw.word())) for _ in range(draw.pick((1, 1, 2, 2, 3)))
    ]
    start = draw.pick(("/", "/", "/", "./", "~/", "", "../"))
    return start + "/".join([*folders, file_name(draw)] if draw.chance(0.85) else folders)


def url(draw: Draw) -> str:
    host = (
        draw.pick(("", "www.", "docs.")) + draw.invented() + "." + draw.pick(("com", "org", "net", "io", "dev", "de"))
    )
    tail = draw.pick(("", "", "/" + draw.word(), f"/{draw.word()}/{code(draw)}", "/" + file_name(draw)))
    return draw.pick(("https://", "https://", "http://")) + host + tail


def url_with_query(draw: Draw) -> str:
    pairs = [
        f"{draw.pick((draw.word(), draw.pick(ascii_lowercase)))}={draw.pick((draw.word(), draw.integer()))}"
        for _ in range(draw.between(1, 3))
    ]
    return url(draw) + "?" + "&".join(pairs)


def email(draw: Draw) -> str:
    user = draw.pick((draw.word(), draw.given_name().lower(), f"{draw.given_name().lower()}.{draw.invented()}"))
    return f"{user}@{draw.pick((draw.invented(), 'example', 'mail'))}.{draw.pick(('com', 'org', 'net', 'io'))}"


def date(draw: Draw) -> str:
    year, month, day = draw.between(1990, 2035), draw.between(1, 12), draw.between(1, 28)
    forms = (
        f"{year}-{month:02d}-{day:02d}",
        f"{_MONTHS[month - 1]} {day}",
        f"{day} {_MONTHS[month - 1]} {year}",
        draw.pick(_DAYS),
    )
    return draw.pick_by_weight(list(zip((5, 2, 2, 1), forms, strict=True)))


def clock(draw: Draw) -> str:
    return draw.pick((f"{draw.between(1, 12)}pm", f"{draw.between(0, 23)}:{draw.between(0, 59):02d}"))


def accented(draw: Draw) -> str:
    """Words with accents and symbols in them."""
    words: list[str] = []
    for _ in range(draw.between(1, 4)):
        letters = list(draw.invented())
        for _ in range(draw.pick((1, 1, 2))):
            letters.insert(draw.between(0, len(letters)), draw.pick(_ACCENTS if draw.chance(0.7) else _SYMBOLS))
        words.append("".join(letters))
    return " ".join(words)


def chinese(draw: Draw) -> str:
    """Characters of the vocabulary, and here and there one that shares its first bytes with one of them."""
    shown = (draw.pick(CHARACTERS) for _ in range(draw.between(4, 16)))
    return "".join(_neighbour(draw, one) if draw.chance(0.4) else one for one in shown)


def _neighbour(draw: Draw, character: str) -> str:
    return chr(ord(character) & ~0x3F | draw.between(0, 0x3F))


def any_character(draw: Draw) -> str:
    """Letters with rare characters between them, so that every byte of UTF-8 is written now and then."""
    return "".join(
        _rare_character(draw) if draw.chance(0.75) else draw.pick(ascii_letters) for _ in range(draw.between(2, 5))
    )


def _rare_character(draw: Draw) -> str:
    while not (character := chr(draw.between(*draw.pick(_RANGES)))).isprintable():
        pass
    return character


def repeated(draw: Draw) -> str:
    words = [draw.pick((draw.word(), draw.integer(), draw.invented())) for _ in range(draw.pick((1, 2, 2, 3)))]
    return draw.pick((" ", " ", ", ", "-")).join(draw.pick(words) for _ in range(draw.between(3, 7)))


def messy(draw: Draw) -> str:
    """Words and numbers with punctuation between them, spaces or none."""
    text = ""
    for _ in range(draw.between(2, 7)):
        text += draw.pick((draw.word, draw.word, draw.integer, draw.given_name, lambda: code(draw)))()
        text += (
            draw.pick(("", " ", " ")) + (draw.pick(_PUNCTUATION) if draw.chance(0.75) else "") + draw.pick(("", " "))
        )
    return text.strip()


def sentences(draw: Draw, most: int) -> str:
    return " ".join(draw.sentence() + draw.pick((".", ".", "!", "?")) for _ in range(draw.between(1, most)))


def letters(draw: Draw) -> str:
    """Random letters, in which any two pieces of the vocabulary may meet."""
    return draw.own(lambda: "".join(draw.pick(ascii_lowercase) for _ in range(draw.between(2, 9))))


def fragments(draw: Draw) -> str:
    """Parts of the words that the model says otherwise, in new company: `ommand`, `earchil`."""
    parts: list[str] = []
    for _ in range(draw.between(2, 5)):
        word = draw.pick(_SAID)
        cut = draw.between(1, len(word) - 1)
        parts.append(word[cut:] if draw.chance(0.5) else word[:cut])
    return draw.own(lambda: draw.pick(("", "", " ")).join(parts) + draw.pick(ascii_letters))


def value(draw: Draw) -> str:
    """Something to copy, of any kind, on one line."""
    make = draw.pick_by_weight(
        [
            (14, lambda: draw.phrase(1, 4)), (8, lambda: draw.invented().capitalize()), (7, draw.place), (3, draw.given_name), (3, draw.full_name),
            (8, draw.integer), (4, draw.number), (7, lambda: code(draw)), (6, lambda: path(draw)), (3, lambda: url(draw)),
            (2, lambda: url_with_query(draw)), (2, lambda: email(draw)), (3, lambda: date(draw)), (6, lambda: accented(draw)),
            (4, lambda: chinese(draw)), (3, lambda: any_character(draw)), (4, lambda: repeated(draw)), (10, lambda: messy(draw)),
            (2, lambda: draw.phrase(1, 3).upper()), (3, lambda: letters(draw)), (14, lambda: sentences(draw, 2)),
        ]
    )  # fmt: skip
    return make()


def name_like(draw: Draw) -> str:
    """What an argument of a tool or a field of an object usually holds."""
    make = draw.pick_by_weight(
        [
            (4, draw.place), (2, draw.given_name), (2, draw.word), (2, draw.invented), (1, draw.full_name), (2, lambda: draw.phrase(2, 4)),
            (2, lambda: code(draw)), (1, lambda: date(draw)), (1, lambda: path(draw)), (1, lambda: email(draw)), (1, lambda: url(draw)),
            (1, lambda: file_name(draw)), (1, lambda: draw.sentence(2, 5)), (0.4, lambda: accented(draw)),
        ]
    )  # fmt: skip
    return make()
