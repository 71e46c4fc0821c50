import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Activity, Box, KeyRound, Plug, Settings } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { keysQuery, modelsQuery, statusQuery } from "@/api/queries";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Brand } from "./brand";
import { ServerState } from "./server-state";
import { keyName } from "./shortcut-list";
import { ThreadList } from "./thread-list";

/** New chat, chats, what this machine serves, and its state. */
export function Sidebar() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const models = useQuery(modelsQuery);
  const keys = useQuery(keysQuery);
  const status = useQuery(statusQuery);
  const live = (status.data?.active ?? 0) + (status.data?.queued ?? 0);
  const active = keys.data?.filter((key) => key.state === "active").length;

  return (
    <div className="flex h-full flex-col p-3">
      <div className="px-2 pt-1.5 pb-3.5">
        <Brand />
      </div>
      <Button kind="primary" onClick={() => void navigate({ to: "/" })}>
        {t("nav.newChat")}
        <kbd className="font-mono text-[11px]">{keyName("k", true)}</kbd>
      </Button>
      <ThreadList />
      <nav aria-label={t("nav.serve")} className="flex flex-col gap-0.5 pt-2">
        <span className="px-2.5 pt-2 pb-1 text-[11px] text-ink-3 tracking-[.04em]">{t("nav.serve")}</span>
        <NavLink to="/models" icon={<Box />} count={models.data?.models.length}>
          {t("nav.models")}
        </NavLink>
        <NavLink to="/monitor" icon={<Activity />}>
          {t("nav.monitor")}
          {live > 0 && <Chip tone="good">{t("nav.live", { count: live })}</Chip>}
        </NavLink>
        <NavLink to="/keys" icon={<KeyRound />} count={active}>
          {t("nav.keys")}
        </NavLink>
        <NavLink to="/connect" icon={<Plug />}>
          {t("nav.connect")}
        </NavLink>
      </nav>
      <div className="mt-3 border-line border-t pt-2.5">
        <ServerState />
        <Link
          to="/settings/$tab"
          params={{ tab: "general" }}
          className="mt-1.5 flex items-center gap-2 rounded-[7px] px-2 py-1.5 text-note text-ink-2 hover:bg-card data-[status=active]:bg-card"
        >
          <span
            aria-hidden
            className="grid size-[26px] place-items-center rounded-full bg-soft font-[650] text-soft-ink text-table"
          >
            U
          </span>
          <span className="flex-1 font-medium text-ink">{t("nav.settings")}</span>
          <Settings aria-hidden className="size-4" />
        </Link>
      </div>
    </div>
  );
}

interface NavLinkProps {
  to: "/models" | "/monitor" | "/keys" | "/connect";
  icon: ReactNode;
  count?: number | undefined;
  children: ReactNode;
}

function NavLink({ to, icon, count, children }: NavLinkProps) {
  return (
    <Link
      to={to}
      className="flex items-center gap-2.5 rounded-[7px] px-2.5 py-1.5 text-ink-2 text-table transition-colors hover:text-ink data-[status=active]:bg-card data-[status=active]:text-ink data-[status=active]:ring-1 data-[status=active]:ring-line [&_svg]:size-4 [&_svg]:text-ink-3"
    >
      {icon}
      <span className="flex flex-1 items-center justify-between gap-2">{children}</span>
      {count !== undefined && <span className="tabular-nums">{count}</span>}
    </Link>
  );
}
