import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/contract";
import { Button } from "@/ui/button";
import type { ChatActions } from "./actions";
import { Answer } from "./answer";
import type { Live } from "./live";
import { countBelow, newestLeaf, type Tree } from "./tree";
import { useStick } from "./use-stick";
import { UserMessage } from "./user-message";

/** From so many messages on, only those in sight are in the document; below, the browser's own search finds every word. */
const MANY = 60;
const TYPICAL_HEIGHT_PX = 180;

interface ConversationProps {
  path: Message[];
  tree: Tree;
  live: Live | null;
  actions: ChatActions;
}

/** The messages from the first to the leaf; the end stays in sight while it grows, unless the person scrolled away. */
export function Conversation({ path, tree, live, actions }: ConversationProps) {
  const { t } = useTranslation();
  const stick = useStick();
  const last = path.at(-1);
  const hidden = last && last.status !== "running" ? countBelow(tree, last.id) : 0;

  const sent = path.findLast((message) => message.role === "user")?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what one sends is seen
  useEffect(() => void stick.scrollToBottom("instant"), [sent]);

  const one = (message: Message) =>
    message.role === "user" ? (
      <UserMessage message={message} tree={tree} actions={actions} />
    ) : (
      <Answer
        message={message}
        live={live?.message.id === message.id ? live : null}
        tree={tree}
        actions={actions}
        isLast={message.id === last?.id}
      />
    );

  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={stick.scrollRef}
        tabIndex={0}
        aria-label={t("chat.messages")}
        className="h-full overflow-y-auto"
      >
        <div ref={stick.contentRef} className="mx-auto w-full max-w-[792px] px-4 py-6">
          {path.length < MANY ? (
            path.map((message) => <div key={message.id}>{one(message)}</div>)
          ) : (
            <VirtualMessages path={path} scroller={() => stick.scrollRef.current} one={one} />
          )}
          {hidden > 0 && last && (
            <p className="mt-2 flex items-center gap-2 text-ink-3 text-note">
              {t("chat.hidden", { count: hidden })}
              <Button
                small
                kind="ghost"
                onClick={() => actions.showLeaf.mutate(newestLeaf(tree, last.id) ?? last.id)}
              >
                {t("chat.showHidden")}
              </Button>
            </p>
          )}
        </div>
      </section>
      {!stick.isAtBottom && (
        <Button
          small
          className="-translate-x-1/2 absolute bottom-3 left-1/2 rounded-full shadow-menu"
          onClick={() => void stick.scrollToBottom("instant")}
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {t("chat.toEnd")}
        </Button>
      )}
      <div aria-live="polite" className="sr-only">
        {last?.role === "assistant" && last.status !== "running" && t(`chat.said.${last.status}`)}
      </div>
    </div>
  );
}

interface VirtualMessagesProps {
  path: Message[];
  scroller: () => HTMLElement | null;
  one: (message: Message) => React.ReactNode;
}

function VirtualMessages({ path, scroller, one }: VirtualMessagesProps) {
  const rows = useVirtualizer({
    count: path.length,
    getScrollElement: scroller,
    getItemKey: (index) => path[index]?.id ?? index,
    estimateSize: () => TYPICAL_HEIGHT_PX,
    overscan: 5,
    initialOffset: path.length * TYPICAL_HEIGHT_PX,
  });
  const items = rows.getVirtualItems();
  return (
    <div className="relative" style={{ height: rows.getTotalSize() }}>
      <div
        className="absolute inset-x-0 top-0"
        style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}
      >
        {items.map((item) => {
          const message = path[item.index];
          return (
            <div key={item.key} data-index={item.index} ref={rows.measureElement}>
              {message && one(message)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
