/**
 * What the server says of clients, made ready to show. The texts are the server's (`clients/guides.py`); only the key is put in
 * here, since the server does not know it any more.
 */
import type { ClientSteps, ClientsReport, SetupStep } from "@/api/contract";

export type Shell = "unix" | "powershell";

/** Shown where no key is known. */
export const NO_KEY = "sk-unsloth-…";

/** Whether its steps differ between shells. */
export function hasShells(client: ClientSteps): boolean {
  return JSON.stringify(client.unix) !== JSON.stringify(client.powershell);
}

/** The steps by hand with the key in them. */
export function steps(report: ClientsReport, client: ClientSteps, shell: Shell, key: string): SetupStep[] {
  return client[shell].map((step) => ({ ...step, text: step.text.replaceAll(report.key, () => key) }));
}

/** Whether the model's window is too small for it; one that is not known may do. */
export function isTooLarge(client: ClientSteps, context: number | null): boolean {
  return context !== null && context < client.context_needed;
}
