import clsx from "clsx";
import type { ComponentProps } from "react";

export type Tone = "plain" | "good" | "warn" | "bad";

const TONE: Record<Tone, string> = {
  plain: "border-line text-ink-2",
  good: "border-transparent bg-soft text-soft-ink",
  warn: "border-transparent bg-warn-soft text-warn",
  bad: "border-transparent bg-bad-soft text-bad",
};

/** A short fact in a pill. Its words say what its colour says. */
export function Chip({ tone = "plain", className, ...rest }: ComponentProps<"span"> & { tone?: Tone }) {
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1 whitespace-nowrap rounded-full border px-2 text-[11.5px] leading-5",
        TONE[tone],
        className,
      )}
      {...rest}
    />
  );
}

/** A quantization, in mono. */
export function Tag({ className, ...rest }: ComponentProps<"span">) {
  return (
    <span
      className={clsx(
        "whitespace-nowrap rounded-[5px] border border-line bg-panel px-1.5 font-medium font-mono text-[11px] text-ink-2 leading-[18px]",
        className,
      )}
      {...rest}
    />
  );
}

export function Dot({ tone = "good", pulse = false }: { tone?: Tone; pulse?: boolean }) {
  const colour = { plain: "bg-ink-3", good: "bg-accent", warn: "bg-warn", bad: "bg-bad" }[tone];
  return (
    <span
      aria-hidden
      className={clsx(
        "size-2 shrink-0 rounded-full",
        colour,
        pulse && "animate-[pulse-soft_1.4s_ease-in-out_infinite]",
      )}
    />
  );
}
