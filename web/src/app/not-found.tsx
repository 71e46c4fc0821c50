import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { buttonLook } from "@/ui/button";
import { Empty } from "@/ui/page";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("notFound.title")}
      action={
        <Link to="/" className={buttonLook("primary")}>
          {t("nav.newChat")}
        </Link>
      }
    />
  );
}
