import { appendFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "vite";

export const LICENCES = "licences.txt";

/** What the bundler does not see because a stylesheet names it. */
const FONTS = ["@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono"];

/** Adds the fonts' licences to those of the bundled code. */
export function fontLicences(): Plugin {
  let root = "";
  let folder = "";
  return {
    name: "font-licences",
    apply: "build",
    configResolved(config) {
      root = config.root;
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const font of FONTS) {
        const words = readFileSync(join(root, "node_modules", font, "LICENSE"), "utf8");
        appendFileSync(join(folder, LICENCES), `\n\n## ${font}\n\n${words}`);
      }
    },
  };
}
