import type { Page } from "@playwright/test";
import { help } from "../studio";
import { choose, expect, say, shifted, test, watchShifts } from "./base";

const MESSAGES = 500;
/** Far fewer than there are: those in sight, and a few above and below. */
const MOST_MOUNTED = 60;

async function mounted(page: Page): Promise<number> {
  const count = await page.getByRole("article").count();
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(MOST_MOUNTED);
  return count;
}

/** The number of the first question in sight. */
async function firstSeen(page: Page): Promise<number> {
  const words = await page.getByRole("region", { name: "Messages" }).evaluate((list) => {
    const { top } = list.getBoundingClientRect();
    const asked = [...list.querySelectorAll("article")].filter((each) =>
      each.textContent?.startsWith("Question"),
    );
    return asked.find((each) => each.getBoundingClientRect().bottom > top)?.textContent;
  });
  return Number(/\d+/.exec(words ?? "")?.[0]);
}

test("a thread of 500 messages opens at its end, scrolls, is written in, and grows without moving what one reads", async ({
  page,
  studio,
}) => {
  test.slow();
  const thread = await help("thread", studio.home, String(MESSAGES));
  await page.goto("/");
  await choose(page, /endless-model/);
  await watchShifts(page);
  await page.goto(`/chat/${thread}`);
  const field = page.getByRole("textbox", { name: "Message" });
  const messages = page.getByRole("region", { name: "Messages" });
  await expect(page.getByText("Question 250")).toBeInViewport();
  await expect(page.getByRole("article").last()).toBeInViewport();
  await mounted(page);
  expect(await shifted(page), "nothing moves while it opens").toBeLessThan(0.1);

  await messages.focus();
  await page.keyboard.press("Home");
  await expect(page.getByText("Question 1", { exact: true })).toBeInViewport();
  await mounted(page);
  await messages.hover({ position: { x: 200, y: 200 } });
  for (let turn = 0; turn < 5; turn++) {
    const before = await firstSeen(page);
    await page.mouse.wheel(0, 1500);
    await expect.poll(() => firstSeen(page)).toBeGreaterThan(before);
    await mounted(page);
  }
  await page.getByRole("button", { name: "To the end" }).click();
  await expect(page.getByText("Question 250")).toBeInViewport();

  await field.pressSequentially("typed while all of it is there");
  await expect(field).toHaveValue("typed while all of it is there");
  await say(page, "Count");
  const answer = page.getByRole("article", { name: "Answer" }).last();
  await expect(answer).toContainText("100,");
  await expect(answer).toBeInViewport();
  await mounted(page);

  const length = await answer.textContent();
  await messages.focus();
  await page.keyboard.press("Home");
  await messages.hover({ position: { x: 200, y: 200 } });
  await page.mouse.wheel(0, 4000);
  await expect.poll(() => firstSeen(page)).toBeGreaterThan(5);
  await page.waitForTimeout(1000); // wheels are smooth
  const reading = page.getByText(`Question ${await firstSeen(page)}`, { exact: true });
  const place = await reading.boundingBox();
  await page.waitForTimeout(1000);
  expect(await reading.boundingBox(), "what one reads stays where it is").toEqual(place);
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await page.getByRole("button", { name: "To the end" }).click();
  await expect(answer).not.toHaveText(length ?? "");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText("Stopped.", { exact: true })).toBeVisible();
});
