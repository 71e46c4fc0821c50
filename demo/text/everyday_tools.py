"""Well-known tools, asked for in many wordings, so that a tool can be chosen by what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from demo.text import chinese, lexicon, values
from demo.text.conversation import Parameter, Tool
from demo.text.draw import Draw
from demo.text.phrasing import capital, said
from demo.text.skills import Request, Skill, styled

_WEATHER = (["get", "weather"], ["get", "weather"], ["get", "current", "weather"], ["weather"], ["weather", "forecast"], ["fetch", "weather"], ["lookup", "weather"], ["check", "weather"], ["get", "temperature"], ["current", "temperature"])  # fmt: skip
_WEATHER_IS = ("Get the current weather for a city", "Get the current weather for a city.", "Get the weather in a location", "Current weather of a place.", "Returns the weather forecast.", "Get the current weather in a given location", "Fetch the weather conditions for a city", "Get the temperature and conditions for a location.")  # fmt: skip
_ASK_WEATHER = ("what is the weather in {}", "what is the weather in {}", "what's the weather like in {}", "how is the weather in {}", "weather in {}", "is it raining in {}", "what is the temperature in {}", "how warm is it in {}", "tell me the weather in {}", "will it rain in {}", "get the weather for {}", "is it cold in {}", "how cold is it in {}", "do I need an umbrella in {}", "weather for {}", "forecast for {}", "check the weather in {}", "what is the weather in {} today", "how hot is it in {} right now", "is the sun shining in {}", "should I take a coat in {}", "is it snowing in {}", "is it windy in {}")  # fmt: skip


def weather(draw: Draw) -> Skill:
    place = draw.pick(("city", "city", "location", "location", "place"))
    units, days = draw.chance(0.3), draw.chance(0.15)
    unit = draw.pick(("unit", "units"))
    parameters = [Parameter(place)]
    parameters += [Parameter(unit, required=False, choices=("celsius", "fahrenheit"))] if units else []
    parameters += [Parameter("days", "integer", required=False)] if days else []

    def request() -> Request:
        where = draw.place()
        arguments: dict[str, Any] = {place: where}
        if draw.chance(0.04):
            return Request(draw.pick(chinese.WEATHER).format(where) + draw.pick(("", "？")), arguments)
        text = draw.pick(_ASK_WEATHER).format(where)
        if units and draw.chance(0.5):
            arguments[unit] = draw.pick(("celsius", "fahrenheit"))
            text += draw.pick((" in {}", " (in {})", ", unit {}", " in degrees {}")).format(arguments[unit])
        if days and draw.chance(0.6):
            arguments["days"] = draw.between(1, 14)
            text += draw.pick((" for {} days", " for the next {} days")).format(arguments["days"])
        return Request(said(draw, text, asks=True), arguments)

    return Skill(
        Tool(styled(draw, list(draw.pick(_WEATHER))), draw.pick(_WEATHER_IS), tuple(parameters)), "weather", request
    )


@dataclass(frozen=True, slots=True)
class Everyday:
    """A tool by its names' words, its parameters' possible names, and the wordings of requests for it."""

    names: tuple[str, ...]
    description: str
    parameters: tuple[str, ...]
    requests: tuple[str, ...]
    makers: tuple[Callable[[Draw], Any], ...]
    topic: str = ""


def _money(draw: Draw) -> str:
    return (
        "".join(draw.pick(ascii_uppercase) for _ in range(3))
        if draw.chance(0.5)
        else draw.pick(("USD", "EUR", "GBP", "JPY", "CHF", "CNY"))
    )


def _small(draw: Draw) -> int:
    return draw.between(1, 120)


def _integer(draw: Draw) -> int:
    return int(draw.integer())


def _note(draw: Draw) -> str:
    return draw.pick((draw.phrase(1, 5), draw.sentence(2, 7)))


def _file(draw: Draw) -> str:
    return draw.pick((values.path, values.file_name))(draw)


def _folder(draw: Draw) -> str:
    return "/" + "/".join(draw.word() for _ in range(draw.between(1, 3)))


def _chore(draw: Draw) -> str:
    return f"{draw.verb()} {draw.phrase(1, 3)}"


def _when(draw: Draw) -> str:
    return draw.pick((values.date, values.clock))(draw)


def _priority(draw: Draw) -> str:
    return draw.pick(("low", "medium", "high"))


def _place(draw: Draw) -> str:
    return draw.place()


def _thing(draw: Draw) -> str:
    return draw.phrase(1, 4)


def _person(draw: Draw) -> str:
    return draw.pick((draw.given_name(), draw.full_name()))


def _unit(draw: Draw) -> str:
    return draw.pick(lexicon.UNITS)


def _language(draw: Draw) -> str:
    return draw.pick(lexicon.LANGUAGES)


def _ticker(draw: Draw) -> str:
    return draw.own(lambda: "".join(draw.pick(ascii_uppercase) for _ in range(draw.between(2, 5))))


def _table(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.replace("\n", "|").split("|"))


_TOOLS = (
    Everyday(("get time", "world clock", "get local time"), "Get the current time in a city or time zone.", ("city/timezone/location",),
        _table("what time is it in {0}|current time in {0}|tell me the time in {0}|what is the time in {0}|is it night in {0}|how late is it in {0}|what does the clock say in {0}"), (_place,), "time"),
    Everyday(("get current time", "now", "get date"), "Get the current date and time.", (),
        _table("what time is it|what is the date today|what day is it|tell me the current time|current time|what is today's date|how late is it"), (), "time"),
    Everyday(("read file", "open file", "cat file"), "Read a file and return its contents.", ("path/path/file_path/filename",),
        _table("read {0}|read the file {0}|open {0}|show me the contents of {0}|what is in {0}|show {0}|what does {0} say|print the file {0}|look into {0}"), (_file,), "read"),
    Everyday(("write file", "save file", "create file"), "Write text to a file.", ("path/path/file_path/filename", "content/content/text"),
        _table("write \"{1}\" to {0}|write {1} to {0}|save {1} in {0}|create {0} with the content {1}|create the file {0} with \"{1}\"|put \"{1}\" into {0}"), (_file, _note), "write"),
    Everyday(("list directory", "list files", "ls"), "List the files of a directory.", ("path/directory",),
        _table("list {0}|list the files in {0}|what files are in {0}|show the directory {0}|which files does {0} have|what is inside the folder {0}"), (_folder,), "list"),
    Everyday(("send email", "send mail", "email"), "Send an email.", ("to/recipient", "subject", "body/message"),
        _table("send an email to {0} with subject {1} and body {2}|email {0}, subject \"{1}\", text \"{2}\"|send {0} an email about {1} saying {2}|write a mail to {0} with the subject \"{1}\" and the text \"{2}\""), (values.email, _thing, _note), "send"),
    Everyday(("send message", "message user", "text contact"), "Send a chat message to a person.", ("to/recipient/user", "text/message"),
        _table("tell {0} \"{1}\"|send {0} the message \"{1}\"|message {0}: {1}|text {0} that {1}|let {0} know: {1}"), (lambda draw: draw.given_name(), _note), "send"),
    Everyday(("convert currency", "exchange money"), "Convert an amount from one currency to another.", ("amount:integer", "from_currency/source/from", "to_currency/target/to"),
        _table("convert {0} {1} to {2}|how much is {0} {1} in {2}|{0} {1} in {2}|exchange {0} {1} for {2}|what are {0} {1} worth in {2}"), (_integer, _money, _money), "convert"),
    Everyday(("create ticket", "create issue", "open ticket", "create task"), "Create a ticket with a title.", ("title", "priority:low|medium|high"),
        _table("create one with title \"{0}\" and priority {1}|create a ticket with title \"{0}\" and priority {1}|create a task \"{0}\" with priority {1}|new ticket: {0}, priority {1}|open a {1} priority issue \"{0}\"|file a ticket: \"{0}\", priority {1}"), (lambda draw: draw.sentence(2, 6), _priority), "ticket"),
    Everyday(("create event", "add event", "schedule meeting"), "Add an event to the calendar.", ("title/event", "date/day"),
        _table("add \"{0}\" to my calendar on {1}|schedule {0} for {1}|plan {0} on {1}|put {0} in the calendar for {1}|I have {0} on {1}, note it"), (_thing, values.date), "remind"),
    Everyday(("get stock price", "stock quote"), "Get the latest price of a stock.", ("symbol/ticker",),
        _table("what is the stock price of {0}|price of {0}|how much is {0} stock|get the quote for {0}|what does a share of {0} cost|how is {0} trading"), (_ticker,), "stock"),
    Everyday(("translate text", "translate"), "Translate text into another language.", ("text", "language/target_language"),
        _table("translate \"{0}\" to {1}|translate {0} to {1}|translate {0} into {1}|how do you say \"{0}\" in {1}|what is \"{0}\" in {1}"), (_thing, _language), "translate"),
    Everyday(("add", "add numbers"), "Add two numbers.", ("a:integer", "b:integer"),
        _table("add {0} and {1}|what is {0} + {1}|{0} plus {1}|what is the sum of {0} and {1}"), (_integer, _integer), "calculate"),
    Everyday(("multiply", "multiply numbers"), "Multiply two numbers.", ("a:integer", "b:integer"),
        _table("multiply {0} and {1}|what is {0} * {1}|{0} times {1}|multiply {0} by {1}|what is the product of {0} and {1}"), (_integer, _integer), "calculate"),
    Everyday(("set reminder", "remind me", "add reminder"), "Set a reminder.", ("text/title", "time/date/when"),
        _table("remind me to {0} {1}|set a reminder to {0} for {1}|remind me to {0} at {1}|don't let me forget to {0} {1}"), (_chore, _when), "remind"),
    Everyday(("set timer", "start timer"), "Set a timer.", ("minutes/duration:integer",),
        _table("set a timer for {0} minutes|start a timer of {0} minutes|timer {0} minutes|wake me in {0} minutes|count down {0} minutes|ring in {0} minutes"), (_small,), "timer"),
    Everyday(("fetch url", "web fetch", "open page"), "Fetch a web page.", ("url",),
        _table("fetch {0}|open {0}|read the page {0}|get {0}|download {0}|what does {0} say|summarize {0}|what is on {0}"), (values.url,), "search"),
    Everyday(("search documents", "search files", "query knowledge base"), "Search the knowledge base.", ("query",),
        _table("search the documents for {0}|what do my documents say about {0}|look in the knowledge base for {0}|find {0} in my files"), (_thing,), "search"),
    Everyday(("convert units", "unit converter"), "Convert a value between units.", ("value:integer", "from_unit", "to_unit"),
        _table("convert {0} {1} to {2}|how many {2} are {0} {1}|{0} {1} in {2}|convert {0} {1} into {2}"), (_integer, _unit, _unit), "convert"),
    Everyday(("roll dice", "throw dice"), "Roll dice.", ("sides/count:integer",),
        _table("roll a die with {0} sides|roll a {0} sided die|roll {0} dice|throw a die of {0} sides"), (lambda draw: draw.between(2, 100),), "dice"),
    Everyday(("play music", "play song", "start playback"), "Play a song or an artist.", ("song/title/artist",),
        _table("play {0}|play the song {0}|play something by {0}|I want to hear {0}|put on {0}|let me listen to {0}"), (_thing,), "music"),
    Everyday(("generate image", "create image", "draw"), "Generate an image from a prompt.", ("prompt",),
        _table("draw {0}|generate an image of {0}|make a picture of {0}|create an image showing {0}|paint {0}|I want a picture of {0}"), (lambda draw: draw.phrase(2, 5),), "image"),
    Everyday(("get user", "find user", "user info"), "Get a user by id.", ("user_id/id:integer",),
        _table("get user {0}|who is user {0}|show the user with id {0}|look up user {0}"), (_integer,), "user"),
    Everyday(("book table", "reserve table"), "Book a table at a restaurant.", ("restaurant", "people:integer"),
        _table("book a table at {0} for {1} people|reserve a table for {1} at {0}|I want a table at {0} for {1}|we want to eat at {0}, {1} people|dinner for {1} at {0}"), (_person, lambda draw: draw.between(1, 12)), "table"),
    Everyday(("get directions", "find route", "navigate"), "Get directions from one place to another.", ("origin/from/start", "destination/to"),
        _table("how do I get from {0} to {1}|directions from {0} to {1}|route from {0} to {1}|what is the way from {0} to {1}|navigate from {0} to {1}|drive from {0} to {1}"), (_place, _place), "route"),
    Everyday(("find flights", "search flights"), "Find flights.", ("origin", "destination", "date"),
        _table("find flights from {0} to {1} on {2}|fly from {0} to {1} on {2}|search flights {0} to {1} {2}|I want to fly from {0} to {1} on {2}"), (_place, _place, values.date), "flights"),
    Everyday(("call contact", "phone call", "dial"), "Call a person on the phone.", ("name/contact/person",),
        _table("call {0}|phone {0}|ring {0}|I want to talk to {0}|dial {0}|get {0} on the line"), (_person,), "phone"),
    Everyday(("turn on light", "switch lights", "light on"), "Switch on the light in a room.", ("room",),
        _table("turn on the light in the {0}|light in the {0}, please|it is dark in the {0}|switch on the {0} lamp|lights on in the {0}"), (lambda draw: draw.noun(),), "light"),
    Everyday(("get definition", "dictionary", "define word"), "Look up the meaning of a word.", ("word/term",),
        _table("what does {0} mean|define {0}|what is the meaning of {0}|look up the word {0}|explain the word {0}"), (lambda draw: draw.word(),), "word"),
    Everyday(("get news", "latest news", "headlines"), "Get the latest news about a topic.", ("topic/subject",),
        _table("news about {0}|what is new about {0}|latest headlines on {0}|what happened with {0}|any news on {0}"), (_thing,), "search"),
    Everyday(("track package", "package status", "where is parcel"), "Track a parcel by its number.", ("tracking_number/number/code",),
        _table("where is my package {0}|track {0}|has {0} been delivered|where is parcel {0}|when will {0} arrive"), (values.code,), "parcel"),
    Everyday(("order food", "order pizza"), "Order a meal.", ("dish/meal/item", "quantity:integer"),
        _table("order {1} {0}|I am hungry, get me {1} {0}|bring me {1} {0}|I want {1} {0}"), (lambda draw: draw.noun(), lambda draw: draw.between(1, 20)), "order"),
    Everyday(("delete file", "remove file"), "Delete a file.", ("path/file",),
        _table("delete {0}|remove {0}|erase the file {0}|throw {0} away|get rid of {0}"), (_file,), "delete"),
)  # fmt: skip


def everyday(draw: Draw) -> Skill:
    one = draw.pick(_TOOLS)
    parameters = tuple(_parameter(draw, text) for text in one.parameters)
    name = styled(draw, draw.pick(one.names).split())
    description = one.description.rstrip(".") if draw.chance(0.3) else one.description

    def request() -> Request:
        drawn = [make(draw) for make in one.makers]
        form = draw.pick(one.requests)
        text = capital(draw, form.format(*drawn))
        if text[-1] not in '.!?"' and draw.chance(0.5):
            text += draw.pick(("?", "."))
        return Request(text, {parameter.name: value for parameter, value in zip(parameters, drawn, strict=True)})

    return Skill(Tool(name, description, parameters), one.topic or name, request)


def _parameter(draw: Draw, text: str) -> Parameter:
    """`path/file:integer`: one of these names, and the type; `low|high` in its place are the choices."""
    names, _, kind = text.partition(":")
    name = draw.pick(names.split("/"))
    if "|" in kind:
        return Parameter(name, choices=tuple(kind.split("|")))
    return Parameter(name, kind or "string")
