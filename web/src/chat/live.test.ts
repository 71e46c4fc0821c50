import { describe, expect, it } from "vitest";
import type { Message } from "@/api/contract";
import { SseDecoder } from "@/api/sse";
import { begun, type Live, reduceAll } from "./live";

const EMPTY: Message = {
  id: "m2",
  thread_id: "t1",
  parent_id: "m1",
  role: "assistant",
  parts: [],
  status: "running",
  error: null,
  model: "demo",
  stats: null,
  created_at: 1,
};
const RESULT = { content: "56088\n", is_error: false, duration_ms: 80, file_ids: ["f1"] };
const REPAIR = { kind: "tags", before: "<tool_call>", after: "<tool_call></tool_call>" };
const FINISHED: Message = { ...EMPTY, status: "done", parts: [{ type: "text", text: "**56088**" }] };

function frame(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

const BEFORE_THE_END = [
  frame("snapshot", { message: EMPTY }),
  frame("progress", { stage: "reading", fraction: 0.43, text: null }),
  frame("part_start", { index: 0, part: { type: "reasoning", text: "", seconds: null } }),
  frame("delta", { index: 0, text: "乘法 " }),
  frame("delta", { index: 0, text: "is exact." }),
  frame("part_end", { index: 0, seconds: 1.2 }),
  frame("part_start", {
    index: 1,
    part: {
      type: "tool_call",
      call_id: "c1",
      name: "python",
      arguments: "",
      repairs: [],
      round: 0,
      approval: null,
      result: null,
    },
  }),
  frame("delta", { index: 1, text: '{"code": "print(123' }),
  frame("delta", { index: 1, text: ' * 456)"}' }),
  frame("repair", { index: 1, repairs: [REPAIR] }),
  frame("part_end", { index: 1 }),
  frame("tool_approval", { index: 1, approval: { approval_id: "a1", expires_at: 1790000000 } }),
  frame("tool_output", { call_id: "c1", text: "560" }),
  frame("tool_output", { call_id: "c1", text: "88\n" }),
  frame("tool_result", { call_id: "c1", result: RESULT }),
  frame("a_newer_servers_event", { anything: true }),
  frame("part_start", { index: 2, part: { type: "text", text: "" } }),
  frame("delta", { index: 2, text: "**56088**" }),
].join("");

function play(pieces: Uint8Array[]): Live {
  const decoder = new SseDecoder();
  return pieces.reduce((live, piece) => reduceAll(live, decoder.feed(piece), 1000), begun(EMPTY));
}

describe("an answer that is being written", () => {
  const bytes = new TextEncoder().encode(BEFORE_THE_END);
  const whole = play([bytes]);

  it("has the parts as they came", () => {
    expect(whole.message.parts).toEqual([
      { type: "reasoning", text: "乘法 is exact.", seconds: 1.2 },
      {
        type: "tool_call",
        call_id: "c1",
        name: "python",
        arguments: '{"code": "print(123 * 456)"}',
        repairs: [REPAIR],
        round: 0,
        approval: null,
        result: RESULT,
      },
      { type: "text", text: "**56088**" },
    ]);
    expect(whole.outputs).toEqual({ c1: "56088\n" });
    expect(whole).toMatchObject({
      open: 2,
      progress: null,
      over: false,
      startedAt: { 0: 1000, 1: 1000, 2: 1000 },
    });
  });

  it("has a call wait until somebody decides, in whichever tab", () => {
    const before = BEFORE_THE_END.slice(0, BEFORE_THE_END.indexOf("event: tool_output"));
    const waits = play([new TextEncoder().encode(before)]);
    expect(waits.message.parts[1]).toMatchObject({ approval: { approval_id: "a1" }, result: null });
    const decided = { name: "tool_approval", data: '{"index":1,"approval":null}' };
    expect(reduceAll(waits, [decided], 0).message.parts[1]).toMatchObject({ approval: null, result: null });
  });

  it("is the same from every two pieces", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(play([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
    }
  });

  it("says how much of the prompt is read until the first part", () => {
    const live = reduceAll(
      begun(EMPTY),
      [{ name: "progress", data: '{"stage":"reading","fraction":0.43,"text":null}' }],
      0,
    );
    expect(live.progress).toEqual({ stage: "reading", fraction: 0.43, text: null });
  });

  it("is replaced by the snapshot of a new connection", () => {
    const again = { ...EMPTY, parts: [{ type: "text" as const, text: "So f" }] };
    const live = reduceAll(whole, [{ name: "snapshot", data: JSON.stringify({ message: again }) }], 0);
    expect(live.message.parts).toEqual(again.parts);
    expect(live.open).toBe(0);
  });

  it("ends with what the server keeps", () => {
    const live = reduceAll(whole, [{ name: "done", data: JSON.stringify({ message: FINISHED }) }], 0);
    expect(live).toMatchObject({ message: FINISHED, over: true, open: null });
  });
});
