import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { useTranslation } from "react-i18next";
import { Header } from "@/app/header";
import { TAB_LOOK, TAB_ON } from "@/ui/tabs";

export const SETTINGS_TABS = ["general", "api", "tools", "folders", "appearance", "about"] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

/** The header of every settings page. The keys have an address of their own. */
export function TabBar({ tab }: { tab: SettingsTab }) {
  const { t } = useTranslation();
  return (
    <Header title={t(`settings.tab.${tab}`)}>
      <span className="font-semibold max-sm:hidden">{t("nav.settings")}</span>
      <nav
        aria-label={t("nav.settings")}
        className="flex min-w-0 gap-1 overflow-x-auto p-1 [scrollbar-width:none]"
      >
        {SETTINGS_TABS.map((each) => {
          const look = clsx(TAB_LOOK, each === tab && TAB_ON);
          const current = each === tab ? ("page" as const) : undefined;
          return each === "api" ? (
            <Link key={each} to="/keys" aria-current={current} className={look}>
              {t("settings.tab.api")}
            </Link>
          ) : (
            <Link
              key={each}
              to="/settings/$tab"
              params={{ tab: each }}
              aria-current={current}
              className={look}
            >
              {t(`settings.tab.${each}`)}
            </Link>
          );
        })}
      </nav>
    </Header>
  );
}
