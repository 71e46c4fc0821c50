"""What chat templates can do; the templates are short ones of our own in the style of the families."""

from __future__ import annotations

import time

import pytest

from unsloth_studio.catalog.gguf import read_gguf
from unsloth_studio.catalog.templates import TemplateFacts, read_template
from unsloth_studio.engine.local import demo_model

QWEN3 = """{%- if tools %}<|im_start|>system
{%- if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}<tools>{{ tools | tojson }}</tools><|im_end|>
{%- endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{%- if message.reasoning_content is string %}<think>{{ message.reasoning_content }}</think>{% endif %}
{{ message.content }}<|im_end|>{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{%- if enable_thinking is defined and enable_thinking is false %}<think>

</think>{% endif %}{% endif %}"""

QWEN35_SMALL = QWEN3.replace(
    "{%- if enable_thinking is defined and enable_thinking is false %}",
    "{%- if enable_thinking is defined and enable_thinking is true %}<think>{% else %}",
) + (
    "{%- if not loop.first %}{{- raise_exception('System message must be at the beginning.') }}{% endif %}"
    "{%- if 'image' in item or item.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}"
)

LLAMA3 = """{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] +
'<|end_header_id|>' + message['content'] %}{{ content }}{% endfor %}"""

LLAMA31 = """{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}"""

GEMMA2 = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}
{{ raise_exception('System role not supported') }}{% endif %}
{% for message in messages %}<start_of_turn>{{ message['role'] }}
{{ message['content'] }}{% endfor %}"""

GEMMA3 = """{%- if messages[0]['role'] == 'system' -%}{%- set first = messages[0]['content'] -%}{%- endif -%}
{%- for item in message['content'] -%}{%- if item['type'] == 'image' -%}<start_of_image>{%- endif -%}{%- endfor -%}"""

GEMMA4 = """{%- if tools or (messages[0]['role'] in ['system', 'developer']) -%}<|turn>system
{%- if enable_thinking is defined and enable_thinking -%}<|think|>{%- endif -%}{{ tools | tojson }}{%- endif -%}
{%- if item['type'] == 'image' -%}<|image|>{%- endif -%}"""

MISTRAL_V01 = """{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}
{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% endif %}{% endfor %}"""

MISTRAL_SMALL = """{%- if messages[0]['role'] == 'system' %}[SYSTEM_PROMPT]{{ messages[0]['content'] }}{% endif %}
{%- if tools is not none %}[AVAILABLE_TOOLS]{{ tools | tojson }}{% endif %}
{%- if block['type'] in ['image', 'image_url'] %}[IMG]{% endif %}"""

MAGISTRAL = MISTRAL_SMALL.replace("[SYSTEM_PROMPT]", "[SYSTEM_PROMPT]Draft your thinking: [THINK]...[/THINK]")

GPT_OSS = """{%- if reasoning_effort is not defined %}{%- set reasoning_effort = "medium" %}{%- endif %}
{%- if messages[0].role == "developer" or messages[0].role == "system" %}{{ messages[0].content }}{% endif %}
{%- if tools %}namespace functions{% endif %}<|start|>assistant<|channel|>analysis"""

DEEPSEEK_R1 = """{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] }}{% endif %}
{% set content = content.split('</think>')[-1] %}{% endfor %}{{ '<|Assistant|><think>\\n' }}"""

DEEPSEEK_V31 = """{% if not thinking is defined %}{% set thinking = false %}{% endif %}
{% if message['role'] == 'system' %}{{ message['content'] }}{% endif %}
{% if not thinking %}{{ '</think>' }}{% else %}{{ '<think>' }}{% endif %}"""

KIMI_K25 = """{%- if thinking is defined and thinking is false -%}<think></think>{%- else -%}<think>{%- endif -%}
{%- if tools -%}{{ tools | tojson }}{%- endif -%}{{ '<|im_' ~ message.role }}"""

SMOLLM3 = """{%- set enable_thinking = enable_thinking if enable_thinking is defined else True -%}
{%- if messages[0].role == "system" -%}{{ messages[0].content }}{%- endif -%}{%- if tools -%}{{ tools }}{%- endif -%}"""

NO_DEFAULT = "{% if enable_thinking | default(false) %}<think>{% endif %}{{ message.role }}"
BY_DEFAULT = "{% if enable_thinking | default(true) %}<think>{% endif %}{{ message.role }}"

PHI3 = """{% for message in messages %}{% if message['role'] == 'system' %}{{ '<|system|>' + message['content'] }}
{% endif %}{% endfor %}"""

COMMENTED = "{# tools, enable_thinking, <think>, [IMG] and 'system' #}{% if message['role'] == 'user' %}x{% endif %}"


@pytest.mark.parametrize(
    ("template", "facts"),
    [
        pytest.param(
            QWEN3,
            TemplateFacts(
                tools=True, thinking=True, thinking_switch="enable_thinking", thinks_by_default=True, system=True
            ),
            id="Qwen3",
        ),
        pytest.param(
            QWEN35_SMALL,
            TemplateFacts(
                tools=True,
                thinking=True,
                thinking_switch="enable_thinking",
                vision=True,
                system=True,
                system_first=True,
            ),
            id="Qwen3.5, small",
        ),
        pytest.param(LLAMA3, TemplateFacts(system=True), id="Llama 3"),
        pytest.param(LLAMA31, TemplateFacts(tools=True, system=True), id="Llama 3.1"),
        pytest.param(GEMMA2, TemplateFacts(), id="Gemma 2"),
        pytest.param(GEMMA3, TemplateFacts(vision=True, system=True), id="Gemma 3"),
        pytest.param(
            GEMMA4,
            TemplateFacts(tools=True, thinking=True, thinking_switch="enable_thinking", vision=True, system=True),
            id="Gemma 4",
        ),
        pytest.param(MISTRAL_V01, TemplateFacts(), id="Mistral v0.1"),
        pytest.param(MISTRAL_SMALL, TemplateFacts(tools=True, vision=True, system=True), id="Mistral Small"),
        pytest.param(
            MAGISTRAL,
            TemplateFacts(tools=True, thinking=True, thinks_by_default=True, vision=True, system=True),
            id="Magistral",
        ),
        pytest.param(
            GPT_OSS,
            TemplateFacts(tools=True, thinking=True, thinks_by_default=True, reasoning_effort=True, system=True),
            id="gpt-oss",
        ),
        pytest.param(DEEPSEEK_R1, TemplateFacts(thinking=True, thinks_by_default=True, system=True), id="DeepSeek R1"),
        pytest.param(
            DEEPSEEK_V31, TemplateFacts(thinking=True, thinking_switch="thinking", system=True), id="DeepSeek V3.1"
        ),
        pytest.param(
            KIMI_K25,
            TemplateFacts(tools=True, thinking=True, thinking_switch="thinking", thinks_by_default=True, system=True),
            id="Kimi K2.5",
        ),
        pytest.param(
            SMOLLM3,
            TemplateFacts(
                tools=True, thinking=True, thinking_switch="enable_thinking", thinks_by_default=True, system=True
            ),
            id="SmolLM3",
        ),
        pytest.param(
            NO_DEFAULT,
            TemplateFacts(thinking=True, thinking_switch="enable_thinking", system=True),
            id="default(false)",
        ),
        pytest.param(
            BY_DEFAULT,
            TemplateFacts(thinking=True, thinking_switch="enable_thinking", thinks_by_default=True, system=True),
            id="default(true)",
        ),
        pytest.param(PHI3, TemplateFacts(system=True), id="Phi-3"),
        pytest.param(COMMENTED, TemplateFacts(), id="comments do not count"),
        pytest.param("{{ raise_exception('no tools here') }}", TemplateFacts(), id="errors do not count"),
        pytest.param("plain text about tools and system", TemplateFacts(), id="prose does not count"),
        pytest.param("{% if tools", TemplateFacts(), id="an open block does not count"),
        pytest.param("", TemplateFacts(), id="empty"),
        pytest.param(None, TemplateFacts(), id="none"),
    ],
)
def test_what_a_template_can_do(template: str | None, facts: TemplateFacts) -> None:
    assert read_template(template) == facts


@pytest.mark.parametrize(
    ("template", "facts"),
    [
        ("{% if thinking %}x{% endif %}", TemplateFacts(thinking=True, thinking_switch="thinking")),
        ("{{ item.thinking }}{{ item['thinking'] }}", TemplateFacts()),
        ("{{ reasoning_effort }}", TemplateFacts(thinking=True, thinks_by_default=True, reasoning_effort=True)),
        ("{{ m.reasoning_content }}", TemplateFacts(thinking=True, thinks_by_default=True)),
        ("<think>", TemplateFacts(thinking=True, thinks_by_default=True)),
        ("[THINK]", TemplateFacts(thinking=True, thinks_by_default=True)),
        ("<seed:think>", TemplateFacts(thinking=True, thinks_by_default=True)),
        ("<|channel|>analysis", TemplateFacts(thinking=True, thinks_by_default=True)),
        ("<|think|>", TemplateFacts(thinking=True, thinks_by_default=True)),
        ("<|image_pad|>", TemplateFacts(vision=True)),
        ("<|image_1|>", TemplateFacts(vision=True)),
        ("<|begin_of_image|>", TemplateFacts(vision=True)),
        ("<start_of_image>", TemplateFacts(vision=True)),
        ("<image>", TemplateFacts(vision=True)),
        ("[IMG]", TemplateFacts(vision=True)),
        ("{% if part.type == 'image_url' %}", TemplateFacts(vision=True)),
        ("{% if m.role == 'system' %}", TemplateFacts(system=True)),
        ("{{- m['role'] }}", TemplateFacts(system=True)),
    ],
)
def test_one_pattern_alone(template: str, facts: TemplateFacts) -> None:
    assert read_template(template) == facts


@pytest.mark.parametrize(
    ("code", "on"),
    [
        ("{% if enable_thinking is not defined or enable_thinking %}", True),
        ("{% if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}", True),
        ("{% if enable_thinking is not defined %}{% set enable_thinking = false %}{% endif %}", False),
        ("{% if enable_thinking is not false %}", True),
        ("{% if enable_thinking is defined and not enable_thinking %}", True),
        ("{% if enable_thinking is defined and enable_thinking == false %}", True),
        ("{% if enable_thinking %}", False),
        ("{% set on = enable_thinking if enable_thinking is defined else false %}", False),
    ],
)
def test_whether_a_switch_is_on_when_nobody_says_anything(code: str, on: bool) -> None:
    assert read_template(code).thinks_by_default is on


def test_the_shipped_model() -> None:
    assert read_template(read_gguf(demo_model()).chat_template) == TemplateFacts(
        tools=True, thinking=True, thinking_switch="enable_thinking", system=True
    )


def test_a_second_template_for_tools() -> None:
    assert read_template(LLAMA3, tool_template="{{ x }}").tools


@pytest.mark.parametrize(
    "piece", ["{{", "{#", "{%", "raise_exception(", "{{ raise_exception(", "+ a", "not thinking is defined ", "{{a"]
)
def test_no_template_takes_long(piece: str) -> None:
    start = time.perf_counter()
    read_template(piece * 20_000)
    read_template("{{" + piece * 20_000 + "}}{%" + piece * 20_000 + "%}")
    assert time.perf_counter() - start < 2
