/** What the gateway says to a plugin in a thread. */
export type ToPlugin =
  | { readonly id: number; readonly path: string; readonly request: Uint8Array }
  | { readonly id: number; readonly cancel: true }
  | { readonly id: number; readonly paused: boolean };

/** What a plugin in a thread says to the gateway. */
export type FromPlugin =
  | { readonly id: number; readonly messages: readonly Uint8Array[] }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly error: { code: number; message: string; details: Uint8Array | undefined } };

/** What a thread says of itself: bytes of memory that it holds, buffers among them. */
export interface MemoryMessage {
  readonly memoryBytes: number;
}
