import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useConnectionLost } from "@/api/connection";
import { statusQuery } from "@/api/queries";
import { rate } from "@/text/format";
import { Dot, type Tone } from "@/ui/chip";

/** The server in one glance: where it listens, whether tools run, how fast it writes. */
export function ServerState() {
  const { t } = useTranslation();
  const lost = useConnectionLost();
  const { data: status } = useQuery(statusQuery);
  if (!status) {
    return (
      <div className="h-9 px-2 text-ink-3 text-note">{lost ? t("state.lost") : t("common.loading")}</div>
    );
  }
  const loading = status.model_state === "loading" || status.model_state === "queued";
  const host = status.base_url.replace(/^https?:\/\//, "");
  const tone: Tone = lost || status.model_state === "failed" ? "bad" : loading ? "warn" : "good";
  const said = lost
    ? t("state.lost")
    : status.model_state === "failed"
      ? t("state.failed")
      : loading
        ? t("state.loading")
        : t("state.serving", { host });
  const own = /^(127\.|localhost|\[::1\])/.test(host);
  return (
    <div className="px-2 text-ink-2 text-note" aria-live="polite">
      <div className="flex items-center gap-2">
        <Dot tone={tone} pulse={tone !== "good"} />
        <span className="truncate font-semibold text-ink">{said}</span>
      </div>
      <div className="truncate" title={status.server_tools.reason}>
        {status.server_tools.enabled ? t("state.toolsOn") : t("state.toolsOff")}
        {" · "}
        {status.active > 0 && status.tokens_per_second
          ? `${rate(status.tokens_per_second)} tok/s`
          : own
            ? t("state.thisMachine")
            : t("state.network")}
      </div>
    </div>
  );
}
