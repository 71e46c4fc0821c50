import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/api/queries";
import { buttonLook } from "@/ui/button";
import { Input } from "@/ui/field";
import { Empty, Skeleton, Trouble } from "@/ui/page";
import { Head, Table } from "@/ui/table";
import { ModelRow } from "./model-row";

const FILTER_FROM = 6;

/** The models of this machine. */
export function ModelTable() {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(modelsQuery);
  const [wanted, setWanted] = useState("");
  if (isPending) return <Skeleton rows={5} />;
  if (error) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (data.models.length === 0) {
    return (
      <Empty
        title={t("models.nothingHere")}
        action={
          <Link to="/models" search={{ tab: "hub" }} className={buttonLook("primary")}>
            {t("models.searchHub")}
          </Link>
        }
      >
        {t("models.nothingHereNote")}
      </Empty>
    );
  }
  const found = data.models.filter((model) =>
    `${model.name} ${model.id}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  return (
    <>
      {data.models.length >= FILTER_FROM && (
        <Input
          type="search"
          aria-label={t("models.search")}
          placeholder={t("models.search")}
          className="mb-3 w-full max-w-[420px]"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      )}
      <Table label={t("models.here")}>
        <Head
          columns={[
            { name: t("models.model") },
            { name: t("models.quantization") },
            { name: t("models.size"), num: true },
            { name: t("models.stateName") },
            { name: t("models.does") },
            { name: t("models.contextName"), num: true },
            { name: t("models.actions"), hidden: true },
          ]}
        />
        <tbody className="max-sm:block">
          {found.map((model) => (
            <ModelRow key={model.id} model={model} isDefault={model.id === data.default} />
          ))}
        </tbody>
      </Table>
      {found.length === 0 && <p className="p-4 text-ink-2 text-table">{t("models.noneFound")}</p>}
    </>
  );
}
