import type { Page } from "@playwright/test";

/** One picture: where, in which state of the stand-in, and what to do first. */
export interface State {
  name: string;
  path: string;
  scenario?: string;
  phone?: boolean;
  chinese?: boolean;
  act?: (page: Page) => Promise<unknown>;
}

export const STATES: State[] = [
  { name: "chat", path: "/chat/sum" },
  { name: "chat-markdown", path: "/chat/markdown", act: (page) => page.locator(".katex").first().waitFor() },
  {
    name: "chat-healed",
    path: "/chat/sum",
    act: (page) => page.getByRole("button", { name: /healed/ }).click(),
  },
  {
    name: "chat-approval",
    path: "/chat/approval",
    act: async (page) => {
      await page.getByRole("button", { name: "Ask first" }).click();
      await page.keyboard.press("a");
    },
  },
  { name: "chat-approval-phone", path: "/chat/approval", phone: true },
  { name: "chat-states", path: "/chat/states" },
  { name: "chat-new", path: "/" },
  {
    name: "chat-model-picker",
    path: "/",
    act: (page) => page.getByRole("button", { name: /^Choose a model/ }).click(),
  },
  {
    name: "chat-sampling",
    path: "/",
    act: (page) => page.getByRole("button", { name: "Sampling" }).click(),
  },
  { name: "chat-loading", path: "/", scenario: "loading" },
  { name: "chat-tools-off", path: "/", scenario: "no-tools" },
  { name: "chat-engine-lost", path: "/chat/states", scenario: "failed" },
  { name: "chat-empty", path: "/", scenario: "empty" },
  { name: "chat-long", path: "/chat/long" },
  { name: "chat-phone", path: "/chat/sum", phone: true },
  {
    name: "chat-phone-menu",
    path: "/chat/sum",
    phone: true,
    act: (page) => page.getByRole("button", { name: "Menu" }).click(),
  },
  { name: "chat-chinese", path: "/chat/chinese", chinese: true },
  { name: "models", path: "/models" },
  { name: "models-failed", path: "/models", scenario: "failed" },
  { name: "models-downloads", path: "/models", scenario: "downloads" },
  {
    name: "models-hub",
    path: "/models?tab=hub",
    act: (page) => page.getByRole("button", { name: /gemma-4-26B/ }).click(),
  },
  {
    name: "models-load",
    path: "/models",
    act: async (page) => {
      await page.getByRole("button", { name: "Actions for Qwen3-1.7B" }).click();
      await page.getByRole("menuitem", { name: "Load with settings" }).click();
    },
  },
  { name: "models-empty", path: "/models", scenario: "empty" },
  { name: "models-phone", path: "/models", phone: true },
  { name: "monitor", path: "/monitor" },
  {
    name: "monitor-request",
    path: "/monitor",
    act: (page) => page.getByRole("button", { name: /Request of OpenCode/ }).click(),
  },
  { name: "monitor-empty", path: "/monitor", scenario: "empty" },
  { name: "monitor-phone", path: "/monitor", phone: true },
  { name: "keys", path: "/keys" },
  {
    name: "keys-created",
    path: "/keys",
    scenario: "created",
    act: async (page) => {
      await page.getByLabel("Name", { exact: true }).fill("codex-desktop");
      await page.getByRole("button", { name: "Create key" }).click();
    },
  },
  {
    name: "keys-limits",
    path: "/keys",
    act: async (page) => {
      await page.getByLabel("Name", { exact: true }).fill("guest");
      await page.getByRole("button", { name: "Limits" }).click();
      await page.getByLabel("Requests per minute").fill("20");
    },
  },
  {
    name: "keys-revoke",
    path: "/keys",
    act: (page) => page.getByRole("button", { name: "Revoke cli" }).click(),
  },
  { name: "keys-empty", path: "/keys", scenario: "empty" },
  { name: "keys-phone", path: "/keys", phone: true },
  { name: "connect", path: "/connect" },
  { name: "connect-phone", path: "/connect", phone: true },
  { name: "settings-general", path: "/settings/general" },
  { name: "settings-tools", path: "/settings/tools" },
  { name: "settings-folders", path: "/settings/folders" },
  { name: "settings-appearance", path: "/settings/appearance" },
  { name: "settings-about", path: "/settings/about" },
  { name: "shortcuts", path: "/models", act: (page) => page.keyboard.press("?") },
  { name: "sign-in", path: "/", scenario: "signed-out" },
  { name: "sign-in-password", path: "/", scenario: "password" },
  { name: "sign-in-elsewhere", path: "/", scenario: "elsewhere" },
  { name: "offline", path: "/", scenario: "offline" },
];
