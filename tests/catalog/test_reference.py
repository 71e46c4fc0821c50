"""Every spelling of a model reference, and which quantization is taken when none is named."""

from __future__ import annotations

import pytest

from unsloth_studio.catalog.quantization import Variant
from unsloth_studio.catalog.reference import (
    PREFERENCE,
    Alias,
    BadReference,
    HubModel,
    LocalPath,
    ModelReference,
    ReferenceConflict,
    ReferenceMissing,
    choose_variant,
    find_variant,
    parse_reference,
    public_id,
)

GEMMA = "unsloth/gemma-4-26B-A4B-it-GGUF"


@pytest.mark.parametrize(
    ("text", "variant", "meant"),
    [
        pytest.param(f"{GEMMA}:UD-Q4_K_XL", None, HubModel(GEMMA, "UD-Q4_K_XL"), id="repository and quantization"),
        pytest.param(GEMMA, "UD-Q4_K_XL", HubModel(GEMMA, "UD-Q4_K_XL"), id="two flags"),
        pytest.param(f"{GEMMA}:Q8_0", "Q8_0", HubModel(GEMMA, "Q8_0"), id="both flags agree"),
        pytest.param(f"{GEMMA}:Q8_0", "q8_0", HubModel(GEMMA, "Q8_0"), id="both agree but for case"),
        pytest.param(f"  {GEMMA} \n", None, HubModel(GEMMA), id="blanks around"),
        pytest.param(f"{GEMMA}:Q8_0", "  ", HubModel(GEMMA, "Q8_0"), id="a blank variant is none"),
        pytest.param("Qwen/Qwen2.5-7B_x.y", None, HubModel("Qwen/Qwen2.5-7B_x.y"), id="dots and underscores"),
        pytest.param(f"hf.co/{GEMMA}:Q8_0", None, HubModel(GEMMA, "Q8_0"), id="as Ollama writes it"),
        pytest.param(f"https://huggingface.co/{GEMMA}", None, HubModel(GEMMA), id="an address from a browser"),
        pytest.param("/models/m.gguf", None, LocalPath("/models/m.gguf"), id="absolute path"),
        pytest.param("/models/a:b", None, LocalPath("/models/a:b"), id="a colon in a path is part of it"),
        pytest.param("./a/b:Q4_0", None, LocalPath("./a/b:Q4_0"), id="dot slash"),
        pytest.param("../m.gguf", None, LocalPath("../m.gguf"), id="dot dot slash"),
        pytest.param("~/m.gguf", None, LocalPath("~/m.gguf"), id="home"),
        pytest.param("~me/x:y", None, LocalPath("~me/x:y"), id="somebody's home"),
        pytest.param(".", None, LocalPath("."), id="this folder"),
        pytest.param("..", None, LocalPath(".."), id="the folder above"),
        pytest.param("C:\\models\\m.gguf", None, LocalPath("C:\\models\\m.gguf"), id="Windows drive"),
        pytest.param("d:/models/m.gguf", None, LocalPath("d:/models/m.gguf"), id="Windows drive with slashes"),
        pytest.param("C:m", None, LocalPath("C:m"), id="Windows drive, relative"),
        pytest.param(".\\m.gguf", None, LocalPath(".\\m.gguf"), id="Windows dot"),
        pytest.param("\\\\nas\\m.gguf", None, LocalPath("\\\\nas\\m.gguf"), id="Windows share"),
        pytest.param("m.gguf", None, LocalPath("m.gguf"), id="a file name"),
        pytest.param("sub/M.GGUF", None, LocalPath("sub/M.GGUF"), id="a file in a folder is no repository"),
        pytest.param("./folder", "Q8_0", LocalPath("./folder", "Q8_0"), id="a quantization of a folder"),
        pytest.param("a/b/c", None, LocalPath("a/b/c"), id="three parts are a path"),
        pytest.param("org/repo:Q4/x", None, LocalPath("org/repo:Q4/x"), id="a variant with a slash: word for word"),
        pytest.param("org/repo:", None, LocalPath("org/repo:"), id="nothing after the colon: word for word"),
        pytest.param(":Q4_0", None, LocalPath(":Q4_0"), id="nothing before the colon: word for word"),
        pytest.param(
            "org/re:po:Q4_0", None, LocalPath("org/re:po:Q4_0"), id="the last colon counts; no such repository"
        ),
        pytest.param("a1:b:Q4_0", None, Alias("a1:b", "Q4_0"), id="the last colon counts"),
        pytest.param("coder", None, Alias("coder"), id="alias"),
        pytest.param("Qwen3-1.7B-GGUF:Q8_0", None, Alias("Qwen3-1.7B-GGUF", "Q8_0"), id="last part and quantization"),
        pytest.param("coder", "Q8_0", Alias("coder", "Q8_0"), id="alias and flag"),
    ],
)
def test_what_a_reference_means(text: str, variant: str | None, meant: ModelReference) -> None:
    assert parse_reference(text, variant=variant) == meant


def test_a_relative_path_that_exists_wins_over_a_repository_of_that_name() -> None:
    assert parse_reference("org/repo", on_disk={"org/repo"}.__contains__) == LocalPath("org/repo")


def test_two_quantizations_are_a_conflict() -> None:
    with pytest.raises(ReferenceConflict, match=r"Q4_0 in 'a/b:Q4_0' and Q8_0 by --gguf-variant") as caught:
        parse_reference("a/b:Q4_0", variant="Q8_0")
    assert caught.value.exit_status == 1


@pytest.mark.parametrize("text", [None, "", "  \t"])
def test_no_model_is_a_usage_error(text: str | None) -> None:
    with pytest.raises(ReferenceMissing, match="--model") as caught:
        parse_reference(text)
    assert isinstance(caught.value, BadReference)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        (HubModel(GEMMA, "Q8_0"), "gemma-4-26B-A4B-it-GGUF"),
        (LocalPath("/srv/models/qwen3-8b.gguf"), "qwen3-8b"),
        (LocalPath("/srv/models/qwen3-8b-Q4_0-00002-of-00003.GGUF"), "qwen3-8b-Q4_0"),
        (LocalPath("/srv/models/my-folder/"), "my-folder"),
        (LocalPath("C:\\models\\m.gguf"), "m"),
        (LocalPath("."), "local-model"),
        (LocalPath("/"), "local-model"),
        (Alias("coder"), "coder"),
    ],
)
def test_the_public_name_is_never_a_path(reference: ModelReference, name: str) -> None:
    assert public_id(reference) == name


def variants(*labels: str, torn: tuple[str, ...] = ()) -> list[Variant]:
    return [Variant(label, (f"m-{label}.gguf",), 100 - n, label not in torn) for n, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("offered", "fitting", "label", "reason"),
    [
        pytest.param(variants("Q8_0", "Q4_K_M"), {"Q8_0", "Q4_K_M"}, "Q4_K_M", "the first choice of 2", id="preferred"),
        pytest.param(
            variants("UD-Q4_K_XL", "UD-Q2_K_XL"),
            {"UD-Q2_K_XL"},
            "UD-Q2_K_XL",
            "the first in the order of preference that fits of 2",
            id="the next that fits",
        ),
        pytest.param(variants("Q9_X", "Q7_X"), {"Q9_X", "Q7_X"}, "Q9_X", "the first choice of 2", id="unlisted"),
        pytest.param(variants("f16", "q8_0"), {"f16", "q8_0"}, "q8_0", "the first choice of 2", id="small letters"),
        pytest.param(
            variants("Q4_K_M", "Q8_0", torn=("Q4_K_M",)),
            {"Q4_K_M", "Q8_0"},
            "Q8_0",
            "the first choice of 1",
            id="a torn one is passed over",
        ),
        pytest.param(variants("Q8_0"), set[str](), None, "none fits this machine", id="nothing fits"),
        pytest.param(variants("Q8_0", torn=("Q8_0",)), {"Q8_0"}, None, "files are missing of Q8_0", id="all torn"),
        pytest.param([], set[str](), None, "there are no GGUF model files", id="nothing offered"),
    ],
)
def test_the_variant_taken_when_none_is_named(
    offered: list[Variant], fitting: set[str], label: str | None, reason: str
) -> None:
    choice = choose_variant(offered, fits=lambda variant: variant.label in fitting)
    assert (choice.variant and choice.variant.label, choice.reason) == (label, reason)


def test_the_whole_preference_list_is_kept_in_its_order() -> None:
    offered = variants(*reversed(PREFERENCE))
    for gone in range(len(PREFERENCE)):
        choice = choose_variant(offered, fits=lambda variant, gone=gone: variant.label in PREFERENCE[gone:])
        assert choice.variant is not None
        assert choice.variant.label == PREFERENCE[gone]
        assert [v.label for v in choice.too_big] == list(PREFERENCE[:gone])


@pytest.mark.parametrize(
    ("asked", "label"),
    [("q8_0", "Q8_0"), ("UD-Q4_K_XL", "UD-Q4_K_XL"), ("Q4_K_XL", "UD-Q4_K_XL"), ("Q5_0", None)],
)
def test_a_variant_by_its_label(asked: str, label: str | None) -> None:
    found = find_variant(asked, variants("UD-Q8_0", "Q8_0", "UD-Q4_K_XL"))
    assert (found.label if found else None) == label
