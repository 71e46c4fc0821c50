import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";

/** A table of hairlines; on a phone each row becomes a card, with the names of the columns beside the values. */
export function Table({
  label,
  children,
  className,
  dense = false,
}: {
  label: string;
  children: ReactNode;
  className?: string;
  dense?: boolean;
}) {
  return (
    <div
      className={clsx(
        "overflow-x-auto rounded-card border border-line bg-card max-sm:border-0 max-sm:bg-transparent",
        className,
      )}
    >
      <table
        aria-label={label}
        {...(dense ? { "data-dense": "" } : {})}
        className="group/table w-full border-collapse text-table max-sm:block"
      >
        {children}
      </table>
    </div>
  );
}

export function Head({ columns }: { columns: { name: string; num?: boolean; hidden?: boolean }[] }) {
  return (
    <thead className="max-sm:sr-only">
      <tr>
        {columns.map((column) => (
          <th
            key={column.name}
            scope="col"
            className={clsx(
              "whitespace-nowrap border-line border-b px-3.5 py-2 font-medium text-ink-3 text-note first:pl-4 group-data-[dense]/table:px-2.5",
              column.num ? "num" : "text-left",
            )}
          >
            {column.hidden ? <span className="sr-only">{column.name}</span> : column.name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function Row({ className, ...rest }: ComponentProps<"tr">) {
  return (
    <tr
      className={clsx(
        "border-line border-b last:border-0",
        "max-sm:mb-3 max-sm:block max-sm:rounded-card max-sm:border max-sm:bg-card max-sm:py-1.5 max-sm:last:border",
        className,
      )}
      {...rest}
    />
  );
}

interface CellProps extends ComponentProps<"td"> {
  /** The column's name, shown on a phone; empty for the cell that is the card's heading. */
  label: string;
  num?: boolean;
  mono?: boolean;
}

export function Cell({ label, num = false, mono = false, className, children, ...rest }: CellProps) {
  return (
    <td
      className={clsx(
        "px-3.5 py-2.5 max-sm:max-w-none max-sm:py-1 max-sm:text-left first:pl-4 group-data-[dense]/table:px-2.5 sm:group-data-[dense]/table:py-1.5",
        label && "max-sm:flex max-sm:justify-between max-sm:gap-4",
        !label && "max-sm:block",
        num && "num",
        mono && "whitespace-nowrap font-mono text-[12.5px]",
        className,
      )}
      {...rest}
    >
      {label && (
        <span aria-hidden className="font-sans text-ink-3 text-note sm:hidden">
          {label}
        </span>
      )}
      {children}
    </td>
  );
}
