"""A thread as a file that people read."""

from __future__ import annotations

import msgspec
from tests.chat.messages import answered, asked, call

from unsloth_studio.chat.export import Export, as_json, as_markdown, file_name
from unsloth_studio.store.thread import Image, Reasoning, Thread

THREAD = Thread(id="t", title="Who? / 谁", created_at=0.0, updated_at=0.0, leaf_id="b")
MESSAGES = [
    asked("Who are you?", Image(file_id="f"), id="a"),
    answered("Another branch.", id="x", parent_id="a"),
    answered(
        Reasoning(text="Hm.", seconds=1.5), call("python", result="a\n```\nb"), "A model.",
        id="b", parent_id="a", model="demo", status="stopped", error="Stopped early.",
    ),
]  # fmt: skip

MARKDOWN = """# Who? / 谁

*1970-01-01 00:00 UTC*

## User

Who are you?

[Image f]

## Assistant (demo)

<details><summary>Thought for 1.5 s</summary>

Hm.

</details>

**Tool call: python**

```json
{"x": 1}
```

Result:

````
a
```
b
````

A model.

> Stopped early.
"""


def test_markdown_has_the_branch_that_is_shown() -> None:
    assert as_markdown(THREAD, MESSAGES).decode() == MARKDOWN


def test_json_has_everything() -> None:
    read = msgspec.json.decode(as_json(THREAD, MESSAGES), type=Export)
    assert (read.thread, read.messages) == (THREAD, MESSAGES)


def test_file_names_are_plain() -> None:
    assert file_name(THREAD, "md") == "Who-谁.md"
    assert file_name(msgspec.structs.replace(THREAD, title="../../"), "json") == "chat.json"
