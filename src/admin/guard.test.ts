import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import type { AdminCall } from "../core/admin-call.js";
import { ParlanceError } from "../sdk/index.js";
import { createGuard } from "./guard.js";

const KEY = "sesame-open-0123456789";

const call = (headers: IncomingHttpHeaders = {}, more: Partial<AdminCall> = {}): AdminCall => ({
  readOnly: true,
  peerAddress: "127.0.0.1",
  ownAddress: "127.0.0.1",
  headers: { host: "127.0.0.1:8080", ...headers },
  ...more,
});

/** The code of the refusal, or `in`. */
function ask(key: string | undefined, asked: AdminCall): string {
  try {
    createGuard(() => key)(asked);
    return "in";
  } catch (thrown) {
    const error = ParlanceError.from(thrown);
    expect(`${error.message} ${error.stack}`).not.toContain(KEY);
    return error.code;
  }
}

describe("with an admin key, the guard", () => {
  it.each([
    [`Bearer ${KEY}`, "in"],
    [`bearer  ${KEY} `, "in"],
    [undefined, "unauthenticated"],
    ["", "unauthenticated"],
    ["Bearer", "unauthenticated"],
    [KEY, "unauthenticated"],
    [`Basic ${KEY}`, "unauthenticated"],
    [`Bearer ${KEY}x`, "unauthenticated"],
    [`Bearer ${KEY.slice(0, -1)}`, "unauthenticated"],
    [`Bearer ${KEY.toUpperCase()}`, "unauthenticated"],
    [`Bearer ${KEY} ${KEY}`, "unauthenticated"],
  ])("given %j says %s", (authorization, expected) => {
    for (const readOnly of [true, false]) {
      expect(ask(KEY, call(authorization === undefined ? {} : { authorization }, { readOnly }))).toBe(expected);
    }
  });

  it("takes no client's credential for it, wherever it stands", () => {
    for (const name of ["x-api-key", "api-key", "x-goog-api-key", "cookie", "x-admin-key"]) {
      expect(ask(KEY, call({ [name]: KEY }))).toBe("unauthenticated");
    }
  });

  it("lets its owner in from anywhere", () => {
    const from = { peerAddress: "203.0.113.9", ownAddress: "192.0.2.1", readOnly: false };
    expect(ask(KEY, call({ authorization: `Bearer ${KEY}`, "x-forwarded-for": "1.2.3.4" }, from))).toBe("in");
  });

  it("asks for the key that is in force at the moment of the call", () => {
    let key: string | undefined = "first";
    const guard = createGuard(() => key);
    const bearer = (sent: string): AdminCall => call({ authorization: `Bearer ${sent}` });
    guard(bearer("first"));
    key = "second";
    expect(() => guard(bearer("first"))).toThrow("This is not the admin key");
    guard(bearer("second"));
  });
});

describe("without an admin key, the guard", () => {
  it.each([
    ["127.0.0.1:8080", "127.0.0.1"],
    ["localhost:8080", "127.9.9.9"],
    ["gateway.localhost", "::ffff:127.0.0.1"],
    ["[::1]:8080", "::1"],
  ])("lets a read for %s from %s in", (host, peerAddress) => {
    expect(ask(undefined, call({ host }, { peerAddress, ownAddress: peerAddress }))).toBe("in");
    expect(ask(undefined, call({ host: undefined, ":authority": host }, { peerAddress }))).toBe("in");
  });

  it("refuses every change, and says how a key is set", () => {
    expect(ask(undefined, call({}, { readOnly: false }))).toBe("permission_denied");
    expect(ask(undefined, call({ authorization: "Bearer x" }, { readOnly: false }))).toBe("permission_denied");
    expect(() => createGuard(() => undefined)(call({}, { readOnly: false }))).toThrow(
      /admin\.key in the configuration, or PARLANCE_ADMIN_KEY .*Authorization: Bearer/,
    );
  });

  it.each([
    ["192.0.2.7", "127.0.0.1"],
    ["127.0.0.1", "192.0.2.1"],
    ["::ffff:10.0.0.1", "::ffff:127.0.0.1"],
    ["127.0.0.1.evil.example", "127.0.0.1"],
    [undefined, "127.0.0.1"],
  ])("refuses a read from %s to %s", (peerAddress, ownAddress) => {
    expect(ask(undefined, call({}, { peerAddress, ownAddress }))).toBe("permission_denied");
  });

  it("refuses a read through a proxy, which is loopback to the gateway whoever asks it", () => {
    for (const name of ["x-forwarded-for", "x-forwarded-host", "forwarded", "via", "x-real-ip", "cf-connecting-ip"]) {
      expect(ask(undefined, call({ [name]: "127.0.0.1" }))).toBe("permission_denied");
    }
  });

  it("refuses a read for another host: a page's name can be led to loopback (DNS rebinding)", () => {
    for (const host of [
      "evil.example:8080",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "0.0.0.0:8080",
      "",
      undefined,
    ]) {
      expect(ask(undefined, call({ host }))).toBe("permission_denied");
    }
    expect(ask(undefined, call({ host: "127.0.0.1:8080", ":authority": "evil.example" }))).toBe("permission_denied");
  });

  it("refuses a read of another site's page", () => {
    expect(ask(undefined, call({ origin: "https://evil.example" }))).toBe("permission_denied");
    expect(ask(undefined, call({ origin: "http://127.0.0.1:3000" }))).toBe("permission_denied");
    expect(ask(undefined, call({ origin: "null" }))).toBe("permission_denied");
    expect(ask(undefined, call({ "sec-fetch-site": "cross-site" }))).toBe("permission_denied");
    expect(ask(undefined, call({ origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-origin" }))).toBe("in");
  });
});
