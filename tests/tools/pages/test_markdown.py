"""HTML to Markdown, element by element."""

from __future__ import annotations

import pytest

from unsloth_studio.tools.pages.dom import parse
from unsloth_studio.tools.pages.markdown import Links, markdown

CASES = {
    "paragraphs": ("<p>a\n b</p><p>c</p>", "a b\n\nc"),
    "loose text": ("a <b>b</b> c<p>d</p>e", "a **b** c\n\nd\n\ne"),
    "line break": ("<p>a<br>b<br/>\n c</p>", "a\nb\nc"),
    "blanks around emphasis": ("<p>a <em> b </em>c</p>", "a *b* c"),
    "empty emphasis": ("<p>a<b> </b>c</p>", "a c"),
    "headings": ("<h1>a <i>b</i></h1><h3>c\nd</h3>", "# a *b*\n\n### c d"),
    "heading with a block": ("<h2><div>a</div></h2>", "## a"),
    "code span": ("<p>run <code>a  b</code></p>", "run `a b`"),
    "code span with a tick": ("<p><code>a`b</code></p>", "``a`b``"),
    "code span of a tick": ("<p><code>`</code></p>", "`` ` ``"),
    "code block": ("<pre>  a\n\n\n  b &lt;c&gt;\n</pre>", "```\n  a\n\n\n  b <c>\n```"),
    "code block with ticks": ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
    "code block with breaks": ("<pre>a<br>b</pre>", "```\na\nb\n```"),
    "code block with a language": ("<pre><code class='hljs language-c++'>x</code></pre>", "```c++\nx\n```"),
    "empty code block": ("<pre> \n</pre><p>a</p>", "a"),
    "nested lists": ("<ul><li>a<ol start=3><li>b<li>c</ol><li>d</ul>", "- a\n  3. b\n  4. c\n- d"),
    "list directly in a list": ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
    "list with paragraphs": ("<ol><li><p>a</p><p>b</p></li><li>c</li></ol>", "1. a\n\n   b\n2. c"),
    "list with code": ("<ul><li>a<pre>b</pre></li></ul>", "- a\n\n  ```\n  b\n  ```"),
    "quote": ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
    "table": ("<table><tr><th>a<th>b<tr><td>c|d<td></table>", "| a | b |\n| --- | --- |\n| c\\|d |  |"),
    "ragged table": ("<table><tr><td>a<td>b<tr><td>c</table>", "| a | b |\n| --- | --- |\n| c |  |"),
    "table for layout": ("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "| a | b |\n| --- | --- |\n\nc"),
    "one column": ("<table><tr><td>a<tr><td>b</table>", "a\n\nb"),
    "terms": ("<dl><dt>a<dd>b<dd>c</dl>", "a\n\n: b\n\n: c"),
    "rule": ("a<hr>b", "a\n\n---\n\nb"),
    "picture": ("<p><img alt='A cat'><img alt=''></p>", "![A cat]"),
    "formula": ("<p><math><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></math></p>", "$x^2$"),
    "link without its address": ("<p><a href='/b'>a</a></p>", "a"),
    "block in a span": ("<span>a<div>b</div>c</span>", "a\n\nb\n\nc"),
    "entities": ("<p>&amp;lt; &copy; &#x41;</p>", "&lt; © A"),
    "letters": ("<p>中文 😀</p>", "中文 😀"),
}


@pytest.mark.parametrize(("html", "expected"), CASES.values(), ids=CASES.keys())
def test_html_as_markdown(html: str, expected: str) -> None:
    document = parse(f"<html><body>{html}</body></html>")
    assert document is not None
    assert markdown(document) == expected


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("b c", "[a](https://x.example/d/b%20c)"),
        ("//y.example/(z)", "[a](https://y.example/(z%29)"),
        ("#part", "a"),
        ("javascript:alert(1)", "a"),
        ("data:text/html,x", "a"),
        ("mailto:a@b.example", "a"),
        ("http://[", "a"),
        ("", "[a](https://x.example/d/e)"),
    ],
)
def test_links_are_made_whole_or_left_out(href: str, shown: str) -> None:
    document = parse(f"<body><p><a href='{href}'>a</a></p>")
    assert document is not None
    assert markdown(document, Links(keep=True, base="https://x.example/d/e")) == shown


@pytest.mark.parametrize("html", ["", " \n", "<!-- only -->", "\x00"])
def test_nothing_is_nothing(html: str) -> None:
    document = parse(html)
    assert document is None or markdown(document) == ""


@pytest.mark.parametrize("tags", ["<ul><li>", "<dl><dd>", "<blockquote>", "<ol><li>"])
def test_indentation_ends_somewhere(tags: str) -> None:
    document = parse(f"<body>{(tags + 'x') * 90}")
    assert document is not None
    lines = markdown(document).split("\n")
    assert sum("x" in line for line in lines) == 90
    assert max(len(line) for line in lines) < 60
