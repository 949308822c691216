import type { ServerResponse } from "node:http";
import { toJson } from "@bufbuild/protobuf";
import type { AnswerSink, FrameSource } from "../core/answer.js";
import type { Caller } from "../core/exchange.js";
import { type ErrorDialect, type ParlanceError, type RoutePlan, RoutePlanSchema } from "../sdk/index.js";
import { idHeaders } from "./answer-headers.js";
import { writeError } from "./rest-error.js";
import { inCallersWords } from "./routing-hints.js";

/**
 * Answers with where a request would go in the place of its answer: the JSON form of `parlance.v1.RoutePlan`, its names
 * as the proto has them. Errors are those of the request itself, in the caller's dialect.
 */
export class ExplainSink implements AnswerSink {
  source: FrameSource | undefined;
  readonly #raw: ServerResponse;
  readonly #dialect: ErrorDialect;
  readonly #caller: Caller;
  readonly #requestId: string;
  readonly #configVersion: string;

  constructor(raw: ServerResponse, dialect: ErrorDialect, caller: Caller, requestId: string, configVersion: string) {
    this.#raw = raw;
    this.#dialect = dialect;
    this.#caller = caller;
    this.#requestId = requestId;
    this.#configVersion = configVersion;
  }

  /** For `Exchange.explain`. */
  readonly explain = (plan: RoutePlan): void => {
    if (this.#over()) return;
    const body = Buffer.from(JSON.stringify(toJson(RoutePlanSchema, plan, { useProtoFieldName: true })));
    this.#raw.writeHead(200, {
      ...this.#headers(),
      "content-type": "application/json; charset=utf-8",
      "content-length": body.length,
    });
    this.#raw.end(body);
  };

  fail(error: ParlanceError): void {
    if (!this.#over()) writeError(this.#raw, this.#dialect, inCallersWords(error, this.#caller), this.#headers());
  }

  whole(): void {
    throw new Error("a plan has no answer");
  }

  open(): void {
    throw new Error("a plan has no answer");
  }

  frame(): boolean {
    throw new Error("a plan has no answer");
  }

  close(): void {
    throw new Error("a plan has no answer");
  }

  #over(): boolean {
    return this.#raw.writableEnded || this.#raw.destroyed;
  }

  #headers(): Record<string, string> {
    return { ...idHeaders(this.#requestId, this.#dialect), "x-parlance-config-version": this.#configVersion };
  }
}
