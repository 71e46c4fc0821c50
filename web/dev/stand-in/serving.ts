import type { ApiKey, ModelEntry, RequestRecord } from "../../src/api/contract.ts";

export const GIGA = 1e9;
const DAY = 86_400;

export function keys(now: number): ApiKey[] {
  const key = (id: number, prefix: string, name: string, more: Partial<ApiKey>): ApiKey => ({
    id,
    name,
    prefix: `sk-unsloth-${prefix}`,
    scopes: ["inference", "tools"],
    created_at: now - 3 * DAY,
    expires_at: null,
    last_used_at: null,
    revoked_at: null,
    state: "active",
    requests: 0,
    input_tokens: 0,
    output_tokens: 0,
    requests_per_minute: null,
    tokens_per_day: null,
    tokens_today: 0,
    ...more,
  });
  return [
    key(1, "p1Xq", "cli", {
      last_used_at: now - 130,
      requests: 812,
      input_tokens: 4_102_880,
      output_tokens: 77_343,
    }),
    key(2, "8Kd2", "claude-code-macbook", {
      created_at: now - 9 * DAY,
      expires_at: now + 90 * DAY,
      last_used_at: now - 4,
      requests: 2140,
      input_tokens: 31_880_204,
      output_tokens: 402_118,
    }),
    key(3, "Zr7a", "open-webui", {
      scopes: ["inference"],
      created_at: now - 18 * DAY,
      expires_at: now + 11 * DAY,
      last_used_at: now - DAY,
      requests: 96,
      input_tokens: 88_200,
      output_tokens: 8210,
    }),
    key(4, "q0Lm", "old-laptop", {
      created_at: now - 60 * DAY,
      revoked_at: now - 2 * DAY,
      state: "revoked",
      requests: 11,
      input_tokens: 5100,
      output_tokens: 910,
    }),
  ];
}

export function models(scenario: string): ModelEntry[] {
  const model = (id: string, name: string, more: Partial<ModelEntry>): ModelEntry => ({
    id,
    name,
    size_bytes: null,
    quantization: null,
    parameters: null,
    state: "unloaded",
    progress: null,
    error: null,
    context_length: null,
    native_context: null,
    capabilities: { tools: true, vision: false, thinking: true },
    pinned: false,
    removable: true,
    memory_bytes: null,
    busy: 0,
    ...more,
  });
  const first: Partial<ModelEntry> =
    scenario === "loading"
      ? { state: "starting", progress: 0.64 }
      : scenario === "failed"
        ? {
            state: "failed",
            error:
              "The model does not fit: it needs 26.1 GB of memory and 22.4 GB are free. Load it with a smaller context (try 16384), or take UD-Q3_K_XL (13.2 GB).",
          }
        : { state: "ready", memory_bytes: 17.4 * GIGA, context_length: 32_768, busy: 2 };
  return [
    model("unsloth/gemma-4-26B-A4B-it-GGUF", "gemma-4-26B-A4B-it", {
      size_bytes: 16.1 * GIGA,
      quantization: "UD-Q4_K_XL",
      native_context: 262_144,
      pinned: true,
      capabilities: { tools: true, vision: true, thinking: true },
      ...first,
    }),
    model("unsloth/Qwen3-1.7B-GGUF", "Qwen3-1.7B", {
      size_bytes: 1.8 * GIGA,
      quantization: "Q8_0",
      native_context: 40_960,
    }),
    model("unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF", "Qwen3-Coder-30B-A3B-Instruct", {
      size_bytes: 17.7 * GIGA,
      quantization: "UD-Q4_K_XL",
      native_context: 262_144,
      capabilities: { tools: true, vision: false, thinking: false },
    }),
    model("tiny-demo-model", "tiny-demo-model", {
      size_bytes: 4.5e6,
      quantization: "Q8_0",
      native_context: 8192,
    }),
  ];
}

export function requests(now: number): RequestRecord[] {
  const macbook = { id: 2, name: "claude-code-macbook" };
  const cli = { id: 1, name: "cli" };
  let at = now;
  const request = (
    id: string,
    ago: number,
    client: string,
    endpoint: string,
    more: Partial<RequestRecord>,
  ): RequestRecord => {
    at = now - ago;
    return {
      id,
      at,
      client,
      key: cli,
      endpoint,
      model: "unsloth/gemma-4-26B-A4B-it-GGUF",
      status: "done",
      http_status: 200,
      queued_seconds: 0.01,
      first_token_seconds: null,
      total_seconds: 1.2,
      input_tokens: null,
      cached_tokens: null,
      output_tokens: null,
      tokens_per_second: null,
      streamed: true,
      tools: 0,
      repairs: 0,
      finish_reason: null,
      error: null,
      cache: null,
      ...more,
    };
  };
  const recent = [
    request("r1", 5, "Claude Code 2.1", "/v1/messages", {
      key: macbook,
      status: "writing",
      input_tokens: 18_204,
      cached_tokens: 18_021,
      output_tokens: 212,
      first_token_seconds: 0.42,
      tokens_per_second: 43.1,
    }),
    request("r2", 6, "Claude Code 2.1, agent", "/v1/messages", {
      key: macbook,
      status: "queued",
      input_tokens: 9310,
    }),
    request("r3", 22, "Codex 0.169", "/v1/responses", {
      input_tokens: 11_020,
      cached_tokens: 1322,
      output_tokens: 640,
      first_token_seconds: 6.8,
      total_seconds: 22.1,
      tokens_per_second: 41.9,
      finish_reason: "stop",
    }),
    request("r4", 61, "OpenCode 1.18", "/v1/chat/completions", {
      input_tokens: 8114,
      cached_tokens: 7951,
      output_tokens: 92,
      first_token_seconds: 0.28,
      total_seconds: 2.4,
      tokens_per_second: 44,
      finish_reason: "tool_calls",
      repairs: 1,
    }),
    request("r5", 93, "curl 8.5", "/v1/chat/completions", {
      key: null,
      status: "failed",
      http_status: 401,
      streamed: false,
      error: "This API key was revoked. Make a new one: unsloth keys create NAME.",
    }),
    request("r6", 120, "Open WebUI 0.12", "/v1/chat/completions", {
      key: { id: 3, name: "open-webui" },
      input_tokens: 2210,
      cached_tokens: 2100,
      output_tokens: 512,
      first_token_seconds: 0.31,
      total_seconds: 12.2,
      tokens_per_second: 43.4,
      finish_reason: "length",
      tools: 2,
    }),
  ];
  const older = Array.from({ length: 40 }, (_, index) =>
    request(`o${index}`, 200 + index * 47, "Claude Code 2.1", "/v1/messages", {
      key: macbook,
      input_tokens: 17_900 - index * 130,
      cached_tokens: 17_500 - index * 131,
      output_tokens: 40 + ((index * 37) % 300),
      first_token_seconds: 0.25 + (index % 7) / 20,
      total_seconds: 3 + (index % 5),
      tokens_per_second: 42 + (index % 4),
      finish_reason: "tool_calls",
    }),
  );
  return [...recent, ...older];
}
