import type { RequestRecord, Sample } from "@/api/contract";
import type { SseEvent } from "@/api/sse";

export const MOST_REQUESTS = 1000;
export const SAMPLE_SECONDS = 300;

/** What the monitor shows. While paused, news wait in `waiting`. */
export interface Feed {
  requests: RequestRecord[];
  samples: Sample[];
  paused: boolean;
  waiting: SseEvent[];
}

export const EMPTY_FEED: Feed = { requests: [], samples: [], paused: false, waiting: [] };

export type FeedAction =
  | { type: "listed"; requests: RequestRecord[] }
  | { type: "events"; events: SseEvent[] }
  | { type: "pause" }
  | { type: "go" }
  | { type: "cleared" };

/** Pure; requests are kept newest first, one row for each id. */
export function feedReducer(feed: Feed, action: FeedAction): Feed {
  switch (action.type) {
    case "listed":
      return { ...feed, requests: merged(action.requests, feed.requests) };
    case "events":
      return feed.paused
        ? { ...feed, waiting: [...feed.waiting, ...action.events] }
        : applied(feed, action.events);
    case "pause":
      return { ...feed, paused: true };
    case "go":
      return applied({ ...feed, paused: false, waiting: [] }, feed.waiting);
    case "cleared":
      return { ...feed, requests: feed.requests.filter(isLive), waiting: [] };
  }
}

function applied(feed: Feed, events: SseEvent[]): Feed {
  const requests: RequestRecord[] = [];
  const samples = [...feed.samples];
  for (const event of events) {
    if (event.name === "request") requests.push(JSON.parse(event.data) as RequestRecord);
    if (event.name === "sample") samples.push(JSON.parse(event.data) as Sample);
  }
  return {
    ...feed,
    requests: requests.length ? merged(requests, feed.requests) : feed.requests,
    samples: samples.slice(-SAMPLE_SECONDS),
  };
}

function merged(newer: RequestRecord[], older: RequestRecord[]): RequestRecord[] {
  const byId = new Map(older.map((request) => [request.id, request]));
  for (const request of newer) byId.set(request.id, request);
  return [...byId.values()].sort((a, b) => b.at - a.at).slice(0, MOST_REQUESTS);
}

const LIVE = new Set(["queued", "loading", "reading", "writing", "tool"]);

export function isLive(request: RequestRecord): boolean {
  return LIVE.has(request.status);
}

export interface Filter {
  text: string;
  status: "all" | "live" | "done" | "failed" | "repaired";
}

/** Whether a request is shown: every word of the filter stands somewhere in what can be read of it. */
export function shown(request: RequestRecord, filter: Filter): boolean {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [
    request.client,
    request.key?.name,
    request.endpoint,
    request.model,
    request.http_status,
    request.status,
  ]
    .join(" ")
    .toLowerCase();
  if (!words.every((word) => all.includes(word))) return false;
  switch (filter.status) {
    case "all":
      return true;
    case "live":
      return isLive(request);
    case "failed":
      return request.status === "failed" || request.status === "cancelled";
    case "done":
      return request.status === "done";
    case "repaired":
      return request.repairs > 0;
  }
}

export interface Totals {
  firstToken: number | null;
  reused: number | null;
}

/** The median first token (seconds) and the share of all prompts that the cache knew. */
export function totals(requests: RequestRecord[]): Totals {
  const times = requests.flatMap((request) => request.first_token_seconds ?? []).sort((a, b) => a - b);
  let input = 0;
  let cached = 0;
  for (const request of requests) {
    if (request.cached_tokens === null || request.input_tokens === null) continue;
    input += request.input_tokens;
    cached += request.cached_tokens;
  }
  return { firstToken: times[Math.floor(times.length / 2)] ?? null, reused: input ? cached / input : null };
}
