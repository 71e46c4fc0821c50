import { cjk } from "@streamdown/cjk";
import { type ComponentProps, isValidElement, memo, type ReactNode, useEffect, useState } from "react";
import { type PluginConfig, Streamdown, useIsCodeFenceIncomplete } from "streamdown";
import { CodeBlock } from "./code-block";
import "./markdown.css";
import { hasMath, withDollars } from "./math";

/** Formulas are drawn by a library that most answers do not need. */
function usePlugins(text: string): PluginConfig {
  const [math, setMath] = useState<PluginConfig["math"]>();
  const wanted = hasMath(text);
  useEffect(() => {
    if (!wanted || math) return;
    let there = true;
    void Promise.all([import("@streamdown/math"), import("katex/dist/katex.min.css")]).then(([module]) => {
      if (there) setMath(module.math);
    });
    return () => {
      there = false;
    };
  }, [wanted, math]);
  return math ? { cjk, math } : { cjk };
}

function Pre({ children }: { children?: ReactNode }) {
  const incomplete = useIsCodeFenceIncomplete();
  if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
  const language = /language-([^\s]+)/.exec(children.props.className ?? "")?.[1] ?? "";
  return (
    <CodeBlock
      code={String(children.props.children ?? "").replace(/\n$/, "")}
      language={language}
      growing={incomplete}
    />
  );
}

function InlineCode({ children }: ComponentProps<"code">) {
  return <code>{children}</code>;
}

function Anchor({ href, children }: ComponentProps<"a">) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

/** Pictures of other hosts are not fetched: that would tell them what is being read. */
function Picture({ src, alt }: ComponentProps<"img">) {
  if (typeof src === "string" && /^(?:data:image\/|\/api\/files\/)/.test(src))
    return <img src={src} alt={alt ?? ""} />;
  return (
    <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noreferrer noopener">
      {alt || src}
    </a>
  );
}

function Grid({ children }: ComponentProps<"table">) {
  return (
    <div tabIndex={0} className="overflow-x-auto">
      <table>{children}</table>
    </div>
  );
}

const COMPONENTS = {
  pre: Pre,
  inlineCode: InlineCode,
  a: Anchor,
  img: Picture,
  table: Grid,
} as ComponentProps<typeof Streamdown>["components"];

/** A model's Markdown; whole blocks are not rendered again while the last one grows. */
const Markdown = memo(function Markdown({ text, growing }: { text: string; growing: boolean }) {
  const plugins = usePlugins(text);
  return (
    <Streamdown
      className="markdown"
      mode={growing ? "streaming" : "static"}
      parseIncompleteMarkdown={growing}
      plugins={plugins}
      controls={false}
      {...(COMPONENTS ? { components: COMPONENTS } : {})}
    >
      {hasMath(text) ? withDollars(text) : text}
    </Streamdown>
  );
});

export default Markdown;
