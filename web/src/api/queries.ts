import { keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiError, call } from "./client";
import type {
  ApiKey,
  ClientsReport,
  Downloads,
  HubModel,
  HubRepository,
  Models,
  ServerStatus,
  Session,
  Settings,
  ThreadWithMessages,
} from "./contract";

/** One cache for the page. What the server refused is not asked again by itself. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      networkMode: "always", // the server is here even when the network is not
    },
    mutations: { networkMode: "always" },
  },
});

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => call<Session>("GET", "/api/session"),
  staleTime: Number.POSITIVE_INFINITY,
});

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => call<ServerStatus>("GET", "/api/status"),
  refetchInterval: 3_000,
  retry: false,
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => call<Models>("GET", "/api/models"),
});

export const downloadsQuery = queryOptions({
  queryKey: ["downloads"],
  queryFn: () => call<Downloads>("GET", "/api/downloads"),
});

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: async () => (await call<{ keys: ApiKey[] }>("GET", "/api/keys")).keys,
});

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: () => call<Settings>("GET", "/api/settings"),
});

/** `model` null means the default one; `enabled` is false while there is no model at all. */
export function clientsQuery(model: string | null, enabled: boolean) {
  return queryOptions({
    queryKey: ["clients", model],
    queryFn: () =>
      call<ClientsReport>(
        "GET",
        `/api/clients${model === null ? "" : `?model=${encodeURIComponent(model)}`}`,
      ),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function threadQuery(id: string) {
  return queryOptions({
    queryKey: ["thread", id],
    queryFn: () => call<ThreadWithMessages>("GET", `/api/threads/${id}`),
    staleTime: 1_000,
  });
}

export function hubSearchQuery(text: string) {
  return queryOptions({
    queryKey: ["hub", "search", text],
    queryFn: async () =>
      (await call<{ models: HubModel[] }>("GET", `/api/hub/search?q=${encodeURIComponent(text)}&limit=20`))
        .models,
    staleTime: 60_000,
    retry: false,
  });
}

export function hubRepositoryQuery(repository: string) {
  return queryOptions({
    queryKey: ["hub", "repository", repository],
    queryFn: () => call<HubRepository>("GET", `/api/hub/${repository}`),
    staleTime: 60_000,
    retry: false,
  });
}

/** A value that a model uses when the request says nothing, and why (`docs/settings-we-choose.md`). */
export interface ChosenSetting {
  value: number | null;
  source: string;
  reason: string;
}

export function chosenSettingsQuery(model: string) {
  return queryOptions({
    queryKey: ["chosen", model],
    queryFn: async () => {
      const card = await call<{ settings?: Record<string, ChosenSetting> }>("GET", `/v1/models/${model}`);
      return card.settings ?? {};
    },
    staleTime: 30_000,
    retry: false,
  });
}
