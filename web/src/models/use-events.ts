import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Downloads, Models } from "@/api/contract";
import { downloadsQuery, modelsQuery } from "@/api/queries";
import { watch } from "@/api/stream";

/** Keeps the models in step with the server while `on`. */
export function useModelEvents(on: boolean): void {
  useFeed<Models>(on, "/api/models/events", modelsQuery.queryKey);
}

/** Keeps the downloads in step with the server while `on`. */
export function useDownloadEvents(on: boolean): void {
  useFeed<Downloads>(on, "/api/downloads/events", downloadsQuery.queryKey);
}

function useFeed<T>(on: boolean, path: string, queryKey: readonly unknown[]): void {
  const client = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: query keys are constants
  useEffect(() => {
    if (!on) return;
    const ended = new AbortController();
    const onEvents = (events: { data: string }[]): undefined => {
      const last = events.at(-1);
      if (last) client.setQueryData<T>(queryKey, JSON.parse(last.data) as T);
    };
    watch({ path, signal: ended.signal, onEvents }).catch(() => client.invalidateQueries({ queryKey }));
    return () => ended.abort();
  }, [on, path, client]);
}
