import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { RequestDetail } from "@/api/contract";
import { statusQuery } from "@/api/queries";
import { RepairView } from "@/chat/repairs";
import { count, exact, percent, rate, seconds, share } from "@/text/format";
import { CopyIcon } from "@/ui/copy";
import { Drawer } from "@/ui/dialog";
import { Switch } from "@/ui/field";
import { Skeleton, Trouble } from "@/ui/page";
import { isLive } from "./feed";
import { StateChip } from "./request-table";
import { TimeBar } from "./time-bar";

const LIVE_MS = 1000;

interface RequestDrawerProps {
  id: string | null;
  onClose: () => void;
  keepsBodies: boolean;
}

/** One request: where its time went, what was mended, what the model saw, and the wire. */
export function RequestDrawer({ id, onClose, keepsBodies }: RequestDrawerProps) {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ["request", id],
    queryFn: () => call<RequestDetail>("GET", `/api/requests/${id}`),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data && isLive(query.state.data) ? LIVE_MS : false),
  });
  return (
    <Drawer
      open={id !== null}
      onOpenChange={(open) => !open && onClose()}
      title={data?.endpoint ?? t("monitor.request")}
    >
      {isPending && <Skeleton rows={8} />}
      {error && <Trouble error={error} onRetry={() => void refetch()} className="m-5" />}
      {data && <Detail request={data} keepsBodies={keepsBodies} />}
    </Drawer>
  );
}

function Detail({ request, keepsBodies }: { request: RequestDetail; keepsBodies: boolean }) {
  const { t, i18n } = useTranslation();
  const problem = request.error;
  const facts: [string, ReactNode][] = [
    [t("monitor.state"), <StateChip key="state" request={request} />],
    [t("monitor.time"), exact(request.at, i18n.language)],
    [t("monitor.client"), request.client ?? "–"],
    [t("monitor.key"), request.key?.name ?? "–"],
    [t("models.model"), request.model ?? "–"],
    [t("monitor.in"), count(request.input_tokens, i18n.language)],
    [t("monitor.reused"), percent(share(request.cached_tokens, request.input_tokens))],
    ...cacheFacts(request.cache, t),
    [t("monitor.out"), count(request.output_tokens, i18n.language)],
    ["tok/s", rate(request.tokens_per_second)],
    [t("monitor.finish"), request.finish_reason ?? "–"],
    [t("monitor.streamed"), request.streamed ? t("common.yes") : t("common.no")],
  ];
  return (
    <div className="flex flex-col gap-6 p-5 text-table">
      {problem && (
        <p role="alert" className="rounded-control bg-bad-soft px-3 py-2 text-bad [overflow-wrap:anywhere]">
          {problem}
        </p>
      )}
      <dl className="grid grid-cols-[120px_minmax(0,1fr)] gap-y-1.5">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="tabular-nums [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      <Part title={t("monitor.timings")} aside={seconds(request.total_seconds)}>
        <TimeBar request={request} />
      </Part>
      {request.repairs_list.length > 0 && (
        <Part title={t("monitor.repairs")}>
          {request.repairs_list.map((repair, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list is fixed
            <RepairView key={index} repair={repair} />
          ))}
        </Part>
      )}
      <KeepBodies on={keepsBodies} />
      <Raw title={t("monitor.messages")} value={request.messages} />
      <Raw title={t("monitor.requestBody")} value={request.request_body} />
      <Raw title={t("monitor.responseBody")} value={request.response_body} />
    </div>
  );
}

/** What the prompt shares with the one before it in its conversation, and where it parts from it. */
function cacheFacts(cache: RequestDetail["cache"], t: TFunction): [string, ReactNode][] {
  if (!cache) return [];
  const facts: [string, ReactNode][] = [[t("monitor.turn"), String(cache.turn)]];
  if (cache.possible !== null) facts.push([t("monitor.reusable"), percent(cache.possible)]);
  if (cache.difference) facts.push([t("monitor.inTheWay"), cache.difference]);
  if (cache.removed.length > 0) facts.push([t("monitor.takenOut"), cache.removed.join(", ")]);
  return facts;
}

function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1.5 flex items-center justify-between font-semibold">
        {title}
        {aside && <span className="font-normal text-ink-2 tabular-nums">{aside}</span>}
      </h3>
      {children}
    </section>
  );
}

function Raw({ title, value }: { title: string; value: unknown }) {
  const { t } = useTranslation();
  if (value === null || value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <Part title={title} aside={<CopyIcon text={text} label={t("keys.copySide", { side: title })} />}>
      <pre
        tabIndex={0}
        className="max-h-96 overflow-auto whitespace-pre-wrap rounded-control border border-line bg-code px-3 py-2 font-mono text-[12px] [overflow-wrap:anywhere]"
      >
        {text}
      </pre>
    </Part>
  );
}

function KeepBodies({ on }: { on: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const keep = useMutation({
    mutationFn: (wanted: boolean) => call("PUT", "/api/requests/keep_bodies", { on: wanted }),
    onSettled: () => client.invalidateQueries({ queryKey: statusQuery.queryKey }),
  });
  return (
    <div className="flex items-start gap-3 rounded-control border border-line px-3 py-2.5">
      <div className="flex-1">
        <div className="font-medium">{t("monitor.keepBodies")}</div>
        <p className="text-ink-2 text-note">{t("monitor.keepBodiesNote")}</p>
        {keep.error && <Trouble error={keep.error} className="mt-2" />}
      </div>
      <Switch
        label={t("monitor.keepBodies")}
        checked={keep.isPending ? (keep.variables ?? on) : on}
        onCheckedChange={(wanted) => keep.mutate(wanted)}
      />
    </div>
  );
}
