import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const ROOT = join(import.meta.dirname, "../../..");
const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv/bin/python");

const text = execFileSync(PYTHON, ["-m", "tests.support.page_document"], {
  cwd: ROOT,
  env: { ...process.env, PYTHONPATH: `${join(ROOT, "src")}:${ROOT}` },
  encoding: "utf8",
  maxBuffer: 64 << 20,
});
const digest = createHash("sha256").update(text).digest("hex");
const types = astToString(
  await openapiTS(text, { rootTypes: true, rootTypesNoSchemaPrefix: true, alphabetize: true }),
);
writeFileSync(
  join(ROOT, "web/src/api/schema.ts"),
  `/** Made from the server's OpenAPI document by \`npm run schema\`; not to be edited. Of the document ${digest}. */\n${types}`,
);
