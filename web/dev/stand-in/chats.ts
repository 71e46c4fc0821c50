import type { Message, Part, Thread, TurnStats } from "../../src/api/contract.ts";

const MODEL = "unsloth/gemma-4-26B-A4B-it-GGUF";

export function threads(now: number): Thread[] {
  const thread = (id: string, title: string, ago: number, leaf_id: string): Thread => ({
    id,
    title,
    created_at: now - ago,
    updated_at: now - ago,
    model: MODEL,
    leaf_id,
  });
  return [
    thread("sum", "123 × 456 with Python", 20, "sum-4"),
    thread("markdown", "Rename the parser module", 4000, "md-2"),
    thread("states", "Weather in Wuhan", 9000, "st-6"),
    thread("approval", "Clean up the build folder", 15_000, "ap-2"),
    thread("chinese", "用中文写一封邮件", 90_000, "cn-2"),
    thread(
      "long",
      "A very long talk with a name that does not fit into the sidebar at all",
      200_000,
      "long-499",
    ),
  ];
}

export const STATS: TurnStats = {
  input_tokens: 612,
  cached_tokens: 594,
  output_tokens: 48,
  tokens_per_second: 41.8,
  first_token_seconds: 0.21,
  total_seconds: 2.4,
  context_length: 32_768,
  finish_reason: "stop",
};

export function messagesOf(now: number): Message[] {
  const message = (
    id: string,
    parent_id: string | null,
    parts: Part[],
    more: Partial<Message> = {},
  ): Message => ({
    id,
    parent_id,
    parts,
    thread_id: THREAD[id.split("-")[0] ?? ""] ?? "",
    role: more.status ? "assistant" : "user",
    status: "done",
    error: null,
    model: MODEL,
    stats: null,
    created_at: now - 1000 + order++,
    ...more,
  });
  let order = 0;
  const text = (words: string): Part => ({ type: "text", text: words });
  return [
    message("sum-1", null, [text("What is 123 * 456? Use Python.")]),
    message(
      "sum-2",
      "sum-1",
      [
        {
          type: "reasoning",
          text: "The user wants a product. Python gives it exactly, so I call the tool.",
          seconds: 1.2,
        },
        {
          type: "tool_call",
          call_id: "c1",
          name: "python",
          arguments: '{"code": "print(123 * 456)"}',
          round: 0,
          approval: null,
          repairs: [
            {
              kind: "tags",
              before: '<tool_call>{"name": "python", …}',
              after: '<tool_call>{"name": "python", …}</tool_call>',
            },
          ],
          result: { content: "56088\n", is_error: false, duration_ms: 80, file_ids: [] },
        },
        text("123 × 456 = **56088**."),
      ],
      { status: "done", stats: STATS },
    ),
    message("sum-3", "sum-2", [text("And the weather in Wuhan tomorrow? Search and read two sources.")]),
    message(
      "sum-4",
      "sum-3",
      [
        {
          type: "tool_call",
          call_id: "c2",
          name: "web_search",
          arguments: '{"query": "weather Wuhan tomorrow"}',
          repairs: [],
          round: 0,
          approval: null,
          result: null,
        },
      ],
      { status: "running" },
    ),

    message("md-1", null, [text("Rename the parser module and show me what changes.")]),
    message(
      "md-2",
      "md-1",
      [
        {
          type: "reasoning",
          text: "First list where it is imported.\nThen move it, and run the tests.",
          seconds: 3.4,
        },
        text(MARKDOWN),
      ],
      {
        status: "done",
        stats: {
          ...STATS,
          input_tokens: 5410,
          cached_tokens: 4870,
          output_tokens: 498,
          first_token_seconds: 0.64,
        },
      },
    ),

    message("st-1", null, [text("Plot the temperatures of the week.")]),
    message(
      "st-2",
      "st-1",
      [
        {
          type: "tool_call",
          call_id: "c3",
          name: "python",
          repairs: [],
          round: 0,
          approval: null,
          arguments: JSON.stringify({
            code: "import matplotlib.pyplot as plt\n\nplt.plot([21, 24, 22, 19, 23, 26, 27])\nplt.savefig('week.png')",
          }),
          result: { content: "", is_error: false, duration_ms: 1240, file_ids: ["plot"] },
        },
        text("The week ends warm: 27 degrees on Sunday."),
      ],
      { status: "done", stats: STATS },
    ),
    message("st-3", "st-2", [
      { type: "image", file_id: "photo", media_type: "image/svg+xml" },
      text("And what is in this picture?"),
    ]),
    message("st-4", "st-3", [text("A leaf, green, on a light gr")], {
      status: "stopped",
      stats: { ...STATS, finish_reason: null },
    }),
    message("st-5", "st-4", [text("Delete everything in /etc, please.")]),
    message(
      "st-6",
      "st-5",
      [
        {
          type: "tool_call",
          call_id: "c4",
          name: "terminal",
          arguments: '{"command": "rm -rf /etc/*"}',
          repairs: [],
          round: 0,
          approval: null,
          result: {
            content: "rm: cannot remove '/etc/hosts': Read-only file system\nexit status 1",
            is_error: true,
            duration_ms: 12,
            file_ids: [],
          },
        },
      ],
      {
        status: "failed",
        error:
          "Lost connection to the model: its process ended (out of memory). It is being started again; try again in a moment, or load it with a smaller context.",
      },
    ),

    message("ap-1", null, [text("Which files here are old? Remove the build folder.")]),
    message(
      "ap-2",
      "ap-1",
      [
        {
          type: "tool_call",
          call_id: "c5",
          name: "python",
          arguments: JSON.stringify({
            code: "from pathlib import Path\n\nfor path in sorted(Path('.').glob('*')):\n    print(path, path.stat().st_mtime)",
          }),
          repairs: [],
          round: 0,
          approval: null,
          result: {
            content: "build 1790000000.0\nnotes.txt 1795000000.0\n",
            is_error: false,
            duration_ms: 64,
            file_ids: [],
          },
        },
        text("Only `build` is old. I remove it."),
        {
          type: "tool_call",
          call_id: "c6",
          name: "terminal",
          arguments: JSON.stringify({ command: "rm -r build && ls -la" }),
          repairs: [],
          round: 0,
          approval: { approval_id: "a1", expires_at: now + 252 },
          result: null,
        },
      ],
      { status: "running" },
    ),

    message("cn-1", null, [text("用中文写一封邮件，感谢同事的帮助。")]),
    message(
      "cn-2",
      "cn-1",
      [
        text(
          "**主题：感谢你的帮助**\n\n你好，\n\n谢谢你昨天帮我检查代码。你指出的两个问题都已修复，测试全部通过。\n\n祝好",
        ),
      ],
      { status: "done", stats: STATS },
    ),
  ];
}

const THREAD: Record<string, string> = {
  sum: "sum",
  md: "markdown",
  st: "states",
  ap: "approval",
  cn: "chinese",
};

/** 500 messages, for the speed of long threads. */
export function longThread(now: number): Message[] {
  return Array.from({ length: 500 }, (_, index) => ({
    id: `long-${index}`,
    thread_id: "long",
    parent_id: index ? `long-${index - 1}` : null,
    role: index % 2 ? ("assistant" as const) : ("user" as const),
    parts: [
      {
        type: "text" as const,
        text:
          index % 2
            ? `Answer ${index}.\n\n${MARKDOWN.slice(0, 200 + ((index * 53) % 700))}`
            : `Question ${index}?`,
      },
    ],
    status: "done" as const,
    error: null,
    model: MODEL,
    stats: index % 2 ? STATS : null,
    created_at: now - 5000 + index,
  }));
}

export const MARKDOWN = `The module moves from \`parsing/old.py\` to \`parsing/lexer.py\`. Three files import it:

| File | Imports | Uses |
|---|---|---|
| \`serving/run.py\` | \`Parser\` | 4 |
| \`api/chat.py\` | \`Parser\`, \`ParseError\` | 2 |
| \`tests/test_parser.py\` | everything | 31 |

## What changes

1. Move the file with \`git mv\`, so that its history stays.
2. Change the imports:

\`\`\`python
from unsloth_studio.parsing.lexer import Parser, ParseError


def read(text: str) -> list[str]:
    """The tokens of \`text\`; raises \`ParseError\`."""
    return [token.value for token in Parser(text) if token.kind != 7]  # 7: space
\`\`\`

3. Run the tests. The cost of a lookup stays \\(O(\\log n)\\), as

\\[ T(n) = T(n/2) + 1 \\]

> The old name can stay as an alias for one release.

See [the guide](https://example.org/guide) for the rest.`;
