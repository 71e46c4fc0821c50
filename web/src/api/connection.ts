import { useSyncExternalStore } from "react";

/** Whether the server answers. Every request reports here; the page shows a banner while it does not. */
class Connection {
  private isLost = false;
  private listeners = new Set<() => void>();

  lost(): void {
    this.set(true);
  }

  found(): void {
    this.set(false);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): boolean => this.isLost;

  private set(isLost: boolean): void {
    if (this.isLost === isLost) return;
    this.isLost = isLost;
    for (const listener of this.listeners) listener();
  }
}

export const connection = new Connection();

/** True while the server cannot be reached. */
export function useConnectionLost(): boolean {
  return useSyncExternalStore(connection.subscribe, connection.current);
}
