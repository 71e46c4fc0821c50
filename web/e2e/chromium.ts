import { existsSync } from "node:fs";

/** The system's own Chromium (`apt-get install chromium`); Playwright's where there is none. */
export const launchOptions = {
  ...(existsSync("/usr/bin/chromium") ? { executablePath: "/usr/bin/chromium" } : {}),
  args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
};
