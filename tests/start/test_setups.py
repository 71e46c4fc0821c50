"""What every client is given, as tables: the pure part of `unsloth start`."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from msgspec.structs import replace

from unsloth_studio.clients import qwen_code
from unsloth_studio.clients.catalog import CLIENTS, find
from unsloth_studio.clients.facts import Client, ClientSetup, Merged, Place, ServerFacts, Tiers

KEY = "sk-unsloth-" + "K" * 38
FACTS = ServerFacts("http://127.0.0.1:8888", KEY, "my-model", 65_536, Tiers("large-model", "my-model", "small-model"))
UNKNOWN = ServerFacts("http://127.0.0.1:8888", KEY, "my-model", None, Tiers("my-model", "my-model", "my-model"))
PLACE = Place("/session")


def everything(setup: ClientSetup) -> str:
    return "\n".join([*setup.env.values(), *setup.words, *(file.text for file in setup.files)])


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_a_session_has_address_model_and_key_and_shows_the_key_to_no_process_list(client: Client) -> None:
    for setup in (client.session(FACTS, PLACE), client.manual(FACTS, PLACE)):
        text = everything(setup)
        assert "http://127.0.0.1:8888" in text
        assert "my-model" in text
        assert KEY in "\n".join([*setup.env.values(), *(file.text for file in setup.files)])
        assert KEY not in "\n".join(setup.words)
        assert not set(setup.unset) & set(setup.env)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_a_session_names_its_own_files_and_no_others(client: Client) -> None:
    setup = client.session(FACTS, PLACE)
    said = "\n".join([*setup.env.values(), *setup.words])
    for file in setup.files:
        assert f"/session/{file.name}" in said or setup.env.get("HERMES_MANAGED_DIR") == "/session", file.name
    assert said.count("/session") == (1 if setup.files else 0)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_the_window_is_told_where_it_is_known_and_left_out_where_it_is_not(client: Client) -> None:
    known, unknown = everything(client.session(FACTS, PLACE)), everything(client.session(UNKNOWN, PLACE))
    assert ("65536" in known) == (client.id != "open-webui")  # it has no such setting
    assert "None" not in unknown
    assert "null" not in unknown


@pytest.mark.parametrize("client", [one for one in CLIENTS if one.persist], ids=lambda client: client.id)
def test_for_good_the_key_stands_in_a_file_of_ours_unless_the_client_cannot_be_told_of_one(client: Client) -> None:
    assert client.persist is not None
    changes = client.persist(FACTS, "/data/key").changes
    texts = [json.dumps(change.value) if isinstance(change, Merged) else change.text for change in changes]
    refers = "/data/key" in "".join(texts)
    assert refers != (KEY in "".join(texts))
    assert refers == (client.id in ("claude", "codex", "opencode", "openclaw", "pi"))


@pytest.mark.parametrize("client", [one for one in CLIENTS if not one.persist], ids=lambda client: client.id)
def test_where_nothing_can_be_written_for_good_it_says_what_to_do(client: Client) -> None:
    assert client.why_not_persist


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        ("claude", "ANTHROPIC_BASE_URL", "http://127.0.0.1:8888"),
        ("claude", "ANTHROPIC_AUTH_TOKEN", KEY),
        ("claude", "ANTHROPIC_DEFAULT_OPUS_MODEL", "large-model"),
        ("claude", "ANTHROPIC_DEFAULT_SONNET_MODEL", "my-model"),
        ("claude", "ANTHROPIC_DEFAULT_HAIKU_MODEL", "small-model"),
        ("claude", "CLAUDE_CODE_MAX_CONTEXT_TOKENS", "65536"),
        ("claude", "CLAUDE_CODE_MAX_OUTPUT_TOKENS", "8192"),
        ("claude", "CLAUDE_CODE_ATTRIBUTION_HEADER", "0"),
        ("codex", "UNSLOTH_STUDIO_AUTH_TOKEN", KEY),
        ("aider", "OPENAI_API_BASE", "http://127.0.0.1:8888/v1"),
        ("aider", "AIDER_WEAK_MODEL", "openai/small-model"),
        ("hermes", "HERMES_MANAGED_DIR", "/session"),
        ("open-webui", "OPENAI_API_BASE_URL", "http://127.0.0.1:8888/v1"),
    ],
)
def test_variables(name: str, variable: str, value: str) -> None:
    client = find(name)
    assert client is not None
    assert client.session(FACTS, PLACE).env[variable] == value


def parsed(name: str) -> Any:
    """The first file of a session, or what stands in a variable."""
    client = find(name)
    assert client is not None
    setup = client.session(FACTS, PLACE)
    return json.loads(setup.env["OPENCODE_CONFIG_CONTENT"] if name == "opencode" else setup.files[0].text)


def test_files() -> None:
    assert parsed("claude")["env"]["ANTHROPIC_AUTH_TOKEN"] == KEY
    opencode = parsed("opencode")
    assert opencode["small_model"] == "unsloth/small-model"
    models = opencode["provider"]["unsloth"]["models"]
    limit = models["my-model"]["limit"]
    assert limit["context"] == 65_536
    assert limit["input"] - limit["output"] == FACTS.compact_at  # where OpenCode summarises
    assert "limit" not in models["small-model"]  # its window is not known
    assert parsed("qwen")["modelProviders"]["openai"][0]["generationConfig"]["contextWindowSize"] == 65_536
    assert parsed("cline")["providers"]["openai-compatible"]["settings"]["contextWindow"] == 65_536
    assert parsed("continue")["models"][0]["defaultCompletionOptions"]["contextLength"] == 65_536
    assert parsed("aider")["openai/my-model"]["max_input_tokens"] == 65_536
    assert parsed("hermes")["model"]["context_length"] == 65_536


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_SMALL_FAST_MODEL",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_FOUNDRY",
        "CLAUDE_CODE_USE_VERTEX",
    ],
)
def test_claude_code_s_settings_outdo_those_of_the_user_that_lead_elsewhere(name: str) -> None:
    client = find("claude")
    assert client is not None
    assert client.persist is not None
    (kept,) = client.persist(FACTS, "/data/key").changes
    assert isinstance(kept, Merged)
    for value in (parsed("claude"), kept.value):
        assert value["env"][name] == ""
    assert parsed("claude")["apiKeyHelper"] == ""
    assert kept.value["apiKeyHelper"] == "cat /data/key"
    assert kept.value["env"]["ANTHROPIC_AUTH_TOKEN"] == ""


@pytest.mark.parametrize(("context", "told"), [(65_536, None), (99_999, None), (100_000, "100000")])
def test_claude_code_gets_a_compact_window_only_where_it_takes_it_as_it_is(context: int, told: str | None) -> None:
    client = find("claude")
    assert client is not None
    env = client.session(replace(FACTS, context_length=context), PLACE).env
    assert env.get("CLAUDE_CODE_AUTO_COMPACT_WINDOW") == told


@pytest.mark.parametrize(
    ("context", "told", "summarises_at"),
    [
        (32_768, 32_768, 27_852),
        (40_960, 33_000, 28_050),  # the true one would be 7,960, less than the prompt that it begins with
        (61_000, 33_000, 28_050),
        (65_536, 65_536, 32_536),
        (262_144, 262_144, 222_822),
    ],
)
def test_qwen_code_is_told_a_window_with_which_it_can_work(context: int, told: int, summarises_at: int) -> None:
    window = qwen_code.settings(replace(FACTS, context_length=context))["modelProviders"]["openai"][0]
    window = window["generationConfig"]["contextWindowSize"]
    assert window == told
    free = window - 33_000  # Qwen Code's own rule
    assert int(min(0.85 * window, free) if free > 0 else 0.85 * window) == summarises_at


def test_pi_is_told_a_variable_as_it_wants_it() -> None:
    client = find("pi")
    assert client is not None
    for setup in (client.session(FACTS, PLACE), client.manual(FACTS, PLACE)):
        assert '"apiKey": "$UNSLOTH_STUDIO_AUTH_TOKEN"' in setup.files[0].text


def test_codex_gets_words_that_are_toml_and_a_profile_that_says_the_same() -> None:
    client = find("codex")
    assert client is not None
    words = client.session(FACTS, PLACE).words
    assert words[::2] == ("-c",) * (len(words) // 2)
    given = tomllib.loads("\n".join(words[1::2]))
    assert given == tomllib.loads(client.manual(FACTS, PLACE).files[0].text)
    assert given["model_context_window"] == 65_536
    assert given["model_auto_compact_token_limit"] == 65_536 - 8192 - 6553
    assert given["model_providers"]["unsloth_api"]["wire_api"] == "responses"


def test_openclaw_builds_on_the_configuration_of_its_user() -> None:
    client = find("openclaw")
    assert client is not None
    setup = client.session(FACTS, Place("/session", "/home/me/.openclaw/openclaw.json"))
    assert json.loads(setup.files[0].text)["$include"] == "/home/me/.openclaw/openclaw.json"
    assert setup.env["OPENCLAW_INCLUDE_ROOTS"] == "/home/me/.openclaw"
    assert "$include" not in client.session(FACTS, PLACE).files[0].text


@pytest.mark.parametrize(
    ("context", "answer", "compact_at"),
    [(None, 8192, None), (8192, 2048, 5325), (32_768, 8192, 21_300), (131_072, 8192, 109_773)],
)
def test_room_for_an_answer(context: int | None, answer: int, compact_at: int | None) -> None:
    facts = ServerFacts("http://x", KEY, "m", context, Tiers("m", "m", "m"))
    assert (facts.answer_tokens, facts.compact_at) == (answer, compact_at)


def test_names_mean_one_client_each() -> None:
    names = [name for client in CLIENTS for name in (client.id, *client.aliases)]
    assert len(set(names)) == len(names)
    assert find("Claude-Code") is find("claude")
    assert find("nobody") is None
