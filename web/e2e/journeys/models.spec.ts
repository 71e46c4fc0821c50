import { choose, expect, REPOSITORY, say, test } from "./base";

test("a model that cannot be loaded says why; another one loads beside it", async ({ page, complaints }) => {
  await page.goto("/models");
  const broken = page.getByRole("row", { name: /broken-model/ });
  await broken.getByRole("button", { name: "Load" }).click();
  await expect(broken.getByRole("alert")).toContainText(/damaged.*[Dd]ownload it again/);
  await expect(broken.getByText("failed", { exact: true })).toBeVisible();

  const second = page.getByRole("row", { name: /second-model/ });
  await second.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Load with settings" }).click();
  await page.getByLabel("Context, tokens").fill("1024");
  await expect(page.getByText("1024 tokens per slot")).toBeVisible();
  await page.getByRole("dialog").getByRole("button", { name: "Load" }).click();
  await expect(second.getByText(/^loaded/)).toBeVisible();
  await second.getByRole("button", { name: "Unload" }).click();
  await expect(second.getByRole("button", { name: "Load" })).toBeVisible();

  const refused = complaints.filter((each) => /status of [45]\d\d/.test(each));
  expect(refused.length).toBeLessThanOrEqual(1);
  complaints.splice(0, complaints.length, ...complaints.filter((each) => !refused.includes(each)));
});

test("a model is found on the hub, downloaded with a pause, and answers", async ({ page, hub }) => {
  const name = `${REPOSITORY}:Q8_0`;
  await page.goto("/models?tab=hub");
  await page.getByRole("searchbox", { name: "Search the hub" }).fill("tiny");
  await page.getByRole("button", { name: REPOSITORY }).click();
  await page.getByRole("button", { name: `Download ${name}` }).click();

  const row = page.getByRole("list", { name: "Downloads" }).getByRole("listitem").filter({ hasText: name });
  const meter = row.getByRole("progressbar", { name: `Download of ${name}` });
  await expect(row).toContainText("/s");
  await expect.poll(async () => Number(await meter.getAttribute("aria-valuenow"))).toBeGreaterThan(0);
  await row.getByRole("button", { name: "Pause" }).click();
  await expect(row).toContainText("paused");
  const reached = await meter.getAttribute("aria-valuenow");
  await page.reload();
  await expect(row).toContainText("paused");
  await expect(meter).toHaveAttribute("aria-valuenow", reached ?? "");

  await row.getByRole("button", { name: "Resume" }).click();
  await expect(row).toHaveCount(0);
  const starts = hub.lines.flatMap((line) => ("path" in line ? [line.range_start ?? 0] : []));
  expect(starts).toHaveLength(2);
  expect(starts[0]).toBe(0);
  expect(starts[1], "it goes on where it was").toBeGreaterThan(0);

  await page.goto("/");
  await choose(page, /Tiny-GGUF|Tiny-Q8_0/);
  await say(page, "Hello");
  await expect(page.getByText("How can I help?")).toBeVisible();
});
