"""Which local model a client's name means."""

from __future__ import annotations

import pytest

from unsloth_studio.catalog.names import KnownModel, closest, match_model

GEMMA = KnownModel("gemma-4-26B-A4B-it-GGUF", "unsloth/gemma-4-26B-A4B-it-GGUF", "UD-Q4_K_XL")
QWEN_8 = KnownModel("Qwen3-8B-GGUF", "unsloth/Qwen3-8B-GGUF", "Q8_0")
QWEN_4 = KnownModel("Qwen3-8B-GGUF", "unsloth/Qwen3-8B-GGUF", "Q4_K_M")
OSS = KnownModel("gpt-oss-20b", None, "MXFP4")
FILE = KnownModel("my:model")
KNOWN = (GEMMA, QWEN_8, QWEN_4, OSS, FILE)
ALIASES = {
    "claude-*": "gemma-4-26B-A4B-it-GGUF",
    "claude-*haiku*": "small",
    "gpt-*": "default",
    "default": "unsloth/gemma-4-26B-A4B-it-GGUF:UD-Q4_K_XL",
    "small": "Qwen3-8B-GGUF:Q4_K_M",
    "a": "b",
    "b": "a",
    "GPT-OSS-20B": "gpt-oss-20b",
    "lost": "nowhere",
}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("gemma-4-26B-A4B-it-GGUF", (GEMMA,), id="last part"),
        pytest.param("GEMMA-4-26b-a4b-it-gguf", (GEMMA,), id="in another case"),
        pytest.param("unsloth/gemma-4-26B-A4B-it-GGUF", (GEMMA,), id="full repository"),
        pytest.param("Unsloth/Gemma-4-26B-A4B-it-GGUF:ud-q4_k_xl", (GEMMA,), id="repository and quantization"),
        pytest.param("gemma-4-26B-A4B-it-GGUF:Q8_0", (), id="a quantization that is not here"),
        pytest.param("Qwen3-8B-GGUF", (QWEN_4, QWEN_8), id="two quantizations, the better first"),
        pytest.param("Qwen3-8B-GGUF:q8_0", (QWEN_8,), id="one of two"),
        pytest.param("my:model", (FILE,), id="a colon in a name"),
        pytest.param("claude-opus-5", (GEMMA,), id="pattern"),
        pytest.param("claude-haiku-5", (QWEN_4,), id="the longer pattern, then an alias"),
        pytest.param("gpt-6", (GEMMA,), id="pattern, alias, model"),
        pytest.param("gpt-oss-20b", (OSS,), id="a pattern does not hide a model"),
        pytest.param("Default", (GEMMA,), id="exact alias in another case"),
        pytest.param("a", (), id="a circle ends"),
        pytest.param("lost", (), id="an alias to nothing"),
        pytest.param("mistral", (), id="unknown"),
        pytest.param("", (), id="empty"),
    ],
)
def test_what_a_name_means(asked: str, found: tuple[KnownModel, ...]) -> None:
    assert match_model(asked, KNOWN, aliases=ALIASES) == found


def test_names_mean_the_same_without_aliases() -> None:
    assert match_model("gpt-6", KNOWN) == ()
    assert match_model("gpt-oss-20b:mxfp4", KNOWN) == (OSS,)


NAMES = ["unsloth/Qwen3-8B-GGUF", "unsloth/Qwen3-14B-GGUF", "unsloth/gemma-4-31B-it-GGUF", "ggml-org/gpt-oss-20b-GGUF"]


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("unsloth/Qwen3-8B-GUF", ("unsloth/Qwen3-8B-GGUF", "unsloth/Qwen3-14B-GGUF")),
        ("qwen3-8b", ("unsloth/Qwen3-8B-GGUF", "unsloth/Qwen3-14B-GGUF")),
        ("oss-20b", ("ggml-org/gpt-oss-20b-GGUF",)),
        ("zzzzzzz", ()),
    ],
)
def test_near_names(asked: str, near: tuple[str, ...]) -> None:
    assert closest(asked, NAMES) == near


def test_at_most_so_many_near_names_and_none_twice() -> None:
    names = [f"qwen3-{n}b" for n in range(20)]
    assert len(closest("qwen3", names + names)) == 8
    assert closest("qwen3-7b", names, 1) == ("qwen3-7b",)
