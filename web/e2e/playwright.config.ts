import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chromium";

/** Journeys through the built page against a real server with the demo model (`make e2e-web`). */
export default defineConfig({
  testDir: "journeys",
  outputDir: "results",
  workers: 1,
  reporter: "list",
  timeout: 180_000, // for a machine that is busy otherwise
  expect: { timeout: 30_000 },
  use: {
    launchOptions,
    viewport: { width: 1280, height: 800 },
    actionTimeout: 20_000,
    trace: "retain-on-failure",
  },
});
