import { CornerDownRight, GitBranch, RotateCcw } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Message, Part } from "@/api/contract";
import { percent } from "@/text/format";
import { Button, IconButton } from "@/ui/button";
import { CopyIcon } from "@/ui/copy";
import type { ChatActions } from "./actions";
import { Branches } from "./branches";
import type { Live } from "./live";
import { Reasoning } from "./reasoning";
import { StatsLine } from "./stats-line";
import { Text } from "./text";
import { textOf } from "./text-of";
import { ToolCard } from "./tool-card";
import type { Tree } from "./tree";

interface AnswerProps {
  message: Message;
  live: Live | null;
  tree: Tree;
  actions: ChatActions;
  isLast: boolean;
}

/** What the model did: its reasoning, tool calls and words, and what the answer cost. */
export const Answer = memo(function Answer({ message, live, tree, actions, isLast }: AnswerProps) {
  const { t } = useTranslation();
  const running = message.status === "running";
  const text = textOf(message);
  const cut = message.status === "stopped" || message.stats?.finish_reason === "length";
  return (
    <article aria-label={t("chat.answer")} aria-busy={running} className="group mb-7 flex flex-col gap-3.5">
      {message.parts.map((part, index) => (
        <PartView
          // biome-ignore lint/suspicious/noArrayIndexKey: parts never move; a retry is another message
          key={index}
          part={part}
          isOpen={live?.open === index}
          startedAt={live?.startedAt[index] ?? null}
          output={part.type === "tool_call" ? live?.outputs[part.call_id] : undefined}
          running={running}
        />
      ))}
      {running && <Waiting live={live} empty={message.parts.length === 0} />}
      {message.status === "failed" && (
        <div role="alert" className="rounded-control bg-bad-soft px-3.5 py-2.5 text-bad text-table">
          {message.error || t("chat.failed")}
        </div>
      )}
      {message.status === "stopped" && (
        <p className="text-ink-3 text-note">
          {t("chat.stopped")} {message.error}
        </p>
      )}
      {cut && message.status !== "stopped" && <p className="text-note text-warn">{t("chat.cut")}</p>}
      {!running && (
        <div className="flex flex-wrap items-center gap-x-3.5 gap-y-1 text-ink-3 text-note">
          <StatsLine message={message} />
          <span className="flex-1" />
          <Branches message={message} tree={tree} actions={actions} />
          <span className="-my-1 flex items-center">
            {isLast && (cut || message.status === "failed") && (
              <Button small kind="ghost" onClick={() => actions.again.mutate({ message, how: "continue" })}>
                <CornerDownRight aria-hidden className="size-3.5" />
                {t("chat.continue")}
              </Button>
            )}
            {text && <CopyIcon text={text} label={t("chat.copy")} />}
            <IconButton
              label={t("chat.retry")}
              disabled={actions.again.isPending}
              onClick={() => actions.again.mutate({ message, how: "retry" })}
            >
              <RotateCcw />
            </IconButton>
            {!isLast && (
              <IconButton label={t("chat.branch")} onClick={() => actions.showLeaf.mutate(message.id)}>
                <GitBranch />
              </IconButton>
            )}
          </span>
        </div>
      )}
    </article>
  );
});

interface PartViewProps {
  part: Part;
  isOpen: boolean;
  startedAt: number | null;
  output: string | undefined;
  running: boolean;
}

const PartView = memo(function PartView({ part, isOpen, startedAt, output, running }: PartViewProps) {
  const { t } = useTranslation();
  switch (part.type) {
    case "text":
      return <Text text={part.text} growing={isOpen} />;
    case "reasoning":
      return <Reasoning part={part} growing={isOpen} />;
    case "tool_call":
      return (
        <ToolCard part={part} growing={isOpen} output={output} startedAt={startedAt} running={running} />
      );
    case "image":
      return (
        <img
          src={`/api/files/${part.file_id}`}
          alt={t("chat.imageMade")}
          className="max-w-full rounded-card"
        />
      );
  }
});

function Waiting({ live, empty }: { live: Live | null; empty: boolean }) {
  const { t } = useTranslation();
  const progress = live?.progress;
  if (!progress && !empty) return null;
  const fraction = progress?.fraction == null ? "" : ` ${percent(progress.fraction)}`;
  return (
    <p role="status" className="text-ink-3 text-table">
      {progress?.text ?? (progress ? t(`chat.stage.${progress.stage}`) : t("chat.stage.waiting"))}
      {fraction}
    </p>
  );
}
