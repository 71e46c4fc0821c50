/**
 * Set-up of each client, with what it was tried with: `tests/clients` and the notes of the project's measurements.
 * A recipe is a pure function of where the server is and which model is asked for.
 */

export interface Place {
  /** Without `/v1`. */
  base: string;
  key: string;
  model: string;
  /** Tokens; null while unknown. */
  context: number | null;
}

export type Shell = "unix" | "powershell";

export interface Step {
  /** Where it goes: a shell, a file, or a form of the client. */
  where: "shell" | "file" | "form";
  path?: string;
  language: string;
  text: string;
}

export interface Client {
  id: string;
  name: string;
  /** Whether its steps differ between shells. */
  shells: boolean;
  steps: (place: Place, shell: Shell) => Step[];
}

function environment(shell: Shell, pairs: [name: string, value: string][], then: string[]): Step {
  const lines = pairs.map(([name, value]) =>
    shell === "unix" ? `export ${name}=${value}` : `$env:${name} = "${value}"`,
  );
  return {
    where: "shell",
    language: shell === "unix" ? "bash" : "powershell",
    text: [...lines, ...then].join("\n"),
  };
}

function file(path: string, language: string, text: string): Step {
  return { where: "file", path, language, text };
}

function form(pairs: [name: string, value: string][]): Step {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return {
    where: "form",
    language: "",
    text: pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n"),
  };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function home(shell: Shell, path: string): string {
  return shell === "unix" ? `~/${path}` : `$HOME\\${path.replaceAll("/", "\\")}`;
}

function limits(context: number | null): { context: number; output: number } {
  const length = context ?? 32_768;
  return { context: length, output: Math.min(8192, Math.floor(length / 4)) };
}

export const CLIENTS: Client[] = [
  {
    id: "claude-code",
    name: "Claude Code",
    shells: true,
    steps: ({ base, key, model }, shell) => [
      environment(
        shell,
        [
          ["ANTHROPIC_BASE_URL", base],
          ["ANTHROPIC_AUTH_TOKEN", key],
          ["ANTHROPIC_MODEL", model],
          ["CLAUDE_CODE_ATTRIBUTION_HEADER", "0"],
          ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"],
        ],
        ["claude --exclude-dynamic-system-prompt-sections"],
      ),
    ],
  },
  {
    id: "codex",
    name: "Codex",
    shells: true,
    steps: ({ base, key, model, context }, shell) => [
      file(
        home(shell, ".codex/config.toml"),
        "toml",
        [
          `model = "${model}"`,
          'model_provider = "unsloth_api"',
          ...(context ? [`model_context_window = ${context}`] : []),
          "",
          "[model_providers.unsloth_api]",
          'name = "Unsloth"',
          `base_url = "${base}/v1"`,
          'env_key = "UNSLOTH_STUDIO_AUTH_TOKEN"',
          'wire_api = "responses"',
          "requires_openai_auth = false",
        ].join("\n"),
      ),
      environment(shell, [["UNSLOTH_STUDIO_AUTH_TOKEN", key]], ["codex"]),
    ],
  },
  {
    id: "opencode",
    name: "OpenCode",
    shells: true,
    steps: ({ base, key, model, context }, shell) => [
      file(
        home(shell, ".config/opencode/opencode.json"),
        "json",
        json({
          model: `unsloth/${model}`,
          provider: {
            unsloth: {
              npm: "@ai-sdk/openai-compatible",
              name: "Unsloth",
              options: { baseURL: `${base}/v1`, apiKey: key },
              models: { [model]: { name: model, limit: limits(context) } },
            },
          },
        }),
      ),
      environment(shell, [], ["opencode"]),
    ],
  },
  {
    id: "openclaw",
    name: "OpenClaw",
    shells: true,
    steps: ({ base, key, model, context }, shell) => [
      file(
        home(shell, ".openclaw/openclaw.json"),
        "json",
        json({
          models: {
            mode: "merge",
            providers: {
              unsloth: {
                baseUrl: `${base}/v1`,
                apiKey: key,
                api: "openai-completions",
                models: [{ id: model, name: model, contextWindow: limits(context).context }],
              },
            },
          },
          agents: { defaults: { model: { primary: `unsloth/${model}` } } },
        }),
      ),
      environment(shell, [], ["openclaw tui --local"]),
    ],
  },
  {
    id: "cursor",
    name: "Cursor",
    shells: false,
    steps: ({ base, key, model }) => [
      form([
        ["Settings", "Models > API Keys"],
        ["OpenAI API Key", key],
        ["Override OpenAI Base URL", `${base}/v1`],
        ["Add model", model],
      ]),
    ],
  },
  {
    id: "continue",
    name: "Continue",
    shells: true,
    steps: ({ base, key, model }, shell) => [
      file(
        home(shell, ".continue/config.yaml"),
        "yaml",
        [
          "name: unsloth",
          "version: 1.0.0",
          "schema: v1",
          "models:",
          `  - name: ${model}`,
          "    provider: openai",
          `    model: ${model}`,
          `    apiBase: ${base}/v1`,
          `    apiKey: ${key}`,
          "    roles: [chat, edit]",
          "    capabilities: [tool_use]",
        ].join("\n"),
      ),
    ],
  },
  {
    id: "cline",
    name: "Cline",
    shells: true,
    steps: ({ base, key, model }, shell) => [
      form([
        ["API Provider", "OpenAI Compatible"],
        ["Base URL", `${base}/v1`],
        ["API Key", key],
        ["Model ID", model],
      ]),
      environment(
        shell,
        [],
        [`cline auth --provider openai-compatible --apikey ${key} --modelid ${model} --baseurl ${base}/v1`],
      ),
    ],
  },
  {
    id: "open-webui",
    name: "Open WebUI",
    shells: true,
    steps: ({ base, key }, shell) => [
      environment(
        shell,
        [
          ["OPENAI_API_BASE_URL", `${base}/v1`],
          ["OPENAI_API_KEY", key],
          ["ENABLE_OLLAMA_API", "false"],
        ],
        ["open-webui serve"],
      ),
    ],
  },
  {
    id: "sillytavern",
    name: "SillyTavern",
    shells: false,
    steps: ({ base, key, model }) => [
      form([
        ["API", "Chat Completion"],
        ["Chat Completion Source", "Custom (OpenAI-compatible)"],
        ["Custom Endpoint (Base URL)", `${base}/v1`],
        ["Custom API Key", key],
        ["Enter a Model ID", model],
      ]),
    ],
  },
  {
    id: "python",
    name: "Python",
    shells: false,
    steps: ({ base, key, model }) => [
      file(
        "hello.py",
        "python",
        [
          "from openai import OpenAI",
          "",
          `client = OpenAI(base_url="${base}/v1", api_key="${key}")`,
          "stream = client.chat.completions.create(",
          `    model="${model}",`,
          '    messages=[{"role": "user", "content": "Hello"}],',
          "    stream=True,",
          ")",
          "for chunk in stream:",
          "    if chunk.choices:",
          '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
        ].join("\n"),
      ),
    ],
  },
  {
    id: "javascript",
    name: "JavaScript",
    shells: false,
    steps: ({ base, key, model }) => [
      file(
        "hello.mjs",
        "javascript",
        [
          'import OpenAI from "openai";',
          "",
          `const client = new OpenAI({ baseURL: "${base}/v1", apiKey: "${key}" });`,
          "const stream = await client.chat.completions.create({",
          `  model: "${model}",`,
          '  messages: [{ role: "user", content: "Hello" }],',
          "  stream: true,",
          "});",
          'for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");',
        ].join("\n"),
      ),
    ],
  },
  {
    id: "curl",
    name: "curl",
    shells: true,
    steps: ({ base, key, model }, shell) => {
      const body = { model, messages: [{ role: "user", content: "Hello" }] };
      const unix = [
        `curl ${base}/v1/chat/completions \\`,
        `  -H "Authorization: Bearer ${key}" \\`,
        '  -H "Content-Type: application/json" \\',
        `  -d '${JSON.stringify(body)}'`,
      ];
      const windows = [
        `$body = '${JSON.stringify(body)}'`,
        `Invoke-RestMethod ${base}/v1/chat/completions -Method Post -Body $body \``,
        `  -Headers @{ Authorization = "Bearer ${key}" } -ContentType "application/json"`,
      ];
      return [environment(shell, [], shell === "unix" ? unix : windows)];
    },
  },
];
