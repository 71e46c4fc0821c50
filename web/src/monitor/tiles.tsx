import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ServerStatus } from "@/api/contract";
import { percent, rate, seconds } from "@/text/format";
import { Card } from "@/ui/page";
import type { Totals } from "./feed";

/** The four numbers that say how it goes. */
export function Tiles({ status, totals }: { status: ServerStatus | undefined; totals: Totals }) {
  const { t } = useTranslation();
  return (
    <dl className="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Tile name={t("monitor.speed")}>{rate(status?.tokens_per_second)}</Tile>
      <Tile name={t("monitor.firstTokenMedian")}>{seconds(totals.firstToken)}</Tile>
      <Tile name={t("monitor.reusedShare")}>{percent(totals.reused, 1)}</Tile>
      <Tile
        name={t("monitor.slots")}
        note={status?.queued ? t("monitor.waiting", { count: status.queued }) : ""}
      >
        {status ? t("monitor.slotsOf", { active: status.active, slots: status.slots ?? "–" }) : "–"}
      </Tile>
    </dl>
  );
}

function Tile({ name, note = "", children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <Card className="px-3.5 py-3">
      <dt className="text-ink-3 text-note">{name}</dt>
      <dd className="font-semibold text-title tabular-nums">
        {children} {note && <span className="font-normal text-note text-warn">{note}</span>}
      </dd>
    </Card>
  );
}
