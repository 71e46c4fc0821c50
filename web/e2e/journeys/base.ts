import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContextOptions, test as base, expect, type Locator, type Page } from "@playwright/test";
import { help, Studio, Told } from "../studio";

export { expect };

type StorageState = Exclude<BrowserContextOptions["storageState"], string | undefined>;

type HubLine = { url: string } | { path: string; range_start: number | null };

interface Shared {
  /** What is asked of it; its one repository holds the demo model. */
  hub: Told<HubLine>;
  studio: Studio;
  signedIn: StorageState;
}

interface Own {
  /** What the browser complained about; anything left in it at the end fails the test. */
  complaints: string[];
}

const DEMO = join(import.meta.dirname, "../../../src/unsloth_studio/demo_model/tiny-demo-model.gguf");
export const REPOSITORY = "someone/Tiny-GGUF";

/**
 * Models beside the demo model: a copy, one that never ends its answer, and one that looks right and cannot be loaded, for one
 * of its tensors has another name.
 */
async function withModels(home: string): Promise<void> {
  const folder = join(home, "more-models");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(home, "config.toml"), `model_folders = ["${folder}"]\n`);
  copyFileSync(DEMO, join(folder, "second-model-Q8_0.gguf"));
  const bytes = readFileSync(DEMO);
  bytes.write("token_embX", bytes.indexOf("token_embd"));
  writeFileSync(join(folder, "broken-model-Q8_0.gguf"), bytes);
  await help("endless", join(folder, "endless-model-Q8_0.gguf"));
}

/** Journeys share one server; each test has a browser context of its own, signed in, that must stay without complaints. */
export const test = base.extend<Own, Shared>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's names
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), "hub-"));
      const file = join(folder, "Tiny-Q8_0.gguf");
      copyFileSync(DEMO, file);
      const hub = await Told.start<HubLine>("tests.hub_server", REPOSITORY, file);
      await use(hub);
      hub.stop();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
  studio: [
    async ({ hub }, use) => {
      const [first] = hub.lines;
      const HF_ENDPOINT = first && "url" in first ? first.url : "";
      const studio = await Studio.start(withModels, { HF_ENDPOINT, HF_TOKEN: "", HF_HUB_OFFLINE: "" });
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

/** Chooses a model at the top left, and waits until it is loaded. */
export async function choose(page: Page, name: RegExp): Promise<void> {
  await page.getByRole("button", { name: /^Choose a model/ }).click();
  await page.getByRole("list").getByRole("button", { name }).click();
  await expect(page.getByText("Loading", { exact: true })).toHaveCount(0);
}

/** Begins an answer that ends only when it is stopped. */
export async function sayEndlessly(page: Page): Promise<void> {
  await choose(page, /endless-model/);
  await say(page, "Count");
  await page.waitForURL(/\/chat\//);
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("60,");
}

/** Watches, in pages that are opened from now on, by how much things move that nobody moved (web.dev/articles/cls). */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        shifts.sum += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** What was seen so far, in shares of the page. */
export async function shifted(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum);
}

/** Goes there with the Tab key alone. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let turn = 0; turn < 80; turn++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`The Tab key does not lead to ${target}`);
}
