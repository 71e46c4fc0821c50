import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./base";

const PAGES = [
  "/",
  "/models",
  "/monitor",
  "/keys",
  "/connect",
  "/settings/general",
  "/settings/tools",
  "/settings/appearance",
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
    for (const path of PAGES) {
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
  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
  await page.keyboard.type("Hello");
  await page.keyboard.press("Enter");
  await expect(page.getByText("How can I help?")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("region", { name: "Messages" }).focus();
  await page.keyboard.press("m");
  await expect(page.getByRole("searchbox", { name: "Search models" })).toBeFocused();
});

test("speaks Chinese", async ({ page }) => {
  await settled(page, "/settings/appearance");
  await page.getByRole("combobox", { name: "Language" }).selectOption("zh");
  await expect(page.getByRole("heading", { name: "外观" })).toBeVisible();
  await settled(page, "/keys");
  await expect(page.getByRole("button", { name: "创建密钥" })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
  expect(await page.getByRole("main").textContent()).not.toMatch(/\b(keys|monitor|models|chat)\.\w/);
});

test("the first load is small, and nothing moves once it is shown", async ({ page }) => {
  await page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        shifts.sum += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
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
  const { sum } = await page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts);
  expect(sum).toBeLessThan(0.1);
});
