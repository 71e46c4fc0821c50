import type { IncomingMessage, ServerResponse } from "node:http";
import { routes } from "./routes";
import { World } from "./world";

/** What a route of the stand-in gets. `scenario` is chosen by a cookie of that name: see `world.ts`. */
export interface Asked {
  world: World;
  params: string[];
  query: URLSearchParams;
  body: () => Promise<unknown>;
  response: ServerResponse;
}

/** Sends a server-sent event. */
export function event(response: ServerResponse, name: string, data: unknown): void {
  response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function openStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
}

const worlds = new Map<string, World>();

/** A connect middleware. Every scenario has a world of its own, which lasts as long as the process. */
export function standIn() {
  return async (request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://stand-in");
    if (!/^\/(?:api|v1)\//.test(url.pathname)) return next();
    const scenario = /scenario=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "usual";
    const world = worlds.get(scenario) ?? new World(scenario);
    worlds.set(scenario, world);
    if (scenario === "offline") return void response.destroy();
    for (const [method, pattern, answer] of routes) {
      const match = request.method === method ? pattern.exec(url.pathname) : null;
      if (!match) continue;
      const params = match.slice(1).map(decodeURIComponent);
      const asked = { world, params, query: url.searchParams, body: () => json(request), response };
      const value = await answer(asked);
      if (!response.headersSent) send(response, value);
      return;
    }
    send(response, { error: { message: `There is no route ${url.pathname}.` } }, 404);
  };
}

export function send(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(value === undefined ? 204 : status, { "content-type": "application/json" });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

async function json(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return text.startsWith("{") ? JSON.parse(text) : {};
}
