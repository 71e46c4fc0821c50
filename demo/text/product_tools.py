"""The tools that the product runs itself: `python`, `terminal` and `web_search`, under these and other names."""

from __future__ import annotations

from string import ascii_letters
from typing import Any

from demo.text import chinese, values
from demo.text.conversation import Parameter, Tool
from demo.text.draw import Draw
from demo.text.exercises import arithmetic, asked_sum
from demo.text.phrasing import capital, said
from demo.text.skills import Request, Skill

_PYTHON = ("python", "python", "python", "run_python", "code_interpreter", "execute_python", "python_exec", "run_code", "execute_code", "py")  # fmt: skip
_PYTHON_IS = ("Run Python code and return its output.", "Executes Python code.", "Execute Python code in a sandbox", "Run a Python script and return stdout.", "Python interpreter. Use it for calculations.", "Run Python code in a sandbox. Print what you want to see.")  # fmt: skip
_USE_PYTHON = (" Use Python.", " Use Python.", " Use python.", " Use the Python tool.", " Please use Python.", " Run Python code.", " Use code.")  # fmt: skip
_PYTHON_FIRST = (
    "Use Python: ",
    "Use Python to compute ",
    "With Python, ",
    "Use the python tool: ",
    "Use Python to calculate ",
)
_RUN_CODE = ("Run this Python code: {}", "run {}", "Execute {}", "run `{}`", "Execute this code:\n{}", "Run this:\n```python\n{}\n```", "Run the code {}", "please run this in Python: {}", "Use Python to run {}", "Execute this Python code: {}")  # fmt: skip


def python(draw: Draw) -> Skill:
    parameter = draw.pick(("code", "code", "code", "script", "source"))
    name = draw.pick(_PYTHON)
    ask = draw.pick_by_weight

    def request() -> Request:
        make = ask([(0.66, _sum_for_python), (0.06, _chinese_sum), (0.1, _task_for_python), (0.18, _code_to_run)])
        question, code = make(draw)
        return Request(question, {parameter: code})

    return Skill(Tool(name, draw.pick(_PYTHON_IS), (Parameter(parameter),)), "calculate", request)


def _sum_for_python(draw: Draw) -> tuple[str, str]:
    words, expression = asked_sum(draw)
    question = said(draw, words, asks=True)
    at = draw.random.random()
    if at < 0.55:
        ends = question[-1] in "?.!"
        question += (
            draw.pick(_USE_PYTHON)
            if ends
            else draw.pick((" using Python", " with Python", ". Use Python.", " in Python"))
        )
    elif at < 0.68:
        question = draw.pick(_PYTHON_FIRST) + words
    return question, f"print({expression})"


def _chinese_sum(draw: Draw) -> tuple[str, str]:
    left, operator, right = draw.integer(), draw.pick("+-*/"), draw.integer()
    space = draw.pick(("", " "))
    question = draw.pick(chinese.CALCULATE).format(f"{left}{space}{operator}{space}{right}")
    return question + draw.pick(chinese.WITH_PYTHON), f"print({left}{operator}{right})"


def _task_for_python(draw: Draw) -> tuple[str, str]:
    low, high = draw.between(1, 30), draw.between(31, 90)
    word = draw.word()
    question, code = draw.pick(
        (
            (
                f"generate a random number between {low} and {high}",
                f"import random; print(random.randint({low}, {high}))",
            ),
            (f"what is the factorial of {low}", f"import math; print(math.factorial({low}))"),
            (f"what is the length of '{word}'", f"print(len('{word}'))"),
            (f"reverse the string '{word}'", f"print('{word}'[::-1])"),
            (f"sum the numbers {low}, {high} and {low + high}", f"print(sum([{low}, {high}, {low + high}]))"),
        )
    )
    return said(draw, question, asks=False) + draw.pick(("", " Use Python.")), code


def _code_to_run(draw: Draw) -> tuple[str, str]:
    name, word = draw.invented(), draw.noun()
    code = draw.pick(
        (
            f"print({values.value(draw)!r})", f'print("{draw.phrase(1, 3)}")', f"x = {draw.integer()}\nprint(x * {draw.integer()})",
            "import os; print(os.getcwd())", f"{name} = {draw.integer()}", f"print({arithmetic(draw)[1]})", f"for i in range({draw.integer()}):\n    print(i)",
            f"print('{word}'.upper())", f'import {word}\n{word}.{name}("{draw.word()}")', f"print(len('{draw.phrase(1, 3)}'))",
        )
    )  # fmt: skip
    return draw.pick(_RUN_CODE).format(code), code


_TERMINAL = ("terminal", "terminal", "terminal", "shell", "bash", "run_command", "execute_command", "run_shell", "run_terminal", "shell_exec")  # fmt: skip
_TERMINAL_IS = ("Run a shell command.", "Run a command in the terminal and return its output.", "Execute a bash command", "Executes a command in a shell.", "Run shell commands on this machine.", "Run a shell command in a sandbox.")  # fmt: skip
_DO = ("run {}", "Run `{}`", "run {} in the terminal", "Run {} in the shell", "use the terminal to run {}", "Execute {}", "Run the command {}", "Run the command `{}`", "run this command: {}", "in the terminal, run {}", "Use the terminal: {}", "please run `{}` in bash", "Execute the shell command: {}", "Run {}. Use the terminal.")  # fmt: skip
_COMMON = (
    ("list the files", "ls -la"), ("list the files in the current directory", "ls -la"), ("which files are here", "ls -la"), ("show the current directory", "pwd"),
    ("where am I", "pwd"), ("show the disk usage", "df -h"), ("how much disk space is free", "df -h"), ("show the running processes", "ps aux"),
    ("what is the current date", "date"), ("how much memory is free", "free -h"), ("which user am I", "whoami"), ("show the kernel version", "uname -a"), ("how long is the machine up", "uptime"),
)  # fmt: skip


def terminal(draw: Draw) -> Skill:
    parameter = draw.pick(("command", "command", "command", "cmd"))
    more = (Parameter("timeout", "integer", required=False),) if draw.chance(0.2) else ()

    def request() -> Request:
        if draw.chance(0.25):
            question, command = draw.pick(_COMMON)
            return Request(
                said(draw, question, asks=draw.chance(0.3)) + draw.pick(("", " Use the terminal.")),
                {parameter: command},
            )
        command = shell_command(draw)
        return Request(
            draw.pick(chinese.RUN_COMMAND if draw.chance(0.05) else _DO).format(command), {parameter: command}
        )

    return Skill(Tool(draw.pick(_TERMINAL), draw.pick(_TERMINAL_IS), (Parameter(parameter), *more)), "shell", request)


def shell_command(draw: Draw) -> str:
    def path() -> str:
        return values.path(draw)

    word, flag = draw.word(), draw.pick(ascii_letters)
    return draw.pick(
        (
            f"ls {path()}", f"cat {path()}", f"echo {draw.phrase(1, 3)}", f"echo '{draw.phrase(1, 3)}'", f'echo "{draw.phrase(1, 3)}"', f"grep -r {word} {path()}",
            f"mkdir -p {path()}", f"rm {path()}", f"{draw.invented()} --{word} {draw.integer()}", f"{draw.invented()} -{flag} {values.value(draw)}",
            f"cp {path()} {path()}", f"git {draw.verb()} {word}", f"python {values.file_name(draw)}", f"curl {values.url(draw)}", "ls -la", "uname -a", "ls", "pwd", "date",
            f"head -n {draw.integer()} {path()} | wc -l", "whoami", f"sleep {draw.integer()}", f"{word} {draw.word()} && {draw.word()}", f"npm {draw.verb()} {draw.invented()}",
            f"{draw.noun()} {draw.verb()} {draw.invented()}", f"cat {path()} | {word} -{flag} {draw.integer()}", f"wc -l {values.file_name(draw)}", values.messy(draw),
            f"docker {draw.verb()} {draw.invented()}:{draw.integer()}", f"{draw.invented()} {draw.invented()} --{draw.noun()}={draw.invented()}",
        )
    )  # fmt: skip


_SEARCH = (
    "web_search",
    "web_search",
    "web_search",
    "search_web",
    "search",
    "internet_search",
    "websearch",
    "search_online",
)
_SEARCH_IS = ("Search the web.", "Search the web for a query and return results.", "Searches the internet", "Look things up on the web.", "Web search. Returns titles and links.", "Search the web and return titles, addresses and snippets.")  # fmt: skip
_FACTS = ("what is the capital of {0}", "who is {1}", "when was {2} built", "who invented the {3}", "how tall is {2}", "who won the {3} {2} in {4}", "what is the population of {0}", "what is the latest {3} {2}", "where is {0}", "who wrote {2}", "how old is {1}", "what is {2}", "why is the {3} {2}", "who is the president of {0}", "what happened in {4}", "what is the {3} of {0}")  # fmt: skip
_LOOK_UP = ("search the web for {}", "Search for {}", "search {}", "Look up {}", "Find information about {}", "google {}", "Search the internet for {}", "web search: {}", "Can you search for {}", "Search online for {}", "look up {} on the web", "Search the web: {}", "find {} on the internet", "use web search to find {}")  # fmt: skip


def fact(draw: Draw) -> str:
    thing = draw.pick((draw.place, draw.given_name, draw.noun, lambda: draw.phrase(1, 3)))()
    return draw.pick(_FACTS).format(draw.place(), draw.full_name(), thing, draw.noun(), draw.between(1900, 2030))


def web_search(draw: Draw) -> Skill:
    parameter = draw.pick(("query", "query", "query", "q", "search_query"))
    limit = draw.pick(("max_results", "num_results", "count", "limit"))
    more = (Parameter(limit, "integer", required=False),) if draw.chance(0.3) else ()

    def request() -> Request:
        arguments: dict[str, Any] = {}
        if draw.chance(0.4):
            question = capital(draw, fact(draw), 0.8)
            arguments[parameter] = question
            return Request(question + "?", arguments)
        thing = _searched(draw)
        arguments[parameter] = thing
        mark = draw.pick(('"{}"', "{}", "{}", "{}")).format(thing)
        if draw.chance(0.05):
            return Request(draw.pick(chinese.SEARCH).format(thing), arguments)
        return Request(draw.pick(_LOOK_UP).format(mark) + draw.pick(("", "", ".", "?")), arguments)

    return Skill(Tool(draw.pick(_SEARCH), draw.pick(_SEARCH_IS), (Parameter(parameter), *more)), "search", request)


def _searched(draw: Draw) -> str:
    make = draw.pick(
        (
            lambda: draw.phrase(1, 4), lambda: fact(draw), lambda: "latest " + draw.phrase(1, 3), lambda: f"{draw.place()} {draw.word()}", draw.full_name,
            lambda: values.value(draw), lambda: f"{draw.word()} {draw.word()} {draw.between(1990, 2035)}", lambda: "news about " + draw.phrase(1, 2),
        )
    )  # fmt: skip
    return make().rstrip("?.!") or draw.noun()
