import { useSyncExternalStore } from "react";
import type { Sampling, TurnOptions } from "@/api/contract";

export const SERVER_TOOLS = ["python", "terminal", "web_search"] as const;
export type ServerTool = (typeof SERVER_TOOLS)[number];

export interface ChatOptions {
  model: string | null;
  thinking: boolean;
  tools: ServerTool[];
  /** Whether each call of a tool waits until the person allows it. */
  askFirst: boolean;
  sampling: Sampling;
  system: string;
}

const KEY = "studio.chat";
const DEFAULTS: ChatOptions = {
  model: null,
  thinking: true,
  tools: [],
  askFirst: false,
  sampling: {},
  system: "",
};

const listeners = new Set<() => void>();
let current = stored();

function stored(): ChatOptions {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<ChatOptions>) };
  } catch {
    return DEFAULTS;
  }
}

/** Changes what the next message is sent with; kept in this browser. */
export function setChatOptions(change: Partial<ChatOptions>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // storage is switched off: the choice lasts as long as the page
  }
  for (const listener of listeners) listener();
}

export function chatOptions(): ChatOptions {
  return current;
}

export function useChatOptions(): ChatOptions {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chatOptions);
}

/** As the server takes them. Tools are left out where the server runs none, the thinking
 * switch where the model has none. */
export function turnOptions(options: ChatOptions, toolsOn: boolean, canThink: boolean): TurnOptions {
  const sampling = Object.fromEntries(
    Object.entries(options.sampling).filter(([, value]) => value !== undefined),
  );
  return {
    model: options.model,
    thinking: canThink ? options.thinking : null,
    enabled_tools: toolsOn ? options.tools : [],
    tool_approval: options.askFirst ? "ask" : "never",
    sampling,
    system: options.system.trim() || null,
  };
}
