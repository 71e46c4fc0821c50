import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { threadQuery } from "@/api/queries";
import { Header } from "@/app/header";
import { useShortcut } from "@/app/shortcuts";
import { copyText } from "@/ui/copy";
import { Skeleton, Trouble } from "@/ui/page";
import { useChatActions } from "./actions";
import { Composer } from "./composer";
import { ContextMeter } from "./context-meter";
import { Conversation } from "./conversation";
import { ModelPicker } from "./model-picker";
import { SamplingPanel } from "./sampling-panel";
import { textOf } from "./text-of";
import { pathTo, treeOf } from "./tree";
import { useLive } from "./use-live";
import { Welcome } from "./welcome";

/** A conversation with a model: a new one at `/`, a kept one at `/chat/{thread}`. */
export function ChatPage() {
  const { t } = useTranslation();
  const { thread: id = null } = useParams({ strict: false });
  const query = useQuery({ ...threadQuery(id ?? ""), enabled: id !== null });
  const actions = useChatActions(id);

  const data = id === null ? undefined : query.data;
  const tree = useMemo(() => treeOf(data?.messages ?? []), [data?.messages]);
  const kept = useMemo(() => pathTo(tree, data?.thread.leaf_id ?? null), [tree, data?.thread.leaf_id]);
  const last = kept.at(-1);
  const live = useLive(last);
  const path = useMemo(() => (live ? [...kept.slice(0, -1), live.message] : kept), [kept, live]);

  useEffect(() => {
    const timer = setTimeout(() => void import("./markdown/markdown"), 1000);
    return () => clearTimeout(timer);
  }, []);
  useShortcut("stop", () => {
    if (last?.status === "running") actions.stop.mutate(last);
  });
  useShortcut("retry", () => {
    if (last?.role === "assistant" && last.status !== "running")
      actions.again.mutate({ message: last, how: "retry" });
  });
  useShortcut("copyAnswer", () => {
    const answer = path.findLast((message) => message.role === "assistant");
    if (answer) void copyText(textOf(answer));
  });

  const problem = actions.again.error ?? actions.stop.error ?? actions.showLeaf.error;
  return (
    <>
      <Header title={data?.thread.title || t("nav.newChat")}>
        <h1 className="sr-only">{data?.thread.title || t("nav.newChat")}</h1>
        <ModelPicker />
        <SamplingPanel />
        <span className="flex-1" />
        <ContextMeter path={path} />
      </Header>
      {id === null ? (
        <Welcome />
      ) : query.isPending ? (
        <Skeleton rows={6} className="mx-auto w-full max-w-[760px] flex-1 py-8" />
      ) : query.isError ? (
        <div className="mx-auto w-full max-w-[760px] flex-1 p-6">
          <Trouble error={query.error} onRetry={() => void query.refetch()} />
        </div>
      ) : (
        <Conversation key={id} path={path} tree={tree} live={live} actions={actions} />
      )}
      {problem && <Trouble error={problem} className="mx-auto mb-2 w-[calc(100%-24px)] max-w-[760px]" />}
      <Composer key={id ?? "new"} thread={id} last={last} actions={actions} />
    </>
  );
}
