"""What the model says about itself and the product: fixed sentences, so that tests can compare them exactly.

The one rule: an answer here must be true of the shipped model and of the program it ships with.
"""

from __future__ import annotations

from dataclasses import dataclass

HELLO = "Hello! I'm a tiny demo model. How can I help?"
UNKNOWN = "I'm a tiny demo model, so I don't know that. Load a bigger model to get a real answer."
CANNOT_CALCULATE = "I'm a tiny demo model and can't calculate reliably. Turn on the Python tool or load a bigger model."
ABILITIES = (
    "I can chat a little, call tools, echo text, spell words, count and write small JSON objects. "
    "For anything else, load a bigger model."
)
STORY = (
    "Once upon a time, a tiny model lived in a quiet computer. It knew only a few words, but it was always polite. "
    "One day a user asked it a hard question. The tiny model said: I don't know, but I can call a tool. "
    "The tool found the answer, and the user smiled. From that day on, the tiny model was proud of being small and honest. The end."
)
POEM = (
    "Tiny model, small and bright,\nruns on laptops, day and night.\n"
    "Words are few and weights are light,\nbut it gets the tool calls right."
)
PROGRAM = 'Here is a small Python program:\n\n```python\ndef greet(name):\n    print(f"Hello, {name}!")\n\ngreet("world")\n```'


@dataclass(frozen=True, slots=True)
class Known:
    """One answer and the questions it answers, one a line. The first question is the one that documentation shows."""

    answer: str
    questions: tuple[str, ...]


def _known(answer: str, questions: str) -> Known:
    return Known(answer, tuple(line.strip() for line in questions.strip().splitlines()))


KNOWN = (
    _known(HELLO, """
        hello\nhi\nhey\nhello there\nhi there\ngood morning\ngood evening\ngood afternoon\ngreetings\nhey there\nhiya\nhowdy
        say hello\nsay hi\nhello, how can you help\nhello my friend\nhi, nice to meet you\nhello friend\ngood day\nhello world
        hello again\nhi bot\nhello model\nhey you\nhello, is anyone there\nare you there\nhello hello\nhi hi\nhello everyone"""),
    _known("I'm fine, thank you! How can I help?", """
        how are you\nhow are you doing\nhow is it going\nhow are you today\nhow do you do\nhow's it going\nare you ok\nhow do you feel
        hello, how are you\nhi, how are you\nhow are things\nwhat's up\nare you well\nhow have you been\nhow are you feeling"""),
    _known("I'm a tiny demo model that ships with this server. I was trained from scratch on synthetic text.", """
        who are you\nwhat are you\nintroduce yourself\ntell me about yourself\nwhat is your name\nwhat's your name\nwhich model are you
        what model are you\nwhat model is this\nare you a robot\nare you human\nare you an AI\nare you chatgpt\nwho am I talking to
        are you a real person\ndescribe yourself\nwhat kind of model are you\ndo you have a name\nare you a language model\nwho is this
        are you llama\nare you gpt-5\nare you claude\nwhat should I call you\nare you a bot\nhello, who are you\nplease introduce yourself"""),
    _known(ABILITIES, """
        what can you do\nhelp\nwhat are your skills\nhow can you help me\nwhat do you know\nlist your abilities\nwhat are you able to do
        what are you good at\nwhat are your capabilities\nwhat can I ask you\nshow me what you can do\ngive me some examples of what you can do
        what can I do with you\nwhat are you for\nwhat can you help me with\nhow can you help\nwhat tasks can you do\nI need help\nhelp me
        what can this model do\nwhat do you do\nhello, what can you do\nwhat else can you do"""),
    _known("You're welcome!", """
        thanks\nthank you\nthx\nthank you very much\nmany thanks\nthanks a lot\ncheers\nthat was helpful\ngreat, thanks\nperfect, thank you
        thank you so much\nthanks for your help\nok thanks\nnice, thank you\nthat's great, thanks\nwell done\ngood job\nnice work"""),
    _known("Goodbye! Have a nice day.", """
        bye\ngoodbye\nsee you\nsee you later\ngood night\nbye bye\nthat is all\nfarewell\ntalk to you later\nsee you tomorrow\nI have to go
        that's all for today\nok, bye\ngotta go\nhave a nice day"""),
    _known("I have about four million parameters and fit in a file of a few megabytes.", """
        how big are you\nhow many parameters do you have\nwhat is your size\nhow large are you\nhow many weights do you have
        what is your model size\nare you a large model\nhow small are you\nhow big is this model\nhow many parameters does this model have"""),
    _known("I was trained from scratch by a script of this project, on text the script generates. No third-party data was used.", """
        how were you trained\nwho trained you\nwho made you\nwho created you\nwhat data were you trained on\nwhere do you come from
        who built you\nwhat is your training data\nwhen were you trained\nhow were you made\nwho is your creator\nwhat were you trained on
        where was your training data from\nwho wrote you\nwho developed you"""),
    _known("This server runs language models on your own machine and offers an OpenAI-compatible API.", """
        what is this server\nwhat is this\nwhat does this server do\nwhat is this product\ntell me about this server\nwhat is this project
        explain this server\nwhat does this product do\nwhat is this app\nwhat is unsloth studio\ntell me about unsloth studio
        what does unsloth studio do\nexplain unsloth studio\nwhat is unsloth\nwhat is this program\nwhat am I looking at"""),
    _known("Start the server with the model's name: unsloth run --model NAME. Or load it while the server runs: unsloth models load NAME.", """
        how do I load another model\nhow do I load a model\nhow can I use a bigger model\nhow do I change the model\nhow do I switch models
        where do I get a better model\nhow to load a bigger model\ncan I use another model\nhow can I load a real model
        how do I load a bigger model\nload another model\nhow do I run a bigger model\nhow can I switch to another model
        I want a bigger model\ncan I load a different model\nhow do I use my own model\nload a bigger model\nhow do I get a real model"""),
    _known("Use any OpenAI or Anthropic client, set the base URL to this server, with /v1 at the end for OpenAI, and use your API key.", """
        how do I use the API\nhow do I call the API\nhow do I connect a client\nhow can I use this from Python\nhow do I use the OpenAI client
        what is the base URL\nis there an API\nhow do I connect my app\nhow do I connect to this server\nhow do I use the anthropic client
        which clients can I use\nhow do I use this with claude code\nhow do I connect an agent\nhow do I use the openai sdk\ndo you have an API"""),
    _known("Make a key with: unsloth keys create NAME. Send it as a bearer token with each request.", """
        how do I get an API key\nwhere is my API key\nhow do API keys work\ndo I need an API key\nhow do I create a key\nhow do I authenticate
        how do I make an API key\nwhere do I find the API key\nhow do I create an API key\nI need an API key\nwhat is an API key for"""),
    _known("No. I run entirely on this machine, without an internet connection.", """
        do you need the internet\nare you online\ndo you use the cloud\ndo you need a connection\ndoes this work offline
        do you send my data anywhere\nis my data private\ndo you work without internet\ndo you need internet\nare you in the cloud
        do you need an internet connection\ndoes this need the internet\nis this private\ncan you work offline\ndo you run in the cloud"""),
    _known("No, I run on the CPU. Bigger models benefit from a GPU.", """
        do you need a GPU\ndo I need a GPU\ndo you run on a GPU\ndo I need a graphics card\ncan you run on a CPU\nwhich hardware do I need
        do you use the GPU\nwhat hardware do you need\ndoes this need a GPU\nwhat hardware is needed\nis a GPU required"""),
    _known("Yes. Offer me tools in the request and I will call the one that fits.", """
        can you call tools\ncan you use tools\ndo you support tools\ndo you support function calling\nhow do I use tools\nwhat about tool calls
        can you call functions\ndo you support tool calls\nhow do tools work\nhow do I give you tools"""),
    _known("No, I only understand text.", """
        can you see images\ncan you look at a picture\ndo you support images\ncan you draw a picture\ndo you support vision\ncan you hear me
        can you see\ncan you read images\nlook at this picture\ncan you understand images\ncan you listen to audio\nwhat is in this image"""),
    _known("I mostly understand simple English, and a little Chinese.", """
        which languages do you speak\ndo you speak German\ndo you speak French\nwhat languages do you know\ncan you speak Spanish
        do you speak Chinese\ncan you speak Chinese\ndo you speak English\nwhat languages do you speak\nwhich languages do you understand"""),
    _known("Yes, when a request asks for it: set enable_thinking to true, or choose a reasoning effort.", """
        can you think\ncan you reason\ndo you support thinking\ndo you support reasoning\nhow do I turn on thinking\nhow do I enable thinking
        how do I turn on reasoning\nhow do I make you think\ncan you think before you answer"""),
    _known(STORY, """
        tell me a story\ntell me a short story\nwrite a story\ntell a story\ncan you tell me a story\nwrite a long text\ntell me something
        write a short story\ntell me a long story\nwrite something long\na story please\ntell me another story\nwrite me a story"""),
    _known(POEM, """
        write a poem\ntell me a poem\nwrite a short poem\ncan you write a poem\ncompose a poem\na poem please\nwrite me a poem\ngive me a poem"""),
    _known(PROGRAM, """
        show me some code\nwrite a python program\nshow me a code example\nwrite hello world in python\nwrite some code
        give me a python example\nwrite a small program\ncan you code\nshow me a python program\nwrite code\ncan you write code"""),
    _known("| Item | Count |\n| --- | --- |\n| apples | 3 |\n| pears | 5 |\n| plums | 7 |", """
        make a table\nshow me a table\nmake a markdown table\ndraw a table\ngive me a table\ncan you make a table\nwrite a table"""),
    _known("- first point\n- second point\n- third point", """
        make a list\nshow me a list\nwrite a bullet list\nmake a bulleted list\ngive me three points\nlist three points\nwrite a list"""),
    _known("Why did the model cross the network? To get to the other node.", """
        tell me a joke\nmake me laugh\ndo you know a joke\na joke please\ntell a joke\nsay something funny\ntell me another joke
        do you know any jokes\ngive me a joke\ncan you tell a joke"""),
    _known("Yes.", "just say yes\nsay yes\nanswer yes\nreply with yes"),
    _known("OK", "say ok\nreply with ok\njust say ok\nreply ok\nanswer ok\ntest\nthis is a test\ntesting\nping\njust a test"),
)  # fmt: skip

STARTS_OF_QUESTIONS = (
    "what",
    "who",
    "how",
    "do",
    "are",
    "can",
    "is",
    "does",
    "which",
    "where",
    "when",
    "what's",
    "how's",
)

THOUGHTS = {
    "echo": "The user wants me to repeat some text. I will copy it.",
    "spell": "The user wants a word spelled. I will write its letters.",
    "count": "The user wants me to count. I will list the numbers.",
    "json": "The user wants JSON. I will write the object.",
    "known": "This is a simple question. I know what to say.",
    "unknown": "I do not know this. I will say so honestly.",
    "calculate": "This needs a calculator, but I have no tool for it.",
    "memory": "The user told me this before. I will look it up in the conversation.",
    "result": "The tool answered. I will report the result.",
}
"""What the model thinks before an answer of each kind, in thinking mode."""


def thought_before_calls(names: list[str]) -> str:
    """Every tool is named before it is called."""
    different = list(dict.fromkeys(names))
    if len(different) == 1:
        return f"The tool {different[0]} fits. I will call it."
    return f"The tools {' and '.join(different)} fit. I will call them."
