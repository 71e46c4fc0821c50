import { createCssVariablesTheme, createHighlighterCore, type LanguageInput } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

export type Line = { content: string; color?: string | undefined }[];

/** The languages that answers are written in; each is fetched when first seen. Relatives share the grammar of the
 * largest of them, and grammars that drag in megabytes of others are left out. Others stay plain. */
const LANGUAGES: Record<string, () => Promise<unknown>> = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  ini: () => import("shiki/langs/ini.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  powershell: () => import("shiki/langs/powershell.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

// biome-ignore format: a table
const ALIASES: Record<string, string> = {
  "c++": "c", cpp: "c", cs: "csharp", console: "bash", dockerfile: "docker", javascript: "tsx", js: "tsx", jsx: "tsx",
  md: "markdown", ps1: "powershell", py: "python", rs: "rust", sh: "bash", shell: "bash", ts: "tsx", typescript: "tsx",
  yml: "yaml", zsh: "bash",
};

const THEME = createCssVariablesTheme({ name: "studio", variablePrefix: "--shiki-", fontStyle: false });
const LONGEST_CHARACTERS = 60_000;

let engine: ReturnType<typeof createHighlighterCore> | undefined;
const loaded = new Map<string, Promise<void>>();

/** Lines of tokens whose colours are the page's own variables; null for a language that is not known, or too much code. */
export async function highlight(code: string, language: string): Promise<Line[] | null> {
  const name = ALIASES[language.toLowerCase()] ?? language.toLowerCase();
  const load = LANGUAGES[name];
  if (!load || code.length > LONGEST_CHARACTERS) return null;
  engine ??= createHighlighterCore({
    themes: [THEME],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const highlighter = await engine;
  if (!loaded.has(name))
    loaded.set(
      name,
      load().then((module) => highlighter.loadLanguage(module as LanguageInput)),
    );
  await loaded.get(name);
  return highlighter.codeToTokensBase(code, { lang: name, theme: "studio" });
}
