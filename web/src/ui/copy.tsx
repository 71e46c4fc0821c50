import { Check, Copy } from "lucide-react";
import { type ComponentProps, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button";

/** Puts text on the clipboard; where the browser allows it only to secure pages, by a selection. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void copyText(text).then(() => setCopied(true))];
}

export function CopyButton({ text, ...rest }: { text: string } & ComponentProps<typeof Button>) {
  const { t } = useTranslation();
  const [copied, copy] = useCopied();
  return (
    <Button onClick={() => copy(text)} {...rest}>
      <span aria-live="polite">{copied ? t("common.copied") : t("common.copy")}</span>
    </Button>
  );
}

export function CopyIcon({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, copy] = useCopied();
  return (
    <IconButton label={copied ? t("common.copied") : label} onClick={() => copy(text)}>
      {copied ? <Check /> : <Copy />}
    </IconButton>
  );
}
