import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { Download } from "@/api/contract";
import { downloadsQuery, modelsQuery } from "@/api/queries";
import { bytes, percent, seconds } from "@/text/format";
import { problemOf } from "@/text/problem";
import { Button } from "@/ui/button";
import { Meter } from "@/ui/meter";
import { Card } from "@/ui/page";

/** What is being fetched from the hub, or stopped on the way. */
export function DownloadList() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(downloadsQuery);
  const shown = data?.downloads.filter((each) => each.state !== "done" && each.state !== "cancelled") ?? [];
  const done = data?.downloads.filter((each) => each.state === "done").length ?? 0;
  const before = useRef(done);
  useEffect(() => {
    if (done !== before.current) void client.invalidateQueries({ queryKey: modelsQuery.queryKey });
    before.current = done;
  }, [done, client]);
  if (shown.length === 0) return null;
  return (
    <Card className="mb-5">
      <h2 className="px-4 pt-3 font-semibold text-table">{t("downloads.title")}</h2>
      <ul aria-label={t("downloads.title")}>
        {shown.map((each) => (
          <DownloadRow key={each.id} download={each} />
        ))}
      </ul>
    </Card>
  );
}

function DownloadRow({ download }: { download: Download }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (how: "pause" | "resume" | "cancel") =>
      how === "cancel"
        ? call("DELETE", `/api/downloads/${download.id}`)
        : call("POST", `/api/downloads/${download.id}/${how}`, {}),
    onSettled: () => client.invalidateQueries({ queryKey: downloadsQuery.queryKey }),
  });
  const part = download.bytes_total ? download.bytes_done / download.bytes_total : 0;
  const facts = [
    download.state === "paused" && t("downloads.paused"),
    download.bytes_total && percent(part),
    `${bytes(download.bytes_done)}${download.bytes_total ? ` / ${bytes(download.bytes_total)}` : ""}`,
    download.state === "running" && download.bytes_per_second && `${bytes(download.bytes_per_second)}/s`,
    download.state === "running" &&
      download.seconds_left &&
      t("downloads.left", { time: seconds(download.seconds_left) }),
  ].filter(Boolean);
  const failure = act.error
    ? problemOf(act.error, t)
    : download.state === "failed"
      ? (download.error ?? "")
      : "";
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 text-table last:border-0">
      <div className="min-w-0 flex-1 basis-64">
        <div className="truncate font-medium">{download.model}</div>
        <div className="text-ink-2 text-note tabular-nums">{facts.join(" · ")}</div>
        <Meter
          value={part}
          label={t("downloads.progressOf", { model: download.model })}
          tone={download.state === "failed" ? "bad" : download.state === "paused" ? "warn" : "good"}
          className="mt-1.5"
        />
        {download.note && <p className="mt-1 text-ink-2 text-note">{download.note}</p>}
        {failure && (
          <p role="alert" className="mt-1 text-bad text-note">
            {failure}
          </p>
        )}
      </div>
      <span className="flex gap-2">
        {download.state === "running" ? (
          <Button small disabled={act.isPending} onClick={() => act.mutate("pause")}>
            {t("downloads.pause")}
          </Button>
        ) : (
          <Button small disabled={act.isPending} onClick={() => act.mutate("resume")}>
            {t("downloads.resume")}
          </Button>
        )}
        <Button small kind="danger" disabled={act.isPending} onClick={() => act.mutate("cancel")}>
          {t("common.cancel")}
        </Button>
      </span>
    </li>
  );
}
