import type { ModelEntry } from "@/api/contract";
import type { Tone } from "@/ui/chip";

const LOADING = new Set(["starting", "loading", "queued"]);

export function isLoading(model: ModelEntry): boolean {
  return LOADING.has(model.state);
}

/** Whether the model takes memory now. */
export function isLoaded(model: ModelEntry): boolean {
  return model.state === "ready" || model.state === "unloading" || model.state === "stopping";
}

export function stateTone(model: ModelEntry): Tone {
  if (model.state === "ready") return "good";
  if (model.state === "failed") return "bad";
  return isLoading(model) ? "warn" : "plain";
}
