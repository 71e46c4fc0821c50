import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { Download, HubModel, HubVariant } from "@/api/contract";
import { downloadsQuery, hubRepositoryQuery, hubSearchQuery } from "@/api/queries";
import { bytes, count } from "@/text/format";
import { Time } from "@/text/time";
import { Button } from "@/ui/button";
import { Chip, type Tone } from "@/ui/chip";
import { Input } from "@/ui/field";
import { Card, Empty, Skeleton, Trouble } from "@/ui/page";

const TYPING_MS = 300;
const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;

/** Models of the hub: search, choose a quantization that fits, download. */
export function Hub() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [wanted, setWanted] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setWanted(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const search = useQuery({ ...hubSearchQuery(wanted), placeholderData: (previous) => previous });
  const found = search.data ?? [];
  const exact = REPOSITORY.test(wanted) && !found.some((model) => model.repository === wanted);

  return (
    <>
      <Input
        type="search"
        aria-label={t("hub.search")}
        placeholder={t("hub.placeholder")}
        className="mb-3 w-full max-w-[420px]"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {search.isPending && <Skeleton rows={5} />}
      {search.error && (
        <Trouble error={search.error} onRetry={() => void search.refetch()} className="mb-3" />
      )}
      {exact && (
        <Card className="mb-3">
          <Repository
            model={{ repository: wanted, downloads: null, likes: null, updated_at: null, gated: false }}
          />
        </Card>
      )}
      {found.length > 0 && (
        <Card>
          {found.map((model) => (
            <Repository key={model.repository} model={model} />
          ))}
        </Card>
      )}
      {search.isSuccess && found.length === 0 && !exact && (
        <Empty title={t("hub.none")}>{t("hub.noneNote")}</Empty>
      )}
    </>
  );
}

function Repository({ model }: { model: HubModel }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <div className="border-line border-b last:border-0">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-3 px-4 py-3 text-left text-table hover:bg-panel"
      >
        <ChevronRight
          aria-hidden
          className={`size-4 shrink-0 text-ink-3 transition-transform ${open ? "rotate-90" : ""}`}
        />
        <span className="min-w-0 flex-1 truncate font-medium">{model.repository}</span>
        {model.gated && <Chip tone="warn">{t("hub.gated")}</Chip>}
        {model.downloads !== null && (
          <span className="num text-ink-3 text-note max-sm:hidden">
            {t("hub.downloads", { count: model.downloads, number: count(model.downloads, i18n.language) })}
          </span>
        )}
        {typeof model.updated_at === "number" && (
          <span className="w-24 text-right text-ink-3 text-note max-sm:hidden">
            <Time at={model.updated_at} />
          </span>
        )}
      </button>
      {open && <Variants repository={model.repository} />}
    </div>
  );
}

const FIT: Record<NonNullable<HubVariant["fit"]>, Tone> = { fits: "good", tight: "warn", too_big: "bad" };

function Variants({ repository }: { repository: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(hubRepositoryQuery(repository));
  const downloads = useQuery(downloadsQuery);
  const download = useMutation({
    mutationFn: (model: string) => call<Download>("POST", "/api/downloads", { model }),
    onSettled: () => client.invalidateQueries({ queryKey: downloadsQuery.queryKey }),
  });
  if (isPending) return <Skeleton rows={3} className="pl-11" />;
  if (error) return <Trouble error={error} onRetry={() => void refetch()} className="mx-4 mb-3" />;
  return (
    <div className="px-4 pb-3 pl-11">
      {download.error && <Trouble error={download.error} className="mb-2" />}
      <table aria-label={repository} className="w-full text-table">
        <thead className="sr-only">
          <tr>
            <th>{t("models.quantization")}</th>
            <th>{t("models.size")}</th>
            <th>{t("hub.fit")}</th>
            <th>{t("models.actions")}</th>
          </tr>
        </thead>
        <tbody>
          {data.variants.map((variant) => {
            const name = `${repository}:${variant.quantization}`;
            const arriving = downloads.data?.downloads.some(
              (each) => each.model === name && (each.state === "running" || each.state === "paused"),
            );
            return (
              <tr key={variant.quantization} className="border-line border-t">
                <td className="whitespace-nowrap py-2 pr-3 font-mono text-[12.5px]">
                  {variant.quantization}
                </td>
                <td className="num px-3">{bytes(variant.size_bytes)}</td>
                <td className="px-3">
                  <span className="flex flex-wrap gap-1.5">
                    {variant.fit && <Chip tone={FIT[variant.fit]}>{t(`hub.${variant.fit}`)}</Chip>}
                    {variant.recommended && <Chip tone="good">{t("hub.recommended")}</Chip>}
                  </span>
                </td>
                <td className="py-1.5 text-right">
                  {variant.on_disk ? (
                    <Chip>{t("models.state.onDisk")}</Chip>
                  ) : (
                    <Button
                      small
                      kind={variant.recommended ? "primary" : "plain"}
                      disabled={arriving || download.isPending}
                      aria-label={t("hub.downloadName", { name })}
                      onClick={() => download.mutate(name)}
                    >
                      {arriving ? t("hub.downloading") : t("hub.download")}
                    </Button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
