import type { Message } from "@/api/contract";

/** The messages of a thread as a tree: what stands beside what. Built once for each list of messages. */
export interface Tree {
  byId: Map<string, Message>;
  children: Map<string | null, Message[]>;
}

export function treeOf(messages: Message[]): Tree {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const children = new Map<string | null, Message[]>();
  const inOrder = [...messages].sort((a, b) => a.created_at - b.created_at);
  for (const message of inOrder) {
    const beside = children.get(message.parent_id);
    if (beside) beside.push(message);
    else children.set(message.parent_id, [message]);
  }
  return { byId, children };
}

/** From the first message to `leaf`. A leaf that is unknown stands for the newest branch. */
export function pathTo(tree: Tree, leaf: string | null): Message[] {
  const path: Message[] = [];
  let message = (leaf && tree.byId.get(leaf)) || tree.byId.get(newestLeaf(tree, null) ?? "");
  while (message) {
    path.push(message);
    message = message.parent_id ? tree.byId.get(message.parent_id) : undefined;
  }
  return path.reverse();
}

/** The alternatives of a message, itself among them, oldest first. */
export function siblingsOf(tree: Tree, message: Message): Message[] {
  return tree.children.get(message.parent_id) ?? [message];
}

/** The end of the newest branch below `id`; `id` itself when nothing follows it. */
export function newestLeaf(tree: Tree, id: string | null): string | null {
  let end = id;
  for (let next = tree.children.get(end)?.at(-1); next; next = tree.children.get(end)?.at(-1)) end = next.id;
  return end;
}

/** How many messages stand below `id`, in all branches. */
export function countBelow(tree: Tree, id: string): number {
  const below = tree.children.get(id) ?? [];
  return below.reduce((sum, message) => sum + 1 + countBelow(tree, message.id), 0);
}
