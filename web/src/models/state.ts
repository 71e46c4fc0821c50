import type { ModelEntry } from "@/api/contract";
import type { Tone } from "@/ui/chip";

export function isLoading(model: ModelEntry): boolean {
  return model.state === "starting" || model.state === "queued";
}

/** Whether the model takes memory now. */
export function isLoaded(model: ModelEntry): boolean {
  return model.state === "ready" || model.state === "stopping";
}

export function stateTone(model: ModelEntry): Tone {
  if (model.state === "ready") return "good";
  if (model.state === "failed") return "bad";
  return isLoading(model) ? "warn" : "plain";
}
