import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/ui/dialog";
import { SHORTCUTS, useShortcut } from "./shortcuts";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** "⌘K" or "Ctrl K". */
export function keyName(key: string, mod: boolean): string {
  const name = key === "Escape" ? "Esc" : key.toUpperCase();
  if (!mod) return name;
  return MAC ? `⌘${name}` : `Ctrl ${name}`;
}

/** What the keyboard can do, opened by `?`. */
export function ShortcutList() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  useShortcut("list", () => setOpen(true));
  return (
    <Dialog open={open} onOpenChange={setOpen} title={t("shortcuts.title")}>
      <dl className="flex flex-col text-table">
        {SHORTCUTS.map((shortcut) => (
          <div
            key={shortcut.action}
            className="flex items-center justify-between border-line border-b py-2 last:border-0"
          >
            <dt>{t(`shortcuts.${shortcut.action}`)}</dt>
            <dd>
              <kbd className="rounded-[5px] border border-line bg-panel px-1.5 py-0.5 font-mono text-[11.5px]">
                {keyName(shortcut.key, shortcut.mod)}
              </kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
