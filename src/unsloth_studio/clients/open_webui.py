"""Open WebUI. Variables: https://docs.openwebui.com/getting-started/env-configuration."""

from __future__ import annotations

from unsloth_studio.clients.facts import Client, ClientSetup, Place, ServerFacts


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    del place
    env = {
        "OPENAI_API_BASE_URL": facts.openai_url,
        "OPENAI_API_KEY": facts.key,
        "ENABLE_OPENAI_API": "true",
        "ENABLE_OLLAMA_API": "false",
        "DEFAULT_MODELS": facts.model,
        "TASK_MODEL_EXTERNAL": facts.tiers.haiku,
        "ENABLE_PERSISTENT_CONFIG": "false",
        "AIOHTTP_CLIENT_TIMEOUT": "3600",
    }
    return ClientSetup(env, ("OPENAI_API_BASE_URLS", "OPENAI_API_KEYS"), without_words=("serve",))


CLIENT = Client(
    id="open-webui",
    name="Open WebUI",
    program="open-webui",
    install="python -m pip install open-webui",
    dialect="OpenAI Chat Completions",
    session=session,
    why_not_persist="It keeps connections in its database. Add one in its page: Admin Settings, Connections.",
    aliases=("openwebui", "webui"),
    page="open-webui",
    tested="",
    limits=(
        "`unsloth start open-webui` begins with `serve`; further words go behind it.",
        "With `ENABLE_PERSISTENT_CONFIG=false` the variables win over what its admin page has stored, and changes there "
        "hold until it stops. To keep the connection add it in the admin page instead.",
        "It asks the model for titles, tags and follow-up questions after every answer; its admin page (Interface) "
        "switches each off.",
        "In a container `127.0.0.1` is the container: use `http://host.docker.internal:PORT/v1`, and start the server "
        "with `-H 0.0.0.0`.",
    ),
)
