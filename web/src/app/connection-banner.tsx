import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useConnectionLost } from "@/api/connection";
import { statusQuery } from "@/api/queries";
import { Button, buttonLook } from "@/ui/button";
import { Dot } from "@/ui/chip";

/** Says that the server does not answer, or that its engine fell over; both come back by themselves. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const lost = useConnectionLost();
  const status = useQuery(statusQuery);
  const failed = status.data?.model_state === "failed";
  if (!lost && !failed) return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-3 bg-warn-soft px-5 py-2 text-table text-warn"
    >
      <Dot tone="warn" pulse />
      <span className="min-w-0 flex-1">{lost ? t("connection.lost") : t("connection.engine")}</span>
      {lost ? (
        <Button small onClick={() => void client.refetchQueries()}>
          {t("connection.now")}
        </Button>
      ) : (
        <Link to="/models" className={buttonLook("plain", true)}>
          {t("nav.models")}
        </Link>
      )}
    </div>
  );
}
