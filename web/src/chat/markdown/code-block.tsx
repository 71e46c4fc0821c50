import { useTranslation } from "react-i18next";
import { CopyIcon } from "@/ui/copy";
import { Code } from "../code";

/** A fenced block: its language, its code, and a button that copies it. */
export function CodeBlock({ code, language, growing }: { code: string; language: string; growing: boolean }) {
  const { t } = useTranslation();
  return (
    <figure className="overflow-hidden rounded-[10px] border border-line">
      <figcaption className="flex h-8 items-center justify-between border-line border-b bg-card pr-1 pl-3 font-mono text-[11.5px] text-ink-3">
        {language || t("chat.code")}
        <CopyIcon text={code} label={t("chat.copyCode")} />
      </figcaption>
      <Code code={code} language={language} growing={growing} />
    </figure>
  );
}
