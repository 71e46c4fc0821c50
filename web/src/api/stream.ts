import { ApiError, OfflineError, request } from "./client";
import { connection } from "./connection";
import { SseDecoder, type SseEvent } from "./sse";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;

export interface Watch {
  path: string;
  /** All events that came in one read. Returning true ends the watch. */
  onEvents: (events: SseEvent[]) => boolean | undefined;
  signal: AbortSignal;
}

/**
 * Reads an event stream until `onEvents` says it is over or `signal` aborts; when it breaks off, it is opened again, with
 * growing pauses. While the page is hidden the stream is closed: a browser allows six connections to one host for all tabs
 * together. Throws `ApiError` when the server refuses the stream.
 */
export async function watch({ path, onEvents, signal }: Watch): Promise<void> {
  let pause = FIRST_WAIT_MS;
  while (!signal.aborted) {
    await visible(signal);
    if (signal.aborted) return;
    try {
      const over = await once(path, signal, (events) => {
        pause = FIRST_WAIT_MS;
        return onEvents(events);
      });
      if (over) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status < 500) throw error;
      if (!(error instanceof OfflineError || error instanceof ApiError)) connection.lost();
    }
    await sleep(pause, signal);
    pause = Math.min(pause * 2, LONGEST_WAIT_MS);
  }
}

async function once(path: string, signal: AbortSignal, onEvents: Watch["onEvents"]): Promise<boolean> {
  const own = new AbortController();
  const stop = (): void => own.abort();
  const hidden = (): void => {
    if (document.hidden) own.abort();
  };
  signal.addEventListener("abort", stop);
  document.addEventListener("visibilitychange", hidden);
  try {
    const response = await request("GET", path, null, {
      signal: own.signal,
      headers: { accept: "text/event-stream" },
    });
    const reader = response.body?.getReader();
    const decoder = new SseDecoder();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      const events = decoder.feed(value);
      if (events.length && onEvents(events)) {
        own.abort();
        return true;
      }
    }
    return false;
  } catch (error) {
    if (document.hidden && own.signal.aborted && !signal.aborted) return false;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    document.removeEventListener("visibilitychange", hidden);
  }
}

function visible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const check = (): void => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", check);
      signal.removeEventListener("abort", check);
      resolve();
    };
    document.addEventListener("visibilitychange", check);
    signal.addEventListener("abort", check);
  });
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
