import { Outlet, useLocation } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Drawer } from "@/ui/dialog";
import { ConnectionBanner } from "./connection-banner";
import { ShortcutList } from "./shortcut-list";
import { useShortcutKeys } from "./shortcuts";
import { Sidebar } from "./sidebar";

const Sheet = createContext<{ open: () => void }>({ open: () => {} });

/** Opens the sidebar where it is a sheet (on a phone). */
export function useSheet(): { open: () => void } {
  return useContext(Sheet);
}

/** Sidebar, page, and what lies over them. */
export function Shell() {
  const { t } = useTranslation();
  const [sheet, setSheet] = useState(false);
  const path = useLocation({ select: (location) => location.pathname });
  useShortcutKeys();

  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes the sheet
  useEffect(() => setSheet(false), [path]);
  const sheetOpener = useMemo(() => ({ open: () => setSheet(true) }), []);

  return (
    <Sheet value={sheetOpener}>
      <a
        href="#page"
        className="absolute top-2 left-2 z-50 rounded-control bg-card px-3 py-2 not-focus:sr-only"
      >
        {t("nav.skip")}
      </a>
      <div className="grid h-dvh grid-cols-1 md:grid-cols-[248px_minmax(0,1fr)]">
        <aside className="hidden min-h-0 border-line border-r bg-panel md:block">
          <Sidebar />
        </aside>
        <main id="page" tabIndex={-1} className="flex min-h-0 min-w-0 flex-col outline-none">
          <ConnectionBanner />
          <Outlet />
        </main>
      </div>
      <Drawer open={sheet} onOpenChange={setSheet} title={t("nav.menu")} side="left" bare>
        <div className="h-full bg-panel">
          <Sidebar />
        </div>
      </Drawer>
      <ShortcutList />
    </Sheet>
  );
}
