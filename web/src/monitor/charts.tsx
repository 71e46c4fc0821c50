import { useTranslation } from "react-i18next";
import type { Sample } from "@/api/contract";
import { bytes, rate } from "@/text/format";
import { Card } from "@/ui/page";
import { Chart } from "./chart";

/** The last five minutes: speed, requests, memory, on one time axis. */
export function Charts({ samples, budget }: { samples: Sample[]; budget: number | null }) {
  const { t } = useTranslation();
  const last = samples.at(-1);
  return (
    <div className="mb-4 grid gap-3 lg:grid-cols-3">
      <Card className="px-3.5 pt-2.5 pb-1.5">
        <Label
          name={t("monitor.speed")}
          value={`${rate(last?.tokens_per_second)} tok/s`}
          peak={rate(peakOf(samples, (sample) => sample.tokens_per_second))}
        />
        <Chart
          samples={samples}
          of={(sample) => sample.tokens_per_second}
          tone="accent"
          label={t("monitor.speed")}
        />
      </Card>
      <Card className="px-3.5 pt-2.5 pb-1.5">
        <Label
          name={t("monitor.requests")}
          value={last ? t("monitor.activeQueued", { active: last.active, queued: last.queued }) : "–"}
        />
        <Chart
          samples={samples}
          of={(sample) => sample.active}
          and={(sample) => sample.active + sample.queued}
          tone="accent"
          label={t("monitor.requests")}
          stepped
        />
      </Card>
      <Card className="px-3.5 pt-2.5 pb-1.5">
        <Label
          name={t("monitor.memory")}
          value={
            budget === null ? bytes(last?.memory_bytes) : `${bytes(last?.memory_bytes)} / ${bytes(budget)}`
          }
        />
        <Chart
          samples={samples}
          of={(sample) => sample.memory_bytes}
          top={budget}
          tone="ink"
          label={t("monitor.memory")}
          stepped
        />
      </Card>
    </div>
  );
}

function peakOf(samples: Sample[], of: (sample: Sample) => number | null): number | null {
  const highest = Math.max(0, ...samples.map((sample) => of(sample) ?? 0));
  return highest > 0 ? highest : null;
}

function Label({ name, value, peak }: { name: string; value: string; peak?: string }) {
  const { t } = useTranslation();
  return (
    <div className="flex items-baseline justify-between gap-2 text-note">
      <span className="text-ink-3">{name}</span>
      <span className="tabular-nums">
        {peak && <span className="mr-2 text-ink-3">{t("monitor.peak", { value: peak })}</span>}
        <b className="font-medium">{value}</b>
      </span>
    </div>
  );
}
