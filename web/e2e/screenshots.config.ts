import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chromium";

/** Pictures of every state for the documentation, from the stand-in of `dev/` (`make screenshots`). */
export default defineConfig({
  testDir: "screenshots",
  testMatch: "*.shots.ts",
  outputDir: "results",
  workers: 1,
  reporter: "line",
  timeout: 30_000,
  use: {
    baseURL: "http://127.0.0.1:4174",
    launchOptions,
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 1,
  },
  webServer: {
    command: "npx vite preview --port 4174 --host 127.0.0.1",
    url: "http://127.0.0.1:4174",
    reuseExistingServer: true,
    cwd: "..",
  },
});
