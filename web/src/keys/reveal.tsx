import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CreatedKey } from "@/api/contract";
import { exact, relative } from "@/text/format";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { CopyButton } from "@/ui/copy";
import { Exchange } from "./exchange";

/** A new key, shown this once. */
export function Reveal({ created, onDone }: { created: CreatedKey; onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const [testing, setTesting] = useState(false);
  const box = useRef<HTMLElement>(null);
  const { key, plaintext } = created;
  useEffect(() => box.current?.focus(), []);
  const expires =
    key.expires_at === null
      ? t("keys.neverExpires")
      : t("keys.expiresWhen", { when: relative(key.expires_at, Date.now() / 1000, i18n.language) });
  return (
    <section
      ref={box}
      tabIndex={-1}
      aria-label={t("keys.created", { name: key.name })}
      className="mb-5 rounded-card border border-accent bg-soft px-4 py-3.5 outline-none"
    >
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <span>
          <b className="break-all font-semibold">{key.name}</b> {t("keys.wasCreated")}
        </span>
        <Chip title={exact(key.expires_at, i18n.language)}>{expires}</Chip>
        <Chip>{key.scopes.join(", ")}</Chip>
      </div>
      <div className="flex flex-wrap gap-2">
        <code
          data-testid="new-key"
          className="min-w-0 flex-1 basis-72 select-all break-all rounded-control border border-line bg-card px-2.5 py-2 font-mono text-table"
        >
          {plaintext}
        </code>
        <CopyButton kind="primary" text={plaintext} />
        <Button onClick={() => setTesting(true)}>{t("keys.test")}</Button>
        <Button kind="ghost" onClick={onDone}>
          {t("keys.hide")}
        </Button>
      </div>
      <p className="mt-2 text-ink-2 text-note">{t("keys.once")}</p>
      {testing && <Exchange apiKey={plaintext} />}
    </section>
  );
}
