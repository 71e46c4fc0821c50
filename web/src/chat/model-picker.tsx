import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, ChevronDown, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { ModelEntry } from "@/api/contract";
import { modelsQuery } from "@/api/queries";
import { useShortcut } from "@/app/shortcuts";
import { isLoading, stateTone } from "@/models/state";
import { useModelEvents } from "@/models/use-events";
import { bytes, percent, tokens } from "@/text/format";
import { Dot, Tag } from "@/ui/chip";
import { Popover } from "@/ui/menu";
import { Meter } from "@/ui/meter";
import { Skeleton, Trouble } from "@/ui/page";
import { useChosenModel } from "./chosen-model";
import { setChatOptions } from "./options";

/** Which model answers, at the top left; one that is not loaded is loaded when it is chosen. */
export function ModelPicker() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const client = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(modelsQuery);
  const chosen = useChosenModel();
  const busy = data?.models.some(isLoading) ?? false;
  useModelEvents(open || busy);
  useShortcut("switchModel", () => setOpen(true));

  const load = useMutation({
    mutationFn: (model: string) => call("POST", "/api/models/load", { model }),
    onMutate: () => setTimeout(() => void client.invalidateQueries({ queryKey: modelsQuery.queryKey }), 300),
    onSettled: () => client.invalidateQueries({ queryKey: modelsQuery.queryKey }),
  });
  const choose = (model: ModelEntry) => {
    setChatOptions({ model: model.id === data?.default ? null : model.id });
    setOpen(false);
    if (model.state !== "ready" && !isLoading(model)) load.mutate(model.id);
  };
  const found = data?.models.filter((model) => matches(model, wanted)) ?? [];

  return (
    <div className="flex min-w-0 items-center gap-3">
      <Popover
        label={t("models.choose")}
        open={open}
        onOpenChange={setOpen}
        className="w-[420px]"
        trigger={
          <button
            type="button"
            aria-label={`${t("models.choose")}: ${chosen?.name ?? t("models.none")}`}
            className="flex min-w-0 items-center gap-2.5 rounded-[9px] border border-line bg-card px-2.5 py-[5px] font-[550] hover:border-line-strong"
          >
            {chosen && <Dot tone={stateTone(chosen)} pulse={isLoading(chosen)} />}
            <span className="truncate">{chosen?.name ?? t("models.none")}</span>
            {chosen?.quantization && <Tag className="max-sm:hidden">{chosen.quantization}</Tag>}
            <ChevronDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          </button>
        }
      >
        <div className="sticky top-0 border-line border-b bg-card p-2">
          <Search aria-hidden className="-translate-y-1/2 absolute top-1/2 left-4.5 size-3.5 text-ink-3" />
          <input
            type="search"
            aria-label={t("models.search")}
            placeholder={t("models.search")}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            className="w-full rounded-[7px] bg-panel py-1.5 pr-2 pl-8 text-table placeholder:text-ink-3"
          />
        </div>
        {isPending && <Skeleton rows={3} />}
        {error && <Trouble error={error} onRetry={() => void refetch()} className="m-2" />}
        <ul className="p-1">
          {found.map((model) => (
            <li key={model.id}>
              <button
                type="button"
                aria-current={model.id === chosen?.id}
                onClick={() => choose(model)}
                className="flex w-full items-center gap-2.5 rounded-[7px] px-2.5 py-2 text-left hover:bg-panel focus-visible:bg-panel"
              >
                <Dot tone={stateTone(model)} pulse={isLoading(model)} />
                <span className="min-w-0 flex-1">
                  <span className="flex items-center gap-2">
                    <span className="truncate font-medium text-table">{model.name}</span>
                    {model.quantization && <Tag>{model.quantization}</Tag>}
                  </span>
                  <span className="block truncate text-ink-3 text-note">
                    {facts(model, t(`models.state.${stateKey(model)}`))}
                  </span>
                </span>
                {model.id === chosen?.id && <Check aria-hidden className="size-4 text-accent" />}
              </button>
            </li>
          ))}
          {data && found.length === 0 && (
            <li className="px-3 py-4 text-ink-2 text-table">{t("models.noneFound")}</li>
          )}
        </ul>
        <Link
          to="/models"
          search={{ tab: "hub" }}
          onClick={() => setOpen(false)}
          className="block border-line border-t px-3.5 py-2.5 text-accent text-table hover:underline"
        >
          {t("models.findMore")}
        </Link>
      </Popover>
      {chosen && isLoading(chosen) && (
        <span role="status" className="flex items-center gap-2 text-ink-2 text-note">
          {t("models.loading")} {chosen.progress !== null && percent(chosen.progress)}
          <Meter value={chosen.progress ?? 0} label={t("models.loading")} className="w-20 max-sm:hidden" />
        </span>
      )}
      {chosen?.state === "failed" && (
        <span role="alert" title={chosen.error ?? undefined} className="max-w-64 truncate text-bad text-note">
          {t("models.failed")}
        </span>
      )}
    </div>
  );
}

function matches(model: ModelEntry, wanted: string): boolean {
  const all = `${model.name} ${model.id} ${model.quantization ?? ""}`.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

function facts(model: ModelEntry, state: string): string {
  const context = model.context_length ?? model.native_context;
  return [state, model.size_bytes !== null && bytes(model.size_bytes), context && tokens(context)]
    .filter(Boolean)
    .join(" · ");
}

function stateKey(model: ModelEntry): "ready" | "loading" | "failed" | "onDisk" {
  if (model.state === "ready" || model.state === "failed") return model.state;
  return isLoading(model) ? "loading" : "onDisk";
}
