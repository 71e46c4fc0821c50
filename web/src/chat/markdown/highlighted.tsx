import { useEffect, useState } from "react";
import { highlight, type Line } from "./highlighter";

const WHILE_GROWING_MS = 150;

interface HighlightedProps {
  code: string;
  language: string;
  growing: boolean;
}

/** Coloured code. While it grows, what was coloured stays and the newest characters are plain for a moment. */
export default function Highlighted({ code, language, growing }: HighlightedProps) {
  const [done, setDone] = useState<{ code: string; lines: Line[] } | null>(null);
  useEffect(() => {
    let wanted = true;
    const start = (): void => {
      void highlight(code, language).then((lines) => {
        if (wanted && lines) setDone({ code, lines });
      });
    };
    const timer = setTimeout(start, growing ? WHILE_GROWING_MS : 0);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [code, language, growing]);

  if (!done || !code.startsWith(done.code)) return <code>{code}</code>;
  return (
    <code>
      {done.lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are known by their places
        <span key={row}>
          {row > 0 && "\n"}
          {line.map((token, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: tokens are known by their places
            <span key={place} style={token.color ? { color: token.color } : undefined}>
              {token.content}
            </span>
          ))}
        </span>
      ))}
      {code.slice(done.code.length)}
    </code>
  );
}
