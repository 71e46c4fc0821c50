"""The tool `python`: code in the sandbox, as in a notebook; in a named session variables stay between calls.

The rule: whenever variables were lost, the model is told so and why.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from unsloth_studio.tools import told
from unsloth_studio.tools.contract import ToolContext, ToolOutput
from unsloth_studio.tools.interpreter import CellResult, Interpreter, Interpreters
from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.probe import SandboxFinder
from unsloth_studio.tools.sandbox.result import Limits, Unavailable
from unsloth_studio.tools.sessions import Session, SessionFolders
from unsloth_studio.tools.terminal import tool_limits


class PythonTool:
    """Runs Python. Needs a sandbox; says so to the model where there is none. Await `close` at the end."""

    name = "python"
    _description = (
        "Run Python code in a sandbox and get what it prints, the value of its last expression, and its figures as images."
        " The current folder is /mnt/data; files and variables stay for the session."
    )
    parameters: dict[str, Any] = {  # noqa: RUF012 - the contract says dict; nobody changes it
        "type": "object",
        "properties": {"code": {"type": "string", "description": "Python source, as in a notebook cell."}},
        "required": ["code"],
        "additionalProperties": False,
    }

    def __init__(
        self,
        finder: SandboxFinder,
        folders: SessionFolders,
        limits: Limits | None = None,
        interpreters: Interpreters | None = None,
    ) -> None:
        self._finder, self._folders = finder, folders
        self.description = f"{self._description} {told.network(finder.gateway)}"
        self._limits = limits or tool_limits(folders)
        self._interpreters = interpreters or Interpreters()
        folders.before_removal.append(self._interpreters.close)

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Run `arguments["code"]`; without a session in `context`, in a new process and a folder that is deleted."""
        code = arguments.get("code")
        if not isinstance(code, str):
            return ToolOutput('Give the code as a string: {"code": "print(1)"}', is_error=True, failure="invalid_input")
        if context.session is not None:
            return await self._run(code, context, context.session)
        async with self._folders.session("", None) as session:
            return await self._run(code, context, session)

    async def close(self) -> None:
        """End all interpreters, and wait until they are gone."""
        await self._interpreters.close_all()

    async def _run(self, code: str, context: ToolContext, session: Session) -> ToolOutput:
        sandbox = await self._finder.sandbox()
        if isinstance(sandbox, Unavailable):
            return told.refused(sandbox)
        limits = replace(self._limits, wall_seconds=context.timeout_seconds)
        async with session.lock:
            began = time.time()
            try:
                await self._folders.ensure(session)
                cell, lost = await self._cell(code, context, session, sandbox, limits)
            except OSError as error:
                said = f"The sandbox cannot be started: {error.strerror}."
                return ToolOutput(said, is_error=True, failure="unavailable")
            settled = await self._folders.settle(session, began)
            images = cell.images or await self._folders.images(session, settled)
        return _output(
            CellResult(cell.output, cell.failed, images, cell.ended),
            lost,
            told.folder_changes(settled),
            limits,
            session.named,
        )

    async def _cell(
        self, code: str, context: ToolContext, session: Session, sandbox: Sandbox, limits: Limits
    ) -> tuple[CellResult, str]:
        """The cell's result, and why variables of earlier calls were not there ("" when they were)."""
        live = told.decoding(context.on_output)
        if session.named:
            async with self._interpreters.of(session.name, sandbox, session.folder, limits) as (interpreter, lost):
                return await interpreter.run(code, seconds=limits.wall_seconds, on_output=live), lost
        interpreter = await Interpreter.start(sandbox, session.folder, limits)
        try:
            return await interpreter.run(code, seconds=limits.wall_seconds, on_output=live), ""
        finally:
            await interpreter.close()


def _output(cell: CellResult, lost: str, changes: str, limits: Limits, named: bool) -> ToolOutput:
    remarks: list[str] = []
    if cell.ended is not None:
        remarks.append(told.ending(cell.ended, limits) or "The interpreter ended.")
        if named:
            remarks.append("The interpreter was restarted: variables and imports are lost, files are kept.")
    if lost:
        remarks.append(f"Note: this was a new interpreter, without earlier variables and imports, because {lost}.")
    remarks += [told.number_of(cell.images), changes]
    return ToolOutput(
        told.as_text(cell.output, *remarks), is_error=cell.failed or cell.ended is not None, images=cell.images
    )
