import type { ClientSteps, ClientsReport, SetupStep } from "../../src/api/contract.ts";

const KEY = "sk-unsloth-KEY";
const NAMES: [id: string, name: string, known: boolean][] = [
  ["claude", "Claude Code", true],
  ["codex", "Codex", true],
  ["opencode", "OpenCode", true],
  ["openclaw", "OpenClaw", true],
  ["qwen", "Qwen Code", true],
  ["cline", "Cline", true],
  ["continue", "Continue", true],
  ["pi", "pi", true],
  ["aider", "aider", true],
  ["hermes", "Hermes Agent", true],
  ["open-webui", "Open WebUI", true],
  ["cursor", "Cursor", false],
  ["cline-vscode", "Cline (VS Code)", false],
  ["sillytavern", "SillyTavern", false],
  ["python", "Python", false],
  ["javascript", "JavaScript", false],
  ["curl", "curl", false],
];

/** As the server says it, for the first client; the others have a part of their texts. */
export function clients(model: string): ClientsReport {
  return { model, key: KEY, clients: NAMES.map((row) => client(model, ...row)) };
}

function client(model: string, id: string, name: string, known: boolean): ClientSteps {
  const values: [string, string][] =
    id === "claude"
      ? [
          ["ANTHROPIC_BASE_URL", "http://127.0.0.1:8888"],
          ["ANTHROPIC_MODEL", model],
          ["CLAUDE_CODE_MAX_CONTEXT_TOKENS", "32768"],
          ["CLAUDE_CODE_MAX_OUTPUT_TOKENS", "4096"],
          ["CLAUDE_CODE_ATTRIBUTION_HEADER", "0"],
          ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"],
          ["ANTHROPIC_AUTH_TOKEN", KEY],
        ]
      : [
          ["OPENAI_BASE_URL", "http://127.0.0.1:8888/v1"],
          ["OPENAI_API_KEY", KEY],
        ];
  const then = id === "claude" ? ["claude --exclude-dynamic-system-prompt-sections"] : [];
  const unix = [...values.map(([key, value]) => `export ${key}=${value}`), ...then];
  const powershell = [...values.map(([key, value]) => `$env:${key} = '${value}'`), ...then];
  return {
    id,
    name,
    command: known ? `unsloth start ${id}` : null,
    context_needed: id === "hermes" ? 64_000 : 16_384,
    unix: [step(unix, "sh")],
    powershell: [step(powershell, "powershell")],
  };
}

function step(lines: string[], language: string): SetupStep {
  return { where: "shell", text: lines.join("\n"), language, path: "" };
}
