// The two-tool loop with Vercel's AI SDK. `node two_tools.mjs DIALECT whole|streamed` in the folder to work in, with
// BASE_URL (ends in /v1), API_KEY, MODEL and QUESTION in the environment. Prints the last text, and warnings to standard
// error; any error is fatal.
import { readFile, writeFile } from 'node:fs/promises';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

globalThis.AI_SDK_LOG_WARNINGS = ({ warnings }) => warnings.forEach((warning) => console.error(JSON.stringify(warning)));

const { BASE_URL: baseURL, API_KEY: apiKey, MODEL: model, QUESTION: prompt } = process.env;
const [dialect, way] = process.argv.slice(2);

const models = {
  compatible: () => createOpenAICompatible({ name: 'unsloth', baseURL, apiKey, includeUsage: true })(model),
  chat: () => createOpenAI({ baseURL, apiKey }).chat(model),
  responses: () => createOpenAI({ baseURL, apiKey }).responses(model),
  messages: () => createAnthropic({ baseURL, authToken: apiKey })(model),
};

const tools = {
  read_file: tool({
    description: 'Read a file.',
    inputSchema: z.object({ path: z.string() }),
    execute: ({ path }) => readFile(path, 'utf8'),
  }),
  write_file: tool({
    description: 'Write a file.',
    inputSchema: z.object({ path: z.string(), content: z.string() }),
    execute: async ({ path, content }) => {
      await writeFile(path, content);
      return `wrote ${content.length} characters`;
    },
  }),
};

const request = {
  model: models[dialect](),
  prompt,
  tools,
  stopWhen: stepCountIs(5),
  maxOutputTokens: 4096,
  maxRetries: 0,
  // otherwise it refers to items by their ids, and nothing is kept on the server
  providerOptions: { openai: { store: false } },
};

async function streamed() {
  const errors = [];
  const result = streamText({ ...request, onError: ({ error }) => errors.push(error) });
  const text = await result.text;
  if (errors.length) throw errors[0];
  return text;
}

const text = way === 'streamed' ? await streamed() : (await generateText(request)).text;
process.stdout.write(text);
