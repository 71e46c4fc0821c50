import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CreatedKey } from "@/api/contract";
import { keysQuery, statusQuery } from "@/api/queries";
import { ConnectClient } from "@/connect/connect-client";
import { TabBar } from "@/settings/tab-bar";
import { CopyIcon } from "@/ui/copy";
import { Empty, PageBody, Skeleton, Title, Trouble } from "@/ui/page";
import { CreateKey } from "./create-key";
import { KeyTable } from "./key-table";
import { Reveal } from "./reveal";

/** Settings, API: the keys of clients, the addresses they use, and how each is set up. */
export function KeysPage() {
  const { t } = useTranslation();
  const keys = useQuery({ ...keysQuery, refetchInterval: 10_000 });
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const [ended, setEnded] = useState(false);
  const active = keys.data?.filter((key) => key.state === "active") ?? [];
  const gone = keys.data?.filter((key) => key.state !== "active") ?? [];
  const createdIsActive = created !== null && !gone.some((key) => key.id === created.key.id);

  return (
    <>
      <TabBar tab="api" />
      <PageBody>
        <Title note={t("keys.note")}>{t("keys.title")}</Title>
        {created && createdIsActive && (
          <Reveal key={created.key.id} created={created} onDone={() => setCreated(null)} />
        )}
        <CreateKey onCreated={setCreated} />
        {keys.isPending && <Skeleton rows={3} />}
        {keys.error && <Trouble error={keys.error} onRetry={() => void keys.refetch()} />}
        {keys.data && active.length === 0 && <Empty title={t("keys.none")}>{t("keys.noneNote")}</Empty>}
        {active.length > 0 && <KeyTable keys={active} label={t("keys.title")} />}
        {gone.length > 0 && (
          <div className="mt-3">
            <button
              type="button"
              aria-expanded={ended}
              onClick={() => setEnded(!ended)}
              className="text-ink-2 text-note hover:text-ink"
            >
              {ended ? t("keys.hideEnded") : t("keys.showEnded", { count: gone.length })}
            </button>
            {ended && (
              <div className="mt-2">
                <KeyTable keys={gone} label={t("keys.ended")} />
              </div>
            )}
          </div>
        )}
        <BaseUrls />
        <h2 className="mt-8 mb-1 font-semibold text-base tracking-tight">{t("nav.connect")}</h2>
        <ConnectClient apiKey={createdIsActive ? (created?.plaintext ?? null) : null} />
      </PageBody>
    </>
  );
}

function BaseUrls() {
  const { t } = useTranslation();
  const { data } = useQuery(statusQuery);
  if (!data) return null;
  return (
    <dl className="mt-6 flex flex-wrap gap-x-10 gap-y-2 text-table">
      {[
        [t("keys.openaiUrl"), data.openai_base_url],
        [t("keys.anthropicUrl"), data.anthropic_base_url],
      ].map(([name, url]) => (
        <div key={name}>
          <dt className="text-ink-3 text-note">{name}</dt>
          <dd className="flex items-center gap-1 font-mono text-[12.5px]">
            {url}
            <CopyIcon text={url ?? ""} label={t("keys.copyUrl", { name })} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
