import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Header } from "@/app/header";
import { buttonLook } from "@/ui/button";
import { PageBody, Title } from "@/ui/page";
import { ConnectClient } from "./connect-client";

/** How each client is set up for this server. */
export function ConnectPage() {
  const { t } = useTranslation();
  return (
    <>
      <Header title={t("nav.connect")}>
        <span className="font-semibold">{t("nav.connect")}</span>
        <span className="flex-1" />
        <Link to="/keys" className={buttonLook("plain", true)}>
          {t("connect.makeKey")}
        </Link>
      </Header>
      <PageBody>
        <Title note={t("connect.note")}>{t("nav.connect")}</Title>
        <ConnectClient apiKey={null} />
      </PageBody>
    </>
  );
}
