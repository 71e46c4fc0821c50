import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { LoadPlan, LoadSettings, ModelEntry } from "@/api/contract";
import { bytes } from "@/text/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { Skeleton, Trouble } from "@/ui/page";

const CACHE_TYPES = ["f16", "q8_0", "q5_1", "q4_0"];

interface LoadDialogProps {
  model: ModelEntry;
  onClose: () => void;
  onLoad: (settings: Partial<LoadSettings>) => void;
}

/** Settings of a load, and what the server would make of them and why, before anything happens. */
export function LoadDialog({ model, onClose, onLoad }: LoadDialogProps) {
  const { t } = useTranslation();
  const [settings, setSettings] = useState<Partial<LoadSettings>>({});
  const asked = useDeferredValue(settings);
  const plan = useQuery({
    queryKey: ["plan", model.id, asked],
    queryFn: () => call<LoadPlan>("POST", "/api/models/plan", { model: model.id, ...asked }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const set = (name: "context_length" | "parallel" | "gpu_layers", text: string) => {
    const { [name]: _, ...others } = settings;
    setSettings(text === "" ? others : { ...others, [name]: Number(text) });
  };
  const number = (name: "context_length" | "parallel" | "gpu_layers", least: number) => (
    <Field label={t(`load.${name}`)}>
      {(id) => (
        <Input
          id={id}
          type="number"
          min={least}
          placeholder={t("load.automatic")}
          value={settings[name] ?? ""}
          onChange={(event) => set(name, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t("load.title", { name: model.name })}
      description={t("load.note")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            kind="primary"
            onClick={() => {
              onLoad(settings);
              onClose();
            }}
          >
            {t("models.load")}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {number("context_length", 256)}
        {number("parallel", 1)}
        {number("gpu_layers", 0)}
        <Field label={t("load.cache_type")}>
          {(id) => (
            <Select
              id={id}
              value={settings.cache_type ?? ""}
              onChange={(event) => {
                const { cache_type: _, ...others } = settings;
                setSettings(event.target.value ? { ...others, cache_type: event.target.value } : others);
              }}
            >
              <option value="">{t("load.automatic")}</option>
              {CACHE_TYPES.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <h3 className="mt-5 mb-1 font-semibold text-table">{t("load.plan")}</h3>
      {plan.isPending && <Skeleton rows={4} className="px-0" />}
      {plan.error && <Trouble error={plan.error} onRetry={() => void plan.refetch()} />}
      {plan.data && (
        <>
          <dl className="text-table">
            {plan.data.rows.map((row) => (
              <div
                key={row.name}
                className="grid grid-cols-[130px_120px_minmax(0,1fr)] gap-3 border-line border-b py-1.5 last:border-0 max-sm:grid-cols-2"
              >
                <dt className="text-ink-2">{row.name}</dt>
                <dd className="font-mono text-[12.5px] [overflow-wrap:anywhere]">
                  {String(row.value ?? "–")}
                </dd>
                <dd className="text-ink-3 text-note max-sm:col-span-2">{row.reason}</dd>
              </div>
            ))}
          </dl>
          {plan.data.memory_bytes !== null && (
            <p className="mt-2 text-table">{t("load.memory", { size: bytes(plan.data.memory_bytes) })}</p>
          )}
          {plan.data.warnings.map((warning) => (
            <p key={warning} className="mt-2 rounded-control bg-warn-soft px-3 py-2 text-table text-warn">
              {warning}
            </p>
          ))}
        </>
      )}
    </Dialog>
  );
}
