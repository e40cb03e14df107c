import type { AuthError } from "../errors/index.js";

/** A value of JSON. Prices and amounts are texts, so that what is signed is what is sent. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Body of a request: JSON, or a form as of a web page. */
export type RequestBody =
  | { readonly kind: "json"; readonly fields: Readonly<Record<string, JsonValue>> }
  | { readonly kind: "form"; readonly fields: Readonly<Record<string, string>> };

/** Who may make a call: anyone; who names a key; who signs with its secret. */
export type RequestAccess = "public" | "key" | "signed";

/** What a request says, before it is written as it goes over the wire. */
export interface RequestContent {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below the venue's REST URL, beginning with "/". */
  readonly path: string;
  /** Query parameters, not yet percent-encoded. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Headers of its own, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: RequestContent["method"];
  /** Path below the venue's REST URL, with the query, percent-encoded. */
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request that is to be given its key, and its signature where its access is `signed`. */
export interface UnsignedRequest extends RequestContent {
  readonly access: Exclude<RequestAccess, "public">;
}

/** Until when the venue may accept a request. */
export interface SignedFacts {
  /**
   * The last moment at which the venue may accept it, in ms since 1970-01-01 UTC by the venue's clock; undefined
   * where it holds for ever, or nothing says.
   */
  readonly validUntil: number | undefined;
}

/** A request with its signature, and what must not be shown of it. */
export interface SignedRequest extends SignedFacts {
  readonly wire: WireRequest;
  /** The key, the signatures and whatever else of it is secret. */
  readonly secrets: readonly string[];
}

/** What a REST client needs of authentication. */
export interface RequestSigner {
  /**
   * Signs a request that is about to be sent.
   *
   * @param isUrgent Whether it is to be sent even if the venue has just refused the same call: a cancel is.
   * @throws {AuthError} SIGNING_FAILED; or that of an earlier refusal, with outcome `notSent`, where the venue has
   *   just refused the same call for its key or signature.
   */
  sign(request: UnsignedRequest, isUrgent: boolean): Promise<SignedRequest>;
  /** Takes note of the answer: a refusal of who asks, or anything else. */
  answered(request: UnsignedRequest, refusal: AuthError | undefined): void;
  /** Measures the venue's clock anew, as it has refused our time. @throws if that fails. */
  resync(): Promise<void>;
  /** Takes the account's secrets, and these, out of a text. */
  redact(text: string, secrets: readonly string[]): string;
}

/** A request as it goes over the wire without a signature. Texts are encoded as web forms are: a space is "+". */
export function formatWireRequest(request: RequestContent): WireRequest {
  const { method, path, query, body, headers = {} } = request;
  const target = query === undefined ? path : `${path}?${new URLSearchParams(query)}`;
  if (body === undefined) return { method, path: target, headers };
  const isJson = body.kind === "json";
  const type = isJson ? "application/json" : "application/x-www-form-urlencoded";
  const text = isJson ? JSON.stringify(body.fields) : String(new URLSearchParams(body.fields));
  return { method, path: target, headers: { "content-type": type, ...headers }, body: text };
}
