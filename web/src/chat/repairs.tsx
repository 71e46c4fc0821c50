import { useTranslation } from "react-i18next";
import type { Repair } from "@/api/contract";
import { Chip } from "@/ui/chip";
import { Popover } from "@/ui/menu";

/** A kind of repair in words; the server's own short names are plain enough for those that we do not know. */
export function useRepairName(): (kind: string) => string {
  const { t } = useTranslation();
  const names = t("repairs", { returnObjects: true }) as Record<string, string>;
  return (kind) => names[kind] ?? kind.replaceAll("_", " ");
}

/** That a call was mended, and by a click what was changed. */
export function Repairs({ repairs }: { repairs: Repair[] }) {
  const { t } = useTranslation();
  const nameOf = useRepairName();
  const kinds = [...new Set(repairs.map((repair) => nameOf(repair.kind)))];
  return (
    <Popover
      label={t("chat.healedTitle")}
      className="w-[440px] p-3.5 text-table"
      trigger={
        <button type="button" className="min-w-0 rounded-full">
          <Chip tone="warn" className="max-w-full">
            <span className="truncate">
              {t("chat.healed")}: {kinds.join(", ")}
            </span>
          </Chip>
        </button>
      }
    >
      <p className="mb-2 text-ink-2">{t("chat.healedNote")}</p>
      {repairs.map((repair, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is fixed
        <RepairView key={index} repair={repair} />
      ))}
    </Popover>
  );
}

/** One repair: the text before and after. */
export function RepairView({ repair }: { repair: Repair }) {
  const { t } = useTranslation();
  const nameOf = useRepairName();
  return (
    <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 border-line border-t pt-2 text-note">
      <dt className="text-ink-3">{t("chat.repairKind")}</dt>
      <dd>{nameOf(repair.kind)}</dd>
      <dt className="text-ink-3">{t("chat.repairBefore")}</dt>
      <dd className="font-mono [overflow-wrap:anywhere]">{repair.before || "–"}</dd>
      <dt className="text-ink-3">{t("chat.repairAfter")}</dt>
      <dd className="font-mono [overflow-wrap:anywhere]">{repair.after || "–"}</dd>
    </dl>
  );
}
