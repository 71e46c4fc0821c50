import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { CreatedKey } from "@/api/contract";
import { keysQuery } from "@/api/queries";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { Trouble } from "@/ui/page";

const DAYS = [7, 30, 90, 365] as const;
const SCOPES = {
  inference: ["inference"],
  tools: ["inference", "tools"],
  admin: ["inference", "tools", "admin"],
} as const;
const LIMITS = ["requests_per_minute", "tokens_per_day"] as const;
type ScopeChoice = keyof typeof SCOPES;

export function CreateKey({ onCreated }: { onCreated: (created: CreatedKey) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const [scope, setScope] = useState<ScopeChoice>("tools");
  const [limited, setLimited] = useState(false);
  const [limits, setLimits] = useState({ requests_per_minute: "", tokens_per_day: "" });
  const create = useMutation({
    mutationFn: () => {
      const expires_at = days ? Math.round(Date.now() / 1000) + Number(days) * 86_400 : null;
      const [requests_per_minute, tokens_per_day] = LIMITS.map((each) =>
        limited && limits[each] ? Number(limits[each]) : null,
      );
      const rest = { expires_at, scopes: SCOPES[scope], requests_per_minute, tokens_per_day };
      return call<CreatedKey>("POST", "/api/keys", { name: name.trim(), ...rest });
    },
    onSuccess: (created) => {
      onCreated(created);
      setName("");
      setLimited(false);
      setLimits({ requests_per_minute: "", tokens_per_day: "" });
      return client.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} className="mb-5">
      <div className="flex flex-wrap items-end gap-2">
        <Field label={t("keys.name")} className="w-[260px] max-sm:w-full">
          {(id) => (
            <Input
              id={id}
              required
              maxLength={100}
              placeholder={t("keys.namePlaceholder")}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("keys.expires")} className="max-sm:flex-1 max-sm:basis-36">
          {(id) => (
            <Select id={id} value={days} onChange={(event) => setDays(event.target.value)}>
              <option value="">{t("keys.neverExpires")}</option>
              {DAYS.map((each) => (
                <option key={each} value={each}>
                  {t("keys.days", { count: each })}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t("keys.scope")} className="max-sm:flex-1 max-sm:basis-36">
          {(id) => (
            <Select id={id} value={scope} onChange={(event) => setScope(event.target.value as ScopeChoice)}>
              <option value="inference">{t("keys.scopes.inference")}</option>
              <option value="tools">{t("keys.scopes.tools")}</option>
              <option value="admin">{t("keys.scopes.admin")}</option>
            </Select>
          )}
        </Field>
        <Button kind="ghost" aria-expanded={limited} onClick={() => setLimited(!limited)}>
          {t("keys.limits")}
          <ChevronDown
            aria-hidden
            className={`size-3.5 transition-transform ${limited ? "rotate-180" : ""}`}
          />
        </Button>
        <Button type="submit" kind="primary" disabled={create.isPending}>
          {t("keys.create")}
        </Button>
      </div>
      {limited && (
        <div className="mt-3 flex flex-wrap items-end gap-2">
          {LIMITS.map((each) => (
            <Field key={each} label={t(`keys.${each}`)} className="w-[190px] max-sm:flex-1">
              {(id) => (
                <Input
                  id={id}
                  type="number"
                  inputMode="numeric"
                  min={1}
                  placeholder={t("keys.noLimit")}
                  className="tabular-nums"
                  value={limits[each]}
                  onChange={(event) => setLimits({ ...limits, [each]: event.target.value })}
                />
              )}
            </Field>
          ))}
          <p className="flex-1 basis-64 pb-1.5 text-ink-2 text-note">{t("keys.limitsNote")}</p>
        </div>
      )}
      {scope === "admin" && <p className="mt-1.5 text-note text-warn">{t("keys.adminNote")}</p>}
      {create.error && <Trouble error={create.error} className="mt-2" />}
    </form>
  );
}
