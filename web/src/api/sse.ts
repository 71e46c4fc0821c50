/** One server-sent event. `name` is "message" where the stream named none. */
export interface SseEvent {
  name: string;
  data: string;
}

/**
 * Bytes of an event stream to events, whatever the places where the network cut them: the events are those of the whole
 * stream at once. Format: WHATWG HTML, 9.2.6 "Interpreting an event stream"; ids and retry times are not used here.
 */
export class SseDecoder {
  private readonly text = new TextDecoder();
  private rest = "";
  private afterReturn = false;
  private name = "";
  private data: string[] = [];

  /** The events that these bytes complete. */
  feed(bytes: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    this.rest += this.text.decode(bytes, { stream: true });
    for (let line = this.nextLine(); line !== null; line = this.nextLine()) {
      const event = this.take(line);
      if (event) events.push(event);
    }
    return events;
  }

  private nextLine(): string | null {
    if (this.afterReturn && this.rest !== "") {
      if (this.rest.startsWith("\n")) this.rest = this.rest.slice(1);
      this.afterReturn = false;
    }
    const end = this.rest.search(/[\r\n]/);
    if (end < 0) return null;
    const line = this.rest.slice(0, end);
    this.afterReturn = this.rest[end] === "\r";
    this.rest = this.rest.slice(end + 1);
    return line;
  }

  private take(line: string): SseEvent | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (field === "event") this.name = value;
    if (field === "data") this.data.push(value);
    return null;
  }

  private dispatch(): SseEvent | null {
    const event = this.data.length ? { name: this.name || "message", data: this.data.join("\n") } : null;
    this.name = "";
    this.data = [];
    return event;
  }
}
