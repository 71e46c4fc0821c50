import { useQuery } from "@tanstack/react-query";
import { ImagePlus, X } from "lucide-react";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/contract";
import { statusQuery } from "@/api/queries";
import { useShortcut } from "@/app/shortcuts";
import { problemOf } from "@/text/problem";
import { Button, IconButton } from "@/ui/button";
import { Trouble } from "@/ui/page";
import type { ChatActions, SentPart } from "./actions";
import { type Attachment, useAttachments } from "./attachments";
import { useChosenModel } from "./chosen-model";
import { draftOf, keepDraft } from "./drafts";
import { ToolSwitches } from "./tool-switches";

interface ComposerProps {
  thread: string | null;
  /** The message that a new one follows. */
  last: Message | undefined;
  actions: ChatActions;
}

/** Where the next message is written: words, images, which tools, and Stop while an answer is written. */
export function Composer({ thread, last, actions }: ComposerProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => draftOf(thread));
  const [dragging, setDragging] = useState(false);
  const images = useAttachments();
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const model = useChosenModel();
  const status = useQuery(statusQuery);
  const running = last?.status === "running";
  const uploading = images.attachments.some((each) => !each.stored && !each.error);
  const blind = images.attachments.length > 0 && model !== undefined && !model.capabilities.vision;
  const empty = !text.trim() && images.attachments.every((each) => each.error);
  const [asked, setAsked] = useState(false);

  useShortcut("compose", () => field.current?.focus());
  useEffect(() => keepDraft(thread, text), [thread, text]);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);

  const send = () => {
    if (empty || running || actions.send.isPending) return;
    if (uploading) return setAsked(true);
    const stored = images.attachments.flatMap((each) => (each.stored ? [each.stored] : []));
    const parts: SentPart[] = stored.map((file) => ({
      type: "image",
      file_id: file.file_id,
      media_type: file.media_type,
    }));
    if (text.trim()) parts.push({ type: "text", text: text.trim() });
    actions.send.mutate(
      { parent_id: last?.id ?? null, parts },
      {
        onSuccess: () => {
          setText("");
          keepDraft(thread, "");
          images.clear();
        },
      },
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: sent once the images are there, unless one of them failed
  useEffect(() => {
    if (!asked || uploading) return;
    setAsked(false);
    if (images.attachments.every((each) => each.stored)) send();
  }, [asked, uploading]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length) images.add(event.clipboardData.files);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    images.add(event.dataTransfer.files);
  };

  return (
    <div className="mx-auto w-full max-w-[792px] px-3 pb-3 sm:px-4 sm:pb-4">
      {actions.send.error && <Trouble error={actions.send.error} className="mb-2" />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: images can also be pasted and picked by keyboard */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={onDrop}
        className={`rounded-composer border bg-card shadow-menu transition-colors focus-within:border-line-strong ${dragging ? "border-accent bg-soft" : "border-line"}`}
      >
        {images.attachments.length > 0 && (
          <div className="flex flex-wrap gap-2 px-3 pt-3">
            {images.attachments.map((each) => (
              <Thumbnail key={each.key} attachment={each} onRemove={() => images.remove(each.key)} />
            ))}
          </div>
        )}
        {model?.state === "failed" && (
          <p role="alert" className="px-3.5 pt-2.5 text-bad text-note">
            {model.error || t("models.failed")}
          </p>
        )}
        {blind && (
          <p className="px-3.5 pt-2 text-note text-warn">{t("chat.blind", { model: model?.name })}</p>
        )}
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={t("chat.message")}
          placeholder={dragging ? t("chat.drop") : t("chat.placeholder", { model: model?.name ?? "…" })}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
          onPaste={onPaste}
          className="field-sizing-content block max-h-[40dvh] min-h-[46px] w-full resize-none bg-transparent px-3.5 pt-3 pb-1 outline-none placeholder:text-ink-3"
        />
        <div className="flex items-center gap-1.5 px-2.5 pt-1 pb-2.5">
          <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5">
            <ToolSwitches status={status.data} model={model} />
            <IconButton label={t("chat.addImage")} onClick={() => picker.current?.click()}>
              <ImagePlus />
            </IconButton>
            <input
              ref={picker}
              type="file"
              accept="image/*"
              multiple
              hidden
              data-testid="image-picker"
              onChange={(event) => {
                images.add(event.target.files ?? []);
                event.target.value = "";
              }}
            />
          </div>
          <span className="text-ink-3 text-note max-sm:hidden">{t("chat.enterSends")}</span>
          {running && last ? (
            <Button
              kind="primary"
              disabled={actions.stop.isPending}
              onClick={() => actions.stop.mutate(last)}
            >
              {t("chat.stop")}
            </Button>
          ) : (
            <Button kind="primary" disabled={empty || asked || actions.send.isPending} onClick={send}>
              {t("chat.send")}
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}

function Thumbnail({ attachment, onRemove }: { attachment: Attachment; onRemove: () => void }) {
  const { t } = useTranslation();
  const failed = attachment.error !== null;
  return (
    <div className={`relative rounded-control border ${failed ? "border-bad" : "border-line"}`}>
      <img
        src={attachment.url}
        alt={attachment.name}
        title={failed ? problemOf(attachment.error, t) : attachment.name}
        className={`size-16 rounded-[7px] object-cover ${attachment.stored ? "" : "opacity-50"}`}
      />
      {failed && (
        <span
          role="alert"
          className="absolute inset-x-0 bottom-0 rounded-b-[7px] bg-bad-soft px-1 text-[10px] text-bad"
        >
          {t("chat.uploadFailed")}
        </span>
      )}
      <button
        type="button"
        aria-label={t("chat.removeImage", { name: attachment.name })}
        onClick={onRemove}
        className="-top-2 -right-2 absolute grid size-5 place-items-center rounded-full border border-line bg-card text-ink-2 hover:text-ink"
      >
        <X className="size-3" />
      </button>
    </div>
  );
}
