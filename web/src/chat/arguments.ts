/** The main argument of each of the server's tools: what the card shows instead of JSON. */
export const MAIN_ARGUMENT: Record<string, string> = {
  python: "code",
  terminal: "command",
  web_search: "query",
  web_fetch: "url",
};

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  "/": "/",
  "\\": "\\",
  '"': '"',
};

/**
 * The text of the string `name` in a JSON object that may not be whole yet, as far as it is there; null while it has not
 * begun. So a program is shown while the model writes it.
 */
export function partialString(json: string, name: string): string | null {
  const begin = new RegExp(`"${name}"\\s*:\\s*"`).exec(json);
  if (!begin) return null;
  let text = "";
  for (let at = begin.index + begin[0].length; at < json.length; at++) {
    const character = json[at];
    if (character === '"') return text;
    if (character !== "\\") {
      text += character;
      continue;
    }
    const escaped = json[++at];
    if (escaped === undefined) return text;
    if (escaped === "u") {
      const digits = json.slice(at + 1, at + 5);
      if (digits.length < 4) return text;
      text += String.fromCharCode(Number.parseInt(digits, 16));
      at += 4;
    } else {
      text += ESCAPES[escaped] ?? escaped;
    }
  }
  return text;
}

/** The arguments for reading: indented when they are JSON, else as they are. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
