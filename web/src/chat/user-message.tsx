import { Pencil } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ImagePart, Message } from "@/api/contract";
import { Button, IconButton } from "@/ui/button";
import { CopyIcon } from "@/ui/copy";
import { TextArea } from "@/ui/field";
import type { ChatActions } from "./actions";
import { Branches } from "./branches";
import { textOf } from "./text-of";
import type { Tree } from "./tree";

interface UserMessageProps {
  message: Message;
  tree: Tree;
  actions: ChatActions;
}

/** What the person said; editing it makes a branch beside it. */
export function UserMessage({ message, tree, actions }: UserMessageProps) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const text = textOf(message);
  const images = message.parts.filter((part) => part.type === "image");

  if (editing)
    return <Edit message={message} images={images} actions={actions} onEnd={() => setEditing(false)} />;
  const buttons = (
    <>
      <CopyIcon text={text} label={t("chat.copy")} />
      <IconButton label={t("chat.edit")} onClick={() => setEditing(true)}>
        <Pencil />
      </IconButton>
    </>
  );
  return (
    <article aria-label={t("chat.you")} className="group mb-5 flex flex-col items-end gap-1">
      {images.length > 0 && (
        <div className="flex flex-wrap justify-end gap-2">
          {images.map((image) => (
            <a key={image.file_id} href={`/api/files/${image.file_id}`} target="_blank" rel="noreferrer">
              <img
                src={`/api/files/${image.file_id}`}
                alt={t("chat.imageSent")}
                className="max-h-52 max-w-full rounded-card border border-line"
              />
            </a>
          ))}
        </div>
      )}
      {text && (
        <div className="flex max-w-full items-end gap-1">
          <span className="flex opacity-0 transition-opacity focus-within:opacity-100 group-hover:opacity-100 max-md:hidden">
            {buttons}
          </span>
          <div className="min-w-0 max-w-[560px] whitespace-pre-wrap rounded-[14px_14px_4px_14px] bg-soft px-3.5 py-2 [overflow-wrap:anywhere]">
            {text}
          </div>
        </div>
      )}
      <div className="flex items-center gap-0.5">
        <Branches message={message} tree={tree} actions={actions} />
        <span className="flex md:hidden">{buttons}</span>
      </div>
    </article>
  );
}

interface EditProps {
  message: Message;
  images: ImagePart[];
  actions: ChatActions;
  onEnd: () => void;
}

function Edit({ message, images, actions, onEnd }: EditProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => textOf(message));
  const send = () => {
    if (!text.trim() && images.length === 0) return;
    const parts = [...images, ...(text.trim() ? [{ type: "text" as const, text }] : [])];
    actions.send.mutate({ parent_id: message.parent_id, parts }, { onSuccess: onEnd });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape") {
      event.preventDefault();
      onEnd();
    }
  };
  return (
    <div className="mb-5 flex flex-col gap-2 rounded-composer border border-line bg-card p-3">
      <TextArea
        aria-label={t("chat.edit")}
        autoFocus
        rows={Math.min(12, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKey}
        className="text-body"
      />
      <div className="flex items-center justify-end gap-2">
        <span className="flex-1 text-ink-3 text-note">{t("chat.editNote")}</span>
        <Button small onClick={onEnd}>
          {t("common.cancel")}
        </Button>
        <Button small kind="primary" disabled={actions.send.isPending} onClick={send}>
          {t("chat.send")}
        </Button>
      </div>
    </div>
  );
}
