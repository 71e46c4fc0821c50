import { useTranslation } from "react-i18next";
import type { Settings } from "@/api/contract";
import { CopyIcon } from "@/ui/copy";
import { Card, Empty, Title } from "@/ui/page";
import { Mono } from "./facts";

export function Folders({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  return (
    <>
      <Title note={t("settings.foldersNote")}>{t("settings.tab.folders")}</Title>
      <Card>
        {settings.model_folders.length === 0 && <Empty title={t("settings.noFolders")} />}
        <ul>
          {settings.model_folders.map((folder) => (
            <li
              key={folder}
              className="flex items-center justify-between gap-3 border-line border-b px-4 py-2 last:border-0"
            >
              <span className="[overflow-wrap:anywhere]">
                <Mono>{folder}</Mono>
              </span>
              <CopyIcon text={folder} label={t("common.copy")} />
            </li>
          ))}
        </ul>
      </Card>
      <p className="mt-3 text-ink-2 text-table">{t("settings.foldersHow")}</p>
    </>
  );
}
