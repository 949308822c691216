import { type Chunk, type Finish, StreamReader, type TargetDialect, type Usage } from "../../sdk/index.js";
import { Frame } from "../frame.js";
import { isContent } from "./content.js";
import type { LaneEvents } from "./lane.js";
import { markChunk } from "./mark-maker.js";
import type { BodyReader } from "./wire-call.js";

/** Decodes a stream of the target's dialect into chunks. */
export class TranslatedStream implements BodyReader {
  readonly #events: LaneEvents;
  readonly #provider: string;
  readonly #reader: StreamReader;
  #content = false;
  usage: Usage | undefined;
  finish: Finish | undefined;

  /** `provider`: its name, told in what only its maker can read. */
  constructor(dialect: TargetDialect, events: LaneEvents, provider: string) {
    this.#provider = provider;
    this.#events = events;
    this.#reader = new StreamReader(dialect, (chunks) => this.#send(chunks));
  }

  head(contentType: string): void {
    this.#reader.head(contentType);
  }

  data(bytes: Buffer): void {
    this.#reader.data(bytes);
  }

  end(): void {
    this.#reader.end();
  }

  cut(): boolean {
    return this.#reader.cut();
  }

  #send(chunks: Chunk[]): void {
    for (const chunk of chunks) {
      const { event } = chunk;
      markChunk(chunk, this.#provider);
      if (event.case === "usage") this.usage = event.value;
      else if (event.case === "finish") this.finish = event.value.finish;
      else if (!this.#content && isContent(chunk)) this.#content = true;
    }
    this.#events.frame(Frame.ofChunks(chunks), this.#content);
    if (this.#reader.whole) this.#events.end();
  }
}
