import { describe, expect, it } from "vitest";
import type { RequestRecord } from "@/api/contract";
import { EMPTY_FEED, type Filter, feedReducer, shown, totals } from "./feed";

function record(id: string, at: number, more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id,
    at,
    client: "Claude Code 2.1",
    key: { id: 1, name: "macbook" },
    endpoint: "/v1/messages",
    model: "demo",
    status: "done",
    http_status: 200,
    queued_seconds: 0,
    first_token_seconds: 0.4,
    total_seconds: 2,
    input_tokens: 100,
    cached_tokens: 90,
    output_tokens: 10,
    tokens_per_second: 40,
    streamed: true,
    tools: 0,
    repairs: 0,
    finish_reason: "stop",
    error: null,
    cache: null,
    ...more,
  };
}

const event = (request: RequestRecord) => ({ name: "request", data: JSON.stringify(request) });
const ids = (requests: RequestRecord[]) => requests.map((request) => request.id);

describe("the monitor's feed", () => {
  const listed = feedReducer(EMPTY_FEED, { type: "listed", requests: [record("a", 1), record("b", 2)] });

  it("keeps one row for each request, newest first", () => {
    const next = feedReducer(listed, {
      type: "events",
      events: [event(record("a", 1, { output_tokens: 99 })), event(record("c", 3))],
    });
    expect(ids(next.requests)).toEqual(["c", "b", "a"]);
    expect(next.requests[2]?.output_tokens).toBe(99);
  });

  it("holds news back while paused, and loses none", () => {
    const paused = feedReducer(listed, { type: "pause" });
    const later = feedReducer(paused, { type: "events", events: [event(record("c", 3))] });
    expect(ids(later.requests)).toEqual(["b", "a"]);
    expect(later.waiting).toHaveLength(1);
    expect(ids(feedReducer(later, { type: "go" }).requests)).toEqual(["c", "b", "a"]);
  });

  it("keeps what runs when it is cleared", () => {
    const live = feedReducer(listed, {
      type: "events",
      events: [event(record("c", 3, { status: "writing" }))],
    });
    expect(ids(feedReducer(live, { type: "cleared" }).requests)).toEqual(["c"]);
  });
});

describe("the filter", () => {
  const refused = record("x", 1, { client: "curl", http_status: 401, status: "failed", key: null });
  it.each<[Filter, boolean]>([
    [{ text: "curl 401", status: "all" }, true],
    [{ text: "claude", status: "all" }, false],
    [{ text: "", status: "failed" }, true],
    [{ text: "", status: "repaired" }, false],
    [{ text: "", status: "live" }, false],
  ])("%o", (filter, expected) => expect(shown(refused, filter)).toBe(expected));
});

describe("the totals", () => {
  it("weigh prompts by their length", () => {
    const requests = [
      record("a", 1),
      record("b", 2, { input_tokens: 900, cached_tokens: 0, first_token_seconds: 2 }),
    ];
    expect(totals(requests)).toEqual({ firstToken: 2, reused: 0.09 });
  });
  it("are unknown without requests", () => expect(totals([])).toEqual({ firstToken: null, reused: null }));
});
