import { describe, expect, it } from "vitest";
import { bytes, count, percent, rate, relative, seconds, share, tokens } from "./format";

function table<T>(name: string, format: (value: T) => string, rows: [T, string][]): void {
  describe(name, () => {
    it.each(rows)("%s is written %s", (value, expected) => expect(format(value)).toBe(expected));
  });
}

table<number | null>("sizes", bytes, [
  [null, "–"],
  [0, "0 B"],
  [999, "999 B"],
  [4_500_000, "4.5 MB"],
  [999_600, "1.0 MB"],
  [16_106_127_360, "16.1 GB"],
  [120e9, "120 GB"],
]);
table<number | null>("durations", seconds, [
  [null, "–"],
  [0.08, "0.08 s"],
  [0.9996, "1.0 s"],
  [6.84, "6.8 s"],
  [9.96, "10 s"],
  [59.6, "1 min"],
  [185, "3 min 5 s"],
  [7440, "2 h 4 min"],
  [90_000, "1 d 1 h"],
]);
table<number | null>("contexts", tokens, [
  [null, "–"],
  [612, "612"],
  [5900, "5.9k"],
  [8192, "8k"],
  [32_768, "32k"],
  [262_144, "256k"],
  [1_048_576, "1M"],
  [120_400, "120k"],
  [2_000_000, "2M"],
]);
table<number | null>("rates", rate, [
  [null, "–"],
  [0.731, "0.73"],
  [41.84, "41.8"],
  [9.999, "10.0"],
  [1204.4, "1,204"],
]);
table<number | null>("shares", percent, [
  [null, "–"],
  [0.968, "97 %"],
  [Number.NaN, "–"],
  [0, "0 %"],
]);
table<number | null>("counts", count, [
  [null, "–"],
  [4_180_223, "4,180,223"],
]);

describe("times", () => {
  const now = 1_800_000_000;
  it.each([
    [now - 3, "now"],
    [now - 120, "2 min. ago"],
    [now - 86_400, "yesterday"],
    [now + 90 * 86_400, "in 3 mo."],
    [now + 11 * 86_400, "in 11 days"],
    [now - 800 * 86_400, "2 yr. ago"],
  ])("%s is written %s", (at, expected) => expect(relative(at, now)).toBe(expected));

  it("speaks Chinese", () => expect(relative(now - 120, now, "zh")).toBe("2分钟前"));
});

describe("the reused share", () => {
  it("is of the prompt", () => expect(share(97, 100)).toBe(0.97));
  it("is unknown for an empty prompt", () => expect(share(0, 0)).toBeNull());
});
