"""The chat of the page: threads are looked up, answers begun, watched and stopped here.

The rule: one `Chats` per process and event loop; of a message that is `running` it has the `Answer`, every other message is
what the database says.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncGenerator, Callable, Sequence

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.chat.answer import Answer, Surroundings
from unsloth_studio.chat.events import Done, Snapshot, frame
from unsloth_studio.chat.keeper import Keeper
from unsloth_studio.chat.library import Library
from unsloth_studio.chat.options import ChatOptions
from unsloth_studio.chat.prompt import continuations, kept_parts, request_for, title_of
from unsloth_studio.chat.trace import AnswerTrace
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.observe.watched_request import Arrival
from unsloth_studio.serving.run import Turns
from unsloth_studio.store.thread import Image, Message, StoredFile, Text, Thread, path_to
from unsloth_studio.tools.loop import ToolLoop
from unsloth_studio.tools.sessions import session_name
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid
from unsloth_studio.turn.events import Event, ResultImage
from unsloth_studio.turn.messages import Request

OWNER = "studio"
"""Whose the folders are that tools work in for the page."""
SHUT_DOWN = "The server was stopped while this answer was written."
"""Told in a message; it can be continued."""
BUSY = "This answer is still being written. Stop it first, or wait for its end."

log = logging.getLogger(__name__)


class Answered(Struct, frozen=True):
    """What an action led to: the thread as it is then, and the messages that are new or running again."""

    messages: list[Message]
    thread: Thread


class Chats(Struct):
    """`prefills` says that the engine goes on writing in a message that ends the conversation; `clock` gives seconds since
    1970. All methods raise `TurnFailure` for what the client must change, and may raise `StoreProblem`."""

    turns: Turns
    toolbox: Toolbox | None
    library: Library
    requests: RequestLog
    new_id: Callable[[], str]
    clock: Callable[[], float]
    prefills: bool = True
    _running: dict[str, Answer] = field(default_factory=dict[str, Answer])

    async def thread(self, thread_id: str) -> tuple[Thread, list[Message]]:
        """A thread with all its messages, running ones as far as they are written."""
        thread, messages = await self.library.thread(thread_id)
        return thread, [self._live(message) for message in messages]

    async def delete(self, thread_id: str) -> None:
        """Delete a thread, and what its tools left; a running answer ends first."""
        _, messages = await self.library.thread(thread_id)
        for message in messages:
            if (answer := self._running.get(message.id)) is not None:
                await answer.stop()
        await self.library.delete(thread_id)
        if self.toolbox is not None:
            try:
                await self.toolbox.folders.remove(session_name(OWNER, thread_id))
            except OSError as error:
                log.warning("the tools' folder of a deleted thread stays for now: %s", error)

    async def post(
        self, thread_id: str, parent_id: str | None, parts: Sequence[Text | Image], options: ChatOptions
    ) -> Answered:
        """Say something below the answer `parent_id` (None: at the beginning), and begin the next answer."""
        self._check(options)
        _, by_id = await self._messages(thread_id)
        if parent_id is not None:
            self._idle_answer(by_id, parent_id)
        said = [*await self.library.checked(parts)]
        if not any(isinstance(part, Image) or part.text.strip() for part in said):
            raise invalid("parts: There is nothing in this message. Write something, or add an image.", param="parts")
        now = self.clock()
        user = Message(
            id=self.new_id(), thread_id=thread_id, parent_id=parent_id, role="user", parts=[*said], created_at=now
        )
        answer = self._new_answer(user, now)
        path = [*path_to(by_id, parent_id), user]
        request = await self._request(path, options, thread_id)
        thread = await self.library.add(thread_id, [user, answer], title=title_of(said), model=options.model)
        self._begin(answer, [request])
        return Answered([user, answer], thread)

    async def retry(self, thread_id: str, message_id: str, options: ChatOptions) -> Answered:
        """Begin another answer beside the answer `message_id`, or below the question `message_id`."""
        self._check(options)
        _, by_id = await self._messages(thread_id)
        given = _found(by_id, message_id)
        question = given if given.role == "user" else by_id.get(given.parent_id or "")
        if question is None:
            raise _conflict("The question of this answer is no longer there.")
        answer = self._new_answer(question, self.clock())
        request = await self._request(path_to(by_id, question.id), options, thread_id)
        thread = await self.library.add(thread_id, [answer], model=options.model)
        self._begin(answer, [request])
        return Answered([answer], thread)

    async def go_on(self, thread_id: str, message_id: str, options: ChatOptions) -> Answered:
        """Write on in the answer `message_id`, which was stopped, cut or broken off."""
        self._check(options)
        thread, by_id = await self._messages(thread_id)
        answer = self._idle_answer(by_id, message_id)
        kept = kept_parts(answer.parts)
        running = msgspec.structs.replace(answer, parts=kept, status="running", error=None)
        path = [*path_to(by_id, answer.parent_id), running]
        request = await self._request(path, options, thread_id)
        if message_id in self._running:  # somebody else was faster
            raise _conflict(BUSY)
        self._begin(running, continuations(request, running, prefills=self.prefills))
        await self.library.save(running)
        return Answered([running], thread)

    async def stop(self, thread_id: str, message_id: str) -> Message:
        """End a running answer; the message as it stays. One that is over is left as it is."""
        if (answer := self._running.get(message_id)) is not None and answer.message.thread_id == thread_id:
            await answer.stop()
            return answer.message
        _, by_id = await self._messages(thread_id)
        return _found(by_id, message_id)

    async def watch(self, thread_id: str, message_id: str) -> AsyncGenerator[bytes]:
        """Frames of server-sent events about a message, from what it is now to its end."""
        if (answer := self._running.get(message_id)) is not None and answer.message.thread_id == thread_id:
            return answer.watch()
        _, by_id = await self._messages(thread_id)
        return _whole(_found(by_id, message_id))

    async def drain(self, seconds: float) -> None:
        """The server is about to end: let running answers finish for so long, then stop those that are left."""
        waiting = [asyncio.create_task(answer.wait()) for answer in self._running.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)
        for task in waiting:
            task.cancel()
        await self.close()

    async def close(self) -> None:
        """Stop every running answer; what is written of it is kept, and can be continued."""
        await asyncio.gather(*(answer.stop(SHUT_DOWN) for answer in list(self._running.values())))

    def _live(self, message: Message) -> Message:
        answer = self._running.get(message.id)
        return message if answer is None else answer.recorder.settle()

    async def _messages(self, thread_id: str) -> tuple[Thread, dict[str, Message]]:
        thread, messages = await self.thread(thread_id)
        return thread, {message.id: message for message in messages}

    def _idle_answer(self, by_id: dict[str, Message], message_id: str) -> Message:
        message = _found(by_id, message_id)
        if message.role != "assistant":
            raise invalid("This message is a question; name an answer.")
        if message.status == "running":
            raise _conflict(BUSY)
        return message

    def _new_answer(self, question: Message, now: float) -> Message:
        return Message(
            id=self.new_id(), thread_id=question.thread_id, parent_id=question.id, role="assistant", parts=[],
            status="running", created_at=now,
        )  # fmt: skip

    def _check(self, options: ChatOptions) -> None:
        """Raises for a model and for tools that there are not."""
        self.turns.pool.find(options.model)
        if not options.enabled_tools:
            return
        if self.toolbox is None or not self.toolbox.policy.enabled:
            why = "it was started without them" if self.toolbox is None else self.toolbox.policy.reason
            message = f"This server does not run tools: {why}."
            raise TurnFailure(TurnError("permission", message, param="options.enabled_tools", code="server_tools_off"))
        unknown = [name for name in options.enabled_tools if name not in self.toolbox.tools]
        if unknown:
            known = ", ".join(self.toolbox.tools)
            raise invalid(
                f"There is no tool {unknown[0][:40]!r}. The tools are: {known}.", param="options.enabled_tools"
            )

    async def _request(self, path: Sequence[Message], options: ChatOptions, thread_id: str) -> Request:
        images = await self.library.images(path)
        return request_for(path, options, images=images, session_id=thread_id)

    def _begin(self, message: Message, requests: Sequence[Request]) -> None:
        watched = self.requests.begin(Arrival(self.new_id(), "/api/threads", OWNER, streamed=True))
        around = Surroundings(
            run=self._run,
            keeper=Keeper(self.library.row_of, self.library.save_row),
            keep_images=self._keep_images,
            decided=self._decided,
            loaded=self._loaded,
            context_length=self._context_length,
        )
        answer = self._running[message.id] = Answer(message, requests, around, AnswerTrace(watched))
        answer.begin(then=lambda: self._over(message.id, answer))

    def _over(self, message_id: str, answer: Answer) -> None:
        if self._running.get(message_id) is answer:
            del self._running[message_id]

    def _run(self, request: Request, trace: AnswerTrace) -> AsyncGenerator[Sequence[Event]]:
        def trace_of(turn_id: str) -> AnswerTrace:
            del turn_id
            return trace

        turns = replace(self.turns, trace=trace_of)
        if request.server_tools is None or self.toolbox is None:
            return turns.run(request, turn_id=trace.turn_id)
        return ToolLoop(turns, self.toolbox).run(request, turn_id=trace.turn_id, owner=OWNER)

    async def _keep_images(self, images: Sequence[ResultImage]) -> list[str]:
        ids: list[str] = []
        for image in images:
            content = await asyncio.to_thread(base64.b64decode, image.data)
            ids.append(await self.library.keep_file(self.new_id(), StoredFile(image.media_type, content)))
        return ids

    async def _decided(self, approval_id: str) -> None:
        if self.toolbox is not None:
            await self.toolbox.approvals.settled(approval_id)

    def _loaded(self, request: Request) -> tuple[float | None, str]:
        try:
            chosen = self.turns.pool.find(request.model)
        except TurnFailure:
            return None, ""
        status = next((one for one in self.turns.pool.statuses() if one.id == chosen.id), None)
        return (None, "") if status is None else (status.progress, status.note)

    def _context_length(self, model: str) -> int | None:
        return next((one.context_length for one in self.turns.pool.statuses() if one.id == model), None)


async def _whole(message: Message) -> AsyncGenerator[bytes]:
    """What is told of a message that is over."""
    yield frame(Snapshot(message)) + frame(Done(message))


def _found(by_id: dict[str, Message], message_id: str) -> Message:
    message = by_id.get(message_id)
    if message is None:
        raise TurnFailure(TurnError("not_found", "There is no such message in this thread.", code="message_not_found"))
    return message


def _conflict(message: str) -> TurnFailure:
    return TurnFailure(TurnError("conflict", message))
