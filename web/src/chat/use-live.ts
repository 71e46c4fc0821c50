import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Message, ThreadWithMessages } from "@/api/contract";
import { threadQuery } from "@/api/queries";
import { watch } from "@/api/stream";
import { begun, type Live, reduceAll } from "./live";

const RENDER_EVERY_MS = 40;
const RENDER_AT_LEAST_EVERY_MS = 1000;
/** At most a third of the time is spent on drawing, so that a long answer leaves time for typing and scrolling. */
const PAUSE_PER_RENDER = 2;

/** Follows an answer that is being written; null for one that is not. The cache gets it when it is whole. */
export function useLive(message: Message | undefined): Live | null {
  const client = useQueryClient();
  const [live, setLive] = useState<Live | null>(null);
  const running = message?.status === "running" ? message.id : null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream itself brings every later state of the message
  useEffect(() => {
    if (!message || running === null) return;
    const ended = new AbortController();
    const { queryKey } = threadQuery(message.thread_id);
    let state = begun(message);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = RENDER_EVERY_MS;
    const show = (): void => {
      timer = undefined;
      const began = performance.now();
      setLive(state);
      requestAnimationFrame(() => {
        const wanted = Math.max(RENDER_EVERY_MS, PAUSE_PER_RENDER * (performance.now() - began));
        pause = Math.min(wanted, RENDER_AT_LEAST_EVERY_MS);
      });
    };
    const keep = (): void => {
      client.setQueryData<ThreadWithMessages>(
        queryKey,
        (known) => known && withMessage(known, state.message),
      );
      void client.invalidateQueries({ queryKey });
      void client.invalidateQueries({ queryKey: ["threads"] });
    };
    setLive(state);
    watch({
      path: `/api/threads/${message.thread_id}/messages/${message.id}/events`,
      signal: ended.signal,
      onEvents: (events) => {
        state = reduceAll(state, events, performance.now());
        if (!state.over) timer ??= setTimeout(show, pause);
        else keep();
        return state.over;
      },
    }).catch(() => client.invalidateQueries({ queryKey }));
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [running, client]);

  return live && live.message.id === running ? live : null;
}

/** The thread with a message replaced, or added. */
export function withMessage(known: ThreadWithMessages, message: Message): ThreadWithMessages {
  const others = known.messages.filter((each) => each.id !== message.id);
  return { ...known, messages: [...others, message] };
}
