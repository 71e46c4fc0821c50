/**
 * The shapes of the server's `/api`, as the page names them. Times are Unix seconds, sizes bytes, durations seconds unless the
 * name says otherwise. They come from `schema.ts`, which is made from the server's own document: `npm run schema`.
 */
import type * as schema from "./schema";

export type {
  Approval,
  Begun as Sent,
  ClientSteps,
  ClientsReport,
  CreatedKey,
  DownloadList as Downloads,
  DownloadState as Download,
  FoundModel as HubModel,
  HubRepository,
  HubVariant,
  Image as ImagePart,
  KeptFile as StoredFile,
  KeyEntry as ApiKey,
  LoadPlan,
  MemoryUse as Memory,
  Message,
  ModelOnDisk as ModelEntry,
  ModelsReport as Models,
  Problem,
  Progress as TurnProgress,
  Reasoning as ReasoningPart,
  RequestDetail,
  RequestSummary as RequestRecord,
  Sample,
  SessionReport as Session,
  SettingRow,
  SettingsReport as Settings,
  SetupStep,
  Stats as TurnStats,
  StatusReport as ServerStatus,
  Text as TextPart,
  Thread,
  ThreadRepair as Repair,
  ToolCall as ToolCallPart,
  ToolResult,
  Verdict,
  WholeThread as ThreadWithMessages,
} from "./schema";

export type Part = schema.Message["parts"][number];
export type MessageStatus = schema.Message["status"];
export type RequestStatus = schema.RequestSummary["status"];
export type ApiScope = "inference" | "tools" | "admin";

type Sampled = Omit<schema.Sampling, "frequency_penalty" | "seed">;
/** The values that the page offers; what is left out is left to the server. */
export type Sampling = { [Name in keyof Sampled]?: NonNullable<Sampled[Name]> };
export type TurnOptions = Omit<schema.ChatOptions, "sampling"> & { sampling: Sampling };
export type LoadSettings = Pick<schema.LoadBody, "model"> & Partial<schema.LoadBody>;
