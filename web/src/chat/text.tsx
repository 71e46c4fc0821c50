import { lazy, Suspense } from "react";

const Markdown = lazy(() => import("./markdown/markdown"));

/** Markdown of a model; the bare text until the renderer is here. */
export function Text({ text, growing }: { text: string; growing: boolean }) {
  return (
    <Suspense fallback={<div className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</div>}>
      <Markdown text={text} growing={growing} />
    </Suspense>
  );
}
