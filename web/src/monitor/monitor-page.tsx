import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import { statusQuery } from "@/api/queries";
import { Header } from "@/app/header";
import { Button, buttonLook } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Input, Select } from "@/ui/field";
import { Empty, PageBody, Skeleton, Trouble } from "@/ui/page";
import { Charts } from "./charts";
import { type Filter, shown, totals } from "./feed";
import { RequestDrawer } from "./request-drawer";
import { RequestTable } from "./request-table";
import { Tiles } from "./tiles";
import { useFeed } from "./use-feed";

/** What the clients do, live. */
export function MonitorPage() {
  const { t } = useTranslation();
  const { feed, dispatch, isPending, error, retry } = useFeed();
  const status = useQuery(statusQuery);
  const [filter, setFilter] = useState<Filter>({ text: "", status: "all" });
  const [opened, setOpened] = useState<string | null>(null);
  const [clearing, setClearing] = useState(false);
  const rows = useMemo(
    () => feed.requests.filter((request) => shown(request, filter)),
    [feed.requests, filter],
  );
  const sums = useMemo(() => totals(feed.requests), [feed.requests]);
  const clear = async () => {
    await call("DELETE", "/api/requests");
    dispatch({ type: "cleared" });
  };

  return (
    <>
      <Header title={t("nav.monitor")}>
        <h1 className="font-semibold">{t("nav.monitor")}</h1>
        <span className="flex-1" />
        <Button small onClick={() => dispatch({ type: feed.paused ? "go" : "pause" })}>
          {feed.paused ? (
            <Play aria-hidden className="size-3.5" />
          ) : (
            <Pause aria-hidden className="size-3.5" />
          )}
          {feed.paused ? t("monitor.resume", { count: feed.waiting.length }) : t("monitor.pause")}
        </Button>
        <Button small disabled={feed.requests.length === 0} onClick={() => setClearing(true)}>
          {t("monitor.clear")}
        </Button>
      </Header>
      <PageBody className="max-w-[1480px] sm:px-6!">
        <Tiles status={status.data} totals={sums} />
        <Charts samples={feed.samples} budget={status.data?.memory.budget_bytes ?? null} />
        <div className="mb-3 flex flex-wrap gap-2">
          <Input
            type="search"
            aria-label={t("monitor.filter")}
            placeholder={t("monitor.filter")}
            className="w-full max-w-[320px]"
            value={filter.text}
            onChange={(event) => setFilter({ ...filter, text: event.target.value })}
          />
          <Select
            aria-label={t("monitor.state")}
            value={filter.status}
            onChange={(event) => setFilter({ ...filter, status: event.target.value as Filter["status"] })}
          >
            {(["all", "live", "done", "failed", "repaired"] as const).map((each) => (
              <option key={each} value={each}>
                {t(`monitor.show.${each}`)}
              </option>
            ))}
          </Select>
        </div>
        {error != null && <Trouble error={error} onRetry={retry} />}
        {isPending && <Skeleton rows={6} />}
        {!isPending && feed.requests.length === 0 && error == null && (
          <Empty
            title={t("monitor.none")}
            action={
              <Link to="/connect" className={buttonLook("primary")}>
                {t("nav.connect")}
              </Link>
            }
          >
            {t("monitor.noneNote")}
          </Empty>
        )}
        {feed.requests.length > 0 && rows.length === 0 && <Empty title={t("monitor.noneFound")} />}
        {rows.length > 0 && <RequestTable requests={rows} onOpen={setOpened} />}
      </PageBody>
      <RequestDrawer
        id={opened}
        onClose={() => setOpened(null)}
        keepsBodies={status.data?.keep_bodies ?? false}
      />
      <Confirm
        open={clearing}
        onOpenChange={setClearing}
        title={t("monitor.clearTitle")}
        description={t("monitor.clearNote")}
        action={t("monitor.clear")}
        onConfirm={clear}
      />
    </>
  );
}
