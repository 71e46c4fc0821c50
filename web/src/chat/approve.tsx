import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { Approval, Verdict } from "@/api/contract";
import { useShortcut } from "@/app/shortcuts";
import { seconds } from "@/text/format";
import { problemOf } from "@/text/problem";
import { useNow } from "@/text/use-now";
import { Button } from "@/ui/button";

/** A call that waits: allow it, allow this tool in the whole chat, or refuse. `name` is the tool's. */
export function Approve({ approval, name }: { approval: Approval; name: string }) {
  const { t } = useTranslation();
  const first = useRef<HTMLButtonElement>(null);
  const now = useNow(1);
  const decide = useMutation({
    mutationFn: (decision: Verdict["decision"]) =>
      call("POST", `/api/tool-calls/${approval.approval_id}`, { decision }),
  });
  useShortcut("decide", () => first.current?.focus());
  const taken = decide.isPending || decide.isSuccess;
  const left = Math.max(0, Math.ceil(approval.expires_at - now));
  return (
    <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-2.5 border-line border-t bg-warn-soft px-3 py-2.5">
      <legend className="sr-only">{t("chat.approve.of", { name })}</legend>
      <div className="min-w-0 flex-1 basis-52">
        <p role="status" className="font-medium text-table text-warn">
          {t("chat.approve.title")}
        </p>
        <p className="text-ink-2 text-note tabular-nums">{t("chat.approve.left", { time: seconds(left) })}</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button small kind="primary" ref={first} disabled={taken} onClick={() => decide.mutate("allow")}>
          {t("chat.approve.allow")}
        </Button>
        <Button small disabled={taken} onClick={() => decide.mutate("allow_session")}>
          {t("chat.approve.allowChat")}
        </Button>
        <Button small kind="danger" disabled={taken} onClick={() => decide.mutate("deny")}>
          {t("chat.approve.refuse")}
        </Button>
      </div>
      {decide.error && (
        <p role="alert" className="w-full text-bad text-note">
          {problemOf(decide.error, t)}
        </p>
      )}
    </fieldset>
  );
}
