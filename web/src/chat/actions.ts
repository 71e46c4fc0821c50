import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call } from "@/api/client";
import type {
  ImagePart,
  Message,
  Models,
  Sent,
  ServerStatus,
  TextPart,
  Thread,
  ThreadWithMessages,
} from "@/api/contract";
import { modelsQuery, statusQuery, threadQuery } from "@/api/queries";
import { chosenModel } from "./chosen-model";
import { chatOptions, turnOptions } from "./options";
import { withMessage } from "./use-live";

export type SentPart = TextPart | ImagePart;

/** What can be done in a thread; `thread` is null before the first message. */
export function useChatActions(thread: string | null) {
  const client = useQueryClient();
  const navigate = useNavigate();

  const options = () => {
    const status = client.getQueryData<ServerStatus>(statusQuery.queryKey);
    const model = chosenModel(client.getQueryData<Models>(modelsQuery.queryKey), chatOptions().model);
    return turnOptions(
      { ...chatOptions(), model: model?.id ?? chatOptions().model },
      status?.server_tools.enabled ?? false,
      model?.capabilities.thinking ?? false,
    );
  };
  const take = (id: string, sent: Sent) => {
    client.setQueryData<ThreadWithMessages>(threadQuery(id).queryKey, (known) =>
      sent.messages.reduce(withMessage, { thread: sent.thread, messages: known?.messages ?? [] }),
    );
    void client.invalidateQueries({ queryKey: ["threads"] });
  };
  const show = async (id: string, leaf_id: string) => {
    const { queryKey } = threadQuery(id);
    client.setQueryData<ThreadWithMessages>(
      queryKey,
      (known) => known && { ...known, thread: { ...known.thread, leaf_id } },
    );
    await call("PATCH", `/api/threads/${id}`, { leaf_id });
  };

  const send = useMutation({
    mutationFn: async ({ parent_id, parts }: { parent_id: string | null; parts: SentPart[] }) => {
      const id = thread ?? (await call<Thread>("POST", "/api/threads", {})).id;
      take(
        id,
        await call<Sent>("POST", `/api/threads/${id}/messages`, { parent_id, parts, options: options() }),
      );
      if (thread === null) await navigate({ to: "/chat/$thread", params: { thread: id } });
    },
  });
  const again = useMutation({
    mutationFn: async ({ message, how }: { message: Message; how: "retry" | "continue" }) => {
      const path = `/api/threads/${message.thread_id}/messages/${message.id}/${how}`;
      take(message.thread_id, await call<Sent>("POST", path, { options: options() }));
    },
  });
  const stop = useMutation({
    mutationFn: async (message: Message) => {
      await call("POST", `/api/threads/${message.thread_id}/messages/${message.id}/stop`, {});
      await client.invalidateQueries({ queryKey: threadQuery(message.thread_id).queryKey });
    },
  });
  const showLeaf = useMutation({
    mutationFn: async (leaf: string) => {
      if (thread !== null) await show(thread, leaf);
    },
  });
  return { send, again, stop, showLeaf };
}

export type ChatActions = ReturnType<typeof useChatActions>;
