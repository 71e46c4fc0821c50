import { describe, expect, it } from "vitest";
import type { ClientSteps, ClientsReport, SetupStep } from "@/api/contract";
import { hasShells, isTooLarge, steps } from "./clients";

function step(text: string): SetupStep {
  return { where: "shell", text, language: "sh", path: "" };
}

function client(unix: string, powershell: string): ClientSteps {
  return {
    id: "one",
    name: "One",
    command: null,
    context_needed: 32_768,
    unix: [step(unix)],
    powershell: [step(powershell)],
  };
}

const REPORT: ClientsReport = { model: "m", key: "sk-unsloth-KEY", clients: [] };

describe("the set-up of a client", () => {
  it("has the key wherever it belongs", () => {
    const both = client("a sk-unsloth-KEY b sk-unsloth-KEY", "$env:X = 'sk-unsloth-KEY'");
    expect(steps(REPORT, both, "unix", "sk-1$&").map((each) => each.text)).toEqual(["a sk-1$& b sk-1$&"]);
    expect(steps(REPORT, both, "powershell", "sk-1")[0]?.text).toBe("$env:X = 'sk-1'");
  });

  it.each([
    ["the same", "a", "a", false],
    ["another one", "a", "b", true],
  ])("for a shell with %s text", (_, unix, powershell, differ) => {
    expect(hasShells(client(unix, powershell))).toBe(differ);
  });

  it.each([
    [null, false],
    [32_767, true],
    [32_768, false],
  ])("fits a window of %s or not", (context, tooLarge) => {
    expect(isTooLarge(client("a", "a"), context)).toBe(tooLarge);
  });
});
