import { useTranslation } from "react-i18next";
import type { Settings } from "@/api/contract";
import { Chip } from "@/ui/chip";
import { Title } from "@/ui/page";
import { Facts } from "./facts";

export function Tools({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const { enabled, reason, sandbox } = settings.tools;
  return (
    <>
      <Title note={t("settings.toolsNote")}>{t("settings.tab.tools")}</Title>
      <Facts
        rows={[
          [
            t("settings.policy"),
            <span key="p" className="flex flex-wrap items-center gap-2">
              <Chip tone={enabled ? "good" : "plain"}>{enabled ? t("settings.on") : t("settings.off")}</Chip>
              <span className="text-ink-2">{reason}</span>
            </span>,
          ],
          [
            t("settings.sandbox"),
            <span key="s" className="flex flex-wrap items-center gap-2">
              <Chip tone={sandbox.ok ? "good" : "bad"}>
                {sandbox.ok ? t("settings.sandboxOk") : t("settings.sandboxMissing")}
              </Chip>
              {sandbox.problem && <span className="text-ink-2">{sandbox.problem}</span>}
            </span>,
          ],
        ]}
      />
      <p className="mt-3 text-ink-2 text-table">{t("settings.toolsHow")}</p>
    </>
  );
}
