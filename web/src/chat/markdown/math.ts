const CODE = /(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]*`)/;

/** Whether there may be a formula in the text. */
export function hasMath(text: string): boolean {
  return /\$\$|\\\(|\\\[/.test(text);
}

/** `\( … \)` and `\[ … \]`, as most models write formulas, in the marks that the renderer knows. Code stays as it is. */
export function withDollars(text: string): string {
  return text
    .split(CODE)
    .map((piece, index) =>
      index % 2 === 1
        ? piece
        : piece
            .replace(/\\\[([\s\S]*?)\\\]/g, (_, formula: string) => `\n$$\n${formula.trim()}\n$$\n`)
            .replace(/\\\((.*?)\\\)/g, (_, formula: string) => `$$${formula.trim()}$$`),
    )
    .join("");
}
