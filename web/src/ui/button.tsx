import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { Tip } from "./tip";

type Kind = "plain" | "primary" | "danger" | "ghost" | "ghost-danger";

const LOOK: Record<Kind, string> = {
  plain: "border border-line bg-card text-ink hover:border-line-strong",
  primary: "border border-accent bg-accent text-accent-ink hover:bg-accent-hover hover:border-accent-hover",
  danger: "border border-line bg-card text-bad hover:border-bad",
  ghost: "border border-transparent text-ink-2 hover:bg-panel hover:text-ink",
  "ghost-danger": "border border-transparent text-bad hover:bg-bad-soft",
};

interface ButtonProps extends ComponentProps<"button"> {
  kind?: Kind;
  small?: boolean;
}

/** What `Button` looks like, for links that look like one. */
export function buttonLook(kind: Kind = "plain", small = false): string {
  return clsx(
    "inline-flex shrink-0 select-none items-center justify-center gap-2 whitespace-nowrap rounded-control font-medium transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-55",
    small ? "px-2.5 py-1 text-note" : "px-3 py-[7px] text-table",
    LOOK[kind],
  );
}

export function Button({ kind = "plain", small = false, className, type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={clsx(buttonLook(kind, small), className)} {...rest} />;
}

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
  children: ReactNode;
  tip?: boolean;
}

/** A button that shows only an icon: `label` is its name for screen readers and its tooltip. */
export function IconButton({ label, className, type = "button", tip = true, ...rest }: IconButtonProps) {
  const button = (
    <button
      type={type}
      aria-label={label}
      className={clsx(
        "inline-grid size-7 shrink-0 place-items-center rounded-[7px] text-ink-3 transition-colors hover:bg-panel hover:text-ink",
        "disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4",
        className,
      )}
      {...rest}
    />
  );
  return tip ? <Tip text={label}>{button}</Tip> : button;
}
