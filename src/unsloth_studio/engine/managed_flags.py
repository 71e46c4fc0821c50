"""llama-server's flags that this program sets itself, and why it does not take them from outside.

The rule: a flag is here because passing it would break a promise (which model, which port, which key, who may run code),
and the sentence says what to use instead. Everything that is not here is forwarded.
"""

from __future__ import annotations

from collections.abc import Mapping

_REASONS: tuple[tuple[str, str], ...] = (
    (
        "-m --model -hf -hfr --hf-repo -mu --model-url -dr --docker-repo -hff --hf-file -hfv -hfrv --hf-repo-v -hffv "
        "--hf-file-v --embd-gemma-default --fim-qwen-1.5b-default --fim-qwen-3b-default --fim-qwen-7b-default "
        "--fim-qwen-7b-spec --fim-qwen-14b-spec --fim-qwen-30b-default --gpt-oss-20b-default --gpt-oss-120b-default "
        "--vision-gemma-4b-default --vision-gemma-12b-default",
        "which model is served is said with --model",
    ),
    ("-hft --hf-token", "set the variable HF_TOKEN instead"),
    ("-mmu --mmproj-url", "downloads are made by this program; give a file with --mmproj"),
    (
        "--spec-draft-hf -hfd -hfrd --hf-repo-draft",
        "downloads are made by this program; get the draft model with `unsloth models pull` and give its file with "
        "--spec-draft-model",
    ),
    ("-a --alias", "clients use the model's own name; aliases stand in config.toml"),
    ("--host --port --path --api-prefix --reuse-port", "the engine listens for this program only; use -H and -p"),
    ("--api-key --api-key-file", "keys are made with `unsloth keys create`"),
    ("--ssl-key-file --ssl-cert-file", "put a reverse proxy in front of this program for TLS"),
    (
        "--ui --webui --no-ui --no-webui --ui-config --webui-config --ui-config-file --webui-config-file --ui-mcp-proxy "
        "--webui-mcp-proxy --no-ui-mcp-proxy --no-webui-mcp-proxy",
        "the engine's own page is switched off",
    ),
    (
        "--models-dir --models-preset --models-max --models-autoload --no-models-autoload",
        "this program loads and unloads models itself; see `unsloth models`",
    ),
    (
        "--embedding --embeddings --rerank --reranking --pooling",
        "it would stop the model from answering chats",
    ),
    (
        "--tools -ag --agent -no-ag --no-agent --tools-runtime --mcp-servers-config --mcp-servers-json",
        "it would let the model run programs outside the sandbox; use --enable-tools",
    ),
    (
        "--cors-origins --cors-headers --cors-methods --cors-credentials --no-cors-credentials",
        "browsers talk to this program and not to the engine; set cors_origins in config.toml",
    ),
    ("--media-path --slot-save-path", "it would open files of this machine to the engine's clients"),
    (
        "--log-file --log-disable --log-jsonl --no-log-jsonl",
        "the engine's log is read to see whether it is well; use --verbose to see it",
    ),
    (
        "-h --help --usage --version --list-devices -cl --cache-list --completion-bash",
        "it prints something and ends; see `unsloth doctor` and `unsloth run --help`",
    ),
)  # fmt: skip

MANAGED_FLAGS: Mapping[str, str] = {flag: reason for flags, reason in _REASONS for flag in flags.split()}
"""From a flag's spelling to the reason, as the second half of a sentence."""
