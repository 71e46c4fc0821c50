"""The part of a page that a person came for: without navigation, banners, footers, and what is hidden from sight.

The rule: what the page says about itself (`main`, `article`, roles) counts first, names of classes second, and nothing takes
away more than half of the text: some pages hide all of it until their scripts have run.
Source: HTML Living Standard, 4.3 (sections), WAI-ARIA 1.2 (landmark roles).
"""

from __future__ import annotations

import re

from unsloth_studio.tools.pages.dom import Element, drop, length_of, name, text_of, words

_NEVER = "script style noscript template svg canvas iframe object embed dialog button input select textarea"
_OF_THE_HEAD = ("title", "meta", "link", "base")
_ASIDE = frozenset({"nav", "aside", "footer", "header"})
_ROLES = frozenset(
    {
        "navigation",
        "banner",
        "contentinfo",
        "complementary",
        "search",
        "dialog",
        "alertdialog",
        "menu",
        "menubar",
        "toolbar",
    }
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*0(?![.\d])")
_CLUTTER = re.compile(
    r"(?:.*[-_])?(?:nav|navbar|navigation|menu|sidebar|breadcrumbs?|cookies?|cookie-?banner|consent|gdpr|newsletter|"
    r"subscribe|subscription|sharing|share|social|related|recommended|recommendations|promo|promotion|advert|advertisement|"
    r"ads?|popup|modal|overlay|skip-?link|pagination|toolbar|footer|masthead|mw-editsection|mw-jump-link|printfooter|"
    r"catlinks|navbox|headerlink|lineno|linenos|line-numbers|linenodiv|gutter)(?:[-_].*)?"
)
_KEEPS = re.compile(r"(?:has|with|no|without|is)[-_].*|.*[-_](?:layout|wrapper|container|page|enabled|open)")
_LANDMARKS = ("main", "article")
_LINKS_ARE_ALL = 0.85
_ENOUGH_LINKS = 5


def main_content(document: Element) -> Element:
    """The element of `document` that holds its content. Takes the rest out of the tree."""
    root = document  # not `body`: libxml2 leaves `main` in `head` where `<body>` is not written
    for element in list(root.iter(*_NEVER.split(), *_OF_THE_HEAD)):
        drop(element)
    whole = length_of(root)
    for element in list(root.iter()):
        if element is not root and _is_hidden(element) and length_of(element) <= whole / 2:
            drop(element)
    for element in list(root.iter()):
        if element is not root and _is_aside(element) and length_of(element) <= whole / 2 and not _holds_main(element):
            drop(element)
    content = _landmark(root)
    _drop_link_lists(content)
    return content


def _is_hidden(element: Element) -> bool:
    if element.get("hidden", "shown") != "shown" or element.get("aria-hidden") == "true":
        return element.get("hidden") != "until-found"
    return bool(_HIDDEN.search(element.get("style", "").lower()))


def _is_aside(element: Element) -> bool:
    tag = name(element)
    if tag in ("main", "article", "h1", "html", "body", "pre", "code"):
        return False
    if tag == "header":
        return not any(True for _ in element.iterancestors(*_LANDMARKS))
    if tag in _ASIDE or element.get("role") in _ROLES:
        return True
    return any(_CLUTTER.fullmatch(word) and not _KEEPS.fullmatch(word) for word in words(element, "class", "id"))


def _holds_main(element: Element) -> bool:
    return any(True for _ in element.iter(*_LANDMARKS)) and name(element) not in ("nav", "footer")


def _landmark(root: Element) -> Element:
    """`main`, or the one `article`, when it holds a fair part of the text."""
    whole = length_of(root)
    for candidates in (
        [*root.iter("main"), *(element for element in root.iter() if element.get("role") == "main")],
        list(root.iter("article")),
        [element for element in root.iter() if element.get("itemprop") == "articleBody"],
    ):
        first = next(iter(candidates), root)
        alone = all(first in other.iterancestors() for other in candidates[1:])
        if first is not root and alone and length_of(first) >= whole / 4:
            return first
    return root


def _drop_link_lists(content: Element) -> None:
    """Lists that are nothing but links, unless the page is one itself."""
    if _link_share(content) > 0.5:
        return
    for element in list(content.iter("ul", "ol")):
        links = sum(1 for _ in element.iter("a"))
        if element is not content and links >= _ENOUGH_LINKS and _link_share(element) > _LINKS_ARE_ALL:
            drop(element)


def _link_share(element: Element) -> float:
    linked = sum(len("".join(text_of(link).split())) for link in element.iter("a"))
    return linked / max(length_of(element), 1)
