import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Settings } from "@/api/contract";
import { statusQuery } from "@/api/queries";
import { Title } from "@/ui/page";
import { Facts, Mono } from "./facts";

export function About({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const { data: status } = useQuery(statusQuery);
  return (
    <>
      <Title note={t("settings.aboutNote")}>{t("settings.tab.about")}</Title>
      <Facts
        rows={[
          ["Unsloth Studio", <Mono key="v">{status?.version ?? "–"}</Mono>],
          [
            t("settings.engine"),
            <Mono key="e">{[settings.engine.kind, settings.engine.version].filter(Boolean).join(" ")}</Mono>,
          ],
          [t("settings.licence"), "Apache-2.0"],
          [
            t("settings.reference"),
            <a key="d" href="/docs" className="text-accent underline underline-offset-2">
              {t("settings.apiDocs")}
            </a>,
          ],
        ]}
      />
    </>
  );
}
