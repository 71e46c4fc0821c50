import { useTranslation } from "react-i18next";
import { problemOf } from "@/text/problem";
import { Button } from "@/ui/button";
import { Brand } from "./brand";

/** The page came from a cache and the server does not answer. */
export function Offline({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <main className="grid h-full place-items-center bg-bg p-6">
      <div className="flex max-w-[420px] flex-col items-center gap-3 text-center">
        <Brand />
        <h1 className="mt-3 font-semibold text-title">{t("connection.title")}</h1>
        <p role="alert" className="text-ink-2">
          {problemOf(error, t)}
        </p>
        <Button kind="primary" onClick={onRetry}>
          {t("connection.now")}
        </Button>
      </div>
    </main>
  );
}
