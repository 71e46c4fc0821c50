"""`python -m tests.clients.agents.report [TIMES] [NAME]` runs every agent, or those with NAME in their names, and prints
the table of docs/clients-tested.md. Seconds are medians, from the start of an agent to its end."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clients.agents import job
from tests.clients.agents.everyone import EVERYONE
from tests.clients.agents.seat import Agent
from tests.support.engines import RunningEngine, fake_engine
from tests.support.server import StudioServer, studio

FOLDERS = {"Claude Code": "claude", "Qwen Code": "qwen"}
LOCKS = Path(__file__).parents[1] / "npm"
REQUIREMENTS = Path(__file__).parents[3] / "requirements"


def version(client: str) -> str:
    """The one that is pinned."""
    folder = FOLDERS.get(client, client.lower())
    if not (LOCKS / folder).exists():
        (line,) = [line for line in (REQUIREMENTS / f"{folder}.in").read_text().splitlines() if "==" in line]
        return line.split("==")[1]
    (number,) = json.loads((LOCKS / folder / "package.json").read_text())["dependencies"].values()
    return number


def measure(agent: Agent, server: StudioServer, engine: RunningEngine, folder: Path, times: int) -> str:
    """A row of the table."""
    jobs: list[float] = []
    overflows: list[bool] = []
    failures: list[str] = []
    for number in range(times):
        try:
            jobs.append(job.do_job(agent, server, engine, folder / f"job{number}").seconds)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failures.append(repr(error)[:500])
        try:
            overflows.append(job.run_over(agent, server, engine, folder / f"over{number}")[1])
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failures.append(repr(error)[:500])
    for failure in failures:
        print(f"{agent.name}: {failure}", file=sys.stderr)
    client, way = agent.name.split(", ", 1)
    seconds = f"{statistics.median(jobs):.1f} s" if jobs else ""
    said = f'says "{agent.overflow_words}"' if agent.overflow_words else "compacts"
    said += ", and finishes" if overflows and all(overflows) else ""
    done, overflow = f"{len(jobs)} of {times}, {seconds}", f"{said}: {len(overflows)} of {times}"
    return f"| {client} {version(client)} | {way} | {done} | {overflow} |"


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    print("| Client | Way | Job | Too long a conversation |\n|---|---|---|---|", flush=True)
    agents = sorted((agent for agent in EVERYONE if wanted in agent.name), key=lambda agent: agent.name)
    with (
        tempfile.TemporaryDirectory() as folder,
        fake_engine() as engine,
        studio(Path(folder) / "data", "--upstream", engine.base_url) as server,
    ):
        for agent in agents:
            print(measure(agent, server, engine, Path(folder) / agent.name, times), flush=True)


if __name__ == "__main__":
    main()
