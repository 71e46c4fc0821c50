import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { compressed } from "./dev/compressed";
import { standInServer } from "./dev/plugin";

/** KaTeX names each font in three formats; every browser we support reads the first. */
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  load(id) {
    if (!id.includes("katex") || !id.endsWith(".css")) return null;
    return readFileSync(id, "utf8").replace(/,url\([^)]+\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "");
  },
};

const server = process.env.STUDIO_URL;
const proxied = Object.fromEntries(
  ["/api", "/v1", "/health", "/docs"].map((path) => [path, { target: server ?? "", changeOrigin: true }]),
);

export default defineConfig({
  plugins: [react(), tailwindcss(), onlyWoff2, compressed(), ...(server ? [] : [standInServer()])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: server ? { proxy: proxied } : {},
  // as the server sends it (api/ui.py)
  preview: {
    headers: {
      "content-security-policy":
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'nonce-__NONCE__'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    },
  },
  build: {
    outDir: "../src/unsloth_studio/studio_page",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 0,
  },
});
