import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/api/queries";
import { seconds } from "@/text/format";
import { problemOf } from "@/text/problem";
import { Chip } from "@/ui/chip";
import { CopyIcon } from "@/ui/copy";

interface Exchanged {
  request: string;
  response: string;
  status: number;
  time: number;
}

/** Sends one request with the key, as a client would, and shows both sides as they were. */
export function Exchange({ apiKey }: { apiKey: string }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const model = models.data?.default ?? models.data?.models[0]?.id;
  const test = useMutation({ mutationFn: (name: string | undefined) => exchange(apiKey, name) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each key
  useEffect(() => test.mutate(model), [apiKey]);
  return (
    <div className="mt-3 border-line border-t pt-3 text-table" aria-live="polite">
      {test.isPending && <p className="text-ink-2">{t("keys.testing")}</p>}
      {test.error && <p className="text-bad">{problemOf(test.error, t)}</p>}
      {test.data && (
        <>
          <p className="mb-2 flex items-center gap-2">
            <Chip tone={test.data.status < 400 ? "good" : "bad"}>{test.data.status}</Chip>
            {test.data.status < 400 ? t("keys.works") : t("keys.refused")}
            <span className="text-ink-3">{seconds(test.data.time)}</span>
          </p>
          <Side title={t("keys.sent")} text={test.data.request} />
          <Side title={t("keys.received")} text={test.data.response} />
        </>
      )}
    </div>
  );
}

function Side({ title, text }: { title: string; text: string }) {
  const { t } = useTranslation();
  return (
    <div className="mt-2">
      <div className="flex items-center justify-between text-ink-2 text-note">
        {title}
        <CopyIcon text={text} label={t("keys.copySide", { side: title })} />
      </div>
      <pre
        tabIndex={0}
        className="max-h-64 overflow-auto whitespace-pre-wrap break-all rounded-control border border-line bg-code px-3 py-2 font-mono text-[12px]"
      >
        {text}
      </pre>
    </div>
  );
}

async function exchange(apiKey: string, model: string | undefined): Promise<Exchanged> {
  const path = "/v1/chat/completions";
  const body = {
    ...(model ? { model } : {}),
    messages: [{ role: "user", content: "Hello" }],
    max_tokens: 64,
  };
  const json = JSON.stringify(body, null, 2);
  const shown = `${apiKey.slice(0, 15)}…`;
  const started = performance.now();
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const response = await fetch(path, { method: "POST", body: json, headers, credentials: "omit" });
  const text = await response.text();
  const received = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return {
    request: `POST ${path} HTTP/1.1\nHost: ${location.host}\nAuthorization: Bearer ${shown}\nContent-Type: application/json\n\n${json}`,
    response: `HTTP/1.1 ${response.status} ${response.statusText}\n${received}\n\n${indented(text)}`,
    status: response.status,
    time: (performance.now() - started) / 1000,
  };
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
