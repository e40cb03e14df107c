import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Redactor } from "../../src/recording/redactor.js";

const KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";

describe("names that look like secrets'", () => {
  test.each([
    "X-API-KEY",
    "x-vendor-apikey",
    "OK-ACCESS-SIGN",
    "KC-API-PASSPHRASE",
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "set-cookie",
    "X-Auth-Token",
  ])("a header: %s", (name) => {
    expect(new Redactor({}).headers({ [name]: "abc" })).toEqual({ [name]: "[redacted]" });
  });

  test.each(["apiKey", "api_key", "listenKey", "signature", "sign", "sig", "token", "accessToken", "secret"])(
    "a field and a parameter: %s",
    (name) => {
      const redactor = new Redactor({});
      expect(redactor.text(`{"${name}":"abc","other":1}`, "received")).toBe(
        `{"${name}":"[redacted]","other":1}`,
      );
      expect(redactor.url(`https://host/path?a=1&${name}=abc&b=2`)).toBe(
        `https://host/path?a=1&${name}=[redacted]&b=2`,
      );
    },
  );

  test.each(["symbol", "design", "keys", "signal", "pinned", "monkey", "e", "pu", "timestamp", "passes"])(
    "and one that does not: %s",
    (name) => {
      const redactor = new Redactor({});
      const json = `{"${name}":"abc"}`;
      expect(redactor.text(json, "received")).toBe(json);
      expect(redactor.headers({ [name]: "abc" })).toEqual({ [name]: "abc" });
    },
  );
});

test("declared names are secret where they are declared, and harmless ones are not", () => {
  const redactor = new Redactor({
    headers: ["X-Who"],
    query: ["who"],
    fields: ["user"],
    harmless: ["token", "user"],
  });
  expect(redactor.headers({ "x-who": "a", who: "b" })).toEqual({ "x-who": "[redacted]", who: "b" });
  expect(redactor.url("https://host/?WHO=a&user=b")).toBe("https://host/?WHO=[redacted]&user=[redacted]");
  expect(redactor.text('{"user":"a","who":"b","token":"c"}', "received")).toBe(
    '{"user":"[redacted]","who":"b","token":"c"}',
  );
});

test("everything beside a secret keeps its bytes", () => {
  const json =
    '{ "id" : 12345678901234567890,\n"a":[1.10,"\\u00e9\\n"], "apiKey" :\t{"x":["y",{}]} ,"z":1e400}';
  expect(new Redactor({}).text(json, "answered")).toBe(
    '{ "id" : 12345678901234567890,\n"a":[1.10,"\\u00e9\\n"], "apiKey" :\t"[redacted]" ,"z":1e400}',
  );
});

test.each([
  ["a number", '{"pin":1234}', '{"pin":"[redacted]"}'],
  ["a literal", '[{"token":null}]', '[{"token":"[redacted]"}]'],
  ["an escaped name", '{"api\\u004bey":"abc"}', '{"api\\u004bey":"[redacted]"}'],
  ["quotes inside", '{"secret":"a\\\\\\"b","c":"d"}', '{"secret":"[redacted]","c":"d"}'],
  ["JSON in a text", '{"p":"{\\"apiKey\\":\\"abc\\"}"}', '{"p":"{\\"apiKey\\":\\"[redacted]\\"}"}'],
  ["a query in a text", '{"u":"/x?signature=abc&b=1"}', '{"u":"/x?signature=[redacted]&b=1"}'],
  ["a form", "a=1&api_key=abc def#g&b=2", "a=1&api_key=[redacted]&b=2"],
  ["JSON in a form", "p=%7B%22apiKey%22%3A%22abc%22%7D", "p=%7B%22apiKey%22%3A%22%5Bredacted%5D%22%7D"],
  ["a form with an encoded letter", "%6Bey=abc", "%6Bey=[redacted]"],
  ["a form with an encoded name", "api%5Fkey=abc", "api%5Fkey=[redacted]"],
  ["what should be JSON and is cut off", '{"id":1,"apiKey":"ab', "[redacted]"],
  [
    "a sentence",
    '{"msg":"Invalid API-key, IP, or permissions"}',
    '{"msg":"Invalid API-key, IP, or permissions"}',
  ],
  ["no JSON", "pong", "pong"],
])("%s", (_what, text, expected) => {
  expect(new Redactor({}).text(text, "received")).toBe(expected);
});

test.each([
  '{"op":"auth","args":["abc",1662350400000,"def"]}',
  '{"op":"authKeyExpires","args":["abc"]}',
  '{"id":1,"method":"public/auth","params":["abc"]}',
  '{"method":"session.logon","params":{"x":"abc"}}',
  '{"method":"server.sign","params":["abc"]}',
])("a frame that logs in is left out, as its secrets may stand in any place: %s", (frame) => {
  expect(new Redactor({}).text(frame, "sent")).toBe("[redacted]");
});

test("a key seen once is left out wherever it stands", () => {
  const redactor = new Redactor({});
  redactor.headers({ authorization: `Bearer ${KEY}` });
  expect(redactor.url(`wss://host/ws/${KEY}`)).toBe("wss://host/ws/[redacted]");
  expect(redactor.text(`{"params":["${KEY}"]}`, "sent")).toBe('{"params":["[redacted]"]}');
  expect(redactor.bytes(Buffer.from([0xff, ...Buffer.from(KEY)]))).toBe("[redacted]");
  const innocent = Buffer.from([0xff, 1]);
  expect(redactor.bytes(innocent)).toBe(innocent);
});

test("a listen key that an answer gives is left out of the URL that it opens", () => {
  const redactor = new Redactor({});
  redactor.text(`{"listenKey":"${KEY}"}`, "answered");
  expect(redactor.url(`wss://host/ws/${KEY}?x=${KEY}`)).toBe("wss://host/ws/[redacted]?x=[redacted]");
});

test("a secret that is part of another leaves nothing of it", () => {
  const redactor = new Redactor({});
  redactor.headers({ "x-key": KEY });
  redactor.headers({ "x-key": `${KEY}rest` });
  expect(redactor.text(`[1,"${KEY}rest"]`, "sent")).toBe('[1,"[redacted]"]');
});

test("short values and signatures are not looked for elsewhere, and neither is what a venue's frame has", () => {
  const redactor = new Redactor({});
  redactor.headers({ "x-key": "BTC", "x-sign": KEY });
  redactor.text(`{"token":"${KEY}"}`, "received");
  expect(redactor.text(`["BTC","${KEY}"]`, "received")).toBe(`["BTC","${KEY}"]`);
});

test("the user of a URL is left out", () => {
  expect(new Redactor({}).url("https://me:abc@host/path?q=1")).toBe("https://[redacted]@host/path?q=1");
});

/** Any text that is no word: random letters may make one that names a secret. */
const wordless = fc.string().map((text) => text.replaceAll(/[a-z]/gi, "x"));

/** Names of which those that look like a secret's have a marked value. */
const jsonWithSecrets = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    wordless,
    fc.integer(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(wordless, tie("value"), { maxKeys: 4 }),
    tie("secret"),
  ),
  secret: fc
    .tuple(
      fc.constantFrom("apiKey", "api-key", "x_signature", "TOKEN", "passphrase"),
      fc.string({ unit: "binary" }),
    )
    .map(([name, secret]) => ({ [name]: `zq7${secret}`, plain: `"${name}":zq` })),
})).value;

test("whatever the JSON, no secret is left, and what is left is the rest of it", () => {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        typeof part === "string" && part.startsWith("zq7") ? "[redacted]" : strip(part),
      ]),
    );
  };
  fc.assert(
    fc.property(jsonWithSecrets, fc.nat(4), (value, indent) => {
      const text = new Redactor({}).text(JSON.stringify(value, undefined, indent), "received");
      expect(text).not.toContain("zq7");
      expect(JSON.parse(text)).toEqual(strip(value));
    }),
    { numRuns: 500 },
  );
});
