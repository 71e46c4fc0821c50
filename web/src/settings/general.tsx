import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { Session, SettingRow, Settings } from "@/api/contract";
import { sessionQuery, statusQuery } from "@/api/queries";
import { seconds } from "@/text/format";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Title } from "@/ui/page";
import { Cell, Head, Row, Table } from "@/ui/table";
import { Facts, Mono } from "./facts";

export function General({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const { data: status } = useQuery(statusQuery);
  const client = useQueryClient();
  const leave = useMutation({
    mutationFn: () => call("DELETE", "/api/session"),
    onSuccess: () =>
      client.setQueryData<Session>(sessionQuery.queryKey, (known) => known && { ...known, signed_in: false }),
  });
  return (
    <>
      <Title note={t("settings.generalNote")}>{t("settings.tab.general")}</Title>
      <Facts
        rows={[
          [t("settings.address"), <Mono key="a">{status?.base_url ?? "–"}</Mono>],
          [t("settings.uptime"), seconds(status?.uptime_seconds)],
          [
            t("settings.engine"),
            <Mono key="e">
              {[settings.engine.kind, settings.engine.version, settings.engine.path]
                .filter(Boolean)
                .join(" · ")}
            </Mono>,
          ],
          [t("settings.home"), <Mono key="h">{settings.home}</Mono>],
          [
            t("settings.configFile"),
            <Mono key="c">{settings.config_file ?? t("settings.noConfigFile")}</Mono>,
          ],
        ]}
      />
      <h2 className="mt-7 mb-2 font-semibold text-base">{t("settings.all")}</h2>
      <Table label={t("settings.all")}>
        <Head
          columns={[
            { name: t("settings.name") },
            { name: t("settings.value") },
            { name: t("settings.source") },
          ]}
        />
        <tbody className="max-sm:block">
          {settings.settings.map((setting) => (
            <SettingView key={setting.name} setting={setting} />
          ))}
        </tbody>
      </Table>
      <div className="mt-7">
        <Button onClick={() => leave.mutate()}>{t("settings.signOut")}</Button>
      </div>
    </>
  );
}

function SettingView({ setting }: { setting: SettingRow }) {
  const { t } = useTranslation();
  const sources = t("settings.from", { returnObjects: true }) as Record<string, string>;
  const value = typeof setting.value === "string" ? setting.value : JSON.stringify(setting.value);
  return (
    <Row>
      <Cell label="" className="max-sm:block">
        <Mono>{setting.name}</Mono>
        <div className="max-w-[60ch] text-ink-3 text-note">{setting.description}</div>
      </Cell>
      <Cell label={t("settings.value")} className="max-w-72 align-top [overflow-wrap:anywhere]">
        <Mono>{value === "" || value === "null" ? "–" : value}</Mono>
      </Cell>
      <Cell label={t("settings.source")} className="align-top">
        <Chip tone={setting.source === "default" ? "plain" : "good"}>
          {sources[setting.source] ?? setting.source}
        </Chip>
      </Cell>
    </Row>
  );
}
