import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { clientsQuery, modelsQuery } from "@/api/queries";
import { Code } from "@/chat/code";
import { tokens } from "@/text/format";
import { buttonLook } from "@/ui/button";
import { CopyIcon } from "@/ui/copy";
import { Select } from "@/ui/field";
import { Empty, Skeleton, Trouble } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { hasShells, isTooLarge, NO_KEY, type Shell, steps } from "./clients";

const WINDOWS = /Windows/.test(navigator.userAgent);

/** Ready-to-paste set-up for one client, with this server's address and a model that is here. */
export function ConnectClient({ apiKey }: { apiKey: string | null }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const [id, setId] = useState("claude");
  const [shell, setShell] = useState<Shell>(WINDOWS ? "powershell" : "unix");
  const [model, setModel] = useState<string | null>(null);
  const here = models.data?.models ?? [];
  const chosen = here.find((each) => each.id === (model ?? models.data?.default)) ?? here[0];
  const query = useQuery(clientsQuery(chosen?.id ?? null, chosen !== undefined));

  if (models.data && !chosen) {
    return (
      <Empty
        title={t("connect.noModel")}
        action={
          <Link to="/models" search={{ tab: "hub" }} className={buttonLook("primary")}>
            {t("welcome.models")}
          </Link>
        }
      >
        {t("connect.noModelNote")}
      </Empty>
    );
  }
  if (query.error) return <Trouble error={query.error} onRetry={() => void query.refetch()} />;
  const report = query.data;
  const client = report?.clients.find((each) => each.id === id);
  if (!report || !client || !chosen) return <Skeleton rows={3} />;
  return (
    <>
      <Tabs
        label={t("nav.connect")}
        value={id}
        onChange={setId}
        wraps
        tabs={report.clients.map((each) => ({ value: each.id, name: each.name }))}
      >
        <div className="mt-2 mb-2.5 flex flex-wrap items-center gap-2">
          {here.length > 1 && (
            <Select
              aria-label={t("connect.model")}
              className="max-w-80"
              value={chosen.id}
              onChange={(event) => setModel(event.target.value)}
            >
              {here.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.id}
                </option>
              ))}
            </Select>
          )}
          {hasShells(client) && (
            <Select
              aria-label={t("connect.shell")}
              value={shell}
              onChange={(event) => setShell(event.target.value as Shell)}
            >
              <option value="unix">macOS, Linux</option>
              <option value="powershell">Windows PowerShell</option>
            </Select>
          )}
        </div>
        <div className="flex flex-col gap-3">
          {isTooLarge(client, chosen.context_length) && (
            <p className="rounded-control bg-warn-soft px-3 py-2 text-table text-warn">
              {t("connect.tooLarge", {
                name: client.name,
                needed: tokens(client.context_needed),
                length: tokens(chosen.context_length),
              })}
            </p>
          )}
          {client.command !== null && (
            <Paste title={t("connect.where.command")} text={client.command} language="sh" />
          )}
          {steps(report, client, shell, apiKey ?? NO_KEY).map((step) => (
            <Paste
              key={step.where}
              title={
                step.where === "file" ? (
                  <code className="font-mono">{step.path}</code>
                ) : (
                  t(`connect.where.${step.where}`)
                )
              }
              text={step.text}
              language={step.language}
            />
          ))}
        </div>
      </Tabs>
      <p className="mt-2.5 text-ink-2 text-note">
        {apiKey ? t("connect.keyFilledIn") : t("connect.putKey", { key: NO_KEY })}
      </p>
    </>
  );
}

function Paste({ title, text, language }: { title: ReactNode; text: string; language: string }) {
  const { t } = useTranslation();
  return (
    <figure className="overflow-hidden rounded-card border border-line">
      <figcaption className="flex h-9 items-center justify-between gap-2 border-line border-b bg-card pr-1.5 pl-3.5 text-note text-ink-2">
        {title}
        <CopyIcon text={text} label={t("chat.copyCode")} />
      </figcaption>
      <Code code={text} language={language} />
    </figure>
  );
}
