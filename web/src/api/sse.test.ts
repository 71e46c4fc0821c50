import { describe, expect, it } from "vitest";
import { SseDecoder, type SseEvent } from "./sse";

const RECORDED = [
  ": hello\n\n",
  'event: snapshot\r\ndata: {"message":{"id":"m1"}}\r\n\r\n',
  'event: delta\ndata: {"index":0,"text":"你好，123 × 456 🦥"}\n\n',
  "event: delta\rdata: one\rdata: two\r\r",
  "event: nothing\n\n",
  "data:no space\n\n",
  "data\n\n",
  "data: left open",
].join("");

const EXPECTED: SseEvent[] = [
  { name: "snapshot", data: '{"message":{"id":"m1"}}' },
  { name: "delta", data: '{"index":0,"text":"你好，123 × 456 🦥"}' },
  { name: "delta", data: "one\ntwo" },
  { name: "message", data: "no space" },
  { name: "message", data: "" },
];

function decode(pieces: Uint8Array[]): SseEvent[] {
  const decoder = new SseDecoder();
  return pieces.flatMap((piece) => decoder.feed(piece));
}

describe("the event stream decoder", () => {
  const bytes = new TextEncoder().encode(RECORDED);

  it("reads the stream at once", () => expect(decode([bytes])).toEqual(EXPECTED));

  it("reads the same from every two pieces", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(EXPECTED);
    }
  });

  it("reads the same byte by byte", () => {
    expect(decode([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(EXPECTED);
  });
});
