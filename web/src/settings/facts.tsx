import type { ReactNode } from "react";
import { Card } from "@/ui/page";

/** Names and values in a card. */
export function Facts({ rows }: { rows: [name: string, value: ReactNode][] }) {
  return (
    <Card>
      <dl className="text-table">
        {rows.map(([name, value]) => (
          <div
            key={name}
            className="grid grid-cols-[190px_minmax(0,1fr)] gap-3 border-line border-b px-4 py-2.5 last:border-0 max-sm:grid-cols-1 max-sm:gap-0"
          >
            <dt className="text-ink-2">{name}</dt>
            <dd className="[overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

export function Mono({ children }: { children: ReactNode }) {
  return <code className="font-mono text-[12.5px]">{children}</code>;
}
