import type { ApiKey, Download, Message, ModelEntry, RequestRecord, Thread } from "../../src/api/contract.ts";
import { longThread, messagesOf, threads } from "./chats.ts";
import { GIGA, keys, models, requests } from "./serving.ts";

/**
 * The state behind the stand-in's routes. Scenarios: `usual`, `empty` (a fresh install), `signed-out`, `password`, `elsewhere`
 * (another machine, no password), `loading`
 * and `failed` (the model), `downloads`, `no-tools`, `network-tools`, `offline`, `forbidden`.
 */
export class World {
  readonly started = Date.now() / 1000;
  signedIn: boolean;
  keys: ApiKey[];
  models: ModelEntry[];
  downloads: Download[];
  requests: RequestRecord[];
  threads: Thread[];
  messages: Message[];
  keepBodies = false;
  private made = 0;

  constructor(readonly scenario: string) {
    const empty = scenario === "empty";
    this.signedIn = !["signed-out", "password", "elsewhere"].includes(scenario);
    this.keys = empty ? [] : keys(this.started);
    this.models = empty ? [] : models(scenario);
    this.requests = empty ? [] : requests(this.started);
    this.threads = empty ? [] : threads(this.started);
    this.messages = empty ? [] : [...messagesOf(this.started), ...longThread(this.started)];
    this.downloads = scenario === "downloads" ? ARRIVING : [];
  }

  id(kind: string): string {
    this.made += 1;
    return `${kind}-made-${this.made}`;
  }

  get now(): number {
    return Date.now() / 1000;
  }

  modelsReply() {
    const used = this.models.reduce((sum, model) => sum + (model.memory_bytes ?? 0), 0);
    const memory = { budget_bytes: 24 * GIGA, used_bytes: used, total_bytes: 32 * GIGA };
    return { models: this.models, memory, default: this.models[0]?.id ?? null };
  }

  status() {
    const model = this.models[0];
    const busy = this.scenario === "usual";
    const state = { loading: "loading", failed: "failed" }[this.scenario] ?? "ready";
    return {
      version: "0.1.0",
      uptime_seconds: 7440,
      base_url: "http://127.0.0.1:8888",
      openai_base_url: "http://127.0.0.1:8888/v1",
      anthropic_base_url: "http://127.0.0.1:8888",
      model: model?.id ?? null,
      model_state: state,
      context_length: model?.context_length ?? null,
      slots: 2,
      active: busy ? 2 : 0,
      queued: busy ? 1 : 0,
      tokens_per_second: busy ? 86.2 : null,
      memory: this.modelsReply().memory,
      server_tools:
        this.scenario === "no-tools"
          ? { enabled: false, reason: "the server listens on more than this machine" }
          : { enabled: true, reason: "on by default: the server listens on this machine only" },
      keep_bodies: this.keepBodies,
    };
  }
}

const ARRIVING: Download[] = [
  {
    id: "d1",
    model: "unsloth/Qwen3-Coder-Next-GGUF:UD-Q3_K_XL",
    state: "running",
    bytes_done: 14.2 * GIGA,
    bytes_total: 34.7 * GIGA,
    bytes_per_second: 38e6,
    seconds_left: 539,
    note: null,
    error: null,
  },
  {
    id: "d2",
    model: "unsloth/Qwen3-1.7B-GGUF:Q8_0",
    state: "paused",
    bytes_done: 0.6 * GIGA,
    bytes_total: 1.8 * GIGA,
    bytes_per_second: null,
    seconds_left: null,
    note: null,
    error: null,
  },
  {
    id: "d3",
    model: "unsloth/gemma-4-31B-it-GGUF:Q4_K_M",
    state: "failed",
    bytes_done: 3.1 * GIGA,
    bytes_total: 18.9 * GIGA,
    bytes_per_second: null,
    seconds_left: null,
    note: null,
    error: "The disk is full: 15.8 GB are missing in ~/.unsloth/models. Free some room, then resume.",
  },
];
