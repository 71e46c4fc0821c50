import type { Message, Part, TurnProgress } from "@/api/contract";
import type * as Schema from "@/api/schema";
import type { SseEvent } from "@/api/sse";

/**
 * An answer as it is being written. `outputs` is what running tools have printed, by call; `open` is the part that
 * grows; `startedAt` the times (ms) at which parts began, as far as this page saw them begin.
 */
export interface Live {
  message: Message;
  progress: TurnProgress | null;
  outputs: Record<string, string>;
  open: number | null;
  startedAt: Record<number, number>;
  over: boolean;
}

type TurnEvent =
  | ({ name: "snapshot" } & Schema.Snapshot)
  | ({ name: "done" } & Schema.Done)
  | ({ name: "part_start" } & Schema.PartStarted)
  | ({ name: "delta" } & Schema.Delta)
  | ({ name: "part_end" } & Schema.PartEnded)
  | ({ name: "repair" } & Schema.Repaired)
  | ({ name: "tool_approval" } & Schema.ApprovalChanged)
  | ({ name: "tool_output" } & Schema.ToolPrinted)
  | ({ name: "tool_result" } & Schema.ToolReturned)
  | ({ name: "progress" } & Schema.Progress);

const KNOWN = new Set([
  "snapshot",
  "done",
  "part_start",
  "delta",
  "part_end",
  "repair",
  "tool_approval",
  "tool_output",
  "tool_result",
  "progress",
]);

/** What is known of an answer before its stream speaks. */
export function begun(message: Message): Live {
  return {
    message,
    progress: null,
    outputs: {},
    open: null,
    startedAt: {},
    over: message.status !== "running",
  };
}

/** The event, or null for names that this page does not know (a newer server). */
export function read(event: SseEvent): TurnEvent | null {
  return KNOWN.has(event.name) ? ({ ...JSON.parse(event.data), name: event.name } as TurnEvent) : null;
}

/** The state after one event; `now` in milliseconds. Pure: the given state is not changed. */
export function reduce(live: Live, event: TurnEvent, now: number): Live {
  switch (event.name) {
    case "snapshot":
      return {
        ...begun(event.message),
        outputs: live.outputs,
        open: openPart(event.message),
        startedAt: live.startedAt,
      };
    case "done":
      return { ...live, message: event.message, progress: null, open: null, over: true };
    case "part_start": {
      const parts = live.message.parts.slice(0, event.index);
      const startedAt = { ...live.startedAt, [event.index]: now };
      return { ...withParts(live, [...parts, event.part]), progress: null, open: event.index, startedAt };
    }
    case "delta":
      return withPart(live, event.index, (part) => grown(part, event.text));
    case "part_end": {
      const closed = { ...live, open: live.open === event.index ? null : live.open };
      return withPart(closed, event.index, (part) =>
        part.type === "reasoning" ? { ...part, seconds: event.seconds ?? part.seconds } : part,
      );
    }
    case "repair":
      return withPart(live, event.index, (part) =>
        part.type === "tool_call" ? { ...part, repairs: event.repairs } : part,
      );
    case "tool_approval":
      return withPart(live, event.index, (part) =>
        part.type === "tool_call" ? { ...part, approval: event.approval } : part,
      );
    case "tool_output": {
      const outputs = { ...live.outputs, [event.call_id]: (live.outputs[event.call_id] ?? "") + event.text };
      return { ...live, outputs };
    }
    case "tool_result": {
      const parts = live.message.parts.map((part) =>
        part.type === "tool_call" && part.call_id === event.call_id
          ? { ...part, result: event.result, approval: null }
          : part,
      );
      return withParts(live, parts);
    }
    case "progress":
      return { ...live, progress: { stage: event.stage, fraction: event.fraction, text: event.text } };
  }
}

/** The state after a batch of events, as one read of the stream brings them. */
export function reduceAll(live: Live, events: SseEvent[], now: number): Live {
  let state = live;
  for (const raw of events) {
    const event = read(raw);
    if (event) state = reduce(state, event, now);
  }
  return state;
}

function grown(part: Part, text: string): Part {
  switch (part.type) {
    case "text":
    case "reasoning":
      return { ...part, text: part.text + text };
    case "tool_call":
      return { ...part, arguments: part.arguments + text };
    case "image":
      return part;
  }
}

function openPart(message: Message): number | null {
  const last = message.parts.length - 1;
  const part = message.parts[last];
  if (message.status !== "running" || !part) return null;
  return part.type === "text" || (part.type === "reasoning" && part.seconds === null) ? last : null;
}

function withParts(live: Live, parts: Part[]): Live {
  return { ...live, message: { ...live.message, parts } };
}

function withPart(live: Live, index: number, change: (part: Part) => Part): Live {
  const parts = live.message.parts.map((part, place) => (place === index ? change(part) : part));
  return withParts(live, parts);
}
