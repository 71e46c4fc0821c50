import { test } from "@playwright/test";
import { STATES } from "./states";

const FOLDER = process.env.SHOTS ?? "../docs/screenshots";
const ONLY = process.env.ONLY?.split(",");

for (const theme of ["light", "dark"] as const) {
  for (const state of STATES) {
    if (ONLY && !ONLY.includes(state.name)) continue;
    test(`${state.name} ${theme}`, async ({ page, context, baseURL }) => {
      const cookie = { name: "scenario", value: state.scenario ?? "usual", url: baseURL ?? "" };
      await context.addCookies([cookie]);
      await page.addInitScript(
        ([chosen, language]) => {
          localStorage.setItem("studio.theme", chosen);
          localStorage.setItem("studio.language", language);
          if (!localStorage.getItem("studio.chat"))
            localStorage.setItem("studio.chat", '{"tools":["python","terminal","web_search"]}');
        },
        [theme, state.chinese ? "zh" : "en"] as const,
      );
      if (state.phone) await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(state.path);
      await page.waitForLoadState("domcontentloaded");
      await page.locator("main").first().waitFor();
      await page.waitForTimeout(700);
      await state.act?.(page);
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${FOLDER}/${state.name}-${theme}.png`, animations: "disabled" });
    });
  }
}
