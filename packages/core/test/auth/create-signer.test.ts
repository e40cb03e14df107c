import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createSigner } from "../../src/auth/index.js";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** PKCS #8 of an Ed25519 seed (RFC 8410, section 7). */
function ed25519Pem(seed: string): string {
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex").toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----`;
}

describe("HMAC", () => {
  // RFC 4231, test case 2.
  test.each([
    ["hmac-sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    [
      "hmac-sha384",
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    ],
    [
      "hmac-sha512",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ],
  ] as const)("%s", (algorithm, expected) => {
    const signer = createSigner({ apiKey: "key", secret: "Jefe", algorithm });
    expect(signer.sign("what do ya want for nothing?", "hex")).toBe(expected);
    expect(signer.sign(ascii("what do ya want for nothing?"), "base64")).toBe(
      Buffer.from(expected, "hex").toString("base64"),
    );
  });

  test("RFC 4231, test case 1: a secret that is base64", () => {
    const secret = Buffer.alloc(20, 0x0b).toString("base64");
    const signer = createSigner({ apiKey: "key", secret, secretEncoding: "base64" });
    expect(signer.sign("Hi There", "hex")).toBe(
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
  });
});

test.each([
  // RFC 8032, section 7.1, tests 1 to 3.
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
])("Ed25519 of RFC 8032: %s", (seed, message, expected) => {
  const signer = createSigner({ apiKey: "key", privateKey: ed25519Pem(seed) });
  expect(signer.algorithm).toBe("ed25519");
  expect(signer.sign(bytes(message), "hex")).toBe(expected);
});

test("RSA", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const signer = createSigner({ apiKey: "key", privateKey });
  expect(signer.algorithm).toBe("rsa-sha256");
  const signature = Buffer.from(String(signer.sign("a message", "base64")), "base64");
  expect(verify("sha256", ascii("a message"), createPublicKey(privateKey), signature)).toBe(true);
  expect(verify("sha256", ascii("another"), createPublicKey(privateKey), signature)).toBe(false);
});

test("shows neither key nor secret", () => {
  const signer = createSigner({ apiKey: "the-public-key", secret: "the-secret-word" });
  const shown = [
    inspect(signer, { depth: Infinity, showHidden: true, getters: true }),
    JSON.stringify({ signer }),
    String(signer),
    Object.values(signer).join(),
  ].join("\n");
  expect(shown).not.toMatch(/the-public-key|the-secret-word/);
  expect(signer.keyId).toBe("the-public-key");
});

test.each([
  [{ apiKey: "", secret: "s" }],
  [{ apiKey: "a key", secret: "s" }],
  [{ apiKey: "key", secret: "" }],
  [{ apiKey: "key", secret: "secret-word\n" }],
  [{ apiKey: "key", secret: "secret-word!", secretEncoding: "base64" as const }],
  [{ apiKey: "key", privateKey: "secret-word" }],
  [
    {
      apiKey: "key",
      privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
        type: "pkcs8",
        format: "pem",
      }) as string,
    },
  ],
])("refuses credentials that cannot be right, and does not show them", (options) => {
  let thrown: unknown;
  try {
    createSigner(options);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "INVALID_CREDENTIALS" });
  expect(inspect(thrown, { depth: Infinity, showHidden: true })).not.toMatch(/secret-word|BEGIN/);
});
