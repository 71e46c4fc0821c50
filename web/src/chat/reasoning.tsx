import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReasoningPart } from "@/api/contract";
import { seconds } from "@/text/format";

const TAIL_CHARACTERS = 600;

/** What the model thought: its last lines while it thinks, folded with the time it took afterwards. */
export function Reasoning({ part, growing }: { part: ReasoningPart; growing: boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const id = useId();
  const took =
    part.seconds === null ? t("chat.thought") : t("chat.thoughtFor", { time: seconds(part.seconds) });
  return (
    <div className="border-line border-l-2 pl-3 text-ink-3 text-table">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-ml-1 inline-flex items-center gap-1 rounded px-1 hover:text-ink"
      >
        <ChevronRight aria-hidden className={`size-3.5 transition-transform ${open ? "rotate-90" : ""}`} />
        {growing ? t("chat.thinking") : took}
      </button>
      <div id={id}>
        {open ? (
          <div className="mt-1 whitespace-pre-wrap [overflow-wrap:anywhere]">{part.text}</div>
        ) : (
          growing && (
            <div
              aria-hidden
              className="mt-1 flex max-h-[4.4em] flex-col justify-end overflow-hidden whitespace-pre-wrap [mask-image:linear-gradient(transparent,black_70%)] [overflow-wrap:anywhere]"
            >
              {part.text.slice(-TAIL_CHARACTERS)}
            </div>
          )
        )}
      </div>
    </div>
  );
}
