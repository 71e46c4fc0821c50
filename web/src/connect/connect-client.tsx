import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery, statusQuery } from "@/api/queries";
import { Code } from "@/chat/code";
import { buttonLook } from "@/ui/button";
import { CopyIcon } from "@/ui/copy";
import { Select } from "@/ui/field";
import { Empty, Skeleton } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { CLIENTS, type Shell, type Step } from "./clients";

const NO_KEY = "sk-unsloth-…";
const WINDOWS = /Windows/.test(navigator.userAgent);

/** Ready-to-paste set-up for one client, with this server's address and a model that is here. */
export function ConnectClient({ apiKey }: { apiKey: string | null }) {
  const { t } = useTranslation();
  const status = useQuery(statusQuery);
  const models = useQuery(modelsQuery);
  const [id, setId] = useState("claude-code");
  const [shell, setShell] = useState<Shell>(WINDOWS ? "powershell" : "unix");
  const [model, setModel] = useState<string | null>(null);
  const client = CLIENTS.find((each) => each.id === id);

  if (!status.data || !models.data || !client) return <Skeleton rows={3} />;
  const here = models.data.models;
  const chosen = here.find((each) => each.id === (model ?? models.data.default)) ?? here[0];
  if (!chosen) {
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
  const place = {
    base: status.data.anthropic_base_url.replace(/\/$/, ""),
    key: apiKey ?? NO_KEY,
    model: chosen.id,
    context: chosen.context_length,
  };
  return (
    <>
      <Tabs
        label={t("nav.connect")}
        value={id}
        onChange={setId}
        tabs={CLIENTS.map((each) => ({ value: each.id, name: each.name }))}
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
          {client.shells && (
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
          {client.steps(place, shell).map((step) => (
            <StepView key={step.where + step.language} step={step} />
          ))}
        </div>
      </Tabs>
      <p className="mt-2.5 text-ink-2 text-note">
        {apiKey ? t("connect.keyFilledIn") : t("connect.putKey", { key: NO_KEY })}
      </p>
    </>
  );
}

function StepView({ step }: { step: Step }) {
  const { t } = useTranslation();
  return (
    <figure className="overflow-hidden rounded-card border border-line">
      <figcaption className="flex h-9 items-center justify-between gap-2 border-line border-b bg-card pr-1.5 pl-3.5 text-note text-ink-2">
        {step.where === "file" ? (
          <code className="font-mono">{step.path}</code>
        ) : (
          t(`connect.where.${step.where}`)
        )}
        <CopyIcon text={step.text} label={t("chat.copyCode")} />
      </figcaption>
      <Code code={step.text} language={step.language} />
    </figure>
  );
}
