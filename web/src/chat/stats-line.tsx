import { useTranslation } from "react-i18next";
import type { Message } from "@/api/contract";
import { count, percent, rate, seconds, share } from "@/text/format";

/** Speed, first token, reuse and tokens of an answer: the numbers people came for. */
export function StatsLine({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const stats = message.stats;
  if (!stats) return null;
  const reused = share(stats.cached_tokens, stats.input_tokens);
  return (
    <span
      className="flex flex-wrap gap-x-3.5 tabular-nums [&_b]:font-[550] [&_b]:text-ink-2"
      title={message.model ?? ""}
    >
      {stats.tokens_per_second !== null && (
        <span>
          <b>{rate(stats.tokens_per_second)}</b> tok/s
        </span>
      )}
      {stats.first_token_seconds !== null && (
        <span>
          {t("chat.firstToken")} <b>{seconds(stats.first_token_seconds)}</b>
        </span>
      )}
      {reused !== null && (
        <span>
          <b>{percent(reused)}</b> {t("chat.reused")}
        </span>
      )}
      {stats.input_tokens !== null && (
        <span>
          {t("chat.inOut", {
            input: count(stats.input_tokens, i18n.language),
            output: count(stats.output_tokens, i18n.language),
          })}
        </span>
      )}
    </span>
  );
}
