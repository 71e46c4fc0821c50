import { lazy, Suspense } from "react";

const Highlighted = lazy(() => import("./markdown/highlighted"));

interface CodeProps {
  code: string;
  language: string;
  growing?: boolean;
}

/** A program, coloured as soon as the highlighter is here. */
export function Code({ code, language, growing = false }: CodeProps) {
  const plain = <code>{code}</code>;
  return (
    <pre tabIndex={0} className="overflow-x-auto bg-code px-3 py-2.5 font-mono text-[12.5px] leading-[1.55]">
      <Suspense fallback={plain}>
        <Highlighted code={code} language={language} growing={growing} />
      </Suspense>
    </pre>
  );
}
