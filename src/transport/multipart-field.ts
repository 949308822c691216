/** A part's value: where it lies in all that was pushed. */
export interface FieldValue {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

const LINE = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
// Far more than any head, or name of a model, has: what is longer is skipped.
const MAX_BYTES = 16 * 1024;

/**
 * The boundary of a multipart body; undefined when the content type is another or names none.
 * https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const found = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType);
  return found?.[1] ?? found?.[2];
}

/**
 * Finds one field of a form (https://www.rfc-editor.org/rfc/rfc7578), piece by piece and wherever the pieces are cut.
 * Files are skipped without being looked at.
 */
export class MultipartField {
  readonly #name: string;
  readonly #delimiter: Buffer;
  #found: FieldValue | undefined;
  /** Bytes that are not understood yet, and where the first of them lies in all. */
  #rest: Buffer = LINE;
  #offset = -LINE.length;
  /** Where the wanted value begins; undefined while it has not begun. */
  #valueStart: number | undefined;
  #inHead = false;

  constructor(name: string, boundary: string) {
    this.#name = name;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  /** The field, once all of it has come. */
  get found(): FieldValue | undefined {
    return this.#found;
  }

  push(piece: Buffer): void {
    if (this.#found !== undefined) return;
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (this.#found === undefined && (this.#inHead ? this.#readHead() : this.#readBody()));
  }

  /** Skips to the next delimiter, or collects the wanted value up to it; false when more is needed. */
  #readBody(): boolean {
    const at = this.#rest.indexOf(this.#delimiter);
    if (at === -1) {
      if (this.#rest.length > MAX_BYTES) this.#valueStart = undefined;
      // Of what cannot be the beginning of a delimiter only the wanted value is kept.
      if (this.#valueStart === undefined) this.#drop(Math.max(0, this.#rest.length - this.#delimiter.length + 1));
      return false;
    }
    if (this.#valueStart !== undefined) {
      const end = this.#offset + at;
      this.#found = { start: this.#valueStart, end, value: this.#rest.toString("utf8", 0, at) };
      return false;
    }
    this.#drop(at + this.#delimiter.length);
    this.#inHead = true;
    return true;
  }

  #readHead(): boolean {
    const at = this.#rest.indexOf(HEAD_END);
    if (at === -1) {
      // The last delimiter has two dashes and no head after it; a head without an end is none.
      if (this.#rest.length > MAX_BYTES) this.#inHead = false;
      return !this.#inHead;
    }
    const head = this.#rest.toString("utf8", 0, at);
    this.#drop(at + HEAD_END.length);
    this.#inHead = false;
    if (isField(head, this.#name)) this.#valueStart = this.#offset;
    else this.#giveBackBreak();
    return true;
  }

  /** The break that ends a head also begins the delimiter of an empty part. */
  #giveBackBreak(): void {
    this.#rest = Buffer.concat([LINE, this.#rest]);
    this.#offset -= LINE.length;
  }

  #drop(count: number): void {
    this.#rest = this.#rest.subarray(count);
    this.#offset += count;
  }
}

/** Whether a part's head is that of a plain field of the name, and not of a file. */
function isField(head: string, name: string): boolean {
  const line = head.split("\r\n").find((header) => /^content-disposition\s*:/i.test(header));
  if (line === undefined || /;\s*filename\*?=/i.test(line)) return false;
  const found = /;\s*name=(?:"([^"]*)"|([^\s;]+))/i.exec(line);
  return (found?.[1] ?? found?.[2]) === name;
}
