"""From the body of `POST /v1/completions` to turn requests: one for each answer to each prompt.

The rule: prompts go to the model as they are, without a chat template. What cannot be done truthfully here is refused and
not ignored: filling in the middle (`suffix`), choosing the best of many (`best_of`), echoing token ids, and log
probabilities of an echoed prompt (evaluation tools would take the missing ones for scores).
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.dialects.body import read_shape
from unsloth_studio.dialects.openai_completions import wire
from unsloth_studio.dialects.openai_sampling import read_choices, read_extras, read_sampling, wants_usage
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import RawPrompt, Request

MAX_ANSWERS = 128
"""How many answers one request may ask for in all (prompts times `n`)."""


class CompletionsCall(Struct, frozen=True):
    """`requests` in the order of the choices: `n` for the first prompt, `n` for the second, and so on. `echo` has one text
    for each of them, to be written before the answer; empty where nothing is echoed."""

    requests: tuple[Request, ...]
    echo: tuple[str, ...]
    n: int
    stream: bool
    include_usage: bool


def read(body: bytes) -> CompletionsCall:
    """Raises `TurnFailure` (invalid_request) with the field's path as `param`."""
    shape, unnamed = read_shape(body, wire.CompletionsBody)
    n = read_choices(shape)
    _refuse_unsupported(shape, n)
    prompts = _read_prompts(shape.prompt)
    if len(prompts) * n > MAX_ANSWERS:
        raise invalid(
            f"prompt: at most {MAX_ANSWERS} answers (prompts times n) are given in one request.", param="prompt"
        )
    sampling, extras = read_sampling(shape), read_extras(unnamed)
    requests: list[Request] = []
    for prompt in prompts:
        request = Request(
            prompt=RawPrompt(prompt),
            model=shape.model or None,
            sampling=sampling,
            max_tokens=shape.max_tokens,
            top_logprobs=shape.logprobs,
            engine_extras=extras,
        )
        requests += [_seeded(request, number) for number in range(n)]
    echo = tuple(_echo(prompt, bool(shape.echo)) for prompt in prompts for _ in range(n))
    return CompletionsCall(tuple(requests), echo, n, bool(shape.stream), wants_usage(shape))


def _seeded(request: Request, number: int) -> Request:
    """Answers to one prompt differ in their seed, so that a seeded request gives different, repeatable answers."""
    seed = request.sampling.seed
    if seed is None or number == 0:
        return request
    return replace(request, sampling=replace(request.sampling, seed=seed + number))


def _refuse_unsupported(shape: wire.CompletionsBody, n: int) -> None:
    if shape.suffix:
        raise _unsupported("suffix", "filling in before a suffix is not supported; put everything into the prompt")
    if shape.best_of is not None and shape.best_of != n:
        raise _unsupported("best_of", "only n answers are made, so best_of can only equal n; leave it out")
    if shape.echo and shape.logprobs is not None:
        raise _unsupported("echo", "log probabilities of the prompt are not available; ask for echo or for logprobs")


def _read_prompts(prompt: wire.Prompt) -> list[str | tuple[int, ...]]:
    """The prompts one by one: a list of numbers is one prompt of token ids."""
    if isinstance(prompt, str):
        return [prompt]
    if not prompt:
        raise invalid("prompt: at least one prompt is needed.", param="prompt")
    ids = [entry for entry in prompt if isinstance(entry, int)]
    if len(ids) == len(prompt):
        return [tuple(ids)]
    texts = [entry for entry in prompt if isinstance(entry, str)]
    if len(texts) == len(prompt):
        return [*texts]
    lists = [entry for entry in prompt if isinstance(entry, list)]
    if len(lists) != len(prompt):
        raise invalid(
            "prompt: a list holds either texts, token ids, or lists of token ids, not a mixture.", param="prompt"
        )
    for index, entry in enumerate(lists):
        if not entry:
            raise invalid(f"prompt[{index}]: at least one token id is needed.", param=f"prompt[{index}]")
    return [tuple(entry) for entry in lists]


def _echo(prompt: str | tuple[int, ...], wanted: bool) -> str:
    if not wanted:
        return ""
    if isinstance(prompt, str):
        return prompt
    raise _unsupported("echo", "a prompt of token ids cannot be echoed; send it as text")


def _unsupported(param: str, why: str) -> TurnFailure:
    return invalid(f"{param}: {why}.", param=param, code="unsupported_parameter")
