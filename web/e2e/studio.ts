import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const UNSLOTH = process.env.UNSLOTH ?? join(ROOT, ".venv/bin/unsloth");
const PYTHON = join(dirname(UNSLOTH), "python");
const FROM_HERE = { cwd: ROOT, env: { ...process.env, PYTHONPATH: `${join(ROOT, "src")}:${ROOT}` } };
const START_MS = 60_000;

export const run = promisify(execFile);

/** Something that only Python can do: see `tests/support/for_the_page.py`. Gives what it printed. */
export async function help(...words: string[]): Promise<string> {
  const { stdout } = await run(PYTHON, ["-m", "tests.support.for_the_page", ...words], FROM_HERE);
  return stdout.trim();
}

/** A program of Python that tells JSON, line by line, until it is stopped. */
export class Told<Line> {
  readonly lines: Line[] = [];
  private constructor(private readonly process: ChildProcess) {}

  /** Waits for the first line. */
  static async start<Line>(module: string, ...words: string[]): Promise<Told<Line>> {
    const child = spawn(PYTHON, ["-m", module, ...words], {
      ...FROM_HERE,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const told = new Told<Line>(child);
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (status) => reject(new Error(`${module} ended with ${status}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        told.lines.push(JSON.parse(line) as Line);
        resolve();
      });
    });
    return told;
  }

  stop(): void {
    this.process.kill();
  }
}

/** A running server, with a data folder of its own. `prepare` may put things into it first; `more` is its environment besides. */
export class Studio {
  private constructor(
    private readonly process: ChildProcess,
    private readonly environment: NodeJS.ProcessEnv,
    readonly home: string,
    readonly url: string,
    readonly link: string,
    readonly key: string,
  ) {}

  static async start(prepare: (home: string) => Promise<void>, more: NodeJS.ProcessEnv): Promise<Studio> {
    const home = mkdtempSync(join(tmpdir(), "studio-"));
    await prepare(home);
    const environment = {
      ...process.env,
      HF_HOME: join(home, "hf"),
      ...more,
      UNSLOTH_STUDIO_HOME: home,
      PYTHONPATH: join(ROOT, "src"),
    };
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

  /** Ends the engine that was started last, as a crash does. */
  async killEngine(): Promise<void> {
    await help("kill", String(this.process.pid));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGINT");
    await ended;
    rmSync(this.home, { recursive: true, force: true });
  }
}
