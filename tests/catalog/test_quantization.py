"""Quantization labels, shards and variants, from names as repositories really use them."""

from __future__ import annotations

import gguf
import pytest

from unsloth_studio.catalog.quantization import (
    FileRole,
    Shard,
    Variant,
    choose_projector,
    file_type_name,
    group_variants,
    label_of,
    role_of,
    shard_of,
    shard_paths,
)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("Qwen3-1.7B-Q4_K_M.gguf", "Q4_K_M"),
        ("gemma-4-26B-A4B-it-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("model.Q8_0.gguf", "Q8_0"),
        ("qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf", "Q4_K_M"),
        ("Llama-3.2-1B-IQ4_NL.gguf", "IQ4_NL"),
        ("Llama-3.2-1B-UD-IQ2_XXS.gguf", "UD-IQ2_XXS"),
        ("m-UD-TQ1_0.gguf", "UD-TQ1_0"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("gpt-oss-20b-MXFP4_MOE.gguf", "MXFP4_MOE"),
        ("m-NVFP4.gguf", "NVFP4"),
        ("m-BF16.gguf", "BF16"),
        ("m.fp16.gguf", "F16"),
        ("m-FP32.gguf", "F32"),
        ("m-F16.gguf", "F16"),
        ("m-Q4_0_4_4.gguf", "Q4_0_4_4"),
        ("m-Q2_K.gguf", "Q2_K"),
        ("m-Q2_K_L.gguf", "Q2_K_L"),
        ("m-UD-Q8_K_XL.gguf", "UD-Q8_K_XL"),
        ("m-IQ4_KSS.gguf", "IQ4_KSS"),
        ("m-f16-Q4_K_M.gguf", "Q4_K_M"),
        ("BF16/model-00001-of-00002.gguf", "BF16"),
        ("UD-Q4_K_XL/m-UD-Q4_K_XL-00001-of-00003.gguf", "UD-Q4_K_XL"),
        ("Q8_0\\model.gguf", "Q8_0"),
        ("Q8_0/m-Q4_0.gguf", "Q4_0"),
        ("model.gguf", None),
        ("SQ4_K_Mx.gguf", None),
        ("Qwen3-4B.gguf", None),
    ],
)
def test_the_label_in_a_name(path: str, label: str | None) -> None:
    assert label_of(path) == label


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("m-Q4_K_M.gguf", "weights"),
        ("m-Q4_K_M.GGUF", "weights"),
        ("mmproj-F16.gguf", "projector"),
        ("m-mmproj-f16.gguf", "projector"),
        ("mmproj.gguf", "projector"),
        ("vision/mmproj-model-f16.gguf", "projector"),
        ("mtp-Qwen3.6-27B-Q8_0.gguf", "draft"),
        ("dspark-x.gguf", "draft"),
        ("DFlash-x-BF16.gguf", "draft"),
        ("Qwen3.6-27B-MTP-Q4_K_M.gguf", "weights"),
        ("imatrix_unsloth.gguf", "imatrix"),
        ("m-imatrix.gguf", "imatrix"),
        ("imatrix_unsloth.dat", "imatrix"),
        ("m-imatrixed-Q4_K_M.gguf", "weights"),
        ("granite-3.3-2b-Q4_K_M-be.gguf", "other"),
        ("granite-3.3-2b-be.Q4_K_M.gguf", "other"),
        ("granite-be-00001-of-00002.gguf", "other"),
        ("to-be-or-not-Q8_0.gguf", "weights"),
        ("README.md", "other"),
        ("model.safetensors", "other"),
    ],
)
def test_what_a_file_is_for(path: str, role: FileRole) -> None:
    assert role_of(path) == role


@pytest.mark.parametrize(
    ("path", "shard"),
    [
        ("d/m-Q4-00002-of-00003.gguf", Shard("m-Q4", 2, 3)),
        ("m-00001-of-00001.gguf", Shard("m", 1, 1)),
        ("m-1-of-3.gguf", None),
        ("m.gguf", None),
    ],
)
def test_the_shard_in_a_name(path: str, shard: Shard | None) -> None:
    assert shard_of(path) == shard


def test_any_shard_leads_to_all_of_them() -> None:
    assert shard_paths("/x/m-00002-of-00002.gguf") == ("/x/m-00001-of-00002.gguf", "/x/m-00002-of-00002.gguf")
    assert shard_paths("m.gguf") == ("m.gguf",)


@pytest.mark.parametrize(
    ("sizes", "variants"),
    [
        pytest.param(
            {"m-Q4_K_M.gguf": 4, "m-Q8_0.gguf": 8, "mmproj-F16.gguf": 1, "README.md": 1, "mtp-m.gguf": 2},
            [Variant("Q8_0", ("m-Q8_0.gguf",), 8, True), Variant("Q4_K_M", ("m-Q4_K_M.gguf",), 4, True)],
            id="a flat repository, largest first",
        ),
        pytest.param(
            {"BF16/m-00002-of-00002.gguf": 5, "BF16/m-00001-of-00002.gguf": 6, "m-Q2_K.gguf": 3},
            [
                Variant("BF16", ("BF16/m-00001-of-00002.gguf", "BF16/m-00002-of-00002.gguf"), 11, True),
                Variant("Q2_K", ("m-Q2_K.gguf",), 3, True),
            ],
            id="shards in a folder named like the quantization",
        ),
        pytest.param(
            {"m-Q8_0-00001-of-00003.gguf": 9, "m-Q8_0-00003-of-00003.gguf": 9, "m-Q2_K.gguf": 3},
            [
                Variant("Q2_K", ("m-Q2_K.gguf",), 3, True),
                Variant("Q8_0", ("m-Q8_0-00001-of-00003.gguf", "m-Q8_0-00003-of-00003.gguf"), 18, False),
            ],
            id="a torn set loses to a whole model that is smaller",
        ),
        pytest.param(
            {"model.gguf": 5}, [Variant("model", ("model.gguf",), 5, True)], id="a name without a quantization"
        ),
        pytest.param(
            {"m-00001-of-00001.gguf": 5}, [Variant("m", ("m-00001-of-00001.gguf",), 5, True)], id="one shard, no label"
        ),
        pytest.param(
            {"small-Q8_0.gguf": 1, "large-model-Q8_0.gguf": 7},
            [
                Variant("large-model-Q8_0", ("large-model-Q8_0.gguf",), 7, True),
                Variant("Q8_0", ("small-Q8_0.gguf",), 1, True),
            ],
            id="two models of one quantization: labels stay unique",
        ),
        pytest.param(
            {"m-Q8_0.gguf": 7, "m-Q8_0-00001-of-00002.gguf": 4},
            [
                Variant("Q8_0", ("m-Q8_0.gguf",), 7, True),
                Variant("m-Q8_0", ("m-Q8_0-00001-of-00002.gguf",), 4, False),
            ],
            id="the same model whole and torn",
        ),
        pytest.param({"mmproj-F16.gguf": 1, "x.bin": 2}, [], id="nothing to load"),
    ],
)
def test_variants_of_a_listing(sizes: dict[str, int], variants: list[Variant]) -> None:
    assert list(group_variants(sizes)) == variants


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (["mmproj-BF16.gguf", "mmproj-F32.gguf", "mmproj-F16.gguf"], "mmproj-F16.gguf"),
        (["mmproj-F32.gguf", "mmproj-BF16.gguf"], "mmproj-BF16.gguf"),
        (["mmproj-Q4_K_M.gguf", "mmproj-Q8_0.gguf"], "mmproj-Q8_0.gguf"),
        (["mmproj.gguf", "m-Q4_K_M.gguf"], "mmproj.gguf"),
        (["m-F16.gguf"], None),
        ([], None),
    ],
)
def test_the_projector_that_is_chosen(paths: list[str], chosen: str | None) -> None:
    assert choose_projector(paths) == chosen


def test_every_file_type_the_gguf_package_knows_has_its_name() -> None:
    theirs = {t.value: t.name.removeprefix("ALL_").removeprefix("MOSTLY_") for t in gguf.LlamaFileType}
    del theirs[gguf.LlamaFileType.GUESSED.value]
    assert {number: file_type_name(number) for number in theirs} == theirs


def test_guessed_and_unknown_file_types() -> None:
    assert file_type_name(1024 + 15) == "Q4_K_M"
    assert file_type_name(5) is None
