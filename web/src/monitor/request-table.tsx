import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RequestRecord } from "@/api/contract";
import { clock, count, exact, percent, rate, seconds, share } from "@/text/format";
import { Button } from "@/ui/button";
import { Chip, type Tone } from "@/ui/chip";
import { Cell, Head, Row, Table } from "@/ui/table";
import { isLive } from "./feed";

const PAGE = 100;

interface RequestTableProps {
  requests: RequestRecord[];
  onOpen: (id: string) => void;
}

/** One row for each request, newest first. */
export function RequestTable({ requests, onOpen }: RequestTableProps) {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(PAGE);
  return (
    <>
      <Table dense label={t("monitor.requests")}>
        <Head
          columns={[
            { name: t("monitor.time") },
            { name: t("monitor.client") },
            { name: t("monitor.key") },
            { name: t("monitor.endpoint") },
            { name: t("monitor.state") },
            { name: t("monitor.in"), num: true },
            { name: t("monitor.reused"), num: true },
            { name: t("monitor.out"), num: true },
            { name: t("monitor.firstToken"), num: true },
            { name: "tok/s", num: true },
            { name: t("monitor.notes") },
          ]}
        />
        <tbody className="max-sm:block">
          {requests.slice(0, limit).map((request) => (
            <RequestRow key={request.id} request={request} onOpen={onOpen} />
          ))}
        </tbody>
      </Table>
      {requests.length > limit && (
        <Button small kind="ghost" className="mt-2" onClick={() => setLimit(limit + PAGE)}>
          {t("monitor.more", { count: requests.length - limit })}
        </Button>
      )}
    </>
  );
}

function RequestRow({ request, onOpen }: { request: RequestRecord; onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const client = request.client || t("monitor.unknownClient");
  return (
    <Row className="cursor-pointer transition-colors hover:bg-panel" onClick={() => onOpen(request.id)}>
      <Cell label={t("monitor.time")} mono>
        <button
          type="button"
          aria-label={t("monitor.open", { client, time: clock(request.at) })}
          title={exact(request.at, language)}
          className="rounded"
        >
          {clock(request.at)}
        </button>
      </Cell>
      <Cell label={t("monitor.client")} className="max-w-40">
        <span className="block truncate" title={client}>
          {client}
        </span>
      </Cell>
      <Cell label={t("monitor.key")} className="max-w-32">
        <span className="block truncate" title={request.key?.name}>
          {request.key?.name ?? "–"}
        </span>
      </Cell>
      <Cell label={t("monitor.endpoint")} mono>
        {request.endpoint}
      </Cell>
      <Cell label={t("monitor.state")}>
        <StateChip request={request} />
      </Cell>
      <Cell label={t("monitor.in")} num>
        {count(request.input_tokens, language)}
      </Cell>
      <Cell label={t("monitor.reused")} num>
        {percent(share(request.cached_tokens, request.input_tokens))}
      </Cell>
      <Cell label={t("monitor.out")} num>
        {count(request.output_tokens, language)}
      </Cell>
      <Cell label={t("monitor.firstToken")} num>
        {seconds(request.first_token_seconds)}
      </Cell>
      <Cell label="tok/s" num>
        {rate(request.tokens_per_second)}
      </Cell>
      <Cell label="" className="sm:w-full sm:max-w-0">
        <Notes request={request} />
      </Cell>
    </Row>
  );
}

/** What a request is doing, or how it ended. */
export function StateChip({ request }: { request: RequestRecord }) {
  const { t } = useTranslation();
  const failed = request.status === "failed";
  const tone: Tone = failed ? "bad" : isLive(request) && request.status !== "queued" ? "good" : "plain";
  const status = failed && request.http_status && request.http_status >= 400 ? request.http_status : null;
  return <Chip tone={tone}>{status ?? t(`monitor.status.${request.status}`)}</Chip>;
}

function Notes({ request }: { request: RequestRecord }) {
  const { t } = useTranslation();
  const problem = request.error;
  return (
    <span className="flex min-w-36 items-center gap-1.5 overflow-hidden">
      {request.repairs > 0 && <Chip tone="warn">{t("monitor.healed", { count: request.repairs })}</Chip>}
      {request.tools > 0 && <Chip>{t("monitor.toolCalls", { count: request.tools })}</Chip>}
      {request.finish_reason === "length" && <Chip tone="warn">{t("monitor.cut")}</Chip>}
      {problem && (
        <span className="min-w-0 truncate text-ink-2" title={problem}>
          {problem}
        </span>
      )}
    </span>
  );
}
