import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** What keys do. `mod` is Ctrl, or Command on a Mac; the others work outside of text fields. */
export const SHORTCUTS = [
  { action: "newChat", key: "k", mod: true },
  { action: "findChat", key: "/", mod: false },
  { action: "compose", key: "i", mod: false },
  { action: "stop", key: "Escape", mod: false },
  { action: "retry", key: "r", mod: false },
  { action: "copyAnswer", key: "y", mod: false },
  { action: "decide", key: "a", mod: false },
  { action: "switchModel", key: "m", mod: false },
  { action: "monitor", key: "o", mod: false },
  { action: "list", key: "?", mod: false },
] as const;

export type ShortcutAction = (typeof SHORTCUTS)[number]["action"];

const KEY = "studio.singleKeys";
const handlers = new Map<ShortcutAction, Set<() => void>>();

/** Single letters can be switched off (WCAG 2.1.4): speech input types them by accident. */
export function singleKeysOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  localStorage.setItem(KEY, on ? "on" : "off");
}

/** Does `handler` for a shortcut as long as the component is there; the youngest component wins. */
export function useShortcut(action: ShortcutAction, handler: () => void): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const run = (): void => latest.current();
    const all = handlers.get(action) ?? new Set();
    handlers.set(action, all.add(run));
    return () => {
      all.delete(run);
    };
  }, [action]);
}

/** Listens to the keyboard for the whole page. */
export function useShortcutKeys(): void {
  const navigate = useNavigate();
  useShortcut("newChat", () => void navigate({ to: "/" }).then(() => run("compose")));
  useShortcut("monitor", () => void navigate({ to: "/monitor" }));
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      const found = SHORTCUTS.find((shortcut) => matches(shortcut, event));
      if (found && run(found.action)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function matches(shortcut: (typeof SHORTCUTS)[number], event: KeyboardEvent): boolean {
  const mod = event.ctrlKey || event.metaKey;
  if (event.key.toLowerCase() !== shortcut.key.toLowerCase() || mod !== shortcut.mod) return false;
  if (shortcut.mod) return true;
  if (document.querySelector('[role="dialog"]')) return false;
  if (shortcut.key === "Escape") return true;
  return singleKeysOn() && !isTyping(event.target);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches("input, textarea, select, [contenteditable], [role='menuitem']")
  );
}

function run(action: ShortcutAction): boolean {
  const handler = [...(handlers.get(action) ?? [])].at(-1);
  handler?.();
  return handler !== undefined;
}
