import type { ApiKey, Message, Part } from "../../src/api/contract.ts";
import { STATS } from "./chats.ts";
import { clients } from "./connect.ts";
import { type Asked, event, openStream, send } from "./server.ts";
import { GIGA } from "./serving.ts";
import { follow, write } from "./turn.ts";

type Route = [method: string, path: RegExp, answer: (asked: Asked) => unknown];

/** The contract's routes, answered from the `World`. */
export const routes: Route[] = [
  ["GET", /^\/api\/session$/, ({ world }) => session(world.signedIn, world.scenario)],
  [
    "POST",
    /^\/api\/session$/,
    ({ world }) => {
      world.signedIn = true;
      return {};
    },
  ],
  [
    "DELETE",
    /^\/api\/session$/,
    ({ world }) => {
      world.signedIn = false;
    },
  ],
  ["GET", /^\/api\/status$/, ({ world }) => world.status()],
  ["GET", /^\/api\/settings$/, () => SETTINGS],
  ["GET", /^\/api\/clients$/, ({ world }) => clients(world.status().model ?? "")],
  ["GET", /^\/v1\/models\/(.+)$/, () => ({ settings: CHOSEN })],

  ["GET", /^\/api\/keys$/, ({ world }) => ({ keys: world.keys })],
  [
    "POST",
    /^\/api\/keys$/,
    async ({ world, body, response }) => {
      const asked = (await body()) as Pick<
        ApiKey,
        "name" | "scopes" | "expires_at" | "requests_per_minute" | "tokens_per_day"
      >;
      const id = world.keys.length + 1;
      const key: ApiKey = {
        id,
        ...asked,
        prefix: "sk-unsloth-8Kd2",
        created_at: world.now,
        last_used_at: null,
        revoked_at: null,
        state: "active",
        requests: 0,
        input_tokens: 0,
        output_tokens: 0,
        tokens_today: 0,
      };
      world.keys = [key, ...world.keys];
      send(response, { key, plaintext: "sk-unsloth-8Kd2mQx7Vt1LzWm4f09aQ7Vt1LzWm4Zr7aB2cD3eF4" }, 201);
    },
  ],
  [
    "DELETE",
    /^\/api\/keys\/(.+)$/,
    ({ world, params }) => {
      world.keys = world.keys.map((key) =>
        String(key.id) === params[0] ? { ...key, state: "revoked", revoked_at: world.now } : key,
      );
      return { key: world.keys.find((key) => String(key.id) === params[0]) };
    },
  ],

  [
    "GET",
    /^\/api\/threads$/,
    ({ world, query }) => {
      const wanted = (query.get("q") ?? "").toLowerCase();
      return {
        threads: world.threads.filter((thread) => thread.title.toLowerCase().includes(wanted)),
        more: false,
      };
    },
  ],
  [
    "POST",
    /^\/api\/threads$/,
    ({ world, response }) => {
      const id = world.id("thread");
      const thread = {
        id,
        title: "",
        created_at: world.now,
        updated_at: world.now,
        model: null,
        leaf_id: null,
      };
      world.threads = [thread, ...world.threads];
      send(response, thread, 201);
    },
  ],
  [
    "GET",
    /^\/api\/threads\/([^/]+)$/,
    ({ world, params, response }) => {
      const thread = world.threads.find((each) => each.id === params[0]);
      if (!thread)
        return send(
          response,
          { error: { message: "There is no such chat. It may have been deleted." } },
          404,
        );
      return { thread, messages: world.messages.filter((message) => message.thread_id === thread.id) };
    },
  ],
  [
    "PATCH",
    /^\/api\/threads\/([^/]+)$/,
    async ({ world, params, body }) => {
      const change = (await body()) as object;
      world.threads = world.threads.map((thread) =>
        thread.id === params[0] ? { ...thread, ...change } : thread,
      );
      return world.threads.find((thread) => thread.id === params[0]);
    },
  ],
  [
    "DELETE",
    /^\/api\/threads\/([^/]+)$/,
    ({ world, params }) => {
      world.threads = world.threads.filter((thread) => thread.id !== params[0]);
    },
  ],
  [
    "POST",
    /^\/api\/threads\/([^/]+)\/messages$/,
    async ({ world, params, body, response }) => {
      const { parent_id, parts } = (await body()) as { parent_id: string | null; parts: Part[] };
      const thread_id = params[0] ?? "";
      const base = { thread_id, error: null, model: null, stats: null };
      const user: Message = {
        ...base,
        id: world.id("m"),
        parent_id,
        role: "user",
        parts,
        status: "done",
        created_at: world.now,
      };
      send(
        response,
        { messages: [user, ...write(world, user, thread_id)], thread: name(world, thread_id, user) },
        201,
      );
    },
  ],
  [
    "POST",
    /^\/api\/threads\/([^/]+)\/messages\/([^/]+)\/(retry|continue)$/,
    ({ world, params, response }) => {
      const old = world.messages.find((message) => message.id === params[1]);
      const asked = world.messages.find((message) => message.id === old?.parent_id);
      if (asked)
        send(
          response,
          {
            messages: write(world, asked, params[0] ?? "").slice(-1),
            thread: name(world, params[0] ?? "", asked),
          },
          201,
        );
    },
  ],
  [
    "POST",
    /^\/api\/threads\/([^/]+)\/messages\/([^/]+)\/stop$/,
    ({ world, params }) => {
      const message = world.messages.find((each) => each.id === params[1]);
      if (message) Object.assign(message, { status: "stopped", stats: STATS });
      return { message };
    },
  ],
  ["GET", /^\/api\/threads\/([^/]+)\/messages\/([^/]+)\/events$/, (asked) => follow(asked)],
  [
    "POST",
    /^\/api\/files$/,
    ({ world, response }) =>
      send(response, { file_id: world.id("f"), media_type: "image/png", bytes: 1 }, 201),
  ],
  [
    "GET",
    /^\/api\/files\/(.+)$/,
    ({ params, response }) => {
      response.writeHead(200, { "content-type": "image/svg+xml" });
      response.end(params[0] === "plot" ? PLOT : LEAF);
    },
  ],

  ["GET", /^\/api\/models$/, ({ world }) => world.modelsReply()],
  [
    "GET",
    /^\/api\/models\/events$/,
    ({ world, response }) => {
      openStream(response);
      event(response, "models", world.modelsReply());
    },
  ],
  ["POST", /^\/api\/models\/plan$/, () => PLAN],
  [
    "POST",
    /^\/api\/models\/(load|unload|pin)$/,
    async ({ world, params, body }) => {
      const { model, pinned } = (await body()) as { model: string; pinned?: boolean };
      const change =
        params[0] === "pin"
          ? { pinned: pinned ?? false }
          : params[0] === "load"
            ? { state: "ready" as const, memory_bytes: 2 * GIGA }
            : { state: "unloaded" as const, memory_bytes: null };
      world.models = world.models.map((each) => (each.id === model ? { ...each, ...change } : each));
      return {};
    },
  ],
  ["GET", /^\/api\/hub\/search$/, () => ({ models: HUB })],
  ["GET", /^\/api\/hub\/(.+)$/, ({ params }) => ({ repository: params[0], variants: VARIANTS })],
  ["GET", /^\/api\/downloads$/, ({ world }) => ({ downloads: world.downloads })],
  [
    "GET",
    /^\/api\/downloads\/events$/,
    ({ world, response }) => {
      openStream(response);
      event(response, "downloads", { downloads: world.downloads });
    },
  ],

  ["GET", /^\/api\/requests$/, ({ world }) => ({ requests: world.requests })],
  [
    "DELETE",
    /^\/api\/requests$/,
    ({ world }) => {
      world.requests = [];
    },
  ],
  [
    "PUT",
    /^\/api\/requests\/keep_bodies$/,
    async ({ world, body }) => {
      world.keepBodies = ((await body()) as { on: boolean }).on;
      return {};
    },
  ],
  [
    "GET",
    /^\/api\/requests\/events$/,
    ({ world, response }) => {
      openStream(response);
      const moving = world.scenario === "usual";
      for (let ago = 280; ago >= 0; ago--) event(response, "sample", sample(world.now, ago, moving));
    },
  ],
  [
    "GET",
    /^\/api\/requests\/([^/]+)$/,
    ({ world, params }) => ({
      ...world.requests.find((request) => request.id === params[0]),
      repairs_list:
        params[0] === "r4"
          ? [
              {
                kind: "closed_brackets",
                name: "write_file",
                before: '{"path": "a.py"',
                after: '{"path": "a.py"}',
              },
            ]
          : [],
      messages: [
        { role: "system", content: "You are a coding agent." },
        { role: "user", content: "Rename the parser module." },
      ],
      request_body: null,
      response_body: null,
    }),
  ],
];

function session(signed_in: boolean, scenario: string) {
  return {
    signed_in,
    ways: scenario === "password" ? ["link", "password"] : ["link"],
    version: "0.1.0",
    service: "unsloth-studio",
    here: scenario !== "elsewhere",
  };
}

function name(world: Asked["world"], id: string, message: Message) {
  const words = message.parts.find((part) => part.type === "text")?.text ?? "Image";
  world.threads = world.threads.map((thread) =>
    thread.id === id
      ? { ...thread, title: thread.title || words.slice(0, 40), leaf_id: world.messages.at(-1)?.id ?? null }
      : thread,
  );
  return world.threads.find((thread) => thread.id === id);
}

function sample(now: number, ago: number, moving: boolean) {
  const wave = Math.sin(ago / 17) * 0.5 + 0.5;
  return {
    at: now - ago,
    tokens_per_second: moving ? (ago % 90 < 70 ? 50 + wave * 45 : 0) : 0,
    active: moving ? (ago % 90 < 70 ? 2 : 0) : 0,
    queued: moving && ago % 90 < 20 ? 1 : 0,
    memory_bytes: ago > 200 ? 15.2 * GIGA : 17.4 * GIGA,
  };
}

const CHOSEN = {
  temperature: { value: 1, source: "family", reason: "recommended for Gemma 4: its model card" },
  top_p: { value: 0.95, source: "family", reason: "recommended for Gemma 4: its model card" },
  top_k: { value: 64, source: "family", reason: "recommended for Gemma 4: its model card" },
  min_p: { value: 0.05, source: "engine", reason: "the engine's default" },
  repeat_penalty: { value: 1, source: "engine", reason: "the engine's default" },
  presence_penalty: { value: 0, source: "engine", reason: "the engine's default" },
};
const PLAN = {
  rows: [
    { name: "context", value: 32_768, reason: "the longest that leaves room for two slots" },
    { name: "slots", value: 2, reason: "default; each has its own context" },
    { name: "GPU layers", value: 31, reason: "31 of 48 fit into 22.4 GB" },
    { name: "KV cache", value: "q8_0", reason: "halves the cache with hardly any loss" },
  ],
  memory_bytes: 17.4 * GIGA,
  warnings: ["17 layers stay on the CPU: expect about a third of the speed."],
};
const HUB = [
  {
    repository: "unsloth/Qwen3-Coder-Next-GGUF",
    downloads: 1_204_880,
    likes: 812,
    updated_at: 1_795_000_000,
    gated: false,
  },
  {
    repository: "unsloth/gemma-4-26B-A4B-it-GGUF",
    downloads: 804_120,
    likes: 640,
    updated_at: 1_793_000_000,
    gated: false,
  },
  {
    repository: "unsloth/Llama-4-Scout-17B-16E-Instruct-GGUF",
    downloads: 91_322,
    likes: 203,
    updated_at: 1_760_000_000,
    gated: true,
  },
];
const VARIANTS = [
  { quantization: "UD-Q2_K_XL", size_bytes: 11.2 * GIGA, fit: "fits", on_disk: false, recommended: false },
  { quantization: "UD-Q4_K_XL", size_bytes: 16.1 * GIGA, fit: "fits", on_disk: true, recommended: false },
  { quantization: "UD-Q5_K_XL", size_bytes: 19.4 * GIGA, fit: "fits", on_disk: false, recommended: true },
  { quantization: "Q6_K", size_bytes: 22.9 * GIGA, fit: "tight", on_disk: false, recommended: false },
  { quantization: "Q8_0", size_bytes: 28.1 * GIGA, fit: "too_big", on_disk: false, recommended: false },
];
const SETTINGS = {
  settings: [
    { name: "host", value: "127.0.0.1", source: "default", description: "The address to listen on." },
    { name: "port", value: 8888, source: "flag", description: "The port to listen on." },
    {
      name: "context_length",
      value: null,
      source: "default",
      description: "Tokens per request; empty: chosen to fit the memory.",
    },
    {
      name: "tool_call_healing",
      value: true,
      source: "file",
      description: "Repair tool calls that the model wrote with mistakes.",
    },
    {
      name: "hub_token_file",
      value: "~/.cache/token",
      source: "environment",
      description: "Where the access token of the model hub is read from.",
    },
  ],
  home: "~/.unsloth/studio",
  config_file: "~/.unsloth/studio/config.toml",
  engine: { kind: "llama-server", path: "/usr/local/bin/llama-server", version: "b11434" },
  tools: {
    enabled: true,
    reason: "on by default: the server listens on this machine only",
    sandbox: { ok: true, problem: null },
  },
  model_folders: ["~/.unsloth/studio/models", "~/.cache/huggingface/hub"],
};
const LEAF =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -16 60 52" width="240" height="208"><rect x="-20" y="-16" width="60" height="52" fill="#e8ebe4"/><path fill="#1f7a4d" d="M6 0h2a12 12 0 0 1 12 12v2a6 6 0 0 1-6 6h-2A12 12 0 0 1 0 8V6a6 6 0 0 1 6-6Z"/></svg>';
const PLOT =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180" width="480" height="270"><rect width="320" height="180" fill="#fff"/><path d="M30 10v140h280" stroke="#999" fill="none"/><path d="M40 100l44-30 44 20 44 30 44-40 44-30 40-10" stroke="#1f7a4d" stroke-width="2.5" fill="none"/></svg>';
