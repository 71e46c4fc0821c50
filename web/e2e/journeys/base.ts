import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContextOptions, test as base, expect, type Page } from "@playwright/test";
import { Studio } from "../studio";

export { expect };

type StorageState = Exclude<BrowserContextOptions["storageState"], string | undefined>;

interface Shared {
  studio: Studio;
  signedIn: StorageState;
}

interface Own {
  /** What the browser complained about; anything left in it at the end fails the test. */
  complaints: string[];
}

const DEMO = join(import.meta.dirname, "../../../src/unsloth_studio/demo_model/tiny-demo-model.gguf");
/** Two models beside the demo model: a copy, and one that looks right and cannot be loaded, for one of its tensors has another name. */
function withModels(home: string): void {
  const folder = join(home, "more-models");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(home, "config.toml"), `model_folders = ["${folder}"]\n`);
  copyFileSync(DEMO, join(folder, "second-model-Q8_0.gguf"));
  const bytes = readFileSync(DEMO);
  bytes.write("token_embX", bytes.indexOf("token_embd"));
  writeFileSync(join(folder, "broken-model-Q8_0.gguf"), bytes);
}

/** Journeys share one server; each test has a browser context of its own, signed in, that must stay without complaints. */
export const test = base.extend<Own, Shared>({
  studio: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's names
    async ({}, use) => {
      const studio = await Studio.start(withModels);
      await use(studio);
      await studio.stop();
    },
    { scope: "worker" },
  ],
  signedIn: [
    async ({ studio, browser }, use) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(studio.link);
      await page.getByRole("button", { name: "New chat" }).waitFor();
      const state = await context.storageState();
      await context.close();
      await use(state);
    },
    { scope: "worker" },
  ],
  baseURL: ({ studio }, use) => use(studio.url),
  storageState: ({ signedIn }, use) => use(signedIn),
  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      context.on("weberror", (event) => complaints.push(String(event.error())));
      context.on("request", (request) => {
        const url = new URL(request.url());
        if (url.protocol !== "blob:" && url.hostname !== "127.0.0.1")
          complaints.push(`asked another host: ${url}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

test.use({ locale: "en-GB" });

export async function say(page: Page, words: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill(words);
  await field.press("Enter");
}
