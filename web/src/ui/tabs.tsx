import clsx from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export const TAB_LOOK =
  "whitespace-nowrap rounded-[7px] px-2.5 py-1.5 text-table text-ink-2 transition-colors hover:text-ink";
export const TAB_ON = "bg-panel font-medium text-ink";

interface TabsProps<T extends string> {
  value: T;
  onChange: (value: T) => void;
  tabs: { value: T; name: ReactNode }[];
  label: string;
  children?: ReactNode;
  aside?: ReactNode;
  className?: string;
  /** Many tabs take several lines instead of being scrolled. */
  wraps?: boolean;
}

export function Tabs<T extends string>({
  value,
  onChange,
  tabs,
  label,
  children,
  aside,
  className,
  wraps = false,
}: TabsProps<T>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as T)} className={className}>
      <div className="flex items-center gap-2">
        <Radix.List
          aria-label={label}
          className={clsx(
            "-mx-1 flex min-w-0 flex-1 gap-1 p-1",
            wraps ? "flex-wrap" : "overflow-x-auto [scrollbar-width:none]",
          )}
        >
          {tabs.map((tab) => (
            <Radix.Trigger
              key={tab.value}
              value={tab.value}
              className={clsx(
                TAB_LOOK,
                "data-[state=active]:bg-panel data-[state=active]:font-medium data-[state=active]:text-ink",
              )}
            >
              {tab.name}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {aside}
      </div>
      <Radix.Content value={value} tabIndex={-1} className="outline-none">
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
