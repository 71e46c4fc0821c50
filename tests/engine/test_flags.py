"""The engine's words of the command line: taken out, forwarded, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from unsloth_studio.engine.flags import EngineFlags, FlagProblem, parse_engine_flags
from unsloth_studio.engine.known_flags import KNOWN_FLAGS, REMOVED_FLAGS, flags_of_help
from unsloth_studio.engine.managed_flags import MANAGED_FLAGS
from unsloth_studio.turn.messages import SamplingParams

READ: dict[str, tuple[str, EngineFlags]] = {
    "nothing": ("", EngineFlags()),
    "the documented example": (
        "--temp 0.6 --seed 42 --top-p 0.95 --top-k 20 --min-p 0.0 --repeat-penalty 1.1",
        EngineFlags(SamplingParams(0.6, 0.95, 20, 0.0, 1.1, seed=42)),
    ),
    "penalties": (
        "--presence-penalty 1.5 --frequency-penalty -1",
        EngineFlags(SamplingParams(presence_penalty=1.5, frequency_penalty=-1.0)),
    ),
    "what the plan needs": ("-c 4096 -np 2 --threads 3", EngineFlags(context_length=4096, slots=2, threads=3)),
    "you decide": ("-c 0 -t -1", EngineFlags()),
    "forwarded": ("-ngl 99 --reasoning off -fa on", EngineFlags(rest=("-ngl", "99", "--reasoning", "off", "-fa", "on"))),
    "negative values": ("--seed -1 --yarn-ext-factor -.5",
                        EngineFlags(SamplingParams(seed=-1), rest=("--yarn-ext-factor", "-.5"))),
    "short ones never cluster": ("-mg 0 -ctk q8_0", EngineFlags(rest=("-mg", "0", "-ctk", "q8_0"))),
    "underscores": ("--ctx_size 2048 --cache_ram 0", EngineFlags(context_length=2048, rest=("--cache-ram", "0"))),
    "two values": ("--control-vector-layer-range 1 5", EngineFlags(rest=("--control-vector-layer-range", "1", "5"))),
    "the older scaled spelling": ("--control-vector-scaled v 0.5", EngineFlags(rest=("--control-vector-scaled", "v:0.5"))),
    "the newer scaled spelling": ("--control-vector-scaled v:1 -ub 5",
                                  EngineFlags(rest=("--control-vector-scaled", "v:1", "-ub", "5"))),
    "the last one wins": ("--temp 0.1 -c 1 --temp 0.2 -c 512", EngineFlags(SamplingParams(0.2), context_length=512)),
    "speculation": ("--spec-type ngram-mod --spec-draft-n-max 4",
                    EngineFlags(rest=("--spec-type", "ngram-mod", "--spec-draft-n-max", "4"))),
    "only native engines know it": ("--rpc host:1", EngineFlags(rest=("--rpc", "host:1"))),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_words_are_read(name: str) -> None:
    words, flags = READ[name]
    assert parse_engine_flags(words.split()) == flags


REFUSED: dict[str, tuple[list[str], str]] = {
    "unknown, with the nearest": (["--temprature", "1"], "There is no option --temprature. Did you mean --temperature?"),
    "unknown, nothing near": (["--qqqqqqqqqqq"], "There is no option --qqqqqqqqqqq. `unsloth run --help` names ours;"),
    "managed": (["--port", "1"], "The option --port cannot be passed to the engine: the engine listens for this program"),
    "managed, with an equals sign": (["--api-key=x"], "The option --api-key cannot be passed to the engine: keys are made"),
    "managed, with underscores": (["--api_key", "x"], "The option --api-key cannot be passed"),
    "removed": (["--draft-max", "3"], "llama.cpp has removed the option --draft-max. Use --spec-draft-n-max or"),
    "an equals sign": (["--temp=0.6"], "The engine does not read --temp=0.6. Write --temp 0.6, with a blank."),
    "a bare value": (["hello"], "Nothing takes the word 'hello'."),
    "a bare number": (["-1"], "Nothing takes the word '-1'."),
    "no value": (["--temp"], "The option --temp needs a value."),
    "a flag where the value should be": (["--temp", "--seed", "1"], "The option --temp needs a value, but --seed follows."),
    "a short flag where the value should be": (["-ub", "-fa", "on"], "The option -ub needs a value, but -fa follows."),
    "one value of two": (["--control-vector-layer-range", "1"], "The option --control-vector-layer-range needs a value."),
    "not a number": (["-c", "many"], "The option -c cannot be 'many': it must be a whole number from 0."),
    "no slots": (["-np", "0"], "The option -np cannot be '0': it must be a whole number from 1 to 4096."),
    "not a probability": (["--top-p", "2"], "The option --top-p cannot be '2': it must be a number from 0 to 1."),
    "no number at all": (["--temp", "nan"], "The option --temp cannot be 'nan'"),
    "not a type": (["-ctk", "q3"], "The option -ctk cannot be 'q3': it must be one of f32, f16, bf16, q8_0"),
    "not a number of layers": (["-ngl", "some"], "The option -ngl cannot be 'some': it must be a whole number, 'auto' or"),
    "not a split": (["-sm", "half"], "The option -sm cannot be 'half': it must be one of none, layer, row, tensor."),
    "not on or off": (["--reasoning", "maybe"], "The option --reasoning cannot be 'maybe': it must be one of on, off"),
    "a missing file": (["--lora", "nope.gguf"], "The option --lora cannot be 'nope.gguf': there is no such file."),
    "an adapter that is no model file": (["--lora", __file__], "test_flags.py': it is no GGUF file."),
    "a projector that is no model file": (["--mmproj", __file__], "test_flags.py': it is no GGUF file."),
    "quantized values without flash attention": (
        ["-fa", "off", "-ctv", "q8_0"], "A V cache of type q8_0 needs flash attention. Leave out -fa off"),
    "a missing template": (["--chat-template-file", "nope"], "The option --chat-template-file cannot be 'nope'"),
    "too many words": (["-fa", "on"] * 129, "There are 258 words for the engine; at most 256 are taken."),
    "too many bytes": (["--chat-template", "x" * 40_000], "The words for the engine have 40015 bytes; at most 32768"),
    "a NUL": (["--chat-template", "a\0b"], "has a character that no option may have"),
    "an escape": (["--chat-template", "\x1b[0m"], "has a character that no option may have"),
    "a lone surrogate": (["--chat-template", "\udcff"], "has a character that no option may have"),
    "blanks around a flag": ([" --temp", "1"], "The option ' --temp' has blanks around it. Write --temp."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_words_are_refused(name: str) -> None:
    words, sentence = REFUSED[name]
    with pytest.raises(FlagProblem) as caught:
        parse_engine_flags(words)
    assert sentence in str(caught.value)
    assert caught.value.exit_status == 2


def test_tabs_and_newlines_may_stand_in_a_value() -> None:
    assert parse_engine_flags(["--chat-template", "a\n\tb"]).rest == ("--chat-template", "a\n\tb")


def test_files_that_exist_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(b"GGUF")
    flags = parse_engine_flags(["--mmproj", str(file), "--lora", str(file), "--lora-scaled", f"{file}:0.5"])
    assert flags == EngineFlags(mmproj=file, rest=("--lora", str(file), "--lora-scaled", f"{file}:0.5"))


@pytest.mark.parametrize("flag", sorted(MANAGED_FLAGS))
def test_every_managed_flag_is_refused_and_known(flag: str) -> None:
    assert flag in KNOWN_FLAGS
    with pytest.raises(FlagProblem, match=r"cannot be passed to the engine: .*\.$"):
        parse_engine_flags([flag, *["1"] * KNOWN_FLAGS[flag]])


def test_no_flag_is_both_known_and_removed() -> None:
    assert not set(KNOWN_FLAGS) & set(REMOVED_FLAGS)


HELP = """
-t,    --threads N                      number of CPU threads
--new-switch                            does something
-nf, --new-flag {a,b}                   takes a value (default: a)
                                        --not-a-flag is only mentioned here
-kvu, --kv-unified, -no-kvu, --no-kv-unified
                                        whether to share
"""


def test_a_newer_engines_own_flags_are_known_by_its_help() -> None:
    known = flags_of_help(HELP)
    assert known == {
        "-t": 1, "--threads": 1, "--new-switch": 0, "-nf": 1, "--new-flag": 1,
        "-kvu": 0, "--kv-unified": 0, "-no-kvu": 0, "--no-kv-unified": 0,
    }  # fmt: skip
    assert parse_engine_flags(["--new-flag", "b"], known={**KNOWN_FLAGS, **known}).rest == ("--new-flag", "b")
