import { Menu } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { useSheet } from "./shell";

/** The bar above a page; on a phone it opens the sidebar. `title` names the browser's tab. */
export function Header({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation();
  const sheet = useSheet();
  useEffect(() => {
    document.title = `${title} · Unsloth Studio`;
  }, [title]);
  return (
    <header className="flex h-[52px] shrink-0 items-center gap-2.5 border-line border-b px-3 sm:px-5">
      <IconButton label={t("nav.menu")} tip={false} className="md:hidden" onClick={sheet.open}>
        <Menu />
      </IconButton>
      {children}
    </header>
  );
}
