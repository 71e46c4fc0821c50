import type { Plugin } from "vite";
import { standIn } from "./stand-in/server";

/** Serves the contract of `/api` from made-up data, so that the page can be worked on, and rare states shown, without a server. */
export function standInServer(): Plugin {
  return {
    name: "stand-in-server",
    configureServer: (server) => void server.middlewares.use(standIn()),
    configurePreviewServer: (server) => void server.middlewares.use(standIn()),
  };
}
