import { connection } from "./connection";
import type { Problem } from "./contract";

/** The server answered, and said no. `retryAfter` is in seconds. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null,
    readonly param: string | null,
    readonly retryAfter: number | null,
  ) {
    super(message);
  }
}

/** The server could not be reached. */
export class OfflineError extends Error {
  override readonly name = "OfflineError";
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

let onSignedOut = (): void => {};

/** Called whenever the server says that the session ended. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** One request with the session's cookie. Throws `ApiError`, or `OfflineError` when there was no answer. */
export async function request(
  method: Method,
  path: string,
  body?: BodyInit | null,
  options: CallOptions = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      body: body ?? null,
      credentials: "same-origin",
      headers: { "x-studio": "1", ...options.headers },
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    connection.lost();
    throw new OfflineError("The server cannot be reached.");
  }
  connection.found();
  if (response.ok) return response;
  const failure = await errorOf(response);
  if (response.status === 401 && !path.startsWith("/api/session")) onSignedOut();
  throw failure;
}

/** As `request`, with JSON both ways; a 204 gives undefined. */
export async function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<T> {
  const json = body === undefined ? null : JSON.stringify(body);
  const headers =
    json === null ? options.headers : { "content-type": "application/json", ...options.headers };
  const response = await request(method, path, json, { ...options, ...(headers ? { headers } : {}) });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("retry-after")) || null;
  try {
    const { error } = (await response.json()) as { error: Problem };
    return new ApiError(response.status, error.message, error.code ?? null, error.param ?? null, retryAfter);
  } catch {
    return new ApiError(
      response.status,
      `${response.status} ${response.statusText}`.trim(),
      null,
      null,
      retryAfter,
    );
  }
}
