/** Made from the server's OpenAPI document by `npm run schema`; not to be edited. Of the document b119844c11dcdfbb67734424a3be5d83e47a63a69e647e8b46fc29ab0462b3d4. */
export interface paths {
    "/api/cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Conversations, what of their prompts could be reused, what was, and what was in the way
         * @description In memory, the last 256. Needs a key with the scope `admin`.
         */
        get: operations["promptCaches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How each client is set up for this server and one of its models, with the true context: a command where there is one, and steps by hand for both kinds of shell
         * @description Needs a key with the scope `admin`.
         */
        get: operations["listClients"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/downloads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The downloads of this server since its start
         * @description Needs a key with the scope `admin`.
         */
        get: operations["listDownloads"];
        put?: never;
        /**
         * Fetch ORGANISATION/REPOSITORY[:QUANT] into the hub's cache; without QUANT the best that fits
         * @description It goes on without you. The same model again goes on where it stopped. Needs a key with the scope `admin`.
         */
        post: operations["startDownload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/downloads/{download_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a download and remove what came of it
         * @description Of one that is done only this entry goes; the model stays. Needs a key with the scope `admin`.
         */
        delete: operations["cancelDownload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/downloads/{download_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop for now; what came is kept
         * @description Needs a key with the scope `admin`.
         */
        post: operations["pauseDownload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/downloads/{download_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on after a pause or a failure, from where it stopped
         * @description Needs a key with the scope `admin`.
         */
        post: operations["resumeDownload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/downloads/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same whenever it changes, at most four times per second
         * @description Needs a key with the scope `admin`.
         */
        get: operations["watchDownloads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep an image, to be named in a message
         * @description It goes after a day if no message names it. Needs a key with the scope `admin`.
         */
        post: operations["uploadFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files/{file_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The bytes of an image
         * @description Needs a key with the scope `admin`.
         */
        get: operations["readFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hub/{owner}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The quantizations of a repository: sizes, whether they fit this machine, which is here and which is advised
         * @description Needs a key with the scope `admin`.
         */
        get: operations["showRepository"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hub/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Repositories with GGUF files on the hub
         * @description Needs a key with the scope `admin`.
         */
        get: operations["searchHub"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/inference/tool-confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Allow or deny a call that waits, as clients of Unsloth Studio say it
         * @description Needs a key with the scope `tools`.
         */
        post: operations["confirmCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every key that was ever made, newest first, the revoked and expired ones too
         * @description Needs a key with the scope `admin`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a key
         * @description Its plaintext is in this reply and nowhere else. Needs a key with the scope `admin`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Make a key invalid, at once and for good
         * @description Needs a key with the scope `admin`.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every model that is on this disk, how it stands, and the memory they share
         * @description Needs a key with the scope `admin`.
         */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{model_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a model's files from the hub's cache
         * @description Refused while it is in memory, and for files in folders of yours. Needs a key with the scope `admin`.
         */
        delete: operations["removeModel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same whenever it changes, at most four times per second
         * @description Needs a key with the scope `admin`.
         */
        get: operations["watchModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load a model that is on this disk, making room for it if need be; answers when it is ready
         * @description With settings they hold for the model until the server stops, and one that is loaded with others is loaded again; running replies end first. Needs a key with the scope `admin`.
         */
        post: operations["loadModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a model in memory when others need room, or no longer
         * @description It holds until the server stops; `keep_loaded` in the configuration holds for good. Needs a key with the scope `admin`.
         */
        post: operations["pinModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a load with these settings would do, with the reason of each choice, and whether it fits
         * @description Starts nothing. Needs a key with the scope `admin`.
         */
        post: operations["planLoad"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/pull": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fetch a model of the hub while you watch
         * @description Leaving ends the download; what came is kept. Needs a key with the scope `admin`.
         */
        post: operations["pullModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/unload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Free a model's memory; running replies finish first
         * @description Needs a key with the scope `admin`.
         */
        post: operations["unloadModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description Open to everybody.
         */
        get: operations["openApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answer a random question in the way that only a server with this data folder can
         * @description Open to everybody: the answer says nothing to who does not have the folder. Open to everybody.
         */
        get: operations["proof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last requests, running ones among them
         * @description Up to 2,000 are remembered until the server stops. Needs a key with the scope `admin`.
         */
        get: operations["listRequests"];
        put?: never;
        post?: never;
        /**
         * Forget all requests that are over
         * @description Needs a key with the scope `admin`.
         */
        delete: operations["clearRequests"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/requests/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One request opened: what was repaired and, where bodies were kept, what came, what the model saw, what was sent
         * @description Needs a key with the scope `admin`.
         */
        get: operations["oneRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/requests/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Requests as they come and change, and each second how busy the server is
         * @description Needs a key with the scope `admin`.
         */
        get: operations["watchRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/requests/keep_bodies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Keep the bodies of requests and replies from now on, in memory, the last 32 MiB; or stop that and forget them
         * @description Off at every start: they hold everything that people and agents write. Needs a key with the scope `admin`.
         */
        put: operations["switchBodies"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether this browser has signed in, and how it can
         * @description Open to everybody. Open to everybody.
         */
        get: operations["sessionState"];
        put?: never;
        /**
         * Sign in with a link's token or with the password; the reply sets the session's cookie
         * @description After some failures within a minute: 429 with Retry-After. Open to everybody.
         */
        post: operations["signIn"];
        /**
         * End this browser's session and clear its cookie
         * @description Needs a key with the scope `admin`.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The sessions of the key's tools, the one used last first; of all keys with the scope `admin`
         * @description Needs a key with the scope `tools`.
         */
        get: operations["sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a session with its files and its variables
         * @description Needs a key with the scope `tools`.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The regular files of a session, by path
         * @description Needs a key with the scope `tools`.
         */
        get: operations["sessionFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One file of a session, to be saved
         * @description Needs a key with the scope `tools`.
         */
        get: operations["downloadFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every setting with its value and source, the engine, the folders, and whether tools can run
         * @description Never a secret. Needs a key with the scope `admin`.
         */
        get: operations["showSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Versions, addresses, the default model, load and memory
         * @description Needs a key with the scope `admin`.
         */
        get: operations["status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Threads, the one used last first
         * @description Needs a key with the scope `admin`.
         */
        get: operations["listThreads"];
        put?: never;
        /**
         * Begin an empty thread; its title comes with the first message
         * @description Needs a key with the scope `admin`.
         */
        post: operations["createThread"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads/{thread_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A thread with all its messages; running ones as far as they are written
         * @description Needs a key with the scope `admin`.
         */
        get: operations["readThread"];
        put?: never;
        post?: never;
        /**
         * Delete a thread with its messages, its images and what its tools left; a running answer is stopped
         * @description Needs a key with the scope `admin`.
         */
        delete: operations["deleteThread"];
        options?: never;
        head?: never;
        /**
         * Rename a thread, or show another branch of it
         * @description Needs a key with the scope `admin`.
         */
        patch: operations["changeThread"];
        trace?: never;
    };
    "/api/threads/{thread_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A thread as a file: the branch that is shown as Markdown, or the whole tree as JSON
         * @description Needs a key with the scope `admin`.
         */
        get: operations["exportThread"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads/{thread_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say something, and have it answered; the answer is watched under its `events`
         * @description Needs a key with the scope `admin`.
         */
        post: operations["postMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads/{thread_id}/messages/{message_id}/continue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on writing an answer that was stopped, cut at its limit of tokens, or broken off
         * @description Needs a key with the scope `admin`.
         */
        post: operations["continueMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads/{thread_id}/messages/{message_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch an answer: the message as it is, then what is added to it, and `done` when it is over
         * @description Leaving changes nothing; coming back begins with the message as it is then. Needs a key with the scope `admin`.
         */
        get: operations["watchMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads/{thread_id}/messages/{message_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a question answered once more; the new answer stands beside the given one
         * @description Needs a key with the scope `admin`.
         */
        post: operations["retryMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/threads/{thread_id}/messages/{message_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop an answer; the reply is the message as it stays
         * @description One that is over is left as it is. Needs a key with the scope `admin`.
         */
        post: operations["stopMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tool-calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Calls that wait until somebody allows them, the oldest first
         * @description Needs a key with the scope `tools`.
         */
        get: operations["waitingCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tool-calls/{approval_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Allow or deny a call that waits
         * @description Needs a key with the scope `tools`.
         */
        post: operations["decideCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AnswerOptions */
        AnswerOptions: {
            /**
             * @default {
             *       "enabled_tools": [],
             *       "model": null,
             *       "sampling": {
             *         "frequency_penalty": null,
             *         "max_tokens": null,
             *         "min_p": null,
             *         "presence_penalty": null,
             *         "repeat_penalty": null,
             *         "seed": null,
             *         "temperature": null,
             *         "top_k": null,
             *         "top_p": null
             *       },
             *       "system": null,
             *       "thinking": null,
             *       "tool_approval": "never"
             *     }
             */
            options: components["schemas"]["ChatOptions"];
        };
        /**
         * Approval
         * @description A call that waits until somebody allows it: under which id one decides, and the Unix second from which it counts as denied.
         */
        Approval: {
            approval_id: string;
            expires_at: number;
        };
        /**
         * ApprovalChanged
         * @description A call waits until it is allowed; null: it does not wait any more, for it was decided or its time ran out.
         */
        ApprovalChanged: {
            /** @default null */
            approval: components["schemas"]["Approval"] | null;
            index: number;
        };
        /**
         * Begun
         * @description `messages` are new, or running again; `thread` is as it is then.
         */
        Begun: {
            messages: components["schemas"]["Message"][];
            thread: components["schemas"]["Thread"];
        };
        /**
         * CacheNote
         * @description How a request's prompt compares with the one before it in its conversation. `possible` is the share of it that the former one began with, `reused` the share that the engine did not read again, both 0 to 1; `difference` names where they part, "" when this one merely goes on; `removed` what was taken out of both so that they do not differ by it.
         */
        CacheNote: {
            agent: string;
            conversation: number;
            difference: string;
            possible: number | null;
            removed: string[];
            reused: number | null;
            session: string;
            turn: number;
        };
        /**
         * CacheReport
         * @description The conversations of late, the one used last first.
         */
        CacheReport: {
            conversations: components["schemas"]["ConversationCache"][];
        };
        /** Capabilities */
        Capabilities: {
            thinking: boolean;
            tools: boolean;
            vision: boolean;
        };
        /**
         * ChatOptions
         * @description `model` null is the one in use; `thinking` null leaves it to the model; `enabled_tools` are names of the server's tools; with `tool_approval` `ask` each of their calls waits until it is allowed; `system` is an instruction before the conversation.
         */
        ChatOptions: {
            /** @default [] */
            enabled_tools: string[];
            /** @default null */
            model: string | null;
            /**
             * @default {
             *       "frequency_penalty": null,
             *       "max_tokens": null,
             *       "min_p": null,
             *       "presence_penalty": null,
             *       "repeat_penalty": null,
             *       "seed": null,
             *       "temperature": null,
             *       "top_k": null,
             *       "top_p": null
             *     }
             */
            sampling: components["schemas"]["Sampling"];
            /** @default null */
            system: string | null;
            /** @default null */
            thinking: boolean | null;
            /**
             * @default never
             * @enum {unknown}
             */
            tool_approval: "ask" | "never";
        };
        /**
         * ClientsQuery
         * @description `model` is an id of `/api/models`; empty means the default one.
         */
        ClientsQuery: {
            /** @default  */
            model: string;
        };
        /**
         * ClientsReport
         * @description `key` stands in the texts where an API key belongs. `model` is the one that they name.
         */
        ClientsReport: {
            clients: components["schemas"]["ClientSteps"][];
            key: string;
            model: string;
        };
        /**
         * ClientSteps
         * @description `command` does everything on the server's machine, null where `unsloth start` does not know the client. The steps do it by hand anywhere; they may be the same for both shells. `context_needed` is in tokens, 0 for any.
         */
        ClientSteps: {
            command: string | null;
            context_needed: number;
            id: string;
            name: string;
            powershell: components["schemas"]["SetupStep"][];
            unix: components["schemas"]["SetupStep"][];
        };
        /**
         * Confirmation
         * @description As clients of Unsloth Studio send it; its `session_id` adds nothing to the id.
         */
        Confirmation: {
            approval_id: string;
            /** @enum {unknown} */
            decision: "allow" | "allow_session" | "deny";
        };
        /**
         * ConversationCache
         * @description Tokens are sums from the second turn on: of the prompts, of what of them could be reused (as far as letters tell), and of what was; `lost_tokens` were read again because a prompt changed, or the engine had forgotten it. `differences`, the most frequent first; `last_difference` is that of the last turn. `at` is in seconds since 1970.
         */
        ConversationCache: {
            agent: string;
            at: number;
            client: string;
            conversation: number;
            differences: components["schemas"]["Difference"][];
            last_difference: string;
            lost_tokens: number;
            model: string;
            possible_tokens: number;
            prompt_tokens: number;
            removed: string[];
            reused_tokens: number;
            session: string;
            turns: number;
        };
        /**
         * CreatedKey
         * @description `plaintext` is shown this one time.
         */
        CreatedKey: {
            key: components["schemas"]["KeyEntry"];
            plaintext: string;
        };
        /**
         * Credentials
         * @description One of them: the token of a link, or the page's password.
         */
        Credentials: {
            /** @default null */
            password: string | null;
            /** @default null */
            token: string | null;
        };
        /** DecidedReply */
        DecidedReply: {
            approval_id: string;
            /** @enum {unknown} */
            decision: "allow" | "allow_session" | "deny";
        };
        /**
         * Delta
         * @description More of the open part: of its text, or of a call's arguments.
         */
        Delta: {
            index: number;
            text: string;
        };
        /** Difference */
        Difference: {
            count: number;
            name: string;
        };
        /**
         * Done
         * @description The message is as it stays; the stream ends.
         */
        Done: {
            message: components["schemas"]["Message"];
        };
        /**
         * DownloadList
         * @description The newest first.
         */
        DownloadList: {
            downloads: components["schemas"]["DownloadState"][];
        };
        /**
         * DownloadState
         * @description `model` is the repository with its quantization once the hub has said it. `error` says what to do; `note` tells of a wait or another try.
         */
        DownloadState: {
            bytes_done: number;
            bytes_per_second: number | null;
            bytes_total: number | null;
            error: string | null;
            id: string;
            model: string;
            note: string | null;
            seconds_left: number | null;
            /** @enum {unknown} */
            state: "cancelled" | "done" | "failed" | "paused" | "running";
        };
        /**
         * EngineFacts
         * @description `kind` is `embedded`, `llama-server`, `upstream`, or `none` when no engine is usable.
         */
        EngineFacts: {
            kind: string;
            /** @default null */
            path: string | null;
            /** @default null */
            version: string | null;
        };
        /**
         * ErrorNote
         * @description The data of an `error` event.
         */
        ErrorNote: {
            message: string;
        };
        /**
         * ErrorReply
         * @description Every error of `/api` and of OpenAI's dialects; Anthropic's are `{"type": "error", "error": {...}}`.
         */
        ErrorReply: {
            error: components["schemas"]["Problem"];
        };
        /** ExportQuery */
        ExportQuery: {
            /**
             * @default markdown
             * @enum {unknown}
             */
            format: "json" | "markdown";
        };
        /**
         * Fetched
         * @description A model that is on the disk now.
         */
        Fetched: {
            id: string;
            quantization: string;
        };
        /**
         * FetchProgress
         * @description `speed` is in bytes per second; `note` tells of a wait or another try.
         */
        FetchProgress: {
            bytes_done: number;
            bytes_total: number;
            file: string;
            note: string | null;
            seconds_left: number | null;
            speed: number;
        };
        /**
         * FoundModel
         * @description A repository of the hub. `updated_at` is in seconds since 1970.
         */
        FoundModel: {
            downloads: number | null;
            gated: boolean;
            likes: number | null;
            repository: string;
            updated_at: number | null;
        };
        /**
         * FoundModels
         * @description The most downloaded first.
         */
        FoundModels: {
            models: components["schemas"]["FoundModel"][];
        };
        /**
         * HubRepository
         * @description The largest variant first. `gated`: the licence has to be accepted at the hub first.
         */
        HubRepository: {
            gated: boolean | null;
            repository: string;
            variants: components["schemas"]["HubVariant"][];
        };
        /**
         * HubVariant
         * @description One quantization of a repository, with whether this machine's memory holds it.
         */
        HubVariant: {
            /** @enum {unknown} */
            fit: "fits" | "tight" | "too_big";
            on_disk: boolean;
            quantization: string;
            recommended: boolean;
            size_bytes: number;
        };
        /**
         * Image
         * @description A picture; its bytes are under `/api/files/{file_id}`.
         */
        Image: {
            file_id: string;
            /** @default  */
            media_type: string;
            /** @enum {unknown} */
            type: "image";
        };
        /** KeepBodies */
        KeepBodies: {
            on: boolean;
        };
        /**
         * KeptFile
         * @description `media_type` is what the file is now; it was converted where models could not read it.
         */
        KeptFile: {
            bytes: number;
            file_id: string;
            media_type: string;
        };
        /**
         * KeyEntry
         * @description A key. `prefix` are its first characters; times in seconds since 1970; requests are those that reached a model. `tokens_today` counts from midnight UTC, input and output together.
         */
        KeyEntry: {
            created_at: number;
            expires_at: number | null;
            id: number;
            input_tokens: number;
            last_used_at: number | null;
            name: string;
            output_tokens: number;
            prefix: string;
            requests: number;
            requests_per_minute: number | null;
            revoked_at: number | null;
            scopes: string[];
            /** @enum {unknown} */
            state: "active" | "expired" | "revoked";
            tokens_per_day: number | null;
            tokens_today: number;
        };
        /** KeyList */
        KeyList: {
            keys: components["schemas"]["KeyEntry"][];
        };
        /** LoadBody */
        LoadBody: {
            /** @default null */
            cache_type: string | null;
            /** @default null */
            context_length: number | null;
            /** @default [] */
            flags: string[];
            /** @default null */
            gpu_layers: number | null;
            model: string;
            /** @default null */
            parallel: number | null;
        };
        /**
         * LoadedModel
         * @description `context_length` is per request, in tokens.
         */
        LoadedModel: {
            /** @default null */
            context_length: number | null;
            id: string;
            /** @enum {unknown} */
            state: "failed" | "queued" | "ready" | "starting" | "stopping" | "unloaded";
        };
        /**
         * LoadPlan
         * @description What a load would do. `memory_bytes` is what the model would use, `available_bytes` what is free now; null where the model's file could not be read.
         */
        LoadPlan: {
            available_bytes: number | null;
            memory_bytes: number | null;
            rows: components["schemas"]["PlanRow"][];
            warnings: string[];
        };
        /**
         * MemoryUse
         * @description In bytes: what models may use together (null: no bound), what the loaded ones are expected to use, and what the machine has.
         */
        MemoryUse: {
            budget_bytes: number | null;
            total_bytes: number;
            used_bytes: number;
        };
        /**
         * Message
         * @description One message. `error` says why it failed, or what stopped it; `parent_id` is null for a thread's first one.
         */
        Message: {
            created_at: number;
            /** @default null */
            error: string | null;
            id: string;
            /** @default null */
            model: string | null;
            parent_id: string | null;
            parts: (components["schemas"]["Text"] | components["schemas"]["Reasoning"] | components["schemas"]["Image"] | components["schemas"]["ToolCall"])[];
            /** @enum {unknown} */
            role: "assistant" | "user";
            /** @default null */
            stats: components["schemas"]["Stats"] | null;
            /**
             * @default done
             * @enum {unknown}
             */
            status: "done" | "failed" | "running" | "stopped";
            thread_id: string;
        };
        /**
         * ModelOnDisk
         * @description `context_length` is per request as loaded or planned, `native_context` what the model was trained for, in tokens; `memory_bytes` is what it uses once loaded, as expected; `busy` turns run on it. `progress` is 0 to 1 while it starts. `removable`: its files can be deleted here.
         */
        ModelOnDisk: {
            busy: number;
            capabilities: components["schemas"]["Capabilities"];
            context_length: number | null;
            error: string | null;
            id: string;
            memory_bytes: number | null;
            name: string;
            native_context: number | null;
            parameters: number | null;
            pinned: boolean;
            progress: number | null;
            quantization: string | null;
            removable: boolean;
            size_bytes: number | null;
            /** @enum {unknown} */
            state: "failed" | "queued" | "ready" | "starting" | "stopping" | "unloaded";
        };
        /**
         * ModelsReport
         * @description `default` answers when a request names no model while none is loaded.
         */
        ModelsReport: {
            default: string | null;
            memory: components["schemas"]["MemoryUse"];
            models: components["schemas"]["ModelOnDisk"][];
        };
        /** NamedModel */
        NamedModel: {
            model: string;
        };
        /**
         * NewKey
         * @description What is wanted of a key. `expires_at` in seconds since 1970; without it the key does not expire. What is used above `requests_per_minute` or `tokens_per_day` (input and output, midnight to midnight UTC) is answered with 429.
         */
        NewKey: {
            /** @default null */
            expires_at: number | null;
            name: string;
            /** @default null */
            requests_per_minute: number | null;
            scopes?: string[];
            /** @default null */
            tokens_per_day: number | null;
        };
        /**
         * NewMessage
         * @description What is said. `parent_id` is the answer it follows, null at the beginning of a thread; giving the one that an earlier message has edits that message: it begins a branch beside it.
         */
        NewMessage: {
            /**
             * @default {
             *       "enabled_tools": [],
             *       "model": null,
             *       "sampling": {
             *         "frequency_penalty": null,
             *         "max_tokens": null,
             *         "min_p": null,
             *         "presence_penalty": null,
             *         "repeat_penalty": null,
             *         "seed": null,
             *         "temperature": null,
             *         "top_k": null,
             *         "top_p": null
             *       },
             *       "system": null,
             *       "thinking": null,
             *       "tool_approval": "never"
             *     }
             */
            options: components["schemas"]["ChatOptions"];
            /** @default null */
            parent_id: string | null;
            parts: (components["schemas"]["Text"] | components["schemas"]["Image"])[];
        };
        /**
         * Nothing
         * @description An empty object.
         */
        Nothing: Record<string, never>;
        /** OneMessage */
        OneMessage: {
            message: components["schemas"]["Message"];
        };
        /**
         * PartEnded
         * @description `seconds` is how long a reasoning part took.
         */
        PartEnded: {
            index: number;
            /** @default null */
            seconds: number | null;
        };
        /** PartStarted */
        PartStarted: {
            index: number;
            part: components["schemas"]["Text"] | components["schemas"]["Reasoning"] | components["schemas"]["Image"] | components["schemas"]["ToolCall"];
        };
        /** PinBody */
        PinBody: {
            model: string;
            pinned: boolean;
        };
        /**
         * PlanRow
         * @description One choice of a plan and its reason.
         */
        PlanRow: {
            name: string;
            reason: string;
            value: string;
        };
        /**
         * Problem
         * @description What is wrong and what to do. `param` names the field at fault.
         */
        Problem: {
            code: string | null;
            message: string;
            param: string | null;
            type: string;
        };
        /**
         * Progress
         * @description What the answer waits for: a slot, its model, or the reading of the prompt. `fraction` runs from 0 to 1.
         */
        Progress: {
            /** @default null */
            fraction: number | null;
            /** @enum {unknown} */
            stage: "loading" | "queued" | "reading";
            /** @default null */
            text: string | null;
        };
        /** ProofQuery */
        ProofQuery: {
            nonce: string;
        };
        /**
         * ProofReply
         * @description 64 hexadecimal digits; `store/proof.py` says of what.
         */
        ProofReply: {
            proof: string;
        };
        /**
         * Reasoning
         * @description What the model thought; `seconds` is how long it did, null while it does.
         */
        Reasoning: {
            /** @default null */
            seconds: number | null;
            /** @default  */
            text: string;
            /** @enum {unknown} */
            type: "reasoning";
        };
        /** Removed */
        Removed: {
            freed_bytes: number;
            id: string;
        };
        /**
         * Repaired
         * @description All that was mended in a call.
         */
        Repaired: {
            index: number;
            repairs: components["schemas"]["ThreadRepair"][];
        };
        /**
         * RequestDetail
         * @description `messages` and `tool_definitions` are what the engine was asked with, in OpenAI's shape, as the chat template renders them. They and the bodies are null unless bodies were kept when the request came.
         */
        RequestDetail: {
            at: number;
            cache: components["schemas"]["CacheNote"] | null;
            cached_tokens: number | null;
            client: string;
            endpoint: string;
            error: string | null;
            finish_reason: string | null;
            first_token_seconds: number | null;
            http_status: number | null;
            id: string;
            input_tokens: number | null;
            key: components["schemas"]["RequestKey"] | null;
            messages: unknown[] | null;
            model: string;
            output_tokens: number | null;
            queued_seconds: number | null;
            repairs: number;
            repairs_list: components["schemas"]["RequestShapesRepair"][];
            request_body: string | null;
            response_body: string | null;
            /** @enum {unknown} */
            status: "cancelled" | "done" | "failed" | "loading" | "queued" | "reading" | "tool" | "writing";
            streamed: boolean;
            tokens_per_second: number | null;
            tool_definitions: unknown[] | null;
            tools: number;
            total_seconds: number;
        };
        /**
         * RequestKey
         * @description Whose request it is; id 0 is a key that was given by environment.
         */
        RequestKey: {
            id: number;
            name: string;
        };
        /**
         * RequestList
         * @description The newest first.
         */
        RequestList: {
            requests: components["schemas"]["RequestSummary"][];
        };
        /**
         * RequestQuery
         * @description `before` is a time in seconds since 1970, `q` a part of model, client, key, endpoint, id or error.
         */
        RequestQuery: {
            /** @default null */
            before: number | null;
            /** @default 200 */
            limit: number;
            /** @default  */
            q: string;
            /** @default null */
            status: ("cancelled" | "done" | "failed" | "loading" | "queued" | "reading" | "tool" | "writing") | null;
        };
        /**
         * Repair
         * @description What was mended: the text before and after, at most some thousand letters of each.
         */
        RequestShapesRepair: {
            after: string;
            before: string;
            kind: string;
        };
        /**
         * RequestSummary
         * @description Times in seconds: `at` since 1970, the others since the request came. `queued_seconds` is the wait for a slot and for the model, `tools` the calls that the model made, `repairs` what was mended in calls and history. `http_status` is null while the request runs, and when the client left before there was one. `cache` compares the prompt with the one before it in its conversation.
         */
        RequestSummary: {
            at: number;
            cache: components["schemas"]["CacheNote"] | null;
            cached_tokens: number | null;
            client: string;
            endpoint: string;
            error: string | null;
            finish_reason: string | null;
            first_token_seconds: number | null;
            http_status: number | null;
            id: string;
            input_tokens: number | null;
            key: components["schemas"]["RequestKey"] | null;
            model: string;
            output_tokens: number | null;
            queued_seconds: number | null;
            repairs: number;
            /** @enum {unknown} */
            status: "cancelled" | "done" | "failed" | "loading" | "queued" | "reading" | "tool" | "writing";
            streamed: boolean;
            tokens_per_second: number | null;
            tools: number;
            total_seconds: number;
        };
        /** RevokedKey */
        RevokedKey: {
            key: components["schemas"]["KeyEntry"];
        };
        /**
         * Sample
         * @description How busy the server is. `tokens_per_second` is that of all models since the sample before, `memory_bytes` what this program and its engines hold.
         */
        Sample: {
            active: number;
            at: number;
            memory_bytes: number;
            queued: number;
            tokens_per_second: number;
        };
        /**
         * Sampling
         * @description Values that win over the server's defaults; null leaves one to them. `max_tokens` counts reasoning too.
         */
        Sampling: {
            /** @default null */
            frequency_penalty: number | null;
            /** @default null */
            max_tokens: number | null;
            /** @default null */
            min_p: number | null;
            /** @default null */
            presence_penalty: number | null;
            /** @default null */
            repeat_penalty: number | null;
            /** @default null */
            seed: number | null;
            /** @default null */
            temperature: number | null;
            /** @default null */
            top_k: number | null;
            /** @default null */
            top_p: number | null;
        };
        /**
         * SandboxState
         * @description `problem` says what is wrong and what to do.
         */
        SandboxState: {
            ok: boolean;
            problem: string | null;
        };
        /**
         * SearchQuery
         * @description `q` is a part of the name.
         */
        SearchQuery: {
            /** @default 20 */
            limit: number;
            /** @default  */
            q: string;
        };
        /** SessionDeleted */
        SessionDeleted: {
            deleted: boolean;
            id: string;
            session_id: string;
        };
        /**
         * SessionFileShape
         * @description A regular file; `url` is the address to download it from.
         */
        SessionFileShape: {
            modified_at: number;
            path: string;
            size: number;
            url: string;
        };
        /** SessionFilesReply */
        SessionFilesReply: {
            files: components["schemas"]["SessionFileShape"][];
            id: string;
            session_id: string;
        };
        /**
         * SessionReport
         * @description Whether this browser has signed in, and by which `ways` it can. `here`: it is on the server's own machine.
         */
        SessionReport: {
            here: boolean;
            password_set: boolean;
            /**
             * @default unsloth-studio
             * @enum {unknown}
             */
            service: "unsloth-studio";
            signed_in: boolean;
            version: string;
            ways: ("link" | "password")[];
        };
        /**
         * SessionShape
         * @description A folder that tools worked in. `owner` is told to administrators only.
         */
        SessionShape: {
            created_at: number;
            id: string;
            in_use: boolean;
            last_used_at: number;
            owner?: string;
            session_id: string;
        };
        /** SessionsReply */
        SessionsReply: {
            sessions: components["schemas"]["SessionShape"][];
        };
        /**
         * SettingRow
         * @description One setting. Of a secret the value is `set` or null.
         */
        SettingRow: {
            description: string;
            name: string;
            /** @enum {unknown} */
            source: "default" | "environment" | "file" | "flag";
            value: unknown;
        };
        /**
         * SettingsReport
         * @description `home` is the data folder; `config_file` need not exist; models are looked for in `model_folders`, the hub's cache first.
         */
        SettingsReport: {
            config_file: string;
            engine: components["schemas"]["EngineFacts"];
            home: string;
            model_folders: string[];
            settings: components["schemas"]["SettingRow"][];
            tools: components["schemas"]["ToolFacts"];
        };
        /**
         * SetupStep
         * @description One text to paste: into a terminal, into the file called `path`, or field by field into a form of the client.
         */
        SetupStep: {
            language: string;
            path: string;
            text: string;
            /** @enum {unknown} */
            where: "file" | "form" | "shell";
        };
        /**
         * Snapshot
         * @description The message as it is; what follows adds to it. Comes first, and again to a watcher that fell behind.
         */
        Snapshot: {
            message: components["schemas"]["Message"];
        };
        /**
         * Stats
         * @description How an answer was written: tokens, tokens per second, seconds; null for what is not known.
         */
        Stats: {
            /** @default null */
            cached_tokens: number | null;
            /** @default null */
            context_length: number | null;
            /** @default null */
            finish_reason: string | null;
            /** @default null */
            first_token_seconds: number | null;
            /** @default null */
            input_tokens: number | null;
            /** @default null */
            output_tokens: number | null;
            /** @default null */
            tokens_per_second: number | null;
            /** @default null */
            total_seconds: number | null;
        };
        /**
         * StatusReport
         * @description `model` is the default one, `context_length` its tokens per request. `active` requests are worked on, `queued` ones wait for a slot or a model.
         */
        StatusReport: {
            active: number;
            anthropic_base_url: string;
            base_url: string;
            context_length: number | null;
            keep_bodies: boolean;
            memory: components["schemas"]["MemoryUse"];
            model: string | null;
            /** @enum {unknown} */
            model_state: "available" | "failed" | "loading" | "queued" | "ready" | "unloading";
            openai_base_url: string;
            queued: number;
            server_tools: components["schemas"]["ToolState"];
            slots: number;
            tokens_per_second: number;
            uptime_seconds: number;
            version: string;
        };
        /** Text */
        Text: {
            /** @default  */
            text: string;
            /** @enum {unknown} */
            type: "text";
        };
        /**
         * Thread
         * @description A conversation. `leaf_id` is the message at the end of the branch that is shown; times in seconds since 1970.
         */
        Thread: {
            created_at: number;
            id: string;
            /** @default null */
            leaf_id: string | null;
            /** @default null */
            model: string | null;
            title: string;
            updated_at: number;
        };
        /**
         * ThreadChanges
         * @description What is left out stays.
         */
        ThreadChanges: {
            /** @default null */
            leaf_id: string | null;
            /** @default null */
            title: string | null;
        };
        /** ThreadList */
        ThreadList: {
            more: boolean;
            threads: components["schemas"]["Thread"][];
        };
        /**
         * ThreadQuery
         * @description `q` is looked for in titles and texts; `before` is the `updated_at` of the last thread that was seen.
         */
        ThreadQuery: {
            /** @default null */
            before: number | null;
            /** @default 50 */
            limit: number;
            /** @default  */
            q: string;
        };
        /**
         * Repair
         * @description One thing that was mended in a call: of which kind, and the call's text before and after.
         */
        ThreadRepair: {
            after: string;
            before: string;
            kind: string;
        };
        /**
         * ToolCall
         * @description A call of a tool of the server's. `arguments` is JSON text as the model wrote it; calls of one `round` (from 0) were made together, without the others' results. `approval` is there while it waits to be allowed. `result` is null while it runs, and when it was stopped.
         */
        ToolCall: {
            /** @default null */
            approval: components["schemas"]["Approval"] | null;
            /** @default  */
            arguments: string;
            call_id: string;
            name: string;
            /** @default [] */
            repairs: components["schemas"]["ThreadRepair"][];
            /** @default null */
            result: components["schemas"]["ToolResult"] | null;
            /** @default 0 */
            round: number;
            /** @enum {unknown} */
            type: "tool_call";
        };
        /**
         * ToolFacts
         * @description Whether tools run here for clients, and why; Python and the terminal need a sandbox besides.
         */
        ToolFacts: {
            enabled: boolean;
            reason: string;
            sandbox: components["schemas"]["SandboxState"];
        };
        /**
         * ToolPrinted
         * @description What a tool has just printed; its result repeats it.
         */
        ToolPrinted: {
            call_id: string;
            text: string;
        };
        /**
         * ToolResult
         * @description What a tool returned, with the pictures it made.
         */
        ToolResult: {
            content: string;
            /** @default 0 */
            duration_ms: number;
            /** @default [] */
            file_ids: string[];
            /** @default false */
            is_error: boolean;
        };
        /**
         * ToolReturned
         * @description The call does not wait any more either.
         */
        ToolReturned: {
            call_id: string;
            result: components["schemas"]["ToolResult"];
        };
        /**
         * ToolState
         * @description Whether tools run here for clients, and why.
         */
        ToolState: {
            enabled: boolean;
            reason: string;
        };
        /**
         * Verdict
         * @description `allow_session` allows this call, and further ones of the same tool in the same session until the server ends.
         */
        Verdict: {
            /** @enum {unknown} */
            decision: "allow" | "allow_session" | "deny";
        };
        /**
         * WaitingCallShape
         * @description A call that waits until somebody allows it; `expires_at` is the Unix second from which it counts as denied.
         */
        WaitingCallShape: {
            approval_id: string;
            arguments: unknown;
            expires_at: number;
            name: string;
            session_id: string | null;
            tool_call_id: string;
        };
        /** WaitingCallsReply */
        WaitingCallsReply: {
            tool_calls: components["schemas"]["WaitingCallShape"][];
        };
        /**
         * WholeThread
         * @description `messages` are a tree by `parent_id`, in the order in which they came.
         */
        WholeThread: {
            messages: components["schemas"]["Message"][];
            thread: components["schemas"]["Thread"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AnswerOptions = components['schemas']['AnswerOptions'];
export type Approval = components['schemas']['Approval'];
export type ApprovalChanged = components['schemas']['ApprovalChanged'];
export type Begun = components['schemas']['Begun'];
export type CacheNote = components['schemas']['CacheNote'];
export type CacheReport = components['schemas']['CacheReport'];
export type Capabilities = components['schemas']['Capabilities'];
export type ChatOptions = components['schemas']['ChatOptions'];
export type ClientsQuery = components['schemas']['ClientsQuery'];
export type ClientsReport = components['schemas']['ClientsReport'];
export type ClientSteps = components['schemas']['ClientSteps'];
export type Confirmation = components['schemas']['Confirmation'];
export type ConversationCache = components['schemas']['ConversationCache'];
export type CreatedKey = components['schemas']['CreatedKey'];
export type Credentials = components['schemas']['Credentials'];
export type DecidedReply = components['schemas']['DecidedReply'];
export type Delta = components['schemas']['Delta'];
export type Difference = components['schemas']['Difference'];
export type Done = components['schemas']['Done'];
export type DownloadList = components['schemas']['DownloadList'];
export type DownloadState = components['schemas']['DownloadState'];
export type EngineFacts = components['schemas']['EngineFacts'];
export type ErrorNote = components['schemas']['ErrorNote'];
export type ErrorReply = components['schemas']['ErrorReply'];
export type ExportQuery = components['schemas']['ExportQuery'];
export type Fetched = components['schemas']['Fetched'];
export type FetchProgress = components['schemas']['FetchProgress'];
export type FoundModel = components['schemas']['FoundModel'];
export type FoundModels = components['schemas']['FoundModels'];
export type HubRepository = components['schemas']['HubRepository'];
export type HubVariant = components['schemas']['HubVariant'];
export type Image = components['schemas']['Image'];
export type KeepBodies = components['schemas']['KeepBodies'];
export type KeptFile = components['schemas']['KeptFile'];
export type KeyEntry = components['schemas']['KeyEntry'];
export type KeyList = components['schemas']['KeyList'];
export type LoadBody = components['schemas']['LoadBody'];
export type LoadedModel = components['schemas']['LoadedModel'];
export type LoadPlan = components['schemas']['LoadPlan'];
export type MemoryUse = components['schemas']['MemoryUse'];
export type Message = components['schemas']['Message'];
export type ModelOnDisk = components['schemas']['ModelOnDisk'];
export type ModelsReport = components['schemas']['ModelsReport'];
export type NamedModel = components['schemas']['NamedModel'];
export type NewKey = components['schemas']['NewKey'];
export type NewMessage = components['schemas']['NewMessage'];
export type Nothing = components['schemas']['Nothing'];
export type OneMessage = components['schemas']['OneMessage'];
export type PartEnded = components['schemas']['PartEnded'];
export type PartStarted = components['schemas']['PartStarted'];
export type PinBody = components['schemas']['PinBody'];
export type PlanRow = components['schemas']['PlanRow'];
export type Problem = components['schemas']['Problem'];
export type Progress = components['schemas']['Progress'];
export type ProofQuery = components['schemas']['ProofQuery'];
export type ProofReply = components['schemas']['ProofReply'];
export type Reasoning = components['schemas']['Reasoning'];
export type Removed = components['schemas']['Removed'];
export type Repaired = components['schemas']['Repaired'];
export type RequestDetail = components['schemas']['RequestDetail'];
export type RequestKey = components['schemas']['RequestKey'];
export type RequestList = components['schemas']['RequestList'];
export type RequestQuery = components['schemas']['RequestQuery'];
export type RequestShapesRepair = components['schemas']['RequestShapesRepair'];
export type RequestSummary = components['schemas']['RequestSummary'];
export type RevokedKey = components['schemas']['RevokedKey'];
export type Sample = components['schemas']['Sample'];
export type Sampling = components['schemas']['Sampling'];
export type SandboxState = components['schemas']['SandboxState'];
export type SearchQuery = components['schemas']['SearchQuery'];
export type SessionDeleted = components['schemas']['SessionDeleted'];
export type SessionFileShape = components['schemas']['SessionFileShape'];
export type SessionFilesReply = components['schemas']['SessionFilesReply'];
export type SessionReport = components['schemas']['SessionReport'];
export type SessionShape = components['schemas']['SessionShape'];
export type SessionsReply = components['schemas']['SessionsReply'];
export type SettingRow = components['schemas']['SettingRow'];
export type SettingsReport = components['schemas']['SettingsReport'];
export type SetupStep = components['schemas']['SetupStep'];
export type Snapshot = components['schemas']['Snapshot'];
export type Stats = components['schemas']['Stats'];
export type StatusReport = components['schemas']['StatusReport'];
export type Text = components['schemas']['Text'];
export type Thread = components['schemas']['Thread'];
export type ThreadChanges = components['schemas']['ThreadChanges'];
export type ThreadList = components['schemas']['ThreadList'];
export type ThreadQuery = components['schemas']['ThreadQuery'];
export type ThreadRepair = components['schemas']['ThreadRepair'];
export type ToolCall = components['schemas']['ToolCall'];
export type ToolFacts = components['schemas']['ToolFacts'];
export type ToolPrinted = components['schemas']['ToolPrinted'];
export type ToolResult = components['schemas']['ToolResult'];
export type ToolReturned = components['schemas']['ToolReturned'];
export type ToolState = components['schemas']['ToolState'];
export type Verdict = components['schemas']['Verdict'];
export type WaitingCallShape = components['schemas']['WaitingCallShape'];
export type WaitingCallsReply = components['schemas']['WaitingCallsReply'];
export type WholeThread = components['schemas']['WholeThread'];
export type $defs = Record<string, never>;
export interface operations {
    promptCaches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    listClients: {
        parameters: {
            query?: {
                model?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientsReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    listDownloads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadList"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    startDownload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamedModel"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadState"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    cancelDownload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                download_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    pauseDownload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                download_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadState"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    resumeDownload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                download_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadState"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    watchDownloads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    uploadFile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/*": string;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeptFile"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    readFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    showRepository: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                owner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HubRepository"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    searchHub: {
        parameters: {
            query?: {
                limit?: number;
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundModels"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    confirmCall: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecidedReply"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedKey"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelsReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    removeModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    watchModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    loadModel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoadBody"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoadedModel"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    pinModel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PinBody"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PinBody"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    planLoad: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoadBody"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoadPlan"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    pullModel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamedModel"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    unloadModel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamedModel"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoadedModel"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    openApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    proof: {
        parameters: {
            query?: {
                nonce?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProofReply"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    listRequests: {
        parameters: {
            query?: {
                before?: number | null;
                limit?: number;
                q?: string;
                status?: ("cancelled" | "done" | "failed" | "loading" | "queued" | "reading" | "tool" | "writing") | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestList"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    clearRequests: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    oneRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestDetail"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    watchRequests: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    switchBodies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeepBodies"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeepBodies"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    sessionState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsReply"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionDeleted"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    sessionFiles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionFilesReply"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    downloadFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: string;
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    showSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusReport"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    listThreads: {
        parameters: {
            query?: {
                before?: number | null;
                limit?: number;
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ThreadList"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    createThread: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Thread"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    readThread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeThread"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    deleteThread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    changeThread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ThreadChanges"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Thread"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    exportThread: {
        parameters: {
            query?: {
                format?: "json" | "markdown";
            };
            header?: never;
            path: {
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/markdown": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    postMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Begun"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    continueMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerOptions"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Begun"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    watchMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    retryMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerOptions"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Begun"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    stopMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneMessage"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    waitingCalls: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaitingCallsReply"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    decideCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                approval_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Verdict"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecidedReply"];
                };
            };
            /** @description What is wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
}
