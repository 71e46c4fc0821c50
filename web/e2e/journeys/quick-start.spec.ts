import { run } from "../studio";
import { choose, expect, say, test } from "./base";

async function curl(url: string, key: string): Promise<{ status: number; body: string }> {
  const { stdout } = await run("curl", [
    "-s",
    "-w",
    "\n%{http_code}",
    `${url}/v1/chat/completions`,
    "-H",
    `Authorization: Bearer ${key}`,
    "-H",
    "Content-Type: application/json",
    "-d",
    '{"messages": [{"role": "user", "content": "Hello"}]}',
  ]);
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end)), body: stdout.slice(0, end) };
}

test.describe("the documented quick start", () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test("goes from the sign-in link to a working curl, and to a key that is refused", async ({
    page,
    studio,
    complaints,
  }) => {
    await page.goto("/models");
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await page.getByLabel("Link or token").fill(await studio.newLink());
    await page.getByRole("button", { name: "Sign in" }).click();

    await page.getByRole("button", { name: "New chat" }).click();
    await choose(page, /second-model/);
    await say(page, "Hello");
    await expect(page.getByText("How can I help?")).toBeVisible();

    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("link", { name: "API", exact: true }).click();
    await page.getByLabel("Name", { exact: true }).fill("quick-start");
    await page.getByLabel("Expires").selectOption({ label: "In 7 days" });
    await page.getByRole("button", { name: "Create key" }).click();
    const key = (await page.getByTestId("new-key").textContent()) ?? "";
    expect(key).toMatch(/^sk-unsloth-\w+/);
    await expect(page.getByText("The new key is filled in.")).toBeVisible();
    await expect(page.getByRole("row", { name: /quick-start.*in 7 days/ })).toBeVisible();

    const reply = await curl(studio.url, key);
    expect(reply.status).toBe(200);
    expect(reply.body).toContain("tiny demo model");
    await page.getByRole("button", { name: "Test it" }).click();
    await expect(page.getByText("The key works.")).toBeVisible();

    await page.getByRole("button", { name: "Revoke quick-start" }).click();
    const dialog = page.getByRole("dialog", { name: "Revoke quick-start?" });
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await expect(page.getByRole("row", { name: /quick-start/ })).toHaveCount(0);
    expect((await curl(studio.url, key)).status).toBe(401);

    await page.getByLabel("Name", { exact: true }).fill("guest");
    await page.getByRole("button", { name: "Limits" }).click();
    await page.getByLabel("Requests per minute").fill("1");
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.getByRole("row", { name: /guest.*at most 1\/min/ })).toBeVisible();
    const guest = (await page.getByTestId("new-key").textContent()) ?? "";
    expect((await curl(studio.url, guest)).status).toBe(200);
    const limited = await curl(studio.url, guest);
    expect(limited.status).toBe(429);
    expect(limited.body).toContain("limit of 1 request per minute");

    await page.getByRole("link", { name: "Monitor" }).click();
    await expect(page.getByRole("row", { name: /curl.*quick-start.*done/ }).first()).toBeVisible();
    complaints.splice(0, complaints.length, ...complaints.filter((each) => !each.includes("favicon")));
  });
});
