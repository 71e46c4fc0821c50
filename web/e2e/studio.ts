import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const UNSLOTH = process.env.UNSLOTH ?? join(ROOT, ".venv/bin/unsloth");
const START_MS = 60_000;

export const run = promisify(execFile);

/** A running server, with a data folder of its own. `prepare` may put things into it first. */
export class Studio {
  private constructor(
    private readonly process: ChildProcess,
    private readonly environment: NodeJS.ProcessEnv,
    readonly home: string,
    readonly url: string,
    readonly link: string,
    readonly key: string,
  ) {}

  static async start(prepare: (home: string) => void = () => {}): Promise<Studio> {
    const home = mkdtempSync(join(tmpdir(), "studio-"));
    prepare(home);
    const environment = { ...process.env, UNSLOTH_STUDIO_HOME: home, PYTHONPATH: join(ROOT, "src") };
    const child = spawn(UNSLOTH, ["run", "--json", "-p", "0"], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const timer = setTimeout(() => child.kill(), START_MS);
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as Record<string, string>;
      if (event.event !== "ready") continue;
      clearTimeout(timer);
      child.stdout.resume();
      const { base_url = "", studio_url = "", api_key = "" } = event;
      return new Studio(child, environment, home, base_url, studio_url, api_key);
    }
    throw new Error(`unsloth run ended with ${child.exitCode} before it was ready`);
  }

  /** A new link for signing in, as a person asks for it. */
  async newLink(): Promise<string> {
    const { stdout } = await run(UNSLOTH, ["link"], { env: this.environment });
    return /http\S+#token=\S+/.exec(stdout)?.[0] ?? "";
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGINT");
    await ended;
    rmSync(this.home, { recursive: true, force: true });
  }
}
