import { describe, expect, it } from "vitest";
import { CLIENTS, type Place } from "./clients";

const PLACE: Place = {
  base: "http://127.0.0.1:8888",
  key: "sk-unsloth-abc",
  model: "gemma-4",
  context: 32_768,
};

describe.each(
  CLIENTS.flatMap((client) => (["unix", "powershell"] as const).map((shell) => ({ client, shell }))),
)("the set-up of $client.name in $shell", ({ client, shell }) => {
  const steps = client.steps(PLACE, shell);
  const all = steps.map((step) => step.text).join("\n");

  it("names the server and the key", () => {
    expect(all).toContain(PLACE.base);
    expect(all).toContain(PLACE.key);
  });

  it("says the same in both shells when it says so", () => {
    if (!client.shells) expect(client.steps(PLACE, "unix")).toEqual(client.steps(PLACE, "powershell"));
  });

  it("has files that can be read", () => {
    for (const step of steps.filter((each) => each.language === "json"))
      expect(() => JSON.parse(step.text)).not.toThrow();
  });
});

it("names the model wherever the client does not list models by itself", () => {
  const silent = CLIENTS.filter(
    (client) => !client.steps(PLACE, "unix").some((step) => step.text.includes(PLACE.model)),
  );
  expect(silent.map((client) => client.id)).toEqual(["open-webui"]);
});
