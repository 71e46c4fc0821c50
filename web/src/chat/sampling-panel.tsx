import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Sampling } from "@/api/contract";
import { type ChosenSetting, chosenSettingsQuery } from "@/api/queries";
import { Button } from "@/ui/button";
import { Field, Input, TextArea } from "@/ui/field";
import { Popover } from "@/ui/menu";
import { useChosenModel } from "./chosen-model";
import { setChatOptions, useChatOptions } from "./options";

const FIELDS: { name: keyof Sampling; min: number; max?: number; step: number }[] = [
  { name: "temperature", min: 0, max: 2, step: 0.05 },
  { name: "top_p", min: 0, max: 1, step: 0.01 },
  { name: "top_k", min: 0, step: 1 },
  { name: "min_p", min: 0, max: 1, step: 0.01 },
  { name: "repeat_penalty", min: 0, max: 2, step: 0.01 },
  { name: "presence_penalty", min: -2, max: 2, step: 0.05 },
  { name: "max_tokens", min: 1, step: 1 },
];

/** How the next answer is sampled: what the model uses by itself and why, and what is asked for instead. */
export function SamplingPanel() {
  const { t } = useTranslation();
  const options = useChatOptions();
  const model = useChosenModel();
  const { data: chosen = {} } = useQuery({
    ...chosenSettingsQuery(model?.id ?? ""),
    enabled: model !== undefined,
  });
  const own = Object.values(options.sampling).filter((value) => value !== undefined).length;
  const set = (name: keyof Sampling, text: string) => {
    const sampling = { ...options.sampling };
    if (text === "") delete sampling[name];
    else sampling[name] = Number(text);
    setChatOptions({ sampling });
  };

  return (
    <Popover
      label={t("sampling.title")}
      className="w-[380px] p-4"
      trigger={
        <button
          type="button"
          aria-label={t("sampling.title")}
          className="flex items-center gap-1.5 whitespace-nowrap rounded-full border border-line px-2.5 py-[3px] text-[11.5px] text-ink-2 hover:border-line-strong hover:text-ink"
        >
          <SlidersHorizontal aria-hidden className="size-3.5" />
          <span className="max-lg:hidden">{summary(options.sampling, chosen)}</span>
          <span className="text-ink-3 max-lg:hidden">
            {own > 0 ? t("sampling.yours") : t(`sampling.source.${sourceKey(chosen.temperature)}`)}
          </span>
        </button>
      }
    >
      <div className="flex items-center justify-between">
        <h2 className="font-semibold">{t("sampling.title")}</h2>
        <Button small kind="ghost" disabled={own === 0} onClick={() => setChatOptions({ sampling: {} })}>
          {t("sampling.reset")}
        </Button>
      </div>
      <div className="mt-2 grid grid-cols-2 gap-x-4 gap-y-3">
        {FIELDS.map(({ name, ...range }) => (
          <Field
            key={name}
            label={t(`sampling.${name}`)}
            hint={hint(
              chosen[name],
              options.sampling[name],
              t(`sampling.source.${sourceKey(chosen[name])}`),
              t("sampling.yours"),
            )}
          >
            {(id, hintId) => (
              <Input
                id={id}
                aria-describedby={hintId}
                type="number"
                inputMode="decimal"
                className="tabular-nums"
                {...range}
                placeholder={placeholder(chosen[name])}
                value={options.sampling[name] ?? ""}
                onChange={(event) => set(name, event.target.value)}
              />
            )}
          </Field>
        ))}
      </div>
      <Field label={t("sampling.system")} className="mt-3">
        {(id) => (
          <TextArea
            id={id}
            rows={3}
            value={options.system}
            placeholder={t("sampling.systemNone")}
            onChange={(event) => setChatOptions({ system: event.target.value })}
          />
        )}
      </Field>
    </Popover>
  );
}

type SourceKey = "pin" | "flag" | "metadata" | "family" | "engine" | "unknown";

function sourceKey(setting: ChosenSetting | undefined): SourceKey {
  const known: SourceKey[] = ["pin", "flag", "metadata", "family", "engine"];
  return known.find((each) => each === setting?.source) ?? "unknown";
}

function placeholder(setting: ChosenSetting | undefined): string {
  return setting?.value == null ? "" : String(setting.value);
}

function hint(
  setting: ChosenSetting | undefined,
  own: number | undefined,
  source: string,
  yours: string,
): React.ReactNode {
  if (own !== undefined && setting?.source !== "pin") return yours;
  return setting ? <span title={setting.reason}>{source}</span> : undefined;
}

function summary(own: Sampling, chosen: Record<string, ChosenSetting>): string {
  const of = (name: keyof Sampling) => own[name] ?? chosen[name]?.value;
  const temperature = of("temperature");
  const topK = of("top_k");
  return [temperature != null && `temp ${temperature}`, topK != null && `top-k ${topK}`]
    .filter(Boolean)
    .join(" · ");
}
