-- Every table as the newest revision has it: what a new database is made from, which takes milliseconds where applying the
-- revisions of `versions/` takes half a second. A test holds the two equal.
-- Times are seconds since 1970 (UTC), whole ones in INTEGER; a day is counted since 1970 too.

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES ('0004');

-- `digest` is keyed with the server secret (`secret.py`); ids are not used again.
CREATE TABLE api_keys (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest BLOB NOT NULL,
    scopes TEXT DEFAULT 'inference' NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    requests_per_minute INTEGER,
    tokens_per_day INTEGER,
    UNIQUE (digest)
);

-- What each key has used, in all, and on the last day on which it was used.
CREATE TABLE key_usage (
    key_id INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (key_id),
    FOREIGN KEY(key_id) REFERENCES api_keys (id)
);
CREATE TABLE key_days (
    key_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (key_id),
    FOREIGN KEY(key_id) REFERENCES api_keys (id)
);

-- Signing in to the page: links that work once, the browsers that have signed in, the one password.
CREATE TABLE links (
    digest BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (digest)
);
CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (digest)
);
CREATE TABLE password (
    id INTEGER NOT NULL CHECK (id = 1),
    hash TEXT NOT NULL,
    PRIMARY KEY (id)
);

-- The page's chat. `words` is what a search looks through, casefolded: the title, or a message's text. `parts` and `stats`
-- are JSON (`thread.py`); `writer` is the process that writes a running message.
CREATE TABLE threads (
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    words TEXT NOT NULL,
    created_at FLOAT NOT NULL,
    updated_at FLOAT NOT NULL,
    model TEXT,
    leaf_id TEXT,
    PRIMARY KEY (id)
);
CREATE INDEX ix_threads_updated_at ON threads (updated_at);
CREATE TABLE messages (
    id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    parent_id TEXT,
    role TEXT NOT NULL,
    parts BLOB NOT NULL,
    words TEXT NOT NULL,
    status TEXT NOT NULL,
    writer TEXT,
    error TEXT,
    model TEXT,
    stats BLOB,
    created_at FLOAT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE
);
CREATE INDEX ix_messages_thread_id ON messages (thread_id);

-- Pictures, and which threads show them.
CREATE TABLE files (
    id TEXT NOT NULL,
    media_type TEXT NOT NULL,
    created_at FLOAT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE thread_files (
    thread_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (thread_id, file_id),
    FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE,
    FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE CASCADE
);
CREATE INDEX ix_thread_files_file_id ON thread_files (file_id);
