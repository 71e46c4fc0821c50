import { describe, expect, it } from "vitest";
import { hasMath, withDollars } from "./math";

describe("formulas", () => {
  it.each([
    ["in a line", "so \\(a^2\\) holds", "so $$a^2$$ holds"],
    ["on their own", "\\[ x = 1 \\]", "\n$$\nx = 1\n$$\n"],
    ["not in code", "`\\(a\\)` and\n```\n\\[x\\]\n```", "`\\(a\\)` and\n```\n\\[x\\]\n```"],
    ["not in code that is still written", "```py\n\\(a\\)", "```py\n\\(a\\)"],
    ["already marked", "$$a$$", "$$a$$"],
  ])("%s", (_, text, expected) => expect(withDollars(text)).toBe(expected));

  it("are not seen in prices", () => expect(hasMath("$5 or $6")).toBe(false));
});
