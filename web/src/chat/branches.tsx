import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/contract";
import { IconButton } from "@/ui/button";
import type { ChatActions } from "./actions";
import { newestLeaf, siblingsOf, type Tree } from "./tree";

/** "2 / 3": the alternatives of a message, and the way to the one beside it. */
export function Branches({ message, tree, actions }: { message: Message; tree: Tree; actions: ChatActions }) {
  const { t } = useTranslation();
  const siblings = siblingsOf(tree, message);
  const place = siblings.findIndex((each) => each.id === message.id);
  if (siblings.length < 2) return null;
  const go = (index: number) => {
    const other = siblings[index];
    if (other) actions.showLeaf.mutate(newestLeaf(tree, other.id) ?? other.id);
  };
  return (
    <span className="inline-flex items-center text-ink-3 text-note tabular-nums">
      <IconButton
        label={t("chat.branchBefore")}
        className="size-6"
        disabled={place <= 0}
        onClick={() => go(place - 1)}
      >
        <ChevronLeft />
      </IconButton>
      <span className="sr-only">{t("chat.branchOf", { place: place + 1, count: siblings.length })}</span>
      <span aria-hidden>
        {place + 1} / {siblings.length}
      </span>
      <IconButton
        label={t("chat.branchAfter")}
        className="size-6"
        disabled={place >= siblings.length - 1}
        onClick={() => go(place + 1)}
      >
        <ChevronRight />
      </IconButton>
    </span>
  );
}
