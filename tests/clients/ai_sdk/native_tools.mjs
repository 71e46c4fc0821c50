// Tools that the server runs, by their vendors' names, with Vercel's AI SDK, which validates every event. `node native_tools.mjs
// messages|responses whole|streamed` with BASE_URL (ends in /v1), API_KEY and MODEL in the environment. Prints JSON: the text,
// the sources, and the kinds of content; any error is fatal.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';

const { BASE_URL: baseURL, API_KEY: apiKey, MODEL: model } = process.env;
const [dialect, way] = process.argv.slice(2);
const anthropic = createAnthropic({ baseURL, authToken: apiKey });
const openai = createOpenAI({ baseURL, apiKey });

const asked = {
  messages: {
    model: anthropic(model),
    tools: {
      web_search: anthropic.tools.webSearch_20250305({ maxUses: 3 }),
      web_fetch: anthropic.tools.webFetch_20250910({ citations: { enabled: true } }),
      code_execution: anthropic.tools.codeExecution_20250522(),
    },
  },
  responses: {
    model: openai.responses(model),
    tools: { web_search: openai.tools.webSearch({}), code_interpreter: openai.tools.codeInterpreter({}) },
  },
}[dialect];

const request = { ...asked, prompt: 'Do llamas hum?', maxRetries: 0, maxOutputTokens: 500, providerOptions: { openai: { store: false } } };

async function streamed() {
  const errors = [];
  const result = streamText({ ...request, onError: ({ error }) => errors.push(error) });
  const reply = { text: await result.text, sources: await result.sources, content: await result.content };
  if (errors.length) throw errors[0];
  return reply;
}

const { text, sources, content } = way === 'streamed' ? await streamed() : await generateText(request);
const kinds = content.map((part) => (part.invalid ? `invalid ${part.type}` : part.type));
process.stdout.write(JSON.stringify({ text, sources: sources.map((source) => source.url), kinds }));
