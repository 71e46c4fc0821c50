import type { Message } from "../../src/api/contract.ts";
import { STATS } from "./chats.ts";
import { type Asked, event, openStream } from "./server.ts";
import type { World } from "./world.ts";

const WORDS =
  "Hello! I am a stand-in: I write these words at a steady pace, so that streaming can be looked at.";

/** Puts the user's message and a running answer into the world; the answer is written while somebody follows it. */
export function write(world: World, user: Message, thread_id: string): Message[] {
  const answer: Message = {
    id: world.id("m"),
    thread_id,
    parent_id: user.id,
    role: "assistant",
    parts: [],
    status: "running",
    error: null,
    model: null,
    stats: null,
    created_at: world.now + 0.001,
  };
  const known = world.messages.includes(user) ? [] : [user];
  world.messages.push(...known, answer);
  return [answer];
}

/** The events of an answer. Those that were made running stay so: pictures are taken of them. */
export function follow({ world, params, response }: Asked): void {
  const message = world.messages.find((each) => each.id === params[1]);
  if (!message) return;
  openStream(response);
  event(response, "snapshot", { message });
  if (message.id.startsWith("ap-")) return;
  if (!message.id.includes("made")) {
    event(response, "tool_output", {
      call_id: "c2",
      text: "Reading weather.example … 12 kB\nReading forecast.example … waiting",
    });
    event(response, "progress", { stage: "reading", fraction: 0.43, text: null });
    return;
  }
  const words = WORDS.split(/(?<= )/);
  message.parts = [{ type: "text", text: "" }];
  event(response, "part_start", { index: 0, part: message.parts[0] });
  const timer = setInterval(() => {
    const word = words.shift();
    const part = message.parts[0];
    if (word !== undefined && part?.type === "text" && message.status === "running") {
      part.text += word;
      event(response, "delta", { index: 0, text: word });
      return;
    }
    clearInterval(timer);
    Object.assign(message, { status: message.status === "stopped" ? "stopped" : "done", stats: STATS });
    event(response, "done", { message });
    response.end();
  }, 60);
}
