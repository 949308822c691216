/**
 * Names for the documents of one request. The wire takes letters, digits, single spaces, `-`, `(`, `)`, `[` and `]`, and
 * no name twice; the form of the document is told beside it, so its ending is left out. Made from what is said before
 * them alone: a longer conversation gives the same names to the same documents, and a cached prompt stays valid.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
export class DocumentNames {
  readonly #taken = new Set<string>();

  /** The name for a document; `changed` when it is not the caller's own, but for its ending. */
  next(filename: string | undefined): { readonly name: string; readonly changed: boolean } {
    const stem = (filename ?? "").replace(/\.[A-Za-z0-9]{1,8}$/, "");
    const clean = stem
      .replace(/[^A-Za-z0-9\s()[\]-]/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      // Room for a number behind it: the wire takes 200 characters.
      .slice(0, 190);
    const base = clean === "" ? "document" : clean;
    let name = base;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${base} ${number}`;
    this.#taken.add(name);
    return { name, changed: filename !== undefined && name !== stem };
  }
}
