import { useTranslation } from "react-i18next";
import type { Message } from "@/api/contract";
import { tokens } from "@/text/format";
import { Meter } from "@/ui/meter";

/** How full the context is, after the last answer that said so. */
export function ContextMeter({ path }: { path: Message[] }) {
  const { t } = useTranslation();
  const stats = path.findLast((message) => message.stats?.context_length)?.stats;
  if (!stats?.context_length || stats.input_tokens === null) return null;
  const used = stats.input_tokens + (stats.output_tokens ?? 0);
  const part = used / stats.context_length;
  const said = t("chat.context", { used: tokens(used), length: tokens(stats.context_length) });
  return (
    <span className="flex items-center gap-2.5 whitespace-nowrap text-ink-2 text-note max-sm:hidden">
      {said}
      <Meter
        value={part}
        label={said}
        tone={part > 0.9 ? "bad" : part > 0.75 ? "warn" : "good"}
        className="w-[110px]"
      />
    </span>
  );
}
