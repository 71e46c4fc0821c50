import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, say, shifted, tabTo, test, watchShifts } from "./base";

const PAGES = [
  "/",
  "/models",
  "/monitor",
  "/keys",
  "/connect",
  "/settings/general",
  "/settings/tools",
  "/settings/folders",
  "/settings/appearance",
  "/settings/about",
];

async function settled(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole("main").waitFor();
  await expect(page.getByRole("status", { name: /Loading|加载中/ })).toHaveCount(0);
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

for (const theme of ["light", "dark"] as const) {
  test(`no page has a barrier that axe knows, in ${theme}`, async ({ page }) => {
    test.slow();
    await page.addInitScript((chosen) => localStorage.setItem("studio.theme", chosen), theme);
    await page.goto("/");
    await say(page, "Hello");
    await expect(page.getByText("How can I help?")).toBeVisible();
    for (const path of [new URL(page.url()).pathname, ...PAGES, "/keys?signed-out"]) {
      if (path.endsWith("signed-out")) await page.context().clearCookies();
      await settled(page, path);
      const axe = new AxeBuilder({ page });
      // the second time only what a theme changes
      if (theme === "dark") axe.withRules(["color-contrast"]);
      const { violations } = await axe.analyze();
      expect(violations.map((each) => `${path}: ${each.id}: ${each.nodes[0]?.html}`)).toEqual([]);
    }
  });
}

test("on a phone nothing is wider than the screen, and the sidebar is a sheet", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of PAGES) {
    await settled(page, path);
    expect(await overflow(page), path).toBeLessThanOrEqual(0);
  }
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Monitor" }).click();
  await expect(page).toHaveURL("/monitor");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("everything is reached by keyboard", async ({ page }) => {
  await settled(page, "/models");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("o");
  await expect(page).toHaveURL("/monitor");
  await page.keyboard.press("Control+k");
  await expect(page).toHaveURL("/");
  const field = page.getByRole("textbox", { name: "Message" });
  await expect(field).toBeFocused();
  const python = page.getByRole("button", { name: "Python", exact: true });
  await tabTo(page, python);
  await page.keyboard.press("Space");
  await expect(python).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("i");
  await expect(field).toBeFocused();
  await page.keyboard.type("What is 12 * 12? Use Python.");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("region", { name: "Python" }).getByText("144")).toBeVisible();
  await expect(page.getByRole("button", { name: "Send" })).toBeVisible();
  await tabTo(page, page.getByRole("region", { name: "Messages" }));
  await page.keyboard.press("m");
  await expect(page.getByRole("searchbox", { name: "Search models" })).toBeFocused();
  await page.keyboard.press("Escape");
});

test("a key is made and revoked by keyboard", async ({ page }) => {
  await settled(page, "/keys");
  await tabTo(page, page.getByLabel("Name", { exact: true }));
  await page.keyboard.type("typed");
  await tabTo(page, page.getByRole("button", { name: "Create key" }));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("new-key")).toBeVisible();
  const revoke = page.getByRole("button", { name: "Revoke typed" });
  await tabTo(page, revoke);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Revoke typed?" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(revoke, "one comes back to where one was").toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, dialog.getByRole("button", { name: "Revoke" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("row", { name: /typed/ })).toHaveCount(0);
});

test("clients are set up with the server's own texts, for the model that is chosen", async ({
  page,
  studio,
}) => {
  await settled(page, "/connect");
  const code = page.getByRole("tabpanel");
  await expect(code).toContainText(`ANTHROPIC_BASE_URL=${studio.url.replace(/\/$/, "")}`);
  await expect(code).toContainText("unsloth start claude");
  await page.getByRole("tab", { name: "Codex" }).click();
  await expect(code).toContainText('wire_api = "responses"');
  await expect(code).toContainText("export UNSLOTH_STUDIO_AUTH_TOKEN=sk-unsloth-…");
  await expect(code, "the demo model's window is small").toContainText("needs 16k tokens of context");
  await page.getByRole("combobox", { name: "Model" }).selectOption("second-model-Q8_0");
  await expect(code).toContainText("unsloth start codex --model second-model-Q8_0");
  await page.getByRole("combobox", { name: "Shell" }).selectOption("powershell");
  await expect(code).toContainText("$env:UNSLOTH_STUDIO_AUTH_TOKEN = 'sk-unsloth-…'");
});

test("speaks Chinese", async ({ page }) => {
  await settled(page, "/settings/appearance");
  await page.getByRole("combobox", { name: "Language" }).selectOption("zh");
  await expect(page.getByRole("heading", { name: "外观" })).toBeVisible();
  await settled(page, "/keys");
  await expect(page.getByRole("button", { name: "创建密钥" })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
  expect(await page.getByRole("main").textContent()).not.toMatch(/\b(keys|monitor|models|chat)\.\w/);
  await page.goto("/");
  await page.getByRole("textbox", { name: "消息" }).fill("你好");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("article", { name: "回答" })).toContainText("你好");
});

test("the first load is small, and nothing moves once it is shown", async ({ page }) => {
  await watchShifts(page);
  await settled(page, "/");
  const bytes = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter((entry) => entry.name.includes("/assets/") && entry.startTime < 800)
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0),
  );
  test.info().annotations.push({ type: "first load", description: `${Math.round(bytes / 1000)} kB` });
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(350_000);
  expect(await shifted(page)).toBeLessThan(0.1);
});
