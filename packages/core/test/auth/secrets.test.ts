import type { IncomingMessage, ServerResponse } from "node:http";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { Signer } from "../../src/auth/index.js";
import { createDefaultPorts } from "../../src/ports/adapters/default-ports.js";
import { recordPorts, type SessionRecord } from "../../src/recording/index.js";
import type { RestCall } from "../../src/transport/index.js";
import { openHttp, openTcp } from "../ports/loopback.js";
import { auth, createSignedClient, credentials } from "./support.js";

const LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1";

/** Everything that can be seen of an error or a record. */
function seen(value: unknown): string {
  const parts = [inspect(value, { depth: Infinity, showHidden: true, getters: true }), JSON.stringify(value)];
  for (let error = value; error instanceof Error; error = error.cause)
    parts.push(error.message, String(error.stack), JSON.stringify(error));
  return parts.join("\n");
}

function expectNoSecret(value: unknown, signatures: readonly string[]): void {
  const text = seen(value);
  const { apiKey, secret, passphrase } = credentials;
  for (const word of [apiKey, secret, passphrase, LISTEN_KEY, ...signatures]) {
    expect(text).not.toContain(word);
    expect(text).not.toContain(encodeURIComponent(word));
  }
}

const call: RestCall<unknown> = {
  method: "POST",
  path: "/order",
  access: "signed",
  cost: { weight: 1 },
  parse: (body) => {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    throw new RangeError(`unexpected ${inspect(value)}`);
  },
};

/** All that the venue got to know of a request. */
const echo = ({ method, url, headers }: IncomingMessage): string =>
  `${method} ${url} ${decodeURIComponent(url ?? "")} ${JSON.stringify(headers)} ${LISTEN_KEY}`;

const failures: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  "a page that shows the request": (request, response) => {
    response.writeHead(502, { "content-type": "text/html" });
    response.end(`<html>${echo(request)}</html>`);
  },
  "a refusal that shows the request": (request, response) => {
    const { url, headers } = request;
    response.writeHead(400);
    response.end(
      JSON.stringify({ code: "new", msg: `${url} ${decodeURIComponent(url ?? "")} ${inspect(headers)}` }),
    );
  },
  "a refusal of the key": (request, response) => {
    response.writeHead(401);
    response.end(JSON.stringify({ code: "key", msg: `no such key: ${request.headers["x-key"]}` }));
  },
  "an answer that is no JSON": (request, response) => response.end(echo(request)),
  "an answer that is not as documented": (request, response) =>
    response.end(JSON.stringify({ listenKey: LISTEN_KEY, original: echo(request) })),
  "a redirect": (request, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:1${request.url}` });
    response.end();
  },
  "a reset": (request) => void request.socket.resetAndDestroy(),
  "an answer that is no HTTP": (request) => void request.socket.end(`${echo(request)}\r\n\r\n`),
};

test.each(Object.entries(failures))("%s: neither error nor recording shows a secret", async (_, fail) => {
  const signatures: string[] = [];
  const { port } = await openHttp((request, response) => {
    signatures.push(new URL(request.url ?? "", "http://venue").searchParams.get("signature") ?? "");
    fail(request, response);
  });
  const records: SessionRecord[] = [];
  const ports = recordPorts(createDefaultPorts(), { write: (record) => records.push(record) });
  ports.declareSecrets?.(auth.secrets, [credentials.apiKey, credentials.passphrase]);
  const http = await ports.http.open({ maxBodyBytes: 1e6 });
  try {
    const { rest } = createSignedClient({ http, ports, baseUrl: `http://127.0.0.1:${port}` });
    const error = await rest.call(call).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(signatures).toHaveLength(1);
    expect(signatures[0]).not.toBe("");
    expectNoSecret(error, signatures);
    expect(records).toHaveLength(1);
    expectNoSecret(records[0], signatures);
  } finally {
    await http.close();
  }
});

test("what fails before a connection stands shows no secret", async () => {
  const ports = createDefaultPorts();
  // Speaks no TLS.
  const { port } = await openTcp((socket) => void socket.end("hello"));
  const http = await ports.http.open({ maxBodyBytes: 1e6 });
  try {
    for (const baseUrl of [`https://127.0.0.1:${port}`, "http://127.0.0.1:1"]) {
      const { rest } = createSignedClient({ http, ports, baseUrl });
      const error = await rest.call(call).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "NetworkError", outcome: "notSent" });
      expectNoSecret(error, []);
    }
  } finally {
    await http.close();
  }
});

test("a signer that fails with its secret in its error shows none", async () => {
  const signer: Signer = {
    keyId: credentials.apiKey,
    algorithm: "hmac-sha256",
    sign: () => Promise.reject(new Error(`the vault said ${credentials.secret}`)),
  };
  const ports = createDefaultPorts();
  const http = await ports.http.open({ maxBodyBytes: 1e6 });
  const { passphrase } = credentials;
  const { rest, authenticator } = createSignedClient({ http, ports, credentials: { signer, passphrase } });
  const error = await rest.call(call).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "SIGNING_FAILED", outcome: "notSent" });
  expectNoSecret(error, []);
  expectNoSecret(await authenticator.formatLogin().catch((thrown: unknown) => thrown), []);
  expectNoSecret(rest, []);
  expectNoSecret(authenticator, []);
  await http.close();
});
