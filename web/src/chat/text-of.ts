import type { Message } from "@/api/contract";

/** The words of a message, without reasoning and tools. */
export function textOf(message: Message): string {
  return message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}
