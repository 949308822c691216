/** How a stream is written that is not server-sent events. One for every stream. */
export interface StreamForm {
  readonly contentType: string;
  /** Whole events in, an error's among them; the text to send out. */
  push(events: Buffer | string): string;
  /** The text that ends the stream. */
  end(): string;
}
