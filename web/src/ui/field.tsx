import clsx from "clsx";
import { ChevronDown } from "lucide-react";
import { Switch as RadixSwitch } from "radix-ui";
import { type ComponentProps, type ReactNode, useId } from "react";

const CONTROL =
  "rounded-control border border-line-strong bg-card px-2.5 py-[7px] text-table text-ink placeholder:text-ink-3 disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={clsx(CONTROL, "min-w-0", className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={clsx(CONTROL, "resize-y", className)} {...rest} />;
}

/** The browser's own list: the one that phones and screen readers know best. */
export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className={clsx("relative inline-flex", className)}>
      <select className={clsx(CONTROL, "w-full cursor-pointer appearance-none pr-8")} {...rest}>
        {children}
      </select>
      <ChevronDown
        aria-hidden
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 right-2.5 size-3.5 text-ink-3"
      />
    </span>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  className?: string;
  children: (id: string, hintId: string | undefined) => ReactNode;
}

/** A label above its control, and what is said about it below. */
export function Field({ label, hint, className, children }: FieldProps) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  return (
    <div className={clsx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium text-note text-ink-2">
        {label}
      </label>
      {children(id, hintId)}
      {hint && (
        <span id={hintId} className="text-ink-3 text-note">
          {hint}
        </span>
      )}
    </div>
  );
}

export function Switch({ label, ...rest }: ComponentProps<typeof RadixSwitch.Root> & { label: string }) {
  return (
    <RadixSwitch.Root
      aria-label={label}
      className="relative h-[18px] w-8 shrink-0 rounded-full border border-line-strong bg-panel transition-colors data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      {...rest}
    >
      <RadixSwitch.Thumb className="block size-3 translate-x-[3px] rounded-full bg-ink-3 transition-transform data-[state=checked]:translate-x-[15px] data-[state=checked]:bg-accent-ink" />
    </RadixSwitch.Root>
  );
}
