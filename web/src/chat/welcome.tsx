import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/api/queries";
import { Leaf } from "@/app/brand";
import { buttonLook } from "@/ui/button";

/** A new chat: what to do first. */
export function Welcome() {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const none = models.data?.models.length === 0;
  return (
    <div className="grid min-h-0 flex-1 place-items-center overflow-y-auto px-4">
      <div className="flex max-w-[520px] flex-col items-center gap-3 py-8 text-center">
        <Leaf className="size-9" />
        <p className="mt-2 font-semibold text-[22px] tracking-tight">
          {none ? t("welcome.noModel") : t("welcome.title")}
        </p>
        <p className="text-ink-2">{none ? t("welcome.noModelNote") : t("welcome.note")}</p>
        <div className="mt-1 flex flex-wrap justify-center gap-2">
          <Link
            to="/models"
            search={none ? { tab: "hub" } : {}}
            className={buttonLook(none ? "primary" : "plain")}
          >
            {t("welcome.models")}
          </Link>
          <Link to="/connect" className={buttonLook("plain")}>
            {t("nav.connect")}
          </Link>
        </div>
      </div>
    </div>
  );
}
