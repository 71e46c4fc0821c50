import { describe, expect, it } from "vitest";
import { partialString, pretty } from "./arguments";

describe("a program that is being written", () => {
  const code = 'print("a\\b")\n# 你好 🦥\tend';
  const json = `{"other": 1, "code": ${JSON.stringify(code)}, "x": "y"}`;
  const escaped = json.replace("你", "\\u4f60");

  it.each([json, escaped])("is read whole from %s", (whole) =>
    expect(partialString(whole, "code")).toBe(code),
  );

  it("only grows, at every cut", () => {
    let before = "";
    for (let cut = 0; cut <= escaped.length; cut++) {
      const text = partialString(escaped.slice(0, cut), "code") ?? "";
      expect(code.startsWith(text) && text.startsWith(before), `cut at ${cut}: ${text}`).toBe(true);
      before = text;
    }
  });

  it("is null before it begins", () => expect(partialString('{"co', "code")).toBeNull());
});

describe("arguments for reading", () => {
  it("are indented", () => expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}'));
  it("stay as they are when they are no JSON", () => expect(pretty('{"a":')).toBe('{"a":'));
});
