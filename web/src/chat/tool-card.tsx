import { ChevronDown, Globe, SquareTerminal, Wrench } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ToolCallPart } from "@/api/contract";
import { seconds } from "@/text/format";
import { Chip } from "@/ui/chip";
import { Approve } from "./approve";
import { MAIN_ARGUMENT, partialString, pretty } from "./arguments";
import { Code } from "./code";
import { Repairs } from "./repairs";

const LINES_SHOWN = 14;

interface ToolCardProps {
  part: ToolCallPart;
  growing: boolean;
  output: string | undefined;
  startedAt: number | null;
  running: boolean;
}

/** A tool call: what was asked for, what it printed while it ran, and what came of it. */
export function ToolCard({ part, growing, output, startedAt, running }: ToolCardProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(true);
  const main = MAIN_ARGUMENT[part.name];
  const said = main ? partialString(part.arguments, main) : null;
  const isProgram = part.name === "python" || part.name === "terminal";
  const inTitle = said !== null && !isProgram;
  const waits = running && part.result === null && part.approval !== null;
  const printed = part.result?.content ?? output ?? "";
  const names = t("tools", { returnObjects: true }) as Record<string, string>;

  return (
    <section
      aria-label={names[part.name] ?? part.name}
      className="overflow-hidden rounded-[10px] border border-line bg-card"
    >
      <header
        className={`flex min-h-9 items-center gap-2 px-3 py-1.5 text-table ${open ? "border-line border-b" : ""}`}
      >
        <ToolIcon name={part.name} />
        <span className="font-medium">{names[part.name] ?? part.name}</span>
        <State part={part} growing={growing} startedAt={startedAt} running={running} />
        {part.repairs.length > 0 && <Repairs repairs={part.repairs} />}
        {inTitle && <span className="min-w-0 truncate text-ink-2">{said}</span>}
        <span className="flex-1" />
        <button
          type="button"
          aria-expanded={open}
          aria-label={open ? t("chat.fold") : t("chat.unfold")}
          onClick={() => setOpen(!open)}
          className="rounded p-1 text-ink-3 hover:text-ink"
        >
          <ChevronDown aria-hidden className={`size-4 transition-transform ${open ? "" : "-rotate-90"}`} />
        </button>
      </header>
      {(open || waits) && (
        <>
          {(!inTitle || waits) && (
            <Code
              code={isProgram && said !== null ? said : pretty(part.arguments)}
              language={isProgram && said !== null ? (part.name === "python" ? "python" : "bash") : "json"}
              growing={growing}
            />
          )}
          {waits && part.approval && (
            <Approve approval={part.approval} name={names[part.name] ?? part.name} />
          )}
          {printed && (
            <Output dashed={!inTitle} isError={part.result?.is_error ?? false} live={part.result === null}>
              {printed}
            </Output>
          )}
          {part.result && !printed && <Output dashed={!inTitle}>{t("chat.noOutput")}</Output>}
          {part.result && part.result.file_ids.length > 0 && (
            <div className="flex flex-wrap gap-2 border-line border-t border-dashed bg-code p-3">
              {part.result.file_ids.map((id) => (
                <a key={id} href={`/api/files/${id}`} target="_blank" rel="noreferrer">
                  <img
                    src={`/api/files/${id}`}
                    alt={t("chat.imageMade")}
                    className="max-h-80 max-w-full rounded-control"
                  />
                </a>
              ))}
            </div>
          )}
        </>
      )}
    </section>
  );
}

function ToolIcon({ name }: { name: string }) {
  const Icon = name.startsWith("web")
    ? Globe
    : name === "python" || name === "terminal"
      ? SquareTerminal
      : Wrench;
  return <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />;
}

interface StateProps {
  part: ToolCallPart;
  growing: boolean;
  startedAt: number | null;
  running: boolean;
}

function State({ part, growing, startedAt, running }: StateProps) {
  const { t } = useTranslation();
  if (part.result) {
    const time = part.result.duration_ms === null ? "" : seconds(part.result.duration_ms / 1000);
    return part.result.is_error ? (
      <Chip tone="bad">{[t("chat.toolFailed"), time].filter(Boolean).join(" · ")}</Chip>
    ) : (
      time && <Chip>{time}</Chip>
    );
  }
  if (!running) return <Chip>{t("chat.toolNotRun")}</Chip>;
  if (part.approval) return <Chip tone="warn">{t("chat.toolWaits")}</Chip>;
  if (growing) return <Chip tone="good">{t("chat.toolWriting")}</Chip>;
  return (
    <Chip tone="good">
      {t("chat.toolRunning")}
      {startedAt !== null && <Elapsed since={startedAt} />}
    </Chip>
  );
}

function Elapsed({ since }: { since: number }) {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const whole = Math.floor((now - since) / 1000);
  return whole > 0 ? <span className="tabular-nums">{whole} s</span> : null;
}

interface OutputProps {
  children: string;
  dashed: boolean;
  isError?: boolean;
  live?: boolean;
}

function Output({ children, dashed, isError = false, live = false }: OutputProps): ReactNode {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const lines = children.replace(/\n$/, "").split("\n");
  const shown = all ? lines : live ? lines.slice(-LINES_SHOWN) : lines.slice(0, LINES_SHOWN);
  const more = lines.length - shown.length;
  return (
    <div className={`bg-code ${dashed ? "border-line border-t border-dashed" : ""}`}>
      <pre
        className={`overflow-x-auto whitespace-pre-wrap px-3 py-2.5 font-mono text-[12.5px] leading-[1.55] [overflow-wrap:anywhere] ${isError ? "text-bad" : "text-ink-2"}`}
      >
        {shown.join("\n")}
      </pre>
      {more > 0 && !live && (
        <button
          type="button"
          onClick={() => setAll(true)}
          className="px-3 pb-2 text-ink-3 text-note hover:text-ink"
        >
          {t("chat.moreLines", { count: more })}
        </button>
      )}
    </div>
  );
}
