import clsx from "clsx";

interface MeterProps {
  /** 0 to 1. */
  value: number;
  label: string;
  className?: string;
  tone?: "good" | "warn" | "bad";
}

export function Meter({ value, label, className, tone = "good" }: MeterProps) {
  const part = Math.min(1, Math.max(0, value));
  const colour = { good: "bg-accent", warn: "bg-warn", bad: "bg-bad" }[tone];
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
      className={clsx("h-[5px] overflow-hidden rounded-full bg-line", className)}
    >
      <div className={clsx("h-full origin-left rounded-full", colour)} style={{ width: `${part * 100}%` }} />
    </div>
  );
}
