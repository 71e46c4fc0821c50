import clsx from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}

const OVERLAY = "fixed inset-0 z-40 bg-black/35 animate-[rise_120ms_ease-out]";

/** Whoever closes a dialog is where they were; Radix itself knows only its own triggers. */
function useReturn() {
  const before = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: () => {
      before.current = document.activeElement;
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault();
      if (before.current instanceof HTMLElement) before.current.focus();
    },
  };
}

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  wide = false,
}: DialogProps) {
  const back = useReturn();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY} />
        <Radix.Content
          {...back}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={clsx(
            "-translate-x-1/2 -translate-y-1/2 fixed top-1/2 left-1/2 z-50 flex max-h-[86dvh] w-[calc(100vw-32px)] flex-col",
            "rounded-card border border-line bg-card shadow-menu outline-none",
            wide ? "max-w-[680px]" : "max-w-[440px]",
          )}
        >
          <div className="pt-4 pr-14 pl-5">
            <Radix.Title className="break-words font-semibold text-[15px] tracking-tight">
              {title}
            </Radix.Title>
            {description && (
              <Radix.Description className="mt-1 text-ink-2 text-table">{description}</Radix.Description>
            )}
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && <div className="flex justify-end gap-2 border-line border-t px-5 py-3">{footer}</div>}
          <span className="absolute top-3 right-4">
            <CloseButton />
          </span>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface DrawerProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  side?: "left" | "right";
  bare?: boolean;
  children: ReactNode;
}

/** A panel from the side: details on the right, the sidebar of a phone on the left (`bare`: without a heading of its own). */
export function Drawer({ open, onOpenChange, title, side = "right", bare = false, children }: DrawerProps) {
  const back = useReturn();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY} />
        <Radix.Content
          {...back}
          aria-describedby={undefined}
          className={clsx(
            "fixed inset-y-0 z-50 flex flex-col border-line bg-card shadow-menu outline-none",
            side === "right"
              ? "right-0 w-full max-w-[620px] animate-[slide_140ms_ease-out] border-l"
              : "left-0 w-[280px] animate-[slide-left_140ms_ease-out] border-r",
          )}
        >
          {bare ? (
            <Radix.Title className="sr-only">{title}</Radix.Title>
          ) : (
            <div className="flex items-center gap-3 border-line border-b px-5 py-3">
              <Radix.Title className="min-w-0 flex-1 truncate font-semibold text-[15px]">{title}</Radix.Title>
              <CloseButton />
            </div>
          )}
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function CloseButton() {
  const { t } = useTranslation();
  return (
    <Radix.Close asChild>
      <IconButton label={t("common.close")} tip={false} className="-mr-1.5">
        <X />
      </IconButton>
    </Radix.Close>
  );
}

interface ConfirmProps {
  title: ReactNode;
  description: ReactNode;
  action: string;
  onConfirm: () => Promise<unknown> | undefined;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, description, action, onConfirm, open, onOpenChange }: ConfirmProps) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onOpenChange(false);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{t("common.cancel")}</Button>
          <Button kind="danger" disabled={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </>
      }
    />
  );
}
