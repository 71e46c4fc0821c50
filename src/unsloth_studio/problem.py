"""The base of everything that is told to the operator as one sentence and ends the command, without a traceback."""

from __future__ import annotations


class OperatorProblem(Exception):  # noqa: N818 - its message is the sentence a person reads
    """`str(problem)` says what is wrong and what to do; the command ends with `exit_status`."""

    exit_status = 1
