import { expect, test } from "./base";

test("a model that cannot be loaded says why; another one loads beside it", async ({ page, complaints }) => {
  await page.goto("/models");
  const broken = page.getByRole("row", { name: /broken-model/ });
  await broken.getByRole("button", { name: "Load" }).click();
  await expect(broken.getByRole("alert")).toBeVisible();
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
