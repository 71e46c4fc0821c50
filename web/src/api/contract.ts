/** The shapes of the server's `/api`. Times are Unix seconds, sizes bytes, durations seconds unless the name says otherwise. */

export interface Problem {
  message: string;
  type?: string | null;
  code?: string | null;
  param?: string | null;
}

export interface Session {
  signed_in: boolean;
  ways: ("link" | "password")[];
  version: string;
  service: string;
  /** Whether the browser runs on the server's machine: a link works only there. */
  here?: boolean;
  password_set?: boolean;
}

export type ApiScope = "inference" | "tools" | "admin";

export interface ApiKey {
  id: number | string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
  state: "active" | "expired" | "revoked";
  requests: number;
  input_tokens: number;
  output_tokens: number;
}

export interface CreatedKey {
  key: ApiKey;
  plaintext: string;
}

export interface Thread {
  id: string;
  title: string;
  created_at: number;
  updated_at: number;
  model: string | null;
  leaf_id: string | null;
}

export interface Repair {
  kind: string;
  before: string;
  after: string;
}

export interface ToolResult {
  content: string;
  is_error: boolean;
  duration_ms: number | null;
  file_ids: string[];
}

export interface TextPart {
  type: "text";
  text: string;
}

export interface ReasoningPart {
  type: "reasoning";
  text: string;
  seconds: number | null;
}

export interface ImagePart {
  type: "image";
  file_id: string;
  media_type: string;
}

/** A call that waits until somebody allows it; from `expires_at` on it counts as refused. */
export interface Approval {
  approval_id: string;
  expires_at: number;
}

export interface ToolCallPart {
  type: "tool_call";
  call_id: string;
  name: string;
  arguments: string;
  repairs: Repair[];
  approval: Approval | null;
  result: ToolResult | null;
}

export type Part = TextPart | ReasoningPart | ImagePart | ToolCallPart;

export interface TurnStats {
  input_tokens: number | null;
  cached_tokens: number | null;
  output_tokens: number | null;
  tokens_per_second: number | null;
  first_token_seconds: number | null;
  total_seconds: number | null;
  context_length: number | null;
  finish_reason: string | null;
}

export type MessageStatus = "running" | "done" | "stopped" | "failed";

export interface Message {
  id: string;
  thread_id: string;
  parent_id: string | null;
  role: "user" | "assistant";
  parts: Part[];
  status: MessageStatus;
  error: Problem | string | null;
  model: string | null;
  stats: TurnStats | null;
  created_at: number;
}

export interface ThreadWithMessages {
  thread: Thread;
  messages: Message[];
}

export interface Sampling {
  temperature?: number;
  top_p?: number;
  top_k?: number;
  min_p?: number;
  repeat_penalty?: number;
  presence_penalty?: number;
  max_tokens?: number;
}

export interface TurnOptions {
  model: string | null;
  thinking: boolean | null;
  enabled_tools: string[];
  tool_approval: "ask" | "never";
  sampling: Sampling;
  system: string | null;
}

export interface Sent {
  messages: Message[];
  thread: Thread;
}

export interface StoredFile {
  file_id: string;
  media_type: string;
  bytes: number;
}

export interface TurnProgress {
  stage: "queued" | "loading" | "reading";
  fraction: number | null;
  text: string | null;
}

export interface ModelEntry {
  id: string;
  name: string;
  size_bytes: number | null;
  quantization: string | null;
  parameters: number | string | null;
  state: string;
  progress: number | null;
  error: Problem | string | null;
  context_length: number | null;
  native_context: number | null;
  capabilities: { tools: boolean; vision: boolean; thinking: boolean };
  pinned: boolean;
  /** Whether its files may be deleted; the demo model's may not. */
  removable?: boolean;
  memory_bytes: number | null;
  busy: number;
}

export interface Memory {
  budget_bytes: number | null;
  used_bytes: number | null;
  total_bytes: number | null;
}

export interface Models {
  models: ModelEntry[];
  memory: Memory;
  default: string | null;
}

export interface LoadSettings {
  model: string;
  context_length?: number;
  parallel?: number;
  cache_type?: string;
  gpu_layers?: number;
  flags?: string[];
}

export interface LoadPlan {
  rows: { name: string; value: string | number | boolean | null; reason: string }[];
  memory_bytes: number | null;
  warnings: string[];
}

export interface HubModel {
  repository: string;
  downloads: number | null;
  likes: number | null;
  updated_at: number | string | null;
  gated: boolean | string;
}

export interface HubVariant {
  quantization: string;
  size_bytes: number | null;
  fit: "fits" | "tight" | "too_big" | null;
  on_disk: boolean;
  recommended: boolean;
}

export interface HubRepository {
  repository: string;
  variants: HubVariant[];
}

export interface Download {
  id: string;
  model: string;
  state: "running" | "paused" | "done" | "failed" | "cancelled";
  bytes_done: number;
  bytes_total: number | null;
  bytes_per_second: number | null;
  seconds_left: number | null;
  note?: string | null;
  error: Problem | string | null;
}

export interface Downloads {
  downloads: Download[];
}

export interface ServerStatus {
  version: string;
  uptime_seconds: number;
  base_url: string;
  openai_base_url: string;
  anthropic_base_url: string;
  model: string | null;
  model_state: string;
  context_length: number | null;
  slots: number | null;
  active: number;
  queued: number;
  tokens_per_second: number | null;
  memory: Memory;
  server_tools: { enabled: boolean; reason: string };
  keep_bodies: boolean;
}

export type RequestStatus =
  | "queued"
  | "loading"
  | "reading"
  | "writing"
  | "tool"
  | "done"
  | "failed"
  | "cancelled";

export interface RequestRecord {
  id: string;
  at: number;
  client: string | null;
  key: { id: number | string; name: string } | null;
  endpoint: string;
  model: string | null;
  status: RequestStatus;
  http_status: number | null;
  queued_seconds: number | null;
  first_token_seconds: number | null;
  total_seconds: number | null;
  input_tokens: number | null;
  cached_tokens: number | null;
  output_tokens: number | null;
  tokens_per_second: number | null;
  streamed: boolean;
  tools: number;
  repairs: number;
  finish_reason: string | null;
  error: Problem | string | null;
}

export interface RequestDetail extends RequestRecord {
  repairs_list: { kind: string; name?: string | null; before: string; after: string }[];
  messages: unknown[] | null;
  request_body: unknown;
  response_body: unknown;
}

export interface Sample {
  at: number;
  tokens_per_second: number | null;
  active: number;
  queued: number;
  memory_bytes: number | null;
}

export interface SettingRow {
  name: string;
  value: unknown;
  source: "flag" | "environment" | "file" | "default" | string;
  description: string;
}

export interface Settings {
  settings: SettingRow[];
  home: string;
  config_file: string | null;
  engine: { kind: string; path: string | null; version: string | null };
  tools: { enabled: boolean; reason: string; sandbox: { ok: boolean; problem: string | null } };
  model_folders: string[];
}

/** What is said of a problem, whether it came as an object or as words. */
export function problemText(problem: Problem | string | null): string {
  return typeof problem === "string" ? problem : (problem?.message ?? "");
}
