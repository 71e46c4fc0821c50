import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "@/text/problem";
import { Button } from "./button";

/** The scrolled part of a page, below its header. */
export function PageBody({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className={clsx("mx-auto w-full max-w-[1240px] px-4 py-6 sm:px-10 sm:py-7", className)}>
        {children}
      </div>
    </div>
  );
}

export function Title({ children, note }: { children: ReactNode; note?: ReactNode }) {
  return (
    <div className="mb-5">
      <h1 className="font-semibold text-title tracking-tight">{children}</h1>
      {note && <p className="mt-0.5 max-w-[70ch] text-ink-2">{note}</p>}
    </div>
  );
}

export function Card({ className, ...rest }: ComponentProps<"div">) {
  return <div className={clsx("rounded-card border border-line bg-card", className)} {...rest} />;
}

/** Grey bars where rows will be. */
export function Skeleton({ rows = 4, className }: { rows?: number; className?: string }) {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      aria-label={t("common.loading")}
      className={clsx("flex flex-col gap-3 p-4", className)}
    >
      {Array.from({ length: rows }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike
          key={row}
          className="h-4 animate-[pulse-soft_1.4s_ease-in-out_infinite] rounded bg-line"
          style={{ width: `${90 - ((row * 17) % 40)}%` }}
        />
      ))}
    </div>
  );
}

/** Nothing here yet: what to do first. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      {children && <p className="max-w-[52ch] text-ink-2 text-table">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** Something failed: what, and the way on. */
export function Trouble({
  error,
  onRetry,
  className,
}: {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}) {
  const { t } = useTranslation();
  return (
    <div
      role="alert"
      className={clsx(
        "flex flex-wrap items-center gap-3 rounded-control bg-bad-soft px-3 py-2 text-table",
        className,
      )}
    >
      <span className="min-w-0 flex-1 break-words text-bad">{problemOf(error, t)}</span>
      {onRetry && (
        <Button small onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
    </div>
  );
}
