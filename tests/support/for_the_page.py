"""What the page's journeys (`web/e2e`) need and cannot do themselves: `python -m tests.support.for_the_page WHAT ...`.

`endless FILE` writes a model that never ends its answer; `thread HOME COUNT` puts a conversation of COUNT messages into the
data folder's database and prints its id; `kill PID` kills the engine that the server PID started last.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

_COUNTED = 400
_ANSWERS = ("It is **{n}**.", "- {n}\n- half of {n}\n\nThat is all.", "```python\nprint({n})\n```", "`{n}`, as before.")


def write_endless(file: str) -> None:
    """It counts, in paragraphs, over and over; each round is longer than what `serving/repetition.py` ends."""
    from tests.support.gguf import write_endless_gguf

    counted = (f"{n},\n\n" if n % 20 == 0 else f"{n}, " for n in range(1, _COUNTED + 1))
    write_endless_gguf(Path(file), tuple(counted))


def write_thread(home: str, count: str) -> None:
    """Questions and answers in turn, "Question 1" to "Question COUNT/2"; an answer is a line or a few."""
    from unsloth_studio.store.database import Database
    from unsloth_studio.store.thread import Message, Text
    from unsloth_studio.store.threads import ThreadStore

    database = Database.open(Path(home))
    store = ThreadStore(database, writer="journey", clock=time.time)
    thread = store.create(f"long-{count}")
    messages: list[Message] = []
    for place in range(int(count)):
        number = place // 2 + 1
        asked = place % 2 == 0
        text = f"Question {number}" if asked else _ANSWERS[number % len(_ANSWERS)].format(n=number)
        messages.append(
            Message(
                id=f"long-{place}",
                thread_id=thread.id,
                parent_id=f"long-{place - 1}" if place else None,
                role="user" if asked else "assistant",
                parts=[Text(text=text)],
                created_at=thread.created_at + place,
            )
        )
    store.add(thread.id, messages, title="A long conversation")
    print(thread.id)


def kill_engine(server: str) -> None:
    """Raises ValueError when it has none."""
    import psutil

    max(psutil.Process(int(server)).children(), key=lambda child: child.create_time()).kill()


COMMANDS: dict[str, Callable[..., None]] = {"endless": write_endless, "thread": write_thread, "kill": kill_engine}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
