import { describe, expect, it } from "vitest";
import type { Message } from "@/api/contract";
import { countBelow, newestLeaf, pathTo, siblingsOf, treeOf } from "./tree";

function message(id: string, parent_id: string | null, created_at: number): Message {
  return {
    id,
    parent_id,
    created_at,
    thread_id: "t",
    role: created_at % 2 ? "user" : "assistant",
    parts: [],
    status: "done",
    error: null,
    model: null,
    stats: null,
  };
}

//  u1 ─ a1 ─ u2 ─ a2
//     └ a1' ─ u3
const tree = treeOf([
  message("a1'", "u1", 6),
  message("u1", null, 1),
  message("a1", "u1", 2),
  message("u2", "a1", 3),
  message("a2", "u2", 4),
  message("u3", "a1'", 7),
]);
const ids = (messages: Message[]) => messages.map((each) => each.id);

describe("the tree of a thread", () => {
  it("shows the way to the leaf", () => expect(ids(pathTo(tree, "a2"))).toEqual(["u1", "a1", "u2", "a2"]));
  it("shows the newest branch when there is no leaf", () =>
    expect(ids(pathTo(tree, null))).toEqual(["u1", "a1'", "u3"]));
  it("shows the newest branch when the leaf is gone", () =>
    expect(ids(pathTo(tree, "gone"))).toEqual(["u1", "a1'", "u3"]));
  it("is empty without messages", () => expect(pathTo(treeOf([]), null)).toEqual([]));
  it("knows the alternatives in their order", () => {
    const first = tree.byId.get("a1");
    expect(first && ids(siblingsOf(tree, first))).toEqual(["a1", "a1'"]);
  });
  it("goes down to the newest end", () => expect(newestLeaf(tree, "a1")).toBe("a2"));
  it("counts what a branch hides", () => expect(countBelow(tree, "a1")).toBe(2));
});
