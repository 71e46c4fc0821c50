import { useTranslation } from "react-i18next";
import { exact, relative } from "./format";
import { useNow } from "./use-now";

/** A moment, relative; exact when pointed at. `none` is said when there was none. */
export function Time({ at, none = "–" }: { at: number | null; none?: string }) {
  const { i18n } = useTranslation();
  const now = useNow();
  if (at === null) return <span className="text-ink-3">{none}</span>;
  return (
    <time
      dateTime={new Date(at * 1000).toISOString()}
      title={exact(at, i18n.language)}
      className="whitespace-nowrap"
    >
      {relative(at, now, i18n.language)}
    </time>
  );
}
