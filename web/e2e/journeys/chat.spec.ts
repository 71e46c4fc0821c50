import { choose, expect, say, sayEndlessly, test } from "./base";

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

test("a chat with Python shows the call, its result and what it cost; it is found, renamed and deleted", async ({
  page,
}) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Python", exact: true }).click();
  await say(page, "What is 123 * 456? Use Python.");
  const card = page.getByRole("region", { name: "Python" });
  await expect(card.getByText("56088")).toBeVisible();
  await expect(page.getByRole("article", { name: "Answer" }).getByText(/56088\.$/)).toBeVisible();
  await expect(page.getByText("tok/s").first()).toBeVisible();

  await page.reload();
  await expect(card.getByText("56088")).toBeVisible();

  await page.getByRole("searchbox", { name: "Search chats" }).fill("no such words");
  await expect(page.getByText("No chat has these words.")).toBeVisible();
  await page.getByRole("searchbox", { name: "Search chats" }).fill("123");
  await page.getByRole("button", { name: /^Actions for What is 123/ }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "New name" }).fill("A product of 123");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Actions for A product of 123" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL("/");
});

test("a call waits to be allowed, by keyboard, in every tab; refused and allowed for the chat it is asked about no more", async ({
  page,
  context,
}) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Python", exact: true }).click();
  await page.getByRole("button", { name: "Ask first" }).click();
  await say(page, "What is 123 * 456? Use Python.");
  const card = page.getByRole("region", { name: "Python" });
  const allow = card.getByRole("button", { name: "Allow", exact: true });
  await expect(card.getByText("waits for you")).toBeVisible();
  await expect(card).toContainText(/123 ?\* ?456/);
  await expect(card.getByText(/refused in (4 min|5 min)/)).toBeVisible();
  await page.waitForURL(/\/chat\//);
  await page.reload();
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByRole("button", { name: "Refuse" })).toBeVisible();

  await page.getByRole("region", { name: "Messages" }).focus();
  await page.keyboard.press("a");
  await expect(allow).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(card.getByText("56088")).toBeVisible();
  for (const tab of [page, other]) await expect(tab.getByRole("button", { name: "Refuse" })).toHaveCount(0);
  await other.close();
  await expect(page.getByRole("button", { name: "Send" })).toBeVisible();

  await say(page, "What is 12 * 12? Use Python.");
  await card.getByRole("button", { name: "Refuse" }).click();
  await expect(card.last().getByText(/did not allow/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Send" })).toBeVisible();

  await say(page, "What is 11 * 11? Use Python.");
  await card.getByRole("button", { name: "Allow for this chat" }).click();
  await expect(card.last().getByText("121")).toBeVisible();
  await expect(page.getByRole("button", { name: "Send" })).toBeVisible();
  await say(page, "What is 13 * 13? Use Python.");
  await expect(card.last().getByText("169")).toBeVisible();
});

test("an answer goes on while its page is reloaded, is watched in two tabs, and stopped in one", async ({
  page,
  context,
}) => {
  await page.goto("/");
  await sayEndlessly(page);
  const other = await context.newPage();
  await Promise.all([page.reload(), other.goto(page.url())]);
  const here = page.getByRole("article", { name: "Answer" });
  const there = other.getByRole("article", { name: "Answer" });
  for (const answer of [here, there]) {
    await expect(answer).toHaveAttribute("aria-busy", "true");
    const before = (await answer.textContent())?.length ?? 0;
    await expect.poll(async () => (await answer.textContent())?.length).toBeGreaterThan(before);
  }
  await other.getByRole("button", { name: "Stop" }).click();
  for (const tab of [page, other]) {
    await expect(tab.getByText("Stopped.", { exact: true })).toBeVisible();
    await expect(tab.getByRole("button", { name: "Send" })).toBeVisible();
  }
  const kept = (await here.textContent()) ?? "";
  expect(await there.textContent()).toBe(kept);
  await page.reload();
  await expect(page.getByText("Stopped.", { exact: true })).toBeVisible();
  await other.close();
});

test("an answer that was cut is continued, and one is stopped by keyboard", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Sampling" }).click();
  await page.getByLabel("Most tokens").fill("3");
  await page.keyboard.press("Escape");
  await say(page, "Hello");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer.getByText("Cut at the limit of tokens.")).toBeVisible();
  await expect(answer).not.toContainText("How can I help?");
  await page.getByRole("button", { name: "Sampling" }).click();
  await page.getByRole("button", { name: "Reset" }).click();
  await page.keyboard.press("Escape");
  await answer.getByRole("button", { name: "Continue" }).click();
  await expect(answer).toContainText("How can I help?");

  await choose(page, /endless-model/);
  await say(page, "Count");
  await expect(answer.last()).toContainText("20,");
  await page.getByRole("region", { name: "Messages" }).focus();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Stopped.", { exact: true })).toBeVisible();
});

test("when the engine dies during an answer, the page says so and the next answer works", async ({
  page,
  studio,
}) => {
  await page.goto("/");
  await sayEndlessly(page);
  await studio.killEngine();
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer.getByRole("alert")).toContainText("Lost connection to the model server");
  await expect(answer, "what was written stays").toContainText("60,");
  await page.reload();
  await expect(answer.getByRole("alert")).toContainText("Lost connection to the model server");

  await answer.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(answer).toContainText("60,");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText("Stopped.", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Previous version" })).toBeEnabled();
});

test("an edited message makes a branch, and both stay", async ({ page }) => {
  await page.goto("/");
  await say(page, "Hello");
  await expect(page.getByText("How can I help?")).toBeVisible();
  await page.getByRole("article", { name: "You" }).hover();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Edit" }).fill("What can you do?");
  await page.keyboard.press("Enter");
  await expect(page.getByText("I can chat a little")).toBeVisible();
  await page.getByRole("button", { name: "Previous version" }).click();
  await expect(page.getByText("How can I help?")).toBeVisible();
});

test("an image is uploaded and shown; a model that cannot see says so", async ({ page }) => {
  await page.goto("/");
  await page
    .getByTestId("image-picker")
    .setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: PIXEL });
  await expect(page.getByText("cannot see images")).toBeVisible();
  await say(page, "What is in this picture?");
  const image = page.getByAltText("Image of this message");
  await expect(image).toBeVisible();
  expect(await image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1);
  await expect(page.getByRole("article", { name: "Answer" }).getByRole("alert")).toContainText("image");
});
