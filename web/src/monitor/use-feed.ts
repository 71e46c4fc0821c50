import { useQuery } from "@tanstack/react-query";
import { type Dispatch, useEffect, useReducer } from "react";
import { call } from "@/api/client";
import type { RequestRecord } from "@/api/contract";
import { watch } from "@/api/stream";
import { EMPTY_FEED, type Feed, type FeedAction, feedReducer } from "./feed";

/** The requests that were, and those that come. */
export function useFeed(): {
  feed: Feed;
  dispatch: Dispatch<FeedAction>;
  isPending: boolean;
  error: unknown;
  retry: () => void;
} {
  const [feed, dispatch] = useReducer(feedReducer, EMPTY_FEED);
  const list = useQuery({
    queryKey: ["requests"],
    queryFn: async () =>
      (await call<{ requests: RequestRecord[] }>("GET", "/api/requests?limit=200")).requests,
    staleTime: 0,
    gcTime: 0,
  });
  useEffect(() => {
    if (list.data) dispatch({ type: "listed", requests: list.data });
  }, [list.data]);
  useEffect(() => {
    const ended = new AbortController();
    const onEvents = (events: Parameters<Parameters<typeof watch>[0]["onEvents"]>[0]): undefined => {
      dispatch({ type: "events", events });
    };
    watch({ path: "/api/requests/events", signal: ended.signal, onEvents }).catch(() => {});
    return () => ended.abort();
  }, []);
  return { feed, dispatch, isPending: list.isPending, error: list.error, retry: () => void list.refetch() };
}
