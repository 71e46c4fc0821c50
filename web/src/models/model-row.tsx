import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pin, PinOff, SlidersHorizontal, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { ModelEntry } from "@/api/contract";
import { modelsQuery } from "@/api/queries";
import { bytes, percent, tokens } from "@/text/format";
import { problemOf } from "@/text/problem";
import { Button, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Confirm } from "@/ui/dialog";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { Meter } from "@/ui/meter";
import { Cell, Row } from "@/ui/table";
import { LoadDialog } from "./load-dialog";
import { isLoaded, isLoading, stateTone } from "./state";

/** One model of this machine, and what can be done with it. */
export function ModelRow({ model, isDefault }: { model: ModelEntry; isDefault: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [settings, setSettings] = useState(false);
  const [removing, setRemoving] = useState(false);
  const renew = () => client.invalidateQueries({ queryKey: modelsQuery.queryKey });

  const load = useMutation({
    mutationFn: (body: object) => call("POST", "/api/models/load", { model: model.id, ...body }),
    onMutate: () => setTimeout(() => void renew(), 300),
    onSettled: renew,
  });
  const unload = useMutation({
    mutationFn: () => call("POST", "/api/models/unload", { model: model.id }),
    onSettled: renew,
  });
  const pin = useMutation({
    mutationFn: () => call("POST", "/api/models/pin", { model: model.id, pinned: !model.pinned }),
    onSettled: renew,
  });
  const remove = async () => {
    await call("DELETE", `/api/models/${encodeURI(model.id)}`);
    await renew();
  };

  const does = [
    model.capabilities.tools && t("models.can.tools"),
    model.capabilities.vision && t("models.can.vision"),
    model.capabilities.thinking && t("models.can.thinking"),
  ].filter(Boolean);
  const failure = model.error || failureOf(load.error ?? unload.error ?? pin.error, t);
  const loading = isLoading(model);

  return (
    <Row>
      <Cell label="" className="min-w-56 max-w-[420px]">
        <div className="flex flex-wrap items-center gap-2 font-semibold [overflow-wrap:anywhere]">
          {model.name}
          {isDefault && <Chip>{t("models.default")}</Chip>}
          {model.pinned && <Chip>{t("models.pinned")}</Chip>}
        </div>
        {model.id !== model.name && <div className="text-ink-3 [overflow-wrap:anywhere]">{model.id}</div>}
        {failure && (
          <p role="alert" className="mt-1 whitespace-pre-line text-bad text-note [overflow-wrap:anywhere]">
            {failure}
          </p>
        )}
      </Cell>
      <Cell label={t("models.quantization")} mono>
        {model.quantization ?? "–"}
      </Cell>
      <Cell label={t("models.size")} num>
        {bytes(model.size_bytes)}
      </Cell>
      <Cell label={t("models.stateName")}>
        <StateChip model={model} />
      </Cell>
      <Cell label={t("models.does")} className="text-ink-2">
        {does.join(" · ") || "–"}
      </Cell>
      <Cell label={t("models.contextName")} num>
        <Context model={model} />
      </Cell>
      <Cell label="" className="text-right">
        <span className="inline-flex items-center gap-1">
          {loading || isLoaded(model) ? (
            <Button small disabled={unload.isPending} onClick={() => unload.mutate()}>
              {loading ? t("models.stopLoading") : t("models.unload")}
            </Button>
          ) : (
            <Button small disabled={load.isPending} onClick={() => load.mutate({})}>
              {t("models.load")}
            </Button>
          )}
          <Menu
            trigger={
              <IconButton label={t("models.actionsFor", { name: model.name })} tip={false}>
                <Ellipsis />
              </IconButton>
            }
          >
            <MenuItem onSelect={() => setSettings(true)}>
              <SlidersHorizontal /> {t("models.loadWith")}
            </MenuItem>
            <MenuItem onSelect={() => pin.mutate()}>
              {model.pinned ? <PinOff /> : <Pin />} {model.pinned ? t("models.unpin") : t("models.pin")}
            </MenuItem>
            {model.removable && (
              <>
                <MenuLine />
                <MenuItem danger onSelect={() => setRemoving(true)}>
                  <Trash2 /> {t("models.delete")}
                </MenuItem>
              </>
            )}
          </Menu>
        </span>
        {settings && (
          <LoadDialog model={model} onClose={() => setSettings(false)} onLoad={(body) => load.mutate(body)} />
        )}
        <Confirm
          open={removing}
          onOpenChange={setRemoving}
          title={t("models.deleteTitle", { name: model.name })}
          description={t("models.deleteNote", { size: bytes(model.size_bytes) })}
          action={t("models.delete")}
          onConfirm={remove}
        />
      </Cell>
    </Row>
  );
}

function StateChip({ model }: { model: ModelEntry }) {
  const { t } = useTranslation();
  if (isLoading(model)) {
    return (
      <span className="inline-flex min-w-28 flex-col gap-1">
        <span className="text-note text-warn">
          {t("models.loading")} {model.progress !== null && percent(model.progress)}
        </span>
        <Meter value={model.progress ?? 0} label={t("models.loading")} />
      </span>
    );
  }
  const words =
    model.state === "ready"
      ? model.busy > 0
        ? t("models.loadedBusy", { count: model.busy })
        : t("models.loaded")
      : model.state === "failed"
        ? t("models.failedShort")
        : model.state === "stopping"
          ? t("models.unloading")
          : t("models.state.onDisk");
  return (
    <Chip tone={stateTone(model)} title={model.memory_bytes === null ? undefined : bytes(model.memory_bytes)}>
      {words}
      {model.state === "ready" && model.memory_bytes !== null && ` · ${bytes(model.memory_bytes)}`}
    </Chip>
  );
}

function Context({ model }: { model: ModelEntry }) {
  const { t } = useTranslation();
  const { context_length: now, native_context: native } = model;
  if (now !== null && native !== null && now < native) {
    return <span>{t("models.contextOf", { now: tokens(now), native: tokens(native) })}</span>;
  }
  return <span>{tokens(now ?? native)}</span>;
}

function failureOf(error: unknown, t: Parameters<typeof problemOf>[1]): string {
  return error == null ? "" : problemOf(error, t);
}
