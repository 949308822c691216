import type { JsonObject } from "@bufbuild/protobuf";
import type { SpeakWireOptions } from "./speak-wire.js";

/** How a plugin is served. */
export interface ServeOptions {
  /** Name of the plugin, such as `acme`. */
  readonly name: string;
  /** Its own version, such as `1.2.0`. */
  readonly version: string;
  /** What its providers can do, some of `complete`, `embed` and `count_tokens`. */
  readonly capabilities: readonly string[];
  /** JSON schema of the settings. Absent means that it takes none. */
  readonly settingsSchema?: JsonObject | undefined;
  /** Where to listen: the path of a unix socket, or `host:port`, with port 0 for any that is free. */
  readonly socket: string;
  /** What callers must send as bearer. Absent means that whoever reaches the socket may call. */
  readonly token?: string | undefined;
  /** Certificate chain and key in PEM, to serve TLS. Absent means plaintext. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Largest message that is taken, in bytes. Absent means `MAX_MESSAGE_BYTES`. */
  readonly maxMessageBytes?: number | undefined;
  /** Loads the dialects that wire providers can name, for the first of them. Absent means that they must bring their own. */
  readonly dialects?: (() => Promise<Pick<SpeakWireOptions, "chat" | "embeddings">>) | undefined;
}
