"""The routes of the Studio page that are about sessions, keys, threads and chat."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.files import ReadFile, UploadFile
from unsloth_studio.api.keys import CreateKey, ListKeys, RevokeKey
from unsloth_studio.api.sign_in import SessionState, SignIn, SignOut
from unsloth_studio.api.thread_messages import ContinueMessage, PostMessage, RetryMessage, StopMessage, WatchMessage
from unsloth_studio.api.threads import ChangeThread, CreateThread, DeleteThread, ExportThread, ListThreads, ReadThread

STUDIO_ENDPOINTS: tuple[type[Endpoint], ...] = (
    SessionState,
    SignIn,
    SignOut,
    ListKeys,
    CreateKey,
    RevokeKey,
    ListThreads,
    CreateThread,
    ReadThread,
    ChangeThread,
    DeleteThread,
    ExportThread,
    PostMessage,
    RetryMessage,
    ContinueMessage,
    StopMessage,
    WatchMessage,
    UploadFile,
    ReadFile,
)
