import type { TFunction } from "i18next";
import { ApiError, OfflineError } from "@/api/client";

/** What a person is told of any failure. */
export function problemOf(error: unknown, t: TFunction): string {
  if (error instanceof OfflineError) return t("connection.lost");
  if (error instanceof ApiError && error.status === 403) return `${t("common.forbidden")} ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
