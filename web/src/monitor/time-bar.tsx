import { useTranslation } from "react-i18next";
import type { RequestRecord } from "@/api/contract";
import { seconds } from "@/text/format";

/** Where the time of a request went: waiting for a slot, reading the prompt, writing. */
export function TimeBar({ request }: { request: RequestRecord }) {
  const { t } = useTranslation();
  const total = request.total_seconds;
  const first = request.first_token_seconds;
  const queued = request.queued_seconds ?? 0;
  if (total === null || total <= 0) return <p className="text-ink-3 text-note">{t("monitor.noTimes")}</p>;
  const reading = first === null ? null : Math.max(0, first - queued);
  const parts = [
    { name: t("monitor.phase.queued"), time: queued, look: "bg-line-strong" },
    { name: t("monitor.phase.reading"), time: reading, look: "bg-warn" },
    {
      name: t("monitor.phase.writing"),
      time: first === null ? null : Math.max(0, total - first),
      look: "bg-accent",
    },
  ];
  return (
    <>
      <div aria-hidden className="flex h-2 overflow-hidden rounded-full bg-line">
        {parts.map((part) => (
          <span
            key={part.name}
            className={part.look}
            style={{ width: `${((part.time ?? 0) / total) * 100}%` }}
          />
        ))}
      </div>
      <dl className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-note">
        {parts.map((part) => (
          <div key={part.name} className="flex items-center gap-1.5">
            <span aria-hidden className={`size-2 rounded-full ${part.look}`} />
            <dt className="text-ink-2">{part.name}</dt>
            <dd className="tabular-nums">{seconds(part.time)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
