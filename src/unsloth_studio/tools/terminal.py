"""The tool `terminal`: one Bash command line in the session's folder, in the sandbox.

The rule: each call is a shell of its own; files stay, variables and background processes do not.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from unsloth_studio.tools import told
from unsloth_studio.tools.contract import ToolContext, ToolOutput
from unsloth_studio.tools.sandbox.probe import SandboxFinder
from unsloth_studio.tools.sandbox.result import Limits, Unavailable
from unsloth_studio.tools.sessions import Session, SessionFolders

SHELL = "/bin/bash"


class TerminalTool:
    """Runs Bash. Needs a sandbox; says so to the model where there is none."""

    name = "terminal"
    _description = (
        "Run a Bash command in a sandboxed Linux folder (/mnt/data) and get what it prints. Files stay for the session;"
        " variables, the current folder and background processes do not stay between calls."
    )
    parameters: dict[str, Any] = {  # noqa: RUF012 - the contract says dict; nobody changes it
        "type": "object",
        "properties": {"command": {"type": "string", "description": "The command line, as for bash -c."}},
        "required": ["command"],
        "additionalProperties": False,
    }

    def __init__(self, finder: SandboxFinder, folders: SessionFolders, limits: Limits | None = None) -> None:
        self._finder, self._folders = finder, folders
        self.description = f"{self._description} {told.network(finder.gateway)}"
        self._limits = limits or tool_limits(folders)

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Run `arguments["command"]`; without a session in `context`, in a folder that is deleted afterwards."""
        command = arguments.get("command")
        if not isinstance(command, str) or "\0" in command:
            return ToolOutput(
                'Give the command line as a string: {"command": "ls -l"}', is_error=True, failure="invalid_input"
            )
        if context.session is not None:
            return await self._run(command, context, context.session)
        async with self._folders.session("", None) as session:
            return await self._run(command, context, session)

    async def _run(self, command: str, context: ToolContext, session: Session) -> ToolOutput:
        sandbox = await self._finder.sandbox()
        if isinstance(sandbox, Unavailable):
            return told.refused(sandbox)
        limits = replace(self._limits, wall_seconds=context.timeout_seconds)
        async with session.lock:
            began = time.time()
            try:
                await self._folders.ensure(session)
                result = await sandbox.run(
                    (SHELL, "-c", command),
                    folder=session.folder,
                    limits=limits,
                    on_output=told.decoding(context.on_output),
                )
            except OSError as error:
                said = f"The sandbox cannot be started: {error.strerror}."
                return ToolOutput(said, is_error=True, failure="unavailable")
            settled = await self._folders.settle(session, began)
            images = await self._folders.images(session, settled)
        remark = told.ending(result, limits)
        text = told.as_text(result.output, remark, told.number_of(images), told.folder_changes(settled))
        return ToolOutput(text, is_error=bool(remark), images=images)


def tool_limits(folders: SessionFolders) -> Limits:
    """The limits of one call: the usual ones, and the quota of the session's folder."""
    rules = folders.rules
    return Limits(
        folder_bytes=rules.quota_bytes, folder_files=rules.most_files, kept_output_bytes=told.KEPT_OUTPUT_BYTES
    )
