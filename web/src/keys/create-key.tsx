import { useMutation, useQueryClient } from "@tanstack/react-query";
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
type ScopeChoice = keyof typeof SCOPES;

export function CreateKey({ onCreated }: { onCreated: (created: CreatedKey) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const [scope, setScope] = useState<ScopeChoice>("tools");
  const create = useMutation({
    mutationFn: () => {
      const expires_at = days ? Math.round(Date.now() / 1000) + Number(days) * 86_400 : null;
      return call<CreatedKey>("POST", "/api/keys", { name: name.trim(), expires_at, scopes: SCOPES[scope] });
    },
    onSuccess: (created) => {
      onCreated(created);
      setName("");
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
        <Field label={t("keys.expires")} className="max-sm:flex-1">
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
        <Field label={t("keys.scope")} className="max-sm:flex-1">
          {(id) => (
            <Select id={id} value={scope} onChange={(event) => setScope(event.target.value as ScopeChoice)}>
              <option value="inference">{t("keys.scopes.inference")}</option>
              <option value="tools">{t("keys.scopes.tools")}</option>
              <option value="admin">{t("keys.scopes.admin")}</option>
            </Select>
          )}
        </Field>
        <Button type="submit" kind="primary" disabled={create.isPending}>
          {t("keys.create")}
        </Button>
      </div>
      {scope === "admin" && <p className="mt-1.5 text-note text-warn">{t("keys.adminNote")}</p>}
      {create.error && <Trouble error={create.error} className="mt-2" />}
    </form>
  );
}
