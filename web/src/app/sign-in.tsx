import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "@/api/client";
import type { Session } from "@/api/contract";
import { queryClient, sessionQuery } from "@/api/queries";
import { problemOf } from "@/text/problem";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Brand } from "./brand";

/** The way in: a link from the terminal, or the password where one was set. `refusal` is why a link did not work. */
export function SignIn({ session, refusal }: { session: Session; refusal: unknown }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const byPassword = session.ways.includes("password");
  const byLink = session.ways.includes("link");
  const [password, setPassword] = useState("");
  const [link, setLink] = useState("");

  const enter = useMutation({
    mutationFn: (way: { password: string } | { token: string }) => call("POST", "/api/session", way),
    onSuccess: () => {
      queryClient.clear();
      return client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  const submit = (event: FormEvent, way: { password: string } | { token: string }) => {
    event.preventDefault();
    enter.mutate(way);
  };
  const problem = enter.error ?? refusal;
  const wait = problem instanceof ApiError ? problem.retryAfter : null;

  return (
    <main className="grid h-full place-items-center overflow-y-auto bg-bg p-6">
      <div className="w-full max-w-[400px]">
        <Brand />
        <h1 className="mt-8 font-semibold text-title tracking-tight">{t("signIn.title")}</h1>
        {problem != null && (
          <p role="alert" className="mt-3 rounded-control bg-bad-soft px-3 py-2 text-bad text-table">
            {problem instanceof ApiError &&
            problem.status === 401 &&
            "token" in (enter.variables ?? { token: "" })
              ? t("signIn.linkRefused")
              : problemOf(problem, t)}
            {wait && ` ${t("signIn.wait", { count: wait })}`}
          </p>
        )}
        {byPassword && (
          <form className="mt-4 flex flex-col gap-3" onSubmit={(event) => submit(event, { password })}>
            <Field label={t("signIn.password")}>
              {(id) => (
                <Input
                  id={id}
                  type="password"
                  autoComplete="current-password"
                  required
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
              )}
            </Field>
            <Button type="submit" kind="primary" disabled={enter.isPending}>
              {t("signIn.enter")}
            </Button>
          </form>
        )}
        {byLink && (
          <form
            className="mt-6 flex flex-col gap-2 text-table"
            onSubmit={(event) => submit(event, { token: tokenOf(link) })}
          >
            <p className="text-ink-2">{t("signIn.how")}</p>
            <pre className="rounded-control border border-line bg-code px-3 py-2 font-mono text-[12.5px]">
              unsloth link
            </pre>
            <p className="text-ink-2">{t("signIn.thenPaste")}</p>
            <div className="flex gap-2">
              <Input
                aria-label={t("signIn.link")}
                placeholder="http://…/#token=…"
                className="flex-1 font-mono"
                required
                value={link}
                onChange={(event) => setLink(event.target.value)}
              />
              <Button type="submit" kind={byPassword ? "plain" : "primary"} disabled={enter.isPending}>
                {t("signIn.enter")}
              </Button>
            </div>
          </form>
        )}
        <p className="mt-8 text-ink-3 text-note">{t("signIn.keysStay", { version: session.version })}</p>
      </div>
    </main>
  );
}

/** The token of a pasted link, or what was pasted when it is the bare token. */
function tokenOf(text: string): string {
  return text.trim().split("token=").at(-1) ?? "";
}
