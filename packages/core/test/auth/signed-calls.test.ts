import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { NetworkError, VenueError } from "../../src/errors/index.js";
import type { HttpClient, HttpRequest, HttpResponse } from "../../src/ports/index.js";
import type { RestCall } from "../../src/transport/index.js";
import { VirtualTime } from "../support/virtual-time.js";
import { createSignedClient, credentials } from "./support.js";

type Answer = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

const answer = (status: number, body: unknown): HttpResponse => ({
  status,
  headers: {},
  body: new TextEncoder().encode(JSON.stringify(body)),
});
const ok = answer(200, {});
const placed: RestCall<string> = {
  method: "POST",
  path: "/order",
  access: "signed",
  lane: "place",
  cost: { weight: 1 },
  parse: () => "placed",
};

function setUp(answers: readonly Answer[], offsetMs = 0) {
  const time = new VirtualTime();
  const requests: HttpRequest[] = [];
  const left = [...answers];
  const http: HttpClient = {
    request: async (request) => {
      requests.push(request);
      return (left.shift() ?? (() => ok))(request);
    },
    close: async () => undefined,
  };
  const ports = { clock: time, timers: time, random: { next: () => 0 } };
  return { time, requests, ...createSignedClient({ http, ports, offsetMs }) };
}

const timestampOf = ({ url }: HttpRequest | { url: string }): number =>
  Number(new URL(url).searchParams.get("timestamp"));

test("sends what was signed, and tells until when it holds before it leaves", async () => {
  const { rest, requests, time } = setUp([]);
  let toldAfter: number | undefined;
  let validUntil: number | undefined;
  const onSigned = (facts: { readonly validUntil: number | undefined }): void => {
    ({ validUntil } = facts);
    toldAfter = requests.length;
  };
  expect(await rest.call({ ...placed, onSigned })).toBe("placed");
  const signature = createHmac("sha256", credentials.secret)
    .update(`${time.now()}POST/order`)
    .digest("base64");
  expect(requests[0]?.url).toBe(
    `http://venue/order?timestamp=${time.now()}&signature=${encodeURIComponent(signature)}`,
  );
  expect(requests[0]?.headers).toEqual({ "x-key": credentials.apiKey, "x-pass": credentials.passphrase });
  expect(validUntil).toBe(time.now() + 5_000);
  expect(toldAfter).toBe(0);
});

test("signs after the wait for the rate limit", async () => {
  const { rest, requests, time } = setUp([]);
  await rest.call({ ...placed, cost: { weight: 100 } });
  const second = rest.call(placed);
  await time.advance(120_000);
  await second;
  const [first = { url: "" }, waited = { url: "" }] = requests;
  expect(timestampOf(waited) - timestampOf(first)).toBeGreaterThan(1_000);
});

test("measures the clock and tries once more when its time is refused, signed anew", async () => {
  const refuse: Answer = () => answer(400, { code: "time", msg: "too late" });
  const { rest, requests, timesMeasured } = setUp([refuse], 7_000);
  expect(await rest.call(placed)).toBe("placed");
  expect(timesMeasured()).toBe(1);
  const [first = { url: "" }, second = { url: "" }] = requests;
  expect(timestampOf(second) - timestampOf(first)).toBe(7_000);
  expect(new URL(second.url).searchParams.get("signature")).not.toBe(
    new URL(first.url).searchParams.get("signature"),
  );
});

test("tries only once more, and then the refusal stands", async () => {
  const refuse: Answer = () => answer(400, { code: "time", msg: "too late" });
  const { rest, requests } = setUp([refuse, refuse, refuse]);
  await expect(rest.call(placed)).rejects.toMatchObject({ code: "TIMESTAMP_REFUSED", outcome: "rejected" });
  expect(requests).toHaveLength(2);
});

test.each<[string, Answer, object]>([
  [
    "documented",
    () => answer(400, { code: "funds" }),
    { code: "VENUE_REFUSED", kind: "insufficientFunds", outcome: "rejected" },
  ],
  [
    "undocumented code",
    () => answer(400, { code: "new" }),
    { code: "VENUE_REFUSED", outcome: "unknown", venueCode: "new" },
  ],
  ["of another call", () => answer(400, { code: "gone" }), { code: "VENUE_REFUSED", outcome: "unknown" }],
  [
    "503 that says what",
    () => answer(503, { code: "x", msg: "busy" }),
    { code: "VENUE_UNAVAILABLE", outcome: "retryable" },
  ],
  [
    "503 that does not",
    () => answer(503, { code: "x", msg: "oh" }),
    { code: "VENUE_UNAVAILABLE", outcome: "unknown" },
  ],
  ["redirect", () => answer(302, {}), { code: "VENUE_ERROR", outcome: "unknown" }],
  ["pause by status", () => answer(429, {}), { code: "RATE_LIMITED", outcome: "retryable" }],
  ["pause by code", () => answer(400, { code: "slow" }), { code: "RATE_LIMITED", outcome: "retryable" }],
  [
    "never left",
    () => Promise.reject(new NetworkError("NETWORK_REFUSED", "no", { sent: "no" })),
    { code: "NETWORK_REFUSED", outcome: "notSent" },
  ],
  [
    "lost",
    () => Promise.reject(new NetworkError("NETWORK_RESET", "no")),
    { code: "NETWORK_RESET", outcome: "unknown" },
  ],
])("says what is proven, and sends nothing twice: %s", async (_, reply, expected) => {
  const { rest, requests } = setUp([reply]);
  await expect(rest.call(placed)).rejects.toMatchObject(expected);
  expect(requests).toHaveLength(1);
});

test("judges a refusal that comes with status 200, thrown by the reader or in a batch, by the same table", async () => {
  const parse = (): never => {
    throw new VenueError("VENUE_REFUSED", "no money", { venueCode: "funds" });
  };
  const { rest } = setUp([]);
  const expected = { code: "VENUE_REFUSED", kind: "insufficientFunds", outcome: "rejected", httpStatus: 200 };
  await expect(rest.call({ ...placed, parse })).rejects.toMatchObject(expected);
  expect(rest.judge(placed, { venueCode: "funds", message: "no money" })).toMatchObject(expected);
});

test("an answer that cannot be read proves nothing", async () => {
  const { rest } = setUp([]);
  const parse = (): never => {
    throw new SyntaxError("what?");
  };
  await expect(rest.call({ ...placed, parse })).rejects.toMatchObject({
    code: "MALFORMED_ANSWER",
    outcome: "unknown",
  });
});

test("a call refused to the key is not sent again for a while, longer each time, but a cancel is", async () => {
  const refuse: Answer = () => answer(401, { code: "key" });
  const { rest, requests, time } = setUp([refuse, refuse, refuse]);
  const refused = { code: "KEY_REFUSED", outcome: "rejected" };
  const notSent = { code: "KEY_REFUSED", outcome: "notSent" };
  await expect(rest.call(placed)).rejects.toMatchObject(refused);
  await expect(rest.call(placed)).rejects.toMatchObject(notSent);
  await expect(rest.call({ ...placed, lane: "cancel" })).rejects.toMatchObject(refused);
  await time.advance(1_500);
  await expect(rest.call(placed)).rejects.toMatchObject(notSent);
  await time.advance(1_000);
  expect(requests).toHaveLength(2);
  expect(await rest.call({ ...placed, path: "/other" }).catch((error: unknown) => error)).toMatchObject(
    refused,
  );
  expect(await rest.call(placed)).toBe("placed");
  expect(await rest.call(placed)).toBe("placed");
});

test("gives up when aborted, and says whether it had left", async () => {
  const { rest, requests } = setUp([
    (request) =>
      new Promise((_, reject) => {
        request.signal?.addEventListener("abort", () =>
          reject(new NetworkError("NETWORK_CLOSED", "given up")),
        );
      }),
  ]);
  const abort = new AbortController();
  const call = rest.call(placed, abort.signal);
  await expect.poll(() => requests.length).toBe(1);
  abort.abort();
  await expect(call).rejects.toMatchObject({ code: "ABORTED", outcome: "unknown" });
  await expect(rest.call(placed, abort.signal)).rejects.toMatchObject({ code: "ABORTED" });
  expect(requests).toHaveLength(1);
});
