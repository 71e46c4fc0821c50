const PREFIX = "studio.draft.";

/** What was written and not sent, by thread; kept for this tab, so that a reload loses nothing. */
export function draftOf(thread: string | null): string {
  try {
    return sessionStorage.getItem(PREFIX + (thread ?? "new")) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(thread: string | null, text: string): void {
  try {
    if (text) sessionStorage.setItem(PREFIX + (thread ?? "new"), text);
    else sessionStorage.removeItem(PREFIX + (thread ?? "new"));
  } catch {
    // storage is switched off
  }
}
