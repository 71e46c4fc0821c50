import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { downloadsQuery, modelsQuery } from "@/api/queries";
import { Header } from "@/app/header";
import type { ModelsTab } from "@/router";
import { bytes } from "@/text/format";
import { Meter } from "@/ui/meter";
import { PageBody, Title } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { DownloadList } from "./download-list";
import { Hub } from "./hub";
import { ModelTable } from "./model-table";
import { useDownloadEvents, useModelEvents } from "./use-events";

/** What is on this machine, what the hub has, and what fits. */
export function ModelsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { tab = "here" } = useSearch({ from: "/models" });
  const models = useQuery(modelsQuery);
  const downloads = useQuery({ ...downloadsQuery, refetchInterval: 5_000 });
  const arriving = downloads.data?.downloads.some((each) => each.state === "running") ?? false;
  useModelEvents(true);
  useDownloadEvents(arriving);
  const memory = models.data?.memory;

  return (
    <>
      <Header title={t("nav.models")}>
        <span className="font-semibold">{t("nav.models")}</span>
        <span className="flex-1" />
        {memory?.budget_bytes != null && memory.used_bytes !== null && (
          <MemoryBar used={memory.used_bytes} budget={memory.budget_bytes} />
        )}
      </Header>
      <PageBody>
        <Title note={t("models.note")}>{t("nav.models")}</Title>
        <DownloadList />
        <Tabs<ModelsTab>
          label={t("nav.models")}
          value={tab}
          onChange={(next) =>
            void navigate({ to: "/models", search: next === "hub" ? { tab: "hub" } : {}, replace: true })
          }
          tabs={[
            { value: "here", name: t("models.here") },
            { value: "hub", name: t("models.hub") },
          ]}
        >
          <div className="mt-3">{tab === "here" ? <ModelTable /> : <Hub />}</div>
        </Tabs>
      </PageBody>
    </>
  );
}

function MemoryBar({ used, budget }: { used: number; budget: number }) {
  const { t } = useTranslation();
  const part = budget > 0 ? used / budget : 0;
  const said = t("models.memory", { used: bytes(used), budget: bytes(budget) });
  return (
    <span className="flex items-center gap-2.5 whitespace-nowrap text-ink-2 text-note">
      {said}
      <Meter
        value={part}
        label={said}
        tone={part > 0.95 ? "warn" : "good"}
        className="w-[110px] max-sm:hidden"
      />
    </span>
  );
}
