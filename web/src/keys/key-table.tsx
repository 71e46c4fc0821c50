import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { ApiKey } from "@/api/contract";
import { keysQuery } from "@/api/queries";
import { count } from "@/text/format";
import { Time } from "@/text/time";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Confirm } from "@/ui/dialog";
import { Cell, Head, Row, Table } from "@/ui/table";

export function KeyTable({ keys, label }: { keys: ApiKey[]; label: string }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const revoke = async (key: ApiKey) => {
    await call("DELETE", `/api/keys/${key.id}`);
    await client.invalidateQueries({ queryKey: keysQuery.queryKey });
  };
  return (
    <>
      <Table label={label}>
        <Head
          columns={[
            { name: t("keys.name") },
            { name: t("keys.key") },
            { name: t("keys.scope") },
            { name: t("keys.createdAt") },
            { name: t("keys.lastUsed") },
            { name: t("keys.expires") },
            { name: t("keys.requests"), num: true },
            { name: t("keys.tokens"), num: true },
            { name: t("keys.revoke"), hidden: true },
          ]}
        />
        <tbody className="max-sm:block">
          {keys.map((key) => (
            <Row key={key.id}>
              <Cell label="" className="max-w-64 break-words font-medium">
                {key.name}
              </Cell>
              <Cell label={t("keys.key")} mono>
                {key.prefix}…
              </Cell>
              <Cell label={t("keys.scope")}>{key.scopes.join(", ")}</Cell>
              <Cell label={t("keys.createdAt")}>
                <Time at={key.created_at} />
              </Cell>
              <Cell label={t("keys.lastUsed")}>
                <Time at={key.last_used_at} none={t("keys.never")} />
              </Cell>
              <Cell label={t("keys.expires")}>
                <Time at={key.expires_at} none={t("keys.never")} />
              </Cell>
              <Cell label={t("keys.requests")} num>
                {count(key.requests, i18n.language)}
                {key.requests_per_minute !== null && (
                  <Limit>
                    {t("keys.perMinute", { most: count(key.requests_per_minute, i18n.language) })}
                  </Limit>
                )}
              </Cell>
              <Cell label={t("keys.tokens")} num>
                <span
                  title={t("chat.inOut", {
                    input: count(key.input_tokens),
                    output: count(key.output_tokens),
                  })}
                >
                  {count(key.input_tokens + key.output_tokens, i18n.language)}
                </span>
                {key.tokens_per_day !== null && (
                  <Limit reached={key.tokens_today >= key.tokens_per_day}>
                    {t("keys.today", {
                      used: count(key.tokens_today, i18n.language),
                      most: count(key.tokens_per_day, i18n.language),
                    })}
                  </Limit>
                )}
              </Cell>
              <Cell label="" className="text-right">
                {key.state === "active" ? (
                  <Button
                    small
                    kind="ghost-danger"
                    aria-label={t("keys.revokeName", { name: key.name })}
                    onClick={() => setRevoking(key)}
                  >
                    {t("keys.revoke")}
                  </Button>
                ) : (
                  <Chip tone={key.state === "revoked" ? "bad" : "plain"}>{t(`keys.state.${key.state}`)}</Chip>
                )}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      <Confirm
        open={revoking !== null}
        onOpenChange={(open) => !open && setRevoking(null)}
        title={t("keys.revokeTitle", { name: revoking?.name ?? "" })}
        description={t("keys.revokeNote")}
        action={t("keys.revoke")}
        onConfirm={() => (revoking ? revoke(revoking) : undefined)}
      />
    </>
  );
}

function Limit({ reached = false, children }: { reached?: boolean; children: ReactNode }) {
  return (
    <span className={`block whitespace-nowrap text-note ${reached ? "text-bad" : "text-ink-3"}`}>
      {children}
    </span>
  );
}
