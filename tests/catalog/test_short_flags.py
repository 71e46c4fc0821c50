"""llama.cpp's short flags before our own parser sees them."""

from __future__ import annotations

import pytest

from unsloth_studio.catalog.short_flags import FlagMisuse, promote_short_flags


@pytest.mark.parametrize(
    ("argv", "promoted"),
    [
        pytest.param("run -m x.gguf", "run --model x.gguf", id="-m"),
        pytest.param("run -m=x.gguf", "run --model x.gguf", id="-m with an inline value"),
        pytest.param("run -m=a=b", "run --model a=b", id="the first = counts"),
        pytest.param("run -hfr a/b:Q4_0", "run --model a/b:Q4_0", id="-hfr"),
        pytest.param("run -f ui", "run --frontend ui", id="-f"),
        pytest.param("run -m -x", "run --model -x", id="a value with one dash"),
        pytest.param("run -m -", "run --model -", id="standard input"),
        pytest.param("run -m=--x", "run --model --x", id="an inline value may look like a flag"),
        pytest.param("run -hf a/b", "run -hf a/b", id="-hf is an option of its own"),
        pytest.param("run -np8", "run -np 8", id="-np8"),
        pytest.param("run -np-1", "run -np -1", id="-np-1"),
        pytest.param("run -np+2", "run -np +2", id="-np+2"),
        pytest.param("run -np8x", "run -np 8x", id="-np8x: the parser refuses it by name"),
        pytest.param("run -np=8", "run -np=8", id="-np=8 is left alone"),
        pytest.param("run -np 8", "run -np 8", id="-np 8"),
        pytest.param("run -mg 0 -md d.gguf -fa on -ctk q8_0", "run -mg 0 -md d.gguf -fa on -ctk q8_0", id="untouched"),
        pytest.param("run -fit on -fitt 512 -ngl 99 -c 1", "run -fit on -fitt 512 -ngl 99 -c 1", id="more untouched"),
        pytest.param("run -m0 -hfr2 -fx", "run -m0 -hfr2 -fx", id="only exact tokens"),
        pytest.param("run -m a -- -m b -np8", "run --model a -- -m b -np8", id="nothing behind --"),
        pytest.param("run -m a --model a", "run --model a --model a", id="named twice alike"),
        pytest.param("run --model a -hf b", "run --model a -hf b", id="without a short flag it is the parser's affair"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_promotion(argv: str, promoted: str) -> None:
    assert promote_short_flags(argv.split()) == promoted.split()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-m="], "The option -m needs a value."),
        (["-m"], "The option -m needs a value."),
        (["-hfr", ""], "The option -hfr needs a value."),
        (["-m", "--", "x"], "The option -m needs a value."),
        (["-f", "--port", "1"], "The option -f needs a value, but --port follows. Write -f=--port if it is meant."),
        (["-m", "a", "--model", "b"], "Two models are named: a and b (one by -m). Name one of them."),
        (["-m", "a", "--model=b"], "Two models are named: a and b (one by -m). Name one of them."),
        (["-hf", "a/b", "-hfr", "c/d"], "Two models are named: a/b and c/d (one by -hfr). Name one of them."),
        (["-m", "a", "-m=b"], "Two models are named: a and b (one by -m). Name one of them."),
    ],
)
def test_misuse_is_a_sentence(argv: list[str], message: str) -> None:
    with pytest.raises(FlagMisuse) as caught:
        promote_short_flags(argv)
    assert str(caught.value) == message
    assert caught.value.exit_status == 2


def test_the_callers_list_is_not_changed() -> None:
    argv = ["-m", "x"]
    promote_short_flags(argv)
    assert argv == ["-m", "x"]
